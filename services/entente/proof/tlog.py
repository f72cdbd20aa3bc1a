"""C2SP tlog-proof: an envelope's proof as a text file (https://c2sp.org/tlog-proof).

With the statement's bytes in a file beside it, it is the envelope, and back.
"""

import re

from entente.errors import ProofError
from entente.proof.merkle import HASH, MAX_PROOF, hashes
from entente.proof.note import decode_base64, encode_base64
from entente.wire.envelope import Envelope

_FIRST = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


def to_tlog_proof(envelope: Envelope) -> str:
    """The proof file of an envelope, without an ``extra`` line."""
    lines = [_FIRST, f"index {envelope.index}", *map(encode_base64, hashes(envelope.proof))]
    return "\n".join([*lines, "", envelope.checkpoint])


def from_tlog_proof(text: str, statement: bytes) -> Envelope:
    """The envelope of a proof file and a statement's bytes. Nothing is verified.

    Raises:
        ProofError: the file is not in its one form, or has an ``extra`` line.
    """
    top, separator, checkpoint = text.partition("\n\n")
    first, *rest = top.split("\n")
    if first != _FIRST or not separator or not rest:
        raise ProofError(f"a proof file starts with {_FIRST!r}, its index and an empty line")
    index = _INDEX.fullmatch(rest[0])
    if index is None or int(index[1]) >= 2**63:
        raise ProofError("a proof file's second line is its index, without an extra line before")
    proof = [decode_base64(line) for line in rest[1:]]
    if len(proof) > MAX_PROOF or any(len(node) != HASH for node in proof):
        raise ProofError(f"a proof is at most {MAX_PROOF} hashes of {HASH} bytes")
    return Envelope(statement, int(index[1]), b"".join(proof), checkpoint)
