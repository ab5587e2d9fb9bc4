"""Conditions on the facts of parties, put into the query: an audience, a list of those that a rule may concern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db.models import QuerySet

from yingshang.kernel.reference.api import FactDefinition

from .errors import InvalidCondition
from .facts import definition_of
from .models import Party

CONDITION_OPERATORS: dict[str, tuple[str, ...]] = {
    "boolean": ("is",),
    "string": ("is",),
    "number": ("is", "at_least", "at_most"),
    "date": ("is", "at_least", "at_most"),
    "list<string>": ("contains",),
}
"""What can be asked of a fact, by its type."""

_SIGNS = {"is": "=", "at_least": ">=", "at_most": "<="}


@dataclass(frozen=True, slots=True)
class FactCondition:
    """One condition: a column of the catalogue ("ent.is_legal_person", "fin.revenue.2025"), an operator, and a value as
    text ("true", "100.5", "2026-01-01", "高新技术企业")."""

    column: str
    operator: str
    value: str


def with_facts(rows: QuerySet[Party], conditions: Sequence[FactCondition]) -> QuerySet[Party]:
    """The parties of which every condition is known to hold. Raises InvalidCondition."""
    for condition in conditions:
        where, parameters = _condition(condition)
        rows = rows.filter(portrait__isnull=False).extra(where=[where], params=parameters)
    return rows


def _condition(condition: FactCondition) -> tuple[str, list[object]]:
    found = definition_of(condition.column)
    definition = found[0] if found else None
    if definition is None or definition.about != "party":
        raise InvalidCondition(
            f"no fact {condition.column!r} of parties in the catalogue",
            message_zh=f"事实目录中没有主体的事实“{condition.column}”",
            value=condition.column,
        )
    if definition.sensitivity == "personal":
        raise InvalidCondition(
            f"{definition.code} is personal data; nobody is chosen by it",
            message_zh=f"“{definition.name}”是个人信息，不能用作筛选条件",
            value=condition.column,
        )
    known = CONDITION_OPERATORS.get(definition.type, ())
    if condition.operator not in known:
        raise InvalidCondition(
            f"{definition.code} ({definition.type}) can be asked: {', '.join(known) or 'nothing'}",
            message_zh=f"“{definition.name}”不能这样比较",
            value=condition.operator,
        )
    value = '"parties_portrait"."values"'
    if definition.type == "list<string>":
        return f"{value} -> %s ? %s", [condition.column, condition.value]
    if definition.type == "boolean":
        if condition.value not in ("true", "false"):
            raise _wrong_value(definition, condition, "true or false", "是或否")
        return f"{value} -> %s = %s::jsonb", [condition.column, condition.value]
    sign = _SIGNS[condition.operator]
    if definition.type == "number":
        try:
            number = Decimal(condition.value)
        except InvalidOperation:
            raise _wrong_value(definition, condition, "a number", "数字") from None
        if not number.is_finite() or abs(number.adjusted()) > 40:
            raise _wrong_value(definition, condition, "a number", "数字")
        return f"({value} ->> %s)::numeric {sign} %s", [condition.column, number]
    if definition.type == "date":
        try:
            day = date.fromisoformat(condition.value)
        except ValueError:
            raise _wrong_value(
                definition, condition, "a day such as 2026-01-01", "日期，例如2026-01-01"
            ) from None
        # Days are written the same way everywhere, so their texts compare as they do.
        return f"{value} ->> %s {sign} %s", [condition.column, day.isoformat()]
    if definition.values and condition.value not in definition.values:
        raise _wrong_value(
            definition, condition, f"one of {', '.join(definition.values)}", "、".join(definition.values)
        )
    return f"{value} ->> %s = %s", [condition.column, condition.value]


def _wrong_value(
    definition: FactDefinition, condition: FactCondition, wanted: str, wanted_zh: str
) -> InvalidCondition:
    return InvalidCondition(
        f"{definition.code}: {condition.value!r} is not {wanted}",
        message_zh=f"“{definition.name}”应填：{wanted_zh}",
        value=condition.value,
    )
