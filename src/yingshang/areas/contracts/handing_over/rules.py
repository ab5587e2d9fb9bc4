"""The rules of handing over: `data/handing_over.yaml`, with what a region sets for itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.clock.api import Term
from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class HandOverRules:
    """What holds in a region."""

    accept: Term
    ladder: str
    listed: int


@cache
def hand_over_rules(region_path: str = "") -> HandOverRules:
    """The rules of a region: what the nearest division above it sets, and else what holds everywhere."""
    data = _data()
    merged = {key: value for key, value in data.items() if key not in {"metadata", "regions"}}
    own = [each for each in data.get("regions") or () if region_path.startswith(str(each["region"]))]
    for each in sorted(own, key=lambda row: len(str(row["region"]))):
        merged |= {key: value for key, value in each.items() if key not in {"region", "source"}}
    return HandOverRules(Term.from_dict(merged["accept"]), str(merged["ladder"]), int(merged["listed"]))


@cache
def _data() -> dict[str, Any]:
    text = (files("yingshang.areas.contracts") / "data/handing_over.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))
