"""C2SP signed-note: a text with signature lines, read strictly (https://c2sp.org/signed-note).

One text has one form here: standard base64, padded, without stray bits; no control characters.
"""

import base64
import binascii
import re
from hashlib import sha256
from typing import NamedTuple

from entente.errors import ProofError
from entente.proof.key import Signer, VerifyKey

MAX_NOTE = 16_384
"""Bytes in a note."""
MAX_LINES = 16
"""Signature lines in a note."""
ED25519 = 0x01
"""Signature type: Ed25519 over the text."""
COSIGNATURE = 0x04
"""Signature type: a witness's Ed25519 with a time (https://c2sp.org/tlog-cosignature)."""
_DASH = "\u2014"
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_NAME = re.compile(r"[^\s+]+")


class Line(NamedTuple):
    """One signature line."""

    name: str
    key_id: bytes
    """First 4 bytes of SHA-256(name, LF, type, key): a hint, not a proof."""
    signature: bytes
    """What follows the key id."""


class Note(NamedTuple):
    """A parsed note; nothing in it is verified yet."""

    text: str
    """What is signed, with its final newline."""
    lines: tuple[Line, ...]


def parse(note: str) -> Note:
    """Take a note apart.

    Raises:
        ProofError: it is too long, has control characters, has no signature or more than 16, or a
            line is not in its one canonical form.
    """
    if len(note) > MAX_NOTE or len(note.encode()) > MAX_NOTE:
        raise ProofError(f"a note has more than {MAX_NOTE} bytes")
    if _CONTROL.search(note):
        raise ProofError("a note holds a control character")
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not text or not signatures.endswith("\n"):
        raise ProofError("a note is a text, an empty line, and signature lines")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_LINES:
        raise ProofError(f"a note has more than {MAX_LINES} signature lines")
    return Note(text + "\n", tuple(_line(line) for line in lines))


def sign(text: str, name: str, key: Signer) -> str:
    """The signature line of a key under a name, with its newline."""
    return format_line(Line(name, key_id(name, key.public), key.sign(text.encode())))


def cosign(text: str, name: str, key: Signer, seconds: int) -> str:
    """The line of a witness that signs at a time (seconds since 1970), with its newline."""
    signature = key.sign(_cosigned(text, seconds))
    stamped = seconds.to_bytes(8, "big") + signature
    return format_line(Line(name, key_id(name, key.public, COSIGNATURE), stamped))


def key_id(name: str, key: VerifyKey, kind: int = ED25519) -> bytes:
    """A key's id under a name: the same key has another id under another name."""
    return sha256(f"{name}\n".encode() + bytes((kind,)) + key.raw).digest()[:4]


def verify(note: Note, line: Line, key: VerifyKey) -> bool:
    """Whether a line is a good signature by this key; plain, or a witness's with its time."""
    if line.key_id == key_id(line.name, key) and len(line.signature) == 64:
        return key.verify(line.signature, note.text.encode())
    seconds = cosigned_at(line, key)
    if seconds is None or seconds >= 1 << 63:
        return False
    return key.verify(line.signature[8:], _cosigned(note.text, seconds))


def cosigned_at(line: Line, key: VerifyKey) -> int | None:
    """The time in a witness's line by this key (seconds since 1970), None in any other line.

    Nothing is verified here.
    """
    if line.key_id != key_id(line.name, key, COSIGNATURE) or len(line.signature) != 72:
        return None
    return int.from_bytes(line.signature[:8], "big")


def is_by(line: Line, key: VerifyKey) -> bool:
    """Whether a line's key id is this key's, in either signature type."""
    return line.key_id in (key_id(line.name, key), key_id(line.name, key, COSIGNATURE))


def decode_base64(text: str) -> bytes:
    """Standard base64, padded, in its one canonical form.

    Raises:
        ProofError: anything else.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError("base64 is malformed") from error
    if base64.b64encode(raw).decode() != text:
        raise ProofError("base64 is not in its canonical form")
    return raw


def encode_base64(raw: bytes) -> str:
    """Standard base64, padded."""
    return base64.b64encode(raw).decode()


def _line(line: str) -> Line:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _DASH or not _NAME.fullmatch(parts[1]):
        raise ProofError("a signature line is a dash, a name and base64")
    raw = decode_base64(parts[2])
    if len(raw) < 5:
        raise ProofError("a signature line is too short for a key id and a signature")
    return Line(parts[1], raw[:4], raw[4:])


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def format_line(line: Line) -> str:
    """A signature line as text, with its newline."""
    return f"{_DASH} {line.name} {encode_base64(line.key_id + line.signature)}\n"
