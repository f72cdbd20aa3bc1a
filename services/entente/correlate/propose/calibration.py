"""From a case to a probability: a map fitted on judged cases, kept as a versioned file.

Bits add up only where parts are independent, and they never quite are; so the probability that a
coordinator reads comes from how often cases like this one turned out right.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files
from math import exp, log, log2

import msgspec

from entente.alert.proposal import Calibrated
from entente.correlate.bursts.bursting import PATTERN as BURST
from entente.correlate.cases.clusters import PATTERN as HEALTH
from entente.correlate.evidence import Case
from entente.correlate.named import named

UNCALIBRATED = "not calibrated: too few such cases were judged; these are the odds of the bits"
"""What is said of health clusters, of which there are too few to fit a map on."""


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A logistic map from features of a case to a probability; how it was made stands in it."""

    made_by: str
    figures: dict[str, float] = {}
    """Brier score and expected calibration error on cases that it was not fitted on."""
    intercept: float
    bits: float
    weakest: float
    alerts: float
    density: float
    steps: list[tuple[float, float]]
    """Probability from these log odds on, both rising: how often such cases were right. Few steps
    say as much as the cases they were fitted on can tell."""
    burst_intercept: float
    burst_bits: float

    @property
    def version(self) -> str:
        """What names this map."""
        return named(self)

    def told(self, pattern: str) -> Calibrated:
        """What a coordinator reads of it: on how many cases of a pattern it was fitted, and how far
        off it was on others, where that was measured for it."""
        figures = self.figures
        if pattern == HEALTH:
            return Calibrated(made_by=UNCALIBRATED)
        if pattern == BURST:
            bursts = figures.get("bursts")
            return Calibrated(made_by=self.made_by, cases=None if bursts is None else int(bursts))
        cases = figures.get("cases")
        rounded = {
            name: Decimal(f"{figures[name]:.3f}") for name in ("brier", "ece") if name in figures
        }
        return Calibrated(
            made_by=self.made_by, cases=None if cases is None else int(cases), **rounded
        )

    def probability(self, case: Case) -> float:
        """Between 0.01 and 0.99: nobody is surer than that."""
        if case.pattern == BURST:
            total = self.burst_intercept + self.burst_bits * case.bits
        elif case.pattern == HEALTH:
            total = case.bits * log(2.0)  # too few to fit on: the odds are what the bits say
        else:
            weights = (self.bits, self.weakest, self.alerts, self.density)
            traits = case_traits(case)
            odds = self.intercept + sum(w * t for w, t in zip(weights, traits, strict=True))
            return reached(self.steps, odds)
        return min(0.99, max(0.01, 1.0 / (1.0 + exp(-max(-60.0, min(60.0, total))))))


def reached(steps: Sequence[tuple[float, float]], odds: float) -> float:
    """The probability of the last step that these log odds reach, or else of the first."""
    return next((p for least, p in reversed(steps) if least <= odds), steps[0][1])


def case_traits(case: Case) -> tuple[float, ...]:
    """Mean and least bits of the links that hold a case together, its size, each as a logarithm,
    and what share of its pairs is linked."""
    count = len(case.members)
    return (
        log2(1.0 + min(max(case.bits, 0.0), 25.0)),
        log2(1.0 + min(max(case.weakest, 0.0), 20.0)),
        log2(count),
        min(1.0, len(case.links) / (count * (count - 1) / 2)),
    )


@cache
def calibration(name: str = "1") -> Calibration:
    """The released calibration of this name."""
    source = files("entente.correlate").joinpath("calibrations").joinpath(f"{name}.json")
    return msgspec.json.decode(source.read_bytes(), type=Calibration)
