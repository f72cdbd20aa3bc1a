"""Reading an inbox while its office goes on filling it: what is new since, and what holds now."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Protocol

from entente.bus.reception import held
from entente.errors import StoreError
from entente.office import inbox
from entente.office.item import Item, item
from entente.store.reader import Reader

PROJECTION = "inbox"
"""Name of the inbox among the projections of an office's store."""
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


def store(office: Path) -> Path:
    """Where an office, by its folder, keeps its inbox."""
    return office / "inbox.sqlite"


def arrivals(view: View, cursor: Cursor) -> Iterator[Item]:
    """What came since ``cursor``, oldest first in each partition; moves the cursor on.

    A version that was taken back meanwhile is passed over.
    """
    for partition in view.partitions:
        while True:
            start = cursor.get(partition, 0)
            key = partition.to_bytes(4, "big") + start.to_bytes(8, "big")
            block = [row for row in view.scan(inbox.ARRIVAL, key[:-1]) if row[0] >= key]
            for number, value in block:
                came = inbox.arrival(value)
                cursor[partition] = int.from_bytes(number[4:], "big") + 1
                version = inbox.version_key(came.subject, came.version)
                found = None if came.taken_back else version_item(view, version, came.received_at)
                if found is not None:
                    yield found
            if not block or cursor[partition] % _BLOCK:
                break


def heads(view: View) -> Iterator[Item]:
    """The version that holds of each subject, withdrawn ones included, in order of subject."""
    for _, rows in groupby(view.scan(inbox.VERSION), key=lambda row: row[0][:16]):
        *_, (version, _) = rows
        found = version_item(view, version, 0)
        if found is not None:
            yield found


def version_item(view: View, version: bytes, received_at: int) -> Item | None:
    """The item of a row of ``version``; None if there is no such row any more."""
    value = view.get(inbox.VERSION, version)
    if value is None:
        return None
    return item(held(view, inbox.holds(inbox.said(value)).place), received_at)


def read_new(office: Path, cursor: Cursor, limit: int = 1024) -> list[Item]:
    """At most ``limit`` new items of an office's inbox; none while there is no inbox yet."""
    if not store(office).exists():
        return []
    found: list[Item] = []
    with Reader(store(office)) as reader, reader.view(PROJECTION) as view:
        for one in arrivals(view, cursor):
            found.append(one)
            if len(found) == limit:
                break
    return found


def read_heads(office: Path) -> list[Item]:
    """What holds now in an office's inbox. Raises StoreError: there is no inbox."""
    if not store(office).exists():
        raise StoreError(
            f"There is no inbox in {office}.",
            advice="Start the office with `entente office --as <its id>`, or `entente tail`.",
        )
    with Reader(store(office)) as reader, reader.view(PROJECTION) as view:
        return list(heads(view))
