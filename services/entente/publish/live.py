"""Saying one thing at once, beside a file that is being sent.

What comes while another is on its way is stored in one transaction, for the disk confirms some
hundred a second; it goes before all that waits; and whoever said it hears when it has arrived, not
when all has.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from math import inf
from typing import Any

from entente.errors import EntenteError
from entente.publish.submission import Submission
from entente.store.outbox import Outbox

TOGETHER = 0.025
"""Seconds between two batches at least, while submissions come faster than they arrive; so many for
each batch that is on its way: the slower the disk or the broker, the more goes together."""
CROWD = 1.0
"""Seconds for which that is so after one has come while another was on its way."""
Accept = Callable[[Sequence[Submission]], tuple[set[bytes], dict[int, EntenteError]]]
"""Stores submissions: the subjects concerned, and the refusals by ``id`` of a submission."""


class Live:
    """The submissions of one publisher that are said at once."""

    def __init__(
        self,
        accept: Accept,
        flush: Callable[[], Coroutine[Any, Any, None]],
        outbox: Outbox,
    ) -> None:
        self._accept = accept
        self._flush = flush
        self._outbox = outbox
        self._moved = asyncio.Event()
        self._coming: list[tuple[Submission, asyncio.Future[asyncio.Task[None]]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._next: asyncio.Handle | None = None
        self._away = 0
        """Batches on their way."""
        self._kept = self._crowded = -inf
        """When the last batch was stored, and when one last came while another was on its way."""

    async def say(self, submission: Submission) -> None:
        """Store it, send it, and return when it is on its topics. Raises why it is refused.

        When it raises BusError it is stored.
        """
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[asyncio.Task[None]] = loop.create_future()
        self._coming.append((submission, kept))
        now = loop.time()
        if self._away:
            self._crowded = now
        if self._next is None:
            pause = TOGETHER * max(1, self._away) if now - self._crowded < CROWD else 0.0
            self._next = loop.call_at(self._kept + pause, self._keep)
        await asyncio.shield(await kept)  # others wait for it too

    def moved(self) -> None:
        """Look again: some records have been acknowledged."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def close(self, *, give_up: bool) -> None:
        """Wait for what is being sent, or leave it for the next start."""
        if self._next is not None:
            self._next.cancel()
            if give_up:
                for _, kept in self._coming:
                    kept.cancel()
            else:
                self._keep()
        for task in self._tasks if give_up else ():
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self) -> None:
        coming, self._coming = self._coming, []
        self._next, self._kept = None, asyncio.get_running_loop().time()
        try:
            subjects, refused = self._accept([submission for submission, _ in coming])
        except Exception as error:  # noqa: BLE001  nothing of it is stored, and each who waits hears why
            for _, kept in coming:
                if not kept.done():
                    kept.set_exception(error)
            return
        sending = self._start(self._arrived(subjects, self._start(self._flush())))
        self._away += 1
        sending.add_done_callback(self._back)
        for submission, kept in coming:
            why = refused.get(id(submission))
            if kept.done():  # who asked has gone
                continue
            if why is not None:
                kept.set_exception(why)
            else:
                kept.set_result(sending)

    async def _arrived(self, subjects: set[bytes], flush: asyncio.Task[None]) -> None:
        """Return once what was said of these subjects has arrived, if not all that waits has."""
        while self._outbox.waits(subjects) or not self._outbox.waiting():
            if flush.done():
                return flush.result()
            moved = asyncio.create_task(self._moved.wait())
            try:
                await asyncio.wait((flush, moved), return_when=asyncio.FIRST_COMPLETED)
            finally:
                moved.cancel()

    def _back(self, _: asyncio.Task[None]) -> None:
        self._away -= 1

    def _start(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who waits for it has it; what else it sent is for others to ask for
