"""Writing messages: to whom, over what, in which language, in whose transaction; and reading them."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, cast

import pytest
from django.db import connection, transaction

from tests.kernel.access.factories import (
    NOW,
    SYSTEM,
    clerk_of,
    enterprise,
    legal_representative_of,
    no_event,
    official,
    one_event,
    person,
)
from yingshang.kernel.access.api import NotAllowed, deactivate_user, roles, set_preferences
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.api import (
    InvalidTemplate,
    MessageNotFound,
    MissingContext,
    NoAddress,
    NotFailed,
    Occasion,
    Recipient,
    UnknownChannel,
    UnknownTemplate,
    deliveries,
    get_message,
    inbox,
    mark_all_read,
    mark_read,
    message_templates,
    outbox_lag,
    retry_delivery,
    send,
    send_many,
    send_text,
    send_where_possible,
    unread_count,
)
from yingshang.kernel.notices.message_templates import declare_templates, render
from yingshang.kernel.notices.models import Delivery, Message

TELL = {"template": "notices.announcement", "context": {"title": "停机通知", "text": "今晚维护"}, "now": NOW}


def queued_jobs() -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'notices.deliver' ORDER BY id")
        return [json.loads(row[0]) for row in cursor.fetchall()]


@pytest.mark.django_db
def test_a_message_to_a_user_takes_every_channel_that_reaches_them() -> None:
    who = person(email="who@example.org")
    with one_event("notices.sent") as events:
        numbers = send(actor=SYSTEM, to=Recipient(user_id=who.id), **TELL)
    assert len(numbers) == 2
    assert events[0]["after"]["channels"] == ["email", "in_app"]
    assert "维护" not in str(events[0])
    assert [row.subject for row in inbox(actor=who.actor()).rows] == ["停机通知"]
    assert Delivery.objects.get(message__channel="in_app").state == "delivered"
    mail = Delivery.objects.get(message__channel="email")
    assert (mail.state, mail.next_try_at) == ("queued", NOW)
    assert queued_jobs()[-1] == {"message_ids": [mail.pk]}
    # Without an address there is the inbox.
    assert len(send(actor=SYSTEM, to=Recipient(user_id=person().id), **TELL)) == 1


@pytest.mark.django_db(transaction=True)
def test_no_action_no_message() -> None:
    who = person(email="who@example.org")
    before = queued_jobs()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send(actor=SYSTEM, to=Recipient(user_id=who.id), **TELL)
        raise ZeroDivisionError
    assert not Message.objects.exists()
    assert queued_jobs() == before


@pytest.mark.django_db
def test_a_message_to_an_enterprise_reaches_all_who_act_for_it() -> None:
    party = enterprise()
    boss, clerk, former = legal_representative_of(party), clerk_of(party), clerk_of(party)
    deactivate_user(actor=SYSTEM, user_id=former.id, reason="", now=NOW)
    with one_event("notices.sent") as events:
        send(actor=SYSTEM, to=Recipient(party_id=party.pk), **TELL)
    assert events[0]["party_id"] == party.pk
    for who, expected in ((boss, 1), (clerk, 1), (former, 0)):
        assert Message.objects.filter(recipient=who.user).count() == expected
    # Each reads their own.
    mark_all_read(actor=boss.actor(), now=NOW)
    assert (unread_count(actor=boss.actor()), unread_count(actor=clerk.actor())) == (0, 1)


@pytest.mark.django_db
def test_messages_speak_the_language_of_who_reads_them() -> None:
    who = person()
    set_preferences(actor=who.actor(), language="en", now=NOW)
    send(actor=SYSTEM, to=Recipient(user_id=who.id), **TELL)
    assert Message.objects.get().language == "en"


@pytest.mark.django_db
def test_what_cannot_be_sent() -> None:
    who, party = person(), enterprise()
    cases: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"to": Recipient(user_id=who.id), "channels": ["email"]}, NoAddress),
        ({"to": Recipient(party_id=party.pk)}, NoAddress),
        ({"to": Recipient(user_id=10**9)}, NoAddress),
        ({"to": Recipient(phone="13800138000"), "channels": ["sms"]}, NoAddress),
        ({"to": Recipient(endpoint="nowhere"), "channels": ["webhook"]}, NoAddress),
        ({"to": Recipient(user_id=who.id), "channels": ["pigeon"]}, UnknownChannel),
        ({"to": Recipient(user_id=who.id), "template": "no.such"}, UnknownTemplate),
        ({"to": Recipient(user_id=who.id), "context": {"title": "x"}}, MissingContext),
    ]
    for change, error in cases:
        with no_event(), pytest.raises(error):
            send(actor=SYSTEM, **{**TELL, **change})
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_an_occasion_is_told_once() -> None:
    who = person(email="who@example.org")
    first = send(actor=SYSTEM, to=Recipient(user_id=who.id), once="due:7:2026-11-23", **TELL)
    assert len(first) == 2
    with no_event():
        assert send(actor=SYSTEM, to=Recipient(user_id=who.id), once="due:7:2026-11-23", **TELL) == first
    assert Message.objects.count() == 2
    assert len(send(actor=SYSTEM, to=Recipient(user_id=who.id), once="due:8:2026-11-23", **TELL)) == 2
    send(actor=SYSTEM, to=Recipient(email="a@example.org"), channels=["email"], once="due:9", **TELL)
    assert "example.org" not in "".join(key or "" for key in Message.objects.values_list("once", flat=True))


@pytest.mark.django_db
def test_the_inbox_is_ones_own(django_assert_num_queries: Any) -> None:
    who, other = person(), person()
    numbers = [send(actor=SYSTEM, to=Recipient(user_id=who.id), **TELL)[0] for _ in range(3)]
    me, them = who.actor(), other.actor()
    with no_event():
        assert get_message(actor=them, message_id=numbers[0]) is None
        with pytest.raises(MessageNotFound):
            mark_read(actor=them, message_id=numbers[0], now=NOW)
        assert mark_all_read(actor=them, now=NOW) == 0
        with pytest.raises(MessageNotFound):
            mark_read(actor=SYSTEM, message_id=numbers[0], now=NOW)
    with one_event("notices.read"):
        mark_read(actor=me, message_id=numbers[0], now=NOW)
    with no_event():
        mark_read(actor=me, message_id=numbers[0], now=NOW + timedelta(days=1))
    assert Message.objects.get(pk=numbers[0]).read_at == NOW
    with django_assert_num_queries(2):
        page = inbox(actor=me, per_page=2)
    assert (page.total, page.unread, page.pages, len(page.rows)) == (3, 2, 2, 2)
    assert inbox(actor=me, unread_only=True).total == 2
    with django_assert_num_queries(1):
        assert unread_count(actor=me) == 2
    with one_event("notices.read"):
        assert mark_all_read(actor=me, now=NOW) == 2
    # The copy that went by mail is no second message in the inbox.
    assert inbox(actor=me).total == 3


@pytest.mark.django_db
def test_operators_see_how_messages_went_but_not_what_they_say() -> None:
    who = person(email="someone@example.org")
    number = send(actor=SYSTEM, to=Recipient(user_id=who.id), channels=["email"], **TELL)[0]
    Delivery.objects.filter(pk=number).update(state="failed", error="550 no such user", next_try_at=None)
    operator = official("operator").actor()
    row = deliveries(actor=operator, state="failed").rows[0]
    assert row.address == "som**************rg"
    assert "维护" not in str(row)
    with one_event("notices.retried"):
        retry_delivery(actor=operator, message_id=number, now=NOW)
    assert Delivery.objects.get(pk=number).state == "queued"
    with no_event(), pytest.raises(NotFailed):
        retry_delivery(actor=operator, message_id=number, now=NOW)
    with no_event(), pytest.raises(MessageNotFound):
        retry_delivery(actor=operator, message_id=0, now=NOW)
    # What held a secret is not sent again without it.
    (link,) = send_text(
        actor=SYSTEM, email="x@example.org", template="accounts.x", subject="s", body="a link", now=NOW
    )
    Delivery.objects.filter(pk=link).update(state="failed", secret_body="", next_try_at=None)
    with no_event(), pytest.raises(NotFailed):
        retry_delivery(actor=operator, message_id=link, now=NOW)
    for role in roles():
        if role.code != "operator":
            actor = official(role.code).actor()
            with pytest.raises(NotAllowed):
                deliveries(actor=actor)
            with no_event(), pytest.raises(NotAllowed):
                retry_delivery(actor=actor, message_id=number, now=NOW)


@pytest.mark.django_db
def test_how_far_the_outbox_lags() -> None:
    assert outbox_lag(NOW).oldest == timedelta(0)
    for minutes in (0, 10):
        send(
            actor=SYSTEM,
            to=Recipient(email="x@example.org"),
            channels=["email"],
            **{**TELL, "now": NOW + timedelta(minutes=minutes)},
        )
    lag = outbox_lag(NOW + timedelta(minutes=5))
    assert (lag.queued, lag.overdue, lag.oldest, lag.failed) == (2, 1, timedelta(minutes=5), 0)


def test_every_template_can_be_rendered_in_both_languages() -> None:
    for template in message_templates():
        context = {name: f"«{name}»" for name in template.fields}
        for language in ("zh-hans", "en"):
            text = render(template, language, context)
            assert text.subject, (template.code, language)
            for name in template.secret:
                assert f"«{name}»" in text.body
                assert f"«{name}»" not in text.hidden + text.subject
        assert template.name
        assert template.name_en


def test_a_line_break_in_a_subject_begins_no_header() -> None:
    template = next(each for each in message_templates() if each.code == "notices.announcement")
    text = render(template, "zh-hans", {"title": "你好\r\nBcc: all@example.org", "text": "<b>&</b>"})
    assert "\n" not in text.subject
    assert text.body == "<b>&</b>"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("templates: [{code: a, name: 甲, name_en: A, zh-hans: {subject: s, body: b}}]", "'en' is missing"),
        (
            "templates: [{code: a, name: 甲, name_en: A, fields: [], zh-hans: {subject: s, body: '{{ x }}'},"
            " en: {subject: s, body: b}}]",
            "'x' is not among the fields",
        ),
        (
            "templates: [{code: a, name: 甲, name_en: A, secret: [x], zh-hans: {subject: s, body: b},"
            " en: {subject: s, body: b}}]",
            "must be among the fields",
        ),
        (
            "templates: [{code: a, name: 甲, name_en: A, zh-hans: {subject: s, body: '{% if %}'},"
            " en: {subject: s, body: b}}]",
            "zh-hans",
        ),
    ],
)
def test_templates_that_do_not_hold_together(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "templates.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidTemplate, match=problem):
        declare_templates(cast(Traversable, path))


@pytest.mark.django_db
def test_many_occasions_write_what_each_would_have_written(django_assert_max_num_queries: Any) -> None:
    """The same messages, deliveries and events, in as many statements as one; each occasion once."""
    readers, closed = [person(email="reader@example.com"), person(), person()], person()
    deactivate_user(actor=SYSTEM, user_id=closed.id, reason="离职", now=NOW)
    set_preferences(actor=readers[0].actor(), language="en", large_text=False, now=NOW)
    everybody = [each.id for each in (*readers, closed)]
    occasions = [
        Occasion(
            everybody[number % 3 :], {"title": f"通知{number}", "text": "维护"}, "/desk/", f"many:{number}"
        )
        for number in range(8)
    ]
    with transaction.atomic():
        for each in occasions:
            send_where_possible(
                actor=SYSTEM,
                to=[Recipient(user_id=user) for user in each.users],
                template="notices.announcement",
                context=each.context,
                link=each.link,
                once=each.once,
                now=NOW,
            )
        singly = _written()
        transaction.set_rollback(True)
    send_where_possible(
        actor=SYSTEM,
        to=[Recipient(user_id=readers[0].id)],
        template="notices.announcement",
        context=occasions[0].context,
        link="/desk/",
        once="many:0",
        now=NOW,
    )
    assert {channel for _, _, channel, *_ in singly["messages"]} == {"in_app", "email"}
    before = Message.objects.count()
    told: dict[str, Any] = {
        "actor": SYSTEM,
        "template": "notices.announcement",
        "occasions": occasions,
        "now": NOW,
    }
    with django_assert_max_num_queries(14):
        assert send_many(**told) == len(singly["messages"]) - before
    assert _written() == singly
    with no_event():
        assert send_many(**told) == 0


def _written() -> dict[str, Any]:
    return {
        "messages": sorted(
            Message.objects.values_list(
                "once", "recipient", "channel", "subject", "body", "link", "language", "address", "created_at"
            )
        ),
        "deliveries": sorted(
            Delivery.objects.values_list("message__once", "state", "next_try_at", "sent_at"), key=str
        ),
        "events": sorted(
            (event.target_id, event.actor_id, event.after["template"], str(event.after["channels"]))
            for event in AuditEvent.objects.filter(action="notices.sent")
        ),
    }
