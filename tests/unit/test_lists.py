"""Lists that coordinators keep: what they name ties nobody to anybody, in any order."""

import random
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_decisions import ALERTS, OTHERS, fresh, head, said, subjects

from entente.alert.listing import Known, Listing, Service
from entente.alert.record import Party, Seizure
from entente.coordinate import listing
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.listed import Listed, listed
from entente.correlate.model import weights
from entente.correlate.rulings import Ruled, Rulings, rulings
from entente.errors import UsageError

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


ENTRIES = st.sampled_from(
    [entry(PHONE), entry("Hengda Leather", "name", "forwarder"), entry("805651990"),
     entry("244770133", until="2020-01-01"), entry("Kumasi Textiles", "name", "broker")]
)  # fmt: skip
ENTERED = st.lists(st.builds(ruled, ENTRIES, st.sampled_from(("COORD-1", "COORD-2"))), max_size=3)


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
        (("broker", "phone", "12", "r"), "cannot be read as a phone"),
        (("broker", "email", "desk", "r"), "cannot be read as a email"),
        (("marketplace", "domain", "market", "r"), "cannot be read as a domain"),
        (("other", "other", "anything", "r"), "cannot be read as a other"),
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
