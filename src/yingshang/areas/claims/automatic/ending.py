"""When the time to answer is over: who has allowed it once for all is taken at their word, everybody else lapses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ..models import Claim, EntitlementList, OfferRemark
from ..reserving import release
from .lists import note_list
from .parameters import list_rules
from .rows import move_claims


def end_offers(*, actor: Actor, now: datetime) -> tuple[int, int]:
    """Whoever was asked and had until yesterday; (confirmed, lapsed). Not inside a transaction; safe to begin again.

    An offer of which somebody says that it is wrong waits until that is answered.
    """
    confirmed = lapsed = 0
    today, size = timezone.localdate(now), list_rules().chunk
    for list_id in overdue_lists(today):
        while found := confirm_standing(actor=actor, list_id=list_id, now=now, size=size):
            confirmed += found
        while found := lapse_unanswered(actor=actor, list_id=list_id, now=now, size=size):
            lapsed += found
    return confirmed, lapsed


def overdue_lists(today: date) -> list[int]:
    """Lists whose time to answer is over, with somebody who has not."""
    rows = EntitlementList.objects.filter(state="approved", confirm_by__lt=today)
    waiting = Claim.objects.filter(entitlement_list=OuterRef("pk"), state="offered")
    return list(rows.filter(Exists(waiting)).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def confirm_standing(*, actor: Actor, list_id: int, now: datetime, size: int) -> int:
    """Take some of those at their word who have a standing account; how many."""
    row = EntitlementList.objects.select_for_update(of=("self",)).get(pk=list_id)
    claims = _next(row, size, now, account__state="usable", account__standing=True)
    if not claims:
        return 0
    found, _ = move_claims(claims, "confirmed", source="offered", now=now)
    note_list(row, "confirmed", actor=actor, now=now, after={"claims": found, "standing": True})
    return found


@transaction.atomic
def lapse_unanswered(*, actor: Actor, list_id: int, now: datetime, size: int) -> int:
    """Give the budget of some back who have not answered; how many. They can still claim by themselves."""
    row = EntitlementList.objects.select_for_update(of=("self",)).get(pk=list_id)
    claims = _next(row, size, now)
    if not claims:
        return 0
    found, _ = move_claims(claims, "lapsed", source="offered", now=now)
    event = note_list(row, "lapsed", actor=actor, now=now, after={"claims": found})
    release(
        Claim.objects.filter(pk__in=claims).only("pk"), reference=f"list:{row.pk}", event_id=event, now=now
    )
    return found


def _next(row: EntitlementList, size: int, now: datetime, **more: object) -> Sequence[int]:
    rows: QuerySet[Claim] = Claim.objects.select_for_update(of=("self",)).filter(
        entitlement_list=row, state="offered", **more
    )
    wrong = OfferRemark.objects.filter(claim=OuterRef("pk"), state="open")
    if row.confirm_by is not None:
        # The clock was held while an answer was waited for: so many days are left after it as there were before.
        held = TruncDate("answered_at") - TruncDate("given_at")
        late = timezone.localdate(now) - row.confirm_by
        answered = OfferRemark.objects.filter(claim=OuterRef("pk"), state="answered").alias(held=held)
        rows = rows.exclude(Exists(answered.filter(held__gte=late)))
    # By the index of those who are next: what was moved on before is not read again for each part.
    rows = rows.exclude(Exists(wrong)).order_by("expected_fen", "pk")
    return list(rows.values_list("pk", flat=True)[:size])
