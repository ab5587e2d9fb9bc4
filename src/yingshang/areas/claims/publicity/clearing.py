"""What nothing stands before any more goes on to payment: periods that are over, and items without any."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record

from ..actions._steps import tell_enterprise
from ..actions.submit_claim import clear
from ..automatic.rows import move_claims, refresh_statistics
from ..bulk import AnyOf
from ..lifecycle import PUBLICITY
from ..models import Claim, ItemTerms, Publicity, PublicityEntry
from .parameters import publicity_rules
from .steps import note_publicity


def clear_published(*, actor: Actor, now: datetime) -> int:
    """Carry everything on that is due; how many claims. Not inside a transaction; safe to begin again."""
    today, cleared, size = timezone.localdate(now), 0, publicity_rules().chunk
    for publicity_id in over_on(today):
        while found := clear_some(actor=actor, publicity_id=publicity_id, now=now, size=size):
            cleared += found
        close_publicity(actor=actor, publicity_id=publicity_id, now=now)
        # Orders are planned by how many wait, of which nobody has told the database yet.
        refresh_statistics(1, Claim)
    for code in _without_publicity():
        while found := clear_unpublished(actor=actor, code=code, now=now, size=size):
            cleared += found
    return cleared


def over_on(today: date) -> list[int]:
    """Open lists whose last day is past."""
    rows = Publicity.objects.filter(state="open", closes_on__lt=today).order_by("pk")
    return list(rows.values_list("pk", flat=True))


@transaction.atomic
def clear_some(*, actor: Actor, publicity_id: int, now: datetime, size: int) -> int:
    """Some awards of a list whose period is over; those objected to stay. How many."""
    row = Publicity.objects.select_for_update(of=("self",)).get(pk=publicity_id)
    if row.state != "open" or row.closes_on is None or row.closes_on >= timezone.localdate(now):
        return 0
    later = PublicityEntry.objects.filter(claim=OuterRef("pk"), publicity__gt=row.pk)
    rows = Claim.objects.select_for_update(of=("self",)).filter(
        Exists(PublicityEntry.objects.filter(claim=OuterRef("pk"), publicity=row)),
        # A public list is one item's: its claims are gone through by their index.
        item_code=row.item_code,
        state="publicity",
    )
    claims = list(rows.exclude(Exists(later)).order_by("pk").values_list("pk", flat=True)[:size])
    if not claims:
        return 0
    found, _ = move_claims(claims, "cleared", source="publicity", now=now)
    _tell_of_accounts(claims, now=now)
    note_publicity(row, "cleared", actor=actor, now=now, after={"claims": found})
    return found


@transaction.atomic
def close_publicity(*, actor: Actor, publicity_id: int, now: datetime) -> None:
    """The period of a list is over: nobody objects to what is on it any more."""
    row = Publicity.objects.select_for_update(of=("self",)).get(pk=publicity_id)
    if row.state != "open" or row.closes_on is None or row.closes_on >= timezone.localdate(now):
        return
    row.state = PUBLICITY.after(row.state, "closed")
    row.save(update_fields=["state"])
    note_publicity(row, "publicity_closed", actor=actor, now=now)


@transaction.atomic
def clear_unpublished(*, actor: Actor, code: str, now: datetime, size: int) -> int:
    """Some approved claims of an item whose terms have no publicity before payment; how many."""
    terms = ItemTerms.objects.get(item_code=code)
    rows = Claim.objects.select_for_update(of=("self",)).filter(item_code=code, state="approved")
    claims = list(rows.order_by("pk").values_list("pk", flat=True)[:size])
    if not claims or terms.publicity_working_days:
        return 0
    found, _ = move_claims(claims, "cleared", source="approved", now=now)
    _tell_of_accounts(claims, now=now)
    record(
        actor=actor,
        action="claims.cleared",
        target=Target("claim_terms", code, code, region_path=terms.region_path, agency_id=terms.agency_id),
        now=now,
        after={"claims": found, "publicity": False},
    )
    return found


def clear_if_over(claim: Claim, *, actor: Actor, now: datetime) -> bool:
    """A claim that is before the public again after its period was over goes on at once."""
    entry = claim.publicity_entries.select_related("publicity").order_by("-publicity").first()
    if entry is None or entry.publicity.closes_on is None:
        return False
    if entry.publicity.closes_on >= timezone.localdate(now):
        return False
    clear(claim, actor=actor, now=now)
    _tell_of_accounts([claim.pk], now=now)
    return True


def _tell_of_accounts(claims: Collection[int], *, now: datetime) -> None:
    """Whose account was refused or removed meanwhile gives another one: without it nothing of it can be ordered."""
    rows = Claim.objects.filter(AnyOf("id", claims), state="payable").exclude(account__state="usable")
    for claim in rows.select_related("party__merged_into", "account").order_by("pk"):
        reason = (claim.account.problem if claim.account else "") or "收款账户不能入账"
        tell_enterprise(claim, "account_wrong", now=now, reason=reason)


def _without_publicity() -> list[str]:
    rows = ItemTerms.objects.filter(publicity_working_days=0)
    waiting = Claim.objects.filter(item_code=OuterRef("item_code"), state="approved")
    return list(rows.filter(Exists(waiting)).order_by("pk").values_list("item_code", flat=True))
