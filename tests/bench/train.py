"""Train m and u by splink on simulated worlds, and set them beside the weights in use.

    PYTHONPATH=tests python -m bench.train --seeds 201-202 --out FILE

m: how often two alerts of one network share a value of a kind, where both have one; u: how often
others do. Pairs of a network are judged to belong together, all others not: also those of one
person who is no network, so u is on the high side and bits on the low one. Needs the dependency
group ``batch``.
"""

import argparse
from collections.abc import Sequence
from importlib.metadata import version
from math import log2
from pathlib import Path
from statistics import mean

import msgspec

from bench.batch import COLUMNS, LIMIT, standing, trained, weighed
from bench.quality import spans, world
from entente.correlate.weigh.model import weights


class Weighed(msgspec.Struct):
    """What a kind was found to be worth."""

    m: float
    u: float
    bits: float
    """log2 of m over u."""
    in_use: float
    """What the released weights give for the first kind of this column."""


class Trained(msgspec.Struct):
    """The file."""

    made_by: str
    splink: str
    common: int
    """Values in more alerts were left out."""
    columns: dict[str, Weighed]


def train(seeds: Sequence[int], alerts: int, style: str) -> Trained:
    """The mean m and u of several worlds."""
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in seeds:
        lines, truth = world(seed, style, alerts)
        for column, both in weighed(trained(standing(lines), truth, seed)).items():
            found.setdefault(column, []).append(both)
    link = weights().link
    columns = {}
    for column, pairs in found.items():
        m, u = mean(m for m, _ in pairs), mean(u for _, u in pairs)
        kind = COLUMNS[column][0]
        used = link.ids[kind].bits if kind in link.ids else link.circumstances[kind].most
        bits = log2(m / u) if m and u else 0.0
        columns[column] = Weighed(round(m, 4), float(f"{u:.3g}"), round(bits, 1), used)
    named = ", ".join(map(str, seeds))
    return Trained(
        made_by=f"tests/bench/train.py, seeds {named}, {alerts} alerts, style {style}",
        splink=version("splink"),
        common=LIMIT,
        columns=columns,
    )


def main() -> None:
    """Train, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="201-202")
    parser.add_argument("--alerts", type=int, default=7600)
    parser.add_argument("--style", default="mixed")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    made = train(spans(given.seeds), given.alerts, given.style)
    given.out.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")


if __name__ == "__main__":
    main()
