"""Cancellations that come at the wrong moment: while a client starts or closes.

aiokafka's consumer without a group swallows one then (``NoGroupCoordinator``: the task it waits for
ends as if nothing had been), and so does ``asyncio.wait_for`` of Python 3.11 when what it waits for
is done at the same moment: a loop that goes on after that never ends. Elsewhere a cancellation
leaves a client half closed, its connections open for ever.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

GRACE = 5.0
"""Seconds that a client has to start or to close after a cancellation."""


def heed() -> None:
    """Raise CancelledError if the current task was told to end, and still runs."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def finish(work: Coroutine[Any, Any, None]) -> None:
    """Do ``work``, the starting or closing of a client, to its end.

    A cancellation meanwhile is raised then; only when ``GRACE`` has passed it reaches ``work``.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,), timeout=None if cancelled is None else GRACE)
        except asyncio.CancelledError as error:
            cancelled = error
        else:
            task.cancel()  # has no effect on what is done
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # asked for, or asyncio complains that nobody did
    raise cancelled
