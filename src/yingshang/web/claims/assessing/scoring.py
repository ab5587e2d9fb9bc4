"""Scorings on the desk: experts are drawn, seats given on, results read."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    draw_experts,
    drop_scoring,
    get_scoring,
    item_terms,
    replace_expert,
    scorable,
    scorings,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError

from ..refusals import tell_refusal
from ..reviewing.together import ItemChoice
from .forms import ReasonForm

VIEW, REVIEW = "claims.view", "claims.review"


@needs(VIEW)
def scoring_list(request: HttpRequest) -> HttpResponse:
    """The panels of one's reach, and the claims of an item for which experts can be drawn."""
    actor = actor_from(request)
    may = actor.may(REVIEW)
    form, code = None, ""
    if may:
        terms = item_terms(actor=actor, day=timezone.localdate())
        form = ItemChoice(request.GET or None, items=[(each.code, each.name) for each in terms])
        code = form.cleaned_data["item"] if form.is_valid() else ""
    return render(
        request,
        "claims/assessing/scorings.html",
        {
            "scorings": scorings(actor=actor),
            "form": form,
            "code": code,
            "candidates": scorable(actor=actor, item_code=code) if code else (),
        },
    )


@needs(REVIEW)
@require_POST
def scoring_draw(request: HttpRequest) -> HttpResponseRedirect:
    """Draw experts for the claims chosen."""
    chosen = [int(each) for each in request.POST.getlist("claim") if each.isdigit()]
    try:
        number = draw_experts(actor=actor_from(request), claim_ids=chosen, now=timezone.now())
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("claims_desk:scorings")
    messages.success(request, _("专家已抽取并收到通知；全部评分后才显示名单和分数。"))
    return redirect("claims_desk:scoring", number)


@needs(VIEW)
def scoring(request: HttpRequest, panel_id: int) -> HttpResponse:
    """One panel."""
    actor = actor_from(request)
    found = get_scoring(actor=actor, panel_id=panel_id, now=timezone.now())
    return render(
        request,
        "claims/assessing/scoring.html",
        {
            "scoring": found,
            "may": actor.may(REVIEW) and found.summary.state == "open",
            "late": any(each.late for each in found.seats),
            "form": ReasonForm(auto_id=False),
        },
    )


@needs(REVIEW)
@require_POST
def scoring_replace(request: HttpRequest, panel_id: int, seat_id: int) -> HttpResponseRedirect:
    """Give a late seat to the next of the draw."""
    try:
        replace_expert(
            actor=actor_from(request),
            panel_id=panel_id,
            seat_id=seat_id,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("已由抽取顺序中的下一位专家递补。"))
    return redirect("claims_desk:scoring", panel_id)


@needs(REVIEW)
@require_POST
def scoring_drop(request: HttpRequest, panel_id: int) -> HttpResponseRedirect:
    """End a panel for which nobody is left."""
    try:
        drop_scoring(
            actor=actor_from(request),
            panel_id=panel_id,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("评审已终止，可以重新抽取专家。"))
    return redirect("claims_desk:scoring", panel_id)
