"""Checks of numbers."""

from decimal import Decimal

from entente.alert.checks.text import Check
from entente.alert.problem import Problem, fault, shown

MAX_DECIMAL = Decimal(10) ** 15
MAX_PLACES = 9


def amount(value: Decimal) -> Problem | None:
    """A number from 0 to 10^15 with at most nine decimal places."""
    if not value.is_finite():
        return fault(
            "range",
            value,
            f"`{shown(value)}` is not a number.",
            "Leave the field out when it is not known, and list it in `unknown`.",
        )
    if value.is_signed():
        return fault(
            "range",
            value,
            "It is negative.",
            f"Write `{shown(value.copy_abs())}` if only the sign is wrong.",
        )
    exponent = value.as_tuple().exponent
    if value > MAX_DECIMAL or not (isinstance(exponent, int) and -MAX_PLACES <= exponent <= 15):
        return fault(
            "range",
            value,
            f"It is larger than 10^15 or has more than {MAX_PLACES} decimal places.",
            "Look at the number and its unit again.",
        )
    return None


def between(low: int, high: int, what: str) -> Check:
    """A check that a whole number lies within bounds, both included."""

    def check(value: int) -> Problem | None:
        if low <= value <= high:
            return None
        return fault("range", value, f"{what} is {low:,} to {high:,}.", "Look at the number again.")

    return check
