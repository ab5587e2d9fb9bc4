"""What experts and visits say of a claim, beside its decision."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from yingshang.areas.claims.api import assessments_of, checkers
from yingshang.kernel.access.api import Actor


def beside(actor: Actor, claim_id: int) -> dict[str, Any]:
    """For `claims/assessing/beside.html`. Raises ClaimNotFound."""
    now = timezone.now()
    found = assessments_of(actor=actor, claim_id=claim_id, now=now)
    return {
        "assessed": found,
        "checkers": checkers(actor=actor, claim_id=claim_id, today=timezone.localdate(now))
        if found.may_order
        else (),
    }
