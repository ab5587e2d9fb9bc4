"""Instalments with a later condition: what the facts of the day say, and what a person decides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    WaitingInstalment,
    drop_instalment,
    get_instalment,
    release_instalment,
    waiting_instalments,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.reference.api import UnknownFact, get_fact
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing

from ..refusals import refuse_or_raise
from .forms import FOUND, TONES, DecideForm, InstalmentFilter
from .tables import InstalmentTable

VIEW, APPROVE = "claims.view", "claims.approve"


@needs(VIEW)
def instalment_list(request: HttpRequest) -> HttpResponseBase:
    """The instalments of one's reach that wait for a condition, those a person has to decide first."""
    actor = actor_from(request)
    filters = InstalmentFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return waiting_instalments(
            actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    listing = Listing(request, InstalmentTable, fetch, name="instalments", filters=filters)
    return listing.respond("claims/instalments/list.html")


@needs(VIEW)
def instalment(request: HttpRequest, claim_id: int, number: int) -> HttpResponse:
    """One instalment with its condition, decided by the facts of today, and the evidence."""
    return _page(request, _found(request, claim_id, number))


@needs(APPROVE)
@require_POST
def decide(request: HttpRequest, claim_id: int, number: int) -> HttpResponse | HttpResponseRedirect:
    """Where the facts leave it open: it is paid, or given up."""
    found = _found(request, claim_id, number)
    form = DecideForm(request.POST, found=found.found)
    if form.is_valid():
        act = release_instalment if form.cleaned_data["what"] == "release" else drop_instalment
        try:
            act(
                actor=actor_from(request),
                claim_id=claim_id,
                number=number,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("已登记，企业会收到通知。"))
            left = get_instalment(
                actor=actor_from(request), claim_id=claim_id, number=number, now=timezone.now()
            )
            # With the last of its instalments a claim of which nothing was paid has come to nothing.
            return (
                redirect("claims_desk:claim", claim_id)
                if left is None
                else redirect("claims_desk:instalment", claim_id, number)
            )
    return _page(request, found, form=form)


def _found(request: HttpRequest, claim_id: int, number: int) -> WaitingInstalment:
    found = get_instalment(actor=actor_from(request), claim_id=claim_id, number=number, now=timezone.now())
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, found: WaitingInstalment, *, form: DecideForm | None = None) -> HttpResponse:
    waits = found.state == "waiting"
    may = waits and found.found != "due" and actor_from(request).may(APPROVE)
    return render(
        request,
        "claims/instalments/instalment.html",
        {
            "found": found,
            "word": FOUND[found.found],
            "tone": TONES.get(found.found, ""),
            "waits": waits,
            "lacking": [_name(each) for each in found.lacking],
            "form": (form or DecideForm(found=found.found)) if may else None,
        },
        status=status_of_form(form) if form is not None else 200,
    )


def _name(column: str) -> str:
    try:
        return get_fact(column).name
    except UnknownFact:
        return column
