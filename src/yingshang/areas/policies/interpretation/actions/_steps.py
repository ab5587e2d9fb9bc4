"""Steps that several actions share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ...errors import InterpretationNotFound, InvalidInterpretation
from ...models import Interpretation
from ..numbers import figures_of
from ..selectors import Founded, content_of, founded
from ..values import SECTIONS, InterpretationContent, Subject

MOST_PLAIN, MOST_SECTION, MOST_QUESTION, MOST_ANSWER, MOST_QUESTIONS = 300, 2_000, 200, 1_000, 30


def load(actor: Actor, subject: Subject, permission: str, *states: str) -> tuple[Founded, Interpretation]:
    """The subject, locked, and its interpretation in one of the states. Raises InterpretationNotFound, ItemNotFound,
    DocumentNotFound."""
    found = founded(actor, subject, permission, lock=True)
    row = found.rows.filter(state__in=states).order_by("-number").first()
    if row is None:
        raise InterpretationNotFound(
            f"{found.name} has no interpretation that is {' or '.join(states)}",
            message_zh="没有可以这样办理的解读，可能已被他人处理，请刷新后再看",
            value=subject.code or subject.document_id,
        )
    return found, row


def check(content: InterpretationContent, found: Founded) -> None:
    """Raises InvalidInterpretation."""
    if len(content.plain) > MOST_PLAIN:
        raise _too_long("plain", "一句话说明", "the sentence", MOST_PLAIN, len(content.plain))
    for code, words in content.sections.items():
        if code not in SECTIONS:
            raise InvalidInterpretation(
                f"there is no section {code!r}; the sections are {', '.join(SECTIONS)}",
                message_zh=f"没有“{code}”这一部分，可以写的部分是：{'、'.join(SECTIONS)}",
                field=code,
            )
        if len(words) > MOST_SECTION:
            raise _too_long(code, "这一部分", "this section", MOST_SECTION, len(words))
    if len(content.questions) > MOST_QUESTIONS:
        raise InvalidInterpretation(
            f"at most {MOST_QUESTIONS} questions; {len(content.questions)} is too many to be read",
            message_zh=f"问答最多 {MOST_QUESTIONS} 条，现有 {len(content.questions)} 条，请合并",
            field="questions",
        )
    known = {each.id for each in found.targets}
    for place, each in enumerate(content.questions, start=1):
        if not each.question.strip() or not each.answer.strip():
            raise InvalidInterpretation(
                f"question {place} lacks its words or its answer; write both or remove it",
                message_zh=f"第 {place} 条问答缺少问题或回答，请补齐或删去",
                field="questions",
            )
        if len(each.question) > MOST_QUESTION or len(each.answer) > MOST_ANSWER:
            raise InvalidInterpretation(
                f"question {place} is too long: {MOST_QUESTION} characters for it, {MOST_ANSWER} for the answer",
                message_zh=f"第 {place} 条问答过长：问题最多 {MOST_QUESTION} 字，回答最多 {MOST_ANSWER} 字",
                field="questions",
            )
        if unknown := [point for point in each.points if point not in known]:
            raise InvalidInterpretation(
                f"question {place} points at {', '.join(unknown)}, which is not there; choose another",
                message_zh=f"第 {place} 条问答指向的“{'、'.join(unknown)}”不存在，请重新选择",
                field="questions",
            )


def write(row: Interpretation, content: InterpretationContent, found: Founded) -> None:
    """Put words into a row, and the figures of them that the subject holds."""
    row.plain = content.plain.strip()
    row.sections = {code: words.strip() for code, words in content.sections.items() if words.strip()}
    row.questions = [
        {"question": each.question.strip(), "answer": each.answer.strip(), "points": list(each.points)}
        for each in content.questions
    ]
    row.numbers = held(row, found)


def held(row: Interpretation, found: Founded) -> list[str]:
    """The figures a row speaks of that its subject holds, as they are written."""
    return list(
        dict.fromkeys(
            each.written for each in figures_of(content_of(row).words) if each.value in found.values
        )
    )


def note(
    row: Interpretation,
    found: Founded,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event of something that happened to an interpretation."""
    of = found.item or found.document
    assert of is not None
    kind, identifier = (
        ("policy_item", found.item.code) if found.item else ("policy_document", str(found.document.pk))  # type: ignore[union-attr]
    )
    return record(
        actor=actor,
        action=f"policies.interpretation_{event}",
        target=Target(
            kind,
            identifier,
            f"{found.name} #{row.number}"[:200],
            region_path=of.region_path,
            agency_id=of.agency_id,
        ),
        now=now,
        before=dict(before) if before else None,
        after=dict(after) if after else None,
        reason=reason[:400],
    )


def _too_long(field: str, what_zh: str, what: str, most: int, length: int) -> InvalidInterpretation:
    return InvalidInterpretation(
        f"{what} has at most {most} characters, this one {length}",
        message_zh=f"{what_zh}最多 {most} 字，现有 {length} 字",
        field=field,
    )
