"""Builds Arrow columns of catalogue facts from NumPy arrays, with what is unknown left null.

Arrays may carry values where they are unknown; the mask decides. Money comes as whole fen, ratios as floats that are
rounded once to the decimals of the fact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .facts import DECIMAL_PRECISION, FactDefinition, FieldDefinition, arrow_type

Mask = npt.NDArray[np.bool_]
Column: TypeAlias = "pa.Array[Any]"


def number_column(
    definition: FactDefinition | FieldDefinition, values: npt.NDArray[Any], unknown: Mask | None
) -> Column:
    """A number. Integers are taken as already scaled by the fact's decimals (fen); floats are scaled and rounded."""
    places = definition.decimals or 0
    scaled = (
        np.rint(values * 10**places).astype(np.int64) if values.dtype.kind == "f" else values.astype(np.int64)
    )
    return _decimals(scaled, unknown, places) if places else pa.array(scaled, mask=unknown)


def text_column(choices: Sequence[str], picks: npt.NDArray[Any], unknown: Mask | None) -> Column:
    """Strings picked by position out of `choices`."""
    positions: Any = pa.array(picks.astype(np.int32), mask=unknown)
    return pa.array(choices, pa.string()).take(positions)


def boolean_column(values: Mask, unknown: Mask | None) -> Column:
    """Booleans."""
    return pa.array(values, mask=unknown)


def date_column(days: npt.NDArray[Any], unknown: Mask | None) -> Column:
    """Dates given as days since 1970-01-01."""
    return pa.array(days.astype(np.int32), pa.int32(), mask=unknown).cast(pa.date32())


def tags_column(tags: Sequence[str], held: Mask, unknown: Mask | None) -> Column:
    """Lists of strings. `held` has one row a party and one column a tag."""
    known = held if unknown is None else held & ~unknown[:, None]
    return _lists(known.sum(axis=1), text_column(tags, np.nonzero(known)[1], None), unknown)


def lines_column(
    definition: FactDefinition, counts: npt.NDArray[Any], fields: Mapping[str, Column], unknown: Mask | None
) -> Column:
    """Lists of contexts: `counts[i]` lines for party i, the fields of all lines one after another."""
    children = [fields[field.code] for field in definition.fields]
    lines = pa.StructArray.from_arrays(
        children, fields=[pa.field(field.code, arrow_type(field)) for field in definition.fields]
    )
    return _lists(counts, lines, unknown)


def _lists(counts: npt.NDArray[Any], values: Column, unknown: Mask | None) -> Column:
    offsets = np.zeros(len(counts) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    starts: Any = pa.array(offsets)
    column: Column = pa.ListArray.from_arrays(
        starts, values, mask=None if unknown is None else pa.array(unknown)
    )
    return column


def _decimals(scaled: npt.NDArray[np.int64], unknown: Mask | None, places: int) -> Column:
    """decimal128 straight from scaled integers: Arrow keeps it as two little-endian 64-bit words."""
    words = np.empty((len(scaled), 2), dtype="<i8")
    words[:, 0] = scaled
    words[:, 1] = scaled >> 63
    validity = None if unknown is None else pa.py_buffer(np.packbits(~unknown, bitorder="little").tobytes())
    return pa.Array.from_buffers(
        pa.decimal128(DECIMAL_PRECISION, places), len(scaled), [validity, pa.py_buffer(words.tobytes())]
    )
