"""From a proposal to the statements that say it, to the regions of those it concerns."""

from hashlib import sha256
from uuid import UUID

import msgspec

from entente.alert.handling import Handling
from entente.alert.proposal import Proposal
from entente.store.submission import Submission
from entente.trust.register import Register
from entente.wire.body import encode_body
from entente.wire.names import statement_id
from entente.wire.statement import Audience, Change, Statement

PURPOSE = "proposal of a joint operation"


class Said(msgspec.Struct, frozen=True):
    """The last version of a proposal that was said, and the topics it has been said on."""

    version: int
    proposal: Proposal
    topics: tuple[str, ...]


_decoder = msgspec.json.Decoder(Said)
_encode = msgspec.json.Encoder(order="deterministic").encode


def stored(said: Said) -> bytes:
    """As it is kept in the rows."""
    return _encode(said)


def restored(data: bytes) -> Said:
    """From the rows."""
    return _decoder.decode(data)


def topics(proposal: Proposal, register: Register, before: tuple[str, ...]) -> tuple[str, ...]:
    """Where it is said: the home regions of its administrations, and wherever it was said before.

    A region that every part may not go to is left out.
    """
    allowed = proposal.releasability.regions
    members = (register.administrations.get(id) for id in proposal.administrations)
    homes = {m.home for m in members if m is not None and m.home is not None}
    found = {f"proposals.{home}" for home in homes if allowed is None or home in allowed}
    return tuple(sorted(found | set(before)))


def submissions(
    said: Said, register: Register, correlator: str, issued_at: int
) -> list[Submission]:
    """The statements of this version. Raises WireError; UnknownParty if we are not enrolled."""
    lanes = register.administration(correlator).duties
    proposal = said.proposal
    release = proposal.releasability
    schema, body = encode_body(proposal)
    subject = UUID(proposal.case)
    change: Change = "NEW" if said.version == 1 else "CORRECTION"
    return [
        Submission.of(
            Statement(
                id=statement_id(subject, said.version, change),
                subject=subject,
                version=said.version,
                change=change,
                type=schema.fullname,
                schema=schema.sha256,
                network=register.network,
                issuer=correlator,
                topic=topic,
                issued_at=issued_at,
                audience=Audience(
                    regions=release.regions or (), administrations=release.administrations or ()
                ),
                handling=Handling(
                    tlp=release.tlp,
                    codes=release.codes or ("H0",),
                    conditions=" ".join(release.conditions) or None,
                    purpose=PURPOSE,
                    source_grade=release.source_grade or "X",
                    information_grade=release.information_grade or 4,
                ),
                body=body,
                reason=proposal.changes.sentence if proposal.changes else None,
            ),
            sha256(body).digest(),
            lanes[topic],
        )
        for topic in said.topics
    ]
