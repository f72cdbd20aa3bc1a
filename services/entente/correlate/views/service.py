"""The correlator at work: verified alerts in, signed proposals out, until it is stopped.

Two halves share one store. The first folds the alert topics into an inbox, as any reader does, and
what coordinators decide into another. The second follows these, keeps the engines' state in memory,
and submits what they have to say to the outbox, in one transaction with a copy of it: engines start
again from the inboxes and from these copies, and say only what differs. A crash between any two
lines says nothing twice.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import get_args

import msgspec

from entente import clock
from entente.alert.decision import Decision
from entente.alert.listing import Listing
from entente.alert.record import AnyAlert
from entente.bus.arrivals import Cursor, arrivals
from entente.bus.connection import Connection
from entente.bus.dispatch import Dispatch
from entente.bus.membership import Membership
from entente.bus.receive import receive
from entente.bus.serve import together
from entente.config import Settings
from entente.correlate.collecting import collected_seldom
from entente.correlate.views.proposer import DECISIONS, INBOX, SAID, SETTLED, THOUGHT, Proposer
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.store.reader import Reader
from entente.trust import files, party


def store(correlator: Path) -> Path:
    """Where a correlator, by its folder, keeps all it has."""
    return correlator / "correlator.sqlite"


def behind(correlator: Path) -> int:
    """How many arrivals of the inbox nothing was concluded from yet; 0 where there is no store."""
    if not store(correlator).exists():
        return 0
    with Reader(store(correlator)) as reader:
        with reader.view(SAID) as said:
            cursor = msgspec.json.decode(said.get(THOUGHT, b"") or b"{}", type=Cursor)
        with reader.view(INBOX) as inbox:
            return sum(1 for _ in arrivals(inbox, cursor))


def settled(correlator: Path) -> bool:
    """Whether all that follows from the inbox is on its topics, and nothing is put off."""
    if not store(correlator).exists():
        return False
    with Reader(store(correlator)) as reader:
        with reader.views(SAID, INBOX) as (said, inbox):
            cursor = msgspec.json.decode(said.get(THOUGHT, SETTLED) or b"{}", type=Cursor)
            if any(True for _ in arrivals(inbox, cursor)):
                return False
        return not reader.waiting()


def positions(correlator: Path) -> Mapping[tuple[str, int], int]:
    """How far a correlator has read: the next offset by topic and partition."""
    if not store(correlator).exists():
        return {}
    with Reader(store(correlator)) as reader, reader.view(INBOX) as inbox:
        return inbox.positions


async def run(
    settings: Settings,
    correlator: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event | None = None,
) -> None:
    """Correlate until cancelled.

    ``progress`` is told records read and behind; ``caught_up`` is set once proposals that follow
    from what was on the topics at the start are on theirs. Raises StoreBusy (another process
    correlates), and as ``bus.receive.receive``.
    """
    folder = settings.party(correlator)
    secret = settings.secret()
    connection = Connection.of(settings.kafka.bootstrap, folder, secret)
    with collected_seldom(), Database(store(folder)) as database:
        membership = Membership(connection, folder, clock.now)
        await membership.refresh()  # for the proposer; ``receive`` keeps it new
        key = files.signing_key(folder / "signing.key", secret)
        party.check_signing(membership.register(), correlator, key.public.raw, clock.now())
        outbox = Outbox(database, key)
        read = asyncio.Event(), asyncio.Event()
        reading = partial(receive, settings, correlator, database, membership=membership)
        async with Dispatch(outbox, connection) as dispatch:
            proposer = Proposer(database, membership, correlator)
            await together(
                reading(
                    name=INBOX,
                    family="alerts",
                    bodies=get_args(AnyAlert),
                    progress=progress,
                    caught_up=read[0],
                ),
                reading(
                    name=DECISIONS,
                    family="decisions",
                    bodies=(Decision, Listing),
                    caught_up=read[1],
                ),
                proposer.run(),
                dispatch.run(),
                _signal(read, proposer, dispatch, caught_up),
            )


async def _signal(
    read: Iterable[asyncio.Event],
    proposer: Proposer,
    dispatch: Dispatch,
    caught_up: asyncio.Event | None,
) -> None:
    for one in read:
        await one.wait()
    await proposer.settled()
    await dispatch.drained()
    if caught_up is not None:
        caught_up.set()
    await asyncio.Event().wait()
