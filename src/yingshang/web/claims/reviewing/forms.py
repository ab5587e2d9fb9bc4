"""Forms of these pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import Terms, TermsForItem, TermsSummary, claim_states, facts_for_materials
from yingshang.web.filters import DayField, FilterForm, choices
from yingshang.web.words import in_language

from ..words import MODES

PERIODS = {
    "year": _("每年一次"),
    "window": _("每个申报期一次"),
    "quarter": _("每季度一次"),
    "month": _("每月一次"),
    "once": _("只能享受一次"),
}
DUTIES = {"accept": _("受理"), "review": _("审核"), "approve": _("核准"), "pay": _("拨付")}
REVIEWS = {"joint": _("部门联审"), "experts": _("专家评审"), "field": _("实地核查")}
TYPES = {
    "text": _("文字"),
    "number": _("数字"),
    "money": _("金额"),
    "date": _("日期"),
    "credit_code": _("统一社会信用代码"),
    "identity": _("身份证号"),
}


class DeskFilter(FilterForm):
    """Claims by words, state, mode, item, region, time, and whether they are stopped."""

    text = forms.CharField(label=_("申请编号、企业或事项"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))
    mode = forms.ChoiceField(label=_("办理方式"), choices=choices(MODES.items(), _("全部")))
    item = forms.ChoiceField(label=_("政策事项"))
    region = forms.ChoiceField(label=_("地区"))
    since = DayField(label=_("提交自"))
    until = DayField(label=_("提交至"))
    stopped = forms.ChoiceField(
        label=_("监督"), choices=[("", _("全部")), ("yes", _("监督核查中")), ("no", _("未暂停"))]
    )

    def __init__(
        self,
        data: QueryDict,
        *,
        items: Sequence[TermsSummary] = (),
        regions: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        states = [(code, in_language(each[0], each[1])) for code, each in claim_states().items()]
        _set(self, "state", choices(states, _("全部")))
        _set(self, "item", choices([(each.code, each.name) for each in items], _("全部")))
        _set(self, "region", choices(regions, _("全部")))

    @property
    def asked(self) -> dict[str, Any]:
        """What is set, by the names `claims` takes."""
        found = self.values
        given: dict[str, Any] = {name: found[name] for name in ("text", "since", "until") if name in found}
        for name, argument in (("state", "states"), ("mode", "modes")):
            if name in found:
                given[argument] = [found[name]]
        for name, argument in (("item", "item_code"), ("region", "region_path")):
            if name in found:
                given[argument] = found[name]
        if "stopped" in found:
            given["stopped"] = found["stopped"] == "yes"
        return given


class PurposeForm(forms.Form):
    """What personal data are looked at for."""

    purpose = forms.CharField(
        label=_("查看目的"), max_length=200, help_text=_("企业可以看到谁在什么时候为什么查看。")
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class TermsForm(forms.Form):
    """How claims for an item are dealt with."""

    use_required_attribute = False

    mode = forms.ChoiceField(label=_("办理方式"), choices=list(MODES.items()))
    agency_id = forms.TypedChoiceField(label=_("兑现部门"), coerce=int)
    fund_id = forms.TypedChoiceField(label=_("专项资金"), coerce=int)
    period = forms.ChoiceField(label=_("申请周期"), choices=list(PERIODS.items()))
    publicity_working_days = forms.IntegerField(
        label=_("公示（工作日）"), min_value=0, max_value=60, help_text=_("0 表示不公示；即申即享填 0。")
    )
    consent_working_days = forms.IntegerField(
        label=_("企业确认期限（工作日）"), min_value=1, max_value=90, help_text=_("用于免申即享。")
    )
    sample_percent = forms.IntegerField(
        label=_("批量核准的抽查比例（%）"), min_value=0, max_value=100, help_text=_("每批至少抽查一件。")
    )
    ranking_by = forms.ChoiceField(
        label=_("名额排序由谁核准"),
        choices=[
            ("approver", _("核准人员：申报结束、审核完毕后提醒")),
            ("platform", _("平台：申报结束、审核完毕后自动核准")),
        ],
        help_text=_("用于设有名额或资金池的事项。"),
    )
    promise_check_percent = forms.IntegerField(
        label=_("告知承诺的核查比例（%）"),
        min_value=0,
        max_value=100,
        help_text=_("100 表示全部核查；其余按比例随机抽取。"),
    )
    reconsider_agency_id = forms.TypedChoiceField(
        label=_("复核单位"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("不选择则由兑现部门内没有参与原决定的人员复核。"),
    )
    needs_representative = forms.BooleanField(label=_("提交前须法定代表人确认"), required=False)
    separate = forms.MultipleChoiceField(
        label=_("须由不同人员办理的环节"),
        choices=list(DUTIES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    reviews = forms.MultipleChoiceField(
        label=_("另需的审核环节"),
        choices=list(REVIEWS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    joint_agencies = forms.TypedMultipleChoiceField(
        label=_("联审部门"), coerce=int, required=False, help_text=_("选择部门联审时填写，最多两个。")
    )
    form_code = forms.ChoiceField(
        label=_("另需填写的表单"), required=False, help_text=_("已发布的表单；附件请列为材料。")
    )
    line_name = forms.CharField(
        label=_("明细表名称"), max_length=60, required=False, help_text=_("不需要明细表则留空。")
    )
    source = forms.CharField(
        label=_("依据"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    # Where a refusal names something that is put together from several fields.
    places: ClassVar[dict[str, str | None]] = {"materials": None, "lines": "line_name", "code": None}

    def __init__(self, *arguments: Any, item: TermsForItem, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        _set(self, "agency_id", list(item.agencies))
        _set(self, "reconsider_agency_id", [("", _("兑现部门")), *item.agencies])
        _set(self, "joint_agencies", list(item.agencies))
        _set(self, "fund_id", list(item.funds))
        _set(self, "form_code", [("", "—"), *item.forms])

    @staticmethod
    def starting(item: TermsForItem) -> dict[str, Any]:
        """What is set now, or what one begins with."""
        kept = item.terms
        if kept is None:
            return {
                "mode": "online",
                "period": "year",
                "publicity_working_days": 5,
                "consent_working_days": 15,
                "sample_percent": 10,
                "ranking_by": "approver",
                "promise_check_percent": 100,
                "separate": list(DUTIES),
            }
        names = [name for name in TermsForm.base_fields if name != "line_name"]
        return {**{name: getattr(kept, name) for name in names}, "line_name": kept.lines.get("name", "")}

    def terms(self, materials: Any, columns: Any, kept: Terms | None) -> Terms:
        """What was filled in, with what this page does not ask for as it was."""
        given = dict(self.cleaned_data)
        name = given.pop("line_name")
        described = [each for each in columns.rows if each]
        return Terms(
            **given,
            materials=materials.rows,
            lines={"name": name, "columns": described} if name or described else {},
            results=kept.results if kept else (),
        )


class MaterialForm(forms.Form):
    """One material that is asked for."""

    use_required_attribute = False
    code = forms.SlugField(label=_("代码"), max_length=40, required=False)
    name = forms.CharField(label=_("名称"), max_length=120, required=False)
    required = forms.BooleanField(label=_("必需"), required=False)
    commitment = forms.BooleanField(label=_("可承诺补交"), required=False)
    fact = forms.ChoiceField(label=_("可由数据代替"), required=False)
    value = forms.CharField(label=_("数据须为"), max_length=80, required=False)

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        _set(self, "fact", [("", "—"), *facts_for_materials()])


class ColumnForm(forms.Form):
    """One column of the table of line items."""

    use_required_attribute = False
    code = forms.SlugField(label=_("代码"), max_length=40, required=False)
    name = forms.CharField(label=_("列名"), max_length=60, required=False)
    type = forms.ChoiceField(label=_("类型"), choices=list(TYPES.items()), required=False)
    required = forms.BooleanField(label=_("必填"), required=False)
    personal = forms.BooleanField(label=_("个人信息"), required=False)
    unique = forms.BooleanField(label=_("不得重复"), required=False)


if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet[forms.Form]
else:
    _FormSet = forms.BaseFormSet


class _Rows(_FormSet):
    """Rows of a table; those left empty are left out, and a missing code is given."""

    letter = "m"

    @property
    def rows(self) -> list[dict[str, Any]]:
        found = []
        for number, form in enumerate(self.forms, 1):
            values = dict(form.cleaned_data)
            values = {name: each for name, each in values.items() if each or name not in {"fact", "value"}}
            if not (values.get("name") or values.get("code")):
                continue
            values["code"] = values.get("code") or f"{self.letter}{number}"
            if "type" in values:
                values["type"] = values["type"] or "text"
            found.append(values)
        return found


class _Columns(_Rows):
    letter = "c"


MaterialRows = forms.formset_factory(MaterialForm, formset=_Rows, extra=2, max_num=20)
ColumnRows = forms.formset_factory(ColumnForm, formset=_Columns, extra=2, max_num=30)


def _set(form: forms.Form, name: str, pairs: Any) -> None:
    form.fields[name].choices = pairs  # type: ignore[attr-defined]
