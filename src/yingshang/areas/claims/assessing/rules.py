"""The rules of scoring and field checks: `data/assessing.yaml`, and what an agency set for its item. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml

from ..errors import InvalidScores, InvalidTerms

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class AssessingWord:
    """A result, a reason, a conclusion: its code and its names. `tone` is how a page colours it."""

    code: str
    name: str
    name_en: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """What experts give points for: from nothing to `maximum`, worth `weight` of a hundred."""

    code: str
    name: str
    weight: Decimal
    maximum: Decimal
    note: str = ""


@dataclass(frozen=True, slots=True)
class ScoringRules:
    """How claims for an item are scored. `fields` are those experts are drawn from; none: everybody."""

    experts: int
    fields: tuple[str, ...]
    result: str
    working_days: int
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What is looked at in the field: `points` are (code, name)."""

    points: tuple[tuple[str, str], ...]
    photos: int
    working_days: int


@cache
def limits() -> dict[str, Any]:
    """`data/assessing.yaml`; do not change the result."""
    text = (files("yingshang.areas.claims") / "data/assessing.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))


@cache
def result_words() -> dict[str, AssessingWord]:
    """How scores become one."""
    return {each["code"]: AssessingWord(**each) for each in limits()["scoring"]["results"]}


@cache
def excluded_words() -> dict[str, AssessingWord]:
    """Why somebody is not drawn."""
    return {each["code"]: AssessingWord(**each) for each in limits()["excluded"]}


@cache
def conclusion_words() -> dict[str, AssessingWord]:
    """What a field check comes to."""
    return {each["code"]: AssessingWord(**each) for each in limits()["field_check"]["conclusions"]}


def scoring_rules(data: Mapping[str, Any]) -> ScoringRules:
    """What was set for an item, checked. Raises InvalidTerms at `scoring`."""
    most = limits()["scoring"]
    experts = _whole(data, "experts", most["least_experts"], most["most_experts"], "scoring", "专家人数")
    result = str(data.get("result") or "mean")
    if result not in result_words():
        raise _wrong(
            "scoring",
            f"the result is one of {', '.join(result_words())}",
            f"计分办法应为以下之一：{'、'.join(result_words())}",
        )
    if result == "trimmed_mean" and experts < most["trimmed_at_least"]:
        raise _wrong(
            "scoring",
            f"without the highest and the lowest there have to be {most['trimmed_at_least']} experts at least",
            f"去掉最高分和最低分的，专家至少 {most['trimmed_at_least']} 人",
        )
    rows = _rows(data, "criteria", most["most_criteria"], "scoring", "评分指标")
    criteria = tuple(
        Criterion(
            str(each["code"]),
            str(each["name"]).strip(),
            _number(each, "weight"),
            _number(each, "maximum"),
            str(each.get("note") or "").strip(),
        )
        for each in rows
    )
    whole = sum((each.weight for each in criteria), Decimal(0))
    if whole != most["whole"]:
        raise _wrong(
            "scoring",
            f"the weights add up to {whole}, not to {most['whole']}",
            f"各项指标的权重合计应为 {most['whole']}，现在是 {whole}",
        )
    days = _whole(data, "working_days", 1, most["longest_days"], "scoring", "评分期限（工作日）")
    fields = tuple(dict.fromkeys(str(each).strip() for each in data.get("fields") or () if str(each).strip()))
    return ScoringRules(experts, fields, result, days, criteria)


def field_rules(data: Mapping[str, Any]) -> FieldRules:
    """The same of a field check. Raises InvalidTerms at `field_check`."""
    most = limits()["field_check"]
    rows = _rows(data, "points", most["most_points"], "field_check", "核查要点")
    return FieldRules(
        tuple((str(each["code"]), str(each["name"]).strip()) for each in rows),
        _whole(data, "photos", 0, most["most_photos_asked"], "field_check", "照片张数"),
        _whole(data, "working_days", 1, most["longest_days"], "field_check", "核查期限（工作日）"),
    )


def as_data(rules: ScoringRules) -> dict[str, Any]:
    """The rules as a panel keeps them."""
    return {
        "experts": rules.experts,
        "fields": list(rules.fields),
        "result": rules.result,
        "working_days": rules.working_days,
        "criteria": [
            {
                "code": each.code,
                "name": each.name,
                "weight": str(each.weight),
                "maximum": str(each.maximum),
                "note": each.note,
            }
            for each in rules.criteria
        ],
    }


def as_field_data(rules: FieldRules) -> dict[str, Any]:
    """The rules of a field check as terms keep them."""
    return {
        "photos": rules.photos,
        "working_days": rules.working_days,
        "points": [{"code": code, "name": name} for code, name in rules.points],
    }


def points_of(criteria: Sequence[Criterion], given: Mapping[str, Any]) -> dict[str, Decimal]:
    """The points given for each criterion. Raises InvalidScores with the criterion as `field`."""
    strange = [code for code in given if code not in {each.code for each in criteria}]
    if strange:
        raise InvalidScores(
            f"{strange[0]} is no criterion here", message_zh=f"没有“{strange[0]}”这项指标", field=strange[0]
        )
    found = {}
    for each in criteria:
        try:
            points = Decimal(str(given.get(each.code, "")).strip())
        except InvalidOperation:
            points = Decimal("NaN")
        if not points.is_finite() or not 0 <= points <= each.maximum or points != points.quantize(_CENT):
            raise InvalidScores(
                f"{each.name}: give 0 to {each.maximum} points, with two decimals at most",
                message_zh=f"“{each.name}”应打 0 到 {each.maximum} 分，最多两位小数",
                field=each.code,
            )
        found[each.code] = points
    return found


def total_of(criteria: Sequence[Criterion], points: Mapping[str, Decimal]) -> Decimal:
    """What the points come to of a hundred, to the hundredth.

    >>> rules = [Criterion("a", "甲", Decimal(60), Decimal(10)), Criterion("b", "乙", Decimal(40), Decimal(5))]
    >>> total_of(rules, {"a": Decimal(7), "b": Decimal(5)})
    Decimal('82.00')
    """
    parts = (points[each.code] * each.weight / each.maximum for each in criteria)
    return sum(parts, Decimal(0)).quantize(_CENT, ROUND_HALF_UP)


def result_of(rule: str, totals: Sequence[Decimal]) -> Decimal:
    """What the totals of all experts come to.

    >>> result_of("mean", [Decimal(80), Decimal(90)]), result_of("trimmed_mean", [Decimal(n) for n in (0, 80, 90, 100)])
    (Decimal('85.00'), Decimal('85.00'))
    """
    counted = sorted(totals)
    if rule == "trimmed_mean" and len(counted) > 2:
        counted = counted[1:-1]
    return (sum(counted, Decimal(0)) / len(counted)).quantize(_CENT, ROUND_HALF_UP)


def _rows(data: Mapping[str, Any], name: str, most: int, field: str, words: str) -> list[Mapping[str, Any]]:
    rows = data.get(name) or ()
    usable = isinstance(rows, Sequence) and all(isinstance(each, Mapping) for each in rows)
    found = list(rows) if usable else []
    codes = [str(each.get("code") or "") for each in found]
    named = all(str(each.get("name") or "").strip() for each in found)
    if not 1 <= len(found) <= most or not all(codes) or len(set(codes)) < len(codes) or not named:
        raise _wrong(
            field,
            f"{name}: 1 to {most}, each with a name and a code of its own",
            f"{words}应有 1 到 {most} 项，每项都要有名称和不重复的代码",
        )
    return found


def _whole(data: Mapping[str, Any], name: str, least: int, most: int, field: str, words: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _wrong(
            field, f"{name} is a whole number from {least} to {most}", f"{words}应为 {least} 到 {most} 的整数"
        )
    return value


def _number(row: Mapping[str, Any], name: str) -> Decimal:
    try:
        value = Decimal(str(row.get(name, "")))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 < value <= 1000 or value != value.quantize(_CENT):
        raise _wrong(
            "scoring",
            f"{name} of {row.get('name')} is a number above 0, with two decimals at most",
            f"“{row.get('name')}”的权重和满分应大于 0，最多两位小数",
        )
    return value


def _wrong(field: str, message: str, message_zh: str) -> InvalidTerms:
    return InvalidTerms(message, message_zh=message_zh, field=field)
