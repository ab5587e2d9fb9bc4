"""What an enterprise sees of its steward: who it is and how to reach them, what is planned, visits, services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ..models import ServiceDone, StewardCall, Stewardship, Visit
from ..reach import OWN
from .rules import steward_rules
from .selectors import DoneView

_MOST = 50


@dataclass(frozen=True, slots=True)
class OwnVisit:
    """A visit, and what the enterprise said of it; `may_rate`: it may do so now."""

    id: int
    way: str
    at: datetime
    by_name: str
    appeals: tuple[tuple[int, str, str], ...]
    level: int | None
    words: str
    may_rate: bool


@dataclass(frozen=True, slots=True)
class OwnSteward:
    """The steward of one of one's own enterprises. `call_due_on`: until when they have to get in touch."""

    id: int
    party_id: int
    party_name: str
    steward_name: str
    agency_name: str
    phone: str
    tier: str
    services: tuple[str, ...]
    since: datetime
    last_visit_at: datetime | None
    planned_on: date | None
    planned_way: str
    planned_for: str
    called_at: datetime | None
    call_due_on: date | None
    visits: tuple[OwnVisit, ...]
    done: tuple[DoneView, ...]


def own_stewards(
    *, actor: Actor, party_ids: frozenset[int] | None = None, now: datetime
) -> tuple[OwnSteward, ...]:
    """The stewards of one's enterprises, by the name of the enterprise; only of some, if they are named. Five queries.

    What a steward writes of a visit is for officials, and not here. Raises NotAllowed.
    """
    parties = actor.require(OWN).parties
    rows = list(
        Stewardship.objects.filter(
            party__in=parties if party_ids is None else parties & party_ids, until__isnull=True
        )
        .select_related("party", "agency")
        .order_by("party__name", "pk")
    )
    numbers = {each.party_id: each.pk for each in rows}
    calls = {
        each.stewardship_id: each
        for each in StewardCall.objects.filter(stewardship__in=list(numbers.values()), state="open")
    }
    visits: dict[int, list[OwnVisit]] = {}
    last = now - timedelta(days=steward_rules().rating_days)
    found = Visit.objects.filter(stewardship__party__in=list(numbers)).select_related("stewardship")
    for each in found.defer("said").prefetch_related("appeals")[: _MOST * max(len(rows), 1)]:
        visits.setdefault(each.stewardship.party_id, []).append(
            OwnVisit(
                id=each.pk,
                way=each.way,
                at=each.at,
                by_name=each.by_name,
                appeals=tuple((one.pk, one.number, one.title) for one in each.appeals.all()),
                level=each.own_level,
                words=each.own_words,
                may_rate=each.own_level is None and each.recorded_at >= last,
            )
        )
    done: dict[int, list[DoneView]] = {}
    for service in ServiceDone.objects.filter(stewardship__in=list(numbers.values()))[
        : _MOST * max(len(rows), 1)
    ]:
        done.setdefault(service.stewardship_id, []).append(
            DoneView(service.service, service.on, service.what, service.by_name)
        )
    return tuple(
        OwnSteward(
            id=each.pk,
            party_id=each.party_id,
            party_name=each.party.name,
            steward_name=each.steward_name,
            agency_name=each.agency.name,
            phone=each.phone,
            tier=each.tier,
            services=tuple(each.services),
            since=each.since,
            last_visit_at=each.last_visit_at,
            planned_on=each.planned_on
            if each.planned_on and each.planned_on >= timezone.localdate(now)
            else None,
            planned_way=each.planned_way,
            planned_for=each.planned_for,
            called_at=calls[each.pk].asked_at if each.pk in calls else None,
            call_due_on=calls[each.pk].due_on if each.pk in calls else None,
            visits=tuple(visits.get(each.party_id, ())),
            done=tuple(done.get(each.pk, ())),
        )
        for each in rows
    )
