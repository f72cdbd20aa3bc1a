"""What a projection's store must offer: four calls on tables of bytes."""

from collections.abc import Iterator
from typing import Protocol


class Readable(Protocol):
    """Tables of rows that are only looked at: those of a transaction, or a view of them."""

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value at a key, or None."""
        ...

    def scan(self, table: str, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Every key that starts with ``prefix``, with its value."""
        ...


class Rows(Protocol):
    """Tables of rows by key, within one transaction. ``scan`` gives them in the keys' order."""

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value at a key, or None."""
        ...

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Set the value at a key."""
        ...

    def delete(self, table: str, key: bytes) -> None:
        """Remove a key; nothing happens where there is none."""
        ...

    def scan(self, table: str, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Every key that starts with ``prefix``, with its value."""
        ...


class MemoryRows:
    """Rows in memory: for one-off reading of an export, and for tests."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[bytes, bytes]] = {}

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value at a key, or None."""
        return self._tables.get(table, {}).get(key)

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Set the value at a key."""
        self._tables.setdefault(table, {})[key] = value

    def delete(self, table: str, key: bytes) -> None:
        """Remove a key; nothing happens where there is none."""
        self._tables.get(table, {}).pop(key, None)

    def scan(self, table: str, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Every key that starts with ``prefix``, with its value, as of the call."""
        rows = self._tables.get(table, {})
        return iter(sorted((k, v) for k, v in rows.items() if k.startswith(prefix)))
