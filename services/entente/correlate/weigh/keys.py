"""Keys: everything under which an alert meets others that it may belong with.

An identifying value is a key by itself, and so is a whole name. Words of names, and circumstances,
are keys only in pairs or with their time, for each alone is shared by too many. ``breadth``
says how many alerts a key may have before it proposes nothing.
"""

from collections.abc import Iterator

from entente.correlate.weigh.features import Features
from entente.correlate.weigh.forms import NameForm
from entente.seal.names import LEAST

HOLD = 45
"""Days within which circumstances tie; identifiers tie throughout the window."""
_LOUD = (
    "brand-place",
    "brand-origin",
    "brand-way",
    "defect",
    "hidden",
    "declared",
    "vessel",
    "service",
)
_MANY = 16
"""So many of a family make keys in pairs with others: a list of a thousand brands ties nobody."""
_BROAD = frozenset({"postcode.1", "lane.1", "mail-domain.1", "mailbox.1", "born.1"})
"""Kinds too common to propose a pair; they count when something else does."""
_WEAK = ("word:", "pair:", "around:", "name-word.1:")
"""What ties two alerts only when they meet under two such keys."""
_AROUND = ("around:", "near:", "slip:")
_FEW = {"pair": 24, "word": 10, "name-word.1": 10, "around": 24, "near": 24, "full": 24}

FEWEST = min(_FEW.values())
"""No key is hot that so few alerts share."""


def breadth(key: str, most: int) -> int:
    """How many alerts may share a key before it is hot."""
    return _FEW.get(key.partition(":")[0], most)


def weak(key: str) -> bool:
    """Whether it takes a second key to make a pair worth weighing."""
    return key.startswith(_WEAK)


def names(key: str) -> bool:
    """Whether a key is of a party or a thing, not of goods, route and method or of likely slips."""
    return not key.startswith(_AROUND)


def link_keys(of: Features) -> frozenset[str]:
    """The keys of one alert: a pure function of its features, tens of them."""
    keys = {v for v in of.ids if v.partition(":")[0] not in _BROAD}
    for actor in of.actors:
        if actor.name and not actor.service:
            keys.update(_name_keys(actor.name))
    keys |= of.runs
    keys.update(_around(of))
    return frozenset(keys)


def _name_keys(name: NameForm) -> Iterator[str]:
    parts = sorted({*name.skeletons, *name.joined})
    if sum(map(len, set(name.skeletons))) >= LEAST:
        yield f"full:{' '.join(sorted(set(name.skeletons)))}"
    for i, one in enumerate(parts):
        if len(one) > 2:
            yield f"word:{one}"
        for other in parts[i + 1 :]:
            if len(one) + len(other) > 4 and i < 5:
                yield f"pair:{one} {other}"


def _around(of: Features) -> Iterator[str]:
    period = of.day // HOLD
    by_family: dict[str, list[str]] = {}
    for value in sorted(of.circumstances):
        kind = value.partition(":")[0]
        if kind in _LOUD:
            by_family.setdefault("brand" if kind.startswith("brand") else kind, []).append(value)
    families, loud = [], []
    for family, values in by_family.items():
        for value in values[:_MANY]:
            families.append(family)
            loud.append(value)
    for i, one in enumerate(loud):
        for j in range(i + 1, len(loud)):
            if families[i] != families[j]:
                yield f"around:{one}|{loud[j]}@{period}"
                yield f"around:{one}|{loud[j]}@{period + 1}"
        if one.startswith(("brand-place", "brand-way", "defect")):
            yield f"around:{one}@{period}"
            yield f"around:{one}@{period + 1}"
