"""What a bank says of orders, carried out: each answer once, whatever comes twice, late or out of order.

An answer that contradicts what is known already (paid after it was rejected, an order nobody sent) moves nothing. It
becomes a difference that somebody has to explain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from os.path import commonprefix
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import system_actor

from .actions._steps import tell_enterprise
from .errors import NotPossibleNow
from .journal import Line, moved, write_entry
from .lifecycle import ORDER
from .models import (
    Budget,
    Claim,
    Fund,
    Instalment,
    PayeeAccount,
    PaymentBatch,
    PaymentOrder,
    Reservation,
)
from .models.claims import ENDED_WITHOUT
from .models.payments import ReconciliationDifference
from .oversight.holding import hold_back
from .oversight.screening import ACTOR
from .reserving import release

OPEN = ("prepared", "sent", "accepted")
CONTRADICTED = "paid_after_"
"""How the kinds of differences begin in which the bank paid what our books take for unpaid: until somebody has looked
at one, its claim is not ordered again."""

BEFORE_PUBLIC = ("approved", "publicity", "objected")
"""A raised award is before the public once more: what the bank says of what was paid before does not let it be paid."""

_LATER = {"accepted": ("paid", "rejected", "returned"), "paid": ("returned",)}
"""Status → states of an order that it comes before: told late, it changes nothing."""


def contradicted(claim: Claim) -> bool:
    """Whether the bank says that it paid what our books take for unpaid of a claim, and nobody has explained it."""
    return ReconciliationDifference.objects.filter(
        order__claim=claim, kind__startswith=CONTRADICTED, explained_at__isnull=True
    ).exists()


def ensure_not_contradicted(claim: Claim) -> None:
    """What ends unpaid can be claimed and paid again, and what is raised is paid: not while the bank says that it paid.

    Raises NotPossibleNow.
    """
    if contradicted(claim):
        raise NotPossibleNow(
            f"the bank says that it paid {claim.number}; that is looked into first",
            message_zh="银行称该申请的资金已支付，正在核对，请在核对清楚之后再办理",
            value=claim.number,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bank says of one order: `status` is accepted, paid, rejected or returned (paid before, and come back).

    `account_is_wrong`: the reason is one the enterprise can mend by giving another account; else the claim waits for
    payment again as it is. `amount_fen` is what the bank says it paid: another amount than was ordered moves nothing.
    `after_all`: somebody has looked at it, and the bank did pay what was taken for rejected or not executed.
    """

    end_to_end_id: str
    status: str
    day: date | None = None
    reason_code: str = ""
    reason: str = ""
    reference: str = ""
    account_is_wrong: bool = True
    amount_fen: int | None = None
    after_all: bool = False


@dataclass(slots=True)
class Settled:
    """What came of some answers, by how many orders."""

    accepted: int = 0
    paid: int = 0
    rejected: int = 0
    returned: int = 0
    known: int = 0
    differences: list[str] = field(default_factory=list)


def settle(answers: Sequence[Answer], *, channel: str, event_id: int, now: datetime) -> Settled:
    """Carry some answers out, in the transaction of the action whose event is named.

    Orders are locked in the order of their numbers, then their claims, then their budgets: two reports at once wait
    for each other.
    """
    books = _Books.opened({answer.end_to_end_id for answer in answers}, channel)
    result = Settled()
    for answer in answers:
        order = books.orders.get(answer.end_to_end_id)
        if order is None:
            _differ("unknown_order", answer, None, channel, result, now)
        elif answer.amount_fen is not None and answer.amount_fen != order.amount_fen:
            _differ("amount_differs", answer, order, channel, result, now)
        else:
            _carry_out(order, answer, books, channel, result, now)
    books.save(event_id=event_id, now=now)
    write_entry(
        books.lines,
        kind="answered",
        reference=f"report:{event_id}",
        told=f"{channel} 回执 {len(answers)} 笔",
        event_id=event_id,
        now=now,
    )
    end_batches({row.batch_id for row in books.orders.values()}, now=now)
    return result


def end_batches(batches: set[int], *, now: datetime) -> None:
    """Batches whose orders have all come to an end."""
    for batch in PaymentBatch.objects.filter(pk__in=batches, state__in=["sending", "sent"]):
        if not batch.orders.filter(state__in=OPEN).exists():
            batch.state, batch.ended_at = "answered", now
            batch.save(update_fields=["state", "ended_at"])


@dataclass(slots=True)
class _Books:
    """Everything some orders touch, locked, each row once however many orders share it; saved at the end."""

    orders: dict[str, PaymentOrder]
    claims: dict[int, Claim]
    parts: dict[int, dict[int, Instalment]]
    kept: dict[int, list[Reservation]]
    open_orders: dict[int, set[int]]
    refused: dict[int, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    changed: dict[str, dict[int, Any]] = field(default_factory=dict)
    told: list[tuple[Claim, PaymentOrder, date]] = field(default_factory=list)
    back: dict[int, Claim] = field(default_factory=dict)

    @classmethod
    def opened(cls, end_to_end_ids: Collection[str], channel: str) -> _Books:
        rows = (
            PaymentOrder.objects.select_for_update(of=("self",))
            .filter(end_to_end_id__in=list(end_to_end_ids), batch__channel=channel)
            .select_related("batch", "account")
            .order_by("pk")
        )
        orders = {row.end_to_end_id: row for row in rows}
        wanted = {row.claim_id for row in orders.values()}
        claims = {
            row.pk: row
            for row in Claim.objects.select_for_update(of=("self",))
            .filter(pk__in=wanted)
            .select_related("party__merged_into", "account")
            .order_by("pk")
        }
        parts: dict[int, dict[int, Instalment]] = {}
        for part in Instalment.objects.filter(claim__in=wanted).order_by("pk"):
            parts.setdefault(part.claim_id, {})[part.pk] = part
        open_orders: dict[int, set[int]] = {}
        for claim_id, pk in PaymentOrder.objects.filter(claim__in=wanted, state__in=OPEN).values_list(
            "claim_id", "pk"
        ):
            open_orders.setdefault(claim_id, set()).add(pk)
        kept: dict[int, list[Reservation]] = {}
        for each in (
            Reservation.objects.select_for_update()
            .filter(instalment__in=[row.instalment_id for row in orders.values()])
            .exclude(state="released")
            .order_by("pk")
        ):
            kept.setdefault(each.instalment_id, []).append(each)
        budgets = {each.budget_id for held in kept.values() for each in held}
        list(Budget.objects.select_for_update().filter(pk__in=budgets).order_by("pk").values_list("pk"))
        return cls(orders, claims, parts, kept, open_orders)

    def note(self, *rows: Any) -> None:
        for row in rows:
            self.changed.setdefault(type(row).__name__, {})[row.pk] = row

    def save(self, *, event_id: int, now: datetime) -> None:
        """Write what has changed, then what follows for claims."""
        for model, columns in (
            (PaymentOrder, ["state", "changed_at", "bank_reference", "reason_code", "reason", "paid_on"]),
            (Instalment, ["state"]),
            (Reservation, ["state"]),
        ):
            rows = list(self.changed.get(model.__name__, {}).values())
            if rows:
                model._default_manager.bulk_update(rows, columns, batch_size=500)
        for account_id, reason in self.refused.items():
            PayeeAccount.objects.filter(pk=account_id).update(
                state="refused", standing=False, problem=reason[:200]
            )
        claims: list[Claim] = list(self.changed.get("Claim", {}).values())
        wrong = [claim for claim in claims if self._follow(claim, now)]
        # The same account stands in other claims of the enterprise that wait: they cannot be paid to it either.
        others = Claim.objects.select_for_update(of=("self",)).filter(
            account__in=list(self.refused), state="payable"
        )
        for claim in others.exclude(pk__in=list(self.claims)).select_related("party__merged_into", "account"):
            _to_state(claim, "account_wrong", now)
            claims.append(claim)
            wrong.append(claim)
        Claim.objects.bulk_update(claims, ["state", "state_before", "ended_at", "paid_fen"], batch_size=500)
        ended = [claim for claim in claims if claim.state in ENDED_WITHOUT]
        if ended:
            # Money of a claim that has been given up since came back: it is nobody's now.
            release(ended, reference=f"report:{event_id}", event_id=event_id, now=now)
        for claim in self.back.values():
            # It would be paid once more, though it is being asked back.
            hold_back(claim, actor=system_actor(ACTOR), now=now)
        for claim in wrong:
            reason = self.refused.get(claim.account_id or 0) or "账户不能入账"
            tell_enterprise(claim, "account_wrong", now=now, reason=reason)
        for claim, order, day in self.told:
            if order.state == "paid":
                tell_enterprise(claim, "paid", now=now, day=day.isoformat(), tail=order.account.number_tail)

    def _follow(self, claim: Claim, now: datetime) -> bool:
        """Put a claim where its instalments and orders are; whether it waits for another account since."""
        if claim.state in ENDED_WITHOUT or claim.state in BEFORE_PUBLIC:
            return False
        account = claim.account
        usable = account is not None and account.state == "usable" and account.pk not in self.refused
        return follow_parts(
            claim,
            [part.state for part in self.parts.get(claim.pk, {}).values()],
            in_flight=bool(self.open_orders.get(claim.pk)),
            usable=usable,
            now=now,
        )


def follow_parts(
    claim: Claim, parts: Collection[str], *, in_flight: bool, usable: bool, now: datetime
) -> bool:
    """The state of a claim that follows from those of its instalments; whether it waits for another account since."""
    before = claim.state
    if in_flight:
        to = "paying"
    elif "due" in parts:
        to = "payable" if usable else "account_wrong"
    else:
        to = "partly_paid" if "waiting" in parts else "paid"
    _to_state(claim, to, now)
    return to == "account_wrong" != before


def _to_state(claim: Claim, to: str, now: datetime) -> None:
    if claim.state != to:
        claim.state_before, claim.state = claim.state, to
        claim.ended_at = now if to == "paid" else None


def _carry_out(
    order: PaymentOrder, answer: Answer, books: _Books, channel: str, result: Settled, now: datetime
) -> None:
    if answer.status == order.state or order.state in _LATER.get(answer.status, ()):
        # Told twice, or late: it is known already.
        result.known += 1
        return
    if order.state == "prepared" and order.batch.state == "sending":
        # The bank is faster than we were: killed after the file was handed over, before that was written down.
        order.state = "sent"
    event = "paid_after_all" if answer.after_all else answer.status
    if not ORDER.may(order.state, event):
        _differ(f"{answer.status}_after_{order.state}", answer, order, channel, result, now)
        return
    day = answer.day or timezone.localdate(now)
    before, order.state = order.state, ORDER.after(order.state, event)
    order.changed_at = now
    order.bank_reference = answer.reference[:64] or order.bank_reference
    order.reason_code, order.reason = answer.reason_code[:8], answer.reason[:200]
    books.note(order)
    if answer.status == "accepted":
        result.accepted += 1
        return
    claim = books.claims[order.claim_id]
    part = books.parts[order.claim_id][order.instalment_id]
    kept = books.kept.get(order.instalment_id, [])
    books.open_orders.get(order.claim_id, set()).discard(order.pk)
    match answer.status:
        case "paid":
            order.paid_on = day
            part.state = "paid"
            claim.paid_fen += order.amount_fen
            _shift(kept, "held", "spent", "reserved" if answer.after_all else "in_transit", "paid", books)
            books.told.append((claim, order, day))
            result.paid += 1
        case "rejected":
            _shift(kept, "", "", "in_transit", "reserved", books)
            result.rejected += 1
        case "returned" if before == "paid":
            part.state = "due"
            claim.paid_fen -= order.amount_fen
            books.back[claim.pk] = claim
            _shift(kept, "spent", "held", "paid", "reserved", books)
            result.returned += 1
        case "returned":
            # That it was paid has not reached us, or will later: what is certain is that it is back.
            _shift(kept, "", "", "in_transit", "reserved", books)
            result.returned += 1
    if answer.status in {"rejected", "returned"} and answer.account_is_wrong:
        books.refused[order.account_id] = answer.reason
    books.note(part, claim)


def _shift(kept: list[Reservation], before: str, after: str, source: str, to: str, books: _Books) -> None:
    for each in kept:
        if before and each.state == before:
            each.state = after
            books.note(each)
        books.lines += moved(each.budget_id, each.amount_fen, source=source, to=to)


def _differ(
    kind: str, answer: Answer, order: PaymentOrder | None, channel: str, result: Settled, now: datetime
) -> None:
    if note_difference(
        kind,
        answer.end_to_end_id,
        channel=channel,
        day=answer.day or timezone.localdate(now),
        order=order,
        theirs_fen=answer.amount_fen,
        told=f"{answer.status} {answer.reason_code} {answer.reason}".strip(),
        now=now,
    ):
        result.differences.append(f"{kind} {answer.end_to_end_id}")


def note_difference(
    kind: str,
    key: str,
    *,
    channel: str,
    day: date,
    order: PaymentOrder | None = None,
    region_path: str | None = None,
    ours_fen: int | None = None,
    theirs_fen: int | None = None,
    told: str = "",
    now: datetime,
) -> bool:
    """Something that bank and books do not agree on, noted once; whether it is new."""
    if region_path is None:
        region_path = order.batch.region_path if order else region_of(channel)
    _, new = ReconciliationDifference.objects.get_or_create(
        channel=channel,
        kind=kind[:24],
        key=key[:80],
        defaults={
            "region_path": region_path,
            "day": day,
            "order": order,
            "ours_fen": order.amount_fen if order else ours_fen,
            "theirs_fen": theirs_fen,
            "told": told[:400],
            "found_at": now,
        },
    )
    return bool(new)


def region_of(channel: str) -> str:
    """The smallest region that holds every fund paid through a channel."""
    regions = Fund.objects.filter(channel=channel).values_list("region_path", flat=True).distinct()
    return commonprefix(list(regions)) if regions else ""  # noqa: RUF071  (digits, no components of a path)
