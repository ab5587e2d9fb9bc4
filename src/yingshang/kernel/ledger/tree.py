"""The Merkle tree of RFC 9162 (section 2.1), apart from any storage.

A node is complete when all leaves below it exist; it never changes from then on, so only complete nodes are kept.
They are numbered as they stand in the tree read from left to right (`position`): leaf i at 2i, and between the leaves
the nodes above them. Everything a proof needs is a range of leaves, and every range is a few complete nodes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Range = tuple[int, int]
"""Leaves from the first number up to, and without, the second."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf. The byte in front keeps it from ever being a node's."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node from those of its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def position(level: int, index: int) -> int:
    """The number under which a node is kept; level 0 are the leaves."""
    return ((2 * index + 1) << level) - 1


def complete_nodes(first: int, last: int) -> list[int]:
    """Positions of the fewest complete nodes that cover the leaves from `first` up to `last`, left to right.

    `first` must be where a subtree begins that may have this many leaves, as in every range of a proof.
    """
    found = []
    while first < last:
        level = (last - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        found.append(position(level, first >> level))
        first += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that shrink from left to right."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def grow(start: int, edge: Sequence[bytes], leaves: bytes) -> Iterator[tuple[int, bytes]]:
    """The nodes above the leaves that become complete when leaves are added, with their positions.

    `edge` are the hashes of `complete_nodes(0, start)`, `leaves` the new leaf hashes one after the other. Level by
    level, since one loop over a level costs little more than its hashes.
    """
    sha256 = hashlib.sha256
    at_level = dict(
        zip((bit for bit in reversed(range(start.bit_length())) if start >> bit & 1), edge, strict=True)
    )
    level, first, row = 0, start, leaves
    while row:
        if first & 1:
            # The left sibling of our first node is complete already, the last of the edge at this level.
            row = at_level[level] + row
            first -= 1
        pairs = len(row) // (2 * HASH_SIZE)
        above = [
            sha256(b"\x01" + row[at : at + 2 * HASH_SIZE]).digest()
            for at in range(0, pairs * 2 * HASH_SIZE, 2 * HASH_SIZE)
        ]
        level, first = level + 1, first >> 1
        for number, each in enumerate(above):
            yield position(level, first + number), each
        row = b"".join(above)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """What an inclusion proof of a leaf consists of, from the leaf upwards (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    first, last = 0, size
    found: list[Range] = []
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            found.append((middle, last))
            last = middle
        else:
            found.append((first, middle))
            first = middle
    return found[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """What a consistency proof between two sizes consists of (RFC 9162, 2.1.4.1)."""
    if not 0 < old <= new:
        raise ValueError(f"there is no proof from {old} to {new}")
    first, last, whole = 0, new, True
    found: list[Range] = []
    rest = old
    while rest != last - first:
        split = _split(last - first)
        if rest <= split:
            found.append((first + split, last))
            last = first + split
        else:
            found.append((first, first + split))
            first += split
            rest -= split
            whole = False
    if not whole:
        found.append((first, last))
    return found[::-1]


def prove(ranges: Iterable[Range], fetch: Callable[[list[int]], Mapping[int, bytes]]) -> list[bytes]:
    """The hashes of ranges; `fetch` is asked once for all the nodes they consist of."""
    parts = [complete_nodes(first, last) for first, last in ranges]
    kept = fetch([each for part in parts for each in part])
    return [fold([kept[each] for each in part]) for part in parts]


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to, or None when it has the wrong length (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    number, last, root = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return None
        if number & 1 or number == last:
            root = node_hash(each, root)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            root = node_hash(root, each)
        number >>= 1
        last >>= 1
    return root if last == 0 else None


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the tree of the old size is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if old == new:
        return not proof and old_root == new_root
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number >>= 1
        last >>= 1
    first = second = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            first, second = node_hash(each, first), node_hash(each, second)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            second = node_hash(second, each)
        number >>= 1
        last >>= 1
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << ((count - 1).bit_length() - 1)
