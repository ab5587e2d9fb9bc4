"""Several claims at once: identical ones approved together, and rankings of quotas and pools."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    approvable,
    approvals,
    approve_together,
    close_ranking,
    draw_sample,
    get_approval,
    get_ranking,
    item_terms,
    look_at_sampled,
    rankings,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError

from ..refusals import tell_refusal

VIEW, APPROVE = "claims.view", "claims.approve"
STATES = {
    "drawn": (gettext_lazy("抽查中"), "warn"),
    "approved": (gettext_lazy("已核准"), "good"),
    "stopped": (gettext_lazy("已停止，逐件办理"), "bad"),
}


class ItemChoice(forms.Form):
    """The item whose claims are approved together."""

    item = forms.ChoiceField(label=gettext_lazy("政策事项"))

    def __init__(self, *arguments: Any, items: Any, **kwargs: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **kwargs})
        self.fields["item"].choices = [("", _("请选择")), *items]  # type: ignore[attr-defined]


@needs(APPROVE)
def approval_list(request: HttpRequest) -> HttpResponse:
    """Batches, and the claims of an item that can be put into a new one."""
    actor, now = actor_from(request), timezone.now()
    items = [(each.code, each.name) for each in item_terms(actor=actor, day=timezone.localdate(now))]
    form = ItemChoice(request.GET or None, items=items)
    code = form.cleaned_data["item"] if form.is_valid() else ""
    return render(
        request,
        "claims/reviewing/approvals.html",
        {
            "form": form,
            "code": code,
            "candidates": approvable(actor=actor, item_code=code, now=now) if code else (),
            "batches": [(each, *STATES[each.state]) for each in approvals(actor=actor)],
        },
    )


@needs(APPROVE)
@require_POST
def approval_draw(request: HttpRequest) -> HttpResponseRedirect:
    """A new batch with its sample."""
    chosen = [int(each) for each in request.POST.getlist("claim") if each.isdigit()]
    try:
        number = draw_sample(actor=actor_from(request), claim_ids=chosen, now=timezone.now())
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("claims_desk:approvals")
    return redirect("claims_desk:approval", number)


@needs(VIEW)
def approval(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One batch: its sample, what was found, and what became of its claims."""
    actor = actor_from(request)
    found = get_approval(actor=actor, batch_id=batch_id)
    words, tone = STATES[found.summary.state]
    return render(
        request,
        "claims/reviewing/approval.html",
        {"batch": found, "words": words, "tone": tone, "may": actor.may(APPROVE)},
    )


@needs(APPROVE)
@require_POST
def approval_look(request: HttpRequest, batch_id: int, claim_id: int) -> HttpResponseRedirect:
    """What one found of a drawn claim."""
    try:
        state = look_at_sampled(
            actor=actor_from(request),
            batch_id=batch_id,
            claim_id=claim_id,
            sound=request.POST.get("sound") == "yes",
            note=request.POST.get("note", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(
            request, _("核对有误，本批停止，请逐件办理。") if state == "stopped" else _("已记录核对结果。")
        )
    return redirect("claims_desk:approval", batch_id)


@needs(APPROVE)
@require_POST
def approval_approve(request: HttpRequest, batch_id: int) -> HttpResponseRedirect:
    """Approve the batch."""
    try:
        done = approve_together(actor=actor_from(request), batch_id=batch_id, now=timezone.now())
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(
            request,
            _("已核准 %(done)s 件，%(left)s 件须逐件办理。")
            % {"done": len(done.approved), "left": len(done.refused)},
        )
    return redirect("claims_desk:approval", batch_id)


@needs(VIEW)
def ranking_list(request: HttpRequest) -> HttpResponse:
    """The items and periods whose claims wait to be ranked."""
    return render(
        request,
        "claims/reviewing/rankings.html",
        {"rankings": rankings(actor=actor_from(request), day=timezone.localdate())},
    )


@needs(VIEW)
def ranking(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """One line as it stands."""
    actor = actor_from(request)
    found = get_ranking(actor=actor, code=code, period=period, day=timezone.localdate())
    return render(
        request, "claims/reviewing/ranking.html", {"ranking": found, "may_close": actor.may(APPROVE)}
    )


@needs(APPROVE)
@require_POST
def ranking_close(request: HttpRequest, code: str, period: str) -> HttpResponseRedirect:
    """Award those who are in, and tell the others."""
    try:
        done = close_ranking(actor=actor_from(request), code=code, period=period, now=timezone.now())
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("claims_desk:ranking", code, period)
    messages.success(
        request,
        _("排序完成：核准 %(approved)s 件，未入围 %(unranked)s 件，不予兑付 %(refused)s 件。")
        % {
            "approved": len(done.approved),
            "unranked": len(done.unranked),
            "refused": len(done.refused),
        },
    )
    return redirect("claims_desk:rankings")
