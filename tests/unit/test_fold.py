import random
from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from entente.correlate.cases.fold import fold
from entente.correlate.evidence import Link
from entente.correlate.weigh.model import weights

WEIGHTS = weights().fold


def link(a: str, b: str, bits: float, *, loose: bool = False) -> Link:
    a, b = sorted((a, b))
    return Link(a, b, bits, (), not loose)


Pairs = frozenset[tuple[str, str]]


def groups(
    links: list[Link], apart: Pairs = frozenset(), together: Pairs = frozenset()
) -> list[str]:
    return ["".join(members) for members, _ in fold(links, WEIGHTS, apart, together)]


def test_strong_links_chain() -> None:
    assert groups([link("a", "b", 9), link("b", "c", 9), link("c", "d", 9)]) == ["abcd"]


def test_a_pile_of_repeats_does_not_swallow_a_stranger() -> None:
    pile = [link(x, y, 12) for x in "abcdefgh" for y in "abcdefgh" if x < y]
    assert groups([*pile, link("h", "z", 1.5)]) == ["abcdefgh"]
    assert groups([*pile, link("h", "z", 6)]) == ["abcdefghz"]


def test_further_links_help() -> None:
    two = [link("a", "b", 9), link("c", "d", 9), link("a", "c", 1.2)]
    assert groups(two) == ["ab", "cd"]
    assert groups([*two, link("b", "d", 1.2)]) == ["abcd"]


def test_circumstances_need_company() -> None:
    assert groups([link("a", "b", 5, loose=True)]) == []
    triangle = [link(a, b, 5, loose=True) for a, b in ("ab", "bc", "ac")]
    assert groups(triangle) == ["abc"]


def test_not_the_same_actor_is_obeyed() -> None:
    links = [link("a", "b", 9), link("b", "c", 9)]
    assert groups(links, frozenset({("a", "c")})) == ["ab"]


def test_the_same_actor_is_obeyed_even_without_a_link() -> None:
    links = [link("a", "b", 9), link("c", "d", 9)]
    assert groups(links) == ["ab", "cd"]
    assert groups(links, together=frozenset({("b", "c")})) == ["abcd"]
    assert groups([], together=frozenset({("a", "b")})) == ["ab"]


def test_apart_is_stronger_than_together() -> None:
    both = frozenset({("a", "b")})
    assert groups([link("a", "b", 9)], both, both) == []
    chain = frozenset({("a", "b"), ("b", "c")})
    assert groups([link("b", "c", 1)], frozenset({("a", "c")}), chain) == ["bc"]
    assert groups([link("a", "b", 1)], frozenset({("a", "c")}), chain) == ["ab"]


def test_ties_are_broken_by_ids() -> None:
    links = [link("a", "b", 3), link("b", "c", 3), link("a", "c", 3)]
    assert groups(links) == groups(links[::-1])


PAIRS = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")).filter(
    lambda p: p[0] < p[1]
)


@settings(max_examples=120, deadline=None)
@given(
    st.dictionaries(PAIRS, st.tuples(st.integers(0, 40), st.booleans()), max_size=18),
    st.frozensets(PAIRS, max_size=4),
    st.frozensets(PAIRS, max_size=4),
    st.randoms(use_true_random=False),
)
def test_a_function_of_the_set(
    pairs: dict[tuple[str, str], tuple[int, bool]],
    apart: Pairs,
    together: Pairs,
    rng: random.Random,
) -> None:
    links = [link(a, b, bits / 4, loose=loose) for (a, b), (bits, loose) in pairs.items()]
    expected = fold(links, WEIGHTS, apart, together)
    rng.shuffle(links)
    judged = list(together)
    rng.shuffle(judged)
    assert fold(links, WEIGHTS, frozenset(list(apart)[::-1]), frozenset(judged)) == expected
    members = [m for group, _ in expected for m in group]
    assert len(members) == len(set(members))
    group_of = {m: i for i, (group, _) in enumerate(expected) for m in group}
    for a, b in apart:
        assert a not in group_of or group_of[a] != group_of.get(b)
    if not apart:
        assert all(group_of[a] == group_of[b] for a, b in together)
    for group, inside in expected:
        tied = {s for x in inside for s in (x.a, x.b)}
        assert tied | set(chain(*together)) >= set(group)
