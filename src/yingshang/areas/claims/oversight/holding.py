"""What is still to be paid of a claim does not go out while money of it is asked back."""

from __future__ import annotations

from datetime import datetime

from yingshang.kernel.access.api import Actor

from ..actions._steps import yuan
from ..models import Claim, Trip
from .evaluator import ASKED_BACK
from .screening import finding_of, stop_claim


def hold_back(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """Stop what is still to be paid of a claim while money of it is asked back, once for each demand."""
    row = claim.recoveries.filter(state="demanded").first()
    if row is None or not claim.instalments.filter(state__in=["waiting", "due"]).exists():
        return
    if Trip.objects.filter(rule=ASKED_BACK, finding=finding_of(ASKED_BACK, row.pk)).exists():
        return
    stop_claim(
        claim,
        rule=ASKED_BACK,
        key=row.pk,
        text=f"要求退回的资金尚未结清：{row.number}，{yuan(row.principal_fen)} 元",
        text_en=f"Money of it is asked back and not settled: {row.number}, {yuan(row.principal_fen)} yuan",
        actor=actor,
        now=now,
        recovery=row.number,
    )
