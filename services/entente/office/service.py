"""A liaison office at work: the alerts of its regions into its inbox, until it is stopped."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import get_args

from entente import clock
from entente.alert.record import AnyAlert
from entente.bus import grants
from entente.bus.connection import Connection
from entente.bus.grants import Grants
from entente.bus.inbox import Inbox
from entente.bus.membership import Membership
from entente.bus.receive import Receiving, topics
from entente.bus.serve import REFRESH, together
from entente.config import Settings
from entente.office.follow import PROJECTION, store
from entente.office.receipts import EVERY
from entente.office.receipts import run as say_receipts
from entente.store.database import Database
from entente.wire.names import GRANTS


async def run(
    settings: Settings,
    office: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event | None = None,
    refresh: float = REFRESH,
    receipts_every: float = EVERY,
) -> None:
    """Fill the inbox of ``office`` until cancelled. Parameters and errors as in ``receive``.

    Raises StoreBusy as well: another process fills it.
    """
    folder = settings.party(office)
    connection = Connection.of(settings.kafka.bootstrap, folder, settings.secret())
    membership = Membership(connection, folder, clock.now)
    await membership.refresh()
    alerts, granted = asyncio.Event(), asyncio.Event()
    with Database(store(folder)) as database:
        receiving = Receiving(settings, office, database, connection, membership, refresh)
        parts: list[Coroutine[None, None, None]] = [
            receiving.run(
                PROJECTION,
                topics(membership.register(), office, "alerts"),
                lambda reception: Inbox(reception, clock.now, get_args(AnyAlert)),
                progress=progress,
                caught_up=alerts,
            )
        ]
        if GRANTS in membership.register().administration(office).reads:
            parts.append(
                receiving.run(
                    grants.PROJECTION,
                    [GRANTS],
                    lambda reception: Grants(office, reception),
                    caught_up=granted,
                )
            )
        else:
            granted.set()
        parts.append(say_receipts(settings, office, membership, receipts_every))
        parts.append(_both(alerts, granted, caught_up))
        await together(*parts)


async def _both(one: asyncio.Event, other: asyncio.Event, both: asyncio.Event | None) -> None:
    await one.wait()
    await other.wait()
    if both is not None:
        both.set()
    await asyncio.Event().wait()
