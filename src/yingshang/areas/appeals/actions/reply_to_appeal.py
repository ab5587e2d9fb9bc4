"""The one reply: written by who deals with it, approved by somebody else of the agency, sent as a document."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.documents.api import Owner, generate, take_document_number
from yingshang.kernel.ledger.api import receipt_code

from .. import clocks
from ..errors import InvalidStep, NotApart, PartsOutstanding, StepNotFound
from ..library.using import count_uses
from ..lifecycle import APPEAL, REPLY
from ..models import Appeal, Reply
from ..numbering import series_of
from ..reach import ANSWER, APPROVE, ensure_held_by, load
from ..text.masking import mask
from ._steps import bounded, move, needed, note, tell_agency, tell_reporter

OUTCOMES = ("solved", "explained", "planned", "impossible")
DOCUMENTS = "appeal_reply"
TEMPLATE = "appeal_reply"


@transaction.atomic
def write_reply(
    *,
    actor: Actor,
    appeal_id: int,
    text: str,
    outcome: str,
    answers: Collection[int] = (),
    now: datetime,
) -> int:
    """Write the reply, or write it anew while it is a draft. Its number. `answers` of the library were put into it.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    appeal = load(actor, appeal_id, ANSWER)
    ensure_held_by(actor, appeal, ANSWER)
    APPEAL.after(appeal.state, "replied")
    needed(text, "text")
    if outcome not in OUTCOMES:
        raise InvalidStep(
            f"{outcome!r} is no outcome", message_zh="请选择办理结果", field="outcome", value=outcome
        )
    assert appeal.agency_id is not None
    row = appeal.replies.select_for_update().filter(state__in=["draft", "proposed"]).first()
    if row is not None:
        REPLY.after(row.state, "saved")
    row = row or Reply(appeal=appeal)
    row.agency_id, row.text, row.outcome = appeal.agency_id, bounded(text, "text"), outcome
    row.written_at, row.written_by, row.written_by_name = now, reference_of(actor), actor.name
    row.save()
    used = count_uses(appeal, answers, now=now)
    note(
        appeal,
        "reply_written",
        actor=actor,
        now=now,
        after={"outcome": outcome, **({"answers": used} if used else {})},
    )
    return int(row.pk)


@transaction.atomic
def propose_reply(*, actor: Actor, reply_id: int, now: datetime) -> None:
    """Hand the draft to whoever approves. Every part that was asked for is given, or not needed any more.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, PartsOutstanding.
    """
    row, appeal = _reply(actor, reply_id, ANSWER)
    row.state = REPLY.after(row.state, "proposed")
    waiting = [each.agency.name for each in appeal.parts.filter(state="open").select_related("agency")]
    if waiting:
        raise PartsOutstanding(
            f"{', '.join(waiting)} have not given their parts; wait, or end what is not needed",
            message_zh=f"{'、'.join(waiting)}还没有给出协办意见；请等待，或者结束不再需要的协办",
            agencies=waiting,
        )
    row.save(update_fields=["state"])
    note(appeal, "reply_proposed", actor=actor, now=now)
    assert appeal.agency_id is not None
    tell_agency(appeal.agency_id, APPROVE, "reply_proposed", appeal=appeal, now=now, due=appeal.due_on)


@transaction.atomic
def return_reply(*, actor: Actor, reply_id: int, remark: str, now: datetime) -> None:
    """Not like this: back to who wrote it, with what to change. Raises as `send_reply` does."""
    row, appeal = _reply(actor, reply_id, APPROVE)
    row.state = REPLY.after(row.state, "returned")
    needed(remark, "remark")
    row.remark = remark.strip()[:400]
    row.save(update_fields=["state", "remark"])
    note(appeal, "reply_returned", actor=actor, now=now, reason=row.remark)
    assert appeal.agency_id is not None
    tell_agency(
        appeal.agency_id,
        ANSWER,
        "reply_returned",
        appeal=appeal,
        now=now,
        reason=row.remark,
        due=appeal.due_on,
    )


@transaction.atomic
def send_reply(*, actor: Actor, reply_id: int, remark: str = "", now: datetime) -> int:
    """Approve and send the reply: a document with a place for the seal and the code of its receipt. The clock stands
    still while who said it has the word; the appeal is not closed by this. The number of the document.

    Raises NotAllowed, StepNotFound, NotYours, NotApart, NotPossibleNow.
    """
    row, appeal = _reply(actor, reply_id, APPROVE)
    APPEAL.after(appeal.state, "replied")
    row.state = REPLY.after(row.state, "sent")
    if row.written_by == reference_of(actor):
        raise NotApart(
            "who wrote it does not approve it",
            message_zh="起草人不能审签自己起草的答复，请由其他审签人员办理",
            value=reply_id,
        )
    year = timezone.localdate(now).year
    row.number = take_document_number(series_of("replies"), row.agency_id, year).words
    row.sent_at, row.approved_by, row.approved_by_name = now, reference_of(actor), actor.name
    row.remark = remark.strip()[:400]
    appeal.answered_at, appeal.silence_told_at = now, None
    clocks.pause(appeal, actor=actor, reason_code=clocks.WORD, note=row.number, now=now)
    event = move(appeal, "replied", actor=actor, now=now, more={"number": row.number, "outcome": row.outcome})
    appeal.replied_event = event
    appeal.save(update_fields=["replied_event"])
    row.receipt_event = event
    document = generate(
        actor=actor,
        template=TEMPLATE,
        context=_context(appeal, row, now),
        owner=Owner(DOCUMENTS, str(appeal.pk)),
        party_id=None if appeal.anonymous else appeal.party_id,
        region_path=appeal.region_path,
        agency_id=row.agency_id,
        receipt_code=receipt_code(event),
        name=f"{row.number}.pdf",
        now=now,
    )
    row.document_id = document.id
    row.save()
    tell_reporter(appeal, "replied", now=now, agency=row.agency.name, reply=mask(row.text).text[:300])
    return int(document.id)


def _context(appeal: Appeal, row: Reply, now: datetime) -> dict[str, str]:
    day = timezone.localdate(now)
    submitted = timezone.localdate(appeal.submitted_at)
    return {
        "agency": row.agency.name,
        "number": row.number,
        "appeal": appeal.number,
        "title": appeal.title,
        # Others whose voices were joined read what it says, and not who said it first.
        "addressee": appeal.party.name if _named(appeal) and appeal.party else "诉求人",
        "submitted": f"{submitted.year}年{submitted.month}月{submitted.day}日",
        "text": row.text,
        "date": f"{day.year}年{day.month}月{day.day}日",
    }


def _named(appeal: Appeal) -> bool:
    return not appeal.anonymous and not appeal.voices.filter(state="joined").exists()


def _reply(actor: Actor, reply_id: int, permission: str) -> tuple[Reply, Appeal]:
    actor.require(permission)
    found = Reply.objects.filter(pk=reply_id).values_list("appeal", flat=True).first()
    if found is None:
        raise StepNotFound(f"no reply {reply_id}", message_zh="没有这份答复，或者您不能查看", value=reply_id)
    appeal = load(actor, found, permission)
    ensure_held_by(actor, appeal, permission)
    row = Reply.objects.select_for_update(of=("self",)).select_related("agency").get(pk=reply_id)
    row.appeal = appeal
    return row, appeal
