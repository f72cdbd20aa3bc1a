"""Taking records of signed topics in: the eight steps, and what becomes of each verdict.

Every record that is not a duplicate is held with its exact bytes, accepted or not: a lane can be
judged again when the register changes, and evidence can be handed on. What fails also goes to the
``quarantine`` topic, whole. Held rows go with the projection's other rows, in one transaction.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from entente.bus.producer import Outgoing
from entente.bus.topics import QUARANTINE
from entente.clock import Clock
from entente.errors import WireError
from entente.proof.keyring import Register
from entente.proof.lane import LANES, load
from entente.proof.quarantine import encode_quarantined, quarantined
from entente.proof.read import read, rejudge
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Accepted, Code, Duplicate, Refused, Verdict, Waiting
from entente.wire.names import GRANTS, Origin, record_key

HELD, WAITING = "held", "waiting"
"""Tables: records by topic, partition and offset; and those of them that may yet be accepted."""


class Held(msgspec.Struct, frozen=True, array_like=True):
    """A record as it came, but for its headers, and the code it was refused with."""

    timestamp: int
    key: bytes | None
    value: bytes | None
    refused: str | None = None

    def lane(self, place: bytes) -> tuple[str, bytes | None]:
        """Topic and key: records that share them are of one lane."""
        return place.partition(b"\0")[0].decode(), self.key


_CURED_BY_TIME = {Code.IN_THE_FUTURE.value, Code.TOO_MANY_GAPS.value}
_decoder = msgspec.msgpack.Decoder(Held)
_encode = msgspec.msgpack.Encoder().encode


def ended(register: Register, administration: str) -> bool:
    """Whether a key of a member has ended, so that less may be believed of it than before."""
    party = register.party(administration)
    return party is not None and any(key.ended is not None for key in party.keys)


def place(topic: str, partition: int, offset: int) -> bytes:
    """The key of a held record, which no other record of any partition has."""
    return b"%s\0%s%s" % (topic.encode(), partition.to_bytes(4, "big"), offset.to_bytes(8, "big"))


class Readable(Protocol):
    """Rows, or a view of them."""

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value at a key, or None."""
        ...

    def scan(self, table: str, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The rows whose key starts with ``prefix``, in key order."""
        ...


def held(rows: Readable, key: bytes) -> Record:
    """A held record, as it came. Raises KeyError if nothing is held there."""
    data = rows.get(HELD, key)
    if data is None:
        raise KeyError(key)
    return _record(key, _decoder.decode(data))


def refusal(row: bytes) -> str | None:
    """The code in a row of ``held``; None if the record was accepted."""
    return _decoder.decode(row).refused


def _record(key: bytes, found: Held) -> Record:
    topic, _, at = key.partition(b"\0")
    return Record(
        topic.decode(),
        int.from_bytes(at[:4], "big"),
        int.from_bytes(at[4:], "big"),
        found.timestamp,
        found.key,
        found.value,
    )


class Reception:
    """Judges records for ``reader``, by the register as it is at the moment."""

    def __init__(
        self, reader: str, network: str, register: Callable[[], Register], clock: Clock
    ) -> None:
        self._reader = reader
        self._network = network
        self._register = register
        self._clock = clock

    def take(self, rows: Rows, record: Record) -> tuple[Verdict, list[Outgoing]]:
        """Judge one record and hold it; with the verdict comes what to send to quarantine."""
        now = self._clock()
        verdict = read(record, rows, self._register(), self._network, now)
        if isinstance(verdict, Duplicate):
            return verdict, []
        self._hold(rows, record, verdict)
        if isinstance(verdict, Accepted):
            return verdict, []
        return verdict, [self._outgoing(record, verdict, now)]

    def judge_again(self, rows: Rows, *, changed: bool) -> Iterator[tuple[Record, Verdict]]:
        """Judge anew what waits; what it yields replaces the earlier verdict on the record.

        ``changed``: the register, or this program, may be another one since the last time. Then
        lanes are judged from all their records if they are suspended, or if their issuer has a key
        that ended, and so are its grants. Otherwise only what time alone can cure is looked at: who
        floods a lane with what waits for a register that never comes costs its readers nothing.
        """
        register, now = self._register(), self._clock()
        lanes = self._disturbed(rows, register) if changed else set()
        for key, data in list(rows.scan(WAITING)):
            found = _decoder.decode(data)
            if found.lane(key) not in lanes and (changed or found.refused in _CURED_BY_TIME):
                record = held(rows, key)
                yield (
                    record,
                    self._again(rows, record, read(record, rows, register, self._network, now)),
                )
        again = [
            _record(key, found)
            for topic in sorted({topic for topic, _ in lanes})
            for key, data in rows.scan(HELD, topic.encode() + b"\0")
            if (found := _decoder.decode(data)).lane(key) in lanes
        ]
        for record, verdict in rejudge(again, rows, register, self._network, now):
            yield record, self._again(rows, record, verdict)

    @staticmethod
    def _disturbed(rows: Rows, register: Register) -> set[tuple[str, bytes | None]]:
        """The lanes of which more may be believed, or less, than when they were read.

        Of a lane of grants no state is kept, and each key has a part of it: each is named here.
        """
        found: set[tuple[str, bytes | None]] = set()
        for line, _ in rows.scan(LANES):
            origin = Origin.parse(line.decode())
            if ended(register, origin.administration) or load(rows, origin).forked is not None:
                found.add((origin.topic, record_key(origin.administration, origin.lane)))
        for place, data in rows.scan(HELD, GRANTS.encode() + b"\0"):
            topic, key = _decoder.decode(data).lane(place)
            if ended(register, (key or b"").partition(b"/")[0].decode("utf-8", "replace")):
                found.add((topic, key))
        return found

    def _again(self, rows: Rows, record: Record, verdict: Verdict) -> Verdict:
        if isinstance(verdict, Duplicate):
            rows.delete(WAITING, place(record.topic, record.partition, record.offset))
        else:
            self._hold(rows, record, verdict, again=True)
        return verdict

    def _hold(self, rows: Rows, record: Record, verdict: Verdict, *, again: bool = False) -> None:
        code = verdict.code.value if isinstance(verdict, Refused) else None
        found = Held(record.timestamp, record.key, record.value, code)
        key = place(record.topic, record.partition, record.offset)
        rows.put(HELD, key, _encode(found))
        if isinstance(verdict, Waiting):
            rows.put(WAITING, key, _encode(msgspec.structs.replace(found, value=None)))
        elif again:
            rows.delete(WAITING, key)

    def _outgoing(self, record: Record, refused: Refused, now: int) -> Outgoing:
        key = f"{record.topic}/{record.partition}/{record.offset}".encode()
        try:
            value = encode_quarantined(quarantined(record, refused, self._reader, now))
        except WireError:
            bare = record._replace(headers=())  # headers are for tools, and these are hostile
            left_out = (
                f"{refused.message} (Its {len(record.headers)} headers were too much to keep.)"
            )
            told = msgspec.structs.replace(refused, message=left_out)
            value = encode_quarantined(quarantined(bare, told, self._reader, now))
        return Outgoing(QUARANTINE, key, value)
