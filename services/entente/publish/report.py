"""What became of a file: counts, reasons with examples, and what each column could give."""

from collections import Counter
from dataclasses import dataclass, field

from entente.publish.importer import Duplicate, Elsewhere, Reject, Result
from entente.publish.mapper import Coverage
from entente.publish.submission import Submission

EXAMPLES = 5


@dataclass(slots=True)
class Reason:
    """One kind of problem: how often, and the first rows that have it."""

    pointer: str
    code: str
    count: int = 0
    examples: list[tuple[int, str, str, str]] = field(default_factory=list)
    """Row number, value, reason, repair."""


@dataclass(slots=True)
class Report:
    """Counts over the rows read so far; every row is in exactly one of the four."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    elsewhere: int = 0
    administrations: Counter[str] = field(default_factory=Counter)
    """Accepted alerts by administration."""
    reasons: dict[tuple[str, str], Reason] = field(default_factory=dict)
    first_duplicates: list[tuple[int, int]] = field(default_factory=list)
    """Row and the row it repeats."""
    coverage: tuple[Coverage, ...] = ()
    unread: tuple[str, ...] = ()
    """Columns of the file that the mapping does not read."""

    @property
    def rows(self) -> int:
        """All rows read."""
        return self.accepted + self.duplicates + self.rejected + self.elsewhere

    def add(self, result: Result) -> None:
        """Count one row."""
        match result:
            case Submission():
                self.accepted += 1
                self.administrations[result.administration] += 1
            case Duplicate():
                self.duplicates += 1
                if len(self.first_duplicates) < EXAMPLES:
                    self.first_duplicates.append((result.row, result.first))
            case Elsewhere():
                self.elsewhere += 1
            case Reject():
                self.rejected += 1
                self._reasons(result)

    def _reasons(self, reject: Reject) -> None:
        counted: set[tuple[str, str]] = set()
        for problem in reject.problems:
            key = (problem.pointer, problem.code)
            reason = self.reasons.setdefault(key, Reason(problem.pointer, problem.code))
            if key not in counted:
                counted.add(key)
                reason.count += 1
            if len(reason.examples) < EXAMPLES:
                reason.examples.append((reject.row, problem.value, problem.reason, problem.repair))

    def by_reason(self) -> list[Reason]:
        """The reasons, the most frequent first. A row with two of them counts in both."""
        return sorted(self.reasons.values(), key=lambda r: (-r.count, r.pointer, r.code))
