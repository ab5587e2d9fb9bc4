"""From rules to obligations: days, amounts, what follows what, and what had been performed before."""

from __future__ import annotations

from datetime import date

import pytest

from tests.areas.contracts.factories import NOW, YUAN, contract_row
from tests.kernel.access.factories import SYSTEM, arranged
from yingshang.areas.contracts.errors import InvalidTerms
from yingshang.areas.contracts.models import DueCell, Obligation, Performance
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


def test_a_recurring_rule_is_written_out_and_its_parts_come_to_the_share() -> None:
    contract = contract_row(amount_fen=1_000_01)
    rent = {
        **PAY,
        "share": "1",
        "terms": {"every": {"months": 1}, "from": "2026-01-31", "until": "2026-03-31"},
    }
    rows = plan(contract, [rent], actor=SYSTEM, now=NOW)

    assert [row.amount_fen for row in rows] == [33_333, 33_333, 33_335]
    # The 31st of January and the 28th of February are Saturdays, the latter one worked on.
    assert [row.due_on for row in rows] == [date(2026, 2, 2), date(2026, 2, 28), date(2026, 3, 31)]
    assert [row.title for row in rows][-1].endswith("（第3期，共3期）")
    assert [row.ordinal for row in rows] == [1, 2, 3]


def test_what_follows_an_obligation_waits_for_it_and_circles_are_refused() -> None:
    contract = contract_row()
    first = {"side": "unit", "kind": "settle", "title": "结算", "terms": {"on": "2026-06-30"}}
    then = {**PAY, "amount_fen": 100, "terms": {"after": "obligation", "of": 1, "term": {"days": 10}}}
    made = plan(contract, [first, then], actor=SYSTEM, now=NOW)
    assert (made[1].after, made[1].state) == (made[0], "waiting")
    # Further ones are numbered on.
    [third] = plan(
        contract,
        [{**PAY, "amount_fen": 100, "terms": {"after": "obligation", "of": 2, "term": {"days": 1}}}],
        actor=SYSTEM,
        now=NOW,
    )
    assert (third.ordinal, third.after_id) == (3, made[1].pk)

    waits = {**PAY, "amount_fen": 100}
    circle = [
        {**waits, "terms": {"after": "obligation", "of": 2, "term": {"days": 1}}},
        {**waits, "terms": {"after": "obligation", "of": 1, "term": {"days": 1}}},
    ]
    with pytest.raises(InvalidTerms, match="wait for itself"):
        plan(contract_row(), circle, actor=SYSTEM, now=NOW)


def test_size_unknown_at_signing_is_unknown_and_not_zero() -> None:
    contract = contract_row(counterparty_size="")
    [row] = plan(
        contract,
        [{**PAY, "share": "1", "terms": {"after": "accepted"}, "event_on": "2026-05-06"}],
        actor=SYSTEM,
        now=NOW,
    )
    assert (row.state, row.due_on, row.daily_rate, row.rate_source) == ("waiting", None, None, "unknown")
    assert (row.derivation["law_unknown"], row.derivation["waits_for"]) == ("size", "term")


def test_what_had_been_performed_before_is_taken_in_with_what_follows() -> None:
    contract = contract_row()
    rules = [
        ObligationRule(
            "unit",
            "accept",
            "验收",
            read_terms({"on": "2026-04-30"}),
            said=(Said(date(2026, 4, 28), what="done"),),
        ),
        ObligationRule(
            "unit",
            "pay",
            "付款",
            read_terms({"after": "accepted", "term": {"days": 30}}),
            amount_fen=100_000 * YUAN,
            said=(Said(date(2026, 5, 20), 40_000 * YUAN), Said(date(2026, 6, 1), 60_000 * YUAN)),
        ),
    ]
    contracts = [contract, contract_row(title="另一份合同")]
    accept, pay, *_ = plan_many([(each, rules) for each in contracts], actor=SYSTEM, now=NOW)

    accept, pay = Obligation.objects.get(pk=accept.pk), Obligation.objects.get(pk=pay.pk)
    assert (accept.state, accept.performed_on) == ("performed", date(2026, 4, 28))
    # Accepted on 04-28, due on 05-28: of what came on 06-01, four days of interest on 60,000 were paid first, as if it
    # had been recorded by a form. So much of the principal is owed still.
    assert (pay.due_on, pay.state, pay.done_fen, pay.open_fen, pay.performed_on) == (
        date(2026, 5, 28),
        "partial",
        99_880 * YUAN,
        120 * YUAN,
        None,
    )
    assert (pay.accrued_fen, pay.unit_said_fen) == (0, 100_000 * YUAN)
    divided = pay.performances.order_by("happened_on").values_list("interest_fen", flat=True)
    assert list(divided) == [0, 120 * YUAN]
    assert Performance.objects.filter(obligation__contract=contract).count() == 3


def test_a_draft_is_planned_anew_but_not_what_was_performed() -> None:
    contract = contract_row(state="draft")
    plan(contract, [{**PAY, "share": "1", "terms": {"on": "2026-05-06"}}], actor=SYSTEM, now=NOW)
    [row] = replan(contract, [{**PAY, "share": "0.5", "terms": {"on": "2026-07-06"}}], actor=SYSTEM, now=NOW)
    assert list(contract.obligations.values_list("due_on", "amount_fen")) == [
        (date(2026, 7, 6), 500_000 * YUAN)
    ]
    assert not DueCell.objects.exists()
    with arranged():
        Performance.objects.create(
            obligation=row,
            side="unit",
            what="partial",
            happened_on=date(2026, 5, 1),
            amount_fen=1,
            recorded_by_name="",
            recorded_at=NOW,
        )
    with pytest.raises(InvalidTerms, match="performed already"):
        replan(contract, [], actor=SYSTEM, now=NOW)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({**PAY, "terms": {"on": "2026-02-30"}}, "on"),
        ({**PAY, "terms": {"after": "moon"}}, "after"),
        ({**PAY, "terms": {"on": "2026-05-06", "after": "accepted"}}, "terms"),
        ({**PAY, "terms": {}}, "terms"),
        ({**PAY, "terms": None}, "terms"),
        ({**PAY, "terms": {"after": "accepted", "term": {"weeks": 2}}}, "term"),
        ({**PAY, "terms": {"after": "accepted", "term": {"hours": 2}}}, "term"),
        ({**PAY, "terms": {"after": "obligation"}}, "of"),
        ({**PAY, "terms": {"after": "accepted", "at_latest": "9999-12-31"}}, "at_latest"),
        ({**PAY, "terms": {"every": {"days": 1}, "from": "9999-12-01", "until": "9999-12-31"}}, "from"),
        ({**PAY, "terms": {"every": {"days": 1}, "from": "2026-01-01", "until": "2030-01-01"}}, "until"),
        ({**PAY, "terms": {"every": {"months": 1}, "from": "2026-02-01", "until": "2026-01-01"}}, "until"),
        ({**PAY, "terms": {"on": "2026-05-06"}, "share": "1.2"}, "share"),
        ({**PAY, "terms": {"on": "2026-05-06"}, "rate": {"yearly": "4"}}, "rate"),
        ({**PAY, "terms": {"on": "2026-05-06"}, "rate": {"monthly": "0.01"}}, "rate"),
        ({**PAY, "terms": {"on": "2026-05-06"}, "rate": {"daily": "1e30"}}, "rate"),
        ({**PAY, "terms": {"on": "2026-05-06"}, "order": "as_you_like"}, "order"),
        ({**PAY, "terms": {"on": "2026-05-06"}, "amount_fen": -5}, "amount"),
        ({**PAY, "terms": {"on": "2026-05-06"}, "amount_fen": 5, "share": "0.1"}, "amount"),
        ({**PAY, "kind": "accept", "terms": {"on": "2026-05-06"}, "amount_fen": 5}, "amount"),
        ({**PAY, "side": "nobody", "terms": {"on": "2026-05-06"}}, "side"),
        ({**PAY, "kind": "moon", "terms": {"on": "2026-05-06"}}, "kind"),
        ({**PAY, "terms": {"on": "2026-05-06"}, "title": "长" * 201}, "title"),
    ],
)
def test_a_rule_that_cannot_be_written_out_names_its_field(rule: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidTerms) as refusal:
        plan(contract_row(), [rule], actor=SYSTEM, now=NOW)
    assert refusal.value.details["field"] == field
    assert refusal.value.message_zh != refusal.value.message


def test_shares_need_a_price_and_come_to_one_at_most() -> None:
    half = {**PAY, "share": "0.6", "terms": {"on": "2026-05-06"}}
    [(place, error)] = check_rules([half, half], contract=contract_row())
    assert (place, error.details["field"]) == (0, "share")
    assert check_rules([half], contract=contract_row(amount_fen=None))[0][1].details["field"] == "share"
    assert check_rules([half], contract=contract_row()) == []
    assert read_rule({**half, "title": ""}).title == "付款"
