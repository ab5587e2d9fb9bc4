"""An agency objects to what a record says of it; a supervisor of another agency corrects it, with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.ledger.api import Target, record

from ....actions._steps import needed, tell_agency
from ....clocks import region_code_of
from ....desks import desk_of
from ....errors import InvalidStep, NobodyToAsk, NotApart, NotYours, WindowClosed
from ....lifecycle import OBJECTION
from ....models import RecordCorrection, RecordLine, RecordObjection
from ....reach import ANSWER, SUPERVISE
from ...rules import learning_rules
from ..reach import answers_for, ensure_corrects, line_not_found, load_line

_MOST = 1000


@transaction.atomic
def object_to_record(*, actor: Actor, line_id: int, reason: str, now: datetime) -> int:
    """The agency says why a line should not count against it, within the days of the rules. Its number.

    Raises NotAllowed, StepNotFound, NotYours, InvalidStep, WindowClosed.
    """
    line = load_line(actor, line_id)
    if not answers_for(actor, line.record.agency_id):
        raise NotYours(
            f"it is the record of {line.record.agency.name}",
            message_zh=f"这是“{line.record.agency.name}”的考核记录，请由该单位提出异议",
            value=line_id,
        )
    _needed(reason)
    until = timezone.localdate(line.record.month.frozen_at + timedelta(days=learning_rules().objection_days))
    # All of the last day, as it was told.
    if timezone.localdate(now) > until:
        raise WindowClosed(
            f"one could object until {until:%Y-%m-%d}; ask a supervisor to look at it",
            message_zh=f"异议须在 {until:%Y-%m-%d} 前（含当日）提出，现已超过；确有错误的，请联系督查人员更正",
            until=until.isoformat(),
        )
    if not line.counts or line.objections.exists():
        raise InvalidStep(
            "it does not count any more, or was objected to already",
            message_zh="这条记录已不计入，或者已经提出过异议",
            field="reason",
        )
    row = RecordObjection.objects.create(
        line=line,
        reason=reason.strip(),
        made_at=now,
        made_by=reference_of(actor),
        made_by_name=actor.name,
    )
    _note(line, "record_objected", actor=actor, now=now, reason=reason)
    tell_agency(
        _decides(line, now),
        SUPERVISE,
        "record_objected",
        appeal=line.appeal,
        now=now,
        link=f"/desk/appeals/records/lines/{line.pk}/",
        agency=line.record.agency.name,
        reason=reason.strip(),
    )
    return int(row.pk)


@transaction.atomic
def decide_objection(*, actor: Actor, objection_id: int, upheld: bool, reason: str, now: datetime) -> None:
    """A supervisor decides; upheld, the line counts no more. Needs `appeals.supervise`, and another agency.

    Raises NotAllowed, StepNotFound, NotYours, NotApart, NotPossibleNow, InvalidStep.
    """
    found = RecordObjection.objects.filter(pk=objection_id).values_list("line", flat=True).first()
    if found is None:
        raise line_not_found(objection_id)
    line = load_line(actor, found)
    ensure_corrects(actor, line.record)
    row = RecordObjection.objects.select_for_update().get(pk=objection_id)
    row.state = OBJECTION.after(row.state, "upheld" if upheld else "refused")
    if row.made_by == reference_of(actor):
        raise NotApart(
            "who objected does not decide on it",
            message_zh="提出异议的人不能决定自己的异议",
            value=objection_id,
        )
    _needed(reason)
    row.decision, row.decided_at = reason.strip(), now
    row.decided_by, row.decided_by_name = reference_of(actor), actor.name
    row.save()
    if upheld and line.counts:
        _put(line, False, reason, actor=actor, now=now, objection=row)
    _note(line, f"record_objection_{row.state}", actor=actor, now=now, reason=reason)
    tell_agency(
        line.record.agency_id,
        ANSWER,
        "record_decided",
        appeal=line.appeal,
        now=now,
        link=f"/desk/appeals/records/lines/{line.pk}/",
        outcome=OBJECTION.states[row.state].name,
        outcome_en=OBJECTION.states[row.state].name_en,
        reason=reason.strip(),
    )


@transaction.atomic
def correct_record(*, actor: Actor, line_id: int, counts: bool, reason: str, now: datetime) -> None:
    """A supervisor takes a line out, or puts it back, without an objection. Raises as `decide_objection` does."""
    line = load_line(actor, line_id)
    ensure_corrects(actor, line.record)
    if line.counts is counts or line.objections.filter(state="open").exists():
        raise InvalidStep(
            "it is so already, or an objection waits: decide on that",
            message_zh="这条记录已经如此；有异议待决定的，请先决定异议",
            field="reason",
        )
    _needed(reason)
    _put(line, counts, reason, actor=actor, now=now)
    _note(line, "record_corrected", actor=actor, now=now, reason=reason)
    tell_agency(
        line.record.agency_id,
        ANSWER,
        "record_decided",
        appeal=line.appeal,
        now=now,
        link=f"/desk/appeals/records/lines/{line.pk}/",
        outcome="恢复计入" if counts else "不再计入",
        outcome_en="it counts again" if counts else "it counts no more",
        reason=reason.strip(),
    )


def _put(
    line: RecordLine,
    counts: bool,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
    objection: RecordObjection | None = None,
) -> None:
    line.counts = counts
    line.save(update_fields=["counts"])
    RecordCorrection.objects.create(
        line=line, counts=counts, reason=reason.strip(), at=now, by_name=actor.name, objection=objection
    )


def _decides(line: RecordLine, now: datetime) -> int:
    """The desk whose supervisors decide: that of the appeal, and where it is its own record, the one above."""
    own = line.appeal.desk_id
    if own != line.record.agency_id:
        return own
    region_code = region_code_of(line.record.region_path)
    try:
        return desk_of(region_code=region_code, today=timezone.localdate(now), above=True).id
    except NobodyToAsk:
        # Nothing above: who administers the platform has to name somebody of another agency.
        return own


def _needed(reason: str) -> None:
    needed(reason)
    if len(reason.strip()) > _MOST:
        raise InvalidStep(
            f"{len(reason.strip())} characters; write at most {_MOST}",
            message_zh=f"共 {len(reason.strip())} 字，最多 {_MOST} 字",
            field="reason",
        )


def _note(line: RecordLine, what: str, *, actor: Actor, now: datetime, reason: str) -> None:
    owner = line.record
    record(
        actor=actor,
        action=f"appeals.{what}",
        target=Target(
            "record_line",
            str(line.pk),
            f"{owner.agency.name} {owner.month} {line.appeal.number}"[:200],
            region_path=owner.region_path,
            agency_id=owner.agency_id,
        ),
        now=now,
        after={"figure": line.figure, "counts": line.counts},
        reason=reason.strip()[:400],
    )
