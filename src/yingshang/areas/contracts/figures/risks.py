"""Payments that may not be made in time, before their day: each with its reasons (data/risks.yaml)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)

from yingshang.kernel.access.api import Actor

from ..models import DueCell, Obligation, Supplement
from ..models.obligations import OPEN
from ..reach import VIEW, obligations_on_desk
from .counting import UNCOUNTED
from .rules import figure_rules, risk_rules
from .values import RiskPage, RiskRow


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
    many points as it takes; the heaviest first. Three queries. Raises NotAllowed.
    """
    rules, most = risk_rules(), figure_rules().counted_to

    def within(rows: QuerySet[Obligation]) -> QuerySet[Obligation]:
        rows = actor.require(VIEW).filter(rows, region="region_path", agency="agency_id")
        if region_path:
            rows = rows.filter(region_path__startswith=region_path)
        return rows if agency_id is None else rows.filter(agency=agency_id)

    points: Any = Value(0)
    for each in rules.reasons.values():
        points = points + Case(
            When(**{f"is_{each.code}": True}, then=Value(each.points)),
            default=Value(0),
            output_field=IntegerField(),
        )
    rows = within(obligations_on_desk(actor).filter(state__in=OPEN)).exclude(contract__state__in=UNCOUNTED)
    rows = rows.alias(**_reasons(today)).alias(weighs=points)
    heavy = rows.filter(weighs__gte=rules.points_from)
    if reason in rules.reasons:
        heavy = heavy.filter(**{f"is_{reason}": True})
    late = within(Obligation.objects.filter(state__in=OPEN, due_on__lt=today))
    first, *others = (
        part.order_by().annotate(heaviness=F("weighs")).values_list("pk", "open_fen", "heaviness")
        for part in _looked_at(heavy, late, today)
    )
    # One after the other and put together: as one condition on all obligations, PostgreSQL sorts them all first.
    found = first.union(*others)
    counted = found[: most + 1].count()
    chosen = [pk for pk, *_ in found.order_by("-heaviness", "-open_fen", "pk")[offset : offset + limit]]
    return RiskPage(_shown(rows.filter(pk__in=chosen)), min(counted, most), at_least=counted > most)


def _looked_at(
    rows: QuerySet[Obligation], late: QuerySet[Obligation], today: date
) -> tuple[QuerySet[Obligation], ...]:
    """Payments due soon, and those stuck since what comes first is late: the obligation they follow; where they wait
    for an acceptance, that of their contract. Each is found by an index of its own: asked for in one condition, all
    obligations would be read.
    """
    owed = rows.filter(side="unit", amount_fen__isnull=False, open_fen__gt=0)
    waiting = owed.filter(due_on__isnull=True)
    return (
        owed.filter(due_on__gte=today, due_on__lte=today + timedelta(days=risk_rules().days)),
        waiting.filter(after__in=late.order_by().values("pk")),
        waiting.filter(
            event="accepted", contract__in=late.filter(kind="accept").order_by().values("contract")
        ),
    )


def _reasons(today: date) -> dict[str, Any]:
    """Each as a set that is made once: looked up row by row they take a hundred times as long. PostgreSQL makes one
    of what it expects to be small, so each agency and contract is asked for once, not with all of its rows.
    """
    arrears = DueCell.objects.filter(side="unit", money=True, due_on__lt=today, open_fen__gt=0)
    supplements = Supplement.objects.filter(state="effective", ordinal__gte=risk_rules().supplements_from)
    found = {
        "unreserved": Q(budget_reserved=False),
        "stuck": Q(due_on__isnull=True),
        "arrears": Q(agency__in=arrears.order_by().values("agency").distinct()),
        "contested": Q(disputed=True) | Q(disagreed=True),
        "supplements": Q(contract__in=supplements.order_by().values("contract").distinct()),
        "budget_unknown": Q(budget_reserved__isnull=True),
    }
    return {
        f"is_{code}": ExpressionWrapper(condition, output_field=BooleanField())
        for code, condition in found.items()
    }


def _shown(rows: QuerySet[Obligation]) -> tuple[RiskRow, ...]:
    reasons = risk_rules().reasons
    by_weight = sorted(reasons.values(), key=lambda each: -each.points)
    shown: Any = (
        rows.annotate(points=F("weighs"), **{each.code: F(f"is_{each.code}") for each in by_weight})
        .select_related("contract", "agency")
        .order_by("-points", "-open_fen", "pk")
    )
    return tuple(
        RiskRow(
            each.pk,
            each.contract_id,
            each.contract.number,
            each.contract.title,
            each.agency_id,
            each.agency.name,
            each.title,
            each.due_on,
            each.open_fen,
            each.points,
            tuple(reason.code for reason in by_weight if getattr(each, reason.code)),
        )
        for each in shown
    )
