"""Cases: all of the scope, only the late ones for those who supervise, and one with everything that happened in it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.flow.api import (
    case_drawing,
    cases,
    check_commitment,
    get_case,
    settle_debt,
    withdraw_case,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page
from yingshang.web.words import CASE_STATES

from .. import flow_pages
from ..task_forms import CaseFilter, CheckForm, ReasonForm
from ..task_tables import CaseTable


@needs("flow.view", "flow.work")
def case_list(request: HttpRequest) -> HttpResponseBase:
    """Cases of the scope, by words, flow, state, and only those that are late."""
    actor, now = actor_from(request), timezone.now()
    filters = CaseFilter(request.GET, flows=flow_pages.flow_choices(), states=CASE_STATES.items())
    wanted = flow_pages.wanted(filters.values)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return cases(actor=actor, now=now, order=order, page=page, per_page=per_page, **wanted)

    listing = Listing(request, CaseTable, fetch, name="cases", order="-started", filters=filters)
    late = cases(actor=actor, now=now, late=True, per_page=1).total
    running = cases(actor=actor, now=now, state="open", per_page=1).total
    return listing.respond(
        "desk/cases.html", {"late": late, "running": running, "only_late": "late" in filters.values}
    )


@needs("flow.view", "flow.work")
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case: where it stands, its clocks, its record, what was asked and what is owed."""
    actor, now = actor_from(request), timezone.now()
    detail = get_case(actor=actor, case_id=case_id, now=now)
    context = flow_pages.case_context(request, actor, detail, now)
    context["drawing"] = case_drawing(
        actor=actor, case_id=case_id, language=get_language() or "zh-hans", now=now
    )
    return render(request, "desk/case.html", context)


@needs("flow.work")
def case_withdraw(request: HttpRequest, case_id: int) -> HttpResponse | HttpResponseRedirect:
    """End a case because its applicant wants it no more."""
    actor, now = actor_from(request), timezone.now()
    detail = get_case(actor=actor, case_id=case_id, now=now)
    if "withdraw" not in detail.actions:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_case(actor=actor, case_id=case_id, reason=form.cleaned_data["reason"], now=now)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("办件已撤回。"))
            return _away(request, case_id)
    return _drawer(
        request,
        {
            "name": _("代申请人撤回"),
            "lead": _("申请人要求撤回的，办件到此结束，不能恢复。"),
            "danger": True,
            "form": form,
            "case": detail.case,
        },
        status_of_form(form),
    )


@needs("flow.work")
@require_POST
def debt_settle(request: HttpRequest, case_id: int, debt_id: int) -> HttpResponseRedirect:
    """A material that was owed has come."""
    settle_debt(actor=actor_from(request), debt_id=debt_id, now=timezone.now())
    messages.success(request, _("已登记补齐。"))
    return redirect("desk:case", case_id=case_id)


@needs("flow.work")
def commitment_check(
    request: HttpRequest, case_id: int, commitment_id: int
) -> HttpResponse | HttpResponseRedirect:
    """Whether a promise was kept."""
    actor, now = actor_from(request), timezone.now()
    detail = get_case(actor=actor, case_id=case_id, now=now)
    if "check_commitment" not in detail.actions:
        raise Http404
    form = CheckForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            check_commitment(
                actor=actor,
                commitment_id=commitment_id,
                kept=values["kept"] == "yes",
                finding=values["finding"],
                now=now,
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已记录核查结果。"))
            return _away(request, case_id)
    return _drawer(
        request,
        {
            "name": _("核查承诺"),
            "lead": _("核对申请人承诺的条件是否符合。"),
            "form": form,
            "case": detail.case,
        },
        status_of_form(form),
    )


def _drawer(request: HttpRequest, context: dict[str, object], status: int) -> HttpResponse:
    htmx = bool(request.htmx)  # type: ignore[attr-defined]
    template = "desk/case_way_form.html" if htmx else "desk/case_way.html"
    return render(request, template, {**context, "url": request.path}, status=status)


def _away(request: HttpRequest, case_id: int) -> HttpResponse | HttpResponseRedirect:
    address = reverse("desk:case", args=[case_id])
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
