"""The part of an item's terms that says how experts score and what is looked at in the field."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import Terms, result_words
from yingshang.web.words import in_language

if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet[forms.Form]
else:
    _FormSet = forms.BaseFormSet


class AssessingForm(forms.Form):
    """The numbers of scoring and visits; what is not needed stays empty."""

    use_required_attribute = False

    experts = forms.IntegerField(label=_("专家人数"), required=False, min_value=1, max_value=99)
    result = forms.ChoiceField(label=_("计分办法"), required=False)
    score_days = forms.IntegerField(label=_("评分期限（工作日）"), required=False, min_value=1, max_value=99)
    fields_known = forms.CharField(
        label=_("从这些专业领域抽取"),
        max_length=400,
        required=False,
        help_text=_("多个领域用顿号分开；留空表示不限。"),
    )
    photos = forms.IntegerField(label=_("核查照片张数"), required=False, min_value=0, max_value=99)
    visit_days = forms.IntegerField(label=_("核查期限（工作日）"), required=False, min_value=1, max_value=99)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["result"].choices = [  # type: ignore[attr-defined]
            (code, in_language(each.name, each.name_en)) for code, each in result_words().items()
        ]


class CriterionForm(forms.Form):
    """One criterion."""

    use_required_attribute = False
    code = forms.SlugField(label=_("代码"), max_length=40, required=False)
    name = forms.CharField(label=_("评分项"), max_length=120, required=False)
    weight = forms.DecimalField(label=_("权重（%）"), required=False)
    maximum = forms.DecimalField(label=_("满分"), required=False)
    note = forms.CharField(label=_("说明"), max_length=200, required=False)


class PointForm(forms.Form):
    """One point of a visit."""

    use_required_attribute = False
    code = forms.SlugField(label=_("代码"), max_length=40, required=False)
    name = forms.CharField(label=_("核查要点"), max_length=200, required=False)


class _Rows(_FormSet):
    """Rows of a table; those left empty are left out, and a missing code is given."""

    letter = "k"

    @property
    def rows(self) -> list[dict[str, Any]]:
        found = []
        for number, form in enumerate(self.forms, 1):
            values = dict(form.cleaned_data)
            if values.get("name") or values.get("code"):
                values["code"] = values.get("code") or f"{self.letter}{number}"
                found.append(
                    {key: str(each) if isinstance(each, Decimal) else each for key, each in values.items()}
                )
        return found


class _Points(_Rows):
    letter = "p"


CriterionRows = forms.formset_factory(CriterionForm, formset=_Rows, extra=3, max_num=20)
PointRows = forms.formset_factory(PointForm, formset=_Points, extra=3, max_num=20)


class AssessingTerms:
    """The three forms together. What was not sent at all stays as it is."""

    def __init__(self, data: Any, kept: Terms | None) -> None:
        scoring: Mapping[str, Any] = kept.scoring if kept else {}
        visit: Mapping[str, Any] = kept.field_check if kept else {}
        self.kept = (scoring, visit)
        self.sent = data is not None and "criteria-TOTAL_FORMS" in data
        given = data if self.sent else None
        self.form = AssessingForm(
            given,
            prefix="assessing",
            initial={
                "experts": scoring.get("experts"),
                "result": scoring.get("result", "mean"),
                "score_days": scoring.get("working_days"),
                "fields_known": "、".join(scoring.get("fields", ())),
                "photos": visit.get("photos"),
                "visit_days": visit.get("working_days"),
            },
        )
        self.criteria: Any = CriterionRows(
            given, prefix="criteria", initial=[dict(each) for each in scoring.get("criteria", ())]
        )
        self.points: Any = PointRows(
            given, prefix="points", initial=[dict(each) for each in visit.get("points", ())]
        )

    def is_valid(self) -> bool:
        """Whether everything that was sent can be read."""
        return not self.sent or (self.form.is_valid() and self.criteria.is_valid() and self.points.is_valid())

    @property
    def given(self) -> dict[str, Any]:
        """By the names of the terms; empty where nothing was filled in."""
        if not self.sent:
            return {"scoring": self.kept[0], "field_check": self.kept[1]}
        values, criteria, points = self.form.cleaned_data, self.criteria.rows, self.points.rows
        scoring: dict[str, Any] = {}
        if criteria or values["experts"]:
            scoring = {
                "experts": values["experts"],
                "result": values["result"],
                "working_days": values["score_days"],
                "fields": values["fields_known"].replace("，", "、").replace(",", "、").split("、"),
                "criteria": criteria,
            }
        field_check: dict[str, Any] = {}
        if points or values["photos"]:
            field_check = {
                "photos": values["photos"] or 0,
                "working_days": values["visit_days"],
                "points": points,
            }
        return {"scoring": scoring, "field_check": field_check}
