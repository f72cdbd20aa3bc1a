"""Read a topic once, from its first record to where it ends now: no group, nothing committed."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from entente.bus.batches import Guard
from entente.bus.cancelled import finish
from entente.bus.connection import Connection, errors
from entente.bus.metadata import require
from entente.errors import BrokerUnreachable
from entente.proof.record import Record

PATIENCE = 30.0
"""Seconds without a record after which the broker counts as gone."""
_LOOK_MS = 200
_BATCH = 2_000


async def replay(
    connection: Connection, topic: str, after: dict[int, int] | None = None
) -> AsyncGenerator[Record, None]:
    """The committed records of a topic, each partition in its order.

    ``after`` holds the offset, by partition, to begin with, and moves on; where the topic ends
    before that it is another topic, and is read from its beginning. Close it when you leave early
    (``contextlib.aclosing``). Raises TopicMissing, BrokerRefused, BrokerUnreachable, BusError,
    CertificateError.
    """
    what = f"reading {topic}"
    await asyncio.to_thread(connection.check)
    client = AIOKafkaConsumer(
        **connection.aiokafka(), enable_auto_commit=False, isolation_level="read_committed"
    )
    Guard(client, thorough=True)
    try:
        with errors(what):
            async with asyncio.timeout(PATIENCE):
                await finish(client.start())
                await require(client._client, [topic], what)
                every = [TopicPartition(topic, n) for n in client.partitions_for_topic(topic)]
                first = await client.beginning_offsets(every)
                ends = await client.end_offsets(every)
            known = {} if after is None else after
            if any(known.get(tp.partition, 0) > ends[tp] for tp in every):
                known.clear()
            first = {tp: max(first[tp], known.get(tp.partition, 0)) for tp in every}
            left = {tp for tp in every if first[tp] < ends[tp]}
            client.assign(left)
            for tp in left:
                client.seek(tp, first[tp])
            while left:
                async with asyncio.timeout(PATIENCE):
                    found = await _some(client, left, ends)
                for records in found.values():
                    for r in records:
                        known[r.partition] = r.offset + 1
                        yield Record(
                            topic, r.partition, r.offset, r.timestamp, r.key, r.value,
                            tuple((name, bytes(value)) for name, value in r.headers),
                        )  # fmt: skip
    except TimeoutError as error:
        raise BrokerUnreachable(f"{what}: the broker does not answer") from error
    finally:
        await finish(client.stop())


async def _some(
    client: AIOKafkaConsumer, left: set[TopicPartition], ends: dict[TopicPartition, int]
) -> dict[TopicPartition, list[Any]]:
    """The next records; takes from ``left`` what has come to its end."""
    while True:
        found: dict[TopicPartition, list[Any]] = await client.getmany(
            *left, timeout_ms=_LOOK_MS, max_records=_BATCH
        )
        # The position, not the records: a transaction's markers are offsets that nobody is given.
        for tp in list(left):
            if await client.position(tp) >= ends[tp]:
                left.discard(tp)
        if found or not left:
            return found
