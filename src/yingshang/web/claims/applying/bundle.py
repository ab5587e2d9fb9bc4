"""Several items in one go 一表多项: ticked, completed on one page, handed in together."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    BundleNotFound,
    BundleVisit,
    accounts,
    add_file_to_bundle,
    begin_bundle,
    bundle_choices,
    bundle_draft,
    claims,
    confirm_bundle,
    get_claim,
    leave_bundle,
    promise_in_bundle,
    remove_from_bundle,
    reuse_in_bundle,
    submit_bundle,
    use_known_in_bundle,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of, status_of
from yingshang.web.portal.enterprises import enterprise_of

from .appointment import days_of, moment_of
from .forms import ChooseAccount, FileForm
from .views import OWN, frame


@needs(OWN)
def choose(request: HttpRequest, party_id: int) -> HttpResponse | HttpResponseRedirect:
    """What the enterprise can apply for now, to be ticked."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    problem, status = "", 200
    if request.method == "POST":
        try:
            number = begin_bundle(
                actor=actor, party_id=party_id, codes=request.POST.getlist("code"), now=timezone.now()
            )
        except DomainError as refusal:
            if status_of(refusal) in {403, 404}:
                raise
            problem, status = message_of(refusal), 422
        else:
            return redirect("claims:bundle", number=number)
    return render(
        request,
        "claims/applying/bundle_choose.html",
        {
            **frame(request, enterprise, _("申请兑现")),
            "choices": bundle_choices(actor=actor, party_id=party_id, now=timezone.now()),
            "ticked": request.POST.getlist("code"),
            "problem": problem,
        },
        status=status,
    )


@needs(OWN)
def edit(request: HttpRequest, number: str) -> HttpResponse | HttpResponseRedirect:
    """The drafts on one page; once they are handed in, the claims of that number."""
    try:
        return _page(request, number)
    except BundleNotFound:
        found = claims(actor=actor_from(request), bundle=number, limit=1).rows
        if not found:
            raise
        address = reverse("claims:mine-party", args=[found[0].party_id])
        return HttpResponseRedirect(f"{address}?text={number}")


@needs(OWN)
@require_POST
def material(request: HttpRequest, number: str) -> HttpResponse | HttpResponseRedirect:
    """A material of all the drafts that ask for it."""
    actor, now, name = actor_from(request), timezone.now(), request.POST.get("material", "")
    given: dict[str, Any] = {"actor": actor, "bundle": number, "material": name, "now": now}
    try:
        if request.POST.get("known"):
            use_known_in_bundle(**given)
        elif request.POST.get("promise"):
            promise_in_bundle(**given)
        elif request.POST.get("remove"):
            remove_from_bundle(**given)
        elif request.POST.get("reuse", "").isdigit():
            reuse_in_bundle(**given, material_id=int(request.POST["reuse"]))
        else:
            form = FileForm(request.POST, request.FILES)
            if not form.is_valid():
                return _page(request, number, problems={name: _("请选择要上传的文件")}, status=400)
            file = form.cleaned_data["file"]
            add_file_to_bundle(**given, content=file, name=file.name)
    except DomainError as refusal:
        if status_of(refusal) in {403, 404}:
            raise
        return _page(request, number, problems={name: message_of(refusal)}, status=400)
    return redirect("claims:bundle", number=number)


@needs("claims.confirm_own")
@require_POST
def confirm(request: HttpRequest, number: str) -> HttpResponseRedirect:
    """The legal representative stands by all of them."""
    confirm_bundle(actor=actor_from(request), bundle=number, now=timezone.now())
    messages.success(request, _("已由法定代表人确认。"))
    return redirect("claims:bundle", number=number)


@needs(OWN)
@require_POST
def submit(request: HttpRequest, number: str) -> HttpResponse | HttpResponseRedirect:
    """Hand all of them in, or none."""
    actor, now = actor_from(request), timezone.now()
    try:
        found = bundle_draft(actor=actor, number=number, now=now)
    except BundleNotFound as refusal:
        # A colleague was faster: the claims of that number are shown.
        if not claims(actor=actor, bundle=number, limit=1).total:
            raise
        messages.info(request, message_of(refusal))
        return redirect("claims:bundle", number=number)
    form = ChooseAccount(request.POST, accounts=accounts(actor=actor, party_id=found.party_id))
    if not form.is_valid():
        return _page(request, number, problems={"account": _("请选择收款账户")}, status=400)
    try:
        states = submit_bundle(
            actor=actor,
            bundle=number,
            account_id=int(form.cleaned_data["account"]),
            visits=_chosen(request, found.visits),
            now=now,
        )
    except DomainError as refusal:
        if status_of(refusal) in {403, 404}:
            raise
        return _page(request, number, problems={"submit": message_of(refusal)}, status=400)
    told = (
        _("%(count)s 项申请已一并提交，窗口时间已预约。")
        if found.visits
        else _("%(count)s 项申请已一并提交。")
    )
    messages.success(request, told % {"count": len(states)})
    return redirect("claims:bundle", number=number)


@needs(OWN)
@require_POST
def leave(request: HttpRequest, claim_id: int) -> HttpResponseRedirect:
    """Go on with one of them alone."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    try:
        leave_bundle(actor=actor, claim_id=claim_id, now=timezone.now())
    except BundleNotFound as refusal:
        messages.error(request, message_of(refusal))
        return redirect("claims:claim", claim_id=claim_id)
    messages.success(request, _("已单列，可以单独申请。"))
    return redirect("claims:claim", claim_id=found.summary.id)


def _chosen(request: HttpRequest, visits: tuple[BundleVisit, ...]) -> dict[int, tuple[int, datetime]]:
    """Agency → the window and the time that were ticked for it."""
    chosen = {}
    for each in visits:
        window, _bar, moment = request.POST.get(f"visit-{each.agency_id}", "").partition("|")
        starts_at = moment_of(moment)
        if window.isdigit() and starts_at is not None:
            chosen[each.agency_id] = (int(window), starts_at)
    return chosen


def _page(
    request: HttpRequest, number: str, *, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    actor = actor_from(request)
    found = bundle_draft(actor=actor, number=number, now=timezone.now())
    enterprise = enterprise_of(request, actor, found.party_id)
    known = accounts(actor=actor, party_id=enterprise.party.id)
    standing = next((each for each in known if each.standing), known[0] if len(known) == 1 else None)
    told = problems or {}
    return render(
        request,
        "claims/applying/bundle.html",
        {
            **frame(request, enterprise, _("一次申请多项")),
            "bundle": found,
            "visits": [
                (
                    each,
                    [(window, days_of(window)) for window in each.windows],
                    request.POST.get(f"visit-{each.agency_id}", ""),
                )
                for each in found.visits
            ],
            "materials": [(each, told.get(each.name, "")) for each in found.materials],
            "accounts": known,
            "form": ChooseAccount(
                accounts=known, initial={"account": str(standing.id)} if standing else None
            ),
            "problems": told,
            "may_confirm": actor.may("claims.confirm_own"),
        },
        status=status,
    )
