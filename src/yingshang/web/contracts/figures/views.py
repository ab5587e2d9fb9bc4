"""What contracts come to, on the cockpit: one region, or one unit; every figure opens the list it counts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.contracts.api import (
    ContractOverview,
    UnitRow,
    bare_contracts,
    by_unit,
    figure_rules,
    last_quarter,
    obligations_behind,
    overview,
    risk_rules,
    risks,
    silent_units,
    slow_units,
    unit_page,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.parties.api import get_region_row
from yingshang.web.design.charts import Chart, Series
from yingshang.web.listing import Listing, page_of
from yingshang.web.words import in_language

from .asked import Asked, BehindFilter, RiskFilter, UnitFilter, asked_by
from .places import above, map_of, places_below, wan
from .tables import BareTable, BehindTable, RiskTable, SilentTable, UnitTable, contract_url, reason_tags
from .words import WHAT

OPEN = ("cockpit.open", "contracts.head")
"""Leaders and supervisors; the head of a unit sees the own one, and nothing else of the cockpit."""


@needs(*OPEN)
def home(request: HttpRequest) -> HttpResponse:
    """What is owed, late and coming up, in a region of the leader's scope or by one unit."""
    actor, now = actor_from(request), timezone.now()
    today = timezone.localdate(now)
    asked = asked_by(request, actor)
    path, shown_count = asked.region.path, figure_rules().shown
    figures = overview(actor=actor, region_path=path, agency_id=asked.agency_id, today=today)
    shown = get_region_row(asked.region.code)
    places = () if asked.agency_id else places_below(actor, shown, figures.parts)
    risky = risks(actor=actor, region_path=path, agency_id=asked.agency_id, today=today, limit=shown_count)
    one = (
        by_unit(actor=actor, region_path=path, agency_id=asked.agency_id, today=today)
        if asked.agency_id
        else ()
    )
    silent = None if asked.agency_id else silent_units(actor=actor, region_path=path, today=today, limit=0)
    return render(
        request,
        "contracts/figures/home.html",
        {
            **_common(actor, asked),
            "figures": figures,
            "places": places,
            "map": map_of(shown, places) if places else None,
            "ages": _ages(figures, asked),
            "next": [
                {"row": each, "url": asked.url("list", what="next", days=each.days)} for each in figures.next
            ],
            "soon": figures.next[1] if len(figures.next) > 1 else figures.next[0],
            "urls": {
                **{what: asked.url("list", what=what) for what in WHAT},
                **{name: asked.url(name) for name in ("units", "risks", "silent", "bare")},
                "theirs": asked.url("list", what="late", side="counterparty"),
            },
            "unit": one[0] if one else None,
            "slow": []
            if asked.agency_id
            else [
                {"row": each, "url": asked.url("home", agency=each.agency_id)}
                for each in slow_units(actor=actor, region_path=path, today=today, limit=shown_count)
                if each.late_count
            ],
            "risky": [
                {"row": each, "tags": reason_tags(each.reasons), "url": contract_url(each.contract_id)}
                for each in risky.rows
            ],
            "risk_total": risky.total,
            "risk_days": risk_rules().days,
            "silent": silent,
            "now": now,
        },
    )


@needs(*OPEN)
def units(request: HttpRequest) -> HttpResponseBase:
    """Every unit; to sort and to take away."""
    actor = actor_from(request)
    asked = asked_by(request, actor)
    # The table's links are of the same region.
    request.asked = asked  # type: ignore[attr-defined]
    filters = UnitFilter(request.GET)
    text = filters.values.get("text", "")
    about: dict[str, Any] = {
        "actor": actor,
        "region_path": asked.region.path,
        "agency_id": asked.agency_id,
        "today": timezone.localdate(),
    }
    whole: list[UnitRow] = []

    def fetch(order: str, page: int, per_page: int) -> Any:
        if not request.GET.get("export"):
            return unit_page(**about, text=text, order=order, offset=(page - 1) * per_page, limit=per_page)
        # What is taken away is added up once, not for every piece of the file.
        if not whole:
            whole.extend(each for each in by_unit(**about) if text in each.agency_name)
        return page_of(whole, order, page, per_page)

    listing = Listing(request, UnitTable, fetch, name="contract-units", filters=filters)
    note = _(
        "按期率：近 %(months)d 个月已履行的和目前逾期未履行的义务中，按期履行的占多少；"
        "逾期未履行的不算按期，与履约画像一致。"
    ) % {"months": figure_rules().done_months}
    return _listed(listing, actor, asked, _("各单位履约情况"), note)


@needs(*OPEN)
def behind(request: HttpRequest) -> HttpResponseBase:
    """The obligations behind a figure."""
    actor, today = actor_from(request), timezone.localdate()
    asked = asked_by(request, actor)
    filters = BehindFilter(request.GET)
    wanted = filters.values
    what = wanted.get("what", "late")

    def fetch(order: str, page: int, per_page: int) -> Any:
        return obligations_behind(
            actor=actor,
            region_path=asked.region.path,
            agency_id=asked.agency_id,
            side=wanted.get("side", "unit"),
            what=what,
            age=wanted.get("age", ""),
            days=int(wanted["days"]) if "days" in wanted else None,
            today=today,
            order=order,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, BehindTable, fetch, name="contract-obligations", filters=filters)
    note = _("不对您公开内容的合同计入数字，不在这里列出")
    return _listed(listing, actor, asked, str(WHAT[what]), note)


@needs(*OPEN)
def at_risk(request: HttpRequest) -> HttpResponseBase:
    """Payments that may not be made in time."""
    actor, today = actor_from(request), timezone.localdate()
    asked = asked_by(request, actor)
    filters = RiskFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return risks(
            actor=actor,
            region_path=asked.region.path,
            agency_id=asked.agency_id,
            reason=filters.values.get("reason", ""),
            today=today,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, RiskTable, fetch, name="contract-risks", filters=filters)
    note = _("%(days)s 天内到期的付款，和因前项义务超期而不能到期的付款；只作提示，不作结论") % {
        "days": risk_rules().days
    }
    return _listed(listing, actor, asked, _("付款风险"), note)


@needs(*OPEN)
def silent(request: HttpRequest) -> HttpResponseBase:
    """Units that registered nothing in the last quarter, and did not say that they had nothing."""
    actor, today = actor_from(request), timezone.localdate()
    asked = asked_by(request, actor)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return silent_units(
            actor=actor,
            region_path=asked.region.path,
            today=today,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    year, quarter = last_quarter(today)
    note = _("%(year)s 年第 %(quarter)s 季度没有登记签订合同、也没有声明无合同的单位") % {
        "year": year,
        "quarter": quarter,
    }
    listing = Listing(request, SilentTable, fetch, name="silent-units")
    return _listed(listing, actor, asked, _("未报送的单位"), note)


@needs(*OPEN)
def bare(request: HttpRequest) -> HttpResponseBase:
    """Contracts in force without obligations."""
    actor = actor_from(request)
    asked = asked_by(request, actor)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return bare_contracts(
            actor=actor,
            region_path=asked.region.path,
            agency_id=asked.agency_id,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, BareTable, fetch, name="bare-contracts")
    return _listed(listing, actor, asked, _("没有登记义务的合同"))


def _listed(listing: Listing, actor: Actor, asked: Asked, title: str, note: str = "") -> HttpResponseBase:
    return listing.respond(
        "contracts/figures/list.html", {**_common(actor, asked), "title": title, "note": note}
    )


def _common(actor: Actor, asked: Asked) -> dict[str, Any]:
    return {
        "region": asked.region,
        "asked": asked,
        "home_url": asked.url("home"),
        "region_url": Asked(asked.region).url("home") if asked.agency_id else "",
        "above": [(each.name, Asked(each).url("home")) for each in above(actor, asked.region.code)],
        "sees_all": actor.may("parties.view"),
    }


def _ages(figures: ContractOverview, asked: Asked) -> Chart | None:
    """What is late in money, by how long."""
    if not figures.late.count:
        return None
    return Chart(
        "bar",
        [in_language(each.name, each.name_en) for each in figures.ages],
        [
            Series(
                _("逾期未付"),
                [wan(each.sum.fen) for each in figures.ages],
                tone="bad",
            )
        ],
        unit=_("万元"),
        horizontal=True,
        urls=[asked.url("list", what="late", age=each.code) for each in figures.ages],
    )
