"""Units beside each other, a page at a time: put in order where the sums are kept, and only those of the page are read.

`by_unit` says the same of all of them at once, for what is taken away; a test holds the two together.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Min, Q, Sum

from yingshang.kernel.access.api import Actor

from .reach import due_cells, unit_figures
from .rules import figure_rules
from .units import IN_TIME, done_of, units_by_number
from .values import UnitPage

_OWED = "coalesce(done.number, 0) + coalesce(late.number, 0)"
_LATE_DONE = "done.number - done.in_time"
_ORDERS = {
    # As people sort in Python: by the code of each character.
    "agency_name": 'unit.name COLLATE "C"',
    "region_path": 'unit.region_path COLLATE "C"',
    "contract_count": "unit.contract_count",
    "contract_fen": "unit.contract_fen",
    "bare_count": "unit.bare_count",
    "open_count": "coalesce(still.number, 0)",
    "late_count": "coalesce(late.number, 0)",
    "late_fen": "coalesce(late.fen, 0)",
    "interest_fen": "coalesce(round(late.accrued + late.growing * %(day)s - late.began), 0)",
    "oldest": "late.oldest",
    "in_time": f"CASE WHEN {_OWED} >= %(enough)s THEN coalesce(done.in_time, 0)::float8 / ({_OWED})::float8 END",
    "late_days": f"CASE WHEN {_LATE_DONE} > 0 THEN done.days::float8 / ({_LATE_DONE})::float8 END",
}
"""What units may be put in order by; what is unknown comes last."""
_MOST_LATE = (
    'coalesce(late.fen, 0) DESC, coalesce(late.number, 0) DESC, unit.region_path COLLATE "C", unit.agency_id'
)


def unit_page(
    *,
    actor: Actor,
    region_path: str = "",
    agency_id: int | None = None,
    text: str = "",
    order: str = "",
    today: date,
    offset: int = 0,
    limit: int = 20,
) -> UnitPage:
    """Some of the units that have registered a contract: by one of their figures (`order`, with - the other way round),
    those that owe most late money first where they are alike, or nothing is asked. `text` is in their name. Four
    queries, two beyond the last. Raises NotAllowed.
    """
    figures: Any = unit_figures(actor, region_path)
    due, done = due_cells(actor, region_path).filter(side="unit"), done_of(actor, region_path, today)
    if agency_id is not None:
        figures, due, done = (each.filter(agency=agency_id) for each in (figures, due, done))
    if text:
        figures = figures.filter(agency__name__contains=text)
    name = order.lstrip("-")
    by = _ORDERS.get(name)
    down = "DESC" if order.startswith("-") else "ASC"
    sorting = _MOST_LATE if by is None else f"{by} {down} NULLS LAST, {_MOST_LATE}"
    parameters: dict[str, Any] = {
        "day": today.toordinal(),
        "enough": figure_rules().share_from,
        "limit": limit,
        "offset": offset,
    }
    late = due.filter(due_on__lt=today).values("agency")
    late = late.annotate(fen=Sum("open_fen"), number=Sum("open_count"), oldest=Min("due_on"))
    columns = "agency_id, fen, number, oldest"
    if name == "interest_fen":
        # Not looked up otherwise: the others stand in the index.
        late = late.annotate(accrued=Sum("accrued_fen"), growing=Sum("growth"), began=Sum("origin"))
        columns += ", accrued, growing, began"
    joined = [_joined("late", columns, late, parameters)]
    if name == "open_count":
        still = due.values("agency").annotate(number=Sum("open_count"))
        joined.append(_joined("still", "agency_id, number", still, parameters))
    if name in ("in_time", "late_days"):
        undated = figure_rules().undated.code
        did = done.values("agency").annotate(
            number=Sum("done_count", filter=~Q(stretch=undated), default=0),
            in_time=Sum("done_count", filter=Q(stretch=IN_TIME), default=0),
            days=Sum("late_days"),
        )
        joined.append(_joined("done", "agency_id, number, in_time, days", did, parameters))
    shown = figures.values_list(
        "agency_id", "agency__name", "region_path", "contract_count", "contract_fen", "bare_count"
    )
    unit = _as(
        "unit", "agency_id, name, region_path, contract_count, contract_fen, bare_count", shown, parameters
    )
    # Nearly every unit has a contract: of the others alone is asked whether anything of theirs is due.
    there = """CASE WHEN unit.contract_count <> 0 THEN true ELSE (
        SELECT cell.agency_id FROM contracts_duecell cell
        WHERE cell.agency_id = unit.agency_id AND cell.side = 'unit' LIMIT 1) IS NOT NULL END"""
    source = f"FROM {unit} {' '.join(joined)} WHERE {there}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT unit.agency_id, count(*) OVER () {source} ORDER BY {sorting} LIMIT %(limit)s OFFSET %(offset)s",
            parameters,
        )
        found = cursor.fetchall()
        if found:
            total = found[0][1]
        else:
            cursor.execute(f"SELECT count(*) {source}", parameters)
            [total] = cursor.fetchone()
    numbers = [number for number, _total in found]
    rows = units_by_number(actor, region_path, numbers, today)
    return UnitPage(tuple(rows[number] for number in numbers), total)


def _joined(name: str, columns: str, rows: Any, parameters: dict[str, Any]) -> str:
    return f"LEFT JOIN {_as(name, columns, rows, parameters)} ON {name}.agency_id = unit.agency_id"


def _as(name: str, columns: str, rows: Any, parameters: dict[str, Any]) -> str:
    """A query as a table of the statement, its parameters among the others."""
    sql, values = rows.query.sql_with_params()
    names = [f"{name}_{number}" for number in range(len(values))]
    parameters.update(zip(names, values, strict=True))
    return f"({sql % tuple(f'%({each})s' for each in names)}) AS {name} ({columns})"
