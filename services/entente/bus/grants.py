"""The grants that a member may use, folded from the compacted topic ``grants``.

Tables: ``grant`` (granted statement and issuer -> the version of the grant that holds),
``granted`` (number -> that key, in order of arrival), ``next``, ``head`` (origin line -> the
largest checkpoint read; no other state of these lanes is kept), and those of ``bus.reception``.
Only what is granted to the member itself is looked at and kept. A grant withdrawn is forgotten with
its record, so that the wrapped key is gone here too; a tombstone alone takes nothing back.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import structlog

from entente.bus.judging import Judging
from entente.bus.producer import Outgoing
from entente.bus.reception import HELD, Readable, Reception, place
from entente.errors import WireError
from entente.proof.checkpoint import Checkpoint, parse
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Accepted, Quarantined, Verdict
from entente.seal.grant import Grant, read_grant
from entente.wire.names import parse_grant_key

PROJECTION = "grants"
"""Name of this fold among the projections of a member's store."""
GRANT, GRANTED, NEXT, HEAD = "grant", "granted", "next", "head"
log = structlog.get_logger(__name__)


class Held(msgspec.Struct, frozen=True, array_like=True):
    """The highest version of a grant. ``fields`` is None once it was withdrawn."""

    version: int
    place: bytes
    fields: dict[str, Any] | None


_held = msgspec.msgpack.Decoder(Held)
_encode = msgspec.msgpack.Encoder().encode


def granted(rows: Readable, statement: UUID, issuer: str) -> Grant | None:
    """The grant of ``issuer`` that opens its statement to us; None: there is none now."""
    found = rows.get(GRANT, _key(statement, issuer))
    fields = _held.decode(found).fields if found else None
    return None if fields is None else read_grant(fields)


def arrived(rows: Readable, cursor: int) -> tuple[UUID, ...]:
    """The statements granted to us since ``cursor``, which is a number of arrivals so far."""
    keys: list[UUID] = []
    while (key := rows.get(GRANTED, (cursor + len(keys)).to_bytes(8, "big"))) is not None:
        keys.append(UUID(bytes=key[:16]))
    return tuple(keys)


def heads(rows: Readable) -> Iterator[Checkpoint]:
    """The largest checkpoint that was read of each issuer's lane of grants."""
    for _, text in rows.scan(HEAD):
        yield parse(text.decode()).checkpoint


class Grants(Judging):
    """The fold, for a ``Projection``."""

    def __init__(self, member: str, reception: Reception) -> None:
        super().__init__(reception)
        self._suffix = b"/" + member.encode()

    def fold(self, rows: Rows, record: Record) -> list[Outgoing]:
        """Take one record in, if it is for us; returns what goes to quarantine."""
        if not (record.key or b"").endswith(self._suffix):
            return []  # another's: nothing of it is ours to use or to keep
        return super().fold(rows, record)

    def _apply(self, rows: Rows, record: Record, verdict: Verdict) -> None:
        if isinstance(verdict, Quarantined) and record.value is None:
            log.warning("cleared and not withdrawn: it is kept", grant=repr(record.key))
        if not isinstance(verdict, Accepted):
            return
        said = verdict.statement
        _advance(rows, verdict.envelope.checkpoint)
        try:
            issuer, statement, _ = parse_grant_key(record.key or b"")
        except WireError:
            return  # never accepted
        key, here = _key(statement, issuer), place(record.topic, record.partition, record.offset)
        data = rows.get(GRANT, key)
        before = _held.decode(data) if data else None
        if before is not None and before.version >= said.version:
            rows.delete(HELD, here)
            return
        if before is not None:
            rows.delete(HELD, before.place)
        body = verdict.body if isinstance(verdict.body, dict) else None
        rows.put(GRANT, key, _encode(Held(said.version, here, body)))
        if body is not None:
            number = rows.get(NEXT, b"") or bytes(8)
            rows.put(GRANTED, number, key)
            rows.put(NEXT, b"", (int.from_bytes(number, "big") + 1).to_bytes(8, "big"))


def _advance(rows: Rows, text: str) -> None:
    """Keep a checkpoint if it is the largest of its lane; another key begins anew, for what one
    that was stolen has signed must not stand above it.
    """
    new = parse(text)
    line = str(new.checkpoint.origin).encode()
    before = rows.get(HEAD, line)
    old = parse(before.decode()) if before else None
    if (
        old is None
        or old.issuer.key_id != new.issuer.key_id
        or old.checkpoint.size < new.checkpoint.size
    ):
        rows.put(HEAD, line, text.encode())


def _key(statement: UUID, issuer: str) -> bytes:
    return statement.bytes + issuer.encode()
