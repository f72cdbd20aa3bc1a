"""The proposals that a coordinator has received, folded from the proposal topics of its regions."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec

from entente.alert.handling import Handling
from entente.alert.proposal import Proposal
from entente.bus import admitted
from entente.bus.receive import receive
from entente.config import Settings
from entente.errors import StoreError
from entente.proof.record import Record
from entente.store.database import Database
from entente.store.reader import Reader
from entente.trust.administration import Administration
from entente.trust.audience import admits
from entente.trust.audience import reader as member
from entente.wire.body import decode_body
from entente.wire.envelope import decode_envelope
from entente.wire.statement import Audience, decode_statement

PROJECTION = "proposals"
"""Name of this inbox among the projections of a coordinator's store."""


class ReceivedProposal(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a proposal that holds, and whose statement it is."""

    version: int
    issuer: str
    topic: str
    issued_at: int
    """Microseconds since the epoch, by the issuer's clock."""
    statement: str
    """SHA-256 of the statement's bytes, lower-case hexadecimal: what a decision refers to."""
    audience: Audience
    handling: Handling
    proposal: Proposal


def store(coordinator: Path) -> Path:
    """Where a coordinator, by its folder, keeps its proposals."""
    return coordinator / "proposals.sqlite"


async def run(
    settings: Settings,
    coordinator: str,
    *,
    progress: Callable[[int, int], None] | None = None,
    caught_up: asyncio.Event | None = None,
) -> None:
    """Receive the proposals of a coordinator's regions until cancelled; errors as in ``receive``.

    Raises StoreBusy as well: another process receives them.
    """
    with Database(store(settings.party(coordinator))) as database:
        await receive(
            settings,
            coordinator,
            database,
            name=PROJECTION,
            family="proposals",
            bodies=(Proposal,),
            progress=progress,
            caught_up=caught_up,
        )


def read(coordinator: Path) -> list[ReceivedProposal]:
    """The proposals that hold now and are for us, most probable first, withdrawn ones last.

    Raises StoreError: nothing was received yet.
    """
    if not store(coordinator).exists():
        raise StoreError(
            f"There are no proposals in {coordinator}.",
            advice="Run `entente proposals --as <id>` while the broker is up.",
        )
    me = member(coordinator)
    with Reader(store(coordinator)) as reader, reader.view(PROJECTION) as view:
        heads = admitted.heads(view, lambda record: _admits(record, me))
        found = [one for record in heads if (one := _read(record)) is not None]
    return sorted(found, key=rank)


def rank(one: ReceivedProposal) -> tuple[bool, float, float, str]:
    """What to look at first: open, probable, strong; ties by case."""
    proposal = one.proposal
    return (
        proposal.status != "open",
        -float(proposal.probability),
        -float(proposal.bits),
        proposal.case,
    )


def _admits(record: Record, me: Administration) -> bool:
    """Whether a proposal is for us: by its audience, and by what all its parts allow.

    Parts that allow nobody in common leave an empty audience, which would mean everybody.
    """
    statement = decode_statement(decode_envelope(record.value or b"").statement)
    if not admits(statement.audience, statement.issuer, me):
        return False
    body = None if statement.change == "WITHDRAWAL" else decode_body(statement)
    if not isinstance(body, Proposal):
        return True
    regions, administrations = body.releasability.regions, body.releasability.administrations
    if regions is None and administrations is None:
        return True
    here = me.id in (administrations or ())
    return here or not set(regions or ()).isdisjoint(me.all_regions)


def _read(record: Record) -> ReceivedProposal | None:
    leaf = decode_envelope(record.value or b"").statement
    statement = decode_statement(leaf)
    if statement.change == "WITHDRAWAL":
        return None
    body = decode_body(statement)
    if not isinstance(body, Proposal):
        return None
    return ReceivedProposal(
        version=statement.version,
        issuer=statement.issuer,
        topic=statement.topic,
        issued_at=statement.issued_at,
        statement=sha256(leaf).hexdigest(),
        audience=statement.audience,
        handling=statement.handling,
        proposal=body,
    )
