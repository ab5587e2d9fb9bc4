"""Asking: the applicant for corrections, other agencies for opinions. And the two clocks meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.kernel.access.factories import clerk_of, enterprise, legal_representative_of, no_event
from tests.kernel.flow.factories import (
    DAOLI,
    LATER,
    MARKET,
    NOW,
    SERVICE,
    SYSTEM,
    TAX,
    Heard,
    Term,
    agency,
    case_awaiting_verification,
    case_in_consultation,
    dispatcher,
    officer,
    one_flow_event,
    open_case,
    returned_case,
    stored,
    task_at,
    window,
)
from yingshang.kernel.clock.api import get_deadline, sweep
from yingshang.kernel.flow.api import (
    CaseNotFound,
    CaseView,
    InvalidRequest,
    NewDebt,
    NotPossibleNow,
    NotYours,
    OpinionsOutstanding,
    UnknownAgency,
    accept_commitment,
    accept_with_debts,
    claim_task,
    complete_task,
    consult,
    end_consultation,
    end_correction,
    get_case,
    give_opinion,
    reassign_task,
    reject_case,
    resubmit_case,
    return_case,
    withdraw_case,
)
from yingshang.kernel.flow.models import Task
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db

MONDAY = NOW
"""2026-11-23, ten in the morning in China."""


def _days(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


def _due(case: CaseView) -> str:
    row = stored(case)
    assert row.deadline is not None
    return row.deadline.due_on.isoformat()


# --- 补正 -------------------------------------------------------------------------------------------------------------


def test_a_returned_case_stands_still_for_the_reason_the_law_gives(heard: Heard) -> None:
    case, who = open_case(), window()
    task = task_at(case, "accept")
    with one_flow_event("flow.case_returned") as events:
        view = return_case(
            actor=who.actor(), task_id=task.pk, what=["营业执照副本", "章程"], note_to_applicant="请加盖公章",
            term=Term(7, "working_days"), now=_days(1),
        )  # fmt: skip
    assert events[0]["after"]["what"] == ["营业执照副本", "章程"]
    assert view.state == "returned" and view.deadline is not None and view.deadline.state == "paused"
    assert (
        view.deadline.pauses[0].reason.code == "correction"
        and "行政许可法" in view.deadline.pauses[0].reason.basis
    )
    detail = get_case(actor=who.actor(), case_id=case.id, now=_days(1))
    assert detail.here == {"accept": "paused"}
    [correction] = detail.corrections
    assert (correction.state, correction.deadline.due_on.isoformat() if correction.deadline else "") == (
        "asked",
        "2026-12-03",
    )
    event = heard.events[-1]
    assert (event.kind, event.what, event.note) == ("returned", ("营业执照副本", "章程"), "请加盖公章")


def test_what_the_applicant_brings_sets_the_clocks_going_where_they_stood(heard: Heard) -> None:
    """Two days with the officials, three working days with the applicant: both dates move by three, none is reset."""
    who = window()
    case = open_case()
    task = task_at(case, "accept")
    assert (_due(case), get_deadline(task.deadline_id or 0).due_on.isoformat()) == (
        "2026-12-14",
        "2026-11-25",
    )
    return_case(actor=who.actor(), task_id=task.pk, what=["章程"], now=_days(1))
    applicant = legal_representative_of(Party.objects.get(pk=case.party_id))
    with one_flow_event("flow.case_resubmitted"):
        view = resubmit_case(actor=applicant.actor(), case_id=case.id, data={"amount": 5}, now=_days(4))
    assert (view.state, view.data) == ("running", {"amount": 5})
    assert _due(case) == "2026-12-17"
    task.refresh_from_db()
    assert task.state == "claimed" and task.assignee_id == who.id
    assert get_deadline(task.deadline_id or 0).due_on.isoformat() == "2026-11-30"
    [correction] = get_case(actor=who.actor(), case_id=case.id, now=_days(4)).corrections
    assert (correction.state, correction.deadline.state if correction.deadline else "") == ("answered", "met")
    assert heard.kinds[-1] == "resubmitted"
    with pytest.raises(NotPossibleNow):
        resubmit_case(actor=applicant.actor(), case_id=case.id, now=_days(4))


def test_nobody_else_answers_for_the_applicant(heard: Heard) -> None:
    case = returned_case()
    for who in (clerk_of(enterprise(DAOLI)), officer(DAOLI, TAX), dispatcher()):
        with no_event(), pytest.raises(CaseNotFound):
            resubmit_case(actor=who.actor(), case_id=case.id, now=LATER)


@pytest.mark.parametrize("what", [[], [" "], ["x" * 201]])
def test_what_is_to_be_corrected_has_to_be_said(what: list[str], heard: Heard) -> None:
    case = open_case()
    with no_event(), pytest.raises(InvalidRequest):
        return_case(actor=SYSTEM, task_id=task_at(case, "accept").pk, what=what, now=NOW)


def test_officials_go_on_without_an_answer(heard: Heard) -> None:
    who = window()
    case = returned_case(who)
    task = task_at(case, "accept")
    with one_flow_event("flow.correction_ended"):
        end_correction(actor=who.actor(), task_id=task.pk, reason="逾期未补正", now=_days(30))
    row = stored(case)
    assert row.state == "running" and row.deadline is not None and row.deadline.state == "running"
    reject_case(actor=who.actor(), task_id=task.pk, reason="材料不齐", now=_days(31))
    assert stored(case).state == "rejected"


def test_a_branch_that_waits_for_the_applicant_does_not_stop_the_other(heard: Heard) -> None:
    case, who = case_awaiting_verification(), officer()
    verify, visit = task_at(case, "verify"), task_at(case, "visit")
    return_case(actor=who.actor(), task_id=verify.pk, what=["证明"], now=_days(1))
    complete_task(actor=who.actor(), task_id=visit.pk, outcome="visited", now=_days(2))
    assert stored(case).state == "returned"
    resubmit_case(actor=SYSTEM, case_id=case.id, now=_days(3))
    complete_task(actor=who.actor(), task_id=verify.pk, outcome="upheld", now=_days(3))
    assert task_at(case, "decide").state == "ready"


def test_both_branches_wait_and_the_case_goes_on_when_both_have_their_answer(heard: Heard) -> None:
    case, who = case_awaiting_verification(), officer()
    for step in ("verify", "visit"):
        return_case(actor=who.actor(), task_id=task_at(case, step).pk, what=["证明"], now=_days(1))
    end_correction(actor=who.actor(), task_id=task_at(case, "visit").pk, reason="不再需要", now=_days(2))
    assert stored(case).state == "returned"
    resubmit_case(actor=SYSTEM, case_id=case.id, now=_days(3))
    assert stored(case).state == "running"
    assert [pause.reason.code for pause in get_deadline(stored(case).deadline_id or 0).pauses] == [
        "correction"
    ]


def test_a_case_withdrawn_while_it_waits_leaves_no_clock_running(heard: Heard) -> None:
    case = returned_case()
    withdraw_case(actor=SYSTEM, case_id=case.id, now=LATER)
    detail = get_case(actor=window().actor(), case_id=case.id, now=LATER)
    deadlines = [detail.case.deadline, *(each.deadline for each in (*detail.tasks, *detail.corrections))]
    assert {deadline.state for deadline in deadlines if deadline} == {"cancelled"}
    assert [each.state for each in detail.corrections] == ["ended"]


# --- 会商 -------------------------------------------------------------------------------------------------------------


def test_agencies_are_asked_at_once_and_the_step_waits_for_all(heard: Heard) -> None:
    who, market, tax = window(), officer(DAOLI, MARKET), officer(DAOLI, TAX)
    case = case_in_consultation(who)
    task = task_at(case, "accept")
    asked = {row.agency.pk: row for row in Task.objects.filter(case=case.id, kind=Task.OPINION)}
    assert set(asked) == {agency(DAOLI, MARKET).pk, agency(DAOLI, TAX).pk}
    with no_event(), pytest.raises(NotPossibleNow):
        complete_task(actor=who.actor(), task_id=task.pk, outcome="accepted", now=LATER)
    with pytest.raises(NotYours):
        give_opinion(
            actor=tax.actor(), task_id=asked[agency(DAOLI, MARKET).pk].pk, stance="agrees", now=LATER
        )
    with one_flow_event("flow.opinion_given"):
        give_opinion(
            actor=market.actor(), task_id=asked[agency(DAOLI, MARKET).pk].pk, stance="agrees", now=LATER
        )
    task.refresh_from_db()
    assert task.state == "consulting"
    claim_task(actor=tax.actor(), task_id=asked[agency(DAOLI, TAX).pk].pk, now=LATER)
    give_opinion(
        actor=tax.actor(),
        task_id=asked[agency(DAOLI, TAX).pk].pk,
        stance="conditional",
        text="须先清税",
        now=LATER,
    )
    task.refresh_from_db()
    assert (task.state, task.assignee_id) == ("claimed", who.id)
    detail = get_case(actor=who.actor(), case_id=case.id, now=LATER)
    assert {(each.agency_id, each.stance, each.text) for each in detail.opinions} == {
        (agency(DAOLI, MARKET).pk, "agrees", ""),
        (agency(DAOLI, TAX).pk, "conditional", "须先清税"),
    }
    assert heard.kinds[-5:] == [
        "consulted",
        "consulted",
        "opinion_given",
        "opinion_given",
        "consultation_ended",
    ]
    complete_task(actor=who.actor(), task_id=task.pk, outcome="accepted", now=LATER)


@pytest.mark.parametrize("stance", ["objects", "conditional", "perhaps"])
def test_an_objection_says_why(stance: str, heard: Heard) -> None:
    case = case_in_consultation()
    opinion = Task.objects.filter(case=case.id, kind=Task.OPINION).first()
    assert opinion is not None
    with no_event(), pytest.raises(InvalidRequest):
        give_opinion(actor=SYSTEM, task_id=opinion.pk, stance=stance, text=" ", now=LATER)


def test_who_is_silent_when_the_time_is_up_is_waited_for_no_longer(heard: Heard) -> None:
    who = window()
    case = case_in_consultation(who)
    task = task_at(case, "accept")
    with no_event(), pytest.raises(OpinionsOutstanding):
        end_consultation(actor=who.actor(), task_id=task.pk, reason="等不及", now=_days(2))
    with one_flow_event("flow.consultation_ended") as events:
        end_consultation(actor=who.actor(), task_id=task.pk, reason="逾期未答复", now=_days(7))
    assert len(events[0]["after"]["silent"]) == 2
    detail = get_case(actor=who.actor(), case_id=case.id, now=_days(7))
    assert {each.stance for each in detail.opinions} == {"silent"}
    complete_task(actor=who.actor(), task_id=task.pk, outcome="accepted", now=_days(7))


@pytest.mark.parametrize("asked", ["nobody", "own", "unknown"])
def test_another_agency_has_to_be_asked(asked: str, heard: Heard) -> None:
    case = open_case()
    numbers = {"nobody": [], "own": [agency(DAOLI, SERVICE).pk], "unknown": [999_999]}[asked]
    with no_event(), pytest.raises((InvalidRequest, UnknownAgency)):
        consult(actor=SYSTEM, task_id=task_at(case, "accept").pk, agency_ids=numbers, question="？", now=NOW)


def test_an_opinion_asked_of_the_wrong_agency_goes_to_another(heard: Heard) -> None:
    case = case_in_consultation(kinds=(MARKET,))
    opinion = Task.objects.get(case=case.id, kind=Task.OPINION)
    reassign_task(
        actor=dispatcher().actor(),
        task_id=opinion.pk,
        to_agency_id=agency(DAOLI, TAX).pk,
        reason="职责在税务",
        now=LATER,
    )
    give_opinion(actor=officer(DAOLI, TAX).actor(), task_id=opinion.pk, stance="agrees", now=LATER)
    assert task_at(case, "accept").state == "claimed"


def test_a_consultation_ends_with_its_case(heard: Heard) -> None:
    case = case_in_consultation()
    withdraw_case(actor=SYSTEM, case_id=case.id, now=LATER)
    assert {task.state for task in Task.objects.filter(case=case.id)} == {"cancelled"}


# --- the two clocks ---------------------------------------------------------------------------------------------------


def test_the_case_clock_is_reset_by_nothing_and_each_step_has_its_own(heard: Heard) -> None:
    case = case_awaiting_verification()
    first = _due(case)
    verify = task_at(case, "verify")
    assert get_deadline(verify.deadline_id or 0).started_at == NOW
    complete_task(actor=SYSTEM, task_id=verify.pk, outcome="upheld", now=_days(2))
    complete_task(actor=SYSTEM, task_id=task_at(case, "visit").pk, outcome="visited", now=_days(3))
    decide = task_at(case, "decide")
    assert get_deadline(decide.deadline_id or 0).started_at == _days(3)
    assert _due(case) == first


def test_rungs_of_both_clocks_reach_the_process_once(heard: Heard) -> None:
    case = open_case()
    for _ in range(2):
        sweep(actor=SYSTEM, now=_days(3))
    fired = [event for event in heard.events if event.kind == "rung_fired"]
    assert [
        (event.task.step if event.task else "", event.rung.rung.code) for event in fired if event.rung
    ] == [
        ("accept", "remind"),
        ("accept", "due"),
        ("accept", "supervise"),
    ]
    assert fired[0].case.id == case.id
    complete_task(actor=SYSTEM, task_id=task_at(case, "accept").pk, outcome="refused", now=_days(4))
    sweep(actor=SYSTEM, now=_days(60))
    assert len([event for event in heard.events if event.kind == "rung_fired"]) == 3, (
        "nothing fires for what is over"
    )


def test_officials_are_told_when_the_applicants_time_is_up_and_nothing_else_fires_meanwhile(
    heard: Heard,
) -> None:
    case = returned_case()
    sweep(actor=SYSTEM, now=_days(13))
    assert "rung_fired" not in heard.kinds
    sweep(actor=SYSTEM, now=_days(60))
    [event] = [event for event in heard.events if event.kind == "rung_fired"]
    assert event.rung is not None and event.rung.rung.code == "over"
    assert (event.case.id, event.what, event.task.step if event.task else "") == (
        case.id,
        ("营业执照副本",),
        "accept",
    )


def test_a_debt_that_is_late_and_a_promise_to_be_checked_are_told_of(heard: Heard) -> None:
    case = open_case()
    task = task_at(case, "accept").pk
    accept_with_debts(actor=SYSTEM, task_id=task, debts=[NewDebt("图纸", Term(5, "working_days"))], now=NOW)
    accept_commitment(
        actor=SYSTEM, task_id=task, promised=["消防合格"], check_within=Term(20, "working_days"), now=NOW
    )
    complete_task(actor=SYSTEM, task_id=task, outcome="refused", now=_days(1))
    sweep(actor=SYSTEM, now=_days(40))
    fired = [(event.rung.rung.code, event.what) for event in heard.events if event.rung is not None]
    assert ("over", ("图纸",)) in fired and ("due", ("消防合格",)) in fired
    assert {what for _, what in fired} == {("图纸",), ("消防合格",)}
