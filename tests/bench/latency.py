"""How long an alert takes from the call that says it to a subscriber, alone and beside a file.

The subscriber is a process of its own, which also verifies and fills the office's inbox; the
publishers share this one. ``python -m bench.latency SETTINGS OFFICE`` is that subscriber.
"""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import count
from math import inf
from pathlib import Path

from msgspec.structs import replace as changed

from bench.alerts import FILE, said_by
from bench.measure import Row
from bench.town import ISSUERS, OFFICE, Town
from entente import config
from entente.cli.publish import BUILT_IN
from entente.office.subscriber import Subscriber
from entente.publish.mapping import load_mapping
from entente.publish.publisher import Publisher
from entente.publish.run import Run
from entente.publish.submission import Submission

RATE = 500
SECONDS = 10
IMPORTER = ISSUERS[0]
BESIDE = 15
"""Seconds of a file of 100,000, beside which an alert is said twice a second."""
AIM, BESIDE_AIM = 0.25, 1.0
PATIENCE = 60.0


def latency(town: Town) -> list[Row]:
    """500 alerts a second of four administrations; then single ones while one sends a file."""
    with _Heard(town) as heard:
        alone = asyncio.run(_alone(town, heard))
        beside, rows = asyncio.run(_beside(town, heard))
    name = f"seizure to subscriber, {RATE}/s"
    told = f"beside a file of 100,000 ({rows:,.0f} rows/s)"
    return [
        _row(name, "p50", _percentile(alone, 50), None),
        _row(name, "p99", _percentile(alone, 99), AIM),
        _row(told, "live alert of the same administration, p50", _percentile(beside, 50), None),
        _row(told, "the same, slowest", max(beside), BESIDE_AIM),
    ]


def _row(name: str, label: str, seconds: float, aim: float | None) -> Row:
    figure = "not heard" if seconds == inf else f"{seconds * 1000:,.0f} ms"
    if aim is None:
        return Row(name, label, figure)
    return Row(name, label, figure, aim=f"{aim * 1000:,.0f} ms", met=seconds <= aim)


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[(len(values) - 1) * percent // 100]


async def _alone(town: Town, heard: "_Heard") -> list[float]:
    each = RATE * SECONDS // len(ISSUERS)
    alerts = [said_by(issuer, each, edition=50) for issuer in ISSUERS]
    said: dict[str, float] = {}
    async with contextlib.AsyncExitStack() as stack:
        publishers = [
            await stack.enter_async_context(Publisher(issuer, town.settings)) for issuer in ISSUERS
        ]
        first = said_by(ISSUERS[0], 2, edition=49)  # until the subscriber has started
        for one in first:
            await publishers[0].publish(*_words(one))
        await heard.delays({first[0].national_ref: time.time()})
        tasks = []
        start = time.time()
        for n in range(RATE * SECONDS):
            await asyncio.sleep(max(0.0, start + n / RATE - time.time()))
            one = alerts[n % len(ISSUERS)][n // len(ISSUERS)]
            said[one.national_ref] = time.time()
            tasks.append(asyncio.create_task(publishers[n % len(ISSUERS)].publish(*_words(one))))
        await asyncio.gather(*tasks)
    return await heard.delays(said)


async def _beside(town: Town, heard: "_Heard") -> tuple[list[float], float]:
    """The delays, and how many rows of the file were said a second meanwhile."""
    live = said_by(IMPORTER, 2 * BESIDE, edition=51)
    said: dict[str, float] = {}
    going = [True]
    async with Publisher(IMPORTER, town.settings) as publisher:
        start = time.monotonic()
        file = asyncio.create_task(publisher.publish_all(_rows(going)))
        for one in live:
            await asyncio.sleep(0.5)
            said[one.national_ref] = time.time()
            await publisher.publish(*_words(one))
        assert not file.done(), "the file is sent already"
        going.clear()
        done = await file
        elapsed = time.monotonic() - start
        assert not done.refused, str(done.refused[0])
    return await heard.delays(said), done.accepted / elapsed


def _words(one: Submission) -> tuple[object, ...]:
    return one.alert, one.handling


def _rows(going: list[bool]) -> Iterator[Submission]:
    """A file's rows, read, mapped and checked, 100,000 of them if it goes on for so long."""
    left = 100_000
    for edition in count(1_000):
        with Run(FILE, load_mapping(BUILT_IN / "unodc.yaml"), None) as run:
            for one in run:
                if not (going and left):
                    return
                left -= 1
                assert one.alert is not None
                ref = f"{one.national_ref}-{edition}"
                alert = changed(one.alert, national_ref=ref)
                yield replace(one, administration=IMPORTER, national_ref=ref, alert=alert)


class _Heard:
    """The subscriber's process, and when it was handed what, by national reference."""

    def __init__(self, town: Town) -> None:
        self._file = town.settings.home / "heard.txt"
        settings = str(town.settings.home / "entente.toml")
        self._command = [sys.executable, "-m", "bench.latency", settings, OFFICE]

    def __enter__(self) -> "_Heard":
        with self._file.open("wb") as out, self._file.with_suffix(".log").open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=out, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    async def delays(self, said: dict[str, float]) -> list[float]:
        """Seconds from each call to its arrival; waits for the last, but not for ever."""
        limit = time.monotonic() + PATIENCE
        while True:
            whole = self._file.read_text().rpartition("\n")[0]  # the last line may not be
            lines = [line for line in whole.split("\n") if "\t" in line]  # the others are the log
            heard = dict(line.split("\t") for line in lines)
            if said.keys() <= heard.keys() or time.monotonic() > limit:
                return [float(heard.get(ref, inf)) - at for ref, at in said.items()]
            await asyncio.sleep(0.5)


async def _listen(file: str, office: str) -> None:
    async for ref in _references(Subscriber(office, config.load(Path(file), {}), name="bench")):
        sys.stdout.write(f"{ref}\t{time.time()}\n")
        sys.stdout.flush()


async def _references(subscriber: Subscriber) -> AsyncIterator[str]:
    async with subscriber as alerts:
        async for item in alerts:
            if item.alert is not None:
                yield item.alert.national_ref


if __name__ == "__main__":
    asyncio.run(_listen(*sys.argv[1:]))
