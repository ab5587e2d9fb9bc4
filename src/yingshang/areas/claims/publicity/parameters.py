"""How awards are shown to everybody: `data/publicity.yaml`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.access.api import mask
from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class MaskRule:
    """Of credit codes with this prefix: how many characters stay at either end; None hides nothing."""

    prefix: str
    name: tuple[int, int] | None
    credit_code: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class PublicityRules:
    """`data/publicity.yaml`. Limits are (how often, within how many hours)."""

    masks: tuple[MaskRule, ...]
    chunk: int
    at_once: int
    visitor_limit: tuple[int, int]
    user_limit: tuple[int, int]
    longest_text: int


@cache
def publicity_rules() -> PublicityRules:
    """`data/publicity.yaml`, read once."""
    text = (files("yingshang.areas.claims") / "data/publicity.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    return PublicityRules(
        masks=tuple(
            MaskRule(str(each["prefix"]), _ends(each["name"]), _ends(each["credit_code"]))
            for each in data["masks"]
        ),
        chunk=int(data["chunk"]),
        at_once=int(data["at_once"]),
        visitor_limit=(int(data["visitor_limit"]["count"]), int(data["visitor_limit"]["hours"])),
        user_limit=(int(data["user_limit"]["count"]), int(data["user_limit"]["hours"])),
        longest_text=int(data["longest_text"]),
    )


def shown(name: str, credit_code: str) -> tuple[str, str]:
    """Name and credit code as everybody reads them."""
    rule = next(each for each in publicity_rules().masks if credit_code.startswith(each.prefix))
    return _hidden(name, rule.name), _hidden(credit_code, rule.credit_code)


def _hidden(text: str, ends: tuple[int, int] | None) -> str:
    return text if ends is None or not text else mask(text, head=ends[0], tail=ends[1])


def _ends(found: Any) -> tuple[int, int] | None:
    return None if found is None else (int(found["head"]), int(found["tail"]))
