"""Hit / no-hit: which sealed alerts of two originators share something, before either is shown.

A proposal links alerts by link tokens: the correlator saw that two sealed values are equal, not
what they are. So both originators learn that there is something to ask for, and each decides what
to let the other open.
"""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from entente.alert.proposal import Evidence, Proposal
from entente.seal.normalise import KINDS, MIDDLEMAN


class Hit(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An alert of ours and one of another originator whose sealed parts share a value."""

    case: str
    them: str
    ours: UUID
    theirs: UUID
    shared: tuple[str, ...]
    """Kinds of the values that are equal, e.g. ``phone.1``; never the values."""


def hits(proposals: Iterable[Proposal], administration: str) -> list[Hit]:
    """The hits that concern an administration, by case and originator; open proposals only."""
    found: set[Hit] = set()
    for proposal in proposals:
        issuers = {alert.subject: alert.issuer for alert in proposal.alerts}
        for link in proposal.links if proposal.status == "open" else ():
            shared = tuple(sorted({one.kind for one in link.evidence if _blind(one)}))
            for ours, theirs in ((link.a, link.b), (link.b, link.a)):
                them = issuers.get(theirs, administration)
                if shared and issuers.get(ours) == administration != them:
                    hit = Hit(
                        case=proposal.case, them=them, ours=UUID(ours), theirs=UUID(theirs),
                        shared=shared,
                    )  # fmt: skip
                    found.add(hit)
    return sorted(found)


def _blind(evidence: Evidence) -> bool:
    """Whether tokens made it: an equal value of which nothing is known."""
    known = evidence.left is not None or evidence.right is not None
    return evidence.kind.removeprefix(MIDDLEMAN) in KINDS and not known
