"""The FEEL values of Arrow cells: the one conversion that row and column evaluation share.

| Arrow | FEEL |
|---|---|
| null, NaN, infinity | Unknown, with the name of the fact |
| integers, decimals | number, exactly |
| floats | number: the shortest decimal that reads back as the float (0.1, not 0.1000000000000000055…) |
| string, dictionary of strings, bool | string, boolean |
| date, timestamp, time, duration | date, date and time, time, days and time duration |
| list | list; a null element is Unknown `name[2]` |
| struct | context that has all its fields; a null one is Unknown `name[2].field` |
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from yingshang.rules.feel import temporal
from yingshang.rules.feel.temporal import Date, DaysDuration
from yingshang.rules.feel.values import OpenContext, Unknown, number


def fact_value(array: pa.Array, row: int, name: str) -> Any:
    """The FEEL value of one cell. `name` is the column: what an Unknown says is missing."""
    return fact_values(array.slice(row, 1), name)[0]


def fact_values(array: pa.Array, name: str) -> list[Any]:
    """The FEEL values of every cell of an array."""
    single_precision = pa.types.is_float32(array.type) or pa.types.is_float16(array.type)
    if single_precision:
        array = shortest_doubles(array)
    return [_value(each, name) for each in array.to_pylist()]


def facts_of_row(batch: pa.RecordBatch, row: int) -> dict[str, Any]:
    """Every column of one row as a FEEL value, ready for a Scope in policy mode."""
    return {
        name: fact_value(column, row, name)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }


def shortest_doubles(array: pa.Array) -> pa.Array:
    """Floats of lower precision as the doubles that print alike: 0.1 stays 0.1."""
    values = array.to_numpy(zero_copy_only=False)
    mask = array.is_null().to_numpy(zero_copy_only=False)
    return pa.array(
        [None if gone else float(str(each)) for each, gone in zip(values, mask, strict=True)], pa.float64()
    )


def _value(value: Any, name: str) -> Any:
    kind = value.__class__
    if kind is str or kind is bool:
        return value
    if value is None:
        return Unknown.fact(name)
    if kind is int or kind is Decimal:
        return number(value)
    if kind is float:
        return Decimal(repr(value)) if math.isfinite(value) else Unknown.fact(name)
    if kind is datetime.date:
        return Date(value.year, value.month, value.day)
    if isinstance(value, Mapping):
        entries = {key: _value(each, f"{name}.{key}") for key, each in value.items()}
        return OpenContext(entries, name, declared=True)
    if isinstance(value, list):
        return [_value(each, f"{name}[{index}]") for index, each in enumerate(value, start=1)]
    if isinstance(value, datetime.datetime):
        return temporal.parse_date_time(value.isoformat())
    if isinstance(value, datetime.time):
        return temporal.parse_time(value.isoformat())
    if isinstance(value, datetime.timedelta):
        return DaysDuration(round(value / datetime.timedelta(microseconds=1)) * 1000)
    raise TypeError(f"column {name}: values of type {kind.__name__} have no FEEL value")
