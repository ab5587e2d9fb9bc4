"""Whatever is done to history is found."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.kernel.ledger.factories import NOW, events, tamper
from yingshang.kernel.ledger import sequencer, tree
from yingshang.kernel.ledger.api import audit_log, monitor, sequence
from yingshang.kernel.ledger.leaves import LEAF_HASH
from yingshang.kernel.ledger.models import Leaf

COLUMNS = {
    "occurred_at": "occurred_at + interval '1 second'",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "actor_kind": "'user'",
    "actor_id": "actor_id || 'x'",
    "actor_name": "actor_name || ' '",
    "action": "'ledger.other'",
    "target_kind": "'other'",
    "target_id": "'77'",
    "target_name": "''",
    "region_path": "'2302'",
    "agency_id": "NULL",
    "party_id": "0",
    "before": "'{\"rate\": 1.1}'",
    "after": "NULL",
    "reason": "reason || '!'",
    "request_id": "'r'",
}


@pytest.fixture
def log(db: None) -> list[int]:
    numbers = events(40)
    sequence(now=NOW)
    numbers += events(25, start=40)
    sequence(now=NOW, batch=10)
    return numbers


def codes(**arguments: int) -> set[str]:
    return {problem.code for problem in audit_log(**arguments).problems}


@pytest.mark.parametrize("batch", [50_000, 16, 1])
def test_a_log_nobody_touched_has_no_problems(log: list[int], batch: int) -> None:
    steps: list[int] = []
    report = audit_log(batch=batch, progress=lambda told: steps.append(told.done))
    assert report.ok
    assert (report.size, report.checkpoints, report.unsequenced) == (66, 2, 0)
    assert steps[-1] == 66
    assert audit_log(batch=8, last=10).ok
    assert monitor().consistent


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_found(log: list[int], column: str) -> None:
    tamper(f"UPDATE ledger_auditevent SET {column} = {COLUMNS[column]} WHERE id = {log[1]}")
    [problem] = audit_log().problems
    assert (problem.code, problem.event_id) == ("event_changed", log[1])
    assert str(log[1]) in problem.message_zh


def test_every_column_is_in_the_leaf() -> None:
    with_their_own_meaning = {
        "id",
        "transaction",
    }  # the number is in the leaf; the transaction is the database's
    from yingshang.kernel.ledger.models import AuditEvent

    assert {field.column for field in AuditEvent._meta.get_fields()} == set(COLUMNS) | with_their_own_meaning


def test_a_removed_event_is_found(log: list[int]) -> None:
    tamper(f"DELETE FROM ledger_auditevent WHERE id = {log[3]}")
    assert codes() == {"event_removed"}


def test_events_that_changed_places_are_found(log: list[int]) -> None:
    """Two events trade their numbers, or two leaves their events."""
    first, second = log[5], log[6]
    tamper(
        f"UPDATE ledger_auditevent SET id = -1 WHERE id = {first}",
        f"UPDATE ledger_auditevent SET id = {first} WHERE id = {second}",
        f"UPDATE ledger_auditevent SET id = {second} WHERE id = -1",
    )
    assert codes() == {"event_changed"}
    assert audit_log().count == 2


def test_an_event_put_in_afterwards_is_found(log: list[int]) -> None:
    number = events(1)[0]
    tamper(f"UPDATE ledger_auditevent SET transaction = 3 WHERE id = {number}")
    sequence(now=NOW)
    assert "event_outside" in codes()


def _rewrite_leaf(event_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT index, new FROM (SELECT index, {LEAF_HASH} AS new FROM (SELECT leaf.index, leaf.salt, event.* "
            "FROM ledger_leaf leaf JOIN ledger_auditevent event ON event.id = leaf.event_id) x WHERE id = %s) y",
            [event_id],
        )
        index, new = cursor.fetchone()
    tamper(f"UPDATE ledger_leaf SET hash = '\\x{bytes(new).hex()}' WHERE index = {index}")


def _rewrite_tree() -> None:
    leaves = b"".join(bytes(each) for each in Leaf.objects.order_by("index").values_list("hash", flat=True))
    tamper(
        "DELETE FROM ledger_node",
        *(
            f"INSERT INTO ledger_node VALUES ({position}, '\\x{each.hex()}')"
            for position, each in tree.grow(0, [], leaves)
        ),
    )


def test_whoever_rewrites_leaf_and_tree_too_meets_the_signatures(log: list[int]) -> None:
    tamper(f"UPDATE ledger_auditevent SET reason = 'other' WHERE id = {log[30]}")
    _rewrite_leaf(log[30])
    assert codes() == {"node_changed", "history_changed"}
    _rewrite_tree()
    assert codes() == {"history_changed"}
    assert not monitor().consistent
    tamper("UPDATE ledger_checkpoint SET root = '\\x" + "00" * 32 + "'")
    assert codes() == {"history_changed", "checkpoint_changed"}
    tamper("UPDATE ledger_checkpoint SET note = replace(note, E'\\n66\\n', E'\\n65\\n')")
    assert "checkpoint_forged" in codes()


def test_a_log_without_its_end_is_found(log: list[int]) -> None:
    tamper(
        "DELETE FROM ledger_leaf WHERE index >= 60", f"DELETE FROM ledger_auditevent WHERE id >= {log[59]}"
    )
    found = codes()
    assert {"checkpoint_beyond", "node_count"} <= found


def test_missing_leaves_and_nodes_are_found(log: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    tamper(
        "DELETE FROM ledger_leaf WHERE index = 7",
        # The test is one open transaction; outside of one the next checkpoint settles what is before it.
        "UPDATE ledger_checkpoint SET settled_transaction = (SELECT max(transaction) + 1 FROM ledger_auditevent)",
    )
    with monkeypatch.context() as patched:
        patched.setattr(sequencer, "_horizon", lambda: (1 << 60, 1 << 60))
        assert {"leaf_missing", "event_outside"} <= codes()
    tamper("DELETE FROM ledger_node WHERE position = 1")
    assert "node_count" in codes()


def test_only_the_end_when_asked(log: list[int]) -> None:
    tamper(f"UPDATE ledger_auditevent SET reason = 'other' WHERE id = {log[2]}")
    assert audit_log(last=10, batch=8).ok
    tamper(f"UPDATE ledger_auditevent SET reason = 'other' WHERE id = {log[-2]}")
    assert codes(last=10, batch=8) == {"event_changed"}


def test_problems_are_counted_and_the_first_ones_kept(
    log: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from yingshang.kernel.ledger import auditing

    monkeypatch.setattr(auditing, "PROBLEMS_KEPT", 5)
    tamper("UPDATE ledger_auditevent SET actor_name = 'other'")
    report = audit_log()
    assert (report.count, len(report.problems)) == (66, 5)
