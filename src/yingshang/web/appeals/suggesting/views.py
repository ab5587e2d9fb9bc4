"""Suggestions to those who make policies: clusters of appeals, a suggestion of one, and its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import django_tables2 as tables
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.appeals.api import (
    Cluster,
    SuggestionView,
    answer_suggestion,
    authors_for,
    cluster_detail,
    clusters,
    learning_rules,
    suggest_policy,
    suggestion,
    suggestions,
    withdraw_suggestion,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.columns import DayColumn
from yingshang.web.listing import Listing, page_of
from yingshang.web.refusals import refuse_each
from yingshang.web.regions import reached_regions

from ..handling.forms import StepForm
from ..templatetags.appeals import state_tag
from ..words import region_name, state_of, topic_name
from .forms import AnswerSuggestionForm, RegionFilter, SuggestForm, SuggestionFilter, WithdrawForm

VIEW, SUGGEST = "appeals.view", "appeals.suggest"
_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}
STEPS: dict[str, tuple[str, Any, str, type[StepForm], Callable[..., None]]] = {
    "take-up": (
        "taken_up",
        gettext_lazy("采纳"),
        "check",
        AnswerSuggestionForm,
        lambda **given: answer_suggestion(taken_up=True, **given),
    ),
    "decline": (
        "declined",
        gettext_lazy("不采纳"),
        "x",
        AnswerSuggestionForm,
        lambda **given: answer_suggestion(taken_up=False, **given),
    ),
    "withdraw": ("withdrawn", gettext_lazy("撤回建议"), "arrow-back-up", WithdrawForm, withdraw_suggestion),
}


class SuggestionTable(tables.Table):
    """Each suggestion on a line."""

    class Meta:
        empty_text = gettext_lazy("还没有政策建议")
        orderable = False

    title = tables.Column(verbose_name=gettext_lazy("建议"), attrs={"td": {"class": "lead-cell"}})
    state = tables.Column(verbose_name=gettext_lazy("状态"))
    agency_name = tables.Column(verbose_name=gettext_lazy("政策制定单位"))
    made_by_agency = tables.Column(verbose_name=gettext_lazy("建议单位"))
    voice_count = tables.Column(verbose_name=gettext_lazy("诉求"), attrs=_NUMBER)
    party_count = tables.Column(verbose_name=gettext_lazy("企业"), attrs=_NUMBER)
    due_on = DayColumn(verbose_name=gettext_lazy("答复期限"), default="—")

    def render_title(self, record: SuggestionView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><div class="small text-secondary">{}　{}</div>',
            reverse("appeals_desk:suggestion", args=[record.id]),
            record.title,
            record.number,
            record.item_name or topic_name(record.topic),
        )

    def value_title(self, record: SuggestionView) -> str:
        return record.title

    def render_state(self, value: str) -> SafeString:
        return state_tag("suggestion", value)

    def value_state(self, value: str) -> str:
        return state_of("suggestion", value)[0]


class ClusterTable(tables.Table):
    """Each cluster on a line, with the way to a suggestion."""

    class Meta:
        empty_text = gettext_lazy("近期没有多家企业反映的同类问题")
        orderable = False

    topic = tables.Column(
        verbose_name=gettext_lazy("政策或主题"), attrs={"td": {"class": "lead-cell"}}, empty_values=()
    )
    count = tables.Column(verbose_name=gettext_lazy("诉求"), attrs=_NUMBER)
    parties = tables.Column(verbose_name=gettext_lazy("企业"), attrs=_NUMBER)
    unsolved = tables.Column(verbose_name=gettext_lazy("不认可或重开"), attrs=_NUMBER)
    actions = tables.Column(verbose_name="", empty_values=(), exclude_from_export=True)

    def render_topic(self, record: Cluster) -> Any:
        if record.item_code:
            return format_html(
                '{}<div class="small text-secondary">{}</div>',
                record.item_name or record.item_code,
                _("政策事项"),
            )
        return topic_name(record.topic)

    def value_topic(self, record: Cluster) -> str:
        return record.item_name or record.item_code or topic_name(record.topic)

    def render_actions(self, record: Cluster) -> SafeString:
        if record.suggested is not None:
            address, name = reverse("appeals_desk:suggestion", args=[record.suggested]), _("已建议，待答复")
        elif self.request.may_suggest:
            wanted = {
                "region_path": self.request.cluster_region,
                "topic": record.topic,
                "item": record.item_code,
            }
            address = f"{reverse('appeals_desk:suggest')}?{urlencode({k: v for k, v in wanted.items() if v})}"
            name = _("形成建议")
        else:
            return SafeString("")
        return format_html('<a class="btn btn-sm" href="{}">{}</a>', address, name)


@needs(VIEW)
def suggestion_list(request: HttpRequest) -> HttpResponseBase:
    """Suggestions of one's reach."""
    actor = actor_from(request)
    filters = SuggestionFilter(request.GET)
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Any:
        return suggestions(
            actor=actor,
            text=chosen.get("text", ""),
            state=chosen.get("state", ""),
            mine="mine" in chosen,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, SuggestionTable, fetch, name="suggestions", filters=filters)
    return listing.respond("appeals/suggesting/list.html", {"tabs": _tabs("suggestions")})


@needs(VIEW)
def cluster_list(request: HttpRequest) -> HttpResponseBase:
    """What many enterprises say of one policy, or of one topic: what a suggestion can be made of."""
    actor, now = actor_from(request), timezone.now()
    regions = reached_regions(actor, VIEW)
    asked = request.GET.get("region_path", "")
    region = asked if asked in dict(regions) else (regions[0][0] if regions else "")
    request.may_suggest, request.cluster_region = actor.may(SUGGEST), region  # type: ignore[attr-defined]
    rows = clusters(actor=actor, region_path=region, now=now)
    listing = Listing(
        request,
        ClusterTable,
        lambda order, page, per_page: page_of(rows, order, page, per_page),
        name="clusters",
        filters=RegionFilter(request.GET, regions=regions),
    )
    return listing.respond(
        "appeals/suggesting/clusters.html",
        {
            "tabs": _tabs("clusters"),
            "days": learning_rules().cluster_days,
            "fewest": learning_rules().cluster_from,
        },
    )


@needs(SUGGEST)
def suggest(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Make a suggestion of a cluster, whose voices stand beside the form."""
    actor, now = actor_from(request), timezone.now()
    regions = dict(reached_regions(actor, SUGGEST))
    region = request.GET.get("region_path", "")
    topic, item = request.GET.get("topic", "")[:60], request.GET.get("item", "")[:80]
    if region not in regions:
        region = next(iter(regions), "")
    detail = cluster_detail(actor=actor, region_path=region, topic=topic, item_code=item, now=now)
    if not detail.count:
        messages.info(request, _("请先选择多家企业反映的同类问题。"))
        return redirect("appeals_desk:clusters")
    form = SuggestForm(request.POST or None, authors=authors_for(region, now=now))
    if request.method == "POST" and form.is_valid():
        try:
            number = suggest_policy(
                actor=actor, region_path=region, topic=topic, item_code=item, now=now, **form.cleaned_data
            )
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("建议已送交，答复后会通知您。"))
            return redirect("appeals_desk:suggestion", suggestion_id=number)
    return render(
        request,
        "appeals/suggesting/suggest.html",
        {
            "form": form,
            "detail": detail,
            "name": detail.item_name or item or topic_name(topic),
            "region": region_name(region),
        },
        status=422 if form.is_bound else 200,
    )


@needs(VIEW)
def one(request: HttpRequest, suggestion_id: int) -> HttpResponse:
    """One suggestion with its voices, and what may be done now."""
    return _page(request, actor_from(request), suggestion_id)


@needs(VIEW)
@require_POST
def step(request: HttpRequest, suggestion_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Take up, decline, withdraw. Whether the actor may, the action says."""
    if what not in STEPS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    suggestion(actor=actor, suggestion_id=suggestion_id, most=0)
    _event, name, _icon, form_class, act = STEPS[what]
    form = form_class(request.POST, auto_id=f"{what}-%s")
    if form.is_valid():
        try:
            act(actor=actor, suggestion_id=suggestion_id, now=now, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": name})
            return redirect("appeals_desk:suggestion", suggestion_id=suggestion_id)
    return _page(request, actor, suggestion_id, bound=(what, form))


def _page(
    request: HttpRequest, actor: Actor, suggestion_id: int, *, bound: tuple[str, StepForm] | None = None
) -> HttpResponse:
    found, voices = suggestion(actor=actor, suggestion_id=suggestion_id)
    steps = []
    for what, (event, name, icon, form_class, _act) in STEPS.items():
        here = bound is not None and bound[0] == what
        if event in found.may or here:
            steps.append(
                {
                    "what": what,
                    "name": name,
                    "icon": icon,
                    "form": bound[1] if bound and here else form_class(auto_id=f"{what}-%s"),
                    "url": reverse("appeals_desk:suggestion-step", args=[suggestion_id, what]),
                    "open": here,
                }
            )
    return render(
        request,
        "appeals/suggesting/suggestion.html",
        {"suggestion": found, "voices": voices, "steps": steps},
        status=422 if bound else 200,
    )


def _tabs(here: str) -> list[dict[str, Any]]:
    names = {"suggestions": _("政策建议"), "clusters": _("多家企业反映的问题")}
    return [
        {"name": name, "url": reverse(f"appeals_desk:{each}"), "here": each == here}
        for each, name in names.items()
    ]
