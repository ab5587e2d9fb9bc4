"""The documents of supervision notices that the clock has issued, set after the sweep."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from yingshang.kernel.access.api import Actor

from ..models import SupervisionNotice
from .actions.issue_notice import set_document

logger = structlog.get_logger(__name__)

AT_ONCE = 50
"""How many a job sets: some seconds, in which it has one of the worker's few places."""

LEFT_TO_THEIR_JOBS = timedelta(minutes=10)
"""For so long a notice is left to the job that was queued as it was issued."""

OVERDUE = timedelta(hours=1)
"""From then on somebody has to look why a notice has no document."""


def set_waiting(*, actor: Actor, now: datetime, only: Collection[int] | None = None) -> int:
    """Set the documents of notices that have none, or only those of some; how many. Each in a transaction of its own,
    once; one that cannot be set stops no other and is tried again by the next run.
    """
    rows = SupervisionNotice.objects.filter(document_id__isnull=True)
    if only is not None:
        rows = rows.filter(pk__in=only)
    return sum(_set(number, actor, now) for number in list(rows.order_by("pk").values_list("pk", flat=True)))


def waiting(*, now: datetime, after: int = 0) -> list[int]:
    """The next that have no document although their jobs have had their time; at most as many as are set at once."""
    rows = SupervisionNotice.objects.filter(
        document_id__isnull=True, issued_at__lte=now - LEFT_TO_THEIR_JOBS, pk__gt=after
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def count_unset_notices(now: datetime) -> int:
    """How many notices were issued more than an hour ago and still have no document."""
    return SupervisionNotice.objects.filter(document_id__isnull=True, issued_at__lt=now - OVERDUE).count()


def _set(number: int, actor: Actor, now: datetime) -> bool:
    try:
        with transaction.atomic():
            row = (
                SupervisionNotice.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("agency", "issued_by_agency")
                .filter(pk=number, document_id__isnull=True)
                .first()
            )
            if row is None:
                # Another worker is setting it, or has.
                return False
            set_document(row, actor=actor, now=now)
    except Exception:
        logger.exception("a supervision notice could not be set as a document", notice_id=number)
        return False
    return True
