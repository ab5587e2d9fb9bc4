"""Claims on the desk, walked as officials walk them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.areas.claims.factories import (
    another_claim,
    desk,
    draft_claim,
    fund,
    fundable_item,
    handed_in,
    submitted_claim,
    task_of,
)
from tests.areas.claims.reviewing.test_together import three_supported
from tests.areas.claims.test_applying import LINES
from tests.areas.claims.test_line_tables import HEADER, ROW, book
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import HARBIN, NOW, QIQIHAR, agency, arranged, official
from tests.web.claims.test_applying_pages import page, words
from tests.web.desk.factories import signed_in
from yingshang.areas.claims.actions.add_material import save_lines
from yingshang.areas.claims.models import ApprovalEntry, ItemTerms

pytestmark = pytest.mark.django_db


def test_the_list_finds_filters_and_exports(django_assert_max_num_queries: Any) -> None:
    claim, people = submitted_claim()
    for staff in (20, 30):
        handed_in(another_claim(claim.fund_id, staff=staff))
    client = signed_in(people.reviewer)
    with django_assert_max_num_queries(12):
        response = client.get("/desk/claims/")
    assert claim.party.name in words(response) and "共3条" in words(response)
    assert "共1条" in page(client, f"/desk/claims/?text={claim.row.number}")
    assert "共3条" in page(
        client, "/desk/claims/?state=accepting&mode=online&item=HIRING&region=2301&stopped=no"
    )
    assert "没有符合条件的记录" in page(client, "/desk/claims/?stopped=yes")
    assert "没有符合条件的记录" in page(client, "/desk/claims/?since=2099-01-01")
    export = client.get("/desk/claims/?export=csv")
    assert claim.row.number in b"".join(export).decode()  # type: ignore[arg-type]
    stranger = signed_in(official("department_official", QIQIHAR))
    assert claim.party.name not in page(stranger, "/desk/claims/")
    assert stranger.get(f"/desk/claims/{claim.id}/").status_code == 404


def test_a_claim_with_its_evidence_on_its_page_and_on_its_task() -> None:
    people = desk()
    claim = draft_claim(lines=LINES)
    save_lines(
        actor=claim.who.actor(), claim_id=claim.id, content=book(HEADER[:4], ROW[:4]), name="a.xlsx", now=NOW
    )
    handed_in(claim)
    client = signed_in(people.window)
    text = page(client, f"/desk/claims/{claim.id}/")
    assert "参保人数不少于10人" in text and "提交后数据没有变化" in text and "收款账户" in text
    assert ROW[0] not in text and "查看个人信息" in text and "62170000000000" not in text
    assert client.post(f"/desk/claims/{claim.id}/lines", {}).status_code == 422
    clear = client.post(f"/desk/claims/{claim.id}/lines", {"purpose": "核对"})
    assert ROW[0] in words(clear) and "本次查看已记录" in words(clear)
    task = page(client, f"/desk/tasks/{task_of(claim, 'accept')}/")
    assert "条件和依据" in task and "参保人数不少于10人" in task and ROW[0] not in task


def formset(prefix: str, *rows: dict[str, str]) -> dict[str, str]:
    found = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": "0"}
    return found | {
        f"{prefix}-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()
    }


def test_terms_are_set_and_what_is_wrong_stands_at_its_field() -> None:
    desk()
    fundable_item(source=re.sub(r"to: 20\d\d-12-31", "to: 2099-12-31", hiring()))
    number = fund()
    client: Client = signed_in(official("department_official", HARBIN))
    assert "吸纳就业补贴" in page(client, "/desk/claims/terms/")
    assert "就业补助资金" in page(client, "/desk/claims/terms/HIRING/")
    given: dict[str, Any] = {
        "mode": "instant",
        "agency_id": agency(HARBIN).pk,
        "fund_id": number,
        "period": "year",
        "publicity_working_days": 5,
        "consent_working_days": 15,
        "sample_percent": 20,
        "promise_check_percent": 100,
        "ranking_by": "approver",
        "separate": ["accept", "approve"],
        **formset("materials", {"name": "营业执照", "required": "on"}, {}),
        **formset("columns", {"name": "姓名", "type": "text", "personal": "on"}),
    }
    wrong = client.post("/desk/claims/terms/HIRING/", given | formset("columns"))
    assert wrong.status_code == 422 and "即申即享的事项不设审核环节" in words(wrong)
    nameless = client.post("/desk/claims/terms/HIRING/", {**given, "mode": "online"})
    assert nameless.status_code == 422 and "明细表要有名称" in words(nameless)
    saved = client.post("/desk/claims/terms/HIRING/", {**given, "mode": "online", "line_name": "参保人员"})
    assert saved.status_code == 302
    row = ItemTerms.objects.get()
    assert (row.mode, row.sample_percent, row.separate) == ("online", 20, ["accept", "approve"])
    assert row.materials == [{"code": "m1", "name": "营业执照", "required": True, "commitment": False}]
    assert row.lines["columns"][0]["personal"] is True
    assert "参保人员" in client.get("/desk/claims/terms/HIRING/").content.decode()
    assert client.get("/desk/claims/terms/NOTHING/").status_code == 404
    # By the interface what it has no field for stays as it is set.
    results = [{"column": "award.received", "from": "amount"}]
    with arranged():
        ItemTerms.objects.update(results=results)
    told = {"agency_id": agency(HARBIN).pk, "mode": "online", "fund_id": number}
    saved = client.put(
        "/api/v1/claim-terms/HIRING", told, "application/json", headers={"Idempotency-Key": "1"}
    )
    row.refresh_from_db()
    assert (saved.status_code, row.results, row.lines) == (204, results, {})


def test_a_batch_and_a_ranking_in_pages_and_by_the_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    claims, people = three_supported()
    # What was arranged lies on a day that may still be to come.
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(hours=1))
    client = signed_in(people.approver)
    assert claims[0].party.name in page(client, "/desk/claims/approvals/?item=HIRING")
    drawn = client.post("/desk/claims/approvals/draw", {"claim": [each.id for each in claims]})
    here = drawn["Location"]
    [row] = [each for each in ApprovalEntry.objects.all() if each.sampled]
    assert "样本怎样抽取" in page(client, here)
    client.post(f"{here}{row.claim_id}/look", {"sound": "yes"})
    assert "整批核准" in page(client, here)
    client.post(f"{here}approve")
    assert set(ApprovalEntry.objects.values_list("outcome", flat=True)) == {""}
    assert {each.row.state for each in claims} == {"approved"}
    assert "没有等待排序的申请" in page(client, "/desk/claims/rankings/")
    assert client.get("/desk/claims/rankings/HIRING/2026/").status_code == 404
    listed = client.get("/api/v1/claims?state=approved").json()
    assert len(listed["items"]) == 3
    shown = client.get(f"/api/v1/claims/{claims[0].id}").json()
    assert shown["evidence"]["rows"][0]["facts"][0]["name"] == "参保人数"
    assert client.get(f"/api/v1/claim-approvals/{row.batch_id}").json()["state"] == "approved"
    assert client.get("/api/v1/claim-rankings").json() == []
    assert client.get("/api/v1/claim-terms").json()[0]["code"] == "HIRING"
