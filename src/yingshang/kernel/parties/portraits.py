"""Reading what is known about a party: today, on an earlier day, and how one fact came to be what it is."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from yingshang.kernel.access.api import Actor, entries_of

from .facts import catalogue_order, fact_value, missing_facts
from .history import NAME, Record, current, statements_on
from .models import FactRecord, Party
from .scope import may_see_personal, visible_party
from .values import FactValue, PortraitView


def portrait(
    *,
    actor: Actor,
    party_id: int,
    now: datetime,
    as_known_at: datetime | None = None,
    show_personal: bool = False,
) -> PortraitView:
    """The facts of a party as known `now`, or as they were known at an earlier moment.

    Personal facts are hidden unless `show_personal` is set and the actor may see them; the caller notes that view with
    `access.api.note_personal_view`. Raises PartyNotFound outside the actor's scope.
    """
    party = visible_party(actor, party_id)
    personal = show_personal and may_see_personal(actor, party_id)
    moment = as_known_at or now
    held = current(records_of(party), known_at=as_known_at)
    today = timezone.localdate(moment)
    values = (
        fact_value(column, held[column], today=today, personal=personal)
        for column in sorted(held, key=catalogue_order)
        if column != NAME
    )
    return PortraitView(
        party_id=party_id,
        facts=tuple(each for each in values if each is not None),
        missing=missing_facts(set(held)),
        known_at=as_known_at,
    )


def fact_history(
    *, actor: Actor, party_id: int, column: str, now: datetime | None = None, show_personal: bool = False
) -> tuple[FactValue, ...]:
    """Every statement on one fact of a party, the one that holds first. `name` gives the names it was registered under.

    Raises PartyNotFound outside the actor's scope.
    """
    party = visible_party(actor, party_id)
    personal = show_personal and may_see_personal(actor, party_id)
    today = timezone.localdate(now) if now else timezone.localdate()
    found = (
        fact_value(column, statement, today=today, personal=personal)
        for statement in statements_on(records_of(party), column)
    )
    return tuple(each for each in found if each is not None)


def records_of(party: Party) -> list[Record]:
    """The records of a party and of those merged into it. One query."""
    rows = FactRecord.objects.filter(party__in=entries_of(party.pk))
    return [
        Record(number, as_of, received_at, said, own=owner == party.pk)
        for number, as_of, received_at, said, owner in rows.values_list(
            "id", "as_of", "received_at", "values", "party_id"
        )
    ]
