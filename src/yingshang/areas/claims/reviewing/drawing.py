"""Drawn so that nobody chooses and anybody can draw again: the sample of a batch, the experts of a panel. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

ROUND_UP = 99


def seed_of(numbers: Iterable[str], checkpoint_root: str) -> str:
    """SHA-256 over the numbers of the claims in order, a line each, and the root of the signed checkpoint.

    >>> seed_of(["B", "A"], "00") == seed_of(["A", "B"], "00")
    True
    """
    return hashlib.sha256("\n".join([*sorted(numbers), checkpoint_root]).encode()).hexdigest()


def sample_of(numbers: Iterable[str], seed: str, percent: int) -> frozenset[str]:
    """The share of the claims whose hash with the seed is smallest, rounded up, at least one.

    >>> len(sample_of(["A", "B", "C"], "00", 10)), len(sample_of(["A", "B", "C"], "00", 100))
    (1, 3)
    """
    known = draw_order(numbers, seed)
    return frozenset(known[: max(1, (len(known) * percent + ROUND_UP) // 100)])


def draw_order(numbers: Iterable[str], seed: str) -> list[str]:
    """All of them in the order they are drawn in: by the SHA-256 of the seed and the number, the smallest first."""
    return sorted(set(numbers), key=lambda each: hashlib.sha256(f"{seed}{each}".encode()).hexdigest())
