"""What an alert says that can tie it to another: a pure function of its head.

A *value* is one string, ``kind:form``. Kinds that end in a version (``phone.1``) are those of
``entente.seal.normalise``, and where the nominal part is sealed, link tokens of the same kinds
stand in its place. Values of parties and things identify; values of goods, route and method are
circumstances.
"""

import re
from collections.abc import Iterator, KeysView
from functools import lru_cache
from typing import NamedTuple

from entente.alert.record import (
    Concealment,
    Consignment,
    Goods,
    Leg,
    Party,
    Person,
    Warning,
)
from entente.correlate.bursts.route import event_of, route_of
from entente.correlate.day import day_of
from entente.correlate.head import Head, Token
from entente.correlate.weigh.forms import (
    NameForm,
    address_forms,
    name_form,
    plain,
)
from entente.correlate.weigh.remarks import remarks_values
from entente.seal import identifiers as ids
from entente.seal.identifiers import code
from entente.seal.names import LEAST
from entente.seal.normalise import MIDDLEMAN, MIDDLEMEN, open_values

NAMES = frozenset({"name.1", "name-skeleton.1", "name-run.1", "name-pair.1", "name-word.1"})
"""Where the name itself is open it is compared as a whole, and these count for nothing more."""
_THINGS_ASIDE = frozenset({"imo.1", "flight.1", "container-slip.1"})
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
"""What is written for a lot where there is none, and ties nobody."""
SEALED = -2
"""Owner of a value of which only the token is known."""
STRETCH = 128
"""Numbers of a series that are looked at together."""
_EPOCH = 719_163
"""The proleptic ordinal of 1970-01-01."""


class Actor(NamedTuple):
    """One party of an alert, with its identifying values; names are among them, not in ``ids``."""

    service: bool
    """Named as one who serves everybody: a forwarder, a carrier."""
    name: NameForm | None
    shown: str
    values: tuple[str, ...]


class Number(NamedTuple):
    """A document number that counts up: neighbours were issued one after the other."""

    series: str
    value: int


class Features(NamedTuple):
    """Everything comparable about one alert version."""

    subject: str
    issuer: str
    version: int
    day: int
    actors: tuple[Actor, ...]
    owner: dict[str, int]
    """Identifying value to the index of its party; things and remarks belong to none (-1)."""
    marks: frozenset[str]
    """Tokens of middlemen, under kinds of their own: they say how many shared tokens are theirs."""
    skeletons: frozenset[str]
    """Of the names of all who are no service."""
    circumstances: frozenset[str]
    numbers: tuple[Number, ...]
    containers: tuple[str, ...]
    runs: frozenset[str]
    """Under which its numbers meet their neighbours, and its containers those one slip apart."""
    goods: frozenset[str]
    """Categories, HS headings and groups: what sort of goods it is."""
    sort: str
    """The first of these, or else a brand, for counting sorts."""
    source: str
    target: str
    """Country of origin or departure, and of destination."""
    shown: dict[str, str]
    """Value to how the issuer wrote it, where that differs."""

    @property
    def ids(self) -> KeysView[str]:
        """The identifying values."""
        return self.owner.keys()


def features(head: Head) -> Features | None:
    """The features of a head, or nothing for a withdrawal, for what speaks of no goods, and for a
    warning that rests on other alerts: it says nothing that they did not."""
    alert = head.alert
    if not isinstance(alert, Consignment) or (isinstance(alert, Warning) and alert.based_on):
        return None
    event = event_of(alert)
    when = day_of(event.date if event else alert.valid_from if isinstance(alert, Warning) else None)
    owner: dict[str, int] = {}
    shown: dict[str, str] = {}
    actors = tuple(_actors(alert, owner, shown))
    for value in open_values(alert):
        year = value.kind == "lot.1" and _YEAR.fullmatch(value.text)
        if value.kind not in _THINGS_ASIDE and not year:
            owner.setdefault(f"{value.kind}:{value.text}", -1)
    for kind, form, said in remarks_values(alert):
        # Whose number it is cannot be seen where the parties are sealed.
        own = SEALED if head.tokens and kind in ("phone.1", "email.1") else -1
        owner.setdefault(f"{kind}:{form}", own)
        shown.setdefault(f"{kind}:{form}", said)
    sealed, served, marks = _tokens(head.tokens)
    owner.update(dict.fromkeys(sealed, SEALED))
    if served:
        actors = (*actors, Actor(True, None, "", tuple(sorted(served))))
    numbers = tuple(_numbers(alert))
    containers = tuple(
        code(c.number) for c in (alert.transport.containers if alert.transport else ())
    )
    circumstances = dict(_circumstances(alert))
    shown.update(circumstances)
    return Features(
        subject=head.subject,
        issuer=head.issuer,
        version=head.version,
        day=when[0] if when else head.issued_at // 86_400_000_000 + _EPOCH,
        actors=actors,
        owner=owner,
        marks=frozenset(marks),
        skeletons=frozenset(
            s
            for a in actors
            if a.name and not a.service
            for s in (*a.name.skeletons, *a.name.joined)
        ),
        circumstances=frozenset(circumstances),
        numbers=numbers,
        containers=containers,
        runs=frozenset(_runs(numbers, containers)),
        goods=frozenset(x for line in alert.goods for x in _sorts(line)),
        sort=next((x for line in alert.goods for x in (*_sorts(line), *_brands(line))), ""),
        source=_source(alert).country or "",
        target=route_of(alert)[1] or "",
        shown=shown,
    )


def _tokens(tokens: tuple[Token, ...]) -> tuple[set[str], frozenset[str], set[str]]:
    """Tokens as values: those of who may be an actor, those that are a middleman's, and his marks.

    A middleman's are said under kinds of its own, and as everybody's; of these it is certain only
    where nobody else has any of the kind.
    """
    every: dict[str, set[str]] = {}
    for token in tokens:
        every.setdefault(token.kind, set()).add(f"{token.kind}:{token.epoch}/{token.token}")
    sealed: set[str] = set()
    served: set[str] = set()
    marks: set[str] = set()
    for kind, values in every.items():
        if kind.startswith(MIDDLEMAN):
            marks |= values
        else:
            known = len(every.get(MIDDLEMAN + kind, ())) == len(values)
            (served if known else sealed).update(values)
    return sealed, frozenset(served), marks


_NAMED = 32
"""Of so many parties of an alert the names are compared, each with each of another alert: a longer
list is a manifest, and what identifies the others counts all the same."""


def _actors(alert: Consignment, owner: dict[str, int], shown: dict[str, str]) -> Iterator[Actor]:
    nominal = alert.nominal
    if nominal is None:
        return
    who: list[Party | Person] = [*nominal.parties, *nominal.persons]
    values = [party_values(party) for party in who]
    served = frozenset(v for p, found in zip(who, values, strict=True) if _serves(p) for v in found)
    for index, party in enumerate(who):
        service = _serves(party) or not served.isdisjoint(
            v
            for v in values[index]
            if not v.startswith(("door", "lane", "street", "address", "postcode"))
        )
        city = party.address.city if party.address else None
        for value, said in values[index].items():
            if value.partition(":")[0] not in NAMES:
                owner.setdefault(value, index)
                if said:
                    shown.setdefault(value, said)
        form = name_form(party.name, city) if party.name and index < _NAMED else None
        yield Actor(service, form, party.name or "", tuple(values[index]))


def _serves(party: Party | Person) -> bool:
    return isinstance(party, Party) and party.role in MIDDLEMEN


@lru_cache(maxsize=1 << 15)
def party_values(party: Party | Person) -> dict[str, str]:
    """Every identifying value of one party, with how it is written where that differs."""
    spelt: dict[str, str] = {}
    city = party.address.city if party.address else None
    for name in (party.name, *party.aliases):
        form = name_form(name, city) if name else None
        if form and sum(map(len, form.skeletons)) >= LEAST:
            spelt[f"name-skeleton.1:{' '.join(sorted(set(form.skeletons)))}"] = name or ""
    for phone in party.phones:
        if digits := ids.phone_1(phone):
            spelt[f"phone.1:{digits}"] = phone
    for mail in party.emails:
        if (whole := ids.email_1(mail)) and (domain := ids.mail_domain_1(mail)):
            spelt[f"email.1:{whole}"] = mail
            spelt[f"mail-domain.1:{domain}"] = mail
            if local := ids.mailbox_1(mail):
                spelt[f"mailbox.1:{local}"] = mail
    if party.address:
        for kind, form_ in address_forms(party.address):
            spelt[f"{kind}:{form_}"] = ""
    if isinstance(party, Person):
        if number := ids.person_document_1(party.document or ""):
            spelt[f"person-document.1:{number}"] = party.document or ""
    else:
        spelt.update(_trader(party))
    return spelt


def _trader(party: Party) -> Iterator[tuple[str, str]]:
    country = party.address.country if party.address else None
    for written in party.tax_ids:
        if number := ids.tax_id_1(written, country):
            yield f"tax-id.1:{number}", written
    if lei := ids.lei_1(party.lei or ""):
        yield f"lei.1:{lei}", party.lei or ""
    for account in party.payments:
        if number := ids.payment_1(account):
            yield f"payment.1:{number}", account
    for shop in party.shops:
        if shop.platform and shop.seller and (both := ids.shop_1(shop.platform, shop.seller)):
            yield f"shop.1:{both}", shop.seller
        if url := ids.url_1(shop.url or ""):
            yield f"url.1:{url}", shop.url or ""
        if seller := ids.seller_1(shop.seller or ""):
            yield f"seller.1:{seller}", shop.seller or ""


def _numbers(alert: Consignment) -> Iterator[Number]:
    for document in alert.transport.documents if alert.transport else ():
        if number := number_of(code(document.number)):
            yield number


@lru_cache(maxsize=1 << 14)
def number_of(form: str) -> Number | None:
    """A document's number as one of a series: what is before its digits, and how many there are.

    The check digits of postal items and air waybills do not count up and are left out.
    """
    letters = form.rstrip("0123456789")
    if len(form) == 13 and form[2:11].isdecimal() and (form[:2] + form[11:]).isalpha():
        return Number(f"{form[:2]}{form[11:]}", int(form[2:10]))
    if len(form) == 11 and not letters:
        return Number(form[:3], int(form[3:10]))
    if 4 <= len(form) - len(letters) <= 12 and len(form) > 6:
        return Number(f"{letters} {len(form)}".lstrip(), int(form[len(letters) :]))
    return None


def stretch(number: Number) -> str:
    """The stretch of its series that a number lies in."""
    return f"near:{number.series} {number.value // STRETCH}"


def _runs(numbers: tuple[Number, ...], containers: tuple[str, ...]) -> Iterator[str]:
    for number in numbers:
        yield stretch(number)
        yield f"near:{number.series} {(number.value + STRETCH // 2) // STRETCH}'"
    for container in containers:
        if len(container) == 11:
            owner, serial = container[:4], container[4:]
            for i in range(7):
                yield f"slip:{owner}{serial[:i]}?{serial[i + 1 :]}"
            yield f"slip:{owner}{''.join(sorted(serial))}"


def _sorts(line: Goods) -> Iterator[str]:
    if line.category:
        yield line.category
    if line.hs:
        yield line.hs[:4]
    if line.group and line.group != "ipr":
        yield line.group


def _brands(line: Goods) -> Iterator[str]:
    for right in line.rights:
        if label := plain(right.brand or "").replace(" ", ""):
            yield label


def _circumstances(alert: Consignment) -> Iterator[tuple[str, str]]:
    """Value and wording of everything about goods, route and method."""
    route = alert.route
    departure, destination = route_of(alert)
    source = _source(alert)
    passed = [leg.country or "" for leg in route.transit]
    way = "-".join([departure or source.country or "", *passed, destination or ""])
    for line in alert.goods:
        yield from _goods(line, source, way if len(way) > 4 else "")
    yield from _method(alert)


def _source(alert: Consignment) -> Leg:
    legs = (alert.route.origin, alert.route.departure, alert.route.provenance)
    return next((leg for leg in legs if leg and leg.country), Leg())


def _goods(line: Goods, source: Leg, way: str) -> Iterator[tuple[str, str]]:
    sort = line.category or (line.hs or "")[:4] or line.group or ""
    place = source.place or plain(source.name or "")
    around = (("origin", source.country), ("place", place), ("way", way), ("sort", sort))
    for right in line.rights:
        label = plain(right.brand or "").replace(" ", "")
        for kind, form in around if label else ():
            if form:
                yield f"brand-{kind}:{label} {form}", f"{right.brand}, {form}"
    if sort and way:
        yield f"sort-way:{sort} {way}", f"{sort} by {way}"
    declared = line.declared
    if declared and sort:
        said = plain(declared.description.text) if declared.description else declared.hs
        if said:
            yield f"declared:{sort} {said}", f"{sort} declared as {said}"
    if line.defect:
        yield f"defect:{' '.join(sorted(plain(line.defect).split()))}", line.defect


def _method(alert: Consignment) -> Iterator[tuple[str, str]]:
    hiding = alert.concealment or Concealment()
    if detail := plain(hiding.detail or ""):
        yield f"hidden:{detail}", hiding.detail or ""
    if hiding.packaging and (cover := plain(hiding.cover_load or "")):
        yield f"cover:{cover} {hiding.packaging}", f"{cover} in {hiding.packaging}"
    for vehicle in alert.transport.conveyances if alert.transport else ():
        if vehicle.kind not in ("vehicle", "trailer") and (vehicle.number or vehicle.name):
            form = code(vehicle.number or vehicle.name or "")
            voyage = f" {code(vehicle.voyage)}" if vehicle.voyage else ""
            yield f"vessel:{form}{voyage}", vehicle.name or vehicle.number or ""
    for party in alert.nominal.parties if alert.nominal else ():
        if party.role in MIDDLEMEN and party.name and (name := name_form(party.name)):
            yield f"service:{' '.join(sorted(name.skeletons))}", party.name
