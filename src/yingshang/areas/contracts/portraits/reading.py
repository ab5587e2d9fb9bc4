"""What portraits are counted from: the obligations of units and enterprises, and what happened to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from ..models import Obligation, Performance, PortraitObjection, Repair
from ..performing.coming_to import SUPERVISOR, Entry
from ..reach import HIDDEN_FROM_OWN
from .replay import Fact, Promise, belongs, fact_of

UNIT, ENTERPRISE = "unit", "enterprise"
SIDES = {UNIT: "unit", ENTERPRISE: "counterparty"}
"""Whose obligations a portrait is of."""
_NOT_OWED = ("dropped", "released")
_AT_ONCE = 2000

Read = tuple[int, int, str, int | None, date, str, datetime | None, date | None]


def facts_of_subjects(
    kind: str, subjects: Collection[int], *, since: date, until: date
) -> dict[int, list[Fact]]:
    """The facts of some units, or enterprises, by their numbers; those without any are left out."""
    owner = "agency_id" if kind == UNIT else "party_id"
    rows = (
        Obligation.objects.filter(
            Q(performed_on__isnull=True) | Q(performed_on__gte=since) | Q(due_on__gte=since),
            side=SIDES[kind],
            due_on__lte=until,
            **{f"{owner}__in": list(subjects)},
        )
        .exclude(state__in=_NOT_OWED)
        .exclude(contract__state__in=HIDDEN_FROM_OWN)
        .order_by("pk")
        .values_list(
            owner, "pk", "side", "amount_fen", "due_on", "confirmed_by", "confirmed_at", "performed_on"
        )
    )
    found: dict[int, list[Fact]] = {}
    for some in _some(rows.iterator(chunk_size=_AT_ONCE)):
        happened = entries_of([each[1] for each in some])
        for subject, number, side, amount, due_on, by, at, done_on in some:
            decided = (done_on or timezone.localdate(at)) if by == SUPERVISOR and at else None
            promise = Promise(number, side, amount, due_on, decided)
            fact = fact_of(promise, happened.get(number, ()), until=until)
            if belongs(fact, since=since, until=until):
                found.setdefault(subject, []).append(fact)
    return found


def left_out_of(kind: str, subjects: Collection[int]) -> dict[int, set[int]]:
    """What counts no more in portraits of some units, or enterprises, whichever time they are of: by an objection that
    was upheld, or repaired and still done.
    """
    owner = "portrait__agency" if kind == UNIT else "portrait__party"
    of_them = {f"{owner}__in": list(subjects)}
    found: dict[int, set[int]] = {}
    for rows in (
        PortraitObjection.objects.filter(state="upheld", **of_them),
        Repair.objects.filter(state="granted", obligation__state="performed", **of_them),
    ):
        for subject, number in rows.values_list(owner, "obligation"):
            found.setdefault(subject, set()).add(number)
    return found


def entries_of(obligation_ids: Collection[int]) -> dict[int, list[Entry]]:
    """The valid entries of obligations, in the order they were said."""
    rows = Performance.objects.filter(obligation__in=obligation_ids, state="valid").order_by("pk")
    found: dict[int, list[Entry]] = {}
    for number, side, what, on, amount, interest, owner in rows.values_list(
        "pk", "side", "what", "happened_on", "amount_fen", "interest_fen", "obligation_id"
    ):
        found.setdefault(owner, []).append(Entry(number, side, what, on, amount, interest))
    return found


def _some(rows: Iterator[Read]) -> Iterator[list[Read]]:
    some: list[Read] = []
    for each in rows:
        some.append(each)
        if len(some) == _AT_ONCE:
            yield some
            some = []
    if some:
        yield some
