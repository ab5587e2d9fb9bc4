"""An enterprise takes its claim back, gives another account, or hands in again what it was asked to correct."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import resubmit_case, withdraw_case

from ..appointments.places import free
from ..approving import take_back
from ..errors import NotPossibleNow
from ..lifecycle import CLAIM
from ..models import Claim
from ..reach import OWN, load
from ..settling import ensure_not_contradicted
from ._steps import move
from .begin_claim import terms_for
from .keep_accounts import usable_account
from .submit_claim import ensure_complete


@transaction.atomic
def withdraw_claim(*, actor: Actor, claim_id: int, reason: str, now: datetime) -> None:
    """Withdraw it before its payment is ordered; what was reserved is given back. It can be claimed again.

    Raises ClaimNotFound, NotPossibleNow.
    """
    claim = load(actor, claim_id, OWN)
    CLAIM.after(claim.state, "withdrawn")
    _ensure_unpaid(claim)
    if claim.case_id is not None and claim.state in {"accepting", "reviewing", "returned"}:
        # The claim follows its case (see handlers).
        withdraw_case(actor=actor, case_id=claim.case_id, reason=reason.strip(), now=now)
        return
    claim.reason = reason.strip()[:400]
    free(claim, who=actor.name, now=now)
    take_back(claim, "withdrawn", actor=actor, now=now, reason=reason.strip())


def _ensure_unpaid(claim: Claim) -> None:
    """That nothing of it was paid, and the bank says nothing else: what is withdrawn can be claimed and paid again.

    Raises NotPossibleNow.
    """
    if claim.paid_fen:
        raise NotPossibleNow(
            f"part of {claim.number} was paid already; what is still to come can be given up by the agency",
            message_zh="该申请已有资金兑付，不能撤回；不再需要后续资金的，请联系办理部门",
            value=claim.number,
        )
    ensure_not_contradicted(claim)


@transaction.atomic
def resubmit_claim(*, actor: Actor, claim_id: int, submission_id: int | None = None, now: datetime) -> None:
    """Hand it in again after what was asked for has been corrected: as complete as the first time.

    Raises ClaimNotFound, NotPossibleNow, InvalidClaim.
    """
    claim = load(actor, claim_id, OWN)
    CLAIM.after(claim.state, "resubmitted", before=claim.state_before)
    ensure_complete(claim, terms_for(claim.item_code))
    if submission_id is not None:
        claim.submission_id = submission_id
        claim.save(update_fields=["submission_id"])
    assert claim.case_id is not None
    resubmit_case(actor=actor, case_id=claim.case_id, data={}, now=now)


@transaction.atomic
def correct_account(*, actor: Actor, claim_id: int, account_id: int, now: datetime) -> None:
    """Give another account after the bank could not pay, or before the payment is ordered, where the first was removed
    or refused meanwhile: the claim waits for its payment, and nothing has to be claimed anew.

    Raises ClaimNotFound, NotPossibleNow, AccountNotFound.
    """
    claim = load(actor, claim_id, OWN)
    CLAIM.after(claim.state, "account_corrected")
    account = usable_account(party_id=claim.enterprise.pk, account_id=account_id)
    if claim.state == "payable" and claim.account_id == account.pk:
        # Told once more, since nobody answered: it waits for its payment to that account already.
        return
    claim.account = account
    move(claim, "account_corrected", actor=actor, now=now, more={"account": f"＊{account.number_tail}"})


@transaction.atomic
def confirm_as_representative(*, actor: Actor, claim_id: int, now: datetime) -> None:
    """The legal representative has read the draft and stands by it.

    Raises NotAllowed, ClaimNotFound, NotPossibleNow.
    """
    claim = load(actor, claim_id, "claims.confirm_own")
    CLAIM.after(claim.state, "saved")
    claim.confirmed_by_representative_at = now
    move(claim, "saved", actor=actor, now=now, more={"confirmed_by_representative": True})
