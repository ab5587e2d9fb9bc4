"""What an official may do about an appeal now: the very conditions of the actions, asked before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from yingshang.kernel.access.api import Actor, reference_of

from ..consulting.reach import calls_as
from ..lifecycle import APPEAL, NOTICE, PART, REPLY, REQUEST
from ..models import Appeal, LeadersListEntry, Part, Reply, Request, SupervisionNotice
from ..reach import ANSWER, APPROVE, DISPATCH, SUPERVISE, agencies_of, deals_with, is_desk, sees_reporter
from ..rules import rules_of

LIST = "appeals.list"
_DESK = ("dispatched", "reassigned", "declined", "joined", "parted")


def steps_of(
    actor: Actor,
    appeal: Appeal,
    *,
    requests: Sequence[Request],
    replies: Sequence[Reply],
    notices: Sequence[SupervisionNotice],
    listed: LeadersListEntry | None,
    now: datetime,
) -> frozenset[str]:
    """Steps of the appeal itself, by the events they cause."""
    possible = set(APPEAL.events(appeal.state))
    found: set[str] = {"noted"}
    if actor.may(DISPATCH) and is_desk(actor, appeal):
        found |= possible & set(_DESK)
        if appeal.voice_count:
            found.discard("joined")
    if appeal.agency_id is not None and appeal.agency_id in agencies_of(actor, ANSWER):
        found |= possible & {"raised", "contacted", "resumed"}
        if "bounced" in possible and _may_bounce(appeal, now):
            found.add("bounced")
        if "assisted" in possible:
            found.add("part_asked")
        if "extended" in possible and not any(each.state == "open" for each in requests):
            found |= {"time_asked"}
        if "replied" in possible and not any(each.state == "proposed" for each in replies):
            found.add("reply_written")
        if appeal.ended_at is None:
            found.add("file_added")
    if appeal.agency_id is not None and appeal.agency_id in agencies_of(actor, APPROVE):
        found |= possible & {"resumed"}
    if actor.may(SUPERVISE):
        found |= possible & {"raised"}
        rules = rules_of(appeal.region_path)
        if appeal.answered_at is not None and rules.word_is_over(
            appeal.answered_at, appeal.disputed_count, now
        ):
            found |= possible & {"settled"}
        unlifted = any(each.agency_id == appeal.agency_id and each.state != "lifted" for each in notices)
        if appeal.agency_id is not None and appeal.ended_at is None and not unlifted:
            found.add("notice_issued")
    if actor.kind == "user" and actor.may(LIST):
        if listed is not None and listed.leader_id == int(actor.identifier):
            found.add("unlisted")
        elif listed is None and appeal.ended_at is None and appeal.state != "joined":
            found.add("listed")
    if sees_reporter(actor, appeal):
        found.add("reporter_seen")
    if "consulted" in possible and calls_as(actor, appeal) is not None:
        found.add("consulted")
    if deals_with(actor, appeal):
        found.add("linked")
    return frozenset(found)


def _may_bounce(appeal: Appeal, now: datetime) -> bool:
    rules = rules_of(appeal.region_path)
    return (
        not appeal.ruled
        and appeal.bounce_count < rules.bounces
        and appeal.dispatched_at is not None
        and now <= appeal.dispatched_at + timedelta(hours=rules.bounce_within.amount)
    )


def part_steps(actor: Actor, appeal: Appeal, part: Part) -> frozenset[str]:
    """Giving it, by the agency that was asked; ending it, by the one that asked."""
    possible = set(PART.events(part.state))
    mine = agencies_of(actor, ANSWER)
    found = set()
    if part.agency_id in mine:
        found |= possible & {"given"}
    if appeal.agency_id is not None and appeal.agency_id in mine:
        found |= possible & {"over"}
    return frozenset(found)


def request_steps(actor: Actor, appeal: Appeal, request: Request) -> frozenset[str]:
    """Deciding, by an approver of the agency who did not ask."""
    if appeal.agency_id not in agencies_of(actor, APPROVE) or request.asked_by == reference_of(actor):
        return frozenset()
    return frozenset(REQUEST.events(request.state, by="approver"))


def reply_steps(actor: Actor, appeal: Appeal, reply: Reply) -> frozenset[str]:
    """Handing in, by who deals with it; returning and sending, by an approver who did not write it."""
    possible = set(REPLY.events(reply.state))
    found = set()
    if appeal.agency_id is not None and appeal.agency_id in agencies_of(actor, ANSWER):
        found |= possible & {"proposed"}
    if appeal.agency_id is not None and appeal.agency_id in agencies_of(actor, APPROVE):
        found |= possible & {"returned"}
        if reply.written_by != reference_of(actor):
            found |= possible & {"sent"}
    return frozenset(found)


def notice_steps(actor: Actor, notice: SupervisionNotice) -> frozenset[str]:
    """Answering, by the agency that was sent it; returning and lifting, by a supervisor."""
    possible = set(NOTICE.events(notice.state))
    found = set()
    if notice.agency_id in agencies_of(actor, ANSWER):
        found |= possible & {"answered"}
    if actor.may(SUPERVISE):
        found |= possible & {"returned", "lifted"}
    return frozenset(found)
