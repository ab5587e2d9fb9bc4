"""What the areas can carry, each subject measured in a module of its own on a real, empty database.

A module has one function, `measure(quick)`, which yields figures. `python -m bench.areas` runs them all,
`python -m bench.areas policies_matching --quick` one of them, shortened.
"""

from __future__ import annotations

from bench.rooms import Figure

__all__ = ["Figure"]
