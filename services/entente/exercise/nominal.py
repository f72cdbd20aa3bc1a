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
            parties.append(_party(role, actor, draft, issuer, rng, seen=seen))  # type: ignore[arg-type]  # literals of ours
        elif rng.random() < issuer.fills:
            parties.append(_placeholder(role, rng))  # type: ignore[arg-type]  # the same
    return r.Nominal(parties=tuple(parties)) if parties else None


def _placeholder(role: r.PartyRole, rng: Random) -> r.Party:
    phones = (one(rng, PLACEHOLDER_PHONES),) if rng.random() < 0.5 else ()
    emails = (one(rng, PLACEHOLDER_MAILS),) if rng.random() < 0.3 else ()
    return r.Party(role=role, name=one(rng, PLACEHOLDERS), phones=phones, emails=emails)


def _party(
    role: r.PartyRole, actor: Actor, draft: Draft, issuer: Issuer, rng: Random, *, seen: Seen | None
) -> r.Party:
    gives, country = issuer.gives, actor.place.city.country
    shown = None if actor.trap else seen
    name = write_name(actor.name, issuer.hand, rng, draft.craft)
    _note(shown, "name", actor.name.key, name)
    phone = email = address = shop = payment = tax = None
    if actor.phones and rng.random() < gives["phone"]:
        digits = actor.phones[0] if len(actor.phones) == 1 else one(rng, actor.phones)
        phone = write_phone(digits, country, issuer.hand, rng, draft.craft)
        _note(shown, "phone", digits, phone)
    elif rng.random() < issuer.fills:
        phone = one(rng, PLACEHOLDER_PHONES)
    if actor.emails and rng.random() < gives["email"]:
        true = actor.emails[0] if len(actor.emails) == 1 else one(rng, actor.emails)
        email = write_email(true, rng, draft.craft)
        _note(shown, "email", true, email)
    if rng.random() < gives["address"]:
        address = write_address(actor.place, issuer.hand, rng, draft.craft)
        text = address.text or f"{address.street} {address.number}"
        _note(shown, "address", actor.place.key, text)
    if actor.shop and rng.random() < gives["shop"]:
        shop = r.Shop(platform=actor.shop[0], seller=actor.shop[1])
        _note(shown, "shop", actor.shop[1], actor.shop[1])
    if actor.payment and rng.random() < gives["payment"]:
        payment = actor.payment
        _note(shown, "payment", payment, payment)
    if actor.tax_id and rng.random() < gives["tax_id"]:
        tax = actor.tax_id
        _note(shown, "tax_id", tax, tax)
    return r.Party(
        role=role, name=name, address=address, phones=_some(phone), emails=_some(email),
        tax_ids=_some(tax), shops=(shop,) if shop else (), payments=_some(payment),
    )  # fmt: skip


def _some(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _note(seen: Seen | None, kind: str, true: str, written: str) -> None:
    """Note what a reader of the report can tie to other reports."""
    if seen is not None:
        seen[f"{kind}:{true}"] = written
