"""Dates and times as people write and read them; everywhere else they are microseconds."""

from datetime import UTC, datetime

from entente import clock
from entente.errors import UsageError


def day(time: int) -> str:
    """A time in microseconds as a date in UTC."""
    return datetime.fromtimestamp(time / 1_000_000, UTC).date().isoformat()


def minute(time: int) -> str:
    """A time in microseconds to the minute, in UTC."""
    return f"{datetime.fromtimestamp(time / 1_000_000, UTC):%Y-%m-%d %H:%M}"


def micros(text: str) -> int:
    """A date or time in ISO 8601, in UTC unless it says otherwise. Raises UsageError."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date or time.", advice="E.g. 2026-11-24 or 2026-11-24T03:28."
        ) from error
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()) * 1_000_000


def today() -> str:
    """The day that it is, UTC, as ``day`` writes it."""
    return day(clock.now())
