"""A liaison office at work: the alerts of its regions into its inbox, until it is stopped."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import get_args

import structlog

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
from entente.office import witness
from entente.office.follow import PROJECTION, store
from entente.office.receipts import EVERY
from entente.office.receipts import run as say_receipts
from entente.office.witness import Witnessed
from entente.store.database import Database
from entente.store.reader import Reader
from entente.trust import network, pki
from entente.wire.names import GRANTS

COMPARE = 30.0
"""Seconds between two comparisons with what witnesses have seen."""
DAY = 86_400.0
_log = structlog.get_logger(__name__)


async def run(
    settings: Settings,
    office: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event | None = None,
    refresh: float = REFRESH,
    receipts_every: float = EVERY,
    witness_every: int = witness.EVERY,
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
        member = membership.register().administration(office)
        if GRANTS in member.reads:
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
        if any(topic.startswith("receipts.") for topic in member.reads):
            parts.append(
                receiving.run(
                    witness.PROJECTION,
                    topics(membership.register(), office, "receipts"),
                    lambda reception: Witnessed(membership.register, reception),
                )
            )
            parts.append(_compare(store(folder)))
        parts.append(_warn(settings, office))
        parts.append(say_receipts(settings, office, membership, receipts_every, witness_every))
        parts.append(_both(alerts, granted, caught_up))
        await together(*parts)


async def _warn(settings: Settings, office: str) -> None:
    """Say in the log each day what of ours ends within a month."""
    while True:
        now = clock.now()
        for ending in network.endings(settings.home, now, member=office):
            at = str(pki.moment(ending.at))
            if ending.at > now:
                _log.warning("ends soon", what=ending.what, at=at)
            else:
                _log.error("has ended", what=ending.what, at=at)
        await asyncio.sleep(DAY)


async def _compare(path: Path) -> None:
    """Say it once when a witness has seen another history of a lane than we have."""
    told: set[tuple[str, str]] = set()
    while True:
        await asyncio.sleep(COMPARE)
        with Reader(path) as reader, reader.views(PROJECTION, witness.PROJECTION) as (view, notes):
            found = [one for one in witness.standings(view, notes) if one.differs]
        for one in found:
            if (one.lane, one.witness) not in told:
                told.add((one.lane, one.witness))
                _log.error(
                    "two histories of one lane", lane=one.lane, witness=one.witness,
                    size=one.latest.size, advice="Report it to the secretariat with `entente lane"
                    " gaps --json`, which has the signed proof.",
                )  # fmt: skip


async def _both(one: asyncio.Event, other: asyncio.Event, both: asyncio.Event | None) -> None:
    await one.wait()
    await other.wait()
    if both is not None:
        both.set()
    await asyncio.Event().wait()
