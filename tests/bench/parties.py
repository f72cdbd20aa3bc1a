"""The processes of the members whose delays are measured: who says alerts, and who hears of them.

``python -m bench.parties ROLE SETTINGS MEMBER ...`` is one of them; each prints a line for what it
says or hears: its name, a tab, and the time in seconds.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from math import inf
from pathlib import Path
from zlib import crc32

from msgspec.structs import replace as changed
from stdnum import iso6346

from bench.alerts import said_by
from bench.town import Town
from entente import config
from entente.alert.record import Container, Transport
from entente.config import Settings
from entente.coordinate import received
from entente.office.subscriber import Subscriber
from entente.publish.publisher import Publisher
from entente.publish.submission import Submission

PATIENCE = 60.0


class Process:
    """A party in a process of its own, from the start of the block to its end."""

    def __init__(self, town: Town, role: str, member: str, *arguments: object) -> None:
        self._file = town.settings.home / f"{role}-{member}.txt"
        settings = str(town.settings.home / "entente.toml")
        given = [role, settings, member, *map(str, arguments)]
        self._command = [sys.executable, "-m", "bench.parties", *given]

    def __enter__(self) -> "Process":
        with self._file.open("wb") as out, self._file.with_suffix(".log").open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=out, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    def ended(self) -> None:
        """Wait until it has done all."""
        self._process.wait(PATIENCE)
        self._well()

    def _well(self) -> None:
        assert not self._process.poll(), self._file.with_suffix(".log").read_text()

    @property
    def told(self) -> dict[str, float]:
        """What it has told so far, and when."""
        self._well()
        whole = self._file.read_text().rpartition("\n")[0]  # the last line may not be
        lines = [line.split("\t") for line in whole.split("\n") if "\t" in line]
        return {name: float(at) for name, at in lines}


def delays(said: Mapping[str, float], heard: Process) -> list[float]:
    """Seconds from each name to when it was heard of; waits for the last, but not for ever."""
    limit = time.monotonic() + PATIENCE
    while not said.keys() <= heard.told.keys() and time.monotonic() < limit:
        time.sleep(0.5)
    told = heard.told
    return [told.get(name, inf) - at for name, at in said.items()]


def _tell(name: str) -> None:
    print(f"{name}\t{time.time()}", flush=True)


def boxes(edition: int, seconds: int) -> list[str]:
    """References of alerts with a container that all who ``say`` have, one for each two seconds."""
    return [f"box-{edition}-{number}" for number in range(seconds // 2)]


def _boxed(one: Submission, reference: str) -> Submission:
    serial = f"CSQU{crc32(reference.encode()) % 1_000_000:06}"
    number = serial + iso6346.calc_check_digit(serial)
    assert one.alert is not None
    alert = changed(
        one.alert,
        national_ref=reference,
        transport=Transport(mode="1", containers=(Container(number=number),)),
    )
    return replace(one, national_ref=reference, alert=alert)


async def _say(settings: Settings, issuer: str, rate: str, seconds: str, edition: str) -> None:
    """Say so many real alerts a second, each at its time and by itself."""
    alerts = said_by(issuer, int(rate) * int(seconds), int(edition))
    for number, box in enumerate(boxes(int(edition), int(seconds))):
        at = (2 * number + 1) * int(rate)
        alerts[at] = _boxed(alerts[at], box)
    async with Publisher(issuer, settings) as publisher, asyncio.TaskGroup() as saying:
        start = time.time()
        for number, one in enumerate(alerts):
            await asyncio.sleep(max(0.0, start + number / int(rate) - time.time()))
            assert one.alert is not None
            _tell(f"{issuer} {one.national_ref}")
            saying.create_task(publisher.publish(one.alert, one.handling))


async def _hear(settings: Settings, office: str) -> None:
    """An office that verifies, fills its inbox, and hands out."""
    async with Subscriber(office, settings, name="bench") as alerts:
        async for item in alerts:
            if item.alert is not None:
                _tell(f"{item.issuer} {item.alert.national_ref}")


async def _coordinate(settings: Settings, coordinator: str) -> None:
    """A coordinator who looks at its proposals four times a second; told of each alert once."""
    folder = settings.party(coordinator)
    told: set[str] = set()
    begun = asyncio.Event()

    async def look() -> None:
        await begun.wait()
        while True:
            await asyncio.sleep(0.25)
            found = received.read(folder)
            for alert in (alert for one in found for alert in one.proposal.alerts):
                if alert.subject not in told:
                    told.add(alert.subject)
                    _tell(alert.subject)

    async with asyncio.TaskGroup() as both:
        both.create_task(received.run(settings, coordinator, caught_up=begun))
        both.create_task(look())


ROLES = {"say": _say, "hear": _hear, "coordinate": _coordinate}

if __name__ == "__main__":
    role, file, *rest = sys.argv[1:]
    asyncio.run(ROLES[role](config.load(Path(file), {}), *rest))
