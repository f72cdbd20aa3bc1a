"""Postal addresses: house number, street and postcode, from parts or from one line."""

import re
from typing import NamedTuple

from entente.alert.record import Address
from entente.seal.identifiers import code
from entente.seal.names import ascii_words, skeleton
from entente.seal.words import words

_PIECE = re.compile(r"[,;\n]")
_NUMBER = re.compile(r"[0-9]{1,5}[a-z]?")
_POSTCODE = re.compile(
    r"\b(?:[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"
    r"|[0-9]{4} ?[A-Z]{2}|[0-9]{5}-[0-9]{3,4}|[0-9]{2,3}-[0-9]{3,4}|[0-9]{3} [0-9]{2}|[0-9]{4,7})\b"
)
"""Forms of Great Britain, Canada, the Netherlands, Brazil and the US, Poland and Japan, and rows
of four to seven digits."""


class Parts(NamedTuple):
    """What of an address is compared. ``street``: sorted skeletons of its words."""

    number: str | None
    street: str | None
    postcode: str | None
    country: str | None


def parts(address: Address) -> Parts:
    """Return the parts of an address: the fields that are given, the rest from its text."""
    read = _read(address.text) if address.text else Parts(None, None, None, None)
    number = _street(address.number)[1] if address.number else None
    street, inline = _street(address.street) if address.street else (None, None)
    postcode = code(address.postcode) if address.postcode else None
    return Parts(
        number=number or inline or read.number,
        street=street or read.street,
        postcode=postcode or read.postcode,
        country=address.country.upper() if address.country else None,
    )


def postcode_1(address: Parts) -> str | None:
    """Return country and postcode; None without both."""
    return _all(address.country, address.postcode)


def street_1(address: Parts) -> str | None:
    """Return house number and street; None without both."""
    return _all(address.number, address.street)


def address_1(address: Parts) -> str | None:
    """Return house number, street and postcode; None without all three."""
    return _all(address.number, address.street, address.postcode)


def door_1(address: Parts) -> str | None:
    """Return house number and postcode; None without both."""
    return _all(address.number, address.postcode)


def lane_1(address: Parts) -> str | None:
    """Return street and postcode; None without both."""
    return _all(address.street, address.postcode)


def _all(*found: str | None) -> str | None:
    return " ".join(part for part in found if part) if all(found) else None


def _read(text: str) -> Parts:
    """Read one line: the first piece between commas with a number and a word is the street."""
    pieces = [piece for piece in _PIECE.split(text) if piece.strip()]
    for at, piece in enumerate(pieces):
        if words().room_words.intersection(ascii_words(piece)):
            continue
        street, number = _street(piece)
        if street is None:
            continue
        if number is None and at and _street(pieces[at - 1])[0] is None:
            number = _street(pieces[at - 1])[1]
        if number is None:
            continue
        found = _POSTCODE.search(", ".join(pieces[at + 1 :]).upper())
        return Parts(number, street, code(found[0]) if found else None, None)
    return Parts(None, None, None, None)


def _street(text: str) -> tuple[str | None, str | None]:
    found = ascii_words(text)
    number = next((word for word in found if _NUMBER.fullmatch(word)), None)
    bones = {
        skeleton(_trunk(word))
        for word in found
        if len(word) > 1 and word != number and word not in words().street_words
    }
    return " ".join(sorted(bones)) or None, number


def _trunk(word: str) -> str:
    for ending in words().street_endings:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word.removesuffix(ending)
    return word
