"""Somebody comments on a draft; the drafting agency answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, lookup_hash

from ...models import Consultation, ConsultationComment
from .._steps import note_consultation
from ..data import consultation_rules
from ..errors import ConsultationClosed, InvalidComment, TooManyComments
from ..masking import masked_comment, masked_name, only_hides
from .consultations import consultation_not_found, load_consultation

_LOCK_SPACE = 4_746


@transaction.atomic
def give_comment(
    *,
    actor: Actor,
    consultation_id: int,
    kind: str,
    name: str,
    text: str,
    contact: str = "",
    address: str = "",
    now: datetime,
) -> int:
    """Comment on a draft that is open, by somebody who says who they are; the number of the comment.

    Everybody may, so often within the time. Name, contact and words are kept encrypted; what is published later is
    masked. `address` is where a visitor comes from. Raises ConsultationNotFound, ConsultationClosed, InvalidComment,
    TooManyComments.
    """
    row = (
        Consultation.objects.select_for_update(of=("self",))
        .select_related("review")
        .filter(pk=consultation_id)
        .first()
    )
    if row is None or row.state == "cancelled":
        raise consultation_not_found(consultation_id)
    if row.state != "open" or row.closes_on < timezone.localdate(now):
        raise ConsultationClosed(
            f"comments could be given until {row.closes_on}",
            message_zh=f"征求意见已于 {row.closes_on} 截止",
            closes_on=row.closes_on.isoformat(),
        )
    user_id = int(actor.identifier) if actor.kind == "user" else None
    key = lookup_hash(f"comment:{address}") if address and user_id is None else ""
    _ensure_allowance(user_id, key, now)
    return _add(row, actor, kind, name, text, contact, "portal", user_id, key, now)


@transaction.atomic
def enter_comment(
    *, actor: Actor, consultation_id: int, kind: str, name: str, text: str, contact: str = "", now: datetime
) -> int:
    """Write down a comment that came by letter or at a meeting; the number of the comment.

    Needs policies.answer_comments. Raises ConsultationNotFound, ConsultationClosed, InvalidComment.
    """
    row = load_consultation(actor, consultation_id)
    if row.state not in ("open", "closed"):
        raise ConsultationClosed(
            "the comments have been answered and published",
            message_zh="意见采纳情况已经公布，不能再录入意见",
        )
    return _add(row, actor, kind, name, text, contact, "letter", None, "", now)


@transaction.atomic
def answer_comment(
    *,
    actor: Actor,
    consultation_id: int,
    number: int,
    verdict: str,
    answer: str,
    public_text: str | None = None,
    now: datetime,
) -> None:
    """Say what becomes of a comment, and why. Published with the summary; answering again replaces it until then.

    `public_text` replaces the masked words that will be published, where more must not be seen: it hides, with stars,
    and changes nothing. Needs
    policies.answer_comments. Raises ConsultationNotFound, ConsultationClosed, InvalidComment.
    """
    row = load_consultation(actor, consultation_id)
    comment = row.comments.filter(number=number).first()
    if comment is None:
        raise consultation_not_found(f"{consultation_id}/{number}")
    if row.state not in ("open", "closed"):
        raise ConsultationClosed(
            "the answers have been published and stay as they are",
            message_zh="意见采纳情况已经公布，不能再修改",
        )
    known = {each.code for each in consultation_rules().verdicts}
    if verdict not in known:
        raise InvalidComment(
            f"{verdict!r} is none of {', '.join(sorted(known))}", message_zh="请选择采纳情况", field="verdict"
        )
    answer = answer.strip()
    if len(answer) > 2000 or (not answer and verdict != "adopted"):
        raise InvalidComment(
            "give the reason in 1 to 2000 characters; everybody will read it",
            message_zh="请填写理由（不超过 2000 字），将向社会公布",
            field="answer",
        )
    before, hidden = comment.verdict, False
    comment.verdict, comment.answer = verdict, answer
    if public_text is not None:
        public_text = _words(public_text, "public_text")
        if not only_hides(public_text, comment.text):
            raise InvalidComment(
                "what is published of a comment may hide words with *, and change none",
                message_zh="公布的文字只能用 * 遮盖，不能改写或者删去他人的意见",
                field="public_text",
            )
        hidden = comment.public_text != public_text
        comment.public_text = public_text
    comment.answered_at, comment.answered_by_name = now, actor.name
    comment.save()
    note_consultation(
        row,
        "comment_answered",
        actor=actor,
        now=now,
        before={"verdict": before} if before else None,
        after_={"comment": number, "verdict": verdict, "words_hidden": hidden},
        reason=answer,
    )


def _add(
    row: Consultation,
    actor: Actor,
    kind: str,
    name: str,
    text: str,
    contact: str,
    channel: str,
    user_id: int | None,
    key: str,
    now: datetime,
) -> int:
    name = name.strip()
    if kind not in {each.code for each in consultation_rules().kinds}:
        raise InvalidComment(f"{kind!r} is no kind of commenter", message_zh="请选择您的身份", field="kind")
    if not name or len(name) > 60:
        raise InvalidComment(
            "say who you are, in at most 60 characters",
            message_zh="请填写姓名或者单位名称（不超过 60 字）",
            field="name",
        )
    if len(contact.strip()) > 100:
        raise InvalidComment(
            "a contact has at most 100 characters", message_zh="联系方式不超过 100 字", field="contact"
        )
    text = _words(text, "text")
    last = row.comments.order_by("-number").values_list("number", flat=True).first() or 0
    comment = ConsultationComment.objects.create(
        consultation=row,
        number=last + 1,
        channel=channel,
        kind=kind,
        author_name=name,
        contact=contact.strip(),
        user_id=user_id,
        address_key=key,
        text=text,
        public_name=masked_name(name, kind)[:120],
        public_text=masked_comment(text, name, contact.strip(), kind),
        given_at=now,
    )
    note_consultation(
        row,
        "comment_given",
        actor=actor,
        now=now,
        after_={"comment": comment.number, "kind": kind, "channel": channel},
    )
    return int(comment.number)


def _words(text: str, field: str) -> str:
    text, longest = text.strip(), consultation_rules().longest_text
    if not text or len(text) > longest:
        raise InvalidComment(
            f"write 1 to {longest} characters, not {len(text)}",
            message_zh=f"请填写意见（不超过 {longest} 字）",
            field=field,
        )
    return text


def _ensure_allowance(user_id: int | None, key: str, now: datetime) -> None:
    rules = consultation_rules()
    # Two comments of one sender at the same moment, on different drafts, are counted one after the other.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_SPACE, f"{user_id} {key}"])
    allowed, hours = rules.visitor_limit if user_id is None else rules.user_limit
    rows = ConsultationComment.objects.filter(given_at__gt=now - timedelta(hours=hours))
    rows = rows.filter(address_key=key, user_id=None) if user_id is None else rows.filter(user_id=user_id)
    if rows.count() >= allowed:
        raise TooManyComments(
            f"at most {allowed} comments within {hours} hours; come back later",
            message_zh=f"{hours} 小时内最多提交 {allowed} 条意见，请稍后再来",
            allowed=allowed,
            hours=hours,
        )
