"""Who said it has the word: adds to it, says whether it is solved, opens it again, takes it back. A supervisor may
close what stays unanswered or unagreed, with a reason; an agency never can.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from yingshang.kernel.access.api import Actor, lookup_hash
from yingshang.kernel.ledger.api import NewEvent, record_many

from .. import clocks
from ..errors import AppealNotFound, InvalidStep, NotYours, WindowClosed
from ..following import tell_followers
from ..lifecycle import APPEAL
from ..models import Appeal, AppealAddition, Holding
from ..reach import ANSWER, APPROVE, DISPATCH, SUPERVISE, agencies_of, load, load_own, not_found
from ..rules import rules_of
from ..text.masking import mask
from ..text.problems import checked
from ._steps import (
    known_of,
    let_go,
    lock_main_of,
    move,
    needed,
    reason_of,
    said_by,
    target_of,
    tell_agency,
    tell_reporter,
)


def opened_by_key(*, number: str, key: str) -> int:
    """The appeal that a number and its key open, for who has no account. Raises AppealNotFound."""
    found = (
        Appeal.objects.filter(number=number.strip().upper(), key_hash=lookup_hash(key.strip()))
        .exclude(key_hash="")
        .values_list("pk", flat=True)
        .first()
    )
    if found is None:
        raise AppealNotFound(
            "no appeal with this number and code",
            message_zh="编号或查询码不对，请核对后再试",
            value=number,
        )
    return int(found)


@transaction.atomic
def add_to_appeal(*, actor: Actor, appeal_id: int, body: str, key: str = "", now: datetime) -> None:
    """Add something to what was said. Raises AppealNotFound, NotPossibleNow, InvalidAppeal."""
    appeal = own_appeal(actor, appeal_id, key)
    keep_addition(appeal, actor=said_by(appeal, actor), body=body, by=actor.name, now=now)


def keep_addition(appeal: Appeal, *, actor: Actor, body: str, by: str, now: datetime) -> None:
    """The same for who has loaded the appeal, locked, and knows that `by` may add to it."""
    APPEAL.after(appeal.state, "added")
    text = checked("", body, title_needed=False).body
    AppealAddition.objects.create(
        appeal=appeal,
        text=mask(text, known=known_of(appeal)).text,
        body=text,
        added_at=now,
        added_by_name=by[:60],
    )
    move(appeal, "added", actor=actor, now=now)
    _tell_holder(appeal, "added", now=now)


@transaction.atomic
def confirm_answer(*, actor: Actor, appeal_id: int, key: str = "", now: datetime) -> None:
    """It is solved: the appeal is closed by who said it, and what was promised is met. One that was joined is
    closed for who said it; the main one, and with it what others said, goes on until they have their word.

    Raises AppealNotFound, NotPossibleNow.
    """
    main = lock_main_of(appeal_id)
    appeal = own_appeal(actor, appeal_id, key)
    if appeal.state == "joined":
        _ensure_main_answered(main)
        assert main is not None
        appeal.agency_id = main.agency_id
        appeal.closed_at, appeal.closed_by = now, "enterprise"
        move(appeal, "ended", actor=said_by(appeal, actor), now=now)
        return
    APPEAL.after(appeal.state, "confirmed")
    _close(appeal, "enterprise", now=now)
    move(appeal, "confirmed", actor=said_by(appeal, actor), now=now)
    _close_voices(appeal, actor=said_by(appeal, actor), now=now)
    _tell_holder(appeal, "confirmed", now=now)


@transaction.atomic
def dispute_answer(*, actor: Actor, appeal_id: int, reason: str, key: str = "", now: datetime) -> None:
    """It is not solved: back to the agency, whose clock goes on where it stood. Raises as `confirm_answer` does."""
    appeal = own_appeal(actor, appeal_id, key)
    APPEAL.after(appeal.state, "disputed")
    needed(reason := reason_of(appeal, reason))
    clocks.resume(appeal, actor=said_by(appeal, actor), now=now)
    appeal.disputed_count += 1
    teller = said_by(appeal, actor)
    move(appeal, "disputed", actor=teller, now=now, reason=reason, more={"due": str(appeal.due_on)})
    _tell_holder(appeal, "disputed", now=now, reason=reason)


@transaction.atomic
def settle_appeal(*, actor: Actor, appeal_id: int, reason: str, now: datetime) -> None:
    """A supervisor closes what was answered, with a reason: the enterprise says nothing, or agrees to nothing that
    can be done. Needs `appeals.supervise`; not by somebody of the agency that answered. Who said it is told, and
    may open it again.

    Raises NotAllowed, AppealNotFound, NotPossibleNow, InvalidStep.
    """
    appeal = load(actor, appeal_id, SUPERVISE)
    APPEAL.after(appeal.state, "settled")
    if appeal.agency_id in agencies_of(actor, SUPERVISE) | agencies_of(actor, ANSWER) | agencies_of(
        actor, APPROVE
    ):
        raise NotYours(
            "an agency does not close what it answered itself",
            message_zh="承办单位自己的人员不能办结本单位答复的诉求，请由上级或其他单位的督查人员决定",
            value=appeal.number,
        )
    rules = rules_of(appeal.region_path)
    days = rules.silence_days
    assert appeal.answered_at is not None
    if not rules.word_is_over(appeal.answered_at, appeal.disputed_count, now):
        raise InvalidStep(
            f"who said it has the word for {days} days after the reply; then a supervisor may decide",
            message_zh=f"答复后 {days} 天内由诉求人确认；到期没有回应，或者曾不认可答复的，才能由督查人员决定办结",
            field="appeal",
        )
    needed(reason)
    appeal.reason = reason.strip()[:1000]
    _close(appeal, "supervisor", now=now)
    move(appeal, "settled", actor=actor, now=now, reason=reason.strip())
    tell_reporter(appeal, "settled", now=now, reason=reason.strip())
    _close_voices(appeal, actor=actor, now=now)


@transaction.atomic
def reopen_appeal(*, actor: Actor, appeal_id: int, reason: str, key: str = "", now: datetime) -> None:
    """It was closed and is not solved after all: within some days, and as often as the rules say, it goes back to
    the agency with a new step clock; the case clock is over and stays as it ended.

    Raises AppealNotFound, NotPossibleNow, InvalidStep, WindowClosed.
    """
    appeal = own_appeal(actor, appeal_id, key)
    APPEAL.after(appeal.state, "reopened")
    needed(reason := reason_of(appeal, reason))
    rules = rules_of(appeal.region_path)
    if appeal.agency_id is None or appeal.closed_at is None:
        raise WindowClosed("it was never answered", message_zh="该诉求没有答复过，不能重开；请重新提出")
    until = reopened_until(appeal)
    if until is None or now > until:
        raise WindowClosed(
            f"it could be opened again within {rules.reopen_days} days, {rules.reopens} times; say it anew instead",
            message_zh=f"办结后 {rules.reopen_days} 天内可以重开，最多 {rules.reopens} 次；现在请重新提出诉求",
            until=until.isoformat() if until else "",
        )
    appeal.reopened_count += 1
    appeal.closed_at, appeal.closed_by = None, ""
    clocks.open_again(appeal, now=now)
    Holding.objects.create(
        appeal=appeal, agency_id=appeal.agency_id, since=now, began_by="reopened", given_by_name="诉求人"
    )
    move(appeal, "reopened", actor=said_by(appeal, actor), now=now, reason=reason)
    _tell_holder(appeal, "reopened", now=now, reason=reason)


def reopened_until(appeal: Appeal) -> datetime | None:
    """Until when a closed appeal can be opened again; None for one that cannot."""
    rules = rules_of(appeal.region_path)
    if appeal.agency_id is None or appeal.closed_at is None or appeal.reopened_count >= rules.reopens:
        return None
    return appeal.closed_at + timedelta(days=rules.reopen_days)


@transaction.atomic
def withdraw_appeal(*, actor: Actor, appeal_id: int, reason: str = "", key: str = "", now: datetime) -> None:
    """Take it back. One that others were joined to cannot be: theirs go on with it. Raises as `confirm_answer` does."""
    main = lock_main_of(appeal_id)
    appeal = own_appeal(actor, appeal_id, key)
    APPEAL.after(appeal.state, "withdrawn")
    if appeal.voices.filter(state="joined").exists():
        raise InvalidStep(
            "others were joined to it",
            message_zh="已有其他诉求并入本件，为不影响他人不能撤回；已解决的请在答复后确认",
            field="appeal",
        )
    appeal.reason = reason_of(appeal, reason)
    let_go(appeal, "withdrawn", appeal.reason, now=now)
    clocks.end(appeal, met=False, reason="诉求人撤回", now=now)
    if main is not None and main.voice_count:
        main.voice_count -= 1
        main.save(update_fields=["voice_count"])
    move(appeal, "withdrawn", actor=said_by(appeal, actor), now=now, reason=appeal.reason)
    _tell_holder(appeal, "withdrawn", now=now, reason=appeal.reason)


def own_appeal(actor: Actor, appeal_id: int, key: str) -> Appeal:
    """One of one's own appeals, or the one a key opens; locked. Raises AppealNotFound."""
    if not key:
        return load_own(actor, appeal_id)
    rows = Appeal.objects.select_for_update(of=("self",)).select_related(
        "party__merged_into", "agency", "desk"
    )
    found = rows.filter(pk=appeal_id, key_hash=lookup_hash(key.strip())).exclude(key_hash="").first()
    if found is None:
        raise not_found(appeal_id)
    return found


def _close(appeal: Appeal, by: str, *, now: datetime) -> None:
    appeal.closed_at, appeal.closed_by = now, by
    let_go(appeal, "closed", "", now=now)
    clocks.end(appeal, met=True, now=now)


def _close_voices(appeal: Appeal, *, actor: Actor, now: datetime) -> None:
    """What was joined to it ends with it, each with its event; each may be opened again by who said it, who is told."""
    rows = list(appeal.voices.select_for_update().filter(state="joined").order_by("pk"))
    for each in rows:
        each.state, each.state_before = APPEAL.after(each.state, "ended"), each.state
        each.closed_at, each.closed_by, each.ended_at = now, "main", now
        each.agency_id = appeal.agency_id
    Appeal.objects.bulk_update(
        rows, ["state", "state_before", "closed_at", "closed_by", "ended_at", "agency"], batch_size=500
    )
    record_many(
        actor=actor,
        events=[
            NewEvent(
                "appeals.ended",
                target_of(each),
                {"state": "joined"},
                {"state": each.state, "main": appeal.number},
                "",
            )
            for each in rows
        ],
        now=now,
    )
    for each in rows:
        tell_reporter(each, "ended_with_main", now=now, main=appeal.number)
    tell_followers(rows, now=now)


def _ensure_main_answered(main: Appeal | None) -> None:
    if main is None or main.answered_at is None:
        APPEAL.after("received", "confirmed")


def _tell_holder(appeal: Appeal, template: str, *, now: datetime, reason: str = "") -> None:
    if appeal.agency_id is not None:
        tell_agency(
            appeal.agency_id, ANSWER, template, appeal=appeal, now=now, reason=reason, due=appeal.due_on
        )
    else:
        tell_agency(
            appeal.desk_id, DISPATCH, template, appeal=appeal, now=now, reason=reason, due=appeal.due_on
        )
