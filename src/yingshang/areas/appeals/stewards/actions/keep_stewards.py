"""Who is steward of which enterprise, and what was agreed to be done for it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Office, Scope, entries_of, offices
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import PartyNotFound, get_party
from yingshang.kernel.reference.api import find_region

from ...actions._steps import needed
from ...desks import PLATFORM
from ...errors import InvalidStep
from ...models import Stewardship
from ..calls import drop_calls, hand_over_calls
from ..reach import MANAGE, STEWARD, load_own, not_found
from ..rules import steward_rules
from ..telling import tell_party, tell_stewards


@transaction.atomic
def assign_steward(
    *,
    actor: Actor,
    party_id: int,
    steward_id: int,
    agency_id: int,
    tier: str,
    services: Collection[str] | None = None,
    phone: str = "",
    tell: bool = True,
    now: datetime,
) -> int:
    """Make an official of an agency the steward of an enterprise, both within one's reach, in place of an earlier one;
    the number of the stewardship. The first visit is due after the days of the tier; where there was a steward before,
    when it was due for them, sooner or later by what the tiers differ, and after the days to get to know it. The visit
    they had announced stays announced; so do the services that were agreed on, where none are given, and the telephone
    number where it is the same official.

    `tell`: the steward gets a message of this one; whoever assigns many tells them once.

    Raises NotAllowed, PartyNotFound, InvalidStep.
    """
    scope = actor.require(MANAGE)
    place = _place(scope, party_id)
    if tier not in steward_rules().tiers:
        raise InvalidStep(f"{tier!r} is no tier", message_zh="请选择联系层级", field="tier", value=tier)
    codes = None if services is None else _services(services)
    office = _office(scope, steward_id, agency_id, now)
    one_assignment_at_a_time()
    before = (
        Stewardship.objects.select_for_update(of=("self",))
        .select_related("party")
        .filter(party__in=entries_of(party_id), until__isnull=True)
        .first()
    )
    if before is not None and (before.steward_id, before.agency_id, before.tier) == (
        steward_id,
        agency_id,
        tier,
    ):
        raise InvalidStep(
            f"{before.steward_name} is the steward of this enterprise",
            message_zh=f"{before.steward_name}已经是这家企业的服务管家；要更换请另选一位",
            field="steward",
            value=steward_id,
        )
    if before is not None and before.steward_id == steward_id:
        phone = phone.strip() or before.phone
    if codes is None:
        # As they stand: what is on the lists no more was agreed on all the same.
        codes = list(before.services) if before is not None else []
    row = _begin(
        Stewardship(
            party_id=party_id, region_path=place, tier=tier, services=codes, phone=bounded_phone(phone)
        ),
        before,
        office,
        "更换服务管家",
        actor=actor,
        now=now,
    )
    if tell:
        tell_stewards(row, "stewarding", now=now, enterprise=row.party.name, count=1)
    return int(row.pk)


@transaction.atomic
def hand_over_stewardships(
    *, actor: Actor, steward_id: int, to_id: int, to_agency_id: int, reason: str, now: datetime
) -> int:
    """Everything an official looks after within one's reach goes to another, as it stands: tier, services, what was
    arranged, and when the visits are due, of which those that are close are due after the days to get to know them.
    How many.

    Raises NotAllowed, InvalidStep.
    """
    needed(reason)
    scope = actor.require(MANAGE)
    if steward_id == to_id:
        raise InvalidStep("the same official", message_zh="接任的人和原来的是同一人，请另选一位", field="to")
    office = _office(scope, to_id, to_agency_id, now, field="to")
    one_assignment_at_a_time()
    rows = scope.filter(Stewardship.objects.select_for_update(of=("self",)), region="region_path")
    held = list(
        rows.select_related("party").filter(steward=steward_id, until__isnull=True).order_by("party_id")
    )
    if not held:
        raise InvalidStep(
            "this official looks after no enterprise within your reach",
            message_zh="该人员名下没有您管理范围内的企业",
            field="steward",
            value=steward_id,
        )
    for before in held:
        row = Stewardship(
            party=before.party, region_path=before.region_path, tier=before.tier, services=before.services
        )
        _begin(row, before, office, reason.strip()[:400], actor=actor, now=now)
    tell_stewards(row, "stewarding", now=now, enterprise=row.party.name, count=len(held))
    return len(held)


@transaction.atomic
def agree_on_services(*, actor: Actor, stewardship_id: int, services: Collection[str], now: datetime) -> None:
    """What of the three lists is done for the enterprise, as its steward agreed with it.

    Raises NotAllowed, StepNotFound, InvalidStep.
    """
    row = load_own(actor, stewardship_id)
    before, row.services = row.services, _services(services)
    row.save(update_fields=["services"])
    note_stewardship(
        row,
        "services_agreed",
        actor=actor,
        now=now,
        before={"services": before},
        after={"services": row.services},
    )


@transaction.atomic
def tell_phone(*, actor: Actor, stewardship_id: int, phone: str, now: datetime) -> None:
    """Where the enterprise reaches its steward at work. Raises NotAllowed, StepNotFound, InvalidStep."""
    row = load_own(actor, stewardship_id)
    before, row.phone = row.phone, bounded_phone(phone)
    row.save(update_fields=["phone"])
    note_stewardship(
        row, "steward_phone", actor=actor, now=now, before={"phone": before}, after={"phone": row.phone}
    )


@transaction.atomic
def end_stewardship(*, actor: Actor, stewardship_id: int, reason: str, now: datetime) -> None:
    """The enterprise has no steward any more. If it was waiting for them to get in touch, it is told.

    Raises NotAllowed, StepNotFound, InvalidStep.
    """
    needed(reason)
    rows = actor.require(MANAGE).filter(
        Stewardship.objects.select_for_update(of=("self",)).select_related("party"), region="region_path"
    )
    row = rows.filter(pk=stewardship_id, until__isnull=True).first()
    if row is None:
        raise not_found(stewardship_id)
    row.until, row.ended_reason = now, reason.strip()[:400]
    row.save(update_fields=["until", "ended_reason"])
    drop_calls(row, now=now)
    note_stewardship(row, "steward_ended", actor=actor, now=now, reason=reason.strip())


def note_stewardship(
    row: Stewardship,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> int:
    """The audit event `appeals.<what>` about a stewardship; its number."""
    return record(
        actor=actor,
        action=f"appeals.{what}",
        target=Target(
            "stewardship",
            str(row.pk),
            f"{row.party.name} {row.steward_name}",
            region_path=row.region_path,
            agency_id=row.agency_id,
            party_id=row.party_id,
        ),
        now=now,
        before=before,
        after=after,
        reason=reason[:400],
    )


def one_assignment_at_a_time() -> None:
    """Of two who give an enterprise a steward at the same moment, the second sees what the first has done. Held until
    the transaction ends; a row to lock there is not, where there was no steward.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ["appeals.assign_steward"])


def bounded_phone(phone: str) -> str:
    """A telephone number at work, as it is written. Raises InvalidStep."""
    phone = phone.strip()
    if len(phone) > 40 or not set(phone) <= set("0123456789+-() （）转、/"):
        raise InvalidStep(
            f"{phone[:60]!r} is no telephone number: at most 40 signs, digits and - ( ) only",
            message_zh="工作电话最多 40 个字符，只写数字、短横线和“转”，如 0451-12345678 转 601",
            field="phone",
            value=phone[:60],
        )
    return phone


def _begin(
    row: Stewardship, before: Stewardship | None, office: Office, why: str, *, actor: Actor, now: datetime
) -> Stewardship:
    """The stewardship begins, an earlier one ends with it; what the enterprise asked for, and what it was told will be,
    goes along.
    """
    row.visit_due_on, row.was_due_on = _first_visit(before, row.tier, now)
    if before is not None:
        before.until, before.ended_reason = now, why
        before.save(update_fields=["until", "ended_reason"])
        # Who takes over takes over when the last visit was, too.
        row.last_visit_at = before.last_visit_at
        row.planned_on, row.planned_way = before.planned_on, before.planned_way
        row.planned_for = before.planned_for
    row.steward_id, row.steward_name = office.user_id, office.name
    row.agency_id, row.since, row.assigned_by_name = office.agency_id, now, actor.name
    row.save(force_insert=True)
    if before is not None:
        hand_over_calls(before, row, now=now)
    note_stewardship(
        row,
        "steward_assigned",
        actor=actor,
        now=now,
        before={"steward": before.steward_name} if before else None,
        after={"steward": row.steward_name, "tier": row.tier, "services": row.services},
        reason=why if before else "",
    )
    tell_party(row, "your_steward", now=now, steward=row.steward_name, agency=office.agency_name)
    return row


def _first_visit(before: Stewardship | None, tier: str, now: datetime) -> tuple[date, date | None]:
    """When who takes over visits first, and when it was due before: nobody gets out of a visit by handing it on, and
    not by handing it on again and again.
    """
    rules, today = steward_rules(), timezone.localdate(now)
    days = rules.tiers[tier].visit_every_days
    if before is None:
        return today + timedelta(days=days), None
    held = rules.tiers.get(before.tier)
    more = timedelta(days=days - held.visit_every_days if held else 0)
    due = before.visit_due_on + more
    if before.was_due_on is not None:
        return due, before.was_due_on + more
    known = today + timedelta(days=rules.hand_over_days)
    return (due, None) if due >= known else (known, due)


def _place(scope: Scope, party_id: int) -> str:
    """Where an enterprise within one's reach is. Raises PartyNotFound."""
    party = get_party(actor=PLATFORM, party_id=party_id)
    place = find_region(party.region_code or "")
    path = place.path if place else ""
    if not scope.covers("subtree", agency_id=0, region_path=path):
        raise PartyNotFound(
            f"no enterprise {party_id} within your reach",
            message_zh="没有这家企业，或者超出您的管理范围",
            value=party_id,
        )
    return path


def _office(
    scope: Scope, steward_id: int, agency_id: int, now: datetime, *, field: str = "steward"
) -> Office:
    """Where somebody within one's reach may be steward. Raises InvalidStep."""
    held = offices(STEWARD, scope=scope, today=timezone.localdate(now), user_ids=[steward_id])
    found = next((each for each in held if each.agency_id == agency_id), None)
    if found is None:
        raise InvalidStep(
            "this official is no steward in an agency within your reach",
            message_zh="该人员不在您管理范围内的这个单位，或者没有“走访联系的企业”的权限，请重新选择",
            field=field,
            value=steward_id,
        )
    return found


def _services(codes: Collection[str]) -> list[str]:
    known = steward_rules().services
    unknown = [each for each in codes if each not in known]
    if unknown:
        raise InvalidStep(
            f"{', '.join(unknown)} is on no list of services",
            message_zh="服务项目不在三张清单中，请重新选择",
            field="services",
            value=unknown,
        )
    return list(dict.fromkeys(codes))
