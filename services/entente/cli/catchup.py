"""Receive what is new before showing it."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from entente import clock
from entente.bus.connection import Connection
from entente.bus.membership import entries
from entente.cli.context import console
from entente.config import Settings
from entente.errors import BusError, StoreBusy
from entente.trust import network, party
from entente.trust.register import Register


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


@contextlib.contextmanager
def or_offline() -> Iterator[None]:
    """Where no broker answers, say that what has come so far can be read all the same."""
    try:
        yield
    except BusError as error:
        error.advice += " What has come so far can be read with --offline."
        raise


def newest(loaded: Settings, as_: str) -> Register:
    """The register of now: from its topic where a broker answers, and from the public files here.

    What is read is kept as what this member trusts. Raises TrustError, FileError, CertificateError.
    """
    folder = loaded.party(as_)
    public = network.entries(loaded.home)
    connection = Connection.of(loaded.kafka.bootstrap, folder, loaded.secret())
    try:
        public |= asyncio.run(entries(connection))
    except BusError as error:
        console(stderr=True).print(f"[yellow]not from the topic:[/] {error}")
    return party.follow(folder, public, clock.now())
