"""The writer of a lane, as a pure function: state and statements in, state and envelopes out.

Ed25519 is deterministic (RFC 8032), so the same state, statements and key give the same bytes.
"""

from collections.abc import Sequence

import msgspec

from entente.errors import ProofError
from entente.proof.checkpoint import MAX_SIZE, Checkpoint
from entente.proof.key import Signer
from entente.proof.merkle import extend, leaf_hash
from entente.wire.envelope import Envelope
from entente.wire.names import Origin

MAX_BATCH = 1_024
"""Statements under one checkpoint."""


class Writer(msgspec.Struct, frozen=True):
    """Where a lane stands: all that must be stored to go on, some 32 bytes per binary digit."""

    origin: Origin
    size: int = 0
    compact: bytes = b""
    """Compact range of [0, size)."""

    def append(self, statements: Sequence[bytes], key: Signer) -> tuple["Writer", list[Envelope]]:
        """Append a batch under one checkpoint.

        Store the new state with the envelopes, in one transaction, before any is sent: a lane
        written twice from one state is a fork, which nobody can take back.

        Raises:
            ProofError: the batch is empty, above 1,024, or the lane is full.
        """
        if not 1 <= len(statements) <= MAX_BATCH:
            raise ProofError(f"a batch has 1 to {MAX_BATCH} statements, not {len(statements)}")
        size = self.size + len(statements)
        if size > MAX_SIZE:
            raise ProofError("the lane is full")
        leaves = [leaf_hash(statement) for statement in statements]
        grown = extend(self.compact, self.size, leaves)
        checkpoint = Checkpoint(self.origin, size, grown.root).sign(key)
        envelopes = [
            Envelope(statement, self.size + n, proof, checkpoint)
            for n, (statement, proof) in enumerate(zip(statements, grown.proofs, strict=True))
        ]
        return Writer(self.origin, size, grown.compact), envelopes
