"""What is asked of an enterprise: little, as it is filled in on a telephone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yingshang.web.filters import FilterForm, choices

from ..fields import YuanField
from ..steps import StepForm, text_field
from ..words import state_choices

ONLY = (("late", _("有逾期未付款")), ("open", _("还有未履行的义务")), ("waiting", _("等我确认")))


class _Filter(FilterForm):
    text = forms.CharField(label=_("查找"), max_length=80)

    def __init__(self, data: QueryDict, *, parties: list[tuple[int, str]]) -> None:
        super().__init__(data)
        if len(parties) > 1:
            every = choices([(str(number), name) for number, name in parties], _("全部企业"))
            self.fields["party"] = forms.ChoiceField(label=_("企业"), choices=every, required=False)


class OwnFilter(_Filter):
    """Which of one's contracts."""

    only = forms.ChoiceField(label=_("情形"), choices=choices(ONLY, _("全部")))
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, *, parties: list[tuple[int, str]]) -> None:
        super().__init__(data, parties=parties)
        hidden = ("draft", "submitted", "void")
        shown = [each for each in state_choices("contract") if each[0] not in hidden]
        self.fields["state"].choices = choices(shown, _("全部状态"))  # type: ignore[attr-defined]


class OwedFilter(_Filter):
    """Which of what one is owed."""

    late = forms.ChoiceField(label=_("是否逾期"), choices=choices([("yes", _("只看逾期"))], _("全部")))


class NotPaidForm(StepForm):
    """What somebody adds to "I was not paid": nothing need be."""

    note = text_field(_("补充说明"), required=False, hint=_("可以不填。例如最近一次催款的时间、对方的答复。"))


class ReceivedForm(StepForm):
    """When it came, and how much where it is money."""

    happened_on = forms.DateField(
        label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    amount = YuanField(label=_("金额（元）"), required=False)
    note = text_field(_("说明"), rows=2, required=False)
    file = forms.FileField(
        label=_("证明材料"), required=False, help_text=_("可以不传。收款回单、签收单等，PDF 或照片。")
    )

    def __init__(
        self, *arguments: Any, money: bool = False, open_fen: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["happened_on"].initial = timezone.localdate()
        if not money:
            del self.fields["amount"]
        elif open_fen:
            self.fields["amount"].initial = f"{open_fen / 100:.2f}"


class WordForm(StepForm):
    """Why."""

    note = text_field(_("说明"), rows=2)

    def __init__(
        self, *arguments: Any, money: bool = False, open_fen: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*arguments, **kwargs)


class RefuseForm(StepForm):
    """Why it cannot be struck off, or is not agreed to."""

    reason = text_field(_("不同意的理由"), rows=2)
