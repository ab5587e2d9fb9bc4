"""Jobs for the tests, queued and run like any other; the worker process imports this module by name."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from yingshang.kernel.jobs.api import Run, job
from yingshang.kernel.ledger.api import Target, record
from yingshang.rules.errors import DomainError


class Refused(DomainError):
    """What the job of the tests refuses with."""

    code = "tests.refused"


@job(name="tests.count")
def count(run: Run, *, steps: int) -> None:
    for step in range(1, steps + 1):
        run.report(done=step, total=steps, message=f"第{step}步")
    run.points_to("/desk/")


@job(name="tests.refuse")
def refuse(run: Run) -> None:
    raise Refused("not today", message_zh="今天不行")


@job(name="tests.stumble", attempts=3, wait=0)
def stumble(run: Run) -> None:
    if run.attempt == 0:
        raise ConnectionError("the other side hung up")
    run.report(message=f"第{run.attempt}次重试成功")


@job(name="tests.slow_steps")
def slow_steps(run: Run, *, steps: int, folder: str) -> None:
    """Steps that each commit once: what a resumable job looks like. Writes a mark when it has begun a step."""
    for step in range(steps):
        with transaction.atomic():
            if _is_done(run.job_id, step):
                continue
            record(
                actor=run.actor,
                action="tests.stepped",
                target=Target("step", f"{run.job_id}/{step}"),
                now=timezone.now(),
            )
        run.report(done=step + 1, total=steps)
        if step == 1 and run.attempt == 0:
            (Path(folder) / "pid").write_text(str(os.getpid()))
            time.sleep(60)


def _is_done(job_id: int, step: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM ledger_auditevent WHERE target_id = %s", [f"{job_id}/{step}"])
        return cursor.fetchone() is not None
