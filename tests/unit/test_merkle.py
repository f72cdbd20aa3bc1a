"""Merkle trees against published vectors and against RFC 6962's own recursive definition."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.errors import ProofError
from entente.proof.merkle import (
    EMPTY,
    HASH,
    Tree,
    agree,
    append,
    extend,
    hashes,
    head,
    leaf_hash,
    left_siblings,
    node_hash,
    prefixes,
    prove,
    root_of,
)

# The eight leaves, roots and paths that Certificate Transparency's implementations share.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    0: [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    5: [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def grow(leaves: list[bytes]) -> bytes:
    compact = b""
    for size, leaf in enumerate(leaves):
        compact = append(compact, size, leaf)
    return compact


def numbered(count: int) -> list[bytes]:
    return [leaf_hash(b"%d" % n) for n in range(count)]


def test_the_published_roots_are_ours() -> None:
    leaves = [leaf_hash(leaf) for leaf in LEAVES]
    assert head(b"") == EMPTY
    assert [head(grow(leaves[:n])).hex() for n in range(9)] == ROOTS


def test_the_published_paths_are_ours() -> None:
    leaves = [leaf_hash(leaf) for leaf in LEAVES]
    top, _, proofs = extend(b"", 0, leaves)
    for index, path in PATHS.items():
        assert [node.hex() for node in hashes(proofs[index])] == path
        assert Tree(8, top).includes(leaves[index], index, proofs[index])


@given(st.integers(0, 70), st.integers(1, 40))
@settings(deadline=None, max_examples=60)
def test_every_proof_of_a_batch_leads_to_the_root_and_starts_the_next(
    before: int, batch: int
) -> None:
    leaves = numbered(before + batch)
    top, compact, proofs = extend(grow(leaves[:before]), before, leaves[before:])
    assert (top, compact) == (root(leaves), grow(leaves))
    assert len(proofs) == batch
    tree = Tree(len(leaves), top)
    for index, proof in enumerate(proofs, before):
        assert tree.includes(leaves[index], index, proof)
        assert Tree(len(leaves), top).includes(leaves[index], index, proof)
        assert left_siblings(index, len(leaves), proof) == grow(leaves[:index])


@given(st.integers(2, 100), st.data())
@settings(deadline=None, max_examples=100)
def test_a_changed_proof_leaf_or_index_fails_whatever_was_read_before(
    size: int, data: st.DataObject
) -> None:
    leaves = numbered(size)
    top, _, proofs = extend(b"", 0, leaves)
    tree = Tree(size, top)
    for index in data.draw(st.lists(st.integers(0, size - 1), max_size=5)):
        assert tree.includes(leaves[index], index, proofs[index])
    index = data.draw(st.integers(0, size - 1))
    proof = bytearray(proofs[index])
    proof[data.draw(st.integers(0, len(proof) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert not tree.includes(leaves[index], index, bytes(proof))
    assert not tree.includes(leaves[index], index, proofs[index][:-HASH])
    assert not tree.includes(leaves[index], index, proofs[index] + bytes(HASH))
    assert not tree.includes(leaf_hash(b"other"), index, proofs[index])
    assert not tree.includes(leaves[index], (index + 1) % size, proofs[index])
    assert tree.includes(leaves[index], index, proofs[index])


@pytest.mark.parametrize("index", [-1, 8, 2**63])
def test_an_index_outside_is_refused(index: int) -> None:
    with pytest.raises(ProofError, match="outside"):
        Tree(8, bytes(HASH)).includes(bytes(HASH), index, b"")


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
@settings(deadline=None)
def test_ranges_of_one_tree_agree_and_those_that_name_a_difference_do_not(
    one: int, two: int, changed: int
) -> None:
    small, large = sorted((one, two))
    leaves = numbered(large)
    assert agree(grow(leaves[:small]), small, grow(leaves), large)
    if changed < large:
        other = [*leaves]
        other[changed] = leaf_hash(b"other")
        shared = small & large if small == large else small >> (small ^ large).bit_length()
        covered = shared if small == large else shared << (small ^ large).bit_length()
        assert agree(grow(leaves[:small]), small, grow(other), large) == (changed >= covered)


@given(st.integers(0, 200))
def test_the_prefixes_of_a_range_are_ranges(size: int) -> None:
    leaves = numbered(size)
    for shorter, compact in prefixes(grow(leaves), size):
        assert compact == grow(leaves[:shorter])


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(st.integers(1, 9), min_size=1, max_size=6), data=st.data())
def test_a_proof_in_a_larger_tree_follows_from_the_proofs_in_smaller_ones(
    batches: list[int], data: st.DataObject
) -> None:
    """Each leaf was proven in its batch's tree; the last leaf of each block is enough."""
    leaves = [leaf_hash(bytes([n])) for n in range(sum(batches))]
    lefts, compact, size = [], b"", 0
    for batch in batches:
        grown = extend(compact, size, leaves[size : size + batch])
        end = size + batch
        lefts += [left_siblings(size + n, end, proof) for n, proof in enumerate(grown.proofs)]
        compact, size = grown.compact, end
    total = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, total - 1))
    proof = prove(
        index, total, lefts[index],
        lambda low, high: root_of(low, high, lefts[high - 1], leaves[high - 1]),
    )  # fmt: skip
    assert proof == extend(b"", 0, leaves[:total]).proofs[index]
