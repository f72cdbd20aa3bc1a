"""What has changed since the version of a proposal that was said last, in words; and its end."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import get_args

import msgspec

from entente.alert import proposal as p
from entente.correlate.intake.intake import Fate

BANDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
"""A proposal is said again when its probability crosses one of these."""
Became = Callable[[p.AlertReference], Fate]


def stays(_: p.AlertReference) -> Fate:
    """The fate of every alert where none has gone."""
    return "stays"


def withdraw(
    before: p.Proposal, heir: str | None, basis: p.Basis, fate: Became = stays
) -> p.Proposal:
    """The last word on a case that is no longer supported. It shows no alert.

    Where nothing was taken back or put right, and the alerts are only too old, the claim stays.
    """
    gone = _gone(before.alerts, fate)
    ended = msgspec.structs.replace(
        before,
        status="withdrawn",
        heir=heir,
        alerts=(),
        links=(),
        evidence=(),
        administrations=(),
        silent=(),
        goods=(),
        brands=(),
        health=(),
        values=(),
        routes=(),
        control_points=(),
        probability=Decimal("0.000"),
        basis=basis,
        changes=p.Delta(
            removed=tuple(a.subject for a in before.alerts),
            aged=gone["aged"],
            withdrawn=gone["withdrawn"],
            corrected=gone["corrected"],
            administrations_removed=before.administrations,
            probability_before=before.probability,
            sentence=_end(before, heir, gone),
        ),
    )
    if ended.history:
        return ended
    return msgspec.structs.replace(ended, claim="No longer supported.")


_Gone = dict[Fate, tuple[str, ...]]


def _gone(alerts: Iterable[p.AlertReference], fate: Became) -> _Gone:
    """Alerts by what became of them, in order."""
    found: _Gone = dict.fromkeys(get_args(Fate), ())
    for alert in alerts:
        found[fate(alert)] += (alert.subject,)
    return found


def _end(before: p.Proposal, heir: str | None, gone: _Gone) -> str:
    if heir:
        return f"Its alerts are now part of case {heir}."
    old, left = len(gone["aged"]), len(gone["stays"])
    rest = f"the other {count(left, 'alert')}, as {'it stands' if left == 1 else 'they stand'}"
    if old and not gone["withdrawn"] and not gone["corrected"]:
        return (
            f"{count(old, 'alert')} of {len(before.alerts)} "
            f"{'is' if old == 1 else 'are'} too old to be compared with newer ones"
            + (f", and {rest}, {'tells' if left == 1 else 'tell'} too little" if left else "")
            + ". Nothing was taken back; the version before this one still says it all."
        )
    why = _became(gone)
    if not why:
        return (
            f"No longer supported: its {count(left, 'alert')} stand, but with what was reported or "
            "decided since they tell too little together."
        )
    told = f"; {rest}, {'is' if left == 1 else 'are'} not enough" if left else ""
    return f"No longer supported: {'; '.join(why)}{told}."


def _became(gone: _Gone) -> list[str]:
    """What became of alerts that are in a proposal no more, but for those that stand."""
    told: tuple[tuple[Fate, str, str], ...] = (
        ("withdrawn", "was taken back", "were taken back"),
        ("corrected", "was corrected and left", "were corrected and left"),
        ("aged", "is too old to be compared", "are too old to be compared"),
    )
    return [
        f"{count(n, 'alert')} {one if n == 1 else many}"
        for fate, one, many in told
        if (n := len(gone[fate]))
    ]


def band(probability: Decimal) -> int:
    """The band that a probability lies in."""
    return sum(1 for edge in BANDS if float(probability) >= edge)


def says_more(now: p.Proposal, before: p.Proposal | None) -> bool:
    """Whether a coordinator has to hear of it: members or their versions, administrations, what is
    claimed and why, what could explain it, who is silent, status or probability band changed. What
    was said last holds the same words as if all had been known at once."""
    if before is None:
        return True
    return (
        now.status != before.status
        or [(a.subject, a.version) for a in now.alerts]
        != [(a.subject, a.version) for a in before.alerts]
        or now.claim != before.claim
        or now.innocent_explanation != before.innocent_explanation
        or [e.sentence for e in now.evidence] != [e.sentence for e in before.evidence]
        or [(s.country, s.reason) for s in now.silent]
        != [(s.country, s.reason) for s in before.silent]
        or band(now.probability) != band(before.probability)
    )


def with_changes(now: p.Proposal, before: p.Proposal | None, fate: Became = stays) -> p.Proposal:
    """A proposal that says what has changed since the version ``before``, if there was one, and
    why alerts that were in it are gone."""
    if before is None:
        return now
    versions = {a.subject: a.version for a in now.alerts}
    known = {a.subject: a.version for a in before.alerts}
    here, there = set(now.administrations), set(before.administrations)
    added = tuple(sorted(versions.keys() - known))
    removed = tuple(sorted(known.keys() - versions))
    newer = sum(1 for s, version in versions.items() if known.get(s, version) != version)
    gone = _gone((a for a in before.alerts if a.subject not in versions), fate)
    seen, saw = _patterns(now), _patterns(before)
    parts = [f"{count(len(added), 'alert')} joined"] * bool(added)
    parts += _became(gone)
    parts += [
        f"{count(n, 'alert')} {what}"
        for n, what in ((len(gone["stays"]), "left"), (newer, "corrected"))
        if n
    ]
    parts += [
        f"{what} {', '.join(sorted(which))}"
        for which, what in (
            (here - there, "now also of"),
            (there - here, "no longer of"),
            (seen - saw, "now looks like"),
            (saw - seen, "no longer looks like"),
        )
        if which and before.status == now.status
    ]
    if before.status == "withdrawn":
        parts.append("it is supported again")
    if now.probability != before.probability:
        parts.append(f"probability went from {before.probability} to {now.probability}")
    sentence = ("; ".join(parts) or "its evidence is told anew") + "."
    delta = p.Delta(
        added=added,
        removed=removed,
        aged=gone["aged"],
        withdrawn=gone["withdrawn"],
        corrected=gone["corrected"],
        administrations_added=tuple(sorted(here - there)),
        administrations_removed=tuple(sorted(there - here)),
        probability_before=before.probability,
        sentence=sentence[0].upper() + sentence[1:],
    )
    return msgspec.structs.replace(now, changes=delta)


def count(n: int, noun: str) -> str:
    """``1 alert``, ``2 alerts``."""
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _patterns(proposal: p.Proposal) -> set[str]:
    return {e.pattern for e in proposal.evidence if e.pattern}
