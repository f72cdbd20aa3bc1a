"""Which alerts are compared: those of the last 400 days by the stream's own clock.

The clock is moved by the events that alerts tell of, never by the machine's time, and alerts only
leave at an epoch's cut; so a replay lets go of the same alerts at the same points, a history that
is published late is correlated as it was, and what is held is a function of the set of alerts seen.
No event is later than it was told. The clock stands where two administrations have brought it: one
whose dates are years ahead does not end everybody's window.
"""

from collections.abc import Iterator

from entente.correlate.head import Head
from entente.correlate.weigh.features import Features

_DAY = 86_400_000_000
EPOCH = 719_163
"""The proleptic ordinal of 1970-01-01."""


class Window:
    """The days of all alerts held, and the first day that still is in the window."""

    def __init__(self, days: int) -> None:
        self._days = days
        self._issued = 0
        self._newest: dict[str, int] = {}
        """The day of the newest event that each administration has told of."""
        self._on: dict[int, set[str]] = {}
        self._day: dict[str, int] = {}
        self.first = 0
        """As of the last cut; an alert of an earlier day is late, and not compared."""
        self.late = 0
        """Versions of alerts that came too late to be compared."""

    @property
    def newest(self) -> int:
        """The newest day that any alert was issued on."""
        return self._issued

    def see(self, head: Head, of: Features | None) -> bool:
        """Put an alert on its day, in the place of where it was before; False if it is late."""
        issued = head.issued_at // _DAY + EPOCH
        self._issued = max(self._issued, issued)
        day = of.day if of else issued
        if of and (not head.issued_at or day <= issued):
            self._newest[head.issuer] = max(self._newest.get(head.issuer, 0), day)
        self.leave(head.subject)
        if day < self.first:
            self.late += 1
            return False
        self._on.setdefault(day, set()).add(head.subject)
        self._day[head.subject] = day
        return True

    def cut(self) -> Iterator[str]:
        """Move the window to where the clock is; the alerts that are outside now, in order."""
        clocks = sorted(self._newest.values())
        self.first = max(self.first, clocks[-2:][0] - self._days if clocks else 0)
        for day in sorted(day for day in self._on if day < self.first):
            for subject in sorted(self._on[day]):
                self.leave(subject)
                yield subject

    def leave(self, subject: str) -> None:
        """Forget the day of an alert, if it is held."""
        day = self._day.pop(subject, None)
        if day is not None:
            self._on[day].discard(subject)
            if not self._on[day]:
                del self._on[day]
