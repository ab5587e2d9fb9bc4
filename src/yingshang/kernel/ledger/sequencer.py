"""Gathering events into the log: in batches, by one process at a time, each batch whole or not at all.

An event can be seen when its transaction has finished, and transactions do not finish in the order of their numbers or
of their events. So nothing is taken by "the next number". A run looks at every event of transactions that were not
settled before, and takes those that have no leaf. When it is through, everything older than the oldest transaction that
was open at its beginning is settled, and the checkpoint keeps that. A restored database may count its transactions from
the start again; where it is not the one of the last checkpoint, every event is looked at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from . import tree
from .keys import Signer, checkpoint_text, default_origin, platform_key
from .leaves import LEAF_HASH
from .models import Checkpoint, LogKey
from .record import Target, record
from .store import log_size, nodes, root_at

logger = structlog.get_logger(__name__)

BATCH = 50_000
"""Events in one transaction: large enough that its cost does not count, small enough to be lost gladly."""

MANY = 5_000
"""From so many events on, several processors are worth their beginning."""

LOOK_AT = 1_000_000
"""Events one look gathers the numbers of."""

# Two numbers of our own for PostgreSQL's advisory locks (jobs use 4742).
_LOCK = (4_743, 1)


@dataclass(frozen=True, slots=True)
class _Sequencer:
    """Who signs."""

    kind: str = "system"
    identifier: str = "ledger.sequencer"
    name: str = "存证"


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What a run did. `busy` when another one was at it."""

    added: int
    size: int
    checkpoint_id: int | None
    busy: bool = False


def sequence(*, now: datetime, batch: int = BATCH) -> Sequenced:
    """Give every event that can be seen its place in the log, and sign a checkpoint if there is something new.

    Raises SigningKeyMissing before anything is done.
    """
    private = platform_key()
    with _alone() as alone:
        if not alone:
            return Sequenced(0, log_size(), None, busy=True)
        last = Checkpoint.objects.order_by("-id").first()
        horizon, _ = _horizon()
        settled = settled_transaction()
        added = 0
        while events := _unsequenced(settled):
            for at in range(0, len(events), batch):
                added += _append(events[at : at + batch])
            if len(events) < LOOK_AT:
                break
        size = log_size()
        if size == 0 or (last is not None and last.size == size):
            return Sequenced(added, size, last.pk if last else None)
        with transaction.atomic():
            checkpoint = _sign(private, size, now=now, settled=horizon, database=_database())
        logger.info("sequenced", events=added, size=size)
        return Sequenced(added, size, checkpoint.pk)


def settled_transaction() -> int:
    """Every event of a transaction before this one is in the log, by the newest checkpoint; 0 when it cannot say."""
    last = Checkpoint.objects.order_by("-id").first()
    # The number of the settled transaction has been given out; a database that has not come so far is another one.
    if last is None or last.database != _database() or last.settled_transaction > _horizon()[1]:
        return 0
    return last.settled_transaction


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    """The lock belongs to the connection: it is gone when the process is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _LOCK)


def _horizon() -> tuple[int, int]:
    """The oldest transaction that is open, and the next number to be given out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint "
            "FROM pg_current_snapshot() now"
        )
        row = cursor.fetchone()
    return int(row[0]), int(row[1])


def _database() -> str:
    """What tells one database server's data from another's; empty where our role may not ask."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
            return str(cursor.fetchone()[0])
    except ProgrammingError:
        return ""


def _unsequenced(settled: int) -> list[int]:
    """Numbers of events without a leaf, in order, of transactions from `settled` on."""
    with connection.cursor() as cursor:
        # OFFSET 0 keeps the planner from walking through all events in order to find the few of the end.
        cursor.execute(
            """
            SELECT id FROM (
                SELECT id FROM ledger_auditevent event WHERE transaction >= %s
                AND NOT EXISTS (SELECT FROM ledger_leaf WHERE event_id = event.id) OFFSET 0
            ) fresh ORDER BY id LIMIT %s
            """,
            [settled, LOOK_AT],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _append(events: Sequence[int]) -> int:
    """Leaves and nodes of some events, in one transaction."""
    with transaction.atomic():
        size = log_size()
        leaves = _hashed(events)
        if len(leaves) != len(events):
            raise RuntimeError(f"{len(events)} events were to be sequenced, {len(leaves)} are there")
        positions = tree.complete_nodes(0, size)
        kept = nodes(positions)
        edge = [kept[each] for each in positions]
        hashes = b"".join([each[_HASH] for each in leaves])
        with connection.cursor() as cursor:
            with cursor.copy(
                "COPY ledger_leaf (index, event_id, salt, hash) FROM STDIN (FORMAT BINARY)"
            ) as copy:
                copy.write(_leaf_rows(size, leaves))
            with cursor.copy("COPY ledger_node (position, hash) FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(binary_rows(tree.grow(size, edge, hashes)))
    return len(events)


_EVENT, _SALT, _HASH = slice(0, 8), slice(8, 24), slice(24, 56)


def _hashed(events: Sequence[int]) -> list[bytes]:
    """For each event its number, a new salt and the hash of its leaf, as 8, 16 and 32 bytes, in order."""
    among, values = "", [events[0], events[-1]]
    if events[-1] - events[0] + 1 != len(events):
        among, values = "AND id = ANY(%s)", [*values, list(events)]  # type: ignore[list-item]
    with connection.cursor() as cursor:
        if len(events) >= MANY:
            # Hashing is most of the work, and the server does it on several processors if it is told that it pays.
            for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_index_scan_size"):
                cursor.execute(f"SET LOCAL {name} = 0")
        cursor.execute(
            f"""
            SELECT coalesce(string_agg(int8send(id) || uuid_send(salt) || {LEAF_HASH}, ''::bytea), ''::bytea)
            FROM (
                SELECT event.*, gen_random_uuid() AS salt FROM ledger_auditevent event
                WHERE id BETWEEN %s AND %s {among}
            ) salted
            """,
            values,
        )
        found = bytes(cursor.fetchone()[0])
    width = _HASH.stop
    return sorted(found[at : at + width] for at in range(0, len(found), width))


def _leaf_rows(size: int, leaves: Sequence[bytes]) -> bytes:
    """Leaves in PostgreSQL's binary form of COPY: four columns, each with its length before it."""
    head, number, salt, digest = (
        b"\x00\x04\x00\x00\x00\x08",
        bytes(3) + b"\x08",
        bytes(3) + b"\x10",
        bytes(3) + b"\x20",
    )
    rows = [
        head + index.to_bytes(8, "big") + number + each[_EVENT] + salt + each[_SALT] + digest + each[_HASH]
        for index, each in enumerate(leaves, size)
    ]
    return _copy_of(rows)


def binary_rows(rows: Iterator[tuple[int, bytes]]) -> bytes:
    """Nodes in PostgreSQL's binary form of COPY; the driver's own way takes four times as long."""
    head, length = b"\x00\x02\x00\x00\x00\x08", b"\x00\x00\x00\x20"
    return _copy_of([head + position.to_bytes(8, "big") + length + each for position, each in rows])


def _copy_of(rows: list[bytes]) -> bytes:
    return b"PGCOPY\n\xff\r\n\x00" + bytes(8) + b"".join(rows) + b"\xff\xff"


def _sign(private: Ed25519PrivateKey, size: int, *, now: datetime, settled: int, database: str) -> Checkpoint:
    """A checkpoint over all leaves, under the key of the settings."""
    public = Signer("-", private).public.public
    key = LogKey.objects.filter(public_key=public).first()
    if key is None:
        key = _introduce(public, size, now=now)
    signer = Signer(key.origin, private)
    root = root_at(size)
    text = checkpoint_text(key.origin, size, root)
    return Checkpoint.objects.create(
        size=size,
        root=root,
        key=key,
        note=f"{text}\n{signer.sign_note(text)}",
        issued_at=now,
        settled_transaction=settled,
        database=database,
    )


def _introduce(public: bytes, size: int, *, now: datetime) -> LogKey:
    """A key that signs for the first time. The log keeps the name it began with."""
    first = LogKey.objects.order_by("id").first()
    origin = first.origin if first else settings.LEDGER_ORIGIN or default_origin(public)
    key = LogKey.objects.create(origin=origin, public_key=public, first_size=size, introduced_at=now)
    verifier = Signer(origin, platform_key()).public
    record(
        actor=_Sequencer(),
        action="ledger.key_introduced",
        target=Target("log_key", str(key.pk), verifier.fingerprint[:16]),
        now=now,
        after={"key": verifier.text, "first_size": size},
    )
    return key
