"""The settings of `data/figures.yaml`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class Stretch:
    """So late: up to `until` days, or without an end."""

    code: str
    name: str
    name_en: str
    until: int | None = None

    def takes(self, days: int) -> bool:
        """Whether so many days are no more than it takes; the first that does is the one."""
        return self.until is None or days <= self.until


@dataclass(frozen=True, slots=True)
class FigureRules:
    """All of them."""

    stretches: tuple[Stretch, ...]
    undated: Stretch
    ages: tuple[Stretch, ...]
    due_next: tuple[int, ...]
    done_months: int
    counted_to: int
    shown: int
    share_from: int

    def stretch_of(self, days: int | None) -> str:
        """The stretch of something done so many days after its day; None where it had none."""
        if days is None:
            return self.undated.code
        return next(each.code for each in self.stretches if each.takes(days))


@dataclass(frozen=True, slots=True)
class RiskReason:
    """Why something may not be done in time, before its day has come; `points` say how much it weighs."""

    code: str
    points: int
    name: str
    name_en: str
    says: str
    says_en: str


@dataclass(frozen=True, slots=True)
class RiskRules:
    """What `data/risks.yaml` says."""

    days: int
    points_from: int
    supplements_from: int
    reasons: dict[str, RiskReason]


@cache
def risk_rules() -> RiskRules:
    """What the file says."""
    data = read_data("risks.yaml")
    reasons = [RiskReason(**each) for each in data["reasons"]]
    return RiskRules(
        days=data["days"],
        points_from=data["points_from"],
        supplements_from=data["supplements_from"],
        reasons={each.code: each for each in reasons},
    )


@cache
def figure_rules() -> FigureRules:
    """What the file says."""
    data = read_data("figures.yaml")
    stretches = tuple(Stretch(**each) for each in data["stretches"])
    by_code = {each.code: each for each in stretches}
    return FigureRules(
        stretches=stretches,
        undated=Stretch(**data["undated"]),
        ages=tuple(by_code[code] for code in data["ages"]),
        due_next=tuple(data["due_next"]),
        done_months=data["done_months"],
        counted_to=data["counted_to"],
        shown=data["shown"],
        share_from=data["share_from"],
    )


def read_data(name: str) -> dict[str, Any]:
    """One data file of this area."""
    text = (files("yingshang.areas.contracts") / "data" / name).read_text(encoding="utf-8")
    found: dict[str, Any] = parse_yaml(text)
    return found
