"""Administration of time: ladders that are written and published, calendars that are handed in, looked at, published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.kernel.access.factories import DAOLI, HEILONGJIANG, SYSTEM, no_event, official, one_event
from tests.kernel.clock.factories import at, deadline, ensure_ladders, heard
from tests.kernel.clock.test_publishing import DOCUMENT
from tests.web.desk.factories import signed_in
from yingshang.kernel.clock import api
from yingshang.kernel.clock.calendars import use_revisions

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ladders() -> Iterator[None]:
    ensure_ladders()
    with heard():
        yield
    use_revisions(())


@pytest.fixture
def administrator() -> Client:
    """An administrator of the province, which the ladders belong to."""
    return signed_in(official("administrator", HEILONGJIANG))


def text_of(answer: Any, status: int = 200) -> str:
    text: str = answer.content.decode()
    assert answer.status_code == status, text[:3000]
    return text


def sent(*rungs: dict[str, Any], op: str = "save", **fields: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "op": op,
        "lines": str(len(rungs)),
        "name": "自定",
        "name_en": "Own",
        "source": "",
        **fields,
    }
    for number, rung in enumerate(rungs):
        data |= {f"rung-{number}-{name}": value for name, value in rung.items()}
    return data


RUNG = {
    "name": "提前两日",
    "name_en": "Two days before",
    "code": "two_before",
    "side": "before",
    "amount": "2",
    "unit": "working_days",
    "at": "08:30",
    "action": "remind",
    "to": ["holder", "agency"],
}


def test_ladders_are_listed_and_shown(administrator: Client) -> None:
    page = text_of(administrator.get("/administration/ladders/"))
    assert "合同履约节点" in page and "环节时限" in page and "处理失败" not in page
    page = text_of(administrator.get("/administration/ladders/contract/"))
    assert "到期前 10 日 09:00" in page and "督办" in page and "发布提醒阶梯" in page
    page = text_of(administrator.get("/administration/ladders/contract/versions/1/"))
    assert "到期当日 09:00" in page
    assert administrator.get("/administration/ladders/contract/versions/9/").status_code == 404
    assert administrator.get("/administration/ladders/nothing/").status_code == 404
    csv = b"".join(administrator.get("/administration/ladders/?export=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "contract" in csv


def test_a_ladder_is_written_and_published(administrator: Client) -> None:
    page = text_of(administrator.get("/administration/ladder-new/"))
    assert "第 1 级" in page and "第 3 级" in page
    with one_event("clock.ladder_drafted"):
        answer = administrator.post("/administration/ladder-new/", sent(RUNG, {}, code="own", region="23"))
    assert answer["Location"] == "/administration/ladders/own/"
    page = text_of(administrator.get("/administration/ladders/own/"))
    assert "到期前 2 个工作日 08:30" in page and "承办人、承办机关" in page and "还没有发布" in page
    with one_event("clock.ladder_published"):
        administrator.post("/administration/ladders/own/publish/")
    second = RUNG | {"side": "after", "amount": "3", "unit": "hours", "at": "", "code": "late"}
    with one_event("clock.ladder_drafted"):
        administrator.post("/administration/ladders/own/edit/", sent(RUNG | {"remove": "on"}, second))
    found = api.get_ladder(actor=SYSTEM, code="own")
    assert found.draft is not None and found.published is not None
    assert [rung.as_dict()["offset"] for rung in found.draft.rungs] == [{"hours": 3}]
    page = text_of(administrator.get("/administration/ladders/own/edit/"))
    assert 'value="late"' in page
    with one_event("clock.ladder_discarded"):
        administrator.post("/administration/ladders/own/discard/")
    assert administrator.post("/administration/ladders/own/publish/").status_code == 422


def test_what_is_wrong_with_a_rung_stands_at_its_line(administrator: Client) -> None:
    with no_event():
        answer = administrator.post(
            "/administration/ladders/standard/edit/", sent(RUNG, RUNG | {"name_en": "", "to": []})
        )
    page = text_of(answer, 422)
    assert "缺少英文名称" in page and "对象应从以下选取" in page
    assert page.index("缺少英文名称") > page.index("第 2 级")
    page = text_of(administrator.post("/administration/ladders/standard/edit/", sent({}, {})), 422)
    assert "至少要有一个梯级" in page
    answer = administrator.post("/administration/ladder-new/", sent(RUNG, code="standard", region="23"))
    assert answer.status_code == 302, "a code that is there means its next version"
    answer = administrator.post("/administration/ladder-new/", sent(RUNG, code="Not Good", region="23"))
    assert "只能用小写字母" in text_of(answer, 422)


def test_another_line_is_asked_for_without_a_verdict(administrator: Client) -> None:
    with no_event():
        page = text_of(administrator.post("/administration/ladder-new/", sent(RUNG, op="add", name="")))
    assert "第 2 级" in page and 'value="提前两日"' in page and "必填" not in page


def test_ladders_of_others_are_not_there() -> None:
    district = signed_in(official("administrator", DAOLI))
    assert "还没有提醒阶梯" in text_of(district.get("/administration/ladders/"))
    assert district.get("/administration/ladders/standard/").status_code == 404
    with no_event():
        assert district.post("/administration/ladders/standard/publish/").status_code == 404


def test_a_rung_that_cannot_be_carried_out_is_shown(administrator: Client) -> None:
    def refuse(fired: api.FiredRung) -> None:
        raise LookupError("没有承办人")

    api.register_owner("tests.thing", on_rung=refuse)
    deadline()
    api.sweep(actor=SYSTEM, now=at("2026-11-27 09:00"))
    page = text_of(administrator.get("/administration/ladders/"))
    assert "处理失败的提醒" in page and "没有承办人" in page


FIELDS = {
    "calendar": "cn",
    "year": "2027",
    "title": "演示通知",
    "number": "演示〔2026〕1号",
    "issued": "2026-11-20",
    "source": "",
}


def test_a_calendar_is_previewed_and_published(administrator: Client) -> None:
    page = text_of(administrator.get("/administration/calendar-revisions/"))
    assert 'value="2027"' in page and "还没有在本平台发布过安排" in page
    with no_event():
        answer = administrator.post(
            "/administration/calendar-revisions/", FIELDS | {"document": DOCUMENT, "op": "preview"}
        )
    page = text_of(answer)
    assert "由工作日改为放假" in page and "10-04（国庆节）" in page and 'value="publish"' in page
    with one_event("clock.calendar_published"):
        answer = administrator.post(
            "/administration/calendar-revisions/", FIELDS | {"document": DOCUMENT, "op": "publish"}
        )
    assert answer.status_code == 302
    page = text_of(administrator.get("/administration/calendar-revisions/"))
    assert "演示通知" in page and "正在调整" in page


def test_a_file_is_read_and_goes_on_as_text(administrator: Client) -> None:
    file = SimpleUploadedFile("2027.csv", DOCUMENT.encode("utf-8-sig"))
    page = text_of(
        administrator.post("/administration/calendar-revisions/", FIELDS | {"file": file, "op": "preview"})
    )
    assert "2027-10-09,上班,国庆节" in page
    for content, words in ((b"\xff\xfe\x00", "UTF-8"), (b"x" * 300_000, "200 KB")):
        file = SimpleUploadedFile("2027.csv", content)
        answer = administrator.post("/administration/calendar-revisions/", FIELDS | {"file": file})
        assert words in text_of(answer, 422)


def test_what_is_wrong_with_a_calendar_is_said_with_day_and_line(administrator: Client) -> None:
    with no_event():
        answer = administrator.post(
            "/administration/calendar-revisions/",
            FIELDS | {"document": DOCUMENT + "2027-10-05,上班,国庆节\n", "op": "publish"},
        )
    page = text_of(answer, 422)
    assert "第 15 行" in page and "2027-10-05既是放假又是调休上班（见第12行）" in page
    assert "请写明日期" in text_of(administrator.post("/administration/calendar-revisions/", FIELDS), 422)


def test_only_the_topmost_region_publishes_calendars() -> None:
    district = signed_in(official("administrator", DAOLI))
    with no_event():
        answer = district.post(
            "/administration/calendar-revisions/", FIELDS | {"document": DOCUMENT, "op": "publish"}
        )
    assert "只有平台最上级地区的管理员可以发布" in text_of(answer, 422)


def test_the_calendar_page_leads_to_publishing(administrator: Client) -> None:
    assert "/administration/calendar-revisions/" in text_of(administrator.get("/administration/calendars/"))
    other = signed_in(official("window_official"))
    assert "/administration/calendar-revisions/" not in text_of(other.get("/administration/calendars/"))
