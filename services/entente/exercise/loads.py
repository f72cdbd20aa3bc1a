"""Networks held together by the goods and how they travel: P03, P04, P05, P06, P11, P19."""

from entente.exercise import numbers
from entente.exercise.background import batch, defect, new_container
from entente.exercise.chance import below, between, one
from entente.exercise.goods import BY_KEY, companions
from entente.exercise.site import Plan, Site


def burst(site: Site) -> Plan:
    """P03: a seldom forged brand from one place, everywhere within two weeks; no common actor."""
    brands = site.world.brands.items
    brand = one(site.rng, brands[len(brands) // 2 :])
    city, product = brand.origins[0], brand.products[0]
    codes = site.codes(between(site.rng, 4, 6), but=city.country)
    drafts = []
    for code, day in site.heard(codes, site.days(site.size(8, 13), 12)):
        draft = site.stop(code, day, brand=brand, product=product, origin=city)
        draft.departure, draft.transit = city, ()
        draft.ties["brand"] = f"burst:{brand.name} from {city.name}"
        drafts.append(draft)
    story = (
        f"A new workshop in {city.name} floods {len(codes)} countries with {brand.name} "
        f"{product.english} in two weeks; senders and receivers are all different."
    )
    return Plan(tuple(drafts), ("P03",), story)


def split(site: Site) -> Plan:
    """P04: one load in many parcels with neighbouring numbers, to different entry points."""
    city, brand = site.city(), site.brand()
    codes = site.codes(between(site.rng, 2, 4), but=city.country)
    mail = site.rng.random() < 0.7
    kind, mode = ("postal_item", "mail") if mail else ("house_air_waybill", "express")
    prefix = one(site.rng, ("LX", "CP", "RB")) if mail else one(site.rng, ("157", "784", "235"))
    serial = between(site.rng, 10**6, 9 * 10**6)
    tie = f"neighbours:{kind} {prefix} {serial}"
    drafts = []
    for k, day in enumerate(site.days(site.size(5, 10), 6)):
        draft = site.stop(codes[k % len(codes)], day, brand=brand, origin=city, mode=mode)
        draft.product, draft.departure, draft.transit = brand.products[0], city, ()
        serial += between(site.rng, 1, 3)
        draft.documents = [
            (
                kind,
                numbers.postal_item(prefix, serial, city.country)
                if mail
                else numbers.air_waybill(prefix, serial),
            )
        ]
        draft.ties["document"] = tie
        if site.rng.random() < 0.2:
            draft.modus = ("split_shipment",)
        drafts.append(draft)
    story = (
        f"A load of {brand.name} leaves {city.name} as {len(drafts)} parcels, posted one after "
        f"the other to {', '.join(codes)} under different names."
    )
    return Plan(tuple(drafts), ("P04",), story)


def labels_apart(site: Site) -> Plan:
    """P05: labels go to one country, goods without a brand to it and its neighbour."""
    city, other = site.city(), site.city()
    brand = site.new_brand(city)
    line = brand.products[0].line
    labels = companions(line, "label") or companions(line, "package") or (BY_KEY["labels"],)
    codes = site.codes(2, but=city.country)
    buyer = site.actor(site.stop(codes[0], site.start).location)
    printer = site.actor(other)
    drafts = []
    for k, day in enumerate(site.days(site.size(5, 9), 55)):
        label = k % 2 == 0
        code = codes[k % 2 if k < 4 else below(site.rng, 2)]
        draft = site.stop(code, day, brand=brand, origin=other if label else city)
        if label:
            draft.product, draft.consignor = one(site.rng, labels), printer
            if site.rng.random() < 0.3:
                draft.modus = ("label_separate",)
        else:
            draft.branded = False
        draft.consignee = site.some_front(buyer, 0.25)
        drafts.append(draft)
    story = (
        f"{buyer.name.key} joins {brand.name} labels printed by {printer.name.key} with goods "
        f"that cross the border without a brand, in {' and '.join(codes)}."
    )
    return Plan(tuple(drafts), ("P05",), story)


def components(site: Site) -> Plan:
    """P06: parts of a brand to A, finished goods from A to B; the buyer becomes the seller."""
    city = site.city()
    brand = site.new_brand(city)
    parts = companions(brand.products[0].line, "part") or companions("shoes", "part")
    codes = site.codes(3, but=city.country)
    plant = site.stop(codes[0], site.start).location
    maker = site.actor(plant)
    drafts = []
    for k, day in enumerate(site.days(site.size(5, 9), 130)):
        if k < 3:
            draft = site.stop(codes[0], day, brand=brand, product=parts[0], origin=city)
            draft.consignee = maker
        else:
            draft = site.stop(one(site.rng, codes[1:]), day, brand=brand, origin=plant)
            draft.consignor = site.some_front(maker, 0.2)
        draft.ties["brand"] = f"brand:{brand.name}"
        drafts.append(draft)
    story = (
        f"{maker.name.key} assembles {brand.name} in {plant.name} from parts out of {city.name} "
        f"and sells to {' and '.join(codes[1:])}."
    )
    return Plan(tuple(drafts), ("P06",), story)


def container_clone(site: Site) -> Plan:
    """P11: one container number at too many places."""
    codes = site.codes(between(site.rng, 2, 4))
    number = new_container(site.world, site.rng)
    drafts = []
    for k, day in enumerate(site.days(site.size(3, 7), 160)):
        draft = site.stop(codes[k % len(codes)], day, mode="sea")
        draft.containers = [number]
        if site.rng.random() < 0.2:
            draft.modus = ("duplicate_container_number",)
        drafts.append(draft)
    story = f"Container number {number} is painted on several boxes, seen by {', '.join(codes)}."
    return Plan(tuple(drafts), ("P11",), story)


def health_cluster(site: Site) -> Plan:
    """P19: one batch number, or one telling defect of the package, in several countries."""
    product = BY_KEY[one(site.rng, ("pills", "pills", "syrup", "milk", "whisky"))]
    codes = site.codes(between(site.rng, 2, 4))
    number, brand = batch(site.rng), site.brand()
    while "misprinted" not in (mark := defect(site.world, site.rng)):
        pass
    drafts = []
    for k, day in enumerate(site.days(site.size(4, 9), 70)):
        draft = site.stop(codes[k % len(codes)], day, product=product)
        draft.brand, draft.lot = brand, number if site.rng.random() < 0.85 else None
        if site.rng.random() < 0.5 or draft.lot is None:
            draft.defect, draft.ties["defect"] = mark, f"defect:{mark}"
        drafts.append(draft)
    story = (
        f"Falsified {product.english} of batch {number} turn up in {', '.join(codes)}; sellers "
        "and buyers do not know each other."
    )
    return Plan(tuple(drafts), ("P19",), story)
