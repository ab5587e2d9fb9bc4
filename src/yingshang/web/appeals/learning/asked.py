"""Which region, period and topic an address asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.appeals.api import AppealNotFound, Period, learning_rules, period_from, period_of
from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import Region, find_region
from yingshang.web.filters import FilterForm, choices

from ..words import topic_choices
from .places import leads_to_scope, top_of

NO_TOPIC = "none"
"""In addresses: those without a topic."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is of. `topic` is None for all of them."""

    region: Region
    period: Period
    topic: str | None

    @property
    def wanted(self) -> dict[str, str]:
        """As parameters of an address."""
        found = {"region": self.region.code, "period": self.period.code}
        if self.topic is not None:
            found["topic"] = self.topic or NO_TOPIC
        return found

    def url(self, name: str, **more: str | int | None) -> str:
        """The address of another page of the same region, period and topic."""
        wanted = {**self.wanted, **{key: str(value) for key, value in more.items() if value is not None}}
        return f"{reverse(f'appeals_cockpit:{name}')}?{urlencode(wanted)}"


def asked_by(request: HttpRequest, actor: Actor, *, today: date) -> Asked:
    """What an address asks for; this month of the whole view where it says nothing. Raises AppealNotFound."""
    code = request.GET.get("region", "") or top_of(actor)
    region = find_region(code) if code.isdigit() else None
    if region is None or not leads_to_scope(actor, region):
        raise AppealNotFound(
            f"no region {code!r} in this scope", message_zh="没有这个区划，或者它不在您的查看范围内"
        )
    period = period_from(request.GET.get("period", ""), today=today) or period_of(today)
    topic = request.GET.get("topic")
    known = {code for code, _name in topic_choices()} | {NO_TOPIC}
    if topic not in known:
        return Asked(region, period, None)
    return Asked(region, period, "" if topic == NO_TOPIC else topic)


class PeriodFilter(FilterForm):
    """The period, and the topic; the region comes along."""

    period = forms.ChoiceField(label=gettext_lazy("时间"))
    topic = forms.ChoiceField(label=gettext_lazy("主题"))
    region = forms.CharField(widget=forms.HiddenInput, max_length=12)
    what = forms.CharField(widget=forms.HiddenInput, max_length=12)
    agency = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, asked: Asked, today: date, with_topic: bool = True) -> None:
        super().__init__(data)
        rules = learning_rules()
        months = [each.code for each in reversed(period_of(today).back(rules.months_shown))]
        weeks = [each.code for each in reversed(period_of(today, "week").back(rules.weeks_shown))]
        for codes in (months, weeks):
            if asked.period.code not in {*months, *weeks} and asked.period.kind == (
                "month" if codes is months else "week"
            ):
                codes.append(asked.period.code)
        self.fields["period"].choices = [  # type: ignore[attr-defined]
            (_("月"), [(code, code) for code in months]),
            (_("周"), [(code, code) for code in weeks]),
        ]
        self.initial["period"] = asked.period.code
        self.fields["topic"].choices = choices(  # type: ignore[attr-defined]
            [*topic_choices(), (NO_TOPIC, _("还没有主题"))], _("全部主题")
        )
        if not with_topic:
            del self.fields["topic"]

    @property
    def narrowed(self) -> bool:
        return bool({"topic", "what", "agency"} & set(self.values))
