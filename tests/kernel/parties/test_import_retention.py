"""Uploaded files and rejected rows are kept as long as the data says, and then taken away with an event."""

from __future__ import annotations

import os
import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from procrastinate.contrib.django import app

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NOW,
    QIQIHAR,
    SYSTEM,
    arranged,
    no_event,
    official,
    one_event,
)
from tests.kernel.jobs.test_jobs import work_until_idle
from tests.kernel.parties.factories import AS_OF, a_credit_code, facts_file, region_tree
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.jobs.api import enqueue, get_job, jobs
from yingshang.kernel.parties.actions.import_facts import import_facts, request_import
from yingshang.kernel.parties.api import (
    ImportSummary,
    forget_import_files,
    get_import,
    import_keep_days,
    import_rejects,
    rejects_file,
)
from yingshang.kernel.parties.models import FactImport
from yingshang.kernel.parties.tasks import import_facts_job

pytestmark = pytest.mark.django_db

DAYS = import_keep_days()


@pytest.fixture(autouse=True)
def _files_apart(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"
    default = settings.STORAGES["default"]
    options = {**default["OPTIONS"], "location": tmp_path / "data" / "files"}
    settings.STORAGES = {**settings.STORAGES, "default": {**default, "OPTIONS": options}}


def delivered(tmp_path: Path) -> tuple[ImportSummary, Path]:
    """A file that was uploaded and imported, one row of it rejected; and where it lies."""
    region_tree(HARBIN)
    rows = [
        {"subject": a_credit_code(), "name": "演示企业", "ent.region": DAOLI, "emp.total": "3"},
        {"subject": a_credit_code(), "name": "演示企业", "ent.region": DAOLI, "emp.total": "三"},
    ]
    content = facts_file(tmp_path / "a.csv", rows).read_bytes()
    import_id, _ = request_import(
        actor=SYSTEM, file=ContentFile(content), file_name="a.csv", as_of=AS_OF, now=NOW
    )
    path = Path(default_storage.path(FactImport.objects.get(pk=import_id).stored_as))
    return import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=NOW, file_name="a.csv"), path


def after(days: int) -> datetime:
    return max(NOW, timezone.now()) + timedelta(days=days)


def test_the_days_are_data_and_short() -> None:
    assert set(DAYS) == {"uploads", "rejects"}
    assert 0 < DAYS["uploads"] <= DAYS["rejects"] <= 366


def test_nothing_goes_before_its_time(tmp_path: Path) -> None:
    _, path = delivered(tmp_path)
    with no_event():
        assert forget_import_files(actor=SYSTEM, now=after(DAYS["uploads"])) == 0
    assert path.exists()


def test_the_file_goes_first_then_the_rejected_rows_and_what_it_came_to_stays(tmp_path: Path) -> None:
    summary, path = delivered(tmp_path)
    with one_event("parties.import_files_forgotten") as events:
        assert forget_import_files(actor=SYSTEM, now=after(DAYS["uploads"] + 1)) == 1
    assert events[0]["after"] == {"files": 1} and events[0]["target_id"] == str(summary.id)
    assert not path.exists()
    assert import_rejects(actor=SYSTEM, import_id=summary.id).total == 1
    assert rejects_file(actor=SYSTEM, import_id=summary.id) is not None

    with no_event():
        assert forget_import_files(actor=SYSTEM, now=after(DAYS["rejects"])) == 0
    with one_event("parties.import_files_forgotten") as events:
        assert forget_import_files(actor=SYSTEM, now=after(DAYS["rejects"] + 1)) == 1
    assert events[0]["after"] == {"files": 1, "rejected_rows": 1}
    assert import_rejects(actor=SYSTEM, import_id=summary.id).total == 0
    assert rejects_file(actor=SYSTEM, import_id=summary.id) is None
    left = get_import(actor=SYSTEM, import_id=summary.id)
    assert (left.created, left.rejected, left.file_name) == (1, 1, "a.csv")
    ended = timezone.localdate(left.finished_at)
    assert left.rejects_kept_until == ended + timedelta(days=DAYS["rejects"])

    with no_event():
        assert forget_import_files(actor=SYSTEM, now=after(1_000)) == 0


def test_a_file_that_was_sent_again_lately_stays(tmp_path: Path) -> None:
    _, path = delivered(tmp_path)
    later = after(DAYS["uploads"]).timestamp()
    os.utime(path, (later, later))
    with no_event():
        assert forget_import_files(actor=SYSTEM, now=after(DAYS["uploads"] + 1)) == 0
    assert path.exists()


def test_sent_again_after_its_time_it_is_kept_anew_and_changes_nothing(tmp_path: Path) -> None:
    summary, path = delivered(tmp_path)
    content = path.read_bytes()
    forget_import_files(actor=SYSTEM, now=after(DAYS["uploads"] + 1))
    import_id, _ = request_import(
        actor=SYSTEM, file=ContentFile(content), file_name="a.csv", as_of=AS_OF, now=timezone.now()
    )
    assert import_id == summary.id
    kept = default_storage.path(FactImport.objects.get(pk=import_id).stored_as)
    assert import_facts(actor=SYSTEM, path=kept, as_of=AS_OF, now=timezone.now()).already_imported


def test_files_that_no_import_names_go_too(tmp_path: Path) -> None:
    delivered(tmp_path)
    orphan = Path(default_storage.path(default_storage.save("imports/left.csv", ContentFile(b"x"))))
    rejects = tmp_path / "data" / "imports" / "rejects-9999.csv"
    rejects.write_bytes(b"x")
    forget_import_files(actor=SYSTEM, now=timezone.now() + timedelta(days=DAYS["uploads"]))
    assert orphan.exists()
    forget_import_files(actor=SYSTEM, now=after(DAYS["rejects"] + 1))
    assert not orphan.exists() and not rejects.exists()


def test_a_file_of_persons_that_was_removed_at_once_leaves_no_second_event(tmp_path: Path) -> None:
    _, path = delivered(tmp_path)
    with arranged():
        FactImport.objects.update(about=FactImport.PERSONS)
    with no_event():
        assert forget_import_files(actor=SYSTEM, now=after(DAYS["uploads"] + 1)) == 0
    assert not path.exists(), "left behind when the worker died before removing it"


def test_nobody_else_on_the_machine_reads_them(tmp_path: Path) -> None:
    summary, path = delivered(tmp_path)
    rejects = rejects_file(actor=SYSTEM, import_id=summary.id)
    assert rejects is not None
    for each in (path, rejects):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


def test_only_those_who_import_may_and_only_where(tmp_path: Path) -> None:
    delivered(tmp_path)
    with pytest.raises(NotAllowed):
        forget_import_files(actor=official("leader", HARBIN).actor(), now=after(100))
    with no_event():
        there = official("department_official", QIQIHAR).actor()
        assert forget_import_files(actor=there, now=after(DAYS["uploads"] + 1)) == 0


def test_a_job_whose_file_is_gone_says_so(tmp_path: Path, transactional_db: None) -> None:
    earlier = {each.id for each in jobs(actor=SYSTEM, name="parties.import_facts").rows}
    summary, path = delivered(tmp_path)
    path.unlink()
    work_until_idle()
    page = jobs(actor=SYSTEM, name="parties.import_facts")
    states = [each.state for each in page.rows if each.id not in earlier]
    assert states == ["succeeded"], "it had been imported before"
    with arranged():
        FactImport.objects.update(state=FactImport.FAILED)
    job_id = enqueue(import_facts_job, actor=SYSTEM, title="再试", now=timezone.now(), import_id=summary.id)
    work_until_idle()
    again = get_job(actor=SYSTEM, job_id=job_id)
    assert again.state == "failed" and "请重新上传" in again.error


def test_a_schedule_does_it() -> None:
    names = {task.task.name for task in app.periodic_registry.periodic_tasks.values()}
    assert "parties.forget_import_files" in names
