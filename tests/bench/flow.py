"""From file to inbox, and through the correlator: how many a second on this one machine.

The broker, the services and the publishers share it, so elapsed time counts.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from bench.alerts import mapped, said_by
from bench.measure import Row, per_second
from bench.town import CORRELATOR, ISSUERS, OFFICE, TOPIC, Town
from entente.bus.offsets import ends
from entente.correlate.views import service as correlator
from entente.errors import StoreError
from entente.office import follow
from entente.publish.publisher import Publisher
from entente.publish.submission import Submission

EACH = 3_000
"""Alerts of each of the four administrations."""
PATIENCE = 300.0


Source = Callable[[str], Iterable[Submission]]
"""What an administration says."""


def flow(town: Town) -> list[Row]:
    """Alerts that are ready, and files, until an office holds them; then till all is correlated."""
    ready = {issuer: said_by(issuer, EACH, edition=98) for issuer in ISSUERS}
    rows = [
        *_received(town, "publishers", ready.__getitem__, 2_000),
        *_received(town, "four files", lambda issuer: mapped(issuer, EACH, edition=99), None),
    ]
    goal = sum(ends(town.box.connection(), [TOPIC]).values())
    start = time.monotonic()
    with service(town, "correlate", "serve", "--as", CORRELATOR) as pid:
        caught_up(town)
        correlated = time.monotonic() - start
        thinking = _used(pid) / goal
    return [
        *rows,
        _row("topic through the correlator, its start included", goal / correlated, 1_000),
        Row("one machine", f"processor time: correlator {thinking * 1e6:.0f} \u00b5s an alert",
            f"{per_second(1 / thinking)} on a core of its own"),
    ]  # fmt: skip


def _received(town: Town, name: str, source: Source, aim: int | None) -> list[Row]:
    count = EACH * len(ISSUERS)
    before = sum(ends(town.box.connection(), [TOPIC]).values())
    broker = town.box.status().pid
    assert broker is not None
    with service(town, "office", "--as", OFFICE) as office:
        reach(lambda: _office(town) >= before)
        start = time.monotonic()
        used = [_used(pid) for pid in (os.getpid(), office, broker)]
        asyncio.run(_publish(town, source))
        published = time.monotonic() - start
        goal = sum(ends(town.box.connection(), [TOPIC]).values())
        reach(lambda: _office(town) >= goal)
        received = time.monotonic() - start
        spent = [_used(pid) for pid in (os.getpid(), office, broker)]
    each = [(end - begin) / count for begin, end in zip(used, spent, strict=True)]
    told = " + ".join(f"{seconds * 1e6:.0f}" for seconds in each)
    return [
        _row(f"{name} to topic", count / published, None),
        _row(f"{name} to inbox", count / received, aim),
        Row("one machine", f"processor time: {name}, office, broker {told} \u00b5s an alert",
            f"{per_second(2 / sum(each))} on 2 cores of its own"),
    ]  # fmt: skip


def _used(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _row(label: str, rate: float, aim: int | None) -> Row:
    if aim is None:
        return Row("one machine", label, per_second(rate))
    return Row("one machine", label, per_second(rate), aim=f"{aim:,}/s", met=rate >= aim)


async def _publish(town: Town, source: Source) -> None:
    async def say(issuer: str) -> None:
        async with Publisher(issuer, town.settings) as publisher:
            done = await publisher.publish_all(source(issuer))
            assert done.accepted == EACH, str(done.refused[:1])

    await asyncio.gather(*map(say, ISSUERS))


@contextlib.contextmanager
def service(town: Town, *arguments: str) -> Iterator[int]:
    """A service of its own process, of which nothing is heard but what it does; its id."""
    file = town.settings.home / "entente.toml"
    command = [sys.executable, "-m", "entente", "--config", str(file), *arguments]
    with (town.settings.home / f"{arguments[0]}.out").open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def reach(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    limit = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(StoreError):  # a store that is just being made
            if holds():
                return
        assert time.monotonic() < limit, "the services do not catch up"
        time.sleep(0.05)


def _office(town: Town) -> int:
    return _read(follow.positions(town.settings.party(OFFICE)))


def caught_up(town: Town) -> None:
    """Wait until the correlator has thought about all that is on the topic now."""
    goal = sum(ends(town.box.connection(), [TOPIC]).values())
    reach(lambda: _correlated(town) >= goal)


def _correlated(town: Town) -> int:
    folder = town.settings.party(CORRELATOR)
    return _read(correlator.positions(folder)) - correlator.behind(folder)


def _read(positions: Mapping[tuple[str, int], int]) -> int:
    return sum(offset for (topic, _), offset in positions.items() if topic == TOPIC)
