"""Networks of several actors or several crimes: P20, P22, P23."""

from entente.exercise.background import batch, invoice, new_container
from entente.exercise.chance import below, between, one
from entente.exercise.goods import BY_KEY, OTHER
from entente.exercise.site import Plan, Site


def counter_flow(site: Site) -> Plan:
    """P20: goods one way, cash or labels the other, between the same two."""
    codes = site.codes(2)
    ends = [site.stop(code, site.start).location for code in codes]
    pair = [site.actor(end) for end in ends]
    brand = site.brand()
    back = one(site.rng, (BY_KEY["banknotes"], BY_KEY["labels"]))
    drafts = []
    for k, day in enumerate(site.days(site.size(4, 9), 80)):
        to = k % 2
        goods = None if to else back
        draft = site.stop(codes[to], day, brand=brand, product=goods, origin=ends[1 - to])
        draft.destination = draft.location
        draft.consignor, draft.consignee = pair[1 - to], pair[to]
        drafts.append(draft)
    story = (
        f"{pair[0].name.key} sends {brand.name} goods to {pair[1].name.key}, who pays in "
        f"{back.english} the other way."
    )
    return Plan(tuple(drafts), ("P20",), story)


def ring(site: Site) -> Plan:
    """P22: several actors, each link another: a chain of telephones, containers and receivers."""
    rng, codes = site.rng, site.codes(between(site.rng, 3, 5))
    city, brand = site.city(), site.brand()
    senders = (site.actor(city), site.actor(site.city()))
    buyer = site.actor(site.stop(codes[0], site.start).location)
    box, paper, lot = new_container(site.world, rng), ("invoice", invoice(rng)), batch(rng)
    named = site.world.style.nominal > 0
    drafts = []
    for k, day in enumerate(site.days(site.size(6, 13), 150)):
        part = k % 3 if k < 6 else below(rng, 3)
        sea = part == 1 or rng.random() < 0.4
        draft = site.stop(codes[k % len(codes)], day, brand=brand, mode="sea" if sea else None)
        if part == 0 or k == 4:
            draft.consignor = site.some_front(senders[0], 0.2)
        if part == 1:
            draft.containers = [box]
            if named and rng.random() < 0.6:
                draft.consignor = site.some_front(senders[1], 0.3)
        if part == 2 or k in (0, 1):
            draft.consignee = buyer
        if not named and (part != 1 or k % 2):
            draft.documents = [*draft.documents, paper]
            draft.lot = lot
        drafts.append(draft)
    story = (
        f"{senders[0].name.key} and {senders[1].name.key} supply {buyer.name.key}; container "
        f"{box} carries for both. Seen in {', '.join(codes)}."
    )
    return Plan(tuple(drafts), ("P22",), story)


def poly_crime(site: Site) -> Plan:
    """P23: forged goods and other crime behind one actor or in one container."""
    city, brand = site.city(), site.brand()
    codes = site.codes(3, but=city.country)
    actor = site.actor(city)
    other = one(site.rng, (*OTHER, BY_KEY["cigarettes"]))
    named = site.world.style.nominal > 0
    box = new_container(site.world, site.rng)
    drafts = []
    for k, day in enumerate(site.days(site.size(4, 9), 110)):
        crime, mode = other if k % 2 else None, None if named else "sea"
        draft = site.stop(codes[k % 3], day, brand=brand, product=crime, origin=city, mode=mode)
        draft.consignor = site.some_front(actor, 0.25)
        if not named or (draft.containers and site.rng.random() < 0.4):
            draft.containers = [box]
        drafts.append(draft)
    story = f"{actor.name.key} of {city.name} moves {other.english} beside forged {brand.name}."
    return Plan(tuple(drafts), ("P23",), story)
