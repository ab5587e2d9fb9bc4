"""What a unit owes and is late with may not become punctual by the unit's word alone: what it owes is compared as it
stood before and as it would stand after. By the day that comes of it all, not by the words of the terms: it does not
matter whether a supplement, an event or what was said of another obligation moves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q

from ..errors import InvalidStep
from ..ladder.clocks import KEPT, RESTING
from ..lifecycle import OBLIGATION
from ..models import Contract, Obligation
from .coming_to import ENDED, UNIT


@dataclass(frozen=True, slots=True)
class Debt:
    """What the unit is late with, as it stands: how much, since when, and what a late day costs."""

    obligation_id: int
    ordinal: int
    title: str
    state: str
    amount_fen: int | None
    due_on: date | None
    daily_rate: Decimal | None
    order: str
    kind: str = ""

    def eased(self, after: Debt) -> bool:
        """Whether less of it is owed afterwards, later, at a lower rate, or none of it. Unknown is less than known."""
        return (
            (after.state in ENDED and self.state not in ENDED)
            or _less(after.amount_fen, self.amount_fen)
            or (self.due_on is not None and (after.due_on is None or after.due_on > self.due_on))
            or _less(after.daily_rate, self.daily_rate)
            or after.order != self.order
        )


@dataclass(frozen=True, slots=True)
class Easing:
    """One of them, before and after."""

    before: Debt
    after: Debt

    def as_dict(self) -> dict[str, Any]:
        """As a supplement keeps it."""
        return {
            "obligation": self.before.obligation_id,
            "ordinal": self.before.ordinal,
            "title": self.before.title,
            "before": _shown(self.before),
            "after": _shown(self.after),
        }


def late_debts(contract: Contract, *, today: date) -> dict[int, Debt]:
    """What the unit owes by a contract and was due until today, what is noticed or more, and what it did late. One
    query; the contract is locked.
    """
    rows = contract.obligations.filter(side=UNIT).exclude(state__in=ENDED)
    late = Q(state__in=OBLIGATION.open_states, due_on__lte=today) | Q(performed_on__gt=F("due_on"))
    return {each.pk: _debt(each) for each in rows.filter(late | Q(escalation__in=KEPT)).order_by("ordinal")}


def eased_since(before: Mapping[int, Debt]) -> tuple[Easing, ...]:
    """Which of some debts stand easier now, as they are saved. One query, none where there are none."""
    if not before:
        return ()
    rows = Obligation.objects.filter(pk__in=list(before)).order_by("ordinal")
    found = [Easing(before[each.pk], _debt(each)) for each in rows]
    return tuple(each for each in found if each.before.eased(each.after))


def not_carried_by(debts: Sequence[Debt], contract: Contract) -> tuple[Debt, ...]:
    """Which of some debts another contract does not have: of the same kind, as large, due as early. One obligation
    there stands for one here. One query.
    """
    rows = contract.obligations.filter(side=UNIT).exclude(state__in=ENDED).order_by("ordinal")
    if contract.state == RESTING:
        # What fell due while it rests is not watched: by it nobody would be told of what is.
        rows = rows.exclude(deadline_id__isnull=True, state__in=OBLIGATION.open_states)
    there = [_debt(each) for each in rows]
    lost = []
    # The hardest to match first, each by the one that only just matches: so none takes what another needs.
    for debt in sorted(debts, key=lambda one: (one.due_on or date.max, -(one.amount_fen or 0))):
        fitting = [each for each in there if each.kind == debt.kind and not debt.eased(each)]
        if not fitting:
            lost.append(debt)
            continue
        there.remove(
            min(fitting, key=lambda one: (one.amount_fen or 0, -(one.due_on or date.max).toordinal()))
        )
    return tuple(lost)


def ensure_not_eased(before: Mapping[int, Debt], *, field: str) -> None:
    """That none of them does; to be asked before the end of the transaction. Raises InvalidStep."""
    found: Sequence[Easing] = eased_since(before)
    if not found:
        return
    first = found[0].before
    since = f" since {first.due_on}" if first.due_on else ""
    raise InvalidStep(
        f"{first.ordinal}. {first.title} is late{since}, and would not be any more: agree a supplement with the other "
        "side, or ask who supervises to take the event back",
        message_zh=f"第{first.ordinal}项“{first.title}”已经到期或者逾期，不能由本单位自行改期：请与相对方签订补充协议，"
        "或者请督办部门撤回事件",
        field=field,
        obligations=[each.before.ordinal for each in found],
    )


def _debt(row: Obligation) -> Debt:
    order = str(row.terms.get("order") or "")
    return Debt(
        row.pk, row.ordinal, row.title, row.state, row.amount_fen, row.due_on, row.daily_rate, order, row.kind
    )


def _less(after: int | Decimal | None, before: int | Decimal | None) -> bool:
    return before is not None and (after is None or after < before)


def _shown(debt: Debt) -> dict[str, Any]:
    return {
        "state": debt.state,
        "amount_fen": debt.amount_fen,
        "due_on": None if debt.due_on is None else debt.due_on.isoformat(),
        "daily_rate": None if debt.daily_rate is None else str(debt.daily_rate),
        "order": debt.order,
    }
