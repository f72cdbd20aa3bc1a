"""What is wrong with an alert, so that a person can mend it."""

from typing import Literal

import msgspec

from entente.errors import AlertError

ProblemCode = Literal[
    "type",
    "unknown_field",
    "missing",
    "malformed",
    "not_listed",
    "check_digit",
    "date",
    "order",
    "range",
    "length",
    "character",
    "duplicate",
    "contradiction",
    "syntax",
]
"""``not_listed``: well formed, but not in our edition of a list that grows (countries, places,
currencies, units, HS): a reader may wait for a newer edition instead of refusing for good."""


class Problem(msgspec.Struct, frozen=True):
    """One fault of one field: what stands there, why it cannot stay, and what to do."""

    pointer: str
    """JSON Pointer (RFC 6901) to the field; empty for the alert as a whole."""
    value: str
    """What stands there, cut to 80 characters, without control characters."""
    reason: str
    repair: str
    code: ProblemCode

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.pointer or 'alert'}: {self.reason} {self.repair}"


class AlertRefused(AlertError):
    """An alert breaks rules of the record; ``problems`` says which."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first, more = problems[0], len(problems) - 1
        message = f"{first.pointer or 'The alert'}: {first.reason}"
        if more:
            message += f" And {more} more problem{'s' if more > 1 else ''}."
        super().__init__(message, advice=first.repair)
        self.problems = problems


def shown(value: object, limit: int = 80) -> str:
    """``value`` as it may safely stand in a sentence, a log or a terminal."""
    try:
        text = value if isinstance(value, str) else str(value)
    except ValueError:  # Python refuses to print integers of thousands of digits
        text = "a very large number"
    safe = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:limit])
    return safe if len(text) <= limit else safe + "…"


def fault(code: ProblemCode, value: object, reason: str, repair: str) -> Problem:
    """A problem that does not know yet where it stands; whoever holds the field says so.

    Whatever the sentences quote is made safe to show.
    """
    return Problem("", shown(value), shown(reason, 600), shown(repair, 600), code)
