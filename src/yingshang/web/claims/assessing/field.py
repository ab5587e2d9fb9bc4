"""Field checks on the desk: ordered, photographed, recorded, and dealt with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    add_photo,
    answer_finding,
    cancel_field_check,
    field_checks,
    get_field_check,
    order_field_check,
    record_visit,
    remove_photo,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form

from ..refusals import tell_refusal
from .forms import VisitForm

VIEW, REVIEW = "claims.view", "claims.review"


@needs(VIEW)
def check_list(request: HttpRequest) -> HttpResponse:
    """The visits of one's reach, those to be made or dealt with first."""
    mine = "mine" in request.GET
    found = field_checks(actor=actor_from(request), mine=mine, now=timezone.now())
    return render(request, "claims/assessing/checks.html", {"checks": found, "mine": mine})


@needs(REVIEW)
@require_POST
def check_order(request: HttpRequest, claim_id: int) -> HttpResponseRedirect:
    """Send somebody."""
    chosen = request.POST.get("user_id", "")
    try:
        number = order_field_check(
            actor=actor_from(request),
            claim_id=claim_id,
            user_id=int(chosen) if chosen.isdigit() and len(chosen) < 19 else 0,
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("claims_desk:claim", claim_id)
    messages.success(request, _("已安排实地核查，核查人员会收到通知。"))
    return redirect("claims_desk:field-check", number)


@needs(VIEW)
def check(request: HttpRequest, check_id: int) -> HttpResponse | HttpResponseRedirect:
    """One visit; who was sent records it here."""
    actor, now = actor_from(request), timezone.now()
    found = get_field_check(actor=actor, check_id=check_id, now=now)
    may = found.mine and found.state == "ordered" and actor.may(REVIEW)
    form = VisitForm(request.POST or None, check=found, initial={"visited_on": timezone.localdate(now)})
    if request.method == "POST":
        actor.require(REVIEW)
        if form.is_valid():
            try:
                record_visit(actor=actor, check_id=check_id, visit=form.visit, now=now)
            except DomainError as error:
                form.refuse(error)
            else:
                messages.success(request, _("核查情况已登记，不能再修改。"))
                return redirect("claims_desk:field-check", check_id)
    return render(
        request,
        "claims/assessing/check.html",
        _page(actor, found, form if may else None),
        status=status_of_form(form),
    )


@needs(REVIEW)
@require_POST
def photo_add(request: HttpRequest, check_id: int) -> HttpResponseRedirect:
    """Add photos, one after the other; the first that cannot be taken stops."""
    actor, now, count = actor_from(request), timezone.now(), 0
    get_field_check(actor=actor, check_id=check_id, now=now)
    for file in request.FILES.getlist("photos"):
        try:
            add_photo(
                actor=actor,
                check_id=check_id,
                content=file,
                name=file.name or "",
                keep_place=request.POST.get("keep_place") == "yes",
                now=now,
            )
        except DomainError as error:
            tell_refusal(request, error)
            break
        count += 1
    if count:
        messages.success(request, _("已上传 %(count)s 张照片，拍摄信息已去除。") % {"count": count})
    elif not request.FILES:
        messages.error(request, _("请选择照片"))
    return redirect("claims_desk:field-check", check_id)


@needs(REVIEW)
@require_POST
def photo_remove(request: HttpRequest, check_id: int, photo_id: int) -> HttpResponseRedirect:
    """Take a photo off."""
    try:
        remove_photo(actor=actor_from(request), check_id=check_id, photo_id=photo_id, now=timezone.now())
    except DomainError as error:
        tell_refusal(request, error)
    return redirect("claims_desk:field-check", check_id)


@needs(VIEW)
@require_POST
def check_answer(request: HttpRequest, check_id: int) -> HttpResponseRedirect:
    """Deal with what was not as claimed."""
    actor, now = actor_from(request), timezone.now()
    get_field_check(actor=actor, check_id=check_id, now=now)
    try:
        answer_finding(actor=actor, check_id=check_id, answer=request.POST.get("answer", ""), now=now)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("处理意见已登记。"))
    return redirect("claims_desk:field-check", check_id)


@needs(REVIEW)
@require_POST
def check_cancel(request: HttpRequest, check_id: int) -> HttpResponseRedirect:
    """Call a visit off."""
    try:
        cancel_field_check(
            actor=actor_from(request),
            check_id=check_id,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("已取消实地核查。"))
    return redirect("claims_desk:field-check", check_id)


def _page(actor: Actor, found: Any, form: forms.Form | None) -> dict[str, Any]:
    return {
        "check": found,
        "form": form,
        "may_answer": found.to_be_answered and found.may_answer,
        "may_cancel": found.state == "ordered" and actor.may(REVIEW),
    }
