"""The one projection: topics folded into rows by a pure function.

Each batch is folded in one local transaction that holds the rows, the offsets they stand for and
the statements to be said because of them. Three rules keep it exact through any crash:

1. Outgoing records are sent, and acknowledged, *before* the commit. A crash in between folds the
   batch again and sends the same records again; their ids are deterministic.
2. Where to go on is read from the rows' own transaction, never from the group's commits. Those
   come after the rows' and are only for others to see.
3. A record that cannot be folded stops the projection; it is never skipped.

**Partitions that move.** Rows are kept by partition number, and partition n of all topics is read
by one member of the group (``assignor``). A partition that comes to us is folded from the offset
our rows have for it, from the beginning if they have none: rows are a function of the log, so they
need not be handed over. A partition that leaves us keeps its rows, put aside and not shown; if it
comes back they go on from their offset. Between the two, its old owner may for a moment fold what
the new one folds too: each into its own rows, and what both send is the same.

**Rebuilding** is deleting rows and offsets and reading again, so a changed fold needs a new name or
``rebuild``. What the topic does not keep any more (retention) is not in rebuilt rows.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Generic, Protocol, Self, TypeVar

import structlog

from entente.bus.cancelled import heed
from entente.bus.connection import Connection
from entente.bus.consumer import Consumer, Gone, Partition
from entente.bus.producer import Outgoing, Producer
from entente.errors import BusError, EntenteError, StoreError
from entente.proof.record import Record

POLL = 0.2
"""Seconds that a poll waits for records."""
COMMIT_EVERY = 1.0
"""Seconds between two group commits, at least."""
_log = structlog.get_logger(__name__)

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Tx(Protocol[R_co]):
    """One transaction of a store: rows and offsets, kept together or not at all."""

    def rows(self, projection: str, partition: int) -> R_co:
        """The rows of one partition, as the fold sees them."""
        ...

    def advance(self, projection: str, topic: str, partition: int, offset: int) -> None:
        """The rows now hold all records below ``offset``."""
        ...


class Store(Protocol[R_co]):
    """What a projection asks of its store (``store.database.Database``, or another one)."""

    instance: str

    def transaction(self) -> AbstractContextManager[Tx[R_co]]:
        """A draft, written at the end of the block; the block may await."""
        ...

    def positions(self, projection: str) -> Mapping[Partition, int]:
        """Where the rows say to go on."""
        ...

    def own(self, projection: str, partitions: Iterable[int]) -> None:
        """Show the rows of these partitions only."""
        ...

    def clear(self, projection: str) -> None:
        """Delete all rows and offsets of a projection."""
        ...


class Projection(Generic[R]):
    """Folds ``topics`` into the rows of ``name``, as a member of the consumer group ``group``.

    ``fold`` is given the rows of a record's partition and the record; it reads and writes those
    rows, and returns or yields the unsigned records to send. It must be a pure function of them.
    Topics are only ordered within a partition: what comes from two topics comes in any order.

    Use it as a context, which runs it in the background, or call ``run``. ``progress`` is told how
    many records this run has folded, and how many it is behind.
    """

    def __init__(
        self,
        name: str,
        topics: Iterable[str],
        fold: Callable[[R, Record], Iterable[Outgoing]],
        store: Store[R],
        connection: Connection,
        *,
        group: str,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.name = name
        self.missed: dict[Partition, int] = {}
        """Offsets that were gone before we came to read them (retention), in this run."""
        self.begun = False
        """Whether this run, or the last one, has come to have partitions and read them."""
        self._fold = fold
        self._store = store
        self._producer = Producer(connection)
        self._consumer = Consumer(connection, topics, group, f"{name}-{store.instance}")
        self._progress = progress
        self._positions: dict[Partition, int] | None = None
        self._moved = asyncio.Event()
        self._ended: BaseException | None = None
        self._task: asyncio.Task[None] | None = None
        self._folded = 0
        self._shared: Mapping[Partition, int] = {}
        self._told = 0.0
        self._ours: frozenset[Partition] | None = None
        self._work: Callable[[], None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.run(), name=f"projection {self.name}")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it; raise what had stopped it before, if anything."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def rebuild(self) -> None:
        """Forget all rows: the next run folds the topics from their beginning."""
        if self._consumer.assigned is not None:
            raise StoreError(f"{self.name} is running.", advice="Stop it, then rebuild it.")
        self._store.clear(self.name)

    def between(self, work: Callable[[], None]) -> None:
        """Have ``run`` do this once between two batches, or before its first; the last one given.

        It may write rows: nothing else of ours is in a transaction then.
        """
        self._work = work

    async def run(self) -> None:
        """Fold until cancelled; cancelling loses nothing at any moment.

        Raises BusError, BrokerRefused, TopicMissing, StoreFull, StoreError, and EntenteError that
        names a record that cannot be folded. A broker that is away is waited for.
        """
        self._ended = None
        self._ours = None
        self.begun = False
        try:
            async with self._consumer:
                try:
                    await self._loop()
                except asyncio.CancelledError:
                    await self._commit()
                    raise
        except BaseException as error:
            self._ended = error
            raise
        finally:
            self._positions = None
            self._wake()
            await self._producer.stop()

    async def _loop(self) -> None:
        while True:
            heed()
            if self._work is not None:
                self._work()
                self._work = None
            assigned = self._consumer.assigned
            # An empty share is settled as soon as it comes, yet what we had must be put aside.
            if assigned is not None and not (self._consumer.settled and assigned == self._ours):
                self._settle(assigned)
            try:
                batch = await self._consumer.poll(POLL)
            except Gone as gone:
                await self._resume(gone.partition, gone.offset)
                continue
            if batch:
                await self._take(batch)
            await self._tell(idle=not batch)
            await asyncio.sleep(0)  # a poll that finds records waiting does not let others run

    def _settle(self, assigned: frozenset[Partition]) -> None:
        """Begin where the rows of each of our partitions end."""
        known = self._store.positions(self.name)
        self._store.own(self.name, {number for _, number in assigned})
        self._ours = assigned
        for partition in assigned:
            self._consumer.seek(partition, known.get(partition, 0))
        _log.info("partitions assigned", projection=self.name, partitions=sorted(assigned))

    async def _resume(self, partition: Partition, offset: int) -> None:
        """Go on where the topic begins now; refuse to where it has become shorter."""
        first, end = (await self._consumer.bounds([partition]))[partition]
        where = f"{partition[0]}/{partition[1]}"
        if offset > end:
            raise BusError(
                f"{where} ends at {end}, but {self.name} has read it up to {offset}:"
                " the topic was made anew or has lost records.",
                advice="If that was meant, delete our store: it is folded anew from the log."
                " Otherwise mend the topic first.",
            )
        if offset < first and partition in self._store.positions(self.name):
            self.missed[partition] = self.missed.get(partition, 0) + first - offset
            _log.warning(
                "records gone before they were read",
                projection=self.name, partition=where, first=offset, until=first,
            )  # fmt: skip
        self._consumer.seek(partition, max(first, offset))

    async def _take(self, batch: Mapping[Partition, list[Record]]) -> None:
        with self._store.transaction() as tx:
            outgoing: list[Outgoing] = []
            for (topic, number), records in batch.items():
                rows = tx.rows(self.name, number)
                for record in records:
                    try:
                        outgoing.extend(self._fold(rows, record))
                    except StoreError:
                        raise
                    except Exception as error:
                        raise EntenteError(
                            f"{self.name} stopped at {topic}/{number} offset {record.offset}:"
                            f" its fold raised {type(error).__name__}.",
                            advice="Nothing of this record was kept, and it will not be skipped:"
                            " mend the fold, then start again.",
                        ) from error
                tx.advance(self.name, topic, number, records[-1].offset + 1)
            if outgoing:
                await self._producer.insist(outgoing)
        self._folded += sum(map(len, batch.values()))

    async def _tell(self, *, idle: bool) -> None:
        """Say how far we are: to the group, to ``progress`` and to who waits."""
        assigned = self._consumer.assigned
        if assigned is None or not self._consumer.settled:
            self._positions = None
            return
        self._positions = {p: await self._consumer.position(p) for p in assigned}
        self.begun = True
        self._wake()
        if self._progress and not idle:
            self._progress(self._folded, sum(self.lag.values()))
        if time.monotonic() - self._told > COMMIT_EVERY:
            await self._commit()

    async def _commit(self) -> None:
        """Tell the group the offsets that the rows have; never more."""
        offsets = self._store.positions(self.name)
        if offsets != self._shared:
            await self._consumer.commit(offsets)
        self._shared = offsets
        self._told = time.monotonic()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    @property
    def lag(self) -> dict[Partition, int]:
        """How many offsets each of our partitions is behind, as of the broker's last answer."""
        positions = self._here or {}
        return {p: max(0, (self._consumer.end(p) or 0) - at) for p, at in positions.items()}

    @property
    def _here(self) -> dict[Partition, int] | None:
        """Where we are in each of our partitions; None from when they are shared out anew."""
        known, ours = self._positions, self._consumer.assigned
        return (
            known if known is not None and self._consumer.settled and known.keys() == ours else None
        )

    async def until_caught_up(self) -> None:
        """Return once our rows hold all that was on our partitions at the time of the call.

        A member without partitions has nothing to catch up with. Raises what has ended ``run``.
        """
        goal: dict[Partition, int] | None = None
        while True:
            moved = self._moved
            if self._ended is not None:
                raise self._ended
            if (here := self._here) is not None:
                if goal is None or goal.keys() != here.keys():
                    bounds = await self._consumer.bounds(here)
                    goal = {partition: end for partition, (_, end) in bounds.items()}
                    continue  # the answer took a while: are they still ours?
                if all(here[partition] >= end for partition, end in goal.items()):
                    return
            await moved.wait()
