"""Facts as a person reads them: definition, value and text of a column of a record. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from yingshang.kernel.reference.api import (
    FactDefinition,
    FieldDefinition,
    UnknownFact,
    facts,
    find_industry,
    find_region,
    get_fact,
    place_name,
)

from .errors import InvalidFact
from .freshness import fresh_until
from .history import Statement
from .values import FactValue

_RATIO = "比值"
_YUAN = "元"
_CENT = Decimal("0.01")


@lru_cache(maxsize=4096)
def definition_of(column: str) -> tuple[FactDefinition, int | None] | None:
    """The fact a column holds and its year, or None for a column that is no fact of the catalogue."""
    try:
        found = get_fact(column)
    except UnknownFact:
        return None
    year = None if found.series is None or found.code == column else int(column.rpartition(".")[2])
    return found, year


@lru_cache(maxsize=1)
def _order() -> dict[str, int]:
    return {code: position for position, code in enumerate(facts())}


def catalogue_order(column: str) -> tuple[int, str]:
    """Sorts columns as the catalogue does, years of a series newest first."""
    found = definition_of(column)
    if found is None:
        return len(_order()), column
    definition, year = found
    return _order()[definition.code], "" if year is None else str(9999 - year)


def missing_facts(columns: set[str]) -> tuple[FactDefinition, ...]:
    """The facts about parties of which nothing is known. One year of a series is known when that series is."""
    known = {found[0].code for column in columns if (found := definition_of(column)) is not None}
    return tuple(
        each
        for each in facts().values()
        if each.about == "party" and each.series_of is None and each.code not in known
    )


def fact_value(column: str, statement: Statement, *, today: date, personal: bool) -> FactValue | None:
    """The statement as others see it; None when the catalogue does not know the column."""
    found = definition_of(column)
    if found is None:
        return None
    definition, year = found
    until = fresh_until(statement.record.as_of, definition.fresh_for)
    hidden = definition.sensitivity == "personal" and not personal
    value = None if hidden else python_value(definition, statement.value)
    return FactValue(
        column=column,
        code=definition.code,
        name=definition.name,
        year=year,
        type=definition.type,
        unit=definition.unit,
        value=value,
        text="＊＊＊" if hidden else text_of(definition, value),
        source=statement.source,
        as_of=statement.record.as_of,
        received_at=statement.record.received_at,
        stale=today > until,
        stale_since=until if today > until else None,
        sensitivity=definition.sensitivity,
        hidden=hidden,
    )


def python_value(definition: FactDefinition | FieldDefinition, value: Any) -> Any:
    """What JSON keeps, as Python works with it: Decimal, str, bool, date, list."""
    if value is None:
        return None
    match definition.type:
        case "number":
            return Decimal(value)
        case "date":
            return date.fromisoformat(value)
        case "list<context>":
            assert isinstance(definition, FactDefinition)
            return [
                {
                    field.code: python_value(field, line[field.code])
                    for field in definition.fields
                    if field.code in line
                }
                for line in value
            ]
        case _:
            return value


def value_from_text(definition: FactDefinition, text: str) -> Any:
    """What a person typed, as JSON keeps it: 1,234,567.00 元, 3.2%, 是, 2026-11-21.

    Raises InvalidFact, which says what to write instead. Facts with several lines cannot be typed.
    """
    text = text.strip()
    label = definition.name
    match definition.type:
        case "number":
            return _number_from(definition, text)
        case "boolean":
            if (
                answer := {"是": True, "有": True, "yes": True, "否": False, "无": False, "no": False}.get(
                    text.lower()
                )
            ) is None:
                raise _invalid(f"{label}: write yes or no", f"{label}：请填写“是”或“否”", text)
            return answer
        case "date":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise _invalid(
                    f"{label}: write a date as 2026-11-21", f"{label}：日期请写成 2026-11-21", text
                ) from None
        case "string":
            if not text or (definition.values and text not in definition.values):
                known = "、".join(definition.values)
                raise _invalid(
                    f"{label}: write one of {known}" if known else f"{label}: nothing was written",
                    f"{label}：请填写其中之一：{known}" if known else f"{label}：没有填写",
                    text,
                )
            return text
        case _:
            raise _invalid(
                f"{label} has several lines: its source delivers it anew",
                f"{label}是多行明细，须由来源部门重新报送",
                text,
            )


def _number_from(definition: FactDefinition, text: str) -> str:
    label, plain = definition.name, text.replace(",", "").replace("，", "")
    percent = definition.unit == _RATIO and plain.endswith(("%", "％"))
    plain = plain.rstrip("%％") if percent else plain.removesuffix(definition.unit or "")
    try:
        value = Decimal(plain.strip())
    except InvalidOperation:
        raise _invalid(
            f"{label}: write a number, such as 1234567.00", f"{label}：请填写数字，例如 1234567.00", text
        ) from None
    if not value.is_finite():
        raise _invalid(f"{label}: write a number", f"{label}：请填写数字", text)
    value = value / 100 if percent else value
    places = definition.decimals or 0
    if value != (rounded := round(value, places)):
        raise _invalid(f"{label}: at most {places} decimal places", f"{label}：最多保留{places}位小数", text)
    if definition.minimum is not None and rounded < definition.minimum:
        raise _invalid(
            f"{label}: not below {definition.minimum}", f"{label}：不能小于{definition.minimum}", text
        )
    if definition.maximum is not None and rounded > definition.maximum:
        raise _invalid(
            f"{label}: not above {definition.maximum}", f"{label}：不能大于{definition.maximum}", text
        )
    return f"{rounded:f}"


def _invalid(message: str, message_zh: str, value: str) -> InvalidFact:
    return InvalidFact(message, message_zh=message_zh, field="value", value=value)


def written_text(column: str, text: str) -> str:
    """What a person wrote of a fact, as the fact's own value is shown: 1234567 as 1,234,567 元.

    What is no value of that fact, and a column that is no fact, stays as it was written.
    """
    found = definition_of(column)
    if found is None:
        return text
    try:
        return text_of(found[0], python_value(found[0], value_from_text(found[0], text)))
    except InvalidFact:
        return text


def text_of(definition: FactDefinition | FieldDefinition, value: Any) -> str:
    """A value for the screen: 1,234,567.00 元, 3.2%, 是, 2026-11-21."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Decimal):
        if definition.unit == _RATIO:
            return f"{(value * 100).normalize():,f}%"
        # The database keeps more places than people read: 1234.5000 is 1,234.50 yuan, 30.0000 is 30 people.
        shown = value.quantize(_CENT, ROUND_HALF_UP) if definition.unit == _YUAN else value.normalize() + 0
        return f"{shown:,f} {definition.unit}" if definition.unit else f"{shown:,f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, list):
        if not value:
            return _("无")
        if isinstance(value[0], dict):
            return _("%(count)d 条") % {"count": len(value)}
        return "、".join(str(each) for each in value)
    return _named(definition, str(value))


def _named(definition: FactDefinition | FieldDefinition, code: str) -> str:
    """A code of a public list after what it stands for: 哈尔滨市道里区 230102."""
    match getattr(definition, "code_list", None):
        case "regions" if (region := find_region(code)) is not None:
            return f"{place_name(region)} {code}"
        case "industries" if (industry := find_industry(code)) is not None:
            return f"{industry.name} {code}"
        case _:
            return code
