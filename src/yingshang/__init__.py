"""Yingshang 营商: an open digital business-environment platform."""

from typing import Any


def __getattr__(name: str) -> Any:
    """`__version__`, read when it is asked for: looking for it takes as long as a small command."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("yingshang")
