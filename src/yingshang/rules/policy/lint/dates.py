"""Days: effective dates, application windows, the periods of parameters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from yingshang.rules.feel.temporal import Date, DaysDuration, add
from yingshang.rules.policy.document import Problem
from yingshang.rules.policy.lint.view import ItemView, before, day_of, value_on, values_in
from yingshang.rules.policy.marked_yaml import Path

_ONE_DAY = DaysDuration(86_400 * 10**9)


def check_dates(view: ItemView) -> Iterator[Problem]:
    """The effective dates, the windows and the parameters of an item."""
    data = view.data
    effective = data.get("effective") or {}
    if not effective.get("from") and not effective.get("to"):
        yield view.finding(
            "effective-missing",
            ("effective",) if "effective" in data else ("id",),
            "there are no effective dates, so the item is in force for ever; add effective: {from: …, to: …}",
            "未写明生效期，视为长期有效，请补充 effective: {from: …, to: …}",
        )
    yield from _period(view, effective, ("effective",))
    yield from _windows(view, effective)
    yield from _issued(view, effective)
    for index, parameter in enumerate(data.get("parameters") or ()):
        yield from _parameter(view, parameter, ("parameters", index))


def _period(view: ItemView, period: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for key in ("from", "to"):
        if period.get(key) is not None and day_of(period[key]) is None:
            yield view.finding(
                "date-unreadable",
                (*path, key),
                f"there is no day {period[key]}; write a day such as 2026-11-21",
                f"没有“{period[key]}”这一天，请写如 2026-11-21",
                text=str(period[key]),
            )
    start, end = day_of(period.get("from")), day_of(period.get("to"))
    if before(end, start):
        yield view.finding(
            "dates-order",
            (*path, "to"),
            f"the period ends on {end}, before it begins on {start}; swap or mend the days",
            f"期间于 {end} 结束，早于开始日 {start}，请调换或更正",
            text=str(end),
        )


def _windows(view: ItemView, effective: Mapping[str, Any]) -> Iterator[Problem]:
    start, end = day_of(effective.get("from")), day_of(effective.get("to"))
    seen: list[tuple[Date | None, Date | None]] = []
    for index, window in enumerate(view.data.get("windows") or ()):
        path: Path = ("windows", index)
        yield from _period(view, window, path)
        opens, closes = day_of(window.get("from")), day_of(window.get("to"))
        if before(closes, opens):
            continue
        if before(closes, start) or before(end, opens):
            yield view.finding(
                "window-outside",
                path,
                f"the window {_span(opens, closes)} lies outside of the effective dates {_span(start, end)}, "
                "so nobody who applies then is entitled; mend one of them",
                f"申报期 {_span(opens, closes)} 不在生效期 {_span(start, end)} 之内，届时无人符合，请更正",
                text=_span(opens, closes),
            )
        for other in seen:
            if not before(closes, other[0]) and not before(other[1], opens):
                yield view.finding(
                    "windows-overlap",
                    path,
                    f"the windows {_span(*other)} and {_span(opens, closes)} overlap; join or part them",
                    f"申报期 {_span(*other)} 与 {_span(opens, closes)} 重叠，请合并或分开",
                    text=_span(opens, closes),
                )
                break
        seen.append((opens, closes))


def _span(start: Date | None, end: Date | None) -> str:
    return f"{start or '…'} – {end or '…'}"


def _issued(view: ItemView, effective: Mapping[str, Any]) -> Iterator[Problem]:
    start = day_of(effective.get("from"))
    issued = day_of((view.data.get("document") or {}).get("issued"))
    if before(start, issued):
        yield view.finding(
            "retroactive",
            ("document", "issued"),
            f"the document was issued on {issued}, after it takes effect "
            f"on {start}; fine if it reaches back, else mend it",
            f"文件于 {issued} 发布，晚于生效日 {start}；如确为追溯适用可不理会，否则请更正",
            text=str(issued),
        )


def _parameter(view: ItemView, parameter: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    name = str(parameter["name"])
    values = []
    for index, each in enumerate(parameter.get("values") or ()):
        yield from _period(view, each, (*path, "values", index))
        start, end = day_of(each.get("from")), day_of(each.get("to"))
        if not before(end, start):
            values.append((start, end, index, each["value"]))
    # An open beginning comes first.
    values.sort(
        key=lambda each: (each[0] is not None, each[0] and (each[0].year, each[0].month, each[0].day))
    )
    for (start, end, _, value), (later, _, index, other) in itertools.pairwise(values):
        where = (*path, "values", index)
        if end is None and later is not None and start != later:
            # Left open: the one that begins later takes over. That is how laws are amended.
            continue
        if later is None or not before(end, later):
            if value != other:
                day = later or end or start
                yield view.finding(
                    "parameter-overlap",
                    where,
                    f"{name} has the values {value} and {other} on {day}; end the first one before that day",
                    f"参数“{name}”在 {day} 同时取值 {value} 和 {other}，请让前一个先结束",
                    text=str(day),
                )
            continue
        following = add(end, _ONE_DAY) if end is not None else None
        if isinstance(following, Date) and before(following, later):
            yield view.finding(
                "parameter-gap",
                where,
                f"{name} has no value from {following} until {later}; extend one of the periods",
                f"参数“{name}”自 {following} 至 {later} 前无取值，请延长期间",
                text=str(following),
            )
    # One that is only asked for another day, as in LPR(放款日期), needs no value on this one.
    if not parameter.get("values") or value_on(parameter, view.as_of) is not None:
        return
    if name not in view.names or any(
        each.name == name for expression in view.expressions for each in values_in(expression.raw)
    ):
        yield view.finding(
            "parameter-missing",
            path,
            f"{name} has no value on {view.as_of}, so what depends on it is undecided; add the value in force",
            f"参数“{name}”在 {view.as_of} 无取值，相关事项将无法判断，请补充现行取值",
            text=name,
        )


__all__ = ["check_dates"]
