"""Whether the machine had anything else to do while it was measured."""

from __future__ import annotations

import os
import time
from pathlib import Path

_STAT = Path("/proc/stat")


class Machine:
    """What other work takes of the processors from now on."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._others = _others()

    def others(self) -> float | None:
        """The share of all processors that went to other work, or to other guests of the host; None if unknown."""
        now = _others()
        if now is None or self._others is None:
            return None
        elapsed = time.perf_counter() - self._started
        return max(0.0, (now - self._others) / (elapsed * (os.cpu_count() or 1)))


def _others() -> float | None:
    """Seconds of processors spent so far by anything but this process and its children."""
    try:
        fields = [int(each) for each in _STAT.read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return None
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = fields
    busy = (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")
    return busy - sum(os.times()[:4])
