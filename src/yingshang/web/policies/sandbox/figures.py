"""What an outcome looks like: tiles, charts, lines of tables. Amounts are in fen there, in yuan here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.policies.api import SandboxGroup, SandboxOutcome, SandboxSetting, ScenarioView
from yingshang.web.design import formats
from yingshang.web.design.charts import Chart, Series

Words = str | Promise

BREAKDOWNS: dict[str, Words] = {
    "region": gettext_lazy("按地区"),
    "industry": gettext_lazy("按行业"),
    "size": gettext_lazy("按规模"),
    "ownership": gettext_lazy("按所有制"),
    "age": gettext_lazy("按成立年限"),
}
HEADINGS: dict[str, Words] = {
    "region": gettext_lazy("地区"),
    "industry": gettext_lazy("行业"),
    "size": gettext_lazy("规模"),
    "ownership": gettext_lazy("所有制"),
    "age": gettext_lazy("成立年限"),
}
WITHIN: dict[str, tuple[str, Words]] = {
    "certainly": ("good", gettext_lazy("肯定不超")),
    "possibly": ("warn", gettext_lazy("可能超出")),
    "not": ("bad", gettext_lazy("肯定超出")),
}
CHARTED = 10
_MAP_ORDER = {"size": ("大型", "中型", "小型", "微型")}


def yuan(fen: int | None) -> Decimal | None:
    """Fen as yuan."""
    return None if fen is None else Decimal(fen) / 100


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at the top."""

    label: str
    value: str
    note: str
    tone: str
    icon: str


def tiles(outcome: SandboxOutcome, setting: SandboxSetting) -> list[Tile]:
    """How many, and how much, each with what it is now."""
    side, base = outcome.side, outcome.base

    def now(value: Any) -> str:
        return "" if base is None else _("现行版本 %(value)s") % {"value": value}

    def share(count: int) -> str:
        return formats.percent(Decimal(count) / outcome.subjects) if outcome.subjects else ""

    found = [
        Tile(
            _("符合"),
            formats.number(side.entitled),
            _joined(share(side.entitled), now(formats.number(base.entitled)) if base else ""),
            "good",
            "circle-check",
        ),
        Tile(
            _("待定"),
            formats.number(side.undecided),
            _joined(share(side.undecided), _("缺少事实，无法判定")),
            "warn",
            "help-circle",
        ),
        Tile(_("不符合"), formats.number(side.refused), share(side.refused), "", "circle-x"),
    ]
    if side.errors or side.amount_errors:
        found.append(
            Tile(
                _("无法计算"),
                formats.number(side.errors + side.amount_errors),
                _("条件 %(conditions)s 户，金额 %(amounts)s 户")
                % {
                    "conditions": formats.number(side.errors),
                    "amounts": formats.number(side.amount_errors),
                },
                "bad",
                "alert-circle",
            )
        )
    if setting.pays:
        found += [
            Tile(
                _("确定金额"),
                formats.large_money(yuan(side.certain)),
                now(formats.large_money(yuan(base.certain))) if base else "",
                "note",
                "coin",
            ),
            Tile(
                _("可能金额"),
                formats.large_money(yuan(side.possible)),
                _joined(
                    now(formats.large_money(yuan(base.possible))) if base else "",
                    _("另有 %(count)s 户的金额没有上限") % {"count": formats.number(side.amount_unknown)}
                    if side.amount_unknown
                    else "",
                ),
                "",
                "coin",
            ),
        ]
    return found


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """Certain and possible cost beside the budget, in percent of the largest of the three."""

    tone: str
    verdict: Words
    budget: Decimal
    certain: Decimal
    possible: Decimal
    certain_share: int
    possible_share: int
    budget_share: int


def budget_line(outcome: SandboxOutcome) -> BudgetLine | None:
    """None without a budget."""
    if outcome.budget is None or outcome.within not in WITHIN:
        return None
    tone, verdict = WITHIN[outcome.within]
    side = outcome.side
    most = max(outcome.budget, side.possible, side.certain, 1)
    certain = side.certain * 100 // most
    return BudgetLine(
        tone=tone,
        verdict=verdict,
        budget=Decimal(outcome.budget) / 100,
        certain=Decimal(side.certain) / 100,
        possible=Decimal(side.possible) / 100,
        certain_share=certain,
        possible_share=max(side.possible * 100 // most - certain, 0),
        budget_share=outcome.budget * 100 // most,
    )


def in_order(by: str, rows: Sequence[SandboxGroup]) -> list[SandboxGroup]:
    """Ages and sizes as they follow one another, the others by cost; what is not known comes last."""
    if by == "age":
        return sorted(rows, key=lambda each: (not each.key, each.key))
    if by in _MAP_ORDER:
        known = _MAP_ORDER[by]
        return sorted(
            rows, key=lambda each: (known.index(each.key) if each.key in known else len(known), each.key)
        )
    return sorted(rows, key=lambda each: (-each.possible, -each.entitled, -each.subjects, each.key))


def chart_of(by: str, outcome: SandboxOutcome, *, pays: bool) -> Chart:
    """Cost by group, before and after; how many are entitled where no money is paid."""
    rows = in_order(by, outcome.by[by])
    shown = rows[:CHARTED]

    def values(name: str) -> list[Decimal | int]:
        if pays:
            return [Decimal(getattr(each, name)) / 1_000_000 for each in shown]
        return [getattr(each, name) for each in shown]

    series = [Series(_("推演方案"), values("certain" if pays else "entitled"))]
    if outcome.base is not None:
        before = values("base_certain" if pays else "base_entitled")
        series.append(Series(_("现行版本"), before, "quiet"))
    return Chart(
        "bar",
        [each.label for each in shown],
        series,
        unit=_("万元") if pays else _("户"),
        horizontal=True,
    )


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group as tables show it."""

    label: str
    subjects: int
    entitled: int
    undecided: int
    certain: Decimal
    possible: Decimal
    base_entitled: int | None
    base_certain: Decimal | None
    gain: int
    lose: int


def group_lines(by: str, outcome: SandboxOutcome) -> list[GroupLine]:
    """All groups of a breakdown."""
    known = outcome.base is not None
    return [
        GroupLine(
            each.label,
            each.subjects,
            each.entitled,
            each.undecided,
            Decimal(each.certain) / 100,
            Decimal(each.possible) / 100,
            each.base_entitled if known else None,
            Decimal(each.base_certain) / 100 if known else None,
            each.gain,
            each.lose,
        )
        for each in in_order(by, outcome.by[by])
    ]


@dataclass(frozen=True, slots=True)
class CompareLine:
    """One figure of several scenarios; `best` says which of them is the lowest cost, or the most entitled."""

    label: str
    values: tuple[str, ...]
    differs: bool


def compare_lines(scenarios: Sequence[ScenarioView]) -> tuple[list[CompareLine], list[CompareLine]]:
    """Parameters side by side, then results."""
    names = list(dict.fromkeys(each.name for one in scenarios for each in one.parameters))
    parameters = []
    for name in names:
        found = [next((each for each in one.parameters if each.name == name), None) for one in scenarios]
        # Of numbers in the text a scenario keeps those it moved; the others are what its version says.
        present = {
            one.number: each.present for one, each in zip(scenarios, found, strict=True) if each is not None
        }
        known = next(each for each in found if each is not None)
        values = [
            each.value if each else present.get(one.number, "")
            for one, each in zip(scenarios, found, strict=True)
        ]
        cells = [f"{value} {known.unit}".strip() if value else "—" for value in values]
        parameters.append(_line(known.title, cells))
    outcomes = [each.outcome for each in scenarios]
    results = [
        _line(_("版本"), [_("第 %(number)s 版") % {"number": each.number} for each in scenarios]),
        _line(_("推演日期"), [each.day.isoformat() for each in scenarios]),
        _line(_("推演范围"), ["、".join(each.places) for each in scenarios]),
        _line(_("数据截至"), [formats.moment(each.facts_at) for each in scenarios]),
        _line(_("企业"), [formats.number(each.subjects) for each in outcomes]),
        _line(_("符合"), [formats.number(each.side.entitled) for each in outcomes]),
        _line(_("待定"), [formats.number(each.side.undecided) for each in outcomes]),
        _line(_("不符合"), [formats.number(each.side.refused) for each in outcomes]),
        _line(
            _("无法计算"), [formats.number(each.side.errors + each.side.amount_errors) for each in outcomes]
        ),
        _line(_("确定金额"), [formats.large_money(yuan(each.side.certain)) for each in outcomes]),
        _line(_("可能金额"), [formats.large_money(yuan(each.side.possible)) for each in outcomes]),
        _line(_("预算"), [formats.large_money(yuan(each.budget)) or "—" for each in outcomes]),
        _line(_("与预算比较"), [str(WITHIN[each.within][1]) if each.within else "—" for each in outcomes]),
        _line(_("新增受益"), [formats.number(each.gain) for each in outcomes]),
        _line(_("不再受益"), [formats.number(each.lose) for each in outcomes]),
    ]
    return parameters, results


def _line(label: str, values: Sequence[str]) -> CompareLine:
    return CompareLine(label, tuple(values), len(set(values)) > 1)


def compare_chart(scenarios: Sequence[ScenarioView]) -> Chart:
    """Certain and possible cost of each."""
    return Chart(
        "bar",
        [each.name for each in scenarios],
        [
            Series(_("确定金额"), [Decimal(each.outcome.side.certain) / 1_000_000 for each in scenarios]),
            Series(
                _("可能金额"),
                [Decimal(each.outcome.side.possible) / 1_000_000 for each in scenarios],
                "quiet",
            ),
        ],
        unit=_("万元"),
    )


def compare_groups(scenarios: Sequence[ScenarioView]) -> list[tuple[Words, Words, list[CompareLine]]]:
    """Certain cost by group, for each breakdown."""
    found = []
    for by, title in BREAKDOWNS.items():
        tables = [
            {each.label: each for each in in_order(by, one.outcome.by.get(by, ()))} for one in scenarios
        ]
        labels = list(dict.fromkeys(label for table in tables for label in table))
        lines = []
        for label in labels:
            cells = []
            for table in tables:
                row = table.get(label)
                cells.append("—" if row is None else _cell(row))
            lines.append(_line(label, cells))
        found.append((title, HEADINGS[by], lines[:20]))
    return found


def _cell(row: SandboxGroup) -> str:
    count = _("%(count)s 户") % {"count": formats.number(row.entitled)}
    return f"{count} · {formats.large_money(yuan(row.certain))}" if row.certain else count
