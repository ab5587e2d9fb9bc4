"""Forms of lists and offers. What may be said, the room that takes it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import AccountView, ListableItem, claim_states, list_states, omission_words
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

NEW = "new"


class ListFilter(FilterForm):
    """Lists by words and state."""

    text = forms.CharField(label=_("事项或名单编号"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["state"].choices = choices(  # type: ignore[attr-defined]
            [(code, in_language(each[0], each[1])) for code, each in list_states().items()], _("全部")
        )


class ListedFilter(FilterForm):
    """Enterprises of a list by words and state."""

    text = forms.CharField(label=_("企业名称、信用代码或申请编号"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))

    def __init__(self, data: QueryDict, *, states: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        known = claim_states()
        self.fields["state"].choices = choices(  # type: ignore[attr-defined]
            [(code, in_language(known[code][0], known[code][1])) for code in known if code in states],
            _("全部"),
        )


class OmittedFilter(FilterForm):
    """Who is not on a list, by reason."""

    reason = forms.ChoiceField(label=_("原因"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["reason"].choices = choices(  # type: ignore[attr-defined]
            [(code, in_language(*words)) for code, words in omission_words().items()], _("全部")
        )


class DrawUpForm(forms.Form):
    """The item a list is drawn up for."""

    code = forms.ChoiceField(label=_("政策事项"))

    def __init__(self, *arguments: Any, items: Sequence[ListableItem], **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["code"].choices = [  # type: ignore[attr-defined]
            (
                each.code,
                _("%(name)s（%(period)s，匹配到 %(count)s 家）")
                % {"name": each.name, "period": each.period, "count": f"{each.matched:,}"},
            )
            for each in items
        ]


class ReasonForm(forms.Form):
    """Why something is given up or taken off."""

    reason = forms.CharField(
        label=_("理由"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("企业可以看到。"),
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class DiscardForm(ReasonForm):
    """Why a list is given up."""

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.fields["reason"].help_text = ""


class RemarkAnswerForm(forms.Form):
    """The answer to what an enterprise says is wrong."""

    answer = forms.CharField(label=_("答复"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    strike = forms.BooleanField(
        label=_("确有错误，从名单移出"), required=False, help_text=_("不勾选则保留，企业可以继续确认。")
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})


class ConfirmForm(forms.Form):
    """The account to be paid to: one that is known, or a new one."""

    account = forms.ChoiceField(label=_("收款账户"), widget=forms.RadioSelect)
    number = forms.CharField(
        label=_("账号"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    bank_name = forms.CharField(label=_("开户行"), max_length=140, required=False, help_text=_("写到支行。"))
    bank_code = forms.CharField(
        label=_("联行号"),
        max_length=12,
        required=False,
        help_text=_("12 位数字；不清楚可以不填。"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    standing = forms.BooleanField(
        label=_("作为常用收款账户"),
        required=False,
        help_text=_("以后的免申即享直接拨付到这里，不再逐项确认；每次仍会告诉您，可以不享受。"),
    )

    def __init__(self, *arguments: Any, accounts: Sequence[AccountView], **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        known = [(str(each.id), f"{each.bank_name or each.name} ＊{each.tail}") for each in accounts]
        field: Any = self.fields["account"]
        field.choices = [*known, (NEW, _("填写新账户"))]
        field.initial = next(
            (str(each.id) for each in accounts if each.standing), (known or [(NEW, "")])[0][0]
        )
        if not known:
            field.widget = forms.HiddenInput()
            field.initial = NEW
            self.fields["number"].required = self.fields["bank_name"].required = True


class WrongForm(forms.Form):
    """What an enterprise says is wrong."""

    text = forms.CharField(
        label=_("哪里有误"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("工作人员会答复；答复之前不会逾期，也不会拨付。"),
    )

    def __init__(self, *arguments: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
