"""What is typed to manage messages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.notices.api import Texts, message_kinds
from yingshang.web.fields import TimeField
from yingshang.web.filters import DayField, FilterForm, choices
from yingshang.web.messages import channel_choices
from yingshang.web.words import MESSAGE_STATES, in_language


def _kind_choices() -> list[tuple[str, str]]:
    return [(each.code, in_language(each.name, each.name_en)) for each in message_kinds().values()]


class TemplateFilter(FilterForm):
    """Templates by words and kind."""

    text = forms.CharField(label=_("名称或代码"), max_length=60)
    kind = forms.ChoiceField(label=_("种类"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["kind"].choices = choices(_kind_choices(), _("全部种类"))  # type: ignore[attr-defined]


class OutboxFilter(FilterForm):
    """Messages by state, channel, kind, template and day."""

    template = forms.CharField(label=_("模板代码"), max_length=60)
    state = forms.ChoiceField(label=_("状态"), choices=choices(MESSAGE_STATES.items(), _("全部状态")))
    channel = forms.ChoiceField(label=_("渠道"))
    kind = forms.ChoiceField(label=_("种类"))
    since = DayField(label=_("从"))
    until = DayField(label=_("到"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["channel"].choices = choices(channel_choices(), _("站外全部渠道"))  # type: ignore[attr-defined]
        self.fields["kind"].choices = choices(_kind_choices(), _("全部种类"))  # type: ignore[attr-defined]


class TextForm(forms.Form):
    """What a template says, in both languages."""

    subject = forms.CharField(label=_("标题"), max_length=1000, strip=True)
    body = forms.CharField(label=_("正文"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 7}))
    subject_en = forms.CharField(label=_("英文标题"), max_length=1000)
    body_en = forms.CharField(
        label=_("英文正文"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 7})
    )

    @property
    def texts(self) -> Texts:
        """For the room."""
        values = self.cleaned_data
        return {
            "zh-hans": (values["subject"], values["body"].replace("\r\n", "\n")),
            "en": (values["subject_en"], values["body_en"].replace("\r\n", "\n")),
        }

    @staticmethod
    def field_of(language: str, part: str) -> str:
        """The field of a part of a text."""
        return part if language == "zh-hans" else f"{part}_en"

    @staticmethod
    def initial_of(texts: Texts) -> dict[str, str]:
        """What stands there now."""
        subject, body = texts.get("zh-hans", ("", ""))
        subject_en, body_en = texts.get("en", ("", ""))
        return {"subject": subject, "body": body, "subject_en": subject_en, "body_en": body_en}


class RulesForm(forms.Form):
    """Quiet hours, and how long messages are kept."""

    quiet_from = TimeField(label=_("静默时段从"), required=False)
    quiet_until = TimeField(label=_("到"), required=False, help_text=_("都不填为不设静默时段。"))
    in_app = forms.IntegerField(label=_("站内消息保存天数"), min_value=1)
    outside = forms.IntegerField(label=_("其他渠道的消息保存天数"), min_value=1)
    reports = forms.IntegerField(label=_("网关回执保存天数"), min_value=1)
