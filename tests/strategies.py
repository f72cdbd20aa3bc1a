"""Hypothesis strategies for whole alerts that keep every rule, and for texts meant to hurt.

``alerts()`` draws what ``validate`` accepts: any field may be absent, any allowed word, code,
date or character may stand where it may stand.
"""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from entente.alert.checkdigits import (
    AIR_WAYBILL,
    CONTAINER,
    LEGAL_ENTITY,
    POSTAL_ITEM,
    SHIP,
    Scheme,
)
from entente.alert.codes import lists, locode
from entente.alert.fields import Field, fields
from entente.alert.handling import Handling
from entente.alert.record import (
    Alert,
    AnyAlert,
    Attachment,
    Container,
    Conveyance,
    Detention,
    Document,
    Event,
    Feedback,
    Goods,
    Leg,
    Nominal,
    Party,
    Person,
    Right,
    Route,
    Seizure,
    Shop,
    Text,
    Value,
    Warning,
)

NEVER = "\u061c\u200e\u200f\u2028\u2029\ufeff\ufffe\uffff" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
"""Characters that no text of an alert may have, besides controls and lone surrogates."""


def lines(max_size: int = 30) -> st.SearchStrategy[str]:
    """Texts of one line in any script."""
    characters = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters=NEVER)
    return st.text(characters, min_size=1, max_size=max_size).map(str.strip).filter(bool)


def free_texts() -> st.SearchStrategy[str]:
    """Texts that may have line breaks and tabs."""
    return st.lists(lines(), min_size=1, max_size=3).map("\n\t".join)


def hostile_texts() -> st.SearchStrategy[str]:
    """Anything a Python string can hold, with what breaks terminals, parsers and readers."""
    bad = ["", " ", "\x00", "\x1b[2J", "\ud800", "\u202e", "\ufeff", "a\r\nb", "../..", "'; --",
           "{{7*7}}", "=1+1", "NaN", "1e999999999", "x" * 5_000,
           "\U0001d7d9", "\u0663"]  # fmt: skip
    anything = st.text(st.characters(exclude_categories=()), max_size=20)
    return st.one_of(st.sampled_from(bad), anything, st.builds("{}{}".format, lines(), anything))


def decimals() -> st.SearchStrategy[Decimal]:
    """Amounts, also in exponent notation."""
    return st.one_of(
        st.decimals(0, 10**15, places=3, allow_nan=False).map(abs),
        st.sampled_from([Decimal("0"), Decimal("1E+3"), Decimal("12.500"), Decimal("0E-9")]),
    )


def days() -> st.SearchStrategy[date]:
    """Days that a date of an alert may name, with a year to spare."""
    return st.dates(date(1900, 1, 1), date(2198, 12, 31))


def partial_dates() -> st.SearchStrategy[str]:
    """Dates of day, month or year precision."""
    return st.builds(lambda day, n: day.isoformat()[:n], days(), st.sampled_from([4, 7, 10]))


def uuids() -> st.SearchStrategy[str]:
    """Subjects as alerts write them."""
    return st.uuids().map(str)


def numbers_of(scheme: Scheme, prefix: str, digits: int, suffix: str) -> st.SearchStrategy[str]:
    """Numbers of a scheme with the right check digits."""

    def whole(number: int) -> str:
        zeros = "0" * (scheme.check.stop - scheme.check.start)
        body = f"{prefix}{number:0{digits}}"
        return body + scheme.digit(body + zeros + suffix) + suffix

    return st.integers(0, 10**digits - 1).map(whole)


NUMBERS = {
    "vessel": numbers_of(SHIP, "", 6, ""),
    "postal_item": numbers_of(POSTAL_ITEM, "RR", 8, "GB"),
    "master_air_waybill": numbers_of(AIR_WAYBILL, "", 10, ""),
}


def _codes(codes: Any) -> st.SearchStrategy[str]:
    return st.deferred(lambda: st.sampled_from(sorted(codes())))


def _places() -> list[str]:
    """One place of each country: a hundred thousand would make every example slow."""
    one_each = {code[:2]: code for code in sorted(locode.codes())}
    return [code for country, code in one_each.items() if country in lists.countries()]


COUNTRIES = _codes(lambda: lists.countries().codes)
PLACES = _codes(_places)
BY_FIELD: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (Alert, "national_ref"): lines().map(lambda text: unicodedata.normalize("NFC", text).strip()),
    (Text, "text"): free_texts(),
    (Text, "language"): _codes(lambda: lists.languages().codes),
    (Value, "currency"): _codes(lambda: lists.currencies().codes),
    (Container, "number"): numbers_of(CONTAINER, "CSQU", 6, ""),
    (Right, "nice"): st.integers(1, 45),
    (Goods, "category"): _codes(lambda: lists.categories().codes),
    (Goods, "unit"): _codes(lambda: lists.units().codes),
    (Attachment, "sha256"): st.binary(min_size=32, max_size=32).map(bytes.hex),
    (Attachment, "media_type"): st.sampled_from(["image/jpeg", "application/pdf"]),
    (Attachment, "size"): st.integers(0, 1 << 40),
    (Shop, "url"): st.just("https://shop.example.com/seller?id=1"),
    (Party, "lei"): numbers_of(LEGAL_ENTITY, "2138ABCDEF", 8, ""),
    (Handling, "information_grade"): st.integers(1, 4),
    (Handling, "expires_at"): st.integers(10**15, 7 * 10**15),
    (Event, "office"): PLACES,
    (Person, "nationality"): COUNTRIES,
}
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "hs": _codes(lambda: lists.harmonized_system().codes),
    "packaging": _codes(lambda: lists.packaging().codes),
    "country": COUNTRIES,
    "phones": st.sampled_from(["+81 3 1234 5678", "0033 (1) 23.45"]),
    "emails": st.sampled_from(["sales@example.com", "用户@例子.example"]),
    "born": partial_dates(),
    "verdict_date": partial_dates(),
    "date": partial_dates(),
    "valid_from": partial_dates(),
    "based_on": uuids(),
    "partner_alert": uuids(),
    "about": uuids(),
    "seizures": uuids(),
    "about_version": st.integers(1, 2**31 - 1),
}


def _value(cls: type, field: Field) -> st.SearchStrategy[Any]:
    if field.part:
        return parts(field.type)
    if field.words:
        return st.sampled_from(field.words)
    for base in cls.__mro__:
        if (base, field.name) in BY_FIELD:
            return BY_FIELD[base, field.name]
    if field.name in BY_NAME:
        return BY_NAME[field.name]
    return {str: lines(), bool: st.booleans(), Decimal: decimals()}[field.type]


def _given(cls: type, field: Field) -> st.SearchStrategy[Any]:
    one = _value(cls, field)
    return st.lists(one, min_size=1, max_size=2, unique=True).map(tuple) if field.many else one


@cache
def parts(cls: Any) -> st.SearchStrategy[Any]:
    """Any record of a type: any of its fields given; relations between them are mended."""
    required, optional = {}, {}
    for info, field in zip(msgspec.structs.fields(cls), fields(cls).values(), strict=True):
        (required if info.required else optional)[field.name] = _given(cls, field)
    chosen = st.sets(st.sampled_from(sorted(optional)), max_size=4) if optional else st.just(set())
    drawn = chosen.flatmap(
        lambda names: st.builds(cls, **required, **{name: optional[name] for name in names})
    )
    mending = MENDING.get(cls)
    return (
        st.builds(lambda part, mend: mend(part), drawn, mending) if mending is not None else drawn
    )


def _mend(**values: Any) -> Any:
    return lambda part: msgspec.structs.replace(part, **values)


def _legs(place: str | None, country: str | None, zone: str | None) -> Any:
    return _mend(
        place=place,
        country=place[:2] if place else country,
        zone=zone,
        free_zone=True if zone else None,
    )


def _events(day: date, seconds: list[int], precision: int) -> Any:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    detected, reported = (
        (start + timedelta(seconds=s)).isoformat().replace("+00:00", "Z") for s in sorted(seconds)
    )
    return _mend(date=day.isoformat()[:precision], detected_at=detected, reported_at=reported)


def _numbered(number_of_kind: dict[str, str]) -> Any:
    def mend(part: Any) -> Any:
        number = number_of_kind.get(part.kind, part.number)
        return msgspec.structs.replace(part, number=number)

    return mend


MENDING: dict[type, st.SearchStrategy[Any]] = {
    Leg: st.builds(_legs, st.none() | PLACES, st.none() | COUNTRIES, st.none() | lines()),
    Route: st.just(
        lambda route: msgspec.structs.replace(
            route,
            transit=tuple(msgspec.structs.replace(leg, date=None) for leg in route.transit),
            destination=None,
        )
    ),
    Event: st.builds(
        _events,
        days(),
        st.lists(st.integers(0, 10**7), min_size=2, max_size=2),
        st.sampled_from([4, 7, 10]),
    ),
    Goods: st.just(
        lambda goods: msgspec.structs.replace(
            goods, group=goods.group or "ipr", unit=goods.unit or "KGM"
        )
    ),
    Conveyance: st.fixed_dictionaries({"vessel": NUMBERS["vessel"]}).map(_numbered),
    Document: st.fixed_dictionaries(
        {kind: NUMBERS[kind] for kind in ("postal_item", "master_air_waybill")}
    ).map(_numbered),
    Handling: st.just(_mend(codes=("H1", "H3"), conditions="Ask first.")),
}


@st.composite
def alerts(
    draw: st.DrawFn, kinds: tuple[type[Any], ...] = (Seizure, Detention, Warning, Feedback)
) -> AnyAlert:
    """Alerts that ``validate`` accepts, of the kinds given."""
    alert = draw(parts(draw(st.sampled_from(kinds))))
    change: dict[str, Any] = {"unknown": ()}
    if isinstance(alert, Seizure | Detention):
        location = Leg(country=draw(COUNTRIES))
        change["route"] = msgspec.structs.replace(alert.route, location=location)
        change["goods"] = alert.goods or (Goods(hs="6404"),)
    if isinstance(alert, Detention):
        change["deadline"] = draw(st.sampled_from([None, alert.event.date, "2199"]))
    if isinstance(alert, Warning):
        change["valid_until"] = draw(st.sampled_from([None, alert.valid_from, "2199-12"]))
    if isinstance(alert, Feedback):
        change["outcome"] = draw(st.sampled_from(["seized", "ongoing"]))
    alert = msgspec.structs.replace(alert, **change)
    names = (name for name in fields(type(alert)) if name != "unknown")
    absent = [name for name in names if getattr(alert, name) in (None, ())]
    unknown = draw(st.lists(st.sampled_from(absent), unique=True, max_size=2)) if absent else []
    return msgspec.structs.replace(alert, unknown=tuple(f"/{name}" for name in unknown))


def nominals() -> st.SearchStrategy[Nominal]:
    """Nominal parts."""
    return parts(Nominal)


def handlings() -> st.SearchStrategy[Handling]:
    """Handling marks."""
    return parts(Handling)
