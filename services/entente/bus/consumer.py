"""Read topics as a member of a consumer group, from where the reader says.

``read_committed``, and no commits but those asked for. ``auto_offset_reset`` is ``none`` here: a
projection says itself where to begin, and that an offset is not on the topic any more is an answer
it must hear. (``earliest`` would let the client jump back silently and fold all of it twice.)

Membership is static (KIP-345): a process that comes back within the session timeout has its
partitions, with their rows, at once and without a rebalance. After that they go to others.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Self
from zlib import crc32

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka import errors as kafka

from entente.bus.assignor import CoPartitionAssignor
from entente.bus.batches import Guard
from entente.bus.cancelled import finish
from entente.bus.connection import Connection, errors, translated
from entente.bus.metadata import require
from entente.errors import BrokerRefused, BrokerUnreachable, BusError
from entente.proof.record import Record

Partition = tuple[str, int]
"""A topic and the number of one of its partitions."""
BATCH = 500
"""Records handed out at a time; a fold of 50 µs each then holds the event loop for 25 ms."""
SESSION_MS = 10_000
"""A member that is not heard of for so long, in milliseconds, loses its partitions."""
_START = 30.0
_COMMIT = 5.0
_FETCH_WAIT_MS = 250
_FETCH_BYTES = 16 << 20
_log = structlog.get_logger(__name__)


class Gone(Exception):
    """The topic does not have the offset that was asked for."""

    def __init__(self, partition: Partition, offset: int) -> None:
        super().__init__(partition, offset)
        self.partition = partition
        self.offset = offset


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A member of ``group``, known there as ``instance``. Use it as a context.

    Raises CertificateError, BrokerUnreachable, BrokerRefused, TopicMissing, BusError.
    """

    def __init__(
        self, connection: Connection, topics: Iterable[str], group: str, instance: str
    ) -> None:
        self._connection = connection
        self._topics = sorted(set(topics))
        self._group = group
        # The broker gives a static member that comes back its old partitions unseen, even when it
        # reads other topics by now: then it is another member.
        self._instance = f"{instance}-{crc32(','.join(self._topics).encode()):08x}"
        self._what = f"reading {', '.join(self._topics)} as {group}"
        self.assigned: frozenset[Partition] | None = None
        """Our partitions; None while the group is sharing them out."""
        self._sought: set[Partition] = set()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._connection.check)
        self._client = AIOKafkaConsumer(
            **self._connection.aiokafka(),
            group_id=self._group,
            group_instance_id=self._instance,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            partition_assignment_strategy=(CoPartitionAssignor,),
            session_timeout_ms=SESSION_MS,
            fetch_max_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        self._guard = Guard(self._client)
        try:
            with errors(self._what):
                await asyncio.wait_for(finish(self._client.start()), _START)
                await require(self._client._client, self._topics, self._what)
                self._client.subscribe(self._topics, listener=self)
        except TimeoutError as error:
            await self._client.stop()
            raise BrokerUnreachable(f"{self._what}: the broker does not answer") from error
        except BaseException:
            await finish(self._client.stop())
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.assigned = None
        await finish(self._client.stop())

    def on_partitions_revoked(self, _: Iterable[TopicPartition]) -> None:
        """Take it from aiokafka that the group shares out anew: nothing is ours for now."""
        self.assigned = None
        self._sought.clear()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Take our partitions from aiokafka; none of them is read before ``seek``."""
        self._sought.clear()
        self.assigned = frozenset((tp.topic, tp.partition) for tp in assigned)

    @property
    def settled(self) -> bool:
        """Whether we have our partitions and know where to go on in each."""
        return self.assigned is not None and self._sought == self.assigned

    def seek(self, partition: Partition, offset: int) -> None:
        """Read this partition from ``offset`` on."""
        self._client.seek(TopicPartition(*partition), offset)
        self._sought.add(partition)

    async def poll(self, seconds: float) -> dict[Partition, list[Record]]:
        """The next records, at most a batch, nothing if none comes within ``seconds``.

        Raises Gone when the topic does not have the offset to be read.
        """
        try:
            found = await self._client.getmany(timeout_ms=int(seconds * 1000), max_records=BATCH)
        except kafka.NoOffsetForPartitionError:
            return {}  # the group has no offset for a partition that we have yet to seek
        except kafka.OffsetOutOfRangeError as error:
            for tp, offset in error.args[0].items():
                if (tp.topic, tp.partition) in self._sought:
                    raise Gone((tp.topic, tp.partition), offset) from None
            return {}
        except UnicodeDecodeError:
            # Header names that are no text: what was read before them is lost with them. So all is
            # sought anew, and every batch looked at from now on.
            self._guard.thorough = True
            self._sought.clear()
            return {}
        except kafka.KafkaError as error:
            raise translated(error, self._what) or error from error
        return {
            (tp.topic, tp.partition): [
                Record(
                    tp.topic, tp.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers)
                )
                for r in records
            ]
            for tp, records in found.items()
            if (tp.topic, tp.partition) in self._sought
        }

    async def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """The first offset of each partition, and the one after its last committed record."""
        asked = [TopicPartition(*partition) for partition in partitions]
        with errors(self._what):
            first, end = await asyncio.gather(
                self._client.beginning_offsets(asked), self._client.end_offsets(asked)
            )
        return {(tp.topic, tp.partition): (first[tp], end[tp]) for tp in asked}

    async def position(self, partition: Partition) -> int:
        """The next offset to be read, beyond what ``poll`` has given and markers after it."""
        offset: int = await self._client.position(TopicPartition(*partition))
        return offset

    def end(self, partition: Partition) -> int | None:
        """The offset after the last committed record, as of the last answer; None before one."""
        tp = TopicPartition(*partition)
        if tp not in self._client.assignment():
            return None
        offset: int | None = self._client.last_stable_offset(tp)
        return offset

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Tell the group how far we are, for others to see; we ourselves never go by it.

        A group that is sharing out anew, or a broker that does not answer, hears it next time.
        Raises BrokerRefused.
        """
        mine = {TopicPartition(*p): n for p, n in offsets.items() if p in self._sought}
        if not mine:
            return
        try:
            with errors(self._what):
                await asyncio.wait_for(self._client.commit(mine), _COMMIT)
        except BrokerRefused:
            raise
        except (BusError, TimeoutError) as error:
            _log.debug("group commit left for later", group=self._group, error=str(error))
