"""What looks like a network and is none: the traps of ``domain.md`` section 5.

Decoys stay below what a network needs (three alerts of two administrations with something in
common), or have in common only what strangers share.
"""

from collections.abc import Callable

from entente.exercise import actors, numbers
from entente.exercise.background import lend
from entente.exercise.chance import below, between, one
from entente.exercise.site import Plan, Site

Generator = Callable[[Site], Plan]


def pair(site: Site) -> Plan:
    """A sender caught twice, in two countries: real, and too little to act on."""
    city = site.city()
    actor = site.actor(city)
    drafts = []
    for code, day in zip(site.codes(2), site.days(2, 90), strict=True):
        draft = site.stop(code, day, origin=city)
        draft.consignor = actor
        drafts.append(draft)
    return Plan(tuple(drafts), ("pair",), f"{actor.name.key} was caught twice, no more.")


def local_offender(site: Site) -> Plan:
    """One receiver caught again and again by one administration; at times a namesake abroad."""
    code = site.codes(1)[0]
    home = site.stop(code, site.start).location
    actor = site.actor(home, person=True)
    drafts = []
    for day in site.days(site.size(3, 9), 200):
        draft = site.stop(code, day)
        draft.destination, draft.consignee, draft.craft = home, actor, 0.15
        drafts.append(draft)
    if site.rng.random() < 0.3:
        away = site.codes(2)
        draft = site.stop(away[0] if away[0] != code else away[1], site.days(1, 200)[0])
        namesake = site.world.person(site.rng, draft.destination)
        draft.consignee = namesake._replace(name=actor.name)
        drafts.append(draft)
    return Plan(tuple(drafts), ("local offender",), f"{actor.name.key} is {code}'s own regular.")


def web_shop(site: Site) -> Plan:
    """Parcels of an ordinary web shop, posted in a row to one country."""
    code, city = site.codes(1)[0], site.city()
    shop = site.world.company(site.rng, city, shop=True)
    serial = between(site.rng, 10**6, 10**8 - 1)
    drafts = []
    for day in site.days(site.size(3, 6), 3):
        draft = site.stop(code, day, origin=city, mode="mail")
        draft.consignor, draft.departure, draft.craft = shop, city, 0.0
        serial += between(site.rng, 1, 4)
        draft.documents = [("postal_item", numbers.postal_item("LZ", serial, city.country))]
        drafts.append(draft)
    return Plan(tuple(drafts), ("web shop",), f"{shop.name.key} posts to {code} by the sack.")


def leased_container(site: Site) -> Plan:
    """A container seen twice, months apart: leased to another shipper in between."""
    number = numbers.container(one(site.rng, site.world.owners), below(site.rng, 10**6))
    first, last = site.start, min(site.last, site.start + between(site.rng, 90, 300))
    drafts = []
    for code, day in zip(site.codes(2), (first, last), strict=True):
        draft = site.stop(code, day, mode="sea")
        draft.containers = [number]
        drafts.append(draft)
    return Plan(tuple(drafts), ("leased container",), f"{number} was leased twice.")


def campaign(site: Site) -> Plan:
    """One administration's campaign of controls: many alike, all its own."""
    code, brand = site.codes(1)[0], site.brand()
    drafts = []
    for day in site.days(site.size(9, 16), 10):
        draft = site.stop(code, day, brand=brand, origin=brand.origins[0])
        draft.craft = 0.0
        drafts.append(draft)
    return Plan(tuple(drafts), ("campaign",), f"{code} looked for {brand.name} for ten days.")


def consolidator(site: Site) -> Plan:
    """A small hub that lends address and telephone to senders who do not know each other."""
    city = site.city()
    hub = actors.coin(site.rng, city)
    hub = hub._replace(name=hub.name._replace(trade="Consolidation"), trap="consolidator")
    codes = site.codes(5)
    drafts = []
    for day in site.days(site.size(10, 18), 250):
        mode = one(site.rng, ("sea", "air", "road", "express"))
        draft = site.stop(one(site.rng, codes), day, mode=mode)
        draft.forwarder, draft.craft = hub, 0.0
        if draft.consignor and not draft.consignor.trap and site.rng.random() < 0.35:
            draft.consignor = lend(draft.consignor, hub, site.rng)
        drafts.append(draft)
    return Plan(tuple(drafts), ("consolidator",), f"{hub.name.key} packs for everybody.")


def common_number(site: Site) -> Plan:
    """Invoice numbers that begin anew at every shipper: 00001 is everybody's first."""
    number = f"INV{between(site.rng, 1, 60 - 1):03d}"
    drafts = []
    for code, day in zip(site.codes(3), site.days(3, 150), strict=False):
        draft = site.stop(code, day)
        draft.documents = [*draft.documents, ("invoice", number)]
        drafts.append(draft)
    return Plan(tuple(drafts), ("common number",), f"Three shippers have an invoice {number}.")


GENERATORS: tuple[tuple[float, Generator], ...] = (
    (0.009, pair), (0.0045, local_offender), (0.0012, web_shop), (0.0015, leased_container),
    (0.0004, campaign), (0.0006, consolidator), (0.001, common_number),
)  # fmt: skip
"""How many of each are planted, per alert of the world."""
