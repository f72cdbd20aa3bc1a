"""Merkle trees of RFC 6962, section 2.1: hashes, compact ranges, inclusion proofs.

A **compact range** of [0, n) is the roots of the perfect subtrees that n's binary digits name, from
the largest to the smallest, as one string of 32-byte hashes. It is all that a log must keep to go
on, and it is what the left siblings in the proof of leaf n are.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from entente.errors import ProofError

HASH = 32
"""Bytes of a hash."""
EMPTY = sha256(b"").digest()
"""Root of the tree without leaves."""
MAX_PROOF = 63
"""Hashes in a proof: enough for 2^63 leaves."""


def leaf_hash(leaf: bytes) -> bytes:
    """``SHA-256(0x00 ‖ leaf)``."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """``SHA-256(0x01 ‖ left ‖ right)``."""
    return sha256(b"\x01" + left + right).digest()


def hashes(joined: bytes) -> list[bytes]:
    """The 32-byte hashes of a compact range or proof."""
    return [joined[at : at + HASH] for at in range(0, len(joined), HASH)]


def append(compact: bytes, size: int, leaf: bytes) -> bytes:
    """The compact range of [0, size + 1), from that of [0, size) and the next leaf's hash."""
    node = leaf
    while size & 1:  # a perfect subtree as large as the new one: they become one
        node = node_hash(compact[-HASH:], node)
        compact = compact[:-HASH]
        size >>= 1
    return compact + node


def head(compact: bytes) -> bytes:
    """The root of the tree whose compact range this is."""
    if not compact:
        return EMPTY
    at = len(compact) - HASH
    node = compact[at:]
    while at:
        node = sha256(b"\x01" + compact[at - HASH : at] + node).digest()  # not called: it is hot
        at -= HASH
    return node


def prefixes(compact: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """The compact ranges that this one starts with, the longest first, each with its size."""
    while size:
        yield size, compact
        size &= size - 1
        compact = compact[:-HASH]


class Grown(NamedTuple):
    """A tree after a batch."""

    root: bytes
    compact: bytes
    """Its compact range."""
    proofs: list[bytes]
    """The inclusion proof of each leaf of the batch."""


def extend(compact: bytes, size: int, leaves: Sequence[bytes]) -> Grown:
    """The tree after a batch of leaf hashes; ``compact`` is the range of [0, size) before it."""
    total = size + len(leaves)
    known = dict(zip(_peaks(0, size), hashes(compact), strict=True))
    perfect: dict[tuple[int, int], list[list[bytes]]] = {}
    proofs: list[bytes] = []

    def node(low: int, high: int) -> bytes:
        found = known.get((low, high))
        if found is None:
            if low >= size and not (high - low) & (high - low - 1):
                perfect[low, high] = levels = _levels(leaves[low - size : high - size])
                found = levels[-1][0]
            else:
                middle = _split(low, high)
                found = node_hash(node(low, middle), node(middle, high))
            known[low, high] = found
        return found

    def prove(low: int, high: int, above: bytes) -> None:
        levels = perfect.get((low, high))
        if levels is not None:
            proofs.extend(_below(levels, above))
        elif high > size:
            middle = _split(low, high)
            prove(low, middle, node(middle, high) + above)
            prove(middle, high, node(low, middle) + above)

    if not leaves:
        return Grown(head(compact), compact, [])
    root = node(0, total)
    prove(0, total, b"")
    return Grown(root, b"".join(node(*peak) for peak in _peaks(0, total)), proofs)


def _peaks(low: int, size: int) -> Iterator[tuple[int, int]]:
    """The perfect subtrees that the binary digits of a size name, from the largest on."""
    while size:
        width = 1 << (size.bit_length() - 1)
        yield low, low + width
        low, size = low + width, size - width


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All nodes of a perfect tree: its leaves, the nodes above them, and so on to its root."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        pairs = iter(levels[-1])
        levels.append([node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)])
    return levels


def _below(levels: list[list[bytes]], above: bytes) -> list[bytes]:
    """The proofs of the leaves of a perfect tree, whose root has the proof ``above``."""
    proofs = [above]
    for nodes in levels[-2::-1]:
        proofs = [
            sibling + proofs[n >> 1]
            for n in range(0, len(nodes), 2)
            for sibling in (nodes[n + 1], nodes[n])
        ]
    return proofs


def prove(index: int, size: int, left: bytes, block: Callable[[int, int], bytes]) -> bytes:
    """The inclusion proof of leaf ``index`` in a tree of ``size``, from its left siblings.

    ``block`` gives the root of [low, high), right siblings all of them; see ``root_of``.
    """
    lefts = iter(hashes(left))
    found: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = _split(low, high)
        if index < middle:
            found.append(block(middle, high))
            high = middle
        else:
            found.append(next(lefts))
            low = middle
    return b"".join(reversed(found))


def root_of(low: int, high: int, left: bytes, leaf: bytes) -> bytes:
    """The root of [low, high), a right sibling, from its last leaf and that leaf's left siblings:
    as many of these as there are ones in its length without the last leaf lie within it.
    """
    within = (high - 1 - low).bit_count()
    return head(left[len(left) - HASH * within :] + leaf)


def left_siblings(index: int, size: int, proof: bytes) -> bytes:
    """The left siblings in a proof of the right length: the compact range of [0, index)."""
    inner = (index ^ (size - 1)).bit_length()
    left = [proof[at : at + HASH] for at in range(len(proof) - HASH, HASH * inner - 1, -HASH)]
    left += [
        proof[HASH * level : HASH * (level + 1)]
        for level in range(inner - 1, -1, -1)
        if index >> level & 1
    ]
    return b"".join(left)


class Tree:
    """A tree known by size and root, which tells whether a leaf is in it.

    It remembers the last path that led to the root. All hashes of its proof are then known to be
    nodes of the tree, and so the next leaf's path need only lead to one of them: a batch read in
    order costs one hash a leaf instead of the logarithm of the size.
    """

    __slots__ = ("_after", "_last", "root", "size")

    def __init__(self, size: int, root: bytes) -> None:
        self.size = size
        self.root = root
        self._last: tuple[int, bytes, list[bytes]] | None = None
        self._after = -1, b""

    def includes(self, leaf: bytes, index: int, proof: bytes) -> bool:
        """Whether ``proof`` leads from the leaf's hash to the root (RFC 9162, 2.1.3.2).

        Raises:
            ProofError: the index is outside the tree.
        """
        if not 0 <= index < self.size:
            raise ProofError(f"index {index} is outside a tree of {self.size} leaves")
        inner = (index ^ (self.size - 1)).bit_length()
        levels = inner + (index >> inner).bit_count()
        if len(proof) != HASH * levels:
            return False
        old_index, old_proof, old_path = self._last or (self.size, b"", [])
        meet = (index ^ old_index).bit_length() - 1
        if index < old_index or meet >= inner:
            meet = -1
        node = leaf
        path = [leaf]
        for level in range(levels):
            at = HASH * level
            sibling = proof[at : at + HASH]
            # Where they meet, the old leaf lies below our left sibling, and we below its right one.
            if level == meet and (sibling, node) == (old_path[level], old_proof[at : at + HASH]):
                if proof[at + HASH :] != old_proof[at + HASH :]:
                    return False
                path += old_path[level + 1 :]
                node = self.root
                break
            left = level >= inner or index >> level & 1
            node = node_hash(sibling, node) if left else node_hash(node, sibling)
            path.append(node)
        if node != self.root:
            return False
        self._last = index, proof, path
        return True

    def around(self) -> tuple[bytes, bytes]:
        """The compact ranges before and after the leaf that was last found to be included."""
        if self._last is None:
            raise ProofError("no leaf was looked for")
        index, proof, path = self._last
        old_index, left = self._after
        if old_index != index - 1:
            left = left_siblings(index, self.size, proof)
        merged = (index ^ (index + 1)).bit_length() - 1  # as many subtrees as end with this leaf
        after = left[: len(left) - HASH * merged] + path[merged]
        self._after = index, after
        return left, after


def agree(one: bytes, size: int, other: bytes, larger: int) -> bool:
    """Whether two compact ranges, of [0, size) and [0, larger), could be of one tree.

    They could if the subtrees that both name are equal.
    """
    shared = HASH * (size >> (size ^ larger).bit_length()).bit_count()
    return one[:shared] == other[:shared]


def _split(low: int, high: int) -> int:
    """Where RFC 6962 divides [low, high): at the largest power of two below its length."""
    return low + (1 << ((high - low - 1).bit_length() - 1))
