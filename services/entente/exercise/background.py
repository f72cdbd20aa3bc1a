"""Ordinary trade: one consignment as it comes, with everything that strangers share.

Couriers, forwarders, marketplaces, lockers, popular brands and common names are drawn from pools
with heavy tails; a true network starts from the same consignment, so nothing but what its actors
have in common tells it apart.
"""

from random import Random

from entente.alert.record import Modus
from entente.exercise import numbers
from entente.exercise.actors import Actor
from entente.exercise.chance import below, between, one
from entente.exercise.cultures import word
from entente.exercise.draft import Draft
from entente.exercise.goods import OTHER
from entente.exercise.places import COUNTRIES, City
from entente.exercise.style import MODES
from entente.exercise.world import Issuer, World

_SEASON = (9, 8, 9, 9, 10, 10, 9, 9, 10, 11, 15, 16)
"""Relative traffic by month: the end of the year is the peak."""
_QUANTITY = {"mail": 8, "express": 20, "air": 300, "sea": 9000, "road": 1500, "rail": 6000}
_MODUS: tuple[Modus, ...] = (
    "undeclared", "undeclared", "false_origin_mark", "re_export", "dropshipping",
    "split_shipment", "label_separate", "duplicate_container_number", "rip_off", "seal_swap",
)  # fmt: skip
_SERVICES = ("CP", "CX", "EE", "EA", "LX", "LZ", "RB", "RR", "UA")
_AIRLINES = ("020", "057", "074", "131", "157", "176", "180", "217", "235", "618", "784", "999")


def season(day: int) -> float:
    """Traffic of a day against the yearly mean."""
    return _SEASON[day % 365 * 12 // 365] * 12 / sum(_SEASON)


def consignment(
    world: World, rng: Random, day: int, issuer: Issuer, mode: str | None = None
) -> Draft:
    """One stopped consignment of ordinary trade, by a given mode of transport or any."""
    mode = mode or rng.choices(MODES, world.style.modes)[0]
    brand = world.brands.pick(rng) if rng.random() > 0.03 else world.brand(rng)
    product = one(rng, brand.products)
    origin = brand.origins[0] if rng.random() < 0.55 else one(rng, brand.origins)
    while rng.random() < 0.12 or origin.country == issuer.code:
        origin = world.sources.pick(rng)
    if rng.random() < 0.05:
        product = one(rng, OTHER)
    location = one(rng, COUNTRIES[issuer.code].cities)
    known = None if product in OTHER else brand
    draft = Draft(
        issuer.code, day, product, known, _quantity(rng, mode), origin, origin, (), location,
        location, mode,
    )  # fmt: skip
    if rng.random() < 0.2:
        draft.craft = 0.5
    if rng.random() < 0.03:
        draft.kind = "warning"
    elif rng.random() < 0.25:
        draft.kind = "detention"
    _routed(world, rng, draft)
    people(world, rng, draft)
    transported(world, rng, draft)
    if product.risk in ("medicine", "food"):
        draft.lot = lot(rng)
        if rng.random() < 0.1:
            draft.defect = defect(world, rng)
    if rng.random() < 0.2:
        draft.detail = world.hiding.pick(rng)
        draft.cover = one(rng, ("furniture", "scrap", "textiles", "tiles", "toys", "machinery"))
    if rng.random() < 0.08:
        draft.modus = (one(rng, _MODUS),)
    return draft


def _quantity(rng: Random, mode: str) -> int:
    middle = _QUANTITY[mode]
    return max(1, int(middle / (0.2 + 3 * rng.random())))


def lot(rng: Random) -> str:
    """A batch number, or what people write where there is none."""
    if rng.random() < 0.1:
        return one(rng, ("N/A", "1", "2025", "A1", "NONE", "0001"))
    return batch(rng)


def batch(rng: Random) -> str:
    """A true batch number."""
    return f"{one(rng, 'ABCDEFGHKLMNPRST')}{one(rng, 'ABCDEFGHKLM')}{below(rng, 10**5):05d}"


def _routed(world: World, rng: Random, draft: Draft) -> None:
    if rng.random() < 0.35:
        hub = world.hubs.pick(rng)
        if hub.country not in (draft.origin.country, draft.location.country):
            draft.transit = (hub,)
            if rng.random() < 0.4:
                draft.departure = hub
    if rng.random() < 0.15:
        draft.destination = elsewhere(world, rng, draft.issuer)


def elsewhere(world: World, rng: Random, code: str) -> City:
    """A destination in another country."""
    while True:
        other = one(rng, world.issuers).code
        if other != code:
            return one(rng, COUNTRIES[other].cities)


def people(world: World, rng: Random, draft: Draft) -> None:
    """Who sends, receives and carries: mostly people never seen before or after."""
    small = draft.mode in ("mail", "express")
    roll = rng.random()
    if small and roll < 0.12:
        draft.consignor = world.marketplaces.pick(rng)
    elif roll < 0.17:
        draft.consignor = (world.couriers if small else world.forwarders).pick(rng)
    else:
        draft.consignor = world.company(rng, draft.origin, shop=small and rng.random() < 0.4)
    to = draft.destination
    roll = rng.random()
    if small:
        draft.consignee = world.person(rng, to)
        if roll < 0.12 and to.country in world.lockers:
            locker = world.lockers[to.country].pick(rng)
            draft.consignee = draft.consignee._replace(place=locker.place)
    else:
        draft.consignee = world.company(rng, to)
    carried(world, rng, draft)


def carried(world: World, rng: Random, draft: Draft) -> None:
    """The middleman, who at times lends the sender his address and telephone."""
    small = draft.mode in ("mail", "express")
    if draft.mode == "mail" or rng.random() > 0.75:
        return
    pool = world.couriers if draft.mode == "express" and rng.random() < 0.7 else world.forwarders
    draft.forwarder = pool.pick(rng)
    if not small and rng.random() < 0.1 and draft.consignor and not draft.consignor.trap:
        draft.consignor = lend(draft.consignor, draft.forwarder, rng)
    if not small and rng.random() < 0.08:
        draft.notify = draft.forwarder


def lend(actor: Actor, middleman: Actor, rng: Random) -> Actor:
    """The actor, reached at the middleman's address or telephone."""
    if rng.random() < 0.5:
        return actor._replace(phones=middleman.phones)
    return actor._replace(place=middleman.place, phones=middleman.phones)


def transported(world: World, rng: Random, draft: Draft) -> None:
    """Documents, containers and conveyance that fit the mode."""
    serial = below(rng, 10**8)
    if draft.mode == "mail":
        number = numbers.postal_item(one(rng, _SERVICES), serial, draft.departure.country)
        draft.documents = [("postal_item", number)]
    elif draft.mode in ("express", "air"):
        kind = "house_air_waybill" if draft.mode == "express" else "master_air_waybill"
        draft.documents = [(kind, numbers.air_waybill(one(rng, _AIRLINES), serial))]
        if draft.mode == "air":
            flight = one(rng, ("CX", "EK", "TK", "SQ", "QR"))
            draft.vessel = ("aircraft", f"{flight}{between(rng, 60, 989)}")
    elif draft.mode == "sea":
        draft.containers = [new_container(world, rng) for _ in range(1 + (rng.random() < 0.2))]
        draft.seals = [f"{one(rng, 'ABCDEFGH')}{between(rng, 10**6, 10**7 - 1)}"]
        draft.documents = [("bill_of_lading", f"{one(rng, world.owners)[:3]}{serial:09d}")]
        draft.vessel = world.vessels.pick(rng)
    elif draft.mode == "road":
        draft.documents = [("cmr", f"{serial}")]
        letters = f"{one(rng, 'ABCDEFGHK')}{one(rng, 'ABCDEFGHK')}"
        plate = f"{between(rng, 10, 98)} {letters} {between(rng, 100, 9998)}"
        draft.vessel = ("vehicle", plate)
    else:
        draft.documents = [("declaration", f"{draft.departure.country}{serial:08d}")]
        draft.containers = [new_container(world, rng)]
    if rng.random() < 0.2:
        draft.documents.append(("invoice", invoice(rng)))


def invoice(rng: Random) -> str:
    """An invoice number: some shippers count from 1, some put the year or letters before it."""
    if rng.random() < 0.5:
        return f"{one(rng, ('INV', 'CI', 'PI', ''))}{between(rng, 1, 500)}"
    letters = f"{one(rng, 'ABCDEFHKLMQXZ')}{one(rng, 'ABCDEFHKLMQXZ')}"
    return f"{letters}-{below(rng, 10**6):06d}"


def defect(world: World, rng: Random) -> str:
    """A telling defect of a package: mostly a common one, at times a misprint of its own."""
    if rng.random() < 0.6:
        return one(rng, ("no leaflet", "seal broken", "blurred print", "no hologram"))
    return f"'{word('en', rng, 3)[0]}' misprinted as '{word('en', rng, 3)[0]}'"


def new_container(world: World, rng: Random) -> str:
    """A container of the shipping lines of this world."""
    return numbers.container(one(rng, world.owners), below(rng, 10**6))
