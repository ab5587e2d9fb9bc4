"""An interpretation is published, affirmed for a later version, taken down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...errors import InvalidInterpretation
from ...handlers import tell_interpretation
from ...lifecycle import INTERPRETATION
from ...models import Interpretation
from ...selectors import AUTHOR
from ..selectors import Founded
from ..values import Subject
from ._steps import held, load, note

PUBLISH = "policies.publish"


@transaction.atomic
def publish_interpretation(*, actor: Actor, subject: Subject, now: datetime) -> int:
    """Publish the draft; the number of the audit event. The one published before is taken down in the same breath.

    Needs policies.publish. It is never earlier than what it is about. Raises InterpretationNotFound, ItemNotFound,
    DocumentNotFound, InvalidInterpretation.
    """
    found, row = load(actor, subject, PUBLISH, "draft")
    state = INTERPRETATION.after(row.state, "published")
    if not found.public:
        raise InvalidInterpretation(
            "publish the item or the document first; it is not public yet",
            message_zh="事项或文件尚未公开，解读不能先公开",
        )
    if not row.plain:
        raise InvalidInterpretation(
            "say in one sentence what it is about first",
            message_zh="请先填写一句话说明",
            field="plain",
        )
    earlier = found.rows.filter(state="published").first()
    if earlier is not None:
        _end(earlier, now, f"第 {row.number} 次解读公开")
    row.state = state
    row.numbers = held(row, found)
    row.first_version = row.last_version = found.version.number if found.version else None
    row.published_at, row.published_by_name = now, actor.name
    row.published_event = note(
        row,
        found,
        "published",
        actor=actor,
        now=now,
        before={"published": earlier.number if earlier else None},
        after={"published": row.number, "version": row.last_version, "generated": row.generated},
    )
    row.save()
    _tell(found, now)
    return int(row.published_event)


@transaction.atomic
def affirm_interpretation(*, actor: Actor, subject: Subject, now: datetime) -> int:
    """Say that what is published holds for the version in force too; the number of that version.

    Refused while it speaks of figures that are no longer there. Needs policies.author. Raises InterpretationNotFound,
    ItemNotFound, InvalidInterpretation.
    """
    found, row = load(actor, subject, AUTHOR, "published")
    INTERPRETATION.after(row.state, "affirmed")
    if found.version is None or found.version.state != "published":
        raise InvalidInterpretation(
            "only an interpretation of an item in force is affirmed for its version",
            message_zh="只有已发布事项的解读可以确认适用的版本",
        )
    if gone := [each for each in row.numbers if each not in set(held(row, found))]:
        raise InvalidInterpretation(
            f"it speaks of {', '.join(gone)}, which the item no longer holds; write a new interpretation",
            message_zh=f"解读提到的“{'、'.join(gone)}”在现行版本中已没有，请重新编写解读",
        )
    before = row.last_version
    row.last_version = found.version.number
    row.changed_at, row.changed_by_name = now, actor.name
    row.save(update_fields=["last_version", "changed_at", "changed_by_name"])
    note(
        row,
        found,
        "affirmed",
        actor=actor,
        now=now,
        before={"version": before},
        after={"version": row.last_version},
    )
    _tell(found, now)
    return int(row.last_version)


@transaction.atomic
def withdraw_interpretation(
    *, actor: Actor, subject: Subject, state: str = "published", reason: str = "", now: datetime
) -> None:
    """Take the published one down, or throw a draft away (`state`). What was published says why.

    Needs policies.publish for the one, policies.author for the other. Raises InterpretationNotFound, ItemNotFound,
    DocumentNotFound, InvalidInterpretation.
    """
    found, row = load(actor, subject, PUBLISH if state == "published" else AUTHOR, state)
    if state == "published" and not reason.strip():
        raise InvalidInterpretation(
            "say why it is taken down", message_zh="请填写撤下解读的原因", field="reason"
        )
    _end(row, now, reason)
    note(
        row,
        found,
        "withdrawn",
        actor=actor,
        now=now,
        before={"state": state},
        after={"state": row.state},
        reason=reason,
    )
    if state == "published":
        _tell(found, now)


def _end(row: Interpretation, now: datetime, reason: str) -> None:
    row.state = INTERPRETATION.after(row.state, "withdrawn")
    row.ended_at, row.end_reason = now, reason[:400]
    row.save(update_fields=["state", "ended_at", "end_reason"])


def _tell(found: Founded, now: datetime) -> None:
    tell_interpretation(found.item, found.document, now=now)
