"""An enterprise asks that the decision on its claim be looked at once more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    accounts,
    ask_reconsideration,
    askable,
    get_claim,
    get_reconsideration,
    reconsideration_rules,
    withdraw_reconsideration,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.portal.enterprises import crumbs_of, enterprise_of

from ..applying.views import frame
from ..refusals import refuse_or_raise, tell_refusal
from .forms import AskForm

OWN = "claims.apply_own"


@needs(OWN)
def ask(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """The decision with its grounds, until when one can ask, and the form that asks."""
    actor, now = actor_from(request), timezone.now()
    found = get_claim(actor=actor, claim_id=claim_id)
    enterprise = enterprise_of(request, actor, found.summary.party_id)
    asked = askable(actor=actor, claim_id=claim_id, now=now)
    if asked is None or asked.asked or asked.claimed_again:
        # The page of the claim says what there is.
        return redirect("claims:claim", claim_id=claim_id)
    known = accounts(actor=actor, party_id=enterprise.party.id) if asked.needs_account else ()
    form = AskForm(request.POST or None, asked=asked, accounts=known)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            ask_reconsideration(
                actor=actor,
                claim_id=claim_id,
                reasons=told["reasons"],
                late_reason=told.get("late_reason") or "",
                account_id=told.get("account"),
                files=[(each.name or "", each) for each in request.FILES.getlist("files")],
                now=now,
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("复核申请已收到，由没有参与原决定的人员办理。"))
            return redirect("claims:claim", claim_id=claim_id)
    return render(
        request,
        "claims/reconsidering/ask.html",
        {
            **frame(request, enterprise),
            "claim": found,
            "asked": asked,
            "form": form,
            "rules": reconsideration_rules(),
            "accounts": known,
            "crumbs": [
                *crumbs_of(enterprise),
                (_("兑现申请"), reverse("claims:mine-party", args=[enterprise.party.id])),
                (found.summary.number, reverse("claims:claim", args=[claim_id])),
                (_("申请复核"), None),
            ],
        },
        status=status_of_form(form),
    )


@needs(OWN)
@require_POST
def withdraw(request: HttpRequest, reconsideration_id: int) -> HttpResponseRedirect:
    """It is not wanted any more."""
    actor, now = actor_from(request), timezone.now()
    found = get_reconsideration(actor=actor, reconsideration_id=reconsideration_id, now=now)
    try:
        withdraw_reconsideration(actor=actor, reconsideration_id=reconsideration_id, now=now)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("复核申请已撤回；在期限内可以重新申请。"))
    return redirect("claims:claim", claim_id=found.claim_id)
