"""Filters of the lists, and a form for each step. What may stand in a field, the action says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts import api
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

from ..steps import EmptyForm, Step, StepForm, text_field
from ..words import ESCALATIONS, PROMISES, state_choices


class LateFilter(FilterForm):
    """Late obligations by words and by how far the ladder has come."""

    text = forms.CharField(label=_("搜索"), max_length=100)
    level = forms.ChoiceField(label=_("督办进展"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("合同编号、义务、单位或相对方")
        levels = [("none", _("尚未预警")), *ESCALATIONS.items()]
        self.fields["level"].choices = choices(levels, _("全部"))  # type: ignore[attr-defined]


class StateFilter(FilterForm):
    """Notices, cases, transfers or cancellations by words and state."""

    text = forms.CharField(label=_("搜索"), max_length=100)
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, *, table: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("文号、合同编号、义务、单位或相对方")
        states = [*state_choices(table), *(PROMISES.items() if table == "notice" else ())]
        self.fields["state"].choices = choices(states, _("全部状态"))  # type: ignore[attr-defined]


class NoticeForm(StepForm):
    """A notice by hand."""

    demand = text_field(_("督办要求"))


class CaseForm(StepForm):
    """A case."""

    grounds = text_field(_("立案理由"))


class AnswerForm(StepForm):
    """What the head of the unit answers."""

    answer = text_field(_("反馈内容"), rows=5)
    promised_on = forms.DateField(
        label=_("承诺履行日"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class RemarkForm(StepForm):
    """What a supervisor says to an answer."""

    remark = text_field(_("督查意见"))


class CaseStepForm(StepForm):
    """What happened in a case."""

    what = forms.ChoiceField(label=_("督办方式"))
    text = text_field(_("经过和结果"))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            (each.code, in_language(each.name, each.name_en)) for each in api.ladder_rules().steps.values()
        ]


class FindingForm(StepForm):
    """What was found out."""

    finding = text_field(_("调查结论"), rows=5)


class ReasonForm(StepForm):
    """A reason."""

    reason = text_field(_("理由"))


class DropForm(StepForm):
    """Why a supplement is taken back."""

    remark = text_field(_("撤回的原因"), rows=2)


class OutcomeForm(StepForm):
    """What came of a transfer."""

    outcome = text_field(_("处理结果"), rows=5)


class TransferForm(StepForm):
    """A transfer, begun with what is registered."""

    to_agency_id = forms.TypedChoiceField(label=_("接收机关"), coerce=int, empty_value=None, required=False)
    to_name = forms.CharField(
        label=_("接收机关名称"), max_length=120, required=False, help_text=_("不在平台上的机关，请写全称。")
    )
    evaluation = text_field(_("评价意见"), rows=5)
    proposal = text_field(_("问责建议"), rows=4, required=False)

    def __init__(self, *arguments: Any, proposed: api.TransferProposal, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        known = [] if proposed.to_agency_id is None else [(str(proposed.to_agency_id), proposed.to_name)]
        self.fields["to_agency_id"].choices = [*known, ("", _("其他（不在平台上）"))]  # type: ignore[attr-defined]
        if not known:
            del self.fields["to_agency_id"]


def _decided(confirmed: bool) -> Any:
    def act(**given: Any) -> None:
        api.decide_cancellation(confirmed=confirmed, **given)

    return act


def _agreed(agreed: bool) -> Any:
    def act(**given: Any) -> None:
        api.decide_agreement(agreed=agreed, **given)

    return act


NOTICE_STEPS = {
    "answer": Step(_("反馈"), "answered", AnswerForm, api.answer_notice, "writing-sign"),
    "return": Step(_("退回反馈"), "returned", RemarkForm, api.return_notice, "arrow-back-up"),
    "lift": Step(_("解除督办"), "lifted", RemarkForm, api.lift_notice, "check"),
}
CASE_STEPS = {
    "step": Step(_("记录督办经过"), "stepped", CaseStepForm, api.add_case_step, "writing-sign"),
    "finding": Step(_("填写调查结论"), "found", FindingForm, api.record_finding, "file-text"),
    "close": Step(_("结案"), "closed", ReasonForm, api.close_case, "check", danger=True),
}
TRANSFER_STEPS = {
    "receive": Step(_("接收"), "received", EmptyForm, api.receive_transfer, "check"),
    "decline": Step(_("退回"), "declined", ReasonForm, api.decline_transfer, "arrow-back-up"),
    "end": Step(_("反馈处理结果"), "ended", OutcomeForm, api.end_transfer, "message-circle"),
}
CANCELLATION_STEPS = {
    "confirm": Step(_("核实属实，同意销号"), "confirmed", ReasonForm, _decided(True), "circle-check"),
    "refuse": Step(_("不同意销号"), "refused", ReasonForm, _decided(False), "circle-x"),
    "withdraw": Step(_("撤回申请"), "withdrawn", EmptyForm, api.withdraw_cancellation, "arrow-back-up"),
}
AGREEMENT_STEPS = {
    "agree": Step(_("核实属实，同意生效"), "agreed", ReasonForm, _agreed(True), "circle-check"),
    "decline": Step(_("不同意生效"), "declined", ReasonForm, _agreed(False), "circle-x"),
    "drop": Step(_("撤回"), "dropped", DropForm, api.drop_supplement, "arrow-back-up"),
}
