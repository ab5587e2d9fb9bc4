"""What a list that is given up leaves behind: claims nobody has heard of, ended without a word, some a transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ..lifecycle import LIST
from ..models import Claim, EntitlementList
from .lists import note_list
from .parameters import list_rules
from .rows import move_claims

Progress = Callable[[int, int], None]


def empty_list(
    *, actor: Actor, list_id: int, reason: str, now: datetime, progress: Progress | None = None
) -> None:
    """End the claims of a list that is being discarded. Not inside a transaction; goes on where it was."""
    done = 0
    while found := _emptied(actor=actor, list_id=list_id, reason=reason, now=now):
        done += found
        if progress is not None:
            progress(done, EntitlementList.objects.values_list("total", flat=True).get(pk=list_id))


@transaction.atomic
def _emptied(*, actor: Actor, list_id: int, reason: str, now: datetime) -> int:
    """End some, or where there are none any more the list itself; how many. They count for nothing afterwards."""
    row = EntitlementList.objects.select_for_update(of=("self",)).get(pk=list_id)
    if row.state != "discarding":
        return 0
    claims = Claim.objects.select_for_update(of=("self",)).filter(entitlement_list=row, state="listed")
    numbers = list(claims.order_by("expected_fen", "pk").values_list("pk", flat=True)[: list_rules().chunk])
    if numbers:
        found, _ = move_claims(numbers, "struck", source="listed", now=now, reason=reason[:400])
    else:
        found = 0
        row.state = LIST.after(row.state, "emptied")
        row.save(update_fields=["state"])
    note_list(row, "list_emptied", actor=actor, now=now, after={"claims": found}, reason=reason)
    return found
