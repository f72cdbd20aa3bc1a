"""The local store of a process: rows of projections, their offsets, and the outbox.

A projection's rows are kept per partition number: what is folded from partition 3 of its topics
is in the rows of (projection, 3), together with the offsets it has come to on each topic. So a
partition can move to another process, which folds it anew from the log, and the rows left behind
are put aside (``own``) without touching those of the others. They are valid, only old: if the
partition comes back, its rows go on from their offsets.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from entente.store import submission as submissions
from entente.store.file import File
from entente.store.rows import PartitionRows, scope_of
from entente.store.submission import Submission


class Tx:
    """A draft of one transaction: rows, offsets and statements that are kept together or not."""

    def __init__(self, file: File, *, urgent: bool = False) -> None:
        self._file = file
        self._urgent = urgent
        self._rows: dict[tuple[str, int], PartitionRows] = {}
        self._offsets: dict[tuple[str, str, int], int] = {}
        self._submissions: dict[tuple[bytes, int, str, str], Submission] = {}
        self._before: dict[tuple[bytes, int, str, str], bytes | None] = {}

    def rows(self, projection: str, partition: int = 0) -> PartitionRows:
        """The rows of a partition of a projection."""
        found = self._rows.get((projection, partition))
        if found is None:
            found = PartitionRows(self._file, projection, partition, self.submit)
            self._rows[projection, partition] = found
        return found

    def advance(self, projection: str, topic: str, partition: int, offset: int) -> None:
        """The rows now hold all records of this partition below ``offset``."""
        self._offsets[projection, topic, partition] = offset

    def content(self, subject: bytes, version: int, change: str, topic: str) -> bytes | None:
        """Digest of what was submitted under this name, or None: then it is worth sealing."""
        name = (subject, version, change, topic)
        draft = self._submissions.get(name)
        if draft:
            return draft.content
        if name not in self._before:
            self._before[name] = submissions.content(self._file, name)
        return self._before[name]

    def versions(self, subject: bytes) -> set[tuple[int, str]]:
        """The versions of a subject, each with its change, that were submitted."""
        found = {(place.version, place.change) for place in submissions.places(self._file, subject)}
        draft = (s for s in self._submissions.values() if s.subject.bytes == subject)
        return found | {(s.version, s.change) for s in draft}

    @property
    def subjects(self) -> set[bytes]:
        """The subjects that the draft says anything new of."""
        return {submission.subject.bytes for submission in self._submissions.values()}

    def submit(self, submission: Submission) -> bool:
        """Accept a statement: once committed it is never lost, and said exactly once in its lane.

        False if it was accepted before, with the same content. Raises AlertError if it was
        accepted with other content, WireError if the statement is too large for a record.
        """
        known = self.content(*submission.name)
        if known is not None:
            submissions.check(submission, known)
            return False
        submissions.fits(submission)
        self._submissions[submission.name] = submission
        return True

    def write(self) -> None:
        """Commit the draft. Nothing is kept when it raises StoreFull or another StoreError."""
        changed = [rows for rows in self._rows.values() if rows.changed]
        if not (changed or self._offsets or self._submissions):
            return
        with self._file.writing(durable=bool(self._submissions)):
            for rows in changed:
                rows.write()
            for (projection, topic, partition), offset in self._offsets.items():
                self._file.run(
                    "INSERT INTO position (scope, topic, next) VALUES (?, ?, ?)"
                    " ON CONFLICT (scope, topic) DO UPDATE SET next = excluded.next",
                    scope_of(self._file, projection, partition),
                    topic,
                    offset,
                )
            if self._submissions:
                submissions.insert(self._file, self._submissions.values(), urgent=self._urgent)


class Database:
    """A store that this process alone writes; others may read it with ``Reader`` meanwhile.

    Raises StoreBusy if another process holds it, StoreFull, StoreError. Use it from one thread.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = File(path, write=True)
        with contextlib.ExitStack() as undo:
            undo.callback(self.file.close)
            self.instance: str = self.file.one("SELECT id FROM instance")[0]
            """A random name of this file, kept as long as it is."""
            undo.pop_all()

    def close(self) -> None:
        """Close the file and let another process have it."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def transaction(self, *, urgent: bool = False) -> Iterator[Tx]:
        """A draft, committed when the block ends well, forgotten when it raises or is cancelled.

        What it submits as ``urgent`` is said before all that waits.

        The block may await: the file is written only at its end. So two drafts may be open at a
        time, but not of the same partition of the same projection.
        """
        tx = Tx(self.file, urgent=urgent)
        yield tx
        tx.write()

    def positions(self, projection: str) -> dict[tuple[str, int], int]:
        """Where to go on: the next offset by (topic, partition)."""
        found = self.file.all(
            "SELECT topic, partition, next FROM position JOIN scope ON scope.id = scope"
            " WHERE projection = ?",
            projection,
        )
        return {(topic, partition): offset for topic, partition, offset in found}

    def own(self, projection: str, partitions: Iterable[int]) -> None:
        """Say which partitions are ours; the rows of the others are kept aside and not shown."""
        ours = set(partitions)
        with self.file.writing(durable=False):
            self.file.run("UPDATE scope SET owned = 0 WHERE projection = ?", projection)
            for partition in ours:
                scope = scope_of(self.file, projection, partition)
                self.file.run("UPDATE scope SET owned = 1 WHERE id = ?", scope)

    def clear(self, projection: str) -> None:
        """Delete the rows and offsets of a projection, so that it is folded from the beginning.

        Statements it has submitted stay said: said again, they are the same ones.
        """
        with self.file.writing(durable=False):
            scopes = self.file.all("SELECT id FROM scope WHERE projection = ?", projection)
            self.file.many("DELETE FROM row WHERE scope = ?", scopes)
            self.file.many("DELETE FROM position WHERE scope = ?", scopes)
            self.file.many("DELETE FROM scope WHERE id = ?", scopes)
