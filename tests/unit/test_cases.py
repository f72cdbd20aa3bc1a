from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.handling import Handling
from entente.alert.proposal import Proposal
from entente.alert.record import (
    Event,
    Goods,
    Leg,
    Nominal,
    Party,
    Right,
    Risk,
    Route,
    Seizure,
    Value,
)
from entente.correlate.cases.identity import Known, mint, name
from entente.correlate.engine import Engine
from entente.correlate.evidence import Case, Wording
from entente.correlate.head import Head
from entente.correlate.weigh.model import weights

WORDING = Wording("", "", "")


def case(members: str, anchor: str = "") -> Case:
    one, other = (anchor or members)[:2]
    return Case("network", tuple(sorted(members)), 5.0, (one, other), WORDING)


def known(key: str, members: str, *, live: bool = True) -> Known:
    return Known(key, "network", frozenset(members), live)


def test_minted_from_the_strongest_link_whatever_joins_later() -> None:
    assert mint(case("abc", "ba"), 1) == mint(case("abcd", "ab"), 1)
    assert mint(case("abc"), 1) != mint(case("abc"), 2)
    assert len({mint(case("abc"), 1, salt) for salt in ("", "one", "another")}) == 3


def test_survives_growth_and_loss() -> None:
    assert list(name([known("k", "abc")], [case("abcd")], 1).cases) == ["k"]
    assert list(name([known("k", "abcd")], [case("bcd")], 1).cases) == ["k"]


def test_a_split_keeps_the_id_on_the_larger_part() -> None:
    named = name([known("k", "abcdefg")], [case("abc"), case("defg")], 1)
    assert named.cases["k"].members == tuple("defg")
    assert len(named.cases) == 2
    assert named.retired == {}


def test_a_merge_retires_with_an_heir() -> None:
    named = name([known("k", "abc"), known("l", "de")], [case("abcde")], 1)
    assert list(named.cases) == ["k"]
    assert named.retired == {"l": "k"}


def test_what_is_gone_retires_without_an_heir() -> None:
    assert name([known("k", "abc")], [], 1).retired == {"k": None}


def test_reversal_brings_the_old_id_back() -> None:
    gone = known("k", "abc", live=False)
    assert list(name([gone], [case("abc")], 9).cases) == ["k"]
    assert name([gone], [], 9).retired == {}


def test_a_burst_that_turns_out_a_network_stays_one_case() -> None:
    burst = known("k", "abc")._replace(pattern="route_burst")
    assert list(name([burst], [case("abc")], 1).cases) == ["k"]
    both = name([burst, known("n", "abd")], [case("abcd")], 1)
    assert list(both.cases) == ["n"]
    assert both.retired == {"k": "n"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcdefghij"), min_size=2), max_size=5), st.randoms())
def test_naming_does_not_depend_on_order(groups: list[set[str]], rng) -> None:  # type: ignore[no-untyped-def]
    before = [known("k", "abcd"), known("l", "efg"), known("m", "hij", live=False)]
    cases = [case("".join(sorted(g))) for g in groups]
    expected = name(before, cases, 3)
    rng.shuffle(before)
    rng.shuffle(cases)
    again = name(before, cases, 3)
    assert again.retired == expected.retired
    assert {k: c.members for k, c in again.cases.items()} == {
        k: c.members for k, c in expected.cases.items()
    }


PARTY = Party(
    role="consignor", name="Hengda Leather", phones=("805651990",), tax_ids=("CN812976210",)
)


def head(issuer: str, day: int, party: Party = PARTY, **fields: object) -> Head:
    alert = Seizure(
        national_ref=f"{issuer}{day}",
        event=Event(date=f"2026-03-{day:02}"),
        route=Route(
            departure=Leg(country="CN", place="CNCAN"),
            transit=(Leg(country="AE"),),
            destination=Leg(country=issuer),
        ),
        goods=(
            Goods(
                group="ipr",
                category="3a",
                rights=(Right(brand="Nebia"),),
                values=(
                    Value(amount=Decimal("10.50"), currency="EUR", basis="declared"),
                    Value(amount=Decimal("100"), currency="EUR", basis="domestic_retail_genuine"),
                ),
            ),
        ),
        risks=(Risk(area="cosmetic", severity="low"),),
        nominal=Nominal(parties=(party,)),
    )
    handling = Handling(tlp="GREEN", purpose="x", source_grade="A", information_grade=day % 4 + 1)
    return Head(
        subject=f"{issuer}{day}",
        issuer=issuer,
        version=1,
        issued_at=0,
        alert=msgspec.structs.replace(alert, **fields),
        handling=handling,
    )


def said(*heads: Head) -> Proposal:
    engine = Engine(weights())
    for one in heads:
        engine.apply(one)
    engine.begin()
    ((_, proposal),) = engine.settle()
    return proposal


def test_a_proposal_says_what_a_coordinator_decides_on() -> None:
    p = said(head("FR", 1), head("DE", 5), head("FR", 9))
    assert p.pattern == "network"
    assert p.administrations == ("DE", "FR")
    assert [a.issuer for a in p.alerts] == ["DE", "FR", "FR"]
    assert p.brands == ("Nebia",)
    assert {(v.basis, v.amount) for v in p.values} == {
        ("declared", Decimal("31.50")),
        ("domestic_retail_genuine", Decimal("300")),
    }
    assert [(h.area, h.alerts) for h in p.health] == [("cosmetic", 3)]
    assert (p.window.first, p.window.last, p.window.next_expected) == (
        "2026-03-01", "2026-03-09", "2026-03-13",
    )  # fmt: skip
    assert p.control_points[0].stage in ("departure", "transit")
    assert p.suggestion.leader == "FR"
    assert p.suggestion.type == "bilateral"
    assert p.releasability.information_grade == 2
    assert p.basis.weights == weights().version
    assert "one telephone" in p.claim
    assert any("Same telephone" in e.sentence for x in p.links for e in x.evidence)
    assert p.innocent_explanation
    assert p.refuted_by


def test_one_administration_alone_makes_no_proposal() -> None:
    engine = Engine(weights())
    for day in range(1, 9):
        engine.apply(head("FR", day))
    engine.begin()
    assert engine.settle() == []


def test_restored_from_what_was_said_it_says_nothing_twice() -> None:
    heads = [head("FR", 1), head("DE", 5), head("FR", 9)]
    first = said(*heads)
    engine = Engine(weights())
    engine.restore([(1, first)])
    for one in heads:
        engine.apply(one)
    engine.begin()
    assert engine.settle() == []
    engine.apply(head("IT", 12))
    ((version, second),) = engine.settle()
    assert (version, second.case) == (2, first.case)
    assert second.changes is not None
    assert second.changes.sentence.startswith("1 alert joined")


def test_the_same_alerts_give_the_same_bytes() -> None:
    heads = [head("FR", 1), head("DE", 5), head("FR", 9)]
    assert msgspec.json.encode(said(*heads)) == msgspec.json.encode(said(*heads))
