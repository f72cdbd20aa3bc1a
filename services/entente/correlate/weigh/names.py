"""How alike two names are: which words meet, and which are left over."""

from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler

from entente.correlate.weigh.forms import NameForm


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


_jaro_winkler = JaroWinkler.similarity
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
    if not _may_share(a, b):
        return Meeting((), a.skeletons, b.skeletons)
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


def _may_share(a: NameForm, b: NameForm) -> bool:
    """Whether any words are alike: of most pairs of names none are, and that is soon seen."""
    here, there = a.skeletons, b.skeletons
    if not set(here).isdisjoint((*there, *b.joined)) or not set(a.joined).isdisjoint(there):
        return True
    return any(
        _similar(one, i, other, j)
        for one, i in zip(a.tokens, here, strict=True)
        if len(one) >= _LONG and not one.isdecimal()
        for other, j in zip(b.tokens, there, strict=True)
        if len(other) >= _LONG and not other.isdecimal()
    )


def _mirror(word: Word) -> Word:
    return word._replace(here=word.there, there=word.here)


def _alike(one: str, skeleton: str, other: str, skeleton2: str) -> tuple[float, int]:
    """How alike two words are, and in how many letters."""
    if one == other:
        return 1.0, len(one)
    if skeleton == skeleton2 and len(skeleton) > 1:
        return 0.9, len(skeleton) + 1
    if len(one) < _LONG or len(other) < _LONG or one.isdecimal() or other.isdecimal():
        return 0.0, 0
    likeness = _similar(one, skeleton, other, skeleton2)
    short = min((one, other) if likeness == _WRITTEN else (skeleton, skeleton2), key=len)
    return (likeness, len(short)) if likeness else (0.0, 0)


_LONG = 4
"""Letters that a word must have to be like another one."""
_WRITTEN, _HEARD = 0.8, 0.6
"""Likeness of words of which nearly all letters are the same, and nearly all consonants."""


def _similar(one: str, skeleton: str, other: str, skeleton2: str) -> float:
    """How alike two long words are that are not the same."""
    if _jaro_winkler(one, other, score_cutoff=0.9):
        return _WRITTEN
    long = len(skeleton) >= _LONG and len(skeleton2) >= _LONG
    return _HEARD if long and _jaro_winkler(skeleton, skeleton2, score_cutoff=0.92) else 0.0


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
