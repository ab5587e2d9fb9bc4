"""What actions over promises share: finding one, what is written, who is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may
from yingshang.kernel.clock.api import FiredRung
from yingshang.kernel.ledger.api import record

from ..actions._steps import target_of, tell_users
from ..errors import InvalidPromise, NotPossibleNow, PromiseNotFound
from ..models import Claim, PromiseCheck
from ..models.claims import ENDED_WITHOUT
from .rules import promise_rules

REVIEW = "claims.review"


def load_promise(actor: Actor, number: int, permission: str) -> tuple[PromiseCheck, Claim]:
    """One promise within the reach of a permission, its claim locked before it. Raises NotAllowed, PromiseNotFound,
    NotPossibleNow where the claim came to nothing.
    """
    scope = actor.require(permission)
    rows = scope.filter(PromiseCheck.objects.all(), region="region_path", party="claim__party")
    claim_id = rows.filter(pk=number).values_list("claim_id", flat=True).first()
    if claim_id is None:
        raise not_found(number)
    claim = (
        Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into").get(pk=claim_id)
    )
    row = PromiseCheck.objects.select_for_update(of=("self",)).get(pk=number)
    if claim.state in ENDED_WITHOUT and not claim.paid_fen:
        raise NotPossibleNow(
            f"{claim.number} has ended without a payment; there is nothing to check",
            message_zh="该申请已终止，没有拨付资金，不需要再核查承诺",
            value=claim.number,
        )
    return row, claim


def note(
    row: PromiseCheck,
    claim: Claim,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `claims.promise_<what>`, on the claim; its number."""
    return record(
        actor=actor,
        action=f"claims.promise_{what}",
        target=target_of(claim),
        now=now,
        after={"promise": row.code, "state": row.state, **(after or {})},
        reason=reason[:400],
    )


def found_words(text: str) -> str:
    """What was found, in words of a bearable length. Raises InvalidPromise."""
    text, longest = text.strip(), promise_rules().longest_finding
    if not 4 <= len(text) <= longest:
        raise InvalidPromise(
            f"say in 4 to {longest} characters what was found, and how",
            message_zh=f"请写明核查方式和核查情况（4 到 {longest} 字），企业可以看到",
            field="finding",
        )
    return text


def on_rung(rung: FiredRung) -> None:
    """The clock of a check says something: whoever reviews there is told; of a claim that came to nothing it ends."""
    row = PromiseCheck.objects.select_related("claim__party__merged_into").get(
        pk=int(rung.deadline.owner.identifier)
    )
    claim = row.claim
    if row.state != "open" or (claim.state in ENDED_WITHOUT and not claim.paid_fen):
        return
    tell_users(
        officials_who_may(REVIEW, agency_id=row.agency_id, today=timezone.localdate(rung.fired_at)),
        "promise_waits",
        context={
            "number": claim.number,
            "item": claim.item_name,
            "enterprise": claim.enterprise.name,
            "material": row.name,
            "due": row.due_on.isoformat() if row.due_on else "",
        },
        link=f"/desk/claims/promises/{row.pk}/",
        now=rung.fired_at,
    )


def not_found(number: int) -> PromiseNotFound:
    """The refusal for one that is not there, or not for this actor."""
    return PromiseNotFound(f"no promise {number}", message_zh="没有这项承诺，或者您不能查看", value=number)
