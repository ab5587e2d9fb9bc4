"""Money on the desk: funds and budgets, batches, what banks and books do not agree on, the journal."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    BatchDetail,
    balances,
    batches,
    budget_changes,
    check_batch,
    differences,
    download_batch,
    explain_difference,
    export_journal,
    funds,
    get_batch,
    get_difference,
    get_fund,
    journal_lines,
    mark_not_executed,
    open_differences,
    orders_of,
    payment_channels,
    prepare_batch,
    queue_batch,
    reports_of,
    set_budget,
    statements,
    take_back_batch,
    waiting_claims,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.ledger.api import events_of
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing
from yingshang.web.words import ACTIONS, actor_name

from ..refusals import refuse_or_raise, tell_refusal
from .forms import (
    BatchFilter,
    BudgetForm,
    DifferenceFilter,
    ExplainForm,
    JournalFilter,
    NotExecutedForm,
    PrepareForm,
    ReasonForm,
)
from .tables import BatchTable, DifferenceTable, JournalTable, OrderTable, WaitingTable
from .words import ACCOUNTS

VIEW, MANAGE, PAY, CHECK = (
    "claims.view_money",
    "claims.manage_funds",
    "claims.pay",
    "claims.check_payments",
)
RECONCILE, UNPAID = "claims.reconcile", "claims.confirm_unpaid"


@needs(VIEW)
def fund_list(request: HttpRequest) -> HttpResponse:
    """Every fund within one's reach: what is set aside, reserved and spent this year, and what waits."""
    actor = actor_from(request)
    year = timezone.localdate().year
    rows = [(each, [budget for budget in each.budgets if budget.year == year]) for each in funds(actor=actor)]
    budgets = [budget for _fund, own in rows for budget in own]
    return render(
        request,
        "claims/paying/funds.html",
        {
            "rows": rows,
            "year": year,
            "amount": sum(each.amount_fen for each in budgets),
            "reserved": sum(each.reserved_fen for each in budgets),
            "spent": sum(each.spent_fen for each in budgets),
            "free": sum(each.free_fen for each in budgets),
            "channels": payment_channels(actor=actor),
            "open_differences": open_differences(actor=actor),
        },
    )


@needs(VIEW)
def fund(request: HttpRequest, fund_id: int) -> HttpResponseBase:
    """One fund: its budgets, what waits to be paid from it, and who changed what."""
    return _fund_page(request, fund_id)


@needs(MANAGE)
@require_POST
def budget(request: HttpRequest, fund_id: int) -> HttpResponseBase:
    """Set what a level puts aside."""
    form = BudgetForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            set_budget(
                actor=actor_from(request),
                fund_id=fund_id,
                year=values["year"],
                level=values["level"],
                amount_fen=int(values["amount"] * 100),
                reason=values["reason"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("预算已安排。"))
            return redirect("claims_desk:fund", fund_id)
    return _fund_page(request, fund_id, form=form)


@needs(PAY)
@require_POST
def prepare(request: HttpRequest, fund_id: int) -> HttpResponseBase:
    """A batch of everything that waits."""
    form = PrepareForm(request.POST)
    if not form.is_valid():
        return _fund_page(request, fund_id, prepare_form=form)
    try:
        number = prepare_batch(
            actor=actor_from(request),
            fund_id=fund_id,
            execute_on=form.cleaned_data["execute_on"],
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("claims_desk:fund", fund_id)
    messages.success(request, _("批次已编制，须由另一人复核。"))
    return redirect("claims_desk:batch", number)


@needs(VIEW)
def batch_list(request: HttpRequest) -> HttpResponseBase:
    """Batches, newest first."""
    actor = actor_from(request)
    filters = BatchFilter(request.GET, funds=funds(actor=actor))

    def fetch(order: str, page: int, per_page: int) -> Any:
        return batches(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    return Listing(request, BatchTable, fetch, name="payment-batches", filters=filters).respond(
        "claims/paying/batches.html", {"may_prepare": actor.may(PAY)}
    )


@needs(VIEW)
def batch(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """One batch: its orders, who made, checked and sent it, and what the bank said."""
    return _batch_page(request, batch_id)


@needs(CHECK)
@require_POST
def check(request: HttpRequest, batch_id: int) -> HttpResponseRedirect:
    """The batch that was looked at is right."""
    try:
        check_batch(
            actor=actor_from(request),
            batch_id=batch_id,
            digest=request.POST.get("digest", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        _tell(request, error)
    else:
        messages.success(request, _("已复核，稍后自动发送银行。"))
    return redirect("claims_desk:batch", batch_id)


@needs(PAY)
@require_POST
def take_back(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """The batch is not to be sent."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _batch_page(request, batch_id, take_back_form=form)
    try:
        take_back_batch(
            actor=actor_from(request),
            batch_id=batch_id,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("批次已撤销，申请恢复为待拨付。"))
    return redirect("claims_desk:batch", batch_id)


@needs(PAY)
@require_POST
def send(request: HttpRequest, batch_id: int) -> HttpResponseRedirect:
    """Send it now, or once more: the same file."""
    try:
        queue_batch(actor=actor_from(request), batch_id=batch_id, now=timezone.now())
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("正在发送，结果稍后显示在本页。"))
    return redirect("claims_desk:batch", batch_id)


@needs(UNPAID)
@require_POST
def not_executed(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """A supervisor finds that the bank has not executed what it never answered."""
    form = NotExecutedForm(request.POST)
    if not form.is_valid():
        return _batch_page(request, batch_id, unpaid_form=form)
    chosen = [int(each) for each in request.POST.getlist("order") if each.isdecimal()]
    try:
        number = mark_not_executed(
            actor=actor_from(request),
            batch_id=batch_id,
            orders=chosen,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except DomainError as error:
        _tell(request, error)
    else:
        messages.success(
            request,
            ngettext("已确认 %(n)s 笔未执行。", "已确认 %(n)s 笔未执行。", number) % {"n": number},
        )
    return redirect("claims_desk:batch", batch_id)


@needs(VIEW)
@require_POST
def file(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """The file of a batch; who took it is on record."""
    wanted = "csv" if request.POST.get("format") == "csv" else "xml"
    try:
        found = download_batch(
            actor=actor_from(request), batch_id=batch_id, format=wanted, now=timezone.now()
        )
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("claims_desk:batch", batch_id)
    answer = HttpResponse(found.content, content_type=found.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return answer


@needs(VIEW)
def reconciliation(request: HttpRequest) -> HttpResponseBase:
    """What banks and books do not agree on, until somebody has explained it; and the days that were taken in."""
    actor = actor_from(request)
    filters = DifferenceFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return differences(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    return Listing(request, DifferenceTable, fetch, name="differences", filters=filters).respond(
        "claims/paying/reconciliation.html",
        {
            "open": open_differences(actor=actor),
            "statements": statements(actor=actor, limit=10),
            "channels": payment_channels(actor=actor),
        },
    )


@needs(VIEW)
def difference(request: HttpRequest, difference_id: int) -> HttpResponseBase:
    """One difference, and what it is."""
    actor = actor_from(request)
    found = get_difference(actor=actor, difference_id=difference_id)
    may = actor.may(RECONCILE) and found.explained_at is None
    form = ExplainForm(request.POST or None, bookable=found.bookable)
    if request.method == "POST":
        actor.require(RECONCILE)
        if form.is_valid():
            try:
                explain_difference(
                    actor=actor,
                    difference_id=difference_id,
                    explanation=form.cleaned_data["explanation"],
                    book_as_paid=form.cleaned_data.get("book_as_paid", False),
                    now=timezone.now(),
                )
            except DomainError as error:
                refuse_or_raise(form, error)
            else:
                messages.success(request, _("差异已核销。"))
                return redirect("claims_desk:reconciliation")
    return render(
        request,
        "claims/paying/difference.html",
        {"difference": found, "form": form if may else None},
        status=status_of_form(form),
    )


@needs(VIEW)
def journal(request: HttpRequest) -> HttpResponseBase:
    """The journal with what every account stands at."""
    actor = actor_from(request)
    filters = JournalFilter(request.GET, funds=funds(actor=actor))

    def fetch(order: str, page: int, per_page: int) -> Any:
        return journal_lines(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    sums = dict.fromkeys(ACCOUNTS, 0)
    for each in balances(actor=actor):
        sums[each.account] += each.amount_fen
    today = timezone.localdate()
    return Listing(request, JournalTable, fetch, name="journal", filters=filters).respond(
        "claims/paying/journal.html",
        {
            "sums": [(code, fen) for code, fen in sums.items() if fen],
            "total": sum(sums.values()),
            "since": date(today.year, 1, 1),
            "until": today,
        },
    )


@needs(VIEW)
def journal_export(request: HttpRequest) -> StreamingHttpResponse:
    """The journal of some days, every line of it, as CSV."""
    today = timezone.localdate()
    since = _day(request.GET.get("since", ""), date(today.year, 1, 1))
    until = _day(request.GET.get("until", ""), today)
    rows = export_journal(actor=actor_from(request), since=since, until=until)
    answer = StreamingHttpResponse(("\ufeff" if not i else "") + row for i, row in enumerate(rows))
    answer["Content-Type"] = "text/csv; charset=utf-8"
    answer["Content-Disposition"] = f'attachment; filename="journal-{since}-{until}.csv"'
    return answer


def _fund_page(
    request: HttpRequest,
    fund_id: int,
    *,
    form: BudgetForm | None = None,
    prepare_form: PrepareForm | None = None,
) -> HttpResponseBase:
    actor = actor_from(request)
    found = get_fund(actor=actor, fund_id=fund_id)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return waiting_claims(actor=actor, fund_id=fund_id, offset=(page - 1) * per_page, limit=per_page)

    today = timezone.localdate()
    listing = Listing(request, WaitingTable, fetch, name=f"{found.code}-waiting")
    answer = listing.respond(
        "claims/paying/fund.html",
        {
            "fund": found,
            "changes": budget_changes(actor=actor, fund_id=fund_id),
            "form": (form or BudgetForm(initial={"year": today.year, "level": "city"}))
            if actor.may(MANAGE)
            else None,
            "open_form": form is not None,
            "prepare_form": (prepare_form or PrepareForm(initial={"execute_on": today}))
            if actor.may(PAY) and found.waiting_count
            else None,
        },
    )
    answer.status_code = status_of_form(form or prepare_form or BudgetForm())
    return answer


def _batch_page(
    request: HttpRequest,
    batch_id: int,
    *,
    take_back_form: ReasonForm | None = None,
    unpaid_form: NotExecutedForm | None = None,
) -> HttpResponseBase:
    actor = actor_from(request)
    detail = get_batch(actor=actor, batch_id=batch_id, now=timezone.now())
    state = request.GET.get("orders", "")
    chosen = state if state in detail.states else ""

    def fetch(order: str, page: int, per_page: int) -> Any:
        return orders_of(
            actor=actor, batch_id=batch_id, state=chosen, offset=(page - 1) * per_page, limit=per_page
        )

    listing = Listing(request, OrderTable, fetch, name=detail.batch.message_id)
    answer = listing.respond(
        "claims/paying/batch.html",
        {
            **_duties(actor, detail, batch_id),
            "detail": detail,
            "batch": detail.batch,
            "chosen": chosen,
            "states": detail.states.items(),
            "reports": reports_of(actor=actor, batch_id=batch_id),
            "entries": _timeline(batch_id),
            "take_back_form": take_back_form or ReasonForm(),
            "unpaid_form": unpaid_form or NotExecutedForm(),
        },
    )
    answer.status_code = status_of_form(take_back_form or unpaid_form or ReasonForm())
    return answer


def _duties(actor: Any, detail: BatchDetail, batch_id: int) -> dict[str, Any]:
    """What this person may do with the batch now."""
    state = detail.batch.state
    unanswered: tuple[Any, ...] = ()
    if actor.may(UNPAID) and detail.evidence_until is not None:
        unanswered = tuple(
            row
            for each in ("prepared", "sent", "accepted")
            if each in detail.states
            for row in orders_of(actor=actor, batch_id=batch_id, state=each, limit=100).rows
        )
    return {
        "may_check": actor.may(CHECK) and state == "prepared",
        "may_take_back": actor.may(PAY) and state in {"prepared", "checked"},
        "may_send": actor.may(PAY)
        and (state == "checked" or (state in {"sending", "sent"} and detail.may_send_again)),
        "may_download": actor.may(PAY) or actor.may(CHECK),
        "unanswered": unanswered,
    }


def _timeline(batch_id: int) -> list[dict[str, Any]]:
    return [
        {
            "title": ACTIONS.get(event.action, event.action),
            "when": event.occurred_at,
            "who": actor_name(event.actor_kind, event.actor_name),
            "text": event.reason,
            "tone": "",
        }
        for event in reversed(events_of("payment_batch", str(batch_id), limit=60))
    ]


def _tell(request: HttpRequest, error: DomainError) -> None:
    """A refusal a person can do something about is told on the page, also one for a conflict of duties."""
    if error.code in {"access.conflicting_duties"}:
        messages.error(request, message_of(error))
        return
    tell_refusal(request, error)


def _day(text: str, default: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return default
