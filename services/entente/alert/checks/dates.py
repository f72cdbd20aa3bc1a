"""Checks of dates and moments."""

import re
from datetime import UTC, date, datetime

from entente.alert.problem import Problem, fault, shown

FIRST_YEAR, LAST_YEAR = 1900, 2199


def partial_date(value: str) -> Problem | None:
    """A real date of day, month or year precision, from 1900 on."""
    try:
        if len(value) == 10 and value[4] == value[7] == "-":
            date.fromisoformat(value)
        elif len(value) == 7 and value[4] == "-":
            date.fromisoformat(value + "-01")
        elif not (len(value) == 4 and value.isascii() and value.isdecimal()):
            raise ValueError
    except ValueError:
        return _bad_date(value)
    if not FIRST_YEAR <= int(value[:4]) <= LAST_YEAR:
        return fault(
            "date",
            value,
            f"The year {value[:4]} is not between {FIRST_YEAR} and {LAST_YEAR}.",
            "Look at the year again.",
        )
    return None


def _bad_date(value: str) -> Problem:
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return fault(
            "date",
            value,
            f"There is no such day as {value}.",
            f"If only the month is known, write `{value[:7]}`.",
        )
    if found := re.fullmatch("([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})", value):
        first, second, year = int(found[1]), int(found[2]), found[3]
        days = [(second, first), (first, second)]
        real = dict.fromkeys(f"`{year}-{m:02}-{d:02}`" for m, d in days if _is_day(int(year), m, d))
        repair = f"Write {' or '.join(real)}." if real else "Write it like `2026-03-01`."
    elif found := re.fullmatch("([0-9]{4})[./]?([0-9]{2})[./]?([0-9]{2})([T ].*)?", value):
        repair = f"Write `{found[1]}-{found[2]}-{found[3]}`."
    else:
        repair = "Write it like `2026-03-01`, or `2026-03` or `2026` when less is known."
    return fault("date", value, f"`{shown(value)}` is not a date with the year first.", repair)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False


_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


def timestamp(value: str) -> Problem | None:
    """An RFC 3339 instant in UTC with ``Z``, to the microsecond at most."""
    try:
        instant = datetime.fromisoformat(value.upper())
    except ValueError:
        instant = None
    if instant is not None and _INSTANT.fullmatch(value):
        if FIRST_YEAR <= instant.year <= LAST_YEAR:
            return None
        return fault(
            "date",
            value,
            f"The year {instant.year} is not between {FIRST_YEAR} and {LAST_YEAR}.",
            "Look at the year again.",
        )
    if instant is not None and instant.tzinfo and FIRST_YEAR <= instant.year <= LAST_YEAR:
        repair = f"Write `{instant.astimezone(UTC).isoformat().replace('+00:00', 'Z')}`."
    else:
        repair = "Write date, time and `Z`, in UTC, like `2026-03-01T09:30:00Z`."
    return fault("date", value, f"`{shown(value)}` is not a moment in UTC (RFC 3339).", repair)
