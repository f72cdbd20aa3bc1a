"""Where topics end now, for who has to wait until others have read them."""

from collections.abc import Iterable

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

from entente.bus import admin
from entente.bus.connection import Connection


def ends(connection: Connection, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """The offset after the last record, by topic and partition; only where there are records.

    Raises BrokerUnreachable, BrokerRefused, BusError, CertificateError.
    """
    client = admin.client(connection)
    try:
        known = client.list_topics(timeout=admin.TIMEOUT).topics
    except KafkaException as error:
        raise admin.translated(error, "listing the topics") from error
    wanted = set(topics)
    asked = {
        TopicPartition(name, number): OffsetSpec.latest()
        for name, topic in known.items()
        if name in wanted
        for number in topic.partitions
    }
    found = client.list_offsets(asked, request_timeout=admin.TIMEOUT)
    results = {
        (at.topic, at.partition): admin.result(future, "asking where topics end").offset
        for at, future in found.items()
    }
    return {at: offset for at, offset in results.items() if offset > 0}
