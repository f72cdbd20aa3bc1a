"""A draft of one partition's rows: reads see the file and the draft over it, writes stay in it.

A draft rather than an open SQLite transaction, because a projection awaits the broker between its
fold and its commit: an open transaction would hold up every other writer of the file for as long
as the broker does not answer. It also makes the commit one short burst, and a key written a
hundred times in a batch one write.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator

from entente.store.file import File
from entente.store.submission import Submission

PAGE = 64
"""Rows that a scan reads at a time."""
Row = tuple[bytes, bytes]


class _Changes:
    """What a draft changes in one table: values by key (None: deleted), and the keys in order."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes | None] = {}
        self.keys: list[bytes] = []

    def set(self, key: bytes, value: bytes | None) -> None:
        if key not in self.values:
            insort(self.keys, key)
        self.values[key] = value

    def between(self, low: bytes, high: bytes | None) -> list[bytes]:
        end = len(self.keys) if high is None else bisect_left(self.keys, high)
        return self.keys[bisect_left(self.keys, low) : end]


class PartitionRows:
    """The rows of one partition of a projection: ``proof.rows.Rows``, and statements to say."""

    def __init__(
        self, file: File, projection: str, partition: int, submit: Callable[[Submission], bool]
    ) -> None:
        self.projection = projection
        self.partition = partition
        self.submit = submit
        """Say a statement, in the same transaction; see ``Tx.submit``."""
        self._file = file
        self._changes: dict[str, _Changes] = {}
        found = file.one(
            "SELECT id FROM scope WHERE projection = ? AND partition = ?", projection, partition
        )
        self._scope: int | None = found[0] if found else None

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value of ``key``, or None."""
        changes = self._changes.get(table)
        if changes is not None and key in changes.values:
            return changes.values[key]
        found = self._file.one(
            'SELECT value FROM row WHERE scope = ? AND "table" = ? AND key = ?',
            self._scope,
            table,
            key,
        )
        return found[0] if found else None

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Set the value of ``key``."""
        self._changes.setdefault(table, _Changes()).set(key, value)

    def delete(self, table: str, key: bytes) -> None:
        """Remove ``key``; harmless when it is not there."""
        self._changes.setdefault(table, _Changes()).set(key, None)

    def scan(self, table: str, prefix: bytes = b"") -> Iterator[Row]:
        """The rows whose key starts with ``prefix``, in key order, as they were at the call."""
        high = after(prefix)
        changes = self._changes.get(table, _Changes())
        keys = changes.between(prefix, high)
        hidden = frozenset(keys)
        fresh = [(k, v) for k in keys if (v := changes.values[k]) is not None]
        stored = (row for row in stored_rows(self._file, self._scope, table, prefix, high)
                  if row[0] not in hidden)  # fmt: skip
        return heapq.merge(fresh, stored)

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._changes)

    def write(self) -> None:
        """Put the draft into the file, inside ``File.writing``."""
        self._scope = scope_of(self._file, self.projection, self.partition)
        for table, changes in self._changes.items():
            self._file.many(
                'INSERT INTO row (scope, "table", key, value) VALUES (?, ?, ?, ?)'
                ' ON CONFLICT (scope, "table", key) DO UPDATE SET value = excluded.value',
                ((self._scope, table, k, v) for k in changes.keys
                 if (v := changes.values[k]) is not None),
            )  # fmt: skip
            self._file.many(
                'DELETE FROM row WHERE scope = ? AND "table" = ? AND key = ?',
                ((self._scope, table, k) for k in changes.keys if changes.values[k] is None),
            )


def after(prefix: bytes) -> bytes | None:
    """The least key above all that start with ``prefix``; None if there is none."""
    cut = prefix.rstrip(b"\xff")
    return cut[:-1] + bytes([cut[-1] + 1]) if cut else None


def stored_rows(
    file: File, scope: int | None, table: str, low: bytes, high: bytes | None
) -> Iterator[Row]:
    """Rows of a scope from ``low`` to below ``high``, page by page, so that no cursor stays."""
    query = 'SELECT key, value FROM row WHERE scope = ? AND "table" = ? AND key {} ?'
    if high is not None:
        query += " AND key < ?"
    query += f" ORDER BY key LIMIT {PAGE}"
    end = () if high is None else (high,)
    page = file.all(query.format(">="), scope, table, low, *end)
    while page:
        yield from page
        if len(page) < PAGE:
            return
        page = file.all(query.format(">"), scope, table, page[-1][0], *end)


def scope_of(file: File, projection: str, partition: int) -> int:
    """The id of a partition of a projection, made if new, inside ``File.writing``."""
    file.run(
        "INSERT INTO scope (projection, partition, owned) VALUES (?, ?, 1) ON CONFLICT DO NOTHING",
        projection,
        partition,
    )
    found: int = file.one(
        "SELECT id FROM scope WHERE projection = ? AND partition = ?", projection, partition
    )[0]
    return found
