"""A Kafka record as the pure rooms see it: bytes and where they came from, no client's type."""

from typing import NamedTuple


class Record(NamedTuple):
    """One record of a topic, as read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds since the epoch, by broker or producer; never trusted."""
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
