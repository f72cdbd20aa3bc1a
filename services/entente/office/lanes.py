"""What each issuer has said, by an office's inbox: its lanes, how far they go, what is missing."""

from pathlib import Path

import msgspec

from entente.errors import StoreError
from entente.office.follow import PROJECTION, store
from entente.proof.lane import LANES, Lane
from entente.store.reader import Reader


class LaneStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One lane as far as it was read. ``root`` is that of the largest checkpoint seen."""

    lane: str
    size: int
    root: bytes
    gaps: tuple[tuple[int, int], ...] = ()
    """Indexes not read, as half-open ranges."""
    forked: int | None = None
    """From this index on the issuer has said two things."""


def read_lanes(office: Path) -> list[LaneStatus]:
    """The lanes in an office's inbox, in order of their names. Raises StoreError: no inbox."""
    if not store(office).exists():
        raise StoreError(
            f"There is no inbox in {office}.",
            advice="Start the office with `entente office --as <its id>`, or `entente tail`.",
        )
    decoder = msgspec.msgpack.Decoder(Lane)
    with Reader(store(office)) as reader, reader.view(PROJECTION) as view:
        found = [(line.decode(), decoder.decode(row)) for line, row in view.scan(LANES)]
    return [
        LaneStatus(lane=line, size=lane.size, root=lane.root, gaps=lane.gaps(), forked=lane.forked)
        for line, lane in sorted(found, key=lambda one: one[0])
        if lane.size
    ]
