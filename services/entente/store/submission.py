"""What an administration has decided to say: one thing, kept before it is signed or sent."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from uuid import UUID

import msgspec

from entente.errors import AlertError, WireError
from entente.store.file import File
from entente.wire.envelope import MAX_RECORD
from entente.wire.names import Origin, record_key
from entente.wire.statement import Statement, encode_statement

MAX_STATEMENT = MAX_RECORD - 4_096
"""Bytes; the rest is for proof (at most 2,016), checkpoint (at most some 800) and framing."""
_encode = msgspec.msgpack.Encoder().encode


class Submission(NamedTuple):
    """A statement on its way to a lane, named by (subject, version, change, topic).

    The same name with the same ``content`` is the same submission, however often it comes: the
    bytes of the first are those that are signed, and later ones (with another time, or sealed
    under another random key) are dropped. The same name with other content is refused.
    """

    origin: Origin
    """The lane that says it."""
    subject: UUID
    version: int
    change: str
    content: bytes
    """Digest of what is said, without the time it is said at and before it is sealed."""
    statement: bytes
    key: bytes
    """Of the Kafka record."""
    headers: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(
        cls, statement: Statement, content: bytes, lanes: int, key: bytes | None = None
    ) -> "Submission":
        """A statement, to go into one of its issuer's ``lanes`` on its topic.

        All versions of a subject go into one lane, so that they are read in order. The headers are
        CloudEvents 1.0 in Kafka's binary mode: for tools, never trusted. ``key`` is given on the
        compacted topic only. Raises WireError: a value does not fit the schema.
        """
        lane = statement.subject.int % lanes
        headers = (
            ("content-type", b"application/avro"),
            ("ce_specversion", b"1.0"),
            ("ce_id", str(statement.id).encode()),
            ("ce_source", f"/{statement.network}/{statement.issuer}".encode()),
            ("ce_type", statement.type.encode()),
            ("ce_time", _rfc3339(statement.issued_at)),
        )
        return cls(
            origin=Origin(statement.network, statement.issuer, statement.topic, lane),
            subject=statement.subject,
            version=statement.version,
            change=statement.change,
            content=content,
            statement=encode_statement(statement),
            key=key or record_key(statement.issuer, lane),
            headers=headers,
        )

    @property
    def name(self) -> tuple[bytes, int, str, str]:
        """What makes it this submission and no other."""
        return (self.subject.bytes, self.version, self.change, self.origin.topic)


def _rfc3339(microseconds: int) -> bytes:
    seconds, rest = divmod(microseconds, 1_000_000)
    return b"%s.%06dZ" % (_second(seconds), rest)


@lru_cache(maxsize=16)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19].encode()


def content(file: File, name: tuple[bytes, int, str, str]) -> bytes | None:
    """Digest of what was submitted under ``name``, or None."""
    found = file.one(
        "SELECT content FROM submission"
        " WHERE subject = ? AND version = ? AND change = ? AND topic = ?",
        *name,
    )
    return None if found is None else bytes(found[0])


class Place(NamedTuple):
    """Where a version of a subject was said, or is to be said."""

    version: int
    change: str
    origin: Origin
    at: int | None
    """Its index in the lane; None: it is stored, and not signed yet."""
    data: bytes
    """The envelope, once it is signed; before, the statement."""


def places(file: File, subject: bytes) -> list[Place]:
    """Every version of a subject on every topic, in order of version."""
    return [
        Place(version, change, Origin.parse(origin), index, data)
        for version, change, origin, index, data in file.all(
            'SELECT version, change, origin, "index", bytes FROM submission'
            " JOIN lane ON lane.id = lane WHERE subject = ? ORDER BY version, change, topic",
            subject,
        )
    ]


def fits(submission: Submission) -> None:
    """Raise WireError if no record could carry the statement: it would block its lane for ever."""
    size = len(submission.statement)
    if size > MAX_STATEMENT:
        raise WireError(
            f"The statement of {submission.subject} has {size:,} bytes, more than"
            f" {MAX_STATEMENT:,}.",
            advice="Name attachments by SHA-256 instead of carrying them, or say less.",
        )


def check(submission: Submission, known: bytes) -> None:
    """Raise AlertError if ``known``, submitted under the same name, says another thing."""
    if known != submission.content:
        raise AlertError(
            f"Version {submission.version} ({submission.change}) of {submission.subject}"
            f" was submitted to {submission.origin.topic} before, and said another thing.",
            advice="Give what has changed the next version; what was said stays said.",
        )


def insert(file: File, submissions: Collection[Submission], *, urgent: bool = False) -> None:
    """Keep submissions, inside ``file.writing(durable=True)``. Raises AlertError.

    ``urgent`` ones are sealed before all others that wait in their lanes, and so is what waits to
    be said of their subjects, first.
    """
    lanes = {origin: _lane(file, origin) for origin in {s.origin for s in submissions}}
    if urgent:
        for subject in dict.fromkeys(s.subject.bytes for s in submissions):
            waiting = file.all(
                'SELECT seq FROM submission WHERE subject = ? AND "index" IS NULL AND seq > 0'
                " ORDER BY seq",
                subject,
            )
            file.many(
                "UPDATE submission SET seq = ? WHERE seq = ?",
                ((seq, old) for seq, (old,) in zip(_numbers(file, True), waiting, strict=False)),
            )
    kept = file.many(
        "INSERT INTO submission"
        " (seq, subject, version, change, topic, content, lane, key, headers, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (subject, version, change, topic) DO NOTHING",
        (
            (seq, *s.name, s.content, lanes[s.origin], s.key, _encode(s.headers), s.statement)
            for seq, s in zip(_numbers(file, urgent), submissions, strict=False)
        ),
    )
    if kept < len(submissions):  # another draft has committed some of them since ours looked
        for submission in submissions:
            check(submission, content(file, submission.name) or b"")


_URGENT = -(2**62)
"""The order of what is urgent is counted from here on, that of all else from 1 on."""


def _numbers(file: File, urgent: bool) -> Iterator[int]:
    if urgent:
        (last,) = file.one("SELECT max(seq) FROM submission WHERE seq < 0")
        return count(_URGENT if last is None else last + 1)
    (last,) = file.one("SELECT max(seq) FROM submission")
    return count(max(last or 0, 0) + 1)


def waiting(file: File) -> list[Origin]:
    """The lanes that have anything to be sealed or sent."""
    found = file.all(
        "SELECT origin FROM lane WHERE sent < size OR EXISTS"
        ' (SELECT 1 FROM submission WHERE lane = lane.id AND "index" IS NULL) ORDER BY id'
    )
    return [Origin.parse(origin) for (origin,) in found]


def waits(file: File, subjects: Collection[bytes]) -> bool:
    """Whether anything that was accepted of these subjects is not on its topic yet."""
    return any(
        file.one(
            "SELECT 1 FROM submission JOIN lane ON lane.id = lane"
            ' WHERE subject = ? AND ("index" IS NULL OR "index" >= sent)',
            subject,
        )
        for subject in subjects
    )


def _lane(file: File, origin: Origin) -> int:
    file.run("INSERT INTO lane (origin) VALUES (?) ON CONFLICT DO NOTHING", str(origin))
    found: int = file.one("SELECT id FROM lane WHERE origin = ?", str(origin))[0]
    return found
