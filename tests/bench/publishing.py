"""Publishing through outbox and lane against plain ``send``; and the whole way to a proposal."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from uuid import uuid4

import msgspec
from aiokafka import AIOKafkaProducer
from fastavro import schemaless_writer

from bench.alerts import FILE, leaves, said_by
from bench.measure import Row, compare
from bench.town import CORRELATOR, ISSUERS, NAME, OFFICE, PLAIN, TOPIC, Town
from entente import clock
from entente.bus.offsets import ends
from entente.cli.publish import BUILT_IN
from entente.correlate import service as correlator
from entente.errors import StoreError
from entente.office import follow
from entente.publish.importer import Submission
from entente.publish.mapping import load_mapping
from entente.publish.publisher import Publisher
from entente.publish.run import Run
from entente.wire.names import Origin
from entente.wire.schemas import latest

COUNT = 2_048
ROUNDS = 4
ISSUER = "NZ"
ROWS = 6_000
"""Of the file, the whole way."""
PATIENCE = 120.0


def publish(town: Town) -> list[Row]:
    """New alerts each time: what was said before would be known, and cost nothing."""
    origin = Origin(NAME, ISSUER, TOPIC, 0)
    editions = [said_by(ISSUER, COUNT, n) for n in range(ROUNDS + 1)]
    ready = leaves(origin, editions[0], clock.now())
    ours, plain = iter(editions), iter(editions)
    with asyncio.Runner() as runner:
        producer = runner.run(_producer(town))
        publisher = Publisher.open(town.settings, ISSUER)
        runner.run(publisher.__aenter__())

        async def outbox() -> None:
            done = await publisher.publish_all(next(ours))
            assert done.accepted == COUNT

        try:
            return compare(
                "publish",
                {
                    "fastavro and send, unsigned": lambda: runner.run(
                        _send(producer, bare(origin, next(plain)))
                    ),
                    "send of ready bytes, unsigned": lambda: runner.run(_send(producer, ready)),
                    "outbox, lane and send": lambda: runner.run(outbox()),
                },
                COUNT, ROUNDS, "0.5",
            )  # fmt: skip
        finally:
            runner.run(producer.stop())
            runner.run(publisher.__aexit__(None, None, None))


def bare(origin: Origin, submissions: list[Submission]) -> list[bytes]:
    """Body and statement by fastavro, as who does not sign would say the same alerts."""
    body, statement = latest("seizure").parsed, latest("statement").parsed
    found = []
    for one in submissions:
        plain, inner, outer = msgspec.to_builtins(one.alert), BytesIO(), BytesIO()
        schemaless_writer(inner, body, plain)
        subject = uuid4().bytes
        said = {
            "id": subject, "subject": subject, "version": 1, "change": "NEW",
            "type": "entente.alert.Seizure", "schema": latest("seizure").sha256,
            "network": origin.network, "issuer": origin.administration, "topic": origin.topic,
            "issued_at": clock.now(), "audience": {"regions": [], "administrations": []},
            "handling": msgspec.to_builtins(one.handling), "body": inner.getvalue(),
            "reason": None, "sealed": None, "link_tokens": [],
        }  # fmt: skip
        schemaless_writer(outer, statement, said)
        found.append(outer.getvalue())
    return found


async def _producer(town: Town) -> AIOKafkaProducer:
    """As our own producer is set up."""
    producer = AIOKafkaProducer(
        **town.box.connection().aiokafka(), enable_idempotence=True, acks="all",
        max_request_size=1_000_000, max_batch_size=128 << 10, linger_ms=2,
    )  # fmt: skip
    await producer.start()
    return producer


async def _send(producer: AIOKafkaProducer, values: list[bytes]) -> None:
    for start in range(0, len(values), 1_024):
        batch = values[start : start + 1_024]
        await asyncio.gather(*[await producer.send(PLAIN, one, b"NZ/0") for one in batch])


def end_to_end(town: Town) -> list[Row]:
    """A file's rows to the topic, into an office's inbox, and through the correlator.

    Three processes and the broker share the machine. One run, no ratio: there is no plain way.
    """
    before = sum(ends(town.box.connection(), [TOPIC]).values())
    with (
        _service(town, "office", "--as", OFFICE),
        _service(town, "correlate", "serve", "--as", CORRELATOR),
    ):
        _reach(lambda: _office(town) >= before and _correlated(town) >= before)
        start = time.monotonic()
        count = asyncio.run(_publish(town))
        times = {"file to topic": time.monotonic() - start}
        goal = sum(ends(town.box.connection(), [TOPIC]).values())
        _reach(lambda: _office(town) >= goal)
        times["file to inbox"] = time.monotonic() - start
        _reach(lambda: _correlated(town) >= goal)
        times["file to proposal"] = time.monotonic() - start
    first = times["file to topic"]
    return [
        Row("end to end", label, count / seconds, first / seconds, first / seconds, first / seconds,
            {"file to inbox": "2,000/s", "file to proposal": "1,000/s"}.get(label, ""))
        for label, seconds in times.items()
    ]  # fmt: skip


async def _publish(town: Town) -> int:
    """The file as four administrations of one region, at the same time."""
    by_issuer: dict[str, list[Submission]] = defaultdict(list)
    count = 0
    with Run(FILE, load_mapping(BUILT_IN / "unodc.yaml"), None) as run:
        for count, one in enumerate(run, 1):
            issuer = ISSUERS[sum(one.administration.encode()) % len(ISSUERS)]
            assert one.alert is not None
            by_issuer[issuer].append(replace(one, administration=issuer))
            if count == ROWS:
                break

    async def say(issuer: str) -> None:
        async with Publisher.open(town.settings, issuer) as publisher:
            done = await publisher.publish_all(by_issuer[issuer])
            assert done.accepted == len(by_issuer[issuer]), msgspec.json.encode(str(done.refused))

    await asyncio.gather(*map(say, by_issuer))
    return count


@contextlib.contextmanager
def _service(town: Town, *arguments: str) -> Iterator[None]:
    file = town.settings.home / "entente.toml"
    command = [sys.executable, "-m", "entente", "--config", str(file), *arguments]
    with (town.settings.home / f"{arguments[0]}.out").open("ab") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _office(town: Town) -> int:
    return _read(follow.positions(town.settings.party(OFFICE)))


def _correlated(town: Town) -> int:
    folder = town.settings.party(CORRELATOR)
    return _read(correlator.positions(folder)) - correlator.behind(folder)


def _read(positions: Mapping[tuple[str, int], int]) -> int:
    return sum(offset for (topic, _), offset in positions.items() if topic == TOPIC)


def _reach(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(StoreError):  # a store that is just being made
            if holds():
                return
        assert time.monotonic() < limit, "the services do not catch up"
        time.sleep(0.1)
