"""Conversion functions (DMN 1.5, 10.3.4.1) and `not` (10.3.4.2)."""

from __future__ import annotations

import re
from decimal import Decimal, DecimalException
from typing import Any

from yingshang.rules.feel import operators, temporal
from yingshang.rules.feel.functions.registry import builtin
from yingshang.rules.feel.temporal import Date, DateTime, DaysDuration, Time
from yingshang.rules.feel.values import (
    DECIMAL_128,
    UNBOUNDED,
    EqualityTest,
    Failure,
    Function,
    Range,
    plain,
)

_PLAIN_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@builtin("not(negand: any|null)", sees_unknown=True)
def not_(negand: Any) -> Any:
    return operators.negation(negand)


@builtin("number(from: string, grouping separator: string|null, decimal separator: string|null)")
def number_from_text(text: str, grouping: str | None, decimal: str | None) -> Any:
    if grouping not in (None, " ", ",", ".") or decimal not in (None, ".", ","):
        return Failure("separators are a space, a comma or a point", "分隔符只能是空格、逗号或句点")
    if grouping is not None and grouping == decimal:
        return Failure("the two separators must differ", "两种分隔符不能相同")
    if grouping is not None:
        text = text.replace(grouping, "")
    if decimal is not None:
        if decimal != "." and "." in text:
            return Failure(f"{text!r} is no number", f"“{text}”不是数字")
        text = text.replace(decimal, ".")
    return _number(text)


@builtin("number(from: any)")
def number_of(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    return _number(value) if isinstance(value, str) else Failure("number takes a string", "number 需要文字")


def _number(text: str) -> Any:
    if not _PLAIN_NUMBER.fullmatch(text.strip()):
        return Failure(f"{text!r} is no number", f"“{text}”不是数字")
    try:
        return DECIMAL_128.create_decimal(text.strip())
    except DecimalException:
        return Failure(f"{text!r} is too large", f"“{text}”超出范围")


@builtin("string(from: any)")
def string(value: Any) -> Any:
    return text_of(value, top=True)


def text_of(value: Any, *, top: bool = False) -> str:
    """A value as FEEL writes it. A string inside something stands in quotation marks, on its own it does not."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return value if top else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, list):
        return "[" + ", ".join(text_of(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {text_of(each)}" for key, each in value.items()) + "}"
    if isinstance(value, Range):
        return _range_text(value)
    if isinstance(value, EqualityTest):
        return f"({value.operator} {text_of(value.operand)})"
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters or ())})"
    return str(value) if top else f'@"{value}"' if isinstance(value, operators.TEMPORAL) else str(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[^\W\d][\w ]*", key) else text_of(key)


def _range_text(value: Range) -> str:
    if value.low is UNBOUNDED:
        return f"({'<=' if value.high_closed else '<'} {text_of(value.high)})"
    if value.high is UNBOUNDED:
        return f"({'>=' if value.low_closed else '>'} {text_of(value.low)})"
    low, high = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
    return f"{low}{text_of(value.low)}..{text_of(value.high)}{high}"


@builtin("date(from: any)")
def date(value: Any) -> Any:
    found = temporal.date_of(value)
    return found if found is not None else _no(value, "date", "日期")


@builtin("date(year: number, month: number, day: number)")
def date_of_parts(year: Decimal, month: Decimal, day: Decimal) -> Any:
    found = temporal.make_date(year, month, day)
    return (
        found
        if found is not None
        else Failure(f"{year}-{month}-{day} is no date", f"{year}-{month}-{day} 不是日期")
    )


@builtin("time(from: any)")
def time(value: Any) -> Any:
    found = temporal.time_of(value)
    return found if found is not None else _no(value, "time", "时间")


@builtin("time(hour: number, minute: number, second: number, offset?: days and time duration|null)")
def time_of_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: DaysDuration | None = None) -> Any:
    found = temporal.make_time(hour, minute, second, offset)
    return found if found is not None else Failure("there is no such time", "没有这样的时间")


@builtin("date and time(from: any)")
def date_time(value: Any) -> Any:
    found = temporal.date_and_time(value)
    return found if found is not None else _no(value, "date and time", "日期时间")


@builtin("date and time(date: any, time: time, timezone?: string)")
def date_time_of_parts(date: Any, time: Time, zone: str | None = None) -> Any:
    found = temporal.date_and_time(date, time, zone)
    return found if found is not None else Failure("there is no such date and time", "没有这样的日期时间")


@builtin("date and time(date time: date and time, timezone: string)")
def date_time_in_zone(value: DateTime, zone: str) -> Any:
    found = temporal.date_and_time(value, zone)
    return found if found is not None else Failure(f"there is no time zone {zone!r}", f"没有时区“{zone}”")


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number)"
)
def date_time_of_numbers(*parts: Decimal) -> Any:
    found = temporal.make_date_and_time(*parts)
    return found if found is not None else Failure("there is no such date and time", "没有这样的日期时间")


@builtin(
    "date and time(year: number, month: number, day: number, hour: number, minute: number, second: number, offset: any)"
)
def date_time_of_numbers_in_zone(*parts: Any) -> Any:
    found = temporal.make_date_and_time(*parts)
    return found if found is not None else Failure("there is no such date and time", "没有这样的日期时间")


@builtin("duration(from: any)")
def duration(value: Any) -> Any:
    if isinstance(value, temporal.Duration):
        return value
    found = temporal.parse_duration(value) if isinstance(value, str) else None
    return found if found is not None else _no(value, "duration", "时长")


@builtin("years and months duration(from: any, to: any)")
def years_and_months_duration(start: Any, end: Any) -> Any:
    if not isinstance(start, Date | DateTime) or not isinstance(end, Date | DateTime):
        return Failure("years and months duration takes two dates", "years and months duration 需要两个日期")
    return temporal.years_and_months_between(start, end)


def _no(value: Any, kind: str, kind_chinese: str) -> Failure:
    return Failure(f"{text_of(value)} is no {kind}", f"{text_of(value)} 不是{kind_chinese}")
