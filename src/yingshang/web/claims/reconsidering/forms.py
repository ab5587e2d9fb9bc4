"""Forms of reconsideration. What may be said, the room that takes it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import (
    AccountView,
    Askable,
    reconsideration_rules,
    reconsideration_states,
)
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

from ..applying.forms import MODES_OF_ACCOUNT

ABOUT = {"refusal": _("不予兑付"), "amount": _("核准金额低于测算")}


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class AskForm(forms.Form):
    """What is wrong with a decision, and why. Files are read from the request."""

    use_required_attribute = False
    reasons = forms.CharField(label=_("不服的内容和理由"), widget=forms.Textarea(attrs={"rows": 6}))
    late_reason = forms.CharField(
        label=_("逾期的理由"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    account = forms.TypedChoiceField(
        label=_("收款账户"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )

    def __init__(
        self, *arguments: Any, asked: Askable, accounts: tuple[AccountView, ...], **kwargs: Any
    ) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        rules = reconsideration_rules()
        self.fields["reasons"].widget.attrs["maxlength"] = rules.longest_reasons
        if not asked.late:
            del self.fields["late_reason"]
        if not asked.needs_account:
            del self.fields["account"]
            return
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            (str(each.id), f"{each.bank_name or MODES_OF_ACCOUNT[each.channel]} ＊{each.tail}　{each.name}")
            for each in accounts
        ]


class ReconsiderationFilter(FilterForm):
    """Reconsiderations by words, state, and what they are about."""

    text = forms.CharField(label=_("企业、事项或编号"), max_length=60)
    state = forms.ChoiceField(label=_("状态"))
    about = forms.ChoiceField(label=_("复核对象"), choices=choices(ABOUT.items(), _("全部")))
    overdue = forms.TypedChoiceField(
        label=_("期限"),
        coerce=lambda value: value == "yes",
        choices=choices([("yes", _("已逾期")), ("no", _("未逾期"))], _("全部")),
    )

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        states = [(code, in_language(each[0], each[1])) for code, each in reconsideration_states().items()]
        self.fields["state"].choices = choices(states, _("全部"))  # type: ignore[attr-defined]


class DecideForm(forms.Form):
    """What becomes of it: for a decision that stays, a reason for each condition."""

    use_required_attribute = False
    what = forms.ChoiceField(
        label=_("复核决定"),
        widget=forms.RadioSelect,
        choices=[
            ("keep", _("维持原决定")),
            ("change", _("变更原决定")),
            ("dismiss", _("不予受理")),
        ],
    )
    ground = forms.ChoiceField(label=_("不予受理的原因"), required=False)
    decision = forms.CharField(
        label=_("复核意见"),
        help_text=_("企业可以看到。"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *arguments: Any, questions: tuple[Mapping[str, Any], ...], **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        rules = reconsideration_rules()
        self.fields["decision"].widget.attrs["maxlength"] = rules.longest_decision
        grounds = [(code, in_language(*names)) for code, names in rules.grounds.items()]
        self.fields["ground"].choices = choices(grounds, "—")  # type: ignore[attr-defined]
        self.questions = questions
        for each in questions:
            self.fields[f"reason-{each['key']}"] = forms.CharField(
                label=str(each["text"]),
                required=False,
                help_text="　".join(
                    str(part) for part in (each["value"], each["source"], each["as_of"]) if part
                ),
                widget=forms.Textarea(attrs={"rows": 2, "maxlength": 400}),
            )

    @property
    def reasons(self) -> dict[str, str]:
        """Condition → why it is still not met."""
        return {
            str(each["key"]): str(self.cleaned_data.get(f"reason-{each['key']}") or "")
            for each in self.questions
        }

    @property
    def general(self) -> list[forms.BoundField]:
        """The fields that no condition has."""
        return [self["what"], self["ground"], self["decision"]]

    @property
    def by_condition(self) -> list[forms.BoundField]:
        """One field for each condition."""
        return [self[f"reason-{each['key']}"] for each in self.questions]
