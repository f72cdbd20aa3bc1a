"""How alike two names are: which words meet, and which are left over."""

from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler

from entente.correlate.forms import NameForm


class Meeting(NamedTuple):
    """What two names share. A pair of skeletons per shared word, the words left on either side."""

    shared: tuple[tuple[str, str, float], ...]
    """Skeleton here, skeleton there, likeness from 0 to 1."""
    left: tuple[str, ...]
    right: tuple[str, ...]


def compare(a: NameForm, b: NameForm) -> Meeting:
    """Pair the words of two names, best first. ``compare(b, a)`` is its mirror image."""
    if b < a:
        met = _compare(b, a)
        return Meeting(tuple((y, x, s) for x, y, s in met.shared), met.right, met.left)
    return _compare(a, b)


@lru_cache(maxsize=200_000)
def _compare(a: NameForm, b: NameForm) -> Meeting:
    pairs = []
    for i, one in enumerate(a.tokens):
        for j, other in enumerate(b.tokens):
            likeness = _alike(one, a.skeletons[i], other, b.skeletons[j])
            if likeness:
                pairs.append((-likeness, i, j))
    used_a: set[int] = set()
    used_b: set[int] = set()
    shared = []
    for negative, i, j in sorted(pairs):
        if i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            shared.append((a.skeletons[i], b.skeletons[j], -negative))
    shared += _joined(a, used_a, b, used_b)
    shared += [(y, x, s) for x, y, s in _joined(b, used_b, a, used_a)]
    return Meeting(
        tuple(shared),
        tuple(s for i, s in enumerate(a.skeletons) if i not in used_a),
        tuple(s for j, s in enumerate(b.skeletons) if j not in used_b),
    )


def _alike(one: str, skeleton: str, other: str, skeleton2: str) -> float:
    if one == other:
        return 1.0
    if skeleton == skeleton2 and len(skeleton) > 1:
        return 0.9 if len(skeleton) > 2 else 0.7
    if len(one) < 4 or len(other) < 4 or one.isdecimal() or other.isdecimal():
        return 0.0
    near = JaroWinkler.similarity(one, other)
    if near >= 0.9:
        return 0.8
    bare = JaroWinkler.similarity(skeleton, skeleton2)
    return 0.6 if len(skeleton) > 3 and len(skeleton2) > 3 and bare >= 0.92 else 0.0


def _joined(
    a: NameForm, used_a: set[int], b: NameForm, used_b: set[int]
) -> list[tuple[str, str, float]]:
    """Two neighbours on one side written as one word on the other."""
    found = []
    for j, skeleton in enumerate(b.skeletons):
        if j in used_b or len(skeleton) < 3:
            continue
        for i, joined in enumerate(a.joined):
            if joined == skeleton and i not in used_a and i + 1 not in used_a:
                used_a.update((i, i + 1))
                used_b.add(j)
                found.append((skeleton, skeleton, 0.9))
                break
    return found
