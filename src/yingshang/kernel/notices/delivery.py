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
from django.db.models import F, QuerySet

from yingshang.kernel.access.api import mask

from .channels import Envelope, PermanentFailure, TemporaryFailure, get_channel
from .models import Delivery
from .platform_rules import not_in, platform_rules, quiet_hours_of
from .preferences import preferences_by_user

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
"""For how long messages belong to who is handing them over: longer than any channel may take for all of them."""


AT_A_TIME = 10
"""As many are claimed together: the slowest gateway takes less than half a minute for each, so the claim holds."""


def deliver_due(
    *,
    clock: Callable[[], datetime],
    only: Sequence[int] | None = None,
    limit: int = 200,
    until: datetime | None = None,
) -> int:
    """Hand over what is due, at most `limit` and beginning none after `until`; how many were tried.

    Several may run at once.
    """
    tried = 0
    while tried < limit and (until is None or clock() < until):
        claimed = _claim(clock(), only, min(AT_A_TIME, limit - tried))
        if not claimed:
            break
        for delivery in claimed:
            _hand_over(delivery, clock)
        tried += len(claimed)
    return tried


def _claim(now: datetime, only: Sequence[int] | None, most: int) -> list[Delivery]:
    """Some that are due, ours for a while. What is held back by quiet hours or out of date is not among them."""
    rows = Delivery.objects.filter(state=Delivery.QUEUED, next_try_at__lte=now)
    if only is not None:
        rows = rows.filter(pk__in=only)
    while True:
        with transaction.atomic():
            found = list(
                rows.select_for_update(skip_locked=True, of=("self",))
                .select_related("message")
                .order_by("next_try_at")[:most]
            )
            if not found:
                return []
            claimed = _ready(found, now)
            Delivery.objects.filter(pk__in=[each.pk for each in claimed]).update(
                attempts=F("attempts") + 1, next_try_at=now + CLAIM
            )
        if claimed:
            return claimed


def _ready(found: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Those that may go now; the others are given up, or wait for the end of quiet hours."""
    ready = []
    quiet = _QuietHours(found)
    for delivery in found:
        if delivery.expires_at is not None and delivery.expires_at <= now:
            _give_up(delivery, "expired before it could be delivered")
        elif (due := quiet.next(delivery, now)) > now:
            _ours(delivery).update(next_try_at=due)
        else:
            delivery.attempts += 1
            ready.append(delivery)
    return ready


class _QuietHours:
    """The quiet hours of the recipients of some deliveries, in two queries at most."""

    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        held = [each.message for each in deliveries if not each.message.urgent]
        self.rules = platform_rules() if held else None
        self.preferences = preferences_by_user(
            {each.recipient_id for each in held if each.recipient_id is not None}
        )

    def next(self, delivery: Delivery, moment: datetime) -> datetime:
        """When a message that could go at this moment may go."""
        if self.rules is None or delivery.message.urgent:
            return moment
        preference = self.preferences.get(delivery.message.recipient_id or 0)
        return not_in(quiet_hours_of(preference, self.rules), moment, delivery.expires_at)


def _hand_over(delivery: Delivery, clock: Callable[[], datetime]) -> None:
    message = delivery.message
    envelope = Envelope(
        message_id=message.pk,
        address=message.address,
        subject=message.subject,
        body=delivery.secret_body or message.body,
        language=message.language,
        template=message.template,
        link=message.link,
        reference=delivery.reference or "",
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
    # What is no HTTP may be anything, signs that the database keeps in no text among them.
    error = "".join(sign for sign in error if sign.isprintable())
    if again is None:
        _give_up(delivery, error)
    else:
        due = _QuietHours([delivery]).next(delivery, now + again)
        _ours(delivery).update(next_try_at=due, error=error[:400])
    logger.warning(
        "message not delivered",
        message_id=delivery.pk,
        channel=delivery.message.channel,
        attempts=delivery.attempts,
        given_up=again is None,
        error=error,
    )


def _give_up(delivery: Delivery, error: str) -> None:
    _ours(delivery).update(state=Delivery.FAILED, next_try_at=None, secret_body="", error=error[:400])


def _ours(delivery: Delivery) -> QuerySet[Delivery]:
    """The row as long as the claim is ours: who was too slow does not overwrite what another did since."""
    return Delivery.objects.filter(pk=delivery.pk, state=Delivery.QUEUED, attempts=delivery.attempts)
