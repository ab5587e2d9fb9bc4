"""Policies through the API: the sandbox, the review, outreach and evaluation, by the functions of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tests.areas.policies.factories import published_item, written_item
from tests.areas.policies.outreach_factories import an_enterprise, sent
from tests.areas.policies.review_factories import (
    COMPLETE,
    LATER,
    commented,
    passed_item,
    public_item,
    returned_item,
    reviewers,
    version,
)
from tests.kernel.access.factories import DAOLI, NOW, QIQIHAR, SYSTEM, official
from tests.web.api.api_factories import browser
from yingshang.areas.policies.api import close_consultations
from yingshang.areas.policies.models import ItemVersion
from yingshang.kernel.ledger.api import receipt_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The moment it is; what the factories arrange happens on a day of their own."""

    def set_to(moment: Any) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(NOW)
    yield set_to


def send(client: Client, address: str, body: dict[str, Any] | None = None, method: str = "post") -> Any:
    key = {"Idempotency-Key": uuid4().hex}
    return getattr(client, method)(
        f"/api/v1/{address}", body or {}, content_type="application/json", headers=key
    )


def test_a_version_goes_through_its_review_and_is_published(clock: Any) -> None:
    people = reviewers()
    written_item(source=COMPLETE)
    author = browser(people.author.user)
    handed_in = send(author, "policy-items/HIRING/submit", {"explanation": "稳定就业"}).json()
    assert handed_in["version"]["state"] == "reviewing" and len(handed_in["elements"]) == 20
    assert send(author, "policy-items/HIRING/publish").status_code == 422
    assert send(author, "policy-items/HIRING/submit").json()["code"] == "policies.not_possible_now"
    taken_back = send(author, "policy-items/HIRING/revoke", {"reason": "再改"}).json()
    assert taken_back["version"]["state"] == "draft"
    elsewhere = browser(official("policy_author", QIQIHAR).user)
    assert elsewhere.get("/api/v1/policy-items/HIRING/review").status_code == 404
    assert send(elsewhere, "policy-items/HIRING/submit").status_code == 404


def test_what_was_sent_back_is_handed_in_again_and_findings_are_judged(clock: Any) -> None:
    people = returned_item()
    again = send(browser(people.author.user), "policy-items/HIRING/correct").json()
    assert again["version"]["state"] == "reviewing" and again["obstacle"]
    unknown = send(
        browser(people.market.user),
        "policy-items/HIRING/findings/none",
        {"verdict": "unfounded", "reason": "没有问题"},
        "put",
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "policies.finding_not_found")


def test_what_has_passed_is_published_with_a_receipt_and_withdrawn(clock: Any) -> None:
    people = passed_item()
    clock(LATER)
    author = browser(people.author.user)
    told = send(author, "policy-items/HIRING/publish").json()
    assert told["receipt"] == receipt_code(version().published_event or 0)
    assert author.get("/api/v1/policy-items/HIRING/review").json()["obstacle"] == ""
    assert send(author, "policy-items/HIRING/withdraw", {"reason": "资金用完"}).status_code == 204
    assert version().state == "withdrawn"


def test_comments_are_entered_answered_and_published(clock: Any) -> None:
    people, row = public_item()
    commented(row, text="请致电13800000000，建议放宽。")
    desk = browser(people.drafting.user)
    address = f"policy-consultations/{row.pk}"
    (listed,) = Client().get("/api/v1/policy-consultations").json()["items"]
    assert (listed["id"], listed["state"]) == (row.pk, "open")
    assert Client().get(f"/api/v1/{address}").json()["said"] == []
    assert Client().get(f"/api/v1/{address}/comments").status_code == 401
    letter = {"kind": "association", "name": "演示行业协会", "text": "建议延长期限"}
    said = send(desk, f"{address}/comments", letter).json()["said"]
    assert [each["number"] for each in said] == [1, 2] and "13800000000" not in str(said)
    clear = send(desk, f"{address}/comments/1/clear", {"purpose": "核实"}).json()
    assert "13800000000" in clear["text"]
    rewritten = {"verdict": "adopted", "public_text": "很好。"}
    assert send(desk, f"{address}/comments/1/answer", rewritten, "put").status_code == 422
    clock(LATER)
    close_consultations(actor=SYSTEM, now=LATER)
    desk = browser(people.drafting.user)
    for number in (1, 2):
        answered = {"verdict": "adopted"}
        assert send(desk, f"{address}/comments/{number}/answer", answered, "put").status_code == 200
    assert send(desk, f"{address}/conclude", {"summary": "共2条。"}).json()["state"] == "concluded"
    assert len(Client().get(f"/api/v1/{address}").json()["said"]) == 2


def test_reach_reminders_and_the_package_of_an_enterprise(clock: Any) -> None:
    published_item()
    party, person = an_enterprise()
    other, _ = an_enterprise(5)
    sent()
    client = browser(official("policy_author", DAOLI).user)
    (listed,) = client.get("/api/v1/policy-reach").json()["items"]
    assert (listed["code"], listed["entitled"], listed["told"]) == ("HIRING", 1, 1)
    reach = client.get("/api/v1/policy-items/HIRING/reach").json()
    assert reach["funnel"]["sent"] == 1 and reach["funnel"]["paid"] is None
    (row,) = client.get("/api/v1/policy-items/HIRING/unacted").json()["items"]
    assert row["party"]["credit_code"] == party.credit_code and row["certain_fen"] == 2_000_000
    assert client.get("/api/v1/policy-items/HIRING/reminders").json()["parties"] == 1
    assert send(client, "policy-items/HIRING/reminders", {}).json()["parties"] == 1
    assert send(client, "policy-items/HIRING/reminders", {}).json()["code"] == "policies.nobody_to_remind"
    elsewhere = browser(official("policy_author", QIQIHAR).user)
    assert elsewhere.get("/api/v1/policy-items/HIRING/unacted").json()["items"] == []
    day = timezone.localdate(NOW).isoformat()
    own = browser(person.user)
    package = own.get(f"/api/v1/parties/{party.credit_code}/policy-packages/{day}").json()
    assert [each["code"] for each in package["items"]] == ["HIRING"]
    assert own.get(f"/api/v1/parties/{other.credit_code}/policy-packages/{day}").status_code == 404


def test_an_opinion_and_a_decision_after_an_evaluation(clock: Any) -> None:
    published_item()
    party, person = an_enterprise()
    other, _ = an_enterprise()
    sent()
    own = browser(person.user)
    address = f"parties/{party.credit_code}/policies/HIRING/opinion"
    assert own.get(f"/api/v1/{address}").status_code == 204
    assert send(own, address, {"rating": 4, "comment": "手续简便"}, "put").json()["rating"] == 4
    foreign = address.replace(str(party.credit_code), str(other.credit_code))
    assert send(own, foreign, {"rating": 1}, "put").status_code == 404
    author = browser(official("policy_author", "230100").user)
    (opinion,) = author.get("/api/v1/policy-items/HIRING/opinions").json()["items"]
    assert opinion["comment"] == "手续简便" and party.name not in str(opinion)
    told = send(author, "policy-items/HIRING/evaluations", {"decision": "continue", "reason": "有效"}).json()
    found = author.get("/api/v1/policy-items/HIRING/evaluation").json()
    assert found["decisions"][0]["code"] == told["receipt"] and found["opinions"]["counts"]["4"] == 1
    assert author.get("/api/v1/policy-items/HIRING/effect").json()["basis"] == "entitled"


def test_the_sandbox_answers_and_says_why_it_cannot(clock: Any) -> None:
    written_item()
    client = browser(official("policy_author", "230100").user)
    found = client.get("/api/v1/policy-items/HIRING/sandbox", {"budget": "500000"}).json()
    assert found["version"] == 1 and found["parameters"] == []
    assert found["outcome"] is None and found["empty"] == "snapshot"
    assert client.get("/api/v1/policy-items/HIRING/sandbox", {"figure": "门槛"}).status_code == 422
    nothing = send(client, "policy-items/HIRING/scenarios", {"name": "门槛 20 人"})
    assert nothing.json()["code"] == "policies.invalid_scenario"
    assert client.get("/api/v1/policy-items/HIRING/scenarios").json() == []
    assert client.get("/api/v1/policy-scenarios/1").status_code == 404
    elsewhere = browser(official("policy_author", QIQIHAR).user)
    assert elsewhere.get("/api/v1/policy-items/HIRING/sandbox").status_code == 404
    assert ItemVersion.objects.get().state == "draft"
