"""The rungs of appeals come to the same, fired one by one or many at once; what somebody holds waits for them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from tests.areas.appeals.factories import (
    DESK,
    answered_appeal,
    city,
    dispatched_appeal,
    handled_appeal,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, agency, arranged
from yingshang.areas.appeals.clocks import CASE, CONTACT, STEP
from yingshang.areas.appeals.models import Appeal, SupervisionNotice
from yingshang.areas.appeals.reach import ANSWER, DISPATCH, SUPERVISE
from yingshang.areas.appeals.supervising import rungs
from yingshang.kernel.access.api import end_appointment, officials_of_many, officials_who_may
from yingshang.kernel.access.models import Appointment
from yingshang.kernel.clock.api import FiredRung, Owner, Rung, deadlines_of, register_owner, sweep
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message


@contextmanager
def _fired_by(*, many: bool) -> Iterator[Counter[str]]:
    """How the sweeper fires rungs of appeals; how many it gave away together, by kind."""
    given = Counter[str]()
    ways = {
        CASE: (rungs.on_case_rung, rungs.on_case_rungs),
        CONTACT: (rungs.on_step_rung, rungs.on_step_rungs),
        STEP: (rungs.on_step_rung, rungs.on_step_rungs),
    }

    def counting(kind: str, way: Callable[[Sequence[FiredRung]], set[int]]) -> Any:
        def on_rungs(fired: Sequence[FiredRung]) -> set[int]:
            given[kind] += len(fired)
            return way(fired)

        return on_rungs

    for kind, (one, together) in ways.items():
        register_owner(kind, on_rung=one, on_rungs=counting(kind, together) if many else None)
    try:
        yield given
    finally:
        for kind, (one, together) in ways.items():
            register_owner(kind, on_rung=one, on_rungs=together)


def _what_came_of(sweeps: Callable[[], None]) -> dict[str, Any]:
    """Rows, events and messages of some sweeps, which are undone then. Numbers of new rows differ, and are left out."""
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    told = set(Message.objects.values_list("pk", flat=True))
    with transaction.atomic():
        sweeps()
        events = AuditEvent.objects.filter(id__gt=last)
        found: dict[str, Any] = {
            "appeals": list(Appeal.objects.order_by("pk").values()),
            "notices": list(
                SupervisionNotice.objects.order_by("number").values_list(
                    "number", "appeal", "agency", "state", "demand", "due_on", "issued_at", "issued_by_name"
                )
            ),
            "events": Counter(
                (
                    each.action,
                    each.actor_id,
                    each.occurred_at,
                    each.target_kind,
                    each.target_name,
                    each.region_path,
                    each.agency_id,
                    each.party_id,
                    each.reason,
                    str(
                        {
                            key: value
                            for key, value in (each.after or {}).items()
                            if key not in {"messages", "owner"}
                        }
                    ),
                )
                for each in events
            ),
            "messages": Counter(
                Message.objects.exclude(pk__in=told).values_list(
                    "recipient", "channel", "template", "subject", "body", "link", "created_at"
                )
            ),
        }
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
def test_many_at_once_come_to_the_same_as_one_by_one() -> None:
    first = submitted_appeal()
    people = first.people
    for make in (submitted_appeal, dispatched_appeal, handled_appeal, answered_appeal):
        make(people=people)
    with arranged():
        Appeal.objects.filter(pk=first.id).update(ended_at=NOW)

    def sweeps() -> None:
        for hours in (6, 110, 360):
            result = sweep(actor=SYSTEM, now=NOW + timedelta(hours=hours))
            assert not result.failed

    with _fired_by(many=True) as given:
        together = _what_came_of(sweeps)
    assert set(given) == {CASE, CONTACT, STEP}
    with _fired_by(many=False) as given:
        singly = _what_came_of(sweeps)
    assert not given
    assert together == singly
    assert {each["escalation"] for each in together["appeals"]} == {"", "list"}
    assert len(together["notices"]) == 2
    assert {template for _, _, template, *_ in together["messages"]} >= {
        "appeals.due_soon",
        "appeals.contact_late",
        "appeals.notice_issued",
    }


@pytest.mark.django_db
def test_what_many_cost_does_not_grow_with_them(django_assert_max_num_queries: Any) -> None:
    """Where nobody sits who would be told; a message costs what a message costs."""
    first = submitted_appeal()
    for _ in range(3):
        submitted_appeal(people=first.people)
    numbers = list(Appeal.objects.order_by("pk").values_list("pk", flat=True))
    fired = [_fired(number, NOW + timedelta(days=5)) for number in numbers]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rungs, "officials_of_many", lambda *_, **__: {})
        with django_assert_max_num_queries(6), transaction.atomic():
            assert rungs.on_case_rungs(fired) == set()
    assert set(Appeal.objects.values_list("escalation", "late")) == {("warn", False)}


def _fired(number: int, now: datetime) -> FiredRung:
    [deadline] = deadlines_of(Owner(CASE, str(number)), now=now)
    return FiredRung(deadline, _rung("warn"), now, now, SYSTEM)


def _rung(code: str) -> Rung:
    action: Any = "supervise" if code == "list" else code
    return Rung(code, code, code, 0, "days", time(9), action, ("agency", "supervisor"))


@pytest.mark.django_db
def test_who_is_told_in_many_agencies_is_who_would_be_told_in_each() -> None:
    people, today = city(), NOW.date()
    agencies, asked = (people.market, people.housing, agency(DAOLI, DESK).pk), (ANSWER, SUPERVISE, DISPATCH)
    end_appointment(
        actor=SYSTEM,
        appointment_id=Appointment.objects.get(user=people.helper.user).pk,
        reason="调离",
        now=NOW,
    )
    each = {
        (place, permission): officials_who_may(permission, agency_id=place, today=today)
        for place in agencies
        for permission in asked
    }
    found = officials_of_many(asked, agency_ids=agencies, today=today)
    assert found == {key: users for key, users in each.items() if users}
    assert {place for place, _ in found} == {people.market, agency(DAOLI, DESK).pk}


@pytest.mark.parametrize(
    ("code", "before", "has_agency", "after"),
    [
        ("remind", "", True, ("remind", False, False)),
        ("remind", "supervise", True, ("supervise", False, False)),
        ("escalate", "warn", True, ("escalate", True, False)),
        ("supervise", "escalate", True, ("supervise", True, True)),
        ("supervise", "escalate", False, ("supervise", True, False)),
        ("list", "supervise", True, ("list", True, True)),
    ],
)
def test_what_a_rung_brings_about(
    code: str, before: str, has_agency: bool, after: tuple[str, bool, bool]
) -> None:
    found = rungs.consequences(_rung(code), escalation=before, late=False, has_agency=has_agency)
    assert (found.escalation, found.late, found.notice) == after
    assert any(told.place == "above" for told in found.told) == (code == "escalate")


@pytest.mark.django_db(transaction=True)
def test_what_somebody_holds_is_left_by_the_many_and_comes_again() -> None:
    held = handled_appeal()
    free = [handled_appeal(people=held.people) for _ in range(2)]
    ready, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Appeal.objects.select_for_update().get(pk=held.id)
                ready.set()
                go_on.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    ready.wait(10)
    now = NOW + timedelta(days=2, hours=12)
    try:
        result = sweep(actor=SYSTEM, now=now, limit=10)
    finally:
        go_on.set()
        thread.join()
    assert result.failed == 1 and held.row.escalation == ""
    assert {said.row.escalation for said in free} == {"remind"}
    assert sweep(actor=SYSTEM, now=now + timedelta(minutes=2)).failed == 0
    assert held.row.escalation == "remind"
