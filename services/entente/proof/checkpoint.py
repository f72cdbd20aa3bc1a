"""C2SP tlog-checkpoint: the signed head of a lane (https://c2sp.org/tlog-checkpoint)."""

import re
from typing import NamedTuple

from entente.errors import ProofError, WireError
from entente.proof import note
from entente.proof.key import Signer
from entente.wire.names import Origin

MAX_SIZE = 2**63 - 1
"""Leaves in a lane."""
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(NamedTuple):
    """The head of a lane: so many leaves, with this root."""

    origin: Origin
    size: int
    root: bytes
    """32 bytes."""

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{note.encode_base64(self.root)}\n"

    def sign(self, key: Signer) -> str:
        """The signed note, with one line: the issuer's, named as the origin."""
        text = self.text()
        return f"{text}\n{note.sign(text, str(self.origin), key)}"


class Signed(NamedTuple):
    """A parsed checkpoint with its note. Nothing is verified yet."""

    checkpoint: Checkpoint
    note: note.Note
    issuer: note.Line
    """The one line named as the origin."""


def parse(text: str) -> Signed:
    """Read a checkpoint strictly.

    Raises:
        ProofError: the note, its three lines or its one issuer's line are not what they must be.
    """
    signed = note.parse(text)
    lines = signed.text[:-1].split("\n")
    if len(lines) != 3:
        raise ProofError("a checkpoint has three lines: origin, size and root")
    try:
        origin = Origin.parse(lines[0])
    except WireError as error:
        raise ProofError(f"a checkpoint's origin: {error}") from error
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_SIZE:
        raise ProofError("a checkpoint's size is not a decimal number below 2^63")
    root = note.decode_base64(lines[2])
    if len(root) != 32:
        raise ProofError("a checkpoint's root is not a SHA-256")
    named = [line for line in signed.lines if line.name == lines[0]]
    if len(named) != 1:
        raise ProofError(f"{len(named)} signature lines are named as the origin; one must be")
    return Signed(Checkpoint(origin, int(lines[1]), root), signed, named[0])
