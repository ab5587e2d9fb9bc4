"""What somebody sees of tasks and cases, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.kernel.access.factories import clerk_of, enterprise, person
from tests.kernel.flow.factories import (
    DAOLI,
    MARKET,
    NANGANG,
    NOW,
    SYSTEM,
    TAX,
    Heard,
    Person,
    agency,
    case_awaiting_decision,
    case_awaiting_verification,
    case_in_consultation,
    dispatcher,
    officer,
    official,
    open_case,
    returned_case,
    task_at,
    window,
)
from yingshang.kernel.access.api import NotAllowed, end_appointment
from yingshang.kernel.access.models import Appointment
from yingshang.kernel.flow.api import (
    CaseNotFound,
    NotYours,
    TaskNotFound,
    case_drawing,
    case_of_subject,
    case_progress,
    cases,
    claim_task,
    complete_task,
    consult,
    due_tasks,
    get_case,
    get_task,
    task_counts,
    tasks,
    withdraw_case,
)

pytestmark = pytest.mark.django_db


def _numbers(page: Any) -> set[int]:
    return {row.id for row in page.rows}


def test_everybody_sees_the_tasks_of_their_regions_and_no_others(heard: Heard) -> None:
    here, there = open_case(region=DAOLI), open_case(region=NANGANG)
    accept = {DAOLI: task_at(here, "accept").pk, NANGANG: task_at(there, "accept").pk}
    expected: list[tuple[Person, set[int]]] = [
        (window(DAOLI), {accept[DAOLI]}),
        (window(NANGANG), {accept[NANGANG]}),
        (officer(DAOLI, TAX), {accept[DAOLI]}),
        (official("leader", "230100", "government"), set(accept.values())),
        (dispatcher(), set(accept.values())),
    ]
    for who, numbers in expected:
        actor = who.actor()
        assert _numbers(tasks(actor=actor, now=NOW)) == numbers
        for number in accept.values():
            if number in numbers:
                assert get_task(actor=actor, task_id=number, now=NOW).id == number
            else:
                with pytest.raises(TaskNotFound):
                    get_task(actor=actor, task_id=number, now=NOW)
        seen = {row.case.id for row in cases(actor=actor, now=NOW).rows}
        assert seen == {case.id for case in (here, there) if task_at(case, "accept").pk in numbers}
    with pytest.raises(CaseNotFound):
        get_case(actor=window(NANGANG).actor(), case_id=here.id, now=NOW)
    with pytest.raises(CaseNotFound):
        case_drawing(actor=window(NANGANG).actor(), case_id=here.id, language="zh-hans", now=NOW)


def test_applicants_and_strangers_see_nothing_here(heard: Heard) -> None:
    party = enterprise(DAOLI)
    case = open_case(party=party)
    for who in (clerk_of(party), person(), official("administrator")):
        with pytest.raises(NotAllowed):
            tasks(actor=who.actor(), now=NOW)
        with pytest.raises(NotAllowed):
            get_case(actor=who.actor(), case_id=case.id, now=NOW)
        assert due_tasks(actor=who.actor(), now=NOW) == ()
        assert task_counts(actor=who.actor(), now=NOW).mine == 0


def test_who_is_asked_from_another_region_sees_the_case(heard: Heard) -> None:
    case = open_case()
    consult(
        actor=SYSTEM,
        task_id=task_at(case, "accept").pk,
        agency_ids=[agency(NANGANG, TAX).pk],
        question="？",
        now=NOW,
    )
    who = officer(NANGANG, TAX).actor()
    assert get_case(actor=who, case_id=case.id, now=NOW).opinions[0].question == "？"
    assert [row.kind for row in tasks(actor=who, now=NOW).rows] == ["opinion"]
    with pytest.raises(CaseNotFound):
        get_case(actor=officer("230200", MARKET).actor(), case_id=case.id, now=NOW)


def test_my_work_is_what_i_hold_and_what_waits_for_somebody_like_me(heard: Heard) -> None:
    me, other = officer(), officer()
    case = case_awaiting_verification()
    verify, visit = task_at(case, "verify"), task_at(case, "visit")
    open_case()
    claim_task(actor=me.actor(), task_id=verify.pk, now=NOW)
    assert _numbers(tasks(actor=me.actor(), now=NOW, mine=True)) == {verify.pk}
    assert _numbers(tasks(actor=me.actor(), now=NOW, claimable=True)) == {visit.pk}
    assert _numbers(tasks(actor=me.actor(), now=NOW, mine=True, claimable=True)) == {verify.pk, visit.pk}
    assert _numbers(tasks(actor=other.actor(), now=NOW, mine=True, claimable=True)) == {visit.pk}
    assert [row.id for row in due_tasks(actor=me.actor(), now=NOW)] == [visit.pk, verify.pk], (
        "the soonest due first"
    )
    counts = task_counts(actor=me.actor(), now=NOW)
    assert (counts.mine, counts.claimable, counts.late, counts.due_today) == (1, 1, 0, 0)
    late = task_counts(actor=me.actor(), now=NOW + timedelta(days=3, hours=1))
    assert (late.late, late.due_today) == (0, 1)
    assert task_counts(actor=me.actor(), now=NOW + timedelta(days=30)).late == 2


def test_lists_are_filtered_and_paged(heard: Heard) -> None:
    who = dispatcher().actor()
    made = [open_case() for _ in range(5)]
    first = tasks(actor=who, now=NOW, per_page=2, order="case")
    assert (len(first.rows), first.total, first.pages) == (2, 5, 3)
    assert {
        row.case_id
        for page in (1, 2, 3)
        for row in tasks(actor=who, now=NOW, per_page=2, page=page, order="case").rows
    } == {case.id for case in made}
    one = made[2]
    for text in (one.subject.title, one.number, str(one.id), one.party_name):
        found = tasks(actor=who, now=NOW, text=text)
        assert one.id in {row.case_id for row in found.rows}, text
        assert one.id in {row.case.id for row in cases(actor=who, now=NOW, text=text).rows}, text
    assert tasks(actor=who, now=NOW, text="没有这样的").total == 0
    withdraw_case(actor=SYSTEM, case_id=one.id, now=NOW)
    assert tasks(actor=who, now=NOW).total == 4
    assert tasks(actor=who, now=NOW, state="closed").total == 1
    assert tasks(actor=who, now=NOW, state="").total == 5
    assert tasks(actor=who, now=NOW, step="verify").total == 0
    assert tasks(actor=who, now=NOW, definition="sample", region=DAOLI).total == 4
    assert tasks(actor=who, now=NOW, region=NANGANG).total == 0
    assert tasks(actor=who, now=NOW, late=True).total == 0
    assert tasks(actor=who, now=NOW + timedelta(days=9), late=True).total == 4
    assert cases(actor=who, now=NOW, state="withdrawn").total == 1
    assert cases(actor=who, now=NOW + timedelta(days=9), late=True).total == 4
    assert cases(actor=who, now=NOW, agency_id=agency(DAOLI, MARKET).pk).total == 0
    assert cases(actor=who, now=NOW, party_id=one.party_id).total == 1


@pytest.mark.parametrize("number", [1, 6])
def test_lists_cost_the_same_however_long(
    number: int, heard: Heard, django_assert_max_num_queries: Any
) -> None:
    who = officer()
    for _ in range(number):
        case_awaiting_decision(who)
    other = officer().actor()
    with django_assert_max_num_queries(7):  # count, rows, four of the deadlines, one of separated duties
        assert tasks(actor=other, now=NOW).total == number
    with django_assert_max_num_queries(7):
        assert len(cases(actor=other, now=NOW).rows) == number
    with django_assert_max_num_queries(6):
        assert len(due_tasks(actor=other, now=NOW)) == number
    with django_assert_max_num_queries(1):
        task_counts(actor=other, now=NOW)


def test_a_case_costs_the_same_however_much_happened_in_it(
    heard: Heard, django_assert_max_num_queries: Any
) -> None:
    who = officer().actor()
    short, long = open_case(), case_awaiting_decision()
    for case in (short, long):
        with django_assert_max_num_queries(11):
            detail = get_case(actor=who, case_id=case.id, now=NOW)
    assert [task.step for task in detail.tasks] == ["accept", "verify", "visit", "decide"]


def test_a_process_finds_its_case(heard: Heard) -> None:
    case = returned_case()
    found = case_of_subject(kind=case.subject.kind, identifier=case.subject.identifier)
    assert found is not None and (found.id, found.state) == (case.id, "returned")
    progress = case_progress(kind=case.subject.kind, identifier=case.subject.identifier, now=NOW)
    assert progress is not None and progress.here == {"accept": "paused"} and progress.tasks[0].actions == ()
    assert case_of_subject(kind="test", identifier="nothing") is None


def test_the_drawing_shows_where_the_case_stands(heard: Heard) -> None:
    case = case_awaiting_verification()
    drawn = case_drawing(actor=officer().actor(), case_id=case.id, language="zh-hans", now=NOW)
    assert drawn.startswith("<svg") and "核实" in drawn


def test_a_holder_who_left_the_role_does_not_act_any_more(heard: Heard) -> None:
    """What somebody may do is what their appointments say today, not what they once claimed."""
    who, case = window(), open_case()
    task = task_at(case, "accept")
    claim_task(actor=who.actor(), task_id=task.pk, now=NOW)
    official_elsewhere = officer(DAOLI, TAX)
    end_appointment(
        actor=SYSTEM, appointment_id=Appointment.objects.get(user=who.user).pk, reason="调离", now=NOW
    )
    with pytest.raises(NotAllowed):
        complete_task(actor=who.actor(), task_id=task.pk, outcome="accepted", now=NOW)
    with pytest.raises(NotYours):
        complete_task(actor=official_elsewhere.actor(), task_id=task.pk, outcome="accepted", now=NOW)


def test_consultations_appear_in_the_case(heard: Heard) -> None:
    case = case_in_consultation()
    detail = get_case(actor=window().actor(), case_id=case.id, now=NOW)
    assert {each.agency_name for each in detail.opinions} == {"道里区market_supervision", "道里区tax"}
    assert detail.here == {"accept": "ready"}
