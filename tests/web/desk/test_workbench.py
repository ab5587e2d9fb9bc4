"""The workbench: what is due, search, enterprises and imports; own region and others, whole pages and fragments."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, QIQIHAR, official
from tests.web.desk.factories import city, fact_import, signed_in
from yingshang.kernel.access.models import PersonalDataView
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.web.desk import due
from yingshang.web.desk.due import Delivered, DueItem, Provider, colour_of, due_for
from yingshang.web.listing import _cell

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Client:
    """A department official of Daoli."""
    return signed_in(official("department_official", DAOLI))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[DueItem]:
    """A kind of work of which the test says what there is; no other."""
    items: list[DueItem] = []
    provider = Provider(
        "trial", "试验", ("desk.open",), lambda actor, now: Delivered(tuple(items[: due.LIMIT]), len(items))
    )
    monkeypatch.setattr(due, "_providers", {"trial": provider})
    return items


def item(number: int, due_on: date | None, **values: Any) -> DueItem:
    return DueItem("trial", f"事项{number}", f"/desk/{number}", date(2026, 1, 1), due_on, **values)


def queries(client: Client, address: str) -> int:
    """How many queries a page takes; the second time, when everything is loaded."""
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


# --- what is due ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "left", "colour"),
    [
        (None, None, "open"),
        (date(2026, 11, 20), -1, "overdue"),
        (date(2026, 11, 23), 0, "today"),
        (date(2026, 11, 26), 3, "soon"),
        (date(2026, 11, 27), 4, "later"),
        (date(2050, 1, 1), None, "later"),
    ],
)
def test_clock_colours(due_on: date | None, left: int | None, colour: str) -> None:
    today = date(2026, 11, 23)
    assert (None if due_on is None else due.working_days_left(due_on, today)) == left
    assert colour_of(due_on, today, left) == colour


def test_working_days_are_those_of_the_region() -> None:
    before, after = date(2026, 4, 17), date(2026, 4, 21)
    assert due.working_days_left(after, before) == 2
    assert due.working_days_left(after, before, "450100") == 1  # 三月三 in Guangxi


def test_the_most_urgent_comes_first_and_is_counted(work: list[DueItem]) -> None:
    today = timezone.localdate()
    days = {
        1: today + timedelta(days=60),
        2: today,
        3: None,
        4: today - timedelta(days=9),
        5: today - timedelta(days=30),
    }
    work.extend(item(number, day) for number, day in days.items())
    who = official("window_official")
    listed = due_for(who.actor(), now=timezone.now())
    assert [row.title for row in listed.rows] == ["事项5", "事项4", "事项2", "事项1", "事项3"]
    assert [listed.count(each.code) for each in due.COLOURS] == [2, 1, 0, 1, 1]
    page = signed_in(who).get("/desk/").content.decode()
    for word in ("已超期", "今天到期", "即将到期", "以后到期", "无期限"):
        assert word in page  # the colour is never the only sign
    assert "共有 5 件事在等您" in page


def test_due_is_filtered_by_kind_colour_agency_and_region(work: list[DueItem]) -> None:
    today = timezone.localdate()
    work += [
        item(
            1,
            today - timedelta(days=5),
            agency_id=7,
            agency_name="道里区税务局",
            region_code=DAOLI,
            region_name="道里区",
        ),
        item(2, today, agency_id=8, agency_name="南岗区税务局", region_code=NANGANG, region_name="南岗区"),
    ]
    client = signed_in(official("window_official"))
    for query in ("colour=overdue", "agency=7", f"region={DAOLI}"):
        page = client.get(f"/desk/?{query}").content.decode()
        assert "事项1" in page and "事项2" not in page, query
    assert "没有符合条件的记录" in client.get("/desk/?colour=later").content.decode()


def test_what_is_cut_is_said(work: list[DueItem], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "LIMIT", 3)
    work += [item(number, None) for number in range(5)]
    page = signed_in(official("window_official")).get("/desk/").content.decode()
    assert "“试验”只列出最急的" in page and "共有 5 件事" in page


def test_nothing_to_do_is_said_plainly() -> None:
    assert "没有事在等您" in signed_in(official("policy_author")).get("/desk/").content.decode()


def test_lapsing_sources_are_due_on_the_day_the_catalogue_says(clerk: Client) -> None:
    city(2, places=(DAOLI,))
    page = clerk.get("/desk/?kind=stale").content.decode()
    assert "市场监管局" in page and "项事实须更新" in page and "已超期" in page


def test_imports_with_rejects_are_due_in_their_region_only(clerk: Client) -> None:
    here, elsewhere = fact_import(DAOLI), fact_import(QIQIHAR)
    page = clerk.get("/desk/").content.decode()
    assert f"{here.file_name}：3 行被剔除" in page
    assert elsewhere.file_name not in page


# --- search -----------------------------------------------------------------------------------------------------------


def test_search_finds_by_kind_within_the_scope(clerk: Client) -> None:
    here, elsewhere = city(2, places=(DAOLI, QIQIHAR))
    fact_import(DAOLI, file_name="演示税务.csv")
    page = clerk.get("/desk/search/", {"text": "演示"}).content.decode()
    assert here.name in page and elsewhere.name not in page
    assert "演示税务.csv" in page
    for text in (here.credit_code, "bczb", here.name[2:6]):
        assert here.name in clerk.get("/desk/search/", {"text": text}).content.decode(), text


def test_search_shows_only_kinds_one_may_see() -> None:
    (party,) = city(1, places=(DAOLI,))
    page = (
        signed_in(official("administrator", HARBIN)).get("/desk/search/", {"text": "演示"}).content.decode()
    )
    assert party.name not in page
    assert "演示人员" in page


def test_search_finds_facts_of_the_catalogue(clerk: Client) -> None:
    page = clerk.get("/desk/search/", {"text": "参保人数"}).content.decode()
    assert "/administration/facts/emp.insured_count/" in page
    no_catalogue = signed_in(official("operator", HARBIN)).get("/desk/search/", {"text": "参保人数"})
    assert "/administration/facts/" not in no_catalogue.content.decode()


def test_search_answers_htmx_with_results_only(clerk: Client) -> None:
    fragment = clerk.get(
        "/desk/search/", {"text": "没有这样的"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "<html" not in fragment and "没有找到" in fragment


# --- enterprises ------------------------------------------------------------------------------------------------------


def test_the_list_holds_the_own_region_only(clerk: Client) -> None:
    here, elsewhere = city(2, places=(DAOLI, QIQIHAR))
    page = clerk.get("/desk/parties/").content.decode()
    assert here.name in page and elsewhere.name not in page


def test_a_party_elsewhere_does_not_exist(clerk: Client) -> None:
    _, elsewhere = city(2, places=(DAOLI, QIQIHAR))
    for address in ("", "facts/ent.status/"):
        assert clerk.get(f"/desk/parties/{elsewhere.pk}/{address}").status_code == 404
    assert clerk.post(f"/desk/parties/{elsewhere.pk}/personal/", {"purpose": "核对登记"}).status_code == 404
    assert not PersonalDataView.objects.exists()


@pytest.mark.parametrize("address", ["/desk/parties/", "/desk/", "/desk/imports/", "/desk/search/?text=演示"])
def test_a_page_takes_as_many_queries_for_many_rows_as_for_one(clerk: Client, address: str) -> None:
    city(1, places=(DAOLI,))
    fact_import(DAOLI)
    one = queries(clerk, address)
    city(30, places=(DAOLI,))
    for _ in range(6):
        fact_import(DAOLI)
    assert queries(clerk, address) == one


def test_pages_sizes_and_orders(clerk: Client) -> None:
    city(25, places=(DAOLI,))
    first = clerk.get("/desk/parties/?sort=-name").context["listing"]
    assert (first.total, first.last, len(first.rows)) == (25, 2, 20)
    names = [row.name for row in first.rows]
    assert names == sorted(names, reverse=True)
    assert clerk.get("/desk/parties/?page=99").context["listing"].number == 2
    assert clerk.get("/desk/parties/?page=0&per_page=7&sort=nonsense").context["listing"].per_page == 20
    assert len(clerk.get("/desk/parties/?per_page=50").context["listing"].rows) == 25


def test_filters_narrow_and_wrong_ones_are_told(clerk: Client) -> None:
    city(10, places=(DAOLI,))
    listed = clerk.get("/desk/parties/?size=小型").context["listing"]
    assert 0 < listed.total < 10 and {row.size for row in listed.rows} == {"小型"}
    today = timezone.localdate()
    fresh = clerk.get(f"/desk/parties/?established_since={today - timedelta(days=50)}").context["listing"]
    assert 0 < fresh.total < 10
    # A filter that means nothing is left out, and does not break the page.
    assert clerk.get("/desk/parties/?region=999999").context["listing"].total == 10


def test_htmx_gets_the_list_alone(clerk: Client) -> None:
    city(1, places=(DAOLI,))
    answer = clerk.get("/desk/parties/", headers={"HX-Request": "true", "HX-Target": "list"}).content.decode()
    assert answer.lstrip().startswith('<div id="list"') and "<html" not in answer


def test_exports_hold_what_the_list_holds(clerk: Client) -> None:
    here = city(130, places=(DAOLI,))
    city(3, places=(QIQIHAR,))
    answer = clerk.get("/desk/parties/?export=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:2] == ["名称", "统一社会信用代码"]
    assert {row[1] for row in rows[1:]} == {party.credit_code for party in here}
    assert "attachment" in answer["Content-Disposition"]
    book = clerk.get("/desk/parties/?export=xlsx&size=小型")
    sheet = load_workbook(io.BytesIO(b"".join(book.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    assert {row[4] for row in sheet.iter_rows(min_row=2, values_only=True)} == {"小型"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@cmd", "'@cmd"),
        ("-1.5", "-1.5"),
        ("+8613800000000", "+8613800000000"),
        (None, ""),
    ],
)
def test_a_cell_is_never_a_formula(value: str | None, written: str) -> None:
    assert _cell(value) == written


def test_an_export_of_a_demonstration_says_so_in_its_name(clerk: Client, settings: Any) -> None:
    for demonstration in (False, True):
        settings.DEMONSTRATION = demonstration
        for kind in ("csv", "xlsx"):
            answer = clerk.get(f"/desk/parties/?export={kind}")
            assert ("DEMO-" in answer["Content-Disposition"]) is demonstration
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_the_limit_of_an_export_is_said(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    city(5, places=(DAOLI,))
    monkeypatch.setattr("yingshang.web.listing.WORKBOOK_LIMIT", 2)
    monkeypatch.setattr("yingshang.web.listing.CSV_LIMIT", 3)
    assert "Excel 最多导出" in clerk.get("/desk/parties/").content.decode()
    answer = clerk.get("/desk/parties/?export=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(text.splitlines()) == 1 + 3
    assert "first-3" in answer["Content-Disposition"]


def test_the_portrait_by_source_with_stale_and_missing(clerk: Client) -> None:
    (party,) = city(1, places=(DAOLI,))
    page = clerk.get(f"/desk/parties/{party.pk}/").content.decode()
    for text in ("市场监管局", "税务局", "2,345,678.90 元", "过期", "项事实对它未知", "历史"):
        assert text in page
    assert party.contact_phone not in page and party.contact_email not in page


def test_as_known_on_a_day_before_anything_was_received(clerk: Client) -> None:
    (party,) = city(1, places=(DAOLI,))
    page = clerk.get(f"/desk/parties/{party.pk}/?known=2020-01-01").content.decode()
    assert "2020年1月1日 当天所知的情况" in page and "2,345,678.90" not in page
    assert "当天所知" not in clerk.get(f"/desk/parties/{party.pk}/?known=nonsense").content.decode()


def test_the_history_of_a_fact_in_the_drawer_and_as_a_page(clerk: Client) -> None:
    (party,) = city(1, places=(DAOLI,))
    address = f"/desk/parties/{party.pk}/facts/ent.status/"
    assert "<html" in clerk.get(address).content.decode()
    fragment = clerk.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "市场监管局" in fragment


def test_personal_data_needs_a_purpose_and_is_on_the_record(clerk: Client) -> None:
    (party,) = city(1, places=(DAOLI,))
    address = f"/desk/parties/{party.pk}/personal/"
    assert clerk.post(address, {"purpose": ""}).status_code == 422
    assert not PersonalDataView.objects.exists()
    page = clerk.post(address, {"purpose": "核对绑定申请"})
    assert party.contact_phone in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    (seen,) = PersonalDataView.objects.all()
    assert (seen.party_id, seen.purpose) == (party.pk, "核对绑定申请")


def test_personal_data_stays_hidden_from_who_may_not_see_it() -> None:
    (party,) = city(1, places=(DAOLI,))
    client = signed_in(official("leader", HARBIN))
    assert client.post(f"/desk/parties/{party.pk}/personal/", {"purpose": "看看而已"}).status_code == 403
    assert "显示完整内容" not in client.get(f"/desk/parties/{party.pk}/").content.decode()


# --- imports ----------------------------------------------------------------------------------------------------------


def csv_file(text: str, name: str = "facts.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("facts.pdf", b"%PDF-1.7", "不支持这种文件"),
        ("facts.csv", b"%PDF-1.7 nonsense", "不是它的扩展名"),
        ("facts.xlsx", b"a,b\n1,2\n", "不是它的扩展名"),
        ("facts.parquet", b"PK\x03\x04", "不是它的扩展名"),
        ("facts.csv", b"", "空"),
        ("facts.csv", b"nothing,known\n1,2\n", ""),
    ],
)
def test_files_that_cannot_be_imported_are_refused_with_the_reason(
    clerk: Client, name: str, content: bytes, told: str
) -> None:
    before = AuditEvent.objects.count()
    answer = clerk.post(
        "/desk/imports/new/", {"file": SimpleUploadedFile(name, content), "as_of": "2026-01-01"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page and ('role="alert"' in page or 'class="errorlist"' in page)
    assert AuditEvent.objects.count() == before


def test_data_of_the_future_are_refused(clerk: Client) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    answer = clerk.post("/desk/imports/new/", {"file": csv_file("a\n1\n"), "as_of": tomorrow.isoformat()})
    assert answer.status_code == 422 and "数据日期不能晚于今天" in answer.content.decode()


def test_a_file_is_kept_and_queued(clerk: Client) -> None:
    (party,) = city(1, places=(DAOLI,))
    text = f"统一社会信用代码,ent.status\n{party.credit_code},存续\n"
    answer = clerk.post(
        "/desk/imports/new/",
        {"file": csv_file(text, "登记.csv"), "as_of": "2026-01-01", "source": "市场监管局"},
    )
    assert answer.status_code == 302, answer.content.decode()
    page = clerk.get(answer["Location"]).content.decode()
    assert "登记.csv" in page and "hx-trigger" in page


def test_progress_is_a_fragment_and_ends_with_a_reload(clerk: Client) -> None:
    running = fact_import(DAOLI, state="running", rows_done=40, rejected=0, finished_at=None)
    headers = {"HX-Request": "true", "HX-Target": "import-state"}
    answer = clerk.get(f"/desk/imports/{running.pk}/", headers=headers)
    assert "40 / 120 行" in answer.content.decode() and "HX-Refresh" not in answer
    done = fact_import(DAOLI)
    assert clerk.get(f"/desk/imports/{done.pk}/", headers=headers)["HX-Refresh"] == "true"


def test_rejects_give_their_reasons_in_both_languages(clerk: Client) -> None:
    page = clerk.get(f"/desk/imports/{fact_import(DAOLI).pk}/").content.decode()
    assert "“很多”不是数字" in page and "is not a number" in page


def test_an_import_elsewhere_does_not_exist(clerk: Client) -> None:
    elsewhere = fact_import(QIQIHAR)
    assert clerk.get(f"/desk/imports/{elsewhere.pk}/").status_code == 404
    assert clerk.get(f"/desk/imports/{elsewhere.pk}/rejects.csv").status_code == 404
