"""Officials say afterwards what an appeal is about, or that it is not about that."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...actions._steps import note
from ...errors import InvalidStep, NotYours
from ...following import tell_followers
from ...links import MOST, Link, checked_links, is_private
from ...models import Appeal
from ...reach import VIEW, deals_with, load, sees_reporter


@transaction.atomic
def link_appeal(*, actor: Actor, appeal_id: int, kind: str, identifier: str, now: datetime) -> None:
    """Link an appeal to something it is about, that the actor may see and that is of the enterprise that said it; by
    who deals with the appeal or dispatches it. Of an anonymous one the agency links nothing that leads to whose it is.

    Raises NotAllowed, AppealNotFound, NotYours, InvalidAppeal, InvalidStep.
    """
    appeal = _load(actor, appeal_id, kind)
    today = timezone.localdate(now)
    wanted = Link(kind, identifier.strip())
    [link] = checked_links([wanted], actor=actor, party_id=appeal.party_id, today=today)
    if any((each["kind"], each["id"]) == (link.kind, link.id) for each in appeal.links):
        raise InvalidStep(
            "it is linked already", message_zh="已经关联了这一项", field="identifier", value=link.id
        )
    if len(appeal.links) >= MOST:
        raise InvalidStep(
            f"there are {MOST} links already; take one away first",
            message_zh=f"最多关联 {MOST} 项，请先去掉一项",
            field="identifier",
        )
    appeal.links = [*appeal.links, link.as_dict()]
    appeal.save(update_fields=["links"])
    note(appeal, "linked", actor=actor, now=now, after={"kind": link.kind, "id": link.id})
    tell_followers([appeal], now=now)


@transaction.atomic
def unlink_appeal(*, actor: Actor, appeal_id: int, kind: str, identifier: str, now: datetime) -> None:
    """Take a link away. Raises as `link_appeal` does."""
    appeal = _load(actor, appeal_id, kind)
    left = [each for each in appeal.links if (each["kind"], each["id"]) != (kind, identifier)]
    if len(left) == len(appeal.links):
        raise InvalidStep(
            "it is not linked to that", message_zh="没有关联这一项，请刷新后再看", field="identifier"
        )
    appeal.links = left
    appeal.save(update_fields=["links"])
    note(appeal, "unlinked", actor=actor, now=now, after={"kind": kind, "id": identifier})
    tell_followers([appeal], now=now, unlinked=kind)


def _load(actor: Actor, appeal_id: int, kind: str) -> Appeal:
    appeal = load(actor, appeal_id, VIEW)
    if not deals_with(actor, appeal) or (
        appeal.anonymous and is_private(kind) and not sees_reporter(actor, appeal)
    ):
        raise NotYours(
            f"{appeal.number} is linked by who deals with it"
            + ("; it is anonymous, and this leads to whose it is" if appeal.anonymous else ""),
            message_zh="匿名诉求只能由派单单位关联到企业自己的事项"
            if appeal.anonymous
            else "由派单单位或承办单位关联",
            value=appeal.number,
        )
    return appeal
