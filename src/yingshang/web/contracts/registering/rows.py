"""Obligations as rows of a form: what is asked of each, and the rule that comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts.api import read_rule
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.filters import DayField, choices

from ..fields import YuanField, written_yuan
from ..words import RESERVED, SIDES, Words, named_choices

WAYS: Words = {"on": _("固定日期"), "after": _("事件之后"), "every": _("按周期")}
UNITS: Words = {"days": _("日"), "working_days": _("个工作日"), "months": _("个月"), "years": _("年")}
ORDERS: Words = {"": _("未约定"), "interest_first": _("先息后本"), "principal_first": _("先本后息")}
OBLIGATION = "obligation"
ROWS = "obligations"
# A key of a rule → the field that says it.
_FIELDS: dict[str, dict[str, str]] = {
    "on": {"on": "on", "counted_from": "counted_from"},
    "after": {"after": "event", "of": "of", "term": "number", "at_latest": "at_latest"},
    "every": {"every": "number", "from": "starts", "until": "until", "counted_from": "counted_from"},
}

_SAME = {
    "side": "side",
    "kind": "kind",
    "title": "title",
    "amount": "amount_fen",
    "share": "share",
    "rate": "rate",
}


class ObligationRow(forms.Form):
    """One obligation. A row of which nothing is told is left out."""

    use_required_attribute = False
    side = forms.ChoiceField(label=_("义务方"), choices=list(SIDES.items()), required=False)
    kind = forms.ChoiceField(label=_("义务类型"), required=False)
    title = forms.CharField(label=_("义务内容"), max_length=200, required=False)
    amount_fen = YuanField(label=_("金额（元）"), required=False)
    share = forms.CharField(
        label=_("或者占合同价（%）"),
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    way = forms.ChoiceField(label=_("什么时候履行"), choices=list(WAYS.items()), required=False)
    on = DayField(label=_("日期"), required=False)
    event = forms.ChoiceField(label=_("事件"), required=False)
    of = forms.IntegerField(label=_("前一项的序号"), required=False, min_value=1)
    number = forms.IntegerField(label=_("期限、间隔"), required=False)
    unit = forms.ChoiceField(label=_("单位"), choices=list(UNITS.items()), required=False)
    starts = DayField(label=_("第一期"), required=False)
    until = DayField(label=_("截止"), required=False)
    at_latest = DayField(label=_("事件最迟视为发生于"), required=False)
    counted_from = forms.ChoiceField(label=_("法定期限从哪个事件起算"), required=False)
    rate = forms.CharField(
        label=_("约定的逾期年利率（%）"),
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    order = forms.ChoiceField(label=_("抵充顺序"), choices=list(ORDERS.items()), required=False)
    reserved = forms.ChoiceField(label=_("预算"), choices=list(RESERVED.items()), required=False)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        events = named_choices("events")
        self._set("kind", choices(named_choices("obligation_kinds"), _("请选择")))
        self._set("event", choices([*events, (OBLIGATION, _("前一项义务履行"))], _("请选择")))
        self._set("counted_from", choices(events, _("未约定")))

    def _set(self, name: str, pairs: Any) -> None:
        self.fields[name].choices = pairs  # type: ignore[attr-defined]

    @property
    def empty(self) -> bool:
        """Whether nothing was told but what stands there from the beginning."""
        told = getattr(self, "cleaned_data", {})
        return not any(
            told.get(name)
            for name in ("kind", "title", "amount_fen", "share", "on", "event", "number", "starts")
        )

    @property
    def more(self) -> list[forms.BoundField]:
        """What is seldom agreed, which folds."""
        return [self[name] for name in ("at_latest", "counted_from", "rate", "order", "reserved")]

    @property
    def more_open(self) -> bool:
        return any(each.errors or each.value() for each in self.more)

    def clean(self) -> dict[str, Any]:
        """Reads the rule with the room's own rules: what it refuses stands at the field it means."""
        told: dict[str, Any] = super().clean() or {}
        if self.empty or self.errors:
            return told
        try:
            read_rule(self.rule)
        except DomainError as error:
            self.refuse(error)
        return told

    def refuse(self, error: DomainError) -> None:
        """What the room refuses, at the field it means."""
        key = str(error.details.get("field") or "")
        way = self.cleaned_data.get("way") or "on"
        field = _FIELDS[way].get(key) or _SAME.get(key)
        self.add_error(field if field in self.fields else None, message_of(error))

    def _written(self, told: Mapping[str, Any], way: str) -> dict[str, Any]:
        length = {told.get("unit") or "days": told["number"]} if told.get("number") is not None else None
        written: dict[str, Any] = {}
        if way == "on":
            written["on"] = _iso(told.get("on"))
        elif way == "after":
            written = {
                "after": told.get("event") or "",
                "term": length,
                "at_latest": _iso(told.get("at_latest")),
            }
            if told.get("of") is not None and told.get("event") == OBLIGATION:
                written["of"] = told["of"]
            written = {key: value for key, value in written.items() if value}
        else:
            written = {
                "every": length or {},
                "from": _iso(told.get("starts")),
                "until": _iso(told.get("until")),
            }
        if way != "after" and told.get("counted_from"):
            written["counted_from"] = told["counted_from"]
        for name, key in (("share", "share"), ("rate", "rate")):
            value = _hundredth(told.get(name))
            if value is not None:
                written[key] = value if key == "share" else {"yearly": value}
        if told.get("order"):
            written["order"] = told["order"]
        return written

    @property
    def rule(self) -> dict[str, Any]:
        """As planning takes it."""
        told = self.cleaned_data
        terms = self._written(told, told.get("way") or "on")
        rule: dict[str, Any] = {
            "side": told.get("side") or "unit",
            "kind": told.get("kind", ""),
            "title": told.get("title", ""),
        }
        if told.get("amount_fen") is not None:
            rule["amount_fen"] = told["amount_fen"]
        if told.get("reserved"):
            rule["budget_reserved"] = told["reserved"] == "yes"
        return {**rule, "terms": terms}


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _hundredth(percent: str | None) -> str | None:
    """30 of a hundred as 0.30; what is no number is left as it is, and refused where it is read."""
    if not percent:
        return None
    try:
        return str(Decimal(percent.strip().rstrip("%％")) / 100)
    except ArithmeticError:
        return percent


def _percent(share: Any) -> str:
    return "" if share in (None, "") else f"{(Decimal(str(share)) * 100).normalize():f}"


if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet[ObligationRow]
else:
    _FormSet = forms.BaseFormSet


class _Rows(_FormSet):
    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules of the rows that tell something, in their order."""
        return [form.rule for form in self.forms if not form.empty]


ObligationRows: Any = forms.formset_factory(
    ObligationRow, formset=_Rows, extra=0, max_num=200, validate_max=True
)


def initial_of(rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rules as the rows show them."""
    found = []
    for rule in rules:
        terms = dict(rule.get("terms") or {})
        row: dict[str, Any] = {
            "side": rule.get("side", "unit"),
            "kind": rule.get("kind", ""),
            "title": rule.get("title", ""),
            "amount_fen": written_yuan(rule.get("amount_fen")),
            "share": _percent(terms.get("share", rule.get("share"))),
            "at_latest": terms.get("at_latest"),
            "counted_from": terms.get("counted_from", ""),
            "order": terms.get("order", ""),
            "rate": _percent((terms.get("rate") or {}).get("yearly")),
            "reserved": {True: "yes", False: "no"}.get(rule.get("budget_reserved"), ""),  # type: ignore[arg-type]
        }
        length: Mapping[str, Any] = {}
        if "after" in terms:
            length = terms.get("term") or {}
            row |= {"way": "after", "event": terms["after"], "of": terms.get("of")}
        elif "every" in terms:
            length = terms["every"]
            row |= {"way": "every", "starts": terms.get("from"), "until": terms.get("until")}
        else:
            row |= {"way": "on", "on": terms.get("on")}
        for unit, number in length.items():
            row |= {"unit": unit, "number": number}
        found.append(row)
    return found


def again(
    data: Mapping[str, Any], *, prefix: str = ROWS, add: int = 0, without: int | None = None
) -> list[dict[str, Any]]:
    """What stands in the rows that were sent, to show them again: with more of them, or without one."""
    count = (
        int(data.get(f"{prefix}-TOTAL_FORMS") or 0)
        if str(data.get(f"{prefix}-TOTAL_FORMS", "")).isdecimal()
        else 0
    )
    names = list(ObligationRow.base_fields)
    rows = [
        {name: data.get(f"{prefix}-{number}-{name}", "") for name in names}
        for number in range(min(count, 200))
    ]
    if without is not None and without < len(rows):
        del rows[without]
    return [*rows, *({} for _ in range(add))]
