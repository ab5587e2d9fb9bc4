"""A month's record: counted from what happened, frozen once, objected to by the agency, corrected with a reason."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import (
    Said,
    answered_appeal,
    city,
    closed_appeal,
    dispatched_appeal,
    handled_appeal,
    joined_appeal,
    one_appeal_event,
    submitted_appeal,
)
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    SYSTEM,
    Person,
    arranged,
    no_event,
    official,
)
from yingshang.areas.appeals import api
from yingshang.areas.appeals.learning.periods import period_of
from yingshang.areas.appeals.learning.records.counting import Against, Counted, count_month
from yingshang.areas.appeals.models import (
    Holding,
    PerformanceRecord,
    RecordCorrection,
    RecordLine,
    RecordMonth,
    RecordObjection,
    SupervisionNotice,
)
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db
# NOW is 23 November: what waits from then on is late before the month is over.
FROZEN = NOW + timedelta(days=10)
NOVEMBER = period_of(date(2026, 11, 1))


def test_a_month_is_counted_by_who_had_it_when_it_happened() -> None:
    people = city()
    late = handled_appeal(people=people)
    in_time = answered_appeal(people=people)
    # The agency sent it back and got it again: the desk did not agree. It was not contacted in its twelve hours.
    bounced = dispatched_appeal(people=people)
    now = bounced.row.submitted_at + timedelta(minutes=10)
    api.bounce_appeal(actor=people.handler.actor(now), appeal_id=bounced.id, reason="不是本单位职责", now=now)
    now += timedelta(minutes=1)
    api.dispatch_appeal(
        actor=people.dispatcher.actor(now), appeal_id=bounced.id, agency_id=people.market, now=now
    )
    # Nobody gave this one to anybody: that is the desk's.
    waits = submitted_appeal(people=people)
    now = NOW + timedelta(days=1)
    api.put_on_leaders_list(
        actor=people.leader.actor(now),
        appeal_id=in_time.id,
        instruction="盯住",
        due_on=date(2026, 12, 1),
        now=now,
    )
    api.issue_notice(actor=people.supervisor.actor(now), appeal_id=late.id, demand="请立即办理", now=now)
    api.rate_appeal(actor=in_time.who.actor(now), appeal_id=in_time.id, level=1, now=now)
    counted = count_month(NOVEMBER, now=FROZEN)
    market = counted[people.market]
    assert market.received == {late.id, in_time.id, bounced.id}
    assert set(market.answered) == market.answered_in_time == {in_time.id}
    assert market.contacted_in_time == {late.id, in_time.id} and len(market.parties) == 3
    assert {code: market.of(code) for code in api.learning_rules().against} == {
        "late": {late.id, bounced.id},
        "contact_late": {bounced.id},
        "bounced_wrongly": {bounced.id},
        "notices": {late.id},
        "notices_late": {late.id},
        "listed": {in_time.id},
        "reopened": set(),
        "bad_ratings": {in_time.id},
    }
    desk = counted[waits.row.desk_id]
    assert desk.of("late") == desk.of("contact_late") == {waits.id} and not desk.received
    # A month before nothing had happened.
    assert not count_month(NOVEMBER.before, now=FROZEN)


def test_handed_on_before_its_day_it_is_late_at_the_other() -> None:
    said = dispatched_appeal()
    people = said.people
    now = NOW + timedelta(days=1)
    api.reassign_appeal(
        actor=people.dispatcher.actor(now),
        appeal_id=said.id,
        agency_id=people.housing,
        reason="职责调整",
        now=now,
    )
    counted = count_month(NOVEMBER, now=FROZEN)
    assert counted[people.housing].of("late") == {said.id}
    assert not counted[people.market].of("late")
    # The twelve hours to contact were over while the first had it.
    assert counted[people.market].of("contact_late") == {said.id}


def test_opened_again_it_is_late_once_by_its_new_clock() -> None:
    said = closed_appeal()
    now = NOW + timedelta(days=2)
    api.reopen_appeal(actor=said.who.actor(now), appeal_id=said.id, reason="又坏了", now=now)
    market = count_month(NOVEMBER, now=NOW + timedelta(days=4))[said.people.market]
    assert market.of("reopened") == {said.id} and not market.of("late")
    assert market.received == {said.id} and len(market.answered) == 1
    market = count_month(NOVEMBER, now=FROZEN)[said.people.market]
    assert [each.appeal_id for each in market.against if each.figure == "late"] == [said.id]
    assert not market.of("contact_late")


def _answered_anew(said: Said, at: datetime) -> None:
    """Answered once more."""
    people = said.people
    reply = api.write_reply(
        actor=people.handler.actor(at), appeal_id=said.id, text="已修好。", outcome="solved", now=at
    )
    api.propose_reply(actor=people.handler.actor(at), reply_id=reply, now=at)
    api.send_reply(actor=people.approver.actor(at), reply_id=reply, now=at)


def test_a_reply_to_what_was_opened_again_counts_from_then_on() -> None:
    said = closed_appeal()
    now = NOW + timedelta(days=14)
    api.reopen_appeal(actor=said.who.actor(now), appeal_id=said.id, reason="又坏了", now=now)
    _answered_anew(said, now + timedelta(hours=5))
    december = count_month(NOVEMBER.after, now=NOW + timedelta(days=60))[said.people.market]
    assert december.answered == {said.id: 5.0} and december.due == 1 and not december.of("late")
    # Not solved after all: the same clock goes on, and is no other one to be kept.
    later = now + timedelta(hours=6)
    api.dispute_answer(actor=said.who.actor(later), appeal_id=said.id, reason="还是坏的", now=later)
    _answered_anew(said, later + timedelta(hours=1))
    december = count_month(NOVEMBER.after, now=NOW + timedelta(days=60))[said.people.market]
    assert (
        december.due == 1 and december.answered_in_time == {said.id} and december.answered == {said.id: 5.0}
    )
    november = count_month(NOVEMBER, now=NOW + timedelta(days=60))[said.people.market]
    assert november.due == 1 and november.answered_in_time == {said.id}


def test_a_reply_after_a_dispute_answers_nothing_anew() -> None:
    said = answered_appeal()
    now = NOW + timedelta(days=7)
    api.dispute_answer(actor=said.who.actor(now), appeal_id=said.id, reason="还是坏的", now=now)
    _answered_anew(said, now + timedelta(days=1))
    market = said.people.market
    november, december = (count_month(each, now=FROZEN)[market] for each in (NOVEMBER, NOVEMBER.after))
    assert said.id in november.answered and not december.answered
    with arranged():
        month = RecordMonth.objects.create(month=date(2026, 12, 1), frozen_at=FROZEN, agencies=1)
        record = _published(market, month)
    shown = {"actor": said.people.leader.actor(FROZEN), "record_id": record.pk, "figure": "answered"}
    assert api.record_appeals(**shown).total == 0  # type: ignore[arg-type]
    # Opened again in between, it does.
    with arranged():
        Holding.objects.update(began_by="reopened", since=now + timedelta(hours=1))
    assert api.record_appeals(**shown).total == 1  # type: ignore[arg-type]


def test_late_by_one_of_two_clocks_in_a_month_is_half() -> None:
    said = closed_appeal()
    now = NOW + timedelta(days=1)
    api.reopen_appeal(actor=said.who.actor(now), appeal_id=said.id, reason="又坏了", now=now)
    api.freeze_months(actor=SYSTEM, now=FROZEN)
    row = PerformanceRecord.objects.get(agency=said.people.market)
    assert (row.due, row.counted["late"]) == (2, 1)
    reader = said.people.leader.actor(FROZEN)
    assert api.performance_record(actor=reader, record_id=row.pk).in_time == 0.5
    # And by both it is none of two, not less than nothing.
    market = Counted(
        against=[Against("late", said.id, now, 1), Against("late", said.id, now, 2)], kept={1: said.id}
    )
    assert market.due == 2


def test_what_lay_too_long_at_a_desk_stays_that_desks_when_it_is_raised() -> None:
    people = city()
    said = submitted_appeal(people=people)
    desk = said.row.desk_id
    now = NOW + timedelta(hours=13)
    api.dispatch_appeal(
        actor=people.dispatcher.actor(now), appeal_id=said.id, agency_id=people.market, now=now
    )
    now += timedelta(hours=1)
    api.raise_appeal(actor=people.handler.actor(now), appeal_id=said.id, reason="需市级协调", now=now)
    above = said.row.desk_id
    counted = count_month(NOVEMBER, now=FROZEN)
    assert above != desk and counted[desk].of("contact_late") == {said.id}
    # Its day came when it lay at the desk above.
    assert counted[above].of("late") == {said.id} and not counted[above].of("contact_late")


def test_a_voice_counts_once_it_waits_for_itself() -> None:
    voice = joined_appeal()
    people, main = voice.people, voice.row.main_id
    assert main is not None
    now = NOW + timedelta(minutes=10)
    api.dispatch_appeal(actor=people.dispatcher.actor(now), appeal_id=main, agency_id=people.market, now=now)
    api.record_contact(actor=people.handler.actor(now), appeal_id=main, way="telephone", said="了解", now=now)
    _answered_anew(Said(main, voice.party, voice.who, people), now)
    now += timedelta(minutes=5)
    api.settle_appeal(
        actor=people.supervisor.actor(now + timedelta(days=30)),
        appeal_id=main,
        reason="已经办结",
        now=now + timedelta(days=30),
    )
    assert voice.row.state == "closed"
    # Whatever went along with it is late by no clock of its own.
    assert not any(each.against for each in count_month(NOVEMBER, now=now + timedelta(days=31)).values())
    now += timedelta(days=31)
    api.reopen_appeal(actor=voice.who.actor(now), appeal_id=voice.id, reason="我们还没有解决", now=now)
    january = count_month(NOVEMBER.after.after, now=now + timedelta(days=60))
    assert voice.row.main_id == main
    december = count_month(NOVEMBER.after, now=now + timedelta(days=60))
    late = [each for month in (december, january) for each in month[people.market].of("late")]
    assert late == [voice.id]


def test_a_notice_answered_late_counts_whatever_became_of_it() -> None:
    said = handled_appeal()
    people, now = said.people, NOW + timedelta(hours=1)
    number = api.issue_notice(
        actor=people.supervisor.actor(now), appeal_id=said.id, demand="请立即办理", now=now
    )
    notice = SupervisionNotice.objects.get(pk=number)
    assert notice.due_on is not None and notice.due_on.month == 11
    later = NOW + timedelta(days=8)
    market = count_month(NOVEMBER, now=later)[people.market]
    (line,) = [each for each in market.against if each.figure == "notices_late"]
    assert timezone.localdate(line.at) == notice.due_on
    api.answer_notice(actor=people.handler.actor(later), notice_id=number, answer="正在办", now=later)
    api.return_notice(actor=people.supervisor.actor(later), notice_id=number, remark="写明日期", now=later)
    api.answer_notice(actor=people.handler.actor(later), notice_id=number, answer="本周", now=later)
    api.lift_notice(actor=people.supervisor.actor(later), notice_id=number, remark="同意", now=later)
    assert count_month(NOVEMBER, now=FROZEN)[people.market].of("notices_late") == {said.id}


def _published(agency: int, month: RecordMonth, region: str = "230102", **more: int) -> PerformanceRecord:
    values = {"received": 9, "answered": 9, "due": 9, "contacts_due": 9, "answer_hours": 100, "parties": 9}
    return PerformanceRecord.objects.create(
        month=month, agency_id=agency, region_path=region, **{**values, **more}
    )


def test_what_is_published_singles_nobody_out() -> None:
    said = handled_appeal()
    market = said.people.market
    with arranged():
        october, november = (
            RecordMonth.objects.create(month=date(2026, number, 1), frozen_at=NOW, agencies=1)
            for number in (10, 11)
        )
        _published(market, october)
    before = api.published_results().rows
    assert [(each.received, each.in_time, each.days_to_answer) for each in before] == [(9, 1.0, 0.5)]
    with arranged():
        # One enterprise alone: what is published is what it was.
        alone = _published(market, november, received=1, answered=1, due=1, answer_hours=7, parties=1)
        RecordLine.objects.create(record=alone, figure="late", appeal_id=said.id, at=NOW)
    assert api.published_results().rows == before
    with arranged():
        RecordLine.objects.filter(record=alone).delete()
        alone.delete()
        # What of one month is too little does not show beside what was enough.
        row = _published(market, november, answered=1, due=1, contacts_due=4, answer_hours=300)
        RecordLine.objects.create(record=row, figure="late", appeal_id=said.id, at=NOW)
    (both,) = api.published_results().rows
    assert (both.received, both.answered, both.in_time, both.contacted_in_time) == (18, 9, 1.0, 1.0)
    assert both.days_to_answer == 0.5
    with arranged():
        RecordLine.objects.filter(record=row).delete()
        row.delete()
        PerformanceRecord.objects.update(answered=4, due=4, contacts_due=4)
    (few,) = api.published_results().rows
    assert (few.received, few.in_time, few.contacted_in_time, few.days_to_answer) == (9, None, None, None)


def test_an_agency_that_moved_has_in_each_place_what_was_late_there() -> None:
    said = handled_appeal()
    market = said.people.market
    with arranged():
        october, november = (
            RecordMonth.objects.create(month=date(2026, number, 1), frozen_at=NOW, agencies=1)
            for number in (10, 11)
        )
        _published(market, october, region="230103", due=10)
        here = _published(market, november, due=10)
        for _number in range(5):
            RecordLine.objects.create(record=here, figure="late", appeal_id=said.id, at=NOW)
    assert {each.region_path: each.in_time for each in api.published_results().rows} == {
        "230102": 0.5,
        "230103": 1.0,
    }
    (moved,) = api.published_results(region_path="230103").rows
    assert moved.in_time == 1.0


def test_a_month_is_frozen_once_when_it_is_over_and_moves_no_more() -> None:
    said = handled_appeal()
    people = said.people
    with no_event(), pytest.raises(DomainError):
        api.freeze_months(actor=people.supervisor.actor(FROZEN), now=FROZEN)
    with one_appeal_event("appeals.records_frozen"):
        assert api.freeze_months(actor=SYSTEM, now=FROZEN) == 1
    with no_event():
        assert api.freeze_months(actor=SYSTEM, now=FROZEN + timedelta(days=1)) == 0
    row = PerformanceRecord.objects.get(agency=people.market)
    told = Message.objects.filter(template="appeals.record_frozen", link__endswith=f"/records/{row.pk}/")
    assert {people.handler.id, people.approver.id} == set(told.values_list("recipient_id", flat=True))
    assert "2026年12月13日前（含当日）" in told.filter(recipient_id=people.handler.id)[0].body
    assert (row.month.month, row.received, row.due, row.counted["late"]) == (date(2026, 11, 1), 1, 1, 1)
    now = FROZEN + timedelta(days=1)
    reply = api.write_reply(
        actor=people.handler.actor(now), appeal_id=said.id, text="已办。", outcome="solved", now=now
    )
    api.propose_reply(actor=people.handler.actor(now), reply_id=reply, now=now)
    api.send_reply(actor=people.approver.actor(now), reply_id=reply, now=now)
    shown = api.performance_record(actor=people.handler.actor(now), record_id=row.pk)
    assert shown.figures["late"] == 1 and shown.in_time == 0.0 and not shown.corrected
    # The next month; and one that was missed is caught up, before the day of the rules nothing is.
    assert api.freeze_months(actor=SYSTEM, now=NOW + timedelta(days=39)) == 0
    assert api.freeze_months(actor=SYSTEM, now=NOW + timedelta(days=75)) == 2
    assert [each.month for each in RecordMonth.objects.all()] == [
        date(2027, 1, 1),
        date(2026, 12, 1),
        date(2026, 11, 1),
    ]
    # It was answered in December, late by then: of the term that broke in November nothing is due there.
    december = PerformanceRecord.objects.get(month__month=date(2026, 12, 1), agency=people.market)
    assert (december.answered, december.due, december.counted["late"]) == (1, 0, 0)


def _line(said: Said) -> RecordLine:
    api.freeze_months(actor=SYSTEM, now=FROZEN)
    return RecordLine.objects.get(figure="late", appeal=said.id)


def test_each_figure_opens_down_to_its_appeals(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    said = handled_appeal()
    answered = answered_appeal(people=said.people)
    line = _line(said)
    reader = said.people.leader.actor(FROZEN)
    with django_assert_max_num_queries(4):
        page = api.performance_records(actor=reader, month=date(2026, 11, 1))
    assert page.total == len(page.rows) == 1
    record = page.rows[0]
    for figure, name in api.learning_rules().figures.items():
        with django_assert_max_num_queries(5):
            found = api.record_appeals(actor=reader, record_id=record.id, figure=figure)
        figures = {"received": record.received, "answered": record.answered, **record.figures}
        assert found.total == len(found.rows) == figures[figure], name
    late = api.record_appeals(actor=reader, record_id=record.id, figure="late").rows
    assert [(each.appeal_id, each.line_id, each.counts) for each in late] == [(said.id, line.pk, True)]
    received = api.record_appeals(actor=reader, record_id=record.id, figure="received").rows
    assert {each.appeal_id for each in received} == {said.id, answered.id}
    # Elsewhere there is no such record.
    other = official("supervisor", NANGANG, "service-center").actor(FROZEN)
    assert api.performance_records(actor=other).total == 0
    with pytest.raises(DomainError):
        api.performance_record(actor=other, record_id=record.id)
    with pytest.raises(DomainError):
        api.record_appeals(actor=other, record_id=record.id, figure="late")
    with pytest.raises(DomainError):
        api.record_line(actor=other, line_id=line.pk, now=FROZEN)


def test_objection_and_decision() -> None:
    said = handled_appeal()
    people = said.people
    line = _line(said)
    # In the evening of the last day.
    now = FROZEN + timedelta(days=10, hours=5)
    supervisor = people.supervisor.actor(now)
    for wrong in (people.helper, people.leader, people.supervisor):
        with no_event(), pytest.raises(DomainError):
            api.object_to_record(actor=wrong.actor(now), line_id=line.pk, reason="不是我们", now=now)
    with no_event(), pytest.raises(DomainError):
        api.object_to_record(actor=people.approver.actor(now), line_id=line.pk, reason=" ", now=now)
    late = FROZEN + timedelta(days=11)
    with no_event(), pytest.raises(DomainError, match="could object until"):
        api.object_to_record(actor=people.approver.actor(late), line_id=line.pk, reason="晚了", now=late)
    assert "objected" in api.record_line(actor=people.approver.actor(now), line_id=line.pk, now=now).may
    with one_appeal_event("appeals.record_objected"):
        number = api.object_to_record(
            actor=people.approver.actor(now), line_id=line.pk, reason="企业要求等待材料", now=now
        )
    assert Message.objects.filter(
        template="appeals.record_objected", recipient_id=people.supervisor.id
    ).exists()
    shown = api.record_line(actor=supervisor, line_id=line.pk, now=now)
    assert shown.may == {"upheld", "refused"} and shown.record.open_objections == 1
    assert api.record_line(actor=people.approver.actor(now), line_id=line.pk, now=now).may == frozenset()
    with no_event(), pytest.raises(DomainError):
        api.correct_record(actor=supervisor, line_id=line.pk, counts=False, reason="直接改", now=now)
    with one_appeal_event("appeals.record_objection_upheld"):
        api.decide_objection(
            actor=supervisor, objection_id=number, upheld=True, reason="企业来函属实", now=now
        )
    shown = api.record_line(actor=people.handler.actor(now), line_id=line.pk, now=now)
    assert not shown.line.counts and shown.record.figures["late"] == 0 and shown.record.counted["late"] == 1
    assert shown.record.corrected and shown.record.in_time == 1.0
    assert [(each.counts, each.reason) for each in shown.corrections] == [(False, "企业来函属实")]
    # Put back with a reason: everything stays to be read.
    with one_appeal_event("appeals.record_corrected"):
        api.correct_record(actor=supervisor, line_id=line.pk, counts=True, reason="来函系伪造", now=now)
    assert [each.counts for each in RecordCorrection.objects.all()] == [False, True]
    assert api.record_line(actor=supervisor, line_id=line.pk, now=now).line.counts


def test_an_objection_that_is_refused_changes_nothing() -> None:
    said = handled_appeal()
    line = _line(said)
    now = FROZEN + timedelta(days=1)
    number = api.object_to_record(
        actor=said.people.handler.actor(now), line_id=line.pk, reason="人手不足", now=now
    )
    with one_appeal_event("appeals.record_objection_refused"):
        api.decide_objection(
            actor=said.people.supervisor.actor(now),
            objection_id=number,
            upheld=False,
            reason="不属于客观原因",
            now=now,
        )
    line.refresh_from_db()
    assert line.counts and not RecordCorrection.objects.exists()
    # Said once; and decided once.
    for upheld in (True, False):
        with no_event(), pytest.raises(DomainError):
            api.decide_objection(
                actor=said.people.supervisor.actor(now),
                objection_id=number,
                upheld=upheld,
                reason="再看",
                now=now,
            )
    with no_event(), pytest.raises(DomainError):
        api.object_to_record(
            actor=said.people.handler.actor(now), line_id=line.pk, reason="再说一次", now=now
        )


def _everybody(said: Said) -> dict[str, tuple[Person, bool, bool]]:
    """Who there is, whether they object for the agency, and whether they correct its record."""
    people = said.people
    return {
        "handler": (people.handler, True, False),
        "approver": (people.approver, True, False),
        "helper": (people.helper, False, False),
        "dispatcher": (people.dispatcher, False, False),
        "supervisor": (people.supervisor, False, True),
        "city supervisor": (official("supervisor", HARBIN, "service-center"), False, True),
        "its own supervisor": (official("supervisor", DAOLI, "market-regulation"), False, False),
        "supervisor elsewhere": (official("supervisor", NANGANG, "service-center"), False, False),
        "leader": (people.leader, False, False),
        "enterprise": (said.who, False, False),
    }


def test_who_may_do_what_in_every_state() -> None:
    said = handled_appeal()
    line = _line(said)
    now = FROZEN + timedelta(days=1)
    everybody = _everybody(said)
    for state, (who, (person, objects, corrects)) in product(
        ("none", "open", "refused", "out"), everybody.items()
    ):
        with arranged():
            RecordCorrection.objects.all().delete()
            RecordObjection.objects.all().delete()
            RecordLine.objects.update(counts=state != "out")
            if state in ("open", "refused"):
                objection = RecordObjection.objects.create(
                    line=line, state=state, reason="x", made_at=now, made_by="user:0", made_by_name="x"
                )
            else:
                objection = None
        actor = person.actor(now)
        expected = {
            "objected": objects and state == "none",
            "upheld": corrects and state == "open",
            "refused": corrects and state == "open",
            "taken_out": corrects and state in ("none", "refused"),
            "put_back": corrects and state == "out",
        }
        try:
            may = api.record_line(actor=actor, line_id=line.pk, now=now).may
        except DomainError:
            may = frozenset()
        assert may == {name for name, wanted in expected.items() if wanted}, (who, state)
        for name, wanted in expected.items():
            if not wanted:
                with no_event(), pytest.raises(DomainError):
                    _do(name, actor, line.pk, objection.pk if objection else 0, now)


def _do(name: str, actor: object, line: int, objection: int, now: object) -> None:
    common = {"actor": actor, "reason": "理由", "now": now}
    if name == "objected":
        api.object_to_record(line_id=line, **common)  # type: ignore[arg-type]
    elif name in ("upheld", "refused"):
        api.decide_objection(objection_id=objection, upheld=name == "upheld", **common)  # type: ignore[arg-type]
    else:
        api.correct_record(line_id=line, counts=name == "put_back", **common)  # type: ignore[arg-type]


def test_an_objection_of_the_desk_comes_before_the_desk_above() -> None:
    said = submitted_appeal()
    above = official("supervisor", HARBIN, "service-center")
    line = _line(said)
    assert line.record.agency_id == said.row.desk_id
    now = FROZEN + timedelta(days=1)
    api.object_to_record(actor=said.people.dispatcher.actor(now), line_id=line.pk, reason="停电", now=now)
    told = Message.objects.filter(template="appeals.record_objected").values_list("recipient_id", flat=True)
    assert set(told) == {above.id}
    assert api.record_line(actor=above.actor(now), line_id=line.pk, now=now).may == {"upheld", "refused"}
    assert not api.record_line(actor=said.people.supervisor.actor(now), line_id=line.pk, now=now).may
