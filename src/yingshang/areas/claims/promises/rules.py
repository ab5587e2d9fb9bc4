"""The rules of commitments: `data/promises.yaml`; and which of them are drawn for a check. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.clock.api import Term
from yingshang.kernel.reference.api import parse_yaml

from ..reconsidering.rules import term_of


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """`data/promises.yaml`."""

    check: Term
    ladder: str
    check_source: str
    longest_finding: int
    demand_days: int
    demand_rate: str
    demand_basis: str


@cache
def promise_rules() -> PromiseRules:
    """`data/promises.yaml`, read once."""
    text = (files("yingshang.areas.claims") / "data/promises.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    return PromiseRules(
        check=term_of(data["check"]),
        ladder=str(data["check"]["ladder"]),
        check_source=str(data["check"]["source"]),
        longest_finding=int(data["longest_finding"]),
        demand_days=int(data["demand"]["days"]),
        demand_rate=str(data["demand"]["rate"]),
        demand_basis=str(data["demand"]["basis"]),
    )


def is_drawn(number: str, code: str, checkpoint_root: str, percent: int) -> bool:
    """Whether a promise is drawn for a check: nobody chooses it, and anybody can draw it again.

    >>> is_drawn("DX1", "licence", "", 100), is_drawn("DX1", "licence", "", 0)
    (True, False)
    """
    digest = hashlib.sha256(f"{number}\n{code}\n{checkpoint_root}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100 < percent
