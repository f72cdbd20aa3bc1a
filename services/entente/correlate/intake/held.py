"""The alerts that the correlator holds, by audience, and which version holds for whom.

Of an alert that no view compares or counts any more, only its version stays: a view that is opened
later has its clock no earlier, for it is told of no fewer alerts.
"""

from collections.abc import Iterable, Iterator

from entente.correlate.head import Head, bare, supersedes
from entente.correlate.intake.audiences import Signature
from entente.correlate.intake.packed import Packed
from entente.wire.statement import Audience


class Kept:
    """The alerts of one audience: of each subject its highest version."""

    def __init__(self) -> None:
        self.heads = Packed()
        self.founded: dict[str, str | None] = {}
        """Of subjects with a withdrawal: the statement of a version that this audience was told,
        and then not."""

    def take(self, head: Head) -> bool:
        """Keep a version; False if that changes nothing."""
        old = self.heads.get(head.subject)
        newer = supersedes(head, old)
        low, high = (old, head) if newer else (head, old)
        founds = (
            low is not None
            and low.change != "WITHDRAWAL"
            and high is not None
            and high.change == "WITHDRAWAL"
            and head.subject not in self.founded
        )
        if founds and low is not None:
            self.founded[head.subject] = low.statement
        if newer:
            self.heads[head.subject] = head
        return newer or founds

    def forget(self, subjects: Iterable[str]) -> None:
        """Keep of these, where they are held, no more than which version it is."""
        for subject in self.heads.keys() & subjects:
            self.heads[subject] = bare(self.heads[subject])


class Held:
    """All alerts, by audience; None: those for everybody."""

    def __init__(self) -> None:
        self._kept: dict[Audience | None, Kept] = {None: Kept()}

    @property
    def audiences(self) -> list[Audience]:
        """The limited audiences that any alert is for."""
        return [one for one in self._kept if one is not None]

    def take(self, head: Head, audience: Audience | None) -> bool:
        """Keep a version for an audience; False if that changes nothing."""
        return self._kept.setdefault(audience, Kept()).take(head)

    def forget(self, audience: Audience | None, subjects: Iterable[str]) -> None:
        """Keep of what was said to an audience alone, in a view that has let go of these subjects,
        no more than which version it is."""
        if audience in self._kept:
            self._kept[audience].forget(subjects)

    def holds(self, subject: str, version: int) -> bool:
        """Whether this is the highest version of an alert for any audience."""
        heads = (kept.heads.get(subject) for kept in self._kept.values())
        return any(head is not None and head.version == version for head in heads)

    def subjects(self, signature: Signature) -> set[str]:
        """Whatever a view was told anything of."""
        return {subject for kept in self._of(signature) for subject in kept.heads}

    def statements(self, signature: Signature) -> Iterator[str | None]:
        """From which statements it follows what holds in a view."""
        for kept in self._of(signature):
            yield from (head.statement for head in kept.heads.values())
            yield from kept.founded.values()

    def top(self, signature: Signature, subject: str) -> tuple[Audience | None, Head | None]:
        """The version of an alert that holds in a view, and the audience that it was said to.

        As everywhere, a withdrawal counts for who was told of what it withdraws.
        """
        top, by = None, None
        told = False
        for audience in (None, *signature):
            kept = self._kept.get(audience)
            head = kept.heads.get(subject) if kept else None
            if kept is None or head is None:
                continue
            told = told or head.change != "WITHDRAWAL" or subject in kept.founded
            if supersedes(head, top):
                top, by = head, audience
        return (by, top) if told else (None, None)

    def _of(self, signature: Signature) -> list[Kept]:
        return [self._kept[one] for one in (None, *signature) if one in self._kept]
