"""Try once more what has been given up."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..delivery import WAITS
from ..errors import MessageNotFound, NotFailed
from ..message_templates import HIDDEN
from ..models import Delivery


def retry_delivery(*, actor: Actor, message_id: int, now: datetime) -> None:
    """Queue a failed message again, with all its attempts. What carried a secret is gone and cannot be sent again."""
    from ..tasks import deliver_soon

    scope = actor.require("notices.retry")
    with transaction.atomic():
        # Messages belong to no region: who may do this anywhere may do it for all.
        delivery = (
            Delivery.objects.select_for_update(of=("self",))
            .select_related("message")
            .filter(pk=message_id)
            .first()
        )
        if delivery is None or not scope.everywhere:
            raise MessageNotFound(f"no message {message_id}", message_zh="没有这条消息", value=message_id)
        secret_is_gone = HIDDEN in delivery.message.body
        if delivery.state != Delivery.FAILED or delivery.expires_at is not None or secret_is_gone:
            raise NotFailed(
                f"message {message_id} has not failed, is out of date, or held a secret that is gone",
                message_zh="这条消息没有失败，或者已经过期，或者其中的验证信息已删除，不能重发",
            )
        before = delivery.error
        refused = delivery.sent_at is not None or delivery.attempts <= len(WAITS)
        if delivery.reference and refused:
            # The gateway itself said no to the old number and would say so again. Had it only been silent, it
            # might have sent the message, and the number has to stay.
            delivery.reference = secrets.token_hex(16)
        delivery.state, delivery.attempts, delivery.next_try_at, delivery.error = "queued", 0, now, ""
        delivery.sent_at = None
        delivery.save()
        record(
            actor=actor,
            action="notices.retried",
            target=Target("message", str(message_id), delivery.message.subject),
            now=now,
            before={"error": before},
        )
        deliver_soon([message_id])
