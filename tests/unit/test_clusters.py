"""Health clusters are told at once, with two alerts, and go on as the network that holds them."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.proposal import Proposal
from entente.alert.record import Event, Goods, Nominal, Party, Right, Risk, Seizure
from entente.correlate.cases.clusters import PATTERN
from entente.correlate.engine import Engine
from entente.correlate.evidence import Case
from entente.correlate.head import Head
from entente.correlate.weigh.model import weights


def head(
    issuer: str, day: int, lot: str | None = "MM25745", *, phone: str = "", version: int = 1,
    category: str = "11", defect: str | None = None, area: str | None = None, brand: str = "",
) -> Head:  # fmt: skip
    alert = Seizure(
        national_ref=f"{issuer}{day}",
        event=Event(date=f"2026-03-{day:02}"),
        goods=(
            Goods(
                category=category,
                lot=lot,
                defect=defect,
                rights=(Right(brand=brand),) if brand else (),
            ),
        ),
        risks=(Risk(area=area, severity="high"),) if area else (),  # type: ignore[arg-type]  # a literal of ours
        nominal=Nominal(parties=(Party(role="consignor", phones=(phone,)),)) if phone else None,
    )
    return Head(
        subject=f"{issuer}{day}", issuer=issuer, version=version, issued_at=0, alert=alert,
        change="NEW" if version == 1 else "CORRECTION",
    )  # fmt: skip


def told(engine: Engine, *heads: Head) -> list[Proposal]:
    for one in heads:
        engine.apply(one)
    return [proposal for _, proposal in engine.settle()]


def test_two_alerts_are_enough_and_no_epoch_is_waited_for() -> None:
    engine = Engine(weights())
    assert told(engine, head("FR", 1)) == []
    (p,) = told(engine, head("KE", 9, "lot mm-25745"))
    assert p.pattern == PATTERN
    assert p.administrations == ("FR", "KE")
    assert p.claim.startswith(
        "Medical products: one lot number (MM25745) of goods that are a danger"
    )
    assert p.suggestion.type == "warning_only"
    assert {e.pattern for e in p.evidence if e.pattern} == {"P19"}
    assert p.probability > 0
    assert "MM25745" in p.refuted_by
    assert told(engine) == []


def test_what_makes_no_cluster() -> None:
    for other in (
        head("FR", 9),  # one administration
        head("KE", 9, "XX99120"),  # another lot
        head("KE", 9, category="3a"),  # no danger
        head("KE", 9, area="toy"),  # another danger
        head("KE", 9, "0000"),  # no lot at all
        head("KE", 9, brand="Corva"),  # of another maker
    ):
        assert told(Engine(weights()), head("FR", 1, brand="Nebia"), other) == []


FLAW = "eyes glued with green resin"


def test_a_telling_defect_of_one_brand_makes_one_too() -> None:
    one = head("FR", 1, None, defect=FLAW, category="9a", brand="Corva")
    other = head("KE", 9, None, defect="Eyes glued, with green resin", category="9a", brand="CORVA")
    engine = Engine(weights())
    (p,) = told(engine, one, other)
    assert p.pattern == PATTERN
    (gone,) = told(engine, head("BE", 3, None, defect=FLAW, category="9a", brand="Nebia"))
    assert gone.status == "withdrawn"  # it is found on anything


def test_it_is_taken_back_when_a_lot_is_corrected_and_told_again_when_that_is_reversed() -> None:
    engine = Engine(weights())
    (first,) = told(engine, head("FR", 1), head("KE", 9))
    (gone,) = told(engine, head("KE", 9, "XX99120", version=2))
    assert (gone.case, gone.status) == (first.case, "withdrawn")
    (again,) = told(engine, head("KE", 9, version=3))
    assert (again.case, again.status) == (first.case, "open")


def test_it_goes_on_as_the_network_that_holds_it() -> None:
    engine = Engine(weights())
    phone = "+86 805 651 990"
    (first,) = told(engine, head("FR", 1, phone=phone), head("KE", 9, phone=phone))
    engine.begin()
    later = told(engine, head("DE", 12, phone=phone))
    (network,) = [p for p in later if p.status == "open"]
    assert network.pattern == "network"
    assert network.case == first.case
    assert "P19" in {e.pattern for e in network.evidence}
    assert [c.pattern for c in engine.cases()] == ["network"]


def test_a_lot_that_half_the_world_has_tells_nothing() -> None:
    engine = Engine(weights())
    for number in range(300):
        engine.apply(head(f"A{number:03}", 1 + number % 28, "BATCH 1234"))
    engine.begin(whole=True)
    engine.settle()
    assert not [c for c in engine.cases() if c.pattern == PATTERN]


HEADS = [
    head("FR", 1), head("KE", 9), head("KE", 9, "XX99120", version=2), head("DE", 3, "XX99120"),
    head("BE", 5, area="medicine"), head("FR", 7, "QQ77123", category="3a"),
]  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_does_not_matter(rng: random.Random) -> None:
    def standing(heads: list[Head]) -> tuple[list[Case], set[tuple[str, ...]]]:
        engine = Engine(weights())
        live: dict[str, Proposal] = {}
        for one in heads:
            for p in told(engine, one):
                live[p.case] = p
        engine.begin(whole=True)
        for _, p in engine.settle():
            live[p.case] = p
        said = {tuple(a.subject for a in p.alerts) for p in live.values() if p.status == "open"}
        return engine.cases(), said

    cases, said = standing(HEADS)
    assert {c.members for c in cases} == said == {("BE5", "FR1"), ("DE3", "KE9")}
    assert standing(rng.sample(HEADS, len(HEADS))) == (cases, said)
