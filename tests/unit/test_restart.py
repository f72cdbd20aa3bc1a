"""An engine that starts again from what it has said adds nothing, and takes back what is gone."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec

from entente.alert.proposal import Proposal
from entente.alert.record import Event, Goods, Leg, Route, Seizure, Text
from entente.correlate.bursts.siblings import LEAST
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.propose.changes import says_more
from entente.correlate.weigh.model import weights

START = date(2025, 1, 6)
Said = list[tuple[int, Proposal]]


def head(issuer: str, ref: str, day: date, goods: str, to: str) -> Head:
    alert = Seizure(
        national_ref=f"{issuer}-{ref}",
        event=Event(date=day.isoformat()),
        route=Route(departure=Leg(country="NL"), destination=Leg(country=to)),
        goods=(Goods(group="drugs", description=Text(text=goods)),),
    )
    return Head(subject=alert.national_ref, issuer=issuer, version=1, issued_at=0, alert=alert)


def history(issuer: str) -> Iterator[Head]:
    for week in range(50):
        day = START + timedelta(weeks=week, days=week % 5)
        yield head(issuer, f"H-{week}", day, f"cannabis {issuer}", issuer)


def burst(issuer: str) -> Iterator[Head]:
    for n in range(4):
        yield head(issuer, f"B-{n}", START + timedelta(weeks=50, days=2 * n), "ketamine", "US")


def everything() -> list[Head]:
    return [h for issuer in ("BR", "GT") for part in (history, burst) for h in part(issuer)]


def run(heads: Iterable[Head], said: Said | None = None) -> tuple[Engine, Said]:
    engine = Engine(weights())
    engine.restore(said or [])
    for one in heads:
        engine.apply(one)
    engine.begin()
    return engine, engine.settle()


def test_it_adds_nothing_to_what_still_holds() -> None:
    _, said = run(everything())
    ((version, proposal),) = said
    assert (version, proposal.status, len(proposal.alerts)) == (1, "open", 8)
    assert run(everything(), said)[1] == []


def test_what_is_not_found_again_is_withdrawn() -> None:
    """Alerts whose proof no longer holds are gone without a withdrawal of their issuer."""
    _, said = run(everything())
    ((version, proposal),) = run(history("BR"), said)[1]
    assert (version, proposal.status, proposal.case) == (2, "withdrawn", said[0][1].case)
    assert run([], said)[1][0][1].status == "withdrawn"


def test_it_says_which_version_it_holds() -> None:
    engine, _ = run(everything())
    assert engine.holds("BR-B-0") == 1
    assert engine.holds("nobody's") is None


def test_a_silence_is_judged_again_when_the_silent_begin_to_report() -> None:
    engine, ((_, first),) = run(everything())
    assert {one.country: one.reason for one in first.silent}["US"] == "no_report_at_all"
    for number in range(LEAST):
        engine.apply(head("US", f"{number}", START, "tobacco", "CA"))
    engine.begin()
    ((version, second),) = engine.settle()
    assert version == 2
    assert {one.country: one.reason for one in second.silent}["US"] == "no_report_on_route"


def test_new_words_are_said_though_the_alerts_are_the_same() -> None:
    _, ((_, before),) = run(everything())
    assert not says_more(before, before)
    assert says_more(msgspec.structs.replace(before, claim="Another claim."), before)
    evidence = (msgspec.structs.replace(before.evidence[0], sentence="Seen anew."),)
    assert says_more(msgspec.structs.replace(before, evidence=evidence), before)
