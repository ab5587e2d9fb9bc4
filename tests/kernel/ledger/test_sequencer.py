"""The sequencer: every event gets its place once, in whole batches, whatever happens meanwhile."""

from __future__ import annotations

import hashlib
import json
import signal
import time
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from tests.forked import Forked
from tests.kernel.ledger.factories import NOW, events, tamper
from yingshang.kernel.ledger import tree
from yingshang.kernel.ledger.api import audit_log
from yingshang.kernel.ledger.errors import SigningKeyMissing
from yingshang.kernel.ledger.leaves import CANONICAL, field_salt
from yingshang.kernel.ledger.models import AuditEvent, Checkpoint, Leaf, LogKey, Node
from yingshang.kernel.ledger.sequencer import sequence
from yingshang.kernel.ledger.standalone import verify_receipt as standalone
from yingshang.kernel.ledger.store import consistency_proof, inclusion_proof, root_at


def canonical(event: AuditEvent, salt: UUID, text_of: dict[str, str | None]) -> str:
    """The leaf's text, written down a second time from its description."""

    def seal(field: str, value: str | None) -> str | None:
        return None if value is None else hashlib.sha256(field_salt(salt, field) + value.encode()).hexdigest()

    def moment(value: Any) -> str:
        return str(value.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))

    return json.dumps(
        {
            "v": 1,
            "event": event.pk,
            "action": event.action,
            "target": event.target_kind,
            "time": moment(event.occurred_at),
            "recorded": moment(event.recorded_at),
            "name": seal("name", event.target_name or None),
            "reason": seal("reason", event.reason or None),
            "before": seal("before", text_of["before"]),
            "after": seal("after", text_of["after"]),
            "details": seal("details", text_of["details"]),
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )


@pytest.mark.django_db
def test_a_leaf_is_what_its_description_says() -> None:
    events(12)
    sequence(now=NOW)
    for leaf in Leaf.objects.all():
        event = AuditEvent.objects.get(pk=leaf.event_id)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT before::text, after::text, {CANONICAL} FROM "
                "(SELECT *, %s::uuid AS salt FROM ledger_auditevent WHERE id = %s) event",
                [leaf.salt, event.pk],
            )
            before, after, made = cursor.fetchone()
        details = [
            event.actor_kind, event.actor_id, event.actor_name, event.target_id,
            event.region_path, event.agency_id, event.party_id, event.request_id,
        ]  # fmt: skip
        written = canonical(
            event,
            leaf.salt,
            {"before": before, "after": after, "details": json.dumps(details, ensure_ascii=False)},
        )
        assert made == written
        assert bytes(leaf.hash) == tree.leaf_hash(written.encode())
    assert len({leaf.salt for leaf in Leaf.objects.all()}) == Leaf.objects.count()


@pytest.mark.django_db
def test_every_event_has_one_place_and_the_tree_is_that_of_the_leaves() -> None:
    numbers = events(300)
    first = sequence(now=NOW, batch=77)
    assert (
        first.size == Leaf.objects.count() == AuditEvent.objects.count() - 1
    )  # the key's own event comes next
    more = events(130, start=300)
    second = sequence(now=NOW, batch=77)
    assert second.added == 131
    assert {*numbers, *more} <= set(Leaf.objects.values_list("event_id", flat=True))
    assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(second.size))
    leaves = [bytes(each) for each in Leaf.objects.order_by("index").values_list("hash", flat=True)]
    whole = list(tree.grow(0, [], b"".join(leaves)))
    kept = {row.position: bytes(row.hash) for row in Node.objects.all()}
    assert kept == dict(whole)
    old, new = Checkpoint.objects.order_by("id")
    assert bytes(new.root) == root_at(second.size)
    steps = consistency_proof(first.size, second.size)
    assert tree.is_consistent(first.size, second.size, bytes(old.root), bytes(new.root), steps)
    proof = inclusion_proof(17, second.size)
    assert tree.root_from_inclusion(17, second.size, leaves[17], proof.hashes) == bytes(new.root)


@pytest.mark.django_db
def test_nothing_new_makes_no_checkpoint() -> None:
    events(3)
    sequence(now=NOW)
    last = sequence(now=NOW)
    assert sequence(now=NOW) == type(last)(0, last.size, last.checkpoint_id)


@pytest.mark.django_db
def test_a_checkpoint_is_a_signed_note_of_the_key_and_origin() -> None:
    events(3)
    sequence(now=NOW)
    checkpoint = Checkpoint.objects.get()
    key = standalone.VerifierKey(checkpoint.key.origin, 1, bytes(checkpoint.key.public_key))
    text, [(name, data)] = standalone.split_note(checkpoint.note)
    assert standalone.parse_checkpoint(text) == (key.name, checkpoint.size, bytes(checkpoint.root))
    assert (name, data[:4]) == (key.name, key.identifier)
    assert standalone.ed25519_verify(key.public, data[4:], text.encode())


@pytest.mark.django_db
def test_a_new_key_signs_from_then_on_and_the_origin_stays(settings: Any) -> None:
    events(3)
    sequence(now=NOW)
    settings.LEDGER_SIGNING_KEY = "ab" * 32
    settings.LEDGER_ORIGIN = "elsewhere.example/log"
    events(2)
    sequence(now=NOW)
    old, new = LogKey.objects.order_by("id")
    assert old.origin == new.origin != settings.LEDGER_ORIGIN
    assert old.first_size < new.first_size
    assert Checkpoint.objects.order_by("-id")[0].key == new
    assert AuditEvent.objects.filter(action="ledger.key_introduced").count() == 2


@pytest.mark.django_db
def test_without_a_key_nothing_happens(settings: Any) -> None:
    events(3)
    for wrong in ("", "abc", "zz" * 32):
        settings.LEDGER_SIGNING_KEY = wrong
        with pytest.raises(SigningKeyMissing):
            sequence(now=NOW)
    assert not Leaf.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_transaction_that_ends_later_is_not_passed_over() -> None:
    """A long transaction has an early number and early events; the log does not wait for it, and takes it later."""
    from threading import Event, Thread

    begun, go_on = Event(), Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                events(2, start=100)
                begun.set()
                go_on.wait(20)
        finally:
            connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert begun.wait(20)
    events(3)
    first = sequence(now=NOW)
    assert first.added == 3
    events(1)
    assert sequence(now=NOW).added == 2  # with the event of the key
    go_on.set()
    thread.join()
    events(1)
    assert sequence(now=NOW).added == 3
    assert Leaf.objects.count() == AuditEvent.objects.count()


@pytest.mark.django_db(transaction=True)
def test_one_at_a_time() -> None:
    from threading import Event, Thread

    held, go_on = Event(), Event()

    def holder() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(4743, 1)")
                held.set()
                go_on.wait(20)
                # Closing alone would leave it to the server when it notices.
                cursor.execute("SELECT pg_advisory_unlock(4743, 1)")
        finally:
            connection.close()

    thread = Thread(target=holder)
    thread.start()
    assert held.wait(20)
    events(2)
    assert sequence(now=NOW).busy
    go_on.set()
    thread.join()
    assert sequence(now=NOW).added == 2


@pytest.mark.django_db
def test_a_restored_database_that_counts_anew_is_looked_at_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restore transactions may have smaller numbers than the last settled one had."""
    from yingshang.kernel.ledger import sequencer

    events(2)
    sequence(now=NOW)
    sequence(now=NOW)
    # As a restore would show it: everything of the old server's is far ahead of this one's counter.
    tamper("UPDATE ledger_checkpoint SET settled_transaction = settled_transaction + 1000000")
    events(2)
    assert sequence(now=NOW).added == 2
    events(1)
    tamper("UPDATE ledger_auditevent SET transaction = 3 WHERE id = (SELECT max(id) FROM ledger_auditevent)")
    assert sequence(now=NOW).added == 0
    monkeypatch.setattr(sequencer, "_database", lambda: "another")
    assert sequence(now=NOW).added == 1


@pytest.mark.django_db
def test_the_platforms_own_role_can_tell_its_database_server() -> None:
    from yingshang.kernel.ledger import sequencer

    assert sequencer._database().isdigit()


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_of_a_batch_the_tree_is_whole_and_goes_on() -> None:
    events(200)
    process = Forked("tests.kernel.ledger.run_sequencer")
    try:
        for line in process.lines:
            if int(line) >= 50:
                break
    finally:
        process.kill()
    assert process.returncode == -signal.SIGKILL
    done = Leaf.objects.count()
    assert 40 <= done < 200 and done % 10 == 0
    assert not Checkpoint.objects.exists()
    # The lock goes with the connection, as soon as the server has noticed.
    deadline = time.monotonic() + 20
    while sequence(now=NOW).busy and time.monotonic() < deadline:
        time.sleep(0.05)
    assert Leaf.objects.count() == 200
    assert audit_log().ok
