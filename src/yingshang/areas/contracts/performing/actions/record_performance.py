"""Somebody of either side says what has happened, and takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ...errors import InvalidStep, NotPossibleNow, StepNotFound
from ...ladder._steps import ensure_outside
from ...lifecycle import CONTRACT, OBLIGATION, PERFORMANCE
from ...models import Obligation, Performance
from ...obligations.interest import InterestFacts, work_out
from ...obligations.rules import obligation_rules
from ...obligations.terms import read_terms
from ...reach import (
    HIDDEN_FROM_OWN,
    OPEN_TO_ALL,
    REGISTER,
    STATE_OWN,
    SUPERVISE,
    ensure_of_unit,
    load_obligation,
    load_own_obligation,
    obligations_on_desk,
)
from ...registering.rules import contract_rules
from ..applying import apply, entries_of
from ..coming_to import (
    COUNTERPARTY,
    DISPUTED,
    DONE,
    NOT_RECEIVED,
    PARTIAL,
    SETTLED,
    UNIT,
    by_order,
    come_to,
    facts_of,
)
from ..easing import ensure_not_eased, late_debts
from ..evidence import ensure_evidence
from ..telling import tell_other_side

SAID = (DONE, PARTIAL, NOT_RECEIVED, DISPUTED)
"""What may be said; that a dispute is settled has an action of its own."""


@dataclass(frozen=True, slots=True)
class OpenOn:
    """What a payment on a day would find open."""

    principal_fen: int
    interest_fen: int | None

    @property
    def whole_fen(self) -> int:
        """Principal and the interest that is known."""
        return self.principal_fen + (self.interest_fen or 0)


@transaction.atomic
def record_performance(
    *,
    actor: Actor,
    obligation_id: int,
    what: str,
    happened_on: date,
    amount_fen: int | None = None,
    of_interest_fen: int | None = None,
    overpaid: bool = False,
    note: str = "",
    document_ids: Sequence[int] = (),
    now: datetime,
) -> int:
    """The unit says what has happened: done, partial, not_received (of what it is owed), disputed. The number of the
    entry.

    Of what is owed in money who pays says how much; who is owed may say `done` without an amount: all has come. How
    much of a late payment is interest follows the contract or the law; `of_interest_fen` may say otherwise against the
    side that says it: who pays sets no interest aside, who is owed may.
    More than is owed is refused unless it is said so (`overpaid`).

    Raises NotAllowed, ObligationNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row = load_obligation(actor, obligation_id, REGISTER)
    ensure_of_unit(actor, row.contract, REGISTER)
    return _say(
        row, UNIT, actor, what, happened_on, amount_fen, of_interest_fen, overpaid, note, document_ids, now
    )


@transaction.atomic
def record_own(
    *,
    actor: Actor,
    obligation_id: int,
    what: str,
    happened_on: date,
    amount_fen: int | None = None,
    of_interest_fen: int | None = None,
    overpaid: bool = False,
    note: str = "",
    document_ids: Sequence[int] = (),
    now: datetime,
) -> int:
    """The same, said by the other side: somebody who acts for the enterprise. Raises as `record_performance` does, but
    for NotYours.
    """
    row = load_own_obligation(actor, obligation_id, STATE_OWN)
    return _say(
        row,
        COUNTERPARTY,
        actor,
        what,
        happened_on,
        amount_fen,
        of_interest_fen,
        overpaid,
        note,
        document_ids,
        now,
    )


@transaction.atomic
def withdraw_performance(*, actor: Actor, performance_id: int, reason: str, now: datetime) -> None:
    """What one's side said by mistake is taken back; it stays to be seen. Not by the unit where what it is late with
    would not be late any more. Raises StepNotFound, NotAllowed, NotYours,
    NotPossibleNow, InvalidStep.
    """
    found = Performance.objects.filter(pk=performance_id).values_list("obligation", "side").first()
    if found is None:
        raise _no_entry(performance_id)
    obligation_id, side = found
    if side == UNIT:
        row = load_obligation(actor, obligation_id, REGISTER)
        ensure_of_unit(actor, row.contract, REGISTER)
    else:
        row = load_own_obligation(actor, obligation_id, STATE_OWN)
    reason = _bounded(reason)
    if not reason:
        raise InvalidStep("say why it is taken back", message_zh="请写明撤回的原因", field="reason")
    debts = late_debts(row.contract, today=timezone.localdate(now)) if side == UNIT else {}
    entry = Performance.objects.select_for_update().get(pk=performance_id)
    OBLIGATION.after(row.state, "withdrawn")
    entry.state = PERFORMANCE.after(entry.state, "withdrawn")
    entry.withdrawn_at, entry.withdrawn_by_name = now, actor.name[:120]
    entry.save(update_fields=["state", "withdrawn_at", "withdrawn_by_name"])
    before = _standing(row)
    apply(row, now=now)
    ensure_not_eased(debts, field="reason")
    record(
        actor=actor,
        action="contracts.performance_withdrawn",
        target=target_of(row),
        now=now,
        before=before,
        after={**_standing(row), "entry": entry.pk, "side": side},
        reason=reason[:400],
    )
    tell_other_side(row, entry, actor=actor, withdrawn=True, now=now)


@transaction.atomic
def settle_dispute(*, actor: Actor, obligation_id: int, note: str, side: str = "", now: datetime) -> int:
    """A side ends its dispute, or a supervisor one of the sides' (`side`, where both dispute). The number of the entry.

    Nobody who supervises ends the dispute with the own unit.

    Raises NotAllowed, ObligationNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    # Who registers for one unit may supervise others, or act for an enterprise.
    mine = actor.may(REGISTER) and obligations_on_desk(actor, REGISTER).filter(pk=obligation_id).exists()
    if mine or not (actor.may(SUPERVISE) or actor.may(STATE_OWN)):
        row = load_obligation(actor, obligation_id, REGISTER)
        ensure_of_unit(actor, row.contract, REGISTER)
        sides = [UNIT]
    elif actor.may(SUPERVISE):
        row = load_obligation(actor, obligation_id, SUPERVISE)
        ensure_outside(actor, row.agency_id)
        sides = [side] if side else [UNIT, COUNTERPARTY]
    else:
        row = load_own_obligation(actor, obligation_id, STATE_OWN)
        sides = [COUNTERPARTY]
    ensure_reviewed(row)
    OBLIGATION.after(row.state, "settled")
    note = _bounded(note)
    if not note:
        raise InvalidStep("say how it was settled", message_zh="请写明争议如何解决", field="note")
    entries = entries_of(row)
    disputing = [
        each
        for each in sides
        if next(
            (one.what for one in reversed(entries) if one.side == each and one.what in (DISPUTED, SETTLED)),
            "",
        )
        == DISPUTED
    ]
    if not disputing:
        raise NotPossibleNow(
            "there is no dispute of this side to be settled",
            message_zh="本方没有提出过未解决的争议",
            state=row.state,
            event="settled",
        )
    made = [
        _entry(row, each, actor, SETTLED, timezone.localdate(now), None, 0, note, [], now)
        for each in disputing
    ]
    before = _standing(row)
    apply(row, now=now)
    record(
        actor=actor,
        action="contracts.dispute_settled",
        target=target_of(row),
        now=now,
        before=before,
        after={**_standing(row), "sides": disputing},
        reason=note[:400],
    )
    tell_other_side(row, made[0], actor=actor, now=now)
    return int(made[0].pk)


def open_on(row: Obligation, on: date) -> OpenOn:
    """What a payment on a day would find open, by what counts so far."""
    counted = come_to(facts_of(row), entries_of(row)).counted
    facts = InterestFacts(row.amount_fen, row.due_on, row.daily_rate, counted)
    return OpenOn(row.open_fen, work_out(facts, on).fen)


def target_of(row: Obligation) -> Target:
    """The obligation as audit events name it; of a contract that is not open by its number alone."""
    title = f" {row.title}" if row.contract.secrecy == OPEN_TO_ALL else ""
    return Target(
        "contract_obligation",
        str(row.pk),
        f"{row.contract.number} {row.ordinal}{title}"[:200],
        region_path=row.region_path,
        agency_id=row.agency_id,
        party_id=row.party_id,
    )


def _say(
    row: Obligation,
    side: str,
    actor: Actor,
    what: str,
    happened_on: date,
    amount_fen: int | None,
    of_interest_fen: int | None,
    overpaid: bool,
    note: str,
    document_ids: Sequence[int],
    now: datetime,
) -> int:
    ensure_reviewed(row)
    if what not in SAID:
        raise InvalidStep(f"write one of {', '.join(SAID)}", message_zh="请选择履行情况", field="what")
    debtor = row.side == side
    OBLIGATION.after(row.state, _event_of(row, what, debtor=debtor))
    if what == NOT_RECEIVED and debtor:
        raise InvalidStep(
            "only who is owed says that nothing has come",
            message_zh="“未收到”由收款或者接受履行的一方填写",
            field="what",
        )
    _ensure_day(row, happened_on, timezone.localdate(now))
    note = _bounded(note)
    if what == DISPUTED and not note:
        raise InvalidStep("say what is disputed", message_zh="请写明争议的内容", field="note")
    evidence = ensure_evidence(row, document_ids)
    interest = 0
    if what in (DONE, PARTIAL):
        interest = _amount(row, side, what, happened_on, amount_fen, of_interest_fen, overpaid=overpaid)
    elif amount_fen is not None:
        raise InvalidStep("leave the amount out", message_zh="此项不填写金额", field="amount")
    debts = late_debts(row.contract, today=timezone.localdate(now)) if side == UNIT else {}
    before = _standing(row)
    entry = _entry(row, side, actor, what, happened_on, amount_fen, interest, note, evidence, now)
    apply(row, now=now)
    ensure_not_eased(debts, field="happened_on")
    entry.event_id = record(
        actor=actor,
        action=f"contracts.{_ACTIONS[what]}",
        target=target_of(row),
        now=now,
        before=before,
        after={
            **_standing(row),
            "entry": entry.pk,
            "side": side,
            "on": happened_on,
            "amount_fen": amount_fen,
            "interest_fen": interest,
            "documents": evidence,
        },
        reason=note[:400],
    )
    entry.save(update_fields=["event_id"])
    tell_other_side(row, entry, actor=actor, now=now)
    return int(entry.pk)


_ACTIONS = {
    DONE: "performance_recorded",
    PARTIAL: "performance_recorded",
    NOT_RECEIVED: "performance_denied",
    DISPUTED: "obligation_disputed",
}


def _event_of(row: Obligation, what: str, *, debtor: bool) -> str:
    if what == NOT_RECEIVED:
        return "denied"
    if what == DISPUTED:
        return "disputed"
    return "confirmed" if row.state == "performed" and not debtor else "performed"


def _amount(
    row: Obligation,
    side: str,
    what: str,
    happened_on: date,
    amount_fen: int | None,
    of_interest_fen: int | None,
    *,
    overpaid: bool,
) -> int:
    """How much of an amount is interest. Who pays may say `done` while the interest leaves a part of it open: kept as
    it was said: what it comes to tells the rest. Raises InvalidStep.
    """
    money = row.amount_fen is not None or amount_fen is not None
    largest = contract_rules().largest_amount_fen
    if amount_fen is not None and not 0 < amount_fen <= largest:
        raise InvalidStep(
            f"write an amount above 0, and of {largest // 100:,} yuan at most",
            message_zh=f"金额应大于 0 且不超过 {largest // 100:,} 元",
            field="amount",
        )
    if row.amount_fen is None:
        # What is owed is no sum of money, or nobody knows how much it is.
        if money and row.kind not in MONEY_WITHOUT_AMOUNT:
            raise InvalidStep(
                "this is no payment; leave the amount out",
                message_zh="该义务不是付款，不填写金额",
                field="amount",
            )
        return 0
    creditor = row.side != side
    if amount_fen is None:
        if creditor and what == DONE:
            return 0
        raise InvalidStep("write how much was paid", message_zh="请填写实际支付的金额", field="amount")
    outcome = come_to(facts_of(row), entries_of(row))
    facts = InterestFacts(row.amount_fen, row.due_on, row.daily_rate, outcome.counted)
    so_far = work_out(facts, happened_on)
    interest = so_far.fen or 0
    said = (row.unit_said_fen if side == UNIT else row.counterparty_said_fen) or 0
    # Interest is owed beside the amount; what had been paid of it before is among what was said.
    most = (
        row.amount_fen
        + max(so_far.whole_fen or 0, sum(each.interest_fen or 0 for each in outcome.counted))
        - said
    )
    if amount_fen > most and not overpaid:
        least = max(most, 0)
        raise InvalidStep(
            f"more than is open: {least / 100:,.2f} yuan on {happened_on}, {interest / 100:,.2f} of it interest",
            message_zh=f"超过了尚欠的数额：到 {happened_on} 还欠 {least / 100:,.2f} 元，"
            f"其中逾期利息 {interest / 100:,.2f} 元；确属多付的，请注明“多付”",
            field="amount",
            open_fen=least,
            interest_fen=interest,
        )
    part = by_order(
        read_terms(row.terms).order or obligation_rules().order,
        amount_fen=amount_fen,
        interest_fen=interest,
        open_fen=row.open_fen,
    )
    if of_interest_fen is not None:
        part = _of_interest(of_interest_fen, part, min(amount_fen, interest), interest, creditor=creditor)
    # Who is owed says by "done" that all has come; a lesser amount beside it says the contrary.
    left = row.amount_fen - said if creditor else row.open_fen
    if what == DONE and amount_fen < left:
        raise InvalidStep(
            f"{left / 100:,.2f} yuan are open; say that it was done in part"
            + (", or leave the amount out where all has come" if creditor else ""),
            message_zh=f"尚欠 {left / 100:,.2f} 元，请选择“部分履行”"
            + ("；已全部收到的，请不填金额" if creditor else ""),
            field="what",
        )
    return part


def _of_interest(said: int, by_rule: int, most: int, interest: int, *, creditor: bool) -> int:
    """What a side says of a payment is interest: other than by the rule only against itself. Raises InvalidStep."""
    if not 0 <= said <= most:
        raise InvalidStep(
            f"of interest {interest / 100:,.2f} yuan are open on that day",
            message_zh=f"当日尚欠的利息为 {interest / 100:,.2f} 元，用于付息的部分不能超过它",
            field="of_interest",
        )
    if said > by_rule if creditor else said < by_rule:
        raise InvalidStep(
            f"by the contract or the law {by_rule / 100:,.2f} yuan of it are interest; other than that only the side"
            " that loses by it says, as who is owed does by saying that all has come",
            message_zh=f"按合同或者法律规定，这笔款项中 {by_rule / 100:,.2f} 元用于付息，不能由一方改变；"
            "收款方放弃利息的，由收款方登记“确认已收到”",
            field="of_interest",
        )
    return said


MONEY_WITHOUT_AMOUNT = ("pay", "return_deposit")
"""Kinds that are money even where nobody has said how much."""


def _entry(
    row: Obligation,
    side: str,
    actor: Actor,
    what: str,
    happened_on: date,
    amount_fen: int | None,
    interest_fen: int,
    note: str,
    evidence: Sequence[int],
    now: datetime,
) -> Performance:
    return Performance.objects.create(
        obligation=row,
        side=side,
        what=what,
        happened_on=happened_on,
        amount_fen=amount_fen,
        interest_fen=interest_fen,
        note=note,
        document_ids=list(evidence),
        recorded_by_id=int(actor.identifier) if actor.kind == "user" else None,
        recorded_by_name=actor.name[:120],
        recorded_at=now,
    )


def _standing(row: Obligation) -> dict[str, object]:
    return {
        "state": row.state,
        "open_fen": row.open_fen,
        "disagreed": row.disagreed,
        "disputed": row.disputed,
    }


def ensure_reviewed(row: Obligation) -> None:
    """Nothing is performed of what nobody has reviewed. Raises NotPossibleNow."""
    if row.contract.state in HIDDEN_FROM_OWN:
        state = CONTRACT.states[row.contract.state]
        raise NotPossibleNow(
            f"the contract is {state.name_en}; it has to be registered first",
            message_zh=f"该合同的状态是“{state.name}”，登记生效后才能记录履约",
            state=state.code,
            event="performed",
        )


def _ensure_day(row: Obligation, on: date, today: date) -> None:
    earliest = row.contract.signed_on.replace(month=1, day=1)
    earliest = earliest.replace(year=earliest.year - obligation_rules().years_before_signing)
    if not earliest <= on <= today:
        raise InvalidStep(
            f"write a day until today, {today}, and not long before the contract was signed",
            message_zh=f"日期不能晚于今天（{today}），也不应远早于合同签订日",
            field="happened_on",
        )


def _bounded(text: str) -> str:
    text, most = text.strip(), obligation_rules().most_note
    if len(text) > most:
        raise InvalidStep(
            f"{len(text)} characters; write at most {most}", message_zh=f"最多 {most} 字", field="note"
        )
    return text


def _no_entry(number: int) -> StepNotFound:
    return StepNotFound(f"no entry {number}", message_zh="没有这条履约记录，或者您不能查看", value=number)
