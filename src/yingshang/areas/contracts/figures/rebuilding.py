"""All sums from scratch, in SQL: what keeping them step by step must have come to, row by row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..models.obligations import OPEN
from .cells import REPEATS_OF, REPEATS_WITH, UNITS_FROM, units_with
from .counting import UNCOUNTED
from .region_cells import rebuild_region_cells
from .rules import figure_rules


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many rows were not what they should have been; all nought where everything was kept in step."""

    obligations: int
    contracts: int
    due_cells: int
    region_cells: int
    done_cells: int
    units: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(asdict(self).values())


@transaction.atomic
def rebuild(*, actor: Actor, now: datetime, region_path: str = "") -> Rebuilt:
    """Bring every sum of a region (of all, where none is named) to what contracts and obligations say, and tell how
    many were wrong. Nobody else writes sums meanwhile: they wait. Recorded.
    """
    within = {"path": f"{region_path}%"}
    with connection.cursor() as cursor:
        cursor.execute(
            "LOCK TABLE contracts_duecell, contracts_regionduecell, contracts_donecell, contracts_unitfigures"
            " IN SHARE ROW EXCLUSIVE MODE"
        )
        # Tables that were empty when they were last looked at: a loop over one that fills meanwhile never ends.
        cursor.execute("SET LOCAL enable_nestloop = off")
        found = Rebuilt(
            obligations=_count_obligations(cursor, within),
            contracts=_repeat_contracts(cursor, within),
            due_cells=_bring_to(cursor, "contracts_duecell", _DUE, _DUE_KEY, within),
            region_cells=rebuild_region_cells(cursor, region_path),
            done_cells=_bring_to(cursor, "contracts_donecell", _DONE, _DONE_KEY, within),
            units=_units(cursor, within),
        )
        cursor.execute("SET LOCAL enable_nestloop = on")
    record(
        actor=actor,
        action="contracts.figures_rebuilt",
        target=Target("contract_figures", region_path or "all", region_path=region_path),
        after=asdict(found),
        now=now,
    )
    return found


def _stretch(late: str) -> tuple[str, dict[str, Any]]:
    """The stretch of so many days late, as SQL with its parameters."""
    rules = figure_rules()
    cases, values = [f"WHEN {late} IS NULL THEN %(undated)s"], {"undated": rules.undated.code}
    for number, each in enumerate(rules.stretches):
        values[f"stretch{number}"] = each.code
        if each.until is None:
            cases.append(f"ELSE %(stretch{number})s")
        else:
            values[f"until{number}"] = each.until  # type: ignore[assignment]
            cases.append(f"WHEN {late} <= %(until{number})s THEN %(stretch{number})s")
    return f"(CASE {' '.join(cases)} END)::text", values


_LATE = "(each.performed_on - each.due_on)"
_SINCE = "greatest(each.due_on, each.accrued_until)"
_ORDINAL = f"({_SINCE} - DATE '0001-01-01' + 1)"
_MONEY = "(each.amount_fen IS NOT NULL)"
_RATE = "CASE WHEN each.amount_fen IS NOT NULL THEN each.daily_rate END"
_UNRESERVED = "coalesce(NOT each.budget_reserved, false)::int"
_UNRATED = "(each.open_fen > 0 AND each.amount_fen IS NOT NULL AND each.daily_rate IS NULL)::int"
_IS_DUE = "each.state = ANY(%(open)s) AND each.due_on IS NOT NULL"
_IS_WAITING = "each.state = ANY(%(open)s) AND each.due_on IS NULL AND each.side = 'unit'"
_IS_DONE = "each.state = 'performed' AND each.performed_on IS NOT NULL"
_MONTH = "date_trunc('month', each.performed_on)::date"
_FROM = """
FROM contracts_obligation AS each JOIN contracts_contract AS contract ON contract.id = each.contract_id
WHERE each.region_path LIKE %(path)s AND contract.state <> ALL(%(uncounted)s)
"""
_STRETCH, _STRETCHES = _stretch(_LATE)
_WITH: dict[str, Any] = {"open": list(OPEN), "uncounted": list(UNCOUNTED), **_STRETCHES}

_COUNTED = f"""
CASE WHEN contract.state = ANY(%(uncounted)s) THEN '{{}}'::jsonb
WHEN {_IS_DUE} THEN jsonb_build_object('due', jsonb_build_array(
    each.agency_id, each.side, {_MONEY}, to_char(each.due_on, 'YYYY-MM-DD'), each.open_fen, each.disagreed::int,
    {_UNRESERVED}, {_UNRATED}, each.accrued_fen, ({_RATE})::numeric(12, 10)::text, {_ORDINAL}))
WHEN {_IS_WAITING} THEN jsonb_build_object('waiting', jsonb_build_array(each.agency_id))
WHEN {_IS_DONE} THEN jsonb_build_object('done', jsonb_build_array(
    each.agency_id, each.side, {_MONEY}, to_char({_MONTH}, 'YYYY-MM-DD'), {_STRETCH}, each.done_fen,
    greatest(coalesce({_LATE}, 0), 0), each.disputed::int))
ELSE '{{}}'::jsonb END
"""
_DUE_KEY = ("agency_id", "side", "money", "due_on")
_DUE = f"""
SELECT each.agency_id, max(each.region_path) AS region_path, each.side, {_MONEY} AS money, each.due_on,
       count(*) AS open_count, sum(each.open_fen) AS open_fen, sum(each.disagreed::int) AS disagreed_count,
       sum({_UNRESERVED}) AS unreserved_count, sum({_UNRATED}) AS unrated_count, sum(each.accrued_fen) AS accrued_fen,
       sum(each.open_fen * coalesce({_RATE}, 0)) AS growth,
       sum(each.open_fen * coalesce({_RATE}, 0) * {_ORDINAL}) AS origin
{_FROM} AND {_IS_DUE} GROUP BY each.agency_id, each.side, {_MONEY}, each.due_on
"""
_DONE_KEY = ("agency_id", "side", "money", "month", "stretch")
_DONE = f"""
SELECT each.agency_id, max(each.region_path) AS region_path, each.side, {_MONEY} AS money, {_MONTH} AS month,
       {_STRETCH} AS stretch, count(*) AS done_count, sum(each.done_fen) AS done_fen,
       sum(greatest(coalesce({_LATE}, 0), 0)) AS late_days, sum(each.disputed::int) AS disputed_count
{_FROM} AND {_IS_DONE} GROUP BY each.agency_id, each.side, {_MONEY}, {_MONTH}, {_STRETCH}
"""


def _count_obligations(cursor: Any, within: dict[str, Any]) -> int:
    cursor.execute(
        f"""
        UPDATE contracts_obligation SET counted = new.counted
        FROM (SELECT each.id, {_COUNTED} AS counted
              FROM contracts_obligation AS each JOIN contracts_contract AS contract ON contract.id = each.contract_id
              WHERE each.region_path LIKE %(path)s) AS new
        WHERE contracts_obligation.id = new.id AND contracts_obligation.counted <> new.counted
        """,
        {**_WITH, **within},
    )
    return int(cursor.rowcount)


def _repeat_contracts(cursor: Any, within: dict[str, Any]) -> int:
    cursor.execute(
        f"""
        UPDATE contracts_contract SET obligation_count = new.every, open_count = new.still,
                                      next_due_on = new.next_due, escalation = new.escalation
        FROM ({REPEATS_OF} WHERE contract.region_path LIKE %(path)s GROUP BY contract.id) AS new
        WHERE contracts_contract.id = new.id
          AND (contracts_contract.obligation_count, contracts_contract.open_count, contracts_contract.next_due_on,
               contracts_contract.escalation)
              IS DISTINCT FROM (new.every, new.still, new.next_due, new.escalation)
        """,
        {**REPEATS_WITH, **within},
    )
    return int(cursor.rowcount)


def _bring_to(cursor: Any, table: str, query: str, key: tuple[str, ...], within: dict[str, Any]) -> int:
    """Put the rows that a query gives in the place of those that are there; only those that differ are written."""
    cursor.execute(f"CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS {query}", {**_WITH, **within})
    # Without it the joins below are planned for a handful of rows.
    cursor.execute("ANALYZE fresh")
    cursor.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'fresh'::regclass AND attnum > 0")
    columns = [row[0] for row in cursor.fetchall()]
    values = [name for name in columns if name not in key]
    same_key = " AND ".join(f"cell.{name} = fresh.{name}" for name in key)
    cell_values, fresh_values = (", ".join(f"{of}.{name}" for name in values) for of in ("cell", "fresh"))
    cursor.execute(
        f"""
        DELETE FROM {table} AS cell WHERE region_path LIKE %(path)s
        AND NOT EXISTS (SELECT FROM fresh WHERE {same_key})
        """,
        within,
    )
    wrong = int(cursor.rowcount)
    cursor.execute(
        f"""
        UPDATE {table} AS cell SET {", ".join(f"{name} = fresh.{name}" for name in values)} FROM fresh
        WHERE {same_key} AND ({cell_values}) IS DISTINCT FROM ({fresh_values})
        """
    )
    wrong += int(cursor.rowcount)
    names = ", ".join(columns)
    cursor.execute(
        f"""
        INSERT INTO {table} ({names}) SELECT {names} FROM fresh
        WHERE NOT EXISTS (SELECT FROM {table} AS cell WHERE {same_key})
        """
    )
    wrong += int(cursor.rowcount)
    cursor.execute("DROP TABLE fresh")
    return wrong


_UNIT_VALUES = (
    "contract_count", "contract_fen", "unpriced_count", "in_force_count", "bare_count", "last_signed_on",
    "last_registered_on", "waiting_count",
)  # fmt: skip


def _units(cursor: Any, within: dict[str, Any]) -> int:
    """A unit that has nothing any more keeps its row, with noughts."""
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
        SELECT region.path AS region_path, agency.id AS agency_id,
               coalesce(unit.contracts, 0) AS contract_count, coalesce(unit.fen, 0) AS contract_fen,
               coalesce(unit.unpriced, 0) AS unpriced_count, coalesce(unit.in_force, 0) AS in_force_count,
               coalesce(unit.bare, 0) AS bare_count, unit.last_signed AS last_signed_on,
               unit.last_registered AS last_registered_on, coalesce(waits.count, 0) AS waiting_count
        FROM parties_agency AS agency JOIN parties_region AS region ON region.code = agency.region_id
             LEFT JOIN ({UNITS_FROM} AND region_path LIKE %(path)s GROUP BY agency_id) AS unit
                  ON unit.agency_id = agency.id
             LEFT JOIN (SELECT each.agency_id, count(*) AS count {_FROM} AND {_IS_WAITING} GROUP BY each.agency_id)
                  AS waits ON waits.agency_id = agency.id
        WHERE region.path LIKE %(path)s
        """,
        {**units_with(), **_WITH, **within},
    )
    cursor.execute("ANALYZE fresh")
    values = ", ".join(_UNIT_VALUES)
    cursor.execute(
        f"""
        UPDATE contracts_unitfigures AS unit SET {", ".join(f"{name} = fresh.{name}" for name in _UNIT_VALUES)}
        FROM fresh WHERE fresh.agency_id = unit.agency_id
        AND ({", ".join(f"unit.{name}" for name in _UNIT_VALUES)})
            IS DISTINCT FROM ({", ".join(f"fresh.{name}" for name in _UNIT_VALUES)})
        """
    )
    wrong = int(cursor.rowcount)
    cursor.execute(
        f"""
        INSERT INTO contracts_unitfigures (agency_id, region_path, {values})
        SELECT agency_id, region_path, {values} FROM fresh
        WHERE (contract_count > 0 OR waiting_count > 0)
          AND NOT EXISTS (SELECT FROM contracts_unitfigures AS unit WHERE unit.agency_id = fresh.agency_id)
        """
    )
    wrong += int(cursor.rowcount)
    cursor.execute("DROP TABLE fresh")
    return wrong
