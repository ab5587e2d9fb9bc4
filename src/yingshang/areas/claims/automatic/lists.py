"""Steps that the actions over lists share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..errors import ListNotFound
from ..models import Claim, EntitlementList, OfferRemark


def target_of_list(row: EntitlementList) -> Target:
    """The list as audit events name it."""
    return Target(
        "entitlement_list",
        str(row.pk),
        f"{row.number} {row.item_name}",
        region_path=row.region_path,
        agency_id=row.agency_id,
    )


def note_list(
    row: EntitlementList,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `claims.<what>` about a list; its number."""
    return record(
        actor=actor,
        action=f"claims.{what}",
        target=target_of_list(row),
        now=now,
        before=dict(before) if before is not None else None,
        after={"state": row.state, **(after or {})},
        reason=reason[:400],
    )


def load_list(actor: Actor, list_id: int, permission: str) -> EntitlementList:
    """One list within the reach of a permission, locked. Raises NotAllowed, ListNotFound."""
    rows = EntitlementList.objects.select_for_update(of=("self",))
    found = actor.require(permission).filter(rows, region="region_path").filter(pk=list_id).first()
    if found is None:
        raise no_list(list_id)
    return found


def answer_by(claim: Claim, remarks: Iterable[OfferRemark]) -> date | None:
    """Until when what is offered can be answered: the clock is held while an answer to a doubt is waited for."""
    until = claim.entitlement_list.confirm_by if claim.entitlement_list else None
    if until is None:
        return None
    held = [
        timezone.localdate(row.answered_at) - timezone.localdate(row.given_at)
        for row in remarks
        if row.state == "answered" and row.answered_at
    ]
    return until + max(held, default=timedelta())


def no_list(list_id: object) -> ListNotFound:
    """The refusal for a list that is not there, or not for this actor."""
    return ListNotFound(f"no list {list_id}", message_zh="没有这份名单，或者您不能查看", value=list_id)
