"""What a column of text holds, found by looking at all of it.

A column is a number, a boolean or a date only if every known cell of it is written as one. A single word among numbers
makes it text, so that an error shows instead of vanishing. Codes are no numbers: a leading zero anywhere, a name that
says code (…代码, …编号, region …), or eighteen characters in every cell make a column text.
"""

from __future__ import annotations

import re
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from .cells import EXCEL_ERRORS, LEADING_ZERO, any_number, decimal_places
from .column_type import LONG_DIGITS, ColumnType, number_type, simple_type, text_type
from .conversion import text_of

_PLAIN: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
_DATE_SHAPE: Final = r"^\s*[0-9]{4}(-[0-9]{1,2}-|/[0-9]{1,2}/)[0-9]{1,2}\s*$"
_BOOLEANS: Final = pa.array(["true", "false", "True", "False", "TRUE", "FALSE", "是", "否"])
_CREDIT_CODE_LENGTH: Final = 18
_CODE_NAME: Final = re.compile(
    r"(代码|编码|编号|号码|信用码|邮编|电话|手机|区划|(^|[._\s-])(code|id|region|industry|phone|postcode|zip))$",
    re.IGNORECASE,
)


class Survey:
    """Gathers what one column holds, batch after batch.

    `numbers_only`: the column is known to hold numbers, and only their size is asked for; what is none is passed over.
    """

    def __init__(self, label: str, numbers_only: bool = False) -> None:
        self.label = label
        self.numbers_only = numbers_only
        coded = not numbers_only and _CODE_NAME.search(label) is not None
        self._number = self._boolean = self._date = not coded
        self._all_credit_codes = True
        self._seen = False
        self.scale = 0
        self.integer_digits = 1

    def add(self, raw: Any) -> None:
        """Look at the next cells."""
        if not (self._number or self._boolean or self._date):
            return
        texts = text_of(raw).drop_null()
        if not len(texts):
            return
        if self._number:
            self._look_at_numbers(texts)
        if self.numbers_only:
            return
        self._seen = True
        if self._boolean or self._date:
            texts = _without_errors(pc.utf8_trim_whitespace(texts.unique()))
            self._boolean = self._boolean and _all(pc.is_in(texts, _BOOLEANS))
            self._date = self._date and _all(pc.match_substring_regex(texts, _DATE_SHAPE))

    def _look_at_numbers(self, texts: Any) -> None:
        plain = pc.match_substring_regex(texts, _PLAIN)
        if not _all(plain):
            others = _without_errors(texts.filter(pc.invert(plain)).unique())
            for text in others.to_pylist():
                stripped = text.strip()
                value = any_number(stripped) if stripped else None
                if not self.numbers_only and stripped and (value is None or LEADING_ZERO.match(stripped)):
                    self._number = False
                    return
                if value is not None:
                    self.scale = max(self.scale, decimal_places(value))
                    self.integer_digits = max(self.integer_digits, value.adjusted() + 1)
            texts = texts.filter(plain)
            if not len(texts):
                return
        lengths = pc.binary_length(texts)
        self._all_credit_codes = self._all_credit_codes and _all(pc.equal(lengths, _CREDIT_CODE_LENGTH))
        points = pc.find_substring(texts, ".")
        broken = pc.greater_equal(points, 0)
        if pc.any(broken).as_py():
            fractions = pc.ascii_rtrim(texts.filter(broken), characters="0")
            places = pc.subtract(pc.binary_length(fractions), pc.add(points.filter(broken), 1))
            self.scale = max(self.scale, pc.max(places).as_py())
            lengths = pc.if_else(broken, points, lengths)
        self.integer_digits = max(self.integer_digits, pc.max(lengths).as_py())

    def result(self) -> ColumnType:
        """The type of the column, when all of it has been seen."""
        if self._seen and self._boolean:
            return simple_type(self.label, "boolean")
        if self._seen and self._date:
            return simple_type(self.label, "date")
        credit_codes = (
            self._all_credit_codes and self.integer_digits == _CREDIT_CODE_LENGTH and not self.scale
        )
        too_long = self.scale + self.integer_digits > LONG_DIGITS
        if self._seen and self._number and not credit_codes and not too_long:
            return number_type(self.label, self.scale, self.integer_digits)
        return text_type(self.label)


def _without_errors(texts: Any) -> Any:
    """Without what Excel wrote where a formula failed: it is no value, and says nothing of the column."""
    return texts.filter(pc.invert(pc.is_in(texts, pa.array(sorted(EXCEL_ERRORS)))))


def _all(mask: Any) -> bool:
    return bool(pc.all(mask, min_count=0).as_py())
