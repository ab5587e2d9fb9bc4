"""Reading the record of actions: the events of one's own region and agencies, and of the people who work in them.

Of people, what they did while they were in office there: who came from elsewhere brings nothing along, and who has
left is followed nowhere.
"""

from __future__ import annotations

from datetime import date

from django.db.models import CharField, DateTimeField, Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import Cast, TruncDate

from yingshang.kernel.ledger.api import EventDetail, EventPage, find_events, get_event, recorded_actions

from .actors import Actor
from .errors import EventNotFound
from .models import Appointment


def audit_events(
    *,
    actor: Actor,
    who: str = "",
    action: str = "",
    target: str = "",
    target_kind: str = "",
    since: date | None = None,
    until: date | None = None,
    before_id: int | None = None,
    order: str = "-occurred_at",
    page: int = 1,
    per_page: int = 20,
) -> EventPage:
    """The events an actor may see, as a page: newest first unless `order` says otherwise."""
    return find_events(
        within=_within(actor),
        who=who,
        action=action,
        target=target,
        target_kind=target_kind,
        since=since,
        until=until,
        before_id=before_id,
        order=order,
        page=page,
        per_page=per_page,
    )


def get_audit_event(*, actor: Actor, event_id: int) -> EventDetail:
    """One event. Raises EventNotFound when there is none within the actor's scope."""
    found = get_event(event_id, within=_within(actor))
    if found is None:
        raise EventNotFound(
            f"no event {event_id}", message_zh=f"没有编号为{event_id}的操作记录", value=event_id
        )
    return found


def audit_actions(*, actor: Actor) -> tuple[str, ...]:
    """The actions that occur among the events an actor may see."""
    return recorded_actions(within=_within(actor))


def _within(actor: Actor) -> Q:
    """What was done to things of the scope, and whatever people appointed in the scope did."""
    scope = actor.require("access.view_audit")
    if scope.everywhere:
        return Q()
    appointed = scope.filter(
        Appointment.objects.all(), region="agency__region__path", agency="agency_id"
    ).annotate(person=Cast("user_id", CharField()))
    then = ExpressionWrapper(OuterRef("occurred_at"), output_field=DateTimeField())
    in_office = appointed.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=then),
        Q(valid_until__isnull=True) | Q(valid_until__gte=TruncDate(then)),
        person=OuterRef("actor_id"),
        valid_from__lte=TruncDate(then),
    )
    return scope.condition(region="region_path", agency="agency_id", party="party_id") | (
        # Without a region or agency an event belongs to nobody's region; its actor may still. The list of people comes
        # first: it is made once, and leaves few events to be looked at one by one.
        Q(actor_kind="user", actor_id__in=appointed.values("person")) & Q(Exists(in_office))
    )
