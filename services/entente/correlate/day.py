"""Event dates as whole days, so that windows are integer arithmetic."""

from datetime import date
from functools import lru_cache

from entente.alert.record import PartialDate


@lru_cache(maxsize=8192)
def day_of(value: PartialDate | None) -> tuple[int, int] | None:
    """The middle day (proleptic ordinal) of a partial date and how many days it may stand for.

    ``2026-03-01`` stands for 1 day, ``2026-03`` for 31, ``2026`` for 365; of a moment its day is
    taken. What is no date is ``None``: validation refused it long before, or will.
    """
    try:
        parts = [int(p) for p in (value or "").partition("T")[0].split("-")]
        if len(parts) == 3:
            return date(*parts).toordinal(), 1
        if len(parts) == 2:
            return date(parts[0], parts[1], 15).toordinal(), 31
        if len(parts) == 1 and value:
            return date(parts[0], 7, 2).toordinal(), 365
    except (ValueError, OverflowError):
        pass
    return None


def iso(day: int) -> str:
    """A day as ``2026-03-01``."""
    return date.fromordinal(day).isoformat()
