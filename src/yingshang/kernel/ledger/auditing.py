"""The audit of the log: every event reread, every leaf and node computed anew, every signature checked.

It finds an event that was changed, removed, put in afterwards or moved to another place, whoever did it, as long as
one checkpoint is left that was signed before. Who holds the signing key too can write everything anew; then it is the
cosigners' checkpoints that no longer fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection

from . import tree
from .cosigning import note_of
from .errors import LogNotFound
from .keys import check_signature, cosigner_key, log_key
from .leaves import LEAF_HASH
from .models import Checkpoint, LogKey
from .sequencer import settled_transaction
from .standalone.verify_receipt import Unreadable, cosigned_message, parse_checkpoint, split_note
from .store import log_size, nodes

PROBLEMS_KEPT = 100
"""More than these are counted and not listed: the first ones say where to look."""


@dataclass(frozen=True, slots=True)
class LogProblem:
    """Something that is not as it should be. `index` is the place in the log, -1 where it has none."""

    code: str
    index: int
    event_id: int | None
    message: str
    message_zh: str


@dataclass(frozen=True, slots=True)
class AuditProgress:
    """How far an audit has come."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found. `problems` are the first ones of `count`."""

    size: int
    checkpoints: int
    cosignatures: int
    unsequenced: int
    count: int
    problems: tuple[LogProblem, ...]

    @property
    def ok(self) -> bool:
        return self.count == 0


def audit_log(
    *, progress: Callable[[AuditProgress], None] | None = None, batch: int = 50_000, last: int | None = None
) -> AuditReport:
    """Compare every event with its leaf, every leaf with the tree, every checkpoint with both.

    `last` looks only at so many of the newest leaves and their events; the tree above them and the checkpoints over
    them are checked all the same. Best within one REPEATABLE READ transaction while the platform works; nodes and
    leaves are only added, so without one it merely sees some that came during the audit.
    """
    found = _Findings()
    size = log_size()
    start = 0 if last is None else max(0, size - last)
    start -= start % batch if start else 0
    keys = {row.pk: row for row in LogKey.objects.all()}
    waiting = list(Checkpoint.objects.filter(size__gt=start).order_by("size", "id"))
    if last is None:
        _check_places(found, size)
    edge = _edge(found, start)
    cosigned = 0
    compared = 0
    for first in range(start, size, batch):
        until = min(first + batch, size)
        _compare_events(found, first, until)
        hashes = _leaves(first, until)
        if edge is None or len(hashes) != (until - first) * tree.HASH_SIZE:
            found.add("leaf_missing", first, None, "leaves are missing", "缺少叶子")
            edge = None
        else:
            while compared < len(waiting) and waiting[compared].size <= until:
                row = waiting[compared]
                part = hashes[: (row.size - first) * tree.HASH_SIZE]
                cosigned += _check_checkpoint(found, row, tree.fold(_grown(first, edge, part)), keys)
                compared += 1
            _compare_nodes(found, first, until, list(tree.grow(first, edge, hashes)))
            edge = _grown(first, edge, hashes)
        if progress:
            progress(AuditProgress(until, size))
    for row in waiting[compared:]:
        found.add(
            "checkpoint_beyond",
            row.size,
            None,
            f"a checkpoint over {row.size} leaves is signed, and there are {size}: the end of the log is missing",
            f"已签署 {row.size} 条的检查点，而日志只有 {size} 条：日志末尾缺失",
        )
    unsequenced = _unsequenced(found)
    return AuditReport(size, len(waiting), cosigned, unsequenced, found.count, tuple(found.kept))


class _Findings:
    def __init__(self) -> None:
        self.count = 0
        self.kept: list[LogProblem] = []

    def add(self, code: str, index: int, event_id: int | None, message: str, message_zh: str) -> None:
        self.count += 1
        if len(self.kept) < PROBLEMS_KEPT:
            self.kept.append(LogProblem(code, index, event_id, message, message_zh))


def _rows(query: str, *values: int | list[int]) -> Iterator[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [*values])
        yield from cursor.fetchall()


def _check_places(found: _Findings, size: int) -> None:
    [(count,)] = _rows("SELECT count(*) FROM ledger_leaf")
    if count != size:
        found.add(
            "leaf_missing",
            -1,
            None,
            f"the last leaf has number {size - 1}, and there are {count}",
            f"最后一个叶子的序号是 {size - 1}，实有 {count} 个",
        )
    [(count,)] = _rows("SELECT count(*) FROM ledger_node")
    expected = sum(size >> level for level in range(1, size.bit_length() + 1))
    if count != expected:
        found.add(
            "node_count",
            -1,
            None,
            f"there are {count} nodes above {size} leaves instead of {expected}",
            f"{size} 个叶子之上应有 {expected} 个节点，实有 {count} 个",
        )


def _compare_events(found: _Findings, first: int, until: int) -> None:
    for index, event_id, gone in _rows(
        f"""
        SELECT index, event_id, id IS NULL FROM (
            SELECT leaf.index, leaf.event_id, leaf.salt, leaf.hash, event.*
            FROM ledger_leaf leaf LEFT JOIN ledger_auditevent event ON event.id = leaf.event_id
            WHERE leaf.index >= %s AND leaf.index < %s OFFSET 0
        ) both_sides WHERE id IS NULL OR {LEAF_HASH} <> hash ORDER BY index
        """,
        first,
        until,
    ):
        place, number = int(str(index)), int(str(event_id))
        if gone:
            found.add(
                "event_removed",
                place,
                number,
                f"event {number} is in the log and no longer in the database",
                f"记录 {number} 在日志中，但已不在数据库中",
            )
        else:
            found.add(
                "event_changed",
                place,
                number,
                f"event {number} is not what the log says it was",
                f"记录 {number} 与日志中的不符，已被改动",
            )


def _leaves(first: int, until: int) -> bytes:
    [(hashes,)] = _rows(
        "SELECT coalesce(string_agg(hash, ''::bytea ORDER BY index), ''::bytea) FROM ledger_leaf "
        "WHERE index >= %s AND index < %s",
        first,
        until,
    )
    assert isinstance(hashes, bytes | memoryview)
    return bytes(hashes)


def _edge(found: _Findings, size: int) -> list[bytes] | None:
    """The complete subtrees before a place; None when one is missing."""
    positions = tree.complete_nodes(0, size)
    try:
        kept = nodes(positions)
    except LogNotFound as error:
        found.add("node_missing", size, None, error.message, error.message_zh)
        return None
    return [kept[each] for each in positions]


def _grown(start: int, edge: list[bytes], hashes: bytes) -> list[bytes]:
    """The complete subtrees after leaves were added."""
    size = start + len(hashes) // tree.HASH_SIZE
    kept = dict(zip(tree.complete_nodes(0, start), edge, strict=True))
    kept |= {
        2 * (start + number): hashes[number * tree.HASH_SIZE : (number + 1) * tree.HASH_SIZE]
        for number in range(max(0, size - start - 1), size - start)
    }
    kept |= dict(tree.grow(start, edge, hashes))
    return [kept[each] for each in tree.complete_nodes(0, size)]


def _compare_nodes(found: _Findings, first: int, until: int, expected: list[tuple[int, bytes]]) -> None:
    wanted = [position for position, _ in expected]
    stored = {
        int(str(position)): value
        for position, value in _rows(
            "SELECT position, hash FROM ledger_node WHERE position = ANY(%s)", wanted
        )
    }
    for position, value in expected:
        kept = stored.get(position)
        if kept is None:
            found.add("node_missing", first, None, f"node {position} is missing", f"缺少节点 {position}")
        elif bytes(kept) != value:  # type: ignore[call-overload]
            found.add(
                "node_changed",
                first,
                None,
                f"node {position} is not the hash of its children",
                f"节点 {position} 不是其下级的哈希",
            )


def _check_checkpoint(found: _Findings, row: Checkpoint, root: bytes, keys: dict[int, LogKey]) -> int:
    """Root, text and every signature of a checkpoint; the number of cosignatures."""

    def wrong(code: str, message: str, message_zh: str) -> None:
        found.add(
            code, row.size, None, f"checkpoint {row.size}: {message}", f"检查点 {row.size}：{message_zh}"
        )

    try:
        text, signatures = split_note(note_of(row))
        origin, size, signed = parse_checkpoint(text)
    except Unreadable as error:
        wrong("checkpoint_changed", error.message, error.message_zh)
        return 0
    key = log_key(keys[row.key_id].origin, bytes(keys[row.key_id].public_key))
    own = [data for name, data in signatures if (name, data[:4]) == (key.name, key.identifier)]
    if origin != key.name or not any(check_signature(key.public, each[4:], text.encode()) for each in own):
        wrong("checkpoint_forged", "it is not signed by the log's key", "不是由日志的密钥签名")
    if size != row.size or signed != bytes(row.root):
        wrong("checkpoint_changed", "the row differs from the signed text", "数据行与签名文本不符")
    if signed != root:
        wrong(
            "history_changed",
            "the signed root is not that of the leaves: something before it was changed, removed or moved",
            "签名的根哈希与叶子不符：此前的记录被改动、移除或调换",
        )
    cosigned = 0
    for each in row.cosignatures.select_related("cosigner"):
        cosigner = cosigner_key(each.cosigner.name, bytes(each.cosigner.public_key))
        message = cosigned_message(each.timestamp, text)
        cosigned += 1
        if not check_signature(cosigner.public, bytes(each.signature), message):
            wrong(
                "cosignature_forged",
                f"the signature of {cosigner.name} is wrong",
                f"{cosigner.name} 的签名不正确",
            )
    return cosigned


def _unsequenced(found: _Findings) -> int:
    """Events without a leaf. Those of transactions that were settled long ago came in by another way."""
    count = 0
    for event_id, late in _rows(
        "SELECT id, transaction < %s FROM ledger_auditevent event "
        "WHERE NOT EXISTS (SELECT FROM ledger_leaf WHERE event_id = event.id)",
        settled_transaction(),
    ):
        count += 1
        if late:
            number = int(str(event_id))
            found.add(
                "event_outside",
                -1,
                number,
                f"event {number} is of a settled transaction and not in the log: it was put in afterwards, "
                "or its leaf was removed",
                f"记录 {number} 属于已归档的事务，却不在日志中：系事后加入，或其叶子被移除",
            )
    return count
