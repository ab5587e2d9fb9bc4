"""Whole columns into their types, exactly; what does not fit is named, cell by cell, and left null.

The quick way converts a column at once. Only where that fails is it taken apart, first into pieces, then into cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .cells import (
    EXCEL_ERRORS,
    UNKNOWN,
    Refusal,
    read_boolean,
    read_context,
    read_date,
    read_lines,
    read_list,
    read_number,
)
from .column_type import LONG_DIGITS, ColumnType
from .source import Positions

_PIECE = 1024
"""Rows of a piece: few enough to read one by one where one of them is wrong."""

_SAFE_DIGITS = LONG_DIGITS - 2
_BOUNDS = Context(prec=LONG_DIGITS)

Reader = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """Cells of one column that are wrong in the same way.

    `rows` are positions in the batch, ascending, `texts` what the cells hold; `path` is a field of a line, if any, and
    `notes` says something more of each cell.
    """

    code: str
    rows: Positions
    texts: Any
    expected: ColumnType
    path: str = ""
    notes: tuple[str, ...] = ()


def convert(raw: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    """An Arrow array as `target.arrow`, null where it is unknown or wrong, and what is wrong."""
    raw = _plain(raw)
    if target.kind == "kept":
        return (raw if raw.type == target.arrow else raw.cast(target.arrow)), []
    if raw.null_count == len(raw):
        return pa.nulls(len(raw), target.arrow), []
    return _CONVERTERS[target.kind](raw, target)


def text_of(raw: Any) -> Any:
    """Any Arrow array as strings: numbers at their shortest exact writing, dates as 2024-01-31, NaN as null."""
    raw = _plain(raw)
    if pa.types.is_string(raw.type):
        return raw
    if pa.types.is_floating(raw.type):
        raw = pc.if_else(pc.is_nan(raw), pa.scalar(None, raw.type), raw)
    if not pa.types.is_nested(raw.type):
        with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return raw.cast(pa.string())
    return pa.array([None if each is None else str(each) for each in raw.to_pylist()], pa.string())


def quick_numbers(texts: Any, target: ColumnType) -> Any | None:
    """Strings as numbers at once; None if some of them need a closer look (signs, exponents, errors)."""
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), target.arrow)
    # Arrow does not notice the overflow of very long texts, and reads exponents beyond what is exact.
    if pc.max(pc.binary_length(texts)).as_py() > _SAFE_DIGITS - target.scale or _has_exponent(texts):
        return None
    try:
        return texts.cast(pa.decimal128(target.digits, target.scale)).cast(target.arrow)
    except pa.ArrowInvalid:
        return None


def _plain(raw: Any) -> Any:
    """Dictionaries decoded, chunks joined, and the wide and view variants of types as the usual ones."""
    if isinstance(raw, pa.ChunkedArray):
        raw = raw.combine_chunks()
    kind = raw.type
    if pa.types.is_dictionary(kind):
        raw = raw.cast(kind.value_type)
        kind = raw.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return raw.cast(pa.string())
    if pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return raw.cast(pa.list_(kind.value_type))
    return raw


def _has_exponent(texts: Any) -> bool:
    _, offsets, data = texts.buffers()
    if data is None:
        return False
    ends = np.frombuffer(offsets, np.int32)
    written = data[int(ends[texts.offset]) : int(ends[texts.offset + len(texts)])].to_pybytes()
    return b"e" in written or b"E" in written


# --- numbers ----------------------------------------------------------------------------------------------------------


def _numbers(raw: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    if pa.types.is_integer(raw.type) or pa.types.is_decimal128(raw.type):
        with suppress(pa.ArrowInvalid):
            return _within_bounds(_as_number(raw, target), raw, target)
    elif pa.types.is_nested(raw.type) or pa.types.is_boolean(raw.type) or pa.types.is_temporal(raw.type):
        return _all_wrong(raw, target, "not_a_number")
    texts = text_of(raw)
    quick = quick_numbers(texts, target)
    if quick is not None:
        return _within_bounds(quick, texts, target)
    pieces, wrong = [], []
    for start in range(0, len(texts), _PIECE):
        piece = texts.slice(start, _PIECE)
        numbers = quick_numbers(piece, target)
        if numbers is None:
            numbers, faults = _one_by_one(
                piece, lambda text: read_number(text, target.scale, target.digits), target
            )
            wrong += [replace(fault, rows=fault.rows + start) for fault in faults]
        pieces.append(numbers)
    column, faults = _within_bounds(pa.concat_arrays(pieces), texts, target)
    return column, _merged(wrong) + faults


def _as_number(raw: Any, target: ColumnType) -> Any:
    """Integers and decimals rescaled without loss. Raises ArrowInvalid."""
    if raw.type == target.arrow:
        return raw
    if pa.types.is_integer(raw.type) and not pa.types.is_integer(target.arrow):
        raw = raw.cast(pa.decimal128(LONG_DIGITS, target.scale))
    return raw.cast(target.arrow)


def _within_bounds(column: Any, raw: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    """The numbers that lie between minimum and maximum; the others become null and faults."""
    faults = []
    for bound, compare, rounding, code in (
        (target.minimum, pc.less, ROUND_CEILING, "below_minimum"),
        (target.maximum, pc.greater, ROUND_FLOOR, "above_maximum"),
    ):
        if bound is None:
            continue
        # A number of the column's scale is below 0.5 exactly if it is below the next number of that scale, 1.
        limit = bound.quantize(Decimal(1).scaleb(-target.scale), rounding=rounding, context=_BOUNDS)
        value = int(limit) if pa.types.is_integer(target.arrow) else limit
        outside = compare(column, pa.scalar(value, target.arrow))
        if pc.any(outside).as_py():
            faults.append(_fault(code, _positions(outside), raw, target))
            column = pc.if_else(outside, pa.scalar(None, column.type), column)
    return column, faults


# --- strings, booleans, dates -----------------------------------------------------------------------------------------


def _strings(raw: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    if pa.types.is_nested(raw.type) or pa.types.is_binary(raw.type):
        return _all_wrong(raw, target, "not_text")
    texts = text_of(raw)
    codes = target.codes()
    allowed = target.values if codes is None else codes
    if not allowed:
        return _free_text(texts, target)

    def read(text: str) -> Any:
        if text in allowed:
            return text
        if text in EXCEL_ERRORS:
            return Refusal("excel_error")
        return Refusal("not_in_list" if codes is None else f"unknown_{target.code_list}")

    return _by_value(texts, read, target)


def _free_text(texts: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    texts = pc.utf8_trim_whitespace(texts)
    unknown = pc.is_in(texts, pa.array(UNKNOWN))
    if pc.any(unknown).as_py():
        texts = pc.if_else(unknown, pa.scalar(None, pa.string()), texts)
    wrong = pc.is_in(texts, pa.array(sorted(EXCEL_ERRORS)))
    if not pc.any(wrong).as_py():
        return texts, []
    fault = _fault("excel_error", _positions(wrong), texts, target)
    return pc.if_else(wrong, pa.scalar(None, pa.string()), texts), [fault]


def _booleans(raw: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    if pa.types.is_boolean(raw.type):
        return raw, []
    if pa.types.is_nested(raw.type):
        return _all_wrong(raw, target, "not_a_boolean")
    return _by_value(text_of(raw), read_boolean, target)


def _dates(raw: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    if pa.types.is_date(raw.type):
        return raw.cast(target.arrow), []
    if pa.types.is_timestamp(raw.type):
        # The day as it is written there; a time of day other than midnight is refused.
        raw = pc.local_timestamp(raw) if raw.type.tz is not None else raw
        days = raw.cast(target.arrow, safe=False)
        if pc.all(pc.equal(days.cast(raw.type), raw)).as_py():
            return days, []
    elif pa.types.is_nested(raw.type):
        return _all_wrong(raw, target, "not_a_date")
    return _by_value(text_of(raw), read_date, target)


# --- lists and contexts -----------------------------------------------------------------------------------------------


def _lists(raw: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    item = target.item
    assert item is not None
    if pa.types.is_list(raw.type):
        return _arrow_lists(raw, item, target)
    if pa.types.is_nested(raw.type):
        return _all_wrong(raw, target, "not_a_list")
    if item.kind != "context":
        return _nested(text_of(raw), read_list, pa.list_(pa.string()), target)
    names = _field_names(item)
    layout = pa.list_(pa.struct([pa.field(field.label, pa.string()) for field in item.fields]))
    return _nested(text_of(raw), lambda text: read_lines(text, names, target.unknown_fields), layout, target)


def _arrow_lists(raw: Any, item: ColumnType, target: ColumnType) -> tuple[Any, list[Fault]]:
    owners = pc.list_parent_indices(raw).to_numpy().astype(np.int64)
    elements, faults = convert(raw.flatten(), item)
    lengths = pc.list_value_length(raw).fill_null(0).to_numpy()
    starts = np.zeros(len(raw) + 1, np.int32)
    np.cumsum(lengths, out=starts[1:])
    column = pa.ListArray.from_arrays(
        pa.array(starts), elements, type=target.arrow, mask=raw.is_null() if raw.null_count else None
    )
    return column, [replace(fault, rows=owners[fault.rows]) for fault in faults]


def _contexts(raw: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    names = _field_names(target)
    if not pa.types.is_struct(raw.type):
        if pa.types.is_nested(raw.type):
            return _all_wrong(raw, target, "not_a_context")
        layout = pa.struct([pa.field(field.label, pa.string()) for field in target.fields])
        return _nested(
            text_of(raw), lambda text: read_context(text, names, target.unknown_fields), layout, target
        )
    given: dict[str, Any] = {}
    for field, values in zip(raw.type, raw.flatten(), strict=True):
        code = names.get(field.name)
        if code is None:
            target.unknown_fields.add(field.name)
        else:
            given.setdefault(code, values)
    columns, faults = [], []
    for kind in target.fields:
        values = given.get(kind.label)
        column, wrong = (pa.nulls(len(raw), kind.arrow), []) if values is None else convert(values, kind)
        columns.append(column)
        faults += [
            replace(fault, path=f"{kind.label}.{fault.path}" if fault.path else kind.label) for fault in wrong
        ]
    mask = raw.is_null() if raw.null_count else None
    return pa.StructArray.from_arrays(columns, fields=list(target.arrow), mask=mask), faults


def _field_names(target: ColumnType) -> dict[str, str]:
    """The code of each code and each Chinese name of the fields of a context."""
    names = {name: field.label for name, field in zip(target.names, target.fields, strict=True)}
    return names | {field.label: field.label for field in target.fields}


def _nested(texts: Any, read: Reader, layout: Any, target: ColumnType) -> tuple[Any, list[Fault]]:
    """Texts of lists or contexts: each distinct one is read once, as lists and contexts of texts, then converted."""
    encoded = pc.utf8_trim_whitespace(texts).dictionary_encode()
    values, wrong = _read_all(encoded.dictionary, read)
    column, faults = convert(pa.array(values, layout), target)
    spread = [_spread(fault, encoded) for fault in faults]
    spread += [
        _fault(code, _rows_with(encoded, positions), texts, target) for code, positions in wrong.items()
    ]
    return column.take(encoded.indices), spread


# --- shared -----------------------------------------------------------------------------------------------------------


def _by_value(texts: Any, read: Reader, target: ColumnType) -> tuple[Any, list[Fault]]:
    """Each distinct text is read once."""
    encoded = texts.dictionary_encode()
    values, wrong = _read_all(encoded.dictionary, read)
    column = pa.array(values, target.arrow).take(encoded.indices)
    return column, [
        _fault(code, _rows_with(encoded, positions), texts, target) for code, positions in wrong.items()
    ]


def _one_by_one(texts: Any, read: Reader, target: ColumnType) -> tuple[Any, list[Fault]]:
    values, wrong = _read_all(texts, read)
    return pa.array(values, pa.decimal128(target.digits, target.scale)).cast(target.arrow), [
        _fault(code, np.array(rows, np.int64), texts, target) for code, rows in wrong.items()
    ]


def _read_all(texts: Any, read: Reader) -> tuple[list[Any], dict[str, list[int]]]:
    """The value of each text, None where it is unknown or refused, and the positions refused by code."""
    values: list[Any] = []
    wrong: dict[str, list[int]] = {}
    for position, text in enumerate(texts.to_pylist()):
        stripped = None if text is None else text.strip()
        value = None if stripped is None or stripped in UNKNOWN else read(stripped)
        if value.__class__ is Refusal:
            wrong.setdefault(value.code, []).append(position)
            value = None
        values.append(value)
    return values, wrong


def _rows_with(encoded: Any, positions: Iterable[int]) -> Positions:
    """The rows that hold one of these entries of the dictionary."""
    chosen = np.zeros(len(encoded.dictionary) + 1, np.bool_)
    chosen[list(positions)] = True
    return np.flatnonzero(chosen[_indices(encoded)])


def _indices(encoded: Any) -> Positions:
    """The dictionary entry of each row; one past the last where there is none."""
    filled = encoded.indices.fill_null(len(encoded.dictionary))
    indices: Positions = filled.to_numpy(zero_copy_only=False).astype(np.int64)
    return indices


def _spread(fault: Fault, encoded: Any) -> Fault:
    """A fault of dictionary entries as a fault of the rows that hold them."""
    place = np.full(len(encoded.dictionary) + 1, -1, np.int64)
    place[fault.rows] = np.arange(len(fault.rows))
    found = place[_indices(encoded)]
    rows = np.flatnonzero(found >= 0)
    return replace(fault, rows=rows, texts=fault.texts.take(pa.array(found[rows])))


def _all_wrong(raw: Any, target: ColumnType, code: str) -> tuple[Any, list[Fault]]:
    """A column of another nature altogether: every known value is wrong."""
    return pa.nulls(len(raw), target.arrow), [_fault(code, _positions(raw.is_valid()), raw, target)]


def _fault(code: str, rows: Positions, raw: Any, target: ColumnType) -> Fault:
    return Fault(code, rows, text_of(raw.take(pa.array(rows))), target)


def _positions(mask: Any) -> Positions:
    return np.flatnonzero(mask.fill_null(False).to_numpy(zero_copy_only=False))


def _merged(faults: list[Fault]) -> list[Fault]:
    """Faults of pieces as one fault a code."""
    by_code: dict[str, list[Fault]] = {}
    for fault in faults:
        by_code.setdefault(fault.code, []).append(fault)
    return [
        replace(
            same[0],
            rows=np.concatenate([each.rows for each in same]),
            texts=pa.concat_arrays([each.texts for each in same]),
        )
        for same in by_code.values()
    ]


_CONVERTERS: dict[str, Callable[[Any, ColumnType], tuple[Any, list[Fault]]]] = {
    "number": _numbers,
    "string": _strings,
    "boolean": _booleans,
    "date": _dates,
    "list": _lists,
    "context": _contexts,
}
