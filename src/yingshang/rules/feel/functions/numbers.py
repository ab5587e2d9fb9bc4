"""Numeric functions (DMN 1.5, 10.3.4.5)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from typing import Any

from yingshang.rules.feel import temporal
from yingshang.rules.feel.functions.registry import builtin, whole
from yingshang.rules.feel.values import DECIMAL_128, Failure

# DMN 1.5, table 76: the scale of a number lies between these.
_LOWEST_SCALE, _HIGHEST_SCALE = -6111, 6176


def _rounded(number: Decimal, scale: Decimal, rounding: str) -> Any:
    places = whole(scale)
    if places is None or not _LOWEST_SCALE <= places <= _HIGHEST_SCALE:
        return Failure(
            f"a scale is a whole number from {_LOWEST_SCALE} to {_HIGHEST_SCALE}", "小数位数超出范围"
        )
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return number
    try:
        # The rounding itself must not be cut to 34 digits a second time, hence a wide context.
        wide = DECIMAL_128.copy()
        wide.prec, wide.Emin, wide.Emax = 13_000, -99_999, 99_999
        return DECIMAL_128.plus(number.quantize(Decimal(1).scaleb(-places, wide), rounding, wide))
    except DecimalException:
        return Failure("the result is no number", "计算结果不是有效数字")


def _declare_rounding(name: str, rounding: str) -> None:
    @builtin(f"{name}(n: number, scale: number)")
    def with_scale(number: Decimal, scale: Decimal) -> Any:
        return _rounded(number, scale, rounding)


for _name, _rounding in (
    ("decimal", ROUND_HALF_EVEN),
    ("floor", ROUND_FLOOR),
    ("ceiling", ROUND_CEILING),
    ("round up", ROUND_UP),
    ("round down", ROUND_DOWN),
    ("round half up", ROUND_HALF_UP),
    ("round half down", ROUND_HALF_DOWN),
):
    _declare_rounding(_name, _rounding)


@builtin("floor(n: number)")
def floor(number: Decimal) -> Any:
    return _rounded(number, Decimal(0), ROUND_FLOOR)


@builtin("ceiling(n: number)")
def ceiling(number: Decimal) -> Any:
    return _rounded(number, Decimal(0), ROUND_CEILING)


@builtin("abs(n: any)")
def absolute(value: Any) -> Any:
    if isinstance(value, Decimal):
        return DECIMAL_128.abs(value)
    if isinstance(value, temporal.DaysDuration):
        return temporal.DaysDuration(abs(value.nanoseconds))
    if isinstance(value, temporal.MonthsDuration):
        return temporal.MonthsDuration(abs(value.months))
    if isinstance(value, list) and len(value) == 1:
        return absolute(value[0])
    return Failure("abs takes a number or a duration", "abs 需要数字或时长")


@builtin("modulo(dividend: number, divisor: number)")
def modulo(dividend: Decimal, divisor: Decimal) -> Any:
    if divisor == 0:
        return Failure("division by zero", "除数为零")
    # dividend - divisor * floor(dividend / divisor), without rounding the quotient to 34 digits first
    try:
        remainder = DECIMAL_128.remainder(dividend, divisor)
    except DecimalException:
        return Failure("the result is no number", "计算结果不是有效数字")
    return (
        DECIMAL_128.add(remainder, divisor) if remainder and (remainder < 0) != (divisor < 0) else remainder
    )


def _declare_function(name: str, function: Callable[[Decimal], Decimal]) -> None:
    @builtin(f"{name}(number: number)")
    def apply(number: Decimal) -> Any:
        try:
            return function(number)
        except DecimalException:
            return Failure(f"{name} has no value there", f"{name} 在此处没有值")


_declare_function("exp", DECIMAL_128.exp)


@builtin("sqrt(number: number)")
def sqrt(number: Decimal) -> Any:
    return (
        DECIMAL_128.sqrt(number) if number >= 0 else Failure("no root of a negative number", "负数没有平方根")
    )


@builtin("log(number: number)")
def log(number: Decimal) -> Any:
    return DECIMAL_128.ln(number) if number > 0 else Failure("no logarithm of zero or less", "非正数没有对数")


@builtin("odd(number: number)")
def odd(number: Decimal) -> Any:
    value = whole(number)
    return Failure(f"{number} is not whole", f"{number} 不是整数") if value is None else value % 2 == 1


@builtin("even(number: number)")
def even(number: Decimal) -> Any:
    value = whole(number)
    return Failure(f"{number} is not whole", f"{number} 不是整数") if value is None else value % 2 == 0
