"""Numbers of this area that are data, not code."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml


@cache
def payment() -> dict[str, Any]:
    """`data/payment.yaml`."""
    return dict(parse_yaml((files(__package__) / "data/payment.yaml").read_text(encoding="utf-8")))


@cache
def limits() -> dict[str, Any]:
    """`data/limits.yaml`."""
    return dict(parse_yaml((files(__package__) / "data/limits.yaml").read_text(encoding="utf-8")))
