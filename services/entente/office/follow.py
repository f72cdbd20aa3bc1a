"""Reading an office's inbox from anywhere, while the office goes on filling it."""

from collections.abc import Mapping
from pathlib import Path

from entente.bus.arrivals import Cursor, arrivals, heads
from entente.errors import StoreError
from entente.office.item import Item, item
from entente.store.reader import Reader

PROJECTION = "inbox"
"""Name of the inbox among the projections of an office's store."""


def store(office: Path) -> Path:
    """Where an office, by its folder, keeps its inbox."""
    return office / "inbox.sqlite"


def read_new(office: Path, cursor: Cursor, limit: int = 1024) -> list[Item]:
    """At most ``limit`` items that came since ``cursor``, which moves on; none without an inbox."""
    if not store(office).exists():
        return []
    found: list[Item] = []
    with Reader(store(office)) as reader, reader.view(PROJECTION) as view:
        for came in arrivals(view, cursor):
            if came.record is not None:
                found.append(item(came.record, came.at))
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
        return [item(record, 0) for record in heads(view)]


def positions(office: Path) -> Mapping[tuple[str, int], int]:
    """How far an office has read: the next offset by topic and partition."""
    if not store(office).exists():
        return {}
    with Reader(store(office)) as reader, reader.view(PROJECTION) as view:
        return view.positions
