"""Who the rows are about: every row needs an id, every id occurs once, and credit codes must be right."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..credit_code import ALPHABET, LENGTH, registration_departments
from .source import Positions

Booleans = npt.NDArray[np.bool_]

_FEWEST_DIVISION_DIGITS = 5
_NONE = 255
_ZERO, _NINE = ord("0"), ord("9")
_MONTHS, _DAYS = 12, 31
_IDENTITY_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int64)


class FirstRows:
    """The row where each id was seen first: about 200 bytes an id."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}

    def repeated(self, ids: Any, rows: Positions) -> tuple[Positions, list[int]]:
        """Positions of ids that were seen before, and the rows of the file where they were first."""
        known = self._first
        texts, numbers = ids.to_pylist(), rows.tolist()
        fresh = dict(zip(texts, numbers, strict=True))
        if len(fresh) == len(texts) and not ids.null_count and known.keys().isdisjoint(fresh):
            known.update(fresh)
            return np.zeros(0, np.int64), []
        positions, first = [], []
        for position, (text, number) in enumerate(zip(texts, numbers, strict=True)):
            if text is not None and (before := known.setdefault(text, number)) != number:
                positions.append(position)
                first.append(before)
        return np.array(positions, np.int64), first


def wrong_credit_codes(ids: Any) -> Positions:
    """Positions of ids that look like a unified social credit code and are none.

    An id looks like one when it has eighteen letters and digits, digits where the division stands. An identity number
    (GB 11643) has the same shape and passes when its own check character is right.
    """
    candidates: Positions = np.flatnonzero(
        pc.equal(pc.binary_length(ids), LENGTH).fill_null(False).to_numpy(zero_copy_only=False)
    )
    if not len(candidates):
        return candidates
    chosen = ids.take(pa.array(candidates))
    data, start = chosen.buffers()[2], int(np.frombuffer(chosen.buffers()[1], np.int32)[chosen.offset])
    letters = np.frombuffer(data, np.uint8)[start : start + LENGTH * len(candidates)].reshape(-1, LENGTH)
    looks = _is_alphanumeric()[letters].all(axis=1)
    division = letters[:, 2:8]
    digits = ((division >= _ZERO) & (division <= _NINE)).sum(axis=1)
    looks &= digits >= _FEWEST_DIVISION_DIGITS
    wrong = looks & ~(_credit_codes(letters, digits) | _identity_numbers(letters))
    found: Positions = candidates[wrong]
    return found


@cache
def _is_alphanumeric() -> Booleans:
    table = np.zeros(256, np.bool_)
    table[[code for code in range(128) if chr(code).isalnum()]] = True
    return table


@cache
def _tables() -> tuple[npt.NDArray[np.uint8], Booleans, npt.NDArray[np.int64]]:
    """The value of each byte, the pairs of department and category that exist, and the weights of GB 32100."""
    values = np.full(256, _NONE, np.uint8)
    pairs = np.zeros((256, 256), np.bool_)
    for value, character in enumerate(ALPHABET):
        values[[ord(character), ord(character.lower())]] = value
    for department, (_, categories) in registration_departments().items():
        for category in categories:
            for first in {department, department.lower()}:
                for second in {category, category.lower()}:
                    pairs[ord(first), ord(second)] = True
    weights = np.array([pow(3, power, 31) for power in range(LENGTH - 1)] + [1], np.int64)
    return values, pairs, weights


def _credit_codes(letters: npt.NDArray[np.uint8], division_digits: npt.NDArray[Any]) -> Booleans:
    values, pairs, weights = _tables()
    numbers = values[letters]
    right: Booleans = (numbers != _NONE).all(axis=1) & (division_digits == 6)
    right &= pairs[letters[:, 0], letters[:, 1]]
    right &= numbers.astype(np.int64) @ weights % 31 == 0
    return right


def _identity_numbers(letters: npt.NDArray[np.uint8]) -> Booleans:
    body = letters[:, :17].astype(np.int64) - _ZERO
    last = letters[:, 17].astype(np.int64)
    check = np.where((last == ord("X")) | (last == ord("x")), 10, last - _ZERO)
    right: Booleans = ((body >= 0) & (body <= 9)).all(axis=1) & (check >= 0) & (check <= 10)
    month, day = body[:, 10] * 10 + body[:, 11], body[:, 12] * 10 + body[:, 13]
    right &= (month >= 1) & (month <= _MONTHS) & (day >= 1) & (day <= _DAYS)
    right &= (body @ _IDENTITY_WEIGHTS + check) % 11 == 1
    return right
