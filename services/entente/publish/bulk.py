"""Saying a whole file, at a pace that leaves room for what is said at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from typing import Any

from entente.proof.writer import MAX_BATCH
from entente.publish.intake import Published
from entente.publish.submission import Submission

SLICE = 0.02
"""Seconds of reading a file without a pause."""
PACE = 1_000
"""Alerts of a file that are said in a second: readers on a small machine take twice as many, and so
nobody's live alert has to wait behind a file."""


async def say_all(
    submissions: Iterable[Submission],
    accept: Callable[[Sequence[Submission], Published], object],
    flush: Callable[[], Coroutine[Any, Any, None]],
    progress: Callable[[Published], None] | None = None,
) -> Published:
    """Say many, at most ``PACE`` a second: ``accept`` stores batches of up to 1,024, and ``flush``
    sends each while the next is read.

    Trouble in sending is raised at the end, when all are stored; trouble in storing at once, when
    what was sent has arrived.
    """
    done = Published()
    sending: asyncio.Task[None] | None = None
    began = time.monotonic()
    try:
        async for batch in _batched(submissions, MAX_BATCH):
            await asyncio.sleep(began + done.accepted / PACE - time.monotonic())
            accept(batch, done)
            if progress is not None:
                progress(done)
            if sending is not None:
                await asyncio.wait((sending,))
            if sending is None or sending.exception() is None:
                sending = asyncio.create_task(flush())
            await asyncio.sleep(0)
    finally:
        if sending is not None:
            await asyncio.gather(sending, return_exceptions=True)
    await flush()
    return done


async def _batched(items: Iterable[Submission], size: int) -> AsyncIterator[tuple[Submission, ...]]:
    """Batches of a file; reading it gives way to what else is to be said."""
    batch: list[Submission] = []
    began = time.monotonic()
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield tuple(batch)
            batch.clear()
        if time.monotonic() - began > SLICE:
            await asyncio.sleep(0)
            began = time.monotonic()
    if batch:
        yield tuple(batch)
