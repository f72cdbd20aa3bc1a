"""What an alert costs the correlator's engine: by history, by a value that all have, by workers;
what it keeps of one, and how soon it is made anew."""

import gc
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from bench.measure import Row, per_second
from bench.quality import heads_of, world
from entente.alert.record import Consignment, Nominal, Party
from entente.correlate.engine import Engine
from entente.correlate.head import Head
from entente.correlate.loop import run
from entente.correlate.run import correlate_run
from entente.correlate.weigh.model import weights
from entente.exercise.stream import line, stream
from entente.exercise.world import Spec, World

COUNT = 4_000
SEED, STYLE = 351, "mixed"
SHORT, LONG = 1_000, 10_000
"""Alerts of history between which the cost of one is compared."""
BLOCK = 1_000
FLAT = 1 / 1.5
"""What still counts as the same speed."""


def correlate() -> list[Row]:
    """Processor time; with workers, that of the busiest process."""
    lines, _ = world(SEED, STYLE, COUNT)
    kept = _kept(heads_of(lines))  # first: what other runs leave behind is no state
    heads = list(heads_of(lines))
    alone = _timed(lambda: _drain(run(heads, weights())))
    return [
        Row("correlate", "one process, decoded alerts", per_second(len(heads) / alone),
            aim="2,000/s", met=len(heads) / alone >= 2_000),
        *_by_history(),
        _hot(heads, alone),
        _again(heads, alone),
        kept,
        *_workers(),
    ]  # fmt: skip


def _by_history() -> list[Row]:
    """Blocks of one stream, whose rate by day is the same throughout."""
    lines, _ = world(SEED, STYLE, LONG + BLOCK)
    spent: list[float] = [time.process_time()]

    def marked() -> Iterator[Head]:
        for count, head in enumerate(heads_of(lines)):
            if count and count % BLOCK == 0:
                spent.append(time.process_time())
            yield head

    _drain(run(marked(), weights()))
    short, long = (spent[n // BLOCK + 1] - spent[n // BLOCK] for n in (SHORT, LONG))
    figure = f"{short / BLOCK * 1e6:.0f}, then {long / BLOCK * 1e6:.0f} µs each"
    ratio = short / long
    label = f"{SHORT:,} alerts before, then {LONG:,}"
    return [Row("correlate, by history", label, figure, ratio, ratio, ratio, "0.67", ratio >= FLAT)]


def _hot(heads: Iterable[Head], alone: float) -> Row:
    """The same alerts, each with one telephone more that all have."""
    spent = _timed(lambda: _drain(run([_with_hotline(one) for one in heads], weights())))
    ratio = alone / spent
    return Row("correlate, one value in every alert", "against the same without it",
               f"{spent:.1f} s", ratio, ratio, ratio, "1")  # fmt: skip


def _with_hotline(head: Head) -> Head:
    alert = head.alert
    if not isinstance(alert, Consignment):
        return head
    nominal = alert.nominal or Nominal()
    party = Party(role="notify", phones=("+31 20 555 0199",))
    more = msgspec.structs.replace(nominal, parties=(*nominal.parties, party))
    return msgspec.structs.replace(head, alert=msgspec.structs.replace(alert, nominal=more))


def _again(heads: Iterable[Head], alone: float) -> Row:
    """All alerts at once, as after a lost store, against one by one as they came."""

    def made() -> None:
        engine = Engine(weights())
        for head in heads:
            engine.apply(head)
        engine.begin(whole=True)
        engine.settle()

    ratio = alone / _timed(made)
    return Row("correlate, made anew", "all at once, against one by one", f"{ratio:.1f} times",
               ratio, ratio, ratio, "10", ratio >= 10)  # fmt: skip


def _kept(heads: Iterable[Head]) -> Row:
    """Resident memory of an engine, by alert."""
    gc.collect()
    before = _resident()
    engine = Engine(weights())
    for head in heads:
        engine.apply(head)
    engine.begin(whole=True)
    engine.settle()
    gc.collect()
    return Row("correlate, state", "of one alert, caches included",
               f"{(_resident() - before) / engine.alerts / 1024:.0f} KiB")  # fmt: skip


def _workers() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="entente-bench-") as folder:
        source = Path(folder) / "in.jsonl"
        with source.open("wb") as file:
            for message in stream(World(Spec(seed=SEED, alerts=COUNT, style=STYLE))):
                file.write(line(message) + b"\n")
        spent = []
        for workers in (1, 2):
            before = _used()
            count = correlate_run(source, Path(folder) / "out.jsonl", workers=workers).read
            spent.append(max(b - a for a, b in zip(before, _used(), strict=True)))
    ratio = spent[0] / spent[1]
    return [
        Row("correlate run, JSON lines", "one process", per_second(count / spent[0]), 1.0),
        Row("correlate run, JSON lines", "two workers, the busiest", per_second(count / spent[1]),
            ratio, ratio, ratio, "1.7", ratio >= 1.7),
    ]  # fmt: skip


def _used() -> tuple[float, float]:
    """Processor time of this process, and of those that it started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time(), ended.ru_utime + ended.ru_stime


def _drain(said: Iterable[object]) -> None:
    for _ in said:
        pass


def _timed(job: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    job()
    return time.process_time() - start


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
