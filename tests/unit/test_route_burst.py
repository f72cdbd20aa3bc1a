import random
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.alert.handling import Handling
from entente.alert.proposal import Proposal
from entente.alert.record import Event, Goods, Leg, Right, Route, Seizure, Text
from entente.correlate.bursts.burst import BurstWeights, Season, reporting_of
from entente.correlate.bursts.route import ANY, NOWHERE, Routed, RouteEvent, RouteKey, routed
from entente.correlate.bursts.routebook import RouteBook, bursts
from entente.correlate.bursts.tail import fisher, most_mean, negative_binomial_tail
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.loop import run
from entente.correlate.weigh.model import weights

DAY = date(2026, 1, 1)
KEY = RouteKey("CO", "ES", "drugs:cocaine")


def seizure(
    issuer: str, day: int, n: int = 0, *, departure: str = "CO", destination: str = "ES", **more
) -> Head:
    alert = Seizure(
        national_ref=f"{issuer}-{day}-{n}",
        event=Event(date=(DAY + timedelta(days=day)).isoformat()),
        route=Route(departure=Leg(country=departure), destination=Leg(country=destination)),
        goods=(Goods(group="drugs", description=Text(text="Cocaine"), quantity=1000 + n),),
    )
    alert = msgspec.structs.replace(alert, **more)
    return Head(subject=f"{issuer}/{day}/{n}", issuer=issuer, version=1, issued_at=0, alert=alert)


def background(issuers: str = "ES PT IT NL", days: int = 400) -> list[Head]:
    """A thin, steady year on other routes, and now and then something on this one."""
    heads = []
    for k, issuer in enumerate(issuers.split()):
        for n, day in enumerate(range(k, days, 5)):
            heads.append(seizure(issuer, day, 100 + n, departure="MA", destination="FR"))
        heads += [seizure(issuer, day, 200) for day in range(20 + k, days, 110)]
    return sorted(heads, key=lambda h: h.alert.event.date)


def burst() -> list[Head]:
    return [
        *(seizure("ES", 402 + n, n) for n in range(3)),
        *(seizure("PT", 403 + n, n) for n in range(3)),
        seizure("IT", 408),
    ]


def final(heads: list[Head]) -> list[Proposal]:
    """The last word on every case."""
    return list({p.case: p for _, _, p in run(heads, weights(), every=200)}.values())


def open_claims(heads: list[Head]) -> list[str]:
    return [p.claim for p in final(heads) if p.status == "open"]


def test_what_three_administrations_see_at_once_is_a_burst() -> None:
    found = [p for p in final(background() + burst()) if p.status == "open"]
    assert len(found) == 1
    proposal = found[0]
    assert proposal.pattern == "route_burst"
    assert proposal.administrations == ("ES", "IT", "PT")
    assert {a.subject for a in proposal.alerts} == {h.subject for h in burst()}
    assert "ES" in proposal.claim
    assert "own histories" in proposal.claim
    assert proposal.probability > 0.7


def test_a_brand_speaks_for_its_heading_and_a_heading_alone_has_to_rise_more() -> None:
    def rise(goods: Goods) -> Proposal:
        again = [
            msgspec.structs.replace(h, alert=msgspec.structs.replace(h.alert, goods=(goods,)))
            for h in burst()
        ]
        (said,) = [p for p in final(background() + again) if p.pattern == "route_burst"]
        return said

    heading = Goods(category="3a")
    brand = rise(msgspec.structs.replace(heading, rights=(Right(brand="Nebia"),)))
    assert brand.claim.startswith("Nebia from Colombia")
    assert rise(heading).bits == brand.bits - Decimal("4.00")


def test_every_piece_of_evidence_is_a_sentence() -> None:
    (proposal,) = [p for p in final(background() + burst()) if p.status == "open"]
    sentences = [e.sentence for e in proposal.evidence]
    assert "ES seized it 3 times in 14 days; its own past year lets one expect 0.2." in sentences
    assert proposal.claim.startswith("Cocaine from Colombia")
    assert all(s.endswith(".") for s in sentences)
    total = sum(e.bits for e in proposal.evidence)
    assert float(total) <= float(proposal.bits) + 4.1  # the strongest share is tempered


def test_a_flood_at_one_administration_is_no_burst() -> None:
    flood = [seizure("ES", 402 + n % 7, n) for n in range(40)]
    assert open_claims(background() + flood) == []
    assert open_claims([*background(), *flood, seizure("PT", 404)]) == []


def test_copies_count_once() -> None:
    copies = [
        msgspec.structs.replace(h, subject=f"{h.subject}#{n}")
        for h in (seizure("ES", 402), seizure("PT", 403))
        for n in range(6)
    ]
    assert open_claims(background() + copies) == []


def test_a_month_is_not_a_day() -> None:
    monthly = [
        msgspec.structs.replace(
            h, alert=msgspec.structs.replace(h.alert, event=Event(date="2027-02"))
        )
        for h in burst()
    ]
    assert open_claims(background() + monthly) == []


def test_dates_that_heap_on_the_first_are_months() -> None:
    assert reporting_of({date(2026, m, 1).toordinal(): 2 for m in range(1, 9)}).monthly
    assert not reporting_of({DAY.toordinal() + n: 1 for n in range(300)}).monthly


def test_a_new_zeal_to_report_explains_itself() -> None:
    """Both report ten times as much of everything in these weeks: the route's share is as ever."""
    zeal = [
        seizure(issuer, 400 + n % 12, 500 + n, departure="MA", destination="FR")
        for issuer in ("ES", "PT")
        for n in range(40)
    ]
    past = [seizure(i, day, 300) for i in ("ES", "PT") for day in range(3, 400, 25)]
    assert open_claims(background() + past + zeal + burst()) == []


def test_unknown_departure_is_no_route_but_missing_departure_is_provenance() -> None:
    route = Route(provenance=Leg(country="CO"), destination=Leg(country="ES"))
    given = seizure("ES", 1, route=route)
    assert RouteKey("CO", "ES", "drugs:cocaine") in routed(given).keys
    unknown = seizure("ES", 1, route=route, unknown=("/route/departure",))
    assert routed(unknown) == NOWHERE


def test_a_route_is_seen_whole_and_from_either_end() -> None:
    keys = set(routed(seizure("ES", 1)).keys)
    assert keys == {KEY, KEY._replace(departure=ANY), KEY._replace(destination=ANY)}


def test_silent_countries_are_named() -> None:
    heads = background() + [
        msgspec.structs.replace(
            h,
            alert=msgspec.structs.replace(
                h.alert,
                route=Route(departure=Leg(country="CO"), destination=Leg(country="NL")),
            ),
        )
        for h in burst()
    ]
    (proposal,) = [p for p in final(heads) if p.status == "open"]
    assert {(s.country, s.reason) for s in proposal.silent} == {
        ("NL", "no_report_on_route"),
        ("CO", "no_report_at_all"),
    }


def test_releasability_is_the_intersection() -> None:
    def marked(head: Head, tlp: str, regions: tuple[str, ...] | None) -> Head:
        handling = Handling(tlp=tlp, purpose="x", source_grade="B", information_grade=2)
        return msgspec.structs.replace(head, handling=handling, regions=regions)

    parts = [marked(h, "GREEN", ("asia-pacific", "caribbean")) for h in burst()]
    parts[0] = marked(parts[0], "AMBER", ("caribbean",))
    (p,) = [p for p in final(background() + parts) if p.status == "open"]
    assert p.releasability.tlp == "AMBER"
    assert p.releasability.regions == ("caribbean",)
    assert p.releasability.source_grade == "B"


def test_it_is_updated_under_its_id_and_withdrawn_when_unsupported() -> None:
    engine = Engine(weights())
    for head in background():
        engine.apply(head)
    engine.begin()
    assert engine.settle() == []
    for head in burst():
        engine.apply(head)
    engine.begin()
    ((version, first),) = engine.settle()
    assert version == 1
    engine.apply(seizure("NL", 409))
    engine.begin()
    ((version, second),) = engine.settle()
    assert (version, second.case) == (2, first.case)
    assert second.changes is not None
    assert second.changes.administrations_added == ("NL",)
    gone = [msgspec.structs.replace(h, version=2, change="WITHDRAWAL", alert=None) for h in burst()]
    for head in gone:
        engine.apply(head)
    engine.begin()
    ((version, third),) = engine.settle()
    assert (version, third.case, third.status) == (3, first.case, "withdrawn")
    assert third.alerts == ()
    for head in burst():
        engine.apply(msgspec.structs.replace(head, version=3))
    engine.begin()
    ((version, fourth),) = engine.settle()
    assert (version, fourth.case, fourth.status) == (4, first.case, "open")


def test_nothing_is_said_twice() -> None:
    engine = Engine(weights())
    for head in background() + burst():
        engine.apply(head)
    engine.begin()
    assert len(engine.settle()) == 1
    for head in burst():
        assert not engine.apply(head)
    assert engine.settle() == []


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_doubles_and_overtaking_change_nothing(rng: random.Random) -> None:
    heads = [
        *background(days=200),
        *(seizure(i, 202 + n, n) for i in ("ES", "PT") for n in range(3)),
        *(seizure(i, 90 + n, n) for i in ("IT", "NL") for n in range(3)),
    ]
    old = [
        msgspec.structs.replace(h, version=0, alert=seizure("ES", 5, 9).alert)
        for h in rng.sample(heads, 20)
    ]
    arrival = heads + old + rng.sample(heads, 30)
    rng.shuffle(arrival)
    assert cases(arrival) == cases(heads)


def cases(heads: list[Head]) -> object:
    engine = Engine(weights())
    for n, head in enumerate(heads):
        engine.apply(head)
        if n % 19 == 0:
            engine.cases()
        if n % 97 == 96:
            engine.begin()
    engine.begin(whole=True)
    return engine.cases()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 300), st.booleans()), max_size=60))
def test_the_book_equals_the_batch(changes: list[tuple[str, int, bool]]) -> None:
    season = Season({i: reporting_of({1: 1, 400: 1}) for i in "ABC"})
    book, held = RouteBook(season, BurstWeights(floor=-8.0)), set()
    for issuer, day, take in changes:
        event = RouteEvent(day, issuer, f"{issuer}{day}", f"{day}", True)
        one = Routed(event, (KEY,))
        if event not in held:
            held.add(event)
            book.change(NOWHERE, one)
        elif take:
            book.change(one, one)
        else:
            held.discard(event)
            book.change(one, NOWHERE)
        book.bursts(KEY)
    assert book.bursts(KEY) == bursts(KEY, held, season, BurstWeights(floor=-8.0))


@pytest.mark.parametrize(
    ("count", "mean", "size", "expected"),
    [(0, 1.0, 1.0, 1.0), (1, 1.0, 1.0, 0.5), (2, 1.0, 1.0, 0.25), (3, 2.0, 1e9, 0.323323583)],
)
def test_tail_of_the_negative_binomial(
    count: int, mean: float, size: float, expected: float
) -> None:
    assert negative_binomial_tail(count, mean, size) == pytest.approx(expected, rel=1e-4)


def test_fisher_by_known_values() -> None:
    assert fisher([0.05]) == pytest.approx(0.05)
    assert fisher([0.1, 0.1]) == pytest.approx(0.0560517, rel=1e-5)


@given(st.integers(1, 60), st.floats(0.7, 8.0), st.floats(0.01, 40.0))
def test_no_mean_that_is_passed_over_has_a_rare_tail(count: int, size: float, mean: float) -> None:
    if mean > most_mean(count, 0.1):
        assert negative_binomial_tail(count, mean, size) > 0.1


def test_what_an_epoch_puts_off_one_without_news_does() -> None:
    engine = Engine(weights())
    many = [seizure(f"{n % 7}", n % 300, n, destination="FR") for n in range(1500)]
    for head in many:
        engine.apply(head)
    engine.begin()
    engine.settle()
    assert not engine.owing
    engine.apply(seizure("ES", 301, 1))
    engine.begin()
    engine.settle()
    assert engine.owing, "one alert in 1,500 is no reason to judge every route"
    engine.begin()
    engine.settle()
    assert not engine.owing
