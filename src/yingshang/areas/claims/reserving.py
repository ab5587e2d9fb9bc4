"""Keeping budget for awards, and giving it back. Called within the transaction of an action, whose event it names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from .awards import Award, split
from .bulk import AnyOf, copy_rows, new_numbers
from .errors import BudgetNotFound, OverBudget
from .journal import Line, moved, write_entry
from .models import Budget, Claim, Fund, Instalment, Reservation


def budgets_for(fund: Fund, *, year: int) -> list[Budget]:
    """The budgets of a fund's year, locked in the order of their numbers so that two never wait for each other."""
    return list(Budget.objects.select_for_update().filter(fund=fund, year=year).order_by("pk"))


def _of_place(budgets: Iterable[Budget], region_path: str) -> dict[str, Budget]:
    """Level → the budget that bears the claims of a place: of several counties its own, never another one's."""
    found: dict[str, Budget] = {}
    for row in sorted(budgets, key=lambda each: len(each.region_path)):
        if region_path.startswith(row.region_path):
            found[row.level] = row
    return found


def reserve(
    awards: Sequence[tuple[Claim, Award]], *, fund: Fund, reference: str, event_id: int, now: datetime
) -> None:
    """Instalments and reservations of some claims of one fund, all or none, with one journal entry.

    Raises BudgetNotFound where a level that bears a share has set nothing aside this year, and OverBudget.
    """
    year = timezone.localdate(now).year
    budgets = budgets_for(fund, year=year)
    places: dict[str, dict[str, Budget]] = {}
    # A claim awarded once more after a reconsideration has instalments that came to nothing.
    earlier = dict(
        Instalment.objects.filter(AnyOf("claim_id", [claim.pk for claim, _ in awards]))
        .values_list("claim")
        .annotate(last=Max("number"))
    )
    instalments: list[dict[str, Any]] = []
    wanted: list[list[tuple[Budget, int]]] = []
    for claim, award in awards:
        if claim.region_path not in places:
            places[claim.region_path] = _of_place(budgets, claim.region_path)
        bearing = _bearing(award, places[claim.region_path], fund, year)
        for number, part in enumerate(award.parts, 1 + earlier.get(claim.pk, 0)):
            instalments.append(
                {
                    "claim_id": claim.pk,
                    "number": number,
                    "code": part.code[:40],
                    "text": part.text,
                    "amount_fen": part.amount_fen,
                    "state": "waiting" if part.waiting else "due",
                    "condition": part.condition,
                }
            )
            shared = split(part.amount_fen, [weight for _, weight in bearing])
            wanted.append([(budget, fen) for (budget, _), fen in zip(bearing, shared, strict=True) if fen])
    for row, new in zip(instalments, new_numbers(Instalment, len(instalments)), strict=True):
        row["id"] = new
    copy_rows(Instalment, {}, instalments, numbered=True)
    reservations = [
        {"budget_id": budget.pk, "instalment_id": row["id"], "amount_fen": fen}
        for row, kept in zip(instalments, wanted, strict=True)
        for budget, fen in kept
    ]
    try:
        with transaction.atomic():
            copy_rows(Reservation, {}, reservations)
    except IntegrityError as refusal:
        if "claims_within_budget" not in str(refusal):
            raise
        raise _over(budgets, reservations, fund, year) from None
    lines: list[Line] = []
    for budget_id, fen in _sums(reservations).items():
        lines += moved(budget_id, fen, source="free", to="reserved")
    write_entry(lines, kind="reserved", reference=reference, told="核准预留", event_id=event_id, now=now)


def release(claims: Iterable[Claim], *, reference: str, event_id: int, now: datetime) -> int:
    """Give back what is held for claims that come to nothing; how many fen. What was spent stays."""
    rows = list(
        Reservation.objects.select_for_update()
        .filter(instalment__claim__in=[claim.pk for claim in claims], state="held")
        .order_by("budget_id", "pk")
    )
    if not rows:
        return 0
    list(Budget.objects.select_for_update().filter(pk__in={row.budget_id for row in rows}).order_by("pk"))
    Reservation.objects.filter(pk__in=[row.pk for row in rows]).update(state="released")
    Instalment.objects.filter(pk__in={row.instalment_id for row in rows}).update(state="lost")
    lines: list[Line] = []
    for row in rows:
        lines += moved(row.budget_id, row.amount_fen, source="reserved", to="free")
    write_entry(lines, kind="released", reference=reference, told="释放预留", event_id=event_id, now=now)
    return sum(row.amount_fen for row in rows)


def _bearing(award: Award, budgets: dict[str, Budget], fund: Fund, year: int) -> list[tuple[Budget, int]]:
    if not award.shares:
        if len(budgets) == 1:
            return [(next(iter(budgets.values())), 1)]
        if not budgets:
            raise _none(fund, year, "")
        # Nothing is said about who bears it: the level the fund itself belongs to.
        own = {0: "national", 2: "province", 4: "city"}.get(len(fund.region_path), "county")
        if own not in budgets:
            raise _none(fund, year, own)
        return [(budgets[own], 1)]
    for share in award.shares:
        if share.level not in budgets:
            raise _none(fund, year, share.level)
    return [(budgets[share.level], share.weight) for share in award.shares]


def _none(fund: Fund, year: int, level: str) -> BudgetNotFound:
    return BudgetNotFound(
        f"{fund.code} has no budget of {year}{f' at the level {level}' if level else ''}; set one aside first",
        message_zh=f"“{fund.name}”没有 {year} 年{level}预算，请先安排预算",
        value=fund.code,
        level=level,
    )


def _sums(reservations: Iterable[dict[str, Any]]) -> dict[int, int]:
    """Budget → fen."""
    found: dict[int, int] = {}
    for each in reservations:
        found[each["budget_id"]] = found.get(each["budget_id"], 0) + each["amount_fen"]
    return found


def _over(budgets: Iterable[Budget], wanted: Iterable[dict[str, Any]], fund: Fund, year: int) -> OverBudget:
    needed = _sums(wanted)
    short = next((each for each in budgets if needed.get(each.pk, 0) > each.free_fen), next(iter(budgets)))
    return OverBudget(
        f"{needed.get(short.pk, 0) / 100:.2f} yuan are asked of {fund.code} {year} ({short.level}), which has "
        f"{short.free_fen / 100:.2f} left",
        message_zh=(
            f"“{fund.name}”{year} 年预算余额不足：需要 {needed.get(short.pk, 0) / 100:.2f} 元，"
            f"可用 {short.free_fen / 100:.2f} 元"
        ),
        value=fund.code,
        free_fen=short.free_fen,
        needed_fen=needed.get(short.pk, 0),
    )
