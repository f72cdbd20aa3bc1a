"""What an administration writes down of a consignment: the alert, and what can be seen in it.

Fields are left out as the administration is used to, values are spelt in its hand, placeholders
fill holes, and now and then a digit slips. For planted consignments the values that can tie alerts
together are noted as they are written, so that the truth knows what each version shows.
"""

from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

import msgspec

from entente.alert import record as r
from entente.exercise import numbers
from entente.exercise.draft import Draft, Seen
from entente.exercise.nominal import nominal
from entente.exercise.places import City
from entente.exercise.spelling import write_phone
from entente.exercise.world import Issuer, World

_FIRST = date(2025, 1, 1)
_MODE: dict[str, r.TransportMode] = {
    "sea": "1", "rail": "2", "road": "3", "air": "4", "mail": "5", "express": "4",
}  # fmt: skip
SLIP = 0.015
"""Probability that a container number is copied with a slip."""


@lru_cache(maxsize=4096)
def day_text(day: int) -> str:
    """The ISO date of a day of the world."""
    return (_FIRST + timedelta(days=day)).isoformat()


def report(world: World, draft: Draft, ref: str, rng: Random, seen: Seen | None) -> r.AnyAlert:
    """The alert that the issuer makes of a draft; ``seen`` collects what can tie it to others."""
    issuer = world.by_code[draft.issuer]
    goods, route = _goods(draft, issuer, rng, seen), _route(draft, issuer, rng)
    common: dict[str, Any] = {
        "national_ref": ref,
        "route": route,
        "transport": _transport(world, draft, issuer, rng, seen),
        "goods": (goods,),
        "concealment": _concealment(draft, issuer, rng),
        "modus": draft.modus,
        "risks": _risks(draft),
        "nominal": nominal(draft, issuer, rng, seen),
        "remarks": _remarks(draft, issuer, rng, seen),
    }
    if (
        seen is not None
        and "brand" in draft.ties
        and goods.rights
        and (route.origin or route.departure)
    ):
        seen[draft.ties["brand"]] = str(goods.rights[0].brand)
    when = day_text(draft.day)
    if draft.kind == "warning":
        return r.Warning(valid_from=when, valid_until=day_text(draft.day + 60), **common)
    event = r.Event(
        date=when if rng.random() < 0.97 else when[:7],
        office=draft.location.locode if rng.random() < 0.8 else None,
        detection=("risk_profile",) if rng.random() < 0.5 else (),
        direction="import" if draft.location == draft.destination else "transit",
        basis="ex_officio" if rng.random() < 0.4 else None,
    )
    if draft.kind == "detention":
        return r.Detention(event=event, deadline=day_text(draft.day + 10), **common)
    return r.Seizure(event=event, **common)


def _leg(city: City, issuer: Issuer) -> r.Leg:
    if issuer.hand.layout == 0:
        return r.Leg(country=city.country)
    if issuer.hand.layout == 1:
        return r.Leg(country=city.country, name=city.name)
    return r.Leg(country=city.country, place=city.locode)


def _transit(city: City, draft: Draft, issuer: Issuer) -> r.Leg:
    leg = _leg(city, issuer)
    if draft.zone is None:
        return leg
    return msgspec.structs.replace(leg, free_zone=True, zone=draft.zone)


def _route(draft: Draft, issuer: Issuer, rng: Random) -> r.Route:
    gives = issuer.gives
    return r.Route(
        origin=_leg(draft.origin, issuer) if rng.random() < gives["origin"] else None,
        departure=_leg(draft.departure, issuer) if rng.random() < gives["departure"] else None,
        transit=tuple(_transit(c, draft, issuer) for c in draft.transit)
        if rng.random() < gives["transit"]
        else (),
        location=r.Leg(country=draft.location.country, place=draft.location.locode),
        destination=_leg(draft.destination, issuer),
    )


def _transport(
    world: World, draft: Draft, issuer: Issuer, rng: Random, seen: Seen | None
) -> r.Transport:
    gives = issuer.gives
    containers, documents = [], []
    for number in draft.containers:
        if rng.random() < gives["container"]:
            roll = rng.random()
            written = numbers.slip(number, rng) if roll < SLIP + draft.craft * 0.08 else number
            seals = tuple(draft.seals) if rng.random() < gives["seal"] else ()
            containers.append(r.Container(number=written, seals=seals))
            if seen is not None:
                seen[f"container:{number}"] = written
                seen.update((f"seal:{seal}", seal) for seal in seals)
    for kind, number in draft.documents:
        if rng.random() < gives["document"]:
            documents.append(r.Document(kind=kind, number=number))  # type: ignore[arg-type]  # a literal of ours
            if seen is not None:
                seen[f"document:{number}"] = number
                if "document" in draft.ties:
                    seen[draft.ties["document"]] = number
    carrier = world.carriers.pick(rng) if draft.mode in ("sea", "rail") else None
    return r.Transport(
        mode=_MODE[draft.mode],
        express=True if draft.mode == "express" else None,
        carrier=carrier,
        courier=draft.forwarder.name.key if draft.mode == "express" and draft.forwarder else None,
        conveyances=_conveyances(draft, issuer, rng),
        containers=tuple(containers),
        documents=tuple(documents),
    )


def _conveyances(draft: Draft, issuer: Issuer, rng: Random) -> tuple[r.Conveyance, ...]:
    if draft.vessel is None or rng.random() > issuer.gives["vessel"]:
        return ()
    first, number = draft.vessel
    if draft.mode == "air":
        return (r.Conveyance(kind="aircraft", number=number),)
    if draft.mode == "road":
        return (r.Conveyance(kind="vehicle", number=number, country=draft.departure.country),)
    return (r.Conveyance(kind="vessel", name=first, number=number),)


def _goods(draft: Draft, issuer: Issuer, rng: Random, seen: Seen | None) -> r.Goods:
    product, gives = draft.product, issuer.gives
    lot = draft.lot if rng.random() < gives["lot"] else None
    defect = draft.defect if rng.random() < gives["lot"] else None
    declared: r.Declared | None = None
    values: tuple[r.Value, ...] = ()
    rights: tuple[r.Right, ...] = ()
    if rng.random() < gives["declared"]:
        declared = r.Declared(
            description=r.Text(text=product.declared), hs=product.declared_hs[: issuer.hs_digits]
        )
    if rng.random() < gives["value"]:
        price = Decimal(product.price * draft.quantity)
        if draft.worth != 1.0:
            price = Decimal(f"{product.price * draft.quantity * draft.worth:.2f}")
        values = (r.Value(amount=price, currency="EUR", basis="domestic_retail_genuine"),)
    if draft.brand and draft.branded and rng.random() < gives["brand"]:
        label = draft.brand.name.upper() if issuer.hand.capitals else draft.brand.name
        holder = draft.brand.holder if rng.random() < 0.4 else None
        rights = (r.Right(type="word_mark", brand=label, holder=holder, verdict="fake"),)
    if seen is not None:
        if lot:
            seen[f"lot:{lot}"] = lot
        if defect and "defect" in draft.ties:
            seen[draft.ties["defect"]] = defect
    french = issuer.hand.french
    mass = max(1, int(product.mass * draft.quantity))
    return r.Goods(
        group=product.group,
        category=product.category,
        hs=product.hs[: issuer.hs_digits],
        description=r.Text(
            text=product.french if french else product.english, language="fr" if french else "en"
        ),
        quantity=Decimal(draft.quantity),
        unit=product.unit,
        net_mass=Decimal(mass) if rng.random() < 0.4 else None,
        lot=lot,
        defect=defect,
        declared=declared,
        values=values,
        rights=rights,
    )  # fmt: skip


def _concealment(draft: Draft, issuer: Issuer, rng: Random) -> r.Concealment | None:
    if rng.random() > issuer.gives["concealment"]:
        return None
    if draft.detail:
        return r.Concealment(place="cover_load", detail=draft.detail, cover_load=draft.cover)
    return r.Concealment(place="parcel" if draft.mode in ("mail", "express") else "freight")


def _risks(draft: Draft) -> tuple[r.Risk, ...]:
    risk = draft.product.risk
    if risk is None:
        return ()
    return (r.Risk(area=risk, severity="high" if risk == "medicine" else "medium"),)


def _remarks(draft: Draft, issuer: Issuer, rng: Random, seen: Seen | None) -> r.Text | None:
    """At times a number is told in the remarks, whether or not it has a field."""
    if rng.random() > issuer.gives["remarks"]:
        return None
    who = draft.consignee if rng.random() < 0.5 else draft.consignor
    if who and who.phones and issuer.gives["parties"] and rng.random() < 0.6:
        written = write_phone(who.phones[0], who.place.city.country, issuer.hand, rng, draft.craft)
        if seen is not None and not who.trap:
            seen[f"phone:{who.phones[0]}"] = written
        text = (
            f"Contact du destinataire {written}"
            if issuer.hand.french
            else f"Contact tel. {written}"
        )
        return r.Text(text=text, language="fr" if issuer.hand.french else "en")
    if draft.containers:
        if seen is not None:
            seen[f"container:{draft.containers[0]}"] = draft.containers[0]
        return r.Text(text=f"Unloaded from {draft.containers[0]}", language="en")
    return r.Text(text=f"Declared as {draft.product.declared}", language="en")
