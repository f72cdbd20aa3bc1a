"""Send records, and know that they have arrived.

Defaults that are never left alone: ``acks=all`` and idempotence, so that what the client itself
sends again comes once and in order. Every delivery future is awaited.

aiokafka's idempotent producer never gives up a batch, so a dead broker would hold ``send`` for
ever; and a batch that failed leaves a hole in its sequence numbers, after which the broker refuses
all that follow. So ``send`` has a time limit, and a producer that failed once is thrown away: the
next ``send`` starts another one. What was in flight may have arrived; sent again, it is there
twice. Ids are deterministic, readers ignore the second.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import NamedTuple, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka import errors as kafka

from entente.bus.cancelled import finish
from entente.bus.connection import Connection, errors, translated
from entente.bus.metadata import require
from entente.bus.topics import QUARANTINE
from entente.errors import (
    BrokerRefused,
    BrokerUnreachable,
    BusError,
    EntenteError,
    TopicMissing,
    WireError,
)

MAX_BYTES = 900_000
"""A record's value at most (``schemas/README.md``, section 2)."""
MAX_QUARANTINED = (2 << 20) - 1_024
"""The same on ``quarantine``: whatever the broker takes elsewhere fits, with the verdict on it."""
TIMEOUT = 30.0
"""Seconds after which what is not acknowledged counts as not delivered."""
IN_FLIGHT = 2_000
"""Records handed to the client at a time."""
IN_FLIGHT_BYTES = 16 << 20
"""The same in bytes; one record more may be among them."""
FIRST_PAUSE, LAST_PAUSE = 0.2, 10.0
"""Seconds between two attempts: doubled from the first to the last."""
_REQUEST = 2 << 20
_BATCH = 512 << 10
_LINGER_MS = 2
_CLOSING = 5.0
_log = structlog.get_logger(__name__)


class Outgoing(NamedTuple):
    """A record to be sent; its key chooses the partition, as in every Kafka client."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Producer:
    """Sends as the party of a ``Connection``. Use it as a context, from one event loop."""

    def __init__(self, connection: Connection, *, timeout: float = TIMEOUT) -> None:
        self._connection = connection
        self._timeout = timeout
        self._client: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._started()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def send(self, records: Iterable[Outgoing]) -> None:
        """Send ``records`` in order, and return when every one is stored on all its replicas.

        When it raises, some may have arrived, and all may be sent again. Raises WireError (a value
        too large: nothing was sent), TopicMissing, BrokerRefused, BrokerUnreachable, BusError.
        """
        waiting = list(records)
        for record in waiting:
            most = MAX_QUARANTINED if record.topic == QUARANTINE else MAX_BYTES
            if record.value is not None and len(record.value) > most:
                raise WireError(
                    f"A record for {record.topic} has {len(record.value):,} bytes, more than"
                    f" {most:,}.",
                    advice="Name attachments by their hash instead of carrying them.",
                )
        for portion in _portions(waiting):
            await self._deliver(portion)

    async def insist(self, records: Iterable[Outgoing]) -> None:
        """``send`` until it is done: trouble that is temporary is logged and waited for."""
        waiting = list(records)
        pause = FIRST_PAUSE
        while True:
            try:
                return await self.send(waiting)
            except EntenteError as error:
                if not error.temporary:
                    raise
                _log.warning("will send again", error=str(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LAST_PAUSE)

    async def stop(self) -> None:
        """Close the connections. What ``send`` has not returned for may or may not arrive."""
        client, self._client = self._client, None
        if client is not None:
            await finish(_close(client))

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._client is None:
                client = AIOKafkaProducer(
                    **await asyncio.to_thread(_reach, self._connection),
                    acks="all",
                    enable_idempotence=True,
                    max_request_size=_REQUEST,
                    max_batch_size=_BATCH,
                    linger_ms=_LINGER_MS,
                    request_timeout_ms=int(self._timeout * 1000),
                )
                try:
                    with errors("connecting"):
                        await asyncio.wait_for(finish(client.start()), self._timeout)
                except BaseException as error:
                    await finish(_close(client))
                    if isinstance(error, TimeoutError):
                        raise BrokerUnreachable("connecting: the broker does not answer") from error
                    if isinstance(error, BrokerRefused):  # KIP-679: one topic would be enough
                        raise BrokerRefused("connecting: we may write to no topic") from error
                    raise
                self._client = client
            return self._client

    async def _deliver(self, records: list[Outgoing]) -> None:
        client = await self._started()
        topics = sorted({record.topic for record in records})
        futures: list[asyncio.Future[object]] = []
        try:
            async with asyncio.timeout(self._timeout):
                if any(client.client.cluster.partitions_for_topic(t) is None for t in topics):
                    await require(client.client, topics, f"sending to {', '.join(topics)}")
                async for future in _handed_over(client, records):
                    futures.append(future)
                await asyncio.wait(futures)
            for future in futures:
                future.result()
        except BaseException as error:
            ours = await _explained(client, error, topics)
            if not isinstance(ours, _HARMLESS):
                await self._discard(client)
            for future in futures:
                if future.done() and not future.cancelled():
                    future.exception()  # asked for, or asyncio complains that nobody did
            if ours is None:
                raise
            raise ours from error

    async def _discard(self, client: AIOKafkaProducer) -> None:
        if self._client is client:
            self._client = None
            await finish(_close(client))


_HARMLESS = (BrokerRefused, TopicMissing, WireError)
"""Errors of one record or topic, after which the producer is as good as before."""
_LOST_TRACK = (
    kafka.OutOfOrderSequenceNumber,
    kafka.InvalidProducerEpoch,
    kafka.ProducerFenced,
    kafka.ProducerClosed,
)


def _reach(connection: Connection) -> dict[str, object]:
    connection.check()
    return connection.aiokafka()


def _portions(records: list[Outgoing]) -> Iterator[list[Outgoing]]:
    """``records`` in pieces of at most ``IN_FLIGHT`` and about ``IN_FLIGHT_BYTES``."""
    portion: list[Outgoing] = []
    size = 0
    for record in records:
        portion.append(record)
        size += len(record.value or b"")
        if len(portion) == IN_FLIGHT or size >= IN_FLIGHT_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


async def _handed_over(
    client: AIOKafkaProducer, records: list[Outgoing]
) -> AsyncIterator[asyncio.Future[object]]:
    """Hand records to the client batch by batch; one future tells when a batch has arrived.

    The client's own ``send`` costs as much for each record as all the rest of publishing it.
    """
    parts: dict[tuple[str, int], list[Outgoing]] = {}
    for record in records:
        topic, key, value, _ = record
        partition = client._partition(topic, None, key, value, key, value)
        parts.setdefault((topic, partition), []).append(record)
    for (topic, partition), some in parts.items():
        batch = client.create_batch()
        for _, key, value, headers in some:
            one = {"timestamp": None, "key": key, "value": value, "headers": list(headers)}
            if batch.append(**one) is None:  # full; the first of a batch always fits
                yield await client.send_batch(batch, topic, partition=partition)
                batch = client.create_batch()
                batch.append(**one)
        yield await client.send_batch(batch, topic, partition=partition)


async def _explained(
    client: AIOKafkaProducer, error: BaseException, topics: list[str]
) -> EntenteError | None:
    """``error`` in our tree; None if it has no place there."""
    what = f"sending to {', '.join(topics)}"
    if isinstance(error, EntenteError):
        return error
    if isinstance(error, TimeoutError):
        try:
            await require(client.client, topics, what)
        except BusError as why:
            return why
        return BrokerUnreachable(f"{what}: the broker does not acknowledge it")
    if isinstance(error, kafka.MessageSizeTooLargeError):
        return WireError(f"{what}: the broker takes no record as large as this ({error})")
    if isinstance(error, _LOST_TRACK):
        return BrokerUnreachable(f"{what}: the broker has lost track of us ({error})")
    return translated(error, what) if isinstance(error, Exception) else None


async def _close(client: AIOKafkaProducer) -> None:
    """Close a client that may wait for a broker that is no more.

    ``stop`` alone would wait for every batch to be delivered, and the client never gives one up.
    So its sender is ended first, and what it has left over is failed at last.
    """
    sender = client._sender.sender_task
    while sender is not None and not sender.done():
        sender.cancel()  # it waits for its requests; told twice, it drops them
        await asyncio.wait([sender], timeout=_CLOSING)
    await client.stop()
    left = client._message_accumulator
    for batches in left._batches.values():
        for batch in batches:
            batch.drain_ready()
    left.fail_all(kafka.ProducerClosed())
    await asyncio.sleep(0)
