"""Scoring and field checks, walked as officials and experts walk them, in pages and by the interface."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.areas.claims.assessing.assessing_factories import (
    FIELD,
    JPEG,
    SCORING,
    experts,
    photo,
    reviewed_claim,
)
from tests.areas.claims.factories import desk, done, fund, fundable_item, task_of
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import HARBIN, NOW, Person, agency, official
from tests.web.claims.test_applying_pages import page, words
from tests.web.claims.test_reviewing_pages import formset
from tests.web.desk.factories import signed_in
from yingshang.areas.claims.models import FieldCheck, ItemTerms, ScoringPanel, ScoringSeat
from yingshang.kernel.access.models import User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def at(monkeypatch: pytest.MonkeyPatch, moment: Any) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def test_experts_are_drawn_and_score_and_only_then_everything_is_told(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    claim, people = reviewed_claim()
    register = experts(5)
    at(monkeypatch, LATER)
    client = signed_in(people.reviewer)
    assert "抽取专家" in page(client, f"/desk/claims/{claim.id}/")
    assert claim.party.name in page(client, "/desk/claims/scorings/?item=HIRING")
    here = client.post("/desk/claims/scorings/draw", {"claim": claim.id})["Location"]
    with django_assert_max_num_queries(18):
        shown = page(client, here)
    panel = ScoringPanel.objects.get()
    assert "0/3人已评分" in shown and panel.secret not in shown and panel.commitment in shown
    assert not any(number in shown for number in register)
    # The register does not tell who was drawn either.
    assert {each["seats"] for each in client.get("/api/v1/claim-experts").json()} == {0}
    again = client.post("/desk/claims/scorings/draw", {"claim": claim.id}, follow=True)
    assert "不能重复抽取" in words(again)
    seats = list(ScoringSeat.objects.select_related("expert__user"))
    stranger = next(
        each for number, each in register.items() if number not in {seat.expert.number for seat in seats}
    )
    mine = f"/desk/claims/my-scorings/{panel.pk}/"
    assert signed_in(stranger).get(mine).status_code == 404
    for place, seat in enumerate(seats):
        expert = signed_in(Person(User.objects.get(pk=seat.expert.user_id)))
        with django_assert_max_num_queries(15):
            assert claim.party.name in page(expert, mine)
        # Nothing else of claims opens to them.
        assert expert.get(f"/desk/claims/{claim.id}/").status_code == 403
        assert expert.get(here).status_code == 403
        sent = {
            f"{claim.id}-points-novel": "12",
            f"{claim.id}-points-sound": "4",
            f"{claim.id}-remark": "可行",
        }
        wrong = expert.post(f"{mine}{claim.id}", sent)
        assert wrong.status_code == 422 and "应打0到10" in words(wrong)
        if place == 2:
            # By the interface as well as on the page.
            answer = expert.post(
                f"/api/v1/my-scorings/{panel.pk}/claims/{claim.id}",
                {"points": {"novel": 9, "sound": 4}, "remark": "可行"},
                content_type="application/json",
                headers={"Idempotency-Key": "score"},
            )
            assert answer.status_code == 200 and answer.json()["claims"][0]["sheet"]["total"] == "86.00"
        else:
            assert (
                expert.post(f"{mine}{claim.id}", {**sent, f"{claim.id}-points-novel": "8"}).status_code == 302
            )
        assert "已评分" in page(expert, mine)
    told = page(client, here)
    assert panel.secret in told and "82.00" in told and all(each.expert.number in told for each in seats)
    beside = page(client, f"/desk/claims/tasks/{task_of(claim, 'experts')}/".replace("/claims", ""))
    assert "3/3人已评分" in beside
    by_interface = client.get(f"/api/v1/claim-scorings/{panel.pk}").json()
    assert by_interface["claims"][0]["result"] == "82.00" and len(by_interface["seats"][0]["sheets"]) == 1
    assert client.get("/api/v1/claim-scorings").json()[0]["done"] == 3
    keeper = page(client, "/desk/claims/experts/")
    assert "138****1234" in keeper or "13800001234" not in keeper
    one = seats[0].expert
    assert "装备制造" in client.get(f"/desk/claims/experts/{one.pk}/").content.decode()
    assert client.post(f"/desk/claims/experts/{one.pk}/", {"fields_known": "软件，算法"}).status_code == 302
    one.refresh_from_db()
    assert (one.fields, one.active, one.contact) == (["软件", "算法"], False, "13800001234")
    newcomer = official("expert", HARBIN)
    added = client.post(
        "/desk/claims/experts/",
        {"who": f"{agency(HARBIN).pk}:{newcomer.id}", "fields_known": "软件", "employer_code": "1"},
    )
    assert added.status_code == 422 and "18位" in words(added)


def test_a_visit_is_ordered_photographed_recorded_and_dealt_with(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    claim, people = reviewed_claim(experts=False, field=True)
    at(monkeypatch, LATER)
    client = signed_in(people.reviewer)
    assert "安排实地核查" in page(client, f"/desk/claims/{claim.id}/")
    here = client.post(f"/desk/claims/{claim.id}/field-check", {"user_id": people.reviewer.id})["Location"]
    assert "至少需要2张照片" in page(client, here)
    pictures = [
        SimpleUploadedFile("现场一.jpg", photo(latitude="45 45 0", longitude="126 38 0")),
        SimpleUploadedFile("现场二.jpg", JPEG),
    ]
    client.post(f"{here}photos", {"photos": pictures, "keep_place": "yes"})
    sent = {
        "visited_on": "2026-11-23",
        "place": "演示路 1 号",
        "point-plant": "没有设备",
        "point-staff": "",
        "conclusion": "not_as_claimed",
        "summary": "设备没有安装",
    }
    wrong = client.post(here, sent)
    assert wrong.status_code == 422 and "人员是否在岗”的核查情况" in words(wrong)
    assert client.post(here, {**sent, "point-staff": "在岗"}).status_code == 302
    with django_assert_max_num_queries(14):
        assert "45.750000" in page(client, here)
    done(claim, people, "field", "checked", now=LATER)
    approver = signed_in(people.approver)
    task = page(approver, f"/desk/tasks/{task_of(claim, 'approve')}/")
    assert "没有设备" in task and "须由核查人以外的人员处理" in task
    check = FieldCheck.objects.get()
    listed = client.get("/api/v1/claim-field-checks?mine=true").json()
    assert listed[0]["conclusion"] == "not_as_claimed" and len(listed[0]["photos"]) == 2
    refused = client.post(
        f"/api/v1/claim-field-checks/{check.pk}/answer",
        {"answer": "已补装"},
        content_type="application/json",
        headers={"Idempotency-Key": "answer"},
    )
    assert refused.status_code == 422 and "核查人以外" in refused.content.decode()
    assert "登记处理意见" in page(approver, here)
    approver.post(f"{here}answer", {"answer": "企业已补装"})
    assert "企业已补装" in page(approver, here)
    assert "与申报不符" in page(client, "/desk/claims/field-checks/?mine")


def test_terms_of_scoring_and_visits_are_set_on_the_page_of_terms() -> None:
    desk()
    fundable_item(source=re.sub(r"to: 20\d\d-12-31", "to: 2099-12-31", hiring()))
    given: dict[str, Any] = {
        "mode": "online",
        "agency_id": agency(HARBIN).pk,
        "fund_id": fund(),
        "period": "year",
        "publicity_working_days": 5,
        "consent_working_days": 15,
        "sample_percent": 20,
        "promise_check_percent": 100,
        "ranking_by": "approver",
        "reviews": ["experts", "field"],
        **formset("materials", {}),
        **formset("columns", {}),
        "assessing-experts": 3,
        "assessing-result": "mean",
        "assessing-score_days": 5,
        "assessing-fields_known": "软件、装备制造",
        "assessing-photos": 2,
        "assessing-visit_days": 5,
        **formset(
            "criteria",
            {"name": "创新性", "weight": "60", "maximum": "10"},
            {"name": "可行性", "weight": "30", "maximum": "5"},
        ),
        **formset("points", {"code": "plant", "name": "设备是否安装"}),
    }
    client = signed_in(official("department_official", HARBIN))
    address = reverse("claims_desk:terms-item", args=["HIRING"])
    wrong = client.post(address, given)
    assert wrong.status_code == 422 and "权重合计应为100，现在是90" in words(wrong)
    lacking = client.post(address, {**given, "reviews": ["experts"]})
    assert lacking.status_code == 422
    saved = client.post(address, {**given, "criteria-1-weight": "40"})
    assert saved.status_code == 302, words(saved)
    row = ItemTerms.objects.get()
    assert [each["code"] for each in row.scoring["criteria"]] == ["k1", "k2"]
    assert row.scoring["fields"] == ["软件", "装备制造"] and row.field_check["photos"] == 2
    assert "创新性" in client.get(address).content.decode()
    assert set(SCORING) == set(row.scoring) and set(FIELD) == set(row.field_check)
