"""The answer library: what of an approved reply everybody may read, who says so, and what it is found by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import (
    answered_appeal,
    handled_appeal,
    joined_appeal,
    one_appeal_event,
    proposed_reply,
    reply_of,
)
from tests.areas.appeals.library.library_factories import (
    LATER,
    WORDS,
    Kept,
    dropped_answer,
    proposed_answer,
    published_answer,
    retired_answer,
    returned_answer,
    rewritten_answer,
)
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    QIQIHAR,
    agency,
    arranged,
    enterprise,
    no_event,
    official,
    person,
    region,
)
from tests.kernel.parties.factories import region_tree
from yingshang.areas.appeals import api
from yingshang.areas.appeals.library.selectors import names_in
from yingshang.areas.appeals.lifecycle import ANSWER
from yingshang.areas.appeals.models import Appeal, LibraryAnswer, LibraryAnswerUse, LibraryAnswerVersion
from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.models import Party
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

STATES: dict[str, Callable[[], Kept]] = {
    "new": proposed_answer,
    "returned": returned_answer,
    "published": published_answer,
    "rewritten": rewritten_answer,
    "retired": retired_answer,
    "dropped": dropped_answer,
}
ACTIONS: dict[str, Callable[[Kept, Actor], object]] = {
    "written": lambda kept, actor: api.write_answer(
        actor=actor, answer_id=kept.id, **{**WORDS, "region_path": region(DAOLI).path}, now=LATER
    ),
    "published": lambda kept, actor: api.publish_answer(actor=actor, answer_id=kept.id, now=LATER),
    "returned": lambda kept, actor: api.return_answer(
        actor=actor, answer_id=kept.id, remark="写明期限", now=LATER
    ),
    "dropped": lambda kept, actor: api.drop_answer(
        actor=actor, answer_id=kept.id, reason="没有代表性", now=LATER
    ),
    "retired": lambda kept, actor: api.retire_answer(
        actor=actor, answer_id=kept.id, reason="规定已改", now=LATER
    ),
}
_KEEPER = {"written", "dropped", "retired", "returned"}
ALLOWED: dict[str, set[str]] = {
    "new": {"written", "published", "returned", "dropped"},
    "returned": {"written", "dropped"},
    "published": {"written", "retired"},
    "rewritten": {"written", "published", "returned", "dropped", "retired"},
    "retired": {"written"},
    "dropped": set(),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_action_and_person(state: str) -> None:
    kept = STATES[state]()
    elsewhere = official("department_official", QIQIHAR, "market-regulation")
    people = {
        "keeper": kept.keeper,
        "other": kept.other,
        "elsewhere": elsewhere,
        "dispatcher": kept.said.people.dispatcher,
        "leader": kept.said.people.leader,
        "enterprise": kept.said.who,
        "nobody": person(),
    }
    before = LibraryAnswer.objects.values().get(pk=kept.id)
    for who, somebody in people.items():
        actor = somebody.actor(LATER)
        expected = (
            ALLOWED[state] if who == "other" else ALLOWED[state] & _KEEPER if who == "keeper" else set()
        )
        if who in ("keeper", "other"):
            assert api.kept_answer(actor=actor, answer_id=kept.id).may == expected
        for action, act in ACTIONS.items():
            point = transaction.savepoint()
            if action in expected:
                with one_appeal_event(f"appeals.answer_{action}"):
                    act(kept, actor)
            else:
                with no_event(), pytest.raises(DomainError):
                    act(kept, actor)
                assert LibraryAnswer.objects.values().get(pk=kept.id) == before
            transaction.savepoint_rollback(point)


def test_the_states_tried_are_those_of_the_table() -> None:
    assert {STATES[each]().row.state for each in STATES} == set(ANSWER.states)


def test_who_appealed_does_not_stand_in_an_answer() -> None:
    said = answered_appeal(
        title="许可证变更", body="我公司变更许可证，联系人张建国，电话13904511234，一个月没有答复。"
    )
    keeper = said.people.handler.actor(LATER)
    begins = api.reply_to_keep(actor=keeper, reply_id=reply_of(said).pk)
    assert begins.region_path == region(DAOLI).path and begins.kept is None
    with one_appeal_event("appeals.answer_proposed"):
        number = api.propose_answer(
            actor=keeper,
            reply_id=reply_of(said).pk,
            question=f"{said.party.name}的许可证多久变更？",
            text=f"{said.row.number}号诉求已办结，企业电话13904511234，身份证230102199003077336不用提交。",
            region_path=region(DAOLI).path,
            now=LATER,
        )
    row = LibraryAnswer.objects.get(pk=number)
    for secret in (said.party.name, "13904511234", "230102199003077336", said.row.number):
        assert secret not in f"{row.question}{row.text}"
    assert "＊" in row.question and "＊" in row.text
    # Hidden places are put into other words before everybody reads it.
    other = official("department_official", DAOLI, "commerce").actor(LATER)
    with no_event(), pytest.raises(DomainError, match="hidden"):
        api.publish_answer(actor=other, answer_id=number, now=LATER)
    api.write_answer(actor=keeper, answer_id=number, **WORDS, region_path=region(DAOLI).path, now=LATER)
    assert api.publish_answer(actor=other, answer_id=number, now=LATER) == 1
    shown = api.public_answer(answer_id=number)
    assert shown.law == WORDS["law"] and said.row.number not in repr(shown)
    assert said.party.name not in repr(shown)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("question", "多久"),
        ("question", "多" * 121),
        ("text", "五天。"),
        ("text", "天" * 4001),
        ("contact", "13904511234"),
        ("contact", "找张科长"),
        ("topic", "no-topic"),
        ("region_path", "99"),
    ],
)
def test_an_answer_that_cannot_be_kept(field: str, value: str) -> None:
    said = answered_appeal()
    with no_event(), pytest.raises(DomainError) as refused:
        api.propose_answer(
            actor=said.people.handler.actor(LATER),
            reply_id=reply_of(said).pk,
            **{**WORDS, "region_path": region(DAOLI).path, field: value},
            now=LATER,
        )
    assert refused.value.details["field"] == field


def test_only_an_approved_reply_is_kept_and_only_once() -> None:
    region_tree(HARBIN)
    said = handled_appeal()
    reply = proposed_reply(said)
    keeper = said.people.handler.actor(LATER)
    words = {**WORDS, "region_path": region(DAOLI).path}
    with pytest.raises(api.AnswerNotFound):
        api.propose_answer(actor=keeper, reply_id=reply, **words, now=LATER)
    api.send_reply(actor=said.people.approver.actor(LATER), reply_id=reply, now=LATER)
    # Beyond one's reach: the region, and the reply.
    with no_event(), pytest.raises(DomainError, match="reach"):
        api.propose_answer(
            actor=keeper, reply_id=reply, **{**words, "region_path": region(HARBIN).path}, now=LATER
        )
    elsewhere = official("department_official", QIQIHAR, "market-regulation").actor(LATER)
    with pytest.raises(api.AnswerNotFound):
        api.propose_answer(actor=elsewhere, reply_id=reply, **words, now=LATER)
    first = api.propose_answer(actor=keeper, reply_id=reply, **words, now=LATER)
    assert api.reply_to_keep(actor=keeper, reply_id=reply).kept == first
    with no_event(), pytest.raises(api.NotPossibleNow):
        api.propose_answer(actor=keeper, reply_id=reply, **words, now=LATER)
    api.drop_answer(actor=keeper, answer_id=first, reason="只适用一家", now=LATER)
    assert api.propose_answer(actor=keeper, reply_id=reply, **words, now=LATER) != first


def test_who_may_publish_is_told_and_who_wrote_what_is_returned() -> None:
    kept = published_answer()
    colleague = official("department_official", DAOLI, "market-regulation")
    waiting, returned = ({"template": f"appeals.answer_{each}"} for each in ("waiting", "returned"))
    assert not Message.objects.filter(**waiting, recipient_id=kept.keeper.id).exists()
    for again in ("五个", "四个"):
        kept.write(text=f"材料齐全的，自受理之日起{again}工作日内办结。")
    assert Message.objects.filter(**waiting, recipient_id=colleague.id).count() == 1
    assert Message.objects.filter(**waiting, recipient_id=kept.said.people.approver.id).exists()
    api.return_answer(actor=colleague.actor(LATER), answer_id=kept.id, remark="写明起算日", now=LATER)
    told = Message.objects.filter(**returned)
    assert [each.recipient_id for each in told] == [kept.keeper.id]
    # Corrected it waits again, and that is told; however often it is saved until then.
    for minutes in (1, 2):
        kept.write(now=LATER + timedelta(minutes=minutes), text="材料齐全的，自收到之日起四个工作日内办结。")
    assert Message.objects.filter(**waiting, recipient_id=colleague.id).count() == 2


def test_what_was_written_after_it_was_read_is_not_decided_on() -> None:
    kept = proposed_answer()
    other = kept.other.actor(LATER)
    read = api.kept_answer(actor=other, answer_id=kept.id).versions[0].mark
    kept.write(now=LATER + timedelta(minutes=1), text="材料齐全的，当天办结，可以在网上提交，不用到窗口。")
    for act, more in ((api.publish_answer, {}), (api.return_answer, {"remark": "写明期限"})):
        with no_event(), pytest.raises(api.NotPossibleNow, match="written anew"):
            act(actor=other, answer_id=kept.id, read=read, now=LATER, **more)
    read = api.kept_answer(actor=other, answer_id=kept.id).versions[0].mark
    assert api.publish_answer(actor=other, answer_id=kept.id, read=read, now=LATER) == 1


def test_names_of_those_whose_voices_were_joined_are_hidden_too() -> None:
    main = answered_appeal()
    voice = joined_appeal()
    kept_party = enterprise(DAOLI)
    with arranged():
        Appeal.objects.filter(pk=voice.id).update(main=main.id)
        Party.objects.filter(pk=main.party.pk).update(merged_into=kept_party)
    secrets = [main.party.name, kept_party.name, voice.party.name, main.row.number, voice.row.number]
    for of in (main, voice):
        assert set(secrets) <= set(names_in(Appeal.objects.get(pk=of.id)))
    number = api.propose_answer(
        actor=main.people.handler.actor(LATER),
        reply_id=reply_of(main).pk,
        question="许可证多久变更？",
        text=f"{'、'.join(secrets)}反映的许可证变更，五个工作日内办结。",
        region_path=region(DAOLI).path,
        now=LATER,
    )
    assert not [each for each in secrets if each in LibraryAnswer.objects.get(pk=number).text]


def test_templates_of_another_agency_are_read_and_left_alone() -> None:
    people = answered_appeal().people
    handler, helper = people.handler.actor(LATER), people.helper.actor(LATER)
    words: dict[str, Any] = {"text": "{诉求人}：您的诉求{诉求编号}收悉。", "now": LATER}
    number = api.save_template(actor=helper, name="住建开头", agency_id=people.housing, **words)
    common = api.save_template(actor=helper, name="全区开头", region_path=region(DAOLI).path, **words)
    shown = {each.id: each.may for each in api.kept_templates(actor=handler).rows}
    assert shown == {number: False, common: True}
    place = region(DAOLI).path
    for act in (
        lambda: api.save_template(actor=handler, template_id=number, name="x", region_path=place, **words),
        lambda: api.retire_template(actor=handler, template_id=number, now=LATER),
        lambda: api.kept_template(actor=handler, template_id=number),
    ):
        with no_event(), pytest.raises(api.AnswerNotFound):
            act()
    api.retire_template(actor=handler, template_id=common, now=LATER)
    api.retire_template(actor=helper, template_id=number, now=LATER)


def test_versions_are_kept_and_what_is_published_stays_until_another_publishes() -> None:
    kept = rewritten_answer()
    assert "五个工作日" in api.public_answer(answer_id=kept.id).text
    assert kept.publish() == 2
    assert "三个工作日" in api.public_answer(answer_id=kept.id).text
    shown = api.kept_answer(actor=kept.keeper.actor(LATER), answer_id=kept.id)
    assert [(each.number, each.state) for each in shown.versions] == [(2, "published"), (1, "replaced")]
    assert "五个工作日" in shown.versions[1].text and shown.appeal_id == kept.said.id
    # Whoever wrote it does not publish it: the database says so too.
    with pytest.raises(IntegrityError), transaction.atomic():
        row = LibraryAnswerVersion.objects.get(answer=kept.id, number=2)
        row.decided_by = row.written_by
        row.save()
    api.retire_answer(actor=kept.keeper.actor(LATER), answer_id=kept.id, reason="规定已改", now=LATER)
    with pytest.raises(api.AnswerNotFound):
        api.public_answer(answer_id=kept.id)
    assert api.public_answers(text="许可证").total == 0
    kept.write()
    assert kept.publish() == 3 and api.public_answers(text="许可证").total == 1


def test_answers_are_found_by_words_topic_and_place(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    kept = published_answer()
    proposed_answer(question="没有发布的许可证问题怎么办？")
    for asked, found in (
        ({}, 1),
        ({"text": "许可证 变更"}, 1),
        ({"text": "停电"}, 0),
        # Not all of the words, but some that tell.
        ({"text": "许可证 停电"}, 1),
        ({"text": "许可证 停电", "topic": "invoice"}, 0),
        ({"text": "？！"}, 0),
        ({"topic": "registration"}, 1),
        ({"topic": "invoice"}, 0),
        ({"region_path": region(DAOLI).path}, 1),
        ({"region_path": f"{region(DAOLI).path}001"}, 1),
        ({"region_path": region(QIQIHAR).path}, 0),
        # What holds in a district does not hold in the whole city.
        ({"region_path": region(HARBIN).path}, 0),
    ):
        with django_assert_max_num_queries(3):
            assert api.public_answers(**asked).total == found, asked
    assert api.public_answers(text="许可证").rows[0].id == kept.id
    keeper = kept.keeper.actor(LATER)
    for tab, count in (("waiting", 1), ("published", 1), ("retired", 0), ("all", 2)):
        with django_assert_max_num_queries(2):
            assert api.kept_answers(actor=keeper, tab=tab).total == count, tab  # type: ignore[arg-type]
    assert api.kept_answers(actor=keeper, text="没有发布").total == 1
    elsewhere = official("department_official", QIQIHAR).actor(LATER)
    assert api.kept_answers(actor=elsewhere).total == 0
    with pytest.raises(api.AnswerNotFound):
        api.kept_answer(actor=elsewhere, answer_id=kept.id)


def test_what_fits_a_text_is_offered_and_nothing_that_does_not(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    kept = published_answer()
    day = LATER.date()
    place = region(DAOLI).path
    # Without an index of policies, which is asked for then.
    with django_assert_max_num_queries(9):
        found = api.suggest(
            text="我们公司换了营业执照，去窗口申请许可证变更，跑了三趟还没办下来", region_path=place, day=day
        )
    assert [each.id for each in found.answers] == [kept.id]
    # What nobody sees in a text hides nothing in it, and breaks nothing.
    hidden = "许可证\x00\u200b变更\u202e多久\ud83d办完 😀"
    assert api.suggest(text=hidden, region_path=place, day=day).answers
    for text in ("厂区昨天晚上又停电了，机器全停", "我们公司没有问题，请领导尽快解决", "许可", "。" * 9000):
        assert not api.suggest(text=text, region_path=place, day=day).answers, text
    assert not api.suggest(text="许可证变更多久办完", region_path=region(QIQIHAR).path, day=day).answers


def test_what_is_put_into_a_reply_is_counted_once_an_appeal() -> None:
    kept = published_answer()
    said = handled_appeal(people=kept.said.people)
    handler = said.people.handler.actor(LATER)
    fits = api.fitting(actor=handler, appeal_id=said.id)
    assert [each.id for each in fits.answers] == [kept.id]
    put = api.put_in(actor=handler, appeal_id=said.id, what=f"answer:{kept.id}", now=LATER)
    assert put.answer_id == kept.id and WORDS["text"] in put.text and "咨询电话：" in put.text
    for again in range(2):
        with one_appeal_event("appeals.reply_written"):
            api.write_reply(
                actor=handler,
                appeal_id=said.id,
                text=put.text,
                outcome="explained",
                answers=[kept.id, 999_999],
                now=LATER + timedelta(minutes=again),
            )
    assert kept.row.use_count == LibraryAnswerUse.objects.count() == 1
    first = AuditEvent.objects.filter(action="appeals.reply_written").order_by("pk")[1]
    assert first.after is not None and first.after["answers"] == [kept.id]
    shown = api.kept_answer(actor=kept.keeper.actor(LATER), answer_id=kept.id)
    assert [count for _agency, count in shown.uses] == [1] and shown.summary.use_count == 1
    # Not what is not published, and not by who does not deal with the appeal.
    hidden = proposed_answer()
    with pytest.raises(api.AnswerNotFound):
        api.put_in(actor=handler, appeal_id=said.id, what=f"answer:{hidden.id}", now=LATER)
    helper = said.people.helper.actor(LATER)
    for refused in (
        lambda: api.put_in(actor=helper, appeal_id=said.id, what="default:solved", now=LATER),
        lambda: api.fitting(actor=helper, appeal_id=said.id),
    ):
        with pytest.raises(api.NotYours):
            refused()


def test_templates_of_an_agency_and_of_a_place_are_filled_in() -> None:
    said = handled_appeal()
    handler = said.people.handler.actor(LATER)
    place = region(DAOLI).path
    text = "{诉求人}：您反映的{诉求标题}（{诉求编号}）已由{办理单位}受理，{今天}。"
    with one_appeal_event("appeals.template_saved"):
        own = api.save_template(
            actor=handler, name="本单位开头", text=text, agency_id=said.people.market, now=LATER
        )
    common = api.save_template(actor=handler, name="全区开头", text=text, region_path=place, now=LATER)
    other = api.save_template(
        actor=said.people.helper.actor(LATER),
        name="住建开头",
        text=text,
        agency_id=said.people.housing,
        now=LATER,
    )
    about = api.save_template(
        actor=handler, name="发票开头", text=text, region_path=place, topic="invoice", now=LATER
    )
    offered = {each.code for each in api.fitting(actor=handler, appeal_id=said.id).templates}
    assert {f"own:{own}", f"own:{common}", "default:solved", "default:explained"} <= offered
    assert not {f"own:{other}", f"own:{about}", "default:arrears"} & offered
    put = api.put_in(actor=handler, appeal_id=said.id, what=f"own:{own}", now=LATER)
    assert put.answer_id is None and said.party.name in put.text and said.row.number in put.text
    assert agency(DAOLI, "market-regulation").name in put.text and "2026年" in put.text
    assert "{" not in put.text
    with one_appeal_event("appeals.template_retired"):
        api.retire_template(actor=handler, template_id=own, now=LATER)
    with pytest.raises(api.AnswerNotFound):
        api.put_in(actor=handler, appeal_id=said.id, what=f"own:{own}", now=LATER)
    for wrong in (
        {"text": "您好，{身份证号}，已经受理了。"},
        {"name": " "},
        {"agency_id": said.people.housing},
        {"region_path": region(HARBIN).path},
        {"topic": "no-topic"},
    ):
        with no_event(), pytest.raises(DomainError):
            api.save_template(
                actor=handler, **{"name": "名称", "text": text, "region_path": place, **wrong}, now=LATER
            )
    with pytest.raises(DomainError):
        api.save_template(
            actor=said.people.leader.actor(LATER), name="名称", text=text, region_path=place, now=LATER
        )


def test_a_template_does_not_name_who_spoke_anonymously() -> None:
    said = handled_appeal(anonymous=True)
    handler = said.people.handler.actor(LATER)
    put = api.put_in(actor=handler, appeal_id=said.id, what="default:solved", now=LATER)
    assert said.party.name not in put.text and "诉求人：" in put.text
