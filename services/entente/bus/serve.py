"""Keeping a projection of signed topics running while the register changes around it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from entente.bus.membership import Membership
from entente.bus.projection import Projection
from entente.errors import BusError, EntenteError
from entente.trust.register import Register

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

    ``judge_again`` is called before the first batch, and between two when the register has changed
    or a minute has passed. It is told whether the register may be another one. ``caught_up`` is set
    when the rows hold what was on the topics at the start. ``refresh`` is the time between two
    looks at the register.
    """
    by: Register | None = None

    def judge() -> None:
        nonlocal by
        now = membership.register()
        judge_again(now is not by)
        by = now

    async def renew() -> None:
        judged = time.monotonic()
        while True:
            await asyncio.sleep(refresh)
            await membership.look(refresh)
            if membership.register() is not by or time.monotonic() - judged > AGAIN:
                projection.between(judge)
                judged = time.monotonic()

    projection.between(judge)
    signal = asyncio.create_task(_signal(projection, caught_up))
    try:
        await together(_outlast(projection), renew())
    finally:
        signal.cancel()


async def _outlast(projection: Projection[Any]) -> None:
    """Run it, and start it again after each time that the broker has gone."""
    worked = told = False
    while True:
        try:
            await projection.run()
        except BusError as error:
            worked |= projection.begun
            if not (worked and error.temporary):
                raise
            if projection.begun or not told:  # once, until it reads again
                _log.warning("will read again", projection=projection.name, reason=str(error))
            told = True
            await asyncio.sleep(LATER)


async def _signal(projection: Projection[Any], caught_up: asyncio.Event | None) -> None:
    """Set ``caught_up`` once; the projection may be stopped and started again before."""
    while caught_up is not None and not caught_up.is_set():
        try:
            await projection.until_caught_up()
            caught_up.set()
        except EntenteError:
            await asyncio.sleep(_PAUSE)  # what ends the projection is told by its own task


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
