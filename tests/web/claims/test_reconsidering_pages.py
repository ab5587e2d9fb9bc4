"""Pages of reconsiderations, of promises and of instalments with a later condition: from the claim to the desk and back."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.claims.test_instalments import facts_become, partly_paid, second
from tests.areas.claims.test_promises import promised_claim
from tests.areas.claims.test_reconsideration import DAY, WHY, refused_claim
from tests.kernel.access.factories import NOW, SYSTEM, official
from tests.kernel.access.test_accounts import logged_in
from tests.kernel.documents.factories import plain_pdf
from yingshang.areas.claims.models import PromiseCheck, Reconsideration
from yingshang.areas.claims.paying.actions.advance_instalments import advance_instalments

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of some days."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + 2 * DAY)


def a_pdf() -> SimpleUploadedFile:
    return SimpleUploadedFile("说明.pdf", plain_pdf(), content_type="application/pdf")


def test_a_refusal_is_asked_about_on_its_page_and_decided_on_the_desk(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    claim, people = refused_claim()
    enterprise, refuser, other = (
        logged_in(who) for who in (claim.who, people.approver, official("approver", "230100"))
    )
    page, ask = (reverse(f"claims:{name}", args=[claim.id]) for name in ("claim", "reconsider"))
    with django_assert_max_num_queries(40):
        shown = enterprise.get(page).content.decode()
    # The condition with its value, how to ask, and what there is beside it.
    assert ask in shown and "参保人数不少于10人" in shown and "60 日" in shown and "行政复议" in shown
    assert enterprise.get(ask).status_code == 200
    assert enterprise.post(ask, {"reasons": "不服"}).status_code == 422
    assert enterprise.post(ask, {"reasons": WHY, "files": a_pdf()}).status_code == 302
    row = Reconsideration.objects.get()
    shown = enterprise.get(page).content.decode()
    assert row.number in shown and "待作出复核决定" in shown
    assert enterprise.get(ask).status_code == 302

    desk, listed = (
        reverse("claims_desk:reconsideration", args=[row.pk]),
        reverse("claims_desk:reconsiderations"),
    )
    with django_assert_max_num_queries(16):
        found = other.get(
            listed, {"state": "open", "text": claim.party.name, "overdue": "no"}
        ).content.decode()
    assert desk in found and desk not in other.get(listed, {"overdue": "yes"}).content.decode()
    decide = reverse("claims_desk:reconsideration-decide", args=[row.pk])
    assert decide not in refuser.get(desk).content.decode()
    with django_assert_max_num_queries(45):
        found = other.get(desk).content.decode()
    assert decide in found and "reason-insured" in found and WHY in found and "说明.pdf" in found
    verdict = {"what": "keep", "decision": "经核对数据无误"}
    assert other.post(decide, verdict).status_code == 422
    refused = refuser.post(decide, {**verdict, "reason-insured": "仍为7人"}, follow=True)
    assert "须由他人办理" in refused.content.decode() and Reconsideration.objects.get().state == "open"
    assert other.post(decide, {**verdict, "reason-insured": "社保数据仍为7人"}).status_code == 302
    for client, place in ((other, desk), (enterprise, page)):
        assert "社保数据仍为7人" in client.get(place).content.decode()
    assert row.number in other.get(reverse("claims_desk:claim", args=[claim.id])).content.decode()


def test_it_is_withdrawn_on_the_page_of_the_claim_and_asked_for_over_the_interface() -> None:
    claim, _ = refused_claim()
    enterprise, other = logged_in(claim.who), logged_in(official("approver", "230100"))
    enterprise.post(reverse("claims:reconsider", args=[claim.id]), {"reasons": WHY})
    row = Reconsideration.objects.get()
    enterprise.post(reverse("claims:reconsideration-withdraw", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == "withdrawn"
    made = enterprise.post(
        f"/api/v1/claims/{claim.id}/reconsiderations",
        {"reasons": WHY},
        content_type="application/json",
        headers={"Idempotency-Key": "1"},
    )
    assert made.status_code == 201 and made.json()["questions"] == []
    number = made.json()["id"]
    [listed] = other.get("/api/v1/claim-reconsiderations", {"state": "open"}).json()["items"]
    assert listed["id"] == number
    one = other.get(f"/api/v1/claim-reconsiderations/{number}").json()
    assert [each["key"] for each in one["questions"]] == ["insured"]
    answer = {"what": "keep", "decision": "经核对无误", "reasons": {"insured": "仍为7人"}}
    done = other.post(
        f"/api/v1/claim-reconsiderations/{number}/decision",
        answer,
        content_type="application/json",
        headers={"Idempotency-Key": "2"},
    )
    assert (done.json()["state"], done.json()["findings"][0]["reason"]) == ("kept", "仍为7人")


def test_a_promise_is_brought_and_checked(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    claim, people = promised_claim()
    row = PromiseCheck.objects.get()
    enterprise, reviewer = logged_in(claim.who), logged_in(people.reviewer)
    page, bring = reverse("claims:claim", args=[claim.id]), reverse("claims:promise-bring", args=[row.pk])
    assert bring in enterprise.get(page).content.decode()
    assert enterprise.post(bring).status_code == 302 and not PromiseCheck.objects.get().document_id
    enterprise.post(bring, {"file": a_pdf()})
    assert "说明.pdf" in enterprise.get(page).content.decode()

    desk, check = (reverse(f"claims_desk:{name}", args=[row.pk]) for name in ("promise", "promise-check"))
    with django_assert_max_num_queries(16):
        listed = reviewer.get(reverse("claims_desk:promises"), {"state": "open", "text": "消防"})
    assert desk in listed.content.decode() and "已补交" in listed.content.decode()
    assert desk not in reviewer.get(reverse("claims_desk:promises"), {"due": "overdue"}).content.decode()
    with django_assert_max_num_queries(25):
        assert check in reviewer.get(desk).content.decode()
    assert check not in logged_in(people.approver).get(desk).content.decode()
    assert reviewer.post(check, {"what": "kept", "finding": "是"}).status_code == 422
    assert reviewer.post(check, {"what": "kept", "finding": "已核对原件"}).status_code == 302
    for client, place in ((reviewer, desk), (enterprise, page)):
        assert "已核对原件" in client.get(place).content.decode()
    [told] = reviewer.get("/api/v1/claim-promises", {"claim_id": claim.id}).json()["items"]
    assert told == reviewer.get(f"/api/v1/claim-promises/{row.pk}").json() and told["state"] == "kept"
    late = reviewer.post(
        f"/api/v1/claim-promises/{row.pk}/check",
        {"what": "broken", "finding": "没有见到原件"},
        content_type="application/json",
        headers={"Idempotency-Key": "1"},
    )
    assert late.status_code == 422


def test_instalments_wait_for_a_person_where_nobody_knows(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    claim, people = partly_paid()
    approver, enterprise = logged_in(people.approver), logged_in(claim.who)
    advance_instalments(actor=SYSTEM, now=NOW)
    one = reverse("claims_desk:instalment", args=[claim.id, 2])
    with django_assert_max_num_queries(16):
        listed = approver.get(reverse("claims_desk:instalments"), {"found": "person"}).content.decode()
    assert one in listed and "上年度营业收入不低于100万元" in listed
    with django_assert_max_num_queries(35):
        shown = approver.get(one).content.decode()
    decide = reverse("claims_desk:instalment-decide", args=[claim.id, 2])
    assert decide in shown and "营业收入" in shown
    assert decide not in logged_in(people.reviewer).get(one).content.decode()
    assert "等待数据，由人工判定" in enterprise.get(reverse("claims:claim", args=[claim.id])).content.decode()
    assert approver.post(decide, {"what": "drop", "reason": "停"}).status_code == 422
    # What has come true is left to the job.
    facts_become(claim, revenue=2_000_000)
    assert "自动转入拨付" in approver.get(one).content.decode()
    facts_become(claim, revenue=900_000)
    [told] = approver.get("/api/v1/claim-instalments", {"found": "person"}).json()["items"]
    assert (told["claim_id"], told["number"], told["lacking"]) == (claim.id, 2, ["fin.revenue.2025"])
    here = f"/api/v1/claims/{claim.id}/instalments"
    told = approver.get(f"{here}/2").json()
    assert told["found"] == "later" and told["evidence"][0]["source"]
    assert approver.get(f"{here}/9").status_code == 404
    no = approver.post(
        f"{here}/2/decision",
        {"what": "release", "reason": "审计报告为证"},
        content_type="application/json",
        headers={"Idempotency-Key": "1"},
    )
    assert no.status_code == 422 and second(claim).state == "waiting"
    assert approver.post(decide, {"what": "drop", "reason": "企业已停产"}).status_code == 302
    assert second(claim).state == "lost"
    shown = enterprise.get(reverse("claims:claim", args=[claim.id])).content.decode()
    assert "不再支付" in shown and "企业已停产" in shown
    assert approver.get(reverse("claims_desk:instalment", args=[claim.id, 9])).status_code == 404
