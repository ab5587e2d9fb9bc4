"""Contracts of four levels: what a leader waits for on the cockpit, and an administrator on the unit's list.

    python -m bench.areas contracts_figures [--quick]         (BENCH_CONTRACTS=100000 for another number)

750,000 contracts with 2.25 million obligations in 21,800 units of a province, as many as the platform of Heilongjiang
told of in 2024. They are made up, written past the actions, and counted by the job that counts from scratch: of
obligations six in ten are done, one in twenty waits for its event, one in twelve is late; 37,000 payments wait for an
acceptance, 5,000 of them for one that is late. One unit has one in a hundred of all contracts. Pages are asked for by
people logged in as anybody is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from bench.areas import Figure
from bench.areas._server import server_processor

PROVINCE, CITY, DISTRICT = "230000", "230100", "230102"
UNITS = 21_802
PASSWORD = "bench-correct-horse"
LOOKS = 7
_BRACKETS = {"BEGIN", "COMMIT"}


def measure(quick: bool) -> Iterator[Figure]:
    """On an empty, migrated database."""
    from django.utils import timezone

    from yingshang.areas.contracts.api import rebuild
    from yingshang.areas.contracts.models import DueCell, Obligation
    from yingshang.kernel.access.api import system_actor

    count = int(os.environ.get("BENCH_CONTRACTS") or (20_000 if quick else 750_000))
    now = timezone.now()
    began = time.perf_counter()
    people = _arrange(count, now)
    yield Figure(
        f"{count:,} contracts with {Obligation.objects.count():,} obligations loaded",
        time.perf_counter() - began,
        "s",
    )
    actor = system_actor("bench")
    for name in ("all sums made from scratch, every row written", "the same, nothing to be written"):
        began = time.perf_counter()
        found = rebuild(actor=actor, now=now)
        yield Figure(
            name,
            time.perf_counter() - began,
            "s",
            "",
            f"{found.total:,} rows; {DueCell.objects.count():,} cells",
        )
    _settle()
    yield from _one_change(now)
    for name, username, address, asked, aim in (
        ("the cockpit of the province", "leader", "/cockpit/contracts/", {}, "< 1 s"),
        ("the cockpit of a city", "leader", "/cockpit/contracts/", {"region": CITY}, "< 1 s"),
        ("the cockpit of a district", "leader", "/cockpit/contracts/", {"region": DISTRICT}, "< 1 s"),
        ("all units of the province", "leader", "/cockpit/contracts/units/", {}, ""),
        ("late obligations of the province", "leader", "/cockpit/contracts/list/", {"what": "late"}, ""),
        ("payments at risk in the province", "leader", "/cockpit/contracts/risks/", {}, ""),
        ("silent units of the province", "leader", "/cockpit/contracts/silent/", {}, ""),
        ("the list of a unit of many contracts", "contract_administrator", "/desk/contracts/", {}, "< 0.3 s"),
    ):
        yield from _look(name, people[username], address, asked, aim)


def _look(name: str, username: str, address: str, asked: dict[str, Any], aim: str) -> Iterator[Figure]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    client = Client(SERVER_NAME="localhost", HTTP_X_FORWARDED_FOR="192.0.2.1")
    client.post("/account/login/", {"login": username, "password": PASSWORD}, secure=True)
    looks, busy, queries = [], [], 0
    for number in range(LOOKS + 2):
        worked = time.process_time() + server_processor()
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            answer = client.get(address, asked, secure=True)
            took = time.perf_counter() - began
        worked = time.process_time() + server_processor() - worked
        if answer.status_code != 200:
            print(f"    {address}: {answer.status_code}", flush=True)
            return
        if number > 1:
            looks.append(took)
            busy.append(worked)
            queries = max(queries, sum(each["sql"] not in _BRACKETS for each in captured.captured_queries))
    for each in sorted(captured.captured_queries, key=lambda row: -float(row["time"]))[:3]:
        print(f"    {each['time']} s {each['sql'][:260]}", flush=True)
    yield Figure(
        f"{name}, median of {LOOKS}",
        sorted(looks)[LOOKS // 2],
        "s",
        aim,
        f"{queries} queries at most; processors here and in the server {sorted(busy)[LOOKS // 2]:.2f} s",
    )


def _one_change(now: Any) -> Iterator[Figure]:
    """A payment is recorded: what counting it costs."""
    from django.db import transaction

    from yingshang.areas.contracts.api import recount, recount_contracts
    from yingshang.areas.contracts.models import Obligation
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record

    took = []
    rows = Obligation.objects.filter(state="running").select_related("contract").order_by("pk")
    for each in rows[:100]:
        with transaction.atomic():
            each.state, each.performed_on = "performed", now.date()
            each.done_fen, each.open_fen = each.amount_fen or 0, 0
            each.save()
            began = time.perf_counter()
            recount([each])
            recount_contracts([each.contract])
            took.append(time.perf_counter() - began)
            record(actor=system_actor("bench"), action="bench.arranged", target=Target("bench", "3"), now=now)
    took.sort()
    yield Figure("counting one payment, median of 100", took[50], "s")
    yield Figure("counting one payment, 95 of 100", took[95], "s")


def _settle() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("contract", "obligation", "duecell", "regionduecell", "donecell", "unitfigures"):
            cursor.execute(f"VACUUM ANALYZE contracts_{table}")


def _arrange(count: int, now: Any) -> dict[str, str]:
    """The units, who looks, and the contracts."""
    from django.db import connection, transaction

    from yingshang.kernel.access.api import appoint, create_user, load_roles, system_actor
    from yingshang.kernel.ledger.api import Target, record
    from yingshang.kernel.parties.api import load_reference_data
    from yingshang.kernel.parties.models import Agency, Region

    actor = system_actor("bench")
    load_reference_data(actor=actor, now=now, agency_regions=(PROVINCE, CITY, DISTRICT))
    load_roles(actor=actor, now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO parties_agency (code, name, kind, region_id, is_active, document_code)
            SELECT 'BENCH' || n, '演示单位' || n, 'education', place.code, true, ''
            FROM generate_series(1, %s) AS n
                 JOIN (SELECT code, row_number() OVER (ORDER BY path) - 1 AS number
                       FROM parties_region WHERE path LIKE '23%%') AS place
                 ON place.number = n %% %s
            """,
            [UNITS, Region.objects.filter(path__startswith="23").count()],
        )
        record(actor=actor, action="bench.arranged", target=Target("bench", "1"), now=now)
    large = Agency.objects.get(region_id=DISTRICT, kind="housing-construction")
    people = {}
    for role, place in (
        ("leader", Agency.objects.get(region_id=PROVINCE, kind="government")),
        ("contract_administrator", large),
    ):
        user = create_user(
            actor=actor, username=f"bench-{role}", name=role, agency_id=place.pk, password=PASSWORD, now=now
        )
        appoint(
            actor=actor, user_id=user, role=role, agency_id=place.pk, valid_from=date(2020, 1, 1), now=now
        )
        people[role] = f"bench-{role}"
    _fill(count, large, now)
    return people


def _fill(count: int, large: Any, now: Any) -> None:
    """The contracts and obligations."""
    from django.db import connection, transaction

    from yingshang.areas.contracts.models import Contract, Obligation
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record

    actor = system_actor("bench")
    with transaction.atomic():
        like = Contract.objects.create(
            number="HTBENCH", agency=large, region_path=large.region.path, title="演示合同", kind="construction",
            counterparty_name="演示企业", amount_fen=100_000_000, signed_on=now.date(), state="in_force",
            fingerprint="bench", registered_by_name="bench", registered_at=now,
        )  # fmt: skip
        duty = Obligation.objects.create(
            contract=like, agency=large, region_path=large.region.path, ordinal=1, side="unit", kind="pay",
            title="支付进度款", due_on=now.date(), amount_fen=30_000_000, open_fen=30_000_000, state="running",
        )  # fmt: skip
        record(actor=actor, action="bench.arranged", target=Target("bench", "2"), now=now)
    own = {"number", "agency_id", "region_path", "title", "amount_fen", "signed_on", "fingerprint"}
    contract = [
        str(each.column) for each in Contract._meta.concrete_fields if each.column not in {"id", *own}
    ]
    own = {
        "contract_id", "agency_id", "region_path", "ordinal", "side", "due_on", "amount_fen", "done_fen", "open_fen",
        "daily_rate", "state", "performed_on", "budget_reserved",
    }  # fmt: skip
    obligation = [
        str(each.column) for each in Obligation._meta.concrete_fields if each.column not in {"id", *own}
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO contracts_contract ({", ".join(contract)}, number, agency_id, region_path, title, amount_fen,
                                            signed_on, fingerprint)
            SELECT {", ".join("liked." + name for name in contract)}, 'HTB' || n,
                   CASE WHEN n %% 100 = 0 THEN liked.agency_id ELSE unit.id END,
                   CASE WHEN n %% 100 = 0 THEN liked.region_path ELSE unit.path END,
                   '演示合同' || n, CASE WHEN n %% 50 = 0 THEN NULL ELSE 1000000 + (n::bigint * 7919) %% 100000000 END,
                   current_date - (n::bigint * 7907 %% 900)::int, 'bench' || n
            FROM generate_series(1, %s) AS n
                 JOIN contracts_contract AS liked ON liked.id = %s
                 JOIN (SELECT agency.id, region.path, row_number() OVER (ORDER BY agency.id) - 1 AS number
                       FROM parties_agency AS agency JOIN parties_region AS region ON region.code = agency.region_id
                       WHERE agency.code LIKE 'BENCH%%') AS unit
                 -- Some have none.
                 ON unit.number = (n::bigint * 7919) %% {UNITS - 500}
            """,
            [count, like.pk],
        )
        record(actor=actor, action="bench.arranged", target=Target("bench", "4"), now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO contracts_obligation ({", ".join(obligation)}, contract_id, agency_id, region_path, ordinal,
                                              side, due_on, amount_fen, done_fen, open_fen, daily_rate, state,
                                              performed_on, budget_reserved)
            SELECT {", ".join("liked." + name for name in obligation)}, contract.id, contract.agency_id,
                   contract.region_path, place, CASE WHEN place = 3 THEN 'counterparty' ELSE 'unit' END,
                   CASE WHEN draw < 950 THEN day END, 30000000, CASE WHEN draw < 600 THEN 30000000 ELSE 0 END,
                   CASE WHEN draw < 600 THEN 0 ELSE 30000000 END, CASE WHEN draw %% 3 = 0 THEN NULL ELSE 0.0005 END,
                   CASE WHEN draw < 600 THEN 'performed' WHEN draw < 950 THEN 'running' ELSE 'waiting' END,
                   CASE WHEN draw < 600 THEN least(day + (draw %% 60) - 40, current_date) END,
                   CASE WHEN draw %% 40 = 0 THEN false WHEN draw %% 3 = 0 THEN true END
            FROM contracts_contract AS contract
                 CROSS JOIN generate_series(1, 3) AS place
                 JOIN contracts_obligation AS liked ON liked.id = %s
                 CROSS JOIN LATERAL (SELECT ((contract.id * 7919 + place * 104729) %% 1000)::int AS draw) AS first
                 CROSS JOIN LATERAL (
                     SELECT CASE WHEN draw < 600 OR draw %% 5 = 0
                                 THEN current_date - ((contract.id * 31 + place * 17) %% 500)::int
                                 ELSE current_date + ((contract.id * 37 + place * 13) %% 400)::int END AS day
                 ) AS second
            WHERE contract.number LIKE 'HTB%%' AND contract.id <> %s AND contract.id %% 60 <> 0
            """,
            [duty.pk, like.pk],
        )
        # Half of what waits follows an acceptance, of which one in seven is late.
        cursor.execute(
            """
            UPDATE contracts_obligation AS payment SET after_id = before.id, event = 'accepted'
            FROM contracts_obligation AS before
            WHERE before.contract_id = payment.contract_id AND before.ordinal = 1
                  AND payment.ordinal = 2 AND payment.state = 'waiting'
            """
        )
        cursor.execute(
            """
            UPDATE contracts_obligation AS before SET kind = 'accept', amount_fen = NULL, done_fen = 0, open_fen = 0,
                   daily_rate = NULL, state = 'running', performed_on = NULL,
                   due_on = current_date + CASE WHEN before.id % 7 = 0 THEN -1 ELSE 1 END * (1 + before.id % 90)::int
            FROM contracts_obligation AS payment WHERE payment.after_id = before.id
            """
        )
        record(actor=actor, action="bench.arranged", target=Target("bench", "4"), now=now)
    _settle()
