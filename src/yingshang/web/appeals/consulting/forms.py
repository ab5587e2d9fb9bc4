"""What is asked for at each step of a consultation. What may stand in it, the room says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import Task, consulting_rules
from yingshang.kernel.parties.api import AgencyRow
from yingshang.web.fields import MomentField
from yingshang.web.filters import DayField

from ..handling.forms import StepForm

Agencies = list[tuple[int, str]]


class StatementForm(StepForm):
    """Words, for everybody who takes part or for the agencies alone."""

    text = forms.CharField(label=_("意见"), widget=forms.Textarea(attrs={"rows": 4}))
    internal = forms.BooleanField(label=_("只给单位看，诉求人看不到"), required=False)

    def __init__(self, *arguments: Any, with_reporter: bool = True, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        if not with_reporter:
            del self.fields["internal"]


class InviteForm(StepForm):
    """One more agency."""

    agency = forms.TypedChoiceField(label=_("单位"), coerce=int)

    def __init__(self, *arguments: Any, agencies: Iterable[AgencyRow] = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        grouped: dict[str, list[tuple[str, str]]] = {}
        for each in agencies:
            grouped.setdefault(each.region_name, []).append((str(each.id), each.name))
        self.fields["agency"].choices = [("", _("请选择")), *grouped.items()]  # type: ignore[attr-defined]


class MeetingForm(StepForm):
    """When and where one meets."""

    meeting_at = MomentField(label=_("会议时间"))
    meeting_place = forms.CharField(label=_("会议地点"), max_length=200, required=False)
    meeting_address = forms.CharField(
        label=_("视频会议网址"), max_length=300, required=False, help_text=_("以 https:// 开头。")
    )


class MinutesForm(StepForm):
    """What was agreed, and who does what by when."""

    conclusion = forms.CharField(
        label=_("会商结论"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("会商结束后，受邀的诉求人也能看到。"),
    )
    internal = forms.CharField(
        label=_("内部意见"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("参加的单位、承办单位、派单单位和督查人员看得到，诉求人和其他单位看不到。"),
    )

    def __init__(self, *arguments: Any, taking_part: Agencies, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.numbers = range(consulting_rules().most_tasks)
        pairs = [("", _("不分工")), *((str(number), name) for number, name in taking_part)]
        for number in self.numbers:
            self.fields[f"agency_{number}"] = forms.TypedChoiceField(
                label=_("由谁"), coerce=int, empty_value=None, required=False, choices=pairs
            )
            self.fields[f"what_{number}"] = forms.CharField(label=_("做什么"), max_length=500, required=False)
            self.fields[f"due_{number}"] = DayField(label=_("什么时候前"), required=False)

    def text_fields(self) -> Iterator[BoundField]:
        """Conclusion and what stays between agencies."""
        return (self[name] for name in ("conclusion", "internal"))

    def task_rows(self) -> list[list[BoundField]]:
        """The fields of each task."""
        return [[self[f"{name}_{number}"] for name in ("agency", "what", "due")] for number in self.numbers]

    @property
    def more_open(self) -> bool:
        """Whether more tasks than the first two are written, or were refused."""
        fields = (field for row in self.task_rows()[2:] for field in row)
        return any(field.value() or field.errors for field in fields)

    @property
    def told(self) -> dict[str, Any]:
        """As the room's arguments."""
        said = self.cleaned_data
        tasks = [
            Task(said[f"agency_{number}"], said[f"what_{number}"], said[f"due_{number}"])
            for number in self.numbers
            if said[f"agency_{number}"] is not None
        ]
        return {"conclusion": said["conclusion"], "internal": said["internal"], "tasks": tasks}

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        for number in self.numbers:
            agency, what = said.get(f"agency_{number}"), said.get(f"what_{number}")
            if agency is None and (what or said.get(f"due_{number}")):
                self.add_error(f"agency_{number}", _("请选择由哪个单位做"))
            elif agency is not None and not what:
                self.add_error(f"what_{number}", _("请写明做什么"))
        return said


class SignForm(StepForm):
    """Whether the agency agrees."""

    verdict = forms.ChoiceField(
        label=_("会签意见"),
        choices=[("agrees", _("同意")), ("dissents", _("不同意"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("理由"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("不同意的必须写明理由。"),
    )
    # When the minutes that were read were written.
    read = forms.CharField(widget=forms.HiddenInput)

    def clean_read(self) -> datetime:
        """The moment, as the page had it."""
        try:
            return datetime.fromisoformat(self.cleaned_data["read"])
        except ValueError as error:
            raise forms.ValidationError(_("请打开纪要，看过再会签")) from error


class OwnStatementForm(forms.Form):
    """What who said the appeal has to say."""

    body = forms.CharField(label=_("我要发言"), widget=forms.Textarea(attrs={"rows": 4}), strip=False)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
