"""A joint consultation: every state × action × person; who reads what; its clocks; what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import transaction

from tests.areas.appeals.consulting.consultations import (
    CALLED,
    Called,
    abandoned_consultation,
    cancelled_consultation,
    ended_consultation,
    minuted_consultation,
    minutes,
    open_consultation,
)
from tests.areas.appeals.factories import (
    Said,
    another_person,
    handled_appeal,
    one_appeal_event,
    proposed_reply,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, arranged, no_event, official
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Consultation, Invitation, Part, Statement
from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import get_deadline, sweep
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db
LATER = CALLED + timedelta(hours=1)

STATES: dict[str, Callable[[], Called]] = {
    "open": open_consultation,
    "minuted": minuted_consultation,
    "ended": ended_consultation,
    "cancelled": cancelled_consultation,
    "over": abandoned_consultation,
}
ACTIONS: dict[str, tuple[str, set[str], Callable[[Called, Actor], object]]] = {
    "stated": (
        "consultation_stated",
        {"handler", "helper"},
        lambda c, a: api.give_statement(actor=a, consultation_id=c.id, text="请看附件", now=LATER),
    ),
    "own": (
        "consultation_stated",
        {"reporter"},
        lambda c, a: api.give_own_statement(
            actor=a, appeal_id=c.said.id, consultation_id=c.id, body="我们可以配合补充材料。", now=LATER
        ),
    ),
    "invited": (
        "consultation_invited",
        {"handler"},
        lambda c, a: api.invite_agency(
            actor=a, consultation_id=c.id, agency_id=c.said.row.desk_id, now=LATER
        ),
    ),
    "meeting_set": (
        "consultation_meeting_set",
        {"handler"},
        lambda c, a: api.set_meeting(
            actor=a,
            consultation_id=c.id,
            meeting_at=LATER + timedelta(days=1),
            meeting_place="二楼会议室",
            now=LATER,
        ),
    ),
    "minuted": (
        "consultation_minuted",
        {"handler"},
        lambda c, a: api.write_minutes(actor=a, consultation_id=c.id, conclusion="一致同意", now=LATER),
    ),
    "decided": (
        "consultation_signed",
        {"helper"},
        lambda c, a: api.sign_minutes(actor=a, consultation_id=c.id, agrees=True, now=LATER),
    ),
    "ended": (
        "consultation_ended",
        {"handler"},
        lambda c, a: api.end_consultation(actor=a, consultation_id=c.id, now=LATER),
    ),
    "cancelled": (
        "consultation_cancelled",
        {"handler"},
        lambda c, a: api.cancel_consultation(actor=a, consultation_id=c.id, reason="不需要了", now=LATER),
    ),
}
"""Event of the table → its audit event, who may cause it where the agency called, and how."""
PEOPLE = ("reporter", "dispatcher", "handler", "approver", "helper", "supervisor", "leader", "stranger")


def _actor(called: Called, name: str) -> Actor:
    if name == "reporter":
        return called.said.who.actor(LATER)
    if name == "stranger":
        return another_person().actor(LATER)
    return getattr(called.said.people, name).actor(LATER)  # type: ignore[no-any-return]


@pytest.mark.parametrize("state", list(STATES))
def test_what_the_table_allows_happens_and_nothing_else(state: str) -> None:
    called = STATES[state]()
    assert called.row.state == state
    actors = {name: _actor(called, name) for name in PEOPLE}
    for event, (told, may, act) in ACTIONS.items():
        before = transaction.savepoint()
        if event == "ended" and state == "minuted":
            # The word of the invited agency is awaited until its day is over.
            Invitation.objects.filter(consultation=called.id).update(state="agreed")
        for name, actor in actors.items():
            point = transaction.savepoint()
            possible = api.CONSULTATION.may(state, "stated" if event == "own" else event)
            if possible and name in may:
                with one_appeal_event(f"appeals.{told}"):
                    act(called, actor)
                event_of_table = "stated" if event == "own" else event
                assert called.row.state == api.CONSULTATION.after(state, event_of_table)
            else:
                with no_event(), pytest.raises(DomainError):
                    act(called, actor)
                assert called.row.state == state, (event, name)
            transaction.savepoint_rollback(point)
        transaction.savepoint_rollback(before)


def test_every_event_of_the_tables_is_tried() -> None:
    assert {row.event for row in api.CONSULTATION.transitions} == set(ACTIONS) - {"own"} | {"over"}
    assert {row.event for row in api.INVITATION.transitions} == {
        "stated",
        "minuted",
        "agreed",
        "dissented",
        "over",
    }


def test_called_by_who_has_it_its_desk_or_who_supervises_and_each_leads_their_own() -> None:
    said = handled_appeal()
    people = said.people
    for who, called_as in (("handler", "agency"), ("city_dispatcher", "desk"), ("supervisor", "supervisor")):
        person = getattr(people, who)
        with one_appeal_event("appeals.consulted"):
            number = api.call_consultation(
                actor=person.actor(LATER),
                appeal_id=said.id,
                question="怎么办",
                agency_ids=[people.housing],
                now=LATER,
            )
        assert Consultation.objects.get(pk=number).called_as == called_as
        for other in {"handler", "city_dispatcher", "supervisor", "helper", "leader"} - {who}:
            with no_event(), pytest.raises(api.NotYours):
                api.cancel_consultation(
                    actor=getattr(people, other).actor(LATER), consultation_id=number, reason="x", now=LATER
                )
    # One that waits for its desk is consulted about, too: who should have it.
    waiting = submitted_appeal(people=people)
    api.call_consultation(
        actor=people.dispatcher.actor(LATER),
        appeal_id=waiting.id,
        question="由谁办理",
        agency_ids=[people.market, people.housing],
        now=LATER,
    )
    assert waiting.row.state == "received"


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"question": "  "}, "question"),
        ({"question": "问" * 1001}, "question"),
        ({"agency_ids": []}, "agency_ids"),
        ({"agency_ids": [0]}, "agency"),
        ({"agency_ids": "own"}, "agency_ids"),
        ({"agency_ids": list(range(1, 12))}, "agency_ids"),
        ({"working_days": 0}, "working_days"),
        ({"working_days": 6}, "working_days"),
        ({"meeting_place": "会议室"}, "meeting_at"),
        ({"meeting_at": NOW, "meeting_place": "会议室"}, "meeting_at"),
        ({"meeting_at": LATER + timedelta(days=1)}, "meeting_place"),
        *(
            ({"meeting_at": LATER + timedelta(days=1), "meeting_address": address}, "meeting_address")
            for address in (
                "http://meet.example.cn/1",
                "javascript:alert(1)",
                "https://user@meet.example.cn/1",
                "https://meet.example.cn/ 1",
                "https://",
                "https://meet.example.cn:port/",
                "https://meet.example.cn\\@evil.example/",
                "https://meet.example.cn/" + "x" * 300,
            )
        ),
    ],
)
def test_what_cannot_be_called(told: dict[str, object], field: str) -> None:
    said = handled_appeal()
    if told.get("agency_ids") == "own":
        told = {"agency_ids": [said.people.market]}
    asked: dict[str, object] = {"question": "怎么办", "agency_ids": [said.people.housing], **told}
    with no_event(), pytest.raises(api.InvalidStep) as refused:
        api.call_consultation(
            actor=said.people.handler.actor(LATER),
            appeal_id=said.id,
            now=LATER,
            **asked,  # type: ignore[arg-type]
        )
    assert refused.value.details["field"] == field


def test_the_case_clock_runs_on_and_the_day_of_the_opinion_is_its_own() -> None:
    said = handled_appeal()
    before = said.row.due_on
    called = api.call_consultation(
        actor=said.people.handler.actor(LATER),
        appeal_id=said.id,
        question="怎么办",
        agency_ids=[said.people.housing],
        working_days=5,
        now=LATER,
    )
    assert said.row.deadline_id is not None
    assert (said.row.due_on, get_deadline(said.row.deadline_id).state) == (before, "running")
    [invited] = Invitation.objects.filter(consultation=called)
    assert invited.due_on == Consultation.objects.get(pk=called).due_on
    assert invited.deadline_id is not None and get_deadline(invited.deadline_id).state == "running"
    api.give_statement(
        actor=said.people.helper.actor(LATER), consultation_id=called, text="由我局配合", now=LATER
    )
    assert get_deadline(invited.deadline_id).state == "met"
    invited.refresh_from_db()
    assert (invited.state, invited.stated_at) == ("stated", LATER)


def test_a_late_agency_is_reminded_and_then_told_to_who_supervises() -> None:
    called = open_consultation()
    people = called.said.people
    for day in range(1, 8):
        sweep(actor=SYSTEM, now=NOW + timedelta(days=day))
    late = Message.objects.filter(template="appeals.consultation_late").order_by("pk")
    told = list(dict.fromkeys(late.values_list("recipient_id", flat=True)))
    assert told[0] == people.helper.id
    assert people.supervisor.id in told and people.handler.id in told
    [shown] = api.consultation(
        actor=people.supervisor.actor(NOW + timedelta(days=7)),
        consultation_id=called.id,
        now=NOW + timedelta(days=7),
    ).invitations
    assert shown.late
    # Nothing is said any more once it has spoken.
    before = late.count()
    now = NOW + timedelta(days=7)
    api.give_statement(actor=people.helper.actor(now), consultation_id=called.id, text="同意", now=now)
    sweep(actor=SYSTEM, now=NOW + timedelta(days=20))
    assert late.count() == before


def _texts(called: Called, who: str) -> list[str]:
    actor = _actor(called, who)
    return [
        each.text for each in api.consultation(actor=actor, consultation_id=called.id, now=LATER).statements
    ]


def test_what_agencies_tell_each_other_is_not_for_who_said_it_and_what_they_wrote_is_masked() -> None:
    called = open_consultation()
    people, who = called.said.people, called.said.who
    api.give_statement(
        actor=people.helper.actor(LATER), consultation_id=called.id, text="公开的意见", now=LATER
    )
    api.give_statement(
        actor=people.helper.actor(LATER),
        consultation_id=called.id,
        text="内部的意见",
        internal=True,
        now=LATER,
    )
    api.give_own_statement(
        actor=who.actor(LATER),
        appeal_id=called.said.id,
        consultation_id=called.id,
        body="请打 13812345678 与我联系，可以补材料。",
        now=LATER,
    )
    minutes(called, now=LATER)
    own = api.own_consultation(actor=who.actor(LATER), appeal_id=called.said.id, consultation_id=called.id)
    assert [each.text for each in own.statements] == ["公开的意见", "请打 13812345678 与我联系，可以补材料。"]
    assert all(not each.by_name for each in own.statements)
    # The minutes are for them once it has ended; the internal part never.
    assert (own.conclusion, own.tasks) == ("", ())
    assert "13812345678" in _texts(called, "handler")[2]
    # Nor is it for agencies that have nothing to do with it, whether they see the appeal or not.
    for reader, count in (("helper", 3), ("leader", 2), ("supervisor", 3)):
        texts = _texts(called, reader)
        assert len(texts) == count and "13812345678" not in texts[-1] and "补材料" in texts[-1], reader
        shown = api.consultation(actor=_actor(called, reader), consultation_id=called.id, now=LATER)
        assert (shown.internal == "请注意舆情", shown.inside) == (count == 3, count == 3), reader
    api.sign_minutes(actor=people.helper.actor(LATER), consultation_id=called.id, agrees=True, now=LATER)
    api.end_consultation(actor=people.handler.actor(LATER), consultation_id=called.id, now=LATER)
    own = api.own_consultation(actor=who.actor(LATER), appeal_id=called.said.id, consultation_id=called.id)
    assert "市场监管局" in own.conclusion and own.tasks[0].what == "提供验收材料"
    assert "舆情" not in repr(own) and "内部的意见" not in repr(own)
    # It is encrypted where it is kept.
    assert Statement.objects.filter(body__contains="意见").count() == 0


def test_who_was_not_invited_sees_nothing_and_an_anonymous_one_stays_so() -> None:
    called = open_consultation(with_reporter=False)
    who = called.said.who.actor(LATER)
    with pytest.raises(api.StepNotFound):
        api.own_consultation(actor=who, appeal_id=called.said.id, consultation_id=called.id)
    assert not api.my_appeal(actor=who, appeal_id=called.said.id, now=LATER).consultations
    with no_event(), pytest.raises(api.StepNotFound):
        api.give_own_statement(
            actor=who, appeal_id=called.said.id, consultation_id=called.id, body="我也想说几句。", now=LATER
        )
    hidden = open_consultation(people=called.said.people, anonymous=True)
    name = hidden.said.party.name
    api.give_own_statement(
        actor=hidden.said.who.actor(LATER),
        appeal_id=hidden.said.id,
        consultation_id=hidden.id,
        body=f"{name}愿意补充材料。",
        now=LATER,
    )
    assert AuditEvent.objects.filter(action="appeals.consultation_stated").latest("pk").actor_id == ""
    for reader in ("handler", "helper", "leader"):
        shown = api.consultation(actor=_actor(hidden, reader), consultation_id=hidden.id, now=LATER)
        assert name not in repr(shown) and "愿意补充材料" in shown.statements[0].text, reader


def test_an_agency_of_another_consultation_about_it_does_not_read_what_is_between_agencies() -> None:
    called = minuted_consultation()
    said, people = called.said, called.said.people
    api.give_statement(
        actor=people.helper.actor(LATER), consultation_id=called.id, text="内部", internal=True, now=LATER
    )
    other = official("department_official", "230103", "market-regulation")
    agency = next(iter(other.actor(LATER).grants)).agency_id
    assert agency is not None
    api.call_consultation(
        actor=people.handler.actor(LATER), appeal_id=said.id, question="另问", agency_ids=[agency], now=LATER
    )
    shown = api.consultation(actor=other.actor(LATER), consultation_id=called.id, now=LATER)
    assert (shown.internal, shown.statements) == ("", ()) and shown.conclusion


def test_the_agency_that_has_it_speaks_where_its_desk_called() -> None:
    said = handled_appeal()
    people = said.people
    called = api.call_consultation(
        actor=people.dispatcher.actor(LATER),
        appeal_id=said.id,
        question="由谁办理",
        agency_ids=[people.housing],
        now=LATER,
    )
    handler = people.handler.actor(LATER)
    assert api.consultation(actor=handler, consultation_id=called, now=LATER).may == {"stated"}
    before = Message.objects.filter(template="appeals.consultation_said").count()
    with one_appeal_event("appeals.consultation_stated"):
        api.give_statement(actor=handler, consultation_id=called, text="我局可以牵头", now=LATER)
    assert Statement.objects.get().agency_id == people.market
    assert Message.objects.filter(template="appeals.consultation_said").count() > before


def test_files_of_an_anonymous_one_are_not_opened_to_who_is_consulted() -> None:
    called = open_consultation(anonymous=True)
    said = called.said
    api.add_file(
        actor=said.who.actor(LATER),
        appeal_id=said.id,
        content=BytesIO("某公司的受理单".encode()),
        name="说明.txt",
        now=LATER,
    )
    for reader, opens in (("handler", True), ("helper", False)):
        shown = api.desk_appeal(actor=_actor(called, reader), appeal_id=said.id, now=LATER)
        assert bool(shown.files) is opens, reader


def test_an_invited_agency_of_elsewhere_reads_the_appeal_and_finds_it_in_its_list() -> None:
    said = handled_appeal()
    people = said.people
    other = official("department_official", "230103", "market-regulation")
    agency = next(iter(other.actor(LATER).grants)).agency_id
    assert agency is not None
    with pytest.raises(api.AppealNotFound):
        api.desk_appeal(actor=other.actor(LATER), appeal_id=said.id, now=LATER)
    number = api.call_consultation(
        actor=people.handler.actor(LATER),
        appeal_id=said.id,
        question="两区怎么分",
        agency_ids=[agency],
        now=LATER,
    )
    actor = other.actor(LATER)
    shown = api.desk_appeal(actor=actor, appeal_id=said.id, now=LATER)
    assert [each.id for each in shown.consultations] == [number] and not shown.clear
    for tab in ("parts", "all"):
        assert [each.id for each in api.desk_appeals(actor=actor, tab=tab, now=LATER).rows] == [said.id]
    # What came with it is open to it while it is consulted.
    api.add_file(
        actor=said.who.actor(LATER),
        appeal_id=said.id,
        content=BytesIO("许可证受理单".encode()),
        name="说明.txt",
        now=LATER,
    )
    assert api.desk_appeal(actor=actor, appeal_id=said.id, now=LATER).files
    api.give_statement(actor=actor, consultation_id=number, text="由道里区办", now=LATER)
    assert not api.desk_appeals(actor=actor, tab="parts", now=LATER).rows
    api.cancel_consultation(
        actor=people.handler.actor(LATER), consultation_id=number, reason="已商定", now=LATER
    )
    assert not api.desk_appeal(actor=actor, appeal_id=said.id, now=LATER).files


def test_minutes_are_signed_or_dissented_from_and_written_anew_they_are_signed_anew() -> None:
    called = minuted_consultation()
    people = called.said.people
    with no_event(), pytest.raises(api.InvalidStep):
        api.sign_minutes(actor=people.helper.actor(LATER), consultation_id=called.id, agrees=False, now=LATER)
    # The agency still has time to say whether it agrees.
    with no_event(), pytest.raises(api.InvalidStep):
        api.end_consultation(actor=people.handler.actor(LATER), consultation_id=called.id, now=LATER)
    api.sign_minutes(
        actor=people.helper.actor(LATER),
        consultation_id=called.id,
        agrees=False,
        reason="验收材料不归我局",
        now=LATER,
    )
    with no_event(), pytest.raises(api.NotPossibleNow):
        api.sign_minutes(actor=people.helper.actor(LATER), consultation_id=called.id, agrees=True, now=LATER)
    minutes(called, now=LATER)
    invited = Invitation.objects.get(consultation=called.id)
    assert (invited.state, invited.reason, invited.decided_at) == ("signing", "", None)
    # Silent until its day is over, it holds nothing up; that it was silent is shown.
    late = LATER + timedelta(days=5)
    api.end_consultation(actor=people.handler.actor(late), consultation_id=called.id, now=late)
    [shown] = api.consultation(
        actor=people.handler.actor(late), consultation_id=called.id, now=late
    ).invitations
    assert shown.state == "over"


def test_minutes_that_were_written_anew_are_not_signed_unread() -> None:
    called = minuted_consultation()
    read = called.row.minuted_at
    minutes(called, now=LATER)
    helper = called.said.people.helper.actor(LATER)
    with no_event(), pytest.raises(api.InvalidStep):
        api.sign_minutes(actor=helper, consultation_id=called.id, agrees=True, read=read, now=LATER)
    api.sign_minutes(
        actor=helper, consultation_id=called.id, agrees=True, read=called.row.minuted_at, now=LATER
    )


@pytest.mark.parametrize("task", ["stranger", "empty", "past", "many"])
def test_tasks_are_of_who_takes_part_and_lie_ahead(task: str) -> None:
    called = open_consultation()
    people = called.said.people
    tasks = {
        "stranger": [api.Task(called.said.row.desk_id, "办理")],
        "empty": [api.Task(people.housing, " ")],
        "past": [api.Task(people.housing, "办理", date(2026, 1, 1))],
        "many": [api.Task(people.housing, "办理")] * 6,
    }[task]
    with no_event(), pytest.raises(api.InvalidStep) as refused:
        api.write_minutes(
            actor=people.handler.actor(LATER),
            consultation_id=called.id,
            conclusion="同意",
            tasks=tasks,
            now=LATER,
        )
    assert refused.value.details["field"] == "tasks"


def test_what_was_agreed_becomes_a_part_once() -> None:
    called = ended_consultation()
    people = called.said.people
    for who in (people.helper, people.supervisor):
        with no_event(), pytest.raises(DomainError):
            api.task_as_part(actor=who.actor(LATER), consultation_id=called.id, number=0, now=LATER)
    with one_appeal_event("appeals.assisted"):
        part = api.task_as_part(
            actor=people.handler.actor(LATER), consultation_id=called.id, number=0, now=LATER
        )
    row = Part.objects.get(pk=part)
    assert (row.agency_id, row.question) == (people.housing, "提供验收材料")
    for number in (0, 7):
        with no_event(), pytest.raises(DomainError):
            api.task_as_part(
                actor=people.handler.actor(LATER), consultation_id=called.id, number=number, now=LATER
            )
    shown = api.consultation(actor=people.handler.actor(LATER), consultation_id=called.id, now=LATER)
    assert shown.tasks[0].part_id == part and not shown.tasks[0].may_ask
    # That of an agency that let the appeal go is over; who has it next asks for it anew.
    with arranged():
        Part.objects.filter(pk=part).update(state="over")
    shown = api.consultation(actor=people.handler.actor(LATER), consultation_id=called.id, now=LATER)
    assert shown.tasks[0].part_id is None and shown.tasks[0].may_ask
    anew = api.task_as_part(actor=people.handler.actor(LATER), consultation_id=called.id, number=0, now=LATER)
    assert anew != part


def _reply(said: Said) -> None:
    api.send_reply(
        actor=said.people.approver.actor(LATER), reply_id=proposed_reply(said, now=LATER), now=LATER
    )


@pytest.mark.parametrize(
    "ends",
    [
        lambda said: api.bounce_appeal(
            actor=said.people.handler.actor(LATER), appeal_id=said.id, reason="不属本局", now=LATER
        ),
        lambda said: api.withdraw_appeal(actor=said.who.actor(LATER), appeal_id=said.id, now=LATER),
        _reply,
    ],
)
def test_it_is_over_when_the_agency_lets_go_or_the_appeal_is_answered(ends: Callable[[Said], None]) -> None:
    called = open_consultation()
    [invited] = Invitation.objects.filter(consultation=called.id)
    ends(called.said)
    people, told = called.said.people, Message.objects.filter(template="appeals.consultation_off")
    assert {people.helper.id, called.said.who.id} <= set(told.values_list("recipient_id", flat=True))
    assert not any("不属本局" in each.body for each in told)
    invited.refresh_from_db()
    assert (called.row.state, invited.state) == ("over", "over")
    assert invited.deadline_id is not None and get_deadline(invited.deadline_id).state == "cancelled"


def test_who_was_invited_is_told_why_it_was_cancelled() -> None:
    called = cancelled_consultation()
    told = Message.objects.filter(template="appeals.consultation_off")
    assert {called.said.people.helper.id, called.said.who.id} <= {each.recipient_id for each in told}
    assert all("已电话商定" in each.body for each in told)


def test_that_of_a_desk_goes_on_when_the_agency_changes() -> None:
    said = handled_appeal()
    number = api.call_consultation(
        actor=said.people.dispatcher.actor(LATER),
        appeal_id=said.id,
        question="由谁办理",
        agency_ids=[said.people.housing],
        now=LATER,
    )
    api.bounce_appeal(actor=said.people.handler.actor(LATER), appeal_id=said.id, reason="不属本局", now=LATER)
    assert Consultation.objects.get(pk=number).state == "open"
    api.decline_appeal(
        actor=said.people.dispatcher.actor(LATER),
        appeal_id=said.id,
        reason="已立案",
        instead="法院",
        now=LATER,
    )
    assert Consultation.objects.get(pk=number).state == "over"


def test_one_said_without_an_account_is_followed_with_its_key() -> None:
    people = handled_appeal().people
    done = api.submit_appeal(
        actor=another_person().actor(NOW),
        title="路口施工",
        body="路口施工堵住店门，没有人管，请尽快处理。",
        region_code=DAOLI,
        channel="phone_page",
        now=NOW,
    )
    number = api.call_consultation(
        actor=people.dispatcher.actor(LATER),
        appeal_id=done.id,
        question="由谁办理",
        agency_ids=[people.housing],
        with_reporter=True,
        now=LATER,
    )
    stranger = another_person().actor(LATER)
    api.give_own_statement(
        actor=stranger,
        appeal_id=done.id,
        consultation_id=number,
        body="每天上午施工。",
        key=done.key,
        now=LATER,
    )
    shown = api.own_consultation(actor=stranger, appeal_id=done.id, consultation_id=number, key=done.key)
    assert shown.statements[0].text == "每天上午施工。" and shown.may_state
    for key in ("", "wrong"):
        with pytest.raises(DomainError):
            api.own_consultation(actor=stranger, appeal_id=done.id, consultation_id=number, key=key)
