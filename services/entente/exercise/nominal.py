"""The nominal part of a report: who sent, received and carried, as one administration writes it."""

from random import Random

from entente.alert import record as r
from entente.exercise.actors import Actor
from entente.exercise.chance import one
from entente.exercise.draft import Draft, Seen
from entente.exercise.spelling import write_address, write_email, write_name, write_phone
from entente.exercise.world import PLACEHOLDER_MAILS, PLACEHOLDER_PHONES, PLACEHOLDERS, Issuer


def nominal(draft: Draft, issuer: Issuer, rng: Random, seen: Seen | None) -> r.Nominal | None:
    """The parties that the issuer tells; nothing where it shares no nominal data."""
    gives = issuer.gives
    if not gives["parties"]:
        return None
    carrier: r.PartyRole = "courier" if draft.mode == "express" else "forwarder"
    parties = []
    for role, actor, chance in (
        ("consignor", draft.consignor, gives["consignor"]),
        ("consignee", draft.consignee, gives["consignee"]),
        (carrier, draft.forwarder, gives["forwarder"]),
        ("notify", draft.notify, gives["notify"]),
    ):
        if actor is None:
            continue
        if rng.random() < chance:
            parties.append(_party(role, actor, draft, issuer, rng, seen))  # type: ignore[arg-type]  # literals of ours
        elif rng.random() < issuer.fills:
            parties.append(_placeholder(role, rng))  # type: ignore[arg-type]  # the same
    return r.Nominal(parties=tuple(parties)) if parties else None


def _placeholder(role: r.PartyRole, rng: Random) -> r.Party:
    phones = (one(rng, PLACEHOLDER_PHONES),) if rng.random() < 0.5 else ()
    emails = (one(rng, PLACEHOLDER_MAILS),) if rng.random() < 0.3 else ()
    return r.Party(role=role, name=one(rng, PLACEHOLDERS), phones=phones, emails=emails)


def _party(
    role: r.PartyRole, actor: Actor, draft: Draft, issuer: Issuer, rng: Random, seen: Seen | None
) -> r.Party:
    gives, hand, craft = issuer.gives, issuer.hand, draft.craft
    name = write_name(actor.name, hand, rng, craft)
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    address = shop = payment = None
    country = actor.place.city.country
    if actor.phones and rng.random() < gives["phone"]:
        digits = actor.phones[0] if len(actor.phones) == 1 else one(rng, actor.phones)
        phones = (write_phone(digits, country, hand, rng, craft),)
        if seen is not None and not actor.trap:
            seen[f"phone:{digits}"] = phones[0]
    elif rng.random() < issuer.fills:
        phones = (one(rng, PLACEHOLDER_PHONES),)
    if actor.emails and rng.random() < gives["email"]:
        plain = actor.emails[0] if len(actor.emails) == 1 else one(rng, actor.emails)
        emails = (write_email(plain, rng, craft),)
        if seen is not None and not actor.trap:
            seen[f"email:{plain}"] = emails[0]
    if rng.random() < gives["address"]:
        address = write_address(actor.place, hand, rng, craft)
        if seen is not None and not actor.trap:
            seen[f"address:{actor.place.key}"] = (
                address.text or f"{address.street} {address.number}"
            )
    if actor.shop and rng.random() < gives["shop"]:
        shop = r.Shop(platform=actor.shop[0], seller=actor.shop[1])
        if seen is not None:
            seen[f"shop:{actor.shop[1]}"] = actor.shop[1]
    if actor.payment and rng.random() < gives["payment"]:
        payment = actor.payment
        if seen is not None:
            seen[f"payment:{payment}"] = payment
    if seen is not None and not actor.trap:
        seen[f"name:{actor.name.key}"] = name
    tax = actor.tax_id if actor.tax_id and rng.random() < gives["tax_id"] else None
    if tax and seen is not None and not actor.trap:
        seen[f"tax_id:{tax}"] = tax
    return r.Party(
        role=role, name=name, address=address, phones=phones, emails=emails,
        tax_ids=(tax,) if tax else (), shops=(shop,) if shop else (),
        payments=(payment,) if payment else (),
    )  # fmt: skip
