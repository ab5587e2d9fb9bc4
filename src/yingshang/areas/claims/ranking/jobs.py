"""Rankings whose time has come: told to whoever approves, or closed by the platform where the terms say so."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from yingshang.kernel.access.api import officials_who_may, system_actor
from yingshang.rules.errors import DomainError

from ..actions._steps import tell_users
from ..models import ItemTerms
from .actions.close_ranking import close_ranking
from .selectors import RankingSummary, ready_lines

ACTOR = "claim-ranking"
APPROVE = "claims.approve"


def close_due_rankings(*, now: datetime) -> int:
    """Every line whose window is over and whose claims are all reviewed: close it, or tell who can; how many closed.

    Each ranking is a transaction of its own. What the platform cannot close (the budget is short) waits for people, who
    are told why. Not within a transaction.
    """
    closed = 0
    for line in ready_lines(day=timezone.localdate(now)):
        terms = ItemTerms.objects.get(item_code=line.item_code)
        problem, occasion = "", ""
        if terms.ranking_by == "platform":
            try:
                close_ranking(actor=system_actor(ACTOR), code=line.item_code, period=line.period, now=now)
            except DomainError as error:
                problem, occasion = error.message_zh, error.code
            else:
                closed += 1
                continue
        _tell(line, terms, problem, occasion, now)
    return closed


def _tell(line: RankingSummary, terms: ItemTerms, problem: str, occasion: str, now: datetime) -> None:
    tell_users(
        officials_who_may(APPROVE, agency_id=terms.agency_id, today=timezone.localdate(now)),
        "ranking_ready",
        context={
            "item": line.item_name,
            "period": line.period,
            "waiting": line.waiting,
            "problem": problem,
        },
        link="/desk/claims/rankings/",
        # Once for a line, and once more when the platform could not close it.
        once=f"claims.ranking_ready:{line.item_code}:{line.period}:{occasion}",
        now=now,
    )


# A little after midnight, when windows have just ended; and before offices open, for what was reviewed in the evening.
@app.periodic(cron="35 0,8 * * *")
@app.task(name="claims.close_rankings", queueing_lock="claims.close_rankings")
def close_rankings_job(timestamp: int = 0) -> None:
    """Rankings whose window is over."""
    close_due_rankings(now=timezone.now())
