"""Reading the tree: sizes, roots and proofs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from . import tree
from .errors import LogNotFound, NoSuchProof

_NODES = """
    SELECT 2 * index, hash FROM ledger_leaf WHERE index = ANY(%s)
    UNION ALL SELECT position, hash FROM ledger_node WHERE position = ANY(%s)
"""


_MOST = 1 << 61
"""Leaves beyond which positions of nodes do not fit into a column."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a leaf is in the tree of a size."""

    index: int
    size: int
    leaf_hash: bytes
    hashes: tuple[bytes, ...]


def log_size() -> int:
    """How many leaves there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM ledger_leaf")
        return int(cursor.fetchone()[0])


def nodes(positions: list[int]) -> dict[int, bytes]:
    """The hashes of complete nodes, leaves among them. Raises LogNotFound when one is missing."""
    leaves = [each >> 1 for each in positions if not each & 1]
    with connection.cursor() as cursor:
        cursor.execute(_NODES, [leaves, [each for each in positions if each & 1]])
        found = {int(row[0]): bytes(row[1]) for row in cursor.fetchall()}
    if missing := set(positions) - set(found):
        raise LogNotFound(
            f"the log lacks node {min(missing)}",
            message_zh=f"日志缺少节点 {min(missing)}",
            position=min(missing),
        )
    return found


def root_at(size: int) -> bytes:
    """The root over the first leaves. Raises LogNotFound."""
    return tree.prove([(0, size)], nodes)[0]


def inclusion_proof(index: int, size: int) -> InclusionProof:
    """That a leaf is among the first `size` ones. Raises NoSuchProof. One query."""
    no_such = NoSuchProof(
        f"there is no leaf {index} in a log of {size}",
        message_zh=f"条数为 {size} 的日志中没有序号 {index}",
        index=index,
        size=size,
    )
    if not 0 <= index < size <= _MOST:
        raise no_such
    try:
        leaf, *hashes = tree.prove([(index, index + 1), *tree.inclusion_ranges(index, size)], nodes)
    except LogNotFound:
        # Beyond its end the log lacks nodes; asking for the end first would be a second query for every proof.
        if size > log_size():
            raise no_such from None
        raise
    return InclusionProof(index, size, leaf, tuple(hashes))


def consistency_proof(first: int, second: int) -> tuple[bytes, ...]:
    """That the first `first` leaves were the same when there were `second`. Raises NoSuchProof."""
    if not 0 < first <= second or second > log_size():
        raise NoSuchProof(
            f"there is no proof from {first} to {second}: both are sizes of the log, the smaller one first",
            message_zh=f"没有从 {first} 到 {second} 的一致性证明：两者都应是日志的条数，小者在前",
            first=first,
            second=second,
        )
    return tuple(tree.prove(tree.consistency_ranges(first, second), nodes))
