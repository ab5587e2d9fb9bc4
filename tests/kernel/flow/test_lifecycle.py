"""What may be done in which state, by whom: the table of the data file, and everybody trying everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from tests.kernel.access.factories import legal_representative_of
from tests.kernel.flow.factories import (
    DAOLI,
    LATER,
    MARKET,
    NANGANG,
    SERVICE,
    TAX,
    Heard,
    Person,
    Term,
    agency,
    case_in_consultation,
    dispatcher,
    officer,
    official,
    open_case,
    returned_case,
    task_at,
    window,
)
from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow import lifecycle
from yingshang.kernel.flow.api import (
    CaseView,
    NewDebt,
    TaskNotFound,
    accept_commitment,
    accept_with_debts,
    claim_task,
    complete_task,
    consult,
    delegate_task,
    end_consultation,
    end_correction,
    get_task,
    give_opinion,
    reassign_task,
    reject_case,
    release_task,
    resubmit_case,
    return_case,
    send_back,
    withdraw_case,
)
from yingshang.kernel.flow.models import Task
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Party
from yingshang.rules.errors import DomainError


class _Undo(Exception):
    """Ends a trial whose writes are to be undone."""


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["task", "opinion", "case"])
def test_the_table_holds_together(kind: lifecycle.Kind) -> None:
    states = lifecycle.states(kind)
    rows = lifecycle.transitions(kind)
    reached = {target for row in rows for target in row.targets} | {"ready", "running"}
    assert set(states) <= reached, "a state nothing leads to"
    left = {source for row in rows for source in row.sources}
    assert {code for code, state in states.items() if state.open} == left
    assert len({(row.action, row.by, source) for row in rows for source in row.sources}) == sum(
        len(row.sources) for row in rows
    ), "an action of somebody is written twice for one state"


def test_states_of_the_tables_are_those_of_the_database() -> None:
    from yingshang.kernel.flow.models import cases

    assert set(lifecycle.states("task")) == set(cases.TASK_STATES)
    assert set(lifecycle.open_states("task")) == set(cases.TASK_OPEN)
    assert set(lifecycle.states("case")) == set(cases.CASE_STATES)
    assert set(lifecycle.open_states("case")) == set(cases.CASE_OPEN)
    assert set(lifecycle.states("opinion")) <= set(lifecycle.states("task"))


# --- everybody tries everything ---------------------------------------------------------------------------------------

Act = Callable[[Actor, Task], Any]

ACTIONS: dict[str, Act] = {
    "claim": lambda who, task: claim_task(actor=who, task_id=task.pk, now=LATER),
    "release": lambda who, task: release_task(actor=who, task_id=task.pk, now=LATER),
    "complete": lambda who, task: complete_task(actor=who, task_id=task.pk, outcome="accepted", now=LATER),
    "return": lambda who, task: return_case(actor=who, task_id=task.pk, what=["章程"], now=LATER),
    "end_correction": lambda who, task: end_correction(actor=who, task_id=task.pk, reason="逾期", now=LATER),
    "deficiency": lambda who, task: accept_with_debts(
        actor=who, task_id=task.pk, debts=[NewDebt("图纸", Term(5, "working_days"))], now=LATER
    ),
    "commitment": lambda who, task: accept_commitment(
        actor=who, task_id=task.pk, promised=["符合消防条件"], now=LATER
    ),
    "consult": lambda who, task: consult(
        actor=who, task_id=task.pk, agency_ids=[agency(DAOLI, "planning").pk], question="？", now=LATER
    ),
    "end_consultation": lambda who, task: end_consultation(
        actor=who, task_id=task.pk, reason="逾期", now=LATER.replace(month=12, day=30)
    ),
    "send_back": lambda who, task: send_back(
        actor=who, task_id=task.pk, to_step="accept", reason="重办", now=LATER
    ),
    "reject": lambda who, task: reject_case(actor=who, task_id=task.pk, reason="不符合", now=LATER),
    "give_opinion": lambda who, task: give_opinion(
        actor=who, task_id=task.pk, stance="objects", text="不符合", now=LATER
    ),
    "resubmit": lambda who, task: resubmit_case(actor=who, case_id=task.case_id, now=LATER),
    "withdraw": lambda who, task: withdraw_case(
        actor=who, case_id=task.case_id, reason="不再需要", now=LATER
    ),
}
"""delegate and reassign need somebody to go to, and are added below."""


class Cast:
    """Everybody who might act."""

    def __init__(self, case: CaseView, holder: Person) -> None:
        self.substitutes = {Task.STEP: window(), Task.OPINION: officer(DAOLI, MARKET)}
        self.people: dict[str, Person] = {
            "holder": holder,
            "colleague": window(),
            "other role": officer(DAOLI, SERVICE),
            "asked agency": officer(DAOLI, MARKET),
            "other region": window(NANGANG),
            "dispatcher": dispatcher(),
            "leader": official("leader", DAOLI, "government"),
            "applicant": legal_representative_of(Party.objects.get(pk=case.party_id)),
            "administrator": official("administrator"),
        }

    def actions(self, at: Task) -> dict[str, Act]:
        substitute = self.substitutes[at.kind]
        return {
            **ACTIONS,
            "delegate": lambda who, task: delegate_task(
                actor=who, task_id=task.pk, to_user_id=substitute.id, now=LATER
            ),
            "reassign": lambda who, task: reassign_task(
                actor=who, task_id=task.pk, to_user_id=substitute.id, reason="病假", now=LATER
            ),
        }


STEP = {"complete", "return", "deficiency", "commitment", "consult", "reject"}

EXPECTED: dict[str, dict[str, set[str]]] = {
    # Everybody at the window could take it, and takes it by acting.
    "ready": {
        "holder": {"claim", "withdraw", *STEP},
        "colleague": {"claim", "withdraw", *STEP},
        "dispatcher": {"reassign"},
        "applicant": {"withdraw"},
    },
    "claimed": {
        "holder": {"release", "delegate", "withdraw", *STEP},
        "colleague": {"withdraw"},
        "dispatcher": {"reassign"},
        "applicant": {"withdraw"},
    },
    "consulting": {
        "holder": {"end_consultation", "withdraw"},
        "colleague": {"withdraw"},
        "dispatcher": {"reassign"},
        "applicant": {"withdraw"},
    },
    # What the applicant brings to the window, the window enters.
    "paused": {
        "holder": {"end_correction", "withdraw", "resubmit"},
        "colleague": {"withdraw", "resubmit"},
        "dispatcher": {"reassign"},
        "applicant": {"withdraw", "resubmit"},
    },
    "done": {
        "holder": {"withdraw"},
        "colleague": {"withdraw"},
        # The case has come to them.
        "asked agency": {"withdraw"},
        "applicant": {"withdraw"},
    },
    "cancelled": {},
    # The opinion another agency is asked for: whoever works there gives it. Its case is the window's.
    "opinion": {
        "asked agency": {"claim", "give_opinion"},
        "dispatcher": {"reassign"},
        "holder": {"withdraw"},
        "colleague": {"withdraw"},
        "applicant": {"withdraw"},
    },
}


def _arrange(state: str, holder: Person) -> tuple[CaseView, Task]:
    if state == "consulting":
        case = case_in_consultation(holder)
        return case, task_at(case, "accept")
    if state == "opinion":
        case = case_in_consultation(holder)
        return case, Task.objects.get(case=case.id, kind=Task.OPINION, agency=agency(DAOLI, MARKET))
    if state == "paused":
        case = returned_case(holder)
        return case, task_at(case, "accept")
    case = open_case()
    task = task_at(case, "accept")
    if state == "claimed":
        claim_task(actor=holder.actor(), task_id=task.pk, now=LATER)
    if state == "done":
        complete_task(actor=holder.actor(), task_id=task.pk, outcome="accepted", now=LATER)
    if state == "cancelled":
        withdraw_case(actor=holder.actor(), case_id=case.id, reason="不再需要", now=LATER)
    return case, task


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(EXPECTED))
def test_everybody_tries_everything(state: str, heard: Heard) -> None:
    """Each state × action × role: done with exactly one event of the flow, or refused without any trace; and what
    `get_task` offers somebody is what succeeds."""
    agency(DAOLI, "planning"), agency(DAOLI, TAX)
    by = window()
    case, task = _arrange(state, by)
    cast = Cast(case, by)
    expected = {(who, what) for who, actions in EXPECTED[state].items() for what in actions}
    done = set()
    for who, person in cast.people.items():
        actor = person.actor()
        works = {what for what, act in cast.actions(task).items() if _succeeds(act, actor, task)}
        done |= {(who, what) for what in works}
        if who in ("holder", "colleague", "asked agency", "dispatcher") and state != "cancelled":
            # There is no earlier step to go back to; which there are, `earlier_steps` says.
            offered = set(_offered(actor, task)) - {"send_back"}
            assert offered == works - {"resubmit", "withdraw"}, who
    assert done == expected


def _offered(actor: Actor, task: Task) -> tuple[str, ...]:
    try:
        return get_task(actor=actor, task_id=task.pk, now=LATER).actions
    except TaskNotFound:
        return ()


def _succeeds(act: Act, actor: Actor, task: Task) -> bool:
    events = AuditEvent.objects.filter(action__startswith="flow.")
    before = events.count()
    try:
        with transaction.atomic():
            act(actor, task)
            assert events.count() == before + 1
            raise _Undo
    except _Undo:
        return True
    except DomainError:
        return False
