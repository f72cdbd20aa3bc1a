"""The SDK of a liaison office: verified alerts as they come.

async with Subscriber("RILO-AP") as alerts:
    async for item in alerts:
        print(item.issuer, item.alert)
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from math import inf
from typing import Self

import msgspec

from entente import config
from entente.bus.arrivals import Cursor
from entente.config import Settings
from entente.errors import StoreBusy
from entente.office.follow import read_new
from entente.office.item import Item
from entente.office.opening import Closed, Opener
from entente.office.service import run
from entente.trust import files

POLL = 0.05
"""Seconds between two looks into the inbox."""
AHEAD = 256
"""Items read at a time."""
KEPT = 0.5
"""Seconds between two times that the place is kept while items come: the disk takes a while."""


class Subscriber:
    """Reads an office's inbox, and fills it too unless another process of the office does.

    Every version of every subject comes once, also across restarts: what was handed out counts as
    done when the next one is asked for, and ``name`` keeps the place. After a crash the last ones
    come again, those handed out since the last pause: half a second's.

    With ``open_names`` it opens sealed parts where the office was granted them: ``item.nominal``.
    What was handed out closed comes once more if a grant comes while this subscriber goes on.
    """

    def __init__(
        self,
        office: str,
        settings: Settings | None = None,
        *,
        name: str | None = "subscriber",
        open_names: bool = False,
    ) -> None:
        """Look into the office's own folder; the settings are those that commands read.

        Raises ConfigError; KeyMissing: names are to be opened, and there is no key for it.
        """
        self._settings = settings = settings or config.load()
        self._office = office
        self._folder = settings.party(office)
        self._place = self._folder / f"{name}.cursor.json" if name else None
        self._opener = Opener(self._folder, settings.secret()) if open_names else None
        self._filling: asyncio.Task[None] | None = None
        self._kept: Cursor | None = None
        self._since = -inf

    async def __aenter__(self) -> Self:
        self._filling = asyncio.create_task(run(self._settings, self._office))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._filling is not None:
            self._filling.cancel()
            with contextlib.suppress(asyncio.CancelledError, StoreBusy):
                await self._filling

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Items as they come, without end. Raises what stops the filling of the inbox."""
        read: Cursor = {}
        closed = Closed()
        if self._place is not None and self._place.exists():
            read = msgspec.json.decode(self._place.read_bytes(), type=Cursor)
        done = {**read}
        try:
            while True:
                self._raise_failure()
                places: list[Cursor] = []
                found = read_new(
                    self._folder, read, AHEAD, opener=self._opener, closed=closed, places=places
                )
                for one, place in zip(found, places, strict=True):
                    yield one
                    done = place
                    await asyncio.sleep(0)  # the inbox is filled by the same thread
                done = {**read}
                if not found or time.monotonic() - self._since > KEPT:
                    self._keep(done)
                if not found:
                    await asyncio.sleep(POLL)
        finally:
            self._keep(done)

    def _keep(self, done: Cursor) -> None:
        if self._place is not None and done != self._kept:
            files.write(self._place, msgspec.json.encode(done))
            self._kept = done
            self._since = time.monotonic()

    def _raise_failure(self) -> None:
        if self._filling is not None and self._filling.done():
            with contextlib.suppress(StoreBusy):
                self._filling.result()
