"""Numbers and words of lists that are data, not code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class ListRules:
    """`data/lists.yaml`. `omissions`: reason → (Chinese, English)."""

    chunk: int
    telling: int
    ended_fact: str
    ended_values: tuple[str, ...]
    omissions: dict[str, tuple[str, str]]


@cache
def list_rules() -> ListRules:
    """`data/lists.yaml`, read once."""
    text = (files("yingshang.areas.claims") / "data/lists.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    return ListRules(
        chunk=int(data["chunk"]),
        telling=int(data["telling"]),
        ended_fact=str(data["ended"]["fact"]),
        ended_values=tuple(data["ended"]["values"]),
        omissions={each["code"]: (each["name"], each["name_en"]) for each in data["omissions"]},
    )
