"""An inbox, folded from topics of signed statements: each version of each subject once.

Tables, per partition: ``version`` (subject, issuer, version -> the records that say it),
``arrival`` (partition, number -> what came or was taken back), ``next`` (the number to give next),
``leaf`` (lane and index -> version), ``again`` (version -> its arrival that counts, of a withdrawal
that came before what it withdraws), and those of ``bus.reception`` and ``proof.lane``.

What is said on two regional topics is one version with two records. Where an issuer says two
things under one version, the lower index of one lane holds, else the smaller leaf hash (wire
format, section 4): the choice does not depend on which came first.

Versions count per issuer and subject. Only who has spoken of a subject can withdraw it: a subject
is made of its issuer's name, but a withdrawal has no body that would show it.
"""

from hashlib import sha256
from typing import TypeVar

import msgspec
import structlog

from entente.bus.judging import Judging
from entente.bus.reception import Readable, Reception, place
from entente.clock import Clock
from entente.errors import WireError
from entente.proof.merkle import leaf_hash
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Accepted, Refused, Verdict
from entente.wire.envelope import decode_envelope

VERSION, ARRIVAL, NEXT, LEAF, AGAIN = "version", "arrival", "next", "leaf", "again"
log = structlog.get_logger(__name__)


class Said(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One record that says a version. Ordered by what the wire format lets hold."""

    topic: str
    lane: bytes
    index: int
    leaf: bytes
    place: bytes
    withdraws: bool = False


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """Something new in the inbox: a version, or one taken back since its proof no longer holds."""

    subject: bytes
    version: int
    received_at: int
    taken_back: bool = False
    by: bytes = b""
    """Whose version it is, as in its key."""

    @property
    def key(self) -> bytes:
        """The key in ``version``."""
        return self.subject + self.by + self.version.to_bytes(4, "big")


_said = msgspec.msgpack.Decoder(list[Said])
_arrival = msgspec.msgpack.Decoder(Arrival)
_encode = msgspec.msgpack.Encoder().encode
_NOTHING = _encode([])


S = TypeVar("S", bound=Said)


def holds(said: list[S]) -> S:
    """The record that holds for a version. Copies on several topics differ in topic alone."""
    lowest: dict[tuple[str, bytes], S] = {}
    for one in sorted(said, reverse=True):
        lowest[one.topic, one.lane] = one
    return min(lowest.values(), key=lambda one: one.leaf)


def version_key(subject: bytes, issuer: str, version: int) -> bytes:
    """The key in ``version``; all versions that an issuer says of a subject share ``spoken``."""
    return subject + sha256(issuer.encode()).digest()[:8] + version.to_bytes(4, "big")


def spoken(version: bytes) -> bytes:
    """What the keys of all versions of one subject by one issuer begin with."""
    return version[:24]


def holding(rows: Readable, version: bytes) -> Said | None:
    """The record that holds for a version; None if nothing says it any more."""
    value = rows.get(VERSION, version)
    return None if value is None else holds(said(value))


def founded(rows: Readable, version: bytes) -> bool:
    """Whether the issuer of a version has said anything of its subject but withdrawals."""
    return not all(_withdrawals(said(row)) for _, row in rows.scan(VERSION, spoken(version)))


def _withdrawals(some: list[Said]) -> bool:
    return all(one.withdraws for one in some)


def said(value: bytes) -> list[Said]:
    """The records that say a version, from a row of ``version``."""
    return _said.decode(value)


def arrival(value: bytes) -> Arrival:
    """What came, from a row of ``arrival``."""
    return _arrival.decode(value)


class Inbox(Judging):
    """The fold of an inbox, for a ``Projection``: it keeps statements that carry ``bodies``."""

    def __init__(self, reception: Reception, clock: Clock, bodies: tuple[type, ...]) -> None:
        super().__init__(reception)
        self._clock = clock
        self._bodies = bodies

    def _replace(self, rows: Rows, record: Record, verdict: Verdict) -> None:
        if isinstance(verdict, Refused):
            self._forget(rows, record)
        self._apply(rows, record, verdict)

    def _apply(self, rows: Rows, record: Record, verdict: Verdict) -> None:
        if isinstance(verdict, Accepted):
            if verdict.body is None or isinstance(verdict.body, self._bodies):
                self._keep(rows, record, verdict)
        elif isinstance(verdict, Refused) and verdict.retract is not None:
            lane = _lane(record)
            for key, version in list(rows.scan(LEAF, lane)):
                if int.from_bytes(key[-8:], "big") >= verdict.retract:
                    self._drop(rows, record, key, version)

    def _keep(self, rows: Rows, record: Record, accepted: Accepted) -> None:
        statement = accepted.statement
        version = version_key(statement.subject.bytes, statement.issuer, statement.version)
        one = Said(
            record.topic,
            record.key or b"",
            accepted.index,
            leaf_hash(accepted.envelope.statement),
            place(record.topic, record.partition, record.offset),
            statement.change == "WITHDRAWAL",
        )
        others = dict(rows.scan(VERSION, spoken(version)))
        known = said(others.pop(version, _NOTHING))
        if one in known:
            return
        beginning = (
            not one.withdraws
            and _withdrawals(known)
            and all(_withdrawals(said(value)) for value in others.values())
        )
        rows.put(VERSION, version, _encode([*known, one]))
        rows.put(LEAF, _lane(record) + accepted.index.to_bytes(8, "big"), version)
        if not known:
            self._arrive(rows, record.partition, version, taken_back=False)
        if beginning:  # a withdrawal that came before what it withdraws counts from now on
            for other in others:
                number = self._arrive(rows, record.partition, other, taken_back=False)
                rows.put(AGAIN, other, number)

    def _forget(self, rows: Rows, record: Record) -> None:
        """Take back what this record said, if it was accepted before.

        This record, and not another: who forges one under a lane's key and with an index read
        before must not take back what the lane's issuer said there.
        """
        try:
            index = decode_envelope(record.value or b"").index
        except WireError:
            return
        if index < 0:
            return
        key = _lane(record) + index.to_bytes(8, "big")
        version = rows.get(LEAF, key)
        here = place(record.topic, record.partition, record.offset)
        if version is not None and any(
            one.place == here for one in said(rows.get(VERSION, version) or _encode([]))
        ):
            self._drop(rows, record, key, version)

    def _drop(self, rows: Rows, record: Record, leaf: bytes, version: bytes) -> None:
        rows.delete(LEAF, leaf)
        index = int.from_bytes(leaf[-8:], "big")
        left = [
            one
            for one in said(rows.get(VERSION, version) or _encode([]))
            if _lane_key(one.topic, one.lane) + one.index.to_bytes(8, "big") != leaf
        ]
        log.warning("no longer believed", version=version.hex(), index=index)
        if left:
            rows.put(VERSION, version, _encode(left))
        else:
            rows.delete(VERSION, version)
            self._arrive(rows, record.partition, version, taken_back=True)

    def _arrive(self, rows: Rows, partition: int, version: bytes, *, taken_back: bool) -> bytes:
        number = rows.get(NEXT, b"") or bytes(8)
        counted = int.from_bytes(version[24:], "big")
        came = Arrival(version[:16], counted, self._clock(), taken_back, version[16:24])
        row = partition.to_bytes(4, "big") + number
        rows.put(ARRIVAL, row, _encode(came))
        rows.put(NEXT, b"", (int.from_bytes(number, "big") + 1).to_bytes(8, "big"))
        return row


def _lane(record: Record) -> bytes:
    return _lane_key(record.topic, record.key or b"")


def _lane_key(topic: str, key: bytes) -> bytes:
    return topic.encode() + b"\0" + key + b"\0"
