"""Keeping a projection of signed topics running while the register changes around it."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import structlog

from entente.bus.membership import Membership
from entente.bus.projection import Projection
from entente.errors import EntenteError

REFRESH = 30.0
"""Seconds between two looks at the register topic."""
AGAIN = 60.0
"""Seconds between two looks at what waits, for causes other than the register."""
_log = structlog.get_logger(__name__)


async def serve(
    projection: Projection[Any],
    membership: Membership,
    judge_again: Callable[[], None],
    caught_up: asyncio.Event | None = None,
) -> None:
    """Run until cancelled. Raises what stops the projection.

    ``judge_again`` is called between batches, when the register has changed or a minute has
    passed; it must do nothing where nothing waits. ``caught_up`` is set when the rows hold what
    was on the topics at the start.
    """
    judge_again()
    judged = time.monotonic()
    signal = asyncio.create_task(_signal(projection, caught_up))
    try:
        while True:
            running = asyncio.create_task(projection.run())
            try:
                while True:
                    done, _ = await asyncio.wait({running}, timeout=REFRESH)
                    if done:
                        running.result()
                    if await _changed(membership) or time.monotonic() - judged > AGAIN:
                        break
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
            judge_again()
            judged = time.monotonic()
    finally:
        signal.cancel()


async def _signal(projection: Projection[Any], caught_up: asyncio.Event | None) -> None:
    if caught_up is not None:
        with contextlib.suppress(EntenteError):  # what ends the projection is told by its own task
            await projection.until_caught_up()
            caught_up.set()


async def _changed(membership: Membership) -> bool:
    """A register that cannot be read or verified now leaves the last in force, and a warning."""
    try:
        return await membership.refresh()
    except EntenteError as error:
        _log.warning("the register cannot be renewed", reason=str(error), advice=error.advice)
        return False
