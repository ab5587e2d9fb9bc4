"""`make bench`, third part: the areas, into their section of docs/performance.md."""

from __future__ import annotations

from pathlib import Path

from bench.report import AREAS
from bench.rooms import Rooms, run

if __name__ == "__main__":
    run(Rooms("bench.areas", AREAS, Path(__file__).parent, __doc__ or ""))
