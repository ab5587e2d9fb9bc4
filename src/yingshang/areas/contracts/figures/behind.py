"""The obligations, and contracts, behind a figure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import F, QuerySet

from yingshang.kernel.access.api import Actor

from ..models import Contract, Obligation, UnitFigures
from ..models.obligations import OPEN
from ..obligations.interest import interest_of, late_days
from ..reach import obligations_on_desk, on_desk
from .counting import IN_FORCE, UNCOUNTED
from .rules import figure_rules
from .units import done_since
from .values import BareContract, BarePage, FigurePage, FigureRow

WHAT = ("open", "late", "next", "waiting", "disagreed", "unreserved", "unrated", "done_late")
ORDERS = ("due_on", "open_fen")


def obligations_behind(
    *,
    actor: Actor,
    region_path: str = "",
    agency_id: int | None = None,
    side: str = "unit",
    what: str = "open",
    age: str = "",
    days: int | None = None,
    today: date,
    order: str = "",
    offset: int = 0,
    limit: int = 20,
) -> FigurePage:
    """What a figure counts, one by one: late of an age, due within some days, disagreed on, done late. Those that are
    not open to their reader are counted in the figure and not shown here. Two queries. Raises NotAllowed.
    """
    rows = obligations_on_desk(actor).exclude(contract__state__in=UNCOUNTED)
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if agency_id is not None:
        rows = rows.filter(agency=agency_id)
    if side:
        rows = rows.filter(side=side)
    rows = _of(rows, what, age, days, today)
    most = figure_rules().counted_to
    counted = rows.order_by()[: most + 1].count()
    found = rows.select_related("contract", "agency").order_by(*_order(order, what))[offset : offset + limit]
    return FigurePage(tuple(_row(each, today) for each in found), min(counted, most), at_least=counted > most)


def _of(
    rows: QuerySet[Obligation], what: str, age: str, days: int | None, today: date
) -> QuerySet[Obligation]:
    if what == "done_late":
        return rows.filter(
            state="performed", performed_on__gte=done_since(today), performed_on__gt=F("due_on")
        )
    rows = rows.filter(state__in=OPEN)
    if what == "waiting":
        return rows.filter(due_on__isnull=True)
    rows = rows.filter(due_on__isnull=False)
    if what == "late" or age or what == "unrated":
        rows = rows.filter(due_on__lt=today)
    if what == "next":
        rows = rows.filter(due_on__gte=today, due_on__lte=today + timedelta(days=days or 30))
    if what == "disagreed":
        rows = rows.filter(disagreed=True)
    if what == "unreserved":
        rows = rows.filter(budget_reserved=False)
    if what == "unrated":
        rows = rows.filter(open_fen__gt=0, amount_fen__isnull=False, daily_rate__isnull=True)
    least = 0
    for each in figure_rules().ages:
        if each.code == age:
            rows = rows.filter(due_on__lt=today - timedelta(days=least))
            if each.until is not None:
                rows = rows.filter(due_on__gte=today - timedelta(days=each.until))
        least = each.until or least
    return rows


def _order(order: str, what: str) -> tuple[Any, ...]:
    if order.lstrip("-") in ORDERS:
        return order, "pk"
    if what == "done_late":
        return "-performed_on", "pk"
    return F("due_on").asc(nulls_last=True), "pk"


def _row(each: Obligation, today: date) -> FigureRow:
    late_on = each.performed_on or today
    return FigureRow(
        obligation_id=each.pk,
        contract_id=each.contract_id,
        contract_number=each.contract.number,
        contract_title=each.contract.title,
        agency_id=each.agency_id,
        agency_name=each.agency.name,
        counterparty_name=each.contract.counterparty_name,
        side=each.side,
        kind=each.kind,
        title=each.title,
        state=each.state,
        due_on=each.due_on,
        performed_on=each.performed_on,
        late_days=late_days(each.due_on, late_on),
        amount_fen=each.amount_fen,
        open_fen=each.open_fen,
        interest_fen=interest_of(each, today).fen,
        escalation=each.escalation,
        disagreed=each.disagreed,
    )


def bare_contracts(
    *, actor: Actor, region_path: str = "", agency_id: int | None = None, offset: int = 0, limit: int = 20
) -> BarePage:
    """Contracts in force without obligations, the newest first. Two queries. Raises NotAllowed."""
    rows: QuerySet[Contract] = on_desk(actor).filter(
        state__in=IN_FORCE,
        obligation_count=0,
        agency__in=UnitFigures.objects.filter(bare_count__gt=0).values("agency"),
    )
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if agency_id is not None:
        rows = rows.filter(agency=agency_id)
    most = figure_rules().counted_to
    counted = rows.order_by()[: most + 1].count()
    return BarePage(
        tuple(
            BareContract(
                each.pk,
                each.number,
                each.title,
                each.agency.name,
                each.counterparty_name,
                each.amount_fen,
                each.signed_on,
            )
            for each in rows.select_related("agency").order_by("-pk")[offset : offset + limit]
        ),
        min(counted, most),
        at_least=counted > most,
    )
