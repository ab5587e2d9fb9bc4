"""Reads of paying: funds, what waits, batches, differences, the journal. Scope is in the query."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from yingshang.kernel.access.api import Actor, reference_of, scope_of
from yingshang.kernel.ledger.api import record

from ..actions.prepare_batch import target_of
from ..banking.channels import Format
from ..errors import BatchNotFound, BudgetNotFound, DifferenceNotFound
from ..lifecycle import BATCH, ORDER
from ..models import (
    BankReport,
    BankStatement,
    BudgetChange,
    ChannelPosition,
    Fund,
    Instalment,
    JournalLine,
    PaymentBatch,
    PaymentFile,
    PaymentOrder,
    ReconciliationDifference,
    Trip,
)
from ..settling import CONTRADICTED
from .actions.explain import BOOKABLE
from .actions.mark_not_executed import evidence_of
from .actions.send_batch import may_send_again
from .channels import channel_names
from .files import content_of, kept_file
from .values import (
    BatchDetail,
    BatchPage,
    BatchView,
    BudgetChangeView,
    BudgetView,
    ChannelView,
    DifferencePage,
    DifferenceView,
    FundView,
    JournalPage,
    JournalRow,
    OrderPage,
    OrderView,
    PaymentContent,
    ReportView,
    StatementView,
    WaitingClaim,
    WaitingPage,
)

VIEW = "claims.view_money"

DIFFERENCE_KINDS = {
    "unknown_order": ("回执中的未知指令", "Order nobody made"),
    "unknown_batch": ("回执中的未知批次", "Batch nobody made"),
    "unknown_line": ("对账单中的未知支出", "Line nobody ordered"),
    "repayment_unlisted": ("登记的退回资金对账单未列", "Repayment not in the statement"),
    "unreadable": ("无法识别的回执", "Answer that cannot be read"),
    "amount_differs": ("金额不一致", "Another amount"),
    "line_changed": ("银行流水前后不一致", "Line that changed"),
    "paid_twice": ("银行重复支付", "Paid twice by the bank"),
    "rejected_by_bank": ("银行退回待处理", "Rejected, for the agency to mend"),
    "unanswered": ("逾期无答复", "No answer for too long"),
    "not_in_statement": ("回执已付、对账单没有", "Paid by answer, not in statement"),
}
_AFTER = {"paid": ("付", "paid"), "rejected": ("拒付", "rejected"), "returned": ("退款", "returned"),
          "accepted": ("受理", "accepted")}  # fmt: skip


def difference_name(kind: str) -> tuple[str, str]:
    """A kind of difference in Chinese and English."""
    if kind in DIFFERENCE_KINDS:
        return DIFFERENCE_KINDS[kind]
    said, _, known = kind.partition("_after_")
    state = ORDER.states.get(known)
    words = _AFTER.get(said, (said, said))
    name, name_en = (state.name, state.name_en) if state else (known, known)
    return f"账面“{name}”，银行称已{words[0]}", f"{words[1]} by the bank, {name_en} with us"


def batch_states() -> dict[str, tuple[str, str, str]]:
    """State of a batch → its names in Chinese and English, and how a page colours it."""
    return {code: (each.name, each.name_en, each.tone) for code, each in BATCH.states.items()}


def order_states() -> dict[str, tuple[str, str, str]]:
    """State of an order → its names in Chinese and English, and how a page colours it."""
    return {code: (each.name, each.name_en, each.tone) for code, each in ORDER.states.items()}


def funds(*, actor: Actor) -> tuple[FundView, ...]:
    """Every fund within reach, with its budgets and what waits to be paid from it."""
    rows = list(_funds(actor).order_by("code"))
    waiting = {
        row["reservations__budget__fund"]: (row["count"], row["fen"])
        for row in Instalment.objects.filter(state="due", claim__state="payable", reservations__state="held")
        .values("reservations__budget__fund")
        .annotate(count=Count("pk", distinct=True), fen=Sum("reservations__amount_fen"))
    }
    return tuple(_fund(row, waiting.get(row.pk, (0, 0))) for row in rows)


def get_fund(*, actor: Actor, fund_id: int) -> FundView:
    """One fund. Raises BudgetNotFound."""
    for each in funds(actor=actor):
        if each.id == fund_id:
            return each
    raise BudgetNotFound(f"no fund {fund_id}", message_zh="没有这项资金", value=fund_id)


def budget_changes(*, actor: Actor, fund_id: int) -> tuple[BudgetChangeView, ...]:
    """Every change of a fund's budgets, newest first."""
    rows = BudgetChange.objects.filter(budget__fund__in=_funds(actor).filter(pk=fund_id)).select_related(
        "budget"
    )
    return tuple(
        BudgetChangeView(
            row.budget.year,
            row.budget.level,
            row.amount_fen,
            row.reason,
            row.changed_at,
            row.changed_by_name,
        )
        for row in rows.order_by("-pk")[:100]
    )


def waiting_claims(*, actor: Actor, fund_id: int, offset: int = 0, limit: int = 50) -> WaitingPage:
    """What waits for payment from a fund, and what keeps it from being ordered."""
    fund = _funds(actor).filter(pk=fund_id).first()
    if fund is None:
        raise BudgetNotFound(f"no fund {fund_id}", message_zh="没有这项资金", value=fund_id)
    trips = Trip.objects.filter(state="open")
    rows = (
        Instalment.objects.filter(state="due", claim__state="payable")
        .filter(reservations__state="held", reservations__budget__fund=fund)
        .select_related("claim__party__merged_into", "claim__account")
        .annotate(
            stopped=Exists(
                trips.filter(
                    Q(claim=OuterRef("claim"))
                    | Q(fund=fund)
                    | Q(item_code=OuterRef("claim__item_code")) & ~Q(item_code="")
                )
            ),
            contradicted=Exists(
                ReconciliationDifference.objects.filter(
                    kind__startswith=CONTRADICTED,
                    explained_at__isnull=True,
                    order__claim=OuterRef("claim"),
                )
            ),
        )
        .distinct()
        .order_by("claim_id", "number")
    )
    return WaitingPage(
        tuple(_waiting(row) for row in rows[offset : offset + limit]),
        rows.count(),
    )


def batches(
    *,
    actor: Actor,
    state: str = "",
    fund_id: int | None = None,
    text: str = "",
    offset: int = 0,
    limit: int = 50,
) -> BatchPage:
    """Batches within reach, newest first."""
    rows = _batches(actor)
    if state:
        rows = rows.filter(state=state)
    if fund_id is not None:
        rows = rows.filter(fund=fund_id)
    if text.strip():
        words = text.strip()
        by_order = PaymentOrder.objects.filter(
            Q(end_to_end_id=words) | Q(claim__number=words) | Q(bank_reference=words)
        )
        rows = rows.filter(Q(message_id__icontains=words) | Q(pk__in=by_order.values("batch")))
    return BatchPage(tuple(_batch(row) for row in rows[offset : offset + limit]), rows.count())


def get_batch(*, actor: Actor, batch_id: int, now: datetime) -> BatchDetail:
    """One batch. Raises BatchNotFound."""
    row = _load(actor, batch_id)
    states = {
        each["state"]: (each["count"], each["fen"])
        for each in row.orders.values("state").annotate(count=Count("pk"), fen=Sum("amount_fen"))
    }
    file = PaymentFile.objects.filter(batch=row).defer("content").first()
    evidence = evidence_of(row, now) if row.state in {"sending", "sent"} else None
    return BatchDetail(
        batch=_batch(row),
        states=states,
        attempts=file.attempts if file else 0,
        file_digest=file.digest if file else "",
        mine=row.made_by == reference_of(actor),
        may_send_again=row.state in {"sending", "sent"} and may_send_again(row),
        evidence_from=evidence.first if evidence else None,
        evidence_until=evidence.last if evidence else None,
        evidence_missing=evidence.missing if evidence else (),
        evidence_sound=bool(evidence and evidence.sound),
    )


def orders_of(*, actor: Actor, batch_id: int, state: str = "", offset: int = 0, limit: int = 50) -> OrderPage:
    """The orders of a batch. Raises BatchNotFound."""
    batch = _load(actor, batch_id)
    rows = batch.orders.select_related("claim__party__merged_into", "account").order_by("pk")
    if state:
        rows = rows.filter(state=state)
    return OrderPage(tuple(_order(row) for row in rows[offset : offset + limit]), rows.count())


def reports_of(*, actor: Actor, batch_id: int) -> tuple[ReportView, ...]:
    """What the bank said of a batch, newest first."""
    batch = _load(actor, batch_id)
    rows = BankReport.objects.filter(
        channel=batch.channel, kind="status", applied__batch=batch.message_id
    ).defer("content")
    return tuple(ReportView(row.pk, row.report_id, row.received_at, dict(row.applied)) for row in rows[:100])


@transaction.atomic
def download_batch(*, actor: Actor, batch_id: int, format: str, now: datetime) -> PaymentContent:
    """The file of a batch: as it was sent, where one was; accounts in the clear, so it is on record who took it.

    Needs `claims.pay` or `claims.check_payments`. Raises BatchNotFound, BankingError.
    """
    # Within the reach of who pays or checks: to see money elsewhere is not to read accounts in the clear there.
    scope = scope_of(actor, "claims.check_payments", "claims.pay")
    rows = scope.filter(PaymentBatch.objects.select_related("fund"), region="region_path")
    batch = rows.filter(pk=batch_id).first()
    if batch is None:
        raise _no_batch(batch_id)
    wanted = Format(format)
    file = PaymentFile.objects.filter(batch=batch, format=format).first()
    if file is not None:
        sent = kept_file(file)
        assert isinstance(sent.content, bytes)
        content = sent.content
    else:
        content = content_of(batch, wanted)
    record(
        actor=actor,
        action="claims.batch_downloaded",
        target=target_of(batch),
        now=now,
        after={"format": format, "as_sent": file is not None},
    )
    return PaymentContent(f"{batch.message_id}.{format}", wanted.media_type, content)


def differences(
    *,
    actor: Actor,
    kind: str = "",
    explained: bool | None = None,
    offset: int = 0,
    limit: int = 50,
) -> DifferencePage:
    """Differences within reach: those that are open first."""
    scope = actor.require(VIEW)
    rows = scope.filter(ReconciliationDifference.objects.all(), region="region_path").select_related("order")
    if kind:
        rows = rows.filter(kind=kind)
    if explained is not None:
        rows = rows.filter(explained_at__isnull=not explained)
    rows = rows.order_by(F("explained_at").desc(nulls_first=True), "-pk")
    return DifferencePage(tuple(_difference(row) for row in rows[offset : offset + limit]), rows.count())


def get_difference(*, actor: Actor, difference_id: int) -> DifferenceView:
    """One difference. Raises DifferenceNotFound."""
    scope = actor.require(VIEW)
    rows = scope.filter(ReconciliationDifference.objects.all(), region="region_path")
    row = rows.select_related("order").filter(pk=difference_id).first()
    if row is None:
        raise DifferenceNotFound(
            f"no difference {difference_id}",
            message_zh="没有这条差异，或者不在您的管辖范围",
            value=difference_id,
        )
    return _difference(row)


def open_differences(*, actor: Actor) -> int:
    """How many differences nobody has explained."""
    return differences(actor=actor, explained=False, limit=0).total


def statements(*, actor: Actor, limit: int = 30) -> tuple[StatementView, ...]:
    """The days that were taken in, newest first."""
    scope = actor.require(VIEW)
    rows = scope.filter(BankStatement.objects.all(), region="region_path")
    return tuple(
        StatementView(
            row.account[-4:],
            row.channel,
            row.day,
            row.opening_fen,
            row.closing_fen,
            row.lines_count,
            row.complete,
            row.taken_at,
        )
        for row in rows[:limit]
    )


def payment_channels(*, actor: Actor) -> tuple[ChannelView, ...]:
    """The ways to banks of the funds within reach."""
    configured = channel_names()
    used = set(_funds(actor).values_list("channel", flat=True))
    positions = {row.channel: row for row in ChannelPosition.objects.filter(channel__in=used)}
    found = []
    for code in sorted(used):
        row = positions.get(code)
        found.append(
            ChannelView(
                code,
                configured.get(code, code),
                code in configured,
                row.asked_at if row else None,
                row.problem if row else "",
                row.problem_since if row else None,
            )
        )
    return tuple(found)


def journal_lines(
    *,
    actor: Actor,
    since: date | None = None,
    until: date | None = None,
    account: str = "",
    fund_id: int | None = None,
    offset: int = 0,
    limit: int = 50,
) -> JournalPage:
    """Lines of the journal within reach, newest entries first."""
    scope = actor.require(VIEW)
    rows = scope.filter(JournalLine.objects.all(), region="budget__fund__region_path")
    if since:
        rows = rows.filter(entry__day__gte=since)
    if until:
        rows = rows.filter(entry__day__lte=until)
    if account:
        rows = rows.filter(account=account)
    if fund_id is not None:
        rows = rows.filter(budget__fund=fund_id)
    shown = rows.select_related("entry", "budget__fund").order_by("-entry_id", "pk")[offset : offset + limit]
    return JournalPage(
        tuple(
            JournalRow(
                row.entry_id,
                row.entry.day,
                row.entry.kind,
                row.entry.reference,
                row.entry.told,
                row.budget.fund.name if row.budget else "",
                row.budget.year if row.budget else 0,
                row.budget.level if row.budget else "",
                row.account,
                row.amount_fen,
                row.entry.event_id,
            )
            for row in shown
        ),
        rows.count(),
    )


def _funds(actor: Actor) -> QuerySet[Fund]:
    rows = Fund.objects.select_related("agency").prefetch_related("budgets")
    return actor.require(VIEW).filter(rows, region="region_path")


def _fund(row: Fund, waiting: tuple[int, int]) -> FundView:
    budgets = sorted(row.budgets.all(), key=lambda each: (-each.year, LEVEL_ORDER.index(each.level)))
    return FundView(
        id=row.pk,
        code=row.code,
        name=row.name,
        agency_name=row.agency.name,
        region_path=row.region_path,
        channel=row.channel,
        payer_name=row.payer_name,
        payer_tail=row.payer_account[-4:],
        payer_bank_name=row.payer_bank_name,
        demonstration=row.demonstration,
        budgets=tuple(
            BudgetView(
                each.pk,
                each.year,
                each.level,
                each.amount_fen,
                each.reserved_fen,
                each.spent_fen,
                each.free_fen,
            )
            for each in budgets
        ),
        waiting_count=waiting[0],
        waiting_fen=waiting[1],
    )


LEVEL_ORDER = ("national", "province", "city", "county")


def _waiting(row: Any) -> WaitingClaim:
    claim = row.claim
    account = claim.account
    usable = account is not None and account.state == "usable"
    return WaitingClaim(
        claim_id=claim.pk,
        number=claim.number,
        party_name=claim.enterprise.name,
        item_name=claim.item_name,
        amount_fen=row.amount_fen,
        account=f"{account.bank_name} ＊{account.number_tail}".strip() if account else "",
        problem="stopped"
        if row.stopped
        else "difference"
        if row.contradicted
        else ""
        if usable
        else "account",
        since=claim.decided_at,
    )


def _batches(actor: Actor) -> QuerySet[PaymentBatch]:
    rows = PaymentBatch.objects.select_related("fund")
    return actor.require(VIEW).filter(rows, region="region_path")


def _load(actor: Actor, batch_id: int) -> PaymentBatch:
    row = _batches(actor).filter(pk=batch_id).first()
    if row is None:
        raise _no_batch(batch_id)
    return row


def _no_batch(batch_id: int) -> BatchNotFound:
    return BatchNotFound(f"no batch {batch_id}", message_zh="没有这个拨付批次", value=batch_id)


def _batch(row: PaymentBatch) -> BatchView:
    return BatchView(
        id=row.pk,
        message_id=row.message_id,
        fund_id=row.fund_id,
        fund_name=row.fund.name,
        channel=row.channel,
        state=row.state,
        execute_on=row.execute_on,
        orders_count=row.orders_count,
        amount_fen=row.amount_fen,
        made_by_name=row.made_by_name,
        made_at=row.made_at,
        checked_by_name=row.checked_by_name,
        checked_at=row.checked_at,
        sent_at=row.sent_at,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        problem=row.problem,
        digest=row.digest,
    )


def _order(row: PaymentOrder) -> OrderView:
    return OrderView(
        id=row.pk,
        end_to_end_id=row.end_to_end_id,
        claim_id=row.claim_id,
        claim_number=row.claim.number,
        party_name=row.claim.enterprise.name,
        account_name=row.account.name,
        account_tail=row.account.number_tail,
        bank_name=row.account.bank_name,
        amount_fen=row.amount_fen,
        state=row.state,
        reason_code=row.reason_code,
        reason=row.reason,
        bank_reference=row.bank_reference,
        paid_on=row.paid_on,
    )


def _difference(row: ReconciliationDifference) -> DifferenceView:
    return DifferenceView(
        id=row.pk,
        channel=row.channel,
        day=row.day,
        kind=row.kind,
        key=row.key,
        ours_fen=row.ours_fen,
        theirs_fen=row.theirs_fen,
        told=row.told,
        found_at=row.found_at,
        explained_at=row.explained_at,
        explained_by_name=row.explained_by_name,
        explanation=row.explanation,
        batch_id=row.order.batch_id if row.order else None,
        claim_id=row.order.claim_id if row.order else None,
        bookable=row.kind in BOOKABLE and row.explained_at is None,
    )
