"""Claims on the desk: the list, and one with its evidence beside the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    LineItems,
    claim_states,
    claims,
    evidence_of,
    get_claim,
    item_terms,
    lines_of,
    read_lines,
    way_of,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.flow.api import case_progress
from yingshang.kernel.ledger.api import receipt_code
from yingshang.web.listing import Listing, Page
from yingshang.web.regions import reached_regions

from ..assessing.beside import beside
from .forms import DeskFilter, PurposeForm
from .tables import DeskTable

VIEW, REVIEW = "claims.view", "claims.review"
PERSONAL = "parties.view_personal"


@needs(VIEW)
def claim_list(request: HttpRequest) -> HttpResponseBase:
    """Every claim within one's reach, newest first."""
    actor = actor_from(request)
    filters = DeskFilter(
        request.GET,
        items=item_terms(actor=actor, day=timezone.localdate()),
        regions=regions_of(actor),
    )
    asked = filters.asked

    def fetch(order: str, page: int, per_page: int) -> Page:
        return claims(actor=actor, offset=(page - 1) * per_page, limit=per_page, **asked)

    listing = Listing(request, DeskTable, fetch, name="claims", filters=filters)
    return listing.respond("claims/reviewing/list.html", {"may_approve": actor.may("claims.approve")})


@needs(VIEW)
def claim(request: HttpRequest, claim_id: int) -> HttpResponse:
    """One claim with everything that is known of it."""
    return render(request, "claims/reviewing/claim.html", shown(actor_from(request), claim_id))


@needs(REVIEW)
@require_POST
def claim_lines(request: HttpRequest, claim_id: int) -> HttpResponse:
    """The line items in the clear; that one read them is kept, and the enterprise sees it."""
    actor = actor_from(request)
    form = PurposeForm(request.POST)
    if not form.is_valid():
        return render(
            request,
            "claims/reviewing/claim.html",
            {**shown(actor, claim_id), "purpose_form": form},
            status=422,
        )
    found = read_lines(
        actor=actor, claim_id=claim_id, purpose=form.cleaned_data["purpose"], now=timezone.now()
    )
    messages.info(request, _("已记录本次查看。"))
    return render(request, "claims/reviewing/claim.html", shown(actor, claim_id, clear=found))


def shown(actor: Actor, claim_id: int, *, clear: LineItems | None = None) -> dict[str, Any]:
    """A claim as its page on the desk shows it."""
    now = timezone.now()
    found = get_claim(actor=actor, claim_id=claim_id)
    lines = clear or lines_of(actor=actor, claim_id=claim_id)
    events = (
        (_("提交"), found.submitted_event),
        (_("办理决定"), found.decided_event if found.decided_event != found.submitted_event else None),
    )
    return {
        "claim": found,
        "state": claim_states()[found.summary.state],
        "evidence": evidence_of(actor=actor, claim_id=claim_id, now=now),
        "lines": lines,
        **beside(actor, claim_id),
        "clear": clear is not None,
        "purpose_form": PurposeForm()
        if lines.personal and lines.rows and clear is None and actor.may(REVIEW) and actor.may(PERSONAL)
        else None,
        "way": way_of(actor=actor, claim_id=claim_id, now=now),
        "tasks": open_tasks(actor, claim_id),
        "may_see_case": actor.may("flow.view") or actor.may("flow.work"),
        "receipts": [(name, receipt_code(event)) for name, event in events if event],
    }


def open_tasks(actor: Actor, claim_id: int) -> list[Any]:
    """The steps of the review that wait for somebody."""
    detail = case_progress(kind="claim", identifier=str(claim_id), now=timezone.now())
    if detail is None or not actor.may("flow.work"):
        return []
    return [each for each in detail.tasks if each.open and each.kind == "step"]


def regions_of(actor: Actor) -> list[tuple[str, str]]:
    """The regions below one's own, for choosing among them."""
    return reached_regions(actor, VIEW)
