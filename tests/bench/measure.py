"""Side by side: run alternatives in turn, several rounds, and compare them round by round.

A machine's speed drifts; a ratio within one round does not. Garbage collection is left on, since
it is part of what users pay.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure: a ratio to the first alternative of its name, or a figure of its own."""

    name: str
    label: str
    figure: str
    """As it is shown: so many a second, milliseconds, bytes."""
    ratio: float | None = None
    """To the first alternative; above 1 is faster than it."""
    low: float = 0.0
    high: float = 0.0
    aim: str = ""
    met: bool | None = None


def compare(
    name: str,
    alternatives: Mapping[str, Callable[[], object]],
    items: int,
    rounds: int = 5,
    aims: Mapping[str, float] | None = None,
    clock: Callable[[], float] = time.process_time,
) -> list[Row]:
    """Time each alternative ``rounds`` times in turn, after one unmeasured round.

    The first alternative is what the others are compared with. ``items`` is what one call handles;
    ``aims`` are ratios by label. Processor time is counted, so that what other processes do, the
    broker among them, counts for neither; ``clock=time.perf_counter`` counts it for both.
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
        ratio, aim = statistics.median(ratios), (aims or {}).get(label)
        rows.append(
            Row(name, label, per_second(items / statistics.median(own)), ratio,
                min(ratios), max(ratios),
                "" if aim is None else f"{aim:g}", None if aim is None else ratio >= aim)
        )  # fmt: skip
    return rows


def per_second(rate: float) -> str:
    """A rate as it is shown."""
    return f"{rate:,.0f}/s"


def show(rows: Iterable[Row]) -> None:
    """Print the rows as one table: ratios first, absolute figures after."""
    table = Table(
        "measured", "alternative", "ratio", "min to max", "aim", "met", "figure", box=None
    )
    last = ""
    for row in rows:
        spread = "" if row.low == row.high else f"{row.low:.2f} to {row.high:.2f}"
        table.add_row(
            row.name if row.name != last else "", row.label,
            "" if row.ratio is None else f"{row.ratio:.2f}", spread, row.aim,
            {None: "", True: "yes", False: "no"}[row.met], row.figure,
        )  # fmt: skip
        last = row.name
    Console(width=132).print(table)
