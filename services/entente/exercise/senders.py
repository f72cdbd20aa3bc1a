"""Networks held together by who sends or receives: P01, P02, P09, P17, P21, P24."""

from entente.exercise.actors import Place
from entente.exercise.chance import between, one
from entente.exercise.draft import Draft
from entente.exercise.places import COUNTRIES
from entente.exercise.site import Plan, Site


def same_consignor(site: Site) -> Plan:
    """P01: one sender, many receivers, under several spellings and a front or two."""
    city = site.city()
    actor, brand = site.actor(city), site.brand()
    codes = site.codes(between(site.rng, 2, 4), but=city.country)
    drafts = []
    for code, day in site.heard(codes, site.days(site.size(4, 11), 120)):
        draft = site.stop(code, day, brand=brand, origin=city)
        draft.consignor = site.some_front(actor, 0.2)
        drafts.append(draft)
    story = (
        f"{actor.name.key} of {city.name} sends forged {brand.name} to {', '.join(codes)}, each "
        "time to somebody else, under changing spellings and two telephones."
    )
    return Plan(tuple(drafts), ("P01",), story)


def same_consignee(site: Site) -> Plan:
    """P02: one receiver with addresses in several countries, one telephone and mailbox."""
    codes = site.codes(between(site.rng, 2, 4))
    home = site.stop(codes[0], site.start).location
    actor = site.actor(home, person=site.rng.random() < 0.5)
    drafts: list[Draft] = []
    places: dict[str, Place] = {}
    for code, day in site.heard(codes, site.days(site.size(4, 9), 110)):
        draft = site.stop(code, day)
        draft.destination = draft.location
        place = places.setdefault(code, site.actor(draft.destination).place)
        draft.consignee = actor._replace(place=place)
        if site.rng.random() < 0.2:
            draft.consignee = site.front(draft.consignee)
        drafts.append(draft)
    story = f"{actor.name.key} has goods sent to addresses in {', '.join(codes)} from many senders."
    return Plan(tuple(drafts), ("P02",), story)


def switched_route(site: Site) -> Plan:
    """P09: after seizures on one route the same sender ships through another hub."""
    city, brand = site.city(), site.brand()
    actor = site.actor(city)
    codes = site.codes(4, but=city.country)
    hubs = [site.world.hubs.pick(site.rng) for _ in range(2)]
    count = site.size(5, 10)
    drafts = []
    for k, day in enumerate(site.days(count, 120)):
        second = k >= count // 2
        draft = site.stop(codes[2 * second + k % 2], day, brand=brand, origin=city)
        draft.transit = (hubs[second],)
        draft.consignor = site.some_front(actor, 0.3 if second else 0.0)
        drafts.append(draft)
    story = (
        f"{actor.name.key} of {city.name} sent {brand.name} by {hubs[0].name}; after seizures in "
        f"{codes[0]} and {codes[1]} it goes by {hubs[1].name} to {codes[2]} and {codes[3]}."
    )
    return Plan(tuple(drafts), ("P09", "P01"), story)


def new_actor(site: Site) -> Plan:
    """P17: a firm founded yesterday is everywhere within a month."""
    city, brand = site.city(), site.brand()
    actor = site.actor(city)
    codes = site.codes(3, but=city.country)
    drafts = []
    for code, day in site.heard(codes, site.days(site.size(4, 8), 26)):
        draft = site.stop(code, day, brand=brand, origin=city)
        draft.consignor = actor
        drafts.append(draft)
    story = (
        f"{actor.name.key}, unknown until now, ships {brand.name} from {city.name} to "
        f"{', '.join(codes)} within a month."
    )
    return Plan(tuple(drafts), ("P17", "P01"), story)


def online_seller(site: Site) -> Plan:
    """P21: one shop or wallet behind many senders' names."""
    city, brand = site.city(), site.brand()
    seller = site.actor(city, shop=True)._replace(payment=f"0x{site.rng.getrandbits(160):040x}")
    codes = site.codes(between(site.rng, 2, 5), but=city.country)
    drafts = []
    for code, day in site.heard(codes, site.days(site.size(4, 10), 140)):
        mode = one(site.rng, ("mail", "mail", "express"))
        draft = site.stop(code, day, brand=brand, origin=city, mode=mode)
        sender = site.actor(city)._replace(shop=seller.shop, payment=seller.payment)
        if site.rng.random() < 0.4:
            sender = sender._replace(phones=seller.phones)
        draft.consignor = sender
        drafts.append(draft)
    shop = seller.shop[1] if seller.shop else seller.name.key
    story = (
        f"Seller {shop} ships {brand.name} to {', '.join(codes)} under a new sender's name each "
        "time, paid into one wallet."
    )
    return Plan(tuple(drafts), ("P21",), story)


def missing_sibling(site: Site) -> Plan:
    """P24: a sender to three countries; two seize, the third says nothing."""
    plan = same_consignor(site)
    heard = {draft.issuer for draft in plan.drafts}
    silent = next(issuer.code for issuer in site.world.issuers if issuer.code not in heard)
    if site.world.style.bound:  # some were stopped on their way there, and the papers say so
        for draft in plan.drafts[: len(plan.drafts) // 2]:
            draft.destination = one(site.rng, COUNTRIES[silent].cities)
    story = f"{plan.story} {silent} is supplied as well and has reported nothing."
    return Plan(plan.drafts, ("P24", "P01"), story, (silent,))
