"""Bulk import against the real database: counts, repetition, resumption after a real kill, rejects, scope."""

from __future__ import annotations

import csv
import signal
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.files.base import File
from django.db import connection
from django.db.models import Sum

from tests.forked import Forked
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    clerk_of,
    no_event,
    official,
    region,
)
from tests.kernel.jobs.test_jobs import work_until_idle
from tests.kernel.parties.factories import (
    AS_OF,
    a_credit_code,
    a_party,
    city_file,
    facts_file,
    imported_city,
    region_tree,
    told,
)
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.api import (
    ImportNotFound,
    ImportRunning,
    ImportSummary,
    InvalidImport,
    get_import,
    import_facts,
    import_rejects,
    imports,
    portrait,
    registered_contact,
    rejects_file,
    request_import,
    search_parties,
)
from yingshang.kernel.parties.models import Coverage, FactImport, FactRecord, Party, Portrait
from yingshang.rules.errors import SubjectsError

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _files_apart(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "data" / "files"},
        },
    }


def counts(summary: ImportSummary) -> tuple[int, int, int, int]:
    assert summary.created + summary.changed + summary.unchanged + summary.rejected == summary.rows_done
    return summary.created, summary.changed, summary.unchanged, summary.rejected


def state() -> list[Any]:
    """Everything an import can change, apart from its own row."""
    return [
        list(Party.objects.order_by("pk").values()),
        list(Portrait.objects.order_by("pk").values()),
        list(FactRecord.objects.order_by("pk").values()),
    ]


def without_unknown(value: Any) -> Any:
    """Lines hold what is known of them."""
    if not isinstance(value, list):
        return value
    return [
        {name: each for name, each in line.items() if each is not None} if isinstance(line, dict) else line
        for line in value
    ]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "xlsx"])
def test_a_city_comes_in_from_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    region_tree(HARBIN)
    path = city_file(tmp_path / f"city.{suffix}", 60)
    summary = import_facts(actor=SYSTEM, path=path, as_of=date(2026, 11, 21), now=NOW, rows_per_batch=25)
    assert counts(summary) == (60, 0, 0, 0)
    assert (summary.state, summary.rows_total) == ("done", 60)
    table = pq.read_table(city_file(tmp_path / "same.parquet", 60)).to_pylist()
    for row in table[::17]:
        party = Party.objects.get(credit_code=row["subject"])
        assert (party.name, party.region_id, party.status) == (
            row["name"],
            row["ent.region"],
            row["ent.status"] or "",
        )
        view = portrait(actor=SYSTEM, party_id=party.pk, now=NOW, show_personal=True)
        known = {column for column, value in row.items() if value is not None} - {"subject", "name"}
        relative = {"fin.revenue.prev_year", "fin.rd.prev_year", "trade.value.prev_year"}
        assert {fact.column for fact in view.facts} == known - relative
        for fact in view.facts:
            assert fact.value == without_unknown(row[fact.column]), fact.column


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    region_tree(HARBIN)
    path = city_file(tmp_path / "city.parquet", 40)
    first = import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=NOW)
    before = state()
    with no_event():
        again = import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=LATER, file_name="other name.parquet")
    assert again.already_imported and again.nothing_changed
    assert again.id == first.id
    assert state() == before


def test_a_slightly_changed_file_adds_only_the_change() -> None:
    one, other = a_credit_code(), a_credit_code()
    region_tree(HARBIN)
    rows = [
        {
            "subject": code,
            "name": f"演示{code[-4:]}",
            "emp.total": 10,
            "ent.qualification": "高新技术企业;科技型中小企业",
        }
        for code in (one, other)
    ]
    told(rows)
    revisions = dict(Portrait.objects.values_list("party__credit_code", "revision"))
    rows[1]["emp.total"] = 11
    rows[0]["ent.qualification"] = "高新技术企业"
    summary = told(rows, now=LATER)
    assert counts(summary) == (0, 2, 0, 0)
    added = FactRecord.objects.filter(received_at=LATER).values_list("party__credit_code", "values")
    assert dict(added) == {
        one: {"工信局": {"ent.qualification": ["高新技术企业"]}},
        other: {"统计局": {"emp.total": "11"}},
    }
    # The same again, told in another file: nothing.
    before = state()
    summary = told([*rows, {"subject": a_credit_code(), "name": "演示新增"}], now=LATER + timedelta(days=1))
    assert counts(summary) == (1, 0, 2, 0)
    assert before[2] == state()[2][:-1]
    changed = dict(Portrait.objects.values_list("party__credit_code", "revision"))
    assert all(changed[code] > revisions[code] for code in revisions)


def test_the_same_values_as_of_a_newer_day_keep_facts_fresh_without_changing_the_portrait() -> None:
    party = a_party(facts={"ent.status": "存续"}, as_of=date(2026, 9, 1))
    revision = Portrait.objects.get(pk=party.pk).revision
    status = portrait(actor=SYSTEM, party_id=party.pk, now=NOW).get("ent.status")
    assert status is not None and status.stale and status.stale_since == date(2026, 10, 1)
    summary = told([{"subject": party.credit_code, "ent.status": "存续"}], as_of=date(2026, 11, 20))
    assert counts(summary) == (0, 0, 1, 0) and summary.confirmed == 1 and not summary.nothing_changed
    status = portrait(actor=SYSTEM, party_id=party.pk, now=NOW).get("ent.status")
    assert status is not None and not status.stale and status.as_of == date(2026, 11, 20)
    assert Portrait.objects.get(pk=party.pk).revision == revision


def test_older_news_arriving_later_is_kept_and_does_not_win() -> None:
    party = a_party("演示新名称", facts={"emp.total": 20, "ent.status": "注销"}, as_of=date(2026, 10, 1))
    summary = told(
        [
            {
                "subject": party.credit_code,
                "name": "演示旧名称",
                "emp.total": 5,
                "fin.assets": "100",
                "ent.status": "存续",
            }
        ],
        as_of=date(2026, 5, 1),
        now=LATER,
    )
    assert counts(summary) == (0, 1, 0, 0)
    party.refresh_from_db()
    assert (party.name, party.status) == ("演示新名称", "注销")
    assert Portrait.objects.get(pk=party.pk).values | {"ent.region": "", "name": ""} == {
        "emp.total": "20",
        "ent.status": "注销",
        "fin.assets": "100.00",
        "ent.region": "",
        "name": "",
    }
    assert Portrait.objects.get(pk=party.pk).as_of == date(2026, 10, 1)
    assert FactRecord.objects.filter(party=party).count() == 2


def test_facts_go_to_the_agency_of_the_catalogue_unless_a_source_is_named() -> None:
    party = a_party(facts={"emp.total": 20, "fin.assets": 5})
    assert set(FactRecord.objects.get(party=party).values) == {"市场监管局", "统计局", "税务局"}
    told([{"subject": party.credit_code, "emp.total": 21}], source="园区管委会")
    assert FactRecord.objects.filter(party=party).latest("id").values == {"园区管委会": {"emp.total": "21"}}
    assert Coverage.objects.filter(source="税务局", region_id=DAOLI).aggregate(n=Sum("parties"))["n"] == 1


def test_the_size_is_computed_and_never_taken_over() -> None:
    facts = {"ent.industry": "3911", "emp.total": 300, "fin.revenue.2025": 20_000_000, "ent.size": "微型"}
    party = a_party(facts=facts)
    assert party.size == "中型"
    told([{"subject": party.credit_code, "emp.total": 299}], as_of=AS_OF + timedelta(days=1))
    party.refresh_from_db()
    assert party.size == "小型"
    told([{"subject": party.credit_code, "fin.revenue.2026": 1}], as_of=AS_OF + timedelta(days=2))
    party.refresh_from_db()
    assert party.size == "微型"


def test_bad_rows_are_rejected_with_reasons_and_the_counts_add_up(tmp_path: Path) -> None:
    region_tree(HARBIN)
    good = a_credit_code()
    bad = good[:-1] + ("0" if good[-1] != "0" else "1")
    rows: list[dict[str, Any]] = [
        {"subject": good, "name": "演示一", "emp.total": 3},
        {"subject": a_credit_code(), "name": "演示二", "emp.total": "三"},
        {"subject": bad, "name": "演示三", "emp.total": 1},
        {"subject": "12345", "name": "演示四", "emp.total": 1},
        {"subject": "11010519491231002X", "name": "演示五", "emp.total": 1},
        {"subject": good.lower(), "name": "演示六", "emp.total": 4},
        {"subject": a_credit_code(), "name": "演示七", "emp.total": 1, "contact_email": "nowhere"},
        {"subject": a_credit_code(), "name": "演示八", "ent.region": "999999"},
        {"subject": a_credit_code(), "name": "演示九", "ent.region": DAOLI, "emp.total": -1},
    ]
    summary = told(rows)
    assert counts(summary) == (1, 0, 0, 8)
    page = import_rejects(actor=SYSTEM, import_id=summary.id)
    assert page.total == 8
    found = {row.row: row.reasons[0].code for row in page.rows}
    assert found == {
        2: "not_a_number",
        3: "invalid_credit_code",
        4: "not_a_credit_code",
        5: "not_a_credit_code",
        6: "duplicate_id",
        7: "invalid_email",
        8: "unknown_regions",
        9: "below_minimum",
    }
    assert all(reason.message and reason.message_zh for row in page.rows for reason in row.reasons)
    path = rejects_file(actor=SYSTEM, import_id=summary.id)
    assert path is not None
    with path.open(encoding="utf-8-sig") as file:
        written = list(csv.DictReader(file))
    assert [row["subject"] for row in written] == [str(row["subject"]) for row in rows[1:]]
    assert written[0]["emp.total"] == "三" and "不是数字" in written[0]["rejected_because_zh"]
    # What was mended goes in, and the rest is as it was.
    rows[1]["emp.total"] = 3
    assert counts(told(rows[:2])) == (1, 0, 1, 0)


def test_an_unusable_file_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    nothing = facts_file(tmp_path / "a.csv", [{"subject": a_credit_code(), "colour": "red"}])
    no_id = facts_file(tmp_path / "b.csv", [{"who": a_credit_code(), "emp.total": "1"}])
    with no_event():
        with pytest.raises(InvalidImport):
            import_facts(actor=SYSTEM, path=nothing, as_of=AS_OF, now=NOW)
        with pytest.raises(SubjectsError):
            import_facts(actor=SYSTEM, path=no_id, as_of=AS_OF, now=NOW)
        with pytest.raises(InvalidImport, match="not come yet"):
            told([{"subject": a_credit_code(), "emp.total": "1"}], as_of=date(2026, 11, 24))
    assert not FactImport.objects.exists()


def test_the_id_may_be_called_by_its_chinese_name() -> None:
    region_tree(HARBIN)
    code = a_credit_code()
    told([{"统一社会信用代码": code, "企业名称": "演示企业", "从业人员": "7", "营业收入2025年": "1000000"}])
    party = Party.objects.get(credit_code=code)
    assert party.name == "演示企业"
    values = {fact.column: fact.text for fact in portrait(actor=SYSTEM, party_id=party.pk, now=NOW).facts}
    assert values == {"emp.total": "7 人", "fin.revenue.2025": "1,000,000.00 元"}


def test_contacts_are_kept_encrypted_and_found_for_binding() -> None:
    region_tree(HARBIN)
    code = a_credit_code()
    row = {
        "subject": code,
        "name": "演示",
        "contact_email": "boss@example.org",
        "contact_phone": "13800000001",
    }
    told([row])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact_email, contact_phone FROM parties_party WHERE credit_code = %s", [code]
        )
        stored = "".join(cursor.fetchone())
        cursor.execute("SELECT string_agg(values::text, '') FROM parties_factrecord")
        stored += cursor.fetchone()[0]
    assert "boss" not in stored and "13800000001" not in stored
    contact = registered_contact(credit_code=code)
    assert contact is not None
    assert (contact.email, contact.phone, contact.masked()) == (
        "boss@example.org",
        "13800000001",
        ("b***@example.org", "138******01"),
    )
    assert counts(told([{**row, "contact_phone": "13800000002"}])) == (0, 1, 0, 0)
    assert registered_contact(credit_code=code).phone == "13800000002"  # type: ignore[union-attr]
    # An older file does not bring back the old number.
    told([{**row, "contact_phone": "13800000003"}], as_of=AS_OF - timedelta(days=1))
    assert registered_contact(credit_code=code).phone == "13800000002"  # type: ignore[union-attr]
    assert registered_contact(credit_code=a_credit_code()) is None


def test_exactly_one_event_for_each_batch(tmp_path: Path) -> None:
    region_tree(HARBIN)
    path = city_file(tmp_path / "city.parquet", 25)
    last = AuditEvent.objects.latest("id").pk
    import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=NOW, rows_per_batch=10)
    events = list(AuditEvent.objects.filter(id__gt=last).order_by("id").values_list("action", "after"))
    assert [action for action, _ in events] == [
        "parties.import_started",
        *["parties.batch_imported"] * 3,
        "parties.import_finished",
    ]
    assert [after["rows"] for _, after in events[1:4]] == [[1, 10], [11, 20], [21, 25]]


@pytest.mark.parametrize(
    "role", ["department_official", "window_official", "leader", "administrator", "clerk"]
)
def test_who_may_import(role: str) -> None:
    party = a_party(facts={"emp.total": 1})
    actor = clerk_of(party).actor() if role == "clerk" else official(role, DAOLI).actor()
    rows = [{"subject": party.credit_code, "emp.total": "2"}]
    if role == "department_official":
        assert counts(told(rows, actor=actor)) == (0, 1, 0, 0)
    else:
        with no_event(), pytest.raises(NotAllowed):
            told(rows, actor=actor)


def test_rows_outside_the_scope_are_rejected() -> None:
    region(NANGANG), region(QIQIHAR)
    elsewhere = a_party(region_code=NANGANG)
    here = a_party(region_code=DAOLI)
    new = {"name": "演示", "ent.region": DAOLI}
    summary = told(
        [
            {"subject": here.credit_code, "emp.total": "1"},
            {"subject": elsewhere.credit_code, "emp.total": "1"},
            # Not even by saying that it had moved here, or away.
            {"subject": elsewhere.credit_code[:0] + a_credit_code(), **new},
            {"subject": a_credit_code(), **new, "ent.region": NANGANG},
            {"subject": a_credit_code(), "name": "演示"},
        ],
        actor=official("department_official", DAOLI).actor(),
    )
    assert counts(summary) == (1, 1, 0, 3)
    moved = told(
        [{"subject": elsewhere.credit_code, "ent.region": DAOLI}],
        actor=official("department_official", DAOLI).actor(),
    )
    assert counts(moved) == (0, 0, 0, 1)


def test_imports_are_seen_by_those_who_import_for_their_regions() -> None:
    summary = imported_city(10)
    own = told([{"subject": a_credit_code(), "name": "演示", "ent.region": DAOLI}])
    assert [each.id for each in imports(actor=SYSTEM).rows] == [own.id, summary.id]
    assert imports(actor=official("department_official", HARBIN).actor()).total == 2
    there = official("department_official", DAOLI).actor()
    assert [each.id for each in imports(actor=there).rows] == [own.id]
    with pytest.raises(ImportNotFound):
        get_import(actor=there, import_id=summary.id)
    with pytest.raises(ImportNotFound):
        import_rejects(actor=there, import_id=summary.id)


def test_a_batch_takes_the_same_number_of_queries_whatever_its_size(
    tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    imported_city(1)
    for rows in (20, 200):
        path = city_file(tmp_path / f"{rows}.parquet", rows, seed=rows)
        with django_assert_max_num_queries(30):
            import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=NOW)


def test_a_file_that_was_begun_can_be_read_from_its_start(tmp_path: Path) -> None:
    region_tree(HARBIN)
    path = city_file(tmp_path / "city.csv", 30)

    def stop(done: int, total: int | None) -> None:
        if done == 20:
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=NOW, rows_per_batch=10, progress=stop)
    fact_import = FactImport.objects.get()
    assert (fact_import.state, fact_import.rows_done, fact_import.message) == ("failed", 20, "RuntimeError")
    again = import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=LATER, rows_per_batch=10, resume=False)
    assert counts(again) == (10, 0, 20, 0)
    assert FactRecord.objects.count() == 30


def test_an_import_by_a_job_reports_its_progress(tmp_path: Path, transactional_db: None) -> None:
    region_tree(HARBIN)
    who = official("department_official", DAOLI).actor()
    path = facts_file(
        tmp_path / "税务.csv",
        [{"subject": a_credit_code(), "name": "演示", "ent.region": DAOLI, "emp.total": n} for n in range(3)],
    )
    with path.open("rb") as file:
        import_id, job_id = request_import(
            actor=who, file=File(file), file_name="税务.csv", as_of=AS_OF, now=NOW
        )
    work_until_idle()
    summary = get_import(actor=SYSTEM, import_id=import_id)
    assert (summary.state, summary.created, summary.file_name) == ("done", 3, "税务.csv")
    from yingshang.kernel.jobs.api import get_job

    job = get_job(actor=SYSTEM, job_id=job_id)
    assert (job.state, job.done, job.total) == ("succeeded", 3, 3)


# --- a real process, really killed ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_continues_behind_the_last_batch(tmp_path: Path) -> None:
    region_tree(HARBIN)
    path = city_file(tmp_path / "city.parquet", 400)
    worker = Forked("tests.kernel.parties.run_import", str(path), AS_OF.isoformat(), "20")
    try:
        for line in worker.lines:
            if int(line) >= 60:
                break
        # While it runs, nobody else gets at it.
        with pytest.raises(ImportRunning):
            import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=NOW)
    finally:
        worker.kill()
    assert worker.returncode == -signal.SIGKILL
    fact_import = FactImport.objects.get()
    done = fact_import.rows_done
    assert fact_import.state == "running" and 60 <= done < 400
    assert Party.objects.count() == FactRecord.objects.count() == done

    summary = import_facts(actor=SYSTEM, path=path, as_of=AS_OF, now=LATER, rows_per_batch=20)
    assert counts(summary) == (400, 0, 0, 0)
    assert Party.objects.count() == FactRecord.objects.count() == Portrait.objects.count() == 400
    assert AuditEvent.objects.filter(action="parties.batch_imported").count() == 20
    assert Coverage.objects.filter(source="市场监管局").aggregate(n=Sum("parties"))["n"] == 400
    assert search_parties(actor=SYSTEM).total == 400
