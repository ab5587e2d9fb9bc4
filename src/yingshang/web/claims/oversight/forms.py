"""Forms of the supervisor's desk and of money asked back. What may be said, the room that takes it says."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import recovery_rates, recovery_states, trip_rules, trip_states
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _text(label: Any, longest: int, help_text: Any = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows, "maxlength": longest}),
    )


class _Plain(forms.Form):
    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class TripFilter(FilterForm):
    """Trips by words, state and rule."""

    text = forms.CharField(label=_("企业、事项或编号"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))
    rule = forms.ChoiceField(label=_("规则"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        states = [(code, in_language(each[0], each[1])) for code, each in trip_states().items()]
        rules = [(code, in_language(*each)) for code, each in trip_rules().items()]
        self.fields["state"].choices = choices(states, _("全部"))  # type: ignore[attr-defined]
        self.fields["rule"].choices = choices(rules, _("全部"))  # type: ignore[attr-defined]


class TripDecisionForm(_Plain):
    """Whether it goes on."""

    verdict = forms.ChoiceField(
        label=_("处理结果"),
        widget=forms.RadioSelect,
        choices=[
            ("release", _("解除，继续办理和拨付")),
            ("confirm", _("情况属实：尚未拨付的不予兑付；已交银行的、整个事项或资金的，继续停止拨付")),
        ],
    )
    reason = _text(_("处理意见"), 400, _("写明核查了什么、依据是什么；不予兑付时企业可以看到。"))


class StopForm(_Plain):
    """What is stopped by hand."""

    target = forms.ChoiceField(label=_("停止的对象"))
    reason = _text(_("理由"), 400)

    def __init__(
        self,
        *arguments: Any,
        items: Sequence[tuple[str, str]],
        funds: Sequence[tuple[int, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            ("", _("请选择")),
            (_("专项资金"), [(f"fund:{number}", name) for number, name in funds]),
            (_("政策事项"), [(f"item:{code}", name) for code, name in items]),
        ]


class RecoveryFilter(FilterForm):
    """Money asked back by words and state."""

    text = forms.CharField(label=_("企业、事项或编号"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        states = [(code, in_language(each[0], each[1])) for code, each in recovery_states().items()]
        self.fields["state"].choices = choices(states, _("全部"))  # type: ignore[attr-defined]


class DemandForm(_Plain):
    """How much is asked back, why, and until when."""

    amount = forms.DecimalField(
        label=_("追回金额（元）"), min_value=Decimal("0.01"), max_digits=15, decimal_places=2
    )
    reason = _text(_("追回理由"), 1000)
    basis = _text(_("追回依据"), 400, _("文件名称、文号和条款"), rows=2)
    parts = forms.IntegerField(
        label=_("分几期"), min_value=1, max_value=36, initial=1, help_text=_("按月等额")
    )
    first_due = _day(_("首期期限"))
    rate = forms.ChoiceField(label=_("利息"))
    interest_from = _day(_("起息日"), required=False, help_text=_("不填为今天"))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        rates = recovery_rates()
        self.fields["rate"].choices = [  # type: ignore[attr-defined]
            (code, in_language(name, name_en)) for code, name, name_en, _source in rates
        ]
        self.fields["rate"].help_text = rates[-1][3]


class RepaidForm(_Plain):
    """A line of the bank's statement."""

    amount = forms.DecimalField(
        label=_("到账金额（元）"), min_value=Decimal("0.01"), max_digits=15, decimal_places=2
    )
    paid_on = _day(_("到账日期"))
    bank_reference = forms.CharField(
        label=_("银行流水号"),
        max_length=64,
        help_text=_(
            "已有当日对账单的，须与其中的流水一致；还没有的，列为对账差异，待对账单列明或由其他人员核实。"
        ),
    )


class EndForm(_Plain):
    """How what is left ends."""

    how = forms.ChoiceField(
        label=_("办理方式"),
        widget=forms.RadioSelect,
        choices=[
            ("write_off", _("核销其余部分（须由要求退回以外的人员决定）")),
            ("cancel", _("撤销追回（尚无退款到账，须由要求退回以外的人员决定）")),
        ],
    )
    decision = _text(_("决定和文号"), 400, rows=2)
