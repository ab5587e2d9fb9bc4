"""An uploaded picture stands beside the one that is drawn from the item, or in its place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, check_upload, re_encode_picture, store

from ...actions._steps import same_revision
from ...errors import InvalidInterpretation
from ...lifecycle import INTERPRETATION
from ...selectors import AUTHOR
from ..selectors import OWNER
from ..values import USES, Subject
from ._steps import load, note

TAKEN = ("png", "jpg")
LARGEST = 8_000_000
"""Bytes of an upload."""
MOST_ALT = 1_000


@transaction.atomic
def set_picture(
    *,
    actor: Actor,
    subject: Subject,
    file: Any,
    name: str,
    alt: str,
    use: str = "beside",
    revision: int,
    now: datetime,
) -> int:
    """Give the draft a picture; the new revision. It is checked and drawn anew: nothing but its colours is kept.

    `alt` says in words what it shows, for who cannot see it. Needs policies.author. Raises RefusedFile,
    InvalidInterpretation, InterpretationNotFound, ChangedMeanwhile.
    """
    found, row = load(actor, subject, AUTHOR, *INTERPRETATION.open_states)
    INTERPRETATION.after(row.state, "pictured")
    same_revision(row.revision, revision, row.changed_by_name)
    if use not in USES:
        raise InvalidInterpretation(
            f"a picture stands {' or '.join(USES)}, not {use!r}",
            message_zh="请选择图片与自动生成的图并列，还是代替它",
            field="use",
        )
    if not alt.strip() or len(alt) > MOST_ALT:
        raise InvalidInterpretation(
            f"say in words what the picture shows, in at most {MOST_ALT} characters",
            message_zh=f"请用文字写明图片的内容（不超过 {MOST_ALT} 字），供看不见图片的人阅读",
            field="alt",
        )
    check_upload(content=file, name=name, allowed=TAKEN, largest=LARGEST)
    content = file if isinstance(file, bytes) else file.read()
    of = found.item or found.document
    assert of is not None
    kept = store(
        actor=actor,
        content=re_encode_picture(content),
        name=f"{name.rpartition('.')[0] or name}.png",
        owner=Owner(OWNER, str(row.pk)),
        region_path=of.region_path,
        agency_id=of.agency_id,
        allowed=("png",),
        told_by_owner=True,
        now=now,
    )
    row.picture_id, row.picture_alt, row.picture_use = kept.id, alt.strip(), use
    row.revision += 1
    row.changed_at, row.changed_by_name = now, actor.name
    row.save()
    note(
        row,
        found,
        "pictured",
        actor=actor,
        now=now,
        after={"picture": kept.sha256, "use": use},
    )
    return int(row.revision)


@transaction.atomic
def remove_picture(*, actor: Actor, subject: Subject, revision: int, now: datetime) -> int:
    """Take the uploaded picture from the draft; the new revision. The file stays with what was published of it.

    Needs policies.author. Raises InterpretationNotFound, ChangedMeanwhile, InvalidInterpretation where there is none.
    """
    found, row = load(actor, subject, AUTHOR, *INTERPRETATION.open_states)
    INTERPRETATION.after(row.state, "pictured")
    same_revision(row.revision, revision, row.changed_by_name)
    if row.picture_id is None:
        raise InvalidInterpretation("it has no picture", message_zh="这份解读没有上传的图片")
    before, row.picture_id, row.picture_alt = row.picture_id, None, ""
    row.revision += 1
    row.changed_at, row.changed_by_name = now, actor.name
    row.save()
    note(row, found, "pictured", actor=actor, now=now, before={"picture": before}, after={"picture": None})
    return int(row.revision)
