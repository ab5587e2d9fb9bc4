"""Every state × every action × everybody, against the table written out once more by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.kernel.access.factories import (
    DAOLI,
    NOW,
    Person,
    administrator,
    clerk_of,
    enterprise,
    legal_representative_of,
    official,
    person,
)
from tests.processes.enterprise_binding.situations import Situation, in_state, last_code
from yingshang.kernel.access.api import Actor, NotAllowed, roles
from yingshang.kernel.access.roles_file import roles_file
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.processes.enterprise_binding.api import (
    BindingNotFound,
    NotPossibleNow,
    ask_for_review,
    confirm_binding,
    decide_clerk,
    decide_review,
    get_binding,
    lapse_bindings,
    possible,
    states,
    withdraw_binding,
)
from yingshang.processes.enterprise_binding.desks import PLATFORM
from yingshang.processes.enterprise_binding.lifecycle import transitions
from yingshang.processes.enterprise_binding.models import OPEN, BindingRequest
from yingshang.rules.errors import DomainError

LATER = NOW + timedelta(minutes=1)

Attempt = Callable[[Actor, int], object]

ACTIONS: dict[str, Attempt] = {
    "confirm": lambda actor, number: confirm_binding(
        actor=actor, request_id=number, code=last_code(), now=LATER
    ),
    "ask_for_review": lambda actor, number: ask_for_review(
        actor=actor, request_id=number, statement="", now=LATER
    ),
    "withdraw": lambda actor, number: withdraw_binding(actor=actor, request_id=number, now=LATER),
    "approve as representative": lambda actor, number: decide_clerk(
        actor=actor, request_id=number, approve=True, now=LATER
    ),
    "refuse as representative": lambda actor, number: decide_clerk(
        actor=actor, request_id=number, approve=False, reason="不认识", now=LATER
    ),
    "approve as reviewer": lambda actor, number: decide_review(
        actor=actor, request_id=number, approve=True, reason="已核验证件", now=LATER
    ),
    "refuse as reviewer": lambda actor, number: decide_review(
        actor=actor, request_id=number, approve=False, reason="材料不符", now=LATER
    ),
}

MAY = {
    ("code_sent", "confirm", "requester"): "awaiting_representative",
    ("code_sent", "ask_for_review", "requester"): "in_review",
    ("code_sent", "withdraw", "requester"): "withdrawn",
    ("awaiting_representative", "ask_for_review", "requester"): "in_review",
    ("awaiting_representative", "withdraw", "requester"): "withdrawn",
    ("awaiting_representative", "approve as representative", "representative"): "approved",
    ("awaiting_representative", "refuse as representative", "representative"): "refused",
    ("awaiting_representative", "approve as representative", "deputy"): "approved",
    ("awaiting_representative", "refuse as representative", "deputy"): "refused",
    ("in_review", "withdraw", "requester"): "withdrawn",
    ("in_review", "approve as reviewer", "reviewer"): "approved",
    ("in_review", "refuse as reviewer", "reviewer"): "refused",
}
"""What may be done, and where it leads. Everything that is not here is refused and changes nothing."""

EVERYBODY: dict[str, Callable[[Situation], Person]] = {
    "requester": lambda it: it.requester,
    "representative": lambda it: it.representative or person(),
    # Nobody passes on what they do not hold: a deputy who authorises clerks holds what clerks get.
    "deputy": lambda it: clerk_of(it.party, (*roles_file().clerk, "mandates.grant")),
    "clerk": lambda it: clerk_of(it.party),
    "reviewer": lambda it: it.reviewer,
    "reviewer elsewhere": lambda it: official("window_official", "230103"),
    "department official": lambda it: official("department_official", DAOLI),
    "administrator": lambda it: administrator(DAOLI),
    "representative of another": lambda it: legal_representative_of(enterprise()),
    "stranger": lambda it: person(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(states()))
@pytest.mark.parametrize("who", list(EVERYBODY))
def test_the_matrix(state: str, who: str) -> None:
    situation = in_state(state)
    actor = EVERYBODY[who](situation).actor()
    number = situation.request.id
    for action, attempt in ACTIONS.items():
        expected = MAY.get((state, action, who))
        before = BindingRequest.objects.filter(pk=number).values().get()
        events = AuditEvent.objects.count()
        if expected is None:
            with pytest.raises((BindingNotFound, NotPossibleNow, NotAllowed)):
                attempt(actor, number)
            assert BindingRequest.objects.filter(pk=number).values().get() == before
            assert AuditEvent.objects.count() == events
            continue
        attempt(actor, number)
        assert BindingRequest.objects.get(pk=number).state == expected
        recorded = AuditEvent.objects.filter(target_kind="binding", target_id=str(number), pk__gt=0)
        assert recorded.order_by("-id")[0].after["state"] == expected  # type: ignore[index]
        # Back to where it was, for the next action.
        situation = in_state(state)
        actor = EVERYBODY[who](situation).actor()
        number = situation.request.id


def test_the_table_says_the_same_as_the_matrix() -> None:
    by_hand = {(state, action.split()[0], who) for state, action, who in MAY if who != "deputy"}
    written = {
        (source, row.action, row.by)
        for row in transitions()
        for source in row.sources
        if row.action != "send_code" and row.by != "platform"
    }
    assert written == by_hand
    assert {state.code for state in states().values() if state.open} == set(OPEN)
    for (state, action, who), target in MAY.items():
        if who in ("requester", "representative", "reviewer"):
            assert action.split()[0] in possible(state, who)  # type: ignore[arg-type]
            assert any(
                target in row.targets
                for row in transitions()
                if row.by == who and row.action == action.split()[0] and state in row.sources
            )


def test_every_state_can_be_reached_and_every_open_one_left() -> None:
    reached = {"code_sent", "in_review"}
    for _ in states():
        reached |= {target for row in transitions() if row.sources & reached for target in row.targets}
    assert reached == set(states())
    for state in OPEN:
        assert any(state in row.sources and row.targets - {state} for row in transitions())


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(states()))
def test_time_closes_only_what_waits_for_somebody_outside(state: str) -> None:
    number = in_state(state).request.id
    expected = {"code_sent": "lapsed", "awaiting_representative": "lapsed"}.get(state, state)
    lapse_bindings(actor=PLATFORM, now=NOW + timedelta(days=31))
    assert BindingRequest.objects.get(pk=number).state == expected
    events = AuditEvent.objects.count()
    assert lapse_bindings(actor=PLATFORM, now=NOW + timedelta(days=31)) == 0
    assert AuditEvent.objects.count() == events


@pytest.mark.django_db
def test_nobody_makes_requests_lapse() -> None:
    situation = in_state("code_sent")
    for role in roles():
        with pytest.raises(NotAllowed):
            lapse_bindings(actor=official(role.code).actor(), now=NOW + timedelta(days=31))
    with pytest.raises(DomainError):
        get_binding(actor=person().actor(), request_id=situation.request.id)
