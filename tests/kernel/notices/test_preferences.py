"""What people want, over which channel, and when it is quiet."""

from __future__ import annotations

import threading
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.access.factories import (
    DAOLI,
    NOW,
    SYSTEM,
    administrator,
    no_event,
    official,
    one_event,
    person,
)
from tests.kernel.notices.factories import MORNING, QUIET
from tests.kernel.notices.servers import Mailbox, mail_server
from yingshang.kernel.access.api import NotAllowed, roles
from yingshang.kernel.notices.api import (
    InvalidPreference,
    InvalidRules,
    QuietHours,
    Recipient,
    UnknownChannel,
    UnknownKind,
    change_rules,
    deliver_due,
    message_kinds,
    message_preferences,
    platform_rules,
    send,
    set_message_preferences,
)
from yingshang.kernel.notices.delivery import WAITS
from yingshang.kernel.notices.models import Delivery, Message

TITLES = {"title": "停机", "text": "今晚维护"}


def tell(who: Any, *, template: str = "notices.announcement", now: Any = NOW, **more: Any) -> tuple[int, ...]:
    return send(
        actor=SYSTEM, to=Recipient(user_id=who.id), template=template, context=TITLES, now=now, **more
    )


def choose(who: Any, **choices: Any) -> None:
    given = {"unwanted": {}, "quiet": "platform", **choices}
    set_message_preferences(actor=who.actor(), now=NOW, **given)


@pytest.mark.django_db
def test_what_is_switched_off_is_not_written() -> None:
    who = person(email="who@example.org")
    with one_event("notices.preferences_set"):
        choose(who, unwanted={"announcement": ["email"]})
    with no_event():
        choose(who, unwanted={"announcement": ["email"]})
    tell(who)
    assert [each.channel for each in Message.objects.all()] == ["in_app"]
    choose(who, unwanted={"announcement": ["email", "in_app"]})
    with no_event():
        assert tell(who) == (), "which is no error of who has something to say"
    assert len(tell(who, template="notices.emergency")) == 2


@pytest.mark.django_db
def test_what_may_not_be_switched_off() -> None:
    who = person()
    mandatory = [kind.code for kind in message_kinds().values() if kind.mandatory]
    assert {"security", "deadline"} <= set(mandatory)
    for code in mandatory:
        with no_event(), pytest.raises(InvalidPreference):
            choose(who, unwanted={code: ["email"]})
    for wrong, error in (
        ({"unwanted": {"gossip": ["email"]}}, UnknownKind),
        ({"unwanted": {"policy": ["pigeon"]}}, UnknownChannel),
        ({"quiet": "always"}, InvalidPreference),
        ({"quiet": "own"}, InvalidPreference),
        ({"quiet": "own", "quiet_from": time(8), "quiet_until": time(8)}, InvalidPreference),
    ):
        with no_event(), pytest.raises(error):
            choose(who, **wrong)
    with pytest.raises(NotAllowed):
        message_preferences(actor=SYSTEM)
    shown = message_preferences(actor=who.actor())
    assert [each.kind.code for each in shown.kinds] == list(message_kinds())
    assert {each.channel for each in shown.kinds[0].channels} == {"in_app", "email"}, "no gateway is set up"


@pytest.mark.django_db
def test_at_night_the_inbox_gets_it_and_the_rest_waits_for_the_morning() -> None:
    who = person(email="who@example.org")
    tell(who, now=QUIET)
    assert Delivery.objects.get(message__channel="in_app").state == "delivered"
    mail = Delivery.objects.get(message__channel="email")
    assert (mail.state, mail.next_try_at) == ("queued", MORNING)
    with mail_server(Mailbox()) as mailbox:
        assert deliver_due(clock=lambda: MORNING - timedelta(seconds=1)) == 0
        assert deliver_due(clock=lambda: MORNING) == 1
    assert len(mailbox.received) == 1


@pytest.mark.django_db
def test_what_is_urgent_or_would_be_out_of_date_does_not_wait() -> None:
    who = person(email="who@example.org")
    tell(who, template="notices.emergency", now=QUIET)
    tell(who, now=QUIET, expires_at=QUIET + timedelta(hours=1))
    assert {each.next_try_at for each in Delivery.objects.filter(message__channel="email")} == {QUIET}
    with mail_server(Mailbox()) as mailbox:
        assert deliver_due(clock=lambda: QUIET) == 2
    assert len(mailbox.received) == 2


@pytest.mark.django_db
def test_ones_own_quiet_hours_and_none() -> None:
    early, never = person(email="a@example.org"), person(email="b@example.org")
    choose(early, quiet="own", quiet_from=time(9), quiet_until=time(11))
    choose(never, quiet="none")
    tell(early)  # ten in the morning
    tell(early, now=QUIET)
    tell(never, now=QUIET)
    by_time = (
        Delivery.objects.filter(message__channel="email").order_by("pk").values_list("next_try_at", flat=True)
    )
    assert list(by_time) == [NOW + timedelta(hours=1), QUIET, QUIET]


@pytest.mark.django_db
def test_second_attempts_and_what_was_left_over_wait_too() -> None:
    who = person(email="who@example.org")
    evening = QUIET - timedelta(hours=1, seconds=30)
    tell(who, now=evening)
    with mail_server(Mailbox(answer=lambda attempt: "451 busy")):
        deliver_due(clock=lambda: evening)
    row = Delivery.objects.get(message__channel="email")
    assert evening + WAITS[0] > QUIET - timedelta(hours=1)
    assert row.next_try_at == MORNING
    # A worker that was down since the afternoon does not wake anybody.
    Delivery.objects.update(next_try_at=NOW)
    with mail_server(Mailbox()) as mailbox:
        assert deliver_due(clock=lambda: QUIET) == 0
    row.refresh_from_db()
    assert (mailbox.received, row.next_try_at, row.attempts) == ([], MORNING, 1)


@pytest.mark.django_db
def test_the_platforms_rules_are_data() -> None:
    chief = administrator().actor()
    assert str(platform_rules().quiet) == "22:00–08:00"
    with one_event("notices.rules_changed") as events:
        change_rules(
            actor=chief, quiet_from=time(20), quiet_until=time(9), keep_days={"outside": 90}, now=NOW
        )
    assert events[0]["before"]["quiet_hours"] == "22:00–08:00"
    assert str(platform_rules().quiet) == "20:00–09:00"
    assert platform_rules().keep_days == {"in_app": 1095, "outside": 90, "reports": 30}
    change_rules(actor=chief, quiet_from=None, quiet_until=None, keep_days={}, now=NOW)
    assert platform_rules().quiet is None
    # They hold for the whole platform: who has somebody above them does not change them.
    with no_event(), pytest.raises(NotAllowed):
        change_rules(
            actor=administrator(DAOLI).actor(),
            quiet_from=time(20),
            quiet_until=time(9),
            keep_days={},
            now=NOW,
        )
    for wrong in (
        {"quiet_from": time(20)},
        {"quiet_from": time(8), "quiet_until": time(8)},
        {"keep_days": {"outside": 1}},
        {"keep_days": {"elsewhere": 90}},
    ):
        with no_event(), pytest.raises(InvalidRules):
            change_rules(
                actor=chief, now=NOW, **{"quiet_from": None, "quiet_until": None, "keep_days": {}, **wrong}
            )
    for role in roles():
        if role.code != "administrator":
            with no_event(), pytest.raises(NotAllowed):
                change_rules(
                    actor=official(role.code).actor(),
                    quiet_from=None,
                    quiet_until=None,
                    keep_days={},
                    now=NOW,
                )


times = st.times(max_value=time(23, 59)).map(lambda each: each.replace(second=0, microsecond=0))


@given(start=times, end=times, minutes=st.integers(0, 60 * 24 * 3))
def test_quiet_hours_end(start: time, end: time, minutes: int) -> None:
    """The end is outside them, no earlier than now, and less than a day away; outside them it is now."""
    quiet = QuietHours(start, end)
    moment = NOW + timedelta(minutes=minutes)
    after = quiet.after(moment)
    if quiet.holds(moment):
        assert moment < after <= moment + timedelta(days=1)
        assert not quiet.holds(after)
    else:
        assert after == moment


@pytest.mark.django_db(transaction=True)
def test_the_same_occasion_told_twice_at_once_is_told_once() -> None:
    """Both get the same answer: the second waits for the first, and finds what it wrote."""
    who = person(email="who@example.org")
    answers: list[Any] = []
    both = threading.Barrier(2)

    def tell_it() -> None:
        try:
            with transaction.atomic():
                both.wait(timeout=10)
                answers.append(tell(who, once="case:7"))
        except Exception as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=tell_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers[0] == answers[1]
    assert len(answers[0]) == 2
    assert Message.objects.count() == 2
