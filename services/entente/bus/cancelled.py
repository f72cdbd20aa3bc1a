"""Cancellations that come at the wrong moment: while a client closes.

aiokafka's consumer without a group swallows one then (``NoGroupCoordinator``: the task it waits for
ends as if nothing had been), and so does ``asyncio.wait_for`` of Python 3.11 when what it waits for
is done at the same moment: a loop that goes on after that never ends. Elsewhere a cancellation
leaves a client half closed, its connections open for ever.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any


def heed() -> None:
    """Raise CancelledError if the current task was told to end, and still runs."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def finish(closing: Coroutine[Any, Any, None]) -> None:
    """Do ``closing`` to its end. A cancellation meanwhile is raised then, not before."""
    work = asyncio.ensure_future(closing)
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait((work,))
        except asyncio.CancelledError as error:
            cancelled = error
    work.result()
    if cancelled is not None:
        raise cancelled
