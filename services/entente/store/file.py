"""One SQLite file: who may write it, how durable it is, and what its errors mean.

WAL, so that readers in other processes never wait for the writer and never stop it. One process
writes a file at a time; a lock file beside it says so, since SQLite alone would let two writers
take turns and mix what each believes to be its own.

A commit is durable against the death of the process in any case. Against power loss it is durable
only after an fsync (``synchronous=FULL``): 0.5 ms here, 10 ms on a turning disk. Rows need none,
for the log still has what they were folded from and their offsets are lost with them. What an
administration has accepted to say does, as does the index that a leaf was given. So the caller
says which commit is which; an fsync also covers all commits before it.

Everything runs on the caller's thread, in the event loop too: a commit of a thousand rows takes
about 15 ms here and an fsync 0.5 ms, less than the fold that made them; handing each statement to
another thread costs 50 to 100 µs and a lock around every row.
"""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from entente.errors import StoreBusy, StoreError, StoreFull

APPLICATION_ID = 0x456E7465
"""Marks our files (``Ente``), see ``PRAGMA application_id``."""
VERSION = 1
"""``PRAGMA user_version`` of the tables below; a file of another version is refused."""
BUSY_MS = 5_000
"""How long SQLite waits for a lock, in milliseconds; only a checkpoint of a reader holds one."""
_SPARE = 1 << 16
_MAKING, _LOOK = 2.0, 0.02
"""Seconds that a reader waits for a file that is being made, and between two looks at it."""

SCHEMA = """
CREATE TABLE instance (id TEXT NOT NULL);
CREATE TABLE scope (
    id INTEGER PRIMARY KEY,
    projection TEXT NOT NULL,
    partition INTEGER NOT NULL,
    owned INTEGER NOT NULL,
    UNIQUE (projection, partition)
);
CREATE TABLE position (
    scope INTEGER NOT NULL REFERENCES scope (id),
    topic TEXT NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (scope, topic)
) WITHOUT ROWID;
-- With a rowid: keys stay together in the index and long values go to the table in the order they
-- come, 2 to 4 times faster than WITHOUT ROWID at 300 bytes and random keys.
CREATE TABLE row (
    scope INTEGER NOT NULL REFERENCES scope (id),
    "table" TEXT NOT NULL,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    UNIQUE (scope, "table", key)
);
CREATE TABLE lane (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL DEFAULT 0,
    compact BLOB NOT NULL DEFAULT x'',
    sent INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE submission (
    seq INTEGER PRIMARY KEY,
    subject BLOB NOT NULL,
    version INTEGER NOT NULL,
    change TEXT NOT NULL,
    topic TEXT NOT NULL,
    content BLOB NOT NULL,
    lane INTEGER NOT NULL REFERENCES lane (id),
    "index" INTEGER,
    key BLOB NOT NULL,
    headers BLOB NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (subject, version, change, topic)
);
CREATE INDEX submission_pending ON submission (lane, seq) WHERE "index" IS NULL;
-- Two leaves for one index would be a fork of our own making; the file itself refuses them.
CREATE UNIQUE INDEX submission_leaf ON submission (lane, "index") WHERE "index" IS NOT NULL;
"""


class File:
    """An open SQLite file of ours. Every error of SQLite comes out as one of the store's.

    ``write`` takes the lock and makes the file if there is none. Otherwise it is opened for
    reading, beside a writer in this or another process.
    """

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self._lock: int | None = None
        with self._mapped():
            if write:
                self._lock = _lock(path)
            try:
                self._connection = _connect(path, write)
                self._check(write)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Close the file and release the lock. Harmless when done twice."""
        if hasattr(self, "_connection"):
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def all(self, sql: str, *parameters: object) -> list[Any]:
        """All rows that a query gives, as tuples."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def one(self, sql: str, *parameters: object) -> Any:
        """The first row that a query gives, or None."""
        try:
            return self._connection.execute(sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def each(self, sql: str, *parameters: object) -> Generator[Any, None, None]:
        """The rows that a query gives, one by one; write nothing before it ends or is closed."""
        with self._mapped(), contextlib.closing(self._connection.cursor()) as cursor:
            yield from cursor.execute(sql, parameters)

    def run(self, sql: str, *parameters: object) -> int:
        """Run one statement; return how many rows it changed."""
        try:
            return self._connection.execute(sql, parameters).rowcount
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """Run one statement for each of ``rows``; return how many rows were changed."""
        try:
            return self._connection.executemany(sql, rows).rowcount
        except sqlite3.Error as error:
            raise self._explain(error) from error

    @contextlib.contextmanager
    def writing(self, *, durable: bool) -> Iterator[None]:
        """All or nothing: commit what the block wrote, or take it back when it raises.

        ``durable`` waits until the disk has it. Do not await inside.
        """
        with self._mapped():
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """One moment of the file: all queries of the block see the same commits."""
        with self._mapped():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    def _check(self, write: bool) -> None:
        marks = self._marks()
        limit = time.monotonic() + _MAKING
        while not write and marks == [0, 0, 0] and time.monotonic() < limit:
            time.sleep(_LOOK)  # its process has opened the file, and is about to make the tables
            marks = self._marks()
        if write and marks == [0, 0, 0]:
            self._connection.execute("PRAGMA journal_mode = WAL")
            with self.writing(durable=True):
                for statement in SCHEMA.split(";\n"):
                    self._connection.execute(statement)
                self._connection.execute("INSERT INTO instance VALUES (hex(randomblob(8)))")
                self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._connection.execute(f"PRAGMA user_version = {VERSION}")
        elif marks[0] != APPLICATION_ID:
            raise StoreError(
                f"{self.path} is not a store of Entente.", advice="Check the path; we left it."
            )
        elif marks[1] != VERSION:
            raise StoreError(
                f"{self.path} has tables of version {marks[1]}, this program has {VERSION}.",
                advice="Use the program that made it, or another file.",
            )

    def _marks(self) -> list[int]:
        return [self._connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version", "schema_version")]  # fmt: skip

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.Error | OSError) -> StoreError:
        # The low byte is the primary code, https://sqlite.org/rescode.html
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or (_is_full(self.path) and code != sqlite3.SQLITE_CORRUPT):
            return StoreFull(f"There is no space left for {self.path}.")
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StoreBusy(f"Another process holds {self.path}.")
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return StoreError(
                f"{self.path} is damaged ({error}).",
                advice="Delete it, with the -wal and -shm beside it, and start again: its rows are "
                "rebuilt from the log. If it is an outbox, keep a copy for what was not yet sent.",
            )
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            return StoreError(
                f"Cannot open {self.path} ({error}).",
                advice="Check that the folder is there and that you may write in it.",
            )
        return StoreError(f"{self.path}: {error}.")


def _is_full(path: Path) -> bool:
    """Whether the disk is: SQLite reports a full disk under its shared memory as an I/O error."""
    try:
        return shutil.disk_usage(path.parent).free < _SPARE
    except OSError:
        return False


def _lock(path: Path) -> int:
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 32).decode("ascii", "replace").strip()
        os.close(lock)
        raise StoreBusy(f"Process {holder or '?'} holds {path}.") from None
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _connect(path: Path, write: bool) -> sqlite3.Connection:
    if write:
        # Rows may hold what only this administration may read; -wal and -shm copy the mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'rw' if write else 'ro'}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_MS / 1000,
        cached_statements=256,
    )
    try:
        connection.execute("PRAGMA cache_size = -65536")  # KiB; the file may be damaged
    except BaseException:
        connection.close()
        raise
    return connection
