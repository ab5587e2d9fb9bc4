"""`make bench`, second part: the rooms of the kernel, into their section of docs/performance.md."""

from __future__ import annotations

from pathlib import Path

from bench.report import KERNEL
from bench.rooms import Rooms, run

if __name__ == "__main__":
    run(Rooms("bench.kernel", KERNEL, Path(__file__).parent, __doc__ or ""))
