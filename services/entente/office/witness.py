"""Witnesses: an office co-signs what it has read of each lane, and compares what others have.

With a ``witness.key`` that the register lists, an office signs the largest checkpoint of each lane
that it has read without a gap, with the time (``proof.cosignature``). These notes travel in its
receipts. Who reads them and the lane finds an issuer that shows two histories, and knows since
when, at the latest, a statement has existed, whatever its ``issued_at`` says.

Tables, in the projection ``co-signed`` of an inbox: ``notes`` (origin line, size, root and witness
-> its earliest note) and ``latest`` (origin line and witness -> its newest note).
"""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
import structlog

from entente.alert.receipt import Receipt
from entente.bus.judging import Judging
from entente.bus.reception import Readable, Reception
from entente.errors import ProofError
from entente.proof import cosignature
from entente.proof import lane as lanes
from entente.proof.key import Signer
from entente.proof.keyring import FOREVER
from entente.proof.record import Record
from entente.proof.rows import Rows
from entente.proof.verdict import Accepted, Verdict
from entente.trust import files
from entente.trust.register import Register
from entente.wire.names import Origin

KEY = "witness.key"
"""The private key, in the folder of a member."""
PROJECTION, NOTES, LATEST = "co-signed", "notes", "latest"
PENDING, SIGNED = "checkpoint", "cosigned"
EVERY = 300 * 1_000_000
"""Microseconds between two notes on a lane."""
_LOOK = 16
"""Notes that are looked at for the earliest time."""
_SIZE, _ROOT = 8, 32
_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode


class Latest(msgspec.Struct, frozen=True, array_like=True):
    """The newest note of a witness on a lane."""

    size: int
    root: bytes
    time: int
    note: str


class Noted(NamedTuple):
    """What a witness had at a time, which is in microseconds."""

    time: int
    witness: str
    note: str


class _Note(msgspec.Struct, frozen=True, array_like=True):
    time: int
    note: str


class _Signed(msgspec.Struct, frozen=True, array_like=True):
    size: int
    root: bytes
    time: int


_latest = msgspec.msgpack.Decoder(Latest)
_signed = msgspec.msgpack.Decoder(_Signed)
_note_of = msgspec.msgpack.Decoder(_Note)


class View(Readable, Protocol):
    """Rows at one moment."""

    def scan(
        self, table: str, prefix: bytes = b"", start: bytes = b""
    ) -> Iterator[tuple[bytes, bytes]]:
        """The rows whose key starts with ``prefix``, from ``start`` on."""
        ...


class Witness(NamedTuple):
    """We, as the register lists us."""

    name: str
    key: Signer


def name(network: str, member: str) -> str:
    """The key name of a member's witness lines."""
    return f"{network}/{member}"


def witness(folder: Path, register: Register, secret: bytes | None) -> Witness | None:
    """Who co-signs for the member with this folder; None if the register lists no key of it here.

    Raises KeyMissing: it does not open.
    """
    called = name(register.network, folder.name)
    listed = [w for w in register.witnesses.get(called, ()) if w.valid_until == FOREVER]
    if not listed or not (folder / KEY).exists():
        return None
    key = files.signing_key(folder / KEY, secret)
    return Witness(called, key) if any(w.public == key.public for w in listed) else None


def remember(rows: Rows, checkpoint: str) -> None:
    """Keep the largest checkpoint of a lane until it is co-signed."""
    line, size, _ = checkpoint.split("\n", 2)
    before = rows.get(PENDING, line.encode())
    if before is None or int(before.split(b"\n", 2)[1]) < int(size):
        rows.put(PENDING, line.encode(), checkpoint.encode())


def begun(rows: Rows) -> bool:
    """Whether any checkpoint was remembered or co-signed yet."""
    return any(next(rows.scan(table), None) for table in (PENDING, SIGNED))


def cosigned(
    rows: Rows, inbox: Readable, me: Witness, now: int, every: int = EVERY
) -> Iterator[tuple[str, str]]:
    """Topic and note of each lane that is read whole and has grown, at most one in ``every``.

    Nothing is signed that contradicts what was signed before, though the inbox may be a new one.
    """
    for key, value in list(rows.scan(PENDING)):
        origin, size = Origin.parse(key.decode()), int(value.split(b"\n", 2)[1])
        lane = lanes.load(inbox, origin)
        if lane.forked is not None or lane.size != size or lane.gaps():
            continue
        found = rows.get(SIGNED, key)
        last = _signed.decode(found) if found else _Signed(0, b"", now - every)
        if lanes.root_at(inbox, origin, last.size) not in (None, last.root):
            _log.error("not co-signed: it was another history before", lane=str(origin))
        elif last.size < size and now >= last.time + every:
            rows.delete(PENDING, key)
            rows.put(SIGNED, key, _encode(_Signed(size, lane.root, now)))
            yield origin.topic, cosignature.cosign(value.decode(), me.name, me.key, now)


class Witnessed(Judging):
    """The fold of what others have co-signed, for a ``Projection`` of ``receipts.<region>``.

    What was noted stays noted while the register lets it count.
    """

    def __init__(self, register: Callable[[], Register], reception: Reception) -> None:
        super().__init__(reception)
        self._register = register

    def judge_again(self, rows: Rows, *, changed: bool) -> None:
        """Judge again, and forget what a witness said that the register has ended before."""
        super().judge_again(rows, changed=changed)
        register = self._register()
        ended = {
            name
            for name, keys in register.witnesses.items()
            if any(key.valid_until < FOREVER for key in keys)
        }
        for key, value in list(rows.scan(NOTES)) if changed and ended else ():
            by = _witness(key)
            if by in ended and not _counts(_note_of.decode(value).note, by, register):
                rows.delete(NOTES, key)

    def _apply(self, rows: Rows, record: Record, verdict: Verdict) -> None:
        if not isinstance(verdict, Accepted) or not isinstance(verdict.body, Receipt):
            return
        for text in verdict.body.witnessed:
            try:
                for seen in cosignature.read(text, self._register()):
                    _note(rows, seen)
            except ProofError as error:
                _log.warning(
                    "a co-signed checkpoint is passed over",
                    receipt_of=verdict.statement.issuer, reason=str(error),
                )  # fmt: skip


def _note(rows: Rows, seen: cosignature.Cosigned) -> None:
    line, size = str(seen.checkpoint.origin).encode(), seen.checkpoint.size
    key = lanes.head_key(seen.checkpoint.origin, size) + seen.checkpoint.root
    key += seen.witness.encode()
    before = rows.get(NOTES, key)
    if before is None or seen.time < _note_of.decode(before).time:
        rows.put(NOTES, key, _encode(_Note(seen.time, seen.note)))
    place = line + b"\0" + seen.witness.encode()
    newest = rows.get(LATEST, place)
    if newest is None or _latest.decode(newest).size < size:
        rows.put(LATEST, place, _encode(Latest(size, seen.checkpoint.root, seen.time, seen.note)))


class Standing(NamedTuple):
    """What a witness has seen of a lane, beside what we have read."""

    lane: str
    witness: str
    latest: Latest
    differs: bool
    """It saw another history than we did: both notes prove it."""


def standings(inbox: Readable, notes: View) -> list[Standing]:
    """The newest word of each witness on each lane, compared with what was read here."""
    found = []
    for key, value in notes.scan(LATEST):
        line, _, by = key.decode().partition("\0")
        latest = _latest.decode(value)
        ours = lanes.root_at(inbox, Origin.parse(line), latest.size)
        found.append(Standing(line, by, latest, ours not in (None, latest.root)))
    return found


def noted(inbox: Readable, notes: View, origin: Origin, index: int) -> list[Noted]:
    """What witnesses said while they had this statement, the earliest first.

    Only notes count that say of the lane what was read here.
    """
    prefix = f"{origin}\0".encode()
    found = []
    for key, value in islice(notes.scan(NOTES, prefix, lanes.head_key(origin, index + 1)), _LOOK):
        size = int.from_bytes(key[len(prefix) :][:_SIZE], "big")
        if lanes.root_at(inbox, origin, size) == key[len(prefix) + _SIZE :][:_ROOT]:
            said = _note_of.decode(value)
            found.append(Noted(said.time, _witness(key), said.note))
    return sorted(found)


def sizes(notes: View, origin: Origin) -> Iterator[int]:
    """The sizes of the trees that witnesses have co-signed of a lane."""
    prefix = f"{origin}\0".encode()
    for key, _ in notes.scan(NOTES, prefix):
        yield int.from_bytes(key[len(prefix) :][:_SIZE], "big")


def existed_at(inbox: Readable, notes: View, origin: Origin, index: int) -> int | None:
    """The earliest time at which a witness had this statement, in microseconds."""
    return next((one.time for one in noted(inbox, notes, origin, index)), None)


def _witness(key: bytes) -> str:
    return key.partition(b"\0")[2][_SIZE + _ROOT :].decode()


def _counts(note: str, by: str, register: Register) -> bool:
    try:
        return any(seen.witness == by for seen in cosignature.read(note, register))
    except ProofError:
        return False
