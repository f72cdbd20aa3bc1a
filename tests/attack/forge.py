"""What attackers make: records that ``attacks.toml`` names by the function that makes them.

Each function gives cases; a case is the records that one new reader reads in order, all of them
honest but the last. What is common to other implementations is in ``schemas/vectors`` instead.
"""

import runpy
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace
from tests.unit.test_read import VECTORS

from entente.proof import note
from entente.proof.key import SigningKey
from entente.proof.record import Record
from entente.wire.envelope import Envelope, encode_envelope
from entente.wire.names import record_key
from entente.wire.statement import Statement, encode_statement

MADE: dict[str, Any] = runpy.run_path(str(VECTORS / "make.py"))
TOPIC, JP, STRANGER, WITNESS = MADE["TOPIC"], MADE["JP"], MADE["STRANGER"], MADE["WITNESS"]
Case = list[Record]
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of Ed25519's group (RFC 8032, section 5.1)."""
BOMBS = {
    "2 GiB": b"\xfe\xff\xff\xff\x0f",
    "a negative number": b"\x01",
    "the least number": b"\xff" * 9 + b"\x01",
    "the largest number": b"\xfe" + b"\xff" * 8 + b"\x01",
    "no end to a number": b"\x80" * 11,
    "a nest of 100,000": b"\x02" * 100_000,
    "10,001 items": b"\xa2\x9c\x01" + b"\0" * 10_002,
    "not UTF-8": b"\x04\xff\xfe",
}
"""What Avro bombs are made of, whichever field they fall into."""


def say(n: int = 1, **changes: Any) -> Statement:
    """JP's n-th statement."""
    found: Statement = MADE["say"](n, **changes)
    return found


def lane(count: int, batch: int = 8, key: SigningKey = JP, **more: Any) -> list[Envelope]:
    """A good lane of JP's."""
    found: list[Envelope] = MADE["lane"](count, batch, key, **more)
    return found


def batches(leaves: list[bytes], batch: int = 8, key: SigningKey = JP) -> list[Envelope]:
    """A lane of these leaves, signed by JP."""
    found: list[Envelope] = MADE["batches"](leaves, batch, key)
    return found


def one(said: Statement) -> Envelope:
    """An envelope of a lane of JP's that holds nothing else."""
    (found,) = batches([encode_statement(said)], 1)
    return found


def record(envelope: Envelope | bytes, offset: int = 0, **changes: Any) -> Record:
    """A Kafka record of JP's lane 0, unless changed."""
    value = encode_envelope(envelope) if isinstance(envelope, Envelope) else envelope
    return Record(TOPIC, 0, offset, 0, record_key("JP", 0), value)._replace(**changes)


def records(envelopes: list[Envelope], first: int = 0) -> Case:
    """Records of a lane, at offsets from ``first`` on."""
    return [record(envelope, first + n) for n, envelope in enumerate(envelopes)]


def resigned(envelope: Envelope, signature: bytes) -> Envelope:
    """The envelope with another signature of its issuer."""
    text, name = envelope.checkpoint.rpartition("\n\n")[0] + "\n", str(MADE["LANE"])
    raw = note.key_id(name, JP.public) + signature
    line = f"\u2014 {name} {note.encode_base64(raw)}\n"
    return replace(envelope, checkpoint=f"{text}\n{line}")


def text(envelope: Envelope) -> str:
    """What the issuer signed."""
    return envelope.checkpoint.rpartition("\n\n")[0] + "\n"


def partly_signed() -> Iterator[Case]:
    """A signature that covers a part of the checkpoint: without root, size, or last newline."""
    good = one(say())
    lines = text(good).splitlines(keepends=True)
    for covered in ("".join(lines[:2]), lines[0] + lines[2], text(good)[:-1], text(good) + "\n"):
        yield [record(resigned(good, JP.sign(covered.encode())))]


def malleable() -> Iterator[Case]:
    """The same signature in another form: S with the group's order added (RFC 8032, 5.1.7)."""
    good = one(say())
    signature = JP.sign(text(good).encode())
    more = int.from_bytes(signature[32:], "little") + ORDER
    yield [record(resigned(good, signature[:32] + more.to_bytes(32, "little")))]
    yield [record(resigned(good, bytes(64)))]


def sixteen_kib_of_lines() -> Iterator[Case]:
    """As many signature lines as fit: each would cost a verification."""
    good = one(say())
    line = note.sign(text(good), "w", STRANGER)
    fits = (16_384 - len(good.checkpoint.encode())) // len(line.encode())
    assert fits > 100
    yield [record(replace(good, checkpoint=good.checkpoint + line * fits))]


def false_witness_lines() -> Iterator[Case]:
    """Fifteen lines in the name and key id of a witness we know; the last one is not good."""
    good = one(say())
    signed = MADE["witnessed"](good, MADE["WITNESS_KEY"]).checkpoint[len(good.checkpoint) :]
    raw = note.key_id(WITNESS, MADE["WITNESS_KEY"].public) + bytes(64)
    false = f"\u2014 {WITNESS} {note.encode_base64(raw)}\n"
    yield [record(replace(good, checkpoint=good.checkpoint + signed * 14 + false))]
    lines = good.checkpoint[len(text(good)) + 1 :]
    yield [record(replace(good, checkpoint=f"{text(good)}\n{false}{lines}"))]


def oversized() -> Iterator[Case]:
    """One byte too many, and all that a broker lets through: it need not be looked into."""
    value = encode_envelope(one(say()))
    for size in (900_001, 1_048_000):
        yield [record(value.ljust(size, b"\0"))]


def empty_lane_claims() -> Iterator[Case]:
    """An index in a tree of no leaves."""
    good = one(say())
    yield [record(replace(good, checkpoint=good.checkpoint.replace("\n1\n", "\n0\n")))]


def bombs_in_envelopes() -> Iterator[Case]:
    """Bombs wherever a field of the envelope begins or goes on."""
    value = encode_envelope(one(say()))
    for cut in (10, 11, 12, len(value) - 400, len(value) - 2):
        for bomb in BOMBS.values():
            yield [record(value[:cut] + bomb)]


def bombs_in_statements() -> Iterator[Case]:
    """A member signs bombs: after every byte of a statement's head, each kind."""
    leaf = encode_statement(say())
    for cut in range(10, 60):
        for bomb in BOMBS.values():
            (envelope,) = batches([leaf[:cut] + bomb], 1)
            yield [record(envelope)]


def bombs_in_bodies() -> Iterator[Case]:
    """The same in the body, which is the last that is decoded."""
    body = say().body
    for cut in range(0, len(body), 3):
        for name in ("2 GiB", "the least number", "no end to a number", "a nest of 100,000"):
            yield [record(one(say(body=body[:cut] + BOMBS[name])))]


def long_names() -> Iterator[Case]:
    """Names as long as a string may be, for verdicts that quote them."""
    for field in ("network", "issuer", "topic"):
        yield [record(one(replace(say(), **{field: "\u202e" * 21_000})))]


def long_types() -> Iterator[Case]:
    """The same at step 8."""
    yield [record(one(say(type="\U0010ffff" * 16_000)))]


def rekeyed_elsewhere() -> Iterator[Case]:
    """A member writes what JP said under keys of its own making."""
    good = one(say())
    for key in (
        b"",
        b"/",
        b"JP",
        b"JP/00",
        b"jp/0",
        b"JP/0/",
        b"JP/0\0",
        b"\xc0\x80/0",
        b"J" * 9999,
    ):
        yield [record(good, key=key)]


def grafted() -> Iterator[Case]:
    """A true proof and checkpoint around another statement of the same issuer."""
    true, other = lane(8), encode_statement(say(99))
    yield [*records(true[:3]), record(replace(true[3], statement=other), 3)]


def swapped_checkpoints() -> Iterator[Case]:
    """An older checkpoint of the same lane around a newer leaf."""
    first, second = lane(4, 4), lane(8, 4)[4:]
    yield [*records(first), record(replace(second[0], checkpoint=first[0].checkpoint, index=3), 4)]
