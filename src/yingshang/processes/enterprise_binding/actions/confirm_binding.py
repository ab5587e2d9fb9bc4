"""Enter the code that the registered contact was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, MandateView, grant_mandate, mandates_of_party

from .. import lifecycle
from ..codes import is_right
from ..desks import PLATFORM
from ..errors import CodeExpired
from ..models import BindingRequest
from ..selectors import own
from ._steps import load, move, note, tell


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What came of an entered code. A wrong one is an answer, not an error: that it was tried has to be kept."""

    right: bool
    state: str
    attempts_left: int


def confirm_binding(*, actor: Actor, request_id: int, code: str, now: datetime) -> Confirmation:
    """Enter the code. When it is right, the account becomes the enterprise's legal representative if it has none, and
    otherwise asks that one for its consent. Raises BindingNotFound, NotPossibleNow, CodeExpired."""
    with transaction.atomic():
        row = load(own(actor), request_id)
        lifecycle.require(row.state, "confirm", "requester")
        _refuse_spent(row, now)
        if not is_right(code, row.code_salt, row.code_hash):
            row.attempts_left -= 1
            row.save(update_fields=["attempts_left"])
            note(row, "refuse_code", actor=actor, now=now, after={"attempts_left": row.attempts_left})
            return Confirmation(False, row.state, row.attempts_left)
        _refuse_merged(row)
        assert row.party_id is not None
        today = timezone.localdate(now)
        acting = mandates_of_party(actor=PLATFORM, party_id=row.party_id, today=today)
        representative = next((each for each in acting if each.legal_representative), None)
        if representative is None:
            _bind(row, actor, now)
        else:
            _ask(row, representative, actor, now)
    return Confirmation(True, row.state, 0)


def _refuse_spent(row: BindingRequest, now: datetime) -> None:
    if row.code_expires_at is None or now >= row.code_expires_at or row.attempts_left == 0:
        raise CodeExpired(
            "this code can be used no more; ask for a new one",
            message_zh="验证码已失效，请重新获取",
            expired_at=row.code_expires_at,
        )


def _refuse_merged(row: BindingRequest) -> None:
    """The code proves that one has the contact of an entry that was merged since; what counts is the kept one's."""
    if row.enterprise is not None and row.enterprise.pk != row.party_id:
        raise CodeExpired(
            "this enterprise was merged into another entry since; ask for a new code",
            message_zh="该企业的登记信息已合并，请重新获取验证码",
            expired_at=row.code_expires_at,
        )


def _bind(row: BindingRequest, actor: Actor, now: datetime) -> None:
    assert row.party_id is not None
    row.mandate_id = grant_mandate(
        actor=PLATFORM,
        user_id=row.user_id,
        party_id=row.party_id,
        legal_representative=True,
        now=now,
        reason=f"binding {row.pk}: code of the registered contact",
    )
    row.decided_at = now
    move(
        row,
        action="confirm",
        by="requester",
        to="approved",
        actor=actor,
        now=now,
        after={"mandate": row.mandate_id},
    )
    tell(row, row.user_id, "approved", now=now, reason="")


def _ask(row: BindingRequest, representative: MandateView, actor: Actor, now: datetime) -> None:
    move(row, action="confirm", by="requester", to="awaiting_representative", actor=actor, now=now)
    tell(row, representative.user_id, "approval_wanted", now=now, requester=actor.name)
