"""What two names tell: in bits, by how rare the words are that they share."""

from itertools import combinations

from entente.correlate.weigh.features import Actor
from entente.correlate.weigh.forms import NameForm
from entente.correlate.weigh.model import Model
from entente.correlate.weigh.names import Meeting, Word, compare
from entente.correlate.weigh.reason import Reason


def names_alike(one: Actor, other: Actor, known: bool, model: Model) -> Reason | None:
    """Whether two names are alike. ``known``: the two parties share something else already."""
    if one.name is None or other.name is None or one.service or other.service:
        return None
    bits, shared = share(one.name, other.name, model)
    if not shared:
        return None
    weights = model.link
    if not known:
        if shared == 1:
            bits = min(bits, weights.name_single)
        if bits > 0 and _elsewhere(one, other):
            bits += weights.other_address
    bits += model.trade(one.name.trade, other.name.trade)
    if one.name.form and one.name.form == other.name.form:
        bits += weights.name_form
    if bits < 2.0:
        return None
    return Reason(bits, "name", one.shown, other.shown)


def share(one: NameForm, other: NameForm, model: Model) -> tuple[float, int]:
    """What the words of two names tell by themselves, and how many they share; none if each has a
    word that tells more than all of these."""
    key = one.key, other.key
    known = model.names.get(key)
    if known is None:
        if len(model.names) >= _MOST_NAMES:
            model.names.clear()
        known = model.names[key] = _told(compare(one, other), model)
    return known


_NOTHING = 0.0, 0
_MOST_NAMES = 200_000
"""Pairs of names remembered."""


def _told(met: Meeting, model: Model) -> tuple[float, int]:
    if not met.shared:
        return _NOTHING
    weights = model.link
    bits = 0.0
    rarities = _rarities(met.shared, model)
    for word, rarity in zip(met.shared, rarities, strict=True):
        bits += min(rarity, weights.name_letter * word.letters) * word.likeness
    for left in met.left + met.right:
        bits -= min(weights.name_left_over, weights.name_left_share * model.word(left))
    told = max(rarities)
    if all(any(model.word(w) > told for w in left) for left in (met.left, met.right)):
        return _NOTHING
    bits = min(bits, weights.name_most, _together(met.shared, model))
    if met.left and met.right:
        bits -= weights.name_clash
    return bits, len(met.shared)


def _rarities(shared: tuple[Word, ...], model: Model) -> list[float]:
    """Of each shared word. Two that others write as one are only as rare as that is: a city's name
    in Chinese is two words, and its romanised name one that half the firms there have."""
    found = [min(model.word(w.here), model.word(w.there)) for w in shared]
    for (i, one), (j, other) in combinations(enumerate(shared), 2):
        both = model.joined(one.here, other.here)
        if both <= min(found[i], found[j]):
            found[i] = found[j] = both / 2 if both >= model.link.name_common else 0.0
    return found


def _together(shared: tuple[Word, ...], model: Model) -> float:
    """Bound by the rarest pair of shared words: ``San. ve Tic.`` is one form, not three words."""
    if len(shared) < 2:
        return model.link.name_most
    return model.link.name_apart + max(
        min(model.words(one.here, other.here), model.words(one.there, other.there))
        for i, one in enumerate(shared)
        for other in shared[i + 1 :]
    )


def _elsewhere(one: Actor, other: Actor) -> bool:
    """Whether both have an address, and not the same."""
    here = {v for v in one.values if v.startswith(_PLACES)}
    there = {v for v in other.values if v.startswith(_PLACES)}
    return bool(here and there) and here.isdisjoint(there)


_PLACES = ("address.1:", "street.1:", "door.1:", "lane.1:")
