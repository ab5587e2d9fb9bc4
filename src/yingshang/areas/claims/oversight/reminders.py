"""Each part of a plan has a clock: its ladder reminds the enterprise, and tells the agency what is overdue."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from yingshang.kernel.access.api import officials_who_may
from yingshang.kernel.clock.api import (
    FiredRung,
    Owner,
    Term,
    cancel_deadline,
    deadlines_of_many,
    meet_deadline,
    start_deadline,
)
from yingshang.kernel.reference.api import code_of_path, find_region

from ..actions._steps import PLATFORM, tell_enterprise, tell_users, yuan
from ..models import Recovery
from .recoveries import view_of
from .rules import recovery_rules

OWNER = "claim_repayment"
RECOVER = "claims.recover"


def start_clocks(row: Recovery, *, now: datetime) -> None:
    """A clock for each part that is not due on the very day; in the transaction of the demand."""
    today = timezone.localdate(now)
    for place, each in enumerate(row.plan):
        days = (date.fromisoformat(each["due_on"]) - today).days
        if days < 1:
            continue
        start_deadline(
            actor=PLATFORM,
            owner=Owner(OWNER, _identifier(row, place)),
            kind="step",
            name=f"退回资金：{row.claim.item_name}",
            name_en=f"Money to be given back: {row.claim.item_name}",
            term=Term(days, "days"),
            started_at=now,
            region_code=_region_code(row.region_path),
            agency_id=row.claim.agency_id,
            party_id=row.claim.party_id,
            ladder=str(recovery_rules()["ladder"]),
            now=now,
            start_event={"zh": "要求退回", "en": "demanded"},
        )


def follow_clocks(row: Recovery, *, now: datetime) -> None:
    """What has come meets the clocks of the parts it covers; what has ended otherwise needs none any more."""
    # A plan as it stands after what was noted just now, not as somebody has read it before.
    found = Recovery.objects.select_related("claim__party__merged_into").get(pk=row.pk)
    parts = view_of(found, now).plan
    names = [_identifier(row, place) for place in range(len(parts))]
    clocks = deadlines_of_many(OWNER, names, now=now)
    for name, part in zip(names, parts, strict=True):
        for clock in clocks[name]:
            if clock.state not in {"running", "paused"}:
                continue
            if not part.open_fen:
                meet_deadline(actor=PLATFORM, deadline_id=clock.id, now=now)
            elif found.state != "demanded":
                cancel_deadline(actor=PLATFORM, deadline_id=clock.id, reason=found.number, now=now)


def on_rung(rung: FiredRung) -> None:
    """A part is due soon, or overdue: whom the ladder names is told, as long as something of it is open."""
    number, _, place = rung.deadline.owner.identifier.partition(":")
    row = Recovery.objects.select_related("claim__party__merged_into").get(pk=int(number))
    part = view_of(row, rung.fired_at).plan[int(place)]
    if row.state != "demanded" or not part.open_fen:
        return
    told = {
        "recovery": row.number,
        "asked": yuan(part.open_fen),
        "until": part.due_on.isoformat(),
        "overdue": part.overdue,
    }
    once = f"claims.repayment_due:{row.pk}:{part.due_on}:{rung.rung.code}"
    if "holder" in rung.rung.to:
        tell_enterprise(row.claim, "repayment_due", now=rung.fired_at, once=once, **told)
    if "agency" in rung.rung.to:
        claim = row.claim
        day = timezone.localdate(rung.fired_at)
        tell_users(
            officials_who_may(RECOVER, agency_id=claim.agency_id, today=day),
            "repayment_due",
            context={
                "number": claim.number,
                "item": claim.item_name,
                "enterprise": claim.enterprise.name,
                "amount": yuan(claim.award_fen),
                **told,
            },
            link=f"/desk/claims/recoveries/{row.pk}/",
            once=once,
            now=rung.fired_at,
        )


def _identifier(row: Recovery, place: int) -> str:
    return f"{row.pk}:{place}"


def _region_code(path: str) -> str:
    # Whatever is below a county has the calendar of its county.
    region = find_region(code_of_path(path[:6]))
    return region.code if region else "000000"
