"""One region on one day: what is due, late, owed, and grown; its parts beside each other. Two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Left

from yingshang.kernel.access.api import Actor

from ..models import DueCell, RegionDueCell
from . import values
from .reach import due_cells, interest_until, summed_cells, unit_figures
from .rules import figure_rules
from .values import AgeSum, ContractOverview, NextSum, PartFigures

_PARTS = {0: 2, 2: 4, 4: 6, 6: 9}
"""How long the paths of the parts of a region are, by the length of its own."""
_LATER = "later"


def overview(
    *, actor: Actor, region_path: str = "", agency_id: int | None = None, today: date
) -> ContractOverview:
    """Everything of a region, or of one unit, out of the sums that are kept. Raises NotAllowed."""
    rules = figure_rules()
    units = unit_figures(actor, region_path)
    if agency_id is None:
        rows = _rows(summed_cells(actor, region_path), region_path, today)
    else:
        units = units.filter(pk=agency_id)
        rows = _rows(due_cells(actor, region_path).filter(agency=agency_id), region_path, today)
    of_units = [each for each in rows if each["side"] == "unit"]
    late_codes = {each.code for each in rules.ages}
    late = [each for each in of_units if each["stretch"] in late_codes]
    by_part: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in of_units:
        by_part[each["part"]].append(each)
    had: dict[str, Any] = units.aggregate(
        units=Count("pk", filter=Q(contract_count__gt=0)),
        contracts=Sum("contract_count", default=0),
        fen=Sum("contract_fen", default=0),
        unpriced=Sum("unpriced_count", default=0),
        in_force=Sum("in_force_count", default=0),
        bare=Sum("bare_count", default=0),
        waits=Sum("waiting_count", default=0),
    )
    return ContractOverview(
        today=today,
        unit_count=had["units"],
        contract_count=had["contracts"],
        contract_fen=int(had["fen"]),
        unpriced_count=had["unpriced"],
        in_force_count=had["in_force"],
        bare_count=had["bare"],
        waiting_count=had["waits"],
        open=_sum(of_units, today),
        late=_sum(late, today),
        ages=tuple(
            AgeSum(
                age.code,
                age.name,
                age.name_en,
                _sum((each for each in late if each["stretch"] == age.code), today),
            )
            for age in rules.ages
        ),
        next=tuple(
            NextSum(
                days,
                _sum((each for each in of_units if each["stretch"] in _within(days)), today),
            )
            for days in rules.due_next
        ),
        counterparty_late=_sum(
            (each for each in rows if each["side"] != "unit" and each["stretch"] in late_codes), today
        ),
        parts={part: _part(of_part, late_codes, today) for part, of_part in by_part.items()},
    )


def _rows(
    cells: QuerySet[DueCell] | QuerySet[RegionDueCell], region_path: str, today: date
) -> list[dict[str, Any]]:
    """Sums by part, side and stretch of days. Of what is not late yet nothing grows."""
    length = _PARTS.get(len(region_path), 12)
    found: Any = (
        cells.annotate(part=Left("region_path", length), stretch=_stretch_of(today))
        .values("part", "stretch", "side")
        .annotate(
            number=Sum("open_count"),
            in_money=Sum("open_count", filter=Q(money=True), default=0),
            fen=Sum("open_fen"),
            disagreed=Sum("disagreed_count"),
            unreserved=Sum("unreserved_count"),
            unrated=Sum("unrated_count"),
            accrued=Sum("accrued_fen"),
            growing=Sum("growth"),
            began=Sum("origin"),
        )
    )
    return list(found)


def _stretch_of(today: date) -> Case:
    """Of a cell: how long it has been late, or how soon it is due."""
    rules = figure_rules()
    cases = [
        When(due_on__gte=today - timedelta(days=each.until), then=Value(each.code))
        for each in rules.ages
        if each.until is not None
    ]
    soon = [
        When(due_on__gte=today, due_on__lte=today + timedelta(days=days), then=Value(f"next_{days}"))
        for days in rules.due_next
    ]
    last = next(each.code for each in rules.ages if each.until is None)
    return Case(
        *soon,
        When(due_on__gte=today, then=Value(_LATER)),
        *cases,
        default=Value(last),
        output_field=CharField(),
    )


def _within(days: int) -> set[str]:
    return {f"next_{each}" for each in figure_rules().due_next if each <= days}


def _sum(rows: Iterable[dict[str, Any]], today: date) -> values.Sum:
    number = in_money = fen = interest = unrated = disagreed = unreserved = 0
    late = {each.code for each in figure_rules().ages}
    for each in rows:
        number += each["number"]
        in_money += each["in_money"]
        fen += int(each["fen"])
        disagreed += each["disagreed"]
        unreserved += each["unreserved"]
        if each["stretch"] in late:
            interest += interest_until(each, today)
            unrated += each["unrated"]
    return values.Sum(number, in_money, fen, interest, unrated, disagreed, unreserved)


def _part(rows: list[dict[str, Any]], late_codes: set[str], today: date) -> PartFigures:
    late = _sum((each for each in rows if each["stretch"] in late_codes), today)
    return PartFigures(late.count, late.fen, late.interest_fen, sum(each["number"] for each in rows))
