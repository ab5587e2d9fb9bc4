"""A supervisor corrects what an obligation is counted from: what comes of it, who is told, and what stays protected."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from tests.areas.contracts.factories import (
    NOW,
    SYSTEM,
    Supplier,
    contract_row,
    one_contract_event,
    performance_row,
    supplier,
    unit,
)
from tests.areas.contracts.ladder.situations import LATER, evidence, fresh
from tests.kernel.access.factories import Person, arranged, no_event
from tests.kernel.documents.factories import pdf_of
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import Blocked, InvalidStep, InvalidTerms, NotPossibleNow, NotYours
from yingshang.areas.contracts.models import Contract, Correction, Obligation
from yingshang.areas.contracts.obligations.planning import plan
from yingshang.areas.contracts.performing.applying import apply
from yingshang.kernel.documents.api import get_document
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db

DELIVERY, ACCEPTANCE, PAYMENT = range(3)


def _chain(firm: Supplier) -> tuple[Contract, list[Obligation]]:
    """Delivered on 10-08; the payment was written down as due ten days after that, and is late since 10-18: by the
    contract it is ten days after the inspection, which has not been made.
    """
    contract = contract_row(of=firm.party)
    with arranged():
        rows = plan(
            contract,
            [
                {"side": "counterparty", "kind": "deliver", "title": "交付", "terms": {"on": "2026-10-08"}},
                {"side": "unit", "kind": "accept", "title": "验收", "terms": {"on": "2026-12-10"}},
                {
                    "side": "unit",
                    "kind": "pay",
                    "title": "付款",
                    "amount_fen": 300_000_00,
                    "terms": {
                        "after": "obligation",
                        "of": 1,
                        "term": {"days": 10},
                        "rate": {"yearly": "0.05"},
                    },
                },
            ],
            actor=SYSTEM,
            now=NOW,
        )
        performance_row(rows[DELIVERY], date(2026, 10, 8), side="counterparty", amount_fen=None)
        performance_row(rows[DELIVERY], date(2026, 10, 8), side="unit", amount_fen=None)
        rows[DELIVERY].refresh_from_db()
        apply(rows[DELIVERY], now=NOW)
    return contract, [fresh(each) for each in rows]


def _corrected(row: Obligation, by: Person, **more: Any) -> dict[str, Any]:
    return {
        "actor": by.actor(),
        "obligation_id": row.pk,
        "event": "obligation",
        "of": 2,
        "reason": "合同第七条约定验收后十日内付款",
        "document_ids": [evidence(row)],
        "now": LATER,
        **more,
    }


def test_the_day_is_counted_anew_and_both_sides_read_why() -> None:
    firm, people = supplier(), unit()
    contract, rows = _chain(firm)
    pay = rows[PAYMENT]
    assert (pay.state, pay.due_on, pay.after_id) == ("running", date(2026, 10, 19), rows[DELIVERY].pk)
    # The page that says so is of the supervisor's own hand.
    shown = api.add_evidence(
        actor=people.supervisor.actor(), obligation_id=pay.pk, content=pdf_of(), name="第七条.pdf", now=LATER
    )
    with one_contract_event("obligation_corrected") as events:
        number = api.correct_start(**_corrected(pay, people.supervisor, document_ids=[shown]))
    pay = fresh(pay)
    assert (pay.state, pay.due_on, pay.event_on, pay.after_id) == ("waiting", None, None, rows[ACCEPTANCE].pk)
    assert pay.terms == {"after": "obligation", "of": 2, "term": {"days": 10}, "rate": {"yearly": "0.05"}}
    assert pay.deadline_id is None and "2026-10-19" not in pay.derivation["zh"]
    [event] = events
    assert event["before"]["due_on"] == "2026-10-19" and event["after"]["eased"] == [3]
    # What it was counted from before is kept, with what was late by it; nobody changes that.
    kept = Correction.objects.get(pk=number)
    assert (kept.before["terms"]["of"], kept.after["terms"]["of"], kept.event_id) == (1, 2, event["id"])
    assert [each["before"]["due_on"] for each in kept.eased] == ["2026-10-19"]
    # It goes on by what it is counted from now.
    with arranged():
        performance_row(rows[ACCEPTANCE], date(2026, 11, 20), amount_fen=None)
        accepted = fresh(rows[ACCEPTANCE])
        accepted.contract = contract
        apply(accepted, now=LATER)
    assert fresh(pay).due_on == date(2026, 11, 30)

    desk = api.contract(actor=people.reviewer.actor(), contract_id=contract.pk, now=LATER)
    [line] = desk.obligations[PAYMENT].corrections
    assert (line.made_by_name, line.document_ids) == (people.supervisor.user.name, (shown,))
    own = api.my_contract(actor=firm.who.actor(), contract_id=contract.pk, today=LATER.date())
    [line] = own.obligations[PAYMENT].corrections
    assert (line.reason, line.made_by_name) == ("合同第七条约定验收后十日内付款", "")
    assert line.agency_name
    # The other side opens what shows it.
    assert get_document(actor=firm.who.actor(), document_id=shown).name == "第七条.pdf"
    told = set(
        Message.objects.filter(template="contracts.obligation_corrected").values_list("recipient", flat=True)
    )
    unit_people = {people.administrator, people.second_administrator, people.reviewer, people.head}
    assert told == {each.id for each in (*unit_people, firm.who)}


@pytest.mark.parametrize(
    ("more", "refusal", "match"),
    [
        ({"of": 1}, InvalidStep, "counted from that already"),
        ({"of": 3}, InvalidStep, "another obligation of this contract"),
        ({"of": None}, InvalidStep, "another obligation of this contract"),
        ({"event": "accepted"}, InvalidStep, "only after another"),
        ({"event": "nothing", "of": None}, InvalidStep, "choose an event"),
        ({"reason": " "}, InvalidStep, "say why"),
        ({"document_ids": []}, InvalidStep, "add what shows it"),
    ],
)
def test_what_is_no_correction_is_refused(more: dict[str, Any], refusal: type, match: str) -> None:
    _contract, rows = _chain(supplier())
    asked = _corrected(rows[PAYMENT], unit().supervisor, **more)
    with no_event(), pytest.raises(refusal, match=match), transaction.atomic():
        api.correct_start(**asked)


def test_a_day_that_was_agreed_as_a_day_and_a_circle_are_refused() -> None:
    _contract, rows = _chain(supplier())
    people = unit()
    day = _corrected(rows[ACCEPTANCE], people.supervisor, of=1)
    with no_event(), pytest.raises(InvalidStep, match="agreed as a day"), transaction.atomic():
        api.correct_start(**day)
    with arranged():
        Obligation.objects.filter(pk=rows[ACCEPTANCE].pk).update(
            terms={"after": "obligation", "of": 1}, event="obligation", after=rows[PAYMENT]
        )
    circle = _corrected(rows[PAYMENT], people.supervisor)
    with no_event(), pytest.raises(InvalidTerms, match="wait for itself"), transaction.atomic():
        api.correct_start(**circle)


def test_the_unit_s_own_people_and_an_appeal_stand_in_the_way() -> None:
    contract, rows = _chain(supplier())
    people, pay = unit(), rows[PAYMENT]
    # The roles there are keep them apart; others may join them: nobody corrects what is the own unit's.
    above, reviewer = people.supervisor.actor(), people.reviewer.actor()
    both = replace(above, grants=(*above.grants, *reviewer.grants))
    asked = _corrected(pay, people.supervisor, actor=both)
    with no_event(), pytest.raises(NotYours), transaction.atomic():
        api.correct_start(**asked)
    may = api.contract(actor=both, contract_id=contract.pk, now=LATER)
    assert "corrected" not in may.obligations[PAYMENT].may
    may = api.contract(actor=people.city_supervisor.actor(), contract_id=contract.pk, now=LATER)
    assert ["corrected" in each.may for each in may.obligations] == [False, False, True]
    # While the other side's appeal says that it was not paid, nobody makes it less late.
    api.block_obligation(
        obligation_id=pay.pk, kind="appeal", reference="1", label="诉求", actor=SYSTEM, now=NOW
    )
    asked = _corrected(pay, people.city_supervisor)
    with no_event(), pytest.raises(Blocked), transaction.atomic():
        api.correct_start(**asked)
    assert fresh(pay).due_on == date(2026, 10, 19)
    # What nobody has reviewed the unit changes itself.
    with arranged():
        Contract.objects.filter(pk=contract.pk).update(state="submitted")
    with no_event(), pytest.raises(NotPossibleNow), transaction.atomic():
        api.correct_start(**asked)
