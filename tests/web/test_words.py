"""What the platform does by itself has words on the pages, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.translation import override
from procrastinate.contrib.django import app

import yingshang
from tests.kernel.access.factories import DAOLI, HARBIN, SYSTEM, official, region
from tests.kernel.flow import factories as flow
from tests.kernel.flow.factories import heard  # noqa: F401  (a fixture)
from tests.web.desk.factories import fact_import, signed_in
from yingshang.kernel.access.api import system_actor
from yingshang.kernel.jobs.api import enqueue
from yingshang.kernel.jobs.api import jobs as find_jobs
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.tasks import import_facts_job
from yingshang.web.words import JOB_NAMES, SYSTEM_ACTORS, actor_name, job_title

SOURCES = Path(yingshang.__file__).parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_kind_of_job_has_a_name() -> None:
    ours = {
        name
        for name, task in app.tasks.items()
        if getattr(task.func, "__module__", "").startswith("yingshang.") and not name.startswith("tests.")
    }
    assert "clock.sweep" in ours and "parties.import_facts" in ours
    assert sorted(ours - set(JOB_NAMES)) == []


def test_everything_that_acts_by_itself_has_a_name() -> None:
    named = set()
    for path in SOURCES.rglob("*.py"):
        text = path.read_text("utf-8")
        named |= set(re.findall(r'system_actor\("([^"]+)"\)', text))
        for constant in re.findall(r"system_actor\(([A-Z_]+)\)", text):
            named |= set(re.findall(rf'^{constant} = "([^"]+)"', text, re.MULTILINE))
    assert "flow" in named and "deadline-sweeper" in named
    assert sorted(named - set(SYSTEM_ACTORS)) == []


@pytest.mark.parametrize("words", [JOB_NAMES, SYSTEM_ACTORS])
def test_they_have_english(words: dict[str, str]) -> None:
    with override("en"):
        assert [code for code, word in words.items() if CHINESE.search(str(word))] == []
    with override("zh-hans"):
        assert [code for code, word in words.items() if not CHINESE.search(str(word))] == []


def test_a_person_who_calls_himself_like_the_platform_does_not_become_it() -> None:
    assert actor_name("system", "flow") == "流程引擎"
    assert actor_name("user", "flow") == "flow"
    assert actor_name("system", "something-new") == "something-new"


def test_what_somebody_called_a_job_stays() -> None:
    assert job_title("clock.sweep", "clock.sweep") == "巡查到期的时限"
    assert job_title("导入 税务.csv", "parties.import_facts") == "导入 税务.csv"


@pytest.mark.django_db
def test_the_console_and_the_record_say_it() -> None:
    app.tasks["clock.sweep"].defer(timestamp=0)
    enqueue(import_facts_job, actor=SYSTEM, title="导入 税务.csv", now=timezone.now(), import_id=1)
    browser = signed_in(official("operator", HARBIN))
    page = browser.get("/administration/jobs/").content.decode()
    assert "巡查到期的时限" in page and "导入 税务.csv" in page
    assert ">clock.sweep<" not in page
    swept = find_jobs(actor=SYSTEM, name="clock.sweep").rows[0]
    assert swept.created_at and swept.updated_at, "a job on a schedule has its times too"

    sweeper = system_actor("deadline-sweeper")
    there = Target("deadline", "1", region_path=region(HARBIN).path)
    record(actor=sweeper, action="clock.rung_fired", target=there, now=timezone.now())
    browser = signed_in(official("auditor", HARBIN))
    page = browser.get("/administration/audit/").content.decode()
    assert "时限巡查" in page and "deadline-sweeper" not in page
    exported = browser.get("/administration/audit/?export=csv")
    told = b"".join(exported.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "时限巡查" in told and "deadline-sweeper" not in told


@pytest.mark.django_db
def test_what_the_platform_delivered_itself_says_so() -> None:
    delivered = fact_import(DAOLI, started_by_name="sample-city")
    browser = signed_in(official("department_official", DAOLI))
    for address in ("/desk/imports/", f"/desk/imports/{delivered.pk}/"):
        page = browser.get(address).content.decode()
        assert "示例城市装载" in page and "sample-city" not in page


@pytest.mark.django_db
@pytest.mark.usefixtures("heard")
def test_the_record_of_a_case_says_who_of_the_platform_did_it() -> None:
    case = flow.open_case()
    system = system_actor("flow")
    about = Target("case", str(case.id), region_path=case.region_path)
    record(actor=system, action="flow.case_started", target=about, now=timezone.now())
    page = signed_in(flow.window()).get(f"/desk/cases/{case.id}/").content.decode()
    assert "流程引擎" in page
