"""The columns of a chunk of rows, in the forms the predicates need: integers, floats, codes of a vocabulary, planes."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yingshang.rules.columns.facts import fact_values, shortest_doubles
from yingshang.rules.columns.planes import BUFFERS, Booleans, Words, from_bitmap, pack, unpack

Integers = npt.NDArray[np.signedinteger[Any]]

LARGEST: Final = 2**62
"""Scaled integers and everything computed from them stay below this; beyond it numbers go on as decimals."""

LARGEST_VOCABULARY: Final = 16_384
"""A column with more distinct strings is no vocabulary; its predicates are evaluated where they matter."""

EXACT_DOUBLE: Final = 2**53
"""Integers below this are exact as doubles."""

_DECIMAL_64_DIGITS: Final = 18
_EXACT_DOUBLE_DIGITS: Final = 15
_LARGEST_FLOAT_SCALE: Final = 9
_NOTHING: Final = Decimal(0)


class NotColumnar(Exception):
    """These values cannot be had in columnar form exactly: the row evaluator has to do it."""


def kind_of_type(arrow: pa.DataType) -> str:
    """What the predicates can make of a column: integer, float, text, boolean, date, texts, list or other.

    `integer` includes decimals, as integers scaled by `scale_of_type`; `texts` is a list of strings.
    """
    types = pa.types
    if types.is_dictionary(arrow):
        return "text" if _is_text(arrow.value_type) else "other"
    if types.is_integer(arrow) or types.is_decimal128(arrow):
        return "integer"
    if types.is_float64(arrow) or types.is_float32(arrow):
        return "float"
    if _is_text(arrow):
        return "text"
    if types.is_boolean(arrow):
        return "boolean"
    if types.is_date32(arrow):
        return "date"
    if types.is_list(arrow):
        return "texts" if _is_text(arrow.value_type) else "list"
    return "null" if types.is_null(arrow) else "other"


def scale_of_type(arrow: pa.DataType) -> int:
    """The decimal places of the integers of a column."""
    return int(arrow.scale) if pa.types.is_decimal(arrow) else 0


def _is_text(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_string(arrow) or pa.types.is_large_string(arrow))


class Vocabulary:
    """The distinct strings of a column, over all chunks seen so far. Grows only; safe to share between threads."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._codes: dict[str, int] = {}
        self._lock = threading.Lock()
        self._latest: tuple[Any, Any, npt.NDArray[np.intp]] | None = None

    def code(self, text: str) -> int | None:
        """The code of a string, None if no chunk had it."""
        return self._codes.get(text)

    def codes_of(self, dictionary: pa.Array) -> npt.NDArray[np.intp]:
        """The code of each string of a dictionary. Raises NotColumnar when there are too many."""
        if len(dictionary) > LARGEST_VOCABULARY:
            raise NotColumnar
        # The chunks of a batch share one dictionary; the reference keeps its address from being used again.
        buffers = dictionary.buffers()[1:]
        place = (*(each.address if each else 0 for each in buffers), dictionary.offset, len(dictionary))
        latest = self._latest
        if latest is not None and place == latest[0]:
            return latest[2]
        codes = self._translated(dictionary)
        self._latest = (place, dictionary, codes)
        return codes

    def _translated(self, dictionary: pa.Array) -> npt.NDArray[np.intp]:
        strings = dictionary.to_pylist()
        with self._lock:
            for each in strings:
                if each not in self._codes:
                    self._codes[each] = len(self.values)
                    self.values.append(each)
            if len(self.values) > LARGEST_VOCABULARY:
                raise NotColumnar
            return np.fromiter((self._codes[each] for each in strings), np.intp, len(strings))


class ChunkColumn:
    """One column of one chunk. Every form is made once, when it is first asked for."""

    def __init__(self, array: pa.Array, name: str, vocabulary: Vocabulary) -> None:
        self.array = array
        self.name = name
        self.rows = len(array)
        self.kind = kind_of_type(array.type)
        self.vocabulary = vocabulary
        self._made: dict[str, Any] = {}

    def _once(self, form: str, make: Any) -> Any:
        if form not in self._made:
            try:
                self._made[form] = make()
            except NotColumnar as reason:
                self._made[form] = reason
        found = self._made[form]
        if isinstance(found, NotColumnar):
            raise found
        return found

    # --- which rows have a value ----------------------------------------------------------------------------------

    def valid_plane(self) -> Words | None:
        """The plane of the rows that have a value; None if all have."""
        plane: Words | None = self._once("valid plane", self._make_valid_plane)
        return plane

    def _make_valid_plane(self) -> Words | None:
        array = self.array
        if self.kind == "null":
            return np.zeros((self.rows + 63) // 64, np.uint64)
        plane = None
        if array.null_count:
            plane = from_bitmap(array.buffers()[0], array.offset, self.rows)
        if self.kind == "float":
            finite = np.isfinite(self.floats())
            if not finite.all():
                plane = pack(finite) if plane is None else plane & pack(finite)
        return plane

    def valid(self) -> Booleans | None:
        """[rows]: whether there is a value; None if all have one."""
        plane = self.valid_plane()
        return None if plane is None else self._once("valid", lambda: unpack(plane, self.rows))

    # --- numbers --------------------------------------------------------------------------------------------------

    def integers(self) -> Integers:
        """[rows]: the scaled integers of an `integer` column or the days since 1970-01-01 of a `date` column.

        Rows without a value hold anything. Raises NotColumnar where 63 bits are not enough.
        """
        found: Integers = self._once("integers", self._make_integers)
        return found

    def _make_integers(self) -> Integers:
        array, arrow = self.array, self.array.type
        data = array.buffers()[1]
        start, end = array.offset, array.offset + self.rows
        if pa.types.is_decimal128(arrow):
            halves = self._halves()
            low = np.ascontiguousarray(halves[:, 0])
            if arrow.precision > _DECIMAL_64_DIGITS:
                fits = halves[:, 1] == low >> 63
                plane = self.valid()
                if not (fits if plane is None else fits | ~plane).all():
                    raise NotColumnar
            return low
        if pa.types.is_date32(arrow):
            return np.frombuffer(data, np.int32)[start:end]
        values = np.frombuffer(data, arrow.to_pandas_dtype())[start:end]
        if pa.types.is_unsigned_integer(arrow):
            if arrow.bit_width == 64 and len(values) and values.max() >= LARGEST:
                raise NotColumnar
            return values.astype(np.int64)
        return values

    def ordered(self) -> npt.NDArray[Any]:
        """[rows]: the same integers in a type that is quick to compare, exactly: doubles if they are wide and fit.

        NumPy compares doubles more than twice as fast as 64-bit integers.
        """
        found: npt.NDArray[Any] = self._once("ordered", self._make_ordered)
        return found

    def _make_ordered(self) -> npt.NDArray[Any]:
        kept = BUFFERS.array(f"ordered {self.name}", self.rows).view(np.float64)
        arrow = self.array.type
        if pa.types.is_decimal128(arrow) and arrow.precision <= _DECIMAL_64_DIGITS:
            # Straight from every other word, without a copy between.
            values = self._halves()[:, 0]
        else:
            values = self.integers()
            if values.dtype != np.int64:
                return values
        np.copyto(kept, values, casting="unsafe")
        # What rounds to less than 2**53 was exact.
        exact = kept.max(initial=0.0) < EXACT_DOUBLE and kept.min(initial=0.0) > -EXACT_DOUBLE
        return kept if exact else self.integers()

    def _halves(self) -> npt.NDArray[np.int64]:
        """[rows, 2]: the low and high words of a column of 128-bit decimals."""
        start = self.array.offset
        return np.frombuffer(self.array.buffers()[1], np.int64).reshape(-1, 2)[start : start + self.rows]

    def floats(self) -> npt.NDArray[np.float64]:
        """[rows]: the doubles of a `float` column."""

        def make() -> npt.NDArray[np.float64]:
            array = self.array if self.array.type == pa.float64() else shortest_doubles(self.array)
            return np.frombuffer(array.buffers()[1], np.float64)[array.offset : array.offset + self.rows]

        found: npt.NDArray[np.float64] = self._once("floats", make)
        return found

    def scaled(self) -> tuple[npt.NDArray[np.int64], int, int]:
        """[rows] scaled integers with 0 where there is no value, their scale, and a bound of their magnitude."""
        found: tuple[npt.NDArray[np.int64], int, int] = self._once("scaled", self._make_scaled)
        return found

    def _make_scaled(self) -> tuple[npt.NDArray[np.int64], int, int]:
        if self.kind == "float":
            values, scale = self._scaled_floats()
        else:
            values, scale = self.integers().astype(np.int64, copy=False), scale_of_type(self.array.type)
        valid = self.valid()
        if valid is not None:
            values = values * valid
        bound = max(int(values.max()), -int(values.min())) if self.rows else 0
        if bound >= LARGEST:
            raise NotColumnar
        return values, scale, bound

    def _scaled_floats(self) -> tuple[npt.NDArray[np.int64], int]:
        """The shortest decimals of doubles as integers.

        A decimal of at most 15 digits is the shortest one of the double nearest to it, so that finding one proves it.
        """
        values = self.floats()
        valid = self.valid()
        if valid is not None:
            values = np.where(valid, values, 0.0)
        limit = 10.0**_EXACT_DOUBLE_DIGITS
        for scale in range(_LARGEST_FLOAT_SCALE + 1):
            power = 10.0**scale
            shifted = np.rint(values * power)
            if np.abs(shifted).max(initial=0.0) >= limit:
                break
            if (shifted / power == values).all():
                return shifted.astype(np.int64), scale
        raise NotColumnar

    def decimals(self) -> npt.NDArray[Any]:
        """[rows]: the numbers of the column as decimals, 0 where there is no value."""
        found: npt.NDArray[Any] = self._once("decimals", self._make_decimals)
        return found

    def _make_decimals(self) -> npt.NDArray[Any]:
        found = np.empty(self.rows, object)
        values = fact_values(self.array, self.name)
        found[:] = [each if each.__class__ is Decimal else _NOTHING for each in values]
        return found

    # --- strings, booleans, lists ---------------------------------------------------------------------------------

    def codes(self) -> npt.NDArray[np.intp]:
        """[rows]: the code of each string of a `text` column in the vocabulary; anything where there is no value."""
        found: npt.NDArray[np.intp] = self._once("codes", lambda: _codes(self.array, self.vocabulary))
        return found

    def boolean_plane(self) -> Words:
        """The plane of the rows that are true, of a `boolean` column; anything where there is no value."""
        plane: Words | None = self._once(
            "boolean", lambda: from_bitmap(self.array.buffers()[1], self.array.offset, self.rows)
        )
        assert plane is not None
        return plane

    def truth(self) -> Booleans:
        """[rows]: the values of a `boolean` column; anything where there is no value."""
        found: Booleans = self._once("truth", lambda: unpack(self.boolean_plane(), self.rows))
        return found

    def lengths(self) -> npt.NDArray[np.int64]:
        """[rows]: how long each list is; 0 where there is no value."""
        found: npt.NDArray[np.int64] = self._once("lengths", self._make_lengths)
        return found

    def _make_lengths(self) -> npt.NDArray[np.int64]:
        offsets = self._offsets()
        lengths = np.diff(offsets).astype(np.int64)
        valid = self.valid()
        return lengths if valid is None else lengths * valid

    def _offsets(self) -> npt.NDArray[np.int32]:
        return np.frombuffer(self.array.buffers()[1], np.int32)[
            self.array.offset : self.array.offset + self.rows + 1
        ]

    def elements(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Of a `texts` column: the code and the row of each string, and the rows that have a null among theirs."""
        found: tuple[Any, Any, Any] = self._once("elements", self._make_elements)
        return found

    def _make_elements(self) -> tuple[Any, Any, Any]:
        offsets = self._offsets()
        strings = self.array.values.slice(offsets[0], offsets[-1] - offsets[0])
        owners = np.repeat(np.arange(self.rows), np.diff(offsets))
        codes = _codes(strings, self.vocabulary)
        gone = np.zeros(0, np.intp)
        if strings.null_count:
            missing = strings.is_null().to_numpy(zero_copy_only=False)
            gone, owners, codes = owners[missing], owners[~missing], codes[~missing]
        return codes, owners, gone

    def list_keys(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Of a `texts` column: integers that are equal exactly where the lists of the rows are."""
        offsets = self._offsets()
        strings = self.array.values.slice(offsets[0], offsets[-1] - offsets[0])
        codes = _codes(strings, self.vocabulary).astype(np.int32)
        if strings.null_count:
            codes[strings.is_null().to_numpy(zero_copy_only=False)] = -1
        starts, ends = (offsets[:-1] - offsets[0]).tolist(), (offsets[1:] - offsets[0]).tolist()
        seen: dict[bytes, int] = {}
        return np.fromiter(
            (seen.setdefault(codes[starts[row] : ends[row]].tobytes(), len(seen)) for row in rows.tolist()),
            np.int64,
            len(rows),
        )


def _codes(array: pa.Array, vocabulary: Vocabulary) -> npt.NDArray[np.intp]:
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    if array.dictionary.null_count:
        array = pc.dictionary_encode(array.cast(pa.string()))
    translation = vocabulary.codes_of(array.dictionary)
    indices = array.indices
    start = indices.offset
    values = np.frombuffer(indices.buffers()[1], indices.type.to_pandas_dtype())[start : start + len(indices)]
    if not len(translation):
        return np.zeros(len(values), np.intp)
    # Where there is no value the index is anything, hence the clipping.
    return translation.take(values, mode="clip")
