"""Who says something: with an account, and with a number and a key; what they see and may do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.areas.appeals.factories import (
    another_person,
    answered_appeal,
    city,
    joined_appeal,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NOW, enterprise, legal_representative_of
from tests.kernel.access.test_accounts import logged_in
from tests.kernel.documents.sound_files import amr, m4a
from yingshang.areas.appeals.models import Appeal
from yingshang.areas.appeals.text.rules import text_limits
from yingshang.kernel.documents.api import Owner, documents_of

pytestmark = pytest.mark.django_db
BODY = "我公司更换了营业执照，到窗口申请变更许可证，一个月没有答复。"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))


def test_an_enterprise_says_it_follows_it_and_adds_to_it(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    city()
    party = enterprise(DAOLI)
    browser = logged_in(legal_representative_of(party))
    assert "还没有说过诉求" in browser.get(reverse("appeals:mine")).content.decode()
    new = reverse("appeals:new")
    assert party.name in browser.get(new).content.decode()
    # Nothing that was written is lost by a refusal, and it says what to write instead.
    long = "许可证没有答复。" * text_limits().body_longest
    refused = browser.post(new, {"party": party.pk, "body": long, "title": "标题"})
    assert refused.status_code == 422
    assert long in refused.content.decode() and "请删去" in refused.content.decode()
    program = SimpleUploadedFile("a.exe", b"MZ\x00\x00", content_type="application/x-msdownload")
    refused = browser.post(new, {"party": party.pk, "body": BODY, "files": program})
    assert refused.status_code == 422 and BODY in refused.content.decode() and not Appeal.objects.exists()
    refused = browser.post(new, {"party": party.pk, "body": BODY, "project": "2108-12"})
    assert refused.status_code == 422 and "不是投资项目代码" in refused.content.decode()
    assert 'value="2108-12"' in refused.content.decode() and not Appeal.objects.exists()
    note = SimpleUploadedFile("说明.txt", "许可证受理单".encode(), content_type="text/plain")
    told = {"party": party.pk, "body": BODY, "files": note, "project": "２１０８ 230102 04 01 12345x"}
    done = browser.post(new, told)
    row = Appeal.objects.get()
    assert [(each["kind"], each["id"]) for each in row.links] == [("project", "2108-230102-04-01-12345X")]
    page = reverse("appeals:appeal", args=[row.pk])
    assert done.headers["Location"] == page
    # Said again it is the same one.
    assert browser.post(new, {"party": party.pk, "body": BODY}).headers["Location"] == page
    with django_assert_max_num_queries(20):
        shown = browser.get(page).content.decode()
    for words in (
        BODY,
        row.number,
        "说明.txt",
        "正在派单",
        "期限怎么算的",
        "已提出",
        "2108-230102-04-01-12345X",
    ):
        assert words in shown
    added = browser.post(
        reverse("appeals:step", args=[row.pk, "add"]), {"text": "昨天又去了一次，还是没有结果。"}
    )
    assert added.headers["Location"] == page and "昨天又去了一次" in browser.get(page).content.decode()
    empty = browser.post(reverse("appeals:step", args=[row.pk, "add"]), {"text": "  "})
    assert empty.status_code == 422 and "正文不能为空" in empty.content.decode()
    with django_assert_max_num_queries(12):
        listed = browser.get(reverse("appeals:mine"), {"text": row.number[:12]}).content.decode()
    assert page in listed
    assert page not in browser.get(reverse("appeals:mine"), {"state": "closed"}).content.decode()
    assert row.number in b"".join(browser.get(reverse("appeals:mine"), {"export": "csv"})).decode()
    browser.post(reverse("appeals:step", args=[row.pk, "withdraw"]), {"text": "已自行解决"})
    assert "已自行解决" in browser.get(page).content.decode()
    assert browser.post(reverse("appeals:step", args=[row.pk, "nothing"])).status_code == 404


def test_who_said_it_has_the_word_and_nobody_else() -> None:
    said = answered_appeal()
    page = reverse("appeals:appeal", args=[said.id])
    browser = logged_in(said.who)
    shown = browser.get(page).content.decode()
    for words in ("请您看看是否解决", "许可证已变更", "打开答复文书", "存证回执", "没有解决，继续办理"):
        assert words in shown
    for stranger in (logged_in(another_person()), logged_in(said.people.handler)):
        assert stranger.get(page).status_code == 404
        assert stranger.post(reverse("appeals:step", args=[said.id, "confirm"])).status_code == 404
    assert reverse("account_login") in Client().get(page).headers["Location"]
    refused = browser.post(reverse("appeals:step", args=[said.id, "dispute"]), {"text": ""})
    assert refused.status_code == 422 and "请写明理由" in refused.content.decode()
    browser.post(reverse("appeals:step", args=[said.id, "confirm"]))
    assert said.row.state == "closed"
    shown = browser.get(page).content.decode()
    assert "由诉求人确认" in shown and "要求重新办理" in shown
    browser.post(reverse("appeals:step", args=[said.id, "reopen"]), {"text": "又被退回了"})
    assert said.row.state == "handling" and "又被退回了" in browser.get(page).content.decode()


def test_without_an_account_by_number_and_key() -> None:
    city()
    phone = Client()
    code = phone.get(reverse("appeals:code"), {"region": DAOLI}).content.decode()
    assert "<svg" in code and f"region={DAOLI}" in code
    say = f"{reverse('appeals:say')}?region={DAOLI}"
    assert phone.get(say).status_code == 200
    refused = phone.post(say, {"body": BODY, "region": ""})
    assert refused.status_code == 422 and "请选择诉求所在的地区" in refused.content.decode()
    done = phone.post(say, {"body": BODY, "region": DAOLI, "phone": "13812345678"}, follow=True)
    text = done.content.decode()
    row = Appeal.objects.get()
    assert (row.channel, row.filed_by, row.party) == ("phone_page", None, None)
    [number, key] = re.findall(r'<b class="code">([^<]+)</b>', text)
    assert number == row.number
    # Once only.
    assert key not in phone.get(reverse("appeals:said"), follow=True).content.decode()
    assert BODY in phone.get(reverse("appeals:followed")).content.decode()
    other = Client()
    assert other.get(reverse("appeals:followed")).headers["Location"] == reverse("appeals:follow")
    wrong = other.post(reverse("appeals:follow"), {"number": number, "key": "wrong"})
    assert wrong.status_code == 422 and "编号或查询码不对" in wrong.content.decode()
    other.post(reverse("appeals:follow"), {"number": number, "key": key})
    assert BODY in other.get(reverse("appeals:followed")).content.decode()
    other.post(reverse("appeals:followed-step", args=["withdraw"]), {"text": ""})
    row.refresh_from_db()
    assert row.state == "withdrawn"
    again = phone.post(say, {"body": BODY, "region": DAOLI, "phone": "13812345678"}, follow=True)
    assert again.status_code == 200 and Appeal.objects.count() == 2


def test_sent_again_from_the_same_phone_it_is_the_same_without_a_name() -> None:
    city()
    phone, say = Client(), f"{reverse('appeals:say')}?region={DAOLI}"
    phone.post(say, {"body": BODY, "region": DAOLI})
    for _ in range(3):
        # What comes with it this time is kept, once.
        note = SimpleUploadedFile("补.txt", "又想起一件".encode())
        again = phone.post(say, {"body": BODY, "region": DAOLI, "files": note}, follow=True)
        assert "没有重复登记" in again.content.decode() and BODY in again.content.decode()
    kept = documents_of(Owner("appeal_file", str(Appeal.objects.get().pk)))
    assert [each.name for each in kept] == ["补.txt"]
    # Somebody else who says the same is another voice.
    Client().post(say, {"body": BODY, "region": DAOLI})
    assert Appeal.objects.count() == 2
    # Who gives the telephone number of another adds nothing to what that one said.
    called = {"body": f"另外，{BODY}", "region": DAOLI, "phone": "13812345678"}
    phone.post(say, called)
    Client().post(say, {**called, "files": SimpleUploadedFile("假.txt", b"x")})
    latest = Appeal.objects.latest("pk")
    assert Appeal.objects.count() == 3 and not documents_of(Owner("appeal_file", str(latest.pk)))


def test_files_open_with_the_key_and_no_others() -> None:
    city()
    phone, say = Client(), f"{reverse('appeals:say')}?region={DAOLI}"
    for words in (BODY, f"另外，{BODY}"):
        note = SimpleUploadedFile("说明.txt", "许可证受理单".encode(), content_type="text/plain")
        phone.post(say, {"body": words, "region": DAOLI, "files": note}, follow=True)
    [other, own] = [
        documents_of(Owner("appeal_file", str(each.pk)))[0].id for each in Appeal.objects.order_by("pk")
    ]
    page = reverse("appeals:followed-file", args=[own])
    assert page in phone.get(reverse("appeals:followed")).content.decode()
    opened = phone.get(page)
    assert b"".join(opened).decode() == "许可证受理单" and "no-store" in opened.headers["Cache-Control"]
    assert phone.get(reverse("appeals:followed-file", args=[other])).status_code == 404
    assert Client().get(page).headers["Location"] == reverse("appeals:follow")


def test_a_voice_note_is_played_on_the_page_and_runs_nowhere() -> None:
    city()
    phone, say = Client(), f"{reverse('appeals:say')}?region={DAOLI}"
    assert 'accept="audio/*" capture' in phone.get(say).content.decode()
    notes = [SimpleUploadedFile("录音.m4a", m4a()), SimpleUploadedFile("录音.amr", amr())]
    assert phone.post(say, {"body": BODY, "region": DAOLI, "files": notes}).status_code == 302
    [played, other] = documents_of(Owner("appeal_file", str(Appeal.objects.get().pk)))
    address = reverse("appeals:followed-file", args=[played.id])
    shown = phone.get(reverse("appeals:followed"))
    assert re.findall(r'<audio [^>]*src="([^"]+)"', shown.content.decode()) == [address]
    assert "请下载后收听" in shown.content.decode() and other.name == "录音.amr"
    # The page may play what is its own; the file itself is a download in a sandbox.
    assert "default-src 'self'" in shown.headers["Content-Security-Policy"]
    heard = phone.get(address, headers={"Range": "bytes=0-7"})
    assert (heard.status_code, heard.headers["Content-Type"]) == (206, "audio/mp4")
    assert b"".join(heard)[4:8] == b"ftyp"
    assert heard.headers["Content-Disposition"].startswith("attachment")
    assert heard.headers["Content-Security-Policy"].endswith("sandbox")
    assert heard.headers["X-Content-Type-Options"] == "nosniff"
    # Afterwards, too: all of what is sent at once, or none of it.
    add = reverse("appeals:followed-step", args=["file"])
    assert phone.post(add).status_code == 422
    long = SimpleUploadedFile("长录音.amr", amr(700))
    refused = phone.post(add, {"files": [SimpleUploadedFile("a.txt", b"words"), long]})
    assert refused.status_code == 422 and "最长 10 分钟" in refused.content.decode()
    assert len(documents_of(Owner("appeal_file", str(Appeal.objects.get().pk)))) == 2


def test_more_files_than_an_appeal_has_are_refused_before_any_is_gone_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = submitted_appeal()
    looked: list[str] = []

    def look(**told: object) -> None:
        looked.append(str(told["name"]))
        raise AssertionError

    monkeypatch.setattr("yingshang.areas.appeals.actions.add_file.check_upload", look)
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(11)]
    phone, step = Client(), reverse("appeals:step", args=[said.id, "file"])
    other, own = logged_in(another_person()), logged_in(said.who)
    answers = [
        phone.post(
            f"{reverse('appeals:say')}?region={DAOLI}", {"body": BODY, "region": DAOLI, "files": files}
        ),
        logged_in(said.people.dispatcher).post(
            reverse("appeals_desk:register"),
            {
                "channel": "hotline",
                "urgency": "urgent",
                "body": BODY,
                "region": DAOLI,
                "looked": "yes",
                "files": files,
            },
        ),
        own.post(step, {"files": files}),
    ]
    for refused in answers:
        assert refused.status_code == 422 and "最多 10 个附件" in refused.content.decode()
    # Nor is one file of an appeal that is not one's own.
    assert other.post(step, {"files": files[:1]}).status_code == 404
    assert looked == [] and Appeal.objects.count() == 1


def test_one_account_says_and_adds_so_much_and_no_more(settings: object) -> None:
    city()
    settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "appeals": "2/hour"}  # type: ignore[attr-defined]
    party = enterprise(DAOLI)
    browser = logged_in(legal_representative_of(party))
    page = browser.post(reverse("appeals:new"), {"party": party.pk, "body": BODY}).headers["Location"]
    answers = [
        browser.post(f"{page}add", {"text": f"第 {number} 次补充，还是没有结果。"}) for number in (1, 2)
    ]
    assert [each.status_code for each in answers] == [302, 429]
    refused = browser.post(reverse("appeals:new"), {"party": party.pk, "body": f"另外，{BODY}"})
    assert refused.status_code == 429
    # Nothing that was written is lost by that, and it says when to send it again.
    for each, written in ((answers[1], "第 2 次补充"), (refused, f"另外，{BODY}")):
        assert written in each.content.decode() and "秒后再试" in each.content.decode()
    assert browser.post(f"{page}nothing").status_code == 404


def test_one_address_says_so_much_and_no_more(settings: object) -> None:
    city()
    settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "appeals": "1/hour"}  # type: ignore[attr-defined]
    phone = Client()
    say = reverse("appeals:say")
    assert phone.post(say, {"body": BODY, "region": DAOLI}).status_code == 302
    refused = phone.post(say, {"body": f"另外，{BODY}", "region": DAOLI})
    assert refused.status_code == 429 and f"另外，{BODY}" in refused.content.decode()


def test_what_one_does_with_a_key_keeps_nobody_behind_the_same_address_from_saying_theirs(
    settings: object,
) -> None:
    city()
    settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "appeals": "2/hour"}  # type: ignore[attr-defined]
    one, other = Client(), Client()
    say = reverse("appeals:say")
    assert one.post(say, {"body": BODY, "region": DAOLI}).status_code == 302
    for what, status in (("nothing", 404), ("nothing", 404), ("rate", 422), ("rate", 422), ("rate", 429)):
        assert one.post(reverse("appeals:followed-step", args=[what])).status_code == status
    assert other.post(say, {"body": f"另外，{BODY}", "region": DAOLI}).status_code == 302


def test_what_was_joined_tells_where_it_is() -> None:
    said = joined_appeal()
    shown = logged_in(said.who).get(reverse("appeals:appeal", args=[said.id])).content.decode()
    assert said.row.main is not None
    assert said.row.main.number in shown and "合并办理" in shown
