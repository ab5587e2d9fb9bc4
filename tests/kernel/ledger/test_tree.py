"""The Merkle tree: published vectors, and a naive recursion straight from the definition."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.kernel.ledger import tree

# The leaves and roots that certificate-transparency and its successors have published for RFC 6962.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
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
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def naive_inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*naive_inclusion(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_inclusion(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_consistency(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if old <= split:
        return [*naive_consistency(old, leaves[:split], whole), naive_root(leaves[split:])]
    return [*naive_consistency(old - split, leaves[split:], False), naive_root(leaves[:split])]


class Kept:
    """A tree kept in memory the way the database keeps it, grown in pieces."""

    def __init__(self, leaves: list[bytes], pieces: list[int]) -> None:
        self.nodes: dict[int, bytes] = {}
        size = 0
        for piece in [*pieces, len(leaves)]:
            added = leaves[size : size + piece]
            if not added:
                continue
            edge = [self.nodes[each] for each in tree.complete_nodes(0, size)]
            self.nodes |= {2 * (size + number): each for number, each in enumerate(added)}
            for position, each in tree.grow(size, edge, b"".join(added)):
                assert position not in self.nodes, "a node is written once"
                self.nodes[position] = each
            size += len(added)

    def prove(self, ranges: list[tuple[int, int]]) -> list[bytes]:
        return tree.prove(ranges, lambda wanted: {each: self.nodes[each] for each in wanted})


def hashed(count: int) -> list[bytes]:
    return [tree.leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    leaves = [tree.leaf_hash(each) for each in LEAVES[:size]]
    assert Kept(leaves, []).prove([(0, size)])[0].hex() == ROOTS[size]


def test_published_proofs() -> None:
    leaves = [tree.leaf_hash(each) for each in LEAVES]
    kept = Kept(leaves, [3])
    for (index, size), proof in INCLUSION.items():
        assert [each.hex() for each in kept.prove(tree.inclusion_ranges(index, size))] == proof
    for (old, new), proof in CONSISTENCY.items():
        assert [each.hex() for each in kept.prove(tree.consistency_ranges(old, new))] == proof


@given(st.integers(1, 70), st.lists(st.integers(1, 20), max_size=6), st.data())
def test_it_is_what_the_definition_says_however_it_grew(
    size: int, pieces: list[int], data: st.DataObject
) -> None:
    leaves = hashed(size)
    kept = Kept(leaves, pieces)
    smaller = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, smaller - 1))
    old = data.draw(st.integers(1, smaller))
    roots = {each: naive_root(leaves[:each]) for each in (old, smaller)}
    assert kept.prove([(0, smaller)]) == [roots[smaller]]
    inclusion = kept.prove(tree.inclusion_ranges(index, smaller))
    assert inclusion == naive_inclusion(index, leaves[:smaller])
    assert tree.root_from_inclusion(index, smaller, leaves[index], inclusion) == roots[smaller]
    consistency = kept.prove(tree.consistency_ranges(old, smaller))
    assert consistency == naive_consistency(old, leaves[:smaller])
    assert tree.is_consistent(old, smaller, roots[old], roots[smaller], consistency)


@given(st.integers(2, 40), st.data())
def test_a_proof_that_was_tampered_with_leads_elsewhere(size: int, data: st.DataObject) -> None:
    leaves = hashed(size)
    kept = Kept(leaves, [])
    root = naive_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = kept.prove(tree.inclusion_ranges(index, size))
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index))
    assert tree.root_from_inclusion(other, size, leaves[index], proof) != root
    assert tree.root_from_inclusion(index, size, leaves[other], proof) != root
    assert tree.root_from_inclusion(index, size, leaves[index], proof[:-1]) != root
    assert tree.root_from_inclusion(index, size, leaves[index], [*proof, root]) != root
    assert tree.root_from_inclusion(size, size, leaves[index], proof) is None
    at = data.draw(st.integers(0, len(proof) - 1))
    bent = [*proof[:at], tree.leaf_hash(proof[at]), *proof[at + 1 :]]
    assert tree.root_from_inclusion(index, size, leaves[index], bent) != root
    old = data.draw(st.integers(1, size - 1))
    steps = kept.prove(tree.consistency_ranges(old, size))
    assert not tree.is_consistent(old, size, naive_root(leaves[: old - 1]), root, steps)
    assert not tree.is_consistent(old, size, naive_root(leaves[:old]), naive_root(leaves[:old]), steps)
    assert not tree.is_consistent(old, size, naive_root(leaves[:old]), root, steps[:-1])
    assert not tree.is_consistent(old, size, naive_root(leaves[:old]), root, [*steps, root])
    bent = [tree.leaf_hash(steps[0]), *steps[1:]]
    assert not tree.is_consistent(old, size, naive_root(leaves[:old]), root, bent)


def test_what_is_in_no_tree_has_no_proof() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ValueError, match="is not in a tree"):
            tree.inclusion_ranges(index, size)
    for old, new in ((0, 3), (4, 3)):
        with pytest.raises(ValueError, match="no proof"):
            tree.consistency_ranges(old, new)
    assert tree.is_consistent(0, 3, tree.EMPTY_ROOT, b"x", [])
    assert not tree.is_consistent(4, 3, b"x", b"x", [])
