"""C2SP tlog-cosignature: a witness says what it has seen of a lane, and when.

A witness co-signs the largest checkpoint of a lane that it has read without a gap
(https://c2sp.org/tlog-cosignature, Ed25519, type ``0x04``). Two things follow. Who reads the same
lane elsewhere compares: two roots of one size mean that the issuer showed two histories. And every
leaf below the size existed at the witness's time, whatever ``issued_at`` claims.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from entente.errors import ProofError
from entente.proof import lane as lanes
from entente.proof import note
from entente.proof.checked import issuer_key
from entente.proof.checkpoint import Checkpoint, Signed, parse
from entente.proof.key import Signer, VerifyKey
from entente.proof.keyring import Key, Register
from entente.proof.rows import Readable

SECOND = 1_000_000
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")


class Cosigned(NamedTuple):
    """A checkpoint that its issuer signed, and one witness's word on it; both verified."""

    checkpoint: Checkpoint
    witness: str
    """Key name of the witness."""
    time: int
    """When the witness signed, by its own clock, in microseconds since the epoch."""
    note: str
    """The signed note itself: evidence that anybody can check."""


def cosign(text: str, name: str, key: Signer, now: int) -> str:
    """The checkpoint in the note ``text`` with the issuer's line and this witness's, no others.

    To be called only for the largest checkpoint that was read without a gap or fork: that is what
    the line says. Raises ProofError.
    """
    signed = parse(text)
    if signed.issuer.name == name:
        raise ProofError(f"{name} is the name of a lane, not of a witness")
    body = signed.note.text
    return f"{body}\n{note.format_line(signed.issuer)}{note.cosign(body, name, key, now // SECOND)}"


def read(text: str, register: Register) -> tuple[Cosigned, ...]:
    """What the known witnesses say in a note; lines of others are passed over.

    Raises ProofError: it is no checkpoint, its issuer or key is not in the register, the key has
    ended and this checkpoint of it is not believed, a line by issuer or witness does not hold, or
    no known witness has signed it.
    """
    signed = parse(text)
    checkpoint = signed.checkpoint
    party = register.party(checkpoint.origin.administration)
    key = issuer_key(signed, party) if party else None
    if key is None or not note.verify(signed.note, signed.issuer, key.public):
        raise ProofError(f"no key of its issuer has signed this checkpoint of {checkpoint.origin}")
    if not _believed(checkpoint, key):
        raise ProofError(f"its key was {key.ended}: this checkpoint is not believed")
    found = tuple(_lines(signed, register, text))
    if not found:
        raise ProofError("no known witness has co-signed this checkpoint")
    return found


def differs(rows: Readable, seen: Cosigned) -> bytes | None:
    """Our root of the same lane and size, if it is another one: the issuer shows two histories.

    None if it is the same, or if we have not read that far (or that early).
    """
    ours = lanes.root_at(rows, seen.checkpoint.origin, seen.checkpoint.size)
    return None if ours in (None, seen.checkpoint.root) else ours


def forked(one: Cosigned, other: Cosigned) -> bool:
    """Whether two notes prove by themselves that their issuer showed two histories."""
    a, b = one.checkpoint, other.checkpoint
    return (a.origin, a.size) == (b.origin, b.size) and a.root != b.root


def existed_at(seen: Iterable[Cosigned], origin: object, index: int) -> int | None:
    """The earliest time at which a witness had the leaf of this index, in microseconds.

    It holds for who has read the lane to the witness's size and found no other root there.
    """
    times = (
        one.time for one in seen if one.checkpoint.origin == origin and one.checkpoint.size > index
    )
    return min(times, default=None)


def vkey(name: str, key: VerifyKey) -> str:
    """A witness's public key as C2SP text: name, key id and key (signed-note, verifier keys)."""
    hint = note.key_id(name, key, note.COSIGNATURE).hex()
    return f"{name}+{hint}+{note.encode_base64(bytes((note.COSIGNATURE,)) + key.raw)}"


def parse_vkey(text: str) -> tuple[str, VerifyKey]:
    """Name and key in such a text. Raises ProofError."""
    match = _VKEY.fullmatch(text.strip())
    raw = note.decode_base64(match[3]) if match else b""
    if match is None or len(raw) != 33 or raw[0] != note.COSIGNATURE:
        raise ProofError("this is not a witness's public key (name+id+base64 of type 4)")
    key = VerifyKey(raw[1:])
    if note.key_id(match[1], key, note.COSIGNATURE).hex() != match[2]:
        raise ProofError("the key id does not belong to this name and key: a slip in copying?")
    return match[1], key


def _lines(signed: Signed, register: Register, text: str) -> Iterable[Cosigned]:
    for line in signed.note.lines:
        key = register.witnesses.get(line.name)
        if key is None or not note.is_by(line, key):
            continue
        if not note.verify(signed.note, line, key):
            raise ProofError(f"the signature of the witness {line.name} does not hold")
        seconds = note.cosigned_at(line, key)
        if seconds is not None:
            yield Cosigned(signed.checkpoint, line.name, seconds * SECOND, text)


def _believed(checkpoint: Checkpoint, key: Key) -> bool:
    if key.ended is None:
        return True
    last = key.believed.get(str(checkpoint.origin))
    if last is None or checkpoint.size > last.size:
        return False
    return checkpoint.size < last.size or checkpoint.root == last.root
