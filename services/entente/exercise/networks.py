"""Networks, one small generator per pattern of ``domain.md`` section 5.

Each starts from ordinary consignments and changes only what its actors have in common. The story
is for the debrief: what was planned and how it was hidden.
"""

from collections.abc import Callable

from entente.exercise import numbers
from entente.exercise.actors import Actor, Place
from entente.exercise.draft import Draft
from entente.exercise.goods import BY_KEY, OTHER, companions
from entente.exercise.places import COUNTRIES
from entente.exercise.site import Plan, Site

Generator = Callable[[Site], Plan]


def same_consignor(site: Site) -> Plan:
    """P01: one sender, many receivers, under several spellings and a front or two."""
    city = site.city()
    actor, brand = site.actor(city), site.brand()
    codes = site.codes(site.rng.randint(2, 4))
    drafts = []
    for day in site.days(site.size(4, 11), 120):
        draft = site.stop(site.rng.choice(codes), day, brand=brand, origin=city)
        draft.consignor = site.some_front(actor, 0.2)
        drafts.append(draft)
    return Plan(
        _all_heard(drafts, codes), ("P01",),
        f"{actor.name.key} of {city.name} sends forged {brand.name} to {', '.join(codes)}, "
        "each time to somebody else, under changing spellings and two telephones.",
    )  # fmt: skip


def same_consignee(site: Site) -> Plan:
    """P02: one receiver with addresses in several countries, one telephone and mailbox."""
    codes = site.codes(site.rng.randint(2, 4))
    home = site.stop(codes[0], site.start).location
    actor = site.actor(home, person=site.rng.random() < 0.5)
    drafts: list[Draft] = []
    places: dict[str, Place] = {}
    for day in site.days(site.size(4, 9), 110):
        code = site.rng.choice(codes)
        draft = site.stop(code, day)
        local = site.actor(draft.destination)
        places.setdefault(code, local.place)
        draft.consignee = actor._replace(place=places[code])
        if draft.brand and site.rng.random() < 0.3:
            draft.consignee = site.front(draft.consignee)
        drafts.append(draft)
    return Plan(
        _all_heard(drafts, codes), ("P02",),
        f"{actor.name.key} has goods sent to addresses in {', '.join(codes)} from many senders.",
    )  # fmt: skip


def burst(site: Site) -> Plan:
    """P03: a seldom forged brand from one place, everywhere within two weeks; no common actor."""
    brand = site.rng.choice(site.world.brands.items[len(site.world.brands) // 2 :])
    city = brand.origins[0]
    codes = site.codes(site.rng.randint(4, 6))
    product = brand.products[0]
    drafts = []
    for day in site.days(site.size(8, 13), 12):
        draft = site.stop(site.rng.choice(codes), day, brand=brand, product=product, origin=city)
        draft.departure, draft.transit = city, ()
        draft.ties["brand"] = f"burst:{brand.name} from {city.name}"
        drafts.append(draft)
    return Plan(
        _all_heard(drafts, codes), ("P03",),
        f"A new workshop in {city.name} floods {len(codes)} countries with {brand.name} "
        f"{product.english} in two weeks; senders and receivers are all different.",
    )  # fmt: skip


def split(site: Site) -> Plan:
    """P04: one load in many parcels with neighbouring numbers, to different entry points."""
    city, brand = site.city(), site.brand()
    codes = site.codes(site.rng.randint(2, 4))
    mail = site.rng.random() < 0.7
    serial = site.rng.randrange(10**6, 9 * 10**6)
    prefix = site.rng.choice(("LX", "CP", "RB")) if mail else site.rng.choice(("157", "784", "235"))
    drafts = []
    for k, day in enumerate(site.days(site.size(5, 10), 6)):
        draft = site.stop(codes[k % len(codes)], day, brand=brand, product=brand.products[0], origin=city, mode="mail" if mail else "express")  # fmt: skip
        draft.departure, draft.transit = city, ()
        serial += site.rng.randint(1, 3)
        number = (
            numbers.postal_item(prefix, serial, city.country)
            if mail
            else numbers.air_waybill(prefix, serial)
        )
        draft.documents = [("postal_item" if mail else "house_air_waybill", number)]
        draft.ties["document"] = f"neighbours:{prefix} {number}"[:13] + f" {brand.name}"
        draft.modus = ("split_shipment",) if site.rng.random() < 0.2 else draft.modus
        drafts.append(draft)
    tie = drafts[0].ties["document"]
    for draft in drafts:
        draft.ties["document"] = tie
    return Plan(
        tuple(drafts), ("P04",),
        f"A load of {brand.name} leaves {city.name} as {len(drafts)} parcels, posted one after "
        f"the other to {', '.join(codes)} under different names.",
    )  # fmt: skip


def labels_apart(site: Site) -> Plan:
    """P05: labels go to one country, goods without a brand to it and its neighbour."""
    city, other = site.city(), site.city()
    brand = site.new_brand(city)
    line = brand.products[0].line
    labels = companions(line, "label") or companions(line, "package") or (BY_KEY["labels"],)
    codes = site.codes(2)
    buyer = site.actor(site.stop(codes[0], site.start).location)
    printer = site.actor(other)
    drafts = []
    for k, day in enumerate(site.days(site.size(5, 9), 55)):
        label = k % 2 == 0
        draft = site.stop(codes[k % 2 if k < 4 else site.rng.randrange(2)], day, brand=brand, origin=other if label else city)  # fmt: skip
        if label:
            draft.product = site.rng.choice(labels)
            draft.consignor = printer
            draft.modus = ("label_separate",) if site.rng.random() < 0.3 else ()
        else:
            draft.branded = False
        draft.consignee = site.some_front(buyer, 0.25)
        drafts.append(draft)
    return Plan(
        tuple(drafts), ("P05",),
        f"{buyer.name.key} joins {brand.name} labels printed by {printer.name.key} with goods "
        f"that cross the border without a brand, in {' and '.join(codes)}.",
    )  # fmt: skip


def components(site: Site) -> Plan:
    """P06: parts of a brand to A, finished goods from A to B later; the buyer becomes the seller."""
    city = site.city()
    brand = site.new_brand(city)
    parts = companions(brand.products[0].line, "part") or companions("shoes", "part")
    codes = site.codes(3)
    plant = site.stop(codes[0], site.start).location
    maker = site.actor(plant)
    drafts = []
    for k, day in enumerate(site.days(site.size(5, 9), 130)):
        if k < 3:
            draft = site.stop(codes[0], day, brand=brand, product=parts[0], origin=city)
            draft.consignee = maker
        else:
            draft = site.stop(site.rng.choice(codes[1:]), day, brand=brand, origin=plant)
            draft.consignor = site.some_front(maker, 0.2)
        draft.ties["brand"] = f"brand:{brand.name}"
        drafts.append(draft)
    return Plan(
        tuple(drafts), ("P06",),
        f"{maker.name.key} assembles {brand.name} in {plant.name} from parts out of {city.name} "
        f"and sells to {' and '.join(codes[1:])}.",
    )  # fmt: skip


def switched_route(site: Site) -> Plan:
    """P09: after seizures on one route the same sender ships through another hub."""
    city, brand = site.city(), site.brand()
    actor = site.actor(city)
    codes = site.codes(4)
    hubs = [site.world.hubs.pick(site.rng) for _ in range(2)]
    count = site.size(5, 10)
    drafts = []
    for k, day in enumerate(site.days(count, 120)):
        second = k >= count // 2
        draft = site.stop(codes[2 * second + site.rng.randrange(2)], day, brand=brand, origin=city)
        draft.transit = (hubs[second],)
        draft.consignor = site.some_front(actor, 0.3 if second else 0.0)
        drafts.append(draft)
    return Plan(
        tuple(drafts), ("P09", "P01"),
        f"{actor.name.key} of {city.name} sent {brand.name} by {hubs[0].name}; after seizures in "
        f"{codes[0]} and {codes[1]} it goes by {hubs[1].name} to {codes[2]} and {codes[3]}.",
    )  # fmt: skip


def container_clone(site: Site) -> Plan:
    """P11: one container number at too many places."""
    codes = site.codes(site.rng.randint(2, 4))
    number = numbers.container("".join(site.rng.choice("BDGKMPTV") for _ in range(3)) + "U", site.rng.randrange(10**6))  # fmt: skip
    drafts = []
    for k, day in enumerate(site.days(site.size(3, 7), 160)):
        draft = site.stop(codes[k % len(codes)], day, mode="sea")
        draft.containers = [number]
        draft.modus = ("duplicate_container_number",) if site.rng.random() < 0.2 else ()
        drafts.append(draft)
    return Plan(
        tuple(drafts), ("P11",),
        f"Container number {number} is painted on several boxes seen by {', '.join(codes)}.",
    )  # fmt: skip


def new_actor(site: Site) -> Plan:
    """P17: a firm founded yesterday is everywhere within a month."""
    city, brand = site.city(), site.brand()
    actor = site.actor(city)
    codes = site.codes(3)
    drafts = []
    for day in site.days(site.size(4, 7), 26):
        draft = site.stop(site.rng.choice(codes), day, brand=brand, origin=city)
        draft.consignor = actor
        drafts.append(draft)
    return Plan(
        _all_heard(drafts, codes), ("P17", "P01"),
        f"{actor.name.key}, unknown until now, ships {brand.name} from {city.name} to "
        f"{', '.join(codes)} within a month.",
    )  # fmt: skip


def health_cluster(site: Site) -> Plan:
    """P19: one batch number, or one telling defect of the package, in several countries."""
    product = BY_KEY[site.rng.choice(("pills", "pills", "syrup", "milk", "whisky"))]
    codes = site.codes(site.rng.randint(2, 4))
    batch = f"{site.rng.choice('QVWXYZ')}{site.rng.randrange(10**6, 10**7)}"
    defect = f"'{actors_word(site)}' printed for '{actors_word(site)}' on the blister"
    brand = site.brand()
    drafts = []
    for k, day in enumerate(site.days(site.size(4, 8), 70)):
        draft = site.stop(codes[k % len(codes)], day, product=product)
        draft.brand, draft.lot = brand, batch if site.rng.random() < 0.85 else None
        if site.rng.random() < 0.5 or draft.lot is None:
            draft.defect, draft.ties["defect"] = defect, f"defect:{defect}"
        drafts.append(draft)
    return Plan(
        tuple(drafts), ("P19",),
        f"Falsified {product.english} of batch {batch} turn up in {', '.join(codes)}; sellers and "
        "buyers do not know each other.",
    )  # fmt: skip


def counter_flow(site: Site) -> Plan:
    """P20: goods one way, cash or labels the other, between the same two."""
    codes = site.codes(2)
    ends = [site.stop(code, site.start).location for code in codes]
    pair = [site.actor(end) for end in ends]
    brand = site.brand()
    back = site.rng.choice((BY_KEY["banknotes"], BY_KEY["labels"]))
    drafts = []
    for k, day in enumerate(site.days(site.size(4, 8), 80)):
        towards = k % 2
        draft = site.stop(codes[towards], day, brand=brand, product=None if towards else back, origin=ends[1 - towards])  # fmt: skip
        draft.consignor, draft.consignee = pair[1 - towards], pair[towards]
        drafts.append(draft)
    return Plan(
        tuple(drafts), ("P20",),
        f"{pair[0].name.key} sends {brand.name} goods to {pair[1].name.key}, who pays in "
        f"{back.english} the other way.",
    )  # fmt: skip


def online_seller(site: Site) -> Plan:
    """P21: one shop or wallet behind many senders' names."""
    city, brand = site.city(), site.brand()
    seller = site.actor(city, shop=True)._replace(payment=f"0x{site.rng.getrandbits(160):040x}")
    codes = site.codes(site.rng.randint(2, 5))
    drafts = []
    for day in site.days(site.size(4, 10), 140):
        mode = site.rng.choice(("mail", "mail", "express"))
        draft = site.stop(site.rng.choice(codes), day, brand=brand, origin=city, mode=mode)
        sender = site.actor(city)
        draft.consignor = sender._replace(shop=seller.shop, payment=seller.payment)
        if site.rng.random() < 0.4:
            draft.consignor = draft.consignor._replace(phones=seller.phones)
        drafts.append(draft)
    return Plan(
        _all_heard(drafts, codes), ("P21",),
        f"Seller {seller.shop[1] if seller.shop else ''} ships {brand.name} to {', '.join(codes)} "
        "under a new sender's name each time.",
    )  # fmt: skip


def network(site: Site) -> Plan:
    """P22: several actors, each link another: a chain of telephones, containers and receivers."""
    codes = site.codes(site.rng.randint(3, 5))
    city, brand = site.city(), site.brand()
    senders = [site.actor(city), site.actor(site.city())]
    buyer = site.actor(site.stop(codes[0], site.start).location)
    box = numbers.container("".join(site.rng.choice("BDGKMPTV") for _ in range(3)) + "U", site.rng.randrange(10**6))  # fmt: skip
    named = site.world.style.nominal > 0
    invoice = (
        "invoice",
        f"{site.rng.choice('KQXZ')}{site.rng.choice('KQXZ')}-{site.rng.randrange(10**5, 10**6)}",
    )
    drafts = []
    for k, day in enumerate(site.days(site.size(6, 13), 150)):
        part = k % 3 if k < 6 else site.rng.randrange(3)
        sea = part == 1 or site.rng.random() < 0.4
        draft = site.stop(codes[k % len(codes)], day, brand=brand, mode="sea" if sea else None)
        if part == 0 or k == 4:
            draft.consignor = site.some_front(senders[0], 0.2)
        if part == 1:
            draft.containers = [box]
            if named and site.rng.random() < 0.6:
                draft.consignor = site.some_front(senders[1], 0.3)
        if part == 2 or k in (0, 1):
            draft.consignee = buyer
        if not named and (part != 1 or k % 2):
            draft.documents = [*draft.documents, invoice]
            draft.lot = f"{box[:3]}{invoice[1][-4:]}"
        drafts.append(draft)
    return Plan(
        tuple(drafts), ("P22",),
        f"{senders[0].name.key} and {senders[1].name.key} supply {buyer.name.key}; container {box} "
        f"carries for both. Seen in {', '.join(codes)}.",
    )  # fmt: skip


def poly_crime(site: Site) -> Plan:
    """P23: forged goods and other crime behind one actor or in one container."""
    city, brand = site.city(), site.brand()
    codes = site.codes(3)
    actor = site.actor(city)
    other = site.rng.choice((*OTHER, BY_KEY["cigarettes"]))
    named = site.world.style.nominal > 0
    number = numbers.container("".join(site.rng.choice("BDGKMPTV") for _ in range(3)) + "U", site.rng.randrange(10**6))  # fmt: skip
    drafts: list[Draft] = []
    for k, day in enumerate(site.days(site.size(4, 8), 110)):
        crime = other if k % 2 else None
        draft = site.stop(codes[k % 3], day, brand=brand, product=crime, origin=city, mode=None if named else "sea")  # fmt: skip
        draft.consignor = site.some_front(actor, 0.25)
        if not named or (draft.containers and site.rng.random() < 0.4):
            draft.containers = [number]
        drafts.append(draft)
    return Plan(
        tuple(drafts), ("P23",),
        f"{actor.name.key} of {city.name} moves {other.english} beside forged {brand.name}.",
    )  # fmt: skip


def missing_sibling(site: Site) -> Plan:
    """P24: a sender to three countries; two seize, the third says nothing."""
    plan = same_consignor(site)
    silent = next(c for c in site.codes(len(site.world.issuers)) if c not in {d.issuer for d in plan.drafts})  # fmt: skip
    return Plan(
        plan.drafts, ("P24", "P01"),
        f"{plan.story} {silent} is supplied as well and has reported nothing.", (silent,),
    )  # fmt: skip


def actors_word(site: Site) -> str:
    """A word on a package, misprinted."""
    return "".join(site.rng.choice("aeioubdfglmnprst") for _ in range(7))


def principal(plan: Plan) -> Actor | None:
    """Whose data a careless clerk may copy into another report: the commonest sender of a plan."""
    senders = [d.consignor for d in plan.drafts if d.consignor and not d.consignor.trap]
    return max(senders, key=senders.count) if senders else None


def _all_heard(drafts: list[Draft], codes: list[str]) -> tuple[Draft, ...]:
    """At least two administrations have stopped something: the second consignment went elsewhere."""
    if len({d.issuer for d in drafts}) == 1 and len(codes) > 1:
        first = drafts[0].issuer
        other = next(code for code in codes if code != first)
        drafts[1].issuer = other
        drafts[1].location = COUNTRIES[other].cities[0]
    return tuple(drafts)


GENERATORS: dict[str, Generator] = {
    "P01": same_consignor, "P02": same_consignee, "P03": burst, "P04": split,
    "P05": labels_apart, "P06": components, "P09": switched_route, "P11": container_clone,
    "P17": new_actor, "P19": health_cluster, "P20": counter_flow, "P21": online_seller,
    "P22": network, "P23": poly_crime, "P24": missing_sibling,
}  # fmt: skip
