"""Places on the way of a payment at which a process may be killed: tests have it killed at each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

POINTS = (
    "send.noted",
    "send.answered",
    "send.saved",
    "report.fetched",
    "report.kept",
    "report.settled",
    "report.committed",
    "statement.read",
    "statement.settled",
    "statement.committed",
)
_watch: Callable[[str], None] | None = None


def reached(point: str) -> None:
    """Called when a process comes by; outside of tests nothing happens."""
    if _watch is not None:
        _watch(point)


@contextmanager
def watched(watch: Callable[[str], None]) -> Iterator[None]:
    """Have a function called at every point while the block runs."""
    global _watch
    before, _watch = _watch, watch
    try:
        yield
    finally:
        _watch = before
