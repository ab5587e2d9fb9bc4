"""Subscriptions to searches: once each, told of each item once, ended by their owner or by a link."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.areas.policies.factories import hiring, published_item
from tests.areas.policies.search_factories import DAY
from tests.kernel.access.factories import NOW, SYSTEM, arranged, no_event, one_event, person
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import (
    InvalidSubscription,
    LibraryQuestion,
    SubscriptionNotFound,
    rebuild_library,
    send_digests,
    subscribe,
    subscriptions,
    unsubscribe,
    unsubscribe_all,
)
from yingshang.areas.policies.models import SearchSubscription
from yingshang.areas.policies.search.links import end_address
from yingshang.kernel.access.api import VISITOR
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
JOBS = LibraryQuestion(text="吸纳就业")


@pytest.fixture(autouse=True)
def own_index(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path


def published_later(code: str) -> None:
    published_item(code, source=hiring(code), now=LATER)
    rebuild_library(day=DAY)


def told() -> list[str]:
    return list(
        Message.objects.filter(template="policies.search_digest", channel="in_app")
        .order_by("id")
        .values_list("body", flat=True)
    )


def test_the_same_search_is_one_subscription() -> None:
    actor = person().actor()
    with one_event("policies.search_subscribed"):
        first = subscribe(actor=actor, name="吸纳就业", question=JOBS, now=NOW)
    with no_event():
        assert subscribe(actor=actor, name="吸纳就业", question=JOBS, now=NOW) == first
    assert [each.question for each in subscriptions(actor=actor)] == [JOBS]


def test_a_search_that_narrows_nothing_and_the_twenty_first_are_refused() -> None:
    actor = person().actor()
    with no_event(), pytest.raises(InvalidSubscription):
        subscribe(actor=actor, name="", question=LibraryQuestion(order="newest"), now=NOW)
    with arranged():
        for number in range(20):
            subscribe(actor=actor, name="", question=LibraryQuestion(text=f"{number}"), now=NOW)
    with no_event(), pytest.raises(InvalidSubscription):
        subscribe(actor=actor, name="", question=JOBS, now=NOW)


def test_new_items_are_told_once_and_old_ones_never() -> None:
    actor = person().actor()
    published_item("OLD", source=hiring("OLD"), now=NOW - timedelta(days=1))
    with arranged():
        subscribe(actor=actor, name="就业", question=JOBS, now=NOW)
        subscribe(actor=actor, name="哈尔滨", question=LibraryQuestion(place="2301"), now=NOW)
    published_later("NEW")
    with arranged():
        assert send_digests(actor=SYSTEM, now=LATER) == 1
    assert len(told()) == 1
    assert "/policies/items/NEW/" in told()[0]
    assert "/policies/items/OLD/" not in told()[0]
    with no_event():
        assert send_digests(actor=SYSTEM, now=LATER + timedelta(days=1)) == 0


def test_a_message_tells_what_has_come_since_the_last() -> None:
    actor = person().actor()
    with arranged():
        subscribe(actor=actor, name="就业", question=JOBS, now=NOW)
    published_later("FIRST")
    with arranged():
        send_digests(actor=SYSTEM, now=LATER)
    published_later("SECOND")
    with arranged():
        assert send_digests(actor=SYSTEM, now=LATER + timedelta(days=1)) == 1
    assert "SECOND" in told()[-1]
    assert "FIRST" not in told()[-1]


def test_only_ones_own_can_be_ended() -> None:
    mine, other = person().actor(), person().actor()
    with arranged():
        number = subscribe(actor=mine, name="就业", question=JOBS, now=NOW)
    with no_event(), pytest.raises(SubscriptionNotFound):
        unsubscribe(actor=other, subscription_id=number, now=NOW)
    with one_event("policies.search_unsubscribed"):
        unsubscribe(actor=mine, subscription_id=number, now=NOW)
    assert subscriptions(actor=mine) == ()
    published_later("NEW")
    assert send_digests(actor=SYSTEM, now=LATER) == 0


def test_the_link_of_a_message_ends_all_and_nobody_makes_one_up() -> None:
    somebody = person()
    with arranged():
        subscribe(actor=somebody.actor(), name="就业", question=JOBS, now=NOW)
    token = end_address(somebody.user.pk).rstrip("/").rpartition("/")[2]
    with no_event(), pytest.raises(SubscriptionNotFound):
        unsubscribe_all(actor=VISITOR, token=f"{token}x", now=NOW)
    with one_event("policies.search_unsubscribed"):
        assert unsubscribe_all(actor=VISITOR, token=token, now=NOW) == 1
    with no_event():
        assert unsubscribe_all(actor=VISITOR, token=token, now=NOW) == 0


def test_the_pages(client: Client) -> None:
    somebody = person()
    assert client.get(reverse("policies:subscriptions")).status_code == 302
    client = signed_in(somebody)
    text = client.get(reverse("policies:library"), {"text": "吸纳就业", "place": "哈尔滨市"}).content.decode()
    assert 'name="place" value="哈尔滨市"' in text
    answer = client.post(
        reverse("policies:subscribe"), {"text": "吸纳就业", "place": "哈尔滨市"}, follow=True
    )
    assert "吸纳就业 · 哈尔滨市" in answer.content.decode()
    assert "place=%E5%93%88%E5%B0%94%E6%BB%A8%E5%B8%82" in answer.content.decode()
    row = SearchSubscription.objects.get()
    client.post(reverse("policies:unsubscribe", args=[row.pk]))
    assert "还没有订阅" in client.get(reverse("policies:subscriptions")).content.decode()


def test_the_page_of_the_link(client: Client) -> None:
    somebody = person()
    with arranged():
        subscribe(actor=somebody.actor(), name="就业", question=JOBS, now=NOW)
    address = (
        "/policies/subscriptions/" + end_address(somebody.user.pk).partition("/policies/subscriptions/")[2]
    )
    assert SearchSubscription.objects.filter(ended_at__isnull=True).count() == 1
    assert "全部退订" in client.get(address).content.decode()
    assert SearchSubscription.objects.filter(ended_at__isnull=True).count() == 1
    assert "已全部退订" in client.post(address).content.decode()
    assert SearchSubscription.objects.filter(ended_at__isnull=True).count() == 0
