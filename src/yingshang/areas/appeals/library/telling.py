"""Who is told: those of the agency who may publish what waits, and who wrote what has to be changed."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may, reference_of
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..desks import PLATFORM
from ..models import LibraryAnswer, LibraryAnswerVersion
from .selectors import KEEP, mark_of


def tell_publishers(
    answer: LibraryAnswer, version: LibraryAnswerVersion, *, corrected: bool = False, now: datetime
) -> None:
    """A version waits: everybody of the agency who may publish it, and has not written it; once a version, and again
    each time it was returned and is `corrected`.
    """
    once = mark_of(version) if corrected else str(version.number)
    keepers = officials_who_may(KEEP, agency_id=answer.agency_id, today=timezone.localdate(now))
    for each in keepers:
        if version.written_by != f"user:{each}":
            _tell(each, "answer_waiting", answer, version, now, once=once)


def tell_writer(answer: LibraryAnswer, version: LibraryAnswerVersion, *, by: Actor, now: datetime) -> None:
    """It was returned, unless by who wrote it."""
    kind, _colon, identifier = version.written_by.partition(":")
    if kind == "user" and version.written_by != reference_of(by):
        _tell(int(identifier), "answer_returned", answer, version, now, reason=version.remark)


def _tell(
    user_id: int,
    template: str,
    answer: LibraryAnswer,
    version: LibraryAnswerVersion,
    now: datetime,
    *,
    once: str = "",
    **more: str,
) -> None:
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=user_id)],
        template=f"appeals.{template}",
        context={"question": version.question, "writer": version.written_by_name, **more},
        link=f"/desk/appeals/answers/{answer.pk}/",
        once=f"appeals.{template}:{answer.pk}:{once}:{user_id}" if once else "",
        now=now,
    )
