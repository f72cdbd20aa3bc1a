"""Receive what is new before showing it."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from entente.errors import StoreBusy


async def catch_up(receive: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a receiver until it sets the event it is given, then end it.

    Returns at once when another process receives into the same store (StoreBusy): then that one
    keeps it new. Raises whatever else ends the receiver.
    """
    caught_up = asyncio.Event()
    receiving = asyncio.create_task(receive(caught_up))
    waiting = asyncio.create_task(caught_up.wait())
    try:
        await asyncio.wait({receiving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        receiving.cancel()
        with contextlib.suppress(asyncio.CancelledError, StoreBusy):
            await receiving
