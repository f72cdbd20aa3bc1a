"""Keeping a projection of signed topics running while the register changes around it."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from entente.bus.cancelled import heed
from entente.bus.membership import Membership
from entente.bus.projection import Projection
from entente.errors import BusError, EntenteError

REFRESH = 30.0
"""Seconds between two looks at the register topic."""
AGAIN = 60.0
"""Seconds between two looks at what waits, for causes other than the register."""
LATER = 1.0
"""Seconds before a broker that has gone is looked for again."""
_PAUSE = 0.05
_log = structlog.get_logger(__name__)


async def serve(
    projection: Projection[Any],
    membership: Membership,
    judge_again: Callable[[bool], None],
    caught_up: asyncio.Event | None = None,
    refresh: float = REFRESH,
) -> None:
    """Run until cancelled. Raises what stops the projection; a broker that goes is waited for.

    ``judge_again`` is called at the start and between batches, when the register has changed or a
    minute has passed. It is told whether the register may be another one. ``caught_up`` is set
    when the rows hold what was on the topics at the start. ``refresh`` is the time between two
    looks at the register.
    """
    judge_again(True)
    judged, known = time.monotonic(), membership.register()
    signal = asyncio.create_task(_signal(projection, caught_up))
    worked = away = False
    try:
        while True:
            running = asyncio.create_task(projection.run())
            try:
                while True:
                    done, _ = await asyncio.wait({running}, timeout=refresh)
                    if done:
                        running.result()
                    worked, away = True, False
                    await _renew(membership)
                    if membership.register() is not known or time.monotonic() - judged > AGAIN:
                        break
            except BusError as error:
                if not (worked and error.temporary):
                    raise
                if not away:  # said once, until it is back
                    _log.warning("the broker is away", reason=str(error), advice=error.advice)
                away = True
                await asyncio.sleep(LATER)
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError, BusError):  # the next run tells it
                    await running
                heed()
            changed = membership.register() is not known  # whoever has renewed it
            if changed or time.monotonic() - judged > AGAIN:
                judge_again(changed)
                judged, known = time.monotonic(), membership.register()
    finally:
        signal.cancel()


async def _signal(projection: Projection[Any], caught_up: asyncio.Event | None) -> None:
    """Set ``caught_up`` once; the projection may be stopped and started again before."""
    while caught_up is not None and not caught_up.is_set():
        try:
            await projection.until_caught_up()
            caught_up.set()
        except EntenteError:
            await asyncio.sleep(_PAUSE)  # what ends the projection is told by its own task
        except asyncio.CancelledError:
            heed()
            await asyncio.sleep(_PAUSE)  # it was the projection that was cancelled


async def _renew(membership: Membership) -> None:
    """A register that cannot be read or verified now leaves the last in force, and a warning."""
    try:
        await membership.refresh()
    except EntenteError as error:
        _log.warning("the register cannot be renewed", reason=str(error), advice=error.advice)


async def together(*parts: Coroutine[None, None, None]) -> None:
    """Run all until one ends, which it only does by an error; end the others, raise that error."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
