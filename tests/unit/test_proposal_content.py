"""What a proposal says about its own case: whom it concerns, what could explain it, what it rests
on; and how that reads."""

import random
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.proposal import AlertReference, Calibrated, Proposal
from entente.alert.quantity import quantity
from entente.alert.record import (
    Address,
    Concealment,
    Goods,
    Leg,
    Nominal,
    Party,
    Right,
    Route,
    Seizure,
    Text,
)
from entente.coordinate import sheet
from entente.correlate.bursts.burst import Reporting
from entente.correlate.bursts.siblings import reporters, silent
from entente.correlate.cases.joints import joints
from entente.correlate.engine import Engine
from entente.correlate.evidence import Case, Evidence, Link, Wording
from entente.correlate.head import Head
from entente.correlate.intake.intake import Fate
from entente.correlate.propose.calibration import calibration
from entente.correlate.propose.changes import with_changes, withdraw
from entente.correlate.propose.innocence import groups, innocence
from entente.correlate.weigh.model import weights
from hauls import BOX, head


def said(*heads: Head) -> Proposal:
    engine = Engine(weights())
    for one in heads:
        engine.apply(one)
    engine.begin()
    ((_, proposal),) = engine.settle()
    return proposal


CHAIN = (
    head("FR", 1), head("FR", 3), head("DE", 5, box=BOX),
    head("DE", 7, phone="", box=BOX, brand="Corva"),
    head("FR", 9, phone="", box=BOX, brand="Orvel"),
)  # fmt: skip


def test_a_claim_begins_with_what_it_is_about() -> None:
    claim = said(head("FR", 1), head("DE", 5), head("FR", 9)).claim
    assert claim.startswith("Ready-to-wear clothing of Nebia from China: 3 alerts of DE, FR")


def test_of_monstrous_alerts_a_proposal_is_made_that_fits_into_a_record() -> None:
    """Each names 2,000 parties that all have in common, and pages in the place of a brand."""

    def monstrous(one: Head) -> Head:
        assert isinstance(one.alert, Seizure)
        parties = tuple(
            Party(role="consignor", address=Address(street=f"{n} Wen Road", postcode=f"{n:05}"))
            for n in range(2_000)
        )
        rights = tuple(Right(brand=f"{n}{'brand' * 300}") for n in range(100))
        alert = msgspec.structs.replace(
            one.alert,
            nominal=Nominal(parties=parties),
            goods=(Goods(description=Text(language="en", text="page " * 3_000), rights=rights),),
            concealment=Concealment(detail="behind " * 500, cover_load="scrap " * 600),
        )
        return msgspec.structs.replace(one, alert=alert)

    proposal = said(
        *(monstrous(head(issuer, day)) for day, issuer in enumerate(("FR", "DE", "IT"), 1))
    )
    assert len(proposal.alerts) == 3
    assert len(msgspec.json.encode(proposal)) < 400_000


def test_patterns_have_their_names_and_base_rates() -> None:
    p = said(head("FR", 1), head("DE", 5), head("FR", 9))
    named = {e.pattern: e for e in p.evidence if e.pattern}
    assert {"P01", "P15"} <= named.keys()
    assert "telephone 805651990" in named["P01"].sentence
    assert "simulated worlds" in (named["P15"].base_rate or "")


def test_a_network_of_several_things_is_one_by_name() -> None:
    both = [head(who, day, box=BOX) for who, day in (("FR", 1), ("DE", 5), ("FR", 9), ("DE", 11))]
    (network,) = (e for e in said(*both).evidence if e.pattern == "P22")
    assert "simulated worlds" in (network.base_rate or "")


def test_the_one_report_that_holds_two_halves_together_is_named() -> None:
    p = said(*CHAIN)
    told = [e.sentence for e in p.evidence if e.kind == "joint"]
    assert told == ["One report of DE alone ties 2 alerts to the rest: check DE5 first."]
    assert "P22" not in {e.pattern for e in p.evidence}


def test_joints() -> None:
    def links(*pairs: str) -> list[Link]:
        return [Link(a, b, 9.0) for a, b in pairs]

    assert joints("abc", links("ab", "bc", "ac")) == []
    assert joints("abc", links("ab", "bc")) == []  # an end is no half
    assert joints("abcde", links("ab", "bc", "cd", "de")) == [("c", 2)]
    assert joints([f"{n:02}" for n in range(70)], []) == []
    assert joints("abcdefg", links("ab", "bc", "ca", "cd", "de", "ef", "fd", "fg")) == [
        ("d", 3), ("c", 2),
    ]  # fmt: skip
    ring = [f"{n}" for n in range(9)]
    assert joints(ring, [Link(a, b, 9.0) for a, b in pairwise([*ring, "0"])]) == []


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=14))
def test_joints_are_what_is_left_without(pairs: set[tuple[str, str]]) -> None:
    links = [Link(a, b, 9.0) for a, b in sorted(pairs) if a < b]
    members = sorted({s for x in links for s in (x.a, x.b)})
    expected = []
    for whole in groups(members, links):
        for subject in whole:
            rest = whole - {subject}
            lost = len(rest) - max(map(len, groups(rest, links)), default=0)
            if lost >= 2:
                expected.append((subject, lost))
    assert sorted(joints(members, links)) == sorted(expected)


def test_the_innocent_explanation_is_about_this_case() -> None:
    p = said(*CHAIN)
    assert "The telephone +86 805 651 990 could belong to somebody" in p.innocent_explanation
    assert f"The container {BOX} could have been leased" in p.innocent_explanation
    assert "without it, 3 of the 5 alerts still hang together" in p.innocent_explanation
    assert f"its owner names two shippers of the container {BOX}" in p.refuted_by


def test_a_sealed_thing_is_not_named() -> None:
    evidence = (Evidence("phone.1", 12.0, "2026/abc", "2026/abc", sealed=True),)
    links = (Link("a", "b", 9.0, evidence), Link("b", "c", 9.0, evidence))
    innocent, refuted = innocence(
        Case("network", ("a", "b", "c"), 9.0, ("a", "b"), Wording(""), links), ()
    )
    assert innocent.startswith("The telephone (sealed) could")
    assert innocent.endswith("nothing else ties them.")
    assert "abc" not in innocent + refuted


def test_who_is_silent_on_the_route() -> None:
    able = reporters({i: Reporting(0, 0, (0, 3)) for i in ("FR", "BE-1", "BE-2", "NL")})
    assert able == {"BE"}  # of the others too little is heard
    members = [
        head("FR", 1),
        head("FR", 3, to="BE"),
        head("FR", 5, to="BE"),
        head("FR", 7, to="GB"),
    ]
    assert silent(members, able) == (
        ("AE", False, True), ("BE", True, True), ("GB", False, True), ("CN", False, False),
    )  # fmt: skip
    assert silent(members[:1], {"CN"}) == (
        ("AE", False, True), ("CN", True, False),
    )  # fmt: skip


def test_who_is_silent_is_told_what_to_look_for_and_nobody_s_name() -> None:
    engine = Engine(weights())
    for one in (head("FR", 1), head("DE", 5), head("FR", 9, to="BE")):
        engine.apply(one)
    engine.apply(head("BE", 2, phone="+32 470 123 456", to="GB"))
    for number in range(12):  # BE reports, though nothing of this
        other = head("BE", number + 10, phone="", to="BE")
        goods = (Goods(group="drugs", category="8a"),)
        route = Route(departure=Leg(country="US"), destination=Leg(country="BE"))
        alert = msgspec.structs.replace(other.alert, goods=goods, route=route, concealment=None)  # type: ignore[type-var]
        engine.apply(msgspec.structs.replace(other, alert=alert))
    engine.begin()
    proposals = [p for _, p in engine.settle() if {"DE5", "FR1"} <= {a.subject for a in p.alerts}]
    (found,) = [s for s in proposals[0].silent if s.country == "BE"]
    assert found.reason == "no_report_on_route"
    assert found.look_for == (
        "Ready-to-wear clothing of Nebia from China, by sea, under scrap metal"
    )
    assert found.until == proposals[0].window.stale_after
    assert "P24" in {e.pattern for e in proposals[0].evidence}


def test_what_changed_is_told() -> None:
    before = said(head("FR", 1), head("DE", 5), head("FR", 9))
    now = said(head("FR", 1), head("DE", 5), head("FR", 9), head("BE", 11))
    changes = with_changes(now, before).changes
    assert changes
    assert changes.added == ("BE11",)
    assert changes.administrations_added == ("BE",)
    assert changes.sentence.startswith("1 alert joined; now also of BE")
    newer = [msgspec.structs.replace(a, version=2) for a in before.alerts[:1]]
    corrected = msgspec.structs.replace(before, alerts=(*newer, *before.alerts[1:]))
    told = with_changes(corrected, before).changes
    assert told
    assert told.sentence == "1 alert corrected."


@pytest.mark.parametrize(
    ("fates", "told"),
    [
        (
            ("aged",) * 3,
            "3 alerts of 3 are too old to be compared with newer ones. ",
        ),
        (
            ("aged", "aged", "stays"),
            "2 alerts of 3 are too old to be compared with newer ones, and the other"
            " 1 alert, as it stands, tells too little. Nothing was taken back",
        ),
        (("withdrawn",) * 3, "No longer supported: 3 alerts were taken back."),
        (
            ("withdrawn", "aged", "stays"),
            "No longer supported: 1 alert was taken back; 1 alert is too old to be compared; the"
            " other 1 alert, as it stands, is not enough.",
        ),
        (
            ("corrected", "stays", "stays"),
            "No longer supported: 1 alert was corrected and left; the other 2 alerts, as they"
            " stand, are not enough.",
        ),
        (("stays",) * 3, "No longer supported: its 3 alerts stand, but with what was reported or"),
    ],
)
def test_an_end_says_what_left_and_why(fates: tuple[Fate, ...], told: str) -> None:
    before = said(head("FR", 1), head("DE", 5), head("FR", 9))
    became = dict(zip((a.subject for a in before.alerts), fates, strict=True))

    def fate(alert: AlertReference) -> Fate:
        return became[alert.subject]

    gone = withdraw(before, None, before.basis, fate)
    assert gone.changes
    assert gone.changes.sentence.startswith(told)
    assert gone.changes.aged == tuple(s for s, fate in became.items() if fate == "aged")
    assert gone.changes.withdrawn == tuple(s for s, f in became.items() if f == "withdrawn")
    assert gone.changes.corrected == tuple(s for s, f in became.items() if f == "corrected")
    assert not gone.alerts
    # What was taken back or put right is told of no more; what is only old was true.
    assert (gone.claim == before.claim) is gone.history
    assert gone.history is ("aged" in fates and {*fates} <= {"aged", "stays"})
    heir = withdraw(before, "1234", before.basis, fate)
    assert heir.changes
    assert heir.changes.sentence == "Its alerts are now part of case 1234."
    assert heir.claim == "No longer supported."


def test_what_is_over_is_told_as_over() -> None:
    p = said(head("FR", 1), head("DE", 5), head("FR", 9))

    def when(today: str) -> str:
        return dict(sheet.rows(p, today))["when"][0]

    assert "the next one may come about 2026-03-13; history after 2026-04-08" in when("2026-03-10")
    assert "the next one was to come about 2026-03-13" in when("2026-03-20")
    assert when("2026-05-01").endswith("history since 2026-04-08: nothing more has come")


def test_each_alert_is_told_in_a_line() -> None:
    p = said(head("FR", 1), head("DE", 5), head("FR", 9))
    assert {a.told for a in p.alerts} == {
        f"Ready-to-wear clothing, by sea, hidden: cover load, CN → {to}" for to in ("DE", "FR")
    }
    (line, *_) = dict(sheet.rows(p, "2026-03-20"))["alerts"]
    assert line.startswith("2026-03-01  FR     grade ??")


@pytest.mark.parametrize(
    ("amount", "unit", "told"),
    [("9500", "GRM", "9.5 kg"), ("1200", "H87", "1,200 pieces"), ("12.50", "DZN", "12.5 dozen"),
     ("3", "nothing", "3 nothing"), ("20000", "KGM", "20,000 kg")],
)  # fmt: skip
def test_an_amount_reads_with_its_unit(amount: str, unit: str, told: str) -> None:
    assert quantity(Decimal(amount), unit) == told


def test_two_alerts_or_an_uncertain_case_ask_for_a_warning_only() -> None:
    p = said(head("FR", 1), head("DE", 5), head("FR", 9))
    assert p.suggestion.type == ("bilateral" if p.probability >= 0.5 else "warning_only")


def test_points_of_control_tell_who_has_acted() -> None:
    p = said(head("FR", 1), head("DE", 5), head("FR", 9))
    points = {(c.country, c.stage): c for c in p.control_points}
    assert points["FR", "destination"].stopped == 2
    assert points["AE", "transit"].stopped == 0
    assert points["AE", "transit"].alerts == 3


def test_a_probability_says_how_it_was_learnt() -> None:
    p = said(head("FR", 1), head("DE", 5), head("FR", 9))
    assert p.calibrated == calibration().told("network")

    def believed(known: Calibrated) -> str:
        return sheet.believed(msgspec.structs.replace(p, calibrated=known))

    known = Calibrated(made_by="x", cases=200, ece=Decimal("0.05"))
    assert believed(known) == "learnt from 200 judged cases, off by 5 points on average on others"
    assert "not measured on others" in believed(calibration().told("route_burst"))
    assert believed(calibration().told("health_cluster")).startswith("not calibrated")


EVERY = (
    *CHAIN, head("FR", 11, to="BE"), head("DE", 13, box=BOX),
    *(head("BE", n, phone="", brand=f"Other {n}") for n in range(1, 7)),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_was_said_last_is_what_would_be_said_at_once(rng: random.Random) -> None:
    def told(p: Proposal) -> dict[str, object]:
        """All but what depends on when it was first seen, and figures within their band."""
        aside = ("case", "bits", "probability", "basis", "changes", "links", "calibrated")
        content = {f: getattr(p, f) for f in p.__struct_fields__ if f not in aside}
        return content | {"evidence": [(e.kind, e.sentence) for e in p.evidence]}

    def standing(heads: Sequence[Head], *, often: bool) -> dict[frozenset[str], dict[str, object]]:
        engine, last = Engine(weights()), {}
        for one in heads:
            engine.apply(one)
            if often and rng.random() < 0.5:
                if rng.random() < 0.3:
                    engine.begin()
                last |= {p.case: p for _, p in engine.settle()}
        engine.begin(whole=True)
        last |= {p.case: p for _, p in engine.settle()}
        return {
            frozenset(a.subject for a in p.alerts): told(p)
            for p in last.values()
            if p.status == "open"
        }

    once = standing(EVERY, often=False)
    assert once
    assert standing(rng.sample(EVERY, len(EVERY)), often=True) == once


@pytest.mark.parametrize("heads", [CHAIN, (head("FR", 1), head("DE", 5), head("FR", 9))])
def test_a_sheet_tells_everything_once(heads: tuple[Head, ...]) -> None:
    p = said(*heads)
    rows = dict(sheet.rows(p, "2026-03-20"))
    assert {"what", "who", "when", "why, in bits", "innocent explanation", "refuted by", "alerts",
            "way", "can still be stopped at", "suggested", "handling", "computed by",
            } <= rows.keys()  # fmt: skip
    every = [line for lines in rows.values() for line in lines]
    assert len(every) == len(set(every))
    assert all(every)
    assert len(rows["alerts"]) == len(p.alerts)
    assert [line[:10] for line in rows["alerts"]] == sorted(line[:10] for line in rows["alerts"])
