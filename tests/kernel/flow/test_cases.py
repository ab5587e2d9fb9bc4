"""A case on its way: what comes next, who is told, what is refused without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, transaction

from tests.kernel.access.factories import (
    arranged,
    clerk_of,
    enterprise,
    legal_representative_of,
    no_event,
    person,
)
from tests.kernel.flow.factories import (
    DAOLI,
    LATER,
    MARKET,
    NANGANG,
    NOW,
    SERVICE,
    SUBJECT,
    SYSTEM,
    Heard,
    Term,
    agency,
    case_awaiting_decision,
    case_awaiting_verification,
    definition,
    dispatcher,
    ladders,
    officer,
    one_flow_event,
    open_case,
    stored,
    task_at,
    window,
)
from yingshang.kernel.access.api import ConflictingDuties, NotAllowed
from yingshang.kernel.flow.api import (
    AlreadyStarted,
    CaseEvent,
    CaseNotFound,
    InvalidRequest,
    NewDebt,
    NotAllowedByDefinition,
    NotPossibleNow,
    NotYours,
    Subject,
    UndeclaredData,
    UnknownAgency,
    UnknownSubjectKind,
    accept_commitment,
    accept_with_debts,
    check_commitment,
    claim_task,
    complete_task,
    complete_tasks,
    delegate_task,
    earlier_steps,
    get_case,
    reassign_task,
    register_subject,
    reject_case,
    release_task,
    resubmit_case,
    return_case,
    send_back,
    settle_debt,
    start_case,
    tasks,
    timeline,
    withdraw_case,
)
from yingshang.kernel.flow.errors import ConditionUndecided, DefinitionNotFound, UnknownOutcome
from yingshang.kernel.flow.models import Case, Definition, DefinitionVersion, Task
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db


# --- beginning --------------------------------------------------------------------------------------------------------


def test_a_case_begins_with_its_clock_its_first_task_and_one_event(heard: Heard) -> None:
    with one_flow_event("flow.case_started") as events:
        case = open_case(data={"amount": 3})
    assert events[0]["after"]["next"] == ["accept"]
    assert (case.state, case.deadline.due_on.isoformat() if case.deadline else "") == (
        "running",
        "2026-12-14",
    )
    task = task_at(case, "accept")
    assert (task.state, task.role, task.agency_id) == ("ready", "window_official", agency(DAOLI, SERVICE).pk)
    assert task.deadline is not None and task.deadline.due_on.isoformat() == "2026-11-25"
    assert heard.kinds == ["started", "task_ready"]


def _start(**changed: object) -> None:
    ladders(), definition()
    arguments: dict[str, object] = {
        "actor": SYSTEM,
        "definition": "sample",
        "subject": Subject(SUBJECT, "once", "演示事项"),
        "party_id": None,
        "region_code": DAOLI,
        "agencies": {"window": agency(DAOLI, SERVICE).pk, "bureau": agency(DAOLI, MARKET).pk},
        "data": {},
        "now": NOW,
    }
    start_case(**{**arguments, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"definition": "nothing"}, DefinitionNotFound),
        ({"subject": Subject("unheard of", "1", "?")}, UnknownSubjectKind),
        ({"subject": Subject(SUBJECT, "1", " ")}, InvalidRequest),
        ({"agencies": {}}, UnknownAgency),
        ({"agencies": {"window": 999_999, "bureau": 999_999}}, UnknownAgency),
        ({"data": {"outcome_of_accept": "accepted"}}, UndeclaredData),
        ({"data": {"amount": 1, "colour": "red"}}, UndeclaredData),
        ({"data": {"amount": object()}}, InvalidRequest),
        ({"data": {"amount": float("nan")}}, InvalidRequest),
        ({"data": {"amount": "x" * 70_000}}, InvalidRequest),
    ],
)
def test_what_cannot_begin_leaves_nothing(
    changed: dict[str, object], refusal: type[Exception], heard: Heard
) -> None:
    ladders(), definition(), agency(DAOLI, SERVICE), agency(DAOLI, MARKET)
    with no_event(), pytest.raises(refusal):
        _start(**changed)
    assert not Case.objects.exists()
    assert heard.kinds == []


def test_a_subject_has_one_open_case_of_a_kind(heard: Heard) -> None:
    _start()
    with pytest.raises(AlreadyStarted):
        _start()
    withdraw_case(actor=SYSTEM, case_id=Case.objects.get().pk, now=LATER)
    _start()
    assert Case.objects.count() == 2


def test_a_case_is_begun_for_a_party_by_who_acts_for_it(heard: Heard) -> None:
    party = enterprise(DAOLI)
    with pytest.raises(NotAllowed):
        _start(actor=person().actor(), party_id=party.pk)
    with pytest.raises(NotAllowed):
        _start(actor=clerk_of(enterprise(DAOLI)).actor(), party_id=party.pk)
    _start(actor=clerk_of(party).actor(), party_id=party.pk)
    assert Case.objects.get().party_id == party.pk


def test_a_case_stays_on_the_version_it_began_with(heard: Heard) -> None:
    case = open_case()
    first = DefinitionVersion.objects.get(number=1)
    with arranged():
        DefinitionVersion.objects.create(
            definition=Definition.objects.get(), number=2, state="published", bpmn=first.bpmn, spec=first.spec,
            changed_by="test", changed_at=NOW, published_at=NOW,
        )  # fmt: skip
    assert open_case().version == 2
    complete_task(actor=SYSTEM, task_id=task_at(case, "accept").pk, outcome="accepted", now=LATER)
    assert stored(case).version_id == first.pk


# --- going on ---------------------------------------------------------------------------------------------------------


def test_a_whole_case(heard: Heard) -> None:
    """Accepted, verified and visited at the same time, decided by somebody else; each step once, told in order."""
    at_window, verifier, decider = window(), officer(), officer()
    case = open_case()
    with one_flow_event("flow.task_completed"):
        complete_task(
            actor=at_window.actor(), task_id=task_at(case, "accept").pk, outcome="accepted", now=NOW
        )
    assert {task.step for task in Task.objects.filter(case=case.id, state="ready")} == {"verify", "visit"}
    complete_task(
        actor=verifier.actor(), task_id=task_at(case, "verify").pk, outcome="upheld", opinion="属实", now=NOW
    )
    assert not Task.objects.filter(case=case.id, step="decide").exists(), "the other branch is not done"
    complete_task(actor=verifier.actor(), task_id=task_at(case, "visit").pk, outcome="visited", now=NOW)
    complete_task(actor=decider.actor(), task_id=task_at(case, "decide").pk, outcome="granted", now=LATER)
    assert heard.kinds == [
        "started", "task_ready",
        "task_completed", "task_ready", "task_ready",
        "task_completed",
        "task_completed", "task_ready",
        "task_completed", "ended",
    ]  # fmt: skip
    last = heard.events[-1]
    assert (last.case.state, last.outcome, last.task.step if last.task else "") == (
        "completed",
        "granted",
        "decide",
    )
    row = stored(case)
    assert (row.state, row.outcome, row.ended_at) == ("completed", "granted", LATER)
    assert row.deadline is not None and row.deadline.state == "met"
    done = Task.objects.get(case=case.id, step="verify")
    assert (done.ended_by_name, done.opinion) == (str(verifier.user), "属实")
    assert done.deadline is not None and done.deadline.state == "met"


def test_a_step_whose_condition_does_not_hold_is_skipped(heard: Heard) -> None:
    case = case_awaiting_verification()
    who = officer().actor()
    complete_task(actor=who, task_id=task_at(case, "visit").pk, outcome="visited", now=NOW)
    complete_task(actor=who, task_id=task_at(case, "verify").pk, outcome="rejected", now=NOW)
    assert stored(case).state == "completed"
    assert get_case(actor=who, case_id=case.id, now=NOW).here["decide"] == "skipped"


def test_an_outcome_that_ends_the_case_cancels_what_is_open(heard: Heard) -> None:
    case = open_case()
    complete_task(
        actor=window().actor(),
        task_id=task_at(case, "accept").pk,
        outcome="refused",
        opinion="不属受理范围",
        now=NOW,
    )
    row = stored(case)
    assert (row.state, row.outcome, row.reason) == ("completed", "refused", "不属受理范围")
    assert heard.kinds[-2:] == ["task_completed", "ended"]


def test_a_condition_that_is_unknown_is_an_error_and_nothing_happens(heard: Heard) -> None:
    steps = """
code: {code}
name: 金额流程
name_en: By amount
lanes: [{{code: window, name: 窗口, name_en: Window}}]
steps:
  - {{id: accept, name: 受理, name_en: Accept, who: {{role: window_official, agency: window}}, sets: [amount]}}
  - {{id: large, name: 大额复核, name_en: Large, who: {{role: window_official, agency: window}}, when: amount > 100}}
"""
    ladders()
    definition("by_amount", steps)
    case = start_case(
        actor=SYSTEM, definition="by_amount", subject=Subject(SUBJECT, "x", "按金额"), party_id=None, region_code=DAOLI,
        agencies={"window": agency(DAOLI, SERVICE).pk}, data={}, now=NOW,
    )  # fmt: skip
    task, who = task_at(case, "accept"), window().actor()
    outcome = task_outcome(task)
    with no_event(), pytest.raises(ConditionUndecided) as refusal:
        complete_task(actor=who, task_id=task.pk, outcome=outcome, now=NOW)
    assert "amount" in str(refusal.value)
    task.refresh_from_db()
    assert (task.state, stored(case).state) == ("ready", "running")
    complete_task(actor=who, task_id=task.pk, outcome=outcome, data={"amount": 200}, now=NOW)
    assert task_at(case, "large").state == "ready"
    assert stored(case).data == {"amount": 200}


def test_a_step_writes_the_names_it_sets_and_no_others(heard: Heard) -> None:
    case = open_case(data={"amount": 3})
    task, who = task_at(case, "accept"), window().actor()
    with no_event(), pytest.raises(UndeclaredData) as refused:
        complete_task(
            actor=who, task_id=task.pk, outcome="accepted", data={"amount": 1, "remark": "x"}, now=NOW
        )
    # What the opening gave is not a step's to change either, unless it says so.
    assert refused.value.details == {"names": ["amount", "remark"], "allowed": []}
    assert "没有规定它写入任何数据" in refused.value.message_zh
    assert stored(case).data == {"amount": 3}
    complete_task(actor=who, task_id=task.pk, outcome="accepted", now=NOW)
    visit, officer_ = task_at(case, "visit"), officer().actor()
    with pytest.raises(UndeclaredData) as refused:
        complete_task(actor=officer_, task_id=visit.pk, outcome="visited", data={"remark": "x"}, now=NOW)
    assert refused.value.details["allowed"] == ["area", "dangerous"]
    assert "area, dangerous" in refused.value.message and "area、dangerous" in refused.value.message_zh
    complete_task(actor=officer_, task_id=visit.pk, outcome="visited", data={"area": 80}, now=NOW)
    assert stored(case).data == {"amount": 3, "area": 80}
    assert heard.events[-1].data == {"area": 80}


def task_outcome(task: Task) -> str:
    """The first outcome of a step."""
    from yingshang.kernel.flow.definitions import read_spec

    outcomes = read_spec(task.case.version.spec).steps[task.step].outcomes
    return outcomes[0].code if outcomes else ""


def test_an_outcome_there_is_not(heard: Heard) -> None:
    case = open_case()
    with no_event(), pytest.raises(UnknownOutcome, match="accepted, refused"):
        complete_task(actor=SYSTEM, task_id=task_at(case, "accept").pk, outcome="maybe", now=NOW)


def test_a_handler_that_refuses_undoes_the_action(heard: Heard) -> None:
    case = open_case()

    def refuse(event: CaseEvent) -> None:
        raise InvalidRequest("the process refuses", message_zh="业务拒绝")

    register_subject(SUBJECT, handler=refuse)
    with no_event(), pytest.raises(InvalidRequest, match="the process refuses"):
        complete_task(actor=SYSTEM, task_id=task_at(case, "accept").pk, outcome="accepted", now=NOW)
    assert task_at(case, "accept").state == "ready"
    assert not Task.objects.filter(case=case.id, step="verify").exists()


# --- who --------------------------------------------------------------------------------------------------------------


def test_a_task_is_claimed_once_and_can_be_given_back(heard: Heard) -> None:
    case, first, second = open_case(), window(), window()
    task = task_at(case, "accept")
    with one_flow_event("flow.task_claimed"):
        claim_task(actor=first.actor(), task_id=task.pk, now=NOW)
    with no_event(), pytest.raises(NotYours):
        claim_task(actor=second.actor(), task_id=task.pk, now=NOW)
    with no_event(), pytest.raises(NotYours, match=str(first.user)):
        complete_task(actor=second.actor(), task_id=task.pk, outcome="accepted", now=NOW)
    release_task(actor=first.actor(), task_id=task.pk, now=NOW)
    claim_task(actor=second.actor(), task_id=task.pk, now=NOW)


def test_a_task_is_delegated_to_who_could_have_claimed_it(heard: Heard) -> None:
    case, holder, colleague = open_case(), window(), window()
    task = task_at(case, "accept")
    claim_task(actor=holder.actor(), task_id=task.pk, now=NOW)
    for stranger in (officer(), window(NANGANG), person()):
        with no_event(), pytest.raises(InvalidRequest):
            delegate_task(actor=holder.actor(), task_id=task.pk, to_user_id=stranger.id, now=NOW)
    with one_flow_event("flow.task_delegated") as events:
        view = delegate_task(
            actor=holder.actor(), task_id=task.pk, to_user_id=colleague.id, reason="休假", now=NOW
        )
    assert events[0]["after"]["assignee"] == colleague.id
    assert view.delegated_by == str(holder.user)
    with pytest.raises(NotYours):
        complete_task(actor=holder.actor(), task_id=task.pk, outcome="accepted", now=NOW)
    complete_task(actor=colleague.actor(), task_id=task.pk, outcome="accepted", now=NOW)


def test_who_took_one_step_may_not_take_the_other(heard: Heard) -> None:
    """`not_same_as`: who verified does not decide, whichever way the task reaches them."""
    verifier, decider = officer(), officer()
    case = case_awaiting_decision(verifier)
    task = task_at(case, "decide")
    for attempt in (
        lambda: claim_task(actor=verifier.actor(), task_id=task.pk, now=NOW),
        lambda: complete_task(actor=verifier.actor(), task_id=task.pk, outcome="granted", now=NOW),
        lambda: reassign_task(
            actor=dispatcher().actor(), task_id=task.pk, to_user_id=verifier.id, reason="?", now=NOW
        ),
    ):
        with pytest.raises(ConflictingDuties):
            attempt()
    assert "claim" not in _offered(verifier, task)
    complete_task(actor=decider.actor(), task_id=task.pk, outcome="granted", now=NOW)


def test_the_database_knows_that_duties_are_separate(heard: Heard) -> None:
    verifier = officer()
    case = case_awaiting_decision(verifier)
    task = task_at(case, "decide")
    with (
        pytest.raises(IntegrityError, match="took another step of this case"),
        arranged(),
        transaction.atomic(),
    ):
        Task.objects.filter(pk=task.pk).update(
            state="done", ended_at=LATER, ended_by=f"user:{verifier.id}", ended_by_name="?"
        )


def _offered(who: object, task: Task) -> tuple[str, ...]:
    from yingshang.kernel.flow.api import get_task

    return get_task(actor=who.actor(), task_id=task.pk, now=NOW).actions  # type: ignore[attr-defined]


def test_a_task_is_reassigned_with_its_clock(heard: Heard) -> None:
    case, boss = open_case(), dispatcher()
    task = task_at(case, "accept")
    due = task.deadline.due_at if task.deadline else None
    elsewhere = agency(NANGANG, SERVICE)
    with one_flow_event("flow.task_reassigned"):
        view = reassign_task(
            actor=boss.actor(), task_id=task.pk, to_agency_id=elsewhere.pk, reason="属地在南岗区", now=LATER
        )
    task.refresh_from_db()
    assert (task.agency_id, task.region_path, task.state) == (elsewhere.pk, "230103", "ready")
    assert view.deadline is not None
    assert (view.deadline.due_at, view.deadline.agency_id, view.deadline.region_path) == (
        due,
        elsewhere.pk,
        "230103",
    )
    with pytest.raises(NotYours):
        claim_task(actor=window(DAOLI).actor(), task_id=task.pk, now=LATER)
    claim_task(actor=window(NANGANG).actor(), task_id=task.pk, now=LATER)


def test_nobody_reassigns_beyond_their_reach(heard: Heard) -> None:
    case = open_case()
    local = dispatcher(DAOLI)
    with no_event_of_flow(), pytest.raises(NotYours):
        reassign_task(
            actor=local.actor(), task_id=task_at(case, "accept").pk, to_agency_id=agency(NANGANG, SERVICE).pk,
            reason="?", now=LATER,
        )  # fmt: skip
    with pytest.raises(InvalidRequest):
        reassign_task(actor=local.actor(), task_id=task_at(case, "accept").pk, reason="?", now=LATER)


def no_event_of_flow():  # type: ignore[no-untyped-def]
    """Factories inside arrange by themselves; nothing else is recorded."""
    return no_event()


def test_several_tasks_at_once_each_for_itself(heard: Heard) -> None:
    who = window()
    cases = [open_case() for _ in range(3)]
    numbers = [task_at(case, "accept").pk for case in cases]
    claim_task(actor=window().actor(), task_id=numbers[1], now=NOW)
    result = complete_tasks(actor=who.actor(), task_ids=numbers, outcome="accepted", now=NOW)
    assert set(result.done) == {numbers[0], numbers[2]}
    assert list(result.refused) == [numbers[1]]
    assert [stored(case).tasks.filter(step="verify").count() for case in cases] == [1, 0, 1]
    with pytest.raises(InvalidRequest):
        complete_tasks(actor=who.actor(), task_ids=range(1, 1000), outcome="accepted", now=NOW)


# --- back, out, away --------------------------------------------------------------------------------------------------


def test_a_case_is_sent_back_to_an_earlier_step(heard: Heard) -> None:
    who = officer()
    case = case_awaiting_decision()
    task = task_at(case, "decide")
    assert [step for step, _, _ in earlier_steps(actor=who.actor(), task_id=task.pk)] == [
        "accept",
        "verify",
        "visit",
    ]
    with one_flow_event("flow.task_sent_back"):
        send_back(actor=who.actor(), task_id=task.pk, to_step="verify", reason="证据不足", now=LATER)
    again = task_at(case, "verify")
    assert (again.state, again.token) == ("ready", "verify.2")
    assert not Task.objects.filter(case=case.id, step="decide", state="ready").exists()
    assert heard.kinds[-2:] == ["sent_back", "task_ready"]
    complete_task(actor=who.actor(), task_id=again.pk, outcome="upheld", now=LATER)
    assert task_at(case, "decide").state == "ready"


def test_a_branch_beside_is_not_sent_back(heard: Heard) -> None:
    case, who = case_awaiting_verification(), officer()
    complete_task(actor=who.actor(), task_id=task_at(case, "visit").pk, outcome="visited", now=NOW)
    with no_event(), pytest.raises(InvalidRequest):
        send_back(
            actor=who.actor(), task_id=task_at(case, "verify").pk, to_step="visit", reason="?", now=LATER
        )


def test_a_rejected_case_is_answered(heard: Heard) -> None:
    case = open_case()
    with no_event(), pytest.raises(InvalidRequest):
        reject_case(actor=SYSTEM, task_id=task_at(case, "accept").pk, reason=" ", now=NOW)
    with one_flow_event("flow.case_rejected"):
        reject_case(actor=window().actor(), task_id=task_at(case, "accept").pk, reason="不符合条件", now=NOW)
    row = stored(case)
    assert (row.state, row.reason, row.deadline.state if row.deadline else "") == (
        "rejected",
        "不符合条件",
        "met",
    )
    assert heard.events[-1].kind == "rejected" and heard.events[-1].note == "不符合条件"


def test_only_what_the_step_allows(heard: Heard) -> None:
    case = case_awaiting_verification()
    with no_event(), pytest.raises(NotAllowedByDefinition, match="return"):
        reject_case(actor=SYSTEM, task_id=task_at(case, "verify").pk, reason="不符合条件", now=NOW)


def test_the_applicant_withdraws_and_nothing_goes_on(heard: Heard) -> None:
    case = case_awaiting_verification()
    applicant = legal_representative_of(Party.objects.get(pk=case.party_id))
    with pytest.raises(CaseNotFound):
        withdraw_case(actor=clerk_of(enterprise(DAOLI)).actor(), case_id=case.id, now=LATER)
    with one_flow_event("flow.case_withdrawn"):
        withdraw_case(actor=applicant.actor(), case_id=case.id, now=LATER)
    assert {task.state for task in stored(case).tasks.exclude(step="accept")} == {"cancelled"}
    row = stored(case)
    assert (row.state, row.deadline.state if row.deadline else "") == ("withdrawn", "cancelled")
    with pytest.raises(NotPossibleNow):
        complete_task(actor=SYSTEM, task_id=task_at(case, "verify").pk, outcome="upheld", now=LATER)
    with pytest.raises(NotPossibleNow):
        withdraw_case(actor=applicant.actor(), case_id=case.id, now=LATER)


# --- what is owed and promised ----------------------------------------------------------------------------------------


def test_a_case_is_accepted_with_debts_that_outlive_it(heard: Heard) -> None:
    case, who = open_case(), window()
    task = task_at(case, "accept")
    debts = [NewDebt("图纸", Term(5, "working_days")), NewDebt("公章备案", Term(10, "days"))]
    with one_flow_event("flow.debts_accepted"):
        owed = accept_with_debts(actor=who.actor(), task_id=task.pk, debts=debts, now=NOW)
    assert [debt.deadline.due_on.isoformat() for debt in owed if debt.deadline] == [
        "2026-11-30",
        "2026-12-03",
    ]
    with no_event(), pytest.raises(InvalidRequest):
        accept_with_debts(actor=who.actor(), task_id=task.pk, debts=debts[:1], now=NOW)
    complete_task(actor=who.actor(), task_id=task.pk, outcome="refused", now=NOW)
    with no_event(), pytest.raises(CaseNotFound):
        settle_debt(actor=window(NANGANG).actor(), debt_id=owed[0].id, now=LATER)
    with one_flow_event("flow.debt_settled"):
        settled = settle_debt(actor=who.actor(), debt_id=owed[0].id, remark="已补齐", now=LATER)
    assert (settled.state, settled.deadline.state if settled.deadline else "") == ("settled", "met")
    with pytest.raises(NotPossibleNow):
        settle_debt(actor=who.actor(), debt_id=owed[0].id, now=LATER)
    states = [debt.state for debt in get_case(actor=who.actor(), case_id=case.id, now=LATER).debts]
    assert states == ["settled", "owed"]


def test_debts_and_promises_of_a_withdrawn_case_are_let_go(heard: Heard) -> None:
    case, who = open_case(), window()
    task = task_at(case, "accept")
    accept_with_debts(
        actor=who.actor(), task_id=task.pk, debts=[NewDebt("图纸", Term(5, "working_days"))], now=NOW
    )
    accept_commitment(
        actor=who.actor(),
        task_id=task.pk,
        promised=["消防合格"],
        check_within=Term(20, "working_days"),
        now=NOW,
    )
    withdraw_case(actor=who.actor(), case_id=case.id, reason="申请人要求", now=LATER)
    detail = get_case(actor=who.actor(), case_id=case.id, now=LATER)
    assert [debt.state for debt in detail.debts] == ["cancelled"]
    assert [each.state for each in detail.commitments] == ["cancelled"]
    assert {each.deadline.state for each in (*detail.debts, *detail.commitments) if each.deadline} == {
        "cancelled"
    }


@pytest.mark.parametrize("kept", [True, False])
def test_a_promise_is_accepted_and_checked_afterwards(kept: bool, heard: Heard) -> None:
    case, who = open_case(), window()
    with one_flow_event("flow.commitment_accepted"):
        made = accept_commitment(
            actor=who.actor(), task_id=task_at(case, "accept").pk, promised=["消防合格", "消防合格", " "],
            check_within=Term(20, "working_days"), now=NOW,
        )  # fmt: skip
    assert (made.promised, made.state) == (("消防合格",), "made")
    if not kept:
        with no_event(), pytest.raises(InvalidRequest):
            check_commitment(actor=who.actor(), commitment_id=made.id, kept=False, finding="", now=LATER)
    with one_flow_event("flow.commitment_checked"):
        checked = check_commitment(
            actor=who.actor(), commitment_id=made.id, kept=kept, finding="现场核查", now=LATER
        )
    assert checked.state == ("kept" if kept else "broken")
    assert heard.events[-1].outcome == checked.state
    with pytest.raises(NotPossibleNow):
        check_commitment(actor=who.actor(), commitment_id=made.id, kept=True, finding="再查", now=LATER)


def test_the_timeline_tells_who_did_what(heard: Heard) -> None:
    who = officer()
    case = case_awaiting_decision(who)
    entries = timeline(actor=who.actor(), case_id=case.id)
    assert [(each.action, each.step_name) for each in reversed(entries)] == [
        ("flow.case_started", ""),
        ("flow.task_completed", "受理"),
        ("flow.task_completed", "核实"),
        ("flow.task_completed", "踏勘"),
    ]
    with pytest.raises(CaseNotFound):
        timeline(actor=window(NANGANG).actor(), case_id=case.id)


# --- the part of an agency in a case ------------------------------------------------------------------------------


def test_passing_a_task_on_is_help_for_this_once(heard: Heard) -> None:
    case, boss = open_case(), dispatcher()
    elsewhere = agency(NANGANG, SERVICE)
    task = task_at(case, "accept")
    reassign_task(actor=boss.actor(), task_id=task.pk, to_agency_id=elsewhere.pk, reason="帮忙", now=NOW)
    assert stored(case).agencies == dict(case.agencies) and "lane_handed_over" not in heard.kinds
    complete_task(actor=window(NANGANG).actor(), task_id=task.pk, outcome="accepted", now=NOW)
    who = officer().actor()
    send_back(actor=who, task_id=task_at(case, "verify").pk, to_step="accept", reason="再看", now=NOW)
    assert task_at(case, "accept").agency_id == agency(DAOLI, SERVICE).pk, "back at the desk of the case"


def test_an_agency_takes_over_the_part_of_another(heard: Heard) -> None:
    case, boss = case_awaiting_verification(), dispatcher()
    elsewhere = agency(NANGANG, MARKET)
    verify, visit = task_at(case, "verify"), task_at(case, "visit")
    with one_flow_event("flow.task_reassigned") as events:
        reassign_task(
            actor=boss.actor(), task_id=verify.pk, to_agency_id=elsewhere.pk, later_steps=True,
            reason="职责划转", now=NOW,
        )  # fmt: skip
    here = agency(DAOLI, MARKET).pk
    assert events[0]["before"]["lane_agency"] == here
    assert (events[0]["after"]["lane"], events[0]["after"]["lane_agency"]) == ("bureau", elsewhere.pk)
    told = heard.events[-1]
    assert (told.kind, told.what, told.case.agencies["bureau"]) == (
        "lane_handed_over",
        ("bureau",),
        elsewhere.pk,
    )
    visit.refresh_from_db()
    assert visit.agency_id == here, "what is open beside it stays"
    complete_task(actor=officer().actor(), task_id=visit.pk, outcome="visited", now=NOW)
    complete_task(actor=officer(NANGANG).actor(), task_id=verify.pk, outcome="upheld", now=NOW)
    decide = task_at(case, "decide")
    assert (decide.agency_id, decide.region_path) == (elsewhere.pk, "230103")


def test_the_part_can_follow_a_task_that_was_passed_on_before(heard: Heard) -> None:
    case, boss = open_case(), dispatcher().actor()
    elsewhere, task = agency(NANGANG, SERVICE).pk, task_at(case, "accept").pk
    reassign_task(actor=boss, task_id=task, to_agency_id=elsewhere, reason="帮忙", now=NOW)
    reassign_task(
        actor=boss, task_id=task, to_agency_id=elsewhere, later_steps=True, reason="一并转交", now=LATER
    )
    assert stored(case).agencies["window"] == elsewhere
    with no_event_of_flow(), pytest.raises(InvalidRequest):
        reassign_task(
            actor=boss, task_id=task, to_agency_id=elsewhere, later_steps=True, reason="再转", now=LATER
        )
    somebody = window(NANGANG).id
    with no_event_of_flow(), pytest.raises(InvalidRequest, match="later steps go to another agency"):
        reassign_task(
            actor=boss, task_id=task, to_user_id=somebody, later_steps=True, reason="给他", now=LATER
        )


@contextmanager
def one_agency_event() -> Iterator[None]:
    """The block records one event about an agency; those of the clocks come beside it, and none of the flow."""
    rows = AuditEvent.objects.exclude(action__startswith="clock.")
    last = rows.order_by("-id").values_list("id", flat=True).first() or 0
    yield
    (action,) = rows.filter(id__gt=last).values_list("action", flat=True)
    assert action.endswith("agency_moved")


def test_where_an_agency_goes_its_open_tasks_go(heard: Heard) -> None:
    from yingshang.kernel.parties.api import move_agency

    case = case_awaiting_verification()
    done, verify, visit = (task_at(case, step) for step in ("accept", "verify", "visit"))
    complete_task(actor=officer().actor(), task_id=visit.pk, outcome="visited", now=NOW)
    bureau = verify.agency_id
    boss = dispatcher(NANGANG).actor()
    due = verify.deadline.due_at if verify.deadline else None
    with one_agency_event():
        move_agency(actor=SYSTEM, agency_id=bureau, region=NANGANG, reason="迁址", now=LATER)
    for task in (done, verify, visit):
        task.refresh_from_db()
    assert (verify.region_path, visit.region_path, done.region_path) == ("230103", "230102", "230102")
    assert verify.deadline is not None
    assert (verify.deadline.region_path, verify.deadline.due_at) == ("230103", due)
    assert verify.pk in {each.id for each in tasks(actor=boss, now=LATER).rows}
    assert verify.pk not in {
        each.id for each in tasks(actor=dispatcher(DAOLI).actor(), now=LATER, agency_id=bureau).rows
        if "reassign" in each.actions
    }  # fmt: skip


def test_a_case_is_returned_for_correction_twenty_times(heard: Heard) -> None:
    case = open_case(data={"amount": 0})
    task, who = task_at(case, "accept").pk, window().actor()
    deadline = case.deadline
    for number in range(1, 21):
        return_case(actor=who, task_id=task, what=[f"第{number}次"], now=NOW)
        resubmit_case(actor=SYSTEM, case_id=case.id, data={"amount": number}, now=NOW)
    row = stored(case)
    assert (row.state, row.data, row.corrections.count()) == ("running", {"amount": 20}, 20)
    assert len(row.position["log"]) == 1 and row.corrections.filter(answered_at=None).count() == 0
    assert deadline is not None and row.deadline is not None and row.deadline.due_at == deadline.due_at
    # And what was sent back does not count either.
    for _ in range(10):
        complete_task(actor=who, task_id=task_at(case, "accept").pk, outcome="accepted", now=NOW)
        send_back(actor=SYSTEM, task_id=task_at(case, "verify").pk, to_step="accept", reason="再看", now=NOW)
    assert task_at(case, "accept").state == "ready" and heard.kinds.count("sent_back") == 10
