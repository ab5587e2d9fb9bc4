"""What appeals teach, on the cockpit: one region in a month or a week; every figure opens the list it counts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.appeals.api import (
    HotTopic,
    agency_speeds,
    appeals_behind,
    appeals_by_part,
    hot_topics,
    learning_rules,
    overview,
    repeat_causes,
    topics_over_time,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.parties.api import get_region_row
from yingshang.web.design.charts import Chart, Series
from yingshang.web.listing import Listing, page_of

from ..words import topic_name
from .asked import NO_TOPIC, Asked, PeriodFilter, asked_by
from .places import above, map_of, places_below
from .tables import BehindTable, RepeatTable, SpeedTable, TopicTable

OPEN = "cockpit.open"
SHOWN = 10


@needs(OPEN)
def home(request: HttpRequest) -> HttpResponse:
    """One region of the leader's scope: what was said, how much, where, by whom it is dealt with and how fast."""
    actor, now = actor_from(request), timezone.now()
    today = timezone.localdate(now)
    asked = asked_by(request, actor, today=today)
    path, period, topic = asked.region.path, asked.period, asked.topic
    shown = get_region_row(asked.region.code)
    figures = overview(actor=actor, region_path=path, period=period, topic=topic, now=now)
    hot = hot_topics(actor=actor, region_path=path, period=period)
    counted = appeals_by_part(actor=actor, region_path=path, period=period, topic=topic)
    places = places_below(actor, shown, counted, {k: v for k, v in asked.wanted.items() if k != "region"})
    speeds = agency_speeds(actor=actor, region_path=path, period=period, topic=topic, now=now)
    causes = repeat_causes(actor=actor, region_path=path, period=period, topic=topic)
    return render(
        request,
        "appeals/learning/home.html",
        {
            **_common(request, actor, asked),
            "filters": PeriodFilter(request.GET, asked=asked, today=today),
            "figures": figures,
            "change": figures.count / figures.before - 1 if figures.before else None,
            "all_url": asked.url("list"),
            "answered_url": asked.url("list", what="answered"),
            "late_url": asked.url("list", what="late"),
            "unsolved_url": asked.url("list", what="unsolved"),
            "map": map_of(shown, places),
            "places": places,
            "over_time": _over_time(actor, asked, hot),
            "topics_url": asked.url("topics"),
            "topics": [
                {
                    "row": each,
                    "name": topic_name(each.topic) or _("还没有主题"),
                    "url": asked.url("home", topic=each.topic or NO_TOPIC),
                    "list": asked.url("list", topic=each.topic or NO_TOPIC),
                }
                for each in [each for each in hot if each.count][:SHOWN]
            ],
            "speeds": [
                {"row": each, "url": asked.url("list", agency=each.agency_id)} for each in speeds[:SHOWN]
            ],
            "speeds_url": asked.url("agencies"),
            "causes": [
                {"row": each, "name": topic_name(each.topic) or _("还没有主题")} for each in causes[:SHOWN]
            ],
            "causes_url": asked.url("repeats"),
            "repeat_days": learning_rules().repeat_days,
            "now": now,
        },
    )


@needs(OPEN)
def topics(request: HttpRequest) -> HttpResponseBase:
    """Every topic of a period; to sort and to take away."""
    actor = actor_from(request)
    asked = asked_by(request, actor, today=timezone.localdate())
    rows = hot_topics(actor=actor, region_path=asked.region.path, period=asked.period)
    return _listed(request, actor, asked, TopicTable, rows, "topics", _("热点主题"))


@needs(OPEN)
def agencies(request: HttpRequest) -> HttpResponseBase:
    """How fast agencies are, all of them; to sort and to take away."""
    actor, now = actor_from(request), timezone.now()
    asked = asked_by(request, actor, today=timezone.localdate(now))
    rows = agency_speeds(
        actor=actor, region_path=asked.region.path, period=asked.period, topic=asked.topic, now=now
    )
    return _listed(request, actor, asked, SpeedTable, rows, "agencies", _("单位办理速度"))


@needs(OPEN)
def repeats(request: HttpRequest) -> HttpResponseBase:
    """What came back, by topic and agency."""
    actor, now = actor_from(request), timezone.now()
    asked = asked_by(request, actor, today=timezone.localdate(now))
    rows = repeat_causes(actor=actor, region_path=asked.region.path, period=asked.period, topic=asked.topic)
    return _listed(request, actor, asked, RepeatTable, rows, "repeats", _("反复出现的问题"))


@needs(OPEN)
def behind(request: HttpRequest) -> HttpResponseBase:
    """The appeals behind a figure."""
    actor, now = actor_from(request), timezone.now()
    today = timezone.localdate(now)
    asked = asked_by(request, actor, today=today)
    what = request.GET.get("what", "")
    agency = request.GET.get("agency", "")
    agency_id = int(agency) if agency.isdecimal() and len(agency) < 10 else None

    def fetch(order: str, page: int, per_page: int) -> Any:
        return appeals_behind(
            actor=actor,
            region_path=asked.region.path,
            period=asked.period,
            what=what,
            topic=asked.topic,
            agency_id=agency_id,
            offset=(page - 1) * per_page,
            limit=per_page,
            now=now,
        )

    filters = PeriodFilter(request.GET, asked=asked, today=today)
    listing = Listing(request, BehindTable, fetch, name="appeals", filters=filters)
    names = {
        "answered": _("已答复的诉求"),
        "late": _("超期的诉求"),
        "unsolved": _("没有解决的诉求"),
        "again": _("同一企业再次提出的诉求"),
        "reopened": _("重开的诉求"),
        "disputed": _("不认可答复的诉求"),
        "bounced": _("退回过的诉求"),
    }
    title = names.get(what, _("诉求"))
    return listing.respond("appeals/learning/list.html", {**_common(request, actor, asked), "title": title})


def _listed(
    request: HttpRequest, actor: Actor, asked: Asked, table: Any, rows: Any, name: str, title: str
) -> HttpResponseBase:
    # The table's links are of the same region, period and topic.
    request.asked = asked  # type: ignore[attr-defined]
    today = timezone.localdate()
    filters = PeriodFilter(request.GET, asked=asked, today=today, with_topic=table is SpeedTable)
    listing = Listing(
        request,
        table,
        lambda order, page, per_page: page_of(rows, order, page, per_page),
        name=name,
        filters=filters,
    )
    return listing.respond("appeals/learning/list.html", {**_common(request, actor, asked), "title": title})


def _common(request: HttpRequest, actor: Actor, asked: Asked) -> dict[str, Any]:
    return {
        "region": asked.region,
        "period": asked.period,
        "asked": asked,
        "home_url": asked.url("home"),
        "above": [
            (each.name, Asked(each, asked.period, asked.topic).url("home"))
            for each in above(actor, asked.region.code)
        ],
        "topic_shown": None
        if asked.topic is None
        else {
            "name": topic_name(asked.topic) or _("还没有主题"),
            "without": Asked(asked.region, asked.period, None).url("home"),
        },
    }


def _over_time(actor: Actor, asked: Asked, hot: tuple[HotTopic, ...]) -> Chart | None:
    """The most frequent topics over time; only the one, where one is asked for."""
    rules = learning_rules()
    drawn = (
        [asked.topic]
        if asked.topic is not None
        else [each.topic for each in hot if each.topic and each.count][: rules.topics_drawn]
    )
    shown = rules.months_shown if asked.period.kind == "month" else rules.weeks_shown
    periods = asked.period.back(shown)
    lines = topics_over_time(actor=actor, region_path=asked.region.path, periods=periods, topics=drawn)
    if not any(any(each.counts) for each in lines):
        return None
    return Chart(
        "line",
        [each.code for each in periods],
        [Series(topic_name(each.topic) or _("还没有主题"), each.counts) for each in lines],
        unit=_("件"),
        urls=[Asked(asked.region, each, asked.topic).url("home") for each in periods],
    )
