"""Functions of other rooms that the pages use and that are not there yet; each name goes when its room has it."""

from __future__ import annotations

from typing import Any

from yingshang.kernel.parties import api as _parties


def __getattr__(name: str) -> Any:
    def missing(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(name)

    return getattr(_parties, name, missing)
