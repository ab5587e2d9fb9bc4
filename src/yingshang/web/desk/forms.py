"""What is typed on the workbench."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.reference.api import facts, find_region, industries
from yingshang.processes.enterprise_binding.api import states as binding_states
from yingshang.web.filters import DayField, FilterForm, choices
from yingshang.web.uploads import SubjectsFileField
from yingshang.web.words import IMPORT_STATES, PARTY_STATUSES, SIZES, STATUSES, in_language

from .due import COLOURS, Due, Provider


class DueFilter(FilterForm):
    """What is due, by kind, clock colour, agency and region."""

    kind = forms.ChoiceField(label=_("种类"))
    colour = forms.ChoiceField(
        label=_("时限"), choices=choices(((each.code, each.name) for each in COLOURS), _("全部时限"))
    )
    agency = forms.ChoiceField(label=_("机构"))
    region = forms.ChoiceField(label=_("区划"))

    def __init__(self, data: QueryDict, *, due: Due, providers: tuple[Provider, ...], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        kinds = ((each.kind, each.name) for each in providers)
        agencies = {str(row.item.agency_id): row.item.agency_name for row in due.rows if row.item.agency_id}
        regions = {row.item.region_code: row.item.region_name for row in due.rows if row.item.region_code}
        for name, pairs, every in (
            ("kind", kinds, _("全部种类")),
            ("agency", sorted(agencies.items()), _("全部机构")),
            ("region", sorted(regions.items()), _("全部区划")),
        ):
            self.fields[name].choices = choices(pairs, every)  # type: ignore[attr-defined]


class PartyFilter(FilterForm):
    """Enterprises by words, region, industry, size, status and month of establishment."""

    text = forms.CharField(label=_("名称、拼音首字母或信用代码"), max_length=60)
    region = forms.CharField(label=_("区划"), max_length=9, widget=forms.HiddenInput)
    industry = forms.ChoiceField(label=_("行业"))
    size = forms.ChoiceField(label=_("规模"))
    status = forms.ChoiceField(
        label=_("登记状态"),
        choices=choices(((each, STATUSES.get(each, each)) for each in PARTY_STATUSES), _("全部状态")),
    )
    established_since = DayField(label=_("成立日期从"))
    established_until = DayField(label=_("到"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        sections = [
            (each.code, f"{each.code} {each.name}")
            for each in industries().values()
            if each.code == each.section
        ]
        self.fields["industry"].choices = choices(sections, _("全部行业"))  # type: ignore[attr-defined]
        sizes = [(each, SIZES.get(each, each)) for each in facts()["ent.size"].values]
        self.fields["size"].choices = choices(sizes, _("全部规模"))  # type: ignore[attr-defined]

    def clean_region(self) -> str:
        """Only a region there is."""
        code = self.cleaned_data["region"]
        if code and find_region(code) is None:
            raise forms.ValidationError(_("没有这个区划代码。"))
        return str(code)


class ImportForm(forms.Form):
    """A file of subjects, with the day it is about and who says so."""

    file = SubjectsFileField(
        label=_("选择文件，或拖到这里"), help_text=_("CSV、Excel（.xlsx）或 Parquet；第一行是列名。")
    )
    as_of = DayField(label=_("数据日期"), help_text=_("文件里的数据截至哪一天，不是上传的日子。"))
    source = forms.ChoiceField(label=_("来源部门"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agencies = sorted({fact.agency for fact in facts().values() if fact.about == "party"})
        self.fields["source"].choices = choices(  # type: ignore[attr-defined]
            ((each, each) for each in agencies), _("按事实目录：每列归它的来源部门")
        )

    def clean_as_of(self) -> date:
        """Data of the future do not exist."""
        day: date = self.cleaned_data["as_of"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("数据日期不能晚于今天。"))
        return day


class PersonImportForm(forms.Form):
    """A file of persons."""

    file = SubjectsFileField(
        label=_("选择文件，或拖到这里"), help_text=_("CSV、Excel（.xlsx）或 Parquet；第一行是列名。")
    )


class PurposeForm(forms.Form):
    """Why somebody wants to see personal data; it is kept with who and when."""

    purpose = forms.CharField(
        label=_("用途"),
        min_length=4,
        max_length=200,
        help_text=_("说明为什么需要查看，例如“核对绑定申请”。用途、时间和您的姓名会被记录，企业可以看到。"),
    )


class MergeForm(forms.Form):
    """Which one stays, and why the two are one."""

    kept = forms.TypedChoiceField(label=_("保留"), coerce=int, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("理由"), max_length=400, help_text=_("记入操作记录。"))

    def __init__(self, *args: Any, parties: tuple[Any, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(each.id), f"{each.name}（{each.credit_code or each.id}）") for each in parties]
        self.fields["kept"].choices = named  # type: ignore[attr-defined]


class DistinctForm(forms.Form):
    """Why the two are not one."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=400,
        help_text=_("写明凭什么判断，例如两者的负责人、住所不同。记入操作记录。"),
    )


class DecisionForm(forms.Form):
    """Approve or refuse, always with a reason."""

    decision = forms.ChoiceField(
        label=_("决定"),
        choices=[("approve", _("通过")), ("refuse", _("不通过"))],
        widget=forms.RadioSelect,
    )
    found_as = forms.ChoiceField(
        label=_("核实的身份"),
        choices=[("clerk", _("经办人")), ("legal_representative", _("法定代表人"))],
        widget=forms.RadioSelect,
        required=False,
        initial="clerk",
        help_text=_("通过时填写。核实为法定代表人的，取代原来登记的法定代表人。"),
    )
    reason = forms.CharField(
        label=_("理由"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("写明看了什么材料，或者缺什么。申请人会看到。"),
    )


class BindingFilter(FilterForm):
    """Requests by state, and by part of a name or the beginning of a code."""

    text = forms.CharField(label=_("查找"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        names = [(code, in_language(state.name, state.name_en)) for code, state in binding_states().items()]
        self.fields["state"].choices = choices(names, _("全部状态"))  # type: ignore[attr-defined]


class ImportFilter(FilterForm):
    """Imports by file name and state."""

    text = forms.CharField(label=_("文件名"), max_length=60)
    state = forms.ChoiceField(label=_("状态"), choices=choices(IMPORT_STATES.items(), _("全部状态")))
