"""The proposals that a coordinator has received, folded from the proposal topics of its regions."""

from pathlib import Path
from uuid import UUID

import msgspec

from entente.alert.handling import Handling
from entente.alert.proposal import Proposal
from entente.bus import admitted
from entente.bus.admitted import Admit
from entente.bus.spoken import Spoken
from entente.coordinate.kept import Kept
from entente.errors import StoreError
from entente.trust.administration import Administration
from entente.trust.audience import reader as member
from entente.wire.statement import Audience

PROJECTION = "proposals"
"""Name of this inbox among the projections of a coordinator's store."""
KEPT = Kept("proposals.sqlite", PROJECTION, "proposals", (Proposal,))
store, run = KEPT.store, KEPT.run


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


def read(coordinator: Path) -> list[ReceivedProposal]:
    """The proposals that hold now and are for us, most probable first, withdrawn ones last.

    Raises StoreError: nothing was received yet.
    """
    if not store(coordinator).exists():
        raise StoreError(
            f"There are no proposals in {coordinator}.",
            advice="Run `entente proposals --as <id>` while the broker is up.",
        )
    heads = KEPT.heads(coordinator, _admits(member(coordinator)))
    return sorted((one for spoken in heads if (one := _read(spoken))), key=rank)


def last_open(coordinator: Path, one: ReceivedProposal) -> ReceivedProposal | None:
    """What a proposal that has ended said while it was open; None if it is, or if we never saw it.

    Of what is history that still holds: it only is too old to be compared with what comes.
    """
    if one.proposal.status == "open":
        return None
    said = KEPT.versions(
        coordinator, _admits(member(coordinator)), UUID(one.proposal.case), one.issuer
    )
    known = (found for spoken in said if (found := _read(spoken)))
    return next((found for found in known if found.proposal.status == "open"), None)


def rank(one: ReceivedProposal) -> tuple[bool, float, float, str]:
    """What to look at first: open, probable, strong; ties by case."""
    proposal = one.proposal
    return (
        proposal.status != "open",
        -float(proposal.probability),
        -float(proposal.bits),
        proposal.case,
    )


def _admits(me: Administration) -> Admit:
    """Whether a proposal is for us: by its audience, and by what all its parts allow.

    Parts that allow nobody in common leave an empty audience, which would mean everybody.
    """
    said = admitted.said_to(me)

    def admit(one: Spoken) -> bool:
        if not said(one):
            return False
        body = one.body
        if not isinstance(body, Proposal):
            return True
        regions, administrations = body.releasability.regions, body.releasability.administrations
        if regions is None and administrations is None:
            return True
        here = me.id in (administrations or ())
        return here or not set(regions or ()).isdisjoint(me.all_regions)

    return admit


def _read(spoken: Spoken) -> ReceivedProposal | None:
    statement = spoken.statement
    if not isinstance(spoken.body, Proposal):
        return None
    return ReceivedProposal(
        version=statement.version,
        issuer=statement.issuer,
        topic=statement.topic,
        issued_at=statement.issued_at,
        statement=spoken.digest,
        audience=statement.audience,
        handling=statement.handling,
        proposal=spoken.body,
    )
