"""A consultation is called: about what, with whom, until when, and where one meets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import Term, calendar_of_region, due_at

from ...actions._steps import (
    bounded,
    move,
    needed,
    note,
    tell_consultation_off,
    tell_reporter,
    usable_agency,
)
from ...clocks import region_code_of
from ...errors import InvalidStep, NotYours
from ...lifecycle import APPEAL, CONSULTATION
from ...models import Appeal, Consultation, Invitation
from ...reach import VIEW, load
from ..clocks import start_clock
from ..ending import end_invitations
from ..reach import calls_as, load_led
from ..rules import consulting_rules
from ..telling import tell_invited

_QUESTION, _PLACE, _ADDRESS = 1000, 200, 300


@transaction.atomic
def call_consultation(
    *,
    actor: Actor,
    appeal_id: int,
    question: str,
    agency_ids: Sequence[int],
    with_reporter: bool = False,
    working_days: int | None = None,
    meeting_at: datetime | None = None,
    meeting_place: str = "",
    meeting_address: str = "",
    now: datetime,
) -> int:
    """Call agencies, and if wished who said it, to consult about an appeal; by the agency that has it, its desk, or who
    supervises it. Each agency gives its opinion until a day of its own clock; the clock of the appeal runs on. The
    number of the consultation.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    appeal = load(actor, appeal_id, VIEW)
    caller = calls_as(actor, appeal)
    if caller is None:
        raise NotYours(
            f"{appeal.number} is consulted about by who deals with it",
            message_zh="会商由承办单位、派单单位或督查人员发起",
            value=appeal.number,
        )
    APPEAL.after(appeal.state, "consulted")
    rules = consulting_rules(appeal.region_path)
    question = _question(question)
    agency, called_as = caller
    names = _agencies(agency_ids, agency, rules.most_agencies)
    days = rules.opinion.amount if working_days is None else working_days
    if not 0 < days <= rules.opinion_most:
        raise InvalidStep(
            f"write 1 to {rules.opinion_most} working days",
            message_zh=f"请填写 1 至 {rules.opinion_most} 个工作日",
            field="working_days",
            value=working_days,
        )
    term = Term(days, rules.opinion.unit)
    if not names and not with_reporter:
        raise InvalidStep(
            "nobody is invited; choose an agency or invite who said it",
            message_zh="没有邀请任何人，请选择单位，或者邀请诉求人",
            field="agency_ids",
        )
    if with_reporter and appeal.party_id is None and appeal.filed_by_id is None and not appeal.key_hash:
        raise InvalidStep(
            "who said it has no page of their own; speak with them instead",
            message_zh="诉求人没有账号也没有查询码，看不到会商，请直接联系",
            field="with_reporter",
        )
    row = Consultation(
        appeal=appeal,
        question=question,
        with_reporter=with_reporter,
        called_by_agency_id=agency,
        called_as=called_as,
        called_by_name=actor.name,
        called_at=now,
        due_on=due_at(now, term, calendar_of_region(region_code_of(appeal.region_path))).due_on,
    )
    _meet(row, meeting_at, meeting_place, meeting_address, now=now)
    row.save()
    for each in names:
        _invite(row, appeal, each, term, now=now)
    move(
        appeal,
        "consulted",
        actor=actor,
        now=now,
        more={
            "consultation": row.pk,
            "agencies": list(names.values()),
            "reporter": with_reporter,
            "opinions_due": str(row.due_on),
        },
    )
    tell_invited(row, appeal, "consultation_called", *names, now=now, question=question, due=row.due_on)
    if with_reporter:
        tell_reporter(
            appeal,
            "consultation_invited",
            now=now,
            voices=False,
            caller=row.called_by_agency.name,
            due=row.due_on,
        )
    return int(row.pk)


@transaction.atomic
def invite_agency(*, actor: Actor, consultation_id: int, agency_id: int, now: datetime) -> None:
    """One more agency, with the whole time for its opinion; by who called it.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row, appeal = load_led(actor, consultation_id)
    CONSULTATION.after(row.state, "invited")
    rules = consulting_rules(appeal.region_path)
    there = list(row.invitations.values_list("agency", flat=True))
    if agency_id in there:
        raise InvalidStep(
            f"agency {agency_id} is invited already",
            message_zh="该单位已经受邀，请选择其他单位",
            field="agency",
            value=agency_id,
        )
    [name] = _agencies([agency_id], row.called_by_agency_id, rules.most_agencies - len(there)).values()
    _invite(row, appeal, agency_id, rules.opinion, now=now)
    due = row.invitations.get(agency=agency_id).due_on
    note(
        appeal,
        "consultation_invited",
        actor=actor,
        now=now,
        after={"consultation": row.pk, "agency": name, "due": str(due)},
    )
    tell_invited(row, appeal, "consultation_called", agency_id, now=now, question=row.question, due=due)


@transaction.atomic
def set_meeting(
    *,
    actor: Actor,
    consultation_id: int,
    meeting_at: datetime | None = None,
    meeting_place: str = "",
    meeting_address: str = "",
    now: datetime,
) -> None:
    """When and where one meets, in a room or behind an address; who was invited is told. By who called it.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row, appeal = load_led(actor, consultation_id)
    CONSULTATION.after(row.state, "meeting_set")
    if meeting_at is None:
        raise InvalidStep("say when", message_zh="请填写会议时间", field="meeting_at")
    _meet(row, meeting_at, meeting_place, meeting_address, now=now)
    row.save(update_fields=["meeting_at", "meeting_place", "meeting_address"])
    note(
        appeal,
        "consultation_meeting_set",
        actor=actor,
        now=now,
        after={"consultation": row.pk, "at": str(row.meeting_at), "place": row.meeting_place},
    )
    when = timezone.localtime(meeting_at).strftime("%Y-%m-%d %H:%M")
    agencies = row.invitations.values_list("agency", flat=True)
    tell_invited(row, appeal, "consultation_meeting", *agencies, now=now, at=when)
    if row.with_reporter:
        tell_reporter(
            appeal,
            "consultation_meeting",
            now=now,
            voices=False,
            caller=row.called_by_agency.name,
            at=when,
        )


@transaction.atomic
def cancel_consultation(*, actor: Actor, consultation_id: int, reason: str, now: datetime) -> None:
    """It is not needed after all; by who called it, with a reason that who was invited reads.

    Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    row, appeal = load_led(actor, consultation_id)
    row.state = CONSULTATION.after(row.state, "cancelled")
    needed(reason)
    row.reason = bounded(reason, "reason")[:1000]
    row.ended_at, row.ended_by_name = now, actor.name
    row.save()
    end_invitations(row, reason=row.reason, now=now)
    note(
        appeal,
        "consultation_cancelled",
        actor=actor,
        now=now,
        reason=row.reason,
        after={"consultation": row.pk},
    )
    tell_consultation_off(row, appeal, reason=row.reason, now=now)


def _question(text: str) -> str:
    needed(text, "question")
    text = text.strip()
    if len(text) > _QUESTION:
        raise InvalidStep(
            f"{len(text)} characters; write at most {_QUESTION}, more belongs into a statement",
            message_zh=f"共 {len(text)} 字，最多 {_QUESTION} 字，详细情况请在会商中发言",
            field="question",
        )
    return text


def _agencies(agency_ids: Sequence[int], caller: int, most: int) -> dict[int, str]:
    """The invited, each once, with their names."""
    chosen = list(dict.fromkeys(agency_ids))
    if len(chosen) > most:
        raise InvalidStep(
            f"{len(chosen)} agencies; {max(most, 0)} may be invited",
            message_zh=f"最多还能邀请 {max(most, 0)} 个单位",
            field="agency_ids",
            value=len(chosen),
        )
    if caller in chosen:
        raise InvalidStep(
            "who calls it takes part anyway",
            message_zh="发起单位已经参加，不用邀请自己",
            field="agency_ids",
            value=caller,
        )
    return {each: usable_agency(each) for each in chosen}


def _invite(row: Consultation, appeal: Appeal, agency_id: int, term: Term, *, now: datetime) -> None:
    invitation = Invitation.objects.create(consultation=row, agency_id=agency_id, invited_at=now)
    start_clock(invitation, appeal, "会商意见", "Opinion in a consultation", term, now=now)
    invitation.save(update_fields=["deadline_id", "due_on"])


def _meet(row: Consultation, at: datetime | None, place: str, address: str, *, now: datetime) -> None:
    place, address = place.strip(), address.strip()
    if at is None:
        if place or address:
            raise InvalidStep("say when", message_zh="请填写会议时间", field="meeting_at")
        return
    if at <= now:
        raise InvalidStep(
            "the meeting lies in the past; name a later time",
            message_zh="会议时间已经过去，请填写以后的时间",
            field="meeting_at",
            value=str(at),
        )
    if not place and not address:
        raise InvalidStep(
            "say where, or give the address of a room online",
            message_zh="请填写会议地点，或者视频会议的网址",
            field="meeting_place",
        )
    if len(place) > _PLACE:
        raise InvalidStep(
            f"write at most {_PLACE} characters",
            message_zh=f"会议地点最多 {_PLACE} 字",
            field="meeting_place",
        )
    if address and not _safe_address(address):
        raise InvalidStep(
            "write an address that begins with https://, without a user name or blanks",
            message_zh="请填写以 https:// 开头的网址，不含用户名和空格",
            field="meeting_address",
            value=address[:80],
        )
    row.meeting_at, row.meeting_place, row.meeting_address = at, place, address


def _safe_address(address: str) -> bool:
    """An address that opens a page of a named host, and cannot pass for another."""
    if len(address) > _ADDRESS or any(each.isspace() or not each.isprintable() for each in address):
        return False
    try:
        parts = urlsplit(address)
        _port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and bool(parts.hostname)
        and "." in (parts.hostname or "")
        and "@" not in parts.netloc
        and "\\" not in address
    )
