"""What the circuit breaker stopped, for supervisors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.claims.api import (
    TripView,
    confirm_trip,
    get_claim,
    get_trip,
    release_trip,
    stop_by_hand,
    stoppable,
    trips,
)
from yingshang.areas.policies.api import published_items
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.ledger.api import receipt_code
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing

from ..automatic.facts import fact_lines
from ..refusals import refuse_or_raise
from .forms import StopForm, TripDecisionForm, TripFilter
from .tables import TripTable

RELEASE = "claims.release"


@needs(RELEASE)
def trip_list(request: HttpRequest) -> HttpResponseBase:
    """What is stopped in one's reach, that which waits first."""
    actor = actor_from(request)
    filters = TripFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        found = trips(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)
        return replace(found, rows=named(found.rows))

    return Listing(request, TripTable, fetch, name="trips", filters=filters).respond(
        "claims/oversight/trips.html"
    )


@needs(RELEASE)
def trip(request: HttpRequest, trip_id: int) -> HttpResponse | HttpResponseRedirect:
    """One trip: what was found, the facts of the claim, and the decision."""
    actor = actor_from(request)
    found = named([get_trip(actor=actor, trip_id=trip_id)])[0]
    form = TripDecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        decide = release_trip if form.cleaned_data["verdict"] == "release" else confirm_trip
        try:
            decide(actor=actor, trip_id=trip_id, reason=form.cleaned_data["reason"], now=timezone.now())
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("处理意见已登记，回执见本页。"))
            return redirect("claims_desk:trip", trip_id)
    claim = get_claim(actor=actor, claim_id=found.claim_id) if found.claim_id else None
    return render(
        request,
        "claims/oversight/trip.html",
        {
            "trip": found,
            "claim": claim,
            "facts": fact_lines((each.column, each.value, each.source, each.as_of) for each in claim.facts)
            if claim
            else (),
            "form": form if found.state in {"open", "upheld"} else None,
            "receipts": [
                (name, receipt_code(event))
                for name, event in ((_("熔断回执"), found.event_id), (_("处理回执"), found.decided_event))
                if event
            ],
        },
        status=status_of_form(form),
    )


@needs(RELEASE)
def stop(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Stop an item or a fund by hand."""
    actor = actor_from(request)
    items, funds = stoppable(actor=actor)
    names = names_of([code for code, _code in items])
    form = StopForm(
        request.POST or None, items=[(code, names.get(code, code)) for code, _code in items], funds=funds
    )
    if request.method == "POST" and form.is_valid():
        kind, _colon, what = form.cleaned_data["target"].partition(":")
        try:
            number = stop_by_hand(
                actor=actor,
                reason=form.cleaned_data["reason"],
                item_code=what if kind == "item" else "",
                fund_id=int(what) if kind == "fund" else None,
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("已停止拨付，直到解除。"))
            return redirect("claims_desk:trip", number)
    return render(request, "claims/oversight/stop.html", {"form": form}, status=status_of_form(form))


def named(found: Sequence[TripView]) -> tuple[TripView, ...]:
    """The same with items called by their names: where an item is stopped, only its code was kept."""
    names = names_of([each.item_code for each in found if each.target == "item"])
    return tuple(
        replace(each, of=names.get(each.item_code, each.of)) if each.target == "item" else each
        for each in found
    )


def names_of(codes: Sequence[str]) -> dict[str, str]:
    """Code of an item in force → its name."""
    if not codes:
        return {}
    return {each.code: each.name for each in published_items(day=timezone.localdate(), codes=codes)}
