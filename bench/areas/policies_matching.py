"""A million enterprises matched with 1,500 items, stored and compared; one changed enterprise; one seen live."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.areas import Figure
from bench.policies import policy_files
from bench.workload import COUNTS, DATES, FLAGS, MONEY, RATIOS, TEXTS, Test, Workload, make_workload

BUCKET = 16_384
REGION = "230102"


def measure(quick: bool) -> Iterator[Figure]:
    """On an empty, migrated database: the workload of the column evaluator, as enterprises and items of ours."""
    from django.utils import timezone

    from yingshang.areas.policies.api import (
        calculate,
        decide_for,
        on_differences,
        rematch,
        rematch_changed,
    )
    from yingshang.areas.policies.matching.engine import engine_for
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.parties.models import Portrait, SnapshotPart

    rows, items = (4 * BUCKET, 300) if quick else (1_000_000, 1_500)
    actor, now = system_actor("bench"), timezone.now()
    workload = _renamed(make_workload(rows, items))
    folder = _enterprises(workload, now)
    versions = _items(workload, now)
    heard = [0]

    def listen(version: int, newly: Any, no_longer: Any, moment: datetime) -> None:
        heard[0] += len(newly) + len(no_longer)

    on_differences(listen)

    started = time.perf_counter()
    engine = engine_for(timezone.localdate(now))
    engine.plan.bind(pa.schema([]))
    yield Figure(
        f"{items:,} items read and compiled, once a day and process", time.perf_counter() - started, "s"
    )

    each = f"{rows:,} enterprises × {items:,} items"
    took, first = _timed(lambda: rematch(actor=actor, now=now))
    assert first.parties == rows and heard[0] == first.newly
    yield Figure(
        f"{each} matched for the first time",
        took,
        "s",
        "< 60 s",
        note=f"snapshot read, {first.newly:,} differences told and stored",
    )
    yield Figure("what that takes in the database", _size("policies_matchpart") / 1e6, "MB")

    moved = _changed(workload.table, 0.01)
    _write_snapshot(folder, moved, 2, now)
    with _arranged(now):
        Portrait.objects.update(revision=2)
    heard[0] = 0
    took, second = _timed(lambda: rematch(actor=actor, now=now))
    assert heard[0] == second.newly + second.no_longer
    yield Figure(
        f"{each} matched again, 1 % of the enterprises changed",
        took,
        "s",
        "< 60 s",
        note=f"{heard[0]:,} differences",
    )
    took, _ = _timed(lambda: rematch(actor=actor, now=now))
    yield Figure("the same with nothing left to do", took, "s")

    SnapshotPart.objects.update(revision=3)
    took, _ = _timed(lambda: rematch(actor=actor, now=now, versions=[versions[0]]))
    yield Figure(f"one published item matched with {rows:,} enterprises", took, "s")

    seconds = []
    for step in range(5 if quick else 25):
        party = 1 + step * (rows // 30)
        with _arranged(now):
            _tell(party, moved, (party * 7919) % rows, 10 + step)
        took, done = _timed(lambda: rematch_changed(actor=actor, now=now))
        assert done is not None and done.parties == 1
        seconds.append(took)
    yield Figure(
        f"one changed enterprise found and matched with {items:,} items",
        statistics.median(seconds),
        "s",
        "< 1 s",
    )
    yield Figure("the same, the slowest", max(seconds), "s", "< 1 s")

    seconds = []
    for step in range(5 if quick else 25):
        party = 1 + step * (rows // 30)
        began = time.perf_counter()
        found = decide_for(actor=actor, party_id=party, day=timezone.localdate(now))
        took = time.perf_counter() - began
        assert len(found) == items
        seconds.append(took)
    yield Figure(
        f"one enterprise decided live for its page, {items:,} items with their reasons",
        statistics.median(seconds),
        "s",
    )

    page, _ = _first_page(7)
    yield Figure(
        f"the same as the first page of a process that has just begun, {items:,} items from disk",
        page,
        "s",
        "< 2 s",
    )

    def question() -> Any:
        return calculate(region=REGION, answers={}, skipped=(), day=timezone.localdate(now))

    took, found = _timed(question)
    yield Figure(
        f"the first question of the calculator chosen, {found.open:,} of {items:,} items open", took, "s"
    )
    took, found = _timed(question)
    yield Figure("the same again", took, "s", "< 0.5 s")


def _first_page(party: int) -> tuple[float, float]:
    """Seconds of a new process for the page of an enterprise, and then for a question of the calculator."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.areas._first_page", str(party), REGION],
        check=True,
        capture_output=True,
        text=True,
    )
    page, question = told.stdout.split()[-2:]
    return float(page), float(question)


@contextmanager
def _arranged(now: datetime) -> Iterator[None]:
    """Rows changed by hand, with an event."""
    from django.db import transaction

    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record

    with transaction.atomic():
        yield
        record(actor=system_actor("bench"), action="bench.arranged", target=Target("bench", "3"), now=now)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


# --- enterprises ------------------------------------------------------------------------------------------------------


def _renamed(workload: Workload) -> Workload:
    """The workload with facts of the platform's catalogue in the place of its columns."""
    from yingshang.kernel.reference.api import facts

    def pool(fits: Callable[[Any], bool]) -> Iterator[str]:
        return (
            each.code
            for each in facts().values()
            if each.about == "party" and not each.series and not each.series_of and fits(each)
        )

    pools = (
        (MONEY, pool(lambda fact: fact.type == "number" and fact.unit == "元")),
        (RATIOS, pool(lambda fact: fact.type == "number" and fact.decimals == 4)),
        (COUNTS, pool(lambda fact: fact.type == "number" and fact.decimals == 0)),
        (DATES, pool(lambda fact: fact.type == "date")),
        (tuple(TEXTS), pool(lambda fact: fact.type == "string")),
        (FLAGS, pool(lambda fact: fact.type == "boolean")),
    )
    names: dict[str, str] = {}
    for columns, codes in pools:
        names |= dict(zip(columns, codes, strict=False))
    from yingshang.kernel.reference.api import arrow_type, get_fact

    arrays = []
    for name in workload.table.column_names:
        column = workload.table.column(name)
        kind = arrow_type(get_fact(names[name]))
        arrays.append(column if pa.types.is_dictionary(column.type) else column.cast(kind))
    table = pa.table(arrays, names=[names[each] for each in workload.table.column_names])
    tests = tuple(Test(names[each.column], each.operator, each.value) for each in workload.tests)
    return Workload(table, tests, workload.items)


def _enterprises(workload: Workload, now: datetime) -> Path:
    """Their rows in the register, their portraits (empty: what is known of them is in the snapshot), the snapshot."""
    from django.conf import settings
    from django.db import connection, transaction

    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record
    from yingshang.kernel.parties.api import load_reference_data

    load_reference_data(actor=system_actor("bench"), now=now, agency_regions=())
    moment = now.isoformat()
    with transaction.atomic(), connection.cursor() as cursor:
        with cursor.copy(
            "COPY parties_party (id, kind, credit_code, identity_number, name, name_key, region_id, industry, status, "
            "size, contact_email, contact_phone, demonstration, created_at, updated_at) FROM STDIN"
        ) as copy:
            for number in range(1, workload.table.num_rows + 1):
                copy.write(
                    f"{number}\tenterprise\t91{REGION}{number:010d}\t\t企业{number}\t\t{REGION}\t\t\t\t\t\ttrue\t"
                    f"{moment}\t{moment}\n"
                )
        cursor.execute(
            "INSERT INTO parties_portrait (party_id, values, as_of, revision) "
            "SELECT id, '{}', %s, 1 FROM parties_party",
            [now.date()],
        )
        record(actor=system_actor("bench"), action="bench.arranged", target=Target("bench", "1"), now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    folder = Path(settings.DATA_DIRECTORY) / "snapshot"
    folder.mkdir(parents=True, exist_ok=True)
    _write_snapshot(folder, workload.table, 1, now)
    return folder


def _write_snapshot(folder: Path, table: pa.Table, revision: int, now: datetime) -> None:
    """Files as the snapshot has them, a file for each run of numbers."""
    from yingshang.kernel.parties.models import SnapshotPart

    for bucket in range(table.num_rows // BUCKET + 1):
        first, last = max(bucket * BUCKET, 1), min((bucket + 1) * BUCKET, table.num_rows + 1)
        rows = table.slice(first - 1, last - first)
        plain = [
            column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
            for column in rows.columns
        ]
        whole = pa.table(
            [pa.array(range(first, last), pa.int64()), pa.array([REGION] * (last - first)), *plain],
            names=["party", "place", *rows.column_names],
        )
        name = f"part-{bucket:05d}-{revision}.parquet"
        pq.write_table(whole, folder / name, compression="zstd")
        SnapshotPart.objects.update_or_create(
            bucket=bucket,
            defaults={"file_name": name, "revision": revision, "parties": len(whole), "written_at": now},
        )


def _changed(table: pa.Table, share: float) -> pa.Table:
    """Some rows, with what is known of others."""
    random = np.random.default_rng(5)
    places = np.arange(table.num_rows)
    chosen = random.choice(table.num_rows, int(table.num_rows * share), replace=False)
    places[chosen] = random.permutation(chosen)
    return table.take(pa.array(places))


def _tell(party: int, table: pa.Table, row: int, revision: int) -> None:
    """The portrait of one enterprise, as facts of a row would make it."""
    from yingshang.kernel.parties.models import Portrait

    values = {}
    for name, value in zip(table.column_names, table.slice(row, 1).to_pylist()[0].values(), strict=True):
        if value is not None:
            values[name] = value if isinstance(value, bool) else str(value)
    Portrait.objects.filter(pk=party).update(values=values, revision=revision)


# --- items ------------------------------------------------------------------------------------------------------------


def _items(workload: Workload, now: datetime) -> Sequence[int]:
    """The items, published; the numbers of their versions."""
    import hashlib

    from django.db import transaction

    from yingshang.areas.policies.models import ItemVersion, PolicyItem
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record

    with transaction.atomic():
        made = []
        revenue = workload.table.column_names[0]
        for name, text in policy_files(workload)[1:]:
            source = text.replace("(revenue *", f"({revenue} *") + 'region: "230100"\n'
            code = name.removesuffix(".yaml")
            item = PolicyItem(code=code, region_path="2301", created_at=now, created_by_name="bench")
            made.append((item, source))
        PolicyItem.objects.bulk_create([item for item, _ in made])
        versions = ItemVersion.objects.bulk_create(
            [
                ItemVersion(
                    item=item,
                    number=1,
                    state="published",
                    source=source,
                    digest=hashlib.sha256(source.encode()).hexdigest(),
                    name=item.code,
                    region_path="2301",
                    created_at=now,
                    changed_at=now,
                    changed_by_name="bench",
                    published_at=now,
                )
                for item, source in made
            ]
        )
        record(actor=system_actor("bench"), action="bench.arranged", target=Target("bench", "2"), now=now)
    return [each.pk for each in versions]


def _size(table: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        return int(cursor.fetchone()[0])
