"""Saying it: once is enough, for whom, by whom, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.areas.appeals.factories import (
    another_person,
    city,
    closed_appeal,
    handled_appeal,
    joined_appeal,
    proposed_reply,
    submitted_appeal,
)
from tests.kernel.access.factories import (
    DAOLI,
    HEILONGJIANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    agency,
    enterprise,
    legal_representative_of,
    no_event,
)
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, Part, Reply
from yingshang.kernel.access.api import VISITOR, NotAllowed
from yingshang.kernel.clock.api import Owner, deadlines_of, get_deadline
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.api import PartyNotFound
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db


def events(of: str) -> list[str]:
    return list(AuditEvent.objects.filter(action=f"appeals.{of}").values_list("target_id", flat=True))


def test_the_same_twenty_times_is_one_appeal() -> None:
    said = submitted_appeal(title="断电", body="园区每天下午断电两小时，生产线停了。")
    with no_event():
        for _ in range(19):
            again = api.submit_appeal(
                actor=said.who.actor(),
                party_id=said.party.pk,
                title="断电",
                body="园区每天下午断电两小时，生产线停了。",
                now=NOW + timedelta(minutes=3),
            )
            assert (again.id, again.again) == (said.id, True)
    assert Appeal.objects.count() == 1 and events("submitted") == [str(said.id)]


def test_once_it_is_over_the_same_words_are_a_new_one() -> None:
    said = closed_appeal(title="断电", body="园区每天下午断电两小时，生产线停了。")
    again = api.submit_appeal(
        actor=said.who.actor(),
        party_id=said.party.pk,
        title="断电",
        body="园区每天下午断电两小时，生产线停了。",
        now=NOW + timedelta(days=1),
    )
    assert again.id != said.id and not again.again


def test_what_a_channel_tells_twice_is_one() -> None:
    people = city()
    told = [
        api.submit_appeal(
            actor=people.dispatcher.actor(),
            channel="hotline",
            reference="12345-0001",
            region_code=DAOLI,
            title="噪声",
            body=f"夜间施工噪声很大，第 {number} 次记录。",
            now=NOW,
        )
        for number in (1, 2)
    ]
    assert told[0].id == told[1].id and told[1].again


def test_the_number_of_another_city_is_another_number() -> None:
    """What is registered for a province, or the country, is told apart as the database tells it apart."""
    people = city()
    values = {
        "channel": "hotline",
        "reference": "12345-0002",
        "title": "噪声",
        "body": "夜间施工噪声很大，没有人管。",
    }
    below = api.submit_appeal(actor=people.dispatcher.actor(), region_code=DAOLI, now=NOW, **values)  # type: ignore[arg-type]
    Appeal.objects.filter(pk=below.id).update(text_hash="", region_path="2302")
    agency(HEILONGJIANG, "service-center")
    above = api.submit_appeal(actor=SYSTEM, region_code=HEILONGJIANG, now=NOW, **values)  # type: ignore[arg-type]
    again = api.submit_appeal(actor=SYSTEM, region_code=HEILONGJIANG, now=NOW, **values)  # type: ignore[arg-type]
    assert above.id != below.id and (again.id, again.again) == (above.id, True)


def test_an_enterprise_gives_no_number_of_its_own() -> None:
    with pytest.raises(api.InvalidAppeal) as found:
        submitted_appeal(reference="1")
    assert found.value.details["field"] == "reference" and not Appeal.objects.exists()


def test_an_anonymous_enterprise_is_named_nowhere_but_in_what_is_encrypted() -> None:
    party = enterprise(DAOLI)
    body = f"我们{party.name}申请的许可证，一个月没有答复。"
    said = submitted_appeal(people=city(), anonymous=True)
    name = said.party.name
    api.add_to_appeal(
        actor=said.who.actor(), appeal_id=said.id, body=f"{name}再次说明：还是没有答复。", now=NOW
    )
    done = api.submit_appeal(
        actor=legal_representative_of(party).actor(),
        party_id=party.pk,
        title=f"{party.name}的许可证",
        body=body,
        anonymous=True,
        now=NOW,
    )
    row = Appeal.objects.get(pk=done.id)
    assert party.name not in row.title + row.text and row.body == body
    seen = api.desk_appeal(actor=said.people.leader.actor(), appeal_id=said.id, now=NOW)
    assert name not in seen.additions[0].text and seen.reporter == ""


def test_personal_data_is_kept_as_written_only_in_what_is_encrypted() -> None:
    said = submitted_appeal(
        title="请联系 13812345678", body="经办人手机 13812345678，身份证 110101199003072316，请尽快联系。"
    )
    row = said.row
    for shown in (row.title, row.text):
        assert "13812345678" not in shown and "110101199003072316" not in shown
    assert "13812345678" in row.body
    written = AuditEvent.objects.filter(target_kind="appeal", target_id=str(said.id))
    assert not any("13812345678" in f"{each.target_name}{each.after}{each.reason}" for each in written)


def test_anybody_may_say_it_and_follows_it_by_number_and_key() -> None:
    city()
    done = api.submit_appeal(
        actor=VISITOR,
        channel="phone_page",
        region_code=DAOLI,
        anonymous=True,
        title="路灯不亮",
        body="园区北门的路灯一周不亮，晚上进出车辆很危险。",
        now=NOW,
    )
    assert done.key and api.opened_by_key(number=done.number, key=done.key) == done.id
    for number, key in ((done.number, "wrong"), ("SQ0", done.key), (done.number, "")):
        with pytest.raises(api.AppealNotFound):
            api.opened_by_key(number=number, key=key)
    api.add_to_appeal(actor=VISITOR, appeal_id=done.id, key=done.key, body="昨晚已有车辆剐蹭。", now=NOW)
    with no_event(), pytest.raises(api.AppealNotFound):
        api.add_to_appeal(actor=VISITOR, appeal_id=done.id, key="wrong", body="别人的话", now=NOW)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"body": ""}, DomainError),
        ({"body": "长" * 50_000}, DomainError),
        ({"channel": "pigeon"}, api.InvalidAppeal),
        ({"urgency": "very"}, api.InvalidAppeal),
        ({"links": [api.Link("moon", "1")]}, api.InvalidAppeal),
        ({"channel": "hotline"}, NotAllowed),
    ],
)
def test_bad_input_has_a_clear_answer(values: dict[str, object], refusal: type[DomainError]) -> None:
    with pytest.raises(refusal) as found:
        submitted_appeal(**values)  # type: ignore[arg-type]
    assert found.value.message_zh and not Appeal.objects.exists() and not events("submitted")


def test_nobody_speaks_for_an_enterprise_of_others() -> None:
    said = submitted_appeal()
    other = legal_representative_of(enterprise(DAOLI))
    with no_event(), pytest.raises(PartyNotFound):
        api.submit_appeal(
            actor=other.actor(),
            party_id=said.party.pk,
            title="冒名",
            body="替别人说的话，不应当收下。",
            now=NOW,
        )
    for who in (other, another_person()):
        with no_event(), pytest.raises(api.AppealNotFound):
            api.withdraw_appeal(actor=who.actor(), appeal_id=said.id, now=NOW)


def test_a_clerk_registers_within_reach_only() -> None:
    people = city()
    enterprise(QIQIHAR)
    with no_event(), pytest.raises(api.InvalidAppeal):
        api.submit_appeal(
            actor=people.dispatcher.actor(),
            channel="hotline",
            region_code=QIQIHAR,
            title="越界登记",
            body="不在本地区的来电，不能登记在这里。",
            now=NOW,
        )


def test_what_is_joined_goes_along_and_is_closed_with_the_main_one() -> None:
    voice = joined_appeal()
    main = Appeal.objects.get(pk=voice.row.main_id)
    assert main.voice_count == 1
    [case] = [each for each in deadlines_of(Owner("appeal", str(voice.id))) if each.kind == "case"]
    assert case.state == "cancelled"
    with no_event(), pytest.raises(DomainError):
        api.confirm_answer(actor=voice.who.actor(), appeal_id=voice.id, now=NOW)
    with no_event(), pytest.raises(DomainError):
        owner = main.party_id
        assert owner is not None
        api.withdraw_appeal(actor=voice.who.actor(), appeal_id=main.pk, now=NOW)


def test_one_that_was_opened_again_has_a_clock_that_a_second_reply_stops_and_a_dispute_lets_go_on() -> None:
    said = closed_appeal()
    later = NOW + timedelta(days=2)
    api.reopen_appeal(actor=said.who.actor(later), appeal_id=said.id, reason="又停电了", now=later)
    again = said.row
    assert again.state == "handling" and str(again.due_on) == "2026-11-30"
    reply = proposed_reply(said, now=later + timedelta(hours=1))
    api.send_reply(actor=said.people.approver.actor(later), reply_id=reply, now=later + timedelta(hours=2))
    api.dispute_answer(
        actor=said.who.actor(later), appeal_id=said.id, reason="还是停电", now=later + timedelta(days=1)
    )
    assert str(said.row.due_on) == "2026-12-01"
    [case] = [each for each in deadlines_of(Owner("appeal", str(said.id))) if each.kind == "case"]
    assert case.state == "met" and not case.late
    with no_event(), pytest.raises(DomainError):
        api.reopen_appeal(actor=said.who.actor(later), appeal_id=said.id, reason="再开一次", now=later)


def test_what_an_agency_asked_for_ends_when_it_has_the_appeal_no_longer() -> None:
    said = handled_appeal()
    later = NOW + timedelta(hours=1)
    part = api.ask_for_part(
        actor=said.people.handler.actor(),
        appeal_id=said.id,
        agency_id=said.people.housing,
        question="请核实",
        now=later,
    )
    proposal = api.write_reply(
        actor=said.people.handler.actor(), appeal_id=said.id, text="草稿", outcome="planned", now=later
    )
    api.raise_appeal(actor=said.people.handler.actor(), appeal_id=said.id, reason="需市级协调", now=later)
    row = Part.objects.get(pk=part)
    assert row.state == "over" and row.deadline_id is not None
    assert get_deadline(row.deadline_id).state == "cancelled"
    assert Reply.objects.get(pk=proposal).state == "dropped"
