"""Ways that were tried to have an appeal due later, closed by its agency, or lost: each stays shut."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.areas.appeals.factories import (
    HOUSING,
    answered_appeal,
    closed_appeal,
    dispatched_appeal,
    handled_appeal,
    joined_appeal,
    one_appeal_event,
    paused_appeal,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NANGANG, NOW, SYSTEM, agency, no_event, official
from yingshang.areas.appeals import api
from yingshang.areas.appeals.errors import AppealNotFound
from yingshang.areas.appeals.models import Appeal, Request
from yingshang.areas.appeals.supervising.jobs import follow_calendars, tell_of_silence
from yingshang.kernel.clock.api import Owner, deadlines_of, get_deadline
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

SOON = NOW + timedelta(hours=1)


def test_a_difficulty_found_again_and_again_brings_its_days_once() -> None:
    said = submitted_appeal()
    at = NOW
    for difficulty in ("hard", "simple", "hard"):
        at += timedelta(minutes=10)
        api.dispatch_appeal(
            actor=said.people.dispatcher.actor(at),
            appeal_id=said.id,
            agency_id=said.people.market,
            difficulty=difficulty,
            reason="按职责",
            now=at,
        )
        if said.row.bounce_count < 2:
            api.bounce_appeal(
                actor=said.people.handler.actor(at), appeal_id=said.id, reason="不属本局", now=at
            )
    # Fifteen working days from 23 November.
    assert said.row.due_on == date(2026, 12, 14)


def test_one_that_was_opened_again_keeps_its_clock_however_it_is_handed_on() -> None:
    said = closed_appeal()
    later = NOW + timedelta(days=2)
    api.reopen_appeal(actor=said.who.actor(later), appeal_id=said.id, reason="又停电了", now=later)
    api.bounce_appeal(
        actor=said.people.handler.actor(), appeal_id=said.id, reason="属住建", now=NOW + timedelta(hours=2)
    )
    api.dispatch_appeal(
        actor=said.people.dispatcher.actor(), appeal_id=said.id, agency_id=said.people.housing, now=later
    )
    clock = said.row.reopened_deadline_id
    assert clock is not None
    view = get_deadline(clock, now=later)
    assert (view.state, view.agency_id, view.due_on) == ("running", said.people.housing, date(2026, 11, 30))
    with no_event(), pytest.raises(DomainError):
        api.decline_appeal(
            actor=said.people.dispatcher.actor(),
            appeal_id=said.id,
            reason="不办了",
            instead="别处",
            now=later,
        )


@pytest.mark.parametrize("main", [paused_appeal, answered_appeal, closed_appeal])
def test_nothing_is_joined_to_what_has_no_running_clock(main) -> None:  # type: ignore[no-untyped-def]
    first = main()
    other = submitted_appeal(people=first.people)
    with no_event(), pytest.raises(api.InvalidStep):
        api.join_appeal(actor=first.people.dispatcher.actor(), appeal_id=other.id, main_id=first.id, now=SOON)


def test_a_main_one_is_not_declined_over_the_heads_of_its_voices_and_each_hears_of_its_end() -> None:
    voice = joined_appeal()
    main = Appeal.objects.get(pk=voice.row.main_id)
    people = voice.people
    with no_event(), pytest.raises(api.InvalidStep):
        api.decline_appeal(
            actor=people.dispatcher.actor(), appeal_id=main.pk, reason="已立案", instead="法院", now=SOON
        )
    api.dispatch_appeal(actor=people.dispatcher.actor(), appeal_id=main.pk, agency_id=people.market, now=SOON)
    api.record_contact(actor=people.handler.actor(), appeal_id=main.pk, way="telephone", now=SOON)
    reply = api.write_reply(
        actor=people.handler.actor(), appeal_id=main.pk, text="已恢复供电", outcome="solved", now=SOON
    )
    api.propose_reply(actor=people.handler.actor(), reply_id=reply, now=SOON)
    api.send_reply(actor=people.approver.actor(), reply_id=reply, now=SOON)
    later = NOW + timedelta(days=10)
    api.settle_appeal(actor=people.supervisor.actor(later), appeal_id=main.pk, reason="已核实", now=later)
    assert (voice.row.state, voice.row.closed_by, voice.row.agency_id) == ("closed", "main", people.market)
    assert AuditEvent.objects.filter(action="appeals.ended", target_id=str(voice.id)).count() == 1
    assert Message.objects.filter(template="appeals.ended_with_main", party=voice.party).exists()
    api.reopen_appeal(actor=voice.who.actor(later), appeal_id=voice.id, reason="没有恢复", now=later)
    assert voice.row.state == "handling" and voice.row.main_id == main.pk
    # Answered alone, they are shown that reply with its document, its clock, and rate it.
    own = api.my_appeal(actor=voice.who.actor(later), appeal_id=voice.id, now=later)
    assert own.reopened is not None and own.reopened.state == "running"
    assert [each.text for each in own.replies] == ["已恢复供电"]
    reply = api.write_reply(
        actor=people.handler.actor(later), appeal_id=voice.id, text="已换线路", outcome="solved", now=later
    )
    api.propose_reply(actor=people.handler.actor(later), reply_id=reply, now=later)
    api.send_reply(actor=people.approver.actor(later), reply_id=reply, now=later)
    own = api.my_appeal(actor=voice.who.actor(later), appeal_id=voice.id, now=later)
    assert [each.text for each in own.replies] == ["已恢复供电", "已换线路"]
    assert [each.document_id is not None for each in own.replies] == [False, True]
    assert own.ratings[0].may_rate and "confirmed" in own.may
    progress = api.appeal_progress(actor=voice.who.actor(later), number=voice.row.number)
    assert progress.reply == "已换线路"


def test_a_supervisor_decides_after_silence_or_disagreement_and_is_told_of_silence_once() -> None:
    said = answered_appeal()
    supervisor = said.people.supervisor
    with no_event(), pytest.raises(api.InvalidStep):
        api.settle_appeal(actor=supervisor.actor(), appeal_id=said.id, reason="赶快办结", now=SOON)
    told = [tell_of_silence(actor=SYSTEM, now=NOW + timedelta(days=day)) for day in range(10)]
    assert sum(told) == 1 and told.index(1) == 8
    assert Message.objects.filter(template="appeals.silent", recipient_id=supervisor.id).exists()
    own = official("supervisor", DAOLI, "market-regulation")
    later = NOW + timedelta(days=9)
    with no_event(), pytest.raises(api.NotYours):
        api.settle_appeal(actor=own.actor(later), appeal_id=said.id, reason="自己办结", now=later)
    with one_appeal_event("appeals.settled"):
        api.settle_appeal(actor=supervisor.actor(later), appeal_id=said.id, reason="已核实", now=later)


def test_urgency_found_at_dispatching_counts_from_intake_and_a_notice_sent_back_has_a_clock_again() -> None:
    said = submitted_appeal()
    api.dispatch_appeal(
        actor=said.people.dispatcher.actor(),
        appeal_id=said.id,
        agency_id=said.people.market,
        urgency="urgent",
        now=NOW + timedelta(minutes=3),
    )
    assert said.row.contact_due_at == NOW + timedelta(minutes=10)
    [clock] = [
        each
        for each in deadlines_of(Owner("appeal_contact", str(said.id)), now=SOON)
        if each.state == "running"
    ]
    assert clock.late and clock.agency_id == said.people.market
    supervisor, handler = said.people.supervisor.actor(), said.people.handler.actor()
    notice = api.issue_notice(actor=supervisor, appeal_id=said.id, demand="请办理", now=SOON)
    api.answer_notice(actor=handler, notice_id=notice, answer="在办", now=SOON)
    api.return_notice(actor=supervisor, notice_id=notice, remark="请写明日期", now=SOON)
    again = [
        each
        for each in deadlines_of(Owner("appeal_notice", str(notice)), now=SOON)
        if each.state == "running"
    ]
    assert len(again) == 1
    own = official("supervisor", DAOLI, "market-regulation").actor()
    with no_event(), pytest.raises(api.NotYours):
        api.lift_notice(actor=own, notice_id=notice, remark="自己销号", now=SOON)


def test_a_request_is_decided_once() -> None:
    said = handled_appeal()
    people = said.people
    request = api.ask_for_time(
        actor=people.handler.actor(),
        appeal_id=said.id,
        kind="extend",
        reason_code="petition_extension",
        working_days=5,
        now=SOON,
    )
    api.decide_on_time(actor=people.approver.actor(), request_id=request, granted=True, now=SOON)
    due = said.row.due_on
    for granted in (True, False):
        with no_event(), pytest.raises(api.NotPossibleNow):
            api.decide_on_time(actor=people.approver.actor(), request_id=request, granted=granted, now=SOON)
    assert said.row.due_on == due and Request.objects.get().state == "granted"


def test_files_are_added_by_who_deals_with_it_while_it_is_open() -> None:
    said = dispatched_appeal()
    for who in (said.people.helper, said.people.dispatcher):
        with no_event(), pytest.raises(DomainError):
            api.add_official_file(
                actor=who.actor(), appeal_id=said.id, content=b"%PDF-1.4", name="a.pdf", now=SOON
            )


def test_nothing_tells_of_an_enterprise_that_spoke_anonymously() -> None:
    said = handled_appeal(anonymous=True)
    part = api.ask_for_part(
        actor=said.people.handler.actor(),
        appeal_id=said.id,
        agency_id=said.people.housing,
        question="请提供意见",
        now=SOON,
    )
    assert not AuditEvent.objects.filter(party_id=said.party.pk, action__startswith="appeals.").exists()
    clocks = [
        each
        for owner in (
            Owner("appeal", str(said.id)),
            Owner("appeal_contact", str(said.id)),
            Owner("appeal_part", str(part)),
        )
        for each in deadlines_of(owner, now=SOON)
    ]
    assert len(clocks) == 3
    assert all(each.party_id is None for each in clocks)


def test_a_date_that_a_calendar_moved_is_moved_in_the_lists() -> None:
    said = handled_appeal()
    right = said.row.due_on
    assert follow_calendars(actor=SYSTEM, now=SOON) == 0
    Appeal.objects.filter(pk=said.id).update(due_on=date(2026, 1, 1))
    with one_appeal_event("appeals.due_moved"):
        assert follow_calendars(actor=SYSTEM, now=SOON) == 1
    assert said.row.due_on == right


def test_who_is_asked_for_a_part_elsewhere_gets_no_powers_of_a_supervisor_by_that() -> None:
    said = handled_appeal()
    elsewhere = official("supervisor", NANGANG, HOUSING)
    with pytest.raises(AppealNotFound):
        api.desk_appeal(actor=elsewhere.actor(), appeal_id=said.id, now=SOON)
    api.ask_for_part(
        actor=said.people.handler.actor(),
        appeal_id=said.id,
        agency_id=agency(NANGANG, HOUSING).pk,
        question="请提供意见",
        now=SOON,
    )
    api.desk_appeal(actor=elsewhere.actor(), appeal_id=said.id, now=SOON)
    with no_event(), pytest.raises(AppealNotFound):
        api.issue_notice(actor=elsewhere.actor(), appeal_id=said.id, demand="请办理", now=SOON)
    with no_event(), pytest.raises(AppealNotFound):
        api.raise_appeal(actor=elsewhere.actor(), appeal_id=said.id, reason="应上报", now=SOON)
    leader = official("leader", NANGANG, HOUSING)
    with no_event(), pytest.raises(AppealNotFound):
        api.put_on_leaders_list(
            actor=leader.actor(), appeal_id=said.id, due_on=date(2026, 12, 1), instruction="督办", now=SOON
        )
