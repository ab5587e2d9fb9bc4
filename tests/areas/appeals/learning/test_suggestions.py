"""What many say becomes a suggestion to who makes the policy: masked, counted, answered in writing by a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import City, Said, city, one_appeal_event, submitted_appeal
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    SYSTEM,
    Person,
    agency,
    arranged,
    no_event,
    official,
)
from yingshang.areas.appeals import api
from yingshang.areas.appeals.learning.suggestions.actions import suggest
from yingshang.areas.appeals.models import Appeal, PolicySuggestion, SuggestionVoice
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db
TOPIC, OTHER = list(api.topics())[:2]
PLACE = "230102"
LATER = NOW + timedelta(days=1)


@dataclass(frozen=True)
class Suggesting:
    """Three appeals of three enterprises about one topic, and who makes policies in the district."""

    people: City
    said: tuple[Said, ...]
    author: Person

    @property
    def office(self) -> int:
        return agency(DAOLI, "commerce").pk

    def suggest(self, **more: object) -> int:
        values: dict[str, object] = {
            "actor": self.people.handler.actor(LATER),
            "agency_id": self.office,
            "title": "许可证变更应当限时办结",
            "text": "三家企业反映变更许可证没有时限，建议写明时限。",
            "region_path": PLACE,
            "topic": TOPIC,
            "now": LATER,
            **more,
        }
        return api.suggest_policy(**values)  # type: ignore[arg-type]


def _situation() -> Suggesting:
    people = city()
    said = tuple(submitted_appeal(people=people) for _ in range(3))
    author = official("policy_author", DAOLI, "commerce")
    with arranged():
        Appeal.objects.update(topic=TOPIC)
    return Suggesting(people, said, author)


def test_a_cluster_is_what_enough_different_enterprises_say(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    here = _situation()
    actor = here.people.handler.actor(LATER)
    with arranged():
        linked = [each.id for each in here.said[:2]]
        about = [{"kind": "policy_item", "id": "P-1", "label": "演示奖励"}]
        Appeal.objects.filter(pk__in=linked).update(links=about, disputed_count=1)
        Appeal.objects.filter(pk=here.said[2].id).update(links=[{**about[0], "id": "P-2"}])
    with django_assert_num_queries(3):
        item, topic = api.clusters(actor=actor, region_path=PLACE, now=LATER)
    # One enterprise alone is no cluster.
    assert (item.item_code, item.item_name, item.count, item.parties, item.unsolved) == (
        "P-1",
        "演示奖励",
        2,
        2,
        2,
    )
    assert (topic.topic, topic.count, topic.parties, topic.unsolved) == (TOPIC, 3, 3, 2)
    detail = api.cluster_detail(actor=actor, region_path=PLACE, item_code="P-1", now=LATER)
    assert (detail.count, detail.parties, len(detail.voices)) == (2, 2, 2)
    # Nor is it by its address, and nothing is suggested of it.
    alone = api.cluster_detail(actor=actor, region_path=PLACE, item_code="P-2", now=LATER)
    assert (alone.count, alone.parties, alone.voices) == (0, 0, ())
    with no_event(), pytest.raises(DomainError, match="under their name"):
        here.suggest(topic="", item_code="P-2")
    # One enterprise by name and once more without it are one.
    with arranged():
        Appeal.objects.filter(pk=here.said[1].id).update(anonymous=True)
    assert not [each for each in api.clusters(actor=actor, region_path=PLACE, now=LATER) if each.item_code]
    assert api.cluster_detail(actor=actor, region_path=PLACE, item_code="P-1", now=LATER).parties == 0
    assert api.cluster_detail(actor=actor, region_path=PLACE, topic=TOPIC, now=LATER).parties == 2
    # What was said long ago is none of it any more, and what was said elsewhere neither.
    assert api.clusters(actor=actor, region_path=PLACE, now=NOW + timedelta(days=100)) == ()
    other = official("department_official", NANGANG, "market-regulation").actor(LATER)
    assert api.clusters(actor=other, region_path="", now=LATER) == ()


def test_a_suggestion_has_its_voices_masked_and_counted_and_is_answered(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    here = _situation()
    anonymous = submitted_appeal(
        people=here.people, anonymous=True, body="电话 13812345678，证办不下来，一个月了。"
    )
    with arranged():
        Appeal.objects.filter(pk=anonymous.id).update(topic=TOPIC)
    with one_appeal_event("appeals.suggested"):
        number = here.suggest(text="请联系 13912345678：建议写明时限。")
    row = PolicySuggestion.objects.get()
    # Whose the anonymous one is, is not counted.
    assert (row.voice_count, row.party_count, row.state) == (4, 3, "sent")
    assert "13912345678" not in row.text and row.number.endswith("诉建〔2026〕1号")
    # Fifteen working days from Tuesday 24 November.
    assert row.due_on is not None and row.due_on.isoformat() == "2026-12-15"
    assert Message.objects.filter(template="appeals.suggestion_made", recipient_id=here.author.id).exists()
    author = here.author.actor(LATER)
    with django_assert_max_num_queries(3):
        shown, voices = api.suggestion(actor=author, suggestion_id=number)
    assert shown.may == {"taken_up", "declined"} and len(voices) == 4
    text = "\n".join(f"{each.title}{each.text}" for each in voices)
    assert "13812345678" not in text and anonymous.party.name not in text
    assert [each.id for each in api.suggestions(actor=author, mine=True).rows] == [number]
    assert api.suggestions(actor=author, state="taken_up").total == 0
    assert api.clusters(actor=author, region_path=PLACE, now=LATER)[0].suggested == number
    # Said once while it waits.
    with no_event(), pytest.raises(DomainError, match="waits for its answer"):
        here.suggest(title="同样的建议")
    with no_event(), pytest.raises(DomainError):
        api.answer_suggestion(actor=author, suggestion_id=number, taken_up=True, answer=" ", now=LATER)
    with one_appeal_event("appeals.suggestion_taken_up"):
        api.answer_suggestion(
            actor=author, suggestion_id=number, taken_up=True, answer="明年修订时写明五日。", now=LATER
        )
    shown, _voices = api.suggestion(actor=here.people.handler.actor(LATER), suggestion_id=number)
    assert (shown.state, shown.answer, shown.may) == ("taken_up", "明年修订时写明五日。", frozenset())
    told = Message.objects.filter(template="appeals.voice_taken_up")
    assert {each.who.id for each in here.said} <= set(told.values_list("recipient_id", flat=True))
    assert Message.objects.filter(
        template="appeals.suggestion_answered", recipient_id=here.people.handler.id
    ).exists()
    # Its clock is over: nobody is reminded.
    sweep(actor=SYSTEM, now=NOW + timedelta(days=40))
    assert not Message.objects.filter(template="appeals.suggestion_due").exists()
    # The voices stay, whatever becomes of them.
    assert SuggestionVoice.objects.count() == 4


def test_enterprises_are_counted_of_the_voices_that_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    here = _situation()
    rules = replace(api.learning_rules(), voices_most=2)
    monkeypatch.setattr(suggest, "learning_rules", lambda: rules)
    here.suggest()
    row = PolicySuggestion.objects.get()
    assert (row.voice_count, row.party_count) == (2, 2)
    # Those two of one enterprise are no cluster, whoever else said it before.
    with arranged():
        SuggestionVoice.objects.all().delete()
        row.delete()
        Appeal.objects.filter(pk__in=[each.id for each in here.said[1:]]).update(party=here.said[1].party)
    with no_event(), pytest.raises(DomainError, match="under their name"):
        here.suggest()


def test_an_author_who_does_not_answer_is_reminded() -> None:
    here = _situation()
    here.suggest()
    sweep(actor=SYSTEM, now=NOW + timedelta(days=60))
    told = Message.objects.filter(template="appeals.suggestion_due")
    assert told.filter(recipient_id=here.author.id).exists()
    # Who supervises there sits elsewhere, and is told as well.
    assert told.filter(recipient_id=here.people.supervisor.id).exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"text": ""}, "text"),
        ({"text": "长" * 5000}, "text"),
        ({"topic": "nothing"}, "topic"),
        ({"topic": OTHER}, "topic"),
        ({"topic": ""}, "topic"),
        ({"agency_id": 0}, "agency"),
        ({"region_path": "230103"}, "region"),
        ({"region_path": "2301"}, "region"),
    ],
)
def test_what_cannot_be_suggested_says_why(wrong: dict[str, object], field: str) -> None:
    here = _situation()
    with no_event(), pytest.raises(DomainError) as refused:
        here.suggest(**wrong)
    assert refused.value.message_zh
    assert refused.value.details["field"] == field


def test_who_may_do_what_in_every_state() -> None:
    here = _situation()
    people = here.people
    number = here.suggest()
    everybody: dict[str, tuple[Person, bool, bool]] = {
        "author": (here.author, True, False),
        "who made it": (people.handler, False, True),
        "another of the agency": (official("department_official", DAOLI, "market-regulation"), False, True),
        "another agency": (people.helper, False, False),
        "dispatcher": (people.dispatcher, False, False),
        "author above": (official("policy_author", HARBIN, "commerce"), False, False),
        "author elsewhere": (official("policy_author", NANGANG, "commerce"), False, False),
        "leader": (people.leader, False, False),
        "enterprise": (here.said[0].who, False, False),
    }
    for state, (who, (person, answers, withdraws)) in product(api.SUGGESTION.states, everybody.items()):
        with arranged():
            PolicySuggestion.objects.update(state=state)
        actor = person.actor(LATER)
        expected = {
            "taken_up": answers and state == "sent",
            "declined": answers and state == "sent",
            "withdrawn": withdraws and state == "sent",
        }
        try:
            may = api.suggestion(actor=actor, suggestion_id=number)[0].may
        except DomainError:
            may = frozenset()
        assert may == {name for name, wanted in expected.items() if wanted}, (who, state)
        for name, wanted in expected.items():
            if wanted:
                continue
            with no_event(), pytest.raises(DomainError):
                if name == "withdrawn":
                    api.withdraw_suggestion(actor=actor, suggestion_id=number, reason="理由", now=LATER)
                else:
                    api.answer_suggestion(
                        actor=actor,
                        suggestion_id=number,
                        taken_up=name == "taken_up",
                        answer="答复",
                        now=LATER,
                    )
    # Only who deals with appeals suggests.
    for other in (people.leader, here.author, here.said[0].who):
        with no_event(), pytest.raises(DomainError):
            here.suggest(actor=other.actor(LATER), topic=OTHER)


def test_taken_back_it_waits_for_nobody_and_may_be_made_again() -> None:
    here = _situation()
    number = here.suggest()
    with one_appeal_event("appeals.suggestion_withdrawn"):
        api.withdraw_suggestion(
            actor=here.people.handler.actor(LATER), suggestion_id=number, reason="再补充材料", now=LATER
        )
    assert PolicySuggestion.objects.get().state == "withdrawn"
    assert here.suggest() != number
    with one_appeal_event("appeals.suggestion_declined"):
        api.answer_suggestion(
            actor=here.author.actor(LATER),
            suggestion_id=PolicySuggestion.objects.latest("pk").pk,
            taken_up=False,
            answer="上位法已有规定。",
            now=LATER,
        )
    # Who is behind one that is not taken up is not troubled with it.
    assert not Message.objects.filter(template="appeals.voice_taken_up").exists()
