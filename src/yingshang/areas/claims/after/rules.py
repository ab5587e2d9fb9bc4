"""The rules of ratings: `data/rating.yaml`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.clock.api import Term
from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class RatingLevel:
    """One level: 5 is the best. A bad one opens a follow-up."""

    code: int
    name: str
    name_en: str
    bad: bool


@dataclass(frozen=True, slots=True)
class RatingWord:
    """A step that can be rated, or a reason to be ticked."""

    code: str
    name: str
    name_en: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class RatingRules:
    """`data/rating.yaml`."""

    levels: dict[int, RatingLevel]
    steps: dict[str, RatingWord]
    reasons: dict[str, RatingWord]
    longest_words: int
    change_days: int
    follow_up: Term
    ladder: str
    publish_from: int


@cache
def rating_rules() -> RatingRules:
    """`data/rating.yaml`, read once."""
    text = (files("yingshang.areas.claims") / "data/rating.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = parse_yaml(text)
    return RatingRules(
        levels={each["code"]: RatingLevel(**each) for each in data["levels"]},
        steps={each["code"]: RatingWord(**each) for each in data["steps"]},
        reasons={each["code"]: RatingWord(**each) for each in data["reasons"]},
        longest_words=int(data["longest_words"]),
        change_days=int(data["change_days"]),
        follow_up=Term(int(data["follow_up"]["working_days"]), "working_days"),
        ladder=str(data["follow_up"]["ladder"]),
        publish_from=int(data["publish_from"]),
    )
