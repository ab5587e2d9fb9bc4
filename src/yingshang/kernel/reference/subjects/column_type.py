"""What a column of a subjects file has to become: a kind of value, its Arrow type, and what its cells may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeAlias

import pyarrow as pa

from yingshang.rules.errors import SubjectsError
from yingshang.rules.policy.catalogue import Fact

from ..facts import MONEY_UNITS
from ..industries import industries
from ..regions import divisions, townships

Kind = Literal["number", "string", "boolean", "date", "list", "context", "kept"]
ArrowType: TypeAlias = Any

SHORT_DIGITS = 18
"""Digits that fit a 64-bit integer: what decimals and whole numbers have unless a file needs more."""

LONG_DIGITS = 38
"""Digits of a decimal128."""

WHOLE_UNITS = frozenset({"人", "名", "户", "家", "个", "项", "件", "次", "台", "套", "张"})
"""Units that come in whole numbers, unless a fact declares decimals."""

_FIELD_SCALE = 6
"""Decimal places of a number in a line of a list that declares none."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The target of one column, or of one field of the lines of a list.

    `scale` and `digits` belong to numbers, `item` to lists and `fields` to contexts. A `kept` column passes as it is.
    `unknown_fields` gathers the names in lines that the catalogue does not declare.
    """

    label: str
    kind: Kind
    arrow: ArrowType
    scale: int = 0
    digits: int = SHORT_DIGITS
    values: frozenset[str] = frozenset()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    code_list: str | None = None
    names: tuple[str, ...] = ()
    item: ColumnType | None = None
    fields: tuple[ColumnType, ...] = ()
    unknown_fields: set[str] = field(default_factory=set, compare=False)

    def codes(self) -> Mapping[str, Any] | None:
        """The code list of the column, by code; None if it has none."""
        return None if self.code_list is None else code_list(self.code_list)


@cache
def code_list(name: str) -> Mapping[str, Any]:
    """`regions` (GB/T 2260, six digits), `townships` (nine digits) or `industries` (GB/T 4754-2017), by code.

    A township is no value of `regions`: conditions compare six digits, and nine would never be equal to them.

    Raises SubjectsError for another name.
    """
    if name == "regions":
        return divisions()
    if name == "townships":
        return townships()
    if name == "industries":
        return industries()
    raise SubjectsError(
        f"the catalogue names the code list {name!r}; there are only regions, townships and industries",
        message_zh=f"事实目录引用了代码表“{name}”，可用的只有 regions、townships、industries",
        value=name,
    )


def number_type(label: str, scale: int, integer_digits: int, fact: Fact | None = None) -> ColumnType:
    """A number of `scale` decimal places: int64 when there are none, the narrowest decimal128 otherwise."""
    digits = SHORT_DIGITS if scale + integer_digits <= SHORT_DIGITS else LONG_DIGITS
    whole = scale == 0 and digits == SHORT_DIGITS
    return ColumnType(
        label,
        "number",
        pa.int64() if whole else pa.decimal128(digits, scale),
        scale=scale,
        digits=digits,
        minimum=None if fact is None else fact.minimum,
        maximum=None if fact is None else fact.maximum,
    )


def declared_scale(fact: Fact) -> int | None:
    """The decimal places of a number: as declared, two for money, none for what is counted; None if not said."""
    if fact.decimals is not None:
        return fact.decimals
    if fact.unit in MONEY_UNITS:
        return 2
    return 0 if fact.unit in WHOLE_UNITS else None


def scale_is_fixed(fact: Fact) -> bool:
    """Whether more decimals than declared are an error (money, whole numbers) or simply kept (ratios, measures)."""
    return fact.unit in MONEY_UNITS or declared_scale(fact) == 0


def text_type(label: str, fact: Fact | None = None) -> ColumnType:
    """Strings, of a closed list or a code list where the fact says so."""
    return ColumnType(
        label,
        "string",
        pa.string(),
        values=frozenset() if fact is None else frozenset(fact.values),
        code_list=None if fact is None else fact.code_list,
    )


def simple_type(label: str, kind: Literal["boolean", "date"]) -> ColumnType:
    """Booleans or dates."""
    return ColumnType(label, kind, pa.bool_() if kind == "boolean" else pa.date32())


def kept_type(label: str, arrow: ArrowType) -> ColumnType:
    """A column that is passed on unchanged and unchecked."""
    return ColumnType(label, "kept", arrow)


def fact_type(fact: Fact, label: str, scale: int, integer_digits: int = 0) -> ColumnType:
    """The type of a column that holds a fact. `scale` and `integer_digits` count for numbers only."""
    if fact.type == "number":
        return number_type(label, scale, integer_digits, fact)
    return _type(fact, label)


def _type(fact: Fact, label: str) -> ColumnType:
    match fact.type:
        case "number":
            scale = declared_scale(fact)
            return number_type(label, _FIELD_SCALE if scale is None else scale, 0, fact)
        case "boolean" | "date":
            return simple_type(label, fact.type)
        case "list<string>":
            return _list(label, text_type(label, fact))
        case "list<number>":
            scale = declared_scale(fact)
            return _list(label, number_type(label, _FIELD_SCALE if scale is None else scale, 0, fact))
        case "list<context>":
            return _list(label, _context(fact, label))
        case "context":
            return _context(fact, label)
        case _:
            return text_type(label, fact)


def _list(label: str, item: ColumnType) -> ColumnType:
    return ColumnType(label, "list", pa.list_(item.arrow), item=item, unknown_fields=item.unknown_fields)


def _context(fact: Fact, label: str) -> ColumnType:
    if not fact.fields:
        raise SubjectsError(
            f"the fact {fact.code} is a {fact.type} without fields: declare its fields in the catalogue",
            message_zh=f"事实“{fact.name}”的类型是 {fact.type}，请在事实目录中声明 fields",
            column=label,
        )
    fields = tuple(_type(each, each.code) for each in fact.fields)
    return ColumnType(
        label,
        "context",
        pa.struct([pa.field(each.code, kind.arrow) for each, kind in zip(fact.fields, fields, strict=True)]),
        names=tuple(each.name for each in fact.fields),
        fields=fields,
    )
