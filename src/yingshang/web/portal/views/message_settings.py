"""What one wants to be told over which channel, and when it is quiet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.kernel.access.api import actor_from, signed_in
from yingshang.kernel.notices.api import (
    MessagePreferences,
    message_preferences,
    set_message_preferences,
)
from yingshang.rules.errors import DomainError
from yingshang.web.fields import TimeField
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.words import in_language


class QuietForm(forms.Form):
    """The quiet hours: the platform's, one's own, or none."""

    quiet = forms.ChoiceField(
        label=gettext_lazy("静默时段"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("静默时段内只进站内消息，其他渠道等到结束再发。验证码和紧急通知不受影响。"),
    )
    quiet_from = TimeField(label=gettext_lazy("从"), required=False)
    quiet_until = TimeField(label=gettext_lazy("到"), required=False)

    def __init__(self, *args: Any, preferences: MessagePreferences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_platform = _("按平台规定（%(hours)s）") % {"hours": preferences.of_platform or _("不设")}
        self.fields["quiet"].choices = [  # type: ignore[attr-defined]
            ("platform", of_platform),
            ("own", _("自己定")),
            ("none", _("不要静默时段，随时可以发给我")),
        ]


@signed_in
def message_settings(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """A table of kinds and channels, and the quiet hours."""
    actor = actor_from(request)
    chosen = message_preferences(actor=actor)
    initial = {
        "quiet": chosen.quiet,
        "quiet_from": chosen.quiet_from,
        "quiet_until": chosen.quiet_until,
    }
    form = QuietForm(request.POST or None, initial=initial, preferences=chosen)
    wanted = set(request.POST.getlist("wanted"))
    if request.method == "POST" and form.is_valid():
        unwanted = {
            each.kind.code: [
                choice.channel
                for choice in each.channels
                if f"{each.kind.code}:{choice.channel}" not in wanted
            ]
            for each in chosen.kinds
            if not each.kind.mandatory
        }
        try:
            set_message_preferences(actor=actor, unwanted=unwanted, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            flash.success(request, _("消息设置已保存"))
            return redirect("portal:message-settings")
    rows = [
        {
            "name": in_language(each.kind.name, each.kind.name_en),
            "text": in_language(each.kind.description, each.kind.description_en),
            "mandatory": each.kind.mandatory,
            "cells": [
                {
                    "value": f"{each.kind.code}:{choice.channel}",
                    "channel": in_language(choice.name, choice.name_en),
                    "on": choice.wanted
                    if request.method != "POST" or each.kind.mandatory
                    else f"{each.kind.code}:{choice.channel}" in wanted,
                }
                for choice in each.channels
            ],
        }
        for each in chosen.kinds
    ]
    channels = [in_language(each.name, each.name_en) for each in chosen.kinds[0].channels]
    return render(
        request,
        "portal/message_settings.html",
        {
            "rows": rows,
            "channels": channels,
            "form": form,
            "crumbs": [
                (_("首页"), reverse("portal:home")),
                (_("我的消息"), reverse("portal:messages")),
                (_("消息设置"), None),
            ],
        },
        status=status_of_form(form),
    )
