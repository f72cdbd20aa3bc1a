"""Batches that would stop a reader, made into records that it can judge and quarantine.

Whoever may write to a topic may put any batch on it that the broker lets pass: compressed by a
codec that we lack, or a megabyte that unpacks to gigabytes; with header names that are not UTF-8.
aiokafka raises for these, forgets what it had read before them in the same answer, and comes no
further. Kafka cannot refuse them either: told to store batches uncompressed, it unpacks them
itself, and runs out of memory.

So batches are looked at as they arrive. One that is compressed (the wire format has none) or, where
all is looked at, cannot be read, is replaced by one record, at the batch's last offset, without a
key and with the batch's bytes as its value. No step of reading accepts these, and they reach
quarantine whole.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder

_HEAD = Struct(">qiibIhi")
"""Base offset, length of the rest, leader epoch, magic, CRC, attributes, last offset delta."""
_PREFIX = 12
"""Bytes before those that the length counts."""
_CODEC, _MAGIC = 0x07, 2


class Guard:
    """Lets a consumer that is not started yet see only batches that it can read.

    Reading every batch twice costs some microseconds a record. So that is only done once
    ``thorough`` is set: from the start, or when the consumer was given what it cannot read.
    """

    def __init__(self, consumer: AIOKafkaConsumer, *, thorough: bool = False) -> None:
        self.thorough = thorough
        client = consumer._client
        send = client.send

        async def guarded(node: Any, request: Any, **more: Any) -> Any:
            response = await send(node, request, **more)
            if type(request).__name__.startswith("FetchRequest"):
                response.topics = [
                    (topic, [(*rest, self.readable(data)) for *rest, data in partitions])
                    for topic, partitions in response.topics
                ]
            return response

        client.send = guarded

    def readable(self, data: bytes | None) -> bytes | None:
        """The batches of a partition, with those replaced that cannot be read."""
        if not data:
            return data
        found = [(batch, self._is_good(batch)) for batch in _batches(data)]
        if all(good for _, good in found):
            return data
        return b"".join(batch if good else _replaced(batch) for batch, good in found)

    def _is_good(self, batch: bytes) -> bool:
        if len(batch) < _HEAD.size or len(batch) < _PREFIX + int.from_bytes(
            batch[8:_PREFIX], "big"
        ):
            return True  # cut off: aiokafka asks for it again
        _, _, _, magic, _, attributes, _ = _HEAD.unpack_from(batch)
        if magic != _MAGIC or attributes & _CODEC:
            return False
        return not self.thorough or _can_be_read(batch)


def _batches(data: bytes) -> Iterator[bytes]:
    """Whole batches; the broker may cut the last one off."""
    at = 0
    while at + _HEAD.size <= len(data):
        end = at + _PREFIX + int.from_bytes(data[at + 8 : at + _PREFIX], "big")
        if end > len(data):
            break
        yield data[at:end]
        at = end
    if at < len(data):
        yield data[at:]


def _can_be_read(batch: bytes) -> bool:
    try:
        for _ in DefaultRecordBatch(batch):
            pass
    except Exception:  # noqa: BLE001  whatever it is, it would come again for ever
        return False
    return True


def _replaced(batch: bytes) -> bytes:
    base, _, _, magic, _, _, delta = _HEAD.unpack_from(batch)
    last = base + delta if magic == _MAGIC else base
    builder = DefaultRecordBatchBuilder(
        magic=_MAGIC, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1,
        base_sequence=-1, batch_size=len(batch) + 1024,
    )  # fmt: skip
    builder.append(0, timestamp=0, key=None, value=batch, headers=[])
    built = bytes(builder.build())
    return bytes(last.to_bytes(8, "big")) + built[8:]  # no part of the CRC
