"""No write avoids the ledger: the database refuses it, for every table of ours."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from yingshang.kernel.access.api import system_actor
from yingshang.kernel.ledger.api import Target, guarded_tables, missing_guards, record
from yingshang.kernel.ledger.guards import (
    APPEND_ONLY,
    EXEMPT,
    EXEMPT_APPS,
    EXEMPT_TABLES_ELSEWHERE,
    guard_truncation,
)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_every_table_is_guarded_or_exempt_with_a_reason() -> None:
    assert missing_guards() == []
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    ours = {
        t
        for t in tables
        if t.split("_")[0]
        in {
            "access",
            "parties",
            "jobs",
            "ledger",
            "notices",
            "documents",
            "clock",
            "api",
            "enterprise",
            "yingshang",
            "flow",
            "policies",
            "claims",
            "appeals",
            "ratings",
        }
    }
    assert ours <= set(guarded_tables()) | set(EXEMPT)
    exempt = {**EXEMPT, **EXEMPT_TABLES_ELSEWHERE}
    assert set(exempt) <= tables, "an exemption for a table that does not exist"
    assert all(reason.strip() for reason in (*exempt.values(), *EXEMPT_APPS.values()))


@pytest.mark.django_db(transaction=True)
def test_a_write_without_an_event_cannot_be_committed() -> None:
    """Tried on every guarded table, with a real statement and a real commit."""
    for table in guarded_tables():
        refusal = "can only be added to" if table in APPEND_ONLY else "without an audit event"
        with (
            pytest.raises(IntegrityError, match=f"{table} {refusal}"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            # The trigger is one for each statement, so it fires for a statement that touches no row, too.
            cursor.execute(f'DELETE FROM "{table}" WHERE false')


@pytest.mark.django_db(transaction=True)
def test_a_write_with_an_event_in_another_transaction_is_refused_too() -> None:
    actor = system_actor("test")
    with transaction.atomic():
        record(actor=actor, action="ledger.tried", target=Target("nothing", "1"), now=timezone.now())
    with pytest.raises(IntegrityError, match="without an audit event"), transaction.atomic():
        _run("DELETE FROM parties_party WHERE false")
    with transaction.atomic():
        _run("DELETE FROM parties_party WHERE false")
        record(actor=actor, action="ledger.tried", target=Target("nothing", "2"), now=timezone.now())


@pytest.mark.django_db
def test_events_cannot_be_changed_or_removed() -> None:
    first = {model._meta.db_table: model._meta.pk.column for model in apps.get_models() if model._meta.pk}
    for table in APPEND_ONLY:
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {first[table]} = {first[table]}"):
            with pytest.raises(IntegrityError, match="can only be added to"), transaction.atomic():
                _run(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["parties_merge", "access_appointment"])
def test_emptying_a_table_is_a_write_too(table: str) -> None:
    with (
        pytest.raises(IntegrityError, match=f"write to {table} without an audit event"),
        transaction.atomic(),
    ):
        guard_truncation()  # tests do without, see tests/conftest.py
        _run(f"TRUNCATE {table} CASCADE")
        _run("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_records_cannot_be_emptied(table: str) -> None:
    with pytest.raises(IntegrityError, match=f"{table} can only be added to"), transaction.atomic():
        guard_truncation()
        _run(f"TRUNCATE {table} CASCADE")


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="in the transaction of its write"):
        record(
            actor=system_actor("test"),
            action="ledger.tried",
            target=Target("nothing", "1"),
            now=timezone.now(),
        )
