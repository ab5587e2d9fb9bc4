"""Forms of these pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import AccountView, Hours, Window, WindowView, claim_states
from yingshang.web.filters import DayField, FilterForm, choices

from ..words import MODES


class ClaimFilter(FilterForm):
    """Claims by words, state and mode."""

    text = forms.CharField(label=_("申请编号或事项名称"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))
    mode = forms.ChoiceField(label=_("办理方式"), choices=choices(MODES.items(), _("全部")))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        english = (get_language() or "").startswith("en")
        self.fields["state"].choices = choices(  # type: ignore[attr-defined]
            ((code, each[1] if english else each[0]) for code, each in claim_states().items()), _("全部")
        )


class AccountForm(forms.Form):
    """An account to be paid to."""

    channel = forms.ChoiceField(
        label=_("账户类型"),
        choices=[("bank", _("对公银行账户")), ("wallet", _("商户钱包"))],
        widget=forms.RadioSelect,
        initial="bank",
    )
    number = forms.CharField(
        label=_("账号"),
        max_length=64,
        help_text=_("银行账号只填数字；商户钱包填商户号。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )
    name = forms.CharField(label=_("户名"), max_length=140, required=False)
    bank_name = forms.CharField(
        label=_("开户行"), max_length=140, required=False, help_text=_("对公银行账户写到支行；商户钱包不填。")
    )
    bank_code = forms.CharField(
        label=_("联行号"), max_length=12, required=False, help_text=_("12 位数字；不清楚可以不填。")
    )
    standing = forms.BooleanField(
        label=_("作为常用收款账户"),
        required=False,
        help_text=_("以后的兑现默认使用这个账户；免申即享的资金可以直接拨付到这里。"),
    )


class ChooseAccount(forms.Form):
    """Which account the money goes to."""

    account = forms.ChoiceField(label=_("收款账户"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, accounts: tuple[AccountView, ...], **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            (str(each.id), f"{each.bank_name or MODES_OF_ACCOUNT[each.channel]} ＊{each.tail}　{each.name}")
            for each in accounts
        ]


MODES_OF_ACCOUNT = {"bank": _("银行账户"), "wallet": _("商户钱包"), "treasury": _("国库账户")}


class WithdrawForm(forms.Form):
    """Why a claim is taken back."""

    reason = forms.CharField(max_length=200, required=False)


class FileForm(forms.Form):
    """One file."""

    file = forms.FileField(label=_("文件"))


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class VisitFilter(FilterForm):
    """Appointments by window and day."""

    window = forms.ChoiceField(label=_("窗口"))
    day = DayField(label=_("日期"))

    def __init__(self, data: QueryDict, *, windows: Sequence[WindowView], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["window"].choices = choices(  # type: ignore[attr-defined]
            ((str(each.id), each.name) for each in windows), _("全部")
        )


class WindowForm(forms.Form):
    """A window; its hours are rows of their own."""

    use_required_attribute = False

    agency_id = forms.TypedChoiceField(label=_("机构"), coerce=int)
    name = forms.CharField(label=_("窗口名称"), max_length=80)
    address = forms.CharField(label=_("地址"), max_length=200, help_text=_("写到楼层和窗口号。"))
    phone = forms.CharField(label=_("电话"), max_length=40, required=False)
    minutes = forms.IntegerField(label=_("每个时段（分钟）"), min_value=10, max_value=240)
    places = forms.IntegerField(label=_("每个时段可预约人数"), min_value=1, max_value=50)
    closed_on = forms.CharField(
        label=_("另外停办的日期"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("每行一个日期，如 2026-12-31。法定节假日按平台日历停办，不必填写。"),
    )
    active = forms.BooleanField(label=_("开放预约"), required=False)

    def __init__(self, *arguments: Any, agencies: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["agency_id"].choices = list(agencies)  # type: ignore[attr-defined]

    @staticmethod
    def starting(found: WindowView | None) -> dict[str, Any]:
        """What is known of the window, or what one begins with."""
        if found is None:
            return {"minutes": 30, "places": 2, "active": True}
        names = [name for name in WindowForm.base_fields if name != "closed_on"]
        return {**{name: getattr(found, name) for name in names}, "closed_on": "\n".join(found.closed_on)}

    def window(self, hours: Any) -> Window:
        """What was filled in."""
        given = dict(self.cleaned_data)
        return Window(**{**given, "closed_on": tuple(given["closed_on"].split())}, hours=hours.rows)


class HoursForm(forms.Form):
    """One stretch in which a window is open."""

    use_required_attribute = False
    weekday = forms.TypedChoiceField(
        label=_("星期"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[
            ("", "—"),
            *enumerate(
                (_("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日")), 1
            ),
        ],
    )
    opens_at = forms.TimeField(label=_("开始"), required=False, widget=_clock())
    closes_at = forms.TimeField(label=_("结束"), required=False, widget=_clock())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if any(given.values()) and not all(given.get(name) for name in self.fields):
            self.add_error("weekday", _("星期、开始和结束都要填写"))
        return given


if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet[HoursForm]
else:
    _FormSet = forms.BaseFormSet


class _Hours(_FormSet):
    @property
    def rows(self) -> list[Hours]:
        """The stretches that were filled in."""
        return [
            Hours(**form.cleaned_data)
            for form in self.forms
            if form.cleaned_data and all(form.cleaned_data.values())
        ]

    @staticmethod
    def starting(found: WindowView | None) -> list[dict[str, Any]]:
        """The stretches there are, or those of most offices."""
        hours: Sequence[Hours] = (
            found.hours
            if found
            else [
                Hours(day, *stretch)
                for day in range(1, 6)
                for stretch in ((time(9), time(12)), (time(13, 30), time(17)))
            ]
        )
        return [
            {"weekday": each.weekday, "opens_at": each.opens_at, "closes_at": each.closes_at}
            for each in hours
        ]


HoursRows: Any = forms.formset_factory(HoursForm, formset=_Hours, extra=2, max_num=30)
