"""Which versions of alerts are compared: of each alert its head, while the window holds it.

A function of the alerts alone, not of what follows from them; so it can be known ahead.
"""

from typing import Literal, NamedTuple

from entente.alert.proposal import AlertReference
from entente.correlate.head import Head, bare, is_bare, supersedes
from entente.correlate.intake.inputs import Inputs, of_head
from entente.correlate.intake.packed import Packed
from entente.correlate.intake.window import Window
from entente.correlate.weigh.features import Features, features

Read = tuple[Head, Features | None]
"""A head with its features."""
Fate = Literal["stays", "aged", "withdrawn", "corrected"]
"""What became of an alert that a proposal named: it is as it was, it is older than what is
compared, it was taken back, or it has another version."""


class Change(NamedTuple):
    """What is compared of an alert from now on, ``None``: nothing, in the place of ``old``."""

    subject: str
    old: Head | None
    head: Head | None
    of: Features | None


class Taken(NamedTuple):
    """What a version of an alert changes."""

    counted: Head | None
    """What bursts count of it: nothing if it is too old even for that."""
    change: Change | None


class Cut(NamedTuple):
    """What an epoch's cut lets go of."""

    gone: list[Change]
    """Alerts that are compared no more;"""
    ended: list[str]
    """and those that bursts count no more."""


class Intake:
    """The heads of all alerts, those outside the window bare.

    Alerts are compared for ``days``, and bursts count them for so many ``more``.
    """

    def __init__(self, days: int, more: int) -> None:
        self.heads = Packed()
        self.past: dict[str, Head] = {}
        """What is left of alerts outside the window: which version was the last."""
        self.window = Window(days)
        self._baseline = Window(days + more)
        self.inputs = Inputs()

    def holds(self, subject: str) -> int | None:
        """The version of an alert that is its head; None if there is none."""
        head = self.last(subject)
        return None if head is None else head.version

    def last(self, subject: str) -> Head | None:
        """The head of an alert, bare if it is compared no more; None: nothing was told of it."""
        return self.heads.get(subject) or self.past.get(subject)

    def fate(self, alert: AlertReference) -> Fate:
        """What became of an alert that a proposal has named."""
        head = self.last(alert.subject)
        if head is None or head.change == "WITHDRAWAL":
            return "withdrawn"
        if head.version != alert.version:
            return "corrected"
        return "stays" if alert.subject in self.heads else "aged"

    def take(self, head: Head, known: Features | None = None) -> Taken | None:
        """Take one version of an alert; None when it is not above what is held.

        ``known``: its features, where they have been made already.
        """
        subject = head.subject
        if not supersedes(head, self.last(subject)):
            return None
        old = self.heads.get(subject)
        if is_bare(head):  # it was outside every window before this one began
            return self._pass_by(head, old)
        of = known or features(head)
        self.past.pop(subject, None)
        counted = head if self._baseline.see(head, of) else None
        if self.window.see(head, of):
            return Taken(counted, self._put(Change(subject, old, head, of)))
        return Taken(counted, self._leave(head, old))

    def _pass_by(self, head: Head, old: Head | None) -> Taken:
        self.window.leave(head.subject)
        self._baseline.leave(head.subject)
        return Taken(None, self._leave(head, old))

    def _leave(self, head: Head, old: Head | None) -> Change | None:
        """Keep of a head no more than which version it is; ``old`` was compared until now."""
        self.past[head.subject] = bare(head)
        return self._put(Change(head.subject, old, None, None)) if old is not None else None

    def cut(self) -> Cut:
        """Let go of the alerts that the window has left behind."""
        left = list(self.window.cut())
        ended = list(self._baseline.cut())
        heads = [self.heads[subject] for subject in left]
        gone = [change for head in heads if (change := self._leave(head, head))]
        return Cut(gone, ended)

    def _put(self, change: Change) -> Change:
        subject, old, head, _ = change
        if head is None:
            del self.heads[subject]
        else:
            self.heads[subject] = head
        self.inputs.exchange(of_head(old) if old else None, of_head(head) if head else None)
        return change
