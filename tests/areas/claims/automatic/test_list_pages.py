"""Pages of lists, offers and publicity: what each face shows and does, with few queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.areas.claims.automatic.list_factories import approved_list, frozen_list, offered_list
from tests.areas.claims.factories import account_of
from tests.kernel.access.factories import NOW, Person, arranged
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.claims.automatic.actions.answer_offer import confirm_offer
from yingshang.areas.claims.models import EntitlementList, OfferRemark, PublicityEntry, PublicityObjection
from yingshang.areas.claims.publicity.actions.publish_awards import publish_awards

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def client_of(who: Person) -> Client:
    return logged_in(who)


def test_a_list_is_looked_at_and_approved_by_the_second_person(django_assert_max_num_queries: Any) -> None:
    found = frozen_list(staff=(12, 30, 9))
    reviewer, approver = client_of(found.desk.reviewer), client_of(found.desk.approver)
    assert "吸纳就业补贴" in reviewer.get(reverse("claims_desk:lists")).content.decode()
    address = reverse("claims_desk:list", args=[found.id])
    with django_assert_max_num_queries(30):
        page = reviewer.get(address).content.decode()
    assert found.parties[1].name in page and "3.2万元" in page and "审核通过" not in page
    assert reviewer.post(reverse("claims_desk:list-approve", args=[found.id])).status_code == 403
    page = approver.get(address).content.decode()
    assert "审核通过" in page and found.row.digest in page
    approver.post(
        reverse("claims_desk:list-approve", args=[found.id]), {"digest": found.row.digest}, follow=True
    )
    assert found.row.state == "approved"
    exported = reviewer.get(address + "?export=csv")
    text = b"".join(exported.streaming_content).decode()  # type: ignore[attr-defined]
    assert found.parties[0].credit_code in text
    omitted = reviewer.get(reverse("claims_desk:list-omitted", args=[found.id]))
    assert omitted.status_code == 200


def test_an_enterprise_confirms_with_one_tap_or_a_new_account() -> None:
    found = offered_list(standing=(1,))
    first, second = client_of(found.people[0]), client_of(found.people[1])
    page = first.get(reverse("claims:offers", args=[found.parties[0].pk])).content.decode()
    assert "12,000" in page and "去确认" in page
    claim = found.claim(1)
    page = second.get(reverse("claims:offer", args=[claim.pk])).content.decode()
    assert "确认，拨付到尾号 0001" in page and "参保人数" in page
    second.post(reverse("claims:offer-confirm", args=[claim.pk]), {"account": claim.account_id})
    assert found.claim(1).state == "payable"
    address = reverse("claims:offer-confirm", args=[found.claim(0).pk])
    refused = first.post(address, {"account": "new", "number": "12", "bank_name": "演示银行"})
    assert refused.status_code == 422 and "8 至 30 位" in refused.content.decode()
    first.post(address, {"account": "new", "number": "6217000000000000018", "bank_name": "演示银行"})
    assert found.claim(0).state == "payable"
    assert second.get(reverse("claims:offer", args=[found.claim(0).pk])).status_code == 404


def test_wrong_is_said_and_answered_on_the_desk() -> None:
    found = offered_list()
    enterprise, reviewer = client_of(found.people[0]), client_of(found.desk.reviewer)
    enterprise.post(reverse("claims:offer-wrong", args=[found.claim(0).pk]), {"text": "参保人数不对"})
    page = reviewer.get(reverse("claims_desk:list", args=[found.id])).content.decode()
    assert "参保人数不对" in page
    remark = OfferRemark.objects.get()
    reviewer.post(
        reverse("claims_desk:remark-answer", args=[found.id, remark.pk]), {"answer": "以缴费记录为准"}
    )
    page = enterprise.get(reverse("claims:offer", args=[found.claim(0).pk])).content.decode()
    assert "以缴费记录为准" in page
    assert enterprise.post(reverse("claims:offer-decline", args=[found.claim(0).pk])).status_code == 302
    assert found.claim(0).state == "declined"
    page = reviewer.get(reverse("claims_desk:listed", args=[found.claim(1).pk])).content.decode()
    assert "参保人数" in page
    reviewer.post(reverse("claims_desk:listed-strike", args=[found.claim(1).pk]), {"reason": "有误"})
    assert found.claim(1).state == "refused"


def test_everybody_reads_and_objects_and_an_official_decides() -> None:
    found = offered_list(publicity_working_days=5)
    account = account_of(found.parties[0], found.people[0])
    confirm_offer(actor=found.people[0].actor(), claim_id=found.claim(0).pk, account_id=account, now=NOW)
    reviewer, visitor = client_of(found.desk.reviewer), Client()
    assert "公示 5 个工作日" in reviewer.get(reverse("claims_desk:publicities")).content.decode()
    number = publish_awards(actor=found.desk.reviewer.actor(), code="HIRING", now=NOW)
    assert "吸纳就业补贴" in visitor.get(reverse("claims:publicities")).content.decode()
    page = visitor.get(reverse("claims:publicity", args=[number])).content.decode()
    assert found.parties[0].name in page and (found.parties[0].credit_code or "") not in page
    entry = PublicityEntry.objects.get()
    address = reverse("claims:award", args=[entry.pk])
    assert visitor.post(address, {"text": "不属实"}).status_code == 422
    answer = visitor.post(address, {"text": "该企业已停业", "contact": "13800000000"}, follow=True)
    assert "异议已收到" in answer.content.decode() and found.claim(0).state == "objected"
    objection = PublicityObjection.objects.get()
    assert objection.number in reviewer.get(reverse("claims_desk:publicity-objections")).content.decode()
    address = reverse("claims_desk:publicity-objection", args=[objection.pk])
    page = reviewer.get(address).content.decode()
    assert "该企业已停业" in page and "13800000000" not in page
    page = reviewer.post(reverse("claims_desk:objector", args=[objection.pk])).content.decode()
    assert "13800000000" in page
    reviewer.post(address, {"verdict": "upheld", "decision": "经查属实"})
    assert found.claim(0).state == "refused"


def test_a_list_that_waits_for_the_budget_says_so_and_can_be_given_up_before() -> None:
    found = approved_list()
    with arranged():
        EntitlementList.objects.update(waiting=3)
    page = client_of(found.desk.approver).get(reverse("claims_desk:list", args=[found.id])).content.decode()
    assert "3 家企业在等待预算" in page and "继续通知" in page
    reviewer = client_of(found.desk.reviewer)
    answer = reviewer.post(reverse("claims_desk:list-draw-up"), {"code": "HIRING"}, follow=True)
    assert "本周期已有名单" in answer.content.decode()


def test_the_same_by_the_api() -> None:
    found = offered_list(publicity_working_days=5)
    account = account_of(found.parties[0], found.people[0])
    enterprise, reviewer, visitor = client_of(found.people[0]), client_of(found.desk.reviewer), Client()
    [offer] = enterprise.get(f"/api/v1/parties/{found.parties[0].credit_code}/offers").json()
    assert offer["amount_fen"] == 1_200_000 and offer["answerable"]
    answer = enterprise.post(
        f"/api/v1/offers/{offer['claim_id']}/confirmation",
        {"account_id": account},
        content_type="application/json",
        headers={"Idempotency-Key": "one"},
    )
    assert answer.json() == {"state": "approved"}, answer.content
    detail = reviewer.get(f"/api/v1/claim-lists/{found.id}").json()
    assert detail["states"] == {"approved": 1, "offered": 2} and detail["digest"] == found.row.digest
    first = reviewer.get(f"/api/v1/claim-lists/{found.id}/enterprises?limit=2").json()
    rest = reviewer.get(
        f"/api/v1/claim-lists/{found.id}/enterprises", {"limit": 2, "cursor": first["next"]}
    ).json()
    assert len(first["items"]) == 2 and len(rest["items"]) == 1 and rest["next"] is None
    assert reviewer.get("/api/v1/claim-lists").json()["items"][0]["id"] == found.id
    publish_awards(actor=found.desk.reviewer.actor(), code="HIRING", now=NOW)
    [public] = visitor.get("/api/v1/publicities").json()["items"]
    [award] = visitor.get(f"/api/v1/publicities/{public['id']}/awards").json()["items"]
    assert award["standing"] == "open" and "*" in award["credit_code"]
    answer = visitor.post(
        f"/api/v1/public-awards/{award['id']}/objections",
        {"text": "不属实", "name": "群众"},
        content_type="application/json",
        headers={"Idempotency-Key": "two"},
    )
    assert answer.status_code == 201 and found.claim(0).state == "objected"
