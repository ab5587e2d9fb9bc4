"""A form for each step of a contract and of its supplements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts import api
from yingshang.web.filters import DayField, choices

from ..fields import SeveralFiles
from ..steps import EmptyForm, Step, StepForm, text_field
from ..words import named_choices


class ReasonForm(StepForm):
    """Why."""

    reason = text_field(_("理由"))


class RegisterForm(StepForm):
    """It is right; why there is nothing to be done by it, where there is nothing."""

    reason = text_field(
        _("没有义务的原因"), rows=2, required=False, hint=_("没有登记履约义务的合同才需要填写。")
    )


class RemarkForm(StepForm):
    """A remark nobody has to make."""

    reason = text_field(_("说明"), rows=2, required=False)


class TerminateForm(StepForm):
    """Since when, why, and what stays owed all the same."""

    terminated_on = DayField(label=_("解除日期"))
    reason = text_field(_("解除的原因和依据"))
    keep = forms.TypedMultipleChoiceField(
        label=_("解除后仍要履行的义务"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("到解除日已经到期、已部分履行的，照样要履行，不用勾选。"),
    )

    def __init__(self, *arguments: Any, obligations: Any = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["keep"].choices = [  # type: ignore[attr-defined]
            (str(each.id), f"{each.ordinal}. {each.title}") for each in obligations
        ]
        if not self.fields["keep"].choices:  # type: ignore[attr-defined]
            del self.fields["keep"]


class VoidForm(StepForm):
    """Why it never was one; the same one's number, where it is a duplicate."""

    reason = text_field(_("作废的原因"))
    duplicate_of = forms.CharField(
        label=_("重复登记的，已登记的编号"),
        max_length=24,
        required=False,
        help_text=_("有逾期义务的合同，只有重复登记才能作废。"),
    )


class EventForm(StepForm):
    """What happened, and when."""

    event = forms.ChoiceField(label=_("事件"))
    happened_on = DayField(label=_("发生日期"))
    note = text_field(_("说明"), rows=2, required=False)

    def __init__(self, *arguments: Any, obligations: Any = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        waited_for = {each.event for each in obligations if each.event}
        pairs = [(code, name) for code, name in named_choices("events") if code in waited_for]
        self.fields["event"].choices = choices(pairs, _("请选择"))  # type: ignore[attr-defined]


class WithdrawEventForm(StepForm):
    """Which event has not happened, and why it was told."""

    event = forms.ChoiceField(label=_("事件"))
    reason = text_field(_("撤回的原因"), rows=2)

    def __init__(self, *arguments: Any, told: Any = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        pairs = [(code, name) for code, name in named_choices("events") if code in told]
        self.fields["event"].choices = choices(pairs, _("请选择"))  # type: ignore[attr-defined]


class FileForm(StepForm):
    """Files of a contract."""

    attached = SeveralFiles(label=_("文件"))
    purpose = forms.ChoiceField(label=_("是什么"))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["purpose"].choices = named_choices("file_purposes")  # type: ignore[attr-defined]


class DropForm(StepForm):
    """Why it is taken back."""

    remark = text_field(_("撤回的原因"), rows=2)


class DecideForm(StepForm):
    """In effect, or not."""

    verdict = forms.ChoiceField(
        label=_("审核结果"),
        choices=[("approved", _("同意，生效")), ("dropped", _("不采纳"))],
        widget=forms.RadioSelect,
    )
    remark = text_field(_("意见"), rows=2, required=False)


ARGUMENTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "decide": lambda told: {"approved": told["verdict"] == "approved", "remark": told["remark"]},
    "terminate": lambda told: {**told, "keep": told.get("keep", [])},
}
"""What a form says → the arguments of its action; the others are called alike."""

STEPS: dict[str, Step] = {
    "submit": Step(_("提交审核"), "submitted", EmptyForm, api.submit_contract, "send"),
    "register": Step(
        _("审核通过，登记生效"), "registered", RegisterForm, api.register_contract, "rubber-stamp"
    ),
    "return": Step(_("退回修改"), "returned", ReasonForm, api.return_contract, "arrow-back-up"),
    "event": Step(
        _("登记事件"),
        "event",
        EventForm,
        api.record_event,
        "calendar-event",
        hint=_("交付、验收、开票等：等待它的义务从这一天起算。"),
    ),
    "withdraw-event": Step(
        _("撤回事件"),
        "event_withdrawn",
        WithdrawEventForm,
        api.withdraw_event,
        "arrow-back-up",
        danger=True,
        hint=_("登记错了、实际没有发生的事件：由它起算的义务回到等待。"),
    ),
    "file": Step(_("添加文件"), "file", FileForm, api.add_contract_file, "paperclip"),
    "remove-file": Step(
        _("删除"), "file_removed", EmptyForm, api.remove_contract_file, "trash", "file", danger=True
    ),
    "complete": Step(_("合同办结"), "completed", RemarkForm, api.complete_contract, "check"),
    "suspend": Step(
        _("中止履行"),
        "suspended",
        ReasonForm,
        api.suspend_contract,
        "player-pause",
        hint=_("中止前已到期的仍是逾期，利息照算。"),
    ),
    "resume": Step(_("恢复履行"), "resumed", ReasonForm, api.resume_contract, "player-play"),
    "reopen": Step(_("重新打开"), "reopened", ReasonForm, api.reopen_contract, "rotate-2"),
    "terminate": Step(
        _("解除合同"), "terminated", TerminateForm, api.terminate_contract, "circle-x", danger=True
    ),
    "void": Step(_("登记作废"), "voided", VoidForm, api.void_contract, "trash", danger=True),
    "decide": Step(_("审核"), "approved", DecideForm, api.decide_supplement, "rubber-stamp", "supplement"),
    "drop": Step(_("撤回"), "dropped", DropForm, api.drop_supplement, "x", "supplement"),
}
