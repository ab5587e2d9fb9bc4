"""How the library grows: a sent reply is proposed as an answer, put into words for everybody, published by another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import code_of_path, find_region

from ...actions._steps import needed
from ...dispatching.topics import topics
from ...errors import InvalidStep, NotApart, NotPossibleNow
from ...lifecycle import ANSWER, ANSWER_VERSION
from ...models import LibraryAnswer, LibraryAnswerVersion, Reply
from ..finding import index_answer
from ..selectors import KEEP, kept_of, mark_of, names_in, no_answer, sent_reply
from ..telling import tell_publishers, tell_writer
from ..texts import AnswerText, checked_answer

_SAID = ("question", "text", "law", "contact", "topic", "region_path")


@transaction.atomic
def propose_answer(
    *,
    actor: Actor,
    reply_id: int,
    question: str,
    text: str,
    topic: str = "",
    region_path: str = "",
    law: str = "",
    contact: str = "",
    now: datetime,
) -> int:
    """Propose what was answered for the library, in words for everybody. Personal data, insults and who appealed are
    hidden in it. Its number. Another official publishes it.

    Raises NotAllowed, AnswerNotFound, InvalidStep, NotPossibleNow.
    """
    actor.require(KEEP)
    reply = sent_reply(actor, reply_id)
    Reply.objects.select_for_update().get(pk=reply.pk)
    kept = LibraryAnswer.objects.filter(source=reply).exclude(state="dropped").first()
    if kept is not None:
        raise NotPossibleNow(
            f"this reply is in the library already, as answer {kept.pk}; change that one",
            message_zh="这份答复已经收入知识库，请修改原有条目",
            value=kept.pk,
        )
    said = checked_answer(
        question=question, text=text, law=law, contact=contact, known=names_in(reply.appeal)
    )
    place = _place(actor, region_path, topic, reply.agency_id)
    row = LibraryAnswer.objects.create(
        source=reply, agency_id=reply.agency_id, state="new", proposed_at=now, **_values(said), **place
    )
    version = _new_version(row, said, place, 1, actor, now)
    tell_publishers(row, version, now=now)
    _note(row, "answer_proposed", actor=actor, now=now, after={"appeal": reply.appeal.number, **place})
    return int(row.pk)


@transaction.atomic
def write_answer(
    *,
    actor: Actor,
    answer_id: int,
    question: str,
    text: str,
    topic: str = "",
    region_path: str = "",
    law: str = "",
    contact: str = "",
    now: datetime,
) -> int:
    """Write it anew: the version that is not decided on yet, or a next one; what is published stays so until another
    publishes this. The number of the version.

    Raises NotAllowed, AnswerNotFound, InvalidStep, NotPossibleNow.
    """
    row = _load(actor, answer_id)
    ANSWER.after(row.state, "written")
    said = checked_answer(
        question=question, text=text, law=law, contact=contact, known=names_in(row.source.appeal)
    )
    place = _place(actor, region_path, topic, row.agency_id)
    version = _open_version(row)
    corrected = version is not None and version.state == "returned"
    if version is None:
        newest = row.versions.order_by("-number").values_list("number", flat=True).first() or 0
        version = _new_version(row, said, place, newest + 1, actor, now)
    else:
        version.state = ANSWER_VERSION.after(version.state, "written")
        for name, value in {**_values(said), **place}.items():
            setattr(version, name, value)
        version.written_at, version.written_by = now, reference_of(actor)
        version.written_by_name = actor.name
        version.decided_at, version.decided_by, version.decided_by_name = None, "", ""
        version.save()
    if row.state == "new":
        _say(row, version)
        row.save()
    tell_publishers(row, version, corrected=corrected, now=now)
    _note(row, "answer_written", actor=actor, now=now, after={"version": version.number, **place})
    return version.number


@transaction.atomic
def publish_answer(
    *, actor: Actor, answer_id: int, remark: str = "", read: str | None = None, now: datetime
) -> int:
    """Everybody may read it from now on; the version before is no longer in force. Who wrote it does not publish it,
    and nothing hidden stands in what is published. `read`: the mark of the version that was looked at, as the page
    shows it; what was written meanwhile is not published unread. The number of the version.

    Raises NotAllowed, AnswerNotFound, NotApart, InvalidStep, NotPossibleNow.
    """
    row = _load(actor, answer_id)
    version = _needed_version(row)
    _ensure_read(version, read)
    state = ANSWER.after(row.state, "published")
    version.state = ANSWER_VERSION.after(version.state, "published")
    if version.written_by == reference_of(actor):
        raise NotApart(
            "who wrote it does not publish it",
            message_zh="起草人不能发布自己起草的答复，请由其他人员发布",
            value=answer_id,
        )
    if not AnswerText(version.question, version.text, version.law, version.contact, 0).publishable:
        raise InvalidStep(
            "something in it is hidden (＊); return it, so that it is put into other words",
            message_zh="还有被遮盖的内容（＊），请退回修改，换成不涉及个人的说法再发布",
            field="remark",
        )
    # The place may have changed since it was written.
    _place(actor, version.region_path, version.topic, row.agency_id)
    for before in row.versions.filter(state="published"):
        before.state = ANSWER_VERSION.after(before.state, "replaced")
        before.save(update_fields=["state"])
    _decide(version, actor, remark, now)
    _say(row, version)
    row.state, row.version, row.published_at = state, version.number, now
    row.retired_at, row.reason = None, ""
    row.save()
    index_answer(row)
    _note(row, "answer_published", actor=actor, now=now, after={"version": version.number}, reason=remark)
    return version.number


@transaction.atomic
def return_answer(
    *, actor: Actor, answer_id: int, remark: str, read: str | None = None, now: datetime
) -> None:
    """Not like this: back to who writes it, with what to change. `read` as in `publish_answer`.

    Raises NotAllowed, AnswerNotFound, InvalidStep, NotPossibleNow.
    """
    row = _load(actor, answer_id)
    version = _needed_version(row)
    _ensure_read(version, read)
    ANSWER.after(row.state, "returned")
    version.state = ANSWER_VERSION.after(version.state, "returned")
    needed(remark, "remark")
    _decide(version, actor, remark, now)
    tell_writer(row, version, by=actor, now=now)
    _note(row, "answer_returned", actor=actor, now=now, after={"version": version.number}, reason=remark)


@transaction.atomic
def drop_answer(*, actor: Actor, answer_id: int, reason: str, now: datetime) -> None:
    """The version that is not decided on is not wanted. What is published stays; an answer that never was is dropped,
    and its reply may be proposed again.

    Raises NotAllowed, AnswerNotFound, InvalidStep, NotPossibleNow.
    """
    row = _load(actor, answer_id)
    version = _needed_version(row)
    needed(reason)
    version.state = ANSWER_VERSION.after(version.state, "dropped")
    _decide(version, actor, reason, now)
    row.state = ANSWER.after(row.state, "dropped")
    if row.state == "dropped":
        row.reason = reason.strip()[:400]
    row.save()
    _note(row, "answer_dropped", actor=actor, now=now, after={"version": version.number}, reason=reason)


@transaction.atomic
def retire_answer(*, actor: Actor, answer_id: int, reason: str, now: datetime) -> None:
    """Nobody is shown it any more: the law has changed, or another one says it better. Its versions are kept.

    Raises NotAllowed, AnswerNotFound, InvalidStep, NotPossibleNow.
    """
    row = _load(actor, answer_id)
    row.state = ANSWER.after(row.state, "retired")
    needed(reason)
    for version in row.versions.filter(state="published"):
        version.state = ANSWER_VERSION.after(version.state, "replaced")
        version.save(update_fields=["state"])
    row.retired_at, row.reason = now, reason.strip()[:400]
    row.save()
    index_answer(row)
    _note(row, "answer_retired", actor=actor, now=now, after={"version": row.version}, reason=reason)


def _load(actor: Actor, answer_id: int) -> LibraryAnswer:
    found = kept_of(actor).filter(pk=answer_id).values_list("pk", flat=True).first()
    if found is None:
        raise no_answer(answer_id)
    rows = LibraryAnswer.objects.select_for_update(of=("self",)).select_related("source__appeal__party")
    return rows.defer("words").get(pk=found)


def _open_version(row: LibraryAnswer) -> LibraryAnswerVersion | None:
    return row.versions.filter(state__in=ANSWER_VERSION.open_states).first()


def _needed_version(row: LibraryAnswer) -> LibraryAnswerVersion:
    version = _open_version(row)
    if version is None:
        raise NotPossibleNow(
            "nothing waits to be decided on; write a new version first",
            message_zh="没有待发布的版本，请先修改并提交",
            value=row.pk,
        )
    return version


def _ensure_read(version: LibraryAnswerVersion, read: str | None) -> None:
    if read is not None and read != mark_of(version):
        raise NotPossibleNow(
            "it was written anew meanwhile; open the page again, and read it before you decide",
            message_zh="内容在您查看之后又有修改，请重新打开本页，看过新的内容再办理",
            value=version.number,
        )


def _new_version(
    row: LibraryAnswer, said: AnswerText, place: dict[str, str], number: int, actor: Actor, now: datetime
) -> LibraryAnswerVersion:
    return LibraryAnswerVersion.objects.create(
        answer=row,
        number=number,
        written_at=now,
        written_by=reference_of(actor),
        written_by_name=actor.name,
        **_values(said),
        **place,
    )


def _values(said: AnswerText) -> dict[str, str]:
    return {"question": said.question, "text": said.text, "law": said.law, "contact": said.contact}


def _say(row: LibraryAnswer, version: LibraryAnswerVersion) -> None:
    for name in _SAID:
        setattr(row, name, getattr(version, name))


def _decide(version: LibraryAnswerVersion, actor: Actor, remark: str, now: datetime) -> None:
    version.decided_at, version.decided_by, version.decided_by_name = now, reference_of(actor), actor.name
    version.remark = remark.strip()[:400]
    version.save()


def _place(actor: Actor, region_path: str, topic: str, agency_id: int) -> dict[str, str]:
    """A topic there is, and a region within one's reach. Raises InvalidStep."""
    if topic and topic not in topics():
        raise InvalidStep(
            f"{topic!r} is no topic", message_zh="没有这个主题，请重新选择", field="topic", value=topic
        )
    known = not region_path or find_region(code_of_path(region_path)) is not None
    if not known or not actor.scope(KEEP).covers("subtree", agency_id=agency_id, region_path=region_path):
        raise InvalidStep(
            f"region {region_path!r} is not within your reach",
            message_zh="适用地区超出您的管理范围，请重新选择",
            field="region_path",
            value=region_path,
        )
    return {"topic": topic, "region_path": region_path}


def _note(
    row: LibraryAnswer,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    after: dict[str, Any],
    reason: str = "",
) -> None:
    record(
        actor=actor,
        action=f"appeals.{what}",
        target=Target(
            "library_answer",
            str(row.pk),
            row.question,
            region_path=row.region_path,
            agency_id=row.agency_id,
        ),
        now=now,
        after={"state": row.state, **after},
        reason=reason.strip()[:400],
    )
