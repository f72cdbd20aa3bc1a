"""A batch that Kafka's clients would not make, put on a topic with a member's own certificate."""

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from entente.bus.connection import Connection


def with_header(name: bytes, value: bytes) -> bytes:
    """A batch of one record, whose header has a name of these four bytes."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=-1, batch_size=len(value) + 1_024,
    )  # fmt: skip
    builder.append(0, timestamp=1, key=b"k", value=value, headers=[("NAME", b"")])
    batch = bytes(builder.build()).replace(b"NAME", name)
    return batch[:17] + calc_crc32c(batch[21:]).to_bytes(4, "big") + batch[21:]


async def put(connection: Connection, topic: str, partition: int, batch: bytes) -> int:
    """Send a batch; returns Kafka's error code, 0 if the broker has stored it."""
    client = AIOKafkaClient(**connection.aiokafka())
    await client.bootstrap()
    try:
        await client.set_topics([topic])
        node = client.cluster.leader_for_partition(TopicPartition(topic, partition))
        request = ProduceRequest(
            transactional_id=None, required_acks=-1, timeout=10_000,
            topics=[(topic, [(partition, batch)])],
        )  # fmt: skip
        response = await client.send(node, request)
        ((_, ((_, code, *_),)),) = response.topics
        return int(code)
    finally:
        await client.close()
