"""How far items have come, on the desk: who is entitled and has not acted, and a reminder to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.policies.api import (
    Funnel,
    ItemReach,
    RegionReach,
    item_reach,
    plan_reminder,
    reach_summaries,
    remind,
    unacted_parties,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.reference.api import children_of, code_of_path
from yingshang.rules.errors import DomainError
from yingshang.web.design import formats
from yingshang.web.design.charts import Chart, Series
from yingshang.web.errors import message_of
from yingshang.web.listing import Listing

from .forms import ReachFilter, ReachItemFilter
from .tables import ReachItemTable, UnactedTable

VIEW, SEND = "policies.view_matches", "notices.send_mass"
CHARTED = 10


@needs(VIEW)
def reach_list(request: HttpRequest) -> HttpResponseBase:
    """Items in force, each with how many are entitled and were told."""
    actor = actor_from(request)
    filters = ReachItemFilter(request.GET)
    today = timezone.localdate()

    def fetch(order: str, page: int, per_page: int) -> Any:
        return reach_summaries(
            actor=actor,
            day=today,
            order=order,
            offset=(page - 1) * per_page,
            limit=per_page,
            **filters.values,
        )

    listing = Listing(request, ReachItemTable, fetch, name="policy-reach", filters=filters, order="-entitled")
    return listing.respond("policies/outreach/list.html")


@needs(VIEW)
def reach(request: HttpRequest, code: str) -> HttpResponseBase:
    """The funnel of an item, by region, and those who have not acted."""
    actor = actor_from(request)
    filters = ReachFilter(request.GET)
    values = dict(filters.values)
    progress = values.pop("progress", "")
    found = item_reach(actor=actor, code=code, **values)
    filters.offer(_regions(found, filters.values.get("region", "")))

    def fetch(order: str, page: int, per_page: int) -> Any:
        return unacted_parties(
            actor=actor, reach=found, progress=progress, offset=(page - 1) * per_page, limit=per_page
        )

    listing = Listing(request, UnactedTable, fetch, name=f"reach-{code}", filters=filters)
    query = urlencode(filters.values)
    return listing.respond(
        "policies/outreach/reach.html",
        {
            "item": found.item,
            "code": code,
            "stages": stages(found.funnel),
            "funnel": found.funnel,
            "unacted": found.unacted,
            "regions": region_lines(found.regions, code),
            "chart": region_chart(found.regions, code),
            "may_remind": actor.may(SEND) and found.unacted,
            "remind_url": f"{reverse('policies_desk:remind', args=[code])}?{query}",
        },
    )


@needs(SEND)
def reminder(request: HttpRequest, code: str) -> HttpResponse:
    """Whom a reminder would go to; sent, it is a mass message."""
    actor = actor_from(request)
    filters = ReachFilter(request.GET)
    values = filters.values
    back = f"{reverse('policies_desk:reach', args=[code])}?{urlencode(values)}"
    if request.method == "POST":
        try:
            sent = remind(actor=actor, code=code, now=timezone.now(), **values)
        except DomainError as error:
            messages.error(request, message_of(error))
            return redirect(back)
        messages.success(
            request, _("已提醒 %(count)s 家企业，进展见群发消息。") % {"count": formats.number(sent.parties)}
        )
        return redirect("desk:campaign", campaign_id=sent.campaign_id)
    plan = plan_reminder(actor=actor, code=code, now=timezone.now(), **values)
    return render(
        request,
        "policies/outreach/remind.html",
        {"plan": plan, "item": plan.reach.item, "count": len(plan.parties), "code": code, "back": back},
    )


# --- what the pages show ----------------------------------------------------------------------------------------------


def stages(funnel: Funnel) -> list[dict[str, Any]]:
    """Each stage with its share of the entitled; what nobody can say yet is a dash, not a nought."""
    rows = [
        (_("符合条件"), funnel.matched, "users", ""),
        (_("已通知"), funnel.sent, "send", ""),
        (_("已读"), funnel.read, "mail-opened", ""),
        (_("已点开"), funnel.clicked, "check", ""),
        (_("已申报"), funnel.applied, "file-text", _("尚无申报数据")),
        (_("已兑付"), funnel.paid, "coin", _("尚无兑付数据")),
    ]
    return [
        {
            "label": label,
            "value": "—" if count is None else formats.number(count),
            "note": unknown if count is None else share(count, funnel.matched) if place else "",
            "share": None if count is None or not funnel.matched else count * 100 // funnel.matched,
            "icon": sign,
        }
        for place, (label, count, sign, unknown) in enumerate(rows)
    ]


def share(count: int, total: int) -> str:
    """A part of the entitled in percent."""
    return _("占符合的 %(share)s") % {"share": formats.percent(count / total)} if total else ""


def region_chart(regions: tuple[RegionReach, ...], code: str) -> Chart:
    """Entitled, told and come, by the regions with most of them; the table has all."""
    regions = tuple(sorted(regions, key=lambda each: -each.funnel.matched)[:CHARTED])
    address = reverse("policies_desk:reach", args=[code])
    return Chart(
        "bar",
        [each.name or _("未到下级区划") for each in regions],
        [
            Series(_("符合条件"), [each.funnel.matched for each in regions], "quiet"),
            Series(_("已通知"), [each.funnel.sent for each in regions]),
            Series(_("已点开"), [each.funnel.clicked for each in regions], "good"),
        ],
        unit=_("家"),
        horizontal=True,
        urls=[f"{address}?region={each.code}" if each.code else address for each in regions],
    )


def region_lines(regions: tuple[RegionReach, ...], code: str) -> list[_RegionLine]:
    """Regions as lines of the table."""
    return [_RegionLine.of(each, code) for each in regions]


class _RegionLine:
    """A region as a line of the table."""

    def __init__(self, name: str, url: str, funnel: Funnel, amount: float) -> None:
        self.name, self.url, self.funnel, self.amount = name, url, funnel, amount

    @classmethod
    def of(cls, each: RegionReach, code: str) -> _RegionLine:
        address = reverse("policies_desk:reach", args=[code])
        return cls(
            each.name or _("未到下级区划"),
            f"{address}?region={each.code}" if each.code else "",
            each.funnel,
            each.certain_fen / 100,
        )


def _regions(found: ItemReach, asked: str) -> list[tuple[str, str]]:
    path = found.item.region_path
    offered = [(each.code, each.name) for each in children_of(code_of_path(path))] if path else []
    here = [(each.code, each.name) for each in found.regions if each.code]
    return list(dict([*offered, *here]).items()) if not asked or asked in dict(offered) else here
