"""The five levels, and what an area asks about its service: read from data. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from yingshang.kernel.clock.api import Term
from yingshang.kernel.reference.api import parse_yaml

from .errors import InvalidRatingRules


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
class RatingQuestion:
    """A question to be answered by yes or no. `bad_if_no`: a no is followed up whatever the level."""

    code: str
    name: str
    name_en: str
    bad_if_no: bool = False


@dataclass(frozen=True, slots=True)
class RatingRules:
    """What an area asks, how long a rating can be changed, within which time a bad one is followed up."""

    levels: Mapping[int, RatingLevel]
    satisfied_from: int
    steps: Mapping[str, RatingWord]
    reasons: Mapping[str, RatingWord]
    questions: Mapping[str, RatingQuestion]
    longest_words: int
    change_days: int
    follow_up: Term
    ladder: str
    publish_from: int

    def bad(self, level: int, answers: Mapping[str, bool]) -> bool:
        """Whether it is followed up: for its level, or for a no that is."""
        return self.levels[level].bad or any(
            each.bad_if_no and answers.get(each.code) is False for each in self.questions.values()
        )

    def fitting(self, level: int, answers: Mapping[str, bool]) -> tuple[str, ...]:
        """The reasons that go with a level; with a good one that is followed up for a no, all of them."""
        kinds = {self.levels[level].bad, self.bad(level, answers)}
        return tuple(code for code, word in self.reasons.items() if word.bad in kinds)


@cache
def rating_levels() -> Mapping[int, RatingLevel]:
    """The five levels of GB/T 39046, the best first."""
    return {each["code"]: RatingLevel(**each) for each in _levels()["levels"]}


def published_for() -> timedelta:
    """How long published results are kept before they are summed anew."""
    return timedelta(minutes=int(_levels()["published_for_minutes"]))


@cache
def _levels() -> dict[str, Any]:
    text = (files("yingshang.kernel.ratings") / "data/levels.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = parse_yaml(text)
    return found


def read_rating_rules(text: str, *, name: str) -> RatingRules:
    """The rules of an area, as its data file has them. Raises InvalidRatingRules, which says what is wrong."""
    try:
        data: dict[str, Any] = parse_yaml(text)
        rules = RatingRules(
            levels=rating_levels(),
            satisfied_from=int(_levels()["satisfied_from"]),
            steps=_words(data["steps"]),
            reasons=_words(data["reasons"]),
            questions={each["code"]: RatingQuestion(**each) for each in data.get("questions", ())},
            longest_words=int(data["longest_words"]),
            change_days=int(data["change_days"]),
            follow_up=Term(int(data["follow_up"]["working_days"]), "working_days"),
            ladder=str(data["follow_up"]["ladder"]),
            publish_from=int(data["publish_from"]),
        )
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise InvalidRatingRules(
            f"{name}: {error}", message_zh=f"评价规则“{name}”无法读取：{error}", value=name
        ) from None
    _ensure(bool(rules.steps), name, "steps", "say at least one step", "至少写一个环节")
    _ensure(rules.publish_from >= 1, name, "publish_from", "at least 1", "不能少于 1")
    return rules


def _words(rows: Iterable[Mapping[str, Any]]) -> dict[str, RatingWord]:
    found = {str(each["code"]): RatingWord(**each) for each in rows}
    too_long = [code for code in found if len(code) > LONGEST_CODE]
    if too_long:
        raise ValueError(f"codes of more than {LONGEST_CODE} characters: {', '.join(too_long)}")
    return found


LONGEST_CODE = 12
"""Characters of the code of a step or a reason."""


def _ensure(holds: bool, name: str, field: str, what: str, what_zh: str) -> None:
    if not holds:
        raise InvalidRatingRules(
            f"{name}: {field}: {what}", message_zh=f"评价规则“{name}”的 {field}：{what_zh}", field=field
        )


def unknown_answers(rules: RatingRules, answers: Collection[str]) -> list[str]:
    """Answers to questions nobody asked."""
    return sorted(set(answers) - set(rules.questions))
