"""What an office has to acknowledge: what has come to its inbox, and what was handed out of it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from entente.bus import admitted, inbox
from entente.bus.admitted import said_to
from entente.bus.arrivals import Cursor, arrivals
from entente.bus.reception import held, place
from entente.bus.spoken import Spoken
from entente.errors import FileError
from entente.proof.record import Record
from entente.store.reader import View
from entente.trust import files
from entente.trust.administration import Administration
from entente.wire.names import parse_record_key

SLICE = 20
"""Records looked at without a pause, some 3 ms."""
REST = 3
"""A pause takes so many times as long as what came before it: alerts are folded, and handed out, by
the same thread, and nobody waits for a receipt."""
MOST = 50_000
"""Records that are remembered until they are seen to be handed out, some 10 MB."""
ACTS = ("delivered", "read", "withdrawn")
_T = TypeVar("_T")


class Place(NamedTuple):
    """What a receipt speaks of: an act on one lane."""

    topic: str
    issuer: str
    lane: int
    act: str

    @property
    def row(self) -> bytes:
        """As a key of rows."""
        return "\0".join(map(str, self)).encode()


Found = dict[Place, set[int]]
"""Indexes by what is said of them."""


class Progress(msgspec.Struct, frozen=True):
    """How far receipts go into the inbox of this name."""

    instance: str = ""
    delivered: Cursor = {}
    read: Cursor = {}


class Acknowledging:
    """One look of ``me`` into a view of its inbox. ``folder`` has the cursors of subscribers.

    ``remember`` is told of each checkpoint that came.
    """

    def __init__(
        self,
        view: View,
        folder: Path,
        me: Administration,
        remember: Callable[[str], None] | None = None,
    ) -> None:
        self._view = view
        self._folder = folder
        self._me = me
        self._remember = remember
        self._admit = said_to(me)
        self._known: dict[bytes, tuple[Place, int] | None] = {}
        """By place of a record: what came is mostly handed out by the same look."""

    async def since(self, progress: Progress) -> tuple[Found, Progress]:
        """What has come, and was handed out; and how far that goes. It gives way to others."""
        delivered, read = dict(progress.delivered), dict(progress.read)
        found: Found = defaultdict(set)
        async for came in _giving_way(arrivals(self._view, delivered)):
            if came.record is None:
                continue
            one = self._standing(came.record)
            if one is not None:
                at, index = one
                found[at].add(index)
                if at.act == "withdrawn":
                    found[at._replace(act="delivered")].add(index)
        async for key in _giving_way(self._handed_out(read)):
            known = key in self._known
            one = self._known.pop(key) if known else self._standing(held(self._view, key))
            if one is not None:
                found[one[0]._replace(act="read")].add(one[1])
        return found, Progress(progress.instance, delivered, read)

    def _standing(self, record: Record) -> tuple[Place, int] | None:
        """Where a record stands, if it is another's and shown to us."""
        spoken = Spoken(record)
        if self._remember is not None:
            self._remember(spoken.envelope.checkpoint)
        found, issuer = None, spoken.statement.issuer
        if issuer != self._me.id and admitted.shown(self._view, spoken, self._admit):
            _, lane = parse_record_key(record.key or b"")
            act = "withdrawn" if spoken.statement.change == "WITHDRAWAL" else "delivered"
            found = Place(record.topic, issuer, lane, act), spoken.envelope.index
        if len(self._known) < MOST:
            self._known[place(record.topic, record.partition, record.offset)] = found
        return found

    def _handed_out(self, read: Cursor) -> Iterator[bytes]:
        """Places of what any subscriber of this office was handed since ``read``; moves it on."""
        until: Cursor = {}
        for path in self._folder.glob("*.cursor.json"):
            try:
                cursor = msgspec.json.decode(files.read(path), type=Cursor)
            except (FileError, msgspec.DecodeError):
                continue  # its subscriber will say so
            until |= {p: max(number, until.get(p, 0)) for p, number in cursor.items()}
        for partition, end in until.items():
            for number in range(read.get(partition, 0), end):
                key = partition.to_bytes(4, "big") + number.to_bytes(8, "big")
                value = self._view.get(inbox.ARRIVAL, key)
                if value is None:
                    break  # a cursor of another inbox
                read[partition] = number + 1
                one = inbox.holding(self._view, inbox.arrival(value).key)
                if one is not None:
                    yield one.place


async def _giving_way(items: Iterable[_T]) -> AsyncIterator[_T]:
    since = time.monotonic()
    for number, item in enumerate(items):
        if number % SLICE == SLICE - 1:
            await asyncio.sleep(REST * (time.monotonic() - since))
            since = time.monotonic()
        yield item
