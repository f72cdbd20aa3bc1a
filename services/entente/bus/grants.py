"""The grants that a member may use, folded from the compacted topic ``grants``.

Tables: ``grant`` (granted statement and issuer -> the versions of the grant that are believed),
``granted`` (number -> that key, each time that another version came to hold), ``next``, and those
of ``bus.reception``. Of the lanes themselves no state is kept.

Only what is granted to the member itself is looked at and kept. The highest version holds. Those
below it stay, for it may be a thief's: when the register ends the key, they hold again. A
withdrawal makes us forget the grants below it with their records, so that the wrapped keys are gone
here too, and nothing brings these back: not even a register that believes it no more. Their issuer
says them again. A tombstone alone takes nothing back.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import msgspec
import structlog

from entente.bus.inbox import Said, holds
from entente.bus.judging import Judging
from entente.bus.producer import Outgoing
from entente.bus.reception import HELD, Readable, Reception, held, place
from entente.errors import WireError
from entente.proof.checkpoint import Checkpoint, parse
from entente.proof.merkle import leaf_hash
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Accepted, Quarantined, Refused, Verdict
from entente.seal.grant import Grant, read_grant
from entente.wire.envelope import decode_envelope
from entente.wire.names import parse_grant_key

PROJECTION = "granted"
"""Name of this fold among the projections of a member's store."""
GRANT, GRANTED, NEXT = "grant", "granted", "next"
log = structlog.get_logger(__name__)


class Version(Said, frozen=True, array_like=True, kw_only=True):
    """One record that says a version of a grant."""

    number: int
    size: int
    """Of its checkpoint."""
    fields: dict[str, Any] | None
    """None if it withdraws."""


_versions = msgspec.msgpack.Decoder(list[Version])
_encode = msgspec.msgpack.Encoder().encode


def granted(rows: Readable, statement: UUID, issuer: str) -> Grant | None:
    """The grant of ``issuer`` that opens its statement to us; None: there is none now."""
    found = _holding(_read(rows, _key(statement, issuer)))
    return None if found is None or found.fields is None else read_grant(found.fields)


def arrived(rows: Readable, cursor: int) -> tuple[UUID, ...]:
    """The statements granted to us since ``cursor``, which is a number of arrivals so far."""
    keys: list[UUID] = []
    while (key := rows.get(GRANTED, (cursor + len(keys)).to_bytes(8, "big"))) is not None:
        keys.append(UUID(bytes=key[:16]))
    return tuple(keys)


def heads(rows: Readable) -> Iterator[Checkpoint]:
    """The largest checkpoint of each issuer's lane of grants, of those that said what is kept."""
    largest: dict[bytes, Version] = {}
    for _, value in rows.scan(GRANT):
        for one in _versions.decode(value):
            if one.lane not in largest or largest[one.lane].size < one.size:
                largest[one.lane] = one
    for one in largest.values():
        yield parse(decode_envelope(held(rows, one.place).value or b"").checkpoint).checkpoint


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

    def judge_again(self, rows: Rows, *, changed: bool) -> None:
        """As every fold. What is believed no more goes first: it must not make us forget anything
        that is believed only now.
        """
        come: list[tuple[Record, Verdict]] = []
        for record, verdict in self._reception.judge_again(rows, changed=changed):
            if isinstance(verdict, Refused):
                _forget(rows, record)
            elif not _is_known(rows, record):
                come.append((record, verdict))
        for record, verdict in come:
            self._apply(rows, record, verdict)

    def _apply(self, rows: Rows, record: Record, verdict: Verdict) -> None:
        if isinstance(verdict, Quarantined) and record.value is None:
            log.warning("cleared and not withdrawn: it is kept", grant=repr(record.key))
        if not isinstance(verdict, Accepted):
            return
        key, known = _known(rows, record)
        one = _version(record, verdict)
        if any(_repeats(rows, record, other) for other in known if other.leaf == one.leaf):
            rows.delete(HELD, one.place)
            return
        _keep(rows, key, known, [*known, one])


def _version(record: Record, accepted: Accepted) -> Version:
    return Version(
        record.topic,
        str(accepted.origin).encode(),
        accepted.index,
        leaf_hash(accepted.envelope.statement),
        _place(record),
        accepted.body is None,
        number=accepted.statement.version,
        size=int(accepted.envelope.checkpoint.split("\n", 2)[1]),
        fields=accepted.body if isinstance(accepted.body, dict) else None,
    )


def _forget(rows: Rows, record: Record) -> None:
    """Take back what this record said, if it was accepted before."""
    if _is_known(rows, record):
        log.warning("no longer believed", grant=repr(record.key))
        key, known = _known(rows, record)
        _keep(rows, key, known, [one for one in known if one.place != _place(record)])


def _is_known(rows: Rows, record: Record) -> bool:
    """Whether this very record is among the versions."""
    try:
        return any(one.place == _place(record) for one in _known(rows, record)[1])
    except WireError:
        return False


def _keep(rows: Rows, key: bytes, before: list[Version], after: list[Version]) -> None:
    """Keep the versions of a grant, but for what a withdrawal makes us forget."""
    until = max((one.number for one in after if one.withdraws), default=0)
    for one in after:
        if not one.withdraws and one.number < until:
            rows.delete(HELD, one.place)
    kept = [one for one in after if one.withdraws or one.number >= until]
    rows.put(GRANT, key, _encode(kept))
    found = _holding(kept)
    if found is not None and not found.withdraws and found != _holding(before):
        number = rows.get(NEXT, b"") or bytes(8)
        rows.put(GRANTED, number, key)
        rows.put(NEXT, b"", (int.from_bytes(number, "big") + 1).to_bytes(8, "big"))


def _holding(known: Iterable[Version]) -> Version | None:
    """The version that holds; None if nothing says any."""
    found = list(known)
    highest = max((one.number for one in found), default=0)
    return holds([one for one in found if one.number == highest]) if found else None


def _repeats(rows: Rows, record: Record, other: Version) -> bool:
    """Whether a record was there before, with every byte: that it comes again says nothing."""
    return held(rows, other.place).value == record.value


def _known(rows: Rows, record: Record) -> tuple[bytes, list[Version]]:
    """The row of what a record grants, and the versions known. Raises WireError: it is no grant."""
    issuer, statement, _ = parse_grant_key(record.key or b"")
    key = _key(statement, issuer)
    return key, _read(rows, key)


def _read(rows: Readable, key: bytes) -> list[Version]:
    found = rows.get(GRANT, key)
    return [] if found is None else _versions.decode(found)


def _place(record: Record) -> bytes:
    return place(record.topic, record.partition, record.offset)


def _key(statement: UUID, issuer: str) -> bytes:
    return statement.bytes + issuer.encode()
