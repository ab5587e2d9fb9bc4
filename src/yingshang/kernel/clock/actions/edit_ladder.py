"""Write a ladder, and publish what was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..errors import LadderNotFound, NothingToPublish
from ..ladders import read_ladder
from ..models import Ladder, LadderVersion
from ..views import LadderVersionView, version_view

PERMISSION = "clock.manage"


def save_ladder_draft(
    *, actor: Actor, document: Any, region_path: str = "", now: datetime
) -> LadderVersionView:
    """Keep a ladder as a draft: of a new one in `region_path`, or the next version of the one with its code.

    Raises InvalidLadder with everything that is wrong, LadderNotFound where the code is somebody else's, NotAllowed.
    """
    scope = actor.require(PERMISSION)
    read = read_ladder(document)
    with transaction.atomic():
        ladder = Ladder.objects.select_for_update().filter(code=read.code).first()
        if ladder is None:
            if not scope.covers("region", agency_id=0, region_path=region_path):
                raise _not_found(read.code)
            ladder = Ladder.objects.create(code=read.code, region_path=region_path, created_at=now)
        else:
            _load(actor, read.code)
        draft = ladder.versions.filter(state=LadderVersion.DRAFT).first()
        before = None if draft is None else _told(draft)
        if draft is None:
            newest = ladder.versions.order_by("-number").values_list("number", flat=True).first() or 0
            draft = LadderVersion(ladder=ladder, number=newest + 1)
        draft.name, draft.name_en, draft.source = read.name, read.name_en, read.source
        draft.rungs = [rung.as_dict() for rung in read.rungs]
        draft.changed_at, draft.changed_by = now, actor.name[:120]
        draft.save()
        record(
            actor=actor,
            action="clock.ladder_drafted",
            target=_target(ladder, draft),
            now=now,
            before=before,
            after=_told(draft),
        )
        return version_view(draft)


def publish_ladder(*, actor: Actor, code: str, now: datetime) -> LadderVersionView:
    """Have what is drafted hold for deadlines that start from now on. Raises LadderNotFound, NothingToPublish."""
    with transaction.atomic():
        ladder = _load(actor, code)
        draft = _draft(ladder)
        before = ladder.versions.filter(state=LadderVersion.PUBLISHED).order_by("-number").first()
        draft.state, draft.published_at = LadderVersion.PUBLISHED, now
        draft.changed_at, draft.changed_by = now, actor.name[:120]
        draft.save()
        record(
            actor=actor,
            action="clock.ladder_published",
            target=_target(ladder, draft),
            now=now,
            before=None if before is None else _told(before),
            after=_told(draft),
        )
        return version_view(draft)


def discard_ladder_draft(*, actor: Actor, code: str, now: datetime) -> None:
    """Throw a draft away; a ladder that was never published goes with it. Raises LadderNotFound, NothingToPublish."""
    with transaction.atomic():
        ladder = _load(actor, code)
        draft = _draft(ladder)
        target, before = _target(ladder, draft), _told(draft)
        draft.delete()
        if not ladder.versions.exists():
            ladder.delete()
        record(actor=actor, action="clock.ladder_discarded", target=target, now=now, before=before)


def _load(actor: Actor, code: str) -> Ladder:
    scope = actor.require(PERMISSION)
    ladder = scope.filter(Ladder.objects.select_for_update(), region="region_path").filter(code=code).first()
    if ladder is None:
        raise _not_found(code)
    return ladder


def _draft(ladder: Ladder) -> LadderVersion:
    draft = ladder.versions.filter(state=LadderVersion.DRAFT).first()
    if draft is None:
        raise NothingToPublish(
            f"the ladder {ladder.code!r} has no draft", message_zh=f"提醒阶梯“{ladder.code}”没有草稿"
        )
    return draft


def _told(version: LadderVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "name": version.name,
        "name_en": version.name_en,
        "source": version.source,
        "rungs": version.rungs,
    }


def _target(ladder: Ladder, version: LadderVersion) -> Target:
    return Target("ladder", ladder.code, version.name, ladder.region_path)


def _not_found(code: str) -> LadderNotFound:
    return LadderNotFound(
        f"no ladder {code!r} that you manage", message_zh=f"没有由您管理的提醒阶梯“{code}”", value=code
    )
