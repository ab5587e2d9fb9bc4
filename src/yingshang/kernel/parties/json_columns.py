"""Whole Arrow columns as JSON texts, one text a row, without a Python object for any cell.

Numbers and dates become strings (`"123.00"`, `"2026-11-21"`), so that nothing is ever read as a binary float; what is
unknown is left out of objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from yingshang.kernel.reference.api import FactDefinition, FieldDefinition

Texts: TypeAlias = Any
"""An Arrow array of strings, null where the cell is unknown."""


def as_json(column: Any, definition: FactDefinition | FieldDefinition | None = None) -> Texts:
    """Each cell as JSON. `definition` tells the decimals that belong to a number, and the fields of a line."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    kind = column.type
    if pa.types.is_string(kind):
        return _strings(column)
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "true", "false")
    if pa.types.is_list(kind):
        return _lists(column, definition)
    if pa.types.is_struct(kind):
        fields = (
            {}
            if not isinstance(definition, FactDefinition)
            else {each.code: each for each in definition.fields}
        )
        return objects(
            [
                (field.name, as_json(values, fields.get(field.name)))
                for field, values in zip(kind, column.flatten(), strict=True)
            ],
            len(column),
        )
    texts = column.cast(pa.string())
    if pa.types.is_decimal(kind):
        texts = _without_surplus_zeros(texts, kind.scale, (definition.decimals if definition else None) or 0)
    return _joined('"', texts, '"')


def members(name: str, texts: Texts) -> Texts:
    """`"name":value,` for each known cell, to be `listed`."""
    return _joined(f"{json.dumps(name, ensure_ascii=False)}:", texts, ",")


def listed(parts: Sequence[Texts], rows: int) -> Texts:
    """The known ones of several columns of members; an empty string where none is known."""
    if not parts:
        return pa.array([""] * rows, pa.string())
    # Arrow's own way of skipping nulls leaves out rows in which all are null, so each part brings its comma.
    joined = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
    return pc.ascii_rtrim(joined, characters=",")


def objects(columns: Iterable[tuple[str, Texts]], rows: int) -> Texts:
    """One object a row, of what is known in it."""
    return _joined("{", listed([members(name, texts) for name, texts in columns], rows), "}")


def wrapped(texts: Texts) -> Texts:
    """Members as an object; null where there are none."""
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), _joined("{", texts, "}"))


def _joined(head: str, texts: Texts, tail: str) -> Texts:
    return pc.binary_join_element_wise(head, texts, tail, "")


def _strings(column: Texts) -> Texts:
    encoded = column.dictionary_encode()
    written = [
        None if each is None else json.dumps(each, ensure_ascii=False)
        for each in encoded.dictionary.to_pylist()
    ]
    return pa.array(written, pa.string()).take(encoded.indices)


def _lists(column: Any, definition: FactDefinition | FieldDefinition | None) -> Texts:
    items = as_json(column.flatten(), definition).fill_null("null")
    lengths = pc.list_value_length(column).fill_null(0)
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())])
    texts = pc.binary_join(pa.ListArray.from_arrays(offsets, items), ",")
    return pc.if_else(column.is_valid(), _joined("[", texts, "]"), pa.scalar(None, pa.string()))


def _without_surplus_zeros(texts: Texts, scale: int, decimals: int) -> Texts:
    """The same number written the same way, however many decimals its file had: those declared, more if they count."""
    if scale <= decimals:
        return texts
    kept = rf"\.\d{{{decimals}}}\d*?" if decimals else r"\.\d*?"
    trimmed = pc.replace_substring_regex(texts, rf"^(-?\d+{kept})0+$", r"\1")
    return trimmed if decimals else pc.replace_substring_regex(trimmed, r"\.$", "")
