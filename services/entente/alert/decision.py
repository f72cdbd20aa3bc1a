"""The decision: what a coordinator says about a proposal, to the correlator and to contributors.

Its issuer is the coordinator. Accepting and declining are one subject for each coordinator and
case, so the last word holds; each judgement about alerts (merge, split, apart, together) is a
subject of its own, so that all of them hold side by side. Corrections and withdrawals work as those
of alerts.
"""

from typing import Literal

from entente.alert.record import Part

Ruling = Literal["accept", "decline", "merge", "split", "apart", "together", "other"]
DeclineCode = Literal["innocent", "weak", "known", "stale", "no_mandate", "no_means", "other"]
JUDGEMENTS = ("merge", "split", "apart", "together")
"""Rulings about two groups of alerts: whether these are of one actor."""


class ProposalReference(Part, frozen=True, kw_only=True):
    """The version of a proposal that was decided upon, by the statement that was read."""

    case: str
    """UUID."""
    version: int
    statement: str
    """SHA-256 of the statement's bytes, lower-case hexadecimal."""


class Decision(Part, frozen=True, kw_only=True):
    """What was decided, and why.

    ``accept``: there is something to act on. ``decline``: there is not, for the reason of ``code``.
    ``merge``: ``other`` is of the same actor. ``split``: ``alerts`` are not of the same actor as
    the ``others``, which stay. ``apart`` and ``together``: each of ``alerts`` is not, or is, of the
    same actor as each of ``others``.
    """

    proposal: ProposalReference
    ruling: Ruling
    code: DeclineCode | None = None
    """Why it was declined. ``innocent``: there is a lawful explanation. ``weak``: the evidence is
    too weak. ``known``: it is being acted on already. ``stale``: it comes too late. ``no_mandate``:
    nobody concerned may act. ``no_means``: there are no people or time."""
    reason: str | None = None
    """In the coordinator's words."""
    alerts: tuple[str, ...] = ()
    """Subjects (UUID): of ``accept``, ``decline`` and ``merge`` all alerts of the proposal."""
    others: tuple[str, ...] = ()
    """Subjects (UUID) on the other side, where there are two."""
    other: ProposalReference | None = None
    """The other proposal of a merge."""
    administrations: tuple[str, ...] = ()
    """Whose alerts it concerns."""
