"""How many examples a property is tried with.

While working all of them are drawn, other ones each time. A build server draws a third, the same ones each time, unless
`EXAMPLES=all` asks for all: what it is there to notice is a change that breaks a property, and that shows early.
"""

from __future__ import annotations

import os

_FEW = bool(os.environ.get("CI")) and os.environ.get("EXAMPLES") != "all"


def examples(number: int) -> int:
    """`number` of them, or on a build server a third, and no fewer than 60."""
    return max(60, number // 3) if _FEW else number
