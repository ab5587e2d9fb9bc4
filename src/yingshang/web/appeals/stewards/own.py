"""An enterprise's own steward: who it is and how to reach them, what is planned, what was done, how content one is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.appeals.api import call_steward, own_stewards, rate_visit
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.api.limits import subject_of, use
from yingshang.web.refusals import refuse_each, status_of_refused

from .forms import CallForm, RateForm

OWN = "appeals.file_own"


@needs(OWN)
def stewards(request: HttpRequest) -> HttpResponse:
    """The stewards of one's enterprises."""
    return _page(request)


@needs(OWN)
@require_POST
def call(request: HttpRequest, party_id: int) -> HttpResponse | HttpResponseRedirect:
    """Ask the steward to get in touch."""
    form = CallForm(request.POST, auto_id=f"call-{party_id}-%s")
    actor, now = actor_from(request), timezone.now()
    if not any(each.party_id == party_id for each in own_stewards(actor=actor, now=now)):
        raise Http404
    if form.is_valid():
        try:
            use("appeals", f"appeals:{subject_of(request, actor)[1]}", now=now)
            call_steward(actor=actor, party_id=party_id, now=now, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已转告服务管家，最迟期限见本页。"))
            return redirect("appeals:steward")
    return _page(request, called=(party_id, form))


@needs(OWN)
@require_POST
def rate(request: HttpRequest, visit_id: int) -> HttpResponse | HttpResponseRedirect:
    """Say how content one is with a visit."""
    form = RateForm(request.POST, auto_id=f"rate-{visit_id}-%s")
    actor, now = actor_from(request), timezone.now()
    mine = own_stewards(actor=actor, now=now)
    if not any(visit.id == visit_id for each in mine for visit in each.visits):
        raise Http404
    if form.is_valid():
        try:
            rate_visit(actor=actor_from(request), visit_id=visit_id, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("谢谢评价。"))
            return redirect("appeals:steward")
    return _page(request, rated=(visit_id, form))


def _page(
    request: HttpRequest,
    *,
    called: tuple[int, forms.Form] | None = None,
    rated: tuple[int, forms.Form] | None = None,
) -> HttpResponse:
    rows: list[dict[str, Any]] = []
    for each in own_stewards(actor=actor_from(request), now=timezone.now()):
        asked = called is not None and called[0] == each.party_id
        rows.append(
            {
                "steward": each,
                "form": called[1] if called and asked else CallForm(auto_id=f"call-{each.party_id}-%s"),
                "open": asked,
                "visits": [
                    (
                        visit,
                        rated[1]
                        if rated and rated[0] == visit.id
                        else RateForm(auto_id=f"rate-{visit.id}-%s"),
                        rated is not None and rated[0] == visit.id,
                    )
                    for visit in each.visits
                ],
            }
        )
    sent = called or rated
    return render(
        request,
        "appeals/stewards/own.html",
        {"rows": rows},
        status=status_of_refused(sent[1]) if sent else 200,
    )
