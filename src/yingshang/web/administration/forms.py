"""What is typed on these pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import Actor, roles
from yingshang.kernel.clock.api import OFFSET_UNITS, Rung, calendars
from yingshang.kernel.parties.api import agencies
from yingshang.kernel.reference.api import agency_kinds, code_of_path, facts, find_region
from yingshang.web.filters import DayField, FilterForm, choices
from yingshang.web.words import (
    ACTIONS,
    FACT_TYPES,
    JOB_NAMES,
    JOB_STATES,
    LADDER_ACTIONS,
    LADDER_AUDIENCES,
    SENSITIVITIES,
    TERM_UNITS,
    in_language,
)

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
        self.fields["name"].choices = choices(((n, JOB_NAMES.get(n, n)) for n in names), _("全部种类"))  # type: ignore[attr-defined]


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
    with_document_code = forms.TypedChoiceField(
        label=_("机关代字"),
        choices=[("", _("全部")), ("yes", _("有代字")), ("no", _("没有代字"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
    )

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _set_choices(self, "kind", choices(_kind_choices(), _("全部类别")))


class DocumentCodeField(forms.CharField):
    """The code that numbers of an agency's documents begin with. Which ones may be, the register says."""

    def __init__(self, **kwargs: Any) -> None:
        defaults: dict[str, Any] = {
            "label": _("机关代字"),
            "max_length": 20,
            "required": False,
            "help_text": _(
                "发文字号开头的代字，例如“哈营商”，写成“哈营商合督〔2026〕1号”。以本机关公文处理规定为准；不填则文号不带代字。"
            ),
        }
        super().__init__(**(defaults | kwargs))


class AgencyForm(forms.Form):
    """A new agency."""

    name = forms.CharField(label=_("名称"), max_length=80)
    code = forms.SlugField(label=_("机构代码"), max_length=40, help_text=_("全平台唯一，例如 230102-tax。"))
    kind = forms.ChoiceField(label=_("类别"))
    region = RegionField()
    document_code = DocumentCodeField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "kind", _kind_choices())


class RenameForm(forms.Form):
    """Another name for an agency."""

    name = forms.CharField(label=_("名称"), max_length=80)


class DocumentCodeForm(forms.Form):
    """The code of an agency's documents, or none."""

    document_code = DocumentCodeField(
        help_text=_(
            "发文字号开头的代字，例如“哈营商”，写成“哈营商合督〔2026〕1号”。修改后新发的公文用新代字，序号接着编；已经发出的文号不变。"
        )
    )


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


REVISION_FILE_LIMIT = 200 * 1024


class LadderForm(forms.Form):
    """A ladder without its rungs."""

    code = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,39}$",
        label=_("代码"),
        help_text=_("小写字母、数字和下划线，建立后不能改。"),
        error_messages={"invalid": _("只能用小写字母、数字和下划线，以字母开头，最多40个字符。")},
    )
    region = forms.ChoiceField(label=_("归属地区"), help_text=_("由这个地区的管理员管理。"))
    name = forms.CharField(label=_("名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=80)
    source = forms.CharField(
        label=_("依据"), max_length=400, required=False, help_text=_("按什么规定这样提醒和督办。")
    )

    def __init__(self, *args: Any, actor: Actor, code: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept_code = code
        if code:
            del self.fields["code"], self.fields["region"]
            return
        scope = actor.scope("clock.manage")
        paths = sorted({*scope.subtrees, *scope.regions} | ({""} if scope.everywhere else set()))
        _set_choices(self, "region", [(path, _region_name(path)) for path in paths])
        if len(paths) == 1:
            self.fields["region"].initial = paths[0]

    @property
    def region_path(self) -> str:
        return str(self.cleaned_data.get("region", ""))

    def document(self, rungs: list[dict[str, Any]]) -> dict[str, Any]:
        """The ladder as the clock reads it."""
        values = self.cleaned_data
        return {
            "code": self.kept_code or values["code"],
            "name": values["name"],
            "name_en": values["name_en"],
            "source": values["source"],
            "rungs": rungs,
        }


def _region_name(path: str) -> Any:
    code = code_of_path(path)
    found = find_region(code)
    return found.name if found is not None else (path or _("全国"))


class RungForm(forms.Form):
    """One rung of a ladder. A line left empty is no rung."""

    name = forms.CharField(label=_("名称"), max_length=80, required=False)
    name_en = forms.CharField(label=_("英文名称"), max_length=80, required=False)
    code = forms.CharField(label=_("代码"), max_length=40, required=False)
    side = forms.ChoiceField(
        label=_("在到期"),
        choices=[("before", _("之前")), ("on", _("当日（时刻）")), ("after", _("之后"))],
        required=False,
    )
    amount = forms.IntegerField(label=_("相隔"), min_value=0, max_value=2000, required=False)
    unit = forms.ChoiceField(
        label=_("单位"),
        choices=[(unit, word) for unit, word in TERM_UNITS.items() if unit in OFFSET_UNITS],
        required=False,
    )
    at = forms.TimeField(
        label=_("时刻"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("按日计算的才有，不填为09:00。"),
    )
    action = forms.ChoiceField(label=_("动作"), choices=list(LADDER_ACTIONS.items()), required=False)
    to = forms.MultipleChoiceField(
        label=_("通知谁"),
        choices=list(LADDER_AUDIENCES.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    remove = forms.BooleanField(label=_("删除这一级"), required=False)
    use_required_attribute = False

    @property
    def has_content(self) -> bool:
        """Whether anything was written."""
        values = self.cleaned_data
        return any(values.get(name) for name in ("name", "name_en", "code", "to"))

    def document(self) -> dict[str, Any]:
        """The rung as the clock reads it."""
        values = self.cleaned_data
        amount = values["amount"] or 0
        signed = {"before": -amount, "on": 0, "after": amount}[values["side"] or "on"]
        written: dict[str, Any] = {
            "code": values["code"],
            "name": values["name"],
            "name_en": values["name_en"],
            "offset": {values["unit"] or "working_days": signed},
            "action": values["action"],
            "to": values["to"],
        }
        if values["at"] and values["unit"] != "hours":
            written["at"] = f"{values['at']:%H:%M}"
        return written


MOST_RUNG_LINES = 25


def rung_forms(
    data: QueryDict | None = None, *, rungs: tuple[Rung, ...] = (), more: int = 0
) -> list[RungForm]:
    """The lines of a ladder: those that were sent, or those of a ladder with an empty one behind them."""
    if data is not None:
        sent = data.get("lines", "0")
        count = min(int(sent) if sent.isdecimal() and len(sent) < 4 else 0, MOST_RUNG_LINES)
        lines = [RungForm(data, prefix=f"rung-{number}") for number in range(count)]
    else:
        lines = [
            RungForm(
                prefix=f"rung-{number}",
                initial={
                    "code": rung.code,
                    "name": rung.name,
                    "name_en": rung.name_en,
                    "side": "before" if rung.amount < 0 else "after" if rung.amount else "on",
                    "amount": abs(rung.amount),
                    "unit": rung.unit,
                    "at": None if rung.unit == "hours" else rung.at,
                    "action": rung.action,
                    "to": rung.to,
                },
            )
            for number, rung in enumerate(rungs)
        ]
        more = max(more, 0 if rungs else 3)
    first = len(lines)
    empty = {"side": "before", "unit": "working_days", "action": "remind"}
    lines += [
        RungForm(prefix=f"rung-{first + number}", initial=empty)
        for number in range(max(0, min(more, MOST_RUNG_LINES - first)))
    ]
    return lines


class RevisionForm(forms.Form):
    """The days of a year of a calendar, with the notice that arranges them."""

    calendar = forms.ChoiceField(label=_("日历"))
    year = forms.IntegerField(label=_("年份"), min_value=2004, max_value=2100)
    title = forms.CharField(
        label=_("通知名称"), max_length=200, help_text=_("例如：国务院办公厅关于2027年部分节假日安排的通知。")
    )
    number = forms.CharField(label=_("文号"), max_length=80, required=False)
    issued = DayField(label=_("发文日期"), required=False)
    source = forms.CharField(
        label=_("来源"), max_length=400, required=False, help_text=_("通知的网址或文件出处。")
    )
    file = forms.FileField(
        label=_("从文件读取"),
        required=False,
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt"}),
        help_text=_("UTF-8 编码的 CSV，内容同下；选了文件就不看下面的文字。"),
    )
    document = forms.CharField(
        label=_("日期"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 10,
                "spellcheck": "false",
                "class": "code",
                "placeholder": "2027-10-01至2027-10-07,放假,国庆节\n2027-10-09,上班,国庆节",
            }
        ),
        help_text=_("每行三列：日期或起止日期、放假或上班、节日。写全年的安排。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_choices(self, "calendar", [(code, each.name) for code, each in calendars().items()])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        file = values.pop("file", None)
        if file:
            if file.size > REVISION_FILE_LIMIT:
                self.add_error("file", _("文件超过 200 KB。"))
            else:
                try:
                    values["document"] = file.read().decode("utf-8-sig")
                except UnicodeDecodeError:
                    self.add_error("file", _("请将文件保存为 UTF-8 编码。"))
        if not (values.get("document") or "").strip() and not self.errors:
            self.add_error("document", _("请写明日期，或选择文件。"))
        return values
