"""The supervisor's desk of what is late, and the pages of notices, cases, transfers and cancellations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.contracts import api
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each
from yingshang.web.words import in_language

from ..registering.changes import shown_changes
from ..steps import EmptyForm, Offered, Step, StepForm
from . import forms
from .tables import (
    AgreementTable,
    CancellationTable,
    CaseTable,
    LateTable,
    NoticeTable,
    StepTable,
    TransferTable,
)

VIEW, SUPERVISE, TRANSFER = "contracts.view", "contracts.supervise", "contracts.transfer"
Bound = tuple[str, StepForm] | None


@needs(VIEW)
def late(request: HttpRequest) -> HttpResponseBase:
    """What units of one's reach owe and have not done by its day, the oldest first."""
    actor, now = actor_from(request), timezone.now()
    filters = forms.LateFilter(request.GET)
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Any:
        return api.late_obligations(
            actor=actor,
            now=now,
            text=chosen.get("text", ""),
            level=chosen.get("level", ""),
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, LateTable, fetch, name="late-obligations", filters=filters)
    return listing.respond("contracts/supervising/late.html")


@needs(SUPERVISE)
def supervise(request: HttpRequest, obligation_id: int, what: str) -> HttpResponse:
    """A notice, or a case, about one late obligation, by a form that is filled in already."""
    actor, now = actor_from(request), timezone.now()
    found = api.late_obligations(actor=actor, obligation_id=obligation_id, now=now).rows
    if not found or what not in ("notice", "case"):
        raise Http404
    [row] = found
    form: StepForm
    if what == "notice":
        form = forms.NoticeForm(request.POST or None, initial={"demand": api.ladder_rules().demand})
    else:
        grounds = f"“{row.title}”于{row.due_on}到期，已逾期{row.late_days}日，经督办仍未履行。"
        form = forms.CaseForm(request.POST or None, initial={"grounds": grounds})
    if request.method == "POST" and form.is_valid():
        try:
            if what == "notice":
                number = api.issue_notice(actor=actor, obligation_id=row.id, now=now, **form.cleaned_data)
                messages.success(request, _("督办通知书已发出"))
            else:
                number = api.open_case(actor=actor, obligation_id=row.id, now=now, **form.cleaned_data)
                messages.success(request, _("已立案督办"))
            return redirect(f"contracts_desk:{what}", number)
        except DomainError as error:
            refuse_each(form, error)
    return render(
        request,
        "contracts/supervising/begin.html",
        {
            "row": row,
            "form": form,
            "name": _("发督办通知书") if what == "notice" else _("立案督办"),
            "icon": "gavel" if what == "notice" else "briefcase",
        },
        status=422 if form.errors else 200,
    )


@needs(VIEW)
def notices(request: HttpRequest) -> HttpResponseBase:
    """The supervision notices of one's reach, newest first."""
    return _list(request, NoticeTable, api.supervision_notices, _("督办通知书"))


@needs(VIEW)
def cases(request: HttpRequest) -> HttpResponseBase:
    """The cases of one's reach, newest first."""
    return _list(request, CaseTable, api.supervision_cases, _("督办案件"))


@needs(VIEW)
def transfers(request: HttpRequest) -> HttpResponseBase:
    """The transfers of one's reach, and those sent to one's agency."""
    return _list(request, TransferTable, api.transfers, _("移送"))


@needs(VIEW)
def cancellations(request: HttpRequest) -> HttpResponseBase:
    """The cancellations that units of one's reach have asked for."""
    return _list(request, CancellationTable, api.cancellations, _("销号申请"), tabs=True)


@needs(VIEW)
def agreements(request: HttpRequest) -> HttpResponseBase:
    """The supplements of one's reach that ease what is late: they wait for the other side's word, or have it."""
    return _list(request, AgreementTable, api.agreements, _("待同意的补充协议"), tabs=True)


def _tabs(here: str) -> list[dict[str, Any]]:
    """What units ask for and the other side, or who supervises, decides."""
    names = {"cancellation": _("销号申请"), "supplement": _("补充协议")}
    pages = {"cancellation": "cancellations", "supplement": "agreements"}
    return [
        {"name": name, "url": reverse(f"contracts_desk:{pages[kind]}"), "here": kind == here}
        for kind, name in names.items()
    ]


def _list(
    request: HttpRequest,
    table: type[StepTable],
    read: Callable[..., api.StepPage],
    heading: str,
    *,
    tabs: bool = False,
) -> HttpResponseBase:
    actor, now = actor_from(request), timezone.now()
    filters = forms.StateFilter(request.GET, table=table.kind)
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Any:
        return read(
            actor=actor,
            now=now,
            text=chosen.get("text", ""),
            state=chosen.get("state", ""),
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, table, fetch, name=f"contract-{table.kind}", filters=filters)
    shown = {"heading": heading, "tabs": _tabs(table.kind) if tabs else []}
    return listing.respond("contracts/supervising/list.html", shown)


@needs(VIEW)
def notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """One notice: what is demanded until when, the answer, and what may be done now."""
    return _notice(request, actor_from(request), notice_id)


@needs(VIEW)
@require_POST
def notice_step(request: HttpRequest, notice_id: int, what: str) -> HttpResponse:
    """Answer, return, lift. Whether the actor may, the action says."""
    actor = actor_from(request)
    api.supervision_notice(actor=actor, notice_id=notice_id, now=timezone.now())
    return _step(
        request, actor, forms.NOTICE_STEPS, what, "notice", {"notice_id": notice_id}, _notice, notice_id
    )


def _notice(request: HttpRequest, actor: Actor, number: int, bound: Bound = None) -> HttpResponse:
    found = api.supervision_notice(actor=actor, notice_id=number, now=timezone.now())
    offered = _offered(forms.NOTICE_STEPS, found.may, "notice", number, bound)
    return _page(request, "notice", found, offered, bound)


@needs(VIEW)
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case with its steps, its finding, its transfers, and what may be done now."""
    return _case(request, actor_from(request), case_id)


@needs(VIEW)
@require_POST
def case_step(request: HttpRequest, case_id: int, what: str) -> HttpResponse:
    """A step, the finding, the end. Whether the actor may, the action says."""
    actor = actor_from(request)
    api.supervision_case(actor=actor, case_id=case_id, now=timezone.now())
    return _step(request, actor, forms.CASE_STEPS, what, "case", {"case_id": case_id}, _case, case_id)


def _case(request: HttpRequest, actor: Actor, number: int, bound: Bound = None) -> HttpResponse:
    found = api.supervision_case(actor=actor, case_id=number, now=timezone.now())
    offered = _offered(forms.CASE_STEPS, found.may, "case", number, bound)
    bodies = [api.ladder_rules().bodies[code] for code in found.bodies_left]
    more = {"bodies": [(each.code, in_language(each.name, each.name_en)) for each in bodies]}
    return _page(request, "case", found, offered, bound, more)


@needs(TRANSFER)
def transfer_one(request: HttpRequest, case_id: int, body: str) -> HttpResponse:
    """Transfer a case to one of the bodies, by a form that is filled in already."""
    actor, now = actor_from(request), timezone.now()
    found = api.supervision_case(actor=actor, case_id=case_id, now=now)
    if body not in api.ladder_rules().bodies:
        raise Http404
    proposed = api.proposed_transfer(actor=actor, case_id=case_id, body=body, now=now)
    form = forms.TransferForm(
        request.POST or None,
        proposed=proposed,
        initial={
            "to_agency_id": proposed.to_agency_id,
            "to_name": "" if proposed.to_agency_id else proposed.to_name,
            "evaluation": proposed.evaluation,
            "proposal": proposed.proposal,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            number = api.transfer_case(actor=actor, case_id=case_id, body=body, now=now, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已移送"))
            return redirect("contracts_desk:transfer", number)
    return render(
        request,
        "contracts/supervising/transfer_case.html",
        {"found": found, "form": form, "body": in_language(proposed.body.name, proposed.body.name_en)},
        status=422 if form.errors else 200,
    )


@needs(VIEW)
def transfer(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """One transfer with its file, and what may be done now."""
    return _transfer(request, actor_from(request), transfer_id)


@needs(VIEW)
@require_POST
def transfer_step(request: HttpRequest, transfer_id: int, what: str) -> HttpResponse:
    """Receive, send back, tell the outcome. Whether the actor may, the action says."""
    actor = actor_from(request)
    api.transfer(actor=actor, transfer_id=transfer_id, now=timezone.now())
    given = {"transfer_id": transfer_id}
    return _step(request, actor, forms.TRANSFER_STEPS, what, "transfer", given, _transfer, transfer_id)


def _transfer(request: HttpRequest, actor: Actor, number: int, bound: Bound = None) -> HttpResponse:
    found = api.transfer(actor=actor, transfer_id=number, now=timezone.now())
    offered = _offered(forms.TRANSFER_STEPS, found.may, "transfer", number, bound)
    body = api.ladder_rules().bodies[found.body]
    return _page(request, "transfer", found, offered, bound, {"body": in_language(body.name, body.name_en)})


@needs(VIEW)
def cancellation(request: HttpRequest, cancellation_id: int) -> HttpResponse:
    """One cancellation with its evidence, what stands in its way, and what may be done now."""
    return _cancellation(request, actor_from(request), cancellation_id)


@needs(VIEW)
@require_POST
def cancellation_step(request: HttpRequest, cancellation_id: int, what: str) -> HttpResponse:
    """Confirm, refuse, withdraw. Whether the actor may, the action says."""
    actor = actor_from(request)
    api.cancellation(actor=actor, cancellation_id=cancellation_id, now=timezone.now())
    given = {"cancellation_id": cancellation_id}
    return _step(
        request,
        actor,
        forms.CANCELLATION_STEPS,
        what,
        "cancellation",
        given,
        _cancellation,
        cancellation_id,
    )


def _cancellation(request: HttpRequest, actor: Actor, number: int, bound: Bound = None) -> HttpResponse:
    found = api.cancellation(actor=actor, cancellation_id=number, now=timezone.now())
    offered = _offered(forms.CANCELLATION_STEPS, found.may, "cancellation", number, bound)
    return _page(request, "cancellation", found, offered, bound)


@needs(VIEW)
def agreement(request: HttpRequest, supplement_id: int) -> HttpResponse:
    """One supplement that eases what is late: what it changes, what stands in its way, and what may be done now."""
    return _agreement(request, actor_from(request), supplement_id)


@needs(VIEW)
@require_POST
def agreement_step(request: HttpRequest, supplement_id: int, what: str) -> HttpResponse:
    """In effect, not in effect, taken back. Whether the actor may, the action says."""
    actor = actor_from(request)
    api.agreement(actor=actor, supplement_id=supplement_id, now=timezone.now())
    given = {"supplement_id": supplement_id}
    return _step(request, actor, forms.AGREEMENT_STEPS, what, "agreement", given, _agreement, supplement_id)


def _agreement(request: HttpRequest, actor: Actor, number: int, bound: Bound = None) -> HttpResponse:
    found = api.agreement(actor=actor, supplement_id=number, now=timezone.now())
    offered = _offered(forms.AGREEMENT_STEPS, found.may, "agreement", number, bound)
    return _page(request, "agreement", found, offered, bound, {"changed": shown_changes(found)})


def _step(
    request: HttpRequest,
    actor: Actor,
    steps: Mapping[str, Step],
    what: str,
    kind: str,
    given: dict[str, int],
    page: Callable[..., HttpResponse],
    number: int,
) -> HttpResponse:
    if what not in steps:
        raise Http404
    step = steps[what]
    form = step.form(request.POST, auto_id=f"{what}-%s")
    if form.is_valid():
        try:
            step.act(actor=actor, now=timezone.now(), **given, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": step.name})
            return redirect(f"contracts_desk:{kind}", number)
    return page(request, actor, number, bound=(what, form))


def _offered(
    steps: Mapping[str, Step], may: frozenset[str], kind: str, number: int, bound: Bound
) -> list[Offered]:
    found: list[Offered] = []
    for what, step in steps.items():
        here = bound is not None and bound[0] == what
        if step.event not in may and not here:
            continue
        form = bound[1] if bound is not None and here else step.form(auto_id=f"{what}-%s")
        address = reverse(f"contracts_desk:{kind}-step", args=[number, what])
        unfold = here or (not found and step.form is not EmptyForm)
        found.append(Offered(what, step.name, step.icon, form, address, unfold, step.danger, step.hint))
    return found


def _page(
    request: HttpRequest,
    kind: str,
    found: Any,
    offered: list[Offered],
    bound: Bound,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    return render(
        request,
        f"contracts/supervising/{kind}.html",
        {"found": found, "row": found.row, "steps": offered, **(more or {})},
        status=422 if bound else 200,
    )
