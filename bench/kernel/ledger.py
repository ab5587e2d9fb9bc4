"""The verifiable log: how many events a second find their place, and how long a proof takes at ten million leaves."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bench.kernel import Figure

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
EVENTS = 400_000
LEAVES = 10_000_000
PIECE = 250_000


def measure(quick: bool) -> Iterator[Figure]:
    """Sequencing and auditing real events; proofs in a tree as large as ten million events make it."""
    os.environ.setdefault("LEDGER_SIGNING_KEY", "1ed9" * 16)
    from django.db import connection

    from yingshang.kernel.ledger.api import audit_log, receipt, sequence, verify_receipt
    from yingshang.kernel.ledger.models import Leaf
    from yingshang.kernel.ledger.store import consistency_proof, inclusion_proof

    count = 20_000 if quick else EVENTS
    sequence(now=NOW)
    _write_events(count)
    best = 0.0
    for _ in range(1 if quick else 2):
        begun = time.perf_counter()
        added = sequence(now=NOW).added
        best = max(best, added / (time.perf_counter() - begun))
        if not quick:
            _write_events(count)
    yield Figure(
        "events sequenced, hashed and signed", best, "events/s", "50,000 events/s", f"{count:,} waiting"
    )
    sequence(now=NOW)

    size = Leaf.objects.count()
    begun = time.perf_counter()
    report = audit_log()
    assert report.ok, report.problems[:3]
    yield Figure(
        "full audit: every event reread, the tree built anew",
        size / (time.perf_counter() - begun),
        "events/s",
    )

    numbers = list(Leaf.objects.order_by("?").values_list("event_id", flat=True)[:200])
    yield Figure("a receipt made", _middle(lambda: receipt(random.choice(numbers))) * 1000, "ms")
    made = receipt(numbers[0])
    assert made is not None
    yield Figure("a receipt verified", _middle(lambda: verify_receipt(made)) * 1000, "ms")

    size = 300_000 if quick else LEAVES
    _grow_to(size)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) ledger_leaf, ledger_node")
    chance = random.Random(42)
    note = f"{size:,} leaves"
    # A log grows to this size over years. Filled in a minute it leaves pages in memory that are not written yet, and
    # the first proofs would each write some of them.
    for _ in range(0 if quick else 8_000):
        inclusion_proof(chance.randrange(size), size)
    yield Figure(
        "an inclusion proof from the database",
        _middle(lambda: inclusion_proof(chance.randrange(size), size), 1000) * 1000,
        "ms",
        "under 1 ms",
        note,
    )
    slow = _middle(lambda: inclusion_proof(chance.randrange(size), size), 1000, at=0.99)
    yield Figure("the same, the slowest of a hundred", slow * 1000, "ms", "", note)
    yield Figure(
        "a consistency proof from the database",
        _middle(lambda: consistency_proof(chance.randrange(1, size), size), 1000) * 1000,
        "ms",
        "",
        note,
    )


def _write_events(count: int) -> None:
    """Events as the platform writes them: half of them with a change, some with a reason."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_auditevent (occurred_at, actor_kind, actor_id, actor_name, action, target_kind,
                target_id, target_name, region_path, agency_id, party_id, before, after, reason, request_id)
            SELECT now(), 'user', (n %% 900)::text, '演示用户' || n %% 900, 'parties.fact_corrected', 'party', n::text,
                '演示企业' || n || '有限公司', '230102', n %% 3000, n,
                CASE WHEN n %% 2 = 0 THEN '{"value": "120", "source": "tax"}'::jsonb END,
                '{"value": "130", "source": "tax", "as_of": "2026-01-31"}'::jsonb,
                CASE WHEN n %% 3 = 0 THEN '来源部门复核后更正' ELSE '' END, md5(n::text)
            FROM generate_series(1, %s) n
            """,
            [count],
        )
        cursor.execute("ANALYZE ledger_auditevent")


def _grow_to(size: int) -> None:
    """Leaves with random hashes beyond the real ones, with every node above them, written as the sequencer does."""
    from django.db import connection

    from yingshang.kernel.ledger import sequencer, tree
    from yingshang.kernel.ledger.store import log_size, nodes

    at = log_size()
    while at < size:
        piece = min(PIECE, size - at)
        hashes = os.urandom(32 * piece)
        positions = tree.complete_nodes(0, at)
        kept = nodes(positions)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_leaf (index, event_id, salt, hash) SELECT %s + n, -%s - n, gen_random_uuid(), "
                "substr(%s::bytea, 32 * n::integer + 1, 32) FROM generate_series(0, %s - 1) n",
                [at, at + 1, hashes, piece],
            )
            with cursor.copy("COPY ledger_node (position, hash) FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(sequencer.binary_rows(tree.grow(at, [kept[each] for each in positions], hashes)))
        at += piece


def _middle(function: object, times: int = 200, *, at: float = 0.5) -> float:
    """The median of some runs in seconds, or another place among them, after a few to warm up."""
    assert callable(function)
    for _ in range(10):
        function()
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        function()
        took.append(time.perf_counter() - begun)
    return sorted(took)[int(times * at)]
