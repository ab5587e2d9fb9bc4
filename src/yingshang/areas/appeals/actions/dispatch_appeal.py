"""A desk gives an appeal to an agency; agencies send back what is not theirs, or hand up what they cannot solve."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import get_region

from .. import clocks
from ..desks import desk_of
from ..errors import InvalidStep, NoMoreBounces
from ..lifecycle import APPEAL
from ..models import Appeal, Holding
from ..models.appeals import DIFFICULTIES, URGENCIES
from ..reach import ANSWER, DISPATCH, SUPERVISE, ensure_desk, ensure_held_by, load
from ..rules import rules_of
from ._steps import let_go, lock_main_of, move, needed, tell_agency, tell_reporter, usable_agency


@transaction.atomic
def dispatch_appeal(
    *,
    actor: Actor,
    appeal_id: int,
    agency_id: int,
    topic: str = "",
    difficulty: str = "",
    urgency: str = "",
    reason: str = "",
    began_by: str = "dispatched",
    now: datetime,
) -> None:
    """Give it to an agency, with what it is about and how difficult it is. A difficulty found to be higher than thought
    lengthens the term, counted from intake, and who said it is told. Once it was sent back as often as it may be, this
    is the last word (ruled), and needs a reason. Needs `appeals.dispatch` at its desk, or above.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep, AlreadyLate of the clock.
    """
    appeal = load(actor, appeal_id, DISPATCH)
    ensure_desk(actor, appeal)
    APPEAL.after(appeal.state, "dispatched")
    agency = usable_agency(agency_id)
    rules = rules_of(appeal.region_path)
    ruled = appeal.bounce_count >= rules.bounces
    if ruled and not reason.strip():
        raise InvalidStep(
            f"it was sent back {appeal.bounce_count} times; say why this agency deals with it, which is final",
            message_zh=f"该诉求已被退回 {appeal.bounce_count} 次，本次派单为最终裁定，请写明理由",
            field="reason",
        )
    appeal.ruled = appeal.ruled or ruled
    _set(appeal, topic, difficulty, urgency, actor=actor, reason=reason, now=now)
    clocks.end_step(appeal, now=now)
    _hold(appeal, agency_id, began_by="ruled" if ruled else began_by, actor=actor, now=now)
    move(
        appeal,
        "dispatched",
        actor=actor,
        now=now,
        reason=reason.strip(),
        more={
            "agency": agency,
            "difficulty": appeal.difficulty,
            "topic": appeal.topic,
            "ruled": appeal.ruled,
        },
    )
    tell_agency(
        agency_id, ANSWER, "dispatched", appeal=appeal, now=now, due=appeal.due_on, contact=_contact(appeal)
    )
    tell_reporter(appeal, "handed_on", now=now, agency=agency, due=appeal.due_on)


@transaction.atomic
def reassign_appeal(*, actor: Actor, appeal_id: int, agency_id: int, reason: str, now: datetime) -> None:
    """Give it to another agency although the first has not sent it back. The clocks do not notice.

    Raises as `dispatch_appeal` does.
    """
    appeal = load(actor, appeal_id, DISPATCH)
    ensure_desk(actor, appeal)
    APPEAL.after(appeal.state, "reassigned")
    agency = usable_agency(agency_id)
    if agency_id == appeal.agency_id:
        raise InvalidStep(
            "it is with this agency already",
            message_zh="该诉求已由这个单位办理，请选择其他单位",
            field="agency",
        )
    needed(reason)
    let_go(appeal, "reassigned", reason, now=now)
    _hold(appeal, agency_id, began_by="reassigned", actor=actor, now=now)
    move(appeal, "reassigned", actor=actor, now=now, reason=reason.strip(), more={"agency": agency})
    tell_agency(
        agency_id, ANSWER, "dispatched", appeal=appeal, now=now, due=appeal.due_on, contact=_contact(appeal)
    )


@transaction.atomic
def bounce_appeal(*, actor: Actor, appeal_id: int, reason: str, suggested: str = "", now: datetime) -> None:
    """An agency sends back what is not its duty: with a reason, within the hours of the rules after it was
    dispatched, and
    as often as they say. The clocks run on.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep, NoMoreBounces.
    """
    appeal = load(actor, appeal_id, ANSWER)
    ensure_held_by(actor, appeal, ANSWER)
    APPEAL.after(appeal.state, "bounced")
    needed(reason)
    rules = rules_of(appeal.region_path)
    if appeal.ruled or appeal.bounce_count >= rules.bounces:
        raise NoMoreBounces(
            f"{appeal.number} was sent back {appeal.bounce_count} times; the desk has had the last word",
            message_zh="该诉求已由派单单位裁定由您单位办理，不能再退回",
            value=appeal.number,
        )
    assert appeal.dispatched_at is not None
    until = appeal.dispatched_at + timedelta(hours=rules.bounce_within.amount)
    if now > until:
        shown = timezone.localtime(until).strftime("%Y-%m-%d %H:%M")
        raise NoMoreBounces(
            f"it could be sent back until {shown}; ask the desk to give it to another agency",
            message_zh=f"退回须在 {shown} 之前提出，现已超过；确属其他单位职责的，请联系派单单位改派",
            until=shown,
        )
    appeal.bounce_count += 1
    let_go(appeal, "bounced", reason, now=now)
    _back_to_desk(appeal, now=now)
    move(
        appeal,
        "bounced",
        actor=actor,
        now=now,
        reason=reason.strip(),
        more={"count": appeal.bounce_count, "suggested": suggested[:200]},
    )
    tell_agency(
        appeal.desk_id, DISPATCH, "bounced", appeal=appeal, now=now, reason=reason.strip(), due=appeal.due_on
    )


@transaction.atomic
def raise_appeal(*, actor: Actor, appeal_id: int, reason: str, now: datetime) -> None:
    """What cannot be solved at this level goes to the desk of the level above, which dispatches it there. By the agency
    that has it, or by a supervisor. The clocks run on, in the region it was said in.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep, NobodyToAsk.
    """
    by_supervisor = actor.kind != "system" and actor.may(SUPERVISE)
    appeal = load(actor, appeal_id, SUPERVISE if by_supervisor else ANSWER)
    if not by_supervisor:
        ensure_held_by(actor, appeal, ANSWER)
    APPEAL.after(appeal.state, "raised")
    needed(reason)
    code = clocks.region_code_of(appeal.desk.region.path)
    region = get_region(code)
    above = desk_of(region_code=region.code, today=timezone.localdate(now), above=True)
    appeal.raised_count += 1
    let_go(appeal, "raised", reason, now=now)
    # What was late while it lay there stays that desk's.
    appeal.desks_before = [*appeal.desks_before, {"desk": appeal.desk_id, "until": now.isoformat()}]
    appeal.desk_id = above.id
    # A new desk may give it to an agency of its own, which may say that it is not its duty.
    appeal.bounce_count, appeal.ruled = 0, False
    _back_to_desk(appeal, now=now)
    move(appeal, "raised", actor=actor, now=now, reason=reason.strip(), more={"desk": above.name})
    tell_agency(
        above.id, DISPATCH, "raised", appeal=appeal, now=now, reason=reason.strip(), due=appeal.due_on
    )
    tell_reporter(appeal, "raised_up", now=now, agency=above.name, due=appeal.due_on)


@transaction.atomic
def decline_appeal(*, actor: Actor, appeal_id: int, reason: str, instead: str, now: datetime) -> None:
    """It is nothing an agency of the platform could deal with (a matter of a court, of the law on petitions …): who
    said it is told why, and where to go instead. Raises as `dispatch_appeal` does.
    """
    appeal = load(actor, appeal_id, DISPATCH)
    ensure_desk(actor, appeal)
    APPEAL.after(appeal.state, "declined")
    if appeal.answered_at is not None or appeal.holdings.filter(agency=appeal.desk_id).exists():
        raise InvalidStep(
            "it was dealt with already; who said it closes it, or a supervisor",
            message_zh="该诉求已经答复过，或曾由本单位承办，不能再不予受理；由诉求人确认或者督查人员决定办结",
            field="appeal",
        )
    if appeal.voices.filter(state="joined").exists():
        raise InvalidStep(
            "others were joined to it; part them first",
            message_zh="已有其他诉求并入本件，请先取消并案",
            field="appeal",
        )
    needed(reason)
    needed(instead, "instead")
    appeal.reason = f"{reason.strip()}\n{instead.strip()}"[:1000]
    clocks.end(appeal, met=False, reason=reason.strip()[:200], now=now)
    move(
        appeal,
        "declined",
        actor=actor,
        now=now,
        reason=reason.strip(),
        more={"instead": instead.strip()[:200]},
    )
    tell_reporter(appeal, "declined", now=now, reason=reason.strip(), instead=instead.strip())


@transaction.atomic
def join_appeal(*, actor: Actor, appeal_id: int, main_id: int, reason: str = "", now: datetime) -> None:
    """It is about the same as another one: it becomes a voice of that one, and goes where that one goes. What is joined
    has no clock of its own any more, since the other one's began no later, or begins to count for both.

    Raises NotAllowed, AppealNotFound, NotYours, NotPossibleNow, InvalidStep.
    """
    # Always in the order of their numbers: two who join crosswise wait for each other, and neither deadlocks.
    first, second = sorted((appeal_id, main_id))
    rows = {first: load(actor, first, DISPATCH), second: load(actor, second, DISPATCH)}
    appeal, main = rows[appeal_id], rows[main_id]
    ensure_desk(actor, appeal)
    APPEAL.after(appeal.state, "joined")
    running = main.state in {"received", "dispatched", "handling"} and not main.reopened_count
    if main.pk == appeal.pk or not running or appeal.voices.filter(state="joined").exists():
        raise InvalidStep(
            f"{appeal.number} cannot be joined to {main.number}",
            message_zh="不能并入：主件须正在计时办理（未答复、未中止、未重开）；已有并入件的主件也不能再并入",
            field="main",
            value=main.number,
        )
    if appeal.due_on is not None and main.due_on is not None and appeal.due_on < main.due_on:
        raise InvalidStep(
            f"{main.number} is due on {main.due_on}, later than {appeal.number}, on {appeal.due_on}",
            message_zh=f"主件的期限（{main.due_on}）晚于本件（{appeal.due_on}），并入会推迟本件；请把对方并入本件",
            field="main",
            value=main.number,
        )
    appeal.main = main
    appeal.topic = appeal.topic or main.topic
    clocks.end(appeal, met=False, reason=f"并入 {main.number}", now=now)
    move(appeal, "joined", actor=actor, now=now, reason=reason.strip(), more={"main": main.number})
    main.voice_count += 1
    main.save(update_fields=["voice_count"])
    tell_reporter(appeal, "joined", now=now, main=main.number, due=main.due_on)


@transaction.atomic
def part_appeal(*, actor: Actor, appeal_id: int, reason: str, now: datetime) -> None:
    """It is not about the same after all: it waits for its own agency again, and its clocks run from its own
    intake, as if it had never been joined. Raises as `dispatch_appeal` does.
    """
    main = lock_main_of(appeal_id)
    appeal = load(actor, appeal_id, DISPATCH)
    ensure_desk(actor, appeal)
    APPEAL.after(appeal.state, "parted")
    needed(reason)
    assert main is not None
    main.voice_count = max(main.voice_count - 1, 0)
    main.save(update_fields=["voice_count"])
    appeal.main, appeal.topic = None, ""
    clocks.start_clocks(appeal, now=now)
    move(appeal, "parted", actor=actor, now=now, reason=reason.strip(), more={"main": main.number})
    tell_reporter(appeal, "term_changed", now=now, due=appeal.due_on, reason=reason.strip())


def _set(
    appeal: Appeal, topic: str, difficulty: str, urgency: str, *, actor: Actor, reason: str, now: datetime
) -> None:
    for name, value, known in (("difficulty", difficulty, DIFFICULTIES), ("urgency", urgency, URGENCIES)):
        if value and value not in known:
            raise InvalidStep(f"{value!r} is no {name}", message_zh="请从列表中选择", field=name, value=value)
    if topic and topic != appeal.topic:
        # What others said of the same is about the same.
        appeal.voices.filter(state="joined", topic=appeal.topic).update(topic=topic)
        appeal.topic = topic
    if urgency:
        clocks.set_urgency(appeal, urgency, now=now)
    if difficulty and difficulty != appeal.difficulty:
        was = appeal.due_on
        clocks.raise_difficulty(appeal, difficulty, actor=actor, note=reason.strip()[:200], now=now)
        if appeal.due_on != was:
            tell_reporter(appeal, "term_changed", now=now, due=appeal.due_on, reason=reason.strip())


def _hold(appeal: Appeal, agency_id: int, *, began_by: str, actor: Actor, now: datetime) -> None:
    appeal.agency_id, appeal.assignee_id, appeal.dispatched_at = agency_id, None, now
    Holding.objects.create(
        appeal=appeal, agency_id=agency_id, since=now, began_by=began_by, given_by_name=actor.name
    )
    clocks.hand_over(appeal, agency_id=agency_id, now=now)


def _back_to_desk(appeal: Appeal, *, now: datetime) -> None:
    appeal.agency_id, appeal.assignee_id = None, None
    clocks.hand_over(appeal, agency_id=appeal.desk_id, now=now)
    clocks.start_step(appeal, "派单", "Dispatching", rules_of(appeal.region_path).dispatch, now=now)


def _contact(appeal: Appeal) -> str:
    return timezone.localtime(appeal.contact_due_at).strftime("%m-%d %H:%M") if appeal.contact_due_at else ""
