"""The same, said eight times at the same moment on connections of their own, is one appeal."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from tests.areas.appeals.factories import answered_appeal, city, submitted_appeal
from tests.kernel.access.factories import (
    DAOLI,
    NOW,
    agency,
    arranged,
    enterprise,
    legal_representative_of,
    official,
)
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, PolicySuggestion, Stewardship
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.ratings.models import BadRating, Rating, RatingFollowUp
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 8


def _at_once(act: Callable[[int], Any]) -> list[Any]:
    barrier = Barrier(TIMES)

    def run(number: int) -> Any:
        barrier.wait()
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TIMES) as pool:
        return list(pool.map(run, range(TIMES)))


def test_the_same_words_and_the_same_number_of_a_channel() -> None:
    people = city()
    party = enterprise(DAOLI)
    enterprise_actor, clerk = legal_representative_of(party).actor(), people.dispatcher.actor()
    said = _at_once(
        lambda _: api.submit_appeal(
            actor=enterprise_actor, party_id=party.pk, title="断电", body="园区每天下午断电两小时。", now=NOW
        )
    )
    told = _at_once(
        lambda number: api.submit_appeal(
            actor=clerk,
            channel="hotline",
            reference="12345-0001",
            region_code=DAOLI,
            title="噪声",
            body=f"夜间施工噪声很大，第 {number} 次记录。",
            now=NOW,
        )
    )
    for answers in (said, told):
        assert len({each.id for each in answers}) == 1 and [each.again for each in answers].count(False) == 1
    assert Appeal.objects.count() == 2


def test_an_enterprise_gets_one_steward() -> None:
    people, party = city(), enterprise(DAOLI)
    steward, actor = official("department_official", DAOLI, "commerce"), people.supervisor.actor()
    place = agency(DAOLI, "commerce").pk

    def assign(_number: int) -> str:
        try:
            api.assign_steward(
                actor=actor, party_id=party.pk, steward_id=steward.id, agency_id=place, tier="key", now=NOW
            )
        except DomainError as error:
            return error.message
        return ""

    told = _at_once(assign)
    assert told.count("") == 1 and all("is the steward" in each for each in told if each)
    assert Stewardship.objects.filter(until__isnull=True).count() == 1


def test_the_same_is_suggested_once() -> None:
    people = city()
    author, topic = official("policy_author", DAOLI, "commerce"), next(iter(api.topics()))
    for _number in range(2):
        submitted_appeal(people=people)
    with arranged():
        Appeal.objects.update(topic=topic)
    actor, place = people.handler.actor(NOW), agency(DAOLI, "commerce").pk
    assert author.id

    def suggest(_number: int) -> str:
        try:
            api.suggest_policy(
                actor=actor,
                agency_id=place,
                title="限时办结",
                text="建议写明时限。",
                region_path="230102",
                topic=topic,
                now=NOW + timedelta(hours=1),
            )
        except DomainError as error:
            return error.message
        return ""

    told = _at_once(suggest)
    assert told.count("") == 1 and all("waits for its answer" in each for each in told if each)
    # Those that were refused took no number.
    assert PolicySuggestion.objects.get().number.endswith("〕1号")


def test_a_rating_sent_many_times_is_one_with_one_follow_up() -> None:
    said = answered_appeal()
    actor = said.who.actor(NOW)
    later = NOW + timedelta(hours=2)
    given = _at_once(lambda _: api.rate_appeal(actor=actor, appeal_id=said.id, level=1, now=later))
    assert set(given) == {Rating.objects.get().pk}
    assert RatingFollowUp.objects.count() == BadRating.objects.count() == 1
    told = [each.action for each in AuditEvent.objects.filter(target_kind="rating")]
    assert told.count("ratings.rated") == 1 and told.count("ratings.changed") == TIMES - 1
