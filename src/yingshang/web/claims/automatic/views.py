"""What an enterprise is offered without having asked: confirmed with one tap, declined, or said to be wrong."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    OfferView,
    accounts,
    add_account,
    confirm_offer,
    decline_offer,
    get_offer,
    offers_of,
    say_wrong,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.portal.enterprises import crumbs_of, enterprise_of, tabs, to_enterprise

from ..refusals import refuse_or_raise, tell_refusal
from .facts import fact_lines
from .forms import NEW, ConfirmForm, WrongForm

OWN, CONFIRM = "claims.apply_own", "claims.confirm_own"


@needs(OWN)
def own_offers(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """On to the offers of the enterprise looked at last, or of the only one; else one is chosen."""
    return to_enterprise(
        request,
        OWN,
        to="claims:offers",
        subject=_("免申即享"),
        hint=_("不需要申请、等您确认的资金"),
        without=_("绑定企业之后，政府主动兑现的资金在这里确认。"),
    )


@needs(OWN)
def offers(request: HttpRequest, party_id: int) -> HttpResponse:
    """What one enterprise is offered, what can be answered first."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    found = offers_of(actor=actor, party_id=enterprise.party.id, today=timezone.localdate())
    return render(
        request,
        "claims/automatic/offers.html",
        {
            "enterprise": enterprise,
            "party": enterprise.party,
            "tabs": tabs(actor, enterprise, "claims:offers"),
            "open": [each for each in found if each.answerable],
            "others": [each for each in found if not each.answerable],
            "crumbs": [*crumbs_of(enterprise), (_("免申即享"), None)],
        },
    )


@needs(OWN)
def offer(request: HttpRequest, claim_id: int) -> HttpResponse:
    """One offer: why, how much, until when; yes, no, or wrong."""
    return _page(request, claim_id)


@needs(CONFIRM)
@require_POST
def offer_confirm(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """Yes, to this account."""
    actor = actor_from(request)
    found = get_offer(actor=actor, claim_id=claim_id, today=timezone.localdate())
    form = ConfirmForm(request.POST, accounts=accounts(actor=actor, party_id=found.party_id))
    if form.is_valid():
        values, now = form.cleaned_data, timezone.now()
        try:
            with transaction.atomic():
                account = (
                    add_account(
                        actor=actor,
                        party_id=found.party_id,
                        number=values["number"],
                        bank_name=values["bank_name"],
                        bank_code=values["bank_code"],
                        standing=values["standing"],
                        now=now,
                    )
                    if values["account"] == NEW
                    else int(values["account"])
                )
                confirm_offer(
                    actor=actor,
                    claim_id=claim_id,
                    account_id=account,
                    standing=values["standing"],
                    now=now,
                )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("已确认，资金将拨付到您的账户。"))
            return redirect("claims:offer", claim_id)
    return _page(request, claim_id, confirming=form)


@needs(CONFIRM)
@require_POST
def offer_decline(request: HttpRequest, claim_id: int) -> HttpResponseRedirect:
    """No."""
    try:
        decline_offer(
            actor=actor_from(request),
            claim_id=claim_id,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("已放弃享受。以后仍可自行申请。"))
    return redirect("claims:offer", claim_id)


@needs(OWN)
@require_POST
def offer_wrong(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """Something is wrong."""
    form = WrongForm(request.POST)
    if form.is_valid():
        try:
            say_wrong(
                actor=actor_from(request),
                claim_id=claim_id,
                text=form.cleaned_data["text"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("已反馈，工作人员会答复您。"))
            return redirect("claims:offer", claim_id)
    return _page(request, claim_id, wrong=form)


def _page(
    request: HttpRequest,
    claim_id: int,
    *,
    confirming: ConfirmForm | None = None,
    wrong: WrongForm | None = None,
) -> HttpResponse:
    actor = actor_from(request)
    found = get_offer(actor=actor, claim_id=claim_id, today=timezone.localdate())
    enterprise = enterprise_of(request, actor, found.party_id)
    known = accounts(actor=actor, party_id=found.party_id)
    context = {
        "enterprise": enterprise,
        "party": enterprise.party,
        "tabs": tabs(actor, enterprise, "claims:offers"),
        "offer": found,
        "facts": fact_lines(found.facts),
        "waits": any(each.state == "open" for each in found.remarks),
        "may_confirm": actor.may(CONFIRM),
        "one_tap": _one_tap(found, known),
        "confirming": confirming or ConfirmForm(accounts=known),
        "wrong": wrong or WrongForm(),
        "wrong_open": wrong is not None,
        "confirming_open": confirming is not None or not known,
        "objections_url": reverse("portal:objections", args=[found.party_id]),
        "crumbs": [
            *crumbs_of(enterprise),
            (_("免申即享"), reverse("claims:offers", args=[found.party_id])),
            (found.item_name, None),
        ],
    }
    forms = [each for each in (confirming, wrong) if each is not None]
    status = max((status_of_form(each) for each in forms), default=200)
    return render(request, "claims/automatic/offer.html", context, status=status)


def _one_tap(found: OfferView, known: Any) -> Any:
    """The account one tap would be paid to: the one on the claim, the standing one, or the only one."""
    if found.account is not None:
        return found.account
    standing = next((each for each in known if each.standing), None)
    return standing or (known[0] if len(known) == 1 else None)
