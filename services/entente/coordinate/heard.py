"""What coordinators have decided and listed, folded from the decision topics of our regions."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from entente.alert.decision import Decision
from entente.alert.handling import Handling
from entente.alert.listing import Listing
from entente.bus import admitted
from entente.bus.receive import receive
from entente.config import Settings
from entente.proof.record import Record
from entente.store.database import Database
from entente.store.reader import Reader
from entente.trust.audience import admits
from entente.trust.audience import reader as member
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.statement import Audience, decode_statement

PROJECTION = "heard-decisions"
"""Name of this inbox among the projections of its store."""


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


class HeardDecision(Heard, frozen=True, kw_only=True):
    """A decision that stands."""

    decision: Decision


class HeardListing(Heard, frozen=True, kw_only=True):
    """An entry of a list that stands."""

    listing: Listing


def store(folder: Path) -> Path:
    """Where a member, by its folder, keeps the decisions it has heard of."""
    return folder / "decisions.sqlite"


async def run(
    settings: Settings,
    member: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event | None = None,
) -> None:
    """Receive decisions until cancelled; errors as in ``receive``.

    Raises StoreBusy as well: another process receives them.
    """
    with Database(store(settings.party(member))) as database:
        await receive(
            settings,
            member,
            database,
            name=PROJECTION,
            family="decisions",
            bodies=(Decision, Listing),
            progress=progress,
            caught_up=caught_up,
        )


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
    me = member(folder)

    def admit(record: Record) -> bool:
        statement = decode_statement(decode_envelope(record.value or b"").statement)
        return admits(statement.audience, statement.issuer, me)

    with Reader(store(folder)) as reader, reader.view(PROJECTION) as view:
        return [one for record in admitted.heads(view, admit) if (one := _read(record))]


def _read(record: Record) -> Heard | None:
    statement = decode_statement(decode_envelope(record.value or b"").statement)
    if statement.change == "WITHDRAWAL":
        return None
    said = Heard(
        subject=str(statement.subject),
        version=statement.version,
        coordinator=statement.issuer,
        issued_at=statement.issued_at,
        topic=statement.topic,
        audience=statement.audience,
        handling=statement.handling,
    )
    body, known = decode_body(statement), msgspec.structs.asdict(said)
    if isinstance(body, Decision):
        return HeardDecision(decision=body, **known)
    return HeardListing(listing=body, **known) if isinstance(body, Listing) else None
