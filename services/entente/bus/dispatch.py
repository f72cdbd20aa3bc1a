"""Take what waits in an outbox to Kafka: lane by lane, each in its order, batch by batch.

A batch is sealed, sent, acknowledged, and only then is the next one of its lane sent; lanes do not
wait for one another. A batch whose sending failed is sent again whole: what had arrived of it is
there twice, and readers ignore the second. So a lane's indexes may repeat but never skip. A lane
that is new to the outbox must be new on its topic too (``lanes``).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, Self

import structlog

from entente.bus.connection import Connection
from entente.bus.lanes import refuse_written
from entente.bus.producer import FIRST_PAUSE, LAST_PAUSE, Outgoing, Producer
from entente.errors import EntenteError, StoreError
from entente.wire.names import Origin

LOOK = 0.02
"""Seconds between two looks into the outbox. A look costs some 10 µs, so 50 a second are cheaper
than a bell through three rooms; and what comes meanwhile goes under one signature."""
_log = structlog.get_logger(__name__)


class Sealed(Protocol):
    """One record of a lane, ready for Kafka."""

    @property
    def index(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes: ...  # noqa: D102
    @property
    def value(self) -> bytes: ...  # noqa: D102
    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]: ...  # noqa: D102


class Outbox(Protocol):
    """What dispatching asks of an outbox; see ``store.outbox.Outbox``."""

    def waiting(self) -> list[Origin]:
        """The lanes that have anything to be sealed or sent."""
        ...

    def is_new(self, origin: Origin) -> bool:
        """Whether nothing was ever sealed here in a lane."""
        ...

    def seal(self, origin: Origin) -> int:
        """Seal the next batch of a lane; how many statements it took."""
        ...

    def unsent(self, origin: Origin) -> Sequence[Sealed]:
        """The next batch of sealed records that are not acknowledged."""
        ...

    def acknowledge(self, origin: Origin, below: int) -> None:
        """The records below this index are on the topic."""
        ...


class Dispatch:
    """Sends what waits in ``outbox``. Use it as a context; ``progress`` is told of each batch.

    Start one for an outbox: two would send everything twice, which is harmless but useless.
    """

    def __init__(
        self,
        outbox: Outbox,
        connection: Connection,
        *,
        progress: Callable[[Origin, int], None] | None = None,
    ) -> None:
        self._outbox = outbox
        self._connection = connection
        self._producer = Producer(connection)
        self._progress = progress
        self._idle = asyncio.Event()
        self._lanes: dict[Origin, asyncio.Task[None]] = {}
        """Those that are being sent."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._lanes.values():
            task.cancel()
        await asyncio.gather(*self._lanes.values(), return_exceptions=True)
        await self._producer.stop()

    async def drain(self) -> None:
        """Send all that waits now, then return. It may be called again meanwhile.

        Every lane is tried; then the first trouble is raised: BrokerUnreachable, BrokerRefused,
        TopicMissing, BusError, StoreError. Nothing is lost by it, and the next call goes on.
        """
        lanes = [self._sending(origin) for origin in self._outbox.waiting()]
        if lanes:
            await asyncio.wait(lanes)
        for lane in lanes:
            lane.result()

    async def run(self) -> None:
        """Send what waits, and all that comes, until cancelled.

        Trouble with the broker is logged and waited for, in one lane while the others go on: even
        a right that is missing may come. Raises StoreError.
        """
        insisting: dict[Origin, asyncio.Task[None]] = {}
        try:
            async with asyncio.TaskGroup() as lanes:
                while True:
                    waiting = self._outbox.waiting()
                    if not waiting:
                        self._idle.set()
                    for origin in waiting:
                        task = insisting.get(origin)
                        if task is None or task.done():
                            insisting[origin] = lanes.create_task(self._insist(origin))
                    await asyncio.sleep(LOOK)
        except* StoreError as group:
            raise group.exceptions[0] from None

    async def drained(self) -> None:
        """Return once ``run`` finds nothing waiting: all that was submitted is on its topics."""
        self._idle.clear()
        await self._idle.wait()

    async def _insist(self, origin: Origin) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                return await asyncio.shield(self._sending(origin))
            except StoreError:
                raise
            except EntenteError as error:
                _log.warning("will send again", lane=str(origin), error=str(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_PAUSE)

    def _sending(self, origin: Origin) -> asyncio.Task[None]:
        """The sending of a lane, which goes on until nothing waits: one for all who want it."""
        task = self._lanes.get(origin)
        if task is None or task.done():  # what comes after its last look is for another one
            task = self._lanes[origin] = asyncio.create_task(self._send(origin))
            task.add_done_callback(_ask)
        return task

    async def _send(self, origin: Origin) -> None:
        if self._outbox.is_new(origin):
            await refuse_written(self._connection, origin)
        while True:
            records = self._outbox.unsent(origin)
            if records:
                sending = self._producer.send(
                    Outgoing(origin.topic, r.key, r.value, r.headers) for r in records
                )
                await asyncio.gather(sending, self._seal(origin))
                self._outbox.acknowledge(origin, records[-1].index + 1)
                if self._progress:
                    self._progress(origin, len(records))
            elif not self._outbox.seal(origin):
                return

    async def _seal(self, origin: Origin) -> None:
        """Seal the next batch while the broker is busy with the last one."""
        self._outbox.seal(origin)


def _ask(task: asyncio.Task[None]) -> None:
    """Ask a task how it ended, or asyncio complains when nobody is left who would."""
    if not task.cancelled():
        task.exception()
