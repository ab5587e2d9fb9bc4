"""Contracts of a province out of one table: 750,000 with three obligations each, mistakes told row by row.

    python -m bench.areas contracts_import [--quick]         (BENCH_CONTRACTS=100000 for another number)

747,100 is Heilongjiang's figure, of 21,802 units; here they are those that can be named without a list, about 6,900 of
all four levels. One row in a hundred is wrong, one contract in a hundred stands there twice. The table is a CSV, read
as a stream; units are named by their codes, every other enterprise is in the register.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.areas import Figure
from bench.areas._server import server_processor

PROVINCE = "230000"
WHOLE, MINUTES = 750_000, 20
WHAT = ("道路养护", "办公设备采购", "物业服务", "信息系统运维", "供热设施改造")
WRONG = TWICE = 100
"""One in so many."""


def measure(quick: bool) -> Iterator[Figure]:
    """On an empty, migrated database."""
    from django.core.files.base import File
    from django.db import transaction
    from django.utils import timezone

    from yingshang.areas.contracts.gathering.actions.run_import import run_import
    from yingshang.areas.contracts.gathering.files import keep_upload, rejects_of
    from yingshang.areas.contracts.models import ImportBatch, Obligation
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record

    count = int(os.environ.get("BENCH_CONTRACTS") or (20_000 if quick else WHOLE))
    now = timezone.now()
    units, parties = _arrange(now)
    with TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "contracts.csv"
        began = time.perf_counter()
        _write(path, count, units, parties, today=timezone.localdate(now))
        yield Figure(
            f"a table of {count:,} contracts written",
            time.perf_counter() - began,
            "s",
            note=f"{path.stat().st_size / 1e6:,.0f} MB",
        )
        actor = system_actor("bench")
        with transaction.atomic():
            batch = ImportBatch.objects.create(
                region_path="23",
                source="table",
                name="contracts.csv",
                content_hash="",
                started_by_name="bench",
                started_at=now,
            )
            record(actor=actor, action="bench.arranged", target=Target("bench", "2"), now=now)
        with path.open("rb") as file:
            keep_upload(batch, File(file))
    busy, began = os.times(), time.perf_counter()
    server = server_processor()
    batch = run_import(actor=actor, batch_id=batch.pk, now=now)
    took = time.perf_counter() - began
    spent = os.times()
    own = spent.user + spent.system - busy.user - busy.system
    obligations = Obligation.objects.count()
    yield Figure(
        f"{batch.contract_count:,} contracts with {obligations:,} obligations imported",
        took,
        "s",
        f"< {MINUTES * 60 * count / WHOLE:,.0f} s",
        f"{batch.duplicate_count:,} recognised as there already, {batch.problem_count:,} mistakes told",
    )
    yield Figure("contracts a second", count / took, "", f"> {WHOLE / MINUTES / 60:,.0f}")
    yield Figure("processors for a thousand: here", own / count * 1000, "s")
    yield Figure("the same in the database's server", (server_processor() - server) / count * 1000, "s")
    yield Figure("the most memory held", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")
    yield Figure("rows not taken, as a file", sum(map(len, rejects_of(batch))) / 1e6, "MB")


def _arrange(now: datetime) -> tuple[list[str], list[tuple[str, str]]]:
    """The agencies of a province, by their codes; enterprises, half of them in the register."""
    from django.db import transaction

    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record
    from yingshang.kernel.parties.api import load_reference_data
    from yingshang.kernel.parties.models import Agency, Party, Region
    from yingshang.kernel.reference.api import codes_within, leaves_of, make_credit_code

    actor = system_actor("bench")
    load_reference_data(actor=actor, now=now, agency_regions=codes_within(PROVINCE))
    units = list(Agency.objects.order_by("code").values_list("code", flat=True))
    place = Region.objects.get(pk=leaves_of(PROVINCE)[0].code)
    named = [
        (f"演示企业{number:05d}", make_credit_code("9", "1", place.code, f"{number:08d}"))
        for number in range(1, 20_001)
    ]
    with transaction.atomic():
        Party.objects.bulk_create(
            Party(
                kind=Party.ENTERPRISE,
                credit_code=code,
                name=name,
                region=place,
                demonstration=True,
                created_at=now,
                updated_at=now,
            )
            for name, code in named[::2]
        )
        record(actor=actor, action="bench.arranged", target=Target("bench", "1"), now=now)
    return units, named


def _write(path: Path, count: int, units: list[str], parties: list[tuple[str, str]], *, today: date) -> None:
    from yingshang.areas.contracts.gathering.rules import gathering_rules

    columns = gathering_rules().columns
    draw = random.Random(20261122)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([each.name for each in columns])
        earlier: list[dict[str, Any]] | None = None
        for number in range(count):
            if earlier and number % TWICE == TWICE - 1:
                rows = earlier
            else:
                rows = _contract(number, units, parties, draw, today)
                earlier = rows
            for row in rows:
                writer.writerow([row.get(each.code, "") for each in columns])


def _contract(
    number: int, units: list[str], parties: list[tuple[str, str]], draw: random.Random, today: date
) -> list[dict[str, Any]]:
    name, code = draw.choice(parties)
    signed = today - timedelta(days=draw.randrange(1, 700))
    ends = signed + timedelta(days=draw.randrange(90, 900))
    wrong = number % WRONG == WRONG // 2
    contract = {
        "unit": draw.choice(units),
        "reference": f"合〔{signed.year}〕{number}号",
        "title": f"{draw.choice(WHAT)}合同（{number}）",
        "kind": "procurement",
        "counterparty_name": name,
        "counterparty_code": code,
        "counterparty_size": draw.choice(("大型", "中型", "小型", "微型", "")),
        "amount": "-1" if wrong else f"{draw.randrange(10_000, 5_000_000)}.00",
        "signed_on": signed.isoformat(),
        "starts_on": signed.isoformat(),
        "ends_on": ends.isoformat(),
        "source_reference": f"BENCH-{number}",
        "side": "相对方",
        "obligation": "deliver",
        "what": "按期交付",
        "due_on": (ends - timedelta(days=30)).isoformat(),
    }
    accepts = {"side": "单位", "obligation": "accept", "what": "组织验收", "event": "delivered", "days": "7"}
    pays = {"side": "单位", "obligation": "pay", "what": "支付价款", "share": "100%"}
    pays |= (
        {"event": "accepted", "days": "30"}
        if draw.random() < 0.5
        else {"due_on": (ends - timedelta(days=draw.randrange(0, 60))).isoformat()}
    )
    return [contract, accepts, pays]
