"""The correlator at work: verified alerts in, signed proposals out, until it is stopped.

Two halves share one store. The first folds the alert topics into an inbox, as any reader does, and
what coordinators decide into another. The second follows these, keeps the engines' state in memory,
and submits what they have to say to the outbox, in one transaction with a copy of it: engines start
again from the inboxes and from these copies, and say only what differs. A crash between any two
lines says nothing twice.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import get_args

import msgspec
import structlog

from entente import clock
from entente.alert.decision import Decision
from entente.alert.record import AnyAlert
from entente.bus.arrivals import Cursor, arrivals, heads
from entente.bus.connection import Connection
from entente.bus.dispatch import Dispatch
from entente.bus.membership import Membership
from entente.bus.receive import receive
from entente.config import Settings
from entente.correlate import receiving, saying
from entente.correlate.audiences import readers
from entente.correlate.engine import Engine
from entente.correlate.model import weights
from entente.correlate.saying import Said
from entente.correlate.views import Told, Views
from entente.store.database import Database
from entente.store.outbox import Outbox
from entente.store.reader import Reader
from entente.trust import files

INBOX, DECISIONS, SAID = "correlator-inbox", "correlator-decisions", "correlator-said"
THOUGHT = "thought"
"""Table: how far into the inbox what was said reaches, as a cursor."""
LOOK = 0.1
"""Seconds between two looks into the inbox."""
PORTION = 1024
"""Alerts taken from the inbox at a time."""
SETTLE = 4096
"""Alerts after which a view settles, even if more are waiting."""
_log = structlog.get_logger(__name__)


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
    with Database(store(folder)) as database:
        membership = Membership(connection, folder, clock.now)
        await membership.refresh()  # for the proposer; ``receive`` keeps it new
        outbox = Outbox(database, files.signing_key(folder / "signing.key", secret))
        read = asyncio.Event(), asyncio.Event()
        reading = partial(receive, settings, correlator, database, membership=membership)
        async with Dispatch(outbox, connection) as dispatch:
            proposer = Proposer(database, membership, correlator)
            await _first_to_end(
                reading(
                    name=INBOX,
                    family="alerts",
                    bodies=get_args(AnyAlert),
                    progress=progress,
                    caught_up=read[0],
                ),
                reading(name=DECISIONS, family="decisions", bodies=(Decision,), caught_up=read[1]),
                proposer.run(),
                dispatch.run(),
                _signal(read, proposer, dispatch, caught_up),
            )


class Proposer:
    """Follows the inbox and submits what follows from it for each reader."""

    def __init__(self, database: Database, membership: Membership, correlator: str) -> None:
        self._database = database
        self._membership = membership
        self._correlator = correlator
        self._idle = asyncio.Event()
        self._begin()

    async def run(self) -> None:
        """Until cancelled. Raises StoreError."""
        waiting = 0
        while True:
            taken = self._judge() + self._take()
            if not taken or self._recalled():
                taken += self._views.grow(readers(self._membership.register()), PORTION)
            waiting += taken
            if waiting and not taken:
                self._say(1)
                waiting = 0
            elif self._views.news >= SETTLE and self._recalled():
                self._say(SETTLE)
            if taken:
                self._idle.clear()
                await asyncio.sleep(0)
            else:
                self._idle.set()
                await asyncio.sleep(LOOK)

    async def settled(self) -> None:
        """Return once all that is in the inbox now has been thought about, and said."""
        self._idle.clear()
        await self._idle.wait()

    def _begin(self) -> None:
        self._cursor: Cursor = {}
        self._judged: Cursor = {}
        self._views = Views(lambda salt: Engine(weights(), salt=salt))
        with self._database.transaction() as tx:
            rows = tx.rows(SAID)
            known = [saying.restored(value) for _, value in rows.scan(SAID)]
            self._thought = msgspec.json.decode(rows.get(THOUGHT, b"") or b"{}", type=Cursor)
        self._views.restore(Told(said.view, said.version, said.proposal) for said in known)

    def _recalled(self) -> bool:
        """Whether we know again all that was said rests on; before that nothing is said."""
        return all(self._cursor.get(at, 0) >= count for at, count in self._thought.items())

    def _judge(self) -> int:
        """Obey what coordinators have decided since; how many versions of decisions came."""
        with Reader(self._database.path) as reader, reader.view(DECISIONS) as view:
            came = sum(1 for _ in arrivals(view, self._judged))
            if came:
                register = self._membership.register()
                held = (receiving.ruled(one, register.administrations) for one in heads(view))
                self._views.decide([one for one in held if one is not None], readers(register))
        return came

    def _take(self) -> int:
        """Apply the next versions of the inbox; how many."""
        taken = 0
        members = self._membership.register().administrations
        with Reader(self._database.path) as reader, reader.view(INBOX) as view:
            for came in arrivals(view, self._cursor):
                taken += 1
                if came.record is not None:
                    self._views.apply(receiving.head(came.record), members)
                elif self._views.holds(str(came.subject), came.version):
                    _log.warning("taken back", subject=str(came.subject), version=came.version)
                    self._begin()  # an engine can be told of a withdrawal, not of a lie
                    break
                if taken == PORTION:
                    break
        return taken

    def _say(self, least: int) -> None:
        """Submit what every view with at least so much news has to say."""
        register = self._membership.register()
        now = clock.now()
        with self._database.transaction() as tx:
            rows = tx.rows(SAID)
            rows.put(THOUGHT, b"", msgspec.json.encode(self._cursor))
            among = readers(register)
            due = self._views.due(among, least)
            for view, version, proposal in self._views.settle(among, due):
                key = proposal.case.encode()
                before = rows.get(SAID, key)
                old = saying.restored(before).topics if before else ()
                said = Said(version, proposal, saying.topics(proposal, register, old), view)
                rows.put(SAID, key, saying.stored(said))
                for submission in saying.submissions(said, register, self._correlator, now):
                    tx.submit(submission)
                _log.info("proposal", case=proposal.case, version=version, status=proposal.status)


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


async def _first_to_end(*parts: Coroutine[None, None, None]) -> None:
    """Run all until one ends, which it only does by an error; raise that error."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
