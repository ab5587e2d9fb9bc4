"""Pages of ratings: two taps in the portal, follow-ups and appeals on the desk, figures for everybody."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.areas.claims.factories import another_claim, handed_in
from tests.areas.claims.test_rating import paid_claim, rates
from tests.kernel.access.factories import DAOLI, NOW, agency, arranged
from tests.kernel.access.test_accounts import logged_in
from yingshang.kernel.ratings.models import Rating, RatingAppeal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def test_a_bad_rating_goes_from_the_phone_to_the_desk_and_out_of_the_figures() -> None:
    claim, people = paid_claim()
    enterprise, official, supervisor = (
        logged_in(who) for who in (claim.who, people.reviewer, people.supervisor)
    )
    address = reverse("claims:rate", args=[claim.id])
    assert address in enterprise.get(reverse("claims:claim", args=[claim.id])).content.decode()
    assert "非常不满意" in enterprise.get(address).content.decode()
    enterprise.post(address, {"step": "pay", "level": "1"})
    enterprise.post(address, {"step": "pay", "level": "1", "reasons": ["late"], "words": "等了三个月"})
    row = Rating.objects.get()
    assert (row.level, row.words) == (1, "等了三个月")
    assert enterprise.post(address, {"step": "pay", "level": "9"}).status_code == 302

    page = reverse("ratings_desk:rating", args=[row.pk])
    assert page in official.get(reverse("ratings_desk:ratings")).content.decode()
    assert "等了三个月" not in official.get(page).content.decode()
    read = official.post(reverse("ratings_desk:rating-words", args=[row.pk])).content.decode()
    assert "等了三个月" in read
    act = reverse("ratings_desk:rating-step", args=[row.pk])
    for what in ({"what": "call", "text": "已电话联系"}, {"what": "correct", "text": "已缩短时限"}):
        official.post(act, what)
    assert "已缩短时限" in enterprise.get(address).content.decode()
    official.post(act, {"what": "appeal", "kind": "mistaken", "reason": "评的是别的事项"})
    decide = reverse("ratings_desk:rating-decide", args=[row.pk])
    verdict = {"verdict": "upheld", "decision": "属实"}
    # Not by somebody of the agency that was rated.
    assert supervisor.post(decide, verdict).status_code == 403
    with arranged():
        RatingAppeal.objects.update(agency=agency(DAOLI))
    assert "作出处理" in supervisor.get(page).content.decode()
    supervisor.post(decide, verdict)
    row.refresh_from_db()
    assert row.excluded


def test_everybody_reads_figures_without_an_account() -> None:
    visitor = Client()
    assert "暂不公布" in visitor.get(reverse("ratings:results")).content.decode()
    assert visitor.get(reverse("ratings:results-json")).json()["agencies"] == []
    claim, _ = paid_claim()
    rates(claim)
    for _ in range(4):
        other = another_claim(claim.fund_id)
        handed_in(other)
        rates(other, "review", 4)
    with arranged():
        Rating.objects.update(step="review")
    cache.clear()
    [found] = visitor.get(reverse("ratings:results-json")).json()["agencies"]
    assert found["levels"] == {"5": 1, "4": 4, "3": 0, "2": 0, "1": 0} and found["satisfied"] == 1.0
    assert visitor.get(reverse("ratings:results-csv")).content.decode().count("\r\n") == 2
    assert claim.party.name not in visitor.get(reverse("ratings:results")).content.decode()


def test_the_same_by_the_api() -> None:
    claim, people = paid_claim()
    enterprise, official, supervisor = (
        logged_in(who) for who in (claim.who, people.reviewer, people.supervisor)
    )
    own = f"/api/v1/claims/{claim.id}/ratings"

    def sent(client: Client, address: str, **body: object) -> Any:
        key = {"Idempotency-Key": str(uuid4())}
        return client.post(address, body, content_type="application/json", headers=key)

    assert {each["step"]: each["level"] for each in enterprise.get(own).json()}["pay"] == 0
    assert sent(enterprise, own, step="pay", level=6).status_code == 422
    told = sent(enterprise, own, step="pay", level=1, reasons=["late"], words="等了三个月").json()
    assert [each["words"] for each in told if each["step"] == "pay"] == ["等了三个月"]
    assert sent(official, own, step="pay", level=5).status_code == 403
    listed = official.get("/api/v1/ratings?state=open")
    [row] = listed.json()["items"]
    assert row["has_words"] and "等了三个月" not in listed.content.decode()
    one = f"/api/v1/ratings/{row['id']}"
    # Called back before it is put right, and with words.
    assert sent(official, f"{one}/follow-up", what="end").status_code == 422
    assert sent(official, f"{one}/follow-up", what="call", text=" ").status_code == 422
    assert sent(official, f"{one}/follow-up", what="call", text="已电话联系").json()["follow_up"] == "called"
    put_right = sent(official, f"{one}/follow-up", what="correct", text="已缩短时限").json()
    assert (put_right["follow_up"], put_right["correction"]) == ("corrected", "已缩短时限")
    appealed = sent(official, f"{one}/appeal", kind="mistaken", reason="评的是别的事项")
    assert (appealed.status_code, appealed.json()["appeal"]) == (201, "open")
    verdict = {"upheld": True, "decision": "属实"}
    assert sent(supervisor, f"{one}/appeal/decision", **verdict).status_code == 403
    with arranged():
        RatingAppeal.objects.update(agency=agency(DAOLI))
    assert sent(supervisor, f"{one}/appeal/decision", **verdict).json()["excluded"]
    assert Client().get("/api/v1/ratings/public").json() == []
