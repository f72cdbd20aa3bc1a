"""Fit the map from cases to probabilities on simulated worlds whose truth is known.

    PYTHONPATH=tests python -m bench.calibrate --seeds 201-203 --held-out 204 --out FILE

Brier score and calibration error are those of worlds it was not fitted on, over the cases that are
likely enough to be told. Neither are the worlds that it is reported on (``bench.quality``).
"""

import argparse
from collections.abc import Sequence
from math import exp
from pathlib import Path

import msgspec

from bench.quality import heads_of, spans, world
from entente.correlate.bursting import PATTERN as BURST
from entente.correlate.calibration import Calibration, case_traits
from entente.correlate.engine import Engine
from entente.correlate.model import weights
from entente.exercise.score import PURITY, brier, can_be_found, ece, heads, purest
from entente.exercise.style import STYLES
from entente.exercise.truth import visible

Example = tuple[tuple[float, ...], bool]
NAMES = ("bits", "weakest", "alerts", "administrations", "crossing", "identifying", "patterns")


def examples(seed: int, style: str, alerts: int) -> tuple[list[Example], list[Example]]:
    """Traits of every case of a world and whether it is right: of networks and of bursts."""
    lines, truth = world(seed, style, alerts)
    engine = Engine(weights())
    kept = {}
    for head in heads_of(lines):
        engine.apply(head)
        if head.subject not in kept or head.version > kept[head.subject].version:
            kept[head.subject] = head
    engine.begin(whole=True)
    current = heads(lines)
    versions = {subject: line.version for subject, line in current.items()}
    seen = {n.id: visible(n, versions) for n in truth.networks}
    good = {n.id for n in truth.networks if can_be_found(n, seen[n.id])}
    members = {alert: n.id for n in truth.networks for alert in n.alerts}
    networks, bursts = [], []
    for case in engine.cases(likely=False):
        network, purity = purest(case.members, members)
        right = network in good and purity >= PURITY
        if case.pattern == BURST:
            bursts.append(((case.bits,), right))
        else:
            networks.append((case_traits(case, kept), right))
    return networks, bursts


def fit(rows: Sequence[Example], ridge: float = 1.0, rounds: int = 40) -> list[float]:
    """Logistic regression by Newton's method; the intercept first. ``ridge`` keeps it calm."""
    width = len(rows[0][0]) + 1
    beta = [0.0] * width
    for _ in range(rounds):
        slope = [-ridge * b * (i > 0) for i, b in enumerate(beta)]
        curve = [
            [ridge * (i == j and i > 0) + 1e-9 * (i == j) for j in range(width)]
            for i in range(width)
        ]
        for traits, right in rows:
            x = (1.0, *traits)
            p = chance(beta, traits)
            for i in range(width):
                slope[i] += (right - p) * x[i]
                for j in range(width):
                    curve[i][j] += p * (1 - p) * x[i] * x[j]
        beta = [b + s for b, s in zip(beta, solve(curve, slope), strict=True)]
    return beta


def chance(beta: Sequence[float], traits: Sequence[float]) -> float:
    """The probability that a fit gives to a case with these traits."""
    total = sum(b * v for b, v in zip(beta, (1.0, *traits), strict=True))
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination with pivots."""
    n = len(right)
    rows = [[*row, r] for row, r in zip(matrix, right, strict=True)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(n):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def gather(seeds: str, alerts: int) -> tuple[list[Example], list[Example]]:
    """The examples of worlds of every style: of networks and of bursts."""
    networks: list[Example] = []
    bursts: list[Example] = []
    for seed in spans(seeds):
        for style in STYLES:
            found = examples(seed, style, alerts)
            networks += found[0]
            bursts += found[1]
            print(seed, style, len(networks), len(bursts), flush=True)
    return networks, bursts


def main() -> None:
    """Fit, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="201-203")
    parser.add_argument("--held-out", default="204")
    parser.add_argument("--alerts", type=int, default=4000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", default="1")
    given = parser.parse_args()
    networks, bursts = gather(given.seeds, given.alerts)
    beta = fit(networks)
    burst = fit(bursts) if sum(r for _, r in bursts) >= 5 else [-0.5, 0.4]
    good = [right for _, right in networks]
    held = gather(given.held_out, given.alerts)
    told = [
        (p, right)
        for fitted, rows in zip((beta, burst), held, strict=True)
        for traits, right in rows
        if (p := chance(fitted, traits)) >= weights().fold.likelihood
    ]
    made = Calibration(
        version=given.version,
        made_by=f"tests/bench/calibrate.py, seeds {given.seeds}, {given.alerts} alerts, all styles;"
        f" figures of seeds {given.held_out}",
        figures={
            "cases": len(good), "right": sum(good), "bursts": len(bursts), "held_out": len(told),
            "brier": round(brier(told), 4), "ece": round(ece(told), 4),
        },
        intercept=round(beta[0], 3),
        burst_intercept=round(burst[0], 3),
        burst_bits=round(burst[1], 3),
        **{name: round(b, 3) for name, b in zip(NAMES, beta[1:], strict=True)},
    )  # fmt: skip
    given.out.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")


if __name__ == "__main__":
    main()
