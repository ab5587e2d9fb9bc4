"""What is asked of who registers a contract; filters of their list; a form for each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts.api import ContractFields, OtherParty
from yingshang.web.filters import DayField, FilterForm, choices

from ..fields import YuanField, written_yuan
from ..words import named_choices, state_choices

Choices = list[tuple[str, Any]]
DUE_CHOICES: Choices = [("10", _("10 天内到期")), ("30", _("30 天内到期")), ("90", _("90 天内到期"))]
SIGN_CHOICES: Choices = [
    ("late", _("已逾期")),
    ("bare", _("没有登记义务")),
    ("disagreed", _("双方说法不一")),
    ("disputed", _("有争议")),
]


class ContractFilter(FilterForm):
    """Contracts by what one looks for."""

    text = forms.CharField(label=_("搜索"), max_length=100)
    state = forms.ChoiceField(label=_("状态"))
    kind = forms.ChoiceField(label=_("类别"))
    due = forms.TypedChoiceField(label=_("到期"), coerce=int)
    sign = forms.ChoiceField(label=_("情况"))
    agency_id = forms.TypedChoiceField(label=_("承办单位"), coerce=int)
    region_path = forms.ChoiceField(label=_("地区"))
    party = forms.IntegerField(widget=forms.HiddenInput)
    batch = forms.IntegerField(widget=forms.HiddenInput)
    tab = forms.CharField(widget=forms.HiddenInput, max_length=10)

    def __init__(
        self,
        data: QueryDict,
        *,
        agencies: Choices,
        regions: Choices,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("名称、编号、相对方或者信用代码")
        for name, pairs, every in (
            ("state", state_choices("contract"), _("全部状态")),
            ("kind", named_choices("kinds"), _("全部类别")),
            ("due", DUE_CHOICES, _("不限")),
            ("sign", SIGN_CHOICES, _("不限")),
            ("agency_id", agencies, _("全部单位")),
            ("region_path", regions, _("全部地区")),
        ):
            self.fields[name].choices = choices(pairs, every)  # type: ignore[attr-defined]
        # Of one unit, or of one region, nobody has to choose.
        for name, pairs in (("agency_id", agencies), ("region_path", regions)):
            if len(pairs) < 2:
                self.fields[name].widget = forms.HiddenInput()

    @property
    def narrowed(self) -> bool:
        return bool({name for name in self.values if name != "tab"})


class ContractForm(forms.Form):
    """A contract as it is written down. What may stand in it, the room says."""

    agency_id = forms.TypedChoiceField(label=_("承办单位"), coerce=int)
    title = forms.CharField(label=_("合同名称"), help_text=_("按合同文本填写。"))
    reference = forms.CharField(label=_("合同编号"), required=False, help_text=_("合同上的编号。"))
    kind = forms.ChoiceField(label=_("合同类别"))
    counterparty_kind = forms.ChoiceField(label=_("相对方类型"))
    counterparty_name = forms.CharField(label=_("相对方名称"))
    counterparty_code = forms.CharField(
        label=_("相对方统一社会信用代码"),
        required=False,
        max_length=18,
        help_text=_("企业凭它看到自己的合同。自然人不填证件号码。"),
    )
    counterparty_size = forms.ChoiceField(
        label=_("签订时的企业规模"),
        required=False,
        help_text=_("决定法定付款期限和逾期利息；不清楚的不要猜。"),
    )
    others = forms.CharField(
        label=_("其他当事人"),
        required=False,
        help_text=_("联合体成员、担保人等，每行一个：名称，统一社会信用代码，角色。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    direction = forms.ChoiceField(label=_("价款方向"))
    amount_fen = YuanField(
        label=_("合同金额（元）"), required=False, help_text=_("没有约定价款的留空；一律为人民币。")
    )
    signed_on = DayField(label=_("签订日期"))
    starts_on = DayField(label=_("起始日期"), required=False)
    ends_on = DayField(label=_("终止日期"), required=False)
    open_ended = forms.CharField(
        label=_("无固定期限说明"), required=False, help_text=_("没有终止日期的，写明为什么。")
    )
    secrecy = forms.ChoiceField(label=_("密级"))
    note = forms.CharField(label=_("备注"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    GROUPS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
        (_("合同"), ("agency_id", "title", "reference", "kind", "secrecy")),
        (
            _("相对方"),
            ("counterparty_kind", "counterparty_name", "counterparty_code", "counterparty_size", "others"),
        ),
        (_("价款"), ("direction", "amount_fen")),
        (_("期限"), ("signed_on", "starts_on", "ends_on", "open_ended", "note")),
    )

    def __init__(self, *arguments: Any, agencies: Choices, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        for name, pairs in (
            ("agency_id", agencies),
            ("kind", choices(named_choices("kinds"), _("请选择"))),
            ("counterparty_kind", named_choices("counterparties")),
            ("counterparty_size", choices(named_choices("sizes"), _("不清楚"))),
            ("direction", named_choices("directions")),
            ("secrecy", named_choices("secrecy")),
        ):
            self.fields[name].choices = pairs  # type: ignore[attr-defined]
        if len(agencies) == 1:
            self.fields["agency_id"].initial = agencies[0][0]
            self.fields["agency_id"].widget = forms.HiddenInput()

    @property
    def groups(self) -> list[tuple[str | Promise, list[forms.BoundField]]]:
        """The fields as the page shows them."""
        return [
            (name, [self[field] for field in fields if field in self.fields and not self[field].is_hidden])
            for name, fields in self.GROUPS
        ]

    @property
    def told(self) -> ContractFields:
        """What was written down, as the room takes it."""
        told = dict(self.cleaned_data)
        told.pop("agency_id", None)
        others = tuple(_party(line) for line in told.pop("others").splitlines() if line.strip())
        return ContractFields(**told, others=others)


def _party(line: str) -> OtherParty:
    parts = [each.strip() for each in line.replace(",", "，").split("，")]
    name, code, role = (*parts, "", "")[:3]
    return OtherParty(name, code.upper(), role)


def initial_of(found: Any) -> dict[str, Any]:
    """A contract as the form shows it."""
    plain = {name: getattr(found, name) for name in ContractForm.base_fields if hasattr(found, name)}
    plain["amount_fen"] = written_yuan(found.amount_fen)
    plain["others"] = "\n".join("，".join(filter(None, _parts(each))) for each in found.others)
    return plain


def _parts(each: Any) -> tuple[str, str, str]:
    if isinstance(each, Mapping):
        return (str(each.get("name", "")), str(each.get("code", "")), str(each.get("role", "")))
    return (each.name, each.code, each.role)
