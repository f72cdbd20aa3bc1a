"""What verifying an export finds: faults, what is here of each lane, and whether all holds."""

import msgspec

from entente.trust.manifest import Manifest, Marks
from entente.wire.names import Origin

SHOWN = 100
"""Faults that a report holds; the others are counted."""


class Fault(msgspec.Struct, frozen=True):
    """What does not hold: where, by which code of section 5 or 11, in a sentence."""

    where: str
    code: str
    message: str
    advice: str = "Keep the file and show it to the secretariat: it is not what was said."


class Witnessed(msgspec.Struct):
    """Indexes from ``start``, before ``end``, of which a witness had the last at a time."""

    start: int
    end: int
    at: int
    """Microseconds since the epoch, by the witness's clock: they existed by then."""
    witness: str


class Found(msgspec.Struct):
    """What an export holds of one lane: indexes from ``start``, before ``end``, but the gaps.

    ``end`` is the largest size that a checkpoint of the lane has.
    """

    origin: Origin
    start: int
    end: int
    next: int
    """After the last index that is here."""
    gaps: list[tuple[int, int]] = msgspec.field(default_factory=list)
    witnessed: list[Witnessed] = msgspec.field(default_factory=list)
    """Since when what is here existed, at the latest; in order, gaps left out."""
    records: int = 0
    faults: int = 0
    run: int = 0
    """Where those begin that go on to the last one without a gap or a fault."""

    def word(self, end: int, at: int, witness: str) -> None:
        """Take in that a witness had all of this run before ``end``: the earliest time counts."""
        start = self.run
        while self.witnessed and self.witnessed[-1].end > self.run:
            last = self.witnessed[-1]
            if (last.at, last.witness) < (at, witness):
                start = last.end
                break
            self.witnessed.pop()
            if (last.at, last.witness) == (at, witness):
                start = last.start
                break
        if start < end:
            self.witnessed.append(Witnessed(start, end, at, witness))

    @property
    def unwitnessed(self) -> int:
        """Records of which only their issuer says when they were said."""
        return self.records - sum(one.end - one.start for one in self.witnessed)

    @property
    def complete(self) -> bool:
        """Whether everything from ``start`` to ``end`` is here and good."""
        return not self.gaps and not self.faults


class Report(msgspec.Struct):
    """What verifying an export gave. Times are microseconds since the epoch."""

    at: int = 0
    """The time of judging."""
    manifest: Manifest | None = None
    root: int = 0
    """Version of the newest root; ``register`` likewise."""
    register: int = 0
    records: int = 0
    lanes: list[Found] = msgspec.field(default_factory=list)
    absent: list[Origin] = msgspec.field(default_factory=list)
    """Lanes of the same issuers on the same topics of which nothing is here."""
    marks: Marks = Marks()
    ended: list[str] = msgspec.field(default_factory=list)
    """Issuers of what is here that have a key which has ended, by this register."""
    refused: Fault | None = None
    """The export as a whole is not in form, or its chain does not hold: no record counts."""
    faults: list[Fault] = msgspec.field(default_factory=list)
    """Of records, the first ``SHOWN``; ``fault_count`` counts them all."""
    fault_count: int = 0

    @property
    def holds(self) -> bool:
        """Whether all of it holds."""
        return self.refused is None and not self.fault_count
