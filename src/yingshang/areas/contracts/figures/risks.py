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
    many points as it takes; the heaviest first. Two queries. Raises NotAllowed.
    """
    rules = risk_rules()
    within = actor.require(VIEW).filter(
        Obligation.objects.filter(state__in=OPEN), region="region_path", agency="agency_id"
    )
    if region_path:
        within = within.filter(region_path__startswith=region_path)
    if agency_id is not None:
        within = within.filter(agency=agency_id)
    rows = obligations_on_desk(actor).exclude(contract__state__in=UNCOUNTED)
    rows = rows.filter(pk__in=_looked_at(within, today)).alias(**_reasons(today))
    points: Any = Value(0)
    for each in rules.reasons.values():
        points = points + Case(
            When(**{f"is_{each.code}": True}, then=Value(each.points)),
            default=Value(0),
            output_field=IntegerField(),
        )
    rows = rows.alias(weighs=points).filter(weighs__gte=rules.points_from)
    if reason in rules.reasons:
        rows = rows.filter(**{f"is_{reason}": True})
    most = figure_rules().counted_to
    counted = rows.order_by()[: most + 1].count()
    return RiskPage(tuple(_rows(rows, offset, limit)), min(counted, most), at_least=counted > most)


def _looked_at(within: QuerySet[Obligation], today: date) -> QuerySet[Any]:
    """Payments due soon, and those stuck since what comes first is late: the obligation they follow; where they wait
    for an acceptance, that of their contract. Each is found by an index of its own: asked for in one condition, all
    obligations would be read.
    """
    owed = within.filter(side="unit", amount_fen__isnull=False, open_fen__gt=0).order_by()
    soon = owed.filter(due_on__gte=today, due_on__lte=today + timedelta(days=risk_rules().days))
    waiting, late = owed.filter(due_on__isnull=True), within.filter(due_on__lt=today).order_by()
    stuck = waiting.filter(after__in=late.values("pk"))
    unaccepted = waiting.filter(event="accepted", contract__in=late.filter(kind="accept").values("contract"))
    return soon.values("pk").union(stuck.values("pk"), unaccepted.values("pk"), all=True)


def _reasons(today: date) -> dict[str, Any]:
    """Each as a set that is made once: looked up row by row they take a hundred times as long."""
    arrears = DueCell.objects.filter(side="unit", money=True, due_on__lt=today, open_fen__gt=0)
    supplements = Supplement.objects.filter(state="effective", ordinal__gte=risk_rules().supplements_from)
    found = {
        "unreserved": Q(budget_reserved=False),
        "stuck": Q(due_on__isnull=True),
        "arrears": Q(agency__in=arrears.values("agency")),
        "contested": Q(disputed=True) | Q(disagreed=True),
        "supplements": Q(contract__in=supplements.values("contract")),
        "budget_unknown": Q(budget_reserved__isnull=True),
    }
    return {
        f"is_{code}": ExpressionWrapper(condition, output_field=BooleanField())
        for code, condition in found.items()
    }


def _rows(rows: QuerySet[Obligation], offset: int, limit: int) -> list[RiskRow]:
    reasons = risk_rules().reasons
    by_weight = sorted(reasons.values(), key=lambda each: -each.points)
    shown: Any = (
        rows.annotate(points=F("weighs"), **{each.code: F(f"is_{each.code}") for each in by_weight})
        .select_related("contract", "agency")
        .order_by("-points", "-open_fen", "pk")
    )
    return [
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
        for each in shown[offset : offset + limit]
    ]
