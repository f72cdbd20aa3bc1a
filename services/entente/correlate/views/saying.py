"""From a proposal or an epoch to the statements that say it, on the topics of those it is for."""

from collections.abc import Iterator
from hashlib import sha256
from itertools import combinations
from uuid import UUID

import msgspec

from entente.alert.epoch import Epoch
from entente.alert.handling import Handling
from entente.alert.proposal import Pair, Proposal, Releasability
from entente.correlate.intake.audiences import Signature
from entente.correlate.views.view import Turn
from entente.store.submission import Submission, fits
from entente.trust.administration import Administration
from entente.trust.register import Register
from entente.wire.body import encode_body
from entente.wire.names import statement_id, subject_id
from entente.wire.statement import Audience, Change, Statement

PURPOSE = "proposal of a joint operation"
_FAMILY = "proposals."
_STOCK = Handling(
    tlp="GREEN", purpose="what proposals were computed from", source_grade="A", information_grade=1
)
_PART = 3072
"""Items of a list that one statement of an epoch names."""


class Said(msgspec.Struct, frozen=True):
    """The last version of a proposal that was said, and the topics it has been said on."""

    version: int
    proposal: Proposal
    topics: tuple[str, ...]
    view: Signature = ()
    """Whose view it follows from."""


_decoder = msgspec.json.Decoder(Said)
_encode = msgspec.json.Encoder(order="deterministic").encode


def stored(said: Said) -> bytes:
    """As it is kept in the rows."""
    return _encode(said)


def restored(data: bytes) -> Said:
    """From the rows."""
    return _decoder.decode(data)


def audience(release: Releasability) -> Audience | None:
    """Whom it may be said to. None: to nobody, which no audience on the wire could say."""
    if release.regions is None and release.administrations is None:
        return Audience()
    found = Audience(regions=release.regions or (), administrations=release.administrations or ())
    return None if found == Audience() else found


def topics(proposal: Proposal, register: Register, before: tuple[str, ...]) -> tuple[str, ...]:
    """Where it is said, besides wherever it was said before.

    What is for everybody: in the home regions of its administrations, and, where it may be passed
    on, of those who are silent on its route (P24). What is for some: where these read, and nowhere
    else.
    """
    limits = audience(proposal.releasability)
    if limits is None:
        return ()
    if limits == Audience():
        members = [register.administrations.get(id) for id in proposal.administrations]
        if proposal.releasability.passes_on:
            members += _silent(proposal, register)
        found = {f"{_FAMILY}{m.home}" for m in members if m is not None and m.home is not None}
    else:
        found = _readable(limits, register)
    return tuple(sorted(found | set(before)))


def coordinators(register: Register, proposal: Proposal) -> list[str]:
    """The coordinators who are told of a proposal: who read a topic that it is said on."""
    said = set(topics(proposal, register, ()))
    every = register.with_role("coordinator")
    return [m.id for m in every if m.retired is None and not said.isdisjoint(m.reads)]


def _silent(proposal: Proposal, register: Register) -> list[Administration]:
    warned = {one.country for one in proposal.silent if one.look_for}
    every = register.with_role("administration")
    return [m for m in every if m.country in warned and m.retired is None]


def without_agreement(proposal: Proposal, register: Register, at: int) -> tuple[Pair, ...]:
    """The pairs of a proposal's administrations that no agreement lets share names at a time."""
    return tuple(
        Pair(one=one, other=other)
        for one, other in combinations(sorted(proposal.administrations), 2)
        if not register.may_share_nominal(one, other, at)
    )


def _reads(member: Administration) -> str | None:
    """The topic of proposals that reaches a member: of its home, if it reads that."""
    found = sorted(topic for topic in member.reads if topic.startswith(_FAMILY))
    home = f"{_FAMILY}{member.home}"
    return home if home in found else next(iter(found), None)


def _readable(limits: Audience, register: Register) -> set[str]:
    """Topics that reach all whom these limits admit."""
    named = (register.administrations.get(id) for id in limits.administrations)
    found = {f"{_FAMILY}{region}" for region in limits.regions}
    return found | {topic for m in named if m is not None and (topic := _reads(m))}


def submissions(
    said: Said, register: Register, correlator: str, issued_at: int
) -> list[Submission]:
    """The statements of this version; none if it is for nobody.

    Who has no agreement to share names is looked up as of ``issued_at``. Raises WireError, also
    where it names so many alerts that no record could carry it; UnknownParty if we are not
    enrolled.
    """
    lanes = register.administration(correlator).duties
    pairs = without_agreement(said.proposal, register, issued_at)
    proposal = msgspec.structs.replace(said.proposal, without_agreement=pairs)
    release = proposal.releasability
    limits = audience(release)
    if limits is None:
        return []
    schema, body = encode_body(proposal)
    subject = UUID(proposal.case)
    change: Change = "NEW" if said.version == 1 else "CORRECTION"
    found = [
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
                audience=limits,
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
    for submission in found:
        fits(submission)
    return found


def epochs(turn: Turn, register: Register, correlator: str, issued_at: int) -> list[Submission]:
    """The statements of an epoch, to the readers of its proposals.

    Who may see all that the base rests on reads the topics of all regions, so it is said on one:
    the first of our duties. Errors as ``submissions``.
    """
    lanes = register.administration(correlator).duties
    if turn.audience == Audience():
        topics = sorted(topic for topic in lanes if topic.startswith(_FAMILY))[:1]
    else:
        topics = sorted(_readable(turn.audience, register))
    found = []
    for part in _parts(turn.epoch):
        schema, body = encode_body(part)
        at = msgspec.json.encode((part.view, part.number, part.part)).decode()
        subject = subject_id(register.network, correlator, f"epoch/{at}")
        for topic in topics:
            statement = Statement(
                id=statement_id(subject, 1, "NEW"),
                subject=subject,
                version=1,
                change="NEW",
                type=schema.fullname,
                schema=schema.sha256,
                network=register.network,
                issuer=correlator,
                topic=topic,
                issued_at=issued_at,
                audience=turn.audience,
                handling=_STOCK,
                body=body,
            )
            found.append(Submission.of(statement, sha256(body).digest(), lanes[topic]))
    return found


def _parts(epoch: Epoch) -> Iterator[Epoch]:
    lists = (epoch.alerts, epoch.gone, epoch.decisions, epoch.said)
    longest = max(map(len, lists))
    parts = max(1, -(-longest // _PART))
    for part in range(parts):
        here = slice(part * _PART, (part + 1) * _PART)
        yield msgspec.structs.replace(
            epoch,
            part=part + 1,
            parts=parts,
            alerts=epoch.alerts[here],
            gone=epoch.gone[here],
            decisions=epoch.decisions[here],
            said=epoch.said[here],
        )
