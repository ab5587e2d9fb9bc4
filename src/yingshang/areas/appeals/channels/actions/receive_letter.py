"""A letter becomes an appeal, or adds to one; its writer gets an answer. What machines wrote gets none.

A sender is a claim. It speaks for an enterprise only where the mail server that is believed has checked it, the address
is a confirmed one of an account, and that account acts for the enterprise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import VISITOR, Actor, actor_by_mail, lookup_hash
from yingshang.kernel.documents.api import Owner, RefusedFile, UnreadableContent, documents_of, read_text
from yingshang.kernel.notices.api import Recipient, count_messages, send_where_possible
from yingshang.kernel.parties.api import PartyDetail, get_party, parties_by_code
from yingshang.kernel.reference.api import find_region, get_region
from yingshang.rules.errors import DomainError

from ...actions.add_file import FILES, ProvedFile, keep_file, prove_file
from ...actions.have_the_word import keep_addition
from ...actions.submit_appeal import Reporter, submit_appeal
from ...desks import PLATFORM
from ...errors import InvalidAppeal, NotPossibleNow, TooMany
from ...lifecycle import APPEAL
from ...models import Appeal
from ...reach import OWN, own_appeals
from ...text import InvalidText
from ...text.rules import text_rules
from ..letters import Ignored, Letter, read_letter
from ..reach import REGISTER
from ..rules import letter_rules

BY = "诉求人（邮件）"
_Sent = tuple[str, ProvedFile | RefusedFile]
"""What is enclosed, by the name it claims."""
_CREDIT_CODE = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{18}(?![0-9A-Z])")


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a letter: `submitted`, `added`, `again` (it had come before), `refused` or `ignored`, and why."""

    outcome: str
    number: str = ""
    message: str = ""
    message_zh: str = ""


def receive_letter(
    *,
    actor: Actor,
    raw: bytes,
    region_code: str,
    envelope_sender: str | None = None,
    checked_by: str = "",
    now: datetime,
) -> Received:
    """Take a letter in for the desk of a region. The same letter brought twice is one appeal and one answer.

    `checked_by` is the mail server whose word on the sender is believed. A letter speaks for an enterprise when it has
    been checked and whoever has the address acts for it: for one alone, or for the one whose credit code it names. It
    adds to an appeal of those it speaks for, or of its own address where no enterprise said it.
    Files that cannot be taken in are told to the sender; the appeal is there without them. Words that cannot be are
    told, too, and there is no appeal.

    Raises UnreadableLetter, TooMany, NotAllowed, NobodyToAsk, InvalidAppeal for a region there is not.
    """
    if find_region(region_code) is None:
        raise InvalidAppeal(
            f"no division {region_code}",
            message_zh=f"没有区划 {region_code}",
            field="region",
            value=region_code,
        )
    actor.require(REGISTER)
    read = read_letter(
        raw,
        html_to_text=_html_to_text,
        envelope_sender=envelope_sender,
        own=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        checked_by=checked_by,
    )
    if isinstance(read, Ignored):
        return Received("ignored", message=read.message, message_zh=read.message_zh)
    writer = actor_by_mail(read.sender, today=timezone.localdate(now)) if read.verified else VISITOR
    # Before anything is locked: it takes as long as the files are large.
    sent = _proved(read)
    with transaction.atomic():
        try:
            with transaction.atomic():
                found = _appeal_of(read, writer)
                if found is not None:
                    return _add(actor, found, read, sent, now=now)
                return _submit(actor, read, sent, writer, region_code, now=now)
        except (InvalidText, InvalidAppeal, NotPossibleNow) as error:
            return _refused(read, error, now=now)


def _html_to_text(page: str) -> str:
    """The words of a web page, read in a process of its own."""
    try:
        return read_text(page.encode("utf-8", "replace"), "text/html").text
    except UnreadableContent:
        return ""


def _appeal_of(letter: Letter, writer: Actor) -> Appeal | None:
    """The appeal a letter's subject names, locked, when it is of who wrote it, or nobody's but of the same address."""
    if not letter.number:
        return None
    rows = Appeal.objects.select_for_update(of=("self",)).select_related(
        "party__merged_into", "agency", "desk"
    )
    found = rows.filter(number=letter.number).first()
    if found is None:
        return None
    same_address = found.party_id is None and found.reporter_mail.strip().lower() == letter.sender
    return found if same_address or own_appeals(writer).filter(pk=found.pk).exists() else None


def _proved(letter: Letter) -> list[_Sent]:
    """What is enclosed, each with the reason where it cannot be taken in."""
    sent: list[_Sent] = []
    for each in letter.enclosures:
        try:
            sent.append((each.name, prove_file(each.content, each.name)))
        except RefusedFile as error:
            sent.append((each.name, error))
    return sent


def _add(actor: Actor, appeal: Appeal, letter: Letter, sent: list[_Sent], *, now: datetime) -> Received:
    """Words that were said before are not said again; files that were not there are kept all the same."""
    earlier = [each.body for each in appeal.additions.order_by("-pk")[:20]]
    words = letter.newest.strip()
    repeated = words in earlier
    if repeated:
        there = {each.sha256 for each in documents_of(owner=Owner(FILES, str(appeal.pk)))}
        sent = [
            each for each in sent if isinstance(each[1], ProvedFile) and each[1].checked.sha256 not in there
        ]
        if not sent:
            return Received("again", appeal.number)
        APPEAL.after(appeal.state, "added")
    elif words or not letter.enclosures:
        keep_addition(appeal, actor=actor, body=words, by=BY, now=now)
    if not _files(actor, appeal, letter, sent, now=now) and repeated:
        return Received("again", appeal.number)
    _answer("letter_added", letter, now=now, number=appeal.number, title=appeal.title)
    return Received("added", appeal.number)


def _submit(
    actor: Actor, letter: Letter, sent: list[_Sent], writer: Actor, region_code: str, *, now: datetime
) -> Received:
    _ensure_bearable(letter, now)
    party = _enterprise(letter, writer)
    done = submit_appeal(
        actor=actor,
        title=_title(letter.subject),
        body=letter.text or letter.subject,
        region_code=_place(party, region_code),
        channel="mail",
        party_id=party.id if party else None,
        reporter=Reporter(name=letter.sender_name, mail=letter.sender),
        reference=f"letter:{letter.identifier}",
        now=now,
    )
    if done.again:
        return Received("again", done.number)
    appeal = Appeal.objects.select_for_update(of=("self",)).select_related("desk").get(pk=done.id)
    _files(actor, appeal, letter, sent, now=now)
    return Received("submitted", done.number)


def _enterprise(letter: Letter, writer: Actor) -> PartyDetail | None:
    """The enterprise a letter speaks for: the only one its writer acts for, or the only one of these that it names."""
    own = [each.party_id for each in writer.mandates if OWN in each.powers]
    if len(own) > 1:
        codes = set(_CREDIT_CODE.findall(f"{letter.subject}\n{letter.text}".upper()))
        named = {each.id for each in parties_by_code(actor=PLATFORM, codes=sorted(codes)[:20]).values()}
        own = [each for each in own if each in named]
    return get_party(actor=PLATFORM, party_id=own[0]) if len(own) == 1 else None


def _place(party: PartyDetail | None, region_code: str) -> str:
    """Where it is about: where the enterprise is, when that lies within the region the letter came to."""
    home = find_region(party.region_code or "") if party else None
    return home.code if home and home.path.startswith(get_region(region_code).path) else region_code


def _title(subject: str) -> str:
    """The subject, as far as a title goes; nobody can be asked to shorten it."""
    longest = text_rules().limits.title_longest
    return subject if len(subject) <= longest else subject[: longest - 1] + "…"


def _ensure_bearable(letter: Letter, now: datetime) -> None:
    most = letter_rules().most_letters
    recent = Appeal.objects.filter(
        reporter_hash=lookup_hash(letter.sender), channel="mail", submitted_at__gt=now - timedelta(days=1)
    )
    if recent.count() >= most:
        raise TooMany(
            f"more than {most} letters of one address within a day; put what belongs together into one",
            message_zh=f"同一地址一天内超过 {most} 封邮件，请把同类问题合并到一封邮件里，明天再发",
            most=most,
        )


def _files(actor: Actor, appeal: Appeal, letter: Letter, sent: list[_Sent], *, now: datetime) -> bool:
    """Keep what can be kept, and tell the rest with the reason of each. Whether any was."""
    refused: list[str] = []
    kept = False
    for name, file in sent:
        try:
            if isinstance(file, RefusedFile):
                raise file
            with transaction.atomic():
                keep_file(appeal, actor, file, now)
            kept = True
        except (RefusedFile, InvalidAppeal) as error:
            refused.append(f"{name}（{error.message_zh}）")
    if letter.left_out:
        refused.append(f"另有 {letter.left_out} 个附件（每封邮件最多 {letter_rules().most_files} 个）")
    if refused:
        _answer(
            "files_left_out",
            letter,
            now=now,
            number=appeal.number,
            title=appeal.title,
            files="；".join(refused),
        )
    return kept


def _refused(letter: Letter, error: DomainError, *, now: datetime) -> Received:
    _answer("letter_refused", letter, now=now, title=letter.subject[:60] or "—", reason=error.message_zh)
    return Received("refused", message=error.message, message_zh=error.message_zh)


def _answer(template: str, letter: Letter, *, now: datetime, **context: str) -> None:
    """A message to the writer; once for a letter, however often it is brought, and so often within a day: what answers
    every answer without end is no person, whatever its letters look like.
    """
    to = f"letter:{lookup_hash(letter.sender)[:16]}:"
    if count_messages(once=to, since=now - timedelta(days=1)) >= letter_rules().most_answers:
        return
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(email=letter.sender)],
        template=f"appeals.{template}",
        context=context,
        once=f"{to}{letter.identifier}:{template}",
        now=now,
    )
