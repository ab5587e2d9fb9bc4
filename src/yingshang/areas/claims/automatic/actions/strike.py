"""An official takes one enterprise off a list, or answers what it says is wrong."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record

from ...actions._steps import target_of, tell_enterprise
from ...approving import take_back
from ...errors import InvalidRemark, NotPossibleNow
from ...lifecycle import CLAIM
from ...models import Claim, OfferRemark
from ...reach import load

LONGEST = 1000


@transaction.atomic
def strike_claim(*, actor: Actor, claim_id: int, reason: str, now: datetime) -> None:
    """Take a claim off its list, with a reason the enterprise reads; its budget is given back.

    Needs `claims.review`. Raises ClaimNotFound, NotPossibleNow, InvalidRemark.
    """
    claim = load(actor, claim_id, "claims.review")
    if claim.entitlement_list_id is None:
        raise NotPossibleNow(
            "this claim stands on no list", message_zh="该申请不在免申即享名单上", value=claim.number
        )
    _strike(claim, _words(reason, "reason"), actor, now)
    claim.remarks.filter(state="open").update(
        state="struck", answer=reason.strip()[:LONGEST], answered_at=now, answered_by_name=actor.name
    )


@transaction.atomic
def answer_remark(*, actor: Actor, remark_id: int, answer: str, strike: bool = False, now: datetime) -> None:
    """Answer what an enterprise says is wrong: the offer stays, or (`strike`) it is taken back.

    Needs `claims.review`. Raises ClaimNotFound, NotPossibleNow, InvalidRemark.
    """
    remark = OfferRemark.objects.filter(pk=remark_id).first()
    claim = load(actor, remark.claim_id if remark else 0, "claims.review")
    remark = OfferRemark.objects.select_for_update().get(pk=remark_id)
    if remark.state != "open":
        raise NotPossibleNow("it was answered already", message_zh="已经答复过", value=claim.number)
    answer = _words(answer, "answer")
    remark.state = "struck" if strike else "answered"
    remark.answer, remark.answered_at, remark.answered_by_name = answer, now, actor.name
    remark.save(update_fields=["state", "answer", "answered_at", "answered_by_name"])
    if strike:
        _strike(claim, answer, actor, now)
        return
    record(
        actor=actor,
        action="claims.doubt_answered",
        target=target_of(claim),
        now=now,
        after={"state": claim.state},
        reason=answer[:400],
    )
    tell_enterprise(claim, "doubt_answered", now=now, answer=answer)


def _strike(claim: Claim, reason: str, actor: Actor, now: datetime) -> None:
    heard = claim.state != "listed"
    CLAIM.after(claim.state, "struck")
    claim.reason, claim.decided_at = reason, now
    # Of what was paid, raised, and is before the public once more, the rest is not paid; what was paid stays claimed.
    what = "instalments_ended" if claim.paid_fen else "struck"
    take_back(claim, what, actor=actor, now=now, reason=reason)
    if heard:
        told = f"其余各期不再拨付：{reason}" if claim.paid_fen else reason
        tell_enterprise(claim, "refused", now=now, reason=told)


def _words(text: str, field: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise InvalidRemark(
            f"give a reason in 1 to {LONGEST} characters; the enterprise reads it",
            message_zh=f"请填写理由（不超过 {LONGEST} 字），企业可以看到",
            field=field,
        )
    return text
