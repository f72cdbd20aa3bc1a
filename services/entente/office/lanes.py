"""What is known here of lanes: of others as far as they were read, our own as we said them."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec

from entente.bus import grants
from entente.office import witness
from entente.proof.lane import LANES, Lane
from entente.proof.merkle import head
from entente.store.reader import Reader
from entente.wire.names import Origin


class Seen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The newest word of a witness on a lane, and whether it saw another history than we did."""

    witness: str
    size: int
    time: int
    """Microseconds since the epoch, by the witness's clock."""
    differs: bool = False
    note: str
    """The signed note: with ours it proves to anybody what the issuer has done."""


class LaneStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One lane. ``root`` is that of the largest checkpoint seen, or signed by us."""

    lane: str
    size: int
    root: bytes
    gaps: tuple[tuple[int, int], ...] = ()
    """Indexes not read, as half-open ranges."""
    forked: int | None = None
    """From this index on the issuer has said two things."""
    ours: bool = False
    """Whether we say it."""
    witnessed: tuple[Seen, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing is missing and nothing contradicts."""
        return not self.gaps and self.forked is None and not any(w.differs for w in self.witnessed)


def read_lanes(store: Path, projection: str) -> list[LaneStatus]:
    """The lanes that were read into a projection; none where there is no store."""
    if not store.exists():
        return []
    decoder = msgspec.msgpack.Decoder(Lane)
    seen: dict[str, list[Seen]] = defaultdict(list)
    with (
        Reader(store) as reader,
        reader.views(projection, witness.PROJECTION) as (view, notes),
    ):
        found = [(line.decode(), decoder.decode(row)) for line, row in view.scan(LANES)]
        for one in witness.standings(view, notes):
            seen[one.lane].append(
                Seen(
                    witness=one.witness, size=one.latest.size, time=one.latest.time,
                    differs=one.differs, note=one.latest.note,
                )
            )  # fmt: skip
    return [
        LaneStatus(
            lane=line, size=lane.size, root=lane.root, gaps=lane.gaps(), forked=lane.forked,
            witnessed=tuple(seen[line]),
        )
        for line, lane in found
        if lane.size
    ]  # fmt: skip


def granted_lanes(store: Path) -> list[LaneStatus]:
    """How far each issuer's lane of grants was seen in an inbox, by what was granted to us."""
    if not store.exists():
        return []
    with Reader(store) as reader, reader.view(grants.PROJECTION) as view:
        return [
            LaneStatus(lane=str(one.origin), size=one.size, root=one.root)
            for one in grants.heads(view)
        ]


def own_lanes(outbox: Path, duties: Iterable[Origin] = ()) -> list[LaneStatus]:
    """The lanes that were signed in an outbox; none where there is none.

    Once it has signed in any, those of ``duties`` in which nothing was said are named as well. An
    outbox without any may be new because a disk was lost: it says nothing.
    """
    if not outbox.exists():
        return []
    with Reader(outbox) as reader:
        signed = {origin: head(compact) for origin, size, compact in reader.lanes() if size}
        sizes = {origin: size for origin, size, _ in reader.lanes()}
    silent = dict.fromkeys(duties, head(b"")) if signed else {}
    return [
        LaneStatus(lane=str(origin), size=sizes.get(origin, 0), root=root, ours=True)
        for origin, root in (silent | signed).items()
    ]
