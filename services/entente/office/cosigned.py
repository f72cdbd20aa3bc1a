"""Witnesses' words in an export: the proofs that a witness had what is there, and when.

A word on a record holds for those before it too, as far as they go on without a gap. So one is
needed where a tree ends that was co-signed, and where what is chosen breaks off.
"""

from collections.abc import Iterable
from functools import lru_cache

from entente.bus.arrivals import View
from entente.bus.holdings import Holding, record
from entente.errors import ProofError
from entente.office import witness
from entente.office.selection import Seen
from entente.proof import checkpoint, cosignature
from entente.proof.merkle import Tree, leaf_hash, left_siblings, prove, root_of
from entente.proof.tlog import to_tlog_proof
from entente.trust.register import Register
from entente.wire.envelope import Envelope, decode_envelope
from entente.wire.names import Origin

_KEPT = 8_192


class Words:
    """What witnesses say of the records of one office, as far as its inbox can prove it."""

    def __init__(
        self, view: View, notes: witness.View, register: Register, seen: Iterable[Seen]
    ) -> None:
        self._view, self._notes, self._register = view, notes, register
        self._holdings: dict[tuple[str, str, int, int], Holding] = {
            one.place: one.holding for one in seen
        }
        self._sizes = lru_cache(1)(self._read_sizes)
        self._block = lru_cache(_KEPT)(self._read_block)
        self._counts = lru_cache(_KEPT)(self._read_note)

    def file(
        self, place: tuple[str, str, int, int], envelope: Envelope, *, last: bool
    ) -> bytes | None:
        """The ``.cosigned`` file with the earliest word on a record; None if none can be proven, or
        none is needed: it is not the ``last`` of those that go on, nor of a tree with a note.

        A word on a larger tree needs the hashes between: they are made of the records that end
        them, and where one of these is not held, a later word may still be proven.
        """
        origin, index = Origin(self._register.network, *place[:3]), place[3]
        if not last and index + 1 not in self._sizes(origin):
            return None
        left = left_siblings(index, _size(envelope), envelope.proof)
        for one in witness.noted(self._view, self._notes, origin, index):
            tree = self._counts(one.note)
            if tree is None:
                continue
            try:
                proof = prove(
                    index, tree.size, left, lambda low, high: self._block(place[:3], low, high)
                )
            except KeyError:
                continue
            if tree.includes(leaf_hash(envelope.statement), index, proof):
                return to_tlog_proof(Envelope(b"", index, proof, one.note)).encode()
        return None

    def _read_sizes(self, origin: Origin) -> frozenset[int]:
        return frozenset(witness.sizes(self._notes, origin))

    def _read_note(self, note: str) -> Tree | None:
        """The tree of a note, if the register that goes into the export lets it count."""
        try:
            cosignature.read(note, self._register)
        except ProofError:
            return None
        found = checkpoint.parse(note).checkpoint
        return Tree(found.size, found.root)

    def _read_block(self, lane: tuple[str, str, int], low: int, high: int) -> bytes:
        holding = self._holdings[(*lane, high - 1)]
        last = decode_envelope(record(self._view, holding).value or b"")
        left = left_siblings(high - 1, _size(last), last.proof)
        return root_of(low, high, left, leaf_hash(last.statement))


def _size(envelope: Envelope) -> int:
    return int(envelope.checkpoint.split("\n", 2)[1])
