"""The circuit breaker looks at claims when they are handed in, approved and ordered: what it finds stops them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may, system_actor
from yingshang.kernel.ledger.api import Target, record

from ..actions._steps import target_of, tell_enterprise, tell_users
from ..models import Claim, Fund, ItemTerms, Trip
from .evaluator import Hit, breaker, evaluate
from .gathering import gather, looked

ACTOR = "circuit-breaker"


def screen(claims: Collection[int], moment: str, *, now: datetime) -> int:
    """Look at some claims in a moment, in the transaction of the action that calls it; how many trips there are more.

    A claim that trips stays where it is and is not ordered or sent until a supervisor has released it. What was found
    before, whatever became of it, does not trip again; one audit event for each trip.
    """
    rules = breaker()
    wanted = rules.at(moment)
    rows = looked(claims, with_facts=any(rule.fact == "changed" for rule in wanted))
    if not wanted or not rows:
        return 0
    facts = gather(rows, wanted, breaker=rules, now=now)
    evaluated = ((claim.pk, evaluate(wanted, facts[claim.pk])) for claim in rows)
    found = {number: some for number, some in evaluated if some}
    if not found:
        return 0
    caught = Claim.objects.filter(pk__in=found).select_related("party__merged_into").order_by("pk")
    hits = [(claim, hit) for claim in caught for hit in found[claim.pk]]
    known = set(
        Trip.objects.filter(
            finding__in=[hit.finding(_target(claim, hit)) for claim, hit in hits]
        ).values_list("rule", "finding")
    )
    tripped = 0
    for claim, hit in hits:
        finding = hit.finding(_target(claim, hit))
        if (hit.rule.code, finding) in known:
            continue
        known.add((hit.rule.code, finding))
        tripped += _trip(claim, hit, finding, version=rules.version, now=now)
    return tripped


def _target(claim: Claim, hit: Hit) -> str:
    return f"item:{claim.item_code}" if hit.rule.target == "item" else f"claim:{claim.pk}"


def _region_of_item(claim: Claim) -> str:
    """A whole item is released by who watches over all of it, not over the county of whichever claim came last."""
    terms = ItemTerms.objects.filter(item_code=claim.item_code).values_list("region_path", flat=True).first()
    return claim.region_path if terms is None else terms


def _trip(claim: Claim, hit: Hit, finding: str, *, version: str, now: datetime) -> int:
    whole_item = hit.rule.target == "item"
    try:
        with transaction.atomic():
            trip = keep_trip(
                rule=hit.rule.code,
                version=version,
                claim=None if whole_item else claim,
                item_code=claim.item_code if whole_item else "",
                region_path=_region_of_item(claim) if whole_item else claim.region_path,
                grounds=[dict(hit.ground)],
                finding=finding,
                now=now,
            )
    except IntegrityError:
        # Another process has found the same at the same time.
        return 0
    trip.event_id = record(
        actor=system_actor(ACTOR),
        action="claims.tripped",
        target=target_of_trip(trip),
        now=now,
        after={"state": trip.state, "rule": trip.rule, "version": version},
        reason=hit.ground["text"][:400],
    )
    trip.save(update_fields=["event_id"])
    tell_agency(trip, claim.agency_id, claim.item_name, "tripped", now=now)
    if not whole_item:
        tell_enterprise(claim, "held", now=now, once=f"claims.held:{claim.pk}:{now:%Y%m%d}")
    return 1


def keep_trip(
    *,
    rule: str,
    version: str,
    region_path: str,
    grounds: list[dict[str, str]],
    finding: str,
    now: datetime,
    claim: Claim | None = None,
    item_code: str = "",
    fund: Fund | None = None,
) -> Trip:
    """A trip with a number of its own; its audit event is the caller's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Trip._meta.db_table])
        number = int(cursor.fetchone()[0])
    return Trip.objects.create(
        id=number,
        number=f"RD{timezone.localtime(now):%Y%m%d}{number:08d}",
        rule=rule,
        rule_version=version,
        claim=claim,
        item_code=item_code,
        fund=fund,
        region_path=region_path,
        grounds=grounds,
        finding=finding,
        tripped_at=now,
    )


def stop_claim(
    claim: Claim, *, rule: str, key: int, text: str, text_en: str, actor: Actor, now: datetime, **told: str
) -> Trip:
    """Stop a claim for something that was found outside the rules (`key` says which one), with its audit event."""
    trip = keep_trip(
        rule=rule,
        version=breaker().version,
        claim=claim,
        region_path=claim.region_path,
        grounds=[{"text": text, "text_en": text_en, "value": ""}],
        finding=finding_of(rule, key),
        now=now,
    )
    trip.event_id = record(
        actor=actor,
        action="claims.tripped",
        target=target_of_trip(trip),
        now=now,
        after={"state": trip.state, "rule": trip.rule, **told},
        reason=text[:400],
    )
    trip.save(update_fields=["event_id"])
    tell_agency(trip, claim.agency_id, claim.item_name, "tripped", now=now)
    return trip


def finding_of(rule: str, key: int) -> str:
    """What is kept of a trip that was not found by a rule of the data: the same thing stops a claim once."""
    return hashlib.sha256(f"{rule}|{key}".encode()).hexdigest()


def target_of_trip(trip: Trip) -> Target:
    """The trip as audit events name it: of a claim, the claim's own way has it as well."""
    if trip.claim is not None:
        of = target_of(trip.claim)
        return Target(
            "trip",
            str(trip.pk),
            f"{trip.number} {trip.claim.number}",
            region_path=of.region_path,
            agency_id=of.agency_id,
        )
    name = trip.item_code or (trip.fund.name if trip.fund else "")
    return Target("trip", str(trip.pk), f"{trip.number} {name}", region_path=trip.region_path)


def tell_agency(
    trip: Trip, agency_id: int, item: str, template: str, *, now: datetime, **context: Any
) -> None:
    """A message to those of the agency who review. That nobody can be reached does not stop anything."""
    tell_users(
        officials_who_may("claims.review", agency_id=agency_id, today=timezone.localdate(now)),
        template,
        context={
            "trip": trip.number,
            "item": item,
            "number": trip.claim.number if trip.claim else "—",
            **context,
        },
        link=f"/desk/claims/{trip.claim_id}/" if trip.claim_id else "/desk/claims/",
        now=now,
    )
