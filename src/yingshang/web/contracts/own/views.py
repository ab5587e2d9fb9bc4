"""An enterprise reads its contracts and what it is owed, and says what has come and what has not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.contracts import api as contracts
from yingshang.areas.contracts.api import OwnContractDetail, OwnObligation
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.processes.arrears.api import ensure_owed, report_not_paid, words_of
from yingshang.rules.errors import DomainError
from yingshang.web.api.limits import subject_of, use
from yingshang.web.errors import message_of, status_of
from yingshang.web.listing import Listing, Page
from yingshang.web.portal.enterprises import mandates_of
from yingshang.web.refusals import refuse_each, status_of_refused

from ..registering.changes import shown_changes, shown_corrections
from ..steps import Offered, StepForm
from .forms import NotPaidForm, OwedFilter, OwnFilter, ReceivedForm, RefuseForm, WordForm
from .tables import OwedTable, OwnTable

VIEW, STATE = "contracts.view_own", "contracts.state_own"

SAYS: dict[str, tuple[str | Promise, str, type[StepForm]]] = {
    "done": (gettext_lazy("确认已收到"), "circle-check", ReceivedForm),
    "partial": (gettext_lazy("收到一部分"), "progress", ReceivedForm),
    "not_received": (gettext_lazy("没有收到"), "circle-x", WordForm),
    "disputed": (gettext_lazy("有争议"), "gavel", WordForm),
    "settled": (gettext_lazy("争议已解决"), "check", WordForm),
}
"""What can be said of an obligation: name, icon, what is asked."""
OWN_DEED = gettext_lazy("记录本企业已履行")
_DIGITS = 19
"""A number of the database has fewer."""


@needs(VIEW)
def mine(request: HttpRequest) -> HttpResponseBase:
    """One's contracts, with what is owed by all of them."""
    actor, today = actor_from(request), timezone.localdate()
    filters = OwnFilter(request.GET, parties=_parties(actor))
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Page:
        return contracts.my_contracts(
            actor=actor,
            today=today,
            text=chosen.get("text", ""),
            states=[chosen["state"]] if "state" in chosen else (),
            party_id=int(chosen["party"]) if "party" in chosen else None,
            only=chosen.get("only", ""),
            order=order or "-signed_on",
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, OwnTable, fetch, name="contracts", order="-signed_on", filters=filters)
    context: dict[str, Any] = {}
    if "export" not in request.GET:
        context = {
            "sums": contracts.owed_to_me(actor=actor, today=today, limit=0),
            "asked": contracts.cancellations_for_me(actor=actor, limit=5),
            "to_agree": contracts.supplements_for_me(actor=actor, limit=5),
        }
    return listing.respond("contracts/own/list.html", context)


@needs(VIEW)
def owed(request: HttpRequest) -> HttpResponseBase:
    """What one is owed, since when, with the interest of today."""
    actor, today = actor_from(request), timezone.localdate()
    filters = OwedFilter(request.GET, parties=_parties(actor))
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Page:
        return contracts.owed_to_me(
            actor=actor,
            today=today,
            text=chosen.get("text", ""),
            party_id=int(chosen["party"]) if "party" in chosen else None,
            late_only="late" in chosen,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, OwedTable, fetch, name="owed", filters=filters)
    sums = contracts.owed_to_me(actor=actor, today=today, limit=0) if "export" not in request.GET else None
    crumbs = [(_("政府合同"), reverse("contracts:mine")), (_("我的应收款"), None)]
    return listing.respond("contracts/own/owed.html", {"sums": sums, "today": today, "crumbs": crumbs})


@needs(VIEW)
def contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    """One contract: both sides' obligations, what each says of them, and what the reader may say now."""
    return _contract(request, contract_id)


@needs(VIEW)
def obligation(request: HttpRequest, obligation_id: int) -> HttpResponseRedirect:
    """An obligation stands on the page of its contract."""
    one = contracts.my_obligation(
        actor=actor_from(request), obligation_id=obligation_id, today=timezone.localdate()
    )
    return _to(one.contract.id, obligation_id)


@needs("contracts.view")
def desk_obligation(request: HttpRequest, obligation_id: int) -> HttpResponseRedirect:
    """On the desk, too."""
    found = contracts.named_obligations(actor=actor_from(request), obligation_ids=[obligation_id])
    if obligation_id not in found:
        raise Http404
    address = reverse("contracts_desk:contract", args=[found[obligation_id][0]])
    return HttpResponseRedirect(f"{address}#obligation-{obligation_id}")


@needs(STATE)
def not_paid(request: HttpRequest, obligation_id: int) -> HttpResponse | HttpResponseRedirect:
    """The second tap: what will be said is shown, and sent as it is."""
    actor, now = actor_from(request), timezone.now()
    one = contracts.my_obligation(actor=actor, obligation_id=obligation_id, today=timezone.localdate(now))
    form = NotPaidForm(request.POST if request.method == "POST" else None)
    refused = False
    try:
        ensure_owed(one)
    except DomainError as error:
        form = NotPaidForm({"note": request.POST.get("note", "")})
        refuse_each(form, error)
        refused = True
    if request.method == "POST" and not refused and form.is_valid():
        try:
            use("appeals", f"appeals:{subject_of(request, actor)[1]}", now=now)
            done = report_not_paid(
                actor=actor, obligation_id=obligation_id, note=form.cleaned_data["note"], now=now
            )
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(
                request,
                _("这笔款项您已经反映过，正在办理。")
                if done.again
                else _("已收到。办结之前，付款单位不能销号。"),
            )
            return redirect("appeals:appeal", appeal_id=done.appeal_id)
    back = f"{reverse('contracts:contract', args=[one.contract.id])}#obligation-{obligation_id}"
    return render(
        request,
        "contracts/own/not_paid.html",
        {
            "one": one,
            "words": words_of(one),
            "form": form,
            "refused": refused,
            "back": back,
            "crumbs": [(_("我的应收款"), reverse("contracts:owed")), (_("未收到款"), None)],
        },
        status=status_of_refused(form) if request.method == "POST" else 200,
    )


@needs(STATE)
@require_POST
def say(request: HttpRequest, obligation_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Say what has come, or has not."""
    if what not in SAYS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    one = contracts.my_obligation(actor=actor, obligation_id=obligation_id, today=timezone.localdate(now))
    form = _form_for(what, one.obligation, request)
    if form.is_valid():
        told = form.cleaned_data
        try:
            if what == "settled":
                contracts.settle_dispute(actor=actor, obligation_id=obligation_id, note=told["note"], now=now)
            else:
                _record(what, told, actor=actor, obligation_id=obligation_id, now=now)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已记录，付款单位看得到。"))
            return _to(one.contract.id, obligation_id)
    return _contract(request, one.contract.id, failed=(obligation_id, what, form))


@transaction.atomic
def _record(what: str, told: dict[str, Any], *, actor: Actor, obligation_id: int, now: datetime) -> None:
    """What was said with its evidence: both, or nothing."""
    file = told.get("file")
    documents = (
        [
            contracts.add_evidence(
                actor=actor, obligation_id=obligation_id, content=file, name=file.name, now=now
            )
        ]
        if file
        else []
    )
    contracts.record_own(
        actor=actor,
        obligation_id=obligation_id,
        what=what,
        happened_on=told.get("happened_on") or timezone.localdate(now),
        amount_fen=told.get("amount"),
        note=told.get("note", ""),
        document_ids=documents,
        now=now,
    )


@needs(STATE)
@require_POST
def withdraw(request: HttpRequest, entry_id: int) -> HttpResponseRedirect:
    """Take back what was recorded by mistake."""
    written = request.POST.get("contract", "")
    number = int(written) if written.isdecimal() and len(written) < _DIGITS else 0
    try:
        contracts.withdraw_performance(
            actor=actor_from(request),
            performance_id=entry_id,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        if status_of(error) in (403, 404):
            raise
        messages.error(request, message_of(error))
    else:
        messages.success(request, _("已撤回。"))
    return redirect("contracts:contract", contract_id=number) if number else redirect("contracts:mine")


@needs(STATE)
@require_POST
def decide(request: HttpRequest, cancellation_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """A unit says that it is done: yes, or no and why."""
    actor, now = actor_from(request), timezone.now()
    asked = next(iter(contracts.cancellations_for_me(actor=actor, cancellation_id=cancellation_id)), None)
    if asked is None or what not in ("confirm", "refuse"):
        raise Http404
    form = RefuseForm(request.POST)
    form.fields["reason"].required = what == "refuse"
    if form.is_valid():
        try:
            _decide(what, form, actor=actor, cancellation_id=cancellation_id, now=now)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已确认销号。") if what == "confirm" else _("已告知对方不同意销号。"))
            return _to(asked.contract_id, asked.obligation_id)
    return _contract(request, asked.contract_id, failed=(asked.obligation_id, what, form))


def _decide(what: str, form: StepForm, *, actor: Actor, cancellation_id: int, now: datetime) -> None:
    if what == "confirm":
        contracts.confirm_cancellation(actor=actor, cancellation_id=cancellation_id, now=now)
    else:
        contracts.refuse_cancellation(
            actor=actor, cancellation_id=cancellation_id, reason=form.cleaned_data["reason"], now=now
        )


@needs(STATE)
@require_POST
def answer(request: HttpRequest, supplement_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """A supplement by which less is owed of what is late, or later: agreed, or not and why."""
    actor, now = actor_from(request), timezone.now()
    asked = next(iter(contracts.supplements_for_me(actor=actor, supplement_id=supplement_id)), None)
    if asked is None or what not in ("agree", "decline"):
        raise Http404
    form = _declining(supplement_id, request.POST)
    form.fields["reason"].required = what == "decline"
    if form.is_valid():
        try:
            if what == "agree":
                contracts.agree_supplement(actor=actor, supplement_id=supplement_id, now=now)
            else:
                reason = form.cleaned_data["reason"]
                contracts.decline_supplement(actor=actor, supplement_id=supplement_id, reason=reason, now=now)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(
                request,
                _("已同意，补充协议生效。") if what == "agree" else _("已告知对方不同意，仍按原约定履行。"),
            )
            return redirect("contracts:contract", contract_id=asked.contract_id)
    return _contract(request, asked.contract_id, answered=(supplement_id, form))


def _declining(supplement_id: int, sent: Any = None) -> RefuseForm:
    return RefuseForm(sent, auto_id=f"id_supplement_{supplement_id}_%s")


def _contract(
    request: HttpRequest,
    contract_id: int,
    *,
    failed: tuple[int, str, StepForm] | None = None,
    answered: tuple[int, StepForm] | None = None,
) -> HttpResponse:
    found: OwnContractDetail = contracts.my_contract(
        actor=actor_from(request), contract_id=contract_id, today=timezone.localdate()
    )
    rows = [
        (each, _offered(each, failed), _cancelling(each, failed), shown_corrections(each.corrections, {}))
        for each in found.obligations
    ]
    refused = failed[2] if failed else answered[1] if answered else None
    return render(
        request,
        "contracts/own/contract.html",
        {
            "contract": found.summary,
            "detail": found,
            "files": contracts.own_files(actor=actor_from(request), contract_id=contract_id),
            "owed_by_unit": [row for row in rows if row[0].side == "unit"],
            "owed_by_us": [row for row in rows if row[0].side != "unit"],
            "to_agree": [
                (
                    each,
                    shown_changes(each),
                    answered[1] if answered and answered[0] == each.id else _declining(each.id),
                )
                for each in found.supplements
                if each.state == "to_agree"
            ],
            "answered": [
                (each, shown_changes(each)) for each in found.supplements if each.state != "to_agree"
            ],
            "failed": failed,
            "crumbs": [(_("政府合同"), reverse("contracts:mine")), (found.summary.number, None)],
        },
        status=status_of_refused(refused) if refused is not None else 200,
    )


def _offered(each: OwnObligation, failed: tuple[int, str, StepForm] | None) -> list[Offered]:
    """What may be said of it now. Of one's own obligation one says that it is done, and nothing came."""
    found = []
    for what, (name, icon, _form) in SAYS.items():
        if ("done" if what == "partial" else what) not in each.may:
            continue
        # "I was not paid" says it, and more.
        if what == "not_received" and "not_paid" in each.may:
            continue
        if each.side != "unit" and what in ("partial", "not_received") and each.amount_fen is None:
            continue
        if each.side == "unit" and what == "partial" and each.amount_fen is None:
            continue
        wrong = failed is not None and failed[0] == each.id and failed[1] == what
        found.append(
            Offered(
                what=f"{each.id}-{what}",
                name=OWN_DEED if each.side != "unit" and what == "done" else name,
                icon=icon,
                form=failed[2] if failed is not None and wrong else _form_for(what, each),
                url=reverse("contracts:say", args=[each.id, what]),
                open=wrong,
                danger=False,
                hint="",
            )
        )
    return found


def _cancelling(each: OwnObligation, failed: tuple[int, str, StepForm] | None) -> StepForm | None:
    if each.cancellation is None:
        return None
    if failed is not None and failed[0] == each.id and failed[1] in ("confirm", "refuse"):
        return failed[2]
    return RefuseForm()


def _form_for(what: str, each: OwnObligation, request: HttpRequest | None = None) -> StepForm:
    form: type[Any] = SAYS[what][2]
    # Who is owed says that all has come, or how much of it; who owes says how much was paid.
    counted = each.amount_fen is not None and (what == "partial" or each.side != "unit")
    made: StepForm = form(
        request.POST if request is not None else None,
        request.FILES if request is not None else None,
        money=counted,
        open_fen=each.open_fen if what == "done" else None,
        auto_id=f"id_{each.id}_{what}_%s",
    )
    return made


def _to(contract_id: int, obligation_id: int) -> HttpResponseRedirect:
    address = reverse("contracts:contract", args=[contract_id])
    return HttpResponseRedirect(f"{address}#obligation-{obligation_id}")


def _parties(actor: Actor) -> list[tuple[int, str]]:
    return [(each.party_id, each.party_name) for each in mandates_of(actor) if VIEW in each.powers]
