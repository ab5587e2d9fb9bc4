"""What was agreed later: proposed with what it changes, and in effect once another of the unit has approved it. Where
it eases what the unit is late with, that is not enough: it waits for the other side (`agree_supplement`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

from ...errors import InvalidStep, NotPossibleNow, StepNotFound
from ...ladder.notices import end_clock
from ...lifecycle import CONTRACT, OBLIGATION, SUPPLEMENT
from ...models import Contract, Obligation, Supplement
from ...obligations.planning import plan, read_rule
from ...own.block import ensure_unblocked
from ...performing.applying import change, end
from ...performing.easing import Easing, eased_since, late_debts
from ...reach import REGISTER, REVIEW, agencies_of, ensure_of_unit, load, lock
from ..agreement import put_dropped, refer, tell_taken_back
from ..checking import check_fields
from ..rules import contract_rules
from ..values import ProposedChange, SupplementPreview
from ._steps import (
    ensure_apart,
    ensure_none,
    move,
    note,
    of_unit,
    reason_given,
    shown_title,
    tell,
    tell_other,
    user_of,
)
from .write_contract import fields_of

CHANGEABLE = ("title", "amount_fen", "starts_on", "ends_on", "open_ended", "note")
"""Of a contract in force these are changed by a supplement. How large the other side was when it signed is not."""
_DAYS = ("starts_on", "ends_on")
_OF_OBLIGATION = ("title", "amount_fen", "terms", "budget_reserved")


@transaction.atomic
def propose_supplement(
    *,
    actor: Actor,
    contract_id: int,
    title: str,
    signed_on: date,
    reason: str,
    effective_on: date | None = None,
    reference: str = "",
    changes: Mapping[str, Any] | None = None,
    obligations: Sequence[ProposedChange] = (),
    now: datetime,
) -> int:
    """Write a supplement down: `changes` are new values of the contract (`CHANGEABLE`), `obligations` what becomes of
    them. Nothing changes before it is approved. Its number.

    Raises NotAllowed, ContractNotFound, NotYours, NotPossibleNow, InvalidStep, InvalidContract, InvalidTerms,
    ObligationNotFound.
    """
    told = reason_given(reason)
    row, contract = _written(
        actor,
        contract_id,
        title=title,
        signed_on=signed_on,
        reason=told,
        effective_on=effective_on,
        reference=reference,
        changes=changes or {},
        obligations=obligations,
        now=now,
    )
    note(
        contract,
        "supplement_proposed",
        actor=actor,
        now=now,
        after={
            "ordinal": row.ordinal,
            "fields": sorted(row.changes),
            "obligations": len(row.obligation_changes),
        },
        reason=told,
    )
    reviewers = of_unit(contract, REVIEW, now=now, but=row.proposed_by_id)
    tell(contract, reviewers, "supplement_to_review", now=now, by=actor.name, supplement=_name(row))
    return int(row.pk)


@transaction.atomic
def preview_supplement(
    *,
    actor: Actor,
    contract_id: int,
    title: str,
    signed_on: date,
    reason: str,
    effective_on: date | None = None,
    reference: str = "",
    changes: Mapping[str, Any] | None = None,
    obligations: Sequence[ProposedChange] = (),
    now: datetime,
) -> SupplementPreview:
    """What of the unit's late debts a supplement would ease if it were approved today, before it is proposed: decided
    as the approval decides it; nothing is kept. Raises as `propose_supplement` and `decide_supplement` do.
    """
    with transaction.atomic():
        row, contract = _written(
            actor,
            contract_id,
            title=title,
            signed_on=signed_on,
            reason=reason_given(reason),
            effective_on=effective_on,
            reference=reference,
            changes=changes or {},
            obligations=obligations,
            now=now,
        )
        found = _previewed(contract, row, actor=actor, now=now)
        transaction.set_rollback(True)
    return found


@transaction.atomic
def supplement_preview(*, actor: Actor, supplement_id: int, now: datetime) -> SupplementPreview:
    """The same of one that waits for its review, for the unit's own people; nothing where it waits no more, or cannot
    take effect as it stands: the review says why. Raises NotAllowed, StepNotFound, ContractNotFound, NotYours.
    """
    permission = REVIEW if actor.may(REVIEW) and _reviews(actor, supplement_id) else REGISTER
    row, contract = _loaded(actor, supplement_id, permission)
    if row.state != "proposed":
        return SupplementPreview()
    try:
        return _previewed(contract, row, actor=actor, now=now)
    except DomainError:
        return SupplementPreview()


def _previewed(contract: Contract, row: Supplement, *, actor: Actor, now: datetime) -> SupplementPreview:
    eased, _changes = _would_ease(contract.pk, row.pk, actor=actor, now=now)
    return SupplementPreview(tuple(each.as_dict() for each in eased), contract.party_id is not None)


def _written(
    actor: Actor,
    contract_id: int,
    *,
    title: str,
    signed_on: date,
    reason: str,
    effective_on: date | None,
    reference: str,
    changes: Mapping[str, Any],
    obligations: Sequence[ProposedChange],
    now: datetime,
) -> tuple[Supplement, Contract]:
    """A supplement that is right as far as it can be told before it is approved, saved, and its contract, locked."""
    contract = load(actor, contract_id, REGISTER)
    ensure_of_unit(actor, contract, REGISTER)
    CONTRACT.after(contract.state, "supplemented")
    today = timezone.localdate(now)
    title, rules = title.strip(), contract_rules()
    if not 0 < len(title) <= rules.most_title:
        raise InvalidStep(
            f"give the supplement a title of at most {rules.most_title} characters",
            message_zh=f"请填写补充协议名称，最多 {rules.most_title} 字",
            field="title",
        )
    effective_on = effective_on or signed_on
    _ensure_days(contract, signed_on, effective_on, today)
    changed = _changed(contract, changes, today)
    planned = [_planned(contract, each) for each in obligations]
    if not changed and not planned:
        raise InvalidStep(
            "say what it changes: of the contract, or of its obligations",
            message_zh="请填写补充协议变更了什么：合同内容，或者履约义务",
            field="changes",
        )
    row = Supplement.objects.create(
        contract=contract,
        ordinal=(contract.supplements.order_by("-ordinal").values_list("ordinal", flat=True).first() or 0)
        + 1,
        reference=reference.strip()[: rules.most_reference],
        title=title,
        signed_on=signed_on,
        effective_on=effective_on,
        reason=reason,
        changes=changed,
        obligation_changes=planned,
        proposed_by_id=user_of(actor),
        proposed_by_name=actor.name[:120],
        proposed_at=now,
    )
    return row, contract


@transaction.atomic
def decide_supplement(
    *, actor: Actor, supplement_id: int, approved: bool, remark: str = "", now: datetime
) -> None:
    """Another of the unit approves it: the contract and its obligations are what was agreed, and what they were before
    is kept with it; or drops it with a remark. One by which less would be owed, or later, of what the unit is late
    with waits for the other side whole, and nothing has changed.

    Raises NotAllowed, StepNotFound, ContractNotFound, NotYours, NotPossibleNow, NotApart, InvalidStep, InvalidContract,
    InvalidTerms.
    """
    row, contract = _loaded(actor, supplement_id, REVIEW)
    before, row.state = row.state, SUPPLEMENT.after(row.state, "approved" if approved else "dropped")
    remark = reason_given(remark, field="remark", needed=not approved)
    if before != "proposed":
        # Somebody has approved it; their name and remark stay.
        _take_back(contract, row, actor=actor, reason=remark, now=now)
        return
    row.remark = remark[:400]
    row.decided_by_id, row.decided_by_name, row.decided_at = user_of(actor), actor.name[:120], now
    if not approved:
        _drop(contract, row, actor=actor, reason=remark, now=now)
        tell_unit(contract, row, now=now)
        return
    CONTRACT.after(contract.state, "supplemented")
    ensure_apart(actor, [row.proposed_by_id])
    today = timezone.localdate(now)
    if row.effective_on > today:
        raise NotPossibleNow(
            f"it takes effect on {row.effective_on}; approve it from then on",
            message_zh=f"该补充协议自 {row.effective_on} 起生效，请在生效后审核",
            field="effective_on",
        )
    eased, changes = _would_ease(contract.pk, row.pk, actor=actor, now=now)
    if not eased:
        take_effect(contract, row, actor=actor, now=now)
        return
    # With what each stands at now, and would then: for those who are asked.
    row.state, row.obligation_changes = before, changes
    refer(contract, row, eased, now=now)
    note(
        contract,
        "supplement_referred",
        actor=actor,
        now=now,
        after={
            "ordinal": row.ordinal,
            # What they are called is told where the contract itself is read.
            "eased": [{name: each[name] for name in ("ordinal", "before", "after")} for each in row.eased],
            "answer_by": row.due_on,
        },
        reason=remark,
    )
    tell_unit(contract, row, now=now)


def take_effect(contract: Contract, row: Supplement, *, actor: Actor, now: datetime) -> None:
    """What was agreed is so from now on, in one event; the row has its state. The contract is locked.

    Raises NotPossibleNow, Blocked, InvalidStep, InvalidContract, InvalidTerms.
    """
    touched = _carry_out(contract, row, actor=actor, now=now)
    move(
        contract,
        "supplemented",
        actor=actor,
        now=now,
        reason=row.reason,
        more={
            "ordinal": row.ordinal,
            "changes": {
                name: pair if contract.secrecy == "open" else "" for name, pair in row.changes.items()
            },
            "obligations": [each.ordinal for each in touched],
            **({"agreed_as": row.agreed_as} if row.needs_agreement else {}),
        },
        touched=touched,
    )
    tell_unit(contract, row, now=now)
    tell_other(contract, "已变更（补充协议）", "changed by a supplement", now=now, reason=row.reason)


@transaction.atomic
def drop_supplement(*, actor: Actor, supplement_id: int, remark: str, now: datetime) -> None:
    """Who registers or reviews for the unit takes back one that is not in effect. Raises NotAllowed, StepNotFound,
    NotYours, NotPossibleNow, InvalidStep.
    """
    reviews = actor.may(REVIEW) and (not actor.may(REGISTER) or _reviews(actor, supplement_id))
    row, contract = _loaded(actor, supplement_id, REVIEW if reviews else REGISTER)
    row.state = SUPPLEMENT.after(row.state, "dropped")
    _take_back(contract, row, actor=actor, reason=reason_given(remark, field="remark"), now=now)


def _reviews(actor: Actor, supplement_id: int) -> bool:
    """Whether somebody reviews for the very unit: who registers for one may review for another."""
    units = agencies_of(actor, REVIEW)
    return Supplement.objects.filter(pk=supplement_id, contract__agency__in=units).exists()


def _take_back(contract: Contract, row: Supplement, *, actor: Actor, reason: str, now: datetime) -> None:
    put_dropped(row, actor=actor, reason=reason, now=now)
    _drop(contract, row, actor=actor, reason=reason, now=now)
    if row.needs_agreement:
        row.contract = contract
        tell_taken_back(row, reason=reason, now=now)


def _drop(contract: Contract, row: Supplement, *, actor: Actor, reason: str, now: datetime) -> None:
    row.save()
    end_clock(row.deadline_id, now=now)
    note(contract, "supplement_dropped", actor=actor, now=now, after={"ordinal": row.ordinal}, reason=reason)


def _would_ease(
    contract_id: int, supplement_id: int, *, actor: Actor, now: datetime
) -> tuple[tuple[Easing, ...], list[dict[str, Any]]]:
    """What of the unit's late debts it would ease, and what all of it would come to: it is carried out, looked at, and
    rolled back. Raises as `take_effect` does.
    """
    contract, row = lock(contract_id), Supplement.objects.get(pk=supplement_id)
    debts = late_debts(contract, today=timezone.localdate(now))
    if not debts:
        return (), []
    with transaction.atomic():
        _carry_out(contract, row, actor=actor, now=now)
        eased = eased_since(debts)
        transaction.set_rollback(True)
    return eased, row.obligation_changes


def _carry_out(contract: Contract, row: Supplement, *, actor: Actor, now: datetime) -> list[Obligation]:
    """The contract and its obligations as they are by the supplement; those that were changed. Saved."""
    CONTRACT.after(contract.state, "supplemented")
    _put_changes(contract, row, timezone.localdate(now))
    contract.revision += 1
    contract.save()
    row.save()
    touched = _put_obligations(contract, row, actor=actor, now=now)
    row.save(update_fields=["obligation_changes"])
    return touched


def _loaded(actor: Actor, supplement_id: int, permission: str) -> tuple[Supplement, Contract]:
    actor.require(permission)
    of = Supplement.objects.filter(pk=supplement_id).values_list("contract", flat=True).first()
    if of is None:
        raise StepNotFound(
            f"no supplement {supplement_id}", message_zh="没有这份补充协议", value=supplement_id
        )
    contract = load(actor, of, permission)
    ensure_of_unit(actor, contract, permission)
    return Supplement.objects.select_for_update().get(pk=supplement_id), contract


def _ensure_days(contract: Contract, signed_on: date, effective_on: date, today: date) -> None:
    if signed_on < contract.signed_on:
        raise InvalidStep(
            f"{signed_on} is before the contract was signed, {contract.signed_on}; write the day the supplement was "
            "signed",
            message_zh=f"补充协议的签订日期 {signed_on} 早于合同签订日期 {contract.signed_on}，请核对",
            field="signed_on",
            value=str(signed_on),
        )
    if signed_on > today:
        raise InvalidStep(
            f"{signed_on} is later than today, {today}: write it down once it is signed",
            message_zh=f"签订日期 {signed_on} 晚于今天（{today}），请在签订后登记",
            field="signed_on",
            value=str(signed_on),
        )
    if effective_on < contract.signed_on:
        raise InvalidStep(
            f"{effective_on} is before the contract was signed, {contract.signed_on}",
            message_zh=f"生效日期 {effective_on} 早于合同签订日期 {contract.signed_on}，请核对",
            field="effective_on",
            value=str(effective_on),
        )


def _changed(contract: Contract, changes: Mapping[str, Any], today: date) -> dict[str, list[Any]]:
    """{field: [before, after]} of what really changes, as JSON; the contract as it would become is checked."""
    for name in changes:
        if name not in CHANGEABLE:
            raise InvalidStep(
                f"{name} is not changed by a supplement; those are {', '.join(CHANGEABLE)}",
                message_zh="补充协议不能变更这一项",
                field=name,
            )
    now_fields = fields_of(contract)
    real = {name: value for name, value in changes.items() if getattr(now_fields, name) != value}
    ensure_none(check_fields(replace(now_fields, **real), today=today))
    if "amount_fen" in real and real["amount_fen"] is not None:
        _ensure_not_below_done(contract, real["amount_fen"])
    return {name: [_plain(getattr(now_fields, name)), _plain(value)] for name, value in real.items()}


def _ensure_not_below_done(contract: Contract, amount_fen: int) -> None:
    side = "unit" if contract.direction == "pays" else "counterparty"
    done = contract.obligations.filter(side=side, kind="pay").aggregate(sum=Sum("done_fen"))["sum"] or 0
    if amount_fen < done:
        raise InvalidStep(
            f"{done / 100:,.2f} yuan were paid already; the price cannot become less",
            message_zh=f"已支付 {done / 100:,.2f} 元，变更后的合同金额不能低于已支付金额",
            field="amount_fen",
            value=amount_fen,
        )


def _planned(contract: Contract, proposed: ProposedChange) -> dict[str, Any]:
    """One change of the obligations as it is kept until the decision. Raises InvalidStep, InvalidTerms."""
    if proposed.what == "add":
        rule = read_rule(dict(proposed.rule or {}), contract=contract)
        return {"what": "add", "rule": dict(proposed.rule or {}), "title": rule.title}
    row = contract.obligations.filter(pk=proposed.obligation_id or 0).first()
    if proposed.what not in ("change", "drop") or row is None:
        raise InvalidStep(
            "name an obligation of this contract, and add, change or drop",
            message_zh="请选择本合同的义务，以及新增、变更或者取消",
            field="obligations",
        )
    if proposed.what == "drop":
        OBLIGATION.after(row.state, "dropped")
        if row.done_fen:
            raise InvalidStep(
                f"part of {row.title} was performed; change its amount instead",
                message_zh=f"“{row.title}”已部分履行，不能取消，请变更金额",
                field="obligations",
            )
        ensure_unblocked(row)
        return {"what": "drop", "obligation": row.pk, "ordinal": row.ordinal, "title": row.title}
    OBLIGATION.after(row.state, "changed")
    new = {key: value for key, value in (proposed.changes or {}).items() if key in _OF_OBLIGATION}
    if not new:
        raise InvalidStep(
            f"say what changes of {row.title}",
            message_zh=f"请填写“{row.title}”变更了什么",
            field="obligations",
        )
    return {
        "what": "change",
        "obligation": row.pk,
        "ordinal": row.ordinal,
        "title": row.title,
        "changes": {key: _plain(value) for key, value in new.items()},
    }


def _put_changes(contract: Contract, row: Supplement, today: date) -> None:
    for name, (before, after) in row.changes.items():
        if _plain(getattr(contract, name)) != before:
            raise NotPossibleNow(
                f"{name} was changed since the supplement was proposed; drop it and propose it anew",
                message_zh="该补充协议提出后，合同内容已发生变化，请退回后重新提出",
                field=name,
            )
        setattr(contract, name, date.fromisoformat(after) if name in _DAYS and after else after)
    ensure_none(check_fields(fields_of(contract), today=today))
    if "amount_fen" in row.changes and contract.amount_fen is not None:
        _ensure_not_below_done(contract, contract.amount_fen)


def _put_obligations(contract: Contract, row: Supplement, *, actor: Actor, now: datetime) -> list[Obligation]:
    """Carry out what becomes of the obligations; what they were before is written beside each."""
    touched: list[Obligation] = []
    kept: list[dict[str, Any]] = []
    for planned in row.obligation_changes:
        if planned["what"] == "add":
            made = plan(contract, [planned["rule"]], actor=actor, now=now, supplement=row)
            touched += made
            kept.append({**planned, "made": [each.ordinal for each in made]})
            continue
        one = contract.obligations.select_for_update(of=("self",)).get(pk=planned["obligation"])
        one.contract = contract
        before = _standing(one)
        if planned["what"] == "drop":
            ensure_unblocked(one)
            touched += end(one, supplement=row, now=now)
        else:
            touched += change(one, planned["changes"], supplement=row, now=now)
        one.refresh_from_db()
        kept.append({**planned, "before": before, "after": _standing(one)})
    row.obligation_changes = kept
    return _once(touched)


def _standing(row: Obligation) -> dict[str, Any]:
    return {
        "title": row.title,
        "amount_fen": row.amount_fen,
        "terms": row.terms,
        "due_on": _plain(row.due_on),
        "state": row.state,
    }


def _once(rows: Iterable[Obligation]) -> list[Obligation]:
    return list({each.pk: each for each in rows}.values())


def tell_unit(contract: Contract, row: Supplement, *, now: datetime) -> None:
    """Who proposed it is told what has become of it; who approved it, too, once somebody else has answered."""
    users = [row.proposed_by_id, row.decided_by_id if row.agreed_as else None]
    to = [each for each in users if each is not None]
    if not to:
        return
    state = SUPPLEMENT.states[row.state]
    tell(
        contract,
        to,
        "supplement_decided",
        now=now,
        supplement=_name(row),
        outcome=state.name,
        outcome_en=state.name_en,
        reason=row.drop_reason or row.agreement_reason or row.remark,
    )


def _name(row: Supplement) -> str:
    """Of a contract that is not open its number in the row alone."""
    return row.title if row.contract.secrecy == "open" else f"{shown_title(row.contract)}-{row.ordinal}"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
