"""An enterprise's claims: the list, one with its way, its accounts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    ClaimDetail,
    InvalidAccount,
    accounts,
    add_account,
    appointment_of,
    bundled_with,
    claim_states,
    claims,
    correct_account,
    get_claim,
    remove_account,
    to_bring,
    visit_with,
    way_of,
    withdraw_claim,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.ledger.api import receipt_code
from yingshang.web.errors import message_of
from yingshang.web.listing import Listing, Page
from yingshang.web.portal.enterprises import Enterprise, crumbs_of, enterprise_of, tabs, to_enterprise

from .forms import AccountForm, ChooseAccount, ClaimFilter, WithdrawForm
from .tables import ClaimTable

OWN = "claims.apply_own"
WITHDRAWABLE = (
    "offered",
    "appointed",
    "accepting",
    "returned",
    "reviewing",
    "ranking",
    "approved",
    "publicity",
    "payable",
    "account_wrong",
)


@needs(OWN)
def mine(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """The enterprises one acts for; straight to the one looked at last."""
    return to_enterprise(
        request,
        OWN,
        to="claims:mine-party",
        subject=_("兑现申请"),
        hint=_("申请、进度和收款账户"),
        without=_("绑定企业之后，可以在这里申请兑现并查看进度。"),
    )


@needs(OWN)
def claim_list(request: HttpRequest, party_id: int) -> HttpResponseBase:
    """Every claim of one enterprise, newest first."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    filters = ClaimFilter(request.GET)
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Page:
        return claims(
            actor=actor,
            party_id=enterprise.party.id,
            text=chosen.get("text") or "",
            states=[chosen["state"]] if chosen.get("state") else [],
            modes=[chosen["mode"]] if chosen.get("mode") else [],
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, ClaimTable, fetch, name="claims", filters=filters)
    return listing.respond("claims/applying/list.html", frame(request, enterprise))


@needs(OWN)
def claim(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """One claim: what it is, how far it is, who has it and until when, and what can be done about it."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    enterprise = enterprise_of(request, actor, found.summary.party_id)
    if found.summary.state == "draft":
        return redirect("claims:draft", claim_id=claim_id)
    return render(request, "claims/applying/claim.html", shown(request, enterprise, found))


@needs(OWN)
@require_POST
def withdraw(request: HttpRequest, claim_id: int) -> HttpResponseRedirect:
    """Take a claim back."""
    form = WithdrawForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    withdraw_claim(actor=actor_from(request), claim_id=claim_id, reason=reason, now=timezone.now())
    messages.success(request, _("申请已撤回，可以重新申请。"))
    return redirect("claims:claim", claim_id=claim_id)


@needs(OWN)
def other_account(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """Another account after the bank could not pay to the first."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    enterprise = enterprise_of(request, actor, found.summary.party_id)
    known = accounts(actor=actor, party_id=enterprise.party.id)
    form = ChooseAccount(request.POST or None, accounts=known)
    if request.method == "POST" and form.is_valid():
        correct_account(
            actor=actor, claim_id=claim_id, account_id=int(form.cleaned_data["account"]), now=timezone.now()
        )
        messages.success(request, _("收款账户已更正，资金将重新拨付。"))
        return redirect("claims:claim", claim_id=claim_id)
    return render(
        request,
        "claims/applying/account.html",
        {
            **frame(request, enterprise, found.summary.number),
            "claim": found,
            "form": form,
            "accounts": known,
        },
        status=400 if form.errors else 200,
    )


@needs(OWN)
def account_list(request: HttpRequest, party_id: int) -> HttpResponse | HttpResponseRedirect:
    """The accounts of one enterprise, and a new one."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    back = request.GET.get("claim", "")
    form = AccountForm(request.POST or None, initial={"name": enterprise.party.name}, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            add_account(actor=actor, party_id=enterprise.party.id, now=timezone.now(), **form.cleaned_data)
        except InvalidAccount as refusal:
            field = str(refusal.details.get("field") or "")
            form.add_error(field if field in form.fields else None, message_of(refusal))
        else:
            messages.success(request, _("收款账户已保存。"))
            if back.isdigit():
                return redirect("claims:claim", claim_id=int(back))
            return redirect("claims:accounts", party_id=enterprise.party.id)
    return render(
        request,
        "claims/applying/accounts.html",
        {
            **frame(request, enterprise, _("收款账户")),
            "accounts": accounts(actor=actor, party_id=enterprise.party.id),
            "form": form,
        },
        status=400 if form.errors else 200,
    )


@needs(OWN)
@require_POST
def account_remove(request: HttpRequest, party_id: int, account_id: int) -> HttpResponseRedirect:
    """An account that is not used any more."""
    remove_account(actor=actor_from(request), account_id=account_id, now=timezone.now())
    messages.success(request, _("收款账户已删除。"))
    return redirect("claims:accounts", party_id=party_id)


def frame(request: HttpRequest, enterprise: Enterprise, here: str = "") -> dict[str, Any]:
    """What every page of an enterprise shows around it; `here`: what this page is called below its claims."""
    claims_of = (_("兑现申请"), reverse("claims:mine-party", args=[enterprise.party.id]) if here else None)
    return {
        "enterprise": enterprise,
        "party": enterprise.party,
        "tabs": tabs(actor_from(request), enterprise, "claims:mine-party"),
        "crumbs": [*crumbs_of(enterprise), claims_of, *([(here, None)] if here else [])],
    }


def shown(request: HttpRequest, enterprise: Enterprise, found: ClaimDetail) -> dict[str, Any]:
    """A claim as its page shows it."""
    actor = actor_from(request)
    events = (
        (_("提交"), found.submitted_event),
        (_("办理决定"), found.decided_event if found.decided_event != found.submitted_event else None),
    )
    once = found.summary.mode == "once"
    return {
        **frame(request, enterprise, found.summary.number),
        "claim": found,
        "together": bundled_with(actor=actor, claim_id=found.summary.id) if found.summary.bundle else (),
        "booked": appointment_of(actor=actor, claim_id=found.summary.id) if once else None,
        **(visit_words(actor, found.summary.id) if found.summary.state == "appointed" else {}),
        "state": claim_states()[found.summary.state],
        "way": way_of(actor=actor, claim_id=found.summary.id, now=timezone.now()),
        "receipts": [(name, receipt_code(event)) for name, event in events if event],
        "can_withdraw": found.summary.state in WITHDRAWABLE,
    }


def visit_words(actor: Actor, claim_id: int) -> dict[str, Any]:
    """What is brought to the visit of a claim, and which other claims come with it."""
    others = visit_with(actor=actor, claim_id=claim_id)
    bring = (
        name.name
        for number in (claim_id, *(each.claim_id for each in others))
        for name in to_bring(actor=actor, claim_id=number)
    )
    return {"bring": list(dict.fromkeys(bring)), "visit_with": others}
