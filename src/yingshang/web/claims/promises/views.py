"""Promises: brought by enterprises, checked by officials."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    break_promise,
    bring_promised,
    confirm_promise,
    facts_to_show,
    get_promise,
    promise_rules,
    promises,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing

from ..refusals import refuse_or_raise, tell_refusal
from .forms import BringForm, CheckForm, PromiseFilter
from .tables import PromiseTable

OWN, VIEW, REVIEW, RECOVER = "claims.apply_own", "claims.view", "claims.review", "claims.recover"


@needs(OWN)
@require_POST
def bring(request: HttpRequest, promise_id: int) -> HttpResponseRedirect:
    """The enterprise brings what it promised."""
    actor, now = actor_from(request), timezone.now()
    found = get_promise(actor=actor, promise_id=promise_id, now=now)
    form = BringForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("请选择一个文件"))
        return redirect("claims:claim", claim_id=found.claim_id)
    file = form.cleaned_data["file"]
    try:
        bring_promised(actor=actor, promise_id=promise_id, content=file, name=file.name, now=now)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("材料已补交，等待核查。"))
    return redirect("claims:claim", claim_id=found.claim_id)


@needs(VIEW)
def promise_list(request: HttpRequest) -> HttpResponseBase:
    """The promises of one's reach, those to be checked first."""
    actor, now = actor_from(request), timezone.now()
    filters = PromiseFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return promises(actor=actor, now=now, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    listing = Listing(request, PromiseTable, fetch, name="promises", filters=filters)
    return listing.respond("claims/promises/list.html", {"rules": promise_rules()})


@needs(VIEW)
def promise(request: HttpRequest, promise_id: int) -> HttpResponse:
    """One promise, with what was brought; who may checks it here."""
    return _page(request, promise_id)


@needs(REVIEW)
@require_POST
def check(request: HttpRequest, promise_id: int) -> HttpResponse | HttpResponseRedirect:
    """Kept, with what shows it; or broken."""
    actor, now = actor_from(request), timezone.now()
    form = CheckForm(
        request.POST,
        request.FILES,
        facts=facts_to_show(actor=actor, promise_id=promise_id, now=now),
    )
    if form.is_valid():
        told = form.cleaned_data
        file = told["file"]
        try:
            if told["what"] == "kept":
                confirm_promise(
                    actor=actor,
                    promise_id=promise_id,
                    finding=told["finding"],
                    fact=told["fact"],
                    file=(file.name, file) if file else None,
                    now=now,
                )
            else:
                break_promise(actor=actor, promise_id=promise_id, finding=told["finding"], now=now)
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("核查结果已登记，企业可以看到。"))
            return redirect("claims_desk:promise", promise_id)
    return _page(request, promise_id, form=form)


def _page(request: HttpRequest, promise_id: int, *, form: CheckForm | None = None) -> HttpResponse:
    actor, now = actor_from(request), timezone.now()
    found = get_promise(actor=actor, promise_id=promise_id, now=now)
    if form is None and found.open and actor.may(REVIEW):
        form = CheckForm(facts=facts_to_show(actor=actor, promise_id=promise_id, now=now))
    return render(
        request,
        "claims/promises/promise.html",
        {
            "found": found,
            "form": form if found.open else None,
            "rules": promise_rules(),
            "may_recover": actor.may(RECOVER),
        },
        status=status_of_form(form) if form is not None else 200,
    )
