"""Receiving from a real topic over TLS, in one process: plain, a signature each, eight steps.

The processor time of that process counts: fetching, TLS and the client are the same for all.
"""

import asyncio
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench import reading
from bench.alerts import leaves, said_by
from bench.measure import Row, compare
from bench.town import APART, ELSEWHERE, NAME, PLAIN, Town
from entente import clock
from entente.bus.connection import Connection
from entente.bus.offsets import ends
from entente.proof.record import Record
from entente.proof.rows import MemoryRows
from entente.publish.publisher import Publisher
from entente.trust import files
from entente.wire.names import Origin

COUNT = 2_048
TOPIC = f"alerts.{ELSEWHERE}"


def receive(town: Town) -> list[Row]:
    """The same alerts from two topics: records of a lane, and the bare statements of these."""
    with asyncio.Runner() as runner:
        runner.run(_fill(town))
        (partition,) = ends(town.box.connection(), [TOPIC])
        return _compare(town, runner, TopicPartition(*partition))


def _compare(town: Town, runner: asyncio.Runner, signed: TopicPartition) -> list[Row]:
    client = runner.run(_consumer(town.box.connection()))
    key = files.signing_key(town.settings.party(APART) / "signing.key", None)
    bare = TopicPartition(PLAIN, 0)

    def take(partition: TopicPartition, judge: Callable[[Sequence[Record]], object]) -> object:
        return runner.run(_take(client, partition, judge))

    def eight_steps() -> object:
        held = MemoryRows()
        return take(
            signed,
            lambda some: reading.eight_steps(some, held, town.register, clock.now()),
        )

    signatures: dict[bytes, bytes] = {}

    def prepare(some: Sequence[Record]) -> None:
        for record in some:
            signatures[record.value or b""] = key.sign(record.value or b"")

    def per_message(some: Sequence[Record]) -> None:
        said = [record.value or b"" for record in some]
        reading.per_message(said, [signatures[one] for one in said], key.public)

    take(bare, prepare)
    try:
        against = {
            "plain": lambda: take(signed, lambda s: reading.plain([r.value or b"" for r in s])),
            "unsigned": lambda: take(bare, lambda s: reading.unsigned([r.value or b"" for r in s])),
            "signed": lambda: take(bare, per_message),
        }
        return [
            *compare(
                "receive, against no check at all",
                {
                    "aiokafka + fastavro, same records": against["plain"],
                    "the same, statements unsigned": against["unsigned"],
                    "aiokafka + eight steps": eight_steps,
                },
                COUNT, 5, {"aiokafka + eight steps": 0.6},
            ),
            *compare(
                "receive, against a signature each",
                {
                    "aiokafka + one Ed25519 each, and checks": against["signed"],
                    "aiokafka + eight steps": eight_steps,
                },
                COUNT, 5, {"aiokafka + eight steps": 2.0},
            ),
        ]  # fmt: skip
    finally:
        runner.run(client.stop())


async def _consumer(connection: Connection) -> AIOKafkaConsumer:
    client = AIOKafkaConsumer(
        **connection.aiokafka(), enable_auto_commit=False, isolation_level="read_committed",
        fetch_max_bytes=16 << 20,
    )  # fmt: skip
    await client.start()
    return client


async def _take(
    client: AIOKafkaConsumer,
    partition: TopicPartition,
    judge: Callable[[Sequence[Record]], object],
) -> None:
    """Read a partition from its beginning, and hand on its records as they come."""
    client.assign([partition])
    await client.seek_to_beginning(partition)
    done = 0
    while done < COUNT:
        for found in (await client.getmany(partition, timeout_ms=200, max_records=500)).values():
            judge(
                [
                    Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers)
                    for r in found
                ]
            )
            done += len(found)


async def _fill(town: Town) -> None:
    """Publish through outbox and lane, and put the bare statements on the other topic."""
    alerts = said_by(APART, COUNT)
    async with Publisher(APART, town.settings) as publisher:
        await publisher.publish_all(alerts)
    said = leaves(Origin(NAME, APART, TOPIC, 0), alerts, clock.now())
    producer = AIOKafkaProducer(**town.box.connection().aiokafka(), enable_idempotence=True)
    await producer.start()
    sent = [await producer.send(PLAIN, one, b"FR/0", 0) for one in said]
    await asyncio.gather(*sent)
    await producer.stop()
