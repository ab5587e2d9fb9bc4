"""Appeals of the database that say the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.areas.appeals.factories import City, Said, city, submitted_appeal
from tests.kernel.access.factories import NOW, arranged, official
from yingshang.areas.appeals import api
from yingshang.areas.appeals.alike.finding import burst_candidates, mains_alike, said_before
from yingshang.areas.appeals.models import Appeal
from yingshang.kernel.access.api import NotAllowed

pytestmark = pytest.mark.django_db
OUTAGE = "我们厂从昨天晚上开始停电，到现在还没有来电，冷库里的货都要化了，请尽快抢修！"
AGAIN = "我们厂从昨天晚上开始停电，到现在还没有来电，冷库里的货都要化了，请赶快抢修。"
OTHER_WORDS = "从昨晚停电到现在都没修好，我店冰柜里东西全坏了，什么时候能来电？"
PERMIT = "去年申请的施工许可证到现在没有批下来，耽误开工。"


@pytest.fixture
def people() -> City:
    return city()


def said(people: City, body: str, *, topic: str = "power-outage", minutes: int = 0) -> Said:
    found = submitted_appeal(people=people, title="反映", body=body, now=NOW + timedelta(minutes=minutes))
    with arranged():
        Appeal.objects.filter(pk=found.id).update(proposal={"topic": topic})
    return found


def test_the_same_enterprise_saying_it_again_finds_its_open_one(
    people: City, django_assert_max_num_queries: object
) -> None:
    first = said(people, OUTAGE)
    said(people, OUTAGE)
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        (found,) = said_before(party_id=first.party.pk, text=AGAIN)
    assert found.id == first.id and found.same
    assert said_before(party_id=first.party.pk, text=OTHER_WORDS) == ()
    assert said_before(party_id=first.party.pk, text="。。。") == ()
    api.withdraw_appeal(actor=first.who.actor(NOW), appeal_id=first.id, now=NOW)
    assert said_before(party_id=first.party.pk, text=AGAIN) == ()


def test_others_about_the_same_are_offered_as_mains(
    people: City, django_assert_max_num_queries: object
) -> None:
    words, again, permit = (
        said(people, OTHER_WORDS),
        said(people, AGAIN),
        said(people, PERMIT, topic="acceptance"),
    )
    one = said(people, OUTAGE)
    row, actor = one.row, people.dispatcher.actor(NOW)
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        found = mains_alike(row, actor=actor)
    assert {each.id for each in found} == {words.id, again.id}
    assert next(each for each in found if each.id == again.id).same
    assert not next(each for each in found if each.id == words.id).same
    assert permit.id not in {each.id for each in found}
    # What was joined to another is no main one any more.
    api.join_appeal(actor=actor, appeal_id=again.id, main_id=words.id, now=NOW)
    assert [(each.id, each.voices) for each in mains_alike(one.row, actor=actor)] == [(words.id, 1)]


def test_only_within_reach(people: City) -> None:
    said(people, AGAIN)
    one = said(people, OUTAGE)
    elsewhere = official("window_official", "230103", "service-center").actor(NOW)
    assert mains_alike(one.row, actor=elsewhere) == ()
    assert burst_candidates(actor=elsewhere, now=NOW) == ()
    with pytest.raises(NotAllowed):
        mains_alike(one.row, actor=people.handler.actor(NOW))
    with pytest.raises(NotAllowed):
        burst_candidates(actor=one.who.actor(NOW), now=NOW)


def test_many_at_once_are_a_burst_until_they_are_joined(
    people: City, django_assert_max_num_queries: object
) -> None:
    texts = (OUTAGE, OTHER_WORDS, "厂里停电一天，没有任何通知", "停电了，没法生产", "又停电，什么时候来电")
    rows = [said(people, text, minutes=number) for number, text in enumerate(texts)]
    said(people, PERMIT, topic="construction-permit", minutes=9)
    actor, now = people.dispatcher.actor(NOW), NOW + timedelta(hours=1)
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        (burst,) = burst_candidates(actor=actor, now=now)
    assert burst.appeals == tuple(each.id for each in rows)
    assert (burst.topic, burst.region_path, burst.enterprises) == (
        "power-outage",
        rows[0].row.region_path[:6],
        5,
    )
    api.join_appeal(actor=actor, appeal_id=rows[4].id, main_id=rows[0].id, now=now)
    assert burst_candidates(actor=actor, now=now) == ()
    assert burst_candidates(actor=actor, now=NOW + timedelta(days=3)) == ()
