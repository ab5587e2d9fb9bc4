"""Which answers of the library were put into a reply; counted once an appeal, with the event of writing it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import F

from ..models import Appeal, LibraryAnswer, LibraryAnswerUse


def count_uses(appeal: Appeal, answers: Collection[int], *, now: datetime) -> list[int]:
    """Count the answers that were not counted for this appeal before, of those ever published; which they are.

    The appeal is locked by who calls, so that nothing is counted twice.
    """
    if not answers or appeal.agency_id is None:
        return []
    known = LibraryAnswer.objects.filter(pk__in=list(answers)[:_MOST], version__gt=0)
    rows = known.exclude(uses__appeal=appeal).order_by("pk").values_list("pk", "version")
    found = dict(rows)
    LibraryAnswerUse.objects.bulk_create(
        LibraryAnswerUse(
            answer_id=number, version=version, appeal=appeal, agency_id=appeal.agency_id, used_at=now
        )
        for number, version in found.items()
    )
    LibraryAnswer.objects.filter(pk__in=found).update(use_count=F("use_count") + 1)
    return list(found)


_MOST = 20
"""Nobody puts more into one reply."""
