"""When somebody comes to a window: chosen while handing in, moved and given back afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    ClaimDetail,
    WindowChoice,
    accounts,
    appointment_of,
    book_again,
    cancel_appointment,
    get_claim,
    submit_claim,
    windows_of_claim,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.portal.enterprises import enterprise_of

from ..refusals import tell_refusal
from .forms import ChooseAccount
from .views import OWN, frame, visit_words


@needs(OWN)
def choose(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """Choose a window and a time: with it a draft is handed in, and one that was handed in gets another time."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    if found.summary.mode != "once" or found.summary.state not in {"draft", "appointed"}:
        return redirect("claims:claim", claim_id=claim_id)
    if request.method != "POST":
        return _page(request, found)
    window = request.POST.get("window", "")
    starts_at = moment_of(request.POST.get("starts_at", ""))
    if not window.isdigit() or starts_at is None:
        return _page(request, found, problem=_("请选择时间"), status=422)
    try:
        if found.summary.state == "appointed":
            book_again(
                actor=actor,
                claim_id=claim_id,
                window_id=int(window),
                starts_at=starts_at,
                now=timezone.now(),
            )
            messages.success(request, _("已改约。"))
            return redirect("claims:claim", claim_id=claim_id)
        form = ChooseAccount(request.POST, accounts=accounts(actor=actor, party_id=found.summary.party_id))
        if not form.is_valid():
            return _page(request, found, problem=_("请选择收款账户"), status=422)
        submit_claim(
            actor=actor,
            claim_id=claim_id,
            account_id=int(form.cleaned_data["account"]),
            window_id=int(window),
            starts_at=starts_at,
            now=timezone.now(),
        )
    except DomainError as refusal:
        if refusal.code == "claims.claim_not_found":
            raise
        if refusal.code == "claims.not_possible_now":
            # A colleague was faster: what there is now is shown.
            messages.info(request, message_of(refusal))
            return redirect("claims:claim", claim_id=claim_id)
        return _page(request, found, problem=message_of(refusal), status=422)
    messages.success(request, _("申请已提交，窗口时间已预约。"))
    return redirect("claims:claim", claim_id=claim_id)


@needs(OWN)
@require_POST
def cancel(request: HttpRequest, claim_id: int) -> HttpResponseRedirect:
    """Give the place back; the claim stays handed in."""
    try:
        cancel_appointment(actor=actor_from(request), claim_id=claim_id, now=timezone.now())
    except DomainError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("预约已取消，请另选时间。"))
    return redirect("claims:claim", claim_id=claim_id)


def _page(request: HttpRequest, found: ClaimDetail, *, problem: str = "", status: int = 200) -> HttpResponse:
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, found.summary.party_id)
    windows = windows_of_claim(actor=actor, claim_id=found.summary.id, now=timezone.now())
    asked = request.POST if request.method == "POST" else request.GET
    window = next((each for each in windows if str(each.id) == asked.get("window")), None)
    window = window or (windows[0] if windows else None)
    known = accounts(actor=actor, party_id=enterprise.party.id)
    standing = next((each for each in known if each.standing), known[0] if len(known) == 1 else None)
    chosen = asked.get("account") or (str(standing.id) if standing else None)
    return render(
        request,
        "claims/applying/appointment.html",
        {
            **frame(request, enterprise, _("预约窗口")),
            "claim": found,
            "windows": windows,
            "window": window,
            "days": days_of(window) if window else [],
            "day": asked.get("day", ""),
            "starts_at": asked.get("starts_at", ""),
            "booked": appointment_of(actor=actor, claim_id=found.summary.id),
            **visit_words(actor, found.summary.id),
            "accounts": known,
            "form": ChooseAccount(accounts=known, initial={"account": chosen} if chosen else None),
            "problem": problem,
        },
        status=status,
    )


def days_of(window: WindowChoice) -> list[dict[str, Any]]:
    """The times of a window by day, each with what its radio button sends."""
    days: dict[str, dict[str, Any]] = {}
    for slot in window.slots:
        local = timezone.localtime(slot.starts_at)
        day = days.setdefault(
            local.date().isoformat(), {"day": local.date(), "left": 0, "times": [], "key": ""}
        )
        day["key"] = local.date().isoformat()
        day["left"] += slot.left
        day["times"].append({"value": local.isoformat(), "time": f"{local:%H:%M}", "left": slot.left})
    return list(days.values())


def moment_of(text: str) -> datetime | None:
    """The moment a radio button sends; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
