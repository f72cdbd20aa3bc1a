"""Reading an inbox while its own process goes on filling it: what is new, and what holds now."""

import heapq
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple, Protocol
from uuid import UUID

from entente.bus import inbox
from entente.bus.reception import held
from entente.proof.record import Record

_BLOCK = 256
"""Arrivals whose numbers share all but the last byte, read at a time."""

Cursor = dict[int, int]
"""The next arrival to read, by partition. Empty: from the first."""


class View(Protocol):
    """The rows of an inbox at one moment."""

    @property
    def partitions(self) -> tuple[int, ...]:
        """The partitions shown."""
        ...

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value of a key."""
        ...

    def scan(self, table: str, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The rows whose key starts with ``prefix``, in key order."""
        ...


class Received(NamedTuple):
    """A version that came, and when by our clock, in microseconds."""

    subject: UUID
    version: int
    at: int
    record: Record | None
    """None: it was taken back, since its proof no longer holds."""


def arrivals(view: View, cursor: Cursor) -> Iterator[Received]:
    """What came since ``cursor``, oldest first; moves the cursor on.

    Of several partitions too: what is new in one does not wait for all that another has. A version
    that was taken back meanwhile comes without its record. A withdrawal of what its issuer never
    said, as far as we know, does not come; it does as soon as we know.
    """
    unread = (_unread(view, number, cursor.get(number, 0)) for number in view.partitions)
    for key, came in heapq.merge(*unread, key=lambda one: one[1].received_at):
        cursor[int.from_bytes(key[:4], "big")] = int.from_bytes(key[4:], "big") + 1
        yield from _received(view, came, key)


def _unread(view: View, partition: int, start: int) -> Iterator[tuple[bytes, inbox.Arrival]]:
    """Arrivals of a partition from a number on, with their keys."""
    while True:
        key = partition.to_bytes(4, "big") + start.to_bytes(8, "big")
        block = [row for row in view.scan(inbox.ARRIVAL, key[:-1]) if row[0] >= key]
        for key, value in block:
            yield key, inbox.arrival(value)
        start = int.from_bytes(key[4:], "big") + 1
        if not block or start % _BLOCK:
            return


def heads(view: View) -> Iterator[Record]:
    """The version that holds of each subject, withdrawn ones included, in order of subject."""
    for _, rows in groupby(view.scan(inbox.VERSION), key=lambda row: inbox.spoken(row[0])):
        *_, (version, _) = rows
        record = _record(view, version)
        if record is not None and inbox.founded(view, version):
            yield record


def _received(view: View, came: inbox.Arrival, number: bytes) -> Iterator[Received]:
    said = inbox.holding(view, came.key)
    if said is None:
        yield Received(UUID(bytes=came.subject), came.version, came.received_at, None)
    elif not said.withdraws or _counts(view, came, number):
        record = held(view, said.place)
        yield Received(UUID(bytes=came.subject), came.version, came.received_at, record)
        yield from _overtaken(view, came, record)


def _counts(view: View, came: inbox.Arrival, number: bytes) -> bool:
    """Whether a withdrawal withdraws anything, and this is where it does."""
    again = view.get(inbox.AGAIN, came.key)
    if again is not None and again[:4] == number[:4] and again != number:
        return False
    return inbox.founded(view, came.key)


def _overtaken(view: View, came: inbox.Arrival, record: Record) -> Iterator[Received]:
    """The withdrawal of what came, if it is of another partition, where it may have come before."""
    *_, (newest, _) = view.scan(inbox.VERSION, inbox.spoken(came.key))
    said = inbox.holding(view, newest)
    if newest != came.key and said is not None and said.withdraws:
        withdrawal = held(view, said.place)
        if withdrawal.partition != record.partition:
            version = int.from_bytes(newest[24:], "big")
            yield Received(UUID(bytes=came.subject), version, came.received_at, withdrawal)


def _record(view: View, version: bytes) -> Record | None:
    said = inbox.holding(view, version)
    return None if said is None else held(view, said.place)
