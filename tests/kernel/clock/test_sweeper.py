"""Rungs fire once: with several sweepers, with handlers that fail, and when a sweeper is killed."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from procrastinate.contrib.django import app

from tests.forked import Forked
from tests.kernel.access.factories import NANGANG, SYSTEM, arranged, no_event
from tests.kernel.clock.factories import KIND, Heard, at, deadline, heard
from yingshang.kernel.clock import api, sweeper
from yingshang.kernel.clock.models import Deadline, RungFiring
from yingshang.kernel.ledger.models import AuditEvent

MOMENT = at("2026-11-27 09:00")


@pytest.fixture
def hearing() -> Iterator[Heard]:
    with heard() as hearing:
        yield hearing


def swept(now: str, **options: Any) -> tuple[int, int]:
    result = api.sweep(actor=SYSTEM, now=at(now), **options)
    return result.fired, result.failed


@pytest.mark.django_db
def test_a_ladder_is_climbed_rung_by_rung(hearing: Heard):
    view = deadline({"working_days": 5}, start="2026-11-23")  # due on Monday the 30th
    assert swept("2026-11-27 08:59") == (0, 0)
    assert swept("2026-11-27 09:00") == (1, 0)
    assert swept("2026-11-27 09:01") == (0, 0)
    assert swept("2026-11-30 09:00") == (1, 0)
    assert swept("2026-12-01 09:00") == (1, 0)
    assert swept("2026-12-31") == (0, 0)
    assert hearing.codes == ["remind", "due", "supervise"]
    first = hearing.rungs[0]
    assert (first.deadline.id, first.rung.action, first.rung.to) == (view.id, "remind", ("holder",))
    assert first.scheduled_for == first.fired_at == at("2026-11-27 09:00")
    assert not first.deadline.late and hearing.rungs[2].deadline.late
    after = api.get_deadline(view.id)
    assert [(each.rung, each.round) for each in after.firings] == [
        ("remind", 1),
        ("due", 1),
        ("supervise", 1),
    ]
    assert after.next_rung_at is None
    events = AuditEvent.objects.filter(action="clock.rung_fired", target_id=view.id).order_by("id")
    assert [event.after["rung"] for event in events] == ["remind", "due", "supervise"]


@pytest.mark.django_db
def test_a_sweeper_that_was_down_catches_up_in_order(hearing: Heard):
    deadline({"working_days": 5}, start="2026-11-23")
    assert swept("2026-12-24") == (3, 0)
    assert hearing.codes == ["remind", "due", "supervise"]
    assert hearing.rungs[0].scheduled_for == at("2026-11-27 09:00")


@pytest.mark.django_db
def test_rungs_before_the_beginning_never_fire(hearing: Heard):
    view = deadline(
        {"days": 3}, start="2026-11-23", ladder="contract"
    )  # ten and five days before lie in the past
    assert view.next_rung_at == at("2026-11-26 09:00")
    assert swept("2026-12-31") == (2, 0)
    assert hearing.codes == ["escalate", "supervise"]


@pytest.mark.django_db
def test_nothing_fires_while_a_clock_stands_still_or_has_ended(hearing: Heard):
    paused, met, cancelled = deadline(), deadline(), deadline()
    api.pause_deadline(actor=SYSTEM, deadline_id=paused.id, reason_code="hearing", now=at("2026-11-24"))
    api.meet_deadline(actor=SYSTEM, deadline_id=met.id, now=at("2026-11-24"))
    api.cancel_deadline(actor=SYSTEM, deadline_id=cancelled.id, reason="撤回", now=at("2026-11-24"))
    with no_event():
        assert swept("2026-12-31") == (0, 0)


@pytest.mark.django_db
def test_a_new_date_has_a_ladder_of_its_own(hearing: Heard):
    view = deadline({"working_days": 5}, start="2026-11-23")
    swept("2026-11-27 09:00")
    # Reminded, then lengthened by ten: it will be reminded of the new date, too.
    api.extend_deadline(
        actor=SYSTEM,
        deadline_id=view.id,
        term=api.Term(10, "working_days"),
        reason_code="licensing_extension",
        now=at("2026-11-27 10:00"),
    )
    assert swept("2026-12-01 09:00") == (0, 0)
    assert swept("2026-12-31") == (3, 0)
    assert hearing.codes == ["remind", "remind", "due", "supervise"]
    assert [(each.rung, each.round) for each in api.get_deadline(view.id).firings] == [
        ("remind", 1),
        ("remind", 2),
        ("due", 2),
        ("supervise", 2),
    ]


@pytest.mark.django_db
def test_a_handler_that_fails_stops_no_other_and_is_tried_again(hearing: Heard, monkeypatch: Any):
    broken, sound = deadline(owner="broken"), deadline(owner="sound")
    fine = True

    def on_rung(fired: api.FiredRung) -> None:
        api.hand_over_deadline(
            actor=fired.actor,
            deadline_id=fired.deadline.id,
            agency_id=None,
            region_code=NANGANG,
            now=fired.fired_at,
        )
        if fired.deadline.id == broken.id and not fine:
            raise LookupError("nobody holds this step")
        hearing(fired)

    api.register_owner(KIND, on_rung=on_rung)
    fine = False
    assert swept("2026-11-27 09:00") == (1, 1)
    assert hearing.codes == ["remind"]
    failed = api.get_deadline(broken.id)
    assert failed.firings == () and failed.failures == 1
    assert failed.failure == "LookupError: nobody holds this step"
    assert failed.region_path == "230102", "what the handler wrote before it failed is undone"
    assert api.get_deadline(sound.id).region_path == "230103"
    assert failed.next_rung_at == at("2026-11-27 09:01")
    assert [row.id for row in api.failing_deadlines(actor=SYSTEM, now=at("2026-11-27")).rows] == [broken.id]
    assert api.count_failing() == 1
    assert swept("2026-11-27 09:00") == (0, 0)
    assert swept("2026-11-27 09:01") == (0, 1)
    assert api.get_deadline(broken.id).next_rung_at == at("2026-11-27 09:06")
    fine = True
    assert swept("2026-11-27 09:06") == (1, 0)
    healed = api.get_deadline(broken.id)
    assert (healed.failures, healed.failure, [each.rung for each in healed.firings]) == (0, "", ["remind"])
    assert healed.next_rung_at == at("2026-11-30 09:00")
    assert AuditEvent.objects.filter(action="clock.rung_failed").count() == 2
    assert api.count_failing() == 0


@pytest.mark.django_db
def test_a_handler_that_breaks_its_statement_stops_no_other(hearing: Heard):
    broken, sound = deadline(), deadline()

    def on_rung(fired: api.FiredRung) -> None:
        if fired.deadline.id == broken.id:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
        hearing(fired)

    api.register_owner(KIND, on_rung=on_rung)
    assert swept("2026-11-27 09:00") == (1, 1)
    assert [fired.deadline.id for fired in hearing.rungs] == [sound.id]
    assert "DataError" in api.get_deadline(broken.id).failure or DataError is None


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_spoils_the_commit_stops_no_other(hearing: Heard):
    """A foreign key that points nowhere is noticed when the batch is committed, long after the handler."""
    broken, sound = deadline(), deadline()

    def on_rung(fired: api.FiredRung) -> None:
        if fired.deadline.id == broken.id:
            RungFiring.objects.create(
                deadline_id=987654321,
                round=1,
                rung="x",
                scheduled_for=fired.fired_at,
                fired_at=fired.fired_at,
            )
        hearing(fired)

    api.register_owner(KIND, on_rung=on_rung)
    assert swept("2026-11-27 09:00") == (1, 1)
    assert [each.rung for each in api.get_deadline(sound.id).firings] == ["remind"]
    failed = api.get_deadline(broken.id)
    assert failed.firings == () and failed.failures == 1 and "IntegrityError" in failed.failure


@pytest.mark.django_db
def test_an_owner_nobody_answers_for_is_shown(hearing: Heard):
    view = deadline()
    with arranged():
        Deadline.objects.filter(pk=view.id).update(owner_kind="gone.away")
    assert swept("2026-11-27 09:00") == (0, 1)
    assert "gone.away" in api.get_deadline(view.id).failure


@pytest.mark.django_db
def test_what_another_handler_ends_does_not_fire(hearing: Heard):
    """A rung that ends a whole case ends the clocks of its steps, too, in the same batch."""
    first, second = deadline(), deadline()

    def on_rung(fired: api.FiredRung) -> None:
        hearing(fired)
        if fired.deadline.id == first.id:
            api.cancel_deadline(
                actor=fired.actor, deadline_id=second.id, reason="事项已终止", now=fired.fired_at
            )

    api.register_owner(KIND, on_rung=on_rung)
    assert swept("2026-11-27 09:00") == (1, 0)
    assert [fired.deadline.id for fired in hearing.rungs] == [first.id]
    ended = api.get_deadline(second.id)
    assert (ended.state, ended.firings) == ("cancelled", ())


@pytest.mark.django_db
def test_a_handler_may_move_its_own_deadline(hearing: Heard):
    view = deadline()

    def on_rung(fired: api.FiredRung) -> None:
        hearing(fired)
        api.extend_deadline(
            actor=fired.actor,
            deadline_id=view.id,
            term=api.Term(1, "working_days"),
            reason_code="licensing_extension",
            now=fired.fired_at,
        )

    api.register_owner(KIND, on_rung=on_rung)
    assert swept("2026-11-27 09:00") == (1, 0)
    after = api.get_deadline(view.id)
    assert (after.round, after.next_rung_at) == (2, at("2026-11-30 09:00"))
    assert [(each.rung, each.round) for each in after.firings] == [("remind", 1)]


@pytest.mark.django_db
def test_a_sweep_stops_at_its_limit_and_says_so(hearing: Heard):
    for _ in range(5):
        deadline()
    result = api.sweep(actor=SYSTEM, now=at("2026-11-27 09:00"), limit=3, batch=2)
    assert (result.fired, result.failed, result.more) == (3, 0, True)
    result = api.sweep(actor=SYSTEM, now=at("2026-11-27 09:00"), limit=3, batch=2)
    assert (result.fired, result.more) == (2, False)


@pytest.mark.django_db
def test_a_batch_costs_a_fixed_number_of_queries(hearing: Heard, django_assert_max_num_queries: Any):
    for _ in range(40):
        deadline()
    with django_assert_max_num_queries(2 * 40 + 14):  # a savepoint for each handler, and a few for all
        assert swept("2026-11-27 09:00") == (40, 0)


# ---- an owner that takes many at once


def taking_many(one: Any, many: Any) -> list[list[int]]:
    """Registers both handlers; what the one of many was given each time."""
    given: list[list[int]] = []

    def on_rungs(rungs: Any) -> Any:
        given.append([fired.deadline.id for fired in rungs])
        return many(rungs) or ()

    api.register_owner(KIND, on_rung=one, on_rungs=on_rungs)
    return given


def handed_over(fired: api.FiredRung) -> None:
    api.hand_over_deadline(
        actor=fired.actor,
        deadline_id=fired.deadline.id,
        agency_id=None,
        region_code=NANGANG,
        now=fired.fired_at,
    )


def told_of(views: list[api.DeadlineView]) -> list[tuple[str, str, Any]]:
    events = AuditEvent.objects.filter(target_id__in=[view.id for view in views]).order_by("target_id", "id")
    return [
        (event.action, event.target_id, event.after)
        for event in events
        if event.action.startswith("clock.rung")
    ]


@pytest.mark.django_db
def test_many_are_taken_at_once_and_counted_as_single_ones_are(
    hearing: Heard, django_assert_max_num_queries: Any
):
    views = [deadline() for _ in range(20)]
    given = taking_many(hearing, lambda rungs: None)
    with django_assert_max_num_queries(16):  # one savepoint for all of them
        assert swept("2026-11-27 09:00") == (20, 0)
    assert given == [[view.id for view in views]] and not hearing.rungs
    assert swept("2026-11-27 09:00") == (0, 0)
    events = told_of(views)
    assert [target for _, target, _ in events] == sorted(str(view.id) for view in views)
    assert {(action, after["rung"], tuple(after["to"])) for action, _, after in events} == {
        ("clock.rung_fired", "remind", ("holder",))
    }
    assert {each.rung for view in views for each in api.get_deadline(view.id).firings} == {"remind"}


@pytest.mark.django_db
def test_a_handler_of_many_that_fails_is_undone_and_all_are_fired_singly(hearing: Heard):
    views = [deadline() for _ in range(3)]

    def many(rungs: Any) -> None:
        for fired in rungs:
            handed_over(fired)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    given = taking_many(hearing, many)
    assert swept("2026-11-27 09:00") == (3, 0)
    assert len(given) == 1 and [fired.deadline.id for fired in hearing.rungs] == [view.id for view in views]
    after = [api.get_deadline(view.id) for view in views]
    assert {view.region_path for view in after} == {"230102"}, "what the batch wrote is undone"
    assert [len(view.firings) for view in after] == [1, 1, 1]
    assert [action for action, _, _ in told_of(views)] == ["clock.rung_fired"] * 3


@pytest.mark.django_db
def test_what_a_handler_of_many_leaves_is_fired_singly_and_may_fail(hearing: Heard):
    broken, left, sound = deadline(), deadline(), deadline()

    def one(fired: api.FiredRung) -> None:
        if fired.deadline.id == broken.id:
            raise LookupError("nobody holds this step")
        hearing(fired)

    def many(rungs: Any) -> set[int]:
        for fired in rungs:
            if fired.deadline.id == sound.id:
                handed_over(fired)
        return {broken.id, left.id}

    taking_many(one, many)
    assert swept("2026-11-27 09:00") == (2, 1)
    assert [fired.deadline.id for fired in hearing.rungs] == [left.id]
    failed, taken = api.get_deadline(broken.id), api.get_deadline(sound.id)
    assert failed.firings == () and failed.failures == 1 and failed.next_rung_at == at("2026-11-27 09:01")
    assert taken.region_path == "230103" and [each.rung for each in taken.firings] == ["remind"]
    assert Counter(action for action, _, _ in told_of([broken, left, sound])) == {
        "clock.rung_fired": 2,
        "clock.rung_failed": 1,
    }


@pytest.mark.django_db
def test_to_leave_what_was_not_given_is_a_failure_of_the_handler_of_many(hearing: Heard):
    views = [deadline(), deadline()]
    taking_many(hearing, lambda rungs: {987654321})
    assert swept("2026-11-27 09:00") == (2, 0)
    assert [fired.deadline.id for fired in hearing.rungs] == [view.id for view in views]


@pytest.mark.django_db(transaction=True)
def test_a_handler_of_many_that_spoils_the_commit_stops_no_other(hearing: Heard):
    broken, sound = deadline(), deadline()

    def one(fired: api.FiredRung) -> None:
        if fired.deadline.id == broken.id:
            RungFiring.objects.create(
                deadline_id=987654321, round=1, rung="x", scheduled_for=MOMENT, fired_at=MOMENT
            )
        hearing(fired)

    taking_many(one, lambda rungs: [one(fired) for fired in rungs] and None)
    assert swept("2026-11-27 09:00") == (1, 1)
    assert [each.rung for each in api.get_deadline(sound.id).firings] == ["remind"]
    assert "IntegrityError" in api.get_deadline(broken.id).failure


# ---- the plan


FILL = """
INSERT INTO clock_deadline (owner_kind, owner_id, kind, name, name_en, region_code, region_path, agency_id, party_id,
    calendar, calendar_version, start_event, term, started_at, due_at, due_on, provisional, state, ended_at, ladder_id,
    round, done, next_rung_at, failures, failure)
SELECT owner_kind, 'filled-' || n, kind, name, name_en, region_code, region_path, agency_id, party_id,
    calendar, calendar_version, start_event, term, started_at, due_at + n * interval '1 hour', due_on, provisional, state,
    ended_at, ladder_id, round, done, next_rung_at + n * interval '1 hour', failures, failure
FROM clock_deadline, generate_series(1, %s) AS n WHERE id = %s
"""


def plan_of_candidates(now: datetime) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sweeper.CANDIDATES,
            {"now": now, "after_at": sweeper._BEGINNING, "after_id": 0, "limit": sweeper.BATCH},
        )
        (answer,) = cursor.fetchone()
    found: dict[str, Any] = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return found


@pytest.mark.django_db
def test_what_is_due_is_found_in_the_index_alone(hearing: Heard):
    view = deadline()
    with arranged(), connection.cursor() as cursor:
        cursor.execute(FILL, [20_000, view.id])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE clock_deadline")
    # Twenty of twenty thousand are due.
    plan = plan_of_candidates(at("2026-11-28 04:00"))
    assert plan["Node Type"] == "Limit"
    [scan] = plan["Plans"]
    assert (scan["Node Type"], scan["Index Name"]) == ("Index Only Scan", "clock_next_rung")
    assert scan["Actual Rows"] == 20
    assert scan.get("Rows Removed by Filter", 0) == 0
    # What it touches grows with what is due: a path down the index, a leaf or two, and the rows' visibility.
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 20 + 10


@pytest.mark.django_db
def test_the_index_holds_nothing_that_will_never_fire(hearing: Heard):
    deadline(ladder=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'clock_next_rung'")
        [definition] = cursor.fetchone()
    assert definition.endswith("(next_rung_at, id) WHERE (next_rung_at IS NOT NULL)")


# ---- several sweepers, and killed ones


def heard_by_the_ledger() -> Counter[str]:
    return Counter(AuditEvent.objects.filter(action="tests.heard").values_list("target_id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_at_once_fire_everything_once(hearing: Heard):
    views = [deadline() for _ in range(60)]
    lock, calls = threading.Lock(), Counter[int]()
    together = threading.Barrier(2)

    def on_rung(fired: api.FiredRung) -> None:
        with lock:
            calls[fired.deadline.id] += 1

    api.register_owner(KIND, on_rung=on_rung)
    results: list[api.SweepResult] = []

    def run() -> None:
        together.wait()
        try:
            results.append(api.sweep(actor=SYSTEM, now=at("2026-12-24"), batch=7))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # What one had in hand while the other passed is left to the next sweep.
    swept("2026-12-24")
    assert calls == Counter({view.id: 3 for view in views})
    assert sum(result.failed for result in results) == 0
    assert Counter(RungFiring.objects.values_list("rung", flat=True)) == {
        "remind": 60,
        "due": 60,
        "supervise": 60,
    }


def sweeper_process(now: str, seconds: float) -> Forked:
    return Forked("tests.kernel.clock.run_sweeper", at(now).isoformat(), str(seconds))


@pytest.mark.django_db(transaction=True)
def test_a_sweeper_killed_in_the_middle_loses_and_repeats_nothing(hearing: Heard):
    views = [deadline() for _ in range(30)]
    first = sweeper_process("2026-11-27 09:00", 0.05)
    for _ in range(14):  # one batch of ten is committed, the second is under way
        assert first.lines.readline().strip()
    first.kill()
    assert first.returncode == -signal.SIGKILL
    done = RungFiring.objects.count()
    assert done == sum(heard_by_the_ledger().values())
    assert 10 <= done < 30 and done % 10 == 0
    second, third = (sweeper_process("2026-11-27 09:00", 0) for _ in range(2))
    for process in (second, third):
        assert process.wait() == 0
    api.register_owner(KIND, on_rung=lambda fired: None)
    assert swept("2026-11-27 09:00") == (0, 0)
    assert RungFiring.objects.count() == 30
    assert set(heard_by_the_ledger().values()) == {1}
    assert set(heard_by_the_ledger()) == {str(view.id) for view in views}


@pytest.mark.django_db(transaction=True)
def test_a_deadline_somebody_is_working_on_is_passed_over_and_found_again(hearing: Heard):
    held, free = deadline(), deadline()
    ready, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Deadline.objects.select_for_update().get(pk=held.id)
                ready.set()
                go_on.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    ready.wait(10)
    assert swept("2026-11-27 09:00") == (1, 0)
    assert [fired.deadline.id for fired in hearing.rungs] == [free.id]
    go_on.set()
    thread.join()
    assert swept("2026-11-27 09:00") == (1, 0)


def test_the_waits_after_failures_grow():
    assert list(sweeper.WAITS) == sorted(sweeper.WAITS) and sweeper.WAITS[0] == timedelta(minutes=1)


def test_the_worker_sweeps_and_settles_on_a_schedule():
    scheduled = {periodic.task.name for periodic in app.periodic_registry.periodic_tasks.values()}
    assert {"clock.sweep", "clock.settle_provisional"} <= scheduled
    assert "clock.move_deadlines" in app.tasks
