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
from entente.proof import note
from entente.proof.checked import issuer_key
from entente.proof.checkpoint import Checkpoint, Signed, parse
from entente.proof.key import Signer, VerifyKey
from entente.proof.keyring import Key, Register
from entente.proof.merkle import Tree, leaf_hash, left_siblings
from entente.proof.tlog import from_tlog_proof
from entente.wire.envelope import Envelope

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


Cosigneds = tuple[Cosigned, ...]


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
    """What the known witnesses say in a note; lines of others are passed over, and what a witness
    said when it was none.

    Raises ProofError: it is no checkpoint, its issuer or key is not in the register, the key has
    ended and this checkpoint of it is not believed, a line by issuer or witness does not hold, or
    no known witness has signed it in its time.
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
        raise ProofError("no known witness has co-signed this checkpoint in its time")
    return found


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


def proven(text: str, envelope: Envelope, register: Register) -> Cosigneds:
    """What witnesses say of an envelope's leaf, by a ``.cosigned`` file: a proof that it is in a
    tree whose checkpoint they have co-signed (wire format, section 11), with the same past.

    Raises ProofError: it is not in form or of another leaf, it does not lead to the root, it shows
    another past than the envelope, or as ``read``.
    """
    file = from_tlog_proof(text, envelope.statement)
    theirs, ours = parse(file.checkpoint).checkpoint, parse(envelope.checkpoint).checkpoint
    if (theirs.origin, file.index) != (ours.origin, envelope.index):
        raise ProofError("it is of another record")
    found = read(file.checkpoint, register)
    tree, leaf = Tree(theirs.size, theirs.root), leaf_hash(envelope.statement)
    if not tree.includes(leaf, file.index, file.proof):
        raise ProofError("its proof does not lead to the root that was co-signed")
    before = left_siblings(file.index, theirs.size, file.proof)
    if before != left_siblings(envelope.index, ours.size, envelope.proof):
        raise ProofError("what was co-signed had another past than the record has")
    return found


def _lines(signed: Signed, register: Register, text: str) -> Iterable[Cosigned]:
    for line in signed.note.lines:
        for witness in register.witnesses.get(line.name, ()):
            if not note.is_by(line, witness.public):
                continue
            if not note.verify(signed.note, line, witness.public):
                raise ProofError(f"the signature of the witness {line.name} does not hold")
            seconds = note.cosigned_at(line, witness.public)
            if seconds is not None and witness.counts(seconds * SECOND):
                yield Cosigned(signed.checkpoint, line.name, seconds * SECOND, text)


def _believed(checkpoint: Checkpoint, key: Key) -> bool:
    if key.ended is None:
        return True
    last = key.believed.get(str(checkpoint.origin))
    if last is None or checkpoint.size > last.size:
        return False
    return checkpoint.size < last.size or checkpoint.root == last.root
