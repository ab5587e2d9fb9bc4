"""Every state of a contract and of a supplement × every action × every role: what the table allows happens, and only that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from tests.areas.contracts.factories import one_contract_event
from tests.areas.contracts.registering import situations as make
from tests.areas.contracts.registering.situations import RULES, Written, fields
from tests.kernel.access.factories import NOW, no_event, official
from yingshang.areas.contracts import api
from yingshang.areas.contracts.models import Contract, Supplement
from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

STATES: dict[str, Callable[[], Written]] = {
    "draft": make.draft,
    "submitted": make.submitted,
    "in_force": make.in_force,
    "suspended": make.suspended,
    "completed": make.completed,
    "terminated": make.terminated,
    "void": make.void,
}


def _complete(it: Written, actor: Actor) -> None:
    # What is still open is another refusal than the one that is tried here.
    api.complete_contract(actor=actor, contract_id=it.id, now=NOW)


def _terminate(it: Written, actor: Actor) -> None:
    api.terminate_contract(
        actor=actor, contract_id=it.id, reason="解除", terminated_on=date(2026, 11, 1), now=NOW
    )


def _propose(it: Written, actor: Actor) -> None:
    api.propose_supplement(
        actor=actor,
        contract_id=it.id,
        title="补充协议",
        signed_on=date(2026, 4, 1),
        reason="延期",
        changes={"ends_on": date(2028, 1, 1)},
        now=NOW,
    )


def _simple(action: Any, **more: Any) -> Callable[[Written, Actor], None]:
    return lambda it, actor: action(actor=actor, contract_id=it.id, now=NOW, **more)


# Of each action: the event of the table, the audit event, who may, and the deed.
ACTIONS: dict[str, tuple[str, str, str, Callable[[Written, Actor], None]]] = {
    "changed": (
        "changed",
        "changed",
        "administrator",
        lambda it, actor: api.change_contract(
            actor=actor, contract_id=it.id, fields=fields(title="会议设备采购合同（修订）"), now=NOW
        ),
    ),
    "submitted": ("submitted", "submitted", "administrator", _simple(api.submit_contract)),
    "returned": ("returned", "returned", "reviewer", _simple(api.return_contract, reason="缺附件")),
    "registered": ("registered", "registered", "reviewer", _simple(api.register_contract, reason="齐全")),
    "planned": ("planned", "planned", "administrator", _simple(api.plan_contract, rules=RULES[:1])),
    "supplement": ("supplemented", "supplement_proposed", "administrator", _propose),
    "suspended": ("suspended", "suspended", "reviewer", _simple(api.suspend_contract, reason="停工")),
    "resumed": ("resumed", "resumed", "reviewer", _simple(api.resume_contract, reason="复工")),
    "reopened": ("reopened", "reopened", "reviewer", _simple(api.reopen_contract, reason="未办结")),
    "terminated": ("terminated", "terminated", "reviewer", _terminate),
    "voided": ("voided", "voided", "reviewer", _simple(api.void_contract, reason="误登记")),
}
NOBODY_DRAFT = {("draft", "registered")}
"""By the platform alone."""
ROLES = ("administrator", "second_administrator", "reviewer", "head", "supervisor", "leader")


@pytest.mark.parametrize("state", STATES)
def test_each_action_happens_in_its_states_by_its_role_alone(state: str) -> None:
    it = STATES[state]()
    people = {role: getattr(it.unit, role).actor() for role in ROLES}
    elsewhere = official("contract_reviewer", "230103", "housing-construction").actor()
    for name, (event, audit, role, act) in ACTIONS.items():
        possible = api.CONTRACT.may(state, event) and (state, name) not in NOBODY_DRAFT
        allowed = {role} | ({"second_administrator"} if role == "administrator" else set())
        for who, actor in {**people, "elsewhere": elsewhere}.items():
            if who in allowed and possible:
                sid = transaction.savepoint()
                with one_contract_event(audit):
                    act(it, actor)
                expected = api.CONTRACT.after(state, event)
                assert it.row.state == (state if name == "supplement" else expected), (name, who)
                transaction.savepoint_rollback(sid)
            else:
                with no_event(), pytest.raises(DomainError), transaction.atomic():
                    act(it, actor)
    assert it.row.state == state


@pytest.mark.parametrize("state", ["in_force", "completed", "suspended"])
def test_complete_needs_everything_done(state: str) -> None:
    it = STATES[state]() if state != "in_force" else make.in_force()
    with no_event(), pytest.raises(DomainError):
        _complete(it, it.unit.reviewer.actor())


def test_who_wrote_it_does_not_review_it_whatever_roles_they_hold() -> None:
    it = make.submitted()
    row = it.row
    Contract.objects.filter(pk=it.id)
    both = it.unit.administrator
    from yingshang.kernel.access.api import appoint, system_actor

    appoint(
        actor=system_actor("test"),
        user_id=both.id,
        role="contract_reviewer",
        agency_id=it.unit.agency.pk,
        valid_from=date(2020, 1, 1),
        now=NOW,
    )
    assert row.registered_by_id == both.id
    with no_event(), pytest.raises(DomainError) as refused:
        api.register_contract(actor=both.actor(), contract_id=it.id, now=NOW)
    assert refused.value.code == "contracts.not_apart"
    assert "registered" not in api.contract(actor=both.actor(), contract_id=it.id, now=NOW).may


def test_a_supplement_is_decided_by_another_of_the_unit_once() -> None:
    it, number = make.with_supplement()
    ok = it.unit.reviewer.actor()
    for who in ("administrator", "second_administrator", "head", "supervisor", "leader"):
        with no_event(), pytest.raises(DomainError), transaction.atomic():
            api.decide_supplement(
                actor=getattr(it.unit, who).actor(), supplement_id=number, approved=True, now=NOW
            )
    for approved, audit, state in (
        (True, "supplemented", "effective"),
        (False, "supplement_dropped", "dropped"),
    ):
        sid = transaction.savepoint()
        with one_contract_event(audit):
            api.decide_supplement(actor=ok, supplement_id=number, approved=approved, remark="同意", now=NOW)
        assert Supplement.objects.get(pk=number).state == state
        for again in (True, False):
            with no_event(), pytest.raises(DomainError), transaction.atomic():
                api.decide_supplement(actor=ok, supplement_id=number, approved=again, remark="再次", now=NOW)
        transaction.savepoint_rollback(sid)
    with one_contract_event("supplement_dropped"):
        api.drop_supplement(
            actor=it.unit.second_administrator.actor(), supplement_id=number, remark="未签订", now=NOW
        )
