"""An enterprise answers what it is offered: yes with an account, no, or that something is wrong."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record

from ...actions._steps import move, target_of
from ...actions.begin_claim import terms_for
from ...actions.keep_accounts import usable_account
from ...actions.submit_claim import clear
from ...approving import take_back
from ...errors import InvalidRemark, NotPossibleNow, OfferEnded
from ...lifecycle import CLAIM
from ...models import Claim, OfferRemark, PayeeAccount
from ...reach import load
from ..lists import answer_by

LONGEST = 1000


@transaction.atomic
def confirm_offer(
    *, actor: Actor, claim_id: int, account_id: int, standing: bool = False, now: datetime
) -> str:
    """Take what is offered, to be paid to this account; the state of the claim then.

    `standing`: from now on the platform need not ask before it pays to this account. Needs `claims.confirm_own`. Raises
    ClaimNotFound, NotPossibleNow, OfferEnded, AccountNotFound.
    """
    claim = load_offer(actor, claim_id, "confirmed", now)
    claim.account = usable_account(party_id=claim.enterprise.pk, account_id=account_id)
    if standing and not claim.account.standing:
        PayeeAccount.objects.filter(party=claim.account.party_id, standing=True).update(standing=False)
        claim.account.standing = True
        claim.account.save(update_fields=["standing"])
    move(
        claim,
        "confirmed",
        actor=actor,
        now=now,
        more={"account": claim.account.number_tail, "standing": standing},
    )
    claim.remarks.filter(state="open").update(
        state="answered", answered_at=now, answered_by_name=actor.name, answer="企业已确认享受"
    )
    if not terms_for(claim.item_code).publicity_working_days:
        clear(claim, actor=actor, now=now)
    return claim.state


@transaction.atomic
def decline_offer(*, actor: Actor, claim_id: int, reason: str = "", now: datetime) -> None:
    """Do without what is offered; its budget serves others. Raises ClaimNotFound, NotPossibleNow, OfferEnded."""
    claim = load_offer(actor, claim_id, "declined", now)
    claim.reason = reason.strip()[:400]
    take_back(claim, "declined", actor=actor, now=now, reason=claim.reason)


@transaction.atomic
def say_wrong(*, actor: Actor, claim_id: int, text: str, now: datetime) -> None:
    """Say that something is wrong with an offer: an official answers, and until then it neither lapses nor is taken.

    Needs `claims.apply_own`. Raises ClaimNotFound, NotPossibleNow, OfferEnded, InvalidRemark.
    """
    claim = load_offer(actor, claim_id, "confirmed", now, permission="claims.apply_own")
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise InvalidRemark(
            f"say in 1 to {LONGEST} characters what is wrong",
            message_zh=f"请说明哪里有误（不超过 {LONGEST} 字）",
            field="text",
        )
    try:
        with transaction.atomic():
            OfferRemark.objects.create(claim=claim, text=text, given_at=now, given_by_name=actor.name)
    except IntegrityError:
        raise NotPossibleNow(
            "something was said to be wrong already, and waits for an answer",
            message_zh="已经提出过有误，正在等待答复",
            value=claim.number,
        ) from None
    record(
        actor=actor,
        action="claims.offer_doubted",
        target=target_of(claim),
        now=now,
        after={"state": claim.state},
        reason=text[:400],
    )


def load_offer(
    actor: Actor, claim_id: int, event: str, now: datetime, *, permission: str = "claims.confirm_own"
) -> Claim:
    """An offer that can be answered now, locked. Raises ClaimNotFound, NotPossibleNow, OfferEnded."""
    claim = load(actor, claim_id, permission)
    CLAIM.after(claim.state, event)
    remarks = list(claim.remarks.all())
    until = answer_by(claim, remarks)
    waits = any(each.state == "open" for each in remarks)
    if until is not None and timezone.localdate(now) > until and not waits:
        raise OfferEnded(
            f"this could be answered until {until}",
            message_zh=f"确认期限已于 {until} 截止；仍可自行申请",
            confirm_by=until.isoformat(),
        )
    return claim
