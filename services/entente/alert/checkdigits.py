"""Numbers that carry a check digit: containers, ships, postal items, air waybills, legal entities.

A scheme tells whether a number has its canonical form (no spaces, capitals), and which check
digit the rest of the number asks for.
"""

import re
from collections.abc import Callable
from operator import mul
from string import ascii_uppercase
from typing import NamedTuple

from stdnum.iso7064 import mod_97_10


class Scheme(NamedTuple):
    """A kind of number. ``digit`` gives the check digits that a number which fits should have."""

    title: str
    shape: re.Pattern[str]
    form: str
    """The form in words, for a person."""
    example: str
    check: slice
    """Where the check digits stand in the number."""
    digit: Callable[[str], str]

    def compact(self, text: str) -> str:
        """``text`` in capitals without spaces and the marks that people put between parts."""
        return re.sub(r"[\s./-]+", "", text).upper()

    def fits(self, number: str) -> bool:
        """Whether ``number`` has the canonical form; its check digit may still be wrong."""
        return self.shape.fullmatch(number) is not None

    def holds(self, number: str) -> bool:
        """Whether ``number`` fits and its check digits are right."""
        return self.fits(number) and number[self.check] == self.digit(number)


_ISO6346_VALUES = {str(digit): digit for digit in range(10)} | dict(
    zip(ascii_uppercase, (n for n in range(10, 39) if n % 11), strict=True)
)
"""A is 10, B is 12: the multiples of 11 are left out."""
_ISO6346_WEIGHTS = tuple(2**place for place in range(10))
_IMO_WEIGHTS = (7, 6, 5, 4, 3, 2)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_S10_DIGITS = "50987654321"
"""By the remainder of 11: 11 less the remainder, but 5 for 11 and 0 for 10."""


def _iso6346(number: str) -> str:
    values = map(_ISO6346_VALUES.__getitem__, number[:10])
    return str(sum(map(mul, values, _ISO6346_WEIGHTS)) % 11 % 10)


def _imo(number: str) -> str:
    return str(sum(map(mul, map(int, number[:6]), _IMO_WEIGHTS)) % 10)


def _s10(number: str) -> str:
    return _S10_DIGITS[sum(map(mul, map(int, number[2:10]), _S10_WEIGHTS)) % 11]


CONTAINER = Scheme(
    "container number (ISO 6346)",
    re.compile(r"[A-Z]{3}[UJZ][0-9]{7}"),
    "three letters of the owner, U, J or Z, six digits and a check digit",
    "CSQU3054383",
    slice(10, 11),
    _iso6346,
)
SHIP = Scheme(
    "IMO ship number",
    re.compile(r"[0-9]{7}"),
    "seven digits without the letters IMO",
    "9319466",
    slice(6, 7),
    _imo,
)
POSTAL_ITEM = Scheme(
    "postal item number (UPU S10)",
    re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}"),
    "two letters, eight digits, a check digit and the country's two letters",
    "RR473124829GB",
    slice(10, 11),
    _s10,
)
AIR_WAYBILL = Scheme(
    "air waybill number (IATA)",
    re.compile(r"[0-9]{11}"),
    "the airline's three digits, seven digits and a check digit",
    "02012345675",
    slice(10, 11),
    lambda number: str(int(number[3:10]) % 7),
)
LEGAL_ENTITY = Scheme(
    "legal entity identifier (ISO 17442)",
    re.compile(r"[A-Z0-9]{18}[0-9]{2}"),
    "eighteen letters or digits and two check digits",
    "213800KUD8LAJWSQ9D15",
    slice(18, 20),
    lambda number: mod_97_10.calc_check_digits(number[:18]),
)
