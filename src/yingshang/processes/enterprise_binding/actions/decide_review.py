"""The decision of the desk."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import (
    Actor,
    ensure_separate,
    grant_mandate,
    mandates_of_party,
    revoke_mandate,
)
from yingshang.kernel.parties.api import registered_contact

from .. import lifecycle
from ..desks import PLATFORM
from ..errors import NotRegistered, ReasonMissing
from ..models import BindingRequest
from ..selectors import reviewable
from ._steps import load, move, tell


def decide_review(
    *,
    actor: Actor,
    request_id: int,
    approve: bool,
    reason: str,
    now: datetime,
    legal_representative: bool = False,
) -> None:
    """Approve or refuse, always with a reason: what was seen, or what was missing.

    `legal_representative` says as what the person was found: as the legal representative, who then takes the place of
    the one there was, or as a clerk. Nobody decides about their own request. Raises BindingNotFound, NotPossibleNow,
    ReasonMissing, NotRegistered, ConflictingDuties.
    """
    action, to = ("approve", "approved") if approve else ("refuse", "refused")
    with transaction.atomic():
        row = load(reviewable(actor), request_id)
        lifecycle.require(row.state, action, "reviewer")
        ensure_separate(actor, [row.user_id])
        row.reason = reason.strip()[:400]
        if not row.reason:
            raise ReasonMissing("a decision says why", message_zh="请填写决定的理由", field="reason")
        if approve:
            _bind(row, legal_representative, now)
        row.decided_by_id = int(actor.identifier) if actor.kind == "user" else None
        row.decided_at = now
        move(
            row,
            action=action,
            by="reviewer",
            to=to,
            actor=actor,
            now=now,
            reason=row.reason,
            after={"mandate": row.mandate_id, "legal_representative": legal_representative}
            if approve
            else None,
        )
        tell(row, row.user_id, to, now=now, reason=row.reason)


def _bind(row: BindingRequest, legal_representative: bool, now: datetime) -> None:
    contact = registered_contact(credit_code=row.credit_code)
    if contact is None:
        raise NotRegistered(
            f"no enterprise {row.credit_code} in the register; import it first",
            message_zh=f"主体库中没有统一社会信用代码为{row.credit_code}的企业，请先导入",
            credit_code=row.credit_code,
        )
    # It may have been registered, or merged, since the request was made.
    row.party_id = contact.party_id
    if legal_representative:
        _make_room(row, contact.party_id, now)
    row.mandate_id = grant_mandate(
        actor=PLATFORM,
        user_id=row.user_id,
        party_id=contact.party_id,
        legal_representative=legal_representative,
        now=now,
        reason=f"binding {row.pk}: review",
    )


def _make_room(row: BindingRequest, party_id: int, now: datetime) -> None:
    """Whoever was the legal representative is it no more, and is told so."""
    acting = mandates_of_party(actor=PLATFORM, party_id=party_id, today=timezone.localdate(now))
    for mandate in acting:
        if mandate.legal_representative and mandate.user_id != row.user_id:
            revoke_mandate(actor=PLATFORM, mandate_id=mandate.id, reason=f"binding {row.pk}: review", now=now)
            tell(row, mandate.user_id, "representative_changed", now=now, reason=row.reason)
