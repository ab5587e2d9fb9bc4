"""Reading letters: what people write is read, what machines write is told, what is hostile is bounded. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.areas.appeals.channels.letters import SENDER, WORDS, letter
from tests.examples import examples
from yingshang.areas.appeals.channels.letters import Ignored, Letter, UnreadableLetter, read_letter


def read(raw: bytes, **more: str) -> Letter | Ignored:
    return read_letter(raw, html_to_text=lambda page: f"[{page.strip()}]", **more)  # type: ignore[arg-type]


def written(raw: bytes) -> Letter:
    found = read(raw)
    assert isinstance(found, Letter), found
    return found


def test_a_letter_of_a_person() -> None:
    found = written(letter(files={"照片说明.txt": b"x"}))
    assert (found.sender, found.sender_name, found.subject) == (SENDER, "王师傅", "停电三天")
    assert found.text == WORDS and found.number == ""
    assert [(each.name, each.content) for each in found.enclosures] == [("照片说明.txt", b"x")]


def test_words_come_from_the_plain_text_and_else_from_the_page() -> None:
    assert written(letter(html="<p>页面</p>")).text == WORDS
    assert written(letter(text="", html="<p>页面</p>")).text == "[<p>页面</p>]"


@pytest.mark.parametrize(
    ("declared", "used"),
    [("gb2312", "gb18030"), ("unknown-8", "gb18030"), ("utf-8", "utf-8"), ("ascii", "utf-8")],
)
def test_encodings_as_mail_programs_get_them_wrong(declared: str, used: str) -> None:
    head = (
        f"From: a@example.org\nSubject: 停电\nContent-Type: text/plain; charset={declared}\n\n㙍子村停电三天"
    )
    found = written(head.encode(used))
    assert (found.subject, found.text) == ("停电", "㙍子村停电三天")


@pytest.mark.parametrize(
    "below",
    [
        "------------------ 原始邮件 ------------------\n发件人: 平台",
        '在 2026-11-22 10:00:00，"平台" <a@b.cn> 写道：\n> 已收到',
        "> 您的诉求已收到",
        "On Sun, Nov 22, 2026 at 10:00 AM Platform <a@b.cn> wrote:\n> received",
        "发件人：平台\n发送时间：今天",
    ],
)
def test_what_is_new_stands_above_what_is_quoted(below: str) -> None:
    found = written(
        letter(subject="回复: [SQ202611220000000012] 诉求已收到", text=f"又停了一次。\n\n{below}\n")
    )
    assert found.newest == "又停了一次。"
    assert found.number == "SQ202611220000000012"


def test_a_number_that_is_none_is_none() -> None:
    assert written(letter(subject="SQ20261122 和 SQ2026112200000000123456")).number == ""


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (letter(Auto_Submitted="auto-replied (vacation)"), "automatic"),
        (letter(Precedence="bulk"), "automatic"),
        (letter(List_Id="<news.example.org>"), "automatic"),
        (letter(X_Autoreply="yes"), "automatic"),
        (letter(sender="MAILER-DAEMON@example.org"), "automatic"),
        (letter(subject="自动回复：您好"), "automatic"),
        (letter(subject="Undelivered Mail Returned to Sender"), "automatic"),
        (letter(Return_Path="<>"), "report"),
        (letter().replace(b"text/plain", b"multipart/report; boundary=x"), "report"),
        (letter(sender="Nobody"), "no_sender"),
        (letter(sender='"a b"@example.org'), "no_sender"),
        (b"Received: by a\n" * 31 + letter(), "loop"),
        (letter(sender="noreply@localhost"), "own"),
    ],
)
def test_what_no_person_wrote_is_told_from_it(raw: bytes, reason: str) -> None:
    found = read(raw, own="noreply@localhost")
    assert isinstance(found, Ignored) and found.reason == reason


def test_a_report_of_delivery_is_known_by_its_envelope() -> None:
    assert isinstance(read(letter(), envelope_sender=""), Ignored)
    assert isinstance(read(letter(Auto_Submitted="no"), envelope_sender=SENDER), Letter)


MX = "mx.example.org"


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        (
            f"{MX}; spf=pass smtp.mailfrom=a@example.org; dmarc=pass (p=reject dis=none) header.from=example.org",
            True,
        ),
        (f"{MX} 1; dmarc=pass header.from=EXAMPLE.org", True),
        (f"{MX}; dmarc=fail header.from=example.org", False),
        (f"{MX}; spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org", False),
        (f"{MX}; dmarc=pass header.from=example.com", False),
        ("other.example.org; dmarc=pass header.from=example.org", False),
        # What a sender can bring into it decides nothing.
        (f'{MX}; spf=fail reason="; dmarc=pass header.from=example.org;"', False),
        (f"{MX}; spf=fail (; dmarc=pass header.from=example.org; )", False),
        (f'{MX}; spf=fail smtp.mailfrom="a\\"; dmarc=pass header.from=example.org; "', False),
        (f"{MX}; spf=fail (((; dmarc=pass header.from=example.org;", False),
        (f"{MX}; dmarc=pass header.from=example.org; dmarc=fail header.from=example.org", False),
        ("", False),
    ],
)
def test_whether_the_sender_was_checked(said: str, believed: bool) -> None:
    raw = (f"Authentication-Results: {said}\n".encode() if said else b"") + letter()
    found = read(raw, checked_by=MX)
    assert isinstance(found, Letter) and found.verified is believed
    # Nobody is believed unless named.
    assert not written(raw).verified


def test_a_header_below_that_of_the_server_is_the_senders_own() -> None:
    own = f"Authentication-Results: {MX}; dmarc=pass header.from=example.org\n".encode()
    assert read(own + b"Received: by mx.example.org\n" + letter(), checked_by=MX).verified  # type: ignore[union-attr]
    for raw in (
        # It said nothing and took nothing away: the header came with the letter.
        b"Received: by mx.example.org\n" + own + letter(),
        b"Authentication-Results: mx.example.org; dmarc=fail header.from=example.org\n" + own + letter(),
        own + b"From: x@example.org\n" + letter(),
        own + letter(sender=f"x@example.com, {SENDER}"),
    ):
        found = read(raw, checked_by=MX)
        assert isinstance(found, Letter) and not found.verified


def test_many_files_small_pictures_and_letters_in_letters() -> None:
    found = written(letter(files={f"{number}.txt": b"x" for number in range(13)}))
    assert len(found.enclosures) == 10 and found.left_out == 3
    raw = letter().decode().replace("停电", "").encode()
    mixed = (
        b"From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nthree days\n"
        b"--b\nContent-Type: image/png\nContent-ID: <logo>\n\nsmall\n"
        b"--b\nContent-Type: message/rfc822\n\n" + raw + b"\n--b--\n"
    )
    assert [each.name for each in written(mixed).enclosures] == ["转发的邮件.eml"]
    assert written(mixed).text == "three days"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: a@b.cn\n\n" + b"x" * 40_000_001,
        b"Subject: " + b"x" * 200_100 + b"\n\n",
        b"From: a@b.cn\nContent-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * 101,
        b"From: a@b.cn\n"
        + b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(1200)),
    ],
)
def test_what_is_too_large_or_too_deep_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableLetter) as refused:
        read(raw)
    assert refused.value.message_zh != refused.value.message


PIECES = [
    b"From: a@b.cn\n", b"From: =?x?q?=ff?= <a@b.cn>\n", b"Subject: =?utf-8?b?!!!?=\n", b"\n", b"Content-Type: ",
    b"text/html; charset=\"\xff\"\n", b"multipart/mixed; boundary=b\n", b"--b\n", b"--b--\n", b"\xff\xfe\x00",
    b"Content-Transfer-Encoding: base64\n", b"====\n", b"Content-Disposition: attachment; filename*=x'y'%zz\n",
    b"message/rfc822\n", b"begin 644 a\n", b"Content-Transfer-Encoding: uuencode\n", b"Received: x\n",
]  # fmt: skip


@settings(max_examples=examples(80))
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join))
def test_nothing_in_a_letter_breaks_its_reading(raw: bytes) -> None:
    try:
        found = read(raw)
    except UnreadableLetter:
        return
    if isinstance(found, Letter):
        assert "@" in found.sender and "\x00" not in found.text
        (
            found.text + found.subject + found.sender_name + "".join(each.name for each in found.enclosures)
        ).encode()
