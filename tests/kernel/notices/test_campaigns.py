"""Mass messages: for whom, with which words, let through by whom; sent in steps that survive a killed worker."""

from __future__ import annotations

import io
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from tests.forked import leave_connections
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    SYSTEM,
    Person,
    arranged,
    clerk_of,
    enterprise,
    no_event,
    official,
    one_event,
    region,
)
from tests.kernel.notices.factories import also_appointed, draft, enterprise_with_clerk, sender
from tests.kernel.notices.servers import Mailbox, mail_server
from tests.kernel.parties.factories import a_party
from yingshang.kernel.access.api import ConflictingDuties, NotAllowed, actor_by_reference, roles
from yingshang.kernel.notices.api import (
    Audience,
    CampaignContent,
    CampaignNotFound,
    InvalidCampaign,
    InvalidList,
    SensitiveWords,
    WrongCampaignState,
    campaign_deliveries,
    campaign_progress,
    campaign_statistics,
    campaign_unreached,
    campaigns,
    campaigns_to_review,
    cancel_campaign,
    change_campaign,
    create_campaign,
    decide_override,
    deliver_due,
    find_words,
    forget_old_messages,
    get_campaign,
    inbox,
    mark_read,
    pause_campaign,
    preview_campaign,
    recall_campaign,
    resend_to_unread,
    resume_campaign,
    rows_of_file,
    rows_of_text,
    send_campaign,
    set_campaign_list,
    set_message_preferences,
    start_due_campaigns,
    submit_campaign,
    word_list,
)
from yingshang.kernel.notices.models import Campaign, CampaignRecipient, Delivery, Message
from yingshang.kernel.parties.api import FactCondition, InvalidCondition

pytestmark = pytest.mark.django_db


def send_all(who: Person, campaign_id: int, now: Any = NOW) -> Any:
    return send_campaign(actor=who.actor(), campaign_id=campaign_id, clock=lambda: now)


def submit(who: Person, campaign_id: int, **more: Any) -> str:
    return submit_campaign(actor=who.actor(), campaign_id=campaign_id, now=NOW, **more)


def sent(who: Person, **values: Any) -> int:
    number = draft(who, **values)
    submit(who, number)
    send_all(who, number)
    return number


# --- whom it is for ---------------------------------------------------------------------------------------------------


def test_it_goes_to_the_enterprises_of_the_senders_scope() -> None:
    party, clerk = enterprise_with_clerk(DAOLI)
    silent = enterprise(DAOLI)
    _, elsewhere = enterprise_with_clerk(NANGANG)
    who = sender(DAOLI)
    with one_event("notices.campaign_created"):
        number = draft(who)
    assert preview_campaign(actor=who.actor(), campaign_id=number, now=NOW).count == 2
    with one_event("notices.campaign_submitted"):
        assert submit(who, number) == "sending"
    done = send_all(who, number)
    assert (done.written, done.unreached, done.waiting) == (1, 1, 0)
    (message,) = inbox(actor=clerk.actor()).rows
    assert message.body == f"{party.name}：研发补贴开始申报。"
    assert inbox(actor=elsewhere.actor()).total == 0
    assert get_campaign(actor=who.actor(), campaign_id=number).state == "done"
    (row,) = campaign_unreached(actor=who.actor(), campaign_id=number).rows
    assert (row.party_name, row.problem) == (silent.name, "no_contact")


def test_by_region_size_industry_and_facts() -> None:
    wanted = a_party(
        facts={
            "ent.size": "小型",
            "ent.industry": "3911",
            "ent.is_legal_person": True,
            "ent.registered_capital": "500",
        }
    )
    a_party(
        facts={
            "ent.size": "小型",
            "ent.industry": "3911",
            "ent.is_legal_person": False,
            "ent.registered_capital": "500",
        }
    )
    a_party(facts={"ent.size": "小型", "ent.industry": "3911"})
    a_party(
        facts={
            "ent.size": "大型",
            "ent.industry": "5112",
            "ent.is_legal_person": True,
            "ent.registered_capital": "9",
        }
    )
    who = sender(DAOLI)
    audience = Audience(
        region=DAOLI,
        industry="C",
        facts=(
            FactCondition("ent.size", "is", "小型"),
            FactCondition("ent.is_legal_person", "is", "true"),
            FactCondition("ent.registered_capital", "at_least", "100"),
        ),
    )
    number = draft(who, audience=audience)
    preview = preview_campaign(actor=who.actor(), campaign_id=number, now=NOW)
    assert (preview.count, [each.party.id for each in preview.sample]) == (1, [wanted.pk])
    assert get_campaign(actor=who.actor(), campaign_id=number).audience == audience
    assert wanted.name in preview.rendered["zh-hans"].body


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        (("ent.nothing", "is", "x"), "事实目录中没有"),
        (("ent.is_legal_person", "is", "ja"), "应填：是或否"),
        (("ent.is_legal_person", "at_least", "true"), "不能这样比较"),
        (("ent.registered_capital", "at_least", "many"), "应填：数字"),
        (("ent.registered_capital", "at_least", "1e999999"), "应填：数字"),
        (("ent.established", "at_least", "2026"), "应填：日期"),
        (("ent.size", "is", "巨型"), "应填：大型"),
        (("ent.status", "is", "'; DROP TABLE parties_party; --"), "应填：存续"),
    ],
)
def test_conditions_that_cannot_be_asked(condition: tuple[str, str, str], told: str) -> None:
    who = sender()
    with no_event(), pytest.raises(InvalidCondition) as caught:
        draft(who, audience=Audience(facts=(FactCondition(*condition),)))
    assert told in caught.value.message_zh


def test_what_does_not_hold_together() -> None:
    who = sender(DAOLI)
    for change, told in (
        ({"title": " "}, "名称不能为空"),
        ({"kind": "security"}, "种类应为"),
        ({"channels": []}, "至少选一个渠道"),
        ({"channels": ["sms"]}, "没有接入短信"),
        ({"channels": ["webhook"]}, "没有接入"),
        ({"texts": {"zh-hans": ("题", "{{ enterprize }}")}}, "是否指 {{ enterprise }}"),
        ({"texts": {"en": ("Title", "Text")}}, "请写中文内容"),
        ({"link": "javascript:alert(1)"}, "链接应以"),
        ({"link": "//elsewhere.example"}, "链接应以"),
        ({"audience": Audience(region=NANGANG)}, "不在您的地区内"),
        ({"audience": Audience(region="999999")}, "没有区划"),
    ):
        with no_event(), pytest.raises(InvalidCampaign) as caught:
            draft(who, **change)
        assert told in caught.value.message_zh, change


def test_a_list_tells_of_every_row() -> None:
    one, two = enterprise(DAOLI), enterprise(DAOLI)
    outside = enterprise(NANGANG)
    who = sender(DAOLI)
    number = draft(who)
    text = f"{one.credit_code}\n\n{two.credit_code.lower()},\n{one.credit_code}\n{outside.credit_code}\nnonsense\n"
    with one_event("notices.campaign_list_set") as events:
        good = set_campaign_list(actor=who.actor(), campaign_id=number, rows=rows_of_text(text), now=NOW)
    assert good == 2
    assert events[0]["after"] == {"rows": 5, "enterprises": 2}
    unreached = campaign_unreached(actor=who.actor(), campaign_id=number)
    assert [(each.row, each.problem) for each in unreached.rows] == [
        (4, "duplicate"),
        (5, "unknown"),
        (6, "invalid"),
    ]
    assert preview_campaign(actor=who.actor(), campaign_id=number, now=NOW).count == 2
    # The list stays when the text is rewritten, and another list takes its place.
    content = CampaignContent(
        title="新名称", kind="policy", channels=["in_app"], texts={"zh-hans": ("题", "文")}
    )
    change_campaign(actor=who.actor(), campaign_id=number, content=content, now=NOW)
    assert get_campaign(actor=who.actor(), campaign_id=number).has_list
    set_campaign_list(actor=who.actor(), campaign_id=number, rows=rows_of_text("nonsense"), now=NOW)
    with no_event(), pytest.raises(InvalidCampaign):
        submit(who, number)
    set_campaign_list(actor=who.actor(), campaign_id=number, rows=[], now=NOW)
    assert not get_campaign(actor=who.actor(), campaign_id=number).has_list


def test_lists_come_as_files_too() -> None:
    code = enterprise(DAOLI).credit_code
    file = io.BytesIO(f"统一社会信用代码,名称\n{code},甲\nwrong,乙\n{code},丙\n".encode())
    rows = rows_of_file(file, "名单.csv")
    assert [(each.row, each.text) for each in rows][:2] == [(2, code), (3, "wrong")]
    assert len(rows) == 3
    for content, name in ((b"", "a.csv"), (b"\x00\x01", "a.xlsx"), (b"x", "a.exe"), (b"name\nx\n", "a.csv")):
        with pytest.raises(InvalidList):
            rows_of_file(io.BytesIO(content), name)
    for text in ("", "\n \n"):
        with pytest.raises(InvalidList):
            rows_of_text(text)


# --- sensitive words --------------------------------------------------------------------------------------------------

RISKY = {"zh-hans": ("最 佳政策", "请转账到安－全－账－户。\n电话１３８００１３８０００")}


def test_sensitive_words_are_found_with_their_place() -> None:
    found = find_words({**RISKY, "en": ("Plain", "Call 13800138000")})
    assert [(each.where_zh, each.found) for each in found] == [
        ("中文标题第1行第1字", "最 佳"),
        ("中文正文第1行第2字", "转账到"),
        ("中文正文第1行第5字", "安－全－账－户"),
        ("中文正文第2行第3字", "１３８００１３８０００"),
        ("英文正文第1行第6字", "13800138000"),
    ]
    assert found[0].category == "superlative"
    assert word_list().version
    assert not find_words({"zh-hans": ("商业秘密保护", "不转账、到窗口办")})


def test_words_need_a_reason_and_a_second_person() -> None:
    enterprise_with_clerk(DAOLI)
    who, other, outside = sender(DAOLI), sender(DAOLI), sender(NANGANG)
    number = draft(who, texts=RISKY)
    with no_event(), pytest.raises(SensitiveWords) as caught:
        submit(who, number)
    assert len(caught.value.details["findings"]) == 4
    with one_event("notices.campaign_override_asked") as events:
        assert submit(who, number, override_reason="提醒企业防范诈骗") == "review"
    assert events[0]["after"]["version"] == word_list().version
    assert campaigns_to_review(actor=who.actor()) == ()
    assert [each.id for each in campaigns_to_review(actor=other.actor())] == [number]
    decide = {"campaign_id": number, "reason": "确为防诈骗提醒", "now": NOW}
    for actor, error in ((who, ConflictingDuties), (outside, CampaignNotFound)):
        with no_event(), pytest.raises(error):
            decide_override(actor=actor.actor(), approve=True, **decide)
    with no_event(), pytest.raises(InvalidCampaign):
        decide_override(actor=other.actor(), approve=True, **{**decide, "reason": " "})
    with one_event("notices.campaign_override_refused"):
        assert decide_override(actor=other.actor(), approve=False, **decide) == "draft"
    shown = get_campaign(actor=who.actor(), campaign_id=number)
    assert (shown.refusal, shown.findings) == ("确为防诈骗提醒", ())
    submit(who, number, override_reason="提醒企业防范诈骗")
    with one_event("notices.campaign_override_approved"):
        assert decide_override(actor=other.actor(), approve=True, **decide) == "sending"
    with no_event(), pytest.raises(WrongCampaignState):
        decide_override(actor=other.actor(), approve=True, **decide)
    assert send_all(other, number).written == 1


def test_a_changed_text_needs_letting_through_again() -> None:
    who, other = sender(DAOLI), sender(DAOLI)
    number = draft(who, texts=RISKY)
    submit(who, number, override_reason="防诈骗", send_at=NOW + timedelta(days=1))
    decide_override(actor=other.actor(), campaign_id=number, approve=True, reason="可以", now=NOW)
    recall_campaign(actor=who.actor(), campaign_id=number, now=NOW)
    with no_event(), pytest.raises(SensitiveWords):
        submit(who, number)


def test_a_broken_list_of_words_stops_everything(tmp_path: Path) -> None:
    who = sender(DAOLI)
    number = draft(who)
    path = tmp_path / "words.yaml"
    for content in (
        "",
        "metadata: {}",
        "{",
        "metadata: {version: 1, date: x, title: y}\ncategories: [{code: a, name: b, name_en: c, patterns: [{name: x, name_en: y, pattern: '('}]}]",
    ):
        path.write_text(content, encoding="utf-8")
        os.utime(path, ns=(len(content), len(content)))
        with override_settings(SENSITIVE_WORDS_FILE=str(path)), no_event(), pytest.raises(InvalidCampaign):
            submit(who, number)
    with (
        override_settings(SENSITIVE_WORDS_FILE="/nowhere/words.yaml"),
        no_event(),
        pytest.raises(InvalidCampaign),
    ):
        submit(who, number)


# --- sending ----------------------------------------------------------------------------------------------------------


def test_at_its_time_it_begins() -> None:
    enterprise_with_clerk(DAOLI)
    who = sender(DAOLI)
    number = draft(who)
    with no_event(), pytest.raises(InvalidCampaign):
        submit(who, number, send_at=NOW)
    assert submit(who, number, send_at=NOW + timedelta(hours=1)) == "scheduled"

    def begin(now: Any) -> int:
        return start_due_campaigns(clock=lambda: now, as_whom=actor_by_reference)

    with no_event():
        assert begin(NOW) == 0
    with one_event("notices.campaign_started"):
        assert begin(NOW + timedelta(hours=1)) == 1
    assert Campaign.objects.get().job_id is not None
    assert begin(NOW + timedelta(hours=2)) == 0


def test_who_may_not_send_any_more_does_not(tmp_path: Path) -> None:
    who = sender(DAOLI)
    number = draft(who)
    submit(who, number, send_at=NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=1)
    with arranged():
        who.user.is_active = False
        who.user.save()
    start_due_campaigns(clock=lambda: later, as_whom=actor_by_reference)
    row = Campaign.objects.get(pk=number)
    assert row.state == "draft" and "权限" in row.refusal
    # And what has become a sensitive word meanwhile is told.
    other = sender(DAOLI)
    submit(other, number, send_at=NOW + timedelta(hours=1))
    path = tmp_path / "words.yaml"
    path.write_text(
        "metadata: {version: '2', date: x, title: y}\ncategories: [{code: a, name: 甲, name_en: A, words: [补贴]}]",
        encoding="utf-8",
    )
    with override_settings(SENSITIVE_WORDS_FILE=str(path)):
        start_due_campaigns(clock=lambda: later, as_whom=lambda reference: other.actor())
    row.refresh_from_db()
    assert row.state == "draft" and "补贴" in row.refusal


def test_paused_and_resumed_nothing_is_written_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yingshang.kernel.notices.campaign_sending.WRITTEN_AT_ONCE", 2)
    people = [enterprise_with_clerk(DAOLI)[1] for _ in range(5)]
    who = sender(DAOLI)
    number = draft(who)
    submit(who, number)
    steps: list[int] = []

    def pausing(progress: Any) -> None:
        steps.append(progress.written)
        if progress.written == 2:
            pause_campaign(actor=who.actor(), campaign_id=number, now=NOW)

    done = send_campaign(actor=who.actor(), campaign_id=number, clock=lambda: NOW, progress=pausing)
    assert (done.written, done.waiting) == (2, 3)
    assert send_all(who, number).written == 2, "paused is paused"
    with one_event("notices.campaign_resumed"):
        resume_campaign(actor=who.actor(), campaign_id=number, now=NOW)
    assert send_all(who, number).written == 5
    assert send_all(who, number).written == 5
    assert [inbox(actor=each.actor()).total for each in people] == [1] * 5


def test_paused_messages_wait_and_cancelled_ones_are_not_sent() -> None:
    for number in range(3):
        enterprise(DAOLI, email=f"who{number}@example.org")
    who = sender(DAOLI)
    number = sent(who, channels=["email"])
    Campaign.objects.filter(pk=number).update(state="sending")
    pause_campaign(actor=who.actor(), campaign_id=number, now=NOW)
    with mail_server(Mailbox()) as mailbox:
        assert deliver_due(clock=lambda: NOW) == 0
        resume_campaign(actor=who.actor(), campaign_id=number, now=NOW)
        assert deliver_due(clock=lambda: NOW, limit=1) == 1
        with one_event("notices.campaign_cancelled"):
            cancel_campaign(actor=who.actor(), campaign_id=number, reason="内容有误", now=NOW)
        assert deliver_due(clock=lambda: NOW) == 0
    assert len(mailbox.received) == 1
    assert campaign_statistics(actor=who.actor(), campaign_id=number).total["failed"] == 2


def test_everything_that_is_possible_in_each_state() -> None:
    """State × action: what is not possible is refused and changes nothing."""
    who, other = sender(DAOLI), sender(DAOLI)
    content = CampaignContent(title="新", kind="policy", channels=["in_app"], texts={"zh-hans": ("题", "文")})
    number = draft(who)
    actions: dict[str, tuple[Any, set[str]]] = {
        "change": (
            lambda a: change_campaign(actor=a, campaign_id=number, content=content, now=NOW),
            {"draft"},
        ),
        "list": (lambda a: set_campaign_list(actor=a, campaign_id=number, rows=[], now=NOW), {"draft"}),
        "submit": (lambda a: submit_campaign(actor=a, campaign_id=number, now=NOW), {"draft"}),
        "decide": (
            lambda a: decide_override(
                actor=other.actor(), campaign_id=number, approve=True, reason="可", now=NOW
            ),
            {"review"},
        ),
        "recall": (lambda a: recall_campaign(actor=a, campaign_id=number, now=NOW), {"scheduled", "review"}),
        "pause": (lambda a: pause_campaign(actor=a, campaign_id=number, now=NOW), {"sending"}),
        "resume": (lambda a: resume_campaign(actor=a, campaign_id=number, now=NOW), {"paused"}),
        "cancel": (
            lambda a: cancel_campaign(actor=a, campaign_id=number, reason="", now=NOW),
            {"draft", "review", "scheduled", "sending", "paused"},
        ),
        "resend": (
            lambda a: resend_to_unread(actor=a, campaign_id=number, channels=["in_app"], now=NOW),
            {"done", "cancelled"},
        ),
    }
    for state in ("draft", "review", "scheduled", "sending", "paused", "done", "cancelled"):
        for name, (action, possible) in actions.items():
            with arranged():
                Campaign.objects.filter(pk=number).update(
                    state=state, created_by=f"user:{who.id}", audience={}, findings=[], send_at=NOW
                )
            if state in possible:
                action(who.actor())
            else:
                with no_event(), pytest.raises(WrongCampaignState):
                    action(who.actor())
                assert Campaign.objects.get(pk=number).state == state, (state, name)


def test_each_role_sees_and_does_what_is_theirs() -> None:
    who = sender(DAOLI)
    number = draft(who)
    may = {role.code for role in roles() if "notices.send_mass" in role.permissions}
    assert may == {"department_official", "policy_author"}
    for role in roles():
        if role.code in may:
            assert campaigns(actor=official(role.code, DAOLI).actor()).total == 1
            assert campaigns(actor=official(role.code, HARBIN).actor()).total == 1
            outside = official(role.code, NANGANG).actor()
            assert campaigns(actor=outside).total == 0
            with no_event(), pytest.raises(CampaignNotFound):
                cancel_campaign(actor=outside, campaign_id=number, reason="", now=NOW)
        else:
            actor = official(role.code, DAOLI).actor()
            with no_event(), pytest.raises(NotAllowed):
                create_campaign(
                    actor=actor,
                    content=CampaignContent("题", "policy", ["in_app"], {"zh-hans": ("a", "b")}),
                    now=NOW,
                )
            with pytest.raises(NotAllowed):
                campaigns(actor=actor)


def test_who_does_not_want_it_does_not_get_it() -> None:
    _, wants = enterprise_with_clerk(DAOLI)
    _, not_wants = enterprise_with_clerk(DAOLI)
    set_message_preferences(
        actor=not_wants.actor(), unwanted={"policy": ["in_app"]}, quiet="platform", now=NOW
    )
    who = sender(DAOLI)
    sent(who)
    assert (inbox(actor=wants.actor()).total, inbox(actor=not_wants.actor()).total) == (1, 0)
    sent(who, kind="emergency")
    assert inbox(actor=not_wants.actor()).total == 1


def test_where_nobody_acts_the_registered_contact_is_told() -> None:
    enterprise(DAOLI, email="office@example.org")
    party, _ = enterprise_with_clerk(DAOLI, email="other@example.org")
    who = sender(DAOLI)
    number = sent(who, channels=["in_app", "email"])
    told = {each.channel: each.address for each in Message.objects.filter(campaign_id=number)}
    assert told == {"email": "office@example.org", "in_app": ""}
    rows = campaign_deliveries(actor=who.actor(), campaign_id=number).rows
    assert "office@example.org" not in str(rows)
    assert {each.party_id for each in rows if each.channel == "in_app"} == {party.pk}


def test_what_it_came_to_and_again_to_who_has_not_read() -> None:
    (one, reader), (two, idle) = enterprise_with_clerk(DAOLI), enterprise_with_clerk(DAOLI)
    colleague = clerk_of(one)
    who = sender(DAOLI)
    number = sent(who)
    first = inbox(actor=reader.actor()).rows[0]
    mark_read(actor=reader.actor(), message_id=first.id, now=NOW)
    figures = campaign_statistics(actor=who.actor(), campaign_id=number)
    assert figures.by_channel == {"in_app": {"delivered": 2, "read": 1}}
    assert figures.by_region == {DAOLI: {"delivered": 2, "read": 1}}
    assert (figures.messages, figures.total["read"]) == (3, 1)
    with one_event("notices.campaign_created"):
        again = resend_to_unread(actor=who.actor(), campaign_id=number, channels=["in_app"], now=NOW)
    preview = preview_campaign(actor=who.actor(), campaign_id=again, now=NOW)
    assert (preview.count, preview.sample[0].party.id) == (1, two.pk), (
        "one of the first enterprise has read it"
    )
    submit(who, again)
    send_all(who, again)
    assert (inbox(actor=idle.actor()).total, inbox(actor=colleague.actor()).total) == (2, 1)
    page = campaign_deliveries(actor=who.actor(), campaign_id=number, state="read", channel="in_app")
    assert [each.party_id for each in page.rows] == [one.pk]


def test_again_to_who_has_not_read_goes_as_far_as_the_sender_reaches_today() -> None:
    """Who sent the first one sends for two districts; a colleague of one of them sends again."""
    (_, near), (_, far) = enterprise_with_clerk(DAOLI), enterprise_with_clerk(NANGANG)
    both, district = sender(DAOLI), sender(DAOLI)
    also_appointed(both, "department_official", NANGANG)
    number = sent(both)
    assert (inbox(actor=near.actor()).total, inbox(actor=far.actor()).total) == (1, 1)
    again = resend_to_unread(actor=district.actor(), campaign_id=number, channels=["in_app"], now=NOW)
    preview = preview_campaign(actor=district.actor(), campaign_id=again, now=NOW)
    assert (preview.count, len(preview.sample)) == (1, 1)
    submit(district, again)
    send_all(district, again)
    assert (inbox(actor=near.actor()).total, inbox(actor=far.actor()).total) == (2, 1)


def test_a_list_goes_as_far_as_who_sends_it_reaches_today() -> None:
    """A list is looked up when it is given; who resumes the sending, or moved meanwhile, may reach less."""
    (one, near), (two, far) = enterprise_with_clerk(DAOLI), enterprise_with_clerk(DAOLI)
    who = sender(DAOLI)
    number = draft(who)
    rows = rows_of_text(f"{one.credit_code}\n{two.credit_code}")
    assert set_campaign_list(actor=who.actor(), campaign_id=number, rows=rows, now=NOW) == 2
    there = region(NANGANG)
    with arranged():
        two.region = there
        two.save()
    assert preview_campaign(actor=who.actor(), campaign_id=number, now=NOW).count == 1
    submit(who, number)
    done = send_all(who, number)
    assert (done.written, done.unreached) == (1, 1)
    assert (inbox(actor=near.actor()).total, inbox(actor=far.actor()).total) == (1, 0)
    (row,) = campaign_unreached(actor=who.actor(), campaign_id=number).rows
    assert (row.party_name, row.problem) == (two.name, "out_of_reach")


def test_seeing_further_than_one_may_send_does_not_reach_further() -> None:
    """Somebody who sees the whole city in one office and sends for a district in another."""
    _, near = enterprise_with_clerk(DAOLI)
    other, far = enterprise_with_clerk(NANGANG)
    who = sender(DAOLI)
    also_appointed(who, "leader", HARBIN)
    number = draft(who)
    assert preview_campaign(actor=who.actor(), campaign_id=number, now=NOW).count == 1
    listed = draft(who)
    rows = rows_of_text(str(other.credit_code))
    assert set_campaign_list(actor=who.actor(), campaign_id=listed, rows=rows, now=NOW) == 0
    submit(who, number)
    send_all(who, number)
    assert (inbox(actor=near.actor()).total, inbox(actor=far.actor()).total) == (1, 0)


def test_old_messages_are_forgotten_and_their_figures_kept() -> None:
    _, clerk = enterprise_with_clerk(DAOLI)
    enterprise(DAOLI, email="office@example.org")
    who = sender(DAOLI)
    number = sent(who, channels=["in_app", "email"])
    with no_event():
        assert forget_old_messages(actor=SYSTEM, now=NOW + timedelta(days=364)) == 0
    with mail_server(Mailbox()):
        deliver_due(clock=lambda: NOW)
    with one_event("notices.forgotten"):
        assert forget_old_messages(actor=SYSTEM, now=NOW + timedelta(days=366)) == 1
    assert inbox(actor=clerk.actor()).total == 1, "the inbox is kept longer"
    figures = campaign_statistics(actor=who.actor(), campaign_id=number)
    assert figures.forgotten
    assert figures.by_channel == {"in_app": {"delivered": 1}, "email": {"sent": 1}}
    forget_old_messages(actor=SYSTEM, now=NOW + timedelta(days=2000))
    assert not Message.objects.exists()
    assert campaign_statistics(actor=who.actor(), campaign_id=number).messages == 2
    with no_event(), pytest.raises(WrongCampaignState):
        resend_to_unread(actor=who.actor(), campaign_id=number, channels=["in_app"], now=NOW)


def test_what_still_waits_is_not_forgotten() -> None:
    enterprise(DAOLI, email="office@example.org")
    sent(sender(DAOLI), channels=["email"])
    assert forget_old_messages(actor=SYSTEM, now=NOW + timedelta(days=2000)) == 0
    assert Delivery.objects.get().state == "queued"


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_sends_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yingshang.kernel.notices.campaign_sending.WRITTEN_AT_ONCE", 3)
    monkeypatch.setattr("yingshang.kernel.notices.campaign_sending.COLLECTED_AT_ONCE", 4)
    people = [enterprise_with_clerk(DAOLI)[1] for _ in range(10)]
    who = sender(DAOLI)
    number = draft(who)
    submit(who, number)
    actor = who.actor()
    connection.close()
    for kill_at in ("notices.campaign_collected", "notices.campaign_written"):
        child = os.fork()
        if child == 0:
            leave_connections()
            from yingshang.kernel.notices import campaign_sending

            real, calls = campaign_sending.record, []

            def second_kills(
                real: Any = real, calls: list[int] = calls, kill_at: str = kill_at, **arguments: Any
            ) -> Any:
                answer = real(**arguments)
                if arguments["action"] == kill_at:
                    calls.append(1)
                if len(calls) == 2:
                    # In the middle of the transaction: what it wrote is gone, what was committed stays.
                    os.kill(os.getpid(), signal.SIGKILL)
                return answer

            campaign_sending.record = second_kills
            send_campaign(actor=actor, campaign_id=number, clock=lambda: NOW)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
    half = campaign_progress(actor=actor, campaign_id=number)
    assert (half.recipients, half.written) == (10, 3)
    done = send_all(who, number)
    assert (done.written, done.waiting) == (10, 0)
    assert [inbox(actor=each.actor()).total for each in people] == [1] * 10
    assert CampaignRecipient.objects.filter(state="written").count() == 10


def test_a_hundred_enterprises_cost_as_many_queries_as_one(django_assert_max_num_queries: Any) -> None:
    who = sender(DAOLI)
    for _ in range(30):
        enterprise_with_clerk(DAOLI)
    number = draft(who)
    submit(who, number)
    with django_assert_max_num_queries(60):
        assert send_all(who, number).written == 30
    actor = who.actor()
    with django_assert_max_num_queries(3):
        assert len(campaign_deliveries(actor=actor, campaign_id=number).rows) == 20
