"""The supervisor's desk, and money asked back, page by page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.areas.claims.factories import bank_says, payable_claim, sent_batch
from tests.kernel.access.factories import NOW
from tests.kernel.parties.factories import told
from tests.web.desk.factories import signed_in
from yingshang.areas.claims.models import PaymentOrder, Recovery, Trip
from yingshang.areas.claims.oversight.screening import screen

pytestmark = pytest.mark.django_db


def words(response: Any) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.status_code
    return words(response)


def test_a_supervisor_looks_at_a_trip_and_releases_it_with_a_receipt() -> None:
    claim, people = payable_claim()
    told([{"subject": claim.party.credit_code, "ent.status": "吊销"}], as_of=NOW.date(), now=NOW)
    screen([claim.id], "ordering", now=NOW)
    trip = Trip.objects.get()
    client = signed_in(people.supervisor)
    assert claim.party.name in page(client, "/desk/claims/trips/")
    address = f"/desk/claims/trips/{trip.pk}/"
    text = page(client, address)
    assert "登记状态为“吊销”" in text and "12" in text and trip.number in text
    assert client.post(address, {"verdict": "release"}).status_code == 422
    assert client.post(address, {"verdict": "release", "reason": "登记有误"})["Location"] == address
    text = page(client, address)
    assert "已解除" in text and "登记有误" in text and "处理回执" in text
    # What an enterprise reads accuses nobody.
    assert "熔断" not in page(signed_in(claim.who), f"/claims/{claim.id}/")
    for person in (people.approver, people.treasurer, claim.who):
        assert signed_in(person).get(address).status_code in {403, 404}


def test_a_fund_is_stopped_by_hand() -> None:
    claim, people = payable_claim()
    client = signed_in(people.supervisor)
    assert "就业补助资金" in page(client, "/desk/claims/trips/stop")
    sent = {"target": f"fund:{claim.fund_id}", "reason": "专项检查"}
    answer = client.post("/desk/claims/trips/stop", sent)
    assert answer["Location"] == f"/desk/claims/trips/{Trip.objects.get().pk}/"
    assert client.post("/desk/claims/trips/stop", sent).status_code == 422
    assert "人工停止" in page(client, answer["Location"])


def test_money_is_asked_back_given_back_and_written_off_page_by_page() -> None:
    _, claim, people = sent_batch()
    bank_says(
        PaymentOrder.objects.select_related("batch").get(), "paid", day=timezone.localdate(), reference="B1"
    )
    official, money = signed_in(people.reviewer), signed_in(people.treasurer)
    address = f"/desk/claims/{claim.id}/recover"
    assert "要求退回" in page(official, f"/desk/claims/{claim.id}/")
    assert "12,000.00" in page(official, address)
    today = timezone.localdate()
    sent = {
        "amount": "10000.01",
        "reason": "参保人数不实",
        "basis": "哈人社规〔2026〕1 号",
        "parts": "3",
        "first_due": (today + timedelta(days=30)).isoformat(),
        "rate": "lpr_1y",
    }
    assert official.post(address, {**sent, "amount": "12000.01"}).status_code == 422
    official.post(address, sent)
    row = Recovery.objects.get()
    assert [each["amount_fen"] for each in row.plan] == [333334, 333334, 333333]
    desk = f"/desk/claims/recoveries/{row.pk}/"
    assert "10,000.01" in page(official, "/desk/claims/recoveries/") and "3.00%" in page(official, desk)
    repaid = {"amount": "10.00", "paid_on": today.isoformat(), "bank_reference": "L1"}
    assert money.post(f"{desk}repaid", repaid)["Location"] == desk
    assert money.post(f"{desk}repaid", repaid).status_code == 422
    own = signed_in(claim.who)
    assert "要求退回" in page(own, f"/claims/{claim.id}/")
    text = page(own, f"/claims/recoveries/{row.pk}/")
    assert "9,990.01" in text and "L1" in text and "哈人社规" in text
    # Who asked for it does not give it up.
    answer = official.post(f"{desk}end", {"how": "write_off", "decision": "企业已破产"})
    assert answer.status_code == 422 and Recovery.objects.get().state == "demanded"
