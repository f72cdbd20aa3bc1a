"""Fit the map from cases to probabilities on simulated worlds whose truth is known.

    PYTHONPATH=tests python -m bench.calibrate --seeds 201,202,204 --held-out 203 --out FILE

Brier score and calibration error are those of worlds it was not fitted on, over the cases that are
likely enough to be told. Neither are the worlds that it is reported on (``bench.quality``).

Some worlds must be as large as those it is for: what one container is worth falls with the size of
the world. Fitted on 4,000 and 2,500 alerts alone, the map gave 0.13 to cases of one container that
were right nine times in ten among 7,600.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import cycle
from math import exp
from pathlib import Path

import msgspec

from bench.quality import heads_of, spans, world
from entente.correlate.bursts.bursting import PATTERN as BURST
from entente.correlate.cases.networking import PATTERN as NETWORK
from entente.correlate.engine import Engine
from entente.correlate.propose.calibration import Calibration, case_traits, reached
from entente.correlate.weigh.model import weights
from entente.exercise.score import PURITY, brier, ece, purest
from entente.exercise.style import STYLES

Example = tuple[tuple[float, ...], bool]
NAMES = ("bits", "weakest", "alerts", "density")


WRITTEN: tuple[tuple[str, ...], ...] = ((), ("dropped",), ("cyrillic", "reversed", "references"))
"""How the worlds are written, in turn: a map fitted on one hand alone trusts it too much."""


def examples(
    seed: int, style: str, alerts: int, twists: tuple[str, ...]
) -> tuple[list[Example], list[Example]]:
    """Traits of every case of a world and whether it is right: of networks and of bursts."""
    lines, truth = world(seed, style, alerts, twists)
    engine = Engine(weights())
    for head in heads_of(lines):
        engine.apply(head)
    engine.begin(whole=True)
    members = {alert: n.id for n in truth.networks for alert in n.alerts}
    networks, bursts = [], []
    for case in engine.cases(likely=False):
        network, purity = purest(case.members, members)
        right = network is not None and purity >= PURITY  # as the scorer has it
        if case.pattern == BURST:
            bursts.append(((case.bits,), right))
        elif case.pattern == NETWORK:
            networks.append((case_traits(case), right))
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
    return 1 / (1 + exp(-max(-30.0, min(30.0, odds_of(beta, traits)))))


def odds_of(beta: Sequence[float], traits: Sequence[float]) -> float:
    """The natural logarithm of the odds that a fit gives."""
    return sum(b * v for b, v in zip(beta, (1.0, *traits), strict=True))


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


def steps(beta: Sequence[float], rows: Sequence[Example]) -> list[tuple[float, float]]:
    """Isotonic regression of what was right on the log odds of a fit, by pooling adjacent
    violators (Ayer and others 1955); each step is smoothed by one case as they are on average."""
    usual = sum(right for _, right in rows) / len(rows)
    pools: list[tuple[float, float, int]] = []
    for odds, right in sorted((odds_of(beta, traits), right) for traits, right in rows):
        pool = (odds, float(right), 1)
        while pools and pools[-1][1] / pools[-1][2] >= pool[1] / pool[2]:
            first, good, count = pools.pop()
            pool = (first, good + pool[1], count + pool[2])
        pools.append(pool)
    told = [(odds, (good + usual) / (count + 1)) for odds, good, count in pools]
    return [(round(odds, 3), round(min(0.99, max(0.01, p)), 3)) for odds, p in told]


def gather(seeds: str, sizes: Iterator[int]) -> tuple[list[Example], list[Example]]:
    """The examples of worlds of every style: of networks and of bursts. ``sizes``: of each seed's
    worlds."""
    networks: list[Example] = []
    bursts: list[Example] = []
    written = cycle(WRITTEN)
    for seed, alerts in zip(spans(seeds), sizes, strict=False):
        next(written)  # six styles and three hands: by one further, each style meets each hand
        for style in STYLES:
            found = examples(seed, style, alerts, next(written))
            networks += found[0]
            bursts += found[1]
            print(seed, style, len(networks), len(bursts), flush=True)
    return networks, bursts


def main() -> None:
    """Fit, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="201,202,204")
    parser.add_argument("--held-out", default="203")
    parser.add_argument("--alerts", default="4000,4000,7600,2000", help="of each seed, in turn")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    sizes = cycle(int(size) for size in given.alerts.split(","))
    networks, bursts = gather(given.seeds, sizes)
    beta = fit(networks)
    risen = steps(beta, networks)
    burst = fit(bursts) if sum(r for _, r in bursts) >= 5 else [-0.5, 0.4]
    good = [right for _, right in networks]
    held = gather(given.held_out, sizes)
    likely = [(reached(risen, odds_of(beta, traits)), right) for traits, right in held[0]]
    likely += [(chance(burst, traits), right) for traits, right in held[1]]
    told = [(p, right) for p, right in likely if p >= weights().fold.likelihood]
    made = Calibration(
        made_by=f"tests/bench/calibrate.py, seeds {given.seeds}, {given.alerts} alerts in turn, "
        f"all styles, written in three ways; figures of seeds {given.held_out}",
        figures={
            "cases": len(good), "right": sum(good), "bursts": len(bursts), "held_out": len(told),
            "brier": round(brier(told), 4), "ece": round(ece(told), 4),
        },
        intercept=round(beta[0], 3),
        steps=risen,
        burst_intercept=round(burst[0], 3),
        burst_bits=round(burst[1], 3),
        **{name: round(b, 3) for name, b in zip(NAMES, beta[1:], strict=True)},
    )  # fmt: skip
    given.out.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")


if __name__ == "__main__":
    main()
