"""What coordinators have decided and listed, folded from the decision topics of our regions."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from entente.alert.decision import Decision
from entente.alert.handling import Handling
from entente.alert.listing import Listing
from entente.bus import admitted
from entente.bus.spoken import Spoken
from entente.coordinate.kept import Kept
from entente.trust.administration import Administration
from entente.trust.audience import reader as member
from entente.trust.audience import register
from entente.trust.mandate import unheeded, unlisted
from entente.wire.statement import Audience

PROJECTION = "heard-decisions"
"""Name of this inbox among the projections of its store."""
KEPT = Kept("decisions.sqlite", PROJECTION, "decisions", (Decision, Listing))
store, run = KEPT.store, KEPT.run


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a statement of a coordinator that holds."""

    subject: str
    version: int
    coordinator: str
    issued_at: int
    """Microseconds since the epoch, by the coordinator's clock."""
    topic: str
    audience: Audience
    handling: Handling
    unheeded: str = ""
    """What of it is not obeyed, and why, by the register that we hold; empty: all of it is."""


class HeardDecision(Heard, frozen=True, kw_only=True):
    """A decision that stands."""

    decision: Decision


class HeardListing(Heard, frozen=True, kw_only=True):
    """An entry of a list that stands."""

    listing: Listing


def read(folder: Path) -> list[HeardDecision]:
    """The decisions that hold now and are said to us, the newest first.

    An administration hears of those that concern its own alerts; offices and coordinators of all in
    their regions. Nobody hears of any before ``run`` has received some.
    """
    found = [one for one in _heard(folder) if isinstance(one, HeardDecision)]
    if found and (me := member(folder)).role == "administration":
        found = [one for one in found if me.id in one.decision.administrations]
    return sorted(found, key=lambda one: (-one.issued_at, one.subject))


def listings(folder: Path) -> list[HeardListing]:
    """The entries of lists that hold now, by what they are and by value."""
    found = [one for one in _heard(folder) if isinstance(one, HeardListing)]
    return sorted(found, key=lambda one: (one.listing.service, one.listing.value, one.subject))


def _heard(folder: Path) -> list[Heard]:
    if not store(folder).exists():
        return []
    heads = KEPT.heads(folder, admitted.said_to(member(folder)))
    members = register(folder).administrations
    return [one for spoken in heads if (one := _read(spoken, members))]


def _read(spoken: Spoken, members: Mapping[str, Administration]) -> Heard | None:
    statement = spoken.statement
    known = msgspec.structs.asdict(
        Heard(
            subject=str(statement.subject),
            version=statement.version,
            coordinator=statement.issuer,
            issued_at=statement.issued_at,
            topic=statement.topic,
            audience=statement.audience,
            handling=statement.handling,
        )
    )
    by, body = statement.issuer, spoken.body
    if isinstance(body, Decision):
        known["unheeded"] = unheeded(by, body.administrations, body.ruling, members)
        return HeardDecision(decision=body, **known)
    if isinstance(body, Listing):
        sealed = bool(statement.link_tokens)
        known["unheeded"] = unlisted(by, members, sealed=sealed)
        return HeardListing(listing=body, **known)
    return None
