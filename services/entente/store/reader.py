"""Look at the rows of a projection from anywhere, while its own process goes on writing them."""

import contextlib
import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from entente.store.file import File
from entente.store.rows import Row, after, stored_rows
from entente.store.submission import Place, places, waiting
from entente.wire.names import Origin


class View:
    """The rows of a projection at one moment: all partitions that the process owns, as one.

    After a crash or a stop it shows what was owned last, until another run says otherwise.
    """

    def __init__(self, file: File, projection: str) -> None:
        self._file = file
        self._scopes: dict[int, int] = dict(
            file.all(
                "SELECT partition, id FROM scope WHERE projection = ? AND owned ORDER BY partition",
                projection,
            )
        )

    @property
    def partitions(self) -> tuple[int, ...]:
        """The partitions shown."""
        return tuple(self._scopes)

    @property
    def positions(self) -> dict[tuple[str, int], int]:
        """How far the rows go: the next offset by (topic, partition)."""
        return {
            (topic, partition): offset
            for partition, scope in self._scopes.items()
            for topic, offset in self._file.all(
                "SELECT topic, next FROM position WHERE scope = ?", scope
            )
        }

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value of ``key``; of the lowest partition if several have one. None if none has."""
        for scope in self._scopes.values():
            found = self._file.one(
                'SELECT value FROM row WHERE scope = ? AND "table" = ? AND key = ?',
                scope,
                table,
                key,
            )
            if found:
                value: bytes = found[0]
                return value
        return None

    def scan(self, table: str, prefix: bytes = b"", start: bytes = b"") -> Iterator[Row]:
        """The rows whose key starts with ``prefix``, from ``start`` on, of all partitions together.

        They come in key order.
        """
        low, high = max(prefix, start), after(prefix)
        return heapq.merge(
            *(stored_rows(self._file, s, table, low, high) for s in self._scopes.values()),
            key=lambda row: row[0],
        )


class Reader:
    """A store opened for reading. Raises StoreError when there is none."""

    def __init__(self, path: Path) -> None:
        self._file = File(path, write=False)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def instance(self) -> str:
        """The random name of this file, kept as long as it is."""
        found: str = self._file.one("SELECT id FROM instance")[0]
        return found

    def places(self, subject: bytes) -> list[Place]:
        """Where the outbox of this file has said a subject, in order of version."""
        return places(self._file, subject)

    def waiting(self) -> bool:
        """Whether the outbox of this file holds anything that is not on its topic yet."""
        return bool(waiting(self._file))

    def lanes(self) -> list[tuple[Origin, int, bytes]]:
        """The lanes of the outbox in this file: how far each is signed, and its compact range."""
        found = self._file.all("SELECT origin, size, compact FROM lane ORDER BY origin")
        return [(Origin.parse(line), size, compact) for line, size, compact in found]

    @contextlib.contextmanager
    def view(self, projection: str) -> Iterator[View]:
        """One moment of a projection's rows. Keep it short: meanwhile the -wal file only grows."""
        with self.views(projection) as (found,):
            yield found

    @contextlib.contextmanager
    def views(self, *projections: str) -> Iterator[tuple[View, ...]]:
        """The same moment of several projections."""
        with self._file.reading():
            yield tuple(View(self._file, projection) for projection in projections)
