"""Payment orders are put together in a batch by one person, and checked by another."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import cast

from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from yingshang.kernel.access.api import Actor, ConflictingDuties, ensure_separate, reference_of
from yingshang.kernel.ledger.api import Target, record

from ..bulk import AnyOf, copy_rows
from ..errors import BatchNotFound, BudgetNotFound, NothingToPay, Stopped
from ..journal import Line, moved, write_entry
from ..lifecycle import BATCH
from ..models import (
    Claim,
    Fund,
    Instalment,
    ItemTerms,
    PaymentBatch,
    PaymentOrder,
    ReconciliationDifference,
    Reservation,
    Trip,
)
from ..oversight.screening import screen
from ..parameters import payment
from ..settling import CONTRADICTED

DUTIES = ("accepted_by", "reviewed_by", "approved_by")


def prepare_batch(
    *,
    actor: Actor,
    fund_id: int,
    execute_on: date | None = None,
    claims: Collection[int] | None = None,
    now: datetime,
) -> int:
    """A batch of what is due in a fund, of these claims or of all that wait; the number of the batch.

    At most `batch_size` orders (data/payment.yaml); call again for the rest. What the circuit breaker holds is left
    out, and so is what the actor accepted, reviewed or approved, where the item's terms keep these duties apart.
    The circuit breaker looks at them first, in a transaction of its own: what it stops stays stopped even when nothing
    is left to order. Raises BudgetNotFound, and NothingToPay when nothing is left, saying why.
    """
    with transaction.atomic():
        fund = _fund(actor, fund_id)
        looked_at = _next(fund, actor, claims)
        screen(looked_at, "ordering", now=now)
    return _prepare(actor=actor, fund_id=fund_id, execute_on=execute_on, claims=looked_at, now=now)


def _fund(actor: Actor, fund_id: int) -> Fund:
    scope = actor.require("claims.pay")
    fund = scope.filter(Fund.objects.all(), region="region_path").filter(pk=fund_id).first()
    if fund is None:
        raise BudgetNotFound(f"no fund {fund_id}", message_zh="没有这项资金", value=fund_id)
    return fund


@transaction.atomic
def _prepare(
    *, actor: Actor, fund_id: int, execute_on: date | None, claims: Collection[int], now: datetime
) -> int:
    fund = _fund(actor, fund_id)
    day = timezone.localdate(now)
    rows = list(
        _due(fund, actor, claims)
        .select_for_update(of=("self", "claim"))
        .select_related("claim")
        # Ten thousand at once: nothing is read, or deciphered, that an order does not need.
        .only("amount_fen", "claim__account")
        .order_by("claim_id", "pk")[: int(payment()["batch_size"])]
    )
    if not rows:
        raise NothingToPay(
            f"nothing of {fund.code} can be ordered: it is paid, stopped, waits for an account, or you decided on it",
            message_zh="没有可以编制拨付的申请：可能已拨付、被熔断、缺少收款账户，或者由您本人参与过审核",
            value=fund.code,
        )
    batch = PaymentBatch.objects.create(
        message_id="",
        fund=fund,
        channel=fund.channel,
        region_path=fund.region_path,
        execute_on=execute_on or day,
        orders_count=len(rows),
        amount_fen=sum(row.amount_fen for row in rows),
        made_by=reference_of(actor),
        made_by_name=actor.name,
        made_at=now,
    )
    batch.message_id = f"YS{day:%Y%m%d}{batch.pk:010d}"
    names = [f"{batch.message_id}-{place:05d}" for place in range(1, len(rows) + 1)]
    copy_rows(
        PaymentOrder,
        {"batch_id": batch.pk, "changed_at": now},
        (
            {
                "end_to_end_id": name,
                "claim_id": row.claim_id,
                "instalment_id": row.pk,
                "account_id": row.claim.account_id,
                "amount_fen": row.amount_fen,
            }
            for name, row in zip(names, rows, strict=True)
        ),
    )
    batch.digest = digest_of(
        (name, row.amount_fen, cast(int, row.claim.account_id)) for name, row in zip(names, rows, strict=True)
    )
    batch.event_id = record(
        actor=actor,
        action="claims.batch_prepared",
        target=target_of(batch),
        now=now,
        after={"orders": len(rows), "amount_fen": batch.amount_fen, "digest": batch.digest},
    )
    batch.save(update_fields=["message_id", "digest", "event_id"])
    Claim.objects.filter(AnyOf("id", [row.claim_id for row in rows]), state="payable").update(
        state="paying", state_before="payable"
    )
    _journal(batch, [row.pk for row in rows], "reserved", "in_transit", kind="ordered", now=now)
    return int(batch.pk)


@transaction.atomic
def check_batch(*, actor: Actor, batch_id: int, digest: str, now: datetime) -> None:
    """A second person has looked at the batch: what they saw (`digest`) is what goes to the bank.

    Raises BatchNotFound, NotPossibleNow, ConflictingDuties for its maker and for who decided on a claim in it, and
    Stopped for a batch that holds what the circuit breaker has stopped since.
    """
    batch = load_batch(actor, batch_id, "claims.check_payments")
    BATCH.after(batch.state, "checked")
    ensure_separate(actor, [batch.made_by])
    orders = batch.orders.order_by("pk").values_list("end_to_end_id", "amount_fen", "account_id")
    if digest != batch.digest or digest != digest_of(orders):
        raise BatchNotFound(
            "the batch is not the one you looked at; open it again",
            message_zh="批次内容与您看到的不一致，请重新打开核对",
            value=batch_id,
        )
    mine = _decided_by(actor, Claim.objects.filter(orders__batch=batch))
    if mine is not None:
        raise ConflictingDuties(
            f"you decided on {mine.number} in this batch; somebody else must check it",
            message_zh=f"您参与过本批次中 {mine.number} 的办理，须由其他人员复核",
            value=mine.number,
        )
    ensure_not_stopped(batch)
    _move(batch, "checked", now=now)
    batch.checked_by, batch.checked_by_name, batch.checked_at = reference_of(actor), actor.name, now
    batch.save()
    record(
        actor=actor,
        action="claims.batch_checked",
        target=target_of(batch),
        now=now,
        after={"state": batch.state, "digest": batch.digest},
    )


@transaction.atomic
def take_back_batch(*, actor: Actor, batch_id: int, reason: str, now: datetime) -> None:
    """A batch that is not to be sent: its claims wait for payment again. Raises BatchNotFound, NotPossibleNow."""
    undo_batch(load_batch(actor, batch_id, "claims.pay"), actor=actor, reason=reason, now=now)


def undo_batch(batch: PaymentBatch, *, actor: Actor, reason: str, now: datetime) -> None:
    """A batch, locked, that was not sent, is given up, with its audit event. Raises NotPossibleNow."""
    _move(batch, "taken_back", now=now)
    batch.ended_at, batch.problem = now, reason[:400]
    batch.save()
    parts = list(batch.orders.values_list("instalment_id", flat=True))
    batch.event_id = record(
        actor=actor,
        action="claims.batch_taken_back",
        target=target_of(batch),
        now=now,
        after={"state": batch.state},
        reason=reason[:400],
    )
    _journal(batch, parts, "in_transit", "reserved", kind="unordered", now=now)
    batch.orders.filter(state="prepared").update(state="taken_back", changed_at=now)
    Claim.objects.filter(orders__batch=batch, state="paying").update(state="payable", state_before="paying")


def load_batch(actor: Actor, batch_id: int, permission: str) -> PaymentBatch:
    """One batch within the reach of a permission, locked. Raises NotAllowed, BatchNotFound."""
    scope = actor.require(permission)
    rows = PaymentBatch.objects.select_for_update(of=("self",)).select_related("fund")
    found = scope.filter(rows, region="region_path").filter(pk=batch_id).first()
    if found is None:
        raise BatchNotFound(f"no batch {batch_id}", message_zh="没有这个拨付批次", value=batch_id)
    return found


def ensure_not_stopped(batch: PaymentBatch) -> None:
    """That the circuit breaker holds nothing of a batch. Raises Stopped."""
    claims = Claim.objects.filter(orders__batch=batch)
    trip = (
        Trip.objects.filter(state="open")
        .filter(
            Q(fund=batch.fund_id)
            | Q(claim__in=claims.values("pk"))
            | Q(item_code__in=claims.values("item_code"))
        )
        .first()
    )
    if trip is not None:
        raise Stopped(
            f"the circuit breaker holds something of this batch ({trip.number}); take the batch back, or wait for the "
            "supervisor",
            message_zh=f"批次中有被监督熔断的申请（{trip.number}），请撤销批次，或等待监督处理",
            value=trip.number,
        )
    contradicted = _contradicted().filter(order__claim__in=claims.values("pk")).first()
    if contradicted is not None:
        raise Stopped(
            f"the bank says it paid {contradicted.key} already; explain the difference first",
            message_zh=f"银行称指令 {contradicted.key} 已支付，请先处理对账差异",
            value=contradicted.key,
        )


def _contradicted() -> QuerySet[ReconciliationDifference]:
    """Orders the bank says it paid, and our books take for unpaid, as long as nobody has looked at it."""
    return ReconciliationDifference.objects.filter(
        kind__startswith=CONTRADICTED, explained_at__isnull=True, order__isnull=False
    )


def digest_of(orders: Iterable[tuple[str, int, int]]) -> str:
    """What the checker signs for: every order with its amount and account."""
    text = "\n".join(f"{name} {fen} {account}" for name, fen, account in orders)
    return hashlib.sha256(text.encode()).hexdigest()


def target_of(batch: PaymentBatch) -> Target:
    """The batch as audit events name it."""
    return Target("payment_batch", str(batch.pk), batch.message_id, region_path=batch.region_path)


def _next(fund: Fund, actor: Actor, claims: Collection[int] | None) -> set[int]:
    """The claims of the next batch. What waits is gone through by its own index, some at a time: however many have been
    ordered before, none of them is read again.
    """
    size = int(payment()["batch_size"])
    if claims is not None:
        return set(_due(fund, actor, claims).order_by("claim_id").values_list("claim_id", flat=True)[:size])
    found: set[int] = set()
    after = 0
    while len(found) < size:
        waiting = Claim.objects.filter(state="payable", pk__gt=after).order_by("pk")
        some = list(waiting.values_list("pk", flat=True)[:size])
        if not some:
            break
        after = some[-1]
        due = _due(fund, actor, some).order_by("claim_id").values_list("claim_id", flat=True)
        found.update(due[: size - len(found)])
    return found


def _due(fund: Fund, actor: Actor, claims: Collection[int]) -> QuerySet[Instalment]:
    open_trips = Trip.objects.filter(state="open")
    rows = (
        Instalment.objects.filter(
            state="due",
            claim__state="payable",
            claim__account__state="usable",
            pk__in=Reservation.objects.filter(budget__fund=fund, state="held").values("instalment"),
        )
        .exclude(claim__in=open_trips.filter(claim__isnull=False).values("claim"))
        .exclude(claim__item_code__in=open_trips.exclude(item_code="").values("item_code"))
        .exclude(_decided(actor, "claim__"))
        .exclude(claim__in=_contradicted().values("order__claim"))
    )
    if open_trips.filter(fund=fund).exists():
        return rows.none()
    return rows.filter(AnyOf("claim_id", claims))


def _decided(actor: Actor, prefix: str = "") -> Q:
    """That this very person had a hand in a claim of an item that keeps paying apart."""
    who = reference_of(actor)
    apart = ItemTerms.objects.filter(separate__contains=["pay"]).values("item_code")
    duties = Q()
    for duty in DUTIES:
        duties |= Q(**{f"{prefix}{duty}": who})
    return duties & Q(**{f"{prefix}item_code__in": apart})


def _decided_by(actor: Actor, claims: QuerySet[Claim]) -> Claim | None:
    return claims.filter(_decided(actor)).first()


def _move(batch: PaymentBatch, event: str, *, now: datetime) -> None:
    batch.state = BATCH.after(batch.state, event)


def _journal(
    batch: PaymentBatch, instalments: Collection[int], source: str, to: str, *, kind: str, now: datetime
) -> None:
    lines: list[Line] = []
    held = Reservation.objects.filter(AnyOf("instalment_id", instalments), state="held")
    for budget_id, fen in held.values_list("budget_id").annotate(Sum("amount_fen")).order_by():
        lines += moved(budget_id, fen, source=source, to=to)
    assert batch.event_id is not None
    write_entry(
        lines,
        kind=kind,
        reference=f"batch:{batch.pk}",
        told=batch.message_id,
        event_id=batch.event_id,
        now=now,
    )
