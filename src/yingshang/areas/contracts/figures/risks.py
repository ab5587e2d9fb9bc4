"""Payments that may not be made in time, before their day: each with its reasons (data/risks.yaml)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.expressions import RawSQL

from yingshang.kernel.access.api import Actor

from ..models import Contract, Obligation
from ..models.obligations import OPEN
from ..reach import VIEW, readable
from .counting import UNCOUNTED
from .rules import risk_rules
from .values import RiskPage, RiskRow

_FOUND = ("pk", "agency", "contract", "open_fen", "due_on", "budget_reserved", "contested")
_REASONS = {
    "unreserved": "found.budget_reserved IS FALSE",
    "stuck": "found.due_on IS NULL",
    "arrears": "arrears.agency_id IS NOT NULL",
    "contested": "found.contested",
    "supplements": "many.contract_id IS NOT NULL",
    "budget_unknown": "found.budget_reserved IS NULL",
}
"""What each reason of the rules means."""


def risks(
    *,
    actor: Actor,
    region_path: str = "",
    agency_id: int | None = None,
    reason: str = "",
    today: date,
    offset: int = 0,
    limit: int = 20,
) -> RiskPage:
    """What units have to pay within the days of the rules, or cannot be due because what comes first is late, with as
    many points as it takes; the heaviest first. Two queries. Raises NotAllowed.
    """

    def within(rows: QuerySet[Obligation]) -> QuerySet[Obligation]:
        rows = actor.require(VIEW).filter(
            rows.filter(state__in=OPEN), region="region_path", agency="agency_id"
        )
        if region_path:
            rows = rows.filter(region_path__startswith=region_path)
        return rows if agency_id is None else rows.filter(agency=agency_id)

    # Most contracts are counted and open to all: the others are left out, rather than each looked up.
    set_apart = Q(state__in=UNCOUNTED)
    if may_read := readable(actor):
        set_apart |= ~may_read
    apart = Contract.objects.order_by().filter(set_apart).values("pk")
    rows = within(Obligation.objects.exclude(contract__in=apart))
    late = within(Obligation.objects.filter(due_on__lt=today)).order_by()
    try:
        total, found = _heaviest(_looked_at(rows, today), late, reason, today, offset, limit)
    except EmptyResultSet:
        return RiskPage((), 0)
    by_pk = Obligation.objects.select_related("contract", "agency").in_bulk(list(found))
    return RiskPage(tuple(_row(by_pk[pk], *found[pk]) for pk in found if pk in by_pk), total)


def _looked_at(rows: QuerySet[Obligation], today: date) -> QuerySet[Any, Any]:
    """Payments due soon, and those stuck since what comes first is late: the obligation they follow; where they wait
    for an acceptance without following one, any of their contract. Each is found by an index of its own and put
    together: as one condition on all obligations, all of them would be read. What is late is called `late` in the
    statement around it.
    """
    owed = rows.filter(side="unit", open_fen__gt=0)
    waiting = owed.filter(due_on__isnull=True)
    contested = ExpressionWrapper(Q(disputed=True) | Q(disagreed=True), output_field=BooleanField())
    first, *others = (
        part.order_by().values_list(
            "pk", "agency_id", "contract_id", "open_fen", "due_on", "budget_reserved", contested
        )
        for part in (
            owed.filter(due_on__gte=today, due_on__lte=today + timedelta(days=risk_rules().days)),
            waiting.filter(after__isnull=False, after__in=RawSQL("SELECT id FROM late", ())),
            waiting.filter(
                after__isnull=True,
                event="accepted",
                contract__in=RawSQL("SELECT contract_id FROM late WHERE kind = %s", ("accept",)),
            ),
        )
    )
    return first.union(*others)


def _heaviest(
    looked_at: QuerySet[Any, Any],
    late: QuerySet[Obligation],
    reason: str,
    today: date,
    offset: int,
    limit: int,
) -> tuple[int, dict[int, tuple[int, tuple[str, ...]]]]:
    """How many weigh enough, and some of them: by their numbers, in order, with points and reasons.

    One statement, in which what is late and units with arrears are looked for once, not for each of a province's
    payments.
    """
    rules = risk_rules()
    inner, values = looked_at.query.sql_with_params()
    before, first_values = late.values_list("pk", "contract_id", "kind").query.sql_with_params()
    points = " + ".join(f"{each.points} * ({_REASONS[code]})::int" for code, each in rules.reasons.items())
    codes = sorted(rules.reasons, key=lambda code: -rules.reasons[code].points)
    wanted = f"AND is_{reason}" if reason in rules.reasons else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH late (id, contract_id, kind) AS MATERIALIZED ({before}), found ({", ".join(_FOUND)}) AS ({inner}),
            arrears AS MATERIALIZED (
                SELECT DISTINCT agency_id FROM contracts_duecell
                WHERE side = 'unit' AND money AND open_fen > 0 AND due_on < %s
            ), many AS MATERIALIZED (
                SELECT DISTINCT contract_id FROM contracts_supplement WHERE state = 'effective' AND ordinal >= %s
            ), weighed AS (
                SELECT found.pk, found.open_fen, {points} AS points,
                       {", ".join(f"{_REASONS[code]} AS is_{code}" for code in codes)}
                FROM found LEFT JOIN arrears ON arrears.agency_id = found.agency
                           LEFT JOIN many ON many.contract_id = found.contract
            ), heavy AS MATERIALIZED (SELECT * FROM weighed WHERE points >= %s {wanted})
            SELECT (SELECT count(*) FROM heavy), page.pk, page.points, {", ".join(f"page.is_{code}" for code in codes)}
            FROM (VALUES (1)) AS always
                 LEFT JOIN (SELECT * FROM heavy ORDER BY points DESC, open_fen DESC, pk LIMIT %s OFFSET %s) AS page
                 ON true
            """,
            [*first_values, *values, today, rules.supplements_from, rules.points_from, limit, offset],
        )
        said = cursor.fetchall()
    return said[0][0], {
        pk: (weight, tuple(code for code, holds in zip(codes, reasons, strict=True) if holds))
        for _, pk, weight, *reasons in said
        if pk is not None
    }


def _row(each: Obligation, points: int, reasons: tuple[str, ...]) -> RiskRow:
    return RiskRow(
        each.pk,
        each.contract_id,
        each.contract.number,
        each.contract.title,
        each.agency_id,
        each.agency.name,
        each.title,
        each.due_on,
        each.open_fen,
        points,
        reasons,
    )
