"""A reader's view of one lane, kept in ``Rows``.

Each proof asserts the roots of three trees: of the leaves before its own (they are its left
siblings), of these with its own, and of the checkpoint's. **Two roots of one size are a fork**:
this one rule covers another leaf at an index read before, left siblings that are not the leaves
read, and checkpoints that contradict each other. It does not depend on the order of reading.

Kept are: for each size whose root was asserted, that is for each index read, this root or the
compact range that it follows from, whichever was at hand without hashing; and, in one row, the
runs of indexes read, each with the compact range at both ends, so that what lies on both sides of
a gap is compared at once, and joined when the gap is filled.
"""

from functools import lru_cache
from itertools import pairwise

import msgspec

from entente.proof.merkle import agree, head, prefixes
from entente.proof.rows import Readable, Rows
from entente.wire.names import Origin

LANES = "lanes"
"""Table: a lane's state by origin line."""
HEADS = "heads"
"""Table: by origin line, NUL and size (8 bytes, big-endian), the compact range, or only its root.

``head`` gives the root of either: that of a single hash is the hash itself.
"""
MAX_GAPS = 1_000
"""Gaps in a lane; who leaves more open must fill some first."""


class Run(msgspec.Struct, frozen=True, array_like=True):
    """Indexes read without a gap: [start, end), with the compact ranges of [0, start), [0, end)."""

    start: int
    end: int
    before: bytes
    after: bytes


class Signer(msgspec.Struct, frozen=True, array_like=True):
    """A key that signed in a lane, and the smallest size it signed."""

    public: bytes
    valid_from: int
    size: int


class Lane(msgspec.Struct, frozen=True, array_like=True):
    """What was read of a lane."""

    runs: tuple[Run, ...] = ()
    size: int = 0
    """The largest size seen, and its root."""
    root: bytes = b""
    signers: tuple[Signer, ...] = ()
    forked: int | None = None
    """From this index on the lane is suspended."""
    asserted: int = 1 << 63
    """The largest size besides ``size`` that may have a root without its leaves having been read;
    by default it is not known."""

    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Indexes below the largest size that were not read, after the first that was."""
        if len(self.runs) == 1:  # nearly always
            end = self.runs[0].end
            return ((end, self.size),) if end < self.size else ()
        inner = [(one.end, two.start) for one, two in pairwise(self.runs)]
        if self.runs and self.runs[-1].end < self.size:
            inner.append((self.runs[-1].end, self.size))
        return tuple(inner)

    def has_read(self, index: int) -> bool:
        """Whether the leaf at this index was read."""
        for run in reversed(self.runs):  # noqa: SIM110  a loop asked twice for each record read
            if run.start <= index < run.end:
                return True
        return False

    def stands_alone(self, index: int) -> bool:
        """Whether an unread index touches none that was read."""
        return all(run.end != index and run.start != index + 1 for run in self.runs)

    def is_next(self, claim: "Claim", signer: "Signer") -> bool:
        """Whether a claim is that of the next leaf, under the checkpoint seen last, by its signer.

        Then the leaves before it are those read, and no root is known that it could contradict.
        """
        last = self.runs[-1] if self.runs else None
        if last is None or last.end != claim.index or last.after != claim.left:
            return False
        if self.size != claim.size or self.root != claim.root or self.asserted > claim.index:
            return False
        for one in self.signers:
            if one.public == signer.public:
                return one.size <= signer.size and self.forked is None
        return False

    def suspended(self, index: int) -> "Lane":
        """The lane after a fork: it holds below this index."""
        return msgspec.structs.replace(self, forked=index)

    def backwards(self, valid_from: int, size: int) -> bool:
        """Whether a key that began at ``valid_from`` signs after a newer one signed less."""
        return any(s.valid_from > valid_from and s.size < size for s in self.signers)


class Claim(msgspec.Struct, frozen=True):
    """What one envelope asserts, if its proof holds."""

    index: int
    left: bytes
    """Left siblings: compact range of [0, index)."""
    after: bytes
    """Compact range of [0, index + 1)."""
    size: int
    root: bytes

    @property
    def head(self) -> bytes:
        """Root of size index + 1."""
        return self.root if self.index + 1 == self.size else head(self.after)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Lane).decode


_recent: dict[bytes, tuple[bytes, Lane]] = {}
"""The rows of lanes read or kept last and what they say, by origin line."""
_MAX_RECENT = 64
_FEW_RUNS = 4


def load(rows: Readable, origin: Origin) -> Lane:
    """The lane as read so far."""
    line = _line(origin)
    row = rows.get(LANES, line)
    if row is None:
        return Lane(asserted=0)
    known = _recent.get(line)
    if known is not None and known[0] == row:
        return known[1]
    return _remember(line, row, _decode(row))


def save(rows: Rows, origin: Origin, lane: Lane) -> None:
    """Keep a lane."""
    line, row = _line(origin), _encode(lane)
    rows.put(LANES, line, row)
    _remember(line, row, lane)


def _remember(line: bytes, row: bytes, lane: Lane) -> Lane:
    if len(_recent) >= _MAX_RECENT and line not in _recent:
        _recent.clear()
    if len(lane.runs) <= _FEW_RUNS:
        _recent[line] = row, lane
    return lane


def forget(rows: Rows, origin: Origin) -> None:
    """Remove all that is kept of a lane, so that it can be judged again."""
    for key, _ in list(rows.scan(HEADS, f"{origin}\0".encode())):
        rows.delete(HEADS, key)
    rows.delete(LANES, _line(origin))


def head_key(origin: Origin, size: int) -> bytes:
    """The row of a lane's root of a size."""
    return _line(origin) + b"\0" + size.to_bytes(8, "big")


def root_at(rows: Readable, origin: Origin, size: int) -> bytes | None:
    """The root that was asserted for a size, if one was."""
    row = rows.get(HEADS, head_key(origin, size))
    return None if row is None else head(row)


def assert_range(rows: Rows, origin: Origin, size: int, compact: bytes) -> None:
    """Keep the compact range of a size."""
    rows.put(HEADS, head_key(origin, size), compact)


def assert_root(rows: Rows, origin: Origin, size: int, root: bytes) -> bool:
    """Keep the root of a size; whether none was known."""
    new = root_at(rows, origin, size) is None
    if new:
        rows.put(HEADS, head_key(origin, size), root)
    return new


def believe(rows: Rows, origin: Origin, lane: Lane, size: int, root: bytes) -> Lane:
    """The lane with a root that the register believes, if none of its size is known."""
    if assert_root(rows, origin, size, root):
        lane = msgspec.structs.replace(lane, asserted=max(lane.asserted, size))
        save(rows, origin, lane)  # the claim at hand may be refused, and the root stays
    return lane


def step(rows: Rows, origin: Origin, lane: Lane, claim: Claim) -> Lane:
    """The lane with one more leaf read, for which ``is_next`` holds. As ``see``, ``advance``."""
    assert_range(rows, origin, claim.index + 1, claim.after)
    last = lane.runs[-1]
    run = Run(last.start, claim.index + 1, last.before, claim.after)
    return Lane(
        (*lane.runs[:-1], run), lane.size, lane.root, lane.signers, lane.forked, lane.asserted
    )


def contradiction(rows: Rows, origin: Origin, lane: Lane, claim: Claim) -> int | None:
    """The first index that a claim and what was read before do not share, or None if all agrees.

    It is never above the first leaf that differs: what lies below is common to both histories.
    """
    if _agrees(rows, origin, lane, claim):
        return None
    if root_at(rows, origin, claim.index + 1) == claim.head:
        return claim.index + 1
    for size, compact in prefixes(claim.left, claim.index):
        if root_at(rows, origin, size) == head(compact):
            return size
    return 0


def advance(rows: Rows, origin: Origin, lane: Lane, claim: Claim) -> Lane:
    """The lane with one more index read; the claim agrees with it."""
    index, after = claim.index, claim.after
    assert_range(rows, origin, index + 1, after)
    runs = list(lane.runs)
    at = next((n for n in range(len(runs), 0, -1) if runs[n - 1].end <= index), 0)
    run = Run(index, index + 1, claim.left, after)
    if at and runs[at - 1].end == index:
        at -= 1
        run = Run(runs[at].start, index + 1, runs[at].before, after)
        del runs[at]
    elif index:
        assert_range(rows, origin, index, claim.left)
    if at < len(runs) and runs[at].start == run.end:
        run = Run(run.start, runs[at].end, run.before, runs[at].after)
        del runs[at]
    runs.insert(at, run)
    return msgspec.structs.replace(lane, runs=tuple(runs))


def see(rows: Rows, origin: Origin, lane: Lane, claim: Claim, signer: Signer) -> Lane:
    """The lane with a claim's checkpoint and its signer; the claim agrees with it."""
    if (claim.size, claim.root) != (lane.size, lane.root):
        assert_root(rows, origin, claim.size, claim.root)
        other = min(claim.size, lane.size) if claim.size != lane.size else 0
        lane = msgspec.structs.replace(lane, asserted=max(lane.asserted, other))
        if claim.size > lane.size:
            lane = msgspec.structs.replace(lane, size=claim.size, root=claim.root)
    least = next((s.size for s in lane.signers if s.public == signer.public), None)
    if least is None or signer.size < least:
        others = (s for s in lane.signers if s.public != signer.public)
        lane = msgspec.structs.replace(lane, signers=tuple(sorted((*others, signer), key=_order)))
    return lane


def _agrees(rows: Rows, origin: Origin, lane: Lane, claim: Claim) -> bool:
    if root_at(rows, origin, claim.index + 1) not in (None, claim.head):
        return False
    if (claim.size, claim.root) != (lane.size, lane.root) and not _leads(rows, origin, lane, claim):
        return False
    if lane.has_read(claim.index):
        return True
    if lane.runs and lane.runs[-1].end == claim.index:  # the next in order: no need to hash
        return lane.runs[-1].after == claim.left
    for size, compact in prefixes(claim.left, claim.index):
        if root_at(rows, origin, size) not in (None, head(compact)):
            return False
    return all(
        agree(run.after, run.end, claim.left, claim.index)
        if run.end <= claim.index
        else agree(claim.after, claim.index + 1, run.before, run.start)
        for run in lane.runs
    )


def _leads(rows: Rows, origin: Origin, lane: Lane, claim: Claim) -> bool:
    """Whether a checkpoint's root is that of its size, asserted or implied by a run's past."""
    if root_at(rows, origin, claim.size) not in (None, claim.root):
        return False
    return all(
        head(compact) == claim.root
        for run in lane.runs
        for size, compact in prefixes(run.before, run.start)
        if size == claim.size
    )


@lru_cache(maxsize=1_024)
def _line(origin: Origin) -> bytes:
    return str(origin).encode()


def _order(signer: Signer) -> tuple[int, bytes]:
    return signer.valid_from, signer.public
