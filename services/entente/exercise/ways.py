"""Networks of senders with one habit on the way: P07, P08, P10, P12, P15, P16, P18.

Each is a sender as in P01, less disguised, whose consignments have one more thing in common.
"""

from dataclasses import replace

from entente.exercise import actors
from entente.exercise.chance import between, one
from entente.exercise.draft import Draft
from entente.exercise.places import COUNTRIES
from entente.exercise.senders import same_consignor
from entente.exercise.site import Plan, Site

_DETOURS = ("GE", "EG", "TR", "MA", "UA", "KE", "PA")
"""Where goods change their papers; some of these are no great hubs."""


def _told(plan: Plan, drafts: list[Draft], pattern: str, habit: str) -> Plan:
    return replace(
        plan, drafts=tuple(drafts), patterns=(pattern, "P01"), story=f"{plan.story} {habit}"
    )


def laundered(site: Site) -> Plan:
    """P07: all goods set out from a place where they were not made."""
    plan = same_consignor(site)
    codes = [c for c in _DETOURS if c in COUNTRIES and c not in {d.issuer for d in plan.drafts}]
    place = one(site.rng, COUNTRIES[one(site.rng, codes)].cities)
    drafts = []
    for draft in plan.drafts:
        draft.departure, draft.transit = place, ()
        if site.rng.random() < 0.3:
            draft.modus = (one(site.rng, ("false_origin_mark", "re_export")),)
        drafts.append(draft)
    return _told(plan, drafts, "P07", f"The papers are changed in {place.name}.")


def repackaged(site: Site) -> Plan:
    """P08: all goods pass one free zone."""
    plan = same_consignor(site)
    hub = site.world.hubs.pick(site.rng)
    zone = f"{hub.country}{between(site.rng, 100, 999)}"
    drafts = []
    for draft in plan.drafts:
        draft.transit, draft.zone = (hub,), zone
        drafts.append(draft)
    return _told(plan, drafts, "P08", f"Everything is packed anew in free zone {zone}.")


def retried(site: Site) -> Plan:
    """P10: what one port refuses comes to the next within weeks, in the same box."""
    plan = same_consignor(site)
    drafts = []
    for draft in plan.drafts[:4]:
        stopped = site.stop(draft.issuer, draft.day, brand=draft.brand, mode="sea")
        stopped.consignor = draft.consignor
        others = [c for c in site.codes(3) if c != draft.issuer]
        again = site.stop(others[0], draft.day + between(site.rng, 5, 25), mode="sea")
        again.brand, again.product, again.consignor = (
            stopped.brand,
            stopped.product,
            draft.consignor,
        )
        again.containers, again.documents = stopped.containers, stopped.documents
        drafts += [stopped, again]
    return _told(plan, drafts, "P10", "What is refused in one port is tried in another.")


def same_ship(site: Site) -> Plan:
    """P12: all goods come on one ship."""
    plan = same_consignor(site)
    vessel = site.world.vessels.items[-1 - between(site.rng, 0, 9)]
    drafts = []
    for draft in plan.drafts:
        aboard = site.stop(draft.issuer, draft.day, brand=draft.brand, mode="sea")
        aboard.consignor, aboard.vessel = draft.consignor, vessel
        drafts.append(aboard)
    return _told(plan, drafts, "P12", f"They know somebody on the {vessel[0]}.")


def hidden(site: Site) -> Plan:
    """P15: all goods are hidden in one way."""
    plan = same_consignor(site)
    detail = f"false wall behind {one(site.rng, ('pallets', 'crates', 'drums', 'rolls'))}"
    cover = one(site.rng, ("salt", "plywood", "charcoal", "frozen fish", "rubber"))
    drafts = []
    for draft in plan.drafts:
        draft.detail, draft.cover = detail, cover
        drafts.append(draft)
    return _told(plan, drafts, "P15", f"It lies in a {detail}, under {cover}.")


def hijacked(site: Site) -> Plan:
    """P16: a reputable importer's number, used by others behind another telephone."""
    codes, brand = site.codes(3), site.brand()
    home = site.stop(codes[0], site.start).location
    owner = site.actor(home)
    number = f"{home.country}{between(site.rng, 10**8, 10**9 - 1)}"
    owner = owner._replace(tax_id=number)
    thief = owner._replace(
        phones=(actors.phone(site.rng, home.country),),
        emails=(actors.email(site.rng, owner.name),),
        place=site.actor(home).place,
    )
    count = site.size(4, 8)
    drafts = []
    for k, (code, day) in enumerate(site.heard(codes, site.days(count, 150))):
        draft = site.stop(code, day, brand=brand, mode="sea")
        draft.consignee = owner if k < count // 2 else thief
        draft.forwarder = site.world.forwarders.pick(site.rng)
        drafts.append(draft)
    story = (
        f"{owner.name.key} is known to customs by its number {number}; somebody else imports "
        f"{brand.name} under it, in {', '.join(codes)}."
    )
    return Plan(tuple(drafts), ("P16", "P02"), story)


def undervalued(site: Site) -> Plan:
    """P18: values a hundredth of what such goods are worth."""
    plan = same_consignor(site)
    drafts = []
    for draft in plan.drafts:
        draft.worth = 0.004
        drafts.append(draft)
    return _told(plan, drafts, "P18", "Hardly any value is ever declared.")
