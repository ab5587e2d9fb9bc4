"""From rules to obligations: days, amounts, what follows what, and what had been performed before."""

from __future__ import annotations

from datetime import date

import pytest

from tests.areas.contracts.factories import NOW, TODAY, YUAN, contract_row
from tests.kernel.access.factories import SYSTEM
from yingshang.areas.contracts.errors import InvalidTerms
from yingshang.areas.contracts.models import Contract, DueCell, Obligation, Performance
from yingshang.areas.contracts.obligations.planning import (
    ObligationRule,
    Said,
    check_rules,
    plan,
    plan_many,
    propose_for,
    read_rule,
    replan,
)
from yingshang.areas.contracts.obligations.terms import read_terms

pytestmark = pytest.mark.django_db

PAY = {"side": "unit", "kind": "pay", "title": "支付合同价款"}
ACCEPTED = {**PAY, "share": "1", "terms": {"after": "accepted", "term": {"days": 30}}}


def test_the_obligations_of_a_class_are_written_out() -> None:
    contract = contract_row(kind="construction")

    made = plan(contract, propose_for("construction", contract), actor=SYSTEM, now=NOW)

    rows = list(contract.obligations.all())
    assert [row.pk for row in rows] == [row.pk for row in made]
    assert sum(row.amount_fen or 0 for row in rows) == contract.amount_fen
    by_title = {row.title: row for row in rows}
    # Signed on 2026-03-02: thirty days later is a Wednesday, 2026-04-01.
    advance = by_title["支付预付款"]
    assert (advance.state, advance.due_on, advance.amount_fen) == (
        "running",
        date(2026, 4, 1),
        100_000 * YUAN,
    )
    assert (advance.rate_source, str(advance.daily_rate)) == ("law:d802", "0.0005000000")
    # What waits for the delivery follows the obligation to deliver.
    progress = by_title["支付进度款"]
    assert (progress.state, progress.due_on) == ("waiting", None)
    assert progress.after_id == by_title["按期完工并交付"].pk
    contract.refresh_from_db()
    assert (contract.obligation_count, contract.open_count, contract.next_due_on) == (6, 6, date(2026, 4, 1))
    assert DueCell.objects.get(due_on=date(2026, 4, 1)).open_fen == 100_000 * YUAN
