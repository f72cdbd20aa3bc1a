"""Side by side: run alternatives in turn, several rounds, and compare them round by round.

A machine's speed drifts; a ratio within one round does not. Garbage collection is left on, since
it is part of what users pay.
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One comparison: items per second of each alternative, and its ratio to the first."""

    name: str
    label: str
    per_second: float
    ratio: float
    low: float
    high: float
    aim: str


def compare(
    name: str,
    alternatives: Mapping[str, Callable[[], object]],
    items: int,
    rounds: int = 5,
    aim: str = "",
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Time each alternative ``rounds`` times in turn, after one unmeasured round.

    The first alternative is what the others are compared with; ``ratio`` above 1 is faster than
    it. ``items`` is what one call handles; ``aim`` is printed beside the last row. What only
    computes is measured by ``clock=time.process_time``, so that other processes do not count.
    """
    times: dict[str, list[float]] = {label: [] for label in alternatives}
    for turn in range(rounds + 1):
        for label, call in alternatives.items():
            gc.collect()
            gc.freeze()  # nobody is to look through what the measurement itself holds
            start = clock()
            call()
            elapsed = clock() - start
            gc.unfreeze()
            if turn:
                times[label].append(elapsed)
    base = next(iter(times.values()))
    rows = []
    for label, own in times.items():
        ratios = [b / o for b, o in zip(base, own, strict=True)]
        rows.append(
            Row(name, label, items / statistics.median(own), statistics.median(ratios),
                min(ratios), max(ratios), aim if label == list(times)[-1] else "")
        )  # fmt: skip
    return rows


def show(rows: list[Row]) -> None:
    """Print the rows as one table: ratios first, absolute figures after."""
    table = Table("measured", "alternative", "ratio", "min to max", "aim", "per second", box=None)
    last = ""
    for row in rows:
        table.add_row(
            row.name if row.name != last else "", row.label, f"{row.ratio:.2f}",
            f"{row.low:.2f} to {row.high:.2f}", row.aim, f"{row.per_second:,.0f}",
        )  # fmt: skip
        last = row.name
    Console(width=120).print(table)
