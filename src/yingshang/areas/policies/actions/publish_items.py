"""What has passed the review is published, what was issued before the platform taken in; both are taken back when they
must be."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ..content import program_of
from ..errors import InvalidItem
from ..handlers import tell_published, tell_withdrawn
from ..lifecycle import VERSION
from ..models import ItemVersion
from ._steps import load_version, note_version
from .write_items import OPEN

PUBLISH, ADOPT = "policies.publish", "policies.adopt"


@transaction.atomic
def publish_item(*, actor: Actor, code: str, now: datetime) -> int:
    """Publish the version that has passed the review; the number of the audit event, of which a receipt can be had.

    The version published before is superseded in the same breath. Raises ItemNotFound, NotPossibleNow, and InvalidItem
    when the source does not compile.
    """
    row = load_version(actor, code, PUBLISH, "draft", "reviewing", "returned", "approved")
    state = VERSION.after(row.state, "published")
    program_of(row.source, timezone.localdate(now))
    earlier = row.item.versions.select_for_update().filter(state="published").first()
    if earlier is not None:
        earlier.state = VERSION.after(earlier.state, "superseded")
        earlier.ended_at, earlier.end_reason = now, f"第 {row.number} 版发布"
        earlier.save(update_fields=["state", "ended_at", "end_reason"])
    row.state = state
    row.published_at, row.published_by_name = now, actor.name
    row.published_event = note_version(
        row,
        "published",
        actor=actor,
        now=now,
        before={"published": earlier.number if earlier else None},
        after={"published": row.number, "digest": row.digest},
    )
    row.save()
    row.item.current = row
    row.item.save(update_fields=["current"])
    tell_published(row, now=now)
    return int(row.published_event)


@transaction.atomic
def adopt_item(*, actor: Actor, code: str, reason: str, now: datetime) -> int:
    """Take an item that was issued before the platform into the library 既有政策入库; the number of the audit event.

    Its first version is published without a review, so nothing can be funded under it until a later one has passed.
    `reason` says where it was found. Its document is known, with a number, an address, a file or a note of its origin.
    Needs `policies.adopt`, which only the platform itself has. Raises ItemNotFound, NotPossibleNow, DraftUnchecked,
    InvalidItem.
    """
    row = load_version(actor, code, ADOPT, *OPEN)
    state = VERSION.after(row.state, "adopted")
    program_of(row.source, timezone.localdate(now))
    if row.number != 1:
        raise InvalidItem(
            f"version {row.number} of {code} is new; hand it in for review",
            message_zh="已有版本的事项应提交标准化审查，不能按既有政策入库",
            problems=[],
        )
    document = row.item.document
    if document is None or not (document.number or document.url or document.file_id or document.note):
        raise InvalidItem(
            "say which document it is from, with its number, address, file or a note of its origin",
            message_zh="请关联政策文件，并填写文号、出处、原件或者来源说明",
            problems=[],
        )
    if not reason.strip():
        raise InvalidItem(
            "say where the policy was found",
            message_zh="请填写既有政策的来源",
            problems=[],
        )
    row.state = state
    row.published_at, row.published_by_name = now, actor.name
    row.published_event = note_version(
        row,
        "adopted",
        actor=actor,
        now=now,
        before={"published": None},
        after={"published": row.number, "digest": row.digest, "document": document.pk, "url": document.url},
        reason=reason,
    )
    row.save()
    row.item.current = row
    row.item.save(update_fields=["current"])
    tell_published(row, now=now)
    return int(row.published_event)


@transaction.atomic
def withdraw_item(*, actor: Actor, code: str, reason: str, now: datetime) -> None:
    """Take the published version out of force from now on. Raises ItemNotFound, and InvalidItem without a reason."""
    row = load_version(actor, code, PUBLISH, "published")
    if not reason.strip():
        raise InvalidItem(
            "say why it is withdrawn; everybody will read it",
            message_zh="请填写撤回理由，该理由将向社会公开",
            problems=[],
        )
    _end(row, "withdrawn", reason, now)
    row.item.current = None
    row.item.save(update_fields=["current"])
    note_version(
        row,
        "withdrawn",
        actor=actor,
        now=now,
        before={"published": row.number},
        after={"published": None},
        reason=reason,
    )
    tell_withdrawn(row, now=now)


def _end(row: ItemVersion, event: str, reason: str, now: datetime) -> None:
    row.state = VERSION.after(row.state, event)
    row.ended_at, row.end_reason = now, reason[:400]
    row.save(update_fields=["state", "ended_at", "end_reason"])
