"""Keeps the sums (models/figures.py) in step with obligations and contracts, within the transaction that changes them.

Nothing is added up anew: of each obligation exactly what it counted as (`Obligation.counted`) is taken out, and what it
counts as now put in. Rows are written in the order of their keys, cells before units, so that two who write at the same
time wait for each other instead of standing in each other's way.

These functions write no event of their own: what calls them is an action that has one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ..copying import array_of
from ..models import Contract, Obligation
from ..models.obligations import OPEN
from . import region_cells
from .counting import DROPPED, IN_FORCE, UNCOUNTED, Changes, Repeats, counted_as, counts, repeats_of

_LADDER = ("remind", "warn", "escalate", "notice", "case", "transfer")


def recount(obligations: Sequence[Obligation]) -> None:
    """Count these as they are now. They were saved before, and their contracts are locked; `counted` is saved here.

    What they counted as is read anew: these instances may be older than the last time.
    """
    if not obligations:
        return
    stored = Obligation.objects.filter(pk__in=[each.pk for each in obligations])
    before = dict(stored.values_list("pk", "counted"))
    for each in obligations:
        each.counted = before[each.pk]
    _recount(obligations)


def _recount(obligations: Sequence[Obligation]) -> None:
    states = _contract_states(obligations)
    changes, changed = Changes(), []
    for each in obligations:
        now = counted_as(each, states[each.contract_id])
        if now == each.counted:
            continue
        changes.add(each.counted, each.region_path, -1)
        changes.add(now, each.region_path)
        each.counted = now
        changed.append(each)
    if changed:
        put(changes)
        _save_counted(changed)


def recount_contracts(contracts: Sequence[Contract]) -> None:
    """Bring up to date what contracts repeat of their obligations (saved and put into these instances, too), and what
    their units have registered. Where a contract has come into the figures, or left them, its obligations go with it.

    Contracts are locked, and were saved before, as were their obligations.
    """
    if not contracts:
        return
    by_id = {each.pk: each for each in contracts}
    obligations = list(Obligation.objects.filter(contract__in=by_id).order_by("pk"))
    for each in obligations:
        each.contract = by_id[each.contract_id]
    _recount(obligations)
    _save_repeats(by_id)
    _recount_units(contracts)


def mark_new(obligations: Iterable[Obligation], contracts: Sequence[Contract]) -> None:
    """Write onto rows that are about to be made how they will count, so that `count_new` has no row to change again.

    The obligations are all those of these contracts. Nothing is saved.
    """
    by_contract = _by_contract(obligations)
    for contract in contracts:
        of_it = by_contract[id(contract)] or by_contract[contract.pk]
        _repeat(contract, repeats_of(of_it))
        for each in of_it:
            each.counted = counted_as(each, contract.state)


def count_new(obligations: Sequence[Obligation], contracts: Sequence[Contract]) -> None:
    """Count contracts that have just been made, with all their obligations, in few statements for thousands of them.

    Each is counted once only; what has been counted before is for `recount`.
    """
    states = _contract_states(obligations, contracts)
    changes, unmarked = Changes(), []
    for each in obligations:
        now = counted_as(each, states[each.contract_id])
        changes.add(now, each.region_path)
        if each.counted != now:
            each.counted = now
            unmarked.append(each)
    put(changes)
    if unmarked:
        _save_counted(unmarked)
    by_contract = _by_contract(obligations)
    stale = {}
    for contract in contracts:
        expected = repeats_of(by_contract[contract.pk])
        if (contract.obligation_count, contract.open_count, contract.next_due_on) != (
            expected.obligation_count,
            expected.open_count,
            expected.next_due_on,
        ):
            stale[contract.pk] = contract
    if stale:
        _save_repeats(stale)
    _count_new_units(contracts)


def put(changes: Changes) -> None:
    """Add these to the cells, and to those of their prefectures; cells that come to nothing are removed."""
    due = sorted((key, cell) for key, cell in changes.due.items() if not cell.is_nothing)
    done = sorted((key, cell) for key, cell in changes.done.items() if not cell.is_nothing)
    if due:
        _upsert(
            "contracts_duecell",
            ("agency_id", "side", "money", "due_on"),
            {
                "agency_id": ("bigint", [key[0] for key, _ in due]),
                "side": ("text", [key[1] for key, _ in due]),
                "money": ("bool", [key[2] for key, _ in due]),
                "due_on": ("date", [key[3] for key, _ in due]),
                "region_path": ("text", [cell.region_path for _, cell in due]),
            },
            {
                "open_count": ("int", [cell.count for _, cell in due]),
                "open_fen": ("bigint", [cell.fen for _, cell in due]),
                "disagreed_count": ("int", [cell.disagreed for _, cell in due]),
                "unreserved_count": ("int", [cell.unreserved for _, cell in due]),
                "unrated_count": ("int", [cell.unrated for _, cell in due]),
                "accrued_fen": ("bigint", [cell.accrued for _, cell in due]),
                "growth": ("numeric", [cell.growth for _, cell in due]),
                "origin": ("numeric", [cell.origin for _, cell in due]),
            },
        )
        region_cells.add(changes.due)
    if done:
        _upsert(
            "contracts_donecell",
            ("agency_id", "side", "money", "month", "stretch"),
            {
                "agency_id": ("bigint", [key[0] for key, _ in done]),
                "side": ("text", [key[1] for key, _ in done]),
                "money": ("bool", [key[2] for key, _ in done]),
                "month": ("date", [key[3] for key, _ in done]),
                "stretch": ("text", [key[4] for key, _ in done]),
                "region_path": ("text", [cell.region_path for _, cell in done]),
            },
            {
                "done_count": ("int", [cell.count for _, cell in done]),
                "done_fen": ("bigint", [cell.fen for _, cell in done]),
                "late_days": ("bigint", [cell.late_days for _, cell in done]),
                "disputed_count": ("int", [cell.disputed for _, cell in done]),
            },
        )
    _put_waiting(changes.waiting)


def _upsert(
    table: str,
    key: tuple[str, ...],
    named: dict[str, tuple[str, list[Any]]],
    sums: dict[str, tuple[str, list[Any]]],
) -> None:
    """Add sums to the rows with these keys, made where they are missing and removed where nothing is left in them."""
    columns = {**named, **sums}
    added = ", ".join(f"{name} = {table}.{name} + EXCLUDED.{name}" for name in sums)
    arrays = ", ".join(f"%s::{kind}[]" for kind, _ in columns.values())
    nothing = " AND ".join(f"{name} = 0" for name in sums)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO {table} ({", ".join(columns)}) SELECT * FROM unnest({arrays})
            ON CONFLICT ({", ".join(key)}) DO UPDATE SET {added}
            RETURNING id, {nothing}
            """,
            [array_of(values) for _, values in columns.values()],
        )
        empty = [row[0] for row in cursor.fetchall() if row[1]]
        if empty:
            cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s) AND {nothing}", [empty])


def _put_waiting(waiting: dict[int, tuple[str, int]]) -> None:
    rows = sorted((agency, path, count) for agency, (path, count) in waiting.items() if count)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO contracts_unitfigures AS unit
                (agency_id, region_path, contract_count, contract_fen, unpriced_count, in_force_count, bare_count,
                 waiting_count)
            SELECT agency, path, 0, 0, 0, 0, 0, waits
            FROM unnest(%s::bigint[], %s::text[], %s::int[]) AS new(agency, path, waits)
            ON CONFLICT (agency_id) DO UPDATE SET waiting_count = unit.waiting_count + EXCLUDED.waiting_count
            """,
            [[row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]],
        )


def _save_counted(obligations: Sequence[Obligation]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE contracts_obligation SET counted = new.counted::jsonb
            FROM unnest(%s::bigint[], %s::text[]) AS new(id, counted) WHERE contracts_obligation.id = new.id
            """,
            [[each.pk for each in obligations], [json.dumps(each.counted) for each in obligations]],
        )


def _save_repeats(contracts: dict[int, Contract]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE contracts_contract SET obligation_count = new.every, open_count = new.still,
                                          next_due_on = new.next_due, escalation = new.escalation
            FROM ({REPEATS_OF} WHERE contract.id = ANY(%(ids)s) GROUP BY contract.id) AS new
            WHERE contracts_contract.id = new.id
            RETURNING contracts_contract.id, new.every, new.still, new.next_due, new.escalation
            """,
            {**REPEATS_WITH, "ids": sorted(contracts)},
        )
        for number, every, still, next_due, escalation in cursor.fetchall():
            _repeat(contracts[number], Repeats(every, still, next_due))
            contracts[number].escalation = escalation


REPEATS_OF = """
SELECT contract.id,
       count(each.id) FILTER (WHERE each.state <> %(dropped)s) AS every,
       count(each.id) FILTER (WHERE each.state = ANY(%(open)s)) AS still,
       min(each.due_on) FILTER (WHERE each.state = ANY(%(open)s)) AS next_due,
       coalesce((%(ladder)s::text[])[max(array_position(%(ladder)s::text[], each.escalation::text))
                                     FILTER (WHERE each.state = ANY(%(open)s))], '') AS escalation
FROM contracts_contract AS contract LEFT JOIN contracts_obligation AS each ON each.contract_id = contract.id
"""
"""What contracts repeat of their obligations; the highest rung that one of the open ones stands on among it."""

REPEATS_WITH: dict[str, Any] = {"dropped": DROPPED, "open": list(OPEN), "ladder": list(_LADDER)}

UNITS_FROM = """
SELECT agency_id,
       count(*) AS contracts,
       coalesce(sum(amount_fen), 0) AS fen,
       count(*) FILTER (WHERE amount_fen IS NULL) AS unpriced,
       count(*) FILTER (WHERE state = ANY(%(in_force)s)) AS in_force,
       count(*) FILTER (WHERE state = ANY(%(in_force)s) AND obligation_count = 0) AS bare,
       max(signed_on) AS last_signed,
       max((coalesce(reviewed_at, registered_at) AT TIME ZONE %(zone)s)::date) AS last_registered
FROM contracts_contract WHERE state <> ALL(%(uncounted)s)
"""
"""What units have registered."""


def units_with() -> dict[str, Any]:
    """The parameters of `UNITS_FROM`."""
    return {"in_force": list(IN_FORCE), "uncounted": list(UNCOUNTED), "zone": settings.TIME_ZONE}


def _recount_units(contracts: Sequence[Contract]) -> None:
    """A unit's contracts are few enough to be counted anew. Its row is locked first, by a statement of its own: only
    the next one sees what others had written before they let go of it.
    """
    paths = {each.agency_id: each.region_path for each in contracts}
    agencies = sorted(paths)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO contracts_unitfigures
                (agency_id, region_path, contract_count, contract_fen, unpriced_count, in_force_count, bare_count,
                 waiting_count)
            SELECT agency, path, 0, 0, 0, 0, 0, 0 FROM unnest(%s::bigint[], %s::text[]) AS new(agency, path)
            ON CONFLICT (agency_id) DO UPDATE SET region_path = EXCLUDED.region_path
            """,
            [agencies, [paths[each] for each in agencies]],
        )
        cursor.execute(
            f"""
            UPDATE contracts_unitfigures AS unit SET
                contract_count = coalesce(new.contracts, 0), contract_fen = coalesce(new.fen, 0),
                unpriced_count = coalesce(new.unpriced, 0), in_force_count = coalesce(new.in_force, 0),
                bare_count = coalesce(new.bare, 0), last_signed_on = new.last_signed,
                last_registered_on = new.last_registered
            FROM unnest(%(agencies)s::bigint[]) AS wanted(agency)
                 LEFT JOIN ({UNITS_FROM} AND agency_id = ANY(%(agencies)s) GROUP BY agency_id) AS new
                 ON new.agency_id = wanted.agency
            WHERE unit.agency_id = wanted.agency
            """,
            {**units_with(), "agencies": agencies},
        )


def _count_new_units(contracts: Sequence[Contract]) -> None:
    sums: dict[int, list[Any]] = {}
    # Those that come together were mostly registered at one moment.
    days = {
        each: timezone.localdate(each) for each in {one.reviewed_at or one.registered_at for one in contracts}
    }
    for each in sorted(filter(counts, contracts), key=lambda one: one.agency_id):
        registered = days[each.reviewed_at or each.registered_at]
        row = sums.setdefault(each.agency_id, [each.region_path, 0, 0, 0, 0, 0, each.signed_on, registered])
        in_force = each.state in IN_FORCE
        row[1] += 1
        row[2] += each.amount_fen or 0
        row[3] += each.amount_fen is None
        row[4] += in_force
        row[5] += in_force and not each.obligation_count
        row[6] = max(row[6], each.signed_on)
        row[7] = max(row[7], registered)
    if not sums:
        return
    columns = list(zip(*sums.values(), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO contracts_unitfigures AS unit
                (agency_id, region_path, contract_count, contract_fen, unpriced_count, in_force_count, bare_count,
                 last_signed_on, last_registered_on, waiting_count)
            SELECT *, 0 FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::bigint[], %s::int[], %s::int[], %s::int[],
                                    %s::date[], %s::date[])
            ON CONFLICT (agency_id) DO UPDATE SET
                contract_count = unit.contract_count + EXCLUDED.contract_count,
                contract_fen = unit.contract_fen + EXCLUDED.contract_fen,
                unpriced_count = unit.unpriced_count + EXCLUDED.unpriced_count,
                in_force_count = unit.in_force_count + EXCLUDED.in_force_count,
                bare_count = unit.bare_count + EXCLUDED.bare_count,
                last_signed_on = greatest(unit.last_signed_on, EXCLUDED.last_signed_on),
                last_registered_on = greatest(unit.last_registered_on, EXCLUDED.last_registered_on)
            """,
            [list(sums), *(list(column) for column in columns)],
        )


def _contract_states(obligations: Sequence[Obligation], contracts: Sequence[Contract] = ()) -> dict[int, str]:
    """Of the contracts at hand their state; of others as it is saved, in one query."""
    states = {each.pk: each.state for each in contracts}
    for each in obligations:
        if each.contract_id not in states and Obligation.contract.is_cached(each):
            states[each.contract_id] = each.contract.state
    missing = {each.contract_id for each in obligations} - set(states)
    if missing:
        states.update(Contract.objects.filter(pk__in=missing).values_list("pk", "state"))
    return states


def _by_contract(obligations: Iterable[Obligation]) -> dict[int | None, list[Obligation]]:
    """By the number of the contract; before it has one, by the contract itself."""
    found: dict[int | None, list[Obligation]] = defaultdict(list)
    for each in obligations:
        found[each.contract_id if each.contract_id is not None else id(each.contract)].append(each)
    return found


def _repeat(contract: Contract, said: Repeats) -> None:
    contract.obligation_count = said.obligation_count
    contract.open_count = said.open_count
    contract.next_due_on = said.next_due_on
