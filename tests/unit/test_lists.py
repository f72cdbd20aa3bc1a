"""Lists that coordinators keep: what they name ties nobody to anybody, in any order."""

import random
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_decisions import ALERTS, OTHERS, fresh, head, said, subjects

from entente.alert.listing import Known, Listing, Service
from entente.alert.record import Party, Seizure
from entente.coordinate import deciding, listing
from entente.correlate.engine import Engine
from entente.correlate.head import Head, Token
from entente.correlate.intake import receiving
from entente.correlate.intake.rulings import Ruled, Rulings, rulings
from entente.correlate.weigh.listed import Listed, listed
from entente.correlate.weigh.model import weights
from entente.errors import TrustError, UsageError
from entente.proof.key import SigningKey
from entente.proof.record import Record
from entente.proof.writer import Writer
from entente.seal.normalise import nominal_values
from entente.seal.tokens import new_community_key, tokens
from entente.trust.administration import Administration
from entente.wire.envelope import encode_envelope
from entente.wire.statement import Audience, LinkToken

PHONE = "+86 10 805651990"
PHONES = [
    head(issuer, day, Party(role="consignor", name=name, phones=(PHONE,)))
    for issuer, day, name in (
        ("FR", 1, "Hengda Leather"), ("DE", 2, "Ostrava Tools"), ("IT", 3, "Kumasi Textiles"),
        ("ES", 4, "Linz Optics"),
    )
]  # fmt: skip
"""Alerts that share nothing but a phone."""


def entry(
    value: str, by: Known = "phone", service: Service = "courier", until: str | None = None
) -> Listing:
    return Listing(service=service, known_by=by, value=value, reason="known", until=until)


def ruled(one: Listing, by: str = "COORD-1") -> Ruled:
    return Ruled(by, one)


@pytest.mark.parametrize(
    ("one", "values"),
    [
        (entry("+86 10 8056 51990"), {"phone.1:805651990"}),
        (entry("Wolverhampton Parcels", "name"), {"name-skeleton.1:"}),
        (entry("DHL Express GmbH", "name"), {"word:"}),
        (entry("desk@parcels.example", "email"), {"email.1:desk@parcels.example"}),
        (
            entry("https://www.market.example/", "domain", "marketplace"),
            {"url.1:market.example", "mail-domain.1:market.example"},
        ),
        (entry("nlrtm", "place", "hub_port"), {"place:NLRTM"}),
        (entry("AEJAZ", "place", "free_zone"), {"zone:AEJAZ"}),
        (entry("12", "phone"), set()),
        (entry("no mail", "email"), set()),
        (entry("x", "other", "other"), set()),
        (entry("+86 10 8056 51990", until="31.12.2026"), set()),
    ],
)
def test_what_an_entry_says(one: Listing, values: set[str]) -> None:
    found = {value for value, _ in listed(one)}
    if one.known_by == "name":
        assert found
        assert all(value.startswith(min(values)) for value in found)
    else:
        assert found == values
    assert bool(rulings([ruled(one)]).count) == bool(values)


def test_what_is_listed_ties_nobody_and_its_withdrawal_brings_it_back() -> None:
    engine = fresh(*PHONES)
    (before,) = said(engine)
    assert len(before.alerts) == 4
    engine.decide(rulings([ruled(entry(PHONE))]))
    engine.begin()
    (gone,) = said(engine)
    assert (gone.case, gone.status) == (before.case, "withdrawn")
    assert gone.basis.decisions == 1
    engine.decide(Rulings())
    engine.begin()
    (again,) = said(engine)
    assert (again.case, subjects(again)) == (before.case, subjects(before))


def test_an_entry_ends_with_the_newest_alert() -> None:
    engine = fresh(*PHONES)
    said(engine)
    engine.decide(rulings([ruled(entry(PHONE, until="2026-06-30"))]))
    engine.begin()
    assert [p.status for p in said(engine)] == ["withdrawn"]
    for day, count in ((30, 0), (31, 1)):
        at = datetime(2026, 6, 29, tzinfo=UTC).timestamp() + (day - 29) * 86_400
        later = msgspec.structs.replace(head("PT", day), issued_at=int(at * 1_000_000))
        engine.apply(later)
        engine.begin()
        assert len(said(engine)) == count, f"June {day}"


def test_a_hub_port_tells_nothing_of_a_brand() -> None:
    def by(issuer: str, day: int) -> Head:
        one = head(issuer, day, Party(role="consignor", name=f"{issuer} {day}"))
        alert = one.alert
        assert isinstance(alert, Seizure)
        route = msgspec.structs.replace(
            alert.route, departure=msgspec.structs.replace(alert.route.departure, place="CNCAN")
        )
        return msgspec.structs.replace(one, alert=msgspec.structs.replace(alert, route=route))

    engine = fresh(*(by(i, d) for d, i in enumerate(("FR", "DE", "IT", "ES", "PT"), 1)))
    value = "brand-place:nebia CNCAN"
    assert engine._network.model.around(value) > 0
    engine.decide(rulings([ruled(entry("CNCAN", "place", "hub_port"))]))
    engine.begin()
    assert engine._network.model.around(value) == 0


KEY = new_community_key("2026Q1", start=0, until=9)


def blind(one: Head) -> Head:
    """The same alert with its names sealed."""
    assert isinstance(one.alert, Seizure)
    assert one.alert.nominal
    made = tokens([KEY], nominal_values(one.alert.nominal), 5)
    known = tuple(Token(t.kind, t.epoch, t.token.hex()) for t in made)
    bare = msgspec.structs.replace(one.alert, nominal=None)
    return msgspec.structs.replace(one, alert=bare, tokens=known)


def sealed(value: str, by: str, known_by: Known = "phone", until: str | None = None) -> Ruled:
    """An entry as an administration says it that holds the key."""
    clear = listing.entry("courier", known_by, value, "known", until)
    said, made = listing.sealed(clear, [KEY], 5)
    assert value not in str(said)
    found = tuple(Token(t.kind, t.epoch, t.token.hex()) for t in made)
    return Ruled(by, said, speaks_for=frozenset({by}), tokens=found)


def test_a_sealed_value_counts_once_two_list_it() -> None:
    engine = fresh(*map(blind, PHONES))
    (before,) = said(engine)
    both = [sealed(PHONE, "JP"), sealed(PHONE, "FR")]
    for entered in (both[:1], [both[0], both[0]], [both[0], sealed("+33 1 70 36 39 50", "FR")]):
        assert not rulings(entered).listed
    engine.decide(rulings([ruled(entry(PHONE))]))
    engine.begin()
    assert said(engine) == [], "what is listed in clear cannot be compared with tokens"
    engine.decide(rulings(both))
    engine.begin()
    (gone,) = said(engine)
    assert (gone.case, gone.status) == (before.case, "withdrawn")
    ends = [sealed(PHONE, by, until=f"2026-06-{day}") for by, day in (("JP", 10), ("FR", 20))]
    day = date(2026, 6, 10).toordinal()
    for some in (ends, ends[::-1], [ends[0], both[1]]):
        assert rulings(some).listed_on(day)
        assert not rulings(some).listed_on(day + 1)


@pytest.mark.parametrize(
    ("value", "known_by", "kinds"),
    [
        (PHONE, "phone", {"phone.1"}),
        ("desk@parcels.example", "email", {"email.1"}),
        ("https://market.example/x", "domain", {"url.1", "mail-domain.1"}),
        ("Wolverhampton Parcels", "name", {"name.1", "name-skeleton.1", "name-run.1"}),
        ("DHL Express GmbH", "name", {"name-word.1"}),
    ],
)
def test_what_is_listed_of_a_sealed_value(value: str, known_by: Known, kinds: set[str]) -> None:
    found = {token.kind for token in sealed(value, "JP", known_by).tokens}
    assert found
    assert found <= kinds


def test_whose_entries_reach_the_engine() -> None:
    duties = {"decisions.asia-pacific": 1}
    members = {
        id: Administration(id=id, name=id, role=role, home="asia-pacific", duties=duties)
        for id, role in (("JP", "administration"), ("COORD-1", "coordinator"))
    }
    clear = listing.entry("courier", "phone", PHONE, "known")

    def heard(by: str, said: Listing, made: tuple[LinkToken, ...] = ()) -> Ruled | None:
        about = listing.subject("n.example", by, said, made)
        (one,) = deciding.submissions(
            about, 1, "NEW", said, what=Listing, tokens=made, topics=list(duties),
            limits=Audience(), handling=listing.HANDLING, reason=None, me=members[by],
            network="n.example", now=1,
        )  # fmt: skip
        writer = Writer(one.origin)
        _, (envelope,) = writer.append([one.statement], SigningKey.generate())
        record = Record(one.origin.topic, 0, 0, 0, one.key, encode_envelope(envelope))
        return receiving.ruled(record, members)

    hidden = listing.sealed(clear, [KEY], 5)
    assert heard("JP", clear) is None, "in clear a coordinator lists"
    assert heard("COORD-1", *hidden) is None, "it has no key that it could have used"
    assert rulings([one for one in [heard("COORD-1", clear)] if one]).listed
    mine = heard("JP", *hidden)
    assert mine
    assert mine.tokens == sealed(PHONE, "JP").tokens
    assert mine.speaks_for == {"JP"}


def test_a_place_is_never_sealed() -> None:
    with pytest.raises(UsageError, match="ever sealed"):
        listing.sealed(listing.entry("hub_port", "place", "NLRTM", "r"), [KEY], 5)
    with pytest.raises(TrustError, match="no community key"):
        listing.sealed(listing.entry("courier", "phone", PHONE, "r"), [], 5)


ENTRIES = st.sampled_from(
    [entry(PHONE), entry("Hengda Leather", "name", "forwarder"), entry("805651990"),
     entry("244770133", until="2020-01-01"), entry("Kumasi Textiles", "name", "broker")]
)  # fmt: skip
BY_TOKEN = st.builds(sealed, st.sampled_from([PHONE, "+86 10 244770133"]), st.sampled_from("ABC"))
ENTERED = st.lists(
    st.builds(ruled, ENTRIES, st.sampled_from(("COORD-1", "COORD-2"))) | BY_TOKEN, max_size=3
)


@settings(max_examples=30, deadline=None)
@given(ENTERED, ENTERED, st.randoms(use_true_random=False))
def test_entries_in_any_order_among_alerts_give_the_same_cases(
    entered: list[Ruled], withdrawn: list[Ruled], rng: random.Random
) -> None:
    def partition(engine: Engine) -> list[tuple[str, ...]]:
        engine.begin(whole=True)
        return sorted(case.members for case in engine.cases())

    heads = [
        *ALERTS,
        *OTHERS,
        *(msgspec.structs.replace(h, subject=f"P{h.subject}") for h in PHONES),
        *(msgspec.structs.replace(blind(h), subject=f"S{h.subject}") for h in PHONES),
    ]
    batch = fresh(*heads)
    batch.decide(rulings(entered))
    expected = partition(batch)
    engine = Engine(weights())
    engine.decide(rulings(withdrawn))
    for at, one in enumerate(rng.sample(heads, len(heads))):
        if at == rng.randrange(len(heads)):
            engine.decide(rulings(rng.sample(entered, len(entered))))
        engine.apply(one)
        if rng.random() < 0.3:
            engine.begin()
            engine.settle()
    engine.decide(rulings(rng.sample(entered, len(entered))))
    assert partition(engine) == expected


def test_it_counts_until_its_day_is_over() -> None:
    known = Rulings(listed=frozenset({Listed("a"), Listed("b", 5)}))
    assert known.listed_on(5) == {"a", "b"}
    assert known.listed_on(6) == {"a"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("courier", "name", "DHL", " "), "for a reason"),
        (("courier", "place", "NLRTM", "r"), "not known by its place"),
        (("hub_port", "name", "Rotterdam", "r"), "not known by its name"),
        (("hub_port", "place", "XXXXX", "r"), "cannot be read as a place"),
        (("broker", "phone", "12", "r"), "cannot be read as a telephone number"),
        (("broker", "email", "desk", "r"), "cannot be read as a mail address"),
        (("marketplace", "domain", "market", "r"), "cannot be read as a domain"),
        (("other", "other", "anything", "r"), "cannot be read as anything"),
        (("courier", "name", "DHL", "r", "tomorrow"), "is not a day"),
    ],
)
def test_what_cannot_be_listed(arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        listing.entry(*arguments)


def test_one_value_is_one_entry_of_a_coordinator() -> None:
    def about(by: str, value: str, until: str | None = None) -> object:
        return listing.subject("n", by, listing.entry("courier", "name", value, "r", until))

    assert about("COORD-1", "DHL  Express") == about("COORD-1", "dhl express", "2027-12-31")
    assert about("COORD-1", "DHL") != about("COORD-2", "DHL")
    assert "hub_port" in listing.services()
    assert "other" not in listing.services()
