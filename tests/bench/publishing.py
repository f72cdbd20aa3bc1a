"""Publishing through outbox and lane, against plain ``send`` of the same alerts.

The processor time of the publishing process counts.
"""

import asyncio
from io import BytesIO
from uuid import uuid4

import msgspec
from aiokafka import AIOKafkaProducer
from fastavro import schemaless_writer

from bench.alerts import leaves, said_by
from bench.measure import Row, compare
from bench.town import NAME, PLAIN, TOPIC, Town
from entente import clock
from entente.publish.publisher import Publisher
from entente.publish.submission import Submission
from entente.wire.names import Origin
from entente.wire.schemas import latest

COUNT = 2_048
ROUNDS = 4
ISSUER = "NZ"


def publish(town: Town) -> list[Row]:
    """New alerts each time: what was said before would be known, and cost nothing."""
    origin = Origin(NAME, ISSUER, TOPIC, 0)
    editions = [said_by(ISSUER, COUNT, n) for n in range(ROUNDS + 1)]
    ready = leaves(origin, editions[0], clock.now())
    ours, plain = iter(editions), iter(editions)
    with asyncio.Runner() as runner:
        producer = runner.run(_producer(town))
        publisher = Publisher(ISSUER, town.settings)
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
                COUNT, ROUNDS, {"outbox, lane and send": 0.5},
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
