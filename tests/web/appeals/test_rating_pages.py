"""Rating an appeal on its own page, with an account and with a key; on the desk, and by the API."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import answered_appeal, handled_appeal
from tests.areas.appeals.rating.test_rating import rates
from tests.kernel.access.factories import DAOLI, NOW, arranged, official
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.appeals.models import Appeal
from yingshang.kernel.access.api import lookup_hash
from yingshang.kernel.ratings.models import Rating

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=3))


def test_a_bad_rating_goes_from_the_page_of_the_appeal_to_the_desk_and_back(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    said = answered_appeal()
    browser, handler = logged_in(said.who), logged_in(said.people.handler)
    page = reverse("appeals:appeal", args=[said.id])
    rate = reverse("appeals:step", args=[said.id, "rate"])
    shown = browser.get(page).content.decode()
    for words in (rate, "非常不满意", "是否有人联系过您", "问题是否解决"):
        assert words in shown
    assert browser.post(rate, {"step": "answer", "level": "9"}).status_code == 422
    # A level with which it is fine, and a no with which it is not.
    browser.post(rate, {"step": "answer", "level": "3", "answer_contacted": "yes", "answer_solved": "no"})
    more = {"step": "answer", "level": "3", "answer_contacted": "yes", "answer_solved": "no"}
    browser.post(rate, {**more, "reasons": ["evasive"], "words": "没有说怎么办"})
    row = Rating.objects.select_related("follow_up").get()
    assert (row.level, row.answers, row.words) == (3, {"contacted": True, "solved": False}, "没有说怎么办")
    assert row.follow_up.state == "open"

    desk = reverse("ratings_desk:rating", args=[row.pk])
    with django_assert_max_num_queries(30):
        assert desk in handler.get(reverse("appeals_desk:appeal", args=[said.id])).content.decode()
    listed = handler.get(reverse("ratings_desk:ratings") + "?kind=appeal").content.decode()
    assert desk in listed and "诉求办理" in listed
    one = handler.get(desk).content.decode()
    assert "问题是否解决" in one and reverse("appeals_desk:appeal", args=[said.id]) in one
    assert "没有说怎么办" not in one
    act = reverse("ratings_desk:rating-step", args=[row.pk])
    for what in ({"what": "call", "text": "已电话联系"}, {"what": "correct", "text": "已重新说明办法"}):
        handler.post(act, what)
    assert "已重新说明办法" in browser.get(page).content.decode()
    browser.post(rate, {"step": "answer", "level": "5", "answer_solved": "yes"})
    row.refresh_from_db()
    assert row.level == 5 and row.follow_up.__class__.objects.get().state == "closed"


def test_a_key_rates_and_before_a_reply_nothing_is_asked() -> None:
    said = answered_appeal()
    with arranged():
        Appeal.objects.filter(pk=said.id).update(key_hash=lookup_hash("KEY"))
    visitor = Client()
    visitor.post(reverse("appeals:follow"), {"number": said.row.number, "key": "KEY"})
    assert "非常不满意" in visitor.get(reverse("appeals:followed")).content.decode()
    rate = reverse("appeals:followed-step", args=["rate"])
    assert visitor.post(rate, {"step": "answer", "level": "4"}).status_code == 302
    assert Rating.objects.get().level == 4
    before = handled_appeal()
    browser = logged_in(before.who)
    assert "非常不满意" not in browser.get(reverse("appeals:appeal", args=[before.id])).content.decode()
    refused = browser.post(
        reverse("appeals:step", args=[before.id, "rate"]), {"step": "answer", "level": "4"}
    )
    assert refused.status_code == 422 and "还没有答复" in refused.content.decode()


def test_who_may_not_see_appeals_sees_no_rating_of_one() -> None:
    said = answered_appeal(anonymous=True)
    page = reverse("ratings_desk:rating", args=[rates(said, 1)])
    treasurer = logged_in(official("treasurer", DAOLI))
    assert treasurer.get(page).status_code == 404
    assert said.row.number not in treasurer.get(reverse("ratings_desk:ratings")).content.decode()
    # Who may sees no more of it than of the appeal.
    shown = logged_in(said.people.handler).get(page).content.decode()
    assert "评价人未公开" in shown and said.row.number in shown and said.party.name not in shown


def test_the_same_by_the_api() -> None:
    said = answered_appeal()
    browser = logged_in(said.who)
    address = f"/api/v1/appeals/{said.row.number}/ratings"
    assert [each["level"] for each in browser.get(address).json()] == [0]

    def sent(**body: object) -> tuple[int, object]:
        key = {"Idempotency-Key": str(uuid4())}
        answer = browser.post(address, body, content_type="application/json", headers=key)
        return answer.status_code, answer.json()

    assert sent(level=6)[0] == 422
    assert sent(level=5, answers={"asked": True})[0] == 422
    status, told = sent(level=5, answers={"solved": True}, reasons=["quick"])
    assert status == 200 and isinstance(told, list)
    assert (told[0]["level"], told[0]["answers"], told[0]["may_rate"]) == (5, {"solved": True}, True)
    assert logged_in(said.people.handler).get(address).status_code == 403


def test_what_was_written_is_not_lost() -> None:
    said = answered_appeal()
    browser, rate = logged_in(said.who), reverse("appeals:step", args=[said.id, "rate"])
    browser.post(rate, {"step": "answer", "level": "1"})
    written = {"step": "answer", "level": "1", "reasons": ["evasive"], "words": "没有说怎么办"}
    browser.post(rate, {**written, "answer_solved": "no"})
    # A tap on another level, by somebody whose page shows nothing else.
    browser.post(rate, {"step": "answer", "level": "2"})
    row = Rating.objects.get()
    assert (row.level, row.reasons, row.words) == (2, ["evasive"], "没有说怎么办")
    # The page sends it all with each level: what does not go with a good one stays behind.
    page = browser.get(reverse("appeals:appeal", args=[said.id])).content.decode()
    assert page.count(f'action="{rate}"') == 1 and "没有说怎么办" in page
    assert browser.post(rate, {**written, "level": "5"}).status_code == 302
    row.refresh_from_db()
    assert (row.level, row.reasons, row.words) == (5, [], "没有说怎么办")
    # Too long it is refused, and there to be shortened.
    refused = browser.post(rate, {"step": "answer", "level": "5", "words": "长" * 501})
    assert refused.status_code == 422 and "长" * 501 in refused.content.decode()
