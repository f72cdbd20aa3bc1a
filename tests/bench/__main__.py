"""``make bench``: how fast, as ratios side by side in one run; figures only beside their machine.

PYTHONPATH=tests python -m bench [ROW ...]
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from bench.correlating import correlate
from bench.evidence import evidence
from bench.flow import flow
from bench.history import history
from bench.latency import latency
from bench.measure import Row, show
from bench.publishing import publish
from bench.reading import steps
from bench.receiving import receive
from bench.registers import register
from bench.sealing import seal
from bench.town import Town, town


def batch() -> list[Row]:
    """Other tools on the same stream, where they are installed."""
    try:
        from bench.batch import batch as measured
    except ImportError:
        print("batch: left out, for splink is not installed (dependency group batch)")
        return []
    return measured()


ALONE: dict[str, Callable[[], list[Row]]] = {
    "steps": steps,
    "seal": seal,
    "register": register,
    "history": history,
    "correlate": correlate,
    "evidence": evidence,
    "batch": batch,
}
"""Rows in memory."""
THROUGH_KAFKA: dict[str, Callable[[Town], list[Row]]] = {
    "latency": latency,
    "receive": receive,
    "publish": publish,
    "flow": flow,
}
"""Rows that need a broker: one for all, and what they say stays on its topics."""


def machine() -> str:
    """What the figures were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (cpuinfo.read_text() if cpuinfo.exists() else "").splitlines()
        if line.startswith("model name")
    ]
    model = names[0] if names else platform.processor() or platform.machine()
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f}"


def main(arguments: list[str]) -> None:
    """Measure the rows named, all of them if none is, and print each as it is done."""
    names = [*ALONE, *THROUGH_KAFKA]
    parser = argparse.ArgumentParser(
        prog="bench", description="Ratios above 1 are faster than the first alternative of a row."
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(names)}; or all")
    chosen = parser.parse_args(arguments).rows or names
    for name in chosen:
        if name not in names:
            parser.error(f"there is no row {name!r}; there are {', '.join(names)}")
    began = time.monotonic()
    print(f"on {machine()}\n")
    found: list[Row] = []
    with ExitStack() as stack:
        broker = cache(lambda: stack.enter_context(town()))
        for name in chosen:
            rows = ALONE[name]() if name in ALONE else THROUGH_KAFKA[name](broker())
            show(rows)
            print(flush=True)
            found += rows
    print("What there is an aim for:\n")
    show(row for row in found if row.met is not None)
    print(f"\n{time.monotonic() - began:.0f} seconds, on {machine()}")


if __name__ == "__main__":
    main(sys.argv[1:])
