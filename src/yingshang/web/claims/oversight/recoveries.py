"""Money asked back: on the desk, and for the enterprise that owes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    RecoveryView,
    cancel_recovery,
    demand_repayment,
    even_plan,
    get_claim,
    get_recovery,
    record_repayment,
    recoveries,
    write_off,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.ledger.api import receipt_code
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing
from yingshang.web.portal.enterprises import crumbs_of, enterprise_of

from ..applying.views import frame
from ..refusals import refuse_or_raise
from .forms import DemandForm, EndForm, RecoveryFilter, RepaidForm
from .tables import RecoveryTable

VIEW, RECOVER, RECORD, OWN = "claims.view", "claims.recover", "claims.reconcile", "claims.apply_own"


@needs(VIEW)
def recovery_list(request: HttpRequest) -> HttpResponseBase:
    """Money asked back in one's reach."""
    actor = actor_from(request)
    filters = RecoveryFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return recoveries(
            actor=actor,
            now=timezone.now(),
            offset=(page - 1) * per_page,
            limit=per_page,
            **filters.values,
        )

    return Listing(request, RecoveryTable, fetch, name="recoveries", filters=filters).respond(
        "claims/oversight/recoveries.html"
    )


@needs(VIEW)
def recovery(request: HttpRequest, recovery_id: int) -> HttpResponse:
    """One of them, with what is still owed today and how that was worked out."""
    return _page(request, recovery_id)


@needs(RECOVER)
def demand(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """Ask money of a claim back."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    form = DemandForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        principal = int(told["amount"] * 100)
        try:
            number = demand_repayment(
                actor=actor,
                claim_id=claim_id,
                principal_fen=principal,
                reason=told["reason"],
                basis=told["basis"],
                plan=even_plan(principal, first=told["first_due"], parts=told["parts"]),
                rate=told["rate"],
                interest_from=told["interest_from"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("已要求退回资金，企业会收到通知。"))
            return redirect("claims_desk:recovery", number)
    return render(
        request,
        "claims/oversight/demand.html",
        {"claim": found.summary, "form": form},
        status=status_of_form(form),
    )


@needs(RECORD)
@require_POST
def repaid(request: HttpRequest, recovery_id: int) -> HttpResponse | HttpResponseRedirect:
    """Note what came back."""
    form = RepaidForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            record_repayment(
                actor=actor_from(request),
                recovery_id=recovery_id,
                amount_fen=int(told["amount"] * 100),
                paid_on=told["paid_on"],
                bank_reference=told["bank_reference"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("退回的资金已登记。"))
            return redirect("claims_desk:recovery", recovery_id)
    return _page(request, recovery_id, repaid_form=form)


@needs(RECOVER)
@require_POST
def end(request: HttpRequest, recovery_id: int) -> HttpResponse | HttpResponseRedirect:
    """Give up the rest, or take the demand back."""
    form = EndForm(request.POST)
    if form.is_valid():
        finish = write_off if form.cleaned_data["how"] == "write_off" else cancel_recovery
        try:
            finish(
                actor=actor_from(request),
                recovery_id=recovery_id,
                decision=form.cleaned_data["decision"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("决定已登记。"))
            return redirect("claims_desk:recovery", recovery_id)
    return _page(request, recovery_id, end_form=form)


@needs(OWN)
def own_recovery(request: HttpRequest, recovery_id: int) -> HttpResponse:
    """What one's enterprise is asked to give back: how much, until when, and how the interest comes about."""
    actor = actor_from(request)
    found = get_recovery(actor=actor, recovery_id=recovery_id, now=timezone.now())
    summary = get_claim(actor=actor, claim_id=found.claim_id).summary
    enterprise = enterprise_of(request, actor, summary.party_id)
    return render(
        request,
        "claims/oversight/own_recovery.html",
        {
            **frame(request, enterprise),
            **_shown(found),
            "crumbs": [
                *crumbs_of(enterprise),
                (_("兑现申请"), reverse("claims:mine-party", args=[enterprise.party.id])),
                (found.claim_number, reverse("claims:claim", args=[found.claim_id])),
                (found.number, None),
            ],
        },
    )


def _page(
    request: HttpRequest,
    recovery_id: int,
    *,
    repaid_form: forms.Form | None = None,
    end_form: forms.Form | None = None,
) -> HttpResponse:
    actor = actor_from(request)
    found = get_recovery(actor=actor, recovery_id=recovery_id, now=timezone.now())
    wrong = repaid_form or end_form
    return render(
        request,
        "claims/oversight/recovery.html",
        {
            **_shown(found),
            "repaid_form": (repaid_form or RepaidForm()) if _may(actor, RECORD, found) else None,
            "end_form": (end_form or EndForm()) if _may(actor, RECOVER, found) else None,
        },
        status=status_of_form(wrong) if wrong else 200,
    )


def _may(actor: Actor, permission: str, found: RecoveryView) -> bool:
    return found.state == "demanded" and actor.may(permission)


def _shown(found: RecoveryView) -> dict[str, Any]:
    return {"recovery": found, "receipt": receipt_code(found.event_id) if found.event_id else ""}
