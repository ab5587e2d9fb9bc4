"""What an evaluation looks like: charts, lines of tables. Amounts are in fen there, in yuan here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from yingshang.areas.policies.api import EffectReport, Evaluation, Funnel
from yingshang.web.design import formats
from yingshang.web.design.charts import Chart, Series
from yingshang.web.words import SIZES, in_language

UNKNOWN = "—"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure, as the page shows it and as a file has it."""

    group: str
    name: str
    value: str
    plain: str
    unit: str = ""


def yuan(fen: int | None) -> Decimal | None:
    """Fen as yuan."""
    return None if fen is None else Decimal(fen) / 100


def days_chart(found: Evaluation) -> Chart:
    """How many were entitled, and how many undecided, day by day."""
    return Chart(
        "line",
        [each.day.isoformat() for each in found.days],
        [
            Series(_("符合"), [each.entitled for each in found.days]),
            Series(_("待定"), [each.undecided for each in found.days], "quiet"),
        ],
        unit=_("家"),
    )


def opinions_chart(found: Evaluation) -> Chart:
    """How many enterprises chose each level."""
    return Chart(
        "bar",
        [in_language(level.name, level.name_en) for level, _count in found.opinions.counts],
        [Series(_("企业"), [count for _level, count in found.opinions.counts])],
        unit=_("家"),
        horizontal=True,
    )


def lines(found: Evaluation) -> Iterator[Line]:
    """Every figure."""
    yield from _funnel(_("全部"), found.funnel, found.certain_fen)
    yield _line(_("资金"), _("预算"), yuan(found.budget_fen), _("元"))
    if found.carried_out is not None:
        yield _line(_("资金"), _("已支付"), yuan(found.carried_out.spent_fen), _("元"))
        yield _line(_("资金"), _("已预留"), yuan(found.carried_out.reserved_fen), _("元"))
        days = found.carried_out.days
        yield _line(_("兑现"), _("从申报到兑付"), None if days is None else round(Decimal(days), 2), _("天"))
    for each in found.regions:
        yield from _funnel(each.name or _("未到下级区划"), each.funnel, each.certain_fen)
    for size in found.sizes:
        yield from _funnel(size_name(size.size), size.funnel, size.certain_fen)
    yield _line(_("评价"), _("评价的企业"), found.opinions.total, _("家"))
    average = found.opinions.average
    yield _line(_("评价"), _("平均分"), None if average is None else round(Decimal(average), 2), _("分"))
    for level, count in found.opinions.counts:
        yield _line(_("评价"), in_language(level.name, level.name_en), count, _("家"))
    for day in found.days:
        yield _line(day.day.isoformat(), _("符合"), day.entitled, _("家"))


def size_name(size: str) -> str:
    """The size in the language of the page."""
    return str(SIZES.get(size, size)) or _("规模未知")


def effect_lines(report: EffectReport) -> list[dict[str, Any]]:
    """The effect on each fact, in percent."""
    return [
        {
            "name": each.name,
            "effect": each.effect,
            "known": each.effect.difference is not None,
            "change": _percent(each.effect.change),
            "others": _percent(each.effect.change_of_others),
            "difference": _points(each.effect.difference),
            "low": _points(each.effect.low),
            "high": _points(each.effect.high),
            "clear": each.effect.low is not None
            and each.effect.high is not None
            and (each.effect.low > 0 or each.effect.high < 0),
        }
        for each in report.facts
    ]


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share * 100:+.1f}%"


def _points(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share * 100:+.1f}"


def _funnel(group: str, funnel: Funnel, certain_fen: int) -> Iterator[Line]:
    for name, count in (
        (_("符合条件"), funnel.matched),
        (_("已通知"), funnel.sent),
        (_("已读"), funnel.read),
        (_("已点开"), funnel.clicked),
        (_("已申报"), funnel.applied),
        (_("已兑付"), funnel.paid),
    ):
        yield _line(group, name, count, _("家"))
    yield _line(group, _("确定金额"), yuan(certain_fen), _("元"))


def _line(group: str, name: str, value: Any, unit: str) -> Line:
    if value is None:
        return Line(group, name, UNKNOWN, "", unit)
    if isinstance(value, Decimal):
        return Line(group, name, formats.number(value, 2), f"{value:.2f}", unit)
    return Line(group, name, formats.number(value), str(value), unit)
