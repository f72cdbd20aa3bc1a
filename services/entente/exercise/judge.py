"""Judgement data: pairs of alerts and proposals as people who know the truth would judge them.

Weights are trained on pairs, calibration on decided proposals. Judges err: a share of what they
say is wrong, as in life.
"""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Literal

import msgspec

from entente.exercise.chance import one
from entente.exercise.score import Judged
from entente.exercise.truth import Truth, visible

_STRANGERS = ("consolidator", "leased container", "campaign", "common number")
"""Decoys whose alerts have nothing to do with each other."""


class Pair(msgspec.Struct):
    """Two alerts and whether the same people are behind them. ``a`` is the smaller subject."""

    a: str
    b: str
    same: bool
    why: str


class Decision(msgspec.Struct):
    """What a coordinator decided on a proposal."""

    proposal: str
    decision: Literal["accept", "decline"]
    reason: str


def pairs(truth: Truth, heads: Mapping[str, int], strangers: int = 3) -> list[Pair]:
    """All pairs within networks that can be seen, and the hard ones that do not belong together.

    ``heads`` is the current version of each standing alert; ``strangers`` is how many pairs with
    other networks are judged for each network alert. Sorted, each pair once.
    """
    rng = Random(f"{truth.seed}/{truth.style}/pairs")  # noqa: S311  # a simulation, no secrets
    result: dict[tuple[str, str], Pair] = {}

    def say(left: str, right: str, same: bool, why: str) -> None:
        a, b = sorted((left, right))
        if a != b:
            result.setdefault((a, b), Pair(a, b, same, why))

    groups = [(n.id, sorted(visible(n, heads))) for n in truth.networks]
    for name, alerts in groups:
        for at, left in enumerate(alerts):
            for right in alerts[at + 1 :]:
                say(left, right, True, name)
    for decoy in truth.decoys:
        if decoy.kind in _STRANGERS:
            for left, right in zip(decoy.alerts, decoy.alerts[1:], strict=False):
                if left in heads and right in heads:
                    say(left, right, False, decoy.kind)
    inside = [(name, alert) for name, alerts in groups for alert in alerts]
    for name, left in inside:
        for _ in range(strangers):
            other, right = one(rng, inside)
            if other != name:
                say(left, right, False, f"{name} and {other}")
    return [result[key] for key in sorted(result)]


def decide(proposals: Iterable[Judged], seed: int, slips: float = 0.05) -> list[Decision]:
    """Decisions on proposals; a share of ``slips`` is the wrong way round."""
    rng = Random(f"{seed}/decisions")  # noqa: S311  # a simulation, no secrets
    result = []
    for judged in sorted(proposals, key=lambda p: p.proposal):
        good = (judged.label != "false") != (rng.random() < slips)
        reason = "evidence holds" if good else "parties have nothing to do with each other"
        result.append(Decision(judged.proposal, "accept" if good else "decline", reason))
    return result
