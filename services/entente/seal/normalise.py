"""What of an alert links it to others: canonical values by kind, the same for every implementation.

A kind names what is compared and the version of its normalisation (``phone.1``). Publishers make
link tokens of the values of a sealed part; the correlator compares the values of an open one. The
rules, in words and with test vectors: ``schemas/normalisations.md``.
"""

from collections.abc import Iterator
from typing import NamedTuple

from entente.alert.record import Consignment, Nominal, Party, Person, Shop
from entente.seal import identifiers as ids
from entente.seal.addresses import address_1, door_1, lane_1, parts, postcode_1, street_1
from entente.seal.names import (
    name_1,
    name_pair_1,
    name_run_1,
    name_skeleton_1,
    name_word_1,
    name_words,
)

KINDS = (
    "phone.1", "email.1", "mailbox.1", "mail-domain.1", "name.1", "name-skeleton.1", "name-run.1",
    "name-pair.1", "name-word.1", "born.1", "address.1", "street.1", "door.1", "lane.1",
    "postcode.1", "tax-id.1", "lei.1", "shop.1", "seller.1", "url.1", "payment.1",
    "person-document.1", "container.1", "container-slip.1", "seal-number.1", "document.1",
    "imo.1", "flight.1", "plate.1", "lot.1",
)  # fmt: skip
"""Every kind. Those of middlemen have ``middleman-`` in front."""
MIDDLEMEN = frozenset({"forwarder", "carrier", "courier", "declarant"})
"""Roles of those who handle goods of many: what they share says little about the goods."""
MIDDLEMAN = "middleman-"


class Value(NamedTuple):
    """A canonical value and what it is."""

    kind: str
    text: str


def nominal_values(nominal: Nominal) -> frozenset[Value]:
    """Return the values of a nominal part.

    What a middleman has is said twice: under kinds of its own, and as everybody's, for only so can
    it be known that a phone elsewhere said to be the consignor's is a courier's.
    """
    middlemen: set[Value] = set()
    others: set[Value] = set()
    for party in nominal.parties:
        (middlemen if party.role in MIDDLEMEN else others).update(_party(party))
    for person in nominal.persons:
        others.update(_person(person))
    marked = {Value(MIDDLEMAN + value.kind, value.text) for value in middlemen}
    return frozenset(marked | middlemen | others)


def open_values(consignment: Consignment) -> frozenset[Value]:
    """Return the values of an alert's open part."""
    found: set[Value] = set()
    transport = consignment.transport
    if transport is not None:
        for container in transport.containers:
            found.update(_some("container.1", ids.container_1(container.number)))
            found.update(_some("container-slip.1", ids.container_slip_1(container.number)))
            for seal in container.seals:
                found.update(_some("seal-number.1", ids.seal_number_1(seal)))
        for document in transport.documents:
            found.update(_some("document.1", ids.document_1(document.number)))
        for means in transport.conveyances:
            number = means.number or ""
            if means.kind == "vessel":
                found.update(_some("imo.1", ids.imo_1(number)))
            elif means.kind == "aircraft":
                found.update(_some("flight.1", ids.flight_1(number)))
            elif means.kind in ("vehicle", "trailer"):
                found.update(_some("plate.1", ids.plate_1(number)))
    for goods in consignment.goods:
        found.update(_some("lot.1", ids.lot_1(goods.lot or "")))
    return frozenset(found)


def _party(party: Party) -> Iterator[Value]:
    city = party.address.city if party.address else None
    country = party.address.country if party.address else None
    yield from _contacts(party)
    for name in (party.name, *party.aliases):
        yield from _name(name, city)
    for number in party.tax_ids:
        yield from _some("tax-id.1", ids.tax_id_1(number, country))
    yield from _some("lei.1", ids.lei_1(party.lei or ""))
    for shop in party.shops:
        yield from _shop(shop)
    for payment in party.payments:
        yield from _some("payment.1", ids.payment_1(payment))


def _person(person: Person) -> Iterator[Value]:
    yield from _contacts(person)
    for name in (person.name, *person.aliases):
        yield from _name(name, None)
        bones = name_skeleton_1(name_words(name))
        if bones and person.born and len(person.born) == len("2026-03-01"):
            yield Value("born.1", f"{bones} {person.born}")
    yield from _some("person-document.1", ids.person_document_1(person.document or ""))


def _contacts(who: Party | Person) -> Iterator[Value]:
    for phone in who.phones:
        yield from _some("phone.1", ids.phone_1(phone))
    for email in who.emails:
        yield from _some("email.1", ids.email_1(email))
        yield from _some("mailbox.1", ids.mailbox_1(email))
        yield from _some("mail-domain.1", ids.mail_domain_1(email))
    if who.address is not None:
        found = parts(who.address)
        yield from _some("address.1", address_1(found))
        yield from _some("street.1", street_1(found))
        yield from _some("door.1", door_1(found))
        yield from _some("lane.1", lane_1(found))
        yield from _some("postcode.1", postcode_1(found))


def _name(name: str | None, city: str | None) -> Iterator[Value]:
    found = name_words(name or "", city)
    yield from _some("name.1", name_1(found))
    yield from _some("name-skeleton.1", name_skeleton_1(found))
    yield from _some("name-run.1", name_run_1(found))
    for pair in name_pair_1(found):
        yield Value("name-pair.1", pair)
    for word in name_word_1(found):
        yield Value("name-word.1", word)


def _shop(shop: Shop) -> Iterator[Value]:
    if shop.platform and shop.seller:
        yield from _some("shop.1", ids.shop_1(shop.platform, shop.seller))
    yield from _some("seller.1", ids.seller_1(shop.seller or ""))
    yield from _some("url.1", ids.url_1(shop.url or ""))


def _some(kind: str, text: str | None) -> Iterator[Value]:
    if text:
        yield Value(kind, text)
