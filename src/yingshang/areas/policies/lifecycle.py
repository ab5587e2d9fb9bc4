"""Which way a version of an item may go: the table of `data/lifecycle.yaml`, and nothing else."""

from __future__ import annotations

from yingshang.kernel.reference.api import Lifecycle, State

from .errors import NotPossibleNow

VERSION = Lifecycle("yingshang.areas.policies", thing="version", thing_zh="该版本", refusal=NotPossibleNow)


def states() -> dict[str, State]:
    """All states of a version, by code."""
    return VERSION.states
