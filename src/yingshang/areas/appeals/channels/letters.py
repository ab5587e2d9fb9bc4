"""A letter as it came over the line (RFC 5322): who wrote it, what it says, what is enclosed. Pure.

What no person wrote (answers of machines, reports of delivery, lists) is told from it, so that two machines never write
to each other for ever. Nothing in a letter is believed: sender and kinds of files are claims.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr

from yingshang.rules.errors import DomainError

from ..text import clean
from .rules import LetterRules, letter_rules

NUMBER = re.compile(r"SQ[0-9]{18}(?![0-9])", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_COMMENT = re.compile(r"\([^()\\]*\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOBODY = frozenset({"", "<>", "mailer-daemon"})
"""What mail servers call the empty sender of a report."""
_TRACE = ("authentication-results", "received")
_LONGEST_HEADER = 2000
_MOST_TEXT = 1_000_000
_CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "us-ascii": "utf-8", "ascii": "utf-8"}


class UnreadableLetter(DomainError):
    """What came is no letter, or larger than one may be."""

    code = "appeals.unreadable_letter"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file of a letter, by the name it claims."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody wrote. `number` is the appeal that the subject names; `newest` the text above what is quoted;
    `verified`: the server that is believed has found the sender's domain to be the one the letter names.
    """

    identifier: str
    sender: str
    sender_name: str
    subject: str
    text: str
    newest: str
    number: str
    enclosures: tuple[Enclosure, ...]
    verified: bool
    left_out: int
    """How many files there were beyond the number that is taken in."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A letter nobody is to answer: `reason` is a code, the messages say why."""

    reason: str
    message: str
    message_zh: str


def read_letter(
    raw: bytes,
    *,
    html_to_text: Callable[[str], str],
    envelope_sender: str | None = None,
    own: str = "",
    checked_by: str = "",
) -> Letter | Ignored:
    """The letter, or why it is none to take in. `envelope_sender` is what the line gave, empty for a report of
    delivery; `own` is the address the platform itself writes from; `checked_by` is the server whose word on the sender
    is believed (RFC 8601). Raises UnreadableLetter.
    """
    rules = letter_rules()
    _ensure_readable(raw, rules)
    try:
        # The newer policy takes headers apart by a grammar, which stops at what hostile ones hold, or takes for ever.
        message = message_from_bytes(raw, policy=policy.compat32)
        parts = list(_parts(message, rules))
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise _unreadable("the letter is damaged", "邮件已损坏，请重新发送") from error
    sender_name, sender = _sender(message)
    subject = " ".join(clean(_words(_raw(message, "Subject"))).split())
    ignored = _ignored(message, sender, subject, envelope_sender, own, rules)
    if ignored is not None:
        return ignored
    text = _text(parts, html_to_text)
    enclosures, left_out = _enclosures(parts, rules)
    found = NUMBER.search(subject)
    return Letter(
        identifier=_identifier(message, raw),
        sender=sender,
        sender_name=clean(sender_name)[:60],
        subject=subject,
        text=text,
        newest=_newest(text, rules),
        number=found.group().upper() if found else "",
        enclosures=enclosures,
        verified=_verified(message, sender, checked_by),
        left_out=left_out,
    )


def _ensure_readable(raw: bytes, rules: LetterRules) -> None:
    if len(raw) > rules.largest_bytes:
        megabytes = rules.largest_bytes // 1_000_000
        raise _unreadable(
            f"the letter has more than {megabytes} MB; send fewer or smaller files",
            f"邮件超过 {megabytes} MB，请减少或压缩附件后重新发送",
        )
    ends = [place for place in (raw.find(b"\n\n"), raw.find(b"\r\n\r\n")) if place >= 0]
    if min(ends, default=len(raw)) > rules.largest_head:
        raise _unreadable("the head of the letter is too long", "邮件头过长，无法读取")
    if not raw.strip():
        raise _unreadable("there is no letter", "没有收到邮件内容")


def _unreadable(message: str, message_zh: str) -> UnreadableLetter:
    return UnreadableLetter(message, message_zh=message_zh)


def _parts(message: Message, rules: LetterRules) -> Iterator[Message]:
    """The parts that hold something, in their order; what is enclosed as a letter of its own is not opened."""
    waiting: list[Message] = [message]
    seen = 0
    while waiting:
        part = waiting.pop()
        seen += 1
        if seen > rules.most_parts:
            raise _unreadable(
                f"the letter has more than {rules.most_parts} parts",
                f"邮件超过 {rules.most_parts} 个部分，请直接写在正文里或少带附件",
            )
        content = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(content, list):
            waiting.extend(reversed(content))  # type: ignore[arg-type]  # parts of a multipart are messages
        else:
            yield part


def _raw(message: Message, name: str) -> str:
    """The first header of a name, as it stands: bytes without an encoding are taken for UTF-8, or else for GB18030."""
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            content = str(value)[:_LONGEST_HEADER].encode("utf-8", "surrogateescape")
            for charset in ("utf-8", "gb18030"):
                try:
                    return content.decode(charset)
                except UnicodeError:
                    continue
            return content.decode("utf-8", "replace")
    return ""


def _words(raw: str) -> str:
    """A header in words. Encodings that nobody knows, or that are broken, are left as they stand."""
    try:
        return str(make_header(decode_header(raw))) if "=?" in raw else raw
    except (LookupError, UnicodeError, ValueError):
        return raw


def _sender(message: Message) -> tuple[str, str]:
    """Name and address. The address is read from the bare header: a name can hold what looks like another."""
    name, address = parseaddr(_raw(message, "From"))
    return " ".join(_words(name).split()), address.strip().lower()


def _verified(message: Message, sender: str, checked_by: str) -> bool:
    """Whether the server that is believed says that the domain of the sender sent it (DMARC). Its word stands on top:
    above the first Received, below which stands what a sender writes into such a header. What cannot be read without
    doubt says nothing.
    """
    trace = (name.lower() for name, _ in message.raw_items())
    # Where that server has said nothing, its line of receipt stands above what the sender brought.
    if next((name for name in trace if name in _TRACE), "") != "authentication-results":
        return False
    names = [_raw(message, "From")]
    if not checked_by or len(message.get_all("From", [])) != 1 or len(getaddresses(names)) != 1:
        return False
    said = _COMMENT.sub(" ", _QUOTED.sub(" ", _raw(message, "Authentication-Results"))).lower()
    if not said or set('"()\\') & set(said):
        return False
    server, *results = (part.split() for part in said.split(";"))
    if not server or server[0] != checked_by.strip().lower():
        return False
    domain = f"header.from={sender.rpartition('@')[2]}"
    checked = [each for each in results if each and each[0].startswith("dmarc=")]
    return len(checked) == 1 and checked[0][0] == "dmarc=pass" and domain in checked[0]


def _ignored(
    message: Message,
    sender: str,
    subject: str,
    envelope_sender: str | None,
    own: str,
    rules: LetterRules,
) -> Ignored | None:
    path = _raw(message, "Return-Path").strip()
    if (envelope_sender is not None and envelope_sender.strip().lower() in _NOBODY) or path == "<>":
        return Ignored("report", "a report of delivery: its sender is empty", "退信或投递报告：退信地址为空")
    if message.get_content_type() in ("multipart/report", "message/delivery-status"):
        return Ignored("report", "a report of delivery", "退信或投递报告")
    if own and sender == own.lower():
        return Ignored("own", "a letter of the platform itself", "本平台自己发出的邮件")
    if not _ADDRESS.fullmatch(sender):
        return Ignored("no_sender", "nobody is named as its sender", "没有有效的发件人地址")
    local = sender.partition("@")[0]
    if local in rules.automatic_senders:
        return Ignored("automatic", f"{local} is no person", f"发件人 {local} 是系统地址")
    for name, values in rules.automatic_headers.items():
        for value in message.get_all(name, []):
            word = re.split(r"[;\s(]", str(value)[:100].strip().lower(), maxsplit=1)[0]
            if word in values or ("*" in values and word != "no"):
                return Ignored("automatic", f"a machine wrote it ({name})", f"系统自动发送的邮件（{name}）")
    plain = subject.lower()
    if any(each in plain[:80] for each in rules.automatic_subjects):
        return Ignored("automatic", "an automatic answer, by its subject", "主题表明是自动回复或退信")
    if len(message.get_all("Received", [])) > rules.most_hops:
        return Ignored("loop", "it has gone round in a circle", "邮件在服务器之间循环转发")
    return None


def _text(parts: list[Message], html_to_text: Callable[[str], str]) -> str:
    """The words: the plain text, and where there is none the web page without its markup."""
    plain = [_decoded(each) for each in parts if _is_text(each, "text/plain")]
    text = clean("\n\n".join(plain))
    if not text:
        pages = [_decoded(each) for each in parts if _is_text(each, "text/html")]
        text = clean("\n\n".join(html_to_text(each) for each in pages if each.strip()))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n")))


def _is_text(part: Message, content_type: str) -> bool:
    return part.get_content_type() == content_type and not _file_name(part) and not _is_enclosed(part)


def _is_enclosed(part: Message) -> bool:
    return str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")


def _file_name(part: Message) -> str:
    try:
        return " ".join(_words((part.get_filename() or "")[:_LONGEST_HEADER]).split())
    except (LookupError, UnicodeError, ValueError, TypeError, AttributeError):
        return "附件"


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _decoded(part: Message) -> str:
    # What is longer than this is longer than an appeal may be, in any encoding.
    content = _bytes(part)[:_MOST_TEXT]
    named = str(part.get_content_charset() or "utf-8").lower()
    for charset in (_CHARSETS.get(named, named), "utf-8", "gb18030"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeError):
            continue
    return content.decode("utf-8", "replace")


def _enclosures(parts: list[Message], rules: LetterRules) -> tuple[tuple[Enclosure, ...], int]:
    found = []
    for part in parts:
        name = _file_name(part)
        if part.get_content_maintype() == "message":
            found.append(Enclosure(name or "转发的邮件.eml", b""))
            continue
        if _is_text(part, "text/plain") or _is_text(part, "text/html"):
            continue
        content = _bytes(part)
        if not _is_enclosed(part) and part.get_content_maintype() == "image":
            if len(content) < rules.smallest_picture:
                continue
            name = name or f"图片.{part.get_content_subtype()}"
        if content or name:
            found.append(Enclosure(name or "附件", content))
    return tuple(found[: rules.most_files]), max(0, len(found) - rules.most_files)


def _newest(text: str, rules: LetterRules) -> str:
    """What stands above the letter that is answered. Where nothing does, everything is new."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if any(pattern.match(line[:300]) for pattern in rules.quotes):
            above = "\n".join(lines[:place]).strip()
            return above or text
    return text


def _identifier(message: Message, raw: bytes) -> str:
    """What the line calls the letter, or else the letter itself; of one length."""
    given = _raw(message, "Message-ID").strip()
    return hashlib.sha256(given.encode() if given else raw).hexdigest()[:40]
