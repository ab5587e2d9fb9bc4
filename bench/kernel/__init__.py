"""What the rooms of the kernel can carry, each measured in a module of its own on a real, empty database.

A module here has the name of its room and one function, `measure(quick)`, which yields figures.
`python -m bench.kernel` runs them all, `python -m bench.kernel clock --quick` one of them, shortened.
"""

from __future__ import annotations

from bench.rooms import Figure

__all__ = ["Figure"]
