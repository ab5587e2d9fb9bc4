"""Who answers a comment reads it as it was written, and leaves a trace."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from .._steps import note_consultation
from ..values import CommentInClear
from .consultations import consultation_not_found, load_consultation


@transaction.atomic
def read_comment(
    *, actor: Actor, consultation_id: int, number: int, purpose: str, now: datetime
) -> CommentInClear:
    """A comment with name, contact and words in the clear. Needs policies.answer_comments and parties.view_personal.

    Raises ConsultationNotFound, NotAllowed.
    """
    personal = actor.require("parties.view_personal")
    row = load_consultation(actor, consultation_id)
    comment = personal.filter(
        row.comments.filter(number=number),
        region="consultation__region_path",
        agency="consultation__review__agency",
    ).first()
    if comment is None:
        raise consultation_not_found(f"{consultation_id}/{number}")
    note_consultation(
        row, "comment_read", actor=actor, now=now, after_={"comment": number}, reason=purpose.strip()
    )
    return CommentInClear(number, comment.author_name, comment.contact, comment.text)
