"""Normalisation: the published vectors, the values of whole records, and laws for any input."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as st

from entente.alert.record import (
    Address,
    Container,
    Conveyance,
    Document,
    Goods,
    Nominal,
    Party,
    Person,
    Seizure,
    Shop,
    Transport,
)
from entente.alert.record import Event as Happening
from entente.seal import addresses, identifiers, names
from entente.seal.normalise import KINDS, MIDDLEMAN, Value, nominal_values, open_values
from entente.seal.words import words
from entente.wire.schemas import FOLDER

VECTORS = json.loads((FOLDER / "vectors" / "normalise.json").read_bytes())


def of_name(kind: Callable[[names.Words], object]) -> Callable[..., object]:
    return lambda text, city=None: kind(names.name_words(text, city))


def of_address(kind: Callable[[addresses.Parts], object]) -> Callable[..., object]:
    return lambda address: kind(addresses.parts(address))


BY_KIND: dict[str, Callable[..., object]] = {
    "phone.1": identifiers.phone_1,
    "email.1": identifiers.email_1,
    "mailbox.1": identifiers.mailbox_1,
    "mail-domain.1": identifiers.mail_domain_1,
    "name.1": of_name(names.name_1),
    "name-skeleton.1": of_name(names.name_skeleton_1),
    "name-run.1": of_name(names.name_run_1),
    "name-pair.1": of_name(names.name_pair_1),
    "name-word.1": of_name(names.name_word_1),
    "address.1": of_address(addresses.address_1),
    "street.1": of_address(addresses.street_1),
    "postcode.1": of_address(addresses.postcode_1),
    "door.1": of_address(addresses.door_1),
    "lane.1": of_address(addresses.lane_1),
    "tax-id.1": identifiers.tax_id_1,
    "lei.1": identifiers.lei_1,
    "shop.1": identifiers.shop_1,
    "seller.1": identifiers.seller_1,
    "url.1": identifiers.url_1,
    "payment.1": identifiers.payment_1,
    "person-document.1": identifiers.person_document_1,
    "container.1": identifiers.container_1,
    "container-slip.1": identifiers.container_slip_1,
    "seal-number.1": identifiers.seal_number_1,
    "document.1": identifiers.document_1,
    "imo.1": identifiers.imo_1,
    "flight.1": identifiers.flight_1,
    "plate.1": identifiers.plate_1,
    "lot.1": identifiers.lot_1,
}


def as_list(found: object) -> list[object]:
    if isinstance(found, tuple):
        return list(found)
    return [] if found is None else [found]


@pytest.mark.parametrize(
    "vector", VECTORS, ids=lambda v: f"{v['kind']} {list(v['input'].values())}"
)
def test_the_published_vectors(vector: dict[str, Any]) -> None:
    arguments = vector["input"]
    if "address" in arguments:
        arguments = {"address": msgspec.convert(arguments["address"], Address)}
    assert as_list(BY_KIND[vector["kind"]](**arguments)) == vector["values"]


def test_every_kind_has_vectors_that_give_a_value_and_is_described() -> None:
    given = {vector["kind"] for vector in VECTORS if vector["values"]}
    assert given == set(BY_KIND)
    assert given | {"born.1"} == set(KINDS)
    text = (FOLDER / "normalisations.md").read_text("utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []


SAME = [
    ("phone.1", ["+86 805 651 990", "0086 805651990", "(86) 80.565.1990", "0805651990"]),
    ("name-run.1", ["永发", "Yongfa Trading Ltd", "WING FAT CO., LIMITED", "Yong-Fa"]),
    ("name-skeleton.1", ["Mohamed Al-Haddad", "HADDAD Muhammad", "محمد الحداد"]),
    ("name.1", ["Smith, John", "JOHN SMITH", " John   Smith "]),
    ("email.1", ["Info@example.com", "info(at)example.com", "INFO+a1@example.com "]),
]


@pytest.mark.parametrize(("kind", "spellings"), SAME)
def test_spellings_of_one_value_meet(kind: str, spellings: list[str]) -> None:
    assert len({BY_KIND[kind](spelling) for spelling in spellings}) == 1
    assert BY_KIND[kind](spellings[0])


def test_addresses_in_a_line_and_in_parts_meet() -> None:
    line = Address(text="ROOM 3, NO. 12, NGUYEN HUE ST, 700000 HO CHI MINH", country="VN")
    parts = Address(street="Nguyen Hue Street", number="12", postcode="700 000", country="VN")
    assert addresses.parts(line) == addresses.parts(parts)


def seizure(**more: Any) -> Seizure:
    return Seizure(national_ref="1", event=Happening(date="2026-03-01"), **more)


def test_the_values_of_an_open_part() -> None:
    alert = seizure(
        transport=Transport(
            containers=(Container(number="CSQU 305438 3", seals=("HJ-123456",)),),
            documents=(Document(kind="bill_of_lading", number="MAEU 58112904"),),
            conveyances=(
                Conveyance(kind="vessel", number="IMO 9319466"),
                Conveyance(kind="aircraft", number="CX 0839"),
                Conveyance(kind="vehicle", number="AB-123-CD"),
                Conveyance(kind="train", number="4711"),
            ),
        ),
        goods=(Goods(lot="LOT 77A12"), Goods()),
    )
    assert open_values(alert) == {
        Value("container.1", "CSQU3054383"),
        Value("container-slip.1", "CSQU0333458"),
        Value("seal-number.1", "HJ123456"),
        Value("document.1", "MAEU58112904"),
        Value("imo.1", "9319466"),
        Value("flight.1", "CX839"),
        Value("plate.1", "AB123CD"),
        Value("lot.1", "77A12"),
    }
    assert open_values(seizure()) == frozenset()


def test_the_values_of_a_nominal_part() -> None:
    who = Nominal(
        parties=(
            Party(
                role="consignor",
                name="Hengda Leather Co., Ltd., Guangzhou",
                aliases=("Yongfa",),
                address=Address(street="Hai Lu", number="5", city="Guangzhou", country="CN"),
                phones=("+86 805 651 990", "unknown"),
                emails=("info@hengda.example",),
                tax_ids=("91440101MA5",),
                lei="529900T8BM49AURSDO55",
                shops=(
                    Shop(platform="AliShop", seller="hd88", url="https://alishop.example/hd88"),
                ),
                payments=("@hengda_pay",),
            ),
        ),
        persons=(
            Person(name="Wong Wing Fat", born="1970-02-03", document="K1234567(8)"),
            Person(name="Lee Fook", born="1970"),
        ),
    )
    found = nominal_values(who)
    assert {value.kind for value in found} == {
        "name.1", "name-skeleton.1", "name-run.1", "name-pair.1", "name-word.1", "street.1",
        "phone.1", "email.1", "mailbox.1", "mail-domain.1", "tax-id.1", "lei.1", "shop.1",
        "seller.1", "url.1", "payment.1", "born.1", "person-document.1",
    }  # fmt: skip
    assert Value("name.1", "hengda") in found
    assert [value.text for value in found if value.kind == "born.1"] == ["ft vng 1970-02-03"]


def test_what_a_middleman_has_is_said_as_his_and_as_everybodys() -> None:
    courier = Party(role="courier", name="Swift Parcels", phones=("+1 555 010 4477",))
    behind = Party(role="consignor", name="Swift Parcels", phones=("+1 555 010 9911",))
    found = nominal_values(Nominal(parties=(courier, behind)))
    assert Value("phone.1", "550109911") in found
    assert Value(MIDDLEMAN + "phone.1", "550104477") in found
    assert Value(MIDDLEMAN + "name.1", "parcels swift") in found
    assert {v.text for v in found if v.kind == "phone.1"} == {"550109911", "550104477"}
    assert [v.text for v in found if v.kind == "name.1"] == ["parcels swift"]


@settings(max_examples=60, deadline=None)
@for_any(st.text(max_size=60))
def test_any_text_is_taken_and_the_answer_is_plain(text: str) -> None:
    """No input raises; each value is stable: normalised again it stays, or is not usable."""
    for kind, function in BY_KIND.items():
        if kind in ("address.1", "street.1", "postcode.1", "door.1", "lane.1"):
            arguments: tuple[Any, ...] = (Address(text=text, street=text, number=text),)
        else:
            arguments = (text, text) if kind == "shop.1" else (text,)
        found = as_list(function(*arguments))
        assert all(isinstance(value, str) and value for value in found)
    for stable in ("phone.1", "container.1", "lei.1", "imo.1", "seal-number.1", "document.1"):
        once = BY_KIND[stable](text)
        assert once is None or BY_KIND[stable](once) == once


@settings(max_examples=40, deadline=None)
@for_any(st.permutations(["Hengda", "Fortune", "Guangyuan", "Sunrise"]), st.booleans())
def test_word_order_and_capitals_do_not_count(order: list[str], capitals: bool) -> None:
    text = " ".join(order)
    text = text.upper() if capitals else text
    found = names.name_words(text)
    assert names.name_1(found) == "fortune guangyuan hengda sunrise"
    assert names.name_pair_1(found) == names.name_pair_1(sorted(found))


def test_the_tables_are_plain() -> None:
    table = words()
    assert table.version == 1
    for listed in (table.legal_forms, table.particles, table.trades, table.street_words):
        assert all(word.isascii() and word == word.lower() and word.isalpha() for word in listed)
    assert not set(table.readings) & set(table.readings.values())
