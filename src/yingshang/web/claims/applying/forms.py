"""Forms of these pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import AccountView, claim_states
from yingshang.web.filters import FilterForm, choices

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
