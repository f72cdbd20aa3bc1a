"""Ordinary trade: one consignment as it comes, with everything that strangers share.

Couriers, forwarders, marketplaces, lockers, popular brands and common names are drawn from pools
with heavy tails; a true network starts from the same consignment, so nothing but what its actors
have in common tells it apart.
"""

from random import Random

from entente.exercise import numbers
from entente.exercise.actors import Actor
from entente.exercise.draft import Draft
from entente.exercise.goods import OTHER
from entente.exercise.places import COUNTRIES, City
from entente.exercise.style import MODES
from entente.exercise.world import Issuer, World

_SEASON = (9, 8, 9, 9, 10, 10, 9, 9, 10, 11, 15, 16)
"""Relative traffic by month: the end of the year is the peak."""
_QUANTITY = {"mail": 8, "express": 20, "air": 300, "sea": 9000, "road": 1500, "rail": 6000}
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
    brand = world.brands.pick(rng)
    product = rng.choice(brand.products)
    origin = brand.origins[0] if rng.random() < 0.55 else rng.choice(brand.origins)
    if rng.random() < 0.12:
        origin = world.sources.pick(rng)
    if rng.random() < 0.05:
        product = rng.choice(OTHER)
    location = rng.choice(COUNTRIES[issuer.code].cities)
    draft = Draft(
        issuer.code, day, product, None if product in OTHER else brand, _quantity(rng, mode), origin,
        origin, (), location, location, mode,
    )  # fmt: skip
    if rng.random() < 0.03:
        draft.kind = "warning"
    elif rng.random() < 0.25:
        draft.kind = "detention"
    _routed(world, rng, draft)
    people(world, rng, draft)
    transported(world, rng, draft)
    if product.risk in ("medicine", "food"):
        draft.lot = lot(rng)
    if rng.random() < 0.2:
        draft.detail = world.hiding.pick(rng)
        draft.cover = rng.choice(("furniture", "scrap", "textiles", "tiles", "toys", "machinery"))
    if rng.random() < 0.08:
        draft.modus = (
            rng.choice(("undeclared", "false_origin_mark", "re_export", "dropshipping")),
        )
    return draft


def _quantity(rng: Random, mode: str) -> int:
    middle = _QUANTITY[mode]
    return max(1, int(middle / (0.2 + 3 * rng.random())))


def lot(rng: Random) -> str:
    """A batch number, or what people write where there is none."""
    if rng.random() < 0.1:
        return rng.choice(("N/A", "1", "2025", "A1", "NONE", "0001"))
    return f"{rng.choice('ABCDEFGHKLMNPRST')}{rng.choice('ABCDEFGHKLM')}{rng.randrange(10**5):05d}"


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
        other = rng.choice(world.issuers).code
        if other != code:
            return rng.choice(COUNTRIES[other].cities)


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
    serial = rng.randrange(10**8)
    if draft.mode == "mail":
        number = numbers.postal_item(rng.choice(_SERVICES), serial, draft.departure.country)
        draft.documents = [("postal_item", number)]
    elif draft.mode in ("express", "air"):
        kind = "house_air_waybill" if draft.mode == "express" else "master_air_waybill"
        draft.documents = [(kind, numbers.air_waybill(rng.choice(_AIRLINES), serial))]
        if draft.mode == "air":
            draft.vessel = (
                "aircraft",
                f"{rng.choice(('CX', 'EK', 'TK', 'SQ', 'QR'))}{rng.randrange(60, 990)}",
            )
    elif draft.mode == "sea":
        draft.containers = [new_container(world, rng) for _ in range(1 + (rng.random() < 0.2))]
        draft.seals = [f"{rng.choice('ABCDEFGH')}{rng.randrange(10**6, 10**7)}"]
        draft.documents = [("bill_of_lading", f"{rng.choice(world.owners)[:3]}{serial:09d}")]
        draft.vessel = world.vessels.pick(rng)
    elif draft.mode == "road":
        draft.documents = [("cmr", f"{serial}")]
        draft.vessel = (
            "vehicle",
            f"{rng.randrange(10, 99)} {rng.choice('ABCDEFGHK')}{rng.choice('ABCDEFGHK')} {rng.randrange(100, 9999)}",
        )
    else:
        draft.documents = [("declaration", f"{draft.departure.country}{serial:08d}")]
        draft.containers = [new_container(world, rng)]
    if rng.random() < 0.1:
        draft.documents.append(
            ("invoice", f"{rng.choice(('INV', 'CI', 'PI', ''))}{rng.randrange(1, 99999)}")
        )


def new_container(world: World, rng: Random) -> str:
    """A container of the shipping lines of this world."""
    return numbers.container(rng.choice(world.owners), rng.randrange(10**6))
