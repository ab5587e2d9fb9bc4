"""What comes over other channels becomes appeals: once, within reach, with an answer, and never by halves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.areas.appeals.channels.letters import SENDER, WORDS, letter
from tests.areas.appeals.channels.test_channel_tables import ROW, filled
from tests.areas.appeals.factories import another_person, city, submitted_appeal
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    Person,
    agency,
    arranged,
    legal_representative_of,
    no_event,
)
from tests.kernel.access.factories import enterprise as registered_enterprise
from tests.kernel.parties.factories import region_tree
from yingshang.areas.appeals import api
from yingshang.areas.appeals.channels.rules import letter_rules
from yingshang.areas.appeals.models import Appeal
from yingshang.kernel.access.api import NotAllowed, grant_mandate, system_actor
from yingshang.kernel.documents.actions import store as store_module
from yingshang.kernel.documents.api import Owner, documents_of
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db
POST = system_actor("appeals.mail")
LATER = NOW + timedelta(hours=1)


def receive(raw: bytes, *, now=NOW) -> api.Received:  # type: ignore[no-untyped-def]
    return api.receive_letter(actor=POST, raw=raw, region_code=DAOLI, now=now)


def messages() -> list[str]:
    return list(
        Message.objects.filter(recipient=None, channel="email")
        .order_by("pk")
        .values_list("template", flat=True)
    )


# -- letters ----------------------------------------------------------------------------------------------------


def test_a_letter_becomes_an_appeal_once_and_its_writer_gets_number_and_key() -> None:
    city()
    raw = letter(
        text=f"{WORDS}请找王师傅，电话 13800138000。",
        files={"通知.txt": b"notice", "run.exe": b"MZ", "说明.txt": b"ok"},
    )
    first = receive(raw)
    assert first.outcome == "submitted"
    row = Appeal.objects.get(number=first.number)
    assert (row.channel, row.party_id, row.reporter_mail, row.reporter_name) == (
        "mail",
        None,
        SENDER,
        "王师傅",
    )
    assert "13800138000" in row.body and "13800138000" not in row.text and "王师傅" not in row.text
    assert [each.name for each in documents_of(owner=Owner("appeal_file", str(row.pk)))] == [
        "通知.txt",
        "说明.txt",
    ]
    assert messages() == ["appeals.received_with_key", "appeals.files_left_out"]
    answer, left_out = Message.objects.filter(recipient=None, channel="email").order_by("pk")
    assert first.number in answer.subject and "run.exe" in left_out.body
    with no_event():
        assert receive(raw, now=LATER) == api.Received("again", first.number)
    assert Appeal.objects.count() == 1


def test_an_answer_to_the_answer_adds_to_the_appeal() -> None:
    city()
    number = receive(letter()).number
    reply = letter(
        subject=f"回复：[{number}] 诉求已收到",
        text="又停了一次，电话 13900139000。\n\n> 编号和查询码",
        identifier="<2@example.org>",
        files={"经过.txt": b"more"},
    )
    assert receive(reply, now=LATER) == api.Received("added", number)
    assert receive(reply, now=LATER) == api.Received("again", number)
    [added] = Appeal.objects.get(number=number).additions.all()
    assert (
        added.text == "又停了一次，电话 ＊＊＊＊＊＊＊＊＊＊＊。" and added.added_by_name == "诉求人（邮件）"
    )
    assert len(documents_of(owner=Owner("appeal_file", str(added.appeal_id)))) == 1
    assert messages()[1:] == ["appeals.letter_added"]


def test_the_same_words_with_another_file_bring_the_file() -> None:
    """附件 are sent with "见附件", each time."""
    city()
    number = receive(letter()).number

    def sent(file: bytes, identifier: str) -> api.Received:
        raw = letter(
            subject=f"Re: {number}",
            text="见附件。",
            identifier=identifier,
            files={"发票.txt": file, "run.exe": b"MZ"},
        )
        return receive(raw, now=LATER)

    assert [sent(b"1", "<a>"), sent(b"2", "<b>")] == [api.Received("added", number)] * 2
    row = Appeal.objects.get(number=number)
    assert row.additions.count() == 1
    assert len(documents_of(owner=Owner("appeal_file", str(row.pk)))) == 2
    told = messages()
    with no_event():
        assert [sent(b"2", "<b>"), sent(b"1", "<c>")] == [api.Received("again", number)] * 2
    assert messages() == told
    # What has ended takes nothing any more, and says so.
    with arranged():
        Appeal.objects.update(state="withdrawn")
    assert sent(b"2", "<b>").outcome == "again" and sent(b"3", "<d>").outcome == "refused"


def test_files_are_proved_before_anything_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Going through a file takes as long as it is large; nobody else waits for it."""
    city()
    number = receive(letter()).number
    true, locked = store_module.check_file, []
    with CaptureQueriesContext(connection) as queries:

        def proved(*given: object) -> object:
            locked.append(any("FOR UPDATE" in each["sql"] for each in queries.captured_queries))
            return true(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(store_module, "check_file", proved)
        reply = letter(subject=f"Re: {number}", identifier="<f>", text="见附件。", files={"a.txt": b"1"})
        receive(reply, now=LATER)
        assert any("FOR UPDATE" in each["sql"] for each in queries.captured_queries)
    # Once, and no more when it is kept.
    assert locked == [False]


def test_nobody_adds_to_an_appeal_of_another_address() -> None:
    city()
    number = receive(letter()).number
    other = letter(sender="x@example.org", subject=f"Re: {number}", text="撤回这件诉求。", identifier="<3@x>")
    found = receive(other)
    assert found.outcome == "submitted" and found.number != number
    own = submitted_appeal(people=city())
    found = receive(letter(subject=own.row.number, identifier="<4@x>", text="我是企业的人，停水了。"))
    assert found.outcome == "submitted" and not own.row.additions.exists()


CHECKED = b"Authentication-Results: mx.example.org; dmarc=pass header.from=example.org\n"


def confirmed(who: Person) -> str:
    """An address its account has confirmed."""
    address = f"{who.user.username}@example.org"
    with arranged():
        EmailAddress.objects.create(user=who.user, email=address, verified=True, primary=True)
    return address


def brought(raw: bytes, *, region: str = DAOLI) -> Appeal:
    """What the letter came to, brought by a server that is believed."""
    done = api.receive_letter(actor=POST, raw=raw, region_code=region, checked_by="mx.example.org", now=NOW)
    return Appeal.objects.get(number=done.number)


def test_a_checked_letter_of_who_acts_for_an_enterprise_speaks_for_it() -> None:
    people = city()
    party = registered_enterprise(DAOLI)
    who = legal_representative_of(party)
    address = confirmed(who)
    mine = brought(CHECKED + letter(sender=address.upper()), region=HARBIN)
    # Of its own district, at the address of the city; followed with the account, so no key is told.
    assert (mine.party_id, mine.region_path, mine.channel, mine.key_hash) == (party.pk, DAOLI, "mail", "")
    assert api.my_appeal(actor=who.actor(), appeal_id=mine.pk, now=NOW).body == WORDS
    assert people.dispatcher.actor() and mine.desk.region.path == DAOLI
    # The same without the server's word, or with another's, is of somebody who says so.
    for number, raw in enumerate((letter(sender=address, identifier="<u1>", text=f"{WORDS}一"),
                                  CHECKED.replace(b"example.org\n", b"example.com\n")
                                  + letter(sender=address, identifier="<u2>", text=f"{WORDS}二"))):  # fmt: skip
        assert brought(raw).party_id is None, number
    # An answer adds to it when it is checked, and only then; also to what was said elsewhere.
    other = api.submit_appeal(
        actor=who.actor(), party_id=party.pk, title="", body="厂区停水两天，没有人来。", now=NOW
    )
    for n, row in enumerate((mine, Appeal.objects.get(pk=other.id))):
        answer = letter(
            sender=address, subject=f"Re: {row.number}", text=f"又停了一次（{n}）。", identifier=f"<r{n}>"
        )
        assert brought(answer).pk != row.pk and not row.additions.exists()
        answer = answer.replace(b"<r", b"<s").replace(b"Re:", b"Re :")
        assert brought(CHECKED + answer).pk == row.pk and row.additions.count() == 1


def test_who_acts_for_several_names_the_one_it_is_about() -> None:
    city()
    first, second = registered_enterprise(DAOLI), registered_enterprise(DAOLI)
    who = legal_representative_of(first)
    stranger = registered_enterprise(DAOLI)
    grant_mandate(actor=SYSTEM, user_id=who.id, party_id=second.pk, legal_representative=True, now=NOW)
    address = confirmed(who)
    for n, (named, found) in enumerate(
        (("", None), (second.credit_code, second.pk), (stranger.credit_code, None),
         (f"{first.credit_code}、{second.credit_code}", None))
    ):  # fmt: skip
        text = f"第 {n} 件：我厂（{named}）停电三天了，没有人管。"
        assert brought(CHECKED + letter(sender=address, text=text, identifier=f"<m{n}>")).party_id == found
    # Nobody's, not confirmed, or closed: nobody is spoken for.
    other = legal_representative_of(stranger)
    unconfirmed = confirmed(other)
    with arranged():
        EmailAddress.objects.filter(user=other.user).update(verified=False)
    for n, sender in enumerate(("nobody@example.org", unconfirmed)):
        raw = CHECKED + letter(sender=sender, text=f"{WORDS}{n}再说一次", identifier=f"<n{n}>")
        assert brought(raw).party_id is None


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (letter(text="停电" * 25_000), "请删去 45,000 字"),
        (letter(text="😡", subject="!"), "请用文字写明"),
    ],
)
def test_words_that_cannot_be_taken_in_are_told_to_the_writer(raw: bytes, told: str) -> None:
    city()
    assert receive(raw).outcome == "refused"
    receive(raw)
    assert not Appeal.objects.exists()
    [message] = Message.objects.filter(recipient=None, channel="email")
    assert told in message.body


def test_what_machines_wrote_leaves_nothing() -> None:
    city()
    with no_event():
        assert receive(letter(Auto_Submitted="auto-replied")).outcome == "ignored"
    assert not Appeal.objects.exists() and not Message.objects.exists()


def test_one_address_is_not_taken_in_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    city()
    for number in range(3):
        receive(letter(identifier=f"<{number}@x>", text=f"停电第 {number} 天，没有人来修。"))
    from yingshang.areas.appeals.channels.actions import receive_letter as module

    rules = module.letter_rules()
    monkeypatch.setattr(module, "letter_rules", lambda: type(rules)(**{**_fields(rules), "most_letters": 3}))
    with pytest.raises(api.TooMany):
        receive(letter(identifier="<9@x>", text="停电第九天，没有人来修。"))
    assert receive(
        letter(identifier="<9@x>", text="停电第九天，没有人来修。"), now=NOW + timedelta(days=2)
    ).number


def test_a_machine_that_answers_every_answer_is_answered_so_often_and_no_more() -> None:
    city()
    number = receive(letter()).number
    before, most = len(messages()), letter_rules().most_answers
    for turn in range(most + 3):
        answer = letter(
            identifier=f"<{turn}@loop>", subject=f"Re: {number}", text=f"您好，来信收到（{turn}）。"
        )
        short = letter(identifier=f"<{turn}@short>", subject="!", text="😡")
        assert receive(short if turn % 2 else answer).outcome == ("refused" if turn % 2 else "added")
    assert len(messages()) - before == most
    # Another address, and another day, are answered.
    receive(letter(sender="x@example.org", identifier="<x>", subject="!", text="😡"))
    receive(letter(identifier="<later>", subject="!", text="😡"), now=NOW + timedelta(days=2))
    assert len(messages()) - before == most + 2


def _fields(rules: object) -> dict[str, object]:
    return {name: getattr(rules, name) for name in rules.__slots__}  # type: ignore[attr-defined]


# -- tables -----------------------------------------------------------------------------------------------------


def test_a_table_is_handed_in_once() -> None:
    people = city()
    party = registered_enterprise(DAOLI)
    rows = (
        {**ROW, "渠道编号": "1", "统一社会信用代码": party.credit_code},
        {**ROW, "渠道编号": "2", "诉求内容": "厂区停水三天，没有人来修。", "联系电话": "13800138000"},
    )
    actor = people.dispatcher.actor()
    done = api.import_appeals(actor=actor, content=filled(*rows), name="a.xlsx", region_code=DAOLI, now=NOW)
    assert done.again == 0
    first, second = (Appeal.objects.get(pk=each.id) for each in done.appeals)
    assert (first.party_id, first.channel, first.channel_reference) == (party.pk, "excel", "12345热线/1")
    assert second.party_id is None and second.reporter_phone == "13800138000"
    again = api.import_appeals(
        actor=actor, content=filled(*rows), name="a.xlsx", region_code=DAOLI, now=LATER
    )
    assert again.again == 2 and Appeal.objects.count() == 2


def test_hotlines_of_two_cities_both_count_from_one() -> None:
    city()
    region_tree(QIQIHAR)
    agency(QIQIHAR, "service-center")

    def told(region_code: str) -> api.Submitted:
        return api.submit_appeal(
            actor=POST,
            title="",
            body=WORDS,
            channel="hotline",
            region_code=region_code,
            reference="1",
            now=NOW,
        )

    first, other = told(DAOLI), told(QIQIHAR)
    assert first.number != other.number and told(DAOLI).number == first.number
    assert [first.again, other.again] == [False, False]


def test_a_table_with_a_mistake_leaves_nothing() -> None:
    people = city()
    elsewhere = registered_enterprise(NANGANG)
    wrong: tuple[dict[str, str | None], ...] = (
        {"统一社会信用代码": elsewhere.credit_code},
        {"地区代码": NANGANG},
        {"诉求内容": "？"},
    )
    content = filled(ROW, *({**ROW, "渠道编号": str(n), **each} for n, each in enumerate(wrong, 2)))
    actor = people.dispatcher.actor()
    with no_event(), pytest.raises(api.InvalidTable) as refused:
        api.import_appeals(actor=actor, content=content, name="a.xlsx", region_code=DAOLI, now=NOW)
    places = [(each["row"], each["column"]) for each in refused.value.details["errors"]]
    assert places == [(3, "统一社会信用代码"), (4, "地区代码"), (5, "诉求内容")]
    assert not Appeal.objects.exists()
    checked = api.check_appeals(actor=actor, content=filled(ROW), name="a.xlsx")
    assert [(each.row, each.column) for each in checked.errors] == [(2, "地区代码")]


def test_only_who_registers_for_others_hands_in_tables_and_letters() -> None:
    people = city()
    for somebody in (people.handler, people.supervisor, another_person()):
        with no_event(), pytest.raises(NotAllowed):
            api.import_appeals(
                actor=somebody.actor(), content=filled(ROW), name="a.xlsx", region_code=DAOLI, now=NOW
            )
        with pytest.raises(NotAllowed):
            api.receive_letter(actor=somebody.actor(), raw=letter(), region_code=DAOLI, now=NOW)
