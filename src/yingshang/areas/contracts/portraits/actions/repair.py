"""A repair 信用修复: what was late has been done and some time has passed; it counts no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...errors import InvalidStep
from ...lifecycle import REPAIR
from ...models import Obligation, PublishedPortrait, Repair
from ..evidence import ensure_named
from ..reach import ensure_decides, ensure_own, load, portrait_not_found, reached
from ..replay import read_fact
from ..rules import portrait_rules
from ..telling import tell_deciders, tell_subject
from ._steps import (
    ensure_another,
    meet_clock,
    needed,
    note,
    replace_portrait,
    start_clock,
    title_of,
    user_of,
    versions_of,
)
from .object import ensure_counted

REPAIRS = "contract_repair"
"""The owner the clock knows deadlines of repairs by."""


@transaction.atomic
def ask_repair(
    *,
    actor: Actor,
    portrait_id: int,
    obligation_id: int,
    statement: str,
    document_ids: Sequence[int] = (),
    now: datetime,
) -> int:
    """Ask that a late obligation count no more: it is done, neither side says otherwise, and the days of the rules have
    passed since; with files that show it (`add_portrait_evidence`). The number of the request.

    Raises StepNotFound, NotYours, InvalidStep.
    """
    row = load(actor, portrait_id)
    ensure_own(actor, row)
    obligation = ensure_counted(row, obligation_id)
    _ensure_ripe(row, obligation, now)
    statement = needed(statement, "statement")
    documents = ensure_named(portrait_id, obligation_id, document_ids)
    same = Repair.objects.filter(portrait__in=versions_of(row), obligation=obligation_id)
    if same.filter(state="asked").exists():
        raise InvalidStep(
            "it was asked for already", message_zh="这项义务的修复申请正在审查", field="obligation_id"
        )
    made = Repair.objects.create(
        portrait=row,
        obligation=obligation,
        region_path=row.region_path,
        statement=statement,
        document_ids=documents,
        asked_by_id=user_of(actor),
        asked_by_name=actor.name,
        asked_at=now,
    )
    clock = start_clock(
        REPAIRS, made.pk, row, "信用修复审查", "Repair of a portrait", portrait_rules().repair, now=now
    )
    made.deadline_id, made.due_on = clock.id, clock.due_on
    made.save(update_fields=["deadline_id", "due_on"])
    note(
        row,
        "repair_asked",
        actor=actor,
        now=now,
        reason=statement,
        after={"obligation": obligation_id, "due": made.due_on, "documents": documents},
    )
    tell_deciders(
        row, obligation, "repair_asked", now=now, obligation=title_of(obligation), due=str(made.due_on)
    )
    return int(made.pk)


@transaction.atomic
def decide_repair(*, actor: Actor, repair_id: int, granted: bool, reason: str, now: datetime) -> None:
    """A supervisor of another agency decides; granted, a newer portrait leaves the obligation out.

    Raises NotAllowed, StepNotFound, NotYours, NotApart, NotPossibleNow, InvalidStep.
    """
    portrait, made = _load(actor, repair_id)
    ensure_decides(actor, portrait, made.obligation)
    ensure_another(actor, made.asked_by_id, repair_id)
    made.state = REPAIR.after(made.state, "granted" if granted else "refused")
    if granted:
        # Since it was asked for, somebody may have taken back that it was done.
        _ensure_ripe(portrait, made.obligation, now)
    made.reason = needed(reason, "reason")
    made.decided_at, made.decided_by_name = now, actor.name
    made.save()
    meet_clock(made.deadline_id, now=now)
    newer = replace_portrait(portrait, made.obligation_id, actor=actor, now=now) if granted else None
    note(
        portrait,
        f"repair_{made.state}",
        actor=actor,
        now=now,
        reason=made.reason,
        after={"obligation": made.obligation_id, "newer": newer},
    )
    state = REPAIR.states[made.state]
    tell_subject(
        portrait,
        "portrait_decided",
        now=now,
        obligation=title_of(made.obligation),
        outcome=state.name,
        outcome_en=state.name_en,
        reason=made.reason,
    )


def _ensure_ripe(row: PublishedPortrait, obligation: Obligation, now: datetime) -> None:
    days = portrait_rules().repair_after_days
    fact = next(read_fact(each) for each in row.facts if each[0] == obligation.pk)
    if not fact.late_days(row.until):
        raise InvalidStep(
            "it was done on time: there is nothing to repair",
            message_zh="这项义务是按期履行的，无需修复",
            field="obligation_id",
        )
    if obligation.state != "performed" or obligation.performed_on is None or obligation.disagreed:
        raise InvalidStep(
            "it is repaired only once it has been done and both sides agree",
            message_zh="须先履行完毕、且双方说法一致，才能申请修复",
            field="obligation_id",
        )
    ripe = obligation.performed_on + timedelta(days=days)
    if timezone.localdate(now) < ripe:
        raise InvalidStep(
            f"ask from {ripe:%Y-%m-%d} on: {days} days after it was done",
            message_zh=f"履行完毕满 {days} 日后（{ripe:%Y-%m-%d} 起）才能申请修复",
            field="obligation_id",
        )


def _load(actor: Actor, repair_id: int) -> tuple[PublishedPortrait, Repair]:
    rows = Repair.objects.filter(pk=repair_id, portrait__in=reached(actor))
    found = rows.values_list("portrait", flat=True).first()
    if found is None:
        raise portrait_not_found(repair_id)
    portrait = load(actor, found)
    locked = Repair.objects.select_for_update(of=("self",))
    return portrait, locked.select_related("obligation__contract").get(pk=repair_id)
