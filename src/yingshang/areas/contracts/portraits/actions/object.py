"""Whose portrait it is says that an obligation counts wrongly in it; somebody of another agency decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...errors import InvalidStep
from ...lifecycle import OBJECTION
from ...models import Obligation, PortraitObjection, PublishedPortrait
from ..evidence import ensure_named
from ..reach import ensure_decides, ensure_own, load, name_of, portrait_not_found, reached
from ..rules import portrait_rules
from ..telling import tell_deciders, tell_subject
from ._steps import (
    counted_in,
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

OBJECTIONS = "contract_objection"
"""The owner the clock knows deadlines of objections by."""


@transaction.atomic
def object_to_portrait(
    *,
    actor: Actor,
    portrait_id: int,
    obligation_id: int,
    figure: str = "",
    grounds: str,
    document_ids: Sequence[int] = (),
    now: datetime,
) -> int:
    """Say why an obligation should not count against one, within the days of the rules, and by which files
    (`add_portrait_evidence`); the number of the objection.

    Raises StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row = load(actor, portrait_id)
    ensure_own(actor, row)
    _ensure_open(row, now)
    obligation = ensure_counted(row, obligation_id)
    grounds = needed(grounds, "grounds")
    documents = ensure_named(portrait_id, obligation_id, document_ids)
    if PortraitObjection.objects.filter(portrait__in=versions_of(row), obligation=obligation_id).exists():
        raise InvalidStep(
            "it was objected to already", message_zh="对这项义务已经提出过异议", field="obligation_id"
        )
    made = PortraitObjection.objects.create(
        portrait=row,
        obligation=obligation,
        figure=figure[:40],
        region_path=row.region_path,
        grounds=grounds,
        document_ids=documents,
        raised_by_id=user_of(actor),
        raised_by_name=actor.name,
        raised_at=now,
    )
    clock = start_clock(
        OBJECTIONS,
        made.pk,
        row,
        "画像异议核实",
        "Objection to a portrait",
        portrait_rules().objection,
        now=now,
    )
    made.deadline_id, made.due_on = clock.id, clock.due_on
    made.save(update_fields=["deadline_id", "due_on"])
    note(
        row,
        "portrait_objected",
        actor=actor,
        now=now,
        reason=grounds,
        after={"obligation": obligation_id, "figure": figure, "due": made.due_on, "documents": documents},
    )
    tell_deciders(
        row, obligation, "portrait_objected", now=now, obligation=title_of(obligation), due=str(made.due_on)
    )
    return int(made.pk)


@transaction.atomic
def decide_portrait_objection(
    *, actor: Actor, objection_id: int, upheld: bool, reason: str, now: datetime
) -> None:
    """A supervisor of another agency decides; upheld, a newer portrait leaves the obligation out.

    Raises NotAllowed, StepNotFound, NotYours, NotApart, NotPossibleNow, InvalidStep.
    """
    portrait, made = _load(actor, objection_id)
    ensure_decides(actor, portrait, made.obligation)
    ensure_another(actor, made.raised_by_id, objection_id)
    made.state = OBJECTION.after(made.state, "upheld" if upheld else "refused")
    made.reason = needed(reason, "reason")
    made.decided_at, made.decided_by_name = now, actor.name
    made.save()
    meet_clock(made.deadline_id, now=now)
    newer = replace_portrait(portrait, made.obligation_id, actor=actor, now=now) if upheld else None
    note(
        portrait,
        f"portrait_objection_{made.state}",
        actor=actor,
        now=now,
        reason=made.reason,
        after={"obligation": made.obligation_id, "newer": newer},
    )
    state = OBJECTION.states[made.state]
    tell_subject(
        portrait,
        "portrait_decided",
        now=now,
        obligation=title_of(made.obligation),
        outcome=state.name,
        outcome_en=state.name_en,
        reason=made.reason,
    )


def ensure_counted(row: PublishedPortrait, obligation_id: int) -> Obligation:
    """The obligation, which the portrait counts and which is late in it. Raises NotPossibleNow, InvalidStep."""
    if row.replaced_by_id is not None:
        raise InvalidStep(
            "a newer portrait has taken its place; object to that",
            message_zh="该画像已有更新版本，请对最新版本提出",
            field="portrait_id",
        )
    if not counted_in(row, obligation_id):
        raise InvalidStep(
            f"the portrait of {name_of(row)} does not count obligation {obligation_id}",
            message_zh="该画像没有计入这项义务，请从画像的明细中选择",
            field="obligation_id",
        )
    return Obligation.objects.select_related("contract").get(pk=obligation_id)


def _ensure_open(row: PublishedPortrait, now: datetime) -> None:
    first = row
    while hasattr(first, "replaces"):
        first = first.replaces
    until = timezone.localdate(first.published_at) + timedelta(days=portrait_rules().objection_days)
    # All of the last day.
    if timezone.localdate(now) > until:
        raise InvalidStep(
            f"one could object until {until:%Y-%m-%d}; ask a supervisor to look at it",
            message_zh=f"异议须在 {until:%Y-%m-%d} 前（含当日）提出，现已超过；确有错误的，请联系督查人员",
            field="portrait_id",
        )


def _load(actor: Actor, objection_id: int) -> tuple[PublishedPortrait, PortraitObjection]:
    rows = PortraitObjection.objects.filter(pk=objection_id, portrait__in=reached(actor))
    found = rows.values_list("portrait", flat=True).first()
    if found is None:
        raise portrait_not_found(objection_id)
    portrait = load(actor, found)
    locked = PortraitObjection.objects.select_for_update(of=("self",))
    return portrait, locked.select_related("obligation__contract").get(pk=objection_id)
