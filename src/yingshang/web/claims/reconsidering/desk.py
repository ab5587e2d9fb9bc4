"""Reconsiderations on the desk: looked at by somebody who had no hand in the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    change_decision,
    dismiss_reconsideration,
    get_claim,
    get_reconsideration,
    keep_decision,
    reconsideration_rules,
    reconsiderations,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.ledger.api import receipt_code
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing
from yingshang.web.words import in_language

from ..refusals import refuse_or_raise, tell_refusal
from .forms import ABOUT, DecideForm, ReconsiderationFilter
from .tables import ReconsiderationTable

VIEW, DECIDE = "claims.view", "claims.reconsider"


@needs(VIEW)
def reconsideration_list(request: HttpRequest) -> HttpResponseBase:
    """Those of one's reach, those that wait first."""
    actor, now = actor_from(request), timezone.now()
    filters = ReconsiderationFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return reconsiderations(
            actor=actor, now=now, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    listing = Listing(request, ReconsiderationTable, fetch, name="reconsiderations", filters=filters)
    return listing.respond("claims/reconsidering/list.html")


@needs(VIEW)
def reconsideration(request: HttpRequest, reconsideration_id: int) -> HttpResponse:
    """One of them: what is asked, and the decision it is about; who may decides here."""
    return _page(request, reconsideration_id)


@needs(DECIDE)
@require_POST
def decide(request: HttpRequest, reconsideration_id: int) -> HttpResponse | HttpResponseRedirect:
    """Keep the decision, change it, or do not look at it."""
    actor, now = actor_from(request), timezone.now()
    found = get_reconsideration(actor=actor, reconsideration_id=reconsideration_id, now=now)
    form = DecideForm(request.POST, questions=found.questions)
    if form.is_valid():
        told = form.cleaned_data
        common: dict[str, Any] = {
            "actor": actor,
            "reconsideration_id": reconsideration_id,
            "decision": told["decision"],
            "now": now,
        }
        try:
            if told["what"] == "keep":
                keep_decision(**common, reasons=form.reasons)
            elif told["what"] == "change":
                change_decision(**common)
            else:
                dismiss_reconsideration(**common, ground=told["ground"])
        except DomainError as error:
            if not found.may_decide:
                tell_refusal(request, error)
                return redirect("claims_desk:reconsideration", reconsideration_id)
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("复核决定已作出，企业会收到通知。"))
            return redirect("claims_desk:reconsideration", reconsideration_id)
    return _page(request, reconsideration_id, form=form)


def _page(request: HttpRequest, reconsideration_id: int, *, form: DecideForm | None = None) -> HttpResponse:
    actor, now = actor_from(request), timezone.now()
    found = get_reconsideration(actor=actor, reconsideration_id=reconsideration_id, now=now)
    claim = get_claim(actor=actor, claim_id=found.claim_id)
    ground = reconsideration_rules().grounds.get(found.ground)
    return render(
        request,
        "claims/reconsidering/reconsideration.html",
        {
            "found": found,
            "claim": claim,
            "about": ABOUT[found.about],
            "ground": in_language(*ground) if ground else "",
            "form": (form or DecideForm(questions=found.questions)) if found.may_decide else None,
            "receipts": [receipt_code(each) for each in (found.asked_event, found.decided_event) if each],
        },
        status=status_of_form(form) if form is not None else 200,
    )
