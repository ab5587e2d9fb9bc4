"""What both sides say of an obligation, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.areas.contracts.factories import (
    NOW,
    SUPERVISION,
    TODAY,
    UNIT,
    YUAN,
    Supplier,
    contract_row,
    obligation_row,
    one_contract_event,
    supplier,
    unit,
)
from tests.kernel.access.factories import DAOLI, SYSTEM, no_event, official
from tests.kernel.documents.factories import pdf_of
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import InvalidStep, NotPossibleNow, NotYours, ObligationNotFound
from yingshang.areas.contracts.figures.rebuilding import rebuild
from yingshang.areas.contracts.models import DueCell, Obligation, Performance
from yingshang.areas.contracts.obligations.planning import plan
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db

_firms: list[Supplier] = []
LATER = datetime(2026, 11, 23, 10, tzinfo=NOW.tzinfo)
WHOLE = 300_000 * YUAN


@pytest.fixture(autouse=True)
def firm() -> Iterator[Supplier]:
    """One enterprise for each test."""
    _firms.append(supplier())
    yield _firms[0]
    _firms.clear()


def firm_of_tests() -> Supplier:
    return _firms[0]


def late_payment(**more: Any) -> Obligation:
    """300,000 yuan that were due on 2026-11-03, at the law's rate: 150 yuan of interest a day."""
    firm = firm_of_tests()
    more = {
        "contract": more.get("contract") or contract_row(of=firm.party),
        "due_on": date(2026, 11, 3),
        "terms": {"on": "2026-11-03"},
        "daily_rate": "0.0005",
        "rate_source": "law:d802",
        **more,
    }
    return obligation_row(**more)


def paid(row: Obligation, amount: int | None, on: date = TODAY, what: str = "partial", **more: Any) -> int:
    return api.record_performance(
        actor=unit().administrator.actor(),
        obligation_id=row.pk,
        what=what,
        happened_on=on,
        amount_fen=amount,
        now=LATER,
        **more,
    )


def said(row: Obligation, what: str, amount: int | None = None, on: date = TODAY, **more: Any) -> int:
    return api.record_own(
        actor=firm_of_tests().who.actor(),
        obligation_id=row.pk,
        what=what,
        happened_on=on,
        amount_fen=amount,
        now=LATER,
        **more,
    )


def fresh(row: Obligation) -> Obligation:
    return Obligation.objects.get(pk=row.pk)


def test_a_payment_is_recorded_with_one_event_and_the_sums_follow() -> None:
    row = late_payment()

    with one_contract_event("performance_recorded") as events:
        paid(row, 100_000 * YUAN)

    # Twenty days late: 3,000 yuan of interest are paid first, 97,000 of the principal.
    row = fresh(row)
    assert (row.state, row.done_fen, row.open_fen) == ("partial", 97_000 * YUAN, 203_000 * YUAN)
    assert (row.accrued_fen, row.accrued_until, row.unit_said_fen) == (0, TODAY, 100_000 * YUAN)
    assert events[0]["after"]["interest_fen"] == 3_000 * YUAN
    entry = Performance.objects.get(obligation=row)
    assert (entry.interest_fen, entry.event_id) == (3_000 * YUAN, events[0]["id"])
    assert DueCell.objects.get(due_on=row.due_on).open_fen == 203_000 * YUAN
    row.contract.refresh_from_db()
    assert row.contract.open_count == 1


def test_principal_and_interest_close_it_and_who_is_owed_confirms() -> None:
    row = late_payment()
    paid(row, WHOLE + 3_000 * YUAN, what="done")

    row = fresh(row)
    assert (row.state, row.open_fen, row.accrued_fen, row.performed_on) == ("performed", 0, 0, TODAY)
    assert row.confirmed_by == ""
    said(row, "done")
    row = fresh(row)
    assert (row.state, row.confirmed_by, row.disagreed) == ("performed", "counterparty", False)
    assert row.counterparty_said_fen == WHOLE + 3_000 * YUAN
    with pytest.raises(NotPossibleNow):
        paid(row, 1)


def test_who_pays_sets_no_interest_aside_and_who_is_owed_may() -> None:
    row = late_payment()
    for what in ("done", "partial"):
        with no_event(), pytest.raises(InvalidStep) as refusal:
            paid(row, WHOLE, what=what, of_interest_fen=2_999 * YUAN)
        assert "3,000.00" in refusal.value.message_zh
    assert fresh(row).state == "running"
    said(row, "partial", WHOLE, of_interest_fen=0)

    row = fresh(row)
    assert (row.state, row.open_fen, row.accrued_fen) == ("performed", 0, 3_000 * YUAN)
    # It does not grow any more.
    assert api.interest_of(row, TODAY + timedelta(days=100)).fen == 3_000 * YUAN


def test_the_principal_alone_is_a_part_where_nobody_agreed() -> None:
    row = late_payment()
    paid(row, WHOLE, what="done")

    row = fresh(row)
    assert (row.state, row.open_fen) == ("partial", 3_000 * YUAN)
    # Who is owed says that all has come: nothing is asked any more.
    said(row, "done")
    assert (fresh(row).state, fresh(row).open_fen) == ("performed", 0)


def test_more_than_is_open_is_refused_with_what_is_open_unless_said_so() -> None:
    row = late_payment()
    paid(row, 200_000 * YUAN)
    with no_event(), pytest.raises(InvalidStep) as refusal:
        paid(row, 150_000 * YUAN)
    assert refusal.value.details["open_fen"] == 103_000 * YUAN
    assert "103,000.00" in refusal.value.message_zh

    paid(row, 150_000 * YUAN, overpaid=True)
    row = fresh(row)
    assert (row.state, row.done_fen, row.open_fen) == ("performed", WHOLE, 0)
    assert row.unit_said_fen == 350_000 * YUAN


def test_what_was_denied_does_not_count_and_is_not_averaged() -> None:
    row = late_payment()
    first = paid(row, WHOLE + 3_000 * YUAN, what="done")
    with one_contract_event("performance_denied"):
        said(row, "not_received", note="账户没有到账")

    row = fresh(row)
    assert (row.state, row.done_fen, row.open_fen, row.disagreed) == ("running", 0, WHOLE, True)
    assert (row.unit_said_fen, row.counterparty_said_fen) == (WHOLE + 3_000 * YUAN, 0)
    assert row.ended_at is None
    # Of what is said afterwards nothing is denied yet; then it says that half has come.
    said(row, "partial", 150_000 * YUAN)
    row = fresh(row)
    assert (row.state, row.disagreed) == ("partial", True)
    assert row.open_fen == WHOLE - 147_000 * YUAN
    # The unit takes back what was not so: they agree on what the other side has said.
    with one_contract_event("performance_withdrawn"):
        api.withdraw_performance(
            actor=unit().administrator.actor(), performance_id=first, reason="付款被银行退回", now=LATER
        )
    row = fresh(row)
    assert (row.disagreed, row.unit_said_fen) == (False, None)
    paid(row, 150_000 * YUAN)
    assert (fresh(row).disagreed, fresh(row).unit_said_fen) == (False, 150_000 * YUAN)


def test_a_delivery_said_by_the_enterprise_waits_for_the_unit() -> None:
    contract = contract_row(of=firm_of_tests().party)
    deliver, accept, pay = plan(
        contract,
        [
            {"side": "counterparty", "kind": "deliver", "title": "交付", "terms": {"on": "2026-10-30"}},
            {
                "side": "unit",
                "kind": "accept",
                "title": "验收",
                "terms": {"after": "delivered", "term": {"days": 7}},
            },
            {
                "side": "unit",
                "kind": "pay",
                "title": "付款",
                "share": "1",
                "terms": {"after": "accepted", "term": {"days": 30}},
            },
        ],
        actor=SYSTEM,
        now=NOW,
    )
    said(deliver, "done", on=date(2026, 10, 20))
    assert (fresh(deliver).state, fresh(accept).state) == ("running", "waiting")

    paid(deliver, None, on=date(2026, 10, 21), what="done")
    assert (fresh(deliver).state, fresh(deliver).confirmed_by) == ("performed", "unit")
    # What follows begins, from the day the unit named.
    assert (fresh(accept).state, fresh(accept).due_on) == ("running", date(2026, 10, 28))
    accepted = paid(accept, None, on=date(2026, 10, 26), what="done")
    assert (fresh(pay).state, fresh(pay).event_on, fresh(pay).due_on) == (
        "running",
        date(2026, 10, 26),
        date(2026, 11, 25),
    )
    back: dict[str, Any] = {"actor": unit().administrator.actor(), "performance_id": accepted}
    with no_event(), pytest.raises(InvalidStep, match="is late since 2026-11-25"), transaction.atomic():
        api.withdraw_performance(**back, reason="填错", now=LATER + timedelta(days=2))
    api.withdraw_performance(**back, reason="填错", now=LATER)
    assert (fresh(pay).state, fresh(pay).due_on) == ("waiting", None)
    _equal_from_scratch()


def test_an_event_starts_days_running_moves_them_and_is_taken_back() -> None:
    contract = contract_row(of=firm_of_tests().party)
    [pay] = plan(
        contract,
        [{"side": "unit", "kind": "pay", "title": "付款", "share": "1", "terms": {"after": "accepted"}}],
        actor=SYSTEM,
        now=NOW,
    )
    clerk = unit().administrator.actor()
    with one_contract_event("event_recorded"):
        assert api.record_event(
            actor=clerk, contract_id=contract.pk, event="accepted", happened_on=date(2026, 10, 26), now=LATER
        )
    # No term was agreed: thirty days by the law; 2026-11-25 is a Wednesday.
    assert (fresh(pay).due_on, fresh(pay).law) == (date(2026, 11, 25), "d802")
    api.record_event(
        actor=clerk, contract_id=contract.pk, event="accepted", happened_on=date(2026, 10, 30), now=LATER
    )
    assert fresh(pay).due_on == date(2026, 11, 30)  # the 29th is a Sunday
    with one_contract_event("event_withdrawn"):
        api.withdraw_event(actor=clerk, contract_id=contract.pk, event="accepted", reason="填错", now=LATER)
    assert (fresh(pay).state, fresh(pay).due_on, fresh(pay).event_on) == ("waiting", None, None)
    # What is late is not put off by the unit: an earlier day it may tell, a later one, or none, it may not.
    told: dict[str, Any] = {"actor": clerk, "contract_id": contract.pk, "event": "accepted"}
    for day in (date(2026, 9, 30), date(2026, 9, 29)):
        api.record_event(**told, happened_on=day, now=LATER)
    with no_event(), pytest.raises(InvalidStep, match="agree a supplement"), transaction.atomic():
        api.record_event(**told, happened_on=date(2026, 10, 8), now=LATER)
    with no_event(), pytest.raises(InvalidStep, match="ask who supervises"), transaction.atomic():
        api.withdraw_event(**told, reason="填错", now=LATER)
    assert fresh(pay).due_on == date(2026, 10, 29)
    above = api.contract(actor=unit().supervisor.actor(), contract_id=contract.pk, now=LATER)
    assert "event_withdrawn" in above.may and "event" not in above.may
    with one_contract_event("event_withdrawn"):
        api.withdraw_event(**told | {"actor": unit().supervisor.actor()}, reason="查明未验收", now=LATER)
    assert (fresh(pay).state, fresh(pay).due_on) == ("waiting", None)
    with no_event(), pytest.raises(InvalidStep, match="no open obligation"):
        api.record_event(actor=clerk, contract_id=contract.pk, event="settled", happened_on=TODAY, now=LATER)
    with no_event(), pytest.raises(InvalidStep, match="until today"):
        api.record_event(
            actor=clerk,
            contract_id=contract.pk,
            event="accepted",
            happened_on=TODAY + timedelta(days=1),
            now=LATER,
        )
    _equal_from_scratch()


def test_a_dispute_stands_until_who_raised_it_or_a_supervisor_ends_it() -> None:
    row = late_payment()
    with one_contract_event("obligation_disputed"):
        said(row, "disputed", note="对工程量有异议")
    assert fresh(row).disputed
    with no_event(), pytest.raises(NotPossibleNow):
        api.settle_dispute(
            actor=unit().administrator.actor(), obligation_id=row.pk, note="我们认为已解决", now=LATER
        )
    with one_contract_event("dispute_settled"):
        api.settle_dispute(
            actor=unit().supervisor.actor(), obligation_id=row.pk, note="双方达成一致", now=LATER
        )
    assert not fresh(row).disputed


def test_evidence_is_kept_with_the_obligation_and_opened_by_both_sides() -> None:
    row, other = late_payment(), late_payment()
    file = api.add_evidence(
        actor=unit().administrator.actor(), obligation_id=row.pk, content=pdf_of(), name="回单.pdf", now=LATER
    )
    with no_event(), pytest.raises(InvalidStep, match="not with this obligation"):
        paid(other, 100, document_ids=[file])
    entry = paid(row, 100, document_ids=[file])
    assert Performance.objects.get(pk=entry).document_ids == [file]
    from yingshang.areas.contracts.performing.evidence import may_read_evidence

    for who in (firm_of_tests().who, unit().reviewer, unit().supervisor):
        assert may_read_evidence(who.actor(), str(row.pk))


@pytest.mark.parametrize(
    ("what", "amount", "on", "field"),
    [
        ("done", None, TODAY, "amount"),
        ("partial", 0, TODAY, "amount"),
        ("partial", 100, TODAY + timedelta(days=1), "happened_on"),
        ("partial", 100, date(2019, 1, 1), "happened_on"),
        ("not_received", None, TODAY, "what"),
        ("disputed", None, TODAY, "note"),
        ("done", 100, TODAY, "what"),
        ("paid", 100, TODAY, "what"),
    ],
)
def test_what_cannot_be_taken_names_its_field(what: str, amount: int | None, on: date, field: str) -> None:
    row = late_payment()
    with no_event(), pytest.raises(InvalidStep) as refusal:
        paid(row, amount, on=on, what=what)
    assert refusal.value.details["field"] == field


def test_an_amount_that_no_register_holds_is_refused() -> None:
    row = late_payment()
    with no_event(), pytest.raises(InvalidStep, match="at most"):
        paid(row, 10**19, overpaid=True)
    unknown = late_payment(amount_fen=None)
    with no_event(), pytest.raises(InvalidStep, match="at most"):
        said(unknown, "partial", 10**19)


def test_who_is_owed_does_not_say_that_all_has_come_with_less() -> None:
    row, fee = late_payment(), late_payment(side="counterparty")
    with no_event():
        with pytest.raises(InvalidStep, match="in part"):
            said(row, "done", 100 * YUAN)
        with pytest.raises(InvalidStep, match="in part"):
            paid(fee, 100 * YUAN, what="done")
    assert (fresh(row).state, fresh(fee).state) == ("running", "running")
    said(row, "partial", 100_000 * YUAN)
    said(row, "done", 200_000 * YUAN)
    assert fresh(row).state == "performed"


def test_a_unit_that_supervises_does_not_end_a_dispute_with_itself() -> None:
    row = late_payment()
    said(row, "disputed", note="对工程量有异议")
    of_the_unit = official("supervisor", DAOLI, UNIT).actor()
    with no_event(), pytest.raises(NotYours):
        api.settle_dispute(actor=of_the_unit, obligation_id=row.pk, note="已解决", now=LATER)
    # Who registers for the supervising agency ends it as who supervises.
    clerk = official("contract_administrator", DAOLI, SUPERVISION).actor()
    both = replace(unit().supervisor.actor(), grants=(*unit().supervisor.actor().grants, *clerk.grants))
    api.settle_dispute(actor=both, obligation_id=row.pk, note="双方达成一致", now=LATER)
    assert not fresh(row).disputed


def test_a_clerk_of_another_unit_gives_evidence_for_the_enterprise_they_act_for() -> None:
    row = late_payment()
    clerk = official("contract_administrator", DAOLI, SUPERVISION).actor()
    both = replace(firm_of_tests().who.actor(), grants=clerk.grants)
    assert api.add_evidence(actor=both, obligation_id=row.pk, content=pdf_of(), name="回单.pdf", now=LATER)


def test_what_is_said_of_a_contract_that_is_not_open_is_told_by_its_number() -> None:
    contract = contract_row(of=firm_of_tests().party, secrecy="commercial", title="特种设备采购")
    row = late_payment(contract=contract, title="支付特种设备款")
    said(row, "not_received")
    api.block_obligation(
        obligation_id=row.pk, kind="appeal", reference="7", label="诉求 SQ7", actor=SYSTEM, now=LATER
    )
    found = Message.objects.filter(template__in=("contracts.said_not_received", "contracts.blocked"))
    told = list(found.values_list("subject", "body"))
    assert {each.template for each in found} == {"contracts.said_not_received", "contracts.blocked"}
    assert not any("特种设备" in text for texts in told for text in texts)
    assert all(contract.number in body for _subject, body in told)
    assert "特种设备" not in str(list(AuditEvent.objects.filter(action="contracts.blocked").values()))


def test_whether_a_budget_is_there_is_said_and_counted() -> None:
    row = late_payment()
    assert row.budget_reserved is None
    with one_contract_event("budget_said"):
        api.say_budget(
            actor=unit().administrator.actor(),
            obligation_id=row.pk,
            reserved=False,
            note="待追加预算",
            now=LATER,
        )
    assert fresh(row).budget_reserved is False
    assert DueCell.objects.get(due_on=row.due_on).unreserved_count == 1
    _equal_from_scratch()
    delivery = late_payment(side="counterparty", kind="deliver", amount_fen=None)
    with no_event(), pytest.raises(InvalidStep, match="only what the unit pays"):
        api.say_budget(
            actor=unit().administrator.actor(), obligation_id=delivery.pk, reserved=True, now=LATER
        )


def test_nobody_says_it_for_another() -> None:
    row = late_payment()
    people = unit()
    with no_event():
        for who in (people.reviewer, people.head, people.supervisor, people.leader):
            with pytest.raises(Exception, match="may not"):
                api.record_performance(
                    actor=who.actor(),
                    obligation_id=row.pk,
                    what="partial",
                    happened_on=TODAY,
                    amount_fen=1,
                    now=LATER,
                )
        hidden = late_payment(contract=contract_row(of=firm_of_tests().party, state="submitted"))
        with pytest.raises(ObligationNotFound):
            said(hidden, "not_received")
        with pytest.raises(NotPossibleNow):
            paid(hidden, 100)
    assert NotYours


def _equal_from_scratch() -> None:
    """The sums kept are those of adding up anew."""
    fields = [each.name for each in DueCell._meta.fields if each.name != "id"]
    kept = sorted(map(str, DueCell.objects.values(*fields)))
    rebuild(actor=SYSTEM, now=LATER)
    assert sorted(map(str, DueCell.objects.values(*fields))) == kept


def test_that_another_obligation_was_done_is_no_event_somebody_takes_back() -> None:
    row = obligation_row(event="obligation", event_on=TODAY, terms={"after": "obligation", "of": 1})
    seen = api.contract(actor=unit().administrator.actor(), contract_id=row.contract_id, now=LATER)
    assert seen.withdrawable == () and "event_withdrawn" not in seen.may
