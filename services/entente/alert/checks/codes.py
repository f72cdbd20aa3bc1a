"""Checks of codes from lists, and of numbers with a check digit."""

import re
from collections.abc import Callable

from entente.alert.checkdigits import Scheme
from entente.alert.checks.text import Check
from entente.alert.codes import lists, locode
from entente.alert.codes.table import Table
from entente.alert.problem import Problem, fault, shown


def listed(table: Callable[[], Table], example: str) -> Check:
    """A check that a value is a code of ``table``, which is read at the first use."""

    def check(value: str) -> Problem | None:
        codes = table()
        if value in codes.codes:
            return None
        near = codes.nearest(value)
        repair = f"Did you mean {codes.describe(near)}?" if near else f"Write it like `{example}`."
        return fault("not_listed", value, f"`{shown(value)}` is not a {codes.title}.", repair)

    return check


country = listed(lists.countries, "ES")
currency = listed(lists.currencies, "EUR")
language = listed(lists.languages, "fr")
category = listed(lists.categories, "3a")
unit = listed(lists.units, "KGM")
packaging = listed(lists.packaging, "CT")


_HS = re.compile("[0-9]{2}([0-9]{2}){0,2}")


def hs(value: str) -> Problem | None:
    """An HS 2022 code of 2, 4 or 6 digits, whose heading exists."""
    table = lists.harmonized_system()
    if _HS.fullmatch(value):
        if value[:4] in table.codes:
            return None
        chapter = value[:2]
        repair = (
            f"Look the heading up in chapter {table.describe(chapter)}, or write `{chapter}`."
            if chapter in table.codes
            else "Look the goods up in HS 2022; national chapters such as 98 and 99 are not shared."
        )
        return fault("not_listed", value, f"HS 2022 has no `{value[:4]}`.", repair)
    digits = re.sub(r"[\s.]", "", value)[:6]
    if len(digits) == 5:
        digits = digits[:4]
    known = _HS.fullmatch(digits) and digits[:4] in table.codes
    return fault(
        "malformed",
        value,
        f"`{shown(value)}` is not an HS code of 2, 4 or 6 digits.",
        f"Write `{digits}`." if known else "Write it like `640299`.",
    )


def place(value: str) -> Problem | None:
    """A UN/LOCODE of five characters."""
    if value in locode.codes():
        return None
    bare = re.sub(r"[\s-]", "", value).upper()
    if bare in locode.codes():
        return fault(
            "malformed", value, "A UN/LOCODE is five capitals without a space.", f"Write `{bare}`."
        )
    if not re.fullmatch("[A-Z]{2}[A-Z0-9]{3}", value):
        return fault(
            "malformed",
            value,
            f"`{shown(value)}` is not a UN/LOCODE such as `CNCAN`.",
            "Write the place as you know it into `name`, and its code here if it has one.",
        )
    return fault(
        "not_listed",
        value,
        f"UN/LOCODE 2023-1 has no `{value}`.",
        "Check the code, or write the place as you know it into `name` instead.",
    )


def checked(scheme: Scheme) -> Check:
    """A check of a number's form and check digit."""

    def check(value: str) -> Problem | None:
        if scheme.holds(value):
            return None
        bare = scheme.compact(value).removeprefix("IMO")
        if not scheme.fits(bare):
            return fault(
                "malformed",
                value,
                f"`{shown(value)}` is not a {scheme.title}: {scheme.form}.",
                f"Write it like `{scheme.example}`.",
            )
        if bare[scheme.check] == scheme.digit(bare):
            return fault(
                "malformed",
                value,
                f"A {scheme.title} has no spaces, marks or small letters.",
                f"Write `{bare}`.",
            )
        rest = bare[: scheme.check.start]
        return fault(
            "check_digit",
            value,
            f"`{shown(value)}` cannot be a {scheme.title}: its check digit is wrong.",
            f"The check digit of {rest} should be {scheme.digit(bare)}: look at every digit again.",
        )

    return check


_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def uuid(value: str) -> Problem | None:
    """The subject of an alert: a UUID in small letters with hyphens."""
    if _UUID.fullmatch(value):
        return None
    bare = re.sub(r"[\s{}-]|^urn:uuid:", "", value.lower())
    if re.fullmatch("[0-9a-f]{32}", bare):
        whole = "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))
        return fault(
            "malformed",
            value,
            "A UUID is written in small letters with hyphens.",
            f"Write `{whole}`.",
        )
    return fault(
        "malformed",
        value,
        f"`{shown(value)}` is not a UUID.",
        "Give the subject of the alert, as its receipt and `entente tail` show it.",
    )
