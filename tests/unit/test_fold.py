import random

from hypothesis import given, settings
from hypothesis import strategies as st

from entente.correlate.evidence import Link
from entente.correlate.fold import fold
from entente.correlate.model import weights

WEIGHTS = weights().fold


def link(a: str, b: str, bits: float, *, loose: bool = False) -> Link:
    a, b = sorted((a, b))
    return Link(a, b, bits, (), not loose)


def groups(links: list[Link], apart: frozenset[tuple[str, str]] = frozenset()) -> list[str]:
    return ["".join(members) for members, _ in fold(links, WEIGHTS, apart)]


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
    triangle = [link(*x, 5, loose=True) for x in ("ab", "bc", "ac")]
    assert groups(triangle) == ["abc"]


def test_not_the_same_actor_is_obeyed() -> None:
    links = [link("a", "b", 9), link("b", "c", 9)]
    assert groups(links, frozenset({("a", "c")})) == ["ab"]


def test_ties_are_broken_by_ids() -> None:
    links = [link("a", "b", 3), link("b", "c", 3), link("a", "c", 3)]
    assert groups(links) == groups(links[::-1])


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")).filter(
            lambda p: p[0] < p[1]
        ),
        st.tuples(st.integers(0, 40), st.booleans()),
        max_size=18,
    ),
    st.randoms(use_true_random=False),
)
def test_a_function_of_the_set(
    pairs: dict[tuple[str, str], tuple[int, bool]], rng: random.Random
) -> None:
    links = [link(a, b, bits / 4, loose=loose) for (a, b), (bits, loose) in pairs.items()]
    expected = fold(links, WEIGHTS)
    rng.shuffle(links)
    assert fold(links, WEIGHTS) == expected
    members = [m for group, _ in expected for m in group]
    assert len(members) == len(set(members))
    for group, inside in expected:
        assert {s for x in inside for s in (x.a, x.b)} == set(group)
