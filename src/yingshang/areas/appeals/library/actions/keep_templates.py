"""Texts replies begin with, of an agency or of a place. The reply itself is approved: they are not."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import AgencyNotFound, get_agency
from yingshang.kernel.reference.api import code_of_path, find_region

from ...desks import PLATFORM
from ...dispatching.topics import topics
from ...errors import InvalidStep
from ...models import ReplyTemplate
from ...reach import agencies_of
from ..rules import library_rules
from ..selectors import KEEP, changed_by, no_template
from ..texts import checked_template


@transaction.atomic
def save_template(
    *,
    actor: Actor,
    name: str,
    text: str,
    topic: str = "",
    agency_id: int | None = None,
    region_path: str = "",
    template_id: int | None = None,
    now: datetime,
) -> int:
    """Keep a template of one's own agency (`agency_id`), or of a region within one's reach and all below it; or change
    one. Every placeholder in it is one there is. Its number.

    Raises NotAllowed, AnswerNotFound, InvalidStep.
    """
    scope = actor.require(KEEP)
    row = _load(actor, template_id) if template_id is not None else ReplyTemplate()
    longest = library_rules().limits.template_name_longest
    name = " ".join(name.split())
    if not 0 < len(name) <= longest:
        raise InvalidStep(
            f"the name has {len(name)} characters; write 1 to {longest}",
            message_zh=f"名称有 {len(name)} 字，请写 1 至 {longest} 字",
            field="name",
        )
    text = checked_template(text)
    if topic and topic not in topics():
        raise InvalidStep(
            f"{topic!r} is no topic", message_zh="没有这个主题，请重新选择", field="topic", value=topic
        )
    if agency_id is not None:
        region_path = _agency_path(actor, agency_id)
    elif (region_path and find_region(code_of_path(region_path)) is None) or not scope.covers(
        "subtree", agency_id=0, region_path=region_path
    ):
        raise InvalidStep(
            f"region {region_path!r} is not within your reach",
            message_zh="适用地区超出您的管理范围，请重新选择",
            field="region_path",
            value=region_path,
        )
    before = {"name": row.name, "text": row.text, "topic": row.topic} if row.pk else None
    row.name, row.text, row.topic = name, text, topic
    row.agency_id, row.region_path = agency_id, region_path
    row.written_at, row.written_by_name = now, actor.name
    row.save()
    record(
        actor=actor,
        action="appeals.template_saved",
        target=_target(row),
        now=now,
        before=before,
        after={"name": name, "text": text, "topic": topic},
    )
    return int(row.pk)


@transaction.atomic
def retire_template(*, actor: Actor, template_id: int, now: datetime) -> None:
    """Nobody is offered it any more. Raises NotAllowed, AnswerNotFound."""
    actor.require(KEEP)
    row = _load(actor, template_id)
    row.retired_at = now
    row.save(update_fields=["retired_at"])
    record(
        actor=actor, action="appeals.template_retired", target=_target(row), now=now, after={"name": row.name}
    )


def _load(actor: Actor, template_id: int) -> ReplyTemplate:
    rows = changed_by(actor).filter(pk=template_id, retired_at__isnull=True)
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        raise no_template(template_id)
    return ReplyTemplate.objects.select_for_update().get(pk=found)


def _agency_path(actor: Actor, agency_id: int) -> str:
    """Of one's own agencies only: what others begin their replies with is theirs. Raises InvalidStep."""
    try:
        found = get_agency(actor=PLATFORM, agency_id=agency_id)
    except AgencyNotFound:
        found = None
    if found is None or (actor.kind == "user" and agency_id not in agencies_of(actor, KEEP)):
        raise InvalidStep(
            f"no agency {agency_id} of yours",
            message_zh="只能为本单位设置模板，请重新选择",
            field="agency_id",
            value=agency_id,
        )
    return found.region_path


def _target(row: ReplyTemplate) -> Target:
    return Target(
        "reply_template", str(row.pk), row.name, region_path=row.region_path, agency_id=row.agency_id
    )
