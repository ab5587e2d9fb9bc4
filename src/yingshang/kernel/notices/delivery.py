"""Carrying messages from the outbox to their channels.

What is promised: a message that was committed is handed over at least once, or is marked as failed with the reason. A
process that is killed while it hands one over leaves it claimed; when the claim has run out, it is handed over again,
under the same number, by which the other side tells that it is the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet

from yingshang.kernel.access.api import mask

from .channels import Envelope, PermanentFailure, TemporaryFailure, get_channel
from .models import Delivery

logger = structlog.get_logger(__name__)

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""How long to wait after each failed attempt; after one more than these it is given up."""

CLAIM = timedelta(minutes=5)
"""For how long a message belongs to who is handing it over: longer than any channel may take."""


def deliver_due(*, clock: Callable[[], datetime], only: Sequence[int] | None = None, limit: int = 200) -> int:
    """Hand over what is due, at most `limit`, and return how many were tried. Several may run at once."""
    tried = 0
    while tried < limit and (delivery := _claim(clock(), only)) is not None:
        _hand_over(delivery, clock)
        tried += 1
    return tried


def _claim(now: datetime, only: Sequence[int] | None) -> Delivery | None:
    rows = Delivery.objects.filter(state=Delivery.QUEUED, next_try_at__lte=now)
    if only is not None:
        rows = rows.filter(pk__in=only)
    with transaction.atomic():
        delivery = (
            rows.select_for_update(skip_locked=True, of=("self",))
            .select_related("message")
            .order_by("next_try_at")
            .first()
        )
        if delivery is None:
            return None
        if delivery.expires_at is not None and delivery.expires_at <= now:
            _give_up(delivery, "expired before it could be delivered")
            return delivery
        delivery.attempts += 1
        delivery.next_try_at = now + CLAIM
        delivery.save(update_fields=["attempts", "next_try_at"])
    return delivery


def _hand_over(delivery: Delivery, clock: Callable[[], datetime]) -> None:
    if delivery.state == Delivery.FAILED:
        return
    message = delivery.message
    envelope = Envelope(
        message_id=message.pk,
        address=message.address,
        subject=message.subject,
        body=delivery.secret_body or message.body,
        language=message.language,
        template=message.template,
        link=message.link,
    )
    try:
        get_channel(message.channel).deliver(envelope)
    except PermanentFailure as error:
        _note(delivery, clock(), str(error), again=None)
    except TemporaryFailure as error:
        _note(delivery, clock(), str(error), again=_wait(delivery, error))
    except Exception as error:
        # A defect of a channel must not stop the other messages; it is tried again and shown like other failures.
        logger.exception("channel failed", message_id=message.pk, channel=message.channel)
        _note(delivery, clock(), f"{type(error).__name__}: {error}", again=_wait(delivery, None))
    else:
        _ours(delivery).update(
            state=Delivery.SENT, sent_at=clock(), next_try_at=None, secret_body="", error=""
        )


def _wait(delivery: Delivery, error: TemporaryFailure | None) -> timedelta | None:
    if delivery.attempts > len(WAITS):
        return None
    wait = WAITS[delivery.attempts - 1]
    return max(wait, error.after) if error is not None and error.after else wait


def _note(delivery: Delivery, now: datetime, error: str, *, again: timedelta | None) -> None:
    address = delivery.message.address
    # Servers like to repeat the address in what they say; here and in the log it is nobody's business.
    error = error.replace(address, mask(address)) if address else error
    if again is None:
        _give_up(delivery, error)
    else:
        _ours(delivery).update(next_try_at=now + again, error=error[:400])
    logger.warning(
        "message not delivered",
        message_id=delivery.pk,
        channel=delivery.message.channel,
        attempts=delivery.attempts,
        given_up=again is None,
        error=error,
    )


def _give_up(delivery: Delivery, error: str) -> None:
    delivery.state = Delivery.FAILED
    _ours(delivery).update(state=Delivery.FAILED, next_try_at=None, secret_body="", error=error[:400])


def _ours(delivery: Delivery) -> QuerySet[Delivery]:
    """The row as long as the claim is ours: who was too slow does not overwrite what another did since."""
    return Delivery.objects.filter(pk=delivery.pk, state=Delivery.QUEUED, attempts=delivery.attempts)
