"""How far an appeal has come, for who said it and for the system that handed it in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from yingshang.kernel.access.api import Actor

from ..actions.submit_appeal import OTHERS
from ..lifecycle import APPEAL
from ..models import Appeal, Reply
from ..reach import not_found, own_appeals
from .reach import REGISTER


@dataclass(frozen=True, slots=True)
class AppealProgress:
    """An appeal from outside: what it is, who has it, until when, and the reply once there is one."""

    id: int
    number: str
    title: str
    channel: str
    reference: str
    state: str
    state_name: str
    state_name_en: str
    agency: str
    urgency: str
    difficulty: str
    submitted_at: datetime
    due_on: date | None
    answered_at: datetime | None
    closed_at: datetime | None
    reply: str


def registered(actor: Actor) -> QuerySet[Appeal]:
    """The appeals of other channels within the actor's reach. Raises NotAllowed."""
    rows = Appeal.objects.filter(channel__in=sorted(OTHERS))
    return actor.require(REGISTER).filter(rows, region="region_path")


def followed(actor: Actor) -> QuerySet[Appeal]:
    """The appeals an actor follows from outside: their own, and those of other channels within their reach."""
    return own_appeals(actor) | registered(actor) if actor.may(REGISTER) else own_appeals(actor)


def own_reference(actor: Actor, reference: str) -> str:
    """What a system calls an appeal, apart from what other systems call theirs."""
    return f"{actor.identifier}/{reference}"


def appeal_progress(*, actor: Actor, number: str) -> AppealProgress:
    """One appeal by its number, of one's own or handed in by systems of one's reach. Raises AppealNotFound."""
    found = followed(actor).filter(number=number.strip().upper()).select_related("agency").first()
    if found is None:
        raise not_found(number)
    state = APPEAL.states[found.state]
    return AppealProgress(
        id=found.pk,
        number=found.number,
        title=found.title,
        channel=found.channel,
        reference=found.channel_reference.removeprefix(own_reference(actor, "")),
        state=found.state,
        state_name=state.name,
        state_name_en=state.name_en,
        agency=found.agency.name if found.agency else "",
        urgency=found.urgency,
        difficulty=found.difficulty,
        submitted_at=found.submitted_at,
        due_on=found.due_on,
        answered_at=found.answered_at,
        closed_at=found.closed_at,
        reply=_reply(found),
    )


def _reply(appeal: Appeal) -> str:
    """What was last answered; of one that was joined, to it or to the main one."""
    both = [each for each in (appeal.pk, appeal.main_id) if each]
    found = Reply.objects.filter(appeal__in=both, state="sent").order_by("-sent_at", "-pk").first()
    return found.text if found else ""
