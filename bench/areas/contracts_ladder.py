"""The daily ladder of contracts: 2,000 obligations become late at once.

    python -m bench.areas contracts_ladder [--quick]      (BENCH_RUNGS=5000 for another number)

Clocks are started in bulk, as every night; then the sweeper fires the rungs: messages to administrators, reviewers and
heads, a supervision notice with its number for each; and, as the job after the sweep does, some notices are set.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from bench.areas import Figure

CITY = "230100"
KINDS = ("market-regulation", "housing-construction", "natural-resources", "commerce")
DISTRICTS = 4
AIM = "< 10 s"
DOCUMENTS = 50


def measure(quick: bool) -> Iterator[Figure]:
    """On an empty, migrated database."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from yingshang.areas.contracts.api import watch
    from yingshang.areas.contracts.ladder.documents import set_waiting
    from yingshang.areas.contracts.models import SupervisionNotice
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.clock.api import sweep
    from yingshang.kernel.notices.models import Message

    count = int(os.environ.get("BENCH_RUNGS") or (500 if quick else 2_000))
    actor, now = system_actor("bench"), timezone.now()
    due_on = timezone.localdate(now) + timedelta(days=3)
    _arrange(count, due_on, now)
    began = time.perf_counter()
    started = watch(actor=actor, now=now)
    yield Figure(f"{started:,} clocks started", time.perf_counter() - began, "s")
    for rung, days in (("of the due day", 0), ("with their supervision notices", 1)):
        moment = timezone.make_aware(datetime.combine(due_on + timedelta(days=days), datetime.min.time()))
        told = Message.objects.count()
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            result = sweep(actor=actor, now=moment + timedelta(hours=12))
        yield Figure(
            f"{result.fired:,} rungs fired, {rung}",
            time.perf_counter() - began,
            "s",
            AIM,
            f"{Message.objects.count() - told:,} messages, {len(captured):,} statements, {result.failed} failed",
        )
    issued = list(SupervisionNotice.objects.order_by("pk").values_list("pk", flat=True))
    if len(issued) != count:
        raise SystemExit(f"{len(issued)} notices of {count}")
    began = time.perf_counter()
    done = set_waiting(actor=actor, now=now + timedelta(days=5), only=issued[:DOCUMENTS])
    yield Figure("notices set as documents by the job", done / (time.perf_counter() - began), "a second")


def _arrange(count: int, due_on: date, now: datetime) -> None:
    """Units of some districts of a city with their people, who supervises them, and a contract with a payment each."""
    from django.db import transaction

    from yingshang.areas.contracts.models import Contract, Obligation
    from yingshang.areas.contracts.numbering import contract_number
    from yingshang.kernel.access.api import appoint, create_user, load_roles, system_actor
    from yingshang.kernel.clock.api import load_defaults
    from yingshang.kernel.documents.api import load_defaults as load_documents
    from yingshang.kernel.ledger.api import Target, record
    from yingshang.kernel.parties.api import load_reference_data
    from yingshang.kernel.parties.models import Agency
    from yingshang.kernel.reference.api import leaves_of

    actor: Any = system_actor("bench")
    districts = [each.code for each in leaves_of(CITY)][:DISTRICTS]
    load_reference_data(actor=actor, now=now, agency_regions=("230000", CITY, *districts))
    load_roles(actor=actor, now=now)
    load_defaults(actor=actor, region_path="23", now=now)
    load_documents(actor=actor, region_path="23", now=now)
    units = list(Agency.objects.filter(region_id__in=districts, kind__in=KINDS).select_related("region"))
    above = Agency.objects.filter(region_id__in=districts, kind="business-environment")
    posts = [(each.pk, "supervisor") for each in above]
    posts += [
        (each.pk, role)
        for each in units
        for role in ("contract_administrator", "contract_reviewer", "unit_head")
    ]
    for place, role in posts:
        user = create_user(
            actor=actor,
            username=f"bench-{place}-{role}",
            name=role,
            agency_id=place,
            email=f"bench-{place}-{role}@example.org",
            now=now,
        )
        appoint(actor=actor, user_id=user, role=role, agency_id=place, valid_from=date(2020, 1, 1), now=now)
    with transaction.atomic():
        contracts = Contract.objects.bulk_create(
            Contract(
                number=contract_number(number, 2026),
                agency=units[number % len(units)],
                region_path=units[number % len(units)].region.path,
                title=f"合同 {number}",
                kind="procurement",
                counterparty_name="演示企业",
                counterparty_size="small",
                amount_fen=100_000_00,
                signed_on=due_on - timedelta(days=60),
                state="in_force",
                fingerprint=f"{number:064d}",
                registered_by_name="bench",
                registered_at=now,
            )
            for number in range(1, count + 1)
        )
        Obligation.objects.bulk_create(
            Obligation(
                contract=each,
                agency_id=each.agency_id,
                region_path=each.region_path,
                ordinal=1,
                side="unit",
                kind="pay",
                title="支付合同价款",
                terms={"on": due_on.isoformat()},
                due_on=due_on,
                amount_fen=100_000_00,
                open_fen=100_000_00,
                daily_rate="0.0005",
                state="running",
            )
            for each in contracts
        )
        record(actor=actor, action="bench.arranged", target=Target("bench", "1"), now=now)
