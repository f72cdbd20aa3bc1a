"""How long an alert takes from the call that says it: to a subscriber, alone and beside a file, and
to a coordinator, as the last part of a proposal.

Each party is a process of its own (``bench.parties``), and all share this machine with the broker.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from math import inf

from bench.alerts import mapped, said_by
from bench.flow import caught_up, service
from bench.measure import Row
from bench.parties import PATIENCE, Process, boxes, delays
from bench.town import COORDINATOR, CORRELATOR, ISSUERS, OFFICE, Town
from entente.publish.publisher import Publisher
from entente.publish.submission import Submission
from entente.wire.names import subject_id

RATE = 500
SECONDS = 20
WARMING = 1.0
"""Seconds of new processes, and of a broker that compiles what it does, that do not count."""
BESIDE = 15
"""Seconds of a file of 100,000, beside which an alert is said twice a second."""
AIM, PROPOSED_AIM, BESIDE_AIM = 0.25, 2.0, 1.0
IMPORTER = ISSUERS[0]


def latency(town: Town) -> list[Row]:
    """500 alerts a second of four administrations; the same with a correlator; beside a file."""
    with Process(town, "hear", OFFICE) as heard:
        _begun(town, heard, 49)
        alone = _alone(town, heard)
    proposed = _proposed(town)
    with Process(town, "hear", OFFICE) as heard:
        _begun(town, heard, 48)
        said, rows = asyncio.run(_beside(town))
        beside = delays(said, heard)
    name = f"seizure to subscriber, {RATE}/s"
    told = f"beside a file of 100,000 ({rows:,.0f} rows/s)"
    third = f"third seizure to proposal, {RATE}/s"
    return [
        _row(name, "p50", _percentile(alone, 50), None),
        _row(name, "p99", _percentile(alone, 99), AIM),
        _row(told, "live alert of the same administration, p50", _percentile(beside, 50), None),
        _row(told, "the same, slowest", max(beside), BESIDE_AIM),
        _row(third, f"p50 of {len(proposed)}", _percentile(proposed, 50), None),
        _row(third, "slowest", max(proposed), PROPOSED_AIM),
    ]


def _row(name: str, label: str, seconds: float, aim: float | None) -> Row:
    figure = "not heard" if seconds == inf else f"{seconds * 1000:,.0f} ms"
    if aim is None:
        return Row(name, label, figure)
    return Row(name, label, figure, aim=f"{aim * 1000:,.0f} ms", met=seconds <= aim)


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[(len(values) - 1) * percent // 100]


def _begun(town: Town, heard: Process, edition: int) -> None:
    """Return when the subscriber has come to hear what is said."""
    with Process(town, "say", ISSUERS[0], 1, 1, edition) as first:
        first.ended()
        delays(first.told, heard)


def _speakers(town: Town, edition: int) -> list[Process]:
    return [
        Process(town, "say", issuer, RATE // len(ISSUERS), SECONDS, edition) for issuer in ISSUERS
    ]


def _alone(town: Town, heard: Process) -> list[float]:
    with ExitStack() as stack:
        speakers = [stack.enter_context(one) for one in _speakers(town, 50)]
        for one in speakers:
            one.ended()
        begun = max(min(one.told.values()) for one in speakers) + WARMING
        said = {k: v for one in speakers for k, v in one.told.items() if v > begun}
        return delays(said, heard)


async def _beside(town: Town) -> tuple[dict[str, float], float]:
    """When live alerts were said, and how many rows of the file a second meanwhile."""
    said: dict[str, float] = {}
    going = [True]
    async with Publisher(IMPORTER, town.settings) as publisher:
        start = time.monotonic()
        file = asyncio.create_task(publisher.publish_all(_while(going, mapped(IMPORTER, 100_000))))
        for one in said_by(IMPORTER, 2 * BESIDE, edition=51):
            await asyncio.sleep(0.5)
            said[f"{IMPORTER} {one.national_ref}"] = time.time()
            assert one.alert is not None
            await publisher.publish(one.alert, one.handling)
        assert not file.done(), "the file is sent already"
        going.clear()
        done = await file
        elapsed = time.monotonic() - start
        assert not done.refused, str(done.refused[0])
    return said, done.accepted / elapsed


def _while(going: list[bool], rows: Iterator[Submission]) -> Iterator[Submission]:
    for row in rows:
        if not going:
            return
        yield row


def _proposed(town: Town) -> list[float]:
    """From the third seizure with one container, to a coordinator who is told of any of them."""
    with ExitStack() as stack:
        stack.enter_context(service(town, "correlate", "serve", "--as", CORRELATOR))
        coordinator = stack.enter_context(Process(town, "coordinate", COORDINATOR))
        caught_up(town)
        speakers = [stack.enter_context(one) for one in _speakers(town, 52)]
        for one in speakers:
            one.ended()
        said = {k: v for one in speakers for k, v in one.told.items()}
        networks = [[f"{issuer} {box}" for issuer in ISSUERS] for box in boxes(52, SECONDS)]
        return [_told(town, said, one, coordinator) for one in networks]


def _told(town: Town, said: Mapping[str, float], network: list[str], coordinator: Process) -> float:
    """Seconds from the third alert of a network to the first word of it; inf: none came."""
    third = sorted(said[name] for name in network)[2]
    subjects = {str(subject_id(town.settings.network, *name.split(" ", 1))) for name in network}
    limit = time.monotonic() + PATIENCE
    while not (found := [at for name, at in coordinator.told.items() if name in subjects]):
        if time.monotonic() > limit:
            return inf
        time.sleep(0.5)
    return min(found) - third
