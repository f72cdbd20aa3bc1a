"""What we have said and are about to say, lane by lane: stored, then signed, then sent.

A submission goes through three states, each kept by a commit that the disk has confirmed:

1. **accepted**: its statement is stored, and will be said; in the order of acceptance, but that
   what is urgent goes before a file that is being sent;
2. **sealed**: it has an index in its lane, and its envelope is stored. The lane's compact range
   moves in the same commit, and the file refuses a second leaf for an index. Nothing leaves before
   this commit, so a crash can only undo a batch that nobody has seen;
3. **sent**: the broker has acknowledged it. A crash before this mark sends the same bytes again,
   which a reader ignores as a duplicate.

The rule of what is kept: everything that was said, as it was sent. An administration says some ten
thousand alerts a year, about 20 MB, and answers for what it said; should the topic lose its
records, ``send_again`` brings them back unchanged.

**A lane lives in one file.** Never put an older copy of this file back, and never open a lane in
another one: both would give an index a second leaf, a fork that every reader reports against us.
When the file is lost, ``restore`` brings its lanes back from their topics.
"""

import contextlib
from collections.abc import Collection, Generator, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from entente.errors import StoreError
from entente.proof.key import Signer
from entente.proof.writer import MAX_BATCH, Writer
from entente.store.database import Database
from entente.store.submission import Submission, waiting, waits
from entente.wire.envelope import encode_envelope
from entente.wire.names import Origin

BATCH_BYTES = 8 << 20
"""Bytes sealed under one checkpoint, or handed out at a time; one record more may be among them."""
_HEADERS = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...])


class Sealed(msgspec.Struct, frozen=True):
    """One record of a lane, ready for Kafka just as it is."""

    index: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class Restored(NamedTuple):
    """A lane as its topic has it, for a store that has lost it."""

    writer: Writer
    records: Sequence[tuple[Submission, Sealed]]
    """What was said, by index; of a submission its ``statement`` is not looked at."""


class Count(NamedTuple):
    """How far a lane has come: ``accepted >= sealed >= sent``."""

    accepted: int
    sealed: int
    sent: int


class Outbox:
    """The lanes of one store, sealed with one key; the store's lock makes us their only writer.

    Each call is all or nothing and may raise StoreFull or another StoreError.
    """

    def __init__(self, database: Database, key: Signer) -> None:
        self._file = database.file
        self._key = key

    def lanes(self) -> list[Origin]:
        """All lanes that anything was submitted to."""
        return [Origin.parse(o) for (o,) in self._file.all("SELECT origin FROM lane ORDER BY id")]

    def waiting(self) -> list[Origin]:
        """The lanes that have anything to be sealed or sent."""
        return waiting(self._file)

    def waits(self, subjects: Collection[bytes]) -> bool:
        """Whether anything that was accepted of these subjects is not on its topic yet."""
        return waits(self._file, subjects)

    def is_new(self, origin: Origin) -> bool:
        """Whether this store has never sealed in a lane: another one may have."""
        return self.count(origin).sealed == 0

    def restore(self, lanes: Iterable[Restored]) -> int:
        """Take lanes over from their topics, all or none.

        What was accepted here meanwhile under a name that was said already is dropped; returns how
        many. Raises StoreError: something was sealed here already.
        """
        dropped = 0
        with self._file.writing(durable=True):
            if self._file.one("SELECT 1 FROM lane WHERE size > 0"):
                raise StoreError(
                    "This outbox has sealed statements of its own.",
                    advice="It needs no recovery; if it is an old copy, move it away first.",
                )
            for writer, records in lanes:
                dropped += self._restore(writer, records)
        return dropped

    def _restore(self, writer: Writer, records: Sequence[tuple[Submission, Sealed]]) -> int:
        origin = str(writer.origin)
        self._file.run("INSERT INTO lane (origin) VALUES (?) ON CONFLICT DO NOTHING", origin)
        (lane,) = self._file.one("SELECT id FROM lane WHERE origin = ?", origin)
        self._file.run(
            "UPDATE lane SET size = ?, compact = ?, sent = ? WHERE id = ?",
            writer.size, writer.compact, writer.size, lane,
        )  # fmt: skip
        dropped = 0
        for submission, sealed in records:
            dropped += self._file.run(
                "DELETE FROM submission WHERE subject = ? AND version = ? AND change = ?"
                ' AND topic = ? AND "index" IS NULL',
                *submission.name,
            )
            self._file.run(
                "INSERT INTO submission (subject, version, change, topic, content, lane,"
                ' "index", key, headers, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
                " ON CONFLICT (subject, version, change, topic) DO NOTHING",
                *submission.name, submission.content, lane, sealed.index, sealed.key,
                msgspec.msgpack.encode(sealed.headers), sealed.value,
            )  # fmt: skip
        return dropped

    def seal(self, origin: Origin) -> int:
        """Give the oldest accepted statements of a lane their index, proof and checkpoint.

        Returns how many, 0 when none waits; at most a batch, so call again for the rest.
        """
        found = self._file.one("SELECT id, size, compact FROM lane WHERE origin = ?", str(origin))
        if found is None:
            return 0
        lane, size, compact = found
        pending = _batch(
            self._file.each(
                'SELECT bytes, seq FROM submission WHERE lane = ? AND "index" IS NULL ORDER BY seq',
                lane,
            )
        )
        if not pending:
            return 0
        writer, envelopes = Writer(origin, size, compact).append(
            [statement for statement, _ in pending], self._key
        )
        with self._file.writing(durable=True):
            self._file.many(
                'UPDATE submission SET "index" = ?, bytes = ? WHERE seq = ?',
                (
                    (envelope.index, encode_envelope(envelope), seq)
                    for envelope, (_, seq) in zip(envelopes, pending, strict=True)
                ),
            )
            self._file.run(
                "UPDATE lane SET size = ?, compact = ? WHERE id = ?",
                writer.size,
                writer.compact,
                lane,
            )
        return len(pending)

    def unsent(self, origin: Origin) -> list[Sealed]:
        """The next sealed records that no broker has acknowledged, in the lane's order."""
        found = self._file.each(
            'SELECT bytes, "index", submission.key, headers FROM submission'
            ' JOIN lane ON lane.id = lane WHERE origin = ? AND "index" >= sent ORDER BY "index"',
            str(origin),
        )
        return [
            Sealed(index, key, value, _HEADERS.decode(headers))
            for value, index, key, headers in _batch(found)
        ]

    def acknowledge(self, origin: Origin, below: int) -> None:
        """All records of a lane with an index below ``below`` are on the topic."""
        with self._file.writing(durable=False):
            self._file.run(
                "UPDATE lane SET sent = max(sent, min(?, size)) WHERE origin = ?",
                below,
                str(origin),
            )

    def send_again(self, origin: Origin, index: int) -> None:
        """Take the records from ``index`` on as unsent: the topic has lost them."""
        with self._file.writing(durable=False):
            self._file.run(
                "UPDATE lane SET sent = min(sent, ?) WHERE origin = ?", index, str(origin)
            )

    def never_sealed(self, topic: str) -> list[tuple[bytes, bytes]]:
        """Record key and statement of what was accepted on a topic and not sealed yet, in order."""
        return self._file.all(
            'SELECT key, bytes FROM submission WHERE "index" IS NULL AND topic = ? ORDER BY seq',
            topic,
        )

    def forget_waiting(self) -> int:
        """Forget what was accepted and never sealed; how many statements.

        They are new when they come again. For a key that has ended: what it seals now nobody
        believes, and its successor did not hold yet when they were dated.
        """
        with self._file.writing(durable=True):
            return self._file.run('DELETE FROM submission WHERE "index" IS NULL')

    def count(self, origin: Origin) -> Count:
        """How many statements of a lane are accepted, sealed and sent."""
        size, sent, pending = self._file.one(
            "SELECT size, sent, (SELECT count(*) FROM submission"
            ' WHERE lane = lane.id AND "index" IS NULL) FROM lane WHERE origin = ?',
            str(origin),
        ) or (0, 0, 0)
        return Count(size + pending, size, sent)


def _batch(rows: Generator[Any, None, None]) -> list[Any]:
    """The first rows, up to a batch; the bytes to count come first in each."""
    found = []
    size = 0
    with contextlib.closing(rows):
        for row in rows:
            found.append(row)
            size += len(row[0])
            if len(found) == MAX_BATCH or size >= BATCH_BYTES:
                break
    return found
