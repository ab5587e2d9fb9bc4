"""Both heads say something on the lines; the one hands the list over, the other signs for it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...errors import InvalidStep
from ...lifecycle import HAND_OVER
from ...models import HandOver, HandOverLine
from ..documents import hash_of, set_list
from ..reach import ensure_yours, is_after, is_before, list_not_found, load, reached, supervises
from ..telling import heads_of, supervisors_of, tell
from ._steps import bounded, end_clock, note


@transaction.atomic
def say_on_line(*, actor: Actor, line_id: int, text: str, now: datetime) -> None:
    """What a head says of one contract: who hands over how it came to this, who takes over what is to become of it.
    Each writes their own side, again if need be, until the list is signed.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    line, row = _line(actor, line_id)
    before, after = is_before(actor, row), is_after(actor, row)
    ensure_yours(before or after, row, whose="the former or the new head", whose_zh="前任或现任负责人")
    HAND_OVER.after(row.state, "remarked")
    text = bounded(text, "text")
    if not text:
        raise InvalidStep("write something", message_zh="请写明情况或意见", field="text")
    field = "said_after" if after else "said_before"
    said = getattr(line, field)
    setattr(line, field, text)
    line.save(update_fields=[field])
    note(
        row,
        "hand_over_remarked",
        actor=actor,
        now=now,
        after={"contract": line.contract.number, "field": field, "text": text, "before": said},
    )


@transaction.atomic
def hand_over(*, actor: Actor, hand_over_id: int, remark: str = "", now: datetime) -> None:
    """The former head hands the list over; a supervisor does where there is none any more, or they do not.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row = load(actor, hand_over_id)
    ensure_yours(
        is_before(actor, row) or supervises(actor, row),
        row,
        whose="the former head, or a supervisor,",
        whose_zh="前任负责人（或者督查人员）",
    )
    row.state = HAND_OVER.after(row.state, "handed")
    row.remark = bounded(remark, "remark")
    row.handed_at, row.handed_by_name = now, actor.name
    row.save(update_fields=["state", "remark", "handed_at", "handed_by_name"])
    note(row, "handed_over", actor=actor, now=now, reason=row.remark, after={"contracts": row.contract_count})
    tell(row, "handed_over", [row.after.user_id], now=now, by=actor.name)


@transaction.atomic
def accept_hand_over(*, actor: Actor, hand_over_id: int, now: datetime) -> None:
    """The new head signs for the list, every line of it: the debts of the unit are theirs to see to. The event is the
    receipt, and the list is set as a document that carries its code.

    Possible without the former head, too: who left in a hurry stops nobody. Raises NotAllowed, StepNotFound, NotYours,
    NotPossibleNow.
    """
    row = load(actor, hand_over_id)
    ensure_yours(is_after(actor, row), row, whose="the new head", whose_zh="新任负责人")
    row.state = HAND_OVER.after(row.state, "accepted")
    row.accepted_at, row.accepted_by_name = now, actor.name
    row.receipt_event = note(
        row,
        "hand_over_accepted",
        actor=actor,
        now=now,
        after={
            "contracts": row.contract_count,
            "late": row.late_count,
            "owed_fen": row.owed_fen,
            "interest_fen": row.interest_fen,
            "hash": hash_of(list(row.lines.all())),
        },
    )
    row.document_id = set_list(row, actor=actor, now=now)
    row.save(update_fields=["state", "accepted_at", "accepted_by_name", "receipt_event", "document_id"])
    end_clock(row, now=now)
    tell(
        row,
        "hand_over_accepted",
        (*heads_of(row), *supervisors_of(row, now=now)),
        now=now,
        after=row.after.name,
    )


def _line(actor: Actor, line_id: int) -> tuple[HandOverLine, HandOver]:
    """One line of a list of the reach, its list locked first."""
    rows = HandOverLine.objects.filter(pk=line_id, hand_over__in=reached(actor))
    found = rows.values_list("hand_over", flat=True).first()
    if found is None:
        raise list_not_found(line_id)
    row = load(actor, found)
    line = HandOverLine.objects.select_for_update(of=("self",)).select_related("contract").get(pk=line_id)
    return line, row
