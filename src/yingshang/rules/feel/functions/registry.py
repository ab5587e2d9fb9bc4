"""How a built-in function is declared, found and called.

A declaration names the parameters and their types, as the standard's tables do:

    @builtin("substring(string: string, start position: number, length?: number)")
    def substring(string: str, start: Decimal, length: Decimal | None = None) -> Any: ...

Before the function runs: the number and names of the arguments are checked, implicit conversions made (a list of one
to its element and back), Failure answered for a Failure in any part, null for null where the parameter does not take
it, and in policy mode Unknown for an argument that is unknown in any part. A function declared `sees_unknown=True`
gets lists and contexts with such parts, and anything at all as `any`, and must itself keep the promise: decided only if
every completion agrees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from typing import Any

from yingshang.rules.feel.operators import kind_of, kind_zh
from yingshang.rules.feel.syntax import TypeName
from yingshang.rules.feel.temporal import Date, DateTime, DaysDuration, MonthsDuration, Time
from yingshang.rules.feel.types import coerce, is_instance
from yingshang.rules.feel.values import (
    Failure,
    Function,
    Range,
    Unknown,
    bounded,
    first_failure,
    unknowns,
)


@dataclass(frozen=True, slots=True)
class Environment:
    """What an evaluation may know of the world: nothing, unless it is handed in."""

    now: DateTime | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """`name`, its type (a FEEL type, or `any`, `scalar`, `comparable`, `point`), and whether it may be left out."""

    name: str
    type: str
    optional: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    parameters: tuple[Parameter, ...]
    function: Callable[..., Any]
    sees_unknown: bool
    variadic: bool
    needs_environment: bool


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in function: its name and its signatures, tried in order."""

    name: str
    signatures: list[Signature]


_BUILTINS: dict[str, Builtin] = {}


def find_builtin(name: str) -> Builtin | None:
    """The built-in of that name."""
    return _BUILTINS.get(name)


def builtin_names() -> list[str]:
    """Every built-in's name, sorted."""
    return sorted(_BUILTINS)


def builtin(
    declaration: str, *, sees_unknown: bool = False, variadic: bool = False, needs_environment: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function as a built-in, or as one more signature of it.

    `variadic`: the only parameter is a list that may also be given element by element.
    A parameter is written `name: type`, `name?: type` if it may be left out, `name: type|null` if it takes null.
    """
    name, _, rest = declaration.partition("(")
    parameters = []
    for written in filter(None, (part.strip() for part in rest.rstrip(")").split(","))):
        label, _, kind = written.partition(":")
        kind = kind.strip()
        parameters.append(
            Parameter(
                label.rstrip("?"), kind.removesuffix("|null"), label.endswith("?"), kind.endswith("|null")
            )
        )

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = Signature(tuple(parameters), function, sees_unknown, variadic, needs_environment)
        signatures = _BUILTINS.setdefault(name, Builtin(name, [])).signatures
        # Otherwise a Failure would be passed on or not depending on what is missing.
        assert all(each.sees_unknown is sees_unknown for each in signatures)
        signatures.append(signature)
        return function

    return register


def call_builtin(
    target: Builtin, arguments: list[Any], named: dict[str, Any] | None, environment: Environment
) -> Any:
    """The result of calling a built-in with positional or named arguments; Failure if they do not fit."""
    reason: Failure | None = None
    fits_not = False
    for signature in target.signatures:
        bound = _bind(target.name, signature, arguments, named)
        if isinstance(bound, Failure):
            reason = reason or bound
            continue
        result = _run(target.name, signature, bound, environment)
        if result is not _DOES_NOT_FIT:
            return result
        reason = _wrong_type(target.name, signature, bound)
        fits_not = True
    if fits_not and any(each.__class__ is Unknown for each in (named or {}).values() or arguments):
        # It may turn out to be null, which outdoes an argument of another type.
        return Unknown.merge([*arguments, *(named or {}).values()])
    return reason


_DOES_NOT_FIT = object()
_ABSENT = object()


def _bind(
    name: str, signature: Signature, arguments: list[Any], named: dict[str, Any] | None
) -> list[Any] | Failure:
    parameters = signature.parameters
    if named is not None:
        unexpected = [each for each in named if each not in {parameter.name for parameter in parameters}]
        lacking = [each.name for each in parameters if not each.optional and each.name not in named]
        if unexpected or lacking:
            names = ", ".join(each.name for each in parameters)
            return Failure(f"{name} takes the parameters {names}", f"{name} 的参数名是 {names}")
        return [named.get(each.name, _ABSENT) for each in parameters]
    if signature.variadic:
        if not arguments:
            return Failure(f"{name} needs a list", f"{name} 需要一个列表")
        if len(arguments) > 1:
            return [arguments]
        return [arguments[0]]
    if len(arguments) == len(parameters):
        return arguments
    required = sum(not each.optional for each in parameters)
    if not required <= len(arguments) <= len(parameters):
        span = str(required) if required == len(parameters) else f"{required} to {len(parameters)}"
        return Failure(
            f"{name} takes {span} arguments, not {len(arguments)}",
            f"{name} 需要 {span.replace(' to ', ' 至 ')} 个参数，而不是 {len(arguments)} 个",
        )
    return arguments + [_ABSENT] * (len(parameters) - len(arguments))


def _run(name: str, signature: Signature, bound: list[Any], environment: Environment) -> Any:
    sees_unknown = signature.sees_unknown
    prepared: list[Any] = []
    undecided: list[Unknown] = []
    failure: Failure | None = None
    null_given = False
    fits = True
    for parameter, argument in zip(signature.parameters, bound, strict=True):
        kind = argument.__class__
        value = None if argument is _ABSENT else argument
        if argument is None:
            null_given = null_given or not parameter.nullable
        elif value is not None and kind is not Unknown and kind is not Failure:
            value = _converted(argument, parameter.type)
            fits = fits and value is not None
        prepared.append(value)
        if kind in _LEAVES:
            continue
        # What a function that sees Unknown takes as `any`, it merely passes on, Unknown and Failure as well.
        if not sees_unknown:
            failure = failure or first_failure(argument)
            undecided.extend(unknowns(argument))
        elif parameter.type != "any":
            if value.__class__ is Failure:
                failure = failure or value
            elif value.__class__ is Unknown:
                undecided.append(value)
    if failure is not None:
        return failure
    if null_given:
        # Null outdoes what is unknown, unless that may still turn out to be a Failure.
        return None if all(each.is_fact for each in undecided) else Unknown.merge(undecided)
    if not fits:
        return _DOES_NOT_FIT
    if undecided:
        return Unknown.merge(undecided)
    given = prepared if signature.variadic else prepared[: _given(bound)]
    if signature.needs_environment:
        given = [*given, environment]
    try:
        return bounded(signature.function(*given))
    except DecimalException:
        return Failure(f"{name}: the result is no number", f"{name} 的结果不是有效数字")


def _given(bound: list[Any]) -> int:
    """How many parameters to pass: those at the end that were left out take their defaults."""
    count = len(bound)
    while count and bound[count - 1] is _ABSENT:
        count -= 1
    return count


# Nothing unknown can be inside of these.
_LEAVES = frozenset((Decimal, str, bool, type(None), Date, Time, DateTime, DaysDuration, MonthsDuration))
# What needs no conversion, which is nearly every argument.
_EXACT: dict[str, type] = {
    "number": Decimal,
    "string": str,
    "boolean": bool,
    "list": list,
    "date": Date,
    "time": Time,
    "date and time": DateTime,
    "days and time duration": DaysDuration,
    "range": Range,
    "function": Function,
    "context": dict,
}
_SCALARS = ("number", "string", "boolean", "date", "time", "date and time", "days and time duration",
            "years and months duration")  # fmt: skip


def _converted(argument: Any, kind: str) -> Any:
    """The argument as a parameter of that type, or None."""
    if kind == "any" or argument.__class__ is _EXACT.get(kind):
        return argument
    if kind == "comparable":
        return argument if kind_of(argument) in _SCALARS and not isinstance(argument, bool) else None
    if kind == "point":
        return argument if not isinstance(argument, Range) else None
    return coerce(argument, TypeName(kind)) if is_instance(argument, TypeName(kind)) is not None else None


def _wrong_type(name: str, signature: Signature, bound: list[Any]) -> Failure:
    for parameter, argument in zip(signature.parameters, bound, strict=True):
        if argument is _ABSENT or argument is None or argument.__class__ in (Unknown, Failure):
            continue
        if _converted(argument, parameter.type) is None:
            return Failure(
                f"{name}: {parameter.name} must be a {parameter.type}, not {kind_of(argument)}",
                f"{name} 的参数 {parameter.name} 类型不符：{kind_zh(argument)}",
            )
    return Failure(f"{name}: these arguments do not fit", f"{name} 的参数不符")


def whole(value: Decimal) -> int | None:
    """A number as an int, or None if it is not whole."""
    return int(value) if value == value.to_integral_value() else None


__all__ = ["Builtin", "Environment", "builtin", "builtin_names", "call_builtin", "find_builtin", "whole"]
