"""How alike two names are: which words meet, and which are left over."""

from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler

from entente.correlate.forms import NameForm


class Word(NamedTuple):
    """One word that two names share: its skeleton here and there, likeness from 0 to 1, and how
    many letters are the same, for two short words are soon alike."""

    here: str
    there: str
    likeness: float
    letters: int


class Meeting(NamedTuple):
    """What two names share. A pair of skeletons per shared word, the words left on either side."""

    shared: tuple["Word", ...]
    left: tuple[str, ...]
    right: tuple[str, ...]


_MOST = 200_000
"""Comparisons remembered."""
_known: dict[tuple[str, str], Meeting] = {}


def compare(a: NameForm, b: NameForm) -> Meeting:
    """Pair the words of two names, best first. ``compare(b, a)`` is its mirror image."""
    key = a.key, b.key
    met = _known.get(key)
    if met is None:
        if len(_known) >= _MOST:
            _known.clear()
        if b < a:
            met = _compare(b, a)
            met = Meeting(tuple(map(_mirror, met.shared)), met.right, met.left)
        else:
            met = _compare(a, b)
        _known[key] = met
    return met


def _compare(a: NameForm, b: NameForm) -> Meeting:
    pairs = []
    for i, one in enumerate(a.tokens):
        for j, other in enumerate(b.tokens):
            likeness, letters = _alike(one, a.skeletons[i], other, b.skeletons[j])
            if likeness:
                pairs.append((-likeness, i, j, letters))
    used_a: set[int] = set()
    used_b: set[int] = set()
    shared = []
    for negative, i, j, letters in sorted(pairs):
        if i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            shared.append(Word(a.skeletons[i], b.skeletons[j], -negative, letters))
    shared += _joined(a, used_a, b, used_b)
    shared += map(_mirror, _joined(b, used_b, a, used_a))
    return Meeting(
        tuple(shared),
        tuple(s for i, s in enumerate(a.skeletons) if i not in used_a),
        tuple(s for j, s in enumerate(b.skeletons) if j not in used_b),
    )


def _mirror(word: Word) -> Word:
    return word._replace(here=word.there, there=word.here)


def _alike(one: str, skeleton: str, other: str, skeleton2: str) -> tuple[float, int]:
    """How alike two words are, and in how many letters."""
    if one == other:
        return 1.0, len(one)
    if skeleton == skeleton2 and len(skeleton) > 1:
        return 0.9, len(skeleton) + 1
    if len(one) < 4 or len(other) < 4 or one.isdecimal() or other.isdecimal():
        return 0.0, 0
    if JaroWinkler.similarity(one, other, score_cutoff=0.9):
        return 0.8, min(len(one), len(other))
    long = len(skeleton) > 3 and len(skeleton2) > 3
    if long and JaroWinkler.similarity(skeleton, skeleton2, score_cutoff=0.92):
        return 0.6, min(len(skeleton), len(skeleton2))
    return 0.0, 0


def _joined(a: NameForm, used_a: set[int], b: NameForm, used_b: set[int]) -> list[Word]:
    """Two neighbours on one side written as one word on the other."""
    found = []
    for j, skeleton in enumerate(b.skeletons):
        if j in used_b or len(skeleton) < 3:
            continue
        for i in range(len(a.skeletons) - 1):
            # Both as they are written and by their readings: see NameForm.
            fits = skeleton in a.joined[2 * i : 2 * i + 2]
            if fits and i not in used_a and i + 1 not in used_a:
                used_a.update((i, i + 1))
                used_b.add(j)
                found.append(Word(skeleton, skeleton, 0.9, len(skeleton) + 2))
                break
    return found
