"""Which way a version of an item, or an interpretation, may go: the tables of `data/lifecycle.yaml`."""

from __future__ import annotations

from yingshang.kernel.reference.api import Lifecycle, State

from .errors import NotPossibleNow

INTERPRETATION = Lifecycle(
    "yingshang.areas.policies",
    thing="interpretation",
    thing_zh="该解读",
    refusal=NotPossibleNow,
    table="interpretation",
)
VERSION = Lifecycle("yingshang.areas.policies", thing="version", thing_zh="该版本", refusal=NotPossibleNow)


def states() -> dict[str, State]:
    """All states of a version, by code."""
    return VERSION.states
