"""Decisions feed back: what coordinators decide is obeyed, whatever comes first."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.decision import Decision, DeclineCode, ProposalReference, Ruling
from entente.alert.proposal import Proposal
from entente.alert.record import Event, Goods, Leg, Nominal, Party, Right, Route, Seizure
from entente.correlate.cases.identity import Known, name
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.intake.rulings import MOST, Declined, Ruled, Rulings, rulings
from entente.correlate.views.view import View
from entente.correlate.weigh.model import weights
from entente.trust.administration import Administration, Role, usual_duties
from entente.trust.mandate import lists, speaks_for, unheeded
from entente.wire.statement import Audience

HENGDA = Party(role="consignor", name="Hengda Leather", phones=("805651990",), tax_ids=("CN8129",))
KUMASI = Party(role="consignor", name="Kumasi Textiles", phones=("244770133",), tax_ids=("GH5512",))


def head(issuer: str, day: int, party: Party = HENGDA, version: int = 1) -> Head:
    return Head(
        subject=f"{issuer}{day}",
        issuer=issuer,
        version=version,
        issued_at=0,
        alert=Seizure(
            national_ref=f"{issuer}{day}",
            event=Event(date=f"2026-03-{day:02}"),
            route=Route(departure=Leg(country="CN"), location=Leg(country=issuer)),
            goods=(Goods(group="ipr", category="3a", rights=(Right(brand="Nebia"),)),),
            nominal=Nominal(parties=(party,)),
        ),
    )


ALERTS = [head("FR", 1), head("DE", 2), head("FR", 3), head("IT", 4), head("DE", 5)]
OTHERS = [head("FR", 11, KUMASI), head("NL", 12, KUMASI), head("BE", 13, KUMASI)]


def fresh(*heads: Head) -> Engine:
    engine = Engine(weights())
    for one in heads:
        engine.apply(one)
    engine.begin()
    return engine


def said(engine: Engine) -> list[Proposal]:
    return [proposal for _, proposal in engine.settle()]


def subjects(proposal: Proposal) -> tuple[str, ...]:
    return tuple(alert.subject for alert in proposal.alerts)


def reference(case: str, version: int = 1) -> ProposalReference:
    return ProposalReference(case=case, version=version, statement="0" * 64)


def ruled(
    ruling: Ruling,
    case: str,
    alerts: tuple[str, ...],
    others: tuple[str, ...] = (),
    *,
    administrations: tuple[str, ...] = (),
    by: str = "COORD-1",
    code: DeclineCode | None = None,
) -> Ruled:
    return Ruled(
        by,
        Decision(
            proposal=reference(case), ruling=ruling, code=code, alerts=alerts, others=others,
            administrations=administrations,
        ),
    )  # fmt: skip


def decline(p: Proposal, by: str = "COORD-1") -> Ruled:
    return ruled("decline", p.case, subjects(p), administrations=p.administrations, by=by)


def test_a_split_divides_a_case_and_its_withdrawal_heals_it() -> None:
    engine = fresh(*ALERTS, head("IT", 6))
    (before,) = said(engine)
    engine.begin()
    engine.decide(
        rulings([ruled("split", before.case, ("DE2", "FR3", "IT6"), ("DE5", "FR1", "IT4"))])
    )
    parts = said(engine)
    assert {subjects(p) for p in parts} == {("DE2", "FR3", "IT6"), ("DE5", "FR1", "IT4")}
    assert before.case in {p.case for p in parts}
    engine.decide(rulings([]))
    after = {p.case: p for p in said(engine)}
    assert subjects(after[before.case]) == subjects(before)
    (gone,) = (p for case, p in after.items() if case != before.case)
    assert (gone.status, gone.heir) == ("withdrawn", before.case)


def test_a_merge_makes_one_case_of_two() -> None:
    engine = fresh(*ALERTS, *OTHERS)
    one, other = sorted(said(engine), key=lambda p: -len(p.alerts))
    engine.decide(rulings([ruled("merge", one.case, subjects(one), subjects(other))]))
    found = {p.case: p for p in said(engine)}
    assert subjects(found[one.case]) == tuple(sorted(subjects(one) + subjects(other)))
    assert found[other.case].heir == one.case


def test_what_is_declined_stays_quiet_until_it_is_another_thing() -> None:
    engine = fresh(*ALERTS[:3])
    (before,) = said(engine)
    engine.decide(rulings([decline(before)]))
    assert said(engine) == []
    engine.apply(head("FR", 21))
    assert said(engine) == [], "more of the same"
    engine.apply(head("IT", 22))
    (after,) = said(engine)
    assert (after.case, after.administrations) == (before.case, ("DE", "FR", "IT"))
    assert after.changes is not None
    assert after.changes.added == ("FR21", "IT22")


def test_what_is_declined_comes_again_when_there_are_more_new_alerts_than_were_declined() -> None:
    engine = fresh(*ALERTS[:3])
    (before,) = said(engine)
    engine.decide(rulings([decline(before)]))
    for day in (21, 22, 23):
        engine.apply(head("FR", day))
        assert said(engine) == []
    engine.apply(head("DE", 24))
    (after,) = said(engine)
    assert len(after.alerts) == 7


def test_what_is_taken_back_of_a_declined_case_is_said_at_once() -> None:
    engine = fresh(*ALERTS[:4])
    (before,) = said(engine)
    engine.decide(rulings([decline(before)]))
    engine.apply(Head(subject="FR1", issuer="FR", version=2, change="WITHDRAWAL", issued_at=0))
    (after,) = said(engine)
    assert "FR1" not in subjects(after)
    for subject in ("DE2", "FR3"):
        engine.apply(
            Head(subject=subject, issuer="FR", version=2, change="WITHDRAWAL", issued_at=0)
        )
    (gone,) = said(engine)
    assert (gone.case, gone.status) == (before.case, "withdrawn")


def test_a_decline_that_is_taken_back_or_outvoted_lets_the_case_be_heard() -> None:
    for heard in ([], ["accept"]):
        engine = fresh(*ALERTS[:3])
        (before,) = said(engine)
        engine.decide(rulings([decline(before)]))
        engine.apply(head("FR", 21))
        assert said(engine) == []
        accepted = ruled("accept", before.case, subjects(before), by="COORD-2")
        engine.decide(rulings([accepted, decline(before)] if heard else []))
        (after,) = said(engine)
        assert "FR21" in subjects(after)


def test_a_declined_burst_is_quiet_too() -> None:
    # The rule is the case's, not the network's: a proposal of any pattern can be declined.
    declined = Rulings(declined={"c": (Declined(frozenset("abc"), frozenset({"BR", "GT"})),)})
    assert declined.quiet("c", "abcdef", ("BR",))
    assert not declined.quiet("c", "abcdefg", ("BR",))
    assert not declined.quiet("c", "abc", ("BR", "NL"))
    assert not declined.quiet("d", "abc", ("BR",))


ISSUERS = {h.subject: h.issuer for h in (*ALERTS, *OTHERS)}


def within(one: Ruled, *administrations: str) -> Ruled:
    return one._replace(speaks_for=frozenset(administrations))


def test_who_speaks_for_nobody_in_a_case_is_not_obeyed() -> None:
    apart = ruled("apart", "c", ("FR1", "DE2"), ("FR3", "IT4"))
    for one in (
        apart,
        ruled("accept", "c", ("FR1", "DE2")),
        ruled("decline", "c", ("FR1", "DE2"), administrations=("DE", "FR")),
    ):
        assert rulings([within(one, "BE")], ISSUERS.get) == Rulings()
        assert rulings([within(one, "DE")], ISSUERS.get).count == 1
    # Of two alerts one must be of the mandate, and nobody's word is taken for whose they are.
    assert rulings([within(apart, "DE")], ISSUERS.get).apart == {("DE2", "FR3"), ("DE2", "IT4")}
    lie = ruled("apart", "c", ("FR1",), ("FR3",), administrations=("BE",))
    assert rulings([within(lie, "BE")], ISSUERS.get) == Rulings()


def test_a_case_is_quiet_when_those_who_decline_speak_for_all_of_it() -> None:
    engine = fresh(*ALERTS[:3])
    (before,) = said(engine)
    ours, theirs = within(decline(before), "FR"), within(decline(before, by="COORD-2"), "DE", "IT")
    engine.decide(rulings([ours], ISSUERS.get))
    engine.apply(head("FR", 21))
    (after,) = said(engine)
    assert "FR21" in subjects(after), "of DE nobody has declined it"
    engine.decide(rulings([ours, theirs], ISSUERS.get))
    engine.apply(head("FR", 22))
    assert said(engine) == []


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_mandate_holds_whatever_comes_first(rng: random.Random) -> None:
    apart = within(ruled("apart", "c", ("FR1",), ("DE2", "FR3")), "DE")
    heads = rng.sample(ALERTS[:3], 3)
    view = View((), Engine(weights()))
    at = rng.randrange(4)
    for index, one in enumerate([*heads, None]):
        if index == at:
            view.judge([apart])
        if one is not None:
            view.engine.apply(one)
        if rng.random() < 0.5:
            view.tell(lambda _: True, Audience())
    view.tell(lambda _: True, Audience())
    known = fresh(*ALERTS[:3])
    known.decide(rulings([apart], ISSUERS.get))
    assert partition(view.engine) == partition(known)
    assert view.engine.basis.inputs == known.basis.inputs


def test_who_speaks_for_whom() -> None:
    def member(id: str, role: Role, *regions: str, **more: object) -> Administration:
        duties = usual_duties(role, regions)
        made = Administration(
            id=id, name=id, role=role, home=regions[0] if regions else None,
            regions=regions[1:], duties=duties,
        )  # fmt: skip
        return msgspec.structs.replace(made, **more)

    ap = {"decisions.asia-pacific": 1}
    members = {
        m.id: m
        for m in (
            member("JP", "administration", "asia-pacific"),
            member("TH", "administration", "asia-pacific", duties=ap),
            member("FR", "administration", "western-europe", "asia-pacific"),
            member("DE", "administration", "western-europe"),
            member("RILO-AP", "liaison_office", "asia-pacific", duties=ap),
            member("RILO-WE", "liaison_office", "western-europe"),
            member("COORD-1", "coordinator", "asia-pacific"),
            member("CORRELATOR", "correlator", duties=ap),
        )
    }
    everybody = {"JP", "TH", "FR", "RILO-AP", "COORD-1"}
    assert speaks_for("COORD-1", members) == everybody
    assert speaks_for("RILO-AP", members) == everybody
    assert speaks_for("TH", members) == {"TH"}
    for nobody in ("JP", "RILO-WE", "CORRELATOR", "XX"):
        assert speaks_for(nobody, members) == frozenset()
    assert [id for id in members if lists(id, members)] == ["RILO-AP", "COORD-1"]
    told = {
        ruling: unheeded("COORD-1", ("DE", "JP"), ruling, members)
        for ruling in ("accept", "decline", "apart")
    }
    assert told["accept"] == ""
    assert told["decline"].startswith("counts for JP: the case goes on until somebody who speaks")
    assert told["apart"] == "counts where one of two alerts is of JP"
    assert unheeded("COORD-1", ("DE",), "accept", members) == (
        "not obeyed: COORD-1 does not speak for DE"
    )


def test_an_accepted_case_survives_a_larger_one() -> None:
    from entente.correlate.evidence import Case, Wording

    both = Case("network", tuple("abcdefgh"), 5.0, ("a", "b"), Wording("", "", ""))
    small, large = (
        Known("small", "network", frozenset("a")),
        Known("large", "network", frozenset("bcdefgh")),
    )
    assert name([small, large], [both], 1).retired == {"small": "large"}
    assert name([small, large], [both], 1, accepted={"small"}).retired == {"large": "small"}


def test_apart_is_stronger_than_together() -> None:
    engine = fresh(*ALERTS[:3])
    (before,) = said(engine)
    apart = ruled("apart", before.case, ("FR1",), ("DE2", "FR3"))
    engine.decide(rulings([apart, ruled("together", before.case, ("FR1",), ("DE2",))]))
    (gone,) = said(engine)
    assert gone.status == "withdrawn", "two alerts are left, too few for a case"


def test_a_proposal_says_how_much_it_was_computed_from() -> None:
    engine = fresh(*ALERTS)
    (first,) = said(engine)
    assert (first.basis.heads, first.basis.decisions) == (5, 0)
    engine.decide(rulings([ruled("apart", first.case, ("FR1",), ("DE2",))]))
    assert engine.basis.inputs != first.basis.inputs
    assert engine.basis.decisions == 1
    engine.decide(rulings([]))
    assert engine.basis.inputs == first.basis.inputs
    other = fresh(*reversed(ALERTS))
    assert other.basis.inputs == first.basis.inputs
    other.apply(head("FR", 1, version=2))
    assert other.basis.heads == 5
    assert other.basis.inputs != first.basis.inputs


@pytest.mark.parametrize(
    "one",
    [
        ruled("other", "c", ("a",), ("b",)),
        ruled("split", "c", ("a",), ()),
        ruled("apart", "c", ("a", "b"), ("b",)),
        ruled("accept", "c", ()),
        ruled("merge", "c", tuple(map(str, range(MOST))), ("x", "y")),
    ],
)
def test_what_cannot_be_obeyed_changes_nothing(one: Ruled) -> None:
    assert rulings([one]) == Rulings()


def test_one_coordinator_cannot_make_the_engine_judge_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("entente.correlate.intake.rulings.ALL", 10)
    large = [ruled("apart", "c", tuple(f"{n}a{i}" for i in range(3)), ("b", "c")) for n in range(3)]
    small = ruled("apart", "c", ("x",), ("y",))
    other = ruled("apart", "c", ("p", "q"), ("r", "s", "t"), by="COORD-2")
    found = rulings([*large, small, other])
    assert found == rulings([other, small, *reversed(large)])
    assert ("x", "y") in found.apart
    assert found.count == 3, "one of six pairs, the small one, and the other coordinator's"
    assert rulings([small, other]).count == 2


SUBJECTS = tuple(sorted(h.subject for h in (*ALERTS, *OTHERS)))
SIDES = st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=3, unique=True).map(tuple)
JUDGED = st.builds(ruled, st.sampled_from(("split", "apart", "merge", "together")), st.just("c"),
                   SIDES, SIDES)  # fmt: skip


def partition(engine: Engine) -> list[tuple[str, ...]]:
    engine.begin(whole=True)
    return sorted(case.members for case in engine.cases())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(JUDGED, max_size=3), st.lists(JUDGED, max_size=2), st.randoms(use_true_random=False)
)
def test_any_interleaving_of_alerts_and_decisions_gives_the_same_cases(
    decided: list[Ruled], withdrawn: list[Ruled], rng: random.Random
) -> None:
    batch = fresh(*ALERTS, *OTHERS)
    batch.decide(rulings(decided))
    expected = partition(batch)

    engine = Engine(weights())
    engine.decide(rulings(withdrawn))  # decided, and taken back later
    heads = rng.sample([*ALERTS, *OTHERS], len(ALERTS) + len(OTHERS))
    at = sorted(rng.randrange(len(heads) + 1) for _ in decided)
    for index, one in enumerate(heads):
        known = sum(1 for where in at if where <= index)
        if known:
            engine.decide(rulings(rng.sample(decided[:known], known)))
        engine.apply(one)
        if rng.random() < 0.3:
            engine.begin()
            engine.settle()
    engine.decide(rulings(rng.sample(decided, len(decided))))
    engine.settle()
    assert partition(engine) == expected


@settings(max_examples=25, deadline=None)
@given(st.lists(JUDGED, min_size=1, max_size=3))
def test_a_decision_and_its_withdrawal_lead_back(decided: list[Ruled]) -> None:
    engine = fresh(*ALERTS, *OTHERS)
    standing = {p.case: subjects(p) for p in said(engine)}
    engine.decide(rulings(decided))
    engine.settle()
    engine.decide(rulings([]))
    last = dict(standing)
    for p in said(engine):
        last[p.case] = subjects(p)
    assert sorted(s for s in last.values() if s) == sorted(standing.values())
