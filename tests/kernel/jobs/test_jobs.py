"""Jobs against the real queue, and a real worker that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from tests.kernel.jobs import sample_tasks
from tests.started import start
from yingshang.kernel.access.api import VISITOR, Actor, Grant, NotAllowed, system_actor
from yingshang.kernel.jobs.api import (
    JobNotFailed,
    JobNotFound,
    StillRunning,
    enqueue,
    get_job,
    job_counts,
    job_names,
    jobs,
    retry_job,
    workers_alive,
)
from yingshang.kernel.jobs.queue import _only_run
from yingshang.kernel.ledger.models import AuditEvent

OPERATOR = Actor(
    kind="user",
    identifier="7",
    name="演示运维",
    grants=(Grant("operator", frozenset({"jobs.view", "jobs.retry"}), "everywhere"),),
)
SYSTEM = system_actor("tests")


def work_until_idle() -> None:
    """What `yingshang manage procrastinate worker --one-shot` does, in this process."""

    def work() -> None:
        with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
            working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    # A thread of its own, since a browser of another test may keep an event loop running in this one.
    with ThreadPoolExecutor(max_workers=1) as threads:
        threads.submit(work).result()


@pytest.mark.django_db(transaction=True)
def test_a_job_reports_its_progress_and_points_to_its_result() -> None:
    job_id = enqueue(sample_tasks.count, actor=SYSTEM, title="数到三", now=timezone.now(), steps=3)
    assert get_job(actor=SYSTEM, job_id=job_id).state == "waiting"
    work_until_idle()
    job = get_job(actor=SYSTEM, job_id=job_id)
    assert (job.state, job.done, job.total, job.percent) == ("succeeded", 3, 3, 100)
    assert (job.message, job.result_url, job.error) == ("第3步", "/desk/", "")


@pytest.mark.django_db(transaction=True)
def test_a_job_exists_only_when_its_action_happened() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue(sample_tasks.count, actor=SYSTEM, title="不会有", now=timezone.now(), steps=1)
        raise ZeroDivisionError
    assert jobs(actor=OPERATOR, name="tests.count").total == 0


@pytest.mark.django_db
def test_what_waits_already_is_not_queued_again_where_once_is_enough() -> None:
    def ask(steps: int, *, once: bool = True) -> int:
        return enqueue(
            sample_tasks.count, actor=SYSTEM, title="数", now=timezone.now(), once=once, steps=steps
        )

    first = ask(1)
    assert ask(1) == first and jobs(actor=OPERATOR, name="tests.count").total == 1
    others = {ask(2), ask(1, once=False)}
    assert first not in others and len(others) == 2
    # What a worker has begun with may have read what has changed since.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    assert ask(1) not in {first, *others}


@pytest.mark.django_db(transaction=True)
def test_a_refusal_fails_with_its_reason_and_an_accident_with_its_traceback() -> None:
    refused = enqueue(sample_tasks.refuse, actor=SYSTEM, title="拒绝", now=timezone.now())
    work_until_idle()
    job = get_job(actor=OPERATOR, job_id=refused)
    assert (job.state, job.error) == ("failed", "今天不行")

    stumbled = enqueue(sample_tasks.stumble, actor=SYSTEM, title="跌倒", now=timezone.now())
    work_until_idle()
    job = get_job(actor=OPERATOR, job_id=stumbled)
    assert job.state == "succeeded", "the second try did it"
    assert job.error == "", "the reason of a try that was made good is not left standing"


@pytest.mark.django_db(transaction=True)
def test_a_failed_job_is_retried_once_with_one_event() -> None:
    job_id = enqueue(sample_tasks.refuse, actor=SYSTEM, title="拒绝", now=timezone.now())
    work_until_idle()
    before = AuditEvent.objects.count()
    retry_job(actor=OPERATOR, job_id=job_id, now=timezone.now())
    assert AuditEvent.objects.count() == before + 1
    assert get_job(actor=OPERATOR, job_id=job_id).state == "waiting"
    with pytest.raises(JobNotFailed):
        retry_job(actor=OPERATOR, job_id=job_id, now=timezone.now())
    with pytest.raises(JobNotFound):
        retry_job(actor=OPERATOR, job_id=10**12, now=timezone.now())
    with pytest.raises(NotAllowed):
        retry_job(actor=VISITOR, job_id=job_id, now=timezone.now())
    assert AuditEvent.objects.count() == before + 1


@pytest.mark.django_db
def test_others_see_only_their_own_jobs() -> None:
    mine = Actor(kind="user", identifier="8", name="演示经办人")
    job_id = enqueue(sample_tasks.count, actor=mine, title="我的", now=timezone.now(), steps=1)
    assert get_job(actor=mine, job_id=job_id).title == "我的"
    assert get_job(actor=OPERATOR, job_id=job_id).started_by_name == "演示经办人"
    with pytest.raises(JobNotFound):
        get_job(actor=Actor(kind="user", identifier="9", name="别人"), job_id=job_id)
    with pytest.raises(NotAllowed):
        jobs(actor=mine)


@pytest.mark.django_db
def test_the_console_asks_as_often_for_one_row_as_for_twenty(
    django_assert_num_queries: object,
) -> None:
    def queries() -> int:
        with django_assert_num_queries(4):  # type: ignore[operator]
            return len(jobs(actor=OPERATOR).rows)

    enqueue(sample_tasks.count, actor=SYSTEM, title="一", now=timezone.now(), steps=1)
    assert queries() == 1
    for number in range(24):
        enqueue(sample_tasks.count, actor=SYSTEM, title=str(number), now=timezone.now(), steps=1)
    assert queries() == 20
    page = jobs(actor=OPERATOR, page=2)
    assert (len(page.rows), page.total, page.pages) == (5, 25, 2)
    assert jobs(actor=OPERATOR, state="failed").total == 0
    assert job_counts(actor=OPERATOR)["waiting"] == 25
    assert job_names(actor=OPERATOR) == ("tests.count",)


@pytest.mark.django_db(transaction=True)
def test_two_runs_of_one_job_at_once_are_kept_apart() -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(4742, 5)")
        with pytest.raises(StillRunning), _only_run(5):
            pass
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    with _only_run(5):
        pass


@pytest.fixture
def worker() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Workers started by the test, ended with it."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def _start_worker() -> subprocess.Popen[bytes]:
    return start("tests.kernel.jobs.run_worker", WORKER_DEAD_AFTER_SECONDS="2")


def _wait_for(condition: object, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_leaves_no_second_effect(
    worker: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    job_id = enqueue(
        sample_tasks.slow_steps,
        actor=SYSTEM,
        title="分步",
        now=timezone.now(),
        steps=5,
        folder=str(tmp_path),
    )
    worker.append(_start_worker())
    _wait_for((tmp_path / "pid").exists)
    assert workers_alive(now=timezone.now(), within_seconds=30) == 1
    os.kill(worker[0].pid, signal.SIGKILL)
    worker[0].wait()
    assert AuditEvent.objects.filter(action="tests.stepped").count() == 2

    worker.append(_start_worker())
    _wait_for(lambda: get_job(actor=OPERATOR, job_id=job_id).state == "succeeded")
    steps = AuditEvent.objects.filter(action="tests.stepped").values_list("target_id", flat=True)
    assert sorted(steps) == [f"{job_id}/{step}" for step in range(5)], "each step once"
