"""Types: `instance of`, and the implicit conversions of DMN 1.5, 10.3.2.9.4."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from yingshang.rules.feel.syntax import TypeName
from yingshang.rules.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.rules.feel.values import UNBOUNDED, EqualityTest, Failure, Function, Range, Unknown

_SIMPLE: dict[str, type | tuple[type, ...]] = {
    "number": Decimal,
    "string": str,
    "boolean": bool,
    "date": Date,
    "time": Time,
    "date and time": DateTime,
    "dateTime": DateTime,
    "days and time duration": DaysDuration,
    "dayTimeDuration": DaysDuration,
    "years and months duration": MonthsDuration,
    "yearMonthDuration": MonthsDuration,
    "list": list,
    "range": (Range, EqualityTest),
    "context": dict,
    "function": Function,
}
TYPE_NAMES = frozenset({*_SIMPLE, "Any", "Null", "null"})


def is_instance(value: Any, type_name: TypeName) -> bool | None:
    """Whether a decided value is of a type; None if there is no such type."""
    name = type_name.name
    if name == "Any":
        return value is not None
    if name in ("Null", "null"):
        return value is None
    if name not in _SIMPLE:
        return None
    if value is None or not isinstance(value, _SIMPLE[name]):
        return False
    if name == "list" and type_name.arguments:
        return all(_conforms(each, type_name.arguments[0]) for each in value)
    if name == "range" and type_name.arguments:
        ends = (value.operand,) if isinstance(value, EqualityTest) else (value.low, value.high)
        return all(_conforms(end, type_name.arguments[0]) for end in ends if end is not UNBOUNDED)
    if name == "context" and type_name.entries:
        return all(key in value and _conforms(value[key], kind) for key, kind in type_name.entries)
    if name == "function" and type_name.result is not None:
        return value.parameters is None or len(value.parameters) == len(type_name.arguments)
    return True


def _conforms(value: Any, type_name: TypeName) -> bool:
    """Null conforms to every type, as an element of something."""
    return value is None or type_name.name == "Any" or is_instance(value, type_name) is True


def coerce(value: Any, type_name: TypeName) -> Any:
    """`value` as a parameter or result of a type: itself, an implicit conversion of it, or None if neither fits.

    Unknown and Failure pass: what they are will be seen when they are known.
    """
    if value is None or value.__class__ in (Unknown, Failure) or type_name.name == "Any":
        return value
    fits = is_instance(value, type_name)
    if fits or fits is None:
        return value
    if isinstance(value, list) and len(value) == 1 and type_name.name != "list":
        return coerce(value[0], type_name)
    if type_name.name == "list" and not isinstance(value, list):
        return [value] if is_instance([value], type_name) else None
    if type_name.name in ("date and time", "dateTime") and isinstance(value, Date):
        return DateTime(value, Time(0, 0, 0, 0, 0))
    return None
