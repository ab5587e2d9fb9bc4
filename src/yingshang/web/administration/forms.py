"""What is typed on these pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import Actor, roles
from yingshang.kernel.parties.api import agencies
from yingshang.kernel.reference.api import agency_kinds, facts, find_region
from yingshang.web.filters import DayField, FilterForm, choices
from yingshang.web.words import ACTIONS, FACT_TYPES, JOB_STATES, SENSITIVITIES, in_language

FLOW_FILE_LIMIT = 2 * 1024 * 1024

MOST_AGENCIES = 2_000
"""As many are offered to choose from; with more, the list of agencies leads to the one that is meant."""


def _agency_choices(actor: Actor) -> list[tuple[str, str]]:
    if not actor.may("parties.view_agencies"):
        return []
    found = agencies(actor=actor, active_only=True, order="region", per_page=MOST_AGENCIES)
    return [(str(each.id), f"{each.name}（{each.region_full_name}）") for each in found.rows]


def _role_choices() -> list[tuple[str, str]]:
    return [(role.code, in_language(role.name, role.name_en)) for role in roles()]


def _kind_choices() -> list[tuple[str, str]]:
    return [(code, in_language(kind.name, kind.name_en)) for code, kind in agency_kinds().items()]


def _set_choices(form: forms.Form, name: str, pairs: list[tuple[str, Any]]) -> None:
    form.fields[name].choices = pairs  # type: ignore[attr-defined]


class RegionField(forms.CharField):
    """The code of a region, by six or nine digits."""

    def __init__(self, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {
            "label": _("区划代码"),
            "max_length": 9,
            "help_text": _("GB/T 2260 六位或乡级九位代码。"),
        }
        super().__init__(**(defaults | kwargs))

    def clean(self, value: Any) -> str:
        code: str = super().clean(value)
        if code and find_region(code) is None:
            raise forms.ValidationError(_("没有这个区划代码。"))
        return code


class AuditFilter(FilterForm):
    """Who, what, on what, when."""

    who = forms.CharField(label=_("操作人"), max_length=60)
    action = forms.ChoiceField(label=_("动作"))
    target = forms.CharField(label=_("对象"), max_length=60)
    since = DayField(label=_("从"))
    until = DayField(label=_("到"))

    def __init__(self, data: QueryDict, *, actions: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        named = ((action, ACTIONS.get(action, action)) for action in actions)
        self.fields["action"].choices = choices(named, _("全部动作"))  # type: ignore[attr-defined]


class JobFilter(FilterForm):
    """State and kind of job."""

    state = forms.ChoiceField(label=_("状态"), choices=choices(JOB_STATES.items(), _("全部状态")))
    name = forms.ChoiceField(label=_("种类"))

    def __init__(self, data: QueryDict, *, names: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["name"].choices = choices(((n, n) for n in names), _("全部种类"))  # type: ignore[attr-defined]


class CatalogueFilter(FilterForm):
    """Facts by words, agency, sensitivity and type."""

    text = forms.CharField(label=_("名称或代码"), max_length=60)
    agency = forms.ChoiceField(label=_("来源部门"))
    sensitivity = forms.ChoiceField(label=_("敏感程度"), choices=choices(SENSITIVITIES.items(), _("全部")))
    type = forms.ChoiceField(label=_("类型"), choices=choices(FACT_TYPES.items(), _("全部类型")))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        agencies = sorted({fact.agency for fact in facts().values()})
        self.fields["agency"].choices = choices(((a, a) for a in agencies), _("全部部门"))  # type: ignore[attr-defined]


class RegionSearch(FilterForm):
    """Regions by code or name."""

    text = forms.CharField(label=_("名称或代码"), max_length=40)


class AgencyFilter(FilterForm):
    """Agencies by words, region and kind."""

    text = forms.CharField(label=_("名称或代码"), max_length=60)
    region = RegionField()
    kind = forms.ChoiceField(label=_("类别"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _set_choices(self, "kind", choices(_kind_choices(), _("全部类别")))


class AgencyForm(forms.Form):
    """A new agency."""

    name = forms.CharField(label=_("名称"), max_length=80)
    code = forms.SlugField(label=_("机构代码"), max_length=40, help_text=_("全平台唯一，例如 230102-tax。"))
    kind = forms.ChoiceField(label=_("类别"))
    region = RegionField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "kind", _kind_choices())


class RenameForm(forms.Form):
    """Another name for an agency."""

    name = forms.CharField(label=_("名称"), max_length=80)


class MoveForm(forms.Form):
    """Another region for an agency."""

    region = RegionField()


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("理由"), max_length=400, help_text=_("记入操作记录。"))


class UserFilter(FilterForm):
    """Users by words, agency, role and whether the account is open."""

    text = forms.CharField(label=_("姓名或用户名"), max_length=60)
    role = forms.ChoiceField(label=_("角色"))
    agency_id = forms.TypedChoiceField(label=_("机构"), coerce=int, empty_value=None)
    active = forms.TypedChoiceField(
        label=_("账号"),
        choices=[("", _("全部")), ("yes", _("启用")), ("no", _("停用"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
    )

    def __init__(self, data: QueryDict, *, actor: Actor, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _set_choices(self, "role", choices(_role_choices(), _("全部角色")))
        _set_choices(self, "agency_id", choices(_agency_choices(actor), _("全部机构")))


class UserForm(forms.Form):
    """A new account."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    username = forms.CharField(label=_("用户名"), max_length=60)
    agency_id = forms.TypedChoiceField(label=_("所属机构"), coerce=int)
    email = forms.EmailField(label=_("电子邮箱"), help_text=_("本人用“忘记密码”设置密码，因此须能收信。"))
    phone = forms.RegexField(
        r"^1\d{10}$",
        label=_("手机号"),
        required=False,
        error_messages={"invalid": _("请输入11位手机号，以1开头。")},
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "agency_id", choices(_agency_choices(actor), _("请选择机构")))


class AppointForm(forms.Form):
    """A role in an agency, from a day, perhaps until a day."""

    role = forms.ChoiceField(label=_("角色"))
    agency_id = forms.TypedChoiceField(label=_("机构"), coerce=int)
    valid_from = DayField(label=_("起始日期"), required=False, help_text=_("不填为今天。"))
    valid_until = DayField(label=_("终止日期"), required=False, help_text=_("不填为长期。"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "role", choices(_role_choices(), _("请选择角色")))
        _set_choices(self, "agency_id", choices(_agency_choices(actor), _("请选择机构")))


class ClientForm(forms.Form):
    """A system that will call the API."""

    name = forms.CharField(label=_("系统名称"), max_length=80)
    role = forms.ChoiceField(label=_("角色"), help_text=_("系统只能做这个角色允许的事。"))
    agency_id = forms.TypedChoiceField(label=_("所属机构"), coerce=int)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "role", choices(_role_choices(), _("请选择角色")))
        _set_choices(self, "agency_id", choices(_agency_choices(actor), _("请选择机构")))


class FlowFilter(FilterForm):
    """Flows by words."""

    text = forms.CharField(label=_("名称或代码"), max_length=60)


class UploadFlowForm(forms.Form):
    """A BPMN 2.0 file, as the draft of a flow."""

    code = forms.SlugField(
        label=_("流程代码"),
        max_length=63,
        help_text=_("小写字母、数字和下划线。已有这个代码的，作为它的新草稿。"),
    )
    file = forms.FileField(
        label=_("BPMN 2.0 文件"),
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".bpmn,.xml"}),
    )
    note = forms.CharField(label=_("说明"), max_length=500, required=False)

    def clean_file(self) -> str:
        """The text of the file; what it says is read by the flow itself."""
        file = self.cleaned_data["file"]
        if file.size > FLOW_FILE_LIMIT:
            raise forms.ValidationError(_("文件超过 2 MB。"))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError(_("请将流程图文件保存为 UTF-8 编码。")) from None


class PublishFlowForm(forms.Form):
    """What is new in this version."""

    note = forms.CharField(
        label=_("版本说明"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("写明改了什么，依据是什么。"),
    )
