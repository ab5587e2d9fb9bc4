"""Types: `instance of`, and the implicit conversions of DMN 1.5, 10.3.2.9.4."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from yingshang.rules.feel import syntax
from yingshang.rules.feel.syntax import Node, TypeName
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
_NOT_TOLD = TypeName("?")
_BOOLEAN_FUNCTIONS = frozenset(
    {
        "not", "all", "any", "and", "or", "contains", "starts with", "ends with", "matches", "list contains", "is",
        "odd", "even", "before", "after", "meets", "met by", "overlaps", "overlaps before", "overlaps after",
        "finishes", "finished by", "includes", "during", "starts", "started by", "coincides",
    }
)  # fmt: skip
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
    if isinstance(value, list) and type_name.arguments:
        return all(_conforms(each, type_name.arguments[0]) for each in value)
    if isinstance(value, Range) and type_name.arguments:
        return all(
            _conforms(end, type_name.arguments[0]) for end in (value.low, value.high) if end is not UNBOUNDED
        )
    if isinstance(value, EqualityTest) and type_name.arguments:
        return _conforms(value.operand, type_name.arguments[0])
    if isinstance(value, dict):
        return all(key in value and _conforms(value[key], kind) for key, kind in type_name.entries)
    if isinstance(value, Function) and type_name.result is not None:
        return _function_conforms(value, type_name)
    return True


def _function_conforms(function: Function, type_name: TypeName) -> bool:
    """DMN 1.5, 10.3.2.9.2: it takes at least what the type's parameters take, and gives at most its result."""
    if function.parameters is None:
        return True
    if len(function.parameters) != len(type_name.arguments):
        return False
    declared = function.parameter_types or (None,) * len(function.parameters)
    return all(map(is_subtype, type_name.arguments, declared)) and is_subtype(
        function.result_type, type_name.result
    )


def is_subtype(narrow: TypeName | None, wide: TypeName | None) -> bool:
    """Whether every value of one type is one of the other. What is not known is let pass."""
    if narrow is None or narrow == _NOT_TOLD or wide is None or wide.name == "Any":
        return True
    if narrow.name != wide.name:
        return False
    entries = dict(narrow.entries)
    return (
        all(map(is_subtype, narrow.arguments, wide.arguments))
        and all(key in entries and is_subtype(entries[key], kind) for key, kind in wide.entries)
        and (wide.result is None or is_subtype(narrow.result, wide.result))
    )


def static_type(node: Node) -> TypeName | None:
    """The type of an expression, where its form alone tells it (a null aside)."""
    if isinstance(
        node,
        syntax.Comparison
        | syntax.And
        | syntax.Or
        | syntax.Between
        | syntax.In
        | syntax.InstanceOf
        | syntax.Quantified,
    ):
        return TypeName("boolean")
    if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name):
        return TypeName("boolean") if node.function.name in _BOOLEAN_FUNCTIONS else None
    if isinstance(node, syntax.Literal):
        return next((TypeName(name) for name, kind in _SIMPLE.items() if isinstance(node.value, kind)), None)
    if isinstance(node, syntax.ContextLiteral):
        known = [(key, static_type(each)) for key, each in node.entries]
        return TypeName("context", (), tuple((key, kind or _NOT_TOLD) for key, kind in known))
    if isinstance(node, syntax.ListLiteral | syntax.For):
        return TypeName("list")
    return TypeName("function") if isinstance(node, syntax.FunctionDefinition) else None


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
