"""Forms of these pages. What may be said, the room that takes it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import Criterion, FieldCheckView, PossibleExpert, Visit, conclusion_words
from yingshang.rules.errors import DomainError
from yingshang.web.words import in_language

from ..refusals import refuse_or_raise


class _Form(forms.Form):
    use_required_attribute = False

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class ExpertForm(_Form):
    """What the register knows of an expert."""

    fields_known = forms.CharField(
        label=_("专业领域"), max_length=400, help_text=_("多个领域用顿号、逗号或换行分开。")
    )
    employer_name = forms.CharField(label=_("工作单位"), max_length=200, required=False)
    employer_code = forms.CharField(
        label=_("工作单位统一社会信用代码"),
        max_length=18,
        required=False,
        help_text=_("用于回避：与申报企业相同或法定代表人相同的不会被抽中。"),
    )
    contact = forms.CharField(
        label=_("联系方式"), max_length=100, required=False, help_text=_("加密保存，页面只显示一部分。")
    )

    @property
    def given(self) -> dict[str, Any]:
        """By the names the actions take."""
        values = dict(self.cleaned_data)
        text = values.pop("fields_known")
        for sign in "，,；;\n":
            text = text.replace(sign, "、")
        return {**values, "fields": text.split("、")}

    def refuse(self, error: DomainError) -> None:
        """The refusal at its field."""
        if error.details.get("field") == "fields":
            error.details["field"] = "fields_known"
        refuse_or_raise(self, error)


class NewExpertForm(ExpertForm):
    """Somebody who is put into the register."""

    who = forms.ChoiceField(
        label=_("人员"), help_text=_("先由系统管理员授予“评审专家”角色，才会出现在这里。")
    )
    field_order = ("who",)

    def __init__(self, *arguments: Any, people: Sequence[PossibleExpert], **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["who"].choices = [  # type: ignore[attr-defined]
            (f"{each.agency_id}:{each.user_id}", f"{each.name}（{each.agency_name}）") for each in people
        ]

    @property
    def given(self) -> dict[str, Any]:
        values = super().given
        agency, _sep, user = values.pop("who").partition(":")
        return {**values, "agency_id": int(agency), "user_id": int(user)}


class ChangeExpertForm(ExpertForm):
    """What changed. An empty contact keeps what is there."""

    active = forms.BooleanField(label=_("可以抽取"), required=False)

    @property
    def given(self) -> dict[str, Any]:
        values = super().given
        return {**values, "contact": values["contact"] or None}


class ReasonForm(_Form):
    """Why."""

    reason = forms.CharField(
        label=_("理由"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class ScoreForm(_Form):
    """Points and a remark for each criterion, and a remark on the whole."""

    remark = forms.CharField(
        label=_("评审意见"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *arguments: Any, criteria: Sequence[Criterion], **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.criteria = criteria
        for each in criteria:
            self.fields[f"points-{each.code}"] = forms.CharField(
                label=each.name,
                required=False,
                max_length=12,
                widget=forms.NumberInput(attrs={"min": 0, "max": str(each.maximum), "step": "any"}),
            )
            self.fields[f"remark-{each.code}"] = forms.CharField(
                label=_("说明"), required=False, max_length=500
            )

    @property
    def rows(self) -> list[tuple[Criterion, Any, Any]]:
        """Each criterion with its two fields."""
        return [(each, self[f"points-{each.code}"], self[f"remark-{each.code}"]) for each in self.criteria]

    @property
    def given(self) -> dict[str, Any]:
        """By the names the action takes."""
        values = self.cleaned_data
        return {
            "points": {each.code: values.get(f"points-{each.code}", "") for each in self.criteria},
            "remarks": {each.code: values.get(f"remark-{each.code}", "") for each in self.criteria},
            "remark": values["remark"],
        }

    def refuse(self, error: DomainError) -> None:
        """The refusal at its criterion."""
        field = str(error.details.get("field") or "")
        if f"points-{field}" in self.fields:
            error.details["field"] = f"points-{field}"
        refuse_or_raise(self, error)


class VisitForm(_Form):
    """What is written down of a visit."""

    visited_on = forms.DateField(
        label=_("核查日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    place = forms.CharField(label=_("核查地点"), max_length=200)
    conclusion = forms.ChoiceField(label=_("核查结论"), widget=forms.RadioSelect)
    summary = forms.CharField(
        label=_("情况说明"),
        max_length=1000,
        required=False,
        help_text=_("与申报不一致的必须填写。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *arguments: Any, check: FieldCheckView, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.codes = [code for code, _name, _found in check.findings]
        for code, name, _found in check.findings:
            self.fields[f"point-{code}"] = forms.CharField(
                label=name, max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
            )
        self.order_fields(["visited_on", "place", *(f"point-{code}" for code in self.codes)])
        self.fields["conclusion"].choices = [  # type: ignore[attr-defined]
            (code, in_language(each.name, each.name_en)) for code, each in conclusion_words().items()
        ]

    @property
    def visit(self) -> Visit:
        """What was filled in."""
        values = self.cleaned_data
        return Visit(
            visited_on=values["visited_on"],
            place=values["place"],
            findings={code: values[f"point-{code}"] for code in self.codes},
            conclusion=values["conclusion"],
            summary=values["summary"],
        )

    def refuse(self, error: DomainError) -> None:
        """The refusal at its point."""
        field = str(error.details.get("field") or "")
        if f"point-{field}" in self.fields:
            error.details["field"] = f"point-{field}"
        refuse_or_raise(self, error)
