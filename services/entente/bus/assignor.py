"""Who reads what in a consumer group: partition n of every topic goes to one and the same member.

A projection keeps the rows of partition n of all its topics together, so that what is keyed alike
on two topics meets (Kafka Streams calls this co-partitioning). Kafka's own strategies promise it
only when all topics have the same number of partitions.
"""

from collections.abc import Iterable, Mapping

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)


class CoPartitionAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # it has no types
    """Partition numbers in even, consecutive ranges over the members in the order of their ids."""

    name = "entente-co-partition"

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Share out the partitions of all topics that any member reads."""
        topics = {topic for metadata in members.values() for topic in metadata.subscription}
        partitions = {topic: cluster.partitions_for_topic(topic) or set() for topic in topics}
        numbers = max((max(ns) + 1 for ns in partitions.values() if ns), default=0)
        order = sorted(members)
        return {
            member: ConsumerProtocolMemberAssignment(
                0,
                [
                    (topic, mine)
                    for topic, ns in sorted(partitions.items())
                    if (mine := [n for n in sorted(ns) if n * len(order) // numbers == i])
                ],
                b"",
            )
            for i, member in enumerate(order)
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What a member tells the group of itself."""
        return ConsumerProtocolMemberMetadata(0, sorted(topics), b"")

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Nothing to remember."""
