"""Forms of money. What may be said, the room that takes it says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import DIFFERENCE_KINDS, FundView, batch_states
from yingshang.web.filters import DayField, FilterForm, choices
from yingshang.web.words import in_language

from .words import ACCOUNTS, LEVELS


class BudgetForm(forms.Form):
    """What a level sets aside, and by which document."""

    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    level = forms.ChoiceField(label=_("财政层级"), choices=list(LEVELS.items()))
    amount = forms.DecimalField(
        label=_("预算总额（元）"), min_value=Decimal(0), max_digits=15, decimal_places=2
    )
    reason = forms.CharField(label=_("依据文件"), max_length=400, help_text=_("文件名称和文号"))


class PrepareForm(forms.Form):
    """Order what waits: when the bank is to pay."""

    execute_on = forms.DateField(
        label=_("执行日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("原因"), max_length=400, widget=forms.Textarea(attrs={"rows": 2, "maxlength": 400})
    )


class NotExecutedForm(forms.Form):
    """What the bank confirmed of orders it never answered."""

    reason = forms.CharField(
        label=_("银行确认情况和核实依据"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 400}),
    )


class ExplainForm(forms.Form):
    """What a difference is."""

    explanation = forms.CharField(
        label=_("差异原因和核实依据"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 400}),
    )
    book_as_paid = forms.BooleanField(
        label=_("以银行为准，按已支付入账"),
        required=False,
        help_text=_("仅当该申请没有另行拨付时可以入账。"),
    )

    def __init__(self, *args: Any, bookable: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not bookable:
            del self.fields["book_as_paid"]


class BatchFilter(FilterForm):
    """Batches by words, state and fund."""

    text = forms.CharField(label=_("批次号、指令号、申请编号或银行流水号"), max_length=64)
    state = forms.ChoiceField(label=_("状态"))
    fund_id = forms.TypedChoiceField(label=_("资金"), coerce=int, empty_value=None)

    def __init__(self, data: QueryDict, *, funds: tuple[FundView, ...], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        states = [(code, in_language(zh, en)) for code, (zh, en, _tone) in batch_states().items()]
        self.fields["state"].choices = choices(states, _("全部状态"))  # type: ignore[attr-defined]
        named = [(each.id, each.name) for each in funds]
        self.fields["fund_id"].choices = choices(named, _("全部资金"))  # type: ignore[attr-defined]


class DifferenceFilter(FilterForm):
    """Differences by kind, and whether they are explained."""

    kind = forms.ChoiceField(label=_("类型"))
    explained = forms.TypedChoiceField(
        label=_("处理情况"), coerce=lambda value: value == "yes", empty_value=None
    )

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        kinds = [(code, in_language(*words)) for code, words in DIFFERENCE_KINDS.items()]
        self.fields["kind"].choices = choices(kinds, _("全部类型"))  # type: ignore[attr-defined]
        self.fields["explained"].choices = choices(  # type: ignore[attr-defined]
            [("no", _("待处理")), ("yes", _("已核销"))], _("全部")
        )


class JournalFilter(FilterForm):
    """Lines of the journal by day, account and fund."""

    since = DayField(label=_("自"))
    until = DayField(label=_("至"))
    account = forms.ChoiceField(label=_("科目"))
    fund_id = forms.TypedChoiceField(label=_("资金"), coerce=int, empty_value=None)

    def __init__(self, data: QueryDict, *, funds: tuple[FundView, ...], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["account"].choices = choices(ACCOUNTS.items(), _("全部科目"))  # type: ignore[attr-defined]
        named = [(each.id, each.name) for each in funds]
        self.fields["fund_id"].choices = choices(named, _("全部资金"))  # type: ignore[attr-defined]
