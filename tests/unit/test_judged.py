"""Coordinators' judgements: the network folds by them, whatever comes first."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.record import Event, Nominal, Party, Seizure
from entente.correlate.cases.network import Network
from entente.correlate.evidence import Case
from entente.correlate.head import Head
from entente.correlate.weigh.features import Features, features
from entente.correlate.weigh.model import weights


def one(subject: str, phone: str) -> Features:
    party = Party(role="consignor", phones=(phone,))
    alert = Seizure(
        national_ref=subject, event=Event(date="2026-03-01"), nominal=Nominal(parties=(party,))
    )
    found = features(
        Head(subject=subject, issuer=f"A{subject}", version=1, issued_at=0, alert=alert)
    )
    assert found
    return found


FIRST, SECOND = "+86 805 651 990", "+90 212 555 0001"
GIVEN = {s: one(s, FIRST if s in "abc" else SECOND) for s in "abcdef"}


def members(cases: list[Case]) -> list[str]:
    return sorted("".join(c.members) for c in cases)


def settled(network: Network) -> list[str]:
    return members(network.settle().found)


def full() -> Network:
    network = Network(weights())
    for subject, known in GIVEN.items():
        network.change(subject, known)
    return network


def test_a_judgement_is_heard_of_and_taken_back() -> None:
    network = full()
    assert settled(network) == ["abc", "def"]
    assert settled(network) == []
    network.judge(together=frozenset({("c", "d")}))
    assert settled(network) == ["abcdef"]
    network.judge(together=frozenset({("c", "d")}), apart=frozenset({("c", "d")}))
    assert settled(network) == ["abc", "def"]
    network.judge(apart=frozenset({("a", "b")}))
    assert settled(network) == []
    assert members(network.all_cases()) == ["def"]
    network.judge()
    assert settled(network) == ["abc"]
    assert members(network.all_cases()) == ["abc", "def"]


def test_what_only_a_judgement_ties_says_so() -> None:
    network = full()
    network.judge(together=frozenset({("c", "d")}))
    (case,) = network.settle().found
    assert [x.evidence[0].kind for x in case.links if (x.a, x.b) == ("c", "d")] == ["judged"]


def test_a_judgement_waits_for_its_alerts() -> None:
    network = full()
    network.judge(together=frozenset({("c", "d")}))
    settled(network)
    network.change("d", None)
    assert settled(network) == ["abc"]
    network.change("d", GIVEN["d"])
    assert settled(network) == ["abcdef"]


PAIRS = st.frozensets(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdefx")).filter(lambda p: p[0] < p[1]),
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(PAIRS, PAIRS, PAIRS, st.randoms(use_true_random=False))
def test_whenever_it_is_said_the_cases_are_the_same(
    apart: frozenset[tuple[str, str]],
    together: frozenset[tuple[str, str]],
    before: frozenset[tuple[str, str]],
    rng: random.Random,
) -> None:
    batch = full()
    batch.judge(apart=apart, together=together)
    batch.match()
    expected = batch.all_cases()
    network = Network(weights())
    network.judge(together=before, apart=together)
    at = rng.randrange(6)
    standing: set[Case] = set()
    for index, subject in enumerate(rng.sample(sorted(GIVEN), 6)):
        if index == at:
            network.judge(apart=apart, together=together)
        network.change(subject, GIVEN[subject])
        news = network.settle()
        standing = {c for c in standing if news.touched.isdisjoint(c.members)}.union(news.found)
    assert network.all_cases() == expected
    assert sorted(standing) == expected
