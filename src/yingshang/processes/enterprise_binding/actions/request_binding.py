"""Ask to act for an enterprise."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, NotAllowed, mandates_of_user
from yingshang.kernel.notices.api import NoAddress, Recipient, send
from yingshang.kernel.parties.api import Contact, registered_contact
from yingshang.kernel.reference.api import validate_credit_code

from ..codes import code_hash, new_code, new_salt
from ..desks import PLATFORM
from ..errors import AlreadyBound, TooManyCodes
from ..figures import figures
from ..models import OPEN, BindingRequest, CodeRequest
from ..selectors import BindingView, binding_view
from ._steps import move, one_at_a_time, put_before_desk


def request_binding(*, actor: Actor, credit_code: str, now: datetime) -> BindingView:
    """Ask to act for the enterprise with this credit code; asking again sends a new code.

    A code goes to the contact the enterprise is registered with. Where there is none that can be reached, or no such
    enterprise, the request goes to the desk of the region: both look the same to who asks. Raises InvalidCreditCode,
    AlreadyBound, TooManyCodes.
    """
    if actor.kind != "user":
        raise NotAllowed("only people bind accounts", message_zh="请先登录个人账号")
    code = validate_credit_code(credit_code)
    user_id = int(actor.identifier)
    with transaction.atomic():
        _wait_for_others(user_id, code)
        contact = registered_contact(credit_code=code)
        former = BindingRequest.objects.filter(user_id=user_id, credit_code=code, state__in=OPEN).first()
        _refuse_bound(actor, contact, former, now)
        _refuse_too_many(user_id, code, now)
        CodeRequest.objects.create(user_id=user_id, credit_code=code, asked_at=now)
        row = former or BindingRequest(user_id=user_id, credit_code=code, requested_at=now)
        row.party_id = contact.party_id if contact else None
        sent = contact is not None and _send_code(row, contact, actor, now)
        if not sent:
            put_before_desk(row, now=now)
        move(
            row,
            action="send_code" if former else "request",
            by="requester",
            to="code_sent" if sent else "in_review",
            actor=actor,
            now=now,
        )
    return binding_view(row)


def _wait_for_others(user_id: int, credit_code: str) -> None:
    """Requests of one user, and requests for one enterprise, are counted one after the other."""
    get_user_model().objects.select_for_update(no_key=True).filter(pk=user_id).first()
    one_at_a_time(credit_code)


def _refuse_bound(
    actor: Actor, contact: Contact | None, former: BindingRequest | None, now: datetime
) -> None:
    today = timezone.localdate(now)
    held = mandates_of_user(actor=actor, user_id=int(actor.identifier), today=today)
    if contact is not None and any(mandate.party_id == contact.party_id for mandate in held):
        raise AlreadyBound("you act for this enterprise already", message_zh="您已经可以代表这家企业办事")
    if former is not None and former.state != "code_sent":
        raise AlreadyBound(
            "a request of yours for this enterprise is under way",
            message_zh="您对这家企业的绑定申请正在办理",
            request=former.pk,
        )


def _refuse_too_many(user_id: int, credit_code: str, now: datetime) -> None:
    for limit in figures().limits:
        since = CodeRequest.objects.filter(asked_at__gt=now - limit.window)
        of = {"user_id": user_id} if limit.of == "user" else {"credit_code": credit_code}
        if since.filter(**of).count() >= limit.most:
            hours = int(limit.window.total_seconds() // 3600)
            raise TooManyCodes(
                f"no more than {limit.most} requests in {hours} h for one {limit.of}; try again later",
                message_zh=f"请求过于频繁：{hours}小时内最多{limit.most}次，请稍后再试",
                limit=limit.of,
            )


def _send_code(row: BindingRequest, contact: Contact, actor: Actor, now: datetime) -> bool:
    """Send a new code to the registered contact; False when no channel reaches it."""
    digits = new_code(figures().digits)
    expires = now + figures().lifetime
    try:
        send(
            actor=PLATFORM,
            to=Recipient(email=contact.email, phone=contact.phone),
            template="enterprise_binding.code",
            context={
                "enterprise": contact.name,
                "requester": actor.name,
                "code": digits,
                "minutes": int(figures().lifetime.total_seconds() // 60),
            },
            channels=("sms", "email"),
            now=now,
            expires_at=expires,
        )
    except NoAddress:
        return False
    row.code_salt = new_salt()
    row.code_hash = code_hash(digits, row.code_salt)
    row.code_expires_at, row.attempts_left = expires, figures().attempts
    row.masked_contact = "、".join(each for each in contact.masked() if each)
    return True
