"""Names and addresses in forms that can be compared where they are open.

Canonical values and the tables behind them are those of ``entente.seal``, so that open values and
link tokens meet alike; what is added here is what only an open value allows.
"""

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from entente.alert.record import Address
from entente.seal.addresses import parts
from entente.seal.names import ascii_words, name_words, skeleton
from entente.seal.words import words


class NameForm(NamedTuple):
    """The telling words of a name, each with its consonant skeleton, and neighbours joined."""

    tokens: tuple[str, ...]
    skeletons: tuple[str, ...]
    joined: tuple[str, ...]
    """Skeletons of neighbours written as one word, first as they stand, then by their readings:
    ``Wing Fat`` and ``Yongfa`` meet here. Two for each neighbourhood."""
    trade: str = ""
    """What the firm says it deals in, where that does not tell it from others by itself."""
    form: str = ""
    """Its legal forms, where it names any."""
    key: str = ""
    """The words as one string, which is soon looked up; all but trade and form follows from
    them."""


_FILLERS = ("to order", "to the order", "same as", "not ", "no name", "see ", "as per")


_SHORT = {
    "limited": "ltd", "company": "co", "corporation": "corp", "incorporated": "inc",
    "private": "pvt",
}  # fmt: skip


@lru_cache(maxsize=1 << 16)
def name_form(name: str, city: str | None = None) -> NameForm | None:
    """A name without legal form, trade and city, Chinese readings as pinyin; or nothing of it."""
    tokens = list(dict.fromkeys(name_words(name, city)))
    said = ascii_words(name)
    if not tokens or " ".join(said).startswith(_FILLERS):
        return None
    readings = words().readings
    read = [readings.get(t, t) for t in tokens]
    neighbours = zip(pairwise(tokens), pairwise(read), strict=True)
    return NameForm(
        tuple(tokens),
        tuple(map(skeleton, read)),
        tuple(skeleton(a + b) for both in neighbours for a, b in both),
        " ".join(sorted(words().trades.intersection(said).difference(tokens))),
        " ".join(sorted({_SHORT.get(w, w) for w in said if w in words().legal_forms})),
        " ".join(tokens),
    )


@lru_cache(maxsize=1 << 14)
def plain(text: str) -> str:
    """Small Latin letters and digits, single spaces."""
    return " ".join(ascii_words(text))


@lru_cache(maxsize=1 << 16)
def address_forms(address: Address) -> tuple[tuple[str, str], ...]:
    """What of an address can be shared, by kind: ``address.1`` and ``street.1`` of the seal, door
    (number and postcode), lane (street and postcode)."""
    found = parts(address)
    forms = []
    if found.number and found.street:
        forms.append(("street.1", f"{found.number} {found.street}"))
        if found.postcode:
            forms.append(("address.1", f"{found.number} {found.street} {found.postcode}"))
    if found.number and found.postcode:
        forms.append(("door.1", f"{found.number} {found.postcode}"))
    if found.street and found.postcode:
        forms.append(("lane.1", f"{found.street} {found.postcode}"))
    return tuple(forms)
