"""Late has consequences by itself: the ladder climbs, a notice is issued, numbered without gaps, answered and lifted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.areas.appeals.factories import (
    Said,
    answered_appeal,
    closed_appeal,
    dispatched_appeal,
    handled_appeal,
    one_appeal_event,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, arranged, no_event, official
from yingshang.areas.appeals import api
from yingshang.areas.appeals.desks import PLATFORM
from yingshang.areas.appeals.models import Appeal, SupervisionNotice
from yingshang.areas.appeals.supervising import documents, jobs, rungs
from yingshang.areas.appeals.supervising.actions import issue_notice as issuing
from yingshang.areas.appeals.supervising.actions.issue_notice import set_document as really_set
from yingshang.areas.appeals.supervising.documents import set_waiting
from yingshang.areas.appeals.supervising.jobs import set_notices_job, set_waiting_notices_job
from yingshang.kernel.clock.api import get_deadline, sweep
from yingshang.kernel.clock.models import Deadline
from yingshang.kernel.documents.api import generate as really_generate
from yingshang.kernel.documents.api import open_document
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError
from yingshang.web.health import checks


@pytest.mark.django_db
def test_what_is_late_goes_up_the_ladder_by_itself() -> None:
    said = handled_appeal()
    seen = []
    for day in range(1, 16):
        sweep(actor=SYSTEM, now=NOW + timedelta(days=day))
        seen.append(said.row.escalation)
    assert list(dict.fromkeys(seen)) == ["", "remind", "warn", "escalate", "supervise", "list"]
    assert said.row.late and said.row.state == "handling"
    # One notice, although two rungs ask for one; its number belongs to the desk's series.
    notice = SupervisionNotice.objects.get()
    assert notice.agency_id == said.people.market and notice.number.endswith("诉督〔2026〕1号")
    told = set(
        Message.objects.filter(template__startswith="appeals.").values_list("template", "recipient_id")
    )
    assert ("appeals.notice_issued", said.people.handler.id) in told
    assert ("appeals.due_soon", said.people.supervisor.id) in told
    _set_as_a_document_once(notice)
    _answered_and_lifted(said, notice)


def _set_as_a_document_once(notice: SupervisionNotice) -> None:
    """The sweep does not wait for the document: the job it has queued sets it, and run again leaves it as it is."""
    later = NOW + timedelta(days=15, hours=1)
    assert notice.document_id is None and notice.receipt_event is not None and notice.due_on is not None
    queued = ProcrastinateJob.objects.get(task_name="appeals.set_notices")
    # One at a time, and while nothing else waits: the clock's next minute goes first.
    assert (queued.lock, queued.priority) == ("appeals.set_notices", -10)
    assert queued.args == {"notice_ids": [notice.pk]}
    assert set_waiting(actor=PLATFORM, now=later, only=queued.args["notice_ids"]) == 1
    with no_event():
        set_notices_job(**queued.args)
        set_waiting_notices_job()
    notice.refresh_from_db()


@pytest.mark.django_db
def test_a_notice_that_cannot_be_set_stops_no_other_and_is_set_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dispatched_appeal(people=dispatched_appeal().people)
    sweep(actor=SYSTEM, now=NOW + timedelta(days=14))
    broken, sound = SupervisionNotice.objects.order_by("pk")

    def set_document(row: SupervisionNotice, **more: Any) -> None:
        if row.pk == broken.pk:
            raise OSError("the typesetter is away")
        really_set(row, **more)

    monkeypatch.setattr(documents, "set_document", set_document)
    assert set_waiting(actor=PLATFORM, now=NOW + timedelta(days=15)) == 1
    found = SupervisionNotice.objects.filter(document_id__isnull=False)
    assert set(found.values_list("pk", flat=True)) == {sound.pk}
    monkeypatch.undo()
    assert set_waiting(actor=PLATFORM, now=NOW + timedelta(days=15)) == 1
    assert found.count() == 2


@pytest.mark.django_db
def test_documents_of_many_notices_are_set_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    late = dispatched_appeal()
    others = [dispatched_appeal(people=late.people) for _ in range(2)]
    monkeypatch.setattr(documents, "AT_ONCE", 2)
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    issued = NOW + timedelta(days=14)
    with transaction.atomic():
        issuing.issue_by_clock([said.row for said in (late, *others)], now=issued)
    first, second, third = SupervisionNotice.objects.order_by("pk").values_list("pk", flat=True)
    queued = ProcrastinateJob.objects.filter(task_name="appeals.set_notices").order_by("pk")
    assert [each.args["notice_ids"] for each in queued] == [[first, second], [third]]
    # They are left to their jobs for a while. Then: two, of which none can be set, and behind them the third.
    tried: list[int] = []

    def set_document(row: SupervisionNotice, **more: Any) -> None:
        tried.append(row.pk)
        raise OSError("the typesetter is away")

    monkeypatch.setattr(documents, "set_document", set_document)
    monkeypatch.setattr(timezone, "now", lambda: issued + timedelta(minutes=9))
    set_waiting_notices_job()
    assert not tried and api.count_unset_notices(issued + timedelta(minutes=59)) == 0
    monkeypatch.setattr(timezone, "now", lambda: issued + timedelta(minutes=70))
    set_waiting_notices_job()
    assert tried == [first, second]
    rest = ProcrastinateJob.objects.get(task_name="appeals.set_waiting_notices")
    assert (rest.args, rest.lock, rest.priority) == ({"after": second}, "appeals.set_notices", -10)
    set_waiting_notices_job(**rest.args)
    assert tried == [first, second, third]
    assert api.count_unset_notices(issued + timedelta(minutes=70)) == 3
    found = checks.supervision_notices()
    assert (found.status, found.values) == ("warning", {"unset": 3})
    assert found.advice and found.advice_zh


@pytest.mark.django_db
def test_a_document_that_is_set_late_says_what_was_issued(monkeypatch: pytest.MonkeyPatch) -> None:
    said = handled_appeal()
    people, issued = said.people, NOW + timedelta(days=14)
    with transaction.atomic():
        issuing.issue_by_clock([said.row], now=issued)
    notice = SupervisionNotice.objects.get()
    first, before = notice.due_on, said.row.deadline_id
    assert first is not None and before is not None
    derivation = get_deadline(before).derivation()
    # Before it is set, the agency answers, has to answer again, and the term of the appeal is made longer.
    later = issued + timedelta(days=1)
    api.answer_notice(actor=people.handler.actor(later), notice_id=notice.pk, answer="本周办结", now=later)
    api.return_notice(
        actor=people.supervisor.actor(later), notice_id=notice.pk, remark="请写明日期", now=later
    )
    with arranged():
        clock = Deadline.objects.get(pk=before)
        Deadline.objects.filter(pk=before).update(started_at=clock.started_at + timedelta(days=1))
    notice.refresh_from_db()
    assert notice.due_on != first and get_deadline(before).derivation() != derivation
    written: dict[str, Any] = {}

    def generate(*, context: dict[str, Any], **more: Any) -> Any:
        written.update(context)
        return really_generate(context=context, **more)

    monkeypatch.setattr(issuing, "generate", generate)
    assert set_waiting(actor=PLATFORM, now=later) == 1
    assert written["due"] == f"{first.year}年{first.month}月{first.day}日"
    assert written["derivation"] == derivation


@pytest.mark.django_db
def test_numbers_are_taken_by_desk_whatever_the_order_of_the_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sweepers that took the series of two desks the other way round would end each other's batch."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(
        rungs, "issue_by_clock", lambda rows, now: asked.extend((row.desk_id, row.pk) for row in rows)
    )
    late = [Appeal(pk=number, desk_id=desk, agency_id=9) for number, desk in ((1, 8), (2, 7), (4, 8), (3, 7))]
    rungs._issue_notices(late, NOW)
    assert asked == [(7, 2), (7, 3), (8, 1), (8, 4)]


def _answered_and_lifted(said: Said, notice: SupervisionNotice) -> None:
    people, later = said.people, NOW + timedelta(days=16)
    assert notice.document_id is not None
    with open_document(
        actor=people.supervisor.actor(later), document_id=notice.document_id, now=later
    ).file as file:
        assert file.read(5) == b"%PDF-"
    with no_event(), pytest.raises(DomainError):
        api.answer_notice(actor=people.helper.actor(later), notice_id=notice.pk, answer="不是我们", now=later)
    api.answer_notice(
        actor=people.handler.actor(later), notice_id=notice.pk, answer="因人员变动延误，本周内办结", now=later
    )
    with no_event(), pytest.raises(DomainError):
        api.lift_notice(actor=people.handler.actor(later), notice_id=notice.pk, remark="自己销号", now=later)
    api.return_notice(
        actor=people.supervisor.actor(later), notice_id=notice.pk, remark="请写明办结日期", now=later
    )
    api.answer_notice(
        actor=people.handler.actor(later), notice_id=notice.pk, answer="12月12日前办结", now=later
    )
    api.lift_notice(actor=people.supervisor.actor(later), notice_id=notice.pk, remark="已办结", now=later)
    notice.refresh_from_db()
    assert notice.state == "lifted" and said.row.state == "handling"


@pytest.mark.django_db
def test_a_notice_of_a_supervisor_needs_an_agency_and_comes_once(
    django_capture_on_commit_callbacks: Any,
) -> None:
    said = submitted_appeal()
    supervisor = said.people.supervisor.actor()
    with no_event(), pytest.raises(api.InvalidStep):
        api.issue_notice(actor=supervisor, appeal_id=said.id, demand="请办理", now=NOW)
    other = dispatched_appeal(people=said.people)
    with django_capture_on_commit_callbacks() as after_commit:
        api.issue_notice(
            actor=supervisor, appeal_id=other.id, demand="请在三日内办结", now=NOW + timedelta(hours=1)
        )
    with no_event(), pytest.raises(api.InvalidStep):
        api.issue_notice(
            actor=supervisor, appeal_id=other.id, demand="再发一份", now=NOW + timedelta(hours=2)
        )
    with no_event(), pytest.raises(DomainError):
        api.issue_notice(actor=said.people.handler.actor(), appeal_id=other.id, demand="督办自己", now=NOW)
    # Nobody waits for a number while the document is set; who issues one by hand has it with the commit.
    assert SupervisionNotice.objects.get().document_id is None
    for callback in after_commit:
        callback()
    assert SupervisionNotice.objects.get().document_id is not None


@pytest.mark.django_db
def test_a_leader_takes_it_on_their_own_list_and_off_again() -> None:
    said = handled_appeal()
    leader, later = said.people.leader.actor(), NOW + timedelta(days=1)
    due = date(2026, 12, 1)
    for who in (said.people.handler, said.people.supervisor, said.people.dispatcher):
        with no_event(), pytest.raises(DomainError):
            api.put_on_leaders_list(actor=who.actor(), appeal_id=said.id, due_on=due, now=NOW)
    with no_event(), pytest.raises(api.InvalidStep):
        api.put_on_leaders_list(actor=leader, appeal_id=said.id, due_on=date(2026, 11, 1), now=NOW)
    with one_appeal_event("appeals.listed"):
        api.put_on_leaders_list(
            actor=leader, appeal_id=said.id, due_on=due, instruction="月底前解决", now=NOW
        )
    with no_event(), pytest.raises(api.InvalidStep):
        api.put_on_leaders_list(actor=leader, appeal_id=said.id, due_on=due, now=NOW)
    other = official("leader", DAOLI, "government").actor()
    with no_event(), pytest.raises(api.StepNotFound):
        api.take_off_leaders_list(actor=other, appeal_id=said.id, reason="不是我挂的", now=later)
    with one_appeal_event("appeals.unlisted"):
        api.take_off_leaders_list(actor=leader, appeal_id=said.id, reason="已解决", now=later)
    closed = closed_appeal(people=said.people)
    with no_event(), pytest.raises(api.NotPossibleNow):
        api.put_on_leaders_list(actor=leader, appeal_id=closed.id, due_on=due, now=later)


@pytest.mark.django_db
def test_while_who_said_it_has_the_word_nothing_is_late() -> None:
    said = answered_appeal()
    sweep(actor=SYSTEM, now=NOW + timedelta(days=60))
    assert not said.row.late and not SupervisionNotice.objects.exists()
