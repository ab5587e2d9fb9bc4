"""What is typed about a task: one form for each thing that may be done with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.flow.api import OutcomeView, TaskView
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

MOST_LINES, LONGEST_LINE = 30, 200


class LinesField(forms.CharField):
    """Several things, one a line; a list without empty ones."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if self.required and not lines:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(_("最多 %(most)d 行。"), params={"most": MOST_LINES})
        if any(len(line) > LONGEST_LINE for line in lines):
            raise forms.ValidationError(_("每行最多 %(most)d 字。"), params={"most": LONGEST_LINE})
        return lines


def _days(label: Any, *, initial: int | None = None, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=250, initial=initial, **kwargs)


def _reason(label: Any = None, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label or _("理由"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}), **kwargs
    )


class OutcomeForm(forms.Form):
    """The decision: one of the outcomes, and an opinion."""

    outcome = forms.ChoiceField(label=_("结果"), widget=forms.RadioSelect)
    opinion = forms.CharField(
        label=_("意见"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, outcomes: Iterable[OutcomeView], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (each.code, in_language(each.name, each.name_en)) for each in outcomes
        ]


class OpinionForm(forms.Form):
    """The answer of an agency that was asked."""

    stance = forms.ChoiceField(
        label=_("态度"),
        choices=[("agrees", _("同意")), ("conditional", _("有条件同意")), ("objects", _("不同意"))],
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("意见"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("有条件同意或不同意的，须写明条件或理由。"),
    )


class ReturnForm(forms.Form):
    """Everything that is to be corrected, at once."""

    what = LinesField(label=_("需要补正的内容"), help_text=_("一行一项，一次告知全部内容。申请人会看到。"))
    note = _reason(_("说明"), required=False)


class ConsultForm(forms.Form):
    """Which agencies are asked what, and by when."""

    agencies = forms.TypedMultipleChoiceField(
        label=_("会商部门"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    question = forms.CharField(label=_("会商事项"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    days = _days(_("答复期限（工作日）"), initial=3)

    def __init__(self, *args: Any, agencies: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agencies"].choices = list(agencies)  # type: ignore[attr-defined]


class DelegateForm(forms.Form):
    """To whom of the agency."""

    to_user_id = forms.TypedChoiceField(label=_("转交给"), coerce=int)
    note = _reason(_("说明"), required=False)

    def __init__(self, *args: Any, colleagues: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_user_id"].choices = [("", _("请选择")), *colleagues]  # type: ignore[attr-defined]


class ReassignForm(forms.Form):
    """To which person of the agency, or to which other agency, for this once or for the rest of the case."""

    to_user_id = forms.TypedChoiceField(label=_("本机构人员"), coerce=int, required=False, empty_value=None)
    to_agency_id = forms.TypedChoiceField(label=_("其他机构"), coerce=int, required=False, empty_value=None)
    later_steps = forms.BooleanField(
        label=_("本办件以后的环节也由该机构办理"),
        required=False,
        help_text=_("不勾选的，只转派这一件；以后轮到原机构的环节，仍由原机构办理。"),
    )
    reason = _reason()

    def __init__(
        self,
        *args: Any,
        colleagues: Iterable[tuple[int, str]],
        agencies: Iterable[tuple[int, str]],
        of_step: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not of_step:
            del self.fields["later_steps"]
        for name, pairs in (("to_user_id", colleagues), ("to_agency_id", agencies)):
            self.fields[name].choices = [("", _("不选")), *pairs]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(values.get("to_user_id")) == bool(values.get("to_agency_id")):
            raise forms.ValidationError(_("请选择一名人员，或者一个机构。"))
        if values.get("later_steps") and not values.get("to_agency_id"):
            raise forms.ValidationError(_("转给另一个机构时，才能同时转交以后的环节。"))
        return values


class DeficiencyForm(forms.Form):
    """容缺: what may come later, and until when."""

    materials = LinesField(label=_("容缺材料"), help_text=_("一行一项：受理时缺少、允许以后补齐的材料。"))
    days = _days(_("补齐期限（工作日）"), initial=10)


class CommitmentForm(forms.Form):
    """告知承诺: what the applicant promises, and until when it is checked."""

    promised = LinesField(
        label=_("承诺内容"), help_text=_("一行一项：已告知的条件，申请人书面承诺全部符合。")
    )
    days = _days(_("核查期限（工作日）"), required=False, help_text=_("在多少个工作日内核查；可不填。"))
    note = _reason(_("说明"), required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = _reason(help_text=_("记入办件记录。"))


class SendBackForm(forms.Form):
    """To which earlier step, and why."""

    step = forms.ChoiceField(label=_("退回到"))
    reason = _reason(help_text=_("退回到的环节会看到。"))

    def __init__(self, *args: Any, steps: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["step"].choices = list(steps)  # type: ignore[attr-defined]


class CheckForm(forms.Form):
    """What the check of a commitment found."""

    kept = forms.ChoiceField(
        label=_("核查结果"),
        choices=[("yes", _("已履行")), ("no", _("未履行"))],
        widget=forms.RadioSelect,
    )
    finding = _reason(_("核查情况"))


class TaskFilter(FilterForm):
    """Tasks by words, state, flow, agency, and only late ones."""

    text = forms.CharField(label=_("事项、企业或编号"), max_length=60)
    definition = forms.ChoiceField(label=_("所走流程"))
    late = forms.ChoiceField(label=_("时限"), choices=[("", _("全部时限")), ("yes", _("已超期"))])

    def __init__(self, data: QueryDict, *, flows: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["definition"].choices = choices(flows, _("全部流程"))  # type: ignore[attr-defined]


class ShelfFilter(TaskFilter):
    """The same on one shelf of one's work, on which it stays."""

    shelf = forms.CharField(widget=forms.HiddenInput, max_length=12)

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values.items() if name != "shelf"}


class CaseFilter(TaskFilter):
    """Cases by words, state and flow, and only late ones."""

    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, *, states: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["state"].choices = choices(states, _("全部状态"))  # type: ignore[attr-defined]


def outcomes_in_common(tasks: Iterable[TaskView]) -> tuple[OutcomeView, ...]:
    """The outcomes that every one of some tasks may have."""
    found: tuple[OutcomeView, ...] | None = None
    for task in tasks:
        own = {each.code: each for each in task.outcomes}
        found = tuple(own.values()) if found is None else tuple(e for e in found if own.get(e.code) == e)
    return found or ()
