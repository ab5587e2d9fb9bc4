"""Filters, and a form for each step of a steward, and of who manages them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as told_as
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import AskedFor, Learned, assignment_limits
from yingshang.kernel.access.api import Office
from yingshang.kernel.reference.api import facts
from yingshang.web.fields import MomentField
from yingshang.web.filters import DayField, FilterForm, choices

from ..saying.forms import SeveralFiles
from ..words import named_choices
from .words import level_choices, service_choices, tier_choices, way_choices

ASKED_AT_ONCE, LEARNED_AT_ONCE = 3, 2
"""How many appeals, and how many facts, the page of a visit takes."""


class StewardFilter(FilterForm):
    """Enterprises by what one looks for."""

    text = forms.CharField(label=_("搜索"), max_length=100)
    due = forms.ChoiceField(label=_("走访"))
    tier = forms.ChoiceField(label=_("联系层级"))
    region_path = forms.ChoiceField(label=_("地区"))
    tab = forms.CharField(widget=forms.HiddenInput, max_length=10)

    def __init__(self, data: QueryDict, *, regions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("企业、信用代码或管家")
        dues = [
            ("late", _("逾期未走访")),
            ("soon", _("即将到期")),
            ("planned", _("已安排")),
            ("called", _("请管家联系")),
        ]
        for name, pairs, every in (
            ("due", dues, _("不限")),
            ("tier", tier_choices(), _("全部层级")),
            ("region_path", regions, _("全部地区")),
        ):
            self.fields[name].choices = choices(pairs, every)  # type: ignore[attr-defined]
        if not regions:
            del self.fields["region_path"]

    @property
    def asked(self) -> dict[str, Any]:
        """As the room's arguments."""
        return {name: value for name, value in self.values.items() if name != "tab"}

    @property
    def narrowed(self) -> bool:
        return bool(self.asked)


class PeriodFilter(FilterForm):
    """From one day to another."""

    since = DayField(label=_("从"))
    until = DayField(label=_("到"))


class _Form(forms.Form):
    """What may stand in the fields, the action says."""

    use_required_attribute = False

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class PlanForm(_Form):
    """When the next visit will be."""

    on = DayField(label=_("计划日期"))
    way = forms.ChoiceField(label=_("方式"), widget=forms.RadioSelect, initial="visit")
    purpose = forms.CharField(
        label=_("事由"), max_length=200, required=False, help_text=_("企业会收到通知。")
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["way"].choices = way_choices()  # type: ignore[attr-defined]


class ServicesForm(_Form):
    """What of the three lists is done for the enterprise."""

    services = forms.MultipleChoiceField(
        label=_("与企业商定的服务"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["services"].choices = service_choices()  # type: ignore[attr-defined]


class ServiceForm(_Form):
    """Something that was done."""

    service = forms.ChoiceField(label=_("服务项目"))
    on = DayField(label=_("服务日期"))
    what = forms.CharField(
        label=_("做了什么"),
        max_length=400,
        help_text=_("企业看得到。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *arguments: Any, agreed: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["service"].choices = [("", _("请选择")), *service_choices(agreed)]  # type: ignore[attr-defined]


class PhoneForm(_Form):
    """Where the enterprise reaches its steward."""

    phone = forms.CharField(
        label=_("工作电话"), max_length=40, required=False, help_text=_("企业在“我的服务管家”看得到。")
    )


class EndForm(_Form):
    """Why it has no steward any more."""

    reason = forms.CharField(label=_("原因"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))


class VisitForm(_Form):
    """What was seen and said."""

    way = forms.ChoiceField(label=_("方式"), widget=forms.RadioSelect, initial="visit")
    at = MomentField(label=_("时间"))
    instead = forms.BooleanField(
        label=_("已代替计划的走访"),
        required=False,
        help_text=_("计划的走访不再进行，企业会收到通知。"),
    )
    met = forms.CharField(label=_("参加人员"), max_length=200, required=False)
    said = forms.CharField(
        label=_("走访情况"),
        help_text=_("只有服务管家和管理包联的人看得到。"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    level = forms.TypedChoiceField(
        label=_("企业当面的评价"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    attached = SeveralFiles(label=_("附件"), required=False, help_text=_("照片、文件。"))

    def __init__(self, *arguments: Any, planned: bool, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        if not planned:
            del self.fields["instead"]
        self.fields["way"].choices = way_choices()  # type: ignore[attr-defined]
        self.fields["level"].choices = [("", _("没有问")), *level_choices()]  # type: ignore[attr-defined]

    def clean_at(self) -> datetime:
        """To the minute: what is being written down now was not in the future a moment ago."""
        at: datetime = self.cleaned_data["at"]
        now = timezone.now()
        return now if at > now and (at - now).total_seconds() < 60 else at


class AskedForm(_Form):
    """Something the enterprise wants somebody to deal with."""

    body = forms.CharField(
        label=_("诉求内容"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    title = forms.CharField(label=_("标题"), required=False)
    urgency = forms.ChoiceField(
        label=_("紧急程度"), widget=forms.RadioSelect, initial="normal", required=False
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"empty_permitted": True, **kwargs})
        self.fields["urgency"].choices = named_choices("urgencies")  # type: ignore[attr-defined]

    @property
    def asked_for(self) -> AskedFor | None:
        """What was written, if anything was."""
        told = self.cleaned_data
        if not (told.get("body", "").strip() or told.get("title", "").strip()):
            return None
        return AskedFor(told["title"], told["body"], told["urgency"] or "normal")


class LearnedForm(_Form):
    """A fact of the enterprise that was seen."""

    column = forms.ChoiceField(label=_("数据项"), required=False)
    value = forms.CharField(label=_("核实到的值"), max_length=200, required=False)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"empty_permitted": True, **kwargs})
        # Facts of one value that no person is behind; tables, and what is told year by year, have pages of their own.
        pairs = [
            (each.code, each.name)
            for each in facts().values()
            if each.about == "party"
            and each.sensitivity != "personal"
            and not each.fields
            and not each.series
        ]
        self.fields["column"].choices = [("", _("请选择")), *pairs]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Both, or neither."""
        told = super().clean() or {}
        if bool(told.get("column")) != bool(told.get("value")):
            empty = "value" if told.get("column") else "column"
            self.add_error(empty, told_as("数据项和值都要填，或者都不填"))
        return told

    @property
    def learned(self) -> Learned | None:
        """What was written, if anything was."""
        told = self.cleaned_data
        return Learned(told["column"], told["value"]) if told.get("column") else None


def _grouped(found: Iterable[Office]) -> list[tuple[str, Any]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in found:
        groups.setdefault(each.agency_name, []).append((f"{each.user_id}-{each.agency_id}", each.name))
    return [("", _("请选择")), *groups.items()]


class StewardField(forms.ChoiceField):
    """An official in an agency."""

    def clean(self, value: Any) -> Any:
        """As two numbers."""
        chosen: str = super().clean(value)
        user, _dash, agency = chosen.partition("-")
        return (int(user), int(agency)) if agency else None


class AssignForm(_Form):
    """Who looks after the enterprise, how closely."""

    steward = StewardField(label=_("管家"))
    tier = forms.ChoiceField(label=_("联系层级"), widget=forms.RadioSelect, initial="regular")
    phone = forms.CharField(label=_("工作电话"), max_length=40, required=False)

    def __init__(self, *arguments: Any, stewards: Iterable[Office], **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["steward"].choices = _grouped(stewards)  # type: ignore[attr-defined]
        self.fields["tier"].choices = tier_choices()  # type: ignore[attr-defined]


class HandOverForm(_Form):
    """From whom, to whom."""

    steward = forms.TypedChoiceField(label=_("原服务管家"), coerce=int)
    to = StewardField(label=_("接任的管家"))
    reason = forms.CharField(
        label=_("原因"), max_length=400, initial=_("工作调整"), widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self,
        *arguments: Any,
        held: Iterable[tuple[int, str, int]],
        stewards: Iterable[Office],
        **kwargs: Any,
    ) -> None:
        super().__init__(*arguments, **kwargs)
        pairs = [
            (str(number), told_as("%(name)s（%(count)s 家企业）") % {"name": name, "count": count})
            for number, name, count in held
        ]
        self.fields["steward"].choices = [("", _("请选择")), *pairs]  # type: ignore[attr-defined]
        self.fields["to"].choices = _grouped(stewards)  # type: ignore[attr-defined]


class ImportForm(_Form):
    """A filled-in table of assignments."""

    file = forms.FileField(
        label=_("填好的表格"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"})
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Not larger than is read: it is said before anybody reads it."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        largest = assignment_limits().largest_bytes
        if (file.size or 0) > largest:
            raise forms.ValidationError(
                told_as("文件 %(size)s MB，超过 %(most)s MB 的上限，请拆分成几个文件")
                % {"size": (file.size or 0) // 1_000_000, "most": largest // 1_000_000}
            )
        return file


class CallForm(_Form):
    """What the enterprise wants to talk about."""

    words = forms.CharField(
        label=_("想说什么事"),
        help_text=_("写明什么事、方便联系的时间和电话。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RateForm(_Form):
    """How content the enterprise is with a visit."""

    level = forms.TypedChoiceField(label=_("对这次走访"), coerce=int, widget=forms.RadioSelect)
    words = forms.CharField(label=_("意见"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["level"].choices = level_choices()  # type: ignore[attr-defined]
