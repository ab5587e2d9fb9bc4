"""Persons from files: who is new, who changed, what is refused, and that nobody's number lies about in the clear."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from openpyxl import Workbook
from procrastinate.contrib.django import app
from stdnum.cn import ric

from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, official, region
from yingshang.kernel.access.api import lookup_hash
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.api import InvalidImport, import_persons, import_rejects, request_person_import
from yingshang.kernel.parties.models import FactImport, Party
from yingshang.rules.errors import SubjectsError

pytestmark = pytest.mark.django_db(transaction=True)


def number(place: int) -> str:
    """A right identity number, of nobody: born in 1900."""
    digits = f"11010119000307{place:03d}"
    return next(digits + last for last in "0123456789X" if ric.is_valid(digits + last))


def a_file(folder: Path, rows: Sequence[Mapping[str, Any]], name: str = "persons.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def row(place: int, name: str = "演示甲", **more: str) -> dict[str, str]:
    return {"证件号码": number(place), "姓名": name, "所在区划": DAOLI, "手机号码": "", **more}


@pytest.fixture(autouse=True)
def daoli() -> None:
    region(DAOLI)


def test_new_changed_unchanged_and_refused(tmp_path: Path) -> None:
    first = import_persons(
        actor=SYSTEM, path=a_file(tmp_path, [row(1), row(2, "演示乙", 手机号码="13800000000")]), now=NOW
    )
    assert (first.created, first.changed, first.unchanged, first.rejected) == (2, 0, 0, 0)
    rows = [
        row(1, "演示甲改名"),
        row(2, "演示乙"),
        row(3, ""),
        row(4, 手机号码="很多"),
        row(5, 所在区划="999999"),
        {**row(6), "证件号码": "110101190003070011"},
    ]
    second = import_persons(actor=SYSTEM, path=a_file(tmp_path, rows, "more.csv"), now=NOW)
    assert (second.created, second.changed, second.unchanged, second.rejected) == (0, 1, 1, 4)
    kept = Party.objects.get(identity_hash=lookup_hash(number(2)))
    assert kept.contact_phone == "13800000000", "an empty cell leaves what is known"
    assert Party.objects.get(identity_hash=lookup_hash(number(1))).name == "演示甲改名"


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = a_file(tmp_path, [row(1), row(2)])
    import_persons(actor=SYSTEM, path=path, now=NOW)
    events = AuditEvent.objects.count()
    again = import_persons(actor=SYSTEM, path=path, now=NOW)
    assert again.already_imported
    assert AuditEvent.objects.count() == events


def test_an_interrupted_import_goes_on_behind_the_last_batch(tmp_path: Path) -> None:
    path = a_file(tmp_path, [row(place) for place in range(1, 8)])

    def stop(done: int, total: int | None) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_persons(actor=SYSTEM, path=path, now=NOW, rows_per_batch=2, progress=stop)
    assert Party.objects.filter(kind="person").count() == 4
    summary = import_persons(actor=SYSTEM, path=path, now=NOW, rows_per_batch=2)
    assert (summary.rows_done, summary.created, summary.state) == (7, 7, "done")


def test_no_number_lies_about_in_the_clear(tmp_path: Path) -> None:
    rows = [row(1), row(2, 手机号码="很多"), row(1)]
    summary = import_persons(actor=SYSTEM, path=a_file(tmp_path, rows), now=NOW)
    assert summary.rejected == 2
    told = import_rejects(actor=SYSTEM, import_id=summary.id)
    assert [each.row for each in told.rows] == [2, 3]
    with connection.cursor() as cursor:
        for table in ("parties_party", "parties_importreject", "ledger_auditevent"):
            cursor.execute(f"SELECT json_agg(t) FROM {table} t")
            text = json.dumps(cursor.fetchone()[0], ensure_ascii=False)
            assert number(1) not in text and number(2) not in text, table


def test_regions_out_of_reach_are_refused(tmp_path: Path) -> None:
    region("230103")
    actor = official("department_official", DAOLI).actor()
    rows = [row(1), row(2, 所在区划="230103"), row(3, 所在区划="")]
    summary = import_persons(actor=actor, path=a_file(tmp_path, rows), now=NOW)
    assert (summary.created, summary.rejected) == (1, 2)


def test_a_workbook_with_other_names_of_columns(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["身份证号", "姓名"])
    book.active.append([number(1), "演示甲"])
    book.save(tmp_path / "persons.xlsx")
    assert import_persons(actor=SYSTEM, path=tmp_path / "persons.xlsx", now=NOW).created == 1


def test_what_is_no_file_of_persons_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidImport, match="姓名"):
        import_persons(actor=SYSTEM, path=a_file(tmp_path, [{"证件号码": number(1)}]), now=NOW)
    with pytest.raises(SubjectsError, match="证件号码"):
        import_persons(actor=SYSTEM, path=a_file(tmp_path, [{"编号": "1"}], "other.csv"), now=NOW)
    assert not FactImport.objects.exists()


def test_an_uploaded_file_is_removed_when_it_was_imported(tmp_path: Path) -> None:
    actor = official("department_official", DAOLI).actor()
    content = a_file(tmp_path, [row(1)]).read_bytes()
    import_id, _ = request_person_import(
        actor=actor, file=ContentFile(content), file_name="persons.csv", now=NOW
    )
    kept = FactImport.objects.get(pk=import_id).stored_as
    assert default_storage.exists(kept)

    carry_out()
    assert Party.objects.filter(kind="person").count() == 1
    assert not default_storage.exists(kept)


def carry_out() -> None:
    """Everything that is queued, by a real worker in a thread of its own."""

    def work() -> None:
        connector = app.connector.get_worker_connector()
        with app.replace_connector(connector) as working:
            working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    thread = Thread(target=work)
    thread.start()
    thread.join()
