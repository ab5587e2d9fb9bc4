"""Several at once, on connections of their own, and one that is killed: nothing twice, nothing lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from tests.forked import Forked
from tests.kernel.access.factories import legal_representative_of
from tests.kernel.flow.factories import (
    LATER,
    NOW,
    SYSTEM,
    Heard,
    case_awaiting_decision,
    case_awaiting_verification,
    case_in_consultation,
    officer,
    open_case,
    returned_case,
    stored,
    task_at,
    window,
)
from yingshang.kernel.flow.api import (
    AlreadyStarted,
    NotPossibleNow,
    NotYours,
    Subject,
    claim_task,
    complete_task,
    complete_tasks,
    give_opinion,
    release_task,
    resubmit_case,
    start_case,
    withdraw_case,
)
from yingshang.kernel.flow.models import Case, Task
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Party
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)


def _at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run them at the same moment, each on its own connection; what each gave or refused."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _refused(results: Sequence[Any]) -> list[Any]:
    return [each for each in results if isinstance(each, DomainError)]


def _events(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def test_a_raced_claim_has_one_winner(heard: Heard) -> None:
    task = task_at(open_case(), "accept")
    people = [window().actor() for _ in range(6)]
    results = _at_once([lambda who=who: claim_task(actor=who, task_id=task.pk, now=NOW) for who in people])  # type: ignore[misc]
    assert len(_refused(results)) == 5
    assert {type(each) for each in _refused(results)} <= {NotPossibleNow, NotYours}
    assert _events("flow.task_claimed") == 1
    task.refresh_from_db()
    [winner] = [each for each in results if not isinstance(each, DomainError)]
    assert task.assignee_id == winner.assignee_id


def test_two_officials_complete_the_same_task(heard: Heard) -> None:
    case = open_case()
    task = task_at(case, "accept")
    people = [window().actor() for _ in range(4)]
    results = _at_once(
        [
            lambda who=who: complete_task(actor=who, task_id=task.pk, outcome="accepted", now=NOW)  # type: ignore[misc]
            for who in people
        ]
    )
    assert len(_refused(results)) == 3
    assert _events("flow.task_completed") == 1
    steps = sorted(Task.objects.filter(case=case.id).values_list("step", flat=True))
    assert steps == ["accept", "verify", "visit"], "what comes next is there once"
    assert heard.kinds.count("task_completed") == 1


def test_both_branches_completed_at_the_same_moment_join_once(heard: Heard) -> None:
    case = case_awaiting_verification()
    who, other = officer().actor(), officer().actor()
    verify, visit = task_at(case, "verify").pk, task_at(case, "visit").pk
    results = _at_once(
        [
            lambda: complete_task(actor=who, task_id=verify, outcome="upheld", now=NOW),
            lambda: complete_task(actor=other, task_id=visit, outcome="visited", now=NOW),
        ]
    )
    assert not _refused(results)
    assert Task.objects.filter(case=case.id, step="decide").count() == 1
    assert heard.kinds.count("task_ready") == 4


def test_completed_and_withdrawn_at_the_same_moment(heard: Heard) -> None:
    """Whoever is first: the case is ended once, and its clock is stopped once."""
    case = case_awaiting_decision()
    task = task_at(case, "decide").pk
    applicant = legal_representative_of(Party.objects.get(pk=case.party_id)).actor()
    who = officer().actor()
    results = _at_once(
        [
            lambda: complete_task(actor=who, task_id=task, outcome="granted", now=LATER),
            lambda: withdraw_case(actor=applicant, case_id=case.id, now=LATER),
        ]
    )
    assert len(_refused(results)) == 1
    row = stored(case)
    assert row.state in ("completed", "withdrawn")
    assert _events("flow.task_completed") + _events("flow.case_withdrawn") == 4
    assert not Task.objects.filter(case=case.id, ended_at__isnull=True).exists()
    assert row.deadline is not None and row.deadline.ended_at == LATER


def test_a_correction_is_answered_once(heard: Heard) -> None:
    case = returned_case()
    results = _at_once([lambda: resubmit_case(actor=SYSTEM, case_id=case.id, now=LATER) for _ in range(3)])
    assert len(_refused(results)) == 2
    assert heard.kinds.count("resubmitted") == 1


def test_the_last_two_opinions_at_the_same_moment_end_the_consultation_once(heard: Heard) -> None:
    case = case_in_consultation()
    asked = list(Task.objects.filter(case=case.id, kind=Task.OPINION).values_list("pk", flat=True))
    results = _at_once(
        [
            lambda number=number: give_opinion(actor=SYSTEM, task_id=number, stance="agrees", now=LATER)  # type: ignore[misc]
            for number in asked
        ]
    )
    assert not _refused(results)
    assert heard.kinds.count("consultation_ended") == 1
    assert task_at(case, "accept").state == "claimed"


def test_a_subject_gets_one_case_however_often_it_is_begun(heard: Heard) -> None:
    first = open_case()
    withdraw_case(actor=SYSTEM, case_id=first.id, now=NOW)

    def begin() -> Any:
        return start_case(
            actor=SYSTEM, definition="sample", subject=Subject("test", "raced", "演示事项"), party_id=None,
            region_code=first.region_code, agencies=dict(first.agencies), data={}, now=NOW,
        )  # fmt: skip

    results = _at_once([begin] * 3)
    assert [type(each) for each in _refused(results)] == [AlreadyStarted] * 2
    assert Case.objects.filter(subject_id="raced").count() == 1


def test_batches_over_the_same_tasks_do_not_wait_for_one_another_for_ever(heard: Heard) -> None:
    numbers = [task_at(open_case(), "accept").pk for _ in range(4)]
    first, second = window().actor(), window().actor()
    results = _at_once(
        [
            lambda: complete_tasks(actor=first, task_ids=numbers, outcome="accepted", now=NOW),
            lambda: complete_tasks(actor=second, task_ids=numbers[::-1], outcome="accepted", now=NOW),
        ]
    )
    assert sorted(number for result in results for number in result.done) == sorted(numbers)
    assert _events("flow.task_completed") == 4


def test_claimed_and_released_over_and_over_stays_whole(heard: Heard) -> None:
    task = task_at(open_case(), "accept").pk
    people = [window().actor() for _ in range(3)]

    def again(who: Any) -> int:
        done = 0
        for _ in range(5):
            try:
                claim_task(actor=who, task_id=task, now=NOW)
                release_task(actor=who, task_id=task, now=NOW)
                done += 1
            except DomainError:
                continue
        return done

    done = sum(_at_once([lambda who=who: again(who) for who in people]))  # type: ignore[misc]
    assert _events("flow.task_claimed") == _events("flow.task_released") == done
    assert Task.objects.get(pk=task).state == "ready"


def test_a_worker_killed_in_the_middle_leaves_nothing_behind(heard: Heard) -> None:
    case = open_case()
    task = task_at(case, "accept")
    before = AuditEvent.objects.count()
    worker = Forked("tests.kernel.flow.complete_slowly", str(task.pk))
    try:
        assert worker.lines.readline().strip() == "inside"
    finally:
        worker.kill()
    assert worker.returncode == -signal.SIGKILL
    task.refresh_from_db()
    assert (task.state, AuditEvent.objects.count()) == ("ready", before)
    assert Task.objects.filter(case=case.id).count() == 1
    # Whoever does it again does all of it, once.
    complete_task(actor=window().actor(), task_id=task.pk, outcome="accepted", now=LATER)
    assert sorted(Task.objects.filter(case=case.id).values_list("step", flat=True)) == [
        "accept",
        "verify",
        "visit",
    ]
