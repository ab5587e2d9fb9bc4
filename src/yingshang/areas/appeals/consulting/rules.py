"""The rules of consultations: `data/consulting.yaml`, with what a region sets for itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.clock.api import Term
from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class ConsultingRules:
    """What holds in a region. `opinion_most` is in the unit of `opinion`."""

    opinion: Term
    opinion_most: int
    sign: Term
    ladder: str
    most_agencies: int
    most_tasks: int


@cache
def consulting_rules(region_path: str = "") -> ConsultingRules:
    """The rules of a region: what the nearest division above it sets, and else what holds everywhere."""
    data = _data()
    merged = {key: value for key, value in data.items() if key not in {"metadata", "regions"}}
    own = [each for each in data.get("regions") or () if region_path.startswith(str(each["region"]))]
    for each in sorted(own, key=lambda row: len(str(row["region"]))):
        merged |= {key: value for key, value in each.items() if key not in {"region", "source"}}
    return ConsultingRules(
        opinion=Term.from_dict(merged["opinion"]),
        opinion_most=Term.from_dict(merged["opinion_most"]).amount,
        sign=Term.from_dict(merged["sign"]),
        ladder=str(merged["ladder"]),
        most_agencies=int(merged["most_agencies"]),
        most_tasks=int(merged["most_tasks"]),
    )


@cache
def _data() -> dict[str, Any]:
    text = (files("yingshang.areas.appeals") / "data/consulting.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))
