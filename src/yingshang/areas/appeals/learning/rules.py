"""The settings of `data/learning.yaml`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from yingshang.kernel.clock.api import Term

from ..dispatching.parameters import read_data


@dataclass(frozen=True, slots=True)
class RecordFigure:
    """One figure of the performance record; `against` an agency, or only what it is measured by."""

    code: str
    name: str
    name_en: str
    against: bool
    says: str
    says_en: str


@dataclass(frozen=True, slots=True)
class LearningRules:
    """All of them."""

    months_shown: int
    weeks_shown: int
    topics_drawn: int
    rising_from: int
    rising_by: Decimal
    repeat_days: int
    cluster_days: int
    cluster_from: int
    voices_most: int
    suggestion_answer: Term
    suggestion_ladder: str
    freeze_day: int
    objection_days: int
    catch_up_months: int
    publish_from: int
    publish_months: int
    figures: Mapping[str, RecordFigure]

    @property
    def against(self) -> tuple[str, ...]:
        """The figures that speak against an agency."""
        return tuple(code for code, each in self.figures.items() if each.against)


@cache
def learning_rules() -> LearningRules:
    """What the file says."""
    data = {key: value for key, value in read_data("learning.yaml").items() if key != "metadata"}
    return LearningRules(
        **{
            **data,
            "rising_by": Decimal(data["rising_by"]),
            "suggestion_answer": Term.from_dict(data["suggestion_answer"]),
            "figures": {each["code"]: RecordFigure(**each) for each in data["figures"]},
        }
    )
