"""What has been decided about a case, by whom and when, in words."""

from collections.abc import Iterable
from datetime import UTC, datetime

from entente.alert.decision import Decision
from entente.coordinate.heard import HeardDecision

_DONE = {
    "accept": "accepted", "decline": "declined", "merge": "merged", "split": "split",
    "apart": "kept apart", "together": "kept together", "other": "decided",
}  # fmt: skip


def about(case: str, heard: Iterable[HeardDecision]) -> list[HeardDecision]:
    """The decisions on a case, or on another one to be merged with it, in the order given."""
    return [one for one in heard if case in cases(one.decision)]


def cases(decision: Decision) -> tuple[str, ...]:
    """The cases that a decision is about."""
    other = (decision.other.case,) if decision.other else ()
    return (decision.proposal.case, *other)


def status(heard: Iterable[HeardDecision]) -> str:
    """Who decided what of which version and when, e.g. ``version 2 accepted by COORD-1 on
    2026-05-04``; empty if nobody."""
    return "; ".join(
        f"version {one.decision.proposal.version} {_done(one.decision)} by {one.coordinator}"
        f" on {_day(one.issued_at)}" + (f" ({one.unheeded})" if one.unheeded else "")
        for one in heard
    )


def declined(version: int, heard: Iterable[HeardDecision]) -> bool:
    """Whether this version of a proposal was declined for all in it, and nobody accepts it."""
    rulings = {
        one.decision.ruling
        for one in heard
        if not one.unheeded
        if one.decision.ruling == "accept" or one.decision.proposal.version >= version
    }
    return "decline" in rulings and "accept" not in rulings


def sentence(decision: Decision) -> str:
    """What was decided, in words."""
    case, ruling = f"case {decision.proposal.case[:8]}", decision.ruling
    sides = f"{_count(decision.alerts)} from {_count(decision.others)}"
    other = f"case {decision.other.case[:8]}" if decision.other else _count(decision.others)
    return {
        "merge": f"{case} merged with {other}",
        "split": f"{case} split: {sides}",
        "apart": f"{sides} kept apart in {case}",
        "together": f"{_count(decision.alerts)} of {case} kept together with {other}",
    }.get(ruling, f"{case} {_done(decision)}")


def _done(decision: Decision) -> str:
    code = f" ({decision.code.replace('_', ' ')})" if decision.code else ""
    return _DONE[decision.ruling] + code


def _count(subjects: tuple[str, ...]) -> str:
    return "1 alert" if len(subjects) == 1 else f"{len(subjects)} alerts"


def _day(time: int) -> str:
    return datetime.fromtimestamp(time / 1_000_000, UTC).date().isoformat()
