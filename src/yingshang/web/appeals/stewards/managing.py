"""Who manages stewards assigns them, one or by a table, hands over when one leaves, and sees what was done."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yingshang.areas.appeals.api import (
    InvalidTable,
    assign_steward,
    empty_assignments,
    hand_over_stewardships,
    import_stewards,
    possible_stewards,
    steward_figures,
    stewards_with_enterprises,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.parties.api import PartyDetail, PartySummary, get_party, parties_by_code, search_parties
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing, page_of
from yingshang.web.refusals import refuse_each

from ..registering.forms import FindForm
from .forms import AssignForm, HandOverForm, ImportForm, PeriodFilter
from .tables import FiguresTable

STEWARD, MANAGE = "appeals.steward", "appeals.manage_stewards"
_MOST_FOUND, _USUAL_DAYS = 10, 90
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@needs(MANAGE)
def assign(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Find the enterprise, choose who looks after it."""
    actor = actor_from(request)
    party = _party(request, actor)
    asked = request.GET.get("enterprise", "").strip()
    found = _found(actor, asked) if asked and not party else ()
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        stewards=possible_stewards(actor=actor, now=timezone.now()) if party else (),
    )
    if party and form.is_bound and form.is_valid():
        told = form.cleaned_data
        user, agency = told["steward"]
        try:
            number = assign_steward(
                actor=actor,
                party_id=party.id,
                steward_id=user,
                agency_id=agency,
                tier=told["tier"],
                phone=told["phone"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已指定服务管家，管家和企业都会收到通知。"))
            return redirect("appeals_desk:stewardship", stewardship_id=number)
    return render(
        request,
        "appeals/stewards/assign.html",
        {
            "form": form,
            "find": FindForm(initial={"enterprise": asked}),
            "asked": asked,
            "found": found,
            "party": party,
            "crumbs": _crumbs(_("指定管家")),
        },
        status=status_of_form(form),
    )


@needs(MANAGE)
def import_table(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Upload a table of assignments: all of it, or nothing and what is wrong is listed."""
    actor = actor_from(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    refusal: InvalidTable | None = None
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            done = import_stewards(actor=actor, content=file.read(), name=file.name, now=timezone.now())
        except InvalidTable as error:
            refusal = error
            refuse_each(form, error)
        else:
            told = _("已为 %(new)s 家企业指定管家；另有 %(same)s 家没有变化。")
            messages.success(request, told % {"new": done.new, "same": done.same})
            if done.phones:
                told = _("%(count)s 家企业的管家工作电话已更新。")
                messages.success(request, told % {"count": done.phones})
            return redirect("appeals_desk:stewards")
    return render(
        request,
        "appeals/stewards/import.html",
        {
            "form": form,
            "errors": refusal.details["errors"] if refusal else (),
            "more": refusal.details["more"] if refusal else 0,
            "crumbs": _crumbs(_("批量指定")),
        },
        status=status_of_form(form),
    )


@needs(MANAGE)
@require_GET
def table(request: HttpRequest) -> HttpResponse:
    """The empty table to fill in."""
    answer = HttpResponse(empty_assignments(), content_type=_XLSX)
    answer["Content-Disposition"] = 'attachment; filename="stewards.xlsx"'
    return answer


@needs(MANAGE)
def hand_over(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """All enterprises of an official to another."""
    actor = actor_from(request)
    chosen = request.GET.get("steward", "")
    form = HandOverForm(
        request.POST if request.method == "POST" else None,
        held=stewards_with_enterprises(actor=actor),
        stewards=possible_stewards(actor=actor, now=timezone.now()),
        initial={"steward": chosen} if chosen.isdecimal() else {},
    )
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        user, agency = told["to"]
        try:
            count = hand_over_stewardships(
                actor=actor,
                steward_id=told["steward"],
                to_id=user,
                to_agency_id=agency,
                reason=told["reason"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已移交 %(count)s 家企业。") % {"count": count})
            return redirect("appeals_desk:stewards")
    return render(
        request,
        "appeals/stewards/hand_over.html",
        {"form": form, "crumbs": _crumbs(_("移交"))},
        status=status_of_form(form),
    )


@needs(STEWARD, MANAGE)
def figures(request: HttpRequest) -> HttpResponseBase:
    """Visited in time, content, got in touch with: by steward, within a period."""
    actor, today = actor_from(request), timezone.localdate()
    filters = PeriodFilter(request.GET)
    chosen = filters.values
    until = chosen.get("until", today)
    # In the first days of the calendar there are not as many before.
    since = chosen.get("since", until - min(timedelta(days=_USUAL_DAYS), until - date.min))
    rows = steward_figures(actor=actor, since=since, until=until, now=timezone.now())

    def fetch(order: str, page: int, per_page: int) -> Any:
        return page_of(rows, order, page, per_page)

    listing = Listing(request, FiguresTable, fetch, name="steward-figures", filters=filters)
    visits, rated = sum(each.visits for each in rows), sum(each.rated for each in rows)
    scores = sum((each.satisfaction or 0) * each.rated for each in rows)
    enterprises = sum(each.enterprises for each in rows)
    late = sum(each.late for each in rows)
    return listing.respond(
        "appeals/stewards/figures.html",
        {
            "since": since,
            "until": until,
            "enterprises": enterprises,
            "late": late,
            "visits": visits,
            "in_time": f"{sum(each.in_time for each in rows) / visits:.0%}" if visits else None,
            "satisfaction": f"{scores / rated:.1f}" if rated else None,
            "rated": rated,
            "manages": actor.may(MANAGE),
            "crumbs": _crumbs(_("走访统计")),
        },
    )


def _crumbs(here: str) -> list[tuple[str, str | None]]:
    return [(_("服务管家"), reverse("appeals_desk:stewards")), (here, None)]


def _party(request: HttpRequest, actor: Actor) -> PartyDetail | None:
    number = request.GET.get("party", "")
    return get_party(actor=actor, party_id=int(number)) if number.isdecimal() and len(number) < 19 else None


def _found(actor: Actor, text: str) -> tuple[PartySummary, ...]:
    """By the whole credit code, else by name, initials or the beginning of the code."""
    by_code = parties_by_code(actor=actor, codes=[text.upper()])
    return tuple(by_code.values()) or tuple(search_parties(actor=actor, text=text, per_page=_MOST_FOUND).rows)
