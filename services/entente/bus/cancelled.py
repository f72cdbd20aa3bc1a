"""Cancellations that got lost on the way, found again.

aiokafka's consumer without a group swallows one that comes while it closes (``NoGroupCoordinator``:
the task it waits for ends as if nothing had been), and so does ``asyncio.wait_for`` of Python 3.11
when what it waits for is done at the same moment. A loop that goes on after that never ends.
"""

import asyncio


def heed() -> None:
    """Raise CancelledError if the current task was told to end, and still runs."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
