"""What is asked of who says that something was performed, disputes it, or takes back what was said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts import api
from yingshang.web.filters import DayField, choices

from ..fields import SeveralFiles, YuanField
from ..steps import Step, StepForm, text_field
from ..words import SAID, named_choices

ANOTHER = "obligation"
"""That another obligation of the contract is performed, among the events."""
_OWED_BY_UNIT = ("done", "partial", "disputed")
_OWED_TO_UNIT = ("done", "partial", "not_received", "disputed")


class PerformForm(StepForm):
    """What happened, on which day, how much of it, and what shows it."""

    what = forms.ChoiceField(label=_("履行情况"), widget=forms.RadioSelect)
    happened_on = DayField(label=_("发生日期"))
    amount_fen = YuanField(label=_("金额（元）"), required=False)
    of_interest_fen = YuanField(
        label=_("其中用于付息（元）"),
        required=False,
        help_text=_(
            "不填的按合同或者法律规定的顺序抵充。付款方不能自行少计利息；收款方放弃利息的，由收款方登记“确认已收到”。"
        ),
    )
    overpaid = forms.BooleanField(label=_("确属多付"), required=False)
    note = text_field(_("说明"), rows=2, required=False)
    evidence = SeveralFiles(
        label=_("证据材料"), required=False, help_text=_("付款凭证、验收单等；相对方也能看到。")
    )

    def __init__(self, *arguments: Any, obligation: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        words = _OWED_BY_UNIT if obligation.side == "unit" else _OWED_TO_UNIT
        self.fields["what"].choices = [(each, SAID[each]) for each in words]  # type: ignore[attr-defined]
        if obligation.amount_fen is None and obligation.kind not in ("pay", "return_deposit"):
            for name in ("amount_fen", "of_interest_fen", "overpaid"):
                del self.fields[name]
        elif not obligation.late_days:
            del self.fields["of_interest_fen"]


class CancelForm(StepForm):
    """That it is done, and what shows it: the evidence there is, or more."""

    statement = text_field(
        _("销号说明"), hint=_("写明怎样履行的。相对方会收到并确认；有未办结的诉求时不能销号。")
    )
    kept = forms.TypedMultipleChoiceField(
        label=_("已上传的证据材料"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    evidence = SeveralFiles(label=_("证据材料"), required=False)

    def __init__(self, *arguments: Any, files: Any = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        pairs = [(str(each.id), each.name) for each in files]
        if pairs:
            self.fields["kept"].choices = pairs  # type: ignore[attr-defined]
            self.fields["kept"].initial = [code for code, _name in pairs]
        else:
            del self.fields["kept"]


class SettleForm(StepForm):
    """How the dispute was settled."""

    note = text_field(_("争议如何解决"), rows=2)


class WithdrawForm(StepForm):
    """Why it is taken back."""

    reason = text_field(_("撤回的原因"), rows=2)


class CorrectForm(StepForm):
    """What it is really counted from, why, and what shows it."""

    event = forms.ChoiceField(label=_("正确的起算依据"))
    of = forms.TypedChoiceField(
        label=_("前一项义务"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("选择“前一项义务履行”的才填写。"),
    )
    reason = text_field(_("更正的理由"), rows=2)
    evidence = SeveralFiles(
        label=_("证明材料"), help_text=_("合同中约定这一条的页面等；单位和相对方都能看到。")
    )

    def __init__(self, *arguments: Any, obligation: Any, others: Any = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        events = [*named_choices("events"), (ANOTHER, _("前一项义务履行"))]
        self.fields["event"].choices = choices(events, _("请选择"))  # type: ignore[attr-defined]
        rows = [(str(each.ordinal), f"{each.ordinal}. {each.title}") for each in others]
        self.fields["of"].choices = choices(rows, _("不适用"))  # type: ignore[attr-defined]


class BudgetForm(StepForm):
    """Whether money has been set aside for it."""

    reserved = forms.TypedChoiceField(
        label=_("预算"),
        choices=[("yes", _("已列入预算")), ("no", _("未列入预算")), ("", _("不清楚"))],
        widget=forms.RadioSelect,
        required=False,
        coerce=lambda told: told == "yes",
        empty_value=None,
    )
    note = text_field(_("说明"), rows=2, required=False)


STEPS: dict[str, Step] = {
    "perform": Step(_("记录履行"), "disputed", PerformForm, api.record_performance, "check", "obligation"),
    "cancel": Step(_("申请销号"), "cancel", CancelForm, api.ask_cancellation, "circle-check", "obligation"),
    "budget": Step(_("登记预算安排"), "told", BudgetForm, api.say_budget, "coin", "obligation"),
    "settle": Step(_("争议已解决"), "settled", SettleForm, api.settle_dispute, "scale", "obligation"),
    "correct": Step(
        _("更正起算依据"),
        "corrected",
        CorrectForm,
        api.correct_start,
        "edit",
        "obligation",
        hint=_(
            "登记有误、单位自己不能改的，由督办部门更正：到期日重新计算，原来的留在记录里，理由和材料单位和相对方都能看到。"
        ),
    ),
    "withdraw": Step(
        _("撤回"), "withdrawn", WithdrawForm, api.withdraw_performance, "arrow-back-up", "performance"
    ),
}
