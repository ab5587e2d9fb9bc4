"""Money that was paid is asked back 追回: demanded, given back in parts, given up by decision, or not asked anymore."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from yingshang.kernel.access.api import Actor, ensure_separate, reference_of
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import Overpaid

from ...actions._steps import tell_enterprise, yuan
from ...awards import split
from ...errors import InvalidRecovery, NotPossibleNow, RecoveryNotFound
from ...journal import Line, moved, write_entry
from ...lifecycle import RECOVERY
from ...models import Claim, JournalLine, PaymentOrder, Recovery, Repayment, Reservation, Trip
from ...paying.repaid_lines import find_line, note_unlisted
from ...reach import load
from ..evaluator import ASKED_BACK
from ..holding import hold_back
from ..reminders import follow_clocks, start_clocks
from ..rules import entry_of, recovery_rules, standing_of, unconfirmed_from
from ..screening import finding_of

RECOVER, RECORD = "claims.recover", "claims.reconcile"
_OPEN = ("demanded", "settled", "written_off")
"""States of a recovery whose principal cannot be asked back once more."""


@transaction.atomic
def demand_repayment(
    *,
    actor: Actor,
    claim_id: int,
    principal_fen: int,
    reason: str,
    basis: str,
    plan: Sequence[tuple[date, int]],
    rate: str = "none",
    interest_from: date | None = None,
    hold: bool = True,
    now: datetime,
) -> int:
    """Ask back part or all of what a claim was paid; the number of the recovery.

    `plan` are days and fen that add up to the principal; `rate` is the code of a series of `data/recovery.yaml`;
    interest runs from the day given, or from that of the demand. What was paid stays in the claim: that is history.
    What is still to be paid of the claim is stopped (`hold`) until all has come back, or a supervisor lets it go on.
    Raises ClaimNotFound, InvalidRecovery, NotPossibleNow while another one is open.
    """
    claim = load(actor, claim_id, RECOVER)
    today = timezone.localdate(now)
    reason, basis = reason.strip(), basis.strip()
    if not reason or not basis or len(basis) > 400 or len(reason) > 1000:
        raise _invalid(
            "basis" if reason else "reason",
            "give the reason (up to 1,000 characters) and the legal basis (up to 400)",
            "请填写追回的理由（不超过 1000 字）和依据（不超过 400 字）",
        )
    if claim.recoveries.filter(state="demanded").exists():
        raise NotPossibleNow(
            "money of this claim is being asked back already",
            message_zh="该申请已有未办结的追回事项",
            value=claim.number,
        )
    asked = claim.recoveries.filter(state__in=_OPEN).aggregate(all=Sum("principal_fen", default=0))["all"]
    most = claim.paid_fen - asked
    if not 0 < principal_fen <= most:
        raise _invalid(
            "principal",
            f"between 0.01 and {most / 100:.2f} yuan can be asked back: what was paid, less what was asked back before",
            f"追回金额应大于 0，且不超过已拨付未追回的 {yuan(most)} 元",
        )
    chosen = next((each for each in recovery_rules()["rates"] if each["code"] == rate), None)
    if chosen is None:
        raise _invalid("rate", f"there is no rate {rate}", "没有这种利率")
    parts = _plan(plan, principal_fen, today)
    since = interest_from or today
    first = PaymentOrder.objects.filter(claim=claim, state="paid").order_by("paid_on").first()
    if since > today or (first and first.paid_on and since < first.paid_on):
        raise _invalid(
            "interest_from",
            "interest runs from a day between the payment and today",
            "起息日应在拨付之日和今天之间",
        )
    series = chosen["series"]
    if series and since < date.fromisoformat(series[0]["from"]):
        raise _invalid(
            "interest_from",
            f"the rates that are known begin on {series[0]['from']}",
            f"已知的利率自 {series[0]['from']} 起，更早的起息日请先补充当时公布的利率",
        )
    first_entry = entry_of(rate, since)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Recovery._meta.db_table])
        number = int(cursor.fetchone()[0])
    row = Recovery(
        id=number,
        number=f"ZH{today:%Y%m%d}{number:08d}",
        claim=claim,
        region_path=claim.region_path,
        principal_fen=principal_fen,
        rate_code=rate if series else "",
        interest_rate=Decimal(first_entry["rate"]) if first_entry else None,
        interest_source=str(first_entry["source"] if first_entry else chosen["source"])[:200],
        interest_from=since if series else None,
        reason=reason,
        basis=basis,
        order=str(recovery_rules()["order"]),
        plan=[{"due_on": due.isoformat(), "amount_fen": fen} for due, fen in parts],
        demanded_at=now,
        demanded_by=reference_of(actor),
        demanded_by_name=actor.name,
    )
    row.event_id = _record(
        row, "repayment_demanded", actor=actor, now=now, reason=reason, after={"principal_fen": principal_fen}
    )
    row.save(force_insert=True)
    _journal(row, _shares(claim, principal_fen), "paid", "receivable", "demanded", row.event_id, now)
    start_clocks(row, now=now)
    if hold:
        hold_back(claim, actor=actor, now=now)
    tell_enterprise(
        claim,
        "repayment_demanded",
        now=now,
        recovery=row.number,
        asked=yuan(principal_fen),
        until=parts[0][0].isoformat(),
        reason=reason,
        basis=basis,
    )
    return number


@transaction.atomic
def record_repayment(
    *, actor: Actor, recovery_id: int, amount_fen: int, paid_on: date, bank_reference: str, now: datetime
) -> str:
    """Note what came back, by its line in the bank's statement; the state of the recovery then.

    The same line counts once, for whatever recovery. Where the statement of that day is at hand it must have the line;
    where it is not, what was noted is a difference until the line comes, or somebody else has explained it.
    Raises RecoveryNotFound, NotPossibleNow, InvalidRecovery for an amount or a day that is not that of the line, that
    comes before what was noted already, or that is more than owed.
    """
    row = _load(actor, recovery_id, RECORD)
    RECOVERY.after(row.state, "repaid")
    bank_reference = bank_reference.strip()
    today = timezone.localdate(now)
    earlier = list(row.repayments.order_by("paid_on", "pk"))
    since = timezone.localdate(row.demanded_at)
    if not bank_reference or len(bank_reference) > 64:
        raise _invalid("bank_reference", "give the reference of the bank's line", "请填写银行流水号")
    if amount_fen <= 0:
        raise _invalid("amount", "the amount is more than nothing", "金额应大于 0")
    if not since <= paid_on <= today or (earlier and paid_on < earlier[-1].paid_on):
        raise _invalid(
            "paid_on",
            "repayments are noted in the order of their days, from the demand until today",
            "到账日期应在要求退回之日和今天之间，并按到账先后登记",
        )
    if Repayment.objects.filter(bank_reference=bank_reference).exists():
        raise _invalid("bank_reference", "this line was noted already", "该笔流水已经登记")
    listed = find_line(row, reference=bank_reference, amount_fen=amount_fen, day=paid_on)
    try:
        after = standing_of(row, [*earlier, Repayment(paid_on=paid_on, amount_fen=amount_fen)], until=paid_on)
    except Overpaid as refusal:
        raise _invalid(
            "amount",
            f"only {refusal.open_fen / 100:.2f} yuan are owed on that day; what is beyond goes back to the enterprise",
            f"当日尚欠 {yuan(refusal.open_fen)} 元（含利息），超过部分应退还企业，请按尚欠金额登记",
        ) from None
    principal, interest = after.divided[-1]
    unsure = unconfirmed_from(row, until=paid_on)
    settled = after.open_fen == 0
    row.state = RECOVERY.after(row.state, "settled" if settled else "repaid")
    row.repaid_fen += amount_fen
    event = _record(
        row,
        "repayment_recorded",
        actor=actor,
        now=now,
        after={
            "amount_fen": amount_fen,
            "interest_fen": interest,
            "reference": bank_reference,
            "listed": listed,
            **({"rate_unconfirmed_from": unsure.isoformat()} if interest and unsure else {}),
        },
    )
    if settled:
        row.ended_at, row.ended_event = now, event
        _let_go_on(row, "资金已全部退回", event, actor=actor, now=now)
    row.save()
    Repayment.objects.create(
        recovery=row,
        amount_fen=amount_fen,
        interest_fen=interest,
        paid_on=paid_on,
        bank_reference=bank_reference,
        recorded_at=now,
        recorded_by=reference_of(actor),
        recorded_by_name=actor.name,
        event_id=event,
    )
    if not listed:
        note_unlisted(
            row, reference=bank_reference, amount_fen=amount_fen, day=paid_on, by=actor.name, now=now
        )
    shares = _receivable(row)
    _journal(row, _apart(shares, principal), "receivable", "returned", "repaid", event, now)
    _journal(row, _apart(_asked(row), interest), "interest", "returned", "interest", event, now)
    follow_clocks(row, now=now)
    if settled:
        tell_enterprise(
            row.claim,
            "recovery_ended",
            now=now,
            recovery=row.number,
            result="已全部退回",
            result_en="all of it was given back",
        )
    return row.state


@transaction.atomic
def write_off(*, actor: Actor, recovery_id: int, decision: str, now: datetime) -> None:
    """Give up what has not come back, by a decision of somebody else than who asked for it.

    Raises RecoveryNotFound, NotPossibleNow, InvalidRecovery, ConflictingDuties.
    """
    row = _load(actor, recovery_id, RECOVER)
    ensure_separate(actor, [row.demanded_by])
    state = RECOVERY.after(row.state, "written_off")
    left = _receivable(row)
    row.written_off_fen = sum(fen for _, fen in left)
    event = _end(row, state, "recovery_written_off", decision, actor=actor, now=now)
    _journal(row, left, "receivable", "written_off", "written_off", event, now)
    tell_enterprise(
        row.claim,
        "recovery_ended",
        now=now,
        recovery=row.number,
        result="其余不再追回",
        result_en="the rest is not asked for any more",
    )


@transaction.atomic
def cancel_recovery(*, actor: Actor, recovery_id: int, decision: str, now: datetime) -> None:
    """Take a demand back of which nothing has come yet: somebody else than who made it finds that it should not have
    been made. What was stopped for it goes on.

    Raises RecoveryNotFound, NotPossibleNow, InvalidRecovery, ConflictingDuties.
    """
    row = _load(actor, recovery_id, RECOVER)
    ensure_separate(actor, [row.demanded_by])
    state = RECOVERY.after(row.state, "cancelled")
    if row.repaid_fen:
        raise NotPossibleNow(
            "part of it has come back; write the rest off instead",
            message_zh="已有退款到账，不能撤销；其余部分请走核销",
            value=row.number,
        )
    left = _receivable(row)
    event = _end(row, state, "recovery_cancelled", decision, actor=actor, now=now)
    _journal(row, left, "receivable", "paid", "demand_cancelled", event, now)
    _let_go_on(row, "追回要求已撤销", event, actor=actor, now=now)
    tell_enterprise(
        row.claim,
        "recovery_ended",
        now=now,
        recovery=row.number,
        result="追回要求已撤销，不需要退回",
        result_en="the demand was taken back; nothing has to be given back",
    )


def _let_go_on(row: Recovery, why: str, event_id: int, *, actor: Actor, now: datetime) -> None:
    """Nothing is asked back any more: what was stopped for it goes on, by the event that says so. Not what a supervisor
    has found to be so since, and only waits for the bank.
    """
    Trip.objects.filter(
        rule=ASKED_BACK, finding=finding_of(ASKED_BACK, row.pk), state="open", decided_at__isnull=True
    ).update(
        state="released",
        reason=f"{why}：{row.number}",
        decided_at=now,
        decided_by=reference_of(actor),
        decided_by_name=actor.name,
        decided_event=event_id,
    )


def _plan(plan: Sequence[tuple[date, int]], principal_fen: int, today: date) -> list[tuple[date, int]]:
    parts, most = sorted(plan), int(recovery_rules()["longest_plan_parts"])
    days = [due for due, _ in parts]
    if not 0 < len(parts) <= most or len(set(days)) < len(days):
        raise _invalid(
            "plan",
            f"a plan has 1 to {most} parts, each due on a day of its own",
            f"还款计划为 1 至 {most} 期，每期日期不同",
        )
    if days[0] < today or any(fen <= 0 for _, fen in parts) or sum(fen for _, fen in parts) != principal_fen:
        raise _invalid(
            "plan",
            f"the parts are due from today on and add up to {principal_fen / 100:.2f} yuan",
            f"还款计划各期不早于今天，合计应为 {yuan(principal_fen)} 元",
        )
    return parts


def _load(actor: Actor, recovery_id: int, permission: str) -> Recovery:
    scope = actor.require(permission)
    rows = Recovery.objects.select_for_update(of=("self",)).select_related("claim__party__merged_into")
    row = scope.filter(rows, region="region_path").filter(pk=recovery_id).first()
    if row is None:
        raise RecoveryNotFound(f"no recovery {recovery_id}", message_zh="没有这项追回", value=recovery_id)
    return row


def _end(row: Recovery, state: str, what: str, decision: str, *, actor: Actor, now: datetime) -> int:
    decision = decision.strip()
    if not decision or len(decision) > 400:
        raise _invalid(
            "decision", "give the decision in 1 to 400 characters", "请填写决定和文号（不超过 400 字）"
        )
    row.state, row.decision, row.ended_at = state, decision, now
    after = {"written_off_fen": row.written_off_fen}
    row.ended_event = _record(row, what, actor=actor, now=now, reason=decision, after=after)
    row.save()
    follow_clocks(row, now=now)
    return row.ended_event


def _record(
    row: Recovery, what: str, *, actor: Actor, now: datetime, after: dict[str, Any], reason: str = ""
) -> int:
    return record(
        actor=actor,
        action=f"claims.{what}",
        target=Target(
            "recovery",
            str(row.pk),
            f"{row.number} {row.claim.number}",
            region_path=row.region_path,
            agency_id=row.claim.agency_id,
            party_id=row.claim.party_id,
        ),
        now=now,
        after={"state": row.state, **after},
        reason=reason[:400],
    )


def _shares(claim: Claim, principal_fen: int) -> list[tuple[int, int]]:
    """Budget → fen of the principal, as the budgets bore what was paid and was not asked back yet."""
    borne: dict[int, int] = {}
    spent = Reservation.objects.filter(instalment__claim=claim, state="spent")
    for budget, fen in spent.values_list("budget").annotate(all=Sum("amount_fen")):
        borne[budget] = fen
    numbers = claim.recoveries.values_list("pk", flat=True)
    asked = JournalLine.objects.filter(
        account="paid",
        entry__kind__in=["demanded", "demand_cancelled"],
        entry__reference__in=[f"recovery:{number}" for number in numbers],
    )
    for budget, fen in asked.values_list("budget").annotate(all=Sum("amount_fen")):
        borne[budget] = borne.get(budget, 0) + fen
    left = sorted((budget, fen) for budget, fen in borne.items() if fen > 0)
    return _apart(left, principal_fen)


def _apart(shares: Sequence[tuple[int, int]], amount_fen: int) -> list[tuple[int, int]]:
    """An amount in proportion to what each budget has."""
    if not amount_fen:
        return []
    parts = split(amount_fen, [fen for _, fen in shares])
    return [(budget, fen) for (budget, _), fen in zip(shares, parts, strict=True) if fen]


def _receivable(row: Recovery) -> list[tuple[int, int]]:
    """Budget → fen that still stand open of the principal, by the journal."""
    lines = JournalLine.objects.filter(account="receivable", entry__reference=f"recovery:{row.pk}")
    sums = lines.values_list("budget").annotate(all=Sum("amount_fen")).order_by("budget")
    return [(int(budget), int(fen)) for budget, fen in sums if fen > 0]


def _asked(row: Recovery) -> list[tuple[int, int]]:
    """Budget → fen of the principal it asked back at first: interest is shared like it."""
    lines = JournalLine.objects.filter(
        account="receivable", entry__kind="demanded", entry__reference=f"recovery:{row.pk}"
    )
    return [
        (int(budget), int(fen))
        for budget, fen in lines.order_by("budget").values_list("budget", "amount_fen")
    ]


def _journal(
    row: Recovery,
    shares: Sequence[tuple[int, int]],
    source: str,
    to: str,
    kind: str,
    event_id: int,
    now: datetime,
) -> None:
    lines: list[Line] = []
    for budget, fen in shares:
        lines += moved(budget, fen, source=source, to=to)
    if lines:
        write_entry(
            lines, kind=kind, reference=f"recovery:{row.pk}", told=row.number, event_id=event_id, now=now
        )


def _invalid(field: str, message: str, message_zh: str) -> InvalidRecovery:
    return InvalidRecovery(message, message_zh=message_zh, field=field)
