"""What an expert sees: the claims given to them, and nothing else."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    declare_conflict,
    get_own_scoring,
    own_scorings,
    submit_scores,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError

from ..refusals import tell_refusal
from .forms import ReasonForm, ScoreForm

SCORE = "claims.score"


@needs(SCORE)
def own_list(request: HttpRequest) -> HttpResponse:
    """What one was drawn for."""
    found = own_scorings(actor=actor_from(request), now=timezone.now())
    return render(request, "claims/assessing/own_list.html", {"scorings": found})


@needs(SCORE)
def own_scoring(request: HttpRequest, panel_id: int) -> HttpResponse:
    """The claims of one panel with a score sheet for each."""
    return render(request, "claims/assessing/own.html", _page(actor_from(request), panel_id))


@needs(SCORE)
@require_POST
def own_score(request: HttpRequest, panel_id: int, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """Hand a sheet in."""
    actor, now = actor_from(request), timezone.now()
    criteria = get_own_scoring(actor=actor, panel_id=panel_id, now=now).criteria
    form = ScoreForm(request.POST, criteria=criteria, prefix=str(claim_id))
    if form.is_valid():
        try:
            submit_scores(actor=actor, panel_id=panel_id, claim_id=claim_id, now=now, **form.given)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("评分已提交，不能再修改。"))
            return redirect("claims_desk:my-scoring", panel_id)
    return render(request, "claims/assessing/own.html", _page(actor, panel_id, {claim_id: form}), status=422)


@needs(SCORE)
@require_POST
def own_conflict(request: HttpRequest, panel_id: int) -> HttpResponseRedirect:
    """Step aside."""
    try:
        declare_conflict(
            actor=actor_from(request),
            panel_id=panel_id,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("claims_desk:my-scoring", panel_id)
    messages.success(request, _("已登记回避，由其他专家评分。"))
    return redirect("claims_desk:my-scorings")


def _page(actor: Actor, panel_id: int, sent: dict[int, ScoreForm] | None = None) -> dict[str, Any]:
    found = get_own_scoring(actor=actor, panel_id=panel_id, now=timezone.now())
    sent = sent or {}
    return {
        "scoring": found,
        "claims": [
            (
                each,
                sent.get(each.claim_id) or ScoreForm(criteria=found.criteria, prefix=str(each.claim_id))
                if found.may_score and each.sheet is None
                else None,
            )
            for each in found.claims
        ],
        "may_step_aside": found.may_score and not found.summary.done,
        "reason_form": ReasonForm(),
    }
