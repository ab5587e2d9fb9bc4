"""Who said it rates how it was dealt with: after a reply, for itself, with an account or a key, unnamed where it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.consulting.consultations import CALLED, open_consultation
from tests.areas.appeals.factories import (
    City,
    Said,
    another_person,
    answered_appeal,
    city,
    declined_appeal,
    handled_appeal,
    joined_appeal,
    proposed_reply,
    withdrawn_appeal,
)
from tests.kernel.access.factories import NOW, arranged, no_event, one_event
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, AppealAddition
from yingshang.kernel.access.api import VISITOR
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.kernel.ratings.api import (
    InvalidRating,
    NotPossibleNow,
    get_rating,
    note_call,
    note_correction,
    read_words,
)
from yingshang.kernel.ratings.models import Rating

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


def rates(said: Said, level: int = 5, **more: object) -> int:
    values: dict[str, object] = {"actor": said.who.actor(LATER), "appeal_id": said.id, "now": LATER, **more}
    return api.rate_appeal(level=level, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("situation", [handled_appeal, withdrawn_appeal, declined_appeal, joined_appeal])
def test_what_was_not_answered_cannot_be_rated(situation: object) -> None:
    said = situation()  # type: ignore[operator]
    with no_event(), pytest.raises(InvalidRating) as refused:
        rates(said)
    assert refused.value.details["field"] == "step"
    assert api.my_appeal(actor=said.who.actor(LATER), appeal_id=said.id, now=LATER).ratings == ()


def test_a_bad_one_goes_from_who_said_it_to_the_agency_and_back() -> None:
    said = answered_appeal()
    with no_event(), pytest.raises(api.AppealNotFound):
        rates(said, actor=another_person().actor(LATER))
    number = rates(
        said, 2, answers={"contacted": True, "solved": False}, reasons=["evasive"], words="等王五回话"
    )
    row = Rating.objects.select_related("follow_up").get()
    appeal = said.row
    assert (row.subject_id, row.agency_id, row.party_id) == (said.id, appeal.agency_id, said.party.pk)
    assert row.follow_up.state == "open" and appeal.state == "answered"
    handler = said.people.handler.actor(LATER)
    note_call(actor=handler, rating_id=number, text="已电话致歉", now=LATER)
    note_correction(actor=handler, rating_id=number, text="已重新答复", now=LATER)
    assert Message.objects.filter(template="appeals.rate_anew", recipient=said.who.user).exists()
    [own] = api.my_appeal(actor=said.who.actor(LATER), appeal_id=said.id, now=LATER).ratings
    assert (own.correction, own.may_rate, own.words) == ("已重新答复", True, "等王五回话")
    long_after = NOW + timedelta(days=60)
    rates(said, 4, answers={"solved": True}, now=long_after)
    assert get_rating(actor=handler, rating_id=number).follow_up == "closed"
    with pytest.raises(NotPossibleNow):
        rates(said, 1, now=long_after + timedelta(days=30))


def test_answered_again_it_may_be_rated_anew() -> None:
    said = answered_appeal()
    with one_event("ratings.rated"):
        rates(said, 5)
    actor = said.who.actor(LATER)
    late = NOW + timedelta(days=20)
    api.dispute_answer(actor=actor, appeal_id=said.id, reason="没有解决", now=LATER)
    reply = proposed_reply(said, now=late)
    with no_event(), pytest.raises(NotPossibleNow):
        rates(said, 1, now=late)
    api.send_reply(actor=said.people.approver.actor(late), reply_id=reply, now=late)
    rates(said, 1, now=late)
    assert Rating.objects.get().follow_up.state == "open"


def test_a_voice_rates_for_itself() -> None:
    voice = joined_appeal()
    main = voice.row.main
    assert main is not None
    _answer(voice.people, main)
    rates(voice, 3)
    found = api.ratings_of_appeal(actor=voice.people.handler.actor(LATER), appeal_id=main.pk)
    assert found.own == () and found.voices.counts == ((3, 1),)
    assert [(each.subject_id, each.level) for each in found.voices.rows] == [(voice.id, 3)]
    assert Rating.objects.get().agency_id == voice.people.market


def test_of_an_anonymous_one_nobody_learns_who_rates() -> None:
    said = answered_appeal(anonymous=True, reporter=api.Reporter("赵小芳", "13912345678", ""))
    rates(said, 5)
    number = rates(said, 1, words=f"我是{said.party.name}的赵小芳，电话139\u200b12345678，至今没有人找过我")
    row = Rating.objects.get()
    assert (row.party_id, row.given_by_id, row.given_by_name) == (None, None, "")
    handler = said.people.handler.actor(LATER)
    words, _call = read_words(actor=handler, rating_id=number, purpose="核实", now=LATER)
    for secret in (said.party.name, "赵小芳", "13912345678", "12345678"):
        assert secret not in words
        assert secret not in repr(get_rating(actor=handler, rating_id=number))
    assert "至今没有人找过我" in words
    events = AuditEvent.objects.filter(action__startswith="ratings.")
    assert not events.filter(party_id__isnull=False).exists()
    told = events.filter(action__in=["ratings.rated", "ratings.changed"])
    assert {(each.actor_kind, each.actor_id, each.actor_name) for each in told} == {("visitor", "", "")}


def test_with_number_and_key_it_is_rated_without_an_account() -> None:
    people = city()
    done = api.submit_appeal(
        actor=VISITOR,
        title="路灯不亮",
        body="园区门口的路灯坏了两个星期，晚上货车进出很危险。",
        region_code="230102",
        channel="phone_page",
        now=NOW,
    )
    appeal = Appeal.objects.get(pk=done.id)
    _answer(people, appeal)
    with no_event(), pytest.raises(api.AppealNotFound):
        api.rate_appeal(actor=VISITOR, appeal_id=done.id, level=1, key="wrong", now=LATER)
    number = api.rate_appeal(actor=VISITOR, appeal_id=done.id, level=1, key=done.key, now=LATER)
    row = Rating.objects.get()
    assert (row.party_id, row.given_by_id, row.follow_up.state) == (None, None, "open")
    handler = people.handler.actor(LATER)
    # Nobody can be reached; what was put right stands on the page the key opens.
    note_call(actor=handler, rating_id=number, text="没有留下电话", now=LATER)
    note_correction(actor=handler, rating_id=number, text="路灯已修好", now=LATER)
    [own] = api.my_appeal(actor=VISITOR, appeal_id=done.id, key=done.key, now=LATER).ratings
    assert own.correction == "路灯已修好" and AppealAddition.objects.count() == 0


def _answer(people: City, appeal: Appeal) -> None:
    at = NOW + timedelta(minutes=10)
    api.dispatch_appeal(
        actor=people.dispatcher.actor(at), appeal_id=appeal.pk, agency_id=people.market, now=at
    )
    handler = people.handler.actor(at)
    api.record_contact(actor=handler, appeal_id=appeal.pk, way="telephone", said="已了解", now=at)
    reply = api.write_reply(actor=handler, appeal_id=appeal.pk, text="已处理。", outcome="solved", now=at)
    api.propose_reply(actor=handler, reply_id=reply, now=at)
    api.send_reply(actor=people.approver.actor(at), reply_id=reply, now=at)


def test_no_event_names_who_said_an_anonymous_one() -> None:
    """Whatever who said it does; what officials do stands under their names."""
    for anonymous in (True, False):
        said = answered_appeal(anonymous=anonymous)
        actor = said.who.actor(LATER)
        api.dispute_answer(actor=actor, appeal_id=said.id, reason="没有解决", now=LATER)
        api.add_to_appeal(actor=actor, appeal_id=said.id, body="补充一张照片的说明。", now=LATER)
        reply = proposed_reply(said, now=LATER)
        api.send_reply(actor=said.people.approver.actor(LATER), reply_id=reply, now=LATER)
        api.confirm_answer(actor=actor, appeal_id=said.id, now=LATER)
        api.reopen_appeal(actor=actor, appeal_id=said.id, reason="又出现了", now=LATER)
        api.withdraw_appeal(actor=actor, appeal_id=said.id, now=LATER)
        by = AuditEvent.objects.filter(
            target_kind="appeal", target_id=str(said.id), actor_kind="user", actor_id=str(said.who.id)
        )
        names = {"submitted", "disputed", "added", "confirmed", "reopened", "withdrawn"}
        found = {each.action.removeprefix("appeals.") for each in by}
        assert found == (set() if anonymous else names)
        every = AuditEvent.objects.filter(target_kind="appeal", target_id=str(said.id))
        assert names <= {each.action.removeprefix("appeals.") for each in every}
        assert every.filter(actor_id=str(said.people.approver.id)).exists()


def test_what_is_far_too_long_is_refused_before_it_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    said = answered_appeal(anonymous=True)

    def never(*_arguments: object, **_more: object) -> None:
        raise AssertionError("looked through")

    monkeypatch.setattr("yingshang.areas.appeals.rating.actions.rate_appeal.mask", never)
    with no_event(), pytest.raises(InvalidRating) as refused:
        rates(said, 1, words="电话13912345678" * 1000)
    assert "500" in refused.value.message_zh


def test_rated_and_taken_back_it_may_be_rated_anew_once_it_was_put_right() -> None:
    said, unrated = answered_appeal(), answered_appeal()
    number = rates(said, 1)
    for each in (said, unrated):
        api.withdraw_appeal(actor=each.who.actor(LATER), appeal_id=each.id, now=LATER)
    handler = said.people.handler.actor(LATER)
    note_call(actor=handler, rating_id=number, text="已联系", now=LATER)
    note_correction(actor=handler, rating_id=number, text="已办好", now=LATER)
    [own] = api.my_appeal(actor=said.who.actor(LATER), appeal_id=said.id, now=LATER).ratings
    assert (own.correction, own.may_rate) == ("已办好", True)
    rates(said, 4)
    assert get_rating(actor=handler, rating_id=number).follow_up == "closed"
    # What nobody had rated is over.
    assert api.my_appeal(actor=unrated.who.actor(LATER), appeal_id=unrated.id, now=LATER).ratings == ()
    with no_event(), pytest.raises(InvalidRating):
        rates(unrated)


def test_of_many_voices_a_page_shows_the_worst_and_counts_all(
    django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yingshang.areas.appeals.rating.selectors.MOST", 2)
    voice = joined_appeal()
    main = voice.row.main
    assert main is not None
    _answer(voice.people, main)
    rates(voice, 3)
    row = Rating.objects.get()
    numbers = [main.pk, *range(1_000_000, 1_000_003)]
    with arranged():
        # Three more voices and the main one itself, as they are stored.
        for number, level in zip(numbers, (4, 5, 1, 5), strict=True):
            if number != main.pk:
                appeal = Appeal.objects.get(pk=voice.id)
                appeal.pk, appeal.number, appeal.key_hash = number, f"V{number}", ""
                appeal.save(force_insert=True)
            row.pk, row.subject_id, row.level = None, number, level
            row.save(force_insert=True)
    actor = voice.people.handler.actor(LATER)
    with django_assert_num_queries(5):
        found = api.ratings_of_appeal(actor=actor, appeal_id=main.pk)
    assert [each.level for each in found.own] == [4]
    assert [each.level for each in found.voices.rows] == [1, 3]
    assert found.voices.counts == ((5, 2), (3, 1), (1, 1)) and found.voices.total == 4


def test_who_speaks_in_a_consultation_about_an_anonymous_one_is_in_no_event() -> None:
    called = open_consultation(anonymous=True)
    actor = called.said.who.actor(CALLED)
    api.give_own_statement(
        actor=actor, appeal_id=called.said.id, consultation_id=called.id, body="我们可以补材料。", now=CALLED
    )
    event = AuditEvent.objects.get(action="appeals.consultation_stated")
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("visitor", "", "")
