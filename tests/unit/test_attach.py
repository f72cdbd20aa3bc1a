"""The second step: what a lone alert has in common with a case as a whole."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.record import Address, Event, Goods, Leg, Nominal, Party, Right, Route, Seizure
from entente.correlate.cases.attach import attachment, profile
from entente.correlate.cases.network import Network
from entente.correlate.evidence import Case, Link
from entente.correlate.head import Head
from entente.correlate.sentences import sentence
from entente.correlate.weigh.features import Features, features
from entente.correlate.weigh.model import Model, weights
from entente.correlate.weigh.score import score

STREET = Address(street="Barton Street", number="301")


def one(
    subject: str, *, brand: str = "Solti", day: str = "2026-03-01", **party: object
) -> Features:
    who = Party(role="consignor", **party)  # type: ignore[arg-type]
    goods = Goods(category="12b", rights=(Right(brand=brand),))
    alert = Seizure(
        national_ref=subject,
        event=Event(date=day),
        goods=(goods,),
        route=Route(departure=Leg(country="TH", name="Laem Chabang")),
        nominal=Nominal(parties=(who,)),
    )
    found = features(
        Head(subject=subject, issuer=f"A{subject}", version=1, issued_at=0, alert=alert)
    )
    assert found
    return found


CORE = [
    one("a", phones=("+66 864 751 924",), name="Crowken Supply Ltd", address=STREET),
    one("b", phones=("+66 864 751 924",), name="Norfordwick Packaging"),
    one("c", phones=("+66 864 751 924",), name="Crowken Limited", address=STREET),
]
KNOWN = {f.subject: f for f in CORE}
CASE = profile(("a", "b", "c"), KNOWN)
OFTEN = {"street.1:301 brtn": 3}
"""That street is in eight to fifteen alerts of this epoch."""


def test_a_lone_alert_that_no_link_finds() -> None:
    model = Model(weights(), alerts=8000, fast={"street.1:301 brtn": 4})
    lone = one("z", name="Derbyfield Commerce", address=STREET, day="2026-05-01")
    assert [score(lone, f, model) for f in CORE] == [None] * 3
    link = attachment(lone, CASE, model)
    assert link
    assert (link.a, link.b) in {("a", "z"), ("c", "z")}
    assert link.bits == pytest.approx(sum(e.bits for e in link.evidence), abs=0.05)
    assert all(sentence(e) for e in link.evidence)


def test_what_as_many_others_have_attaches_nobody() -> None:
    common = Model(weights(), alerts=8000, fast={"street.1:301 brtn": 7})
    assert attachment(one("z", address=STREET), CASE, common) is None
    served = Model(weights(), alerts=8000, fast=OFTEN, middlemen={"street.1:301 brtn"})
    assert attachment(one("z", address=STREET), CASE, served) is None


def test_goods_and_route_alone_attach_nobody() -> None:
    assert attachment(one("z", name="Somebody Else"), CASE, Model(weights(), alerts=8000)) is None


def test_evidence_quotes_only_the_two_alerts() -> None:
    model = Model(weights(), alerts=8000, fast=OFTEN)
    both = one("z", name="Norfordwick", address=STREET)
    link = attachment(both, CASE, model)
    assert link
    told = "".join(sentence(e) for e in link.evidence)
    assert "NORFORDWICK" not in told.upper()
    assert "elsewhere" in {e.kind for e in link.evidence}


def full(network: Network, known: dict[str, Features]) -> list[Case]:
    for subject, of in known.items():
        network.change(subject, of)
    network.begin(whole=True)
    return network.all_cases()


def world(rng: random.Random, count: int) -> dict[str, Features]:
    names = ("Crowken Supply", "Norfordwick", "Derbyfield Commerce", "Selwick", "Crowken")
    phones = ("+66 864 751 924", "+90 212 555 0001", "+66 864 751 900")
    streets = (STREET, Address(street="Linhal", number="12", postcode="40404"))
    return {
        f"s{i:02}": one(
            f"s{i:02}",
            brand=rng.choice(("Solti", "Temir")),
            day=f"2026-0{rng.randint(1, 8)}-01",
            name=rng.choice(names),
            phones=rng.choice(((), (), (rng.choice(phones),))),
            address=rng.choice((None, *streets)),
        )
        for i in range(count)
    }


PAIRS = st.frozensets(
    st.tuples(st.integers(0, 13), st.integers(0, 13)).filter(lambda p: p[0] < p[1]), max_size=3
)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), PAIRS)
def test_step_by_step_is_as_all_at_once(
    rng: random.Random, pairs: frozenset[tuple[int, int]]
) -> None:
    apart = frozenset((f"s{a:02}", f"s{b:02}") for a, b in pairs)
    known = world(rng, 14)
    batch = Network(weights())
    batch.judge(apart=apart)
    expected = full(batch, known)
    for case in expected:
        assert not any(a in case.members and b in case.members for a, b in apart)
        assert {s for x in case.links for s in (x.a, x.b)} == set(case.members)
    network = Network(weights())
    standing: set[Case] = set()
    steps: list[tuple[str, Features | None]] = list(known.items())
    wrong = world(rng, 14)
    steps += [(s, rng.choice((None, wrong[s]))) for s in rng.sample(sorted(known), 4)]
    rng.shuffle(steps)
    steps += list(rng.sample(sorted(known.items()), len(known)))
    judged = rng.randrange(len(steps))
    for index, (subject, of) in enumerate(steps):
        if index == judged:
            network.judge(apart=apart)
        network.change(subject, of)
        if rng.random() < 0.2:
            network.begin()
        standing = told(network, standing)
        assert sorted(standing) == network.all_cases()
    network.begin(whole=True)
    assert sorted(told(network, standing)) == expected


def told(network: Network, standing: set[Case]) -> set[Case]:
    news = network.settle()
    return {c for c in standing if news.touched.isdisjoint(c.members)}.union(news.found)


def test_something_is_attached_in_that_world() -> None:
    """Otherwise the law above would hold for want of anything to do."""
    found = 0
    for seed in range(30):
        known = world(random.Random(seed), 14)
        for case in full(Network(weights()), known):
            found += any("elsewhere" in _kinds(x) or _lone(x, case) for x in case.links)
    assert found > 3


def _kinds(link: Link) -> set[str]:
    return {e.kind for e in link.evidence}


def _lone(link: Link, case: Case) -> bool:
    return any(sum(s in (x.a, x.b) for x in case.links) == 1 for s in (link.a, link.b))
