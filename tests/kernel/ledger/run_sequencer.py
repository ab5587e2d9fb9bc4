"""Started by a test as a process of its own and killed in the middle: it sequences in small batches."""

from __future__ import annotations

import time

from tests.kernel.ledger.factories import NOW
from yingshang.kernel.ledger import sequencer

whole = sequencer.binary_rows
batches: list[int] = []


def slow(rows):  # type: ignore[no-untyped-def]
    """The leaves of the batch are written, its nodes are not, nothing is committed: the worst moment."""
    print(len(batches) * 10, flush=True)
    batches.append(1)
    time.sleep(0.05)
    return whole(rows)


sequencer.binary_rows = slow
sequencer.sequence(now=NOW, batch=10)
