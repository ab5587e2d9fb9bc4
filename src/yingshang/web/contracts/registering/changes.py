"""What a supplement changes, in words: of the contract by its fields, of obligations by their number, and by which day
what is late would be due then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from yingshang.areas.contracts.api import CorrectionView, ObligationView
from yingshang.web.design import formats

from ..words import DIRECTIONS, named, yuan
from .forms import ContractForm
from .rows import UNITS

_TABLES = {
    "kind": "kinds",
    "secrecy": "secrecy",
    "counterparty_kind": "counterparties",
    "counterparty_size": "sizes",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is changed: what it is called, as it was, as it will be."""

    name: str | Promise
    before: str
    after: str


class Changed(Protocol):
    """A supplement as either side, or who supervises, reads it."""

    @property
    def changes(self) -> Mapping[str, tuple[Any, Any]]: ...

    @property
    def obligation_changes(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def eased(self) -> Sequence[Mapping[str, Any]]: ...


def shown_changes(supplement: Changed, obligations: Iterable[ObligationView] = ()) -> list[Line]:
    """Every change of a supplement. What obligations are while it is not approved is looked up among `obligations`."""
    lines = [
        Line(_label(field), shown_value(field, before), shown_value(field, after))
        for field, (before, after) in supplement.changes.items()
    ]
    by_number = {each.id: each for each in obligations}
    for change in supplement.obligation_changes:
        lines += _of_obligation(change, by_number.get(change.get("obligation") or 0))
    # Where the day itself was written, its line says it already.
    said = {(line.before, line.after) for line in lines}
    days = (line for each in supplement.eased for line in _days(each))
    return lines + [line for line in days if (line.before, line.after) not in said]


def shown_corrections(
    corrections: Iterable[CorrectionView], files: Mapping[int, Any]
) -> list[tuple[CorrectionView, list[Line], list[tuple[int, str]]]]:
    """Corrections of an obligation in words, each with what shows it: of a file that is not among `files` its place."""
    found = []
    for each in corrections:
        lines = [
            Line(
                _("到期日") if name == "due_on" else _("履行时间"),
                shown_value(name, each.before[name]) or _("待定"),
                shown_value(name, each.after[name]) or _("待定"),
            )
            for name in ("terms", "due_on")
            if each.before[name] != each.after[name]
        ]
        shown = [
            (number, files[number].name if number in files else _("证明材料 %(n)s") % {"n": place})
            for place, number in enumerate(each.document_ids, 1)
        ]
        found.append((each, lines, shown))
    return found


def eased_lines(eased: Iterable[Mapping[str, Any]]) -> list[Line]:
    """What would become of each obligation the unit is late with, before anybody has agreed to it."""
    lines: list[Line] = []
    for each in eased:
        name, before, after = f"{each['ordinal']}. {each['title']}", each["before"], each["after"]
        if after["state"] in ("dropped", "released"):
            lines.append(Line(_("取消义务"), name, ""))
            continue
        lines += _days(each)
        if before["amount_fen"] != after["amount_fen"]:
            lines.append(
                Line(
                    name + " " + _("金额"),
                    shown_value("amount_fen", before["amount_fen"]),
                    shown_value("amount_fen", after["amount_fen"]) or _("未约定"),
                )
            )
        if before["daily_rate"] != after["daily_rate"]:
            lines.append(Line(name + " " + _("逾期利率（每日）"), _rate(before), _rate(after)))
        if before.get("order") != after.get("order"):
            lines.append(Line(name + " " + _("付款先抵充"), _order(before), _order(after)))
    return lines


def _rate(debt: Mapping[str, Any]) -> str:
    return formats.percent(debt["daily_rate"], 4) if debt["daily_rate"] is not None else _("未约定")


def _order(debt: Mapping[str, Any]) -> str:
    return _("本金") if debt.get("order") == "principal_first" else _("利息")


def _days(eased: Mapping[str, Any]) -> Iterable[Line]:
    """The day it is due on and would be; none of what is dropped."""
    before, after = eased["before"], eased["after"]
    if before["due_on"] == after["due_on"] or after["state"] in ("dropped", "released"):
        return
    yield Line(
        f"{eased['ordinal']}. {eased['title']} {_('到期日')}",
        shown_value("due_on", before["due_on"]),
        shown_value("due_on", after["due_on"]) or _("待定"),
    )


def _of_obligation(change: Mapping[str, Any], row: ObligationView | None) -> Iterable[Line]:
    name = f"{change.get('ordinal', '')}. {change.get('title', '')}"
    if change.get("what") == "add":
        rule = change.get("rule") or {}
        yield Line(_("新增义务"), "", _rule(rule))
    elif change.get("what") == "drop":
        yield Line(_("取消义务"), name, "")
    else:
        for field, value in (change.get("changes") or {}).items():
            # As it was when the supplement took effect; until then, as it is.
            before = (change.get("before") or {}).get(field, getattr(row, field, None))
            yield Line(f"{name} {_label(field)}", shown_value(field, before), shown_value(field, value))


def _label(field: str) -> Any:
    if field == "terms":
        return _("履行时间")
    if field == "amount_fen":
        return _("金额")
    if field == "budget_reserved":
        return _("预算")
    known = ContractForm.base_fields.get(field)
    return known.label if known else field


def shown_value(field: str, value: Any) -> str:
    """A value of a contract as pages show it; nothing where there is none."""
    if value is None or value == "" or value == []:
        return ""
    if field.endswith("_fen"):
        return formats.money(yuan(value))
    if field in _TABLES:
        return named(_TABLES[field], str(value))
    if field == "direction":
        return str(DIRECTIONS.get(value, value))
    if field == "budget_reserved":
        return _("已列入预算") if value else _("未列入预算")
    if field == "terms":
        return terms_words(value)
    if field == "others":
        return "；".join(str(each.get("name", "")) for each in value)
    if field.endswith("_on"):
        return formats.day(value if isinstance(value, date) else date.fromisoformat(str(value)))
    return str(value)


def _rule(rule: Mapping[str, Any]) -> str:
    parts = [str(rule.get("title", "")), terms_words(rule.get("terms") or {})]
    if rule.get("amount_fen") is not None:
        parts.append(formats.money(yuan(rule["amount_fen"])))
    return "　".join(filter(None, parts))


def terms_words(terms: Mapping[str, Any]) -> str:
    """A rule in words: 2026年5月1日; 验收合格后30日; 每3个月，2026年1月31日至2026年12月31日."""
    if "on" in terms:
        return _day(terms["on"])
    if "after" in terms:
        event = (
            _("第 %(number)s 项义务履行") % {"number": terms.get("of", "")}
            if terms["after"] == "obligation"
            else named("events", terms["after"])
        )
        length = terms.get("term")
        if not length:
            return _("%(event)s后，按法定期限") % {"event": event}
        return _("%(event)s后 %(term)s") % {"event": event, "term": _length(length)}
    if "every" in terms:
        return _("每 %(term)s，%(first)s至%(last)s") % {
            "term": _length(terms["every"]),
            "first": _day(terms.get("from")),
            "last": _day(terms.get("until")),
        }
    return ""


def _length(length: Mapping[str, Any]) -> str:
    return "".join(f"{number} {UNITS.get(unit, unit)}" for unit, number in length.items())


def _day(written: Any) -> str:
    try:
        return formats.day(date.fromisoformat(str(written)))
    except ValueError:
        return str(written or "")
