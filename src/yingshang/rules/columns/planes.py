"""Bit planes: one bit a row, 64 rows a word.

A plane of n rows is an array of `word_count(n)` uint64 words; row r is bit r % 64 of word r // 64. The bits beyond the
last row are undefined: `clear_tail` makes them zero before they are counted.

An outcome is two planes: `true`, the rows where it is true, and `open`, the rows where it is not false. A row that is
open and not true is unknown, or an error where a third plane says so. This form makes "all of" one AND over both
planes at once, and "not" a swap with complement.
"""

from __future__ import annotations

import math
import threading
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Words = npt.NDArray[np.uint64]
Booleans = npt.NDArray[np.bool_]

_EVEN_BYTES: Final = np.uint64(0x00FF_00FF_00FF_00FF)
_BYTE: Final = np.uint64(8)


def word_count(rows: int) -> int:
    """How many words hold that many rows."""
    return (rows + 63) >> 6


def pack(booleans: npt.NDArray[Any]) -> Words:
    """Planes of the last axis of an array of booleans or bytes (anything but 0 is 1): [..., rows] to [..., words]."""
    rows = booleans.shape[-1]
    packed = np.packbits(booleans, axis=-1, bitorder="little")
    if rows % 64 == 0:
        return packed.view(np.uint64)
    padded = np.zeros((*booleans.shape[:-1], word_count(rows) * 8), np.uint8)
    padded[..., : packed.shape[-1]] = packed
    return padded.view(np.uint64)


def unpack(plane: Words, rows: int) -> Booleans:
    """The booleans of one plane: [words] to [rows]."""
    return np.unpackbits(plane.view(np.uint8), count=rows, bitorder="little").view(np.bool_)


def row_indices(plane: Words, rows: int) -> npt.NDArray[np.int64]:
    """The rows whose bit is set, ascending."""
    return np.flatnonzero(unpack(plane, rows))


def clear_tail(planes: Words, rows: int) -> None:
    """Makes the bits beyond the last row zero, in place. `planes`: [..., words]."""
    used = rows % 64
    if used:
        planes[..., -1] &= np.uint64((1 << used) - 1)


def count_bits(planes: Words) -> npt.NDArray[np.int64]:
    """How many bits are set in each plane: [..., words] to [...]."""
    counts = np.bitwise_count(planes)
    words = counts.shape[-1]
    if words % 8 or words > 2048:
        return np.asarray(counts.sum(axis=-1, dtype=np.int64))
    # Eight counts of at most 64 stand in one word. Added as four lanes of 16 bits they cannot overflow in 2048 words.
    lanes = counts.view(np.uint64)
    lanes = (lanes & _EVEN_BYTES) + ((lanes >> _BYTE) & _EVEN_BYTES)
    totals = lanes.sum(axis=-1).view(np.uint16).reshape(*planes.shape[:-1], 4)
    return np.asarray(totals.sum(axis=-1, dtype=np.int64))


def from_bitmap(buffer: pa.Buffer | None, offset: int, rows: int) -> Words | None:
    """The plane of an Arrow bitmap from bit `offset` on; None where there is no bitmap."""
    if buffer is None:
        return None
    start, shift = divmod(offset, 8)
    octets = np.frombuffer(buffer, np.uint8)[start : start + (shift + rows + 7) // 8]
    if shift:
        return pack(np.unpackbits(octets, count=shift + rows, bitorder="little")[shift:])
    words = word_count(rows)
    if len(octets) == words * 8 and octets.ctypes.data % 8 == 0:
        return octets.view(np.uint64)
    padded = np.zeros(words * 8, np.uint8)
    padded[: len(octets)] = octets
    return padded.view(np.uint64)


def all_set(rows: int) -> Words:
    """A plane of ones."""
    return np.full(word_count(rows), ~np.uint64(0))


class _Buffers(threading.local):
    """Memory that a thread keeps between chunks: fresh pages cost more than the work done in them."""

    def __init__(self) -> None:
        self._arrays: dict[str, Words] = {}

    def array(self, use: str, *shape: int) -> Words:
        """An array of words of that shape, its content undefined, until the next one for the same use."""
        size = math.prod(shape)
        held = self._arrays.get(use)
        if held is None or held.size < size:
            held = self._arrays[use] = np.empty(size, np.uint64)
        return held[:size].reshape(shape)

    def booleans(self, use: str, *shape: int) -> Booleans:
        """The same for booleans."""
        size = math.prod(shape)
        return self.array(use, (size + 7) // 8).view(np.bool_)[:size].reshape(shape)


BUFFERS: Final = _Buffers()
