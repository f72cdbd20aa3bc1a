"""From what a coordinator wants to the decision, and to the statements that say it. Pure."""

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import NamedTuple, get_args
from uuid import UUID

import msgspec

from entente.alert.decision import JUDGEMENTS, Decision, DeclineCode, ProposalReference, Ruling
from entente.alert.handling import Handling
from entente.alert.listing import Listing
from entente.alert.proposal import Proposal
from entente.coordinate.received import ReceivedProposal
from entente.errors import TrustError, UsageError
from entente.store.submission import Submission
from entente.trust.administration import Administration
from entente.trust.audience import admits
from entente.trust.register import Register
from entente.wire.body import encode_body
from entente.wire.names import statement_id, subject_id
from entente.wire.schemas import latest
from entente.wire.statement import Audience, Change, LinkToken, Statement

PURPOSE = "decision on a proposal"
_FAMILY = "decisions."
_FOLDED = "network"
"""The pattern of cases that are folded from links. Others, such as bursts, are counted: there is
nothing in them that a judgement about two alerts could join or part."""


def decision(
    on: ReceivedProposal,
    ruling: Ruling,
    *,
    alerts: Iterable[str] = (),
    others: Iterable[str] = (),
    other: ReceivedProposal | None = None,
    code: DeclineCode | None = None,
    reason: str | None = None,
) -> Decision:
    """A decision on a proposal.

    ``alerts`` and ``others`` are subjects or beginnings of them; ``accept``, ``decline`` and
    ``merge`` take all alerts, ``split`` takes as ``others`` all but ``alerts``. Raises UsageError:
    the proposal does not hold such alerts, or there is nothing in it to decide so.
    """
    p = on.proposal
    if p.status != "open":
        raise UsageError(
            f"Case {p.case} is withdrawn: {p.changes.sentence if p.changes else p.claim}",
            advice="`entente proposals` shows what is open.",
        )
    for one in (p, *((other.proposal,) if other else ())):
        if ruling in JUDGEMENTS and one.pattern != _FOLDED:
            raise UsageError(
                f"Case {one.case} is a {one.pattern.replace('_', ' ')}, which counts alerts and"
                " does not say that they are of one actor.",
                advice="Accept or decline it.",
            )
    if (ruling == "decline") is not (code is not None):
        raise UsageError(
            "A case is declined for a reason that all can count, and only then is there a code.",
            advice=f"Give --code with decline: {', '.join(get_args(DeclineCode)[:-1])}.",
        )
    every = tuple(alert.subject for alert in p.alerts)
    issuers = {alert.subject: alert.issuer for alert in p.alerts}
    mine, theirs = _named(p, alerts), _named(p, others)
    if ruling in ("accept", "decline", "merge"):
        mine = every
    if other is not None:
        theirs = tuple(a.subject for a in other.proposal.alerts if a.subject not in issuers)
        issuers |= {alert.subject: alert.issuer for alert in other.proposal.alerts}
    if ruling == "split":
        theirs = tuple(sorted(set(every) - set(mine)))
    if ruling in JUDGEMENTS and not (mine and theirs and set(mine).isdisjoint(theirs)):
        raise UsageError(
            "There must be alerts on both sides, and none on both.",
            advice="`entente proposals --show` lists the alerts of a case.",
        )
    return Decision(
        proposal=_reference(on),
        ruling=ruling,
        code=code,
        reason=reason,
        alerts=tuple(sorted(mine)),
        others=tuple(sorted(theirs)),
        other=_reference(other) if other else None,
        administrations=tuple(sorted({issuers[s] for s in (*mine, *theirs)})),
    )


def _named(proposal: Proposal, given: Iterable[str]) -> tuple[str, ...]:
    found = set()
    for one in given:
        start = one.casefold()
        fits = [a.subject for a in proposal.alerts if a.subject.casefold().startswith(start)]
        if len(fits) != 1:
            raise UsageError(
                f"{one!r} names {len(fits) or 'no'} alert{'s' if len(fits) > 1 else ''} of case"
                f" {proposal.case}.",
                advice="Give the subject of one, or so much of its beginning as no other has.",
            )
        found.update(fits)
    return tuple(sorted(found))


def _reference(on: ReceivedProposal) -> ProposalReference:
    return ProposalReference(case=on.proposal.case, version=on.version, statement=on.statement)


def subject(network: str, coordinator: str, said: Decision) -> UUID:
    """What a decision is a version of: see ``alert/decision.py``."""
    about = f"decision/{said.proposal.case}"
    if said.ruling in JUDGEMENTS:
        sides = msgspec.json.encode((said.ruling, said.alerts, said.others))
        about += f"/{sha256(sides).hexdigest()[:32]}"
    return subject_id(network, coordinator, about)


def audience(on: ReceivedProposal, other: ReceivedProposal | None, register: Register) -> Audience:
    """Who may hear of a decision: who may see all the proposals that it speaks of.

    Raises TrustError: nobody may.
    """
    if other is None or other.audience in (Audience(), on.audience):
        return on.audience
    if on.audience == Audience():
        return other.audience
    both = (on, other)
    found = [
        id
        for id, member in sorted(register.administrations.items())
        if all(admits(one.audience, one.issuer, member) for one in both)
    ]
    if not found:
        raise TrustError("Nobody may see both proposals.", advice="Decide on each alone.")
    return Audience(administrations=tuple(found))


class Reach(NamedTuple):
    """Where a decision is said, and which contributors read none of it."""

    topics: tuple[str, ...]
    unreached: tuple[str, ...]


def reach(said: Decision, limits: Audience, me: Administration, register: Register) -> Reach:
    """The topics of ``me`` that contributors read; for everybody's ears also that of our home.

    Raises TrustError: we may write none.
    """
    duties = [topic for topic in me.duties if topic.startswith(_FAMILY)]
    home = f"{_FAMILY}{me.home}"
    topics, unreached = set(), []
    for id in said.administrations:
        member = register.administrations.get(id)
        ours = [topic for topic in duties if member is not None and topic in member.reads]
        if member is None or not ours:
            unreached.append(id)
        else:
            topics.add(f"{_FAMILY}{member.home}" if f"{_FAMILY}{member.home}" in ours else ours[0])
    if limits == Audience() or not topics:
        topics.update([home] if home in duties else duties[:1])
    if not topics:
        raise TrustError(
            f"{me.id} may not write decisions.",
            advice=f"`entente network duty {me.id} {home}` lets it.",
        )
    return Reach(tuple(sorted(topics)), tuple(unreached))


def submissions(
    about: UUID,
    version: int,
    change: Change,
    said: Decision | Listing | None,
    *,
    what: type[Decision] | type[Listing] = Decision,
    tokens: tuple[LinkToken, ...] = (),
    topics: Collection[str],
    limits: Audience,
    handling: Handling,
    reason: str | None,
    me: Administration,
    network: str,
    now: int,
) -> list[Submission]:
    """A version of a decision, or an entry of a list, on these topics.

    ``said`` is None in a withdrawal; ``what`` is withdrawn. ``tokens``: of an entry that does not
    say its value. Raises WireError.
    """
    schema, body = encode_body(said) if said else (latest(what.__name__.lower()), b"")
    content = sha256(msgspec.json.encode((body, reason, *tokens))).digest()
    return [
        Submission.of(
            Statement(
                id=statement_id(about, version, change),
                subject=about,
                version=version,
                change=change,
                type=schema.fullname,
                schema=schema.sha256,
                network=network,
                issuer=me.id,
                topic=topic,
                issued_at=now,
                audience=limits,
                handling=handling,
                body=body,
                link_tokens=tokens,
                reason=reason,
            ),
            content,
            me.duties[topic],
        )
        for topic in topics
    ]
