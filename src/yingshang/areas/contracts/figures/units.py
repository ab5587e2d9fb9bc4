"""Units beside each other: what they owe, how slow they are, and those of which nothing is heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum

from yingshang.kernel.access.api import Actor

from ..models import Contract, EmptyQuarter, UnitFigures
from .counting import UNCOUNTED
from .reach import AGENCIES, done_cells, due_cells, interest_until, unit_figures, units
from .rules import figure_rules
from .values import SilentPage, SilentUnit, UnitRow

IN_TIME = "in_time"
"""The stretch of what was done by its day."""


def by_unit(
    *, actor: Actor, region_path: str = "", today: date, agency_id: int | None = None
) -> tuple[UnitRow, ...]:
    """Every unit that has registered a contract, those that owe most late money first: to be taken away as a whole. A
    page of them is `unit_page`. Three queries.

    Raises NotAllowed.
    """
    figures: Any = unit_figures(actor, region_path)
    due, done = due_cells(actor, region_path).filter(side="unit"), done_of(actor, region_path, today)
    if agency_id is not None:
        figures, due, done = (each.filter(agency=agency_id) for each in (figures, due, done))
    dues, dones = _late_by_unit(due, today), _done_by_unit(done)
    found = [
        _unit(each, dues.get(each.agency_id, {}), dones.get(each.agency_id, {}), today)
        for each in _registered(figures)
        if each.contract_count or each.agency_id in dues
    ]
    return tuple(sorted(found, key=_most_late))


def slow_units(*, actor: Actor, region_path: str = "", today: date, limit: int) -> tuple[UnitRow, ...]:
    """Those that owe most money late, as many as asked for. Three queries. Raises NotAllowed."""
    late = due_cells(actor, region_path).filter(side="unit", due_on__lt=today).values("agency")
    ordered = late.annotate(fen=Sum("open_fen"), number=Sum("open_count")).order_by(
        "-fen", "-number", "agency"
    )
    numbers = [each["agency"] for each in ordered[:limit]]
    found = units_by_number(actor, region_path, numbers, today)
    return tuple(sorted(found.values(), key=_most_late))


def units_by_number(
    actor: Actor, region_path: str, numbers: Sequence[int], today: date
) -> dict[int, UnitRow]:
    """Some units within reach, by their numbers. Three queries. Raises NotAllowed."""
    dues = _late_by_unit(due_cells(actor, region_path).filter(side="unit", agency__in=numbers), today)
    dones = _done_by_unit(done_of(actor, region_path, today).filter(agency__in=numbers))
    rows = _registered(UnitFigures.objects.filter(pk__in=numbers))
    return {
        each.agency_id: _unit(each, dues.get(each.agency_id, {}), dones.get(each.agency_id, {}), today)
        for each in rows
    }


def silent_units(
    *,
    actor: Actor,
    region_path: str = "",
    today: date,
    quarter: tuple[int, int] | None = None,
    offset: int = 0,
    limit: int = 20,
) -> SilentPage:
    """Units that signed no contract in a quarter (the last one that has ended, unless another is named) and did not say
    so either, those that were silent longest first. Two queries. Raises NotAllowed.
    """
    year, number = quarter or last_quarter(today)
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, (3 * number) % 12 + 1, 1)
    said = EmptyQuarter.objects.filter(
        agency=OuterRef("pk"), year=year, quarter=number, withdrawn_at__isnull=True
    )
    signed = Contract.objects.filter(
        agency=OuterRef("pk"), signed_on__gte=first, signed_on__lt=after
    ).exclude(state__in=UNCOUNTED)
    figures = UnitFigures.objects.filter(agency=OuterRef("pk"))
    heard = figures.filter(last_signed_on__gte=first, last_signed_on__lt=after)
    later = figures.filter(last_signed_on__gte=after)
    rows = units(actor, region_path).filter(~Exists(said), ~Exists(heard))
    rows = rows.filter(~Exists(later) | ~Exists(signed))
    shown = rows.annotate(last=_last_signed()).order_by(F("last").asc(nulls_first=True), "region__path", "pk")
    return SilentPage(
        tuple(
            SilentUnit(pk, name, path, last)
            for pk, name, path, last in shown.values_list("pk", "name", "region__path", "last")[
                offset : offset + limit
            ]
        ),
        rows.count(),
        year,
        number,
    )


def last_quarter(today: date) -> tuple[int, int]:
    """The last quarter that has ended, as year and number.

    >>> last_quarter(date(2026, 11, 23)), last_quarter(date(2026, 2, 1))
    ((2026, 3), (2025, 4))
    """
    before = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1) - timedelta(days=1)
    return before.year, (before.month + 2) // 3


def _last_signed() -> Any:
    return Subquery(UnitFigures.objects.filter(agency=OuterRef("pk")).values("last_signed_on")[:1])


def done_of(actor: Actor, region_path: str, today: date) -> QuerySet[Any]:
    """What units did in the months that count as of late. Raises NotAllowed."""
    return done_cells(actor, region_path).filter(side="unit", month__gte=done_since(today))


def done_since(today: date) -> date:
    """The first day of the months that count as of late."""
    months = today.year * 12 + today.month - figure_rules().done_months
    return date(months // 12, months % 12 + 1, 1)


def _registered(figures: QuerySet[UnitFigures]) -> Any:
    """What units have registered, as plain rows: a province has twenty thousand."""
    return figures.values_list(
        "agency_id", "agency__name", "region_path", "contract_count", "contract_fen", "in_force_count", "bare_count",
        named=True,
    )  # fmt: skip


def _late_by_unit(rows: QuerySet[Any], today: date) -> dict[int, dict[str, Any]]:
    late = Q(due_on__lt=today)
    found: Any = rows.values("agency").annotate(
        number=Sum("open_count"),
        late=Sum("open_count", filter=late, default=0),
        fen=Sum("open_fen", filter=late, default=0),
        unrated=Sum("unrated_count", filter=late, default=0),
        accrued=Sum("accrued_fen", filter=late, default=0),
        growing=Sum("growth", filter=late, default=0),
        began=Sum("origin", filter=late, default=0),
        oldest=Min("due_on", filter=late),
    )
    return {each["agency"]: each for each in found}


def _done_by_unit(rows: QuerySet[Any]) -> dict[int, dict[str, Any]]:
    undated = figure_rules().undated.code
    found: Any = rows.values("agency").annotate(
        number=Sum("done_count", filter=~Q(stretch=undated), default=0),
        in_time=Sum("done_count", filter=Q(stretch=IN_TIME), default=0),
        days=Sum("late_days"),
        last=Max("month"),
    )
    return {each["agency"]: each for each in found}


def _unit(row: Any, due: dict[str, Any], done: dict[str, Any], today: date) -> UnitRow:
    number, in_time, late = done.get("number", 0), done.get("in_time", 0), due.get("late", 0)
    # As portraits count it: what is late and still open was not done in time either.
    owed = number + late
    enough = owed >= figure_rules().share_from
    return UnitRow(
        agency_id=row.agency_id,
        agency_name=row.agency__name,
        region_path=row.region_path,
        contract_count=row.contract_count,
        contract_fen=row.contract_fen,
        in_force_count=row.in_force_count,
        bare_count=row.bare_count,
        open_count=due.get("number", 0),
        late_count=late,
        late_fen=int(due.get("fen", 0)),
        interest_fen=interest_until(due, today) if due else 0,
        unrated=due.get("unrated", 0),
        oldest=due.get("oldest"),
        done_count=number,
        in_time=in_time / owed if enough else None,
        late_days=float(done["days"] / (number - in_time)) if number > in_time else None,
    )


def _most_late(row: UnitRow) -> tuple[int, int, str, int]:
    return (-row.late_fen, -row.late_count, row.region_path, row.agency_id)


def unit_name(*, actor: Actor, agency_id: int) -> str:
    """The name of a unit within reach; empty where there is none. Raises NotAllowed."""
    return str(units(actor, "").filter(pk=agency_id).values_list("name", flat=True).first() or "")


__all__ = [
    "AGENCIES",
    "IN_TIME",
    "by_unit",
    "done_of",
    "done_since",
    "last_quarter",
    "silent_units",
    "slow_units",
    "unit_name",
    "units_by_number",
]
