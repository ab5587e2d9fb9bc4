"""How much of what has no end a run tries: examples of a property, strange texts for a parameter, places to die at.

While working all of it is tried; examples are drawn anew each time. A build server tries a part, the same one each
time, unless `EXAMPLES=all` asks for all: what it is there to notice is a change that breaks something, and that shows
early.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

Value = TypeVar("Value")

FEW = bool(os.environ.get("CI")) and os.environ.get("EXAMPLES") != "all"


def examples(number: int) -> int:
    """`number` of them, or on a build server a fifth, and no fewer than 30."""
    return max(30, number // 5) if FEW else number


def some(values: Sequence[Value], number: int, *, of: str) -> list[Value]:
    """The values that the thing called `of` is tried with: all of them, or on a build server `number`.

    From thing to thing others, evenly spread: with many things each value is tried with some.
    """
    if not FEW or number >= len(values):
        return list(values)
    first = crc32(of.encode())
    return [values[(first + place * len(values) // number) % len(values)] for place in range(number)]
