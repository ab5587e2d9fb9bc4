"""Jobs through the API: one's own, and why one failed."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.web.api import api_factories as make
from yingshang.kernel.access.api import actor_of
from yingshang.kernel.access.models import User
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.jobs.models import JobProgress
from yingshang.kernel.parties.tasks import import_facts_job

pytestmark = pytest.mark.django_db


def _queued(user: User, **told: Any) -> int:
    actor = actor_of(user, today=timezone.localdate())
    job_id = enqueue(import_facts_job, actor=actor, title="导入", now=timezone.now(), import_id=0)
    JobProgress.objects.filter(job_id=job_id).update(**told)
    return job_id


def test_ones_own_and_nobody_elses() -> None:
    mine, theirs = make.a_user(), make.a_user()
    job_id = _queued(mine)
    assert make.browser(mine).get(f"/api/v1/jobs/{job_id}").json()["state"] == "waiting"
    response = make.browser(theirs).get(f"/api/v1/jobs/{job_id}")
    assert (response.status_code, response.json()["code"]) == (404, "jobs.not_found")


def test_a_refusal_is_told_an_accident_only_to_those_who_mend_it() -> None:
    user, operator = make.a_user(), make.an_official("operator")
    refused = _queued(user, error="没有一列是事实目录中的事实")
    broken = _queued(user, error="Traceback (most recent call last): secret")
    mine, mending = make.browser(user), make.browser(operator)
    assert mine.get(f"/api/v1/jobs/{refused}").json()["error"] == "没有一列是事实目录中的事实"
    assert mine.get(f"/api/v1/jobs/{broken}").json()["error"] == ""
    assert "secret" in mending.get(f"/api/v1/jobs/{broken}").json()["error"]


def test_newest_first_and_not_shifting() -> None:
    operator = make.an_official("operator")
    client = make.browser(operator)
    numbers = [_queued(operator) for _ in range(4)]
    first = client.get("/api/v1/jobs", {"limit": 2}).json()
    _queued(operator)
    second = client.get("/api/v1/jobs", {"limit": 2, "cursor": first["next"]}).json()
    assert [each["id"] for each in first["items"] + second["items"]] == numbers[::-1]
    assert ProcrastinateJob.objects.count() == 5


def test_an_official_of_a_place_sees_their_own_and_no_other_places() -> None:
    here, elsewhere = make.an_official("department_official"), make.an_official("department_official")
    mine = _queued(here)
    theirs = _queued(elsewhere, error="Traceback (most recent call last): secret")
    client = make.browser(here)
    assert [each["id"] for each in client.get("/api/v1/jobs").json()["items"]] == [mine]
    assert client.get(f"/api/v1/jobs/{theirs}").status_code == 404
    assert client.get(f"/administration/jobs/{theirs}/").status_code == 404
    assert f"/jobs/{theirs}/" not in client.get("/administration/jobs/").content.decode()
