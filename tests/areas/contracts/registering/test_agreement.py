"""A supplement by which less would be owed, or later, of what the unit is late with waits for the other side's word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from tests.areas.contracts.factories import (
    TODAY,
    YUAN,
    Supplier,
    contract_row,
    obligation_row,
    one_contract_event,
    supplier,
    unit,
)
from tests.areas.contracts.ladder.situations import DUE, LATER, days_later, fresh, late_obligation
from tests.areas.contracts.registering.situations import (
    PUT_OFF,
    approve,
    proposed,
    signed_with,
    to_agree,
)
from tests.kernel.access.factories import DAOLI, SYSTEM, arranged, no_event, official
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import Blocked, InvalidStep, NotApart
from yingshang.areas.contracts.models import Contract, Obligation, Supplement
from yingshang.areas.contracts.performing.easing import Debt
from yingshang.kernel.access.api import Actor, appoint
from yingshang.kernel.clock.api import get_deadline, sweep
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError

OWED = Debt(1, 1, "付款", "running", 100, DUE, Decimal("0.0005"), "")


@pytest.mark.parametrize(
    ("after", "eased"),
    [
        ({}, False),
        ({"state": "dropped"}, True),
        ({"amount_fen": 99}, True),
        ({"amount_fen": None}, True),
        ({"amount_fen": 101}, False),
        ({"due_on": date(2026, 11, 21)}, True),
        ({"due_on": None, "state": "waiting"}, True),
        ({"due_on": date(2026, 11, 19)}, False),
        ({"daily_rate": Decimal("0.0004")}, True),
        ({"daily_rate": None}, True),
        ({"order": "principal_first"}, True),
        ({"title": "尾款", "state": "partial"}, False),
    ],
)
def test_less_later_cheaper_or_unknown_is_easier(after: dict[str, Any], eased: bool) -> None:
    assert OWED.eased(replace(OWED, **after)) is eased


def _silent(firm: Supplier) -> Supplement:
    row = to_agree(firm)
    with arranged():
        Supplement.objects.filter(pk=row.pk).update(due_on=date(2026, 11, 20))
    return fresh(row)


def _answered(firm: Supplier, act: Callable[..., None], **more: Any) -> Supplement:
    row = to_agree(firm)
    with arranged():
        act(actor=firm.who.actor(), supplement_id=row.pk, now=LATER, **more)
    return fresh(row)


STATES: dict[str, Callable[[Supplier], Supplement]] = {
    "proposed": lambda firm: proposed(late_obligation(contract=signed_with(firm))),
    "to_agree": to_agree,
    "silent": _silent,
    "effective": lambda firm: _answered(firm, api.agree_supplement),
    "declined": lambda firm: _answered(firm, api.decline_supplement, reason="没有签过"),
}


def _with(act: Callable[..., None], **more: Any) -> Callable[[Actor, int], None]:
    return lambda actor, number: act(actor=actor, supplement_id=number, now=LATER, **more)


UNIT_PEOPLE, ABOVE = {"administrator", "second_administrator", "reviewer"}, {"supervisor", "city_supervisor"}
# Of each action: its audit event, what it leads to, who may in which of the states, and the deed.
ACTIONS: dict[str, tuple[str, str, set[str], set[str], Callable[[Actor, int], None]]] = {
    "approves": (
        "supplement_referred",
        "to_agree",
        {"reviewer"},
        {"proposed"},
        _with(api.decide_supplement, approved=True),
    ),
    "drops": (
        "supplement_dropped",
        "dropped",
        UNIT_PEOPLE,
        {"proposed", "to_agree", "silent"},
        _with(api.drop_supplement, remark="未签订"),
    ),
    "agrees": (
        "supplemented",
        "effective",
        {"enterprise"},
        {"to_agree", "silent"},
        _with(api.agree_supplement),
    ),
    "declines": (
        "supplement_declined",
        "declined",
        {"enterprise"},
        {"to_agree", "silent"},
        _with(api.decline_supplement, reason="没有签过"),
    ),
    "decides": (
        "supplemented",
        "effective",
        ABOVE,
        {"silent"},
        _with(api.decide_agreement, agreed=True, reason="协议属实"),
    ),
    "decides not": (
        "supplement_declined",
        "declined",
        ABOVE,
        {"silent"},
        _with(api.decide_agreement, agreed=False, reason="没有盖章"),
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("state", STATES)
def test_each_does_what_the_table_allows_and_nothing_else(state: str) -> None:
    firm, people = supplier(), unit()
    row = STATES[state](firm)
    names = ("administrator", "second_administrator", "reviewer", "head", *ABOVE, "leader")
    everybody = {each: getattr(people, each).actor() for each in names} | {
        "enterprise": firm.who.actor(),
        "another enterprise": supplier().who.actor(),
        "another unit": official("contract_reviewer", DAOLI, "market-regulation").actor(),
        "supervisor in the unit": official("supervisor", DAOLI, "housing-construction").actor(),
    }
    for name, (event, after, by, states, act) in ACTIONS.items():
        for who, actor in everybody.items():
            if who in by and state in states:
                with transaction.atomic():
                    with one_contract_event(event):
                        act(actor, row.pk)
                    assert fresh(row).state == after, (name, who)
                    transaction.set_rollback(True)
            else:
                with no_event(), pytest.raises(DomainError), transaction.atomic():
                    act(actor, row.pk)
                    pytest.fail(f"{who} {name} while {state}")


@pytest.mark.django_db
def test_until_the_enterprise_agrees_nothing_has_changed_and_the_ladder_goes_on(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    firm, people = supplier(), unit()
    contract = signed_with(firm)
    late = late_obligation(contract=contract)
    clock = late.deadline_id
    row = proposed(late, PUT_OFF | {"amount_fen": 200_000 * YUAN}, changes={"ends_on": date(2027, 6, 30)})
    with one_contract_event("supplement_referred") as events:
        approve(row)
    [eased] = events[0]["after"]["eased"]
    assert (eased["before"]["due_on"], eased["after"]["due_on"]) == ("2026-11-20", "2027-01-15")
    late, row = fresh(late), fresh(row)
    assert (late.due_on, late.amount_fen, late.deadline_id) == (DUE, 300_000 * YUAN, clock)
    assert get_deadline(clock).open and fresh(contract).ends_on == contract.ends_on
    assert (fresh(contract).revision, row.state, row.due_on) == (1, "to_agree", date(2026, 12, 3))
    asked = Message.objects.get(template="contracts.supplement_to_agree", channel="in_app")
    assert asked.recipient_id == firm.who.id and "2026" in asked.body
    # The enterprise reads what it was and would be, wherever something waits for its word.
    own = firm.who.actor()
    assert api.my_contracts(actor=own, today=TODAY, only="waiting").rows[0].waiting_for_me == 1
    with django_assert_max_num_queries(10):
        [seen] = api.my_contract(actor=own, contract_id=contract.pk, today=TODAY).supplements
    assert seen == api.supplements_for_me(actor=own)[0] and seen.may == {"agreed", "declined"}
    assert seen.obligation_changes[0]["before"]["amount_fen"] == 300_000 * YUAN
    assert api.supplements_for_me(actor=supplier().who.actor()) == ()
    # Who supervises reads it too, and waits.
    supervisor = people.supervisor.actor()
    with django_assert_max_num_queries(2):
        assert api.agreements(actor=supervisor, now=LATER).total == 1
    assert api.agreements(actor=supervisor, decidable=True, now=LATER).total == 0
    assert api.agreement(actor=supervisor, supplement_id=row.pk, now=LATER).may == frozenset()
    assert api.waiting_supplements(actor=people.reviewer.actor()).total == 0
    with one_contract_event("supplemented") as events:
        api.agree_supplement(actor=own, supplement_id=row.pk, now=LATER)
    assert events[0]["after"]["agreed_as"] == "counterparty"
    late, row = fresh(late), fresh(row)
    assert (late.due_on, late.open_fen, late.supplement_id) == (date(2027, 1, 15), 200_000 * YUAN, row.pk)
    assert not get_deadline(clock).open and not get_deadline(row.deadline_id).open
    assert (fresh(contract).ends_on, row.state) == (date(2027, 6, 30), "effective")
    told = Message.objects.filter(template="contracts.supplement_decided", channel="in_app")
    assert {each.recipient_id for each in told} == {row.proposed_by_id, row.decided_by_id}
    assert api.rebuild(actor=SYSTEM, now=LATER).total == 0


@pytest.mark.django_db
def test_the_unit_knows_before_it_sends_and_before_it_approves_that_the_other_side_will_be_asked() -> None:
    people, contract = unit(), signed_with(supplier())
    late = late_obligation(contract=contract)
    ahead = obligation_row(contract)
    clock = late.deadline_id
    for rows, changes, eased in (
        ([ahead], PUT_OFF, []),
        ([late], {"amount_fen": 400_000 * YUAN}, []),
        ([late, ahead], PUT_OFF, [late.pk]),
    ):
        with no_event():
            preview = api.preview_supplement(
                actor=people.administrator.actor(),
                contract_id=contract.pk,
                title="付款延期补充协议",
                signed_on=TODAY,
                reason="双方商定",
                obligations=[api.ProposedChange("change", each.pk, changes=changes) for each in rows],
                now=LATER,
            )
        assert [each["obligation"] for each in preview.eased] == eased and preview.asks_party
    # Nothing of it was kept.
    assert not contract.supplements.exists() and (fresh(late).due_on, fresh(late).deadline_id) == (DUE, clock)
    row = proposed(late)
    # Where there is nobody to ask, a supervisor will decide: that is said instead.
    with arranged(), transaction.atomic():
        Contract.objects.filter(pk=contract.pk).update(party=None)
        nobody = api.supplement_preview(actor=people.reviewer.actor(), supplement_id=row.pk, now=LATER)
        assert nobody.eased and not nobody.asks_party
        transaction.set_rollback(True)
    with no_event():
        shown = api.supplement_preview(actor=people.reviewer.actor(), supplement_id=row.pk, now=LATER)
    assert fresh(row).state == "proposed" and get_deadline(clock).open
    with pytest.raises(DomainError):
        api.supplement_preview(actor=people.supervisor.actor(), supplement_id=row.pk, now=LATER)
    approve(row)
    assert list(shown.eased) == fresh(row).eased
    # What waits for the other side by now needs no preview.
    assert not api.supplement_preview(actor=people.reviewer.actor(), supplement_id=row.pk, now=LATER).eased


def _taken_back() -> list[tuple[int, str]]:
    rows = Message.objects.filter(template="contracts.supplement_taken_back", channel="in_app")
    return [(each.recipient_id, each.body) for each in rows]


@pytest.mark.django_db
def test_one_that_waited_and_is_taken_back_is_told_of_and_stays_to_be_seen() -> None:
    firm, clerk = supplier(), unit().administrator.actor()
    row = to_agree(firm)
    never_asked = proposed(late_obligation(contract=row.contract))
    for each in (never_asked, row):
        with one_contract_event("supplement_dropped"):
            api.drop_supplement(actor=clerk, supplement_id=each.pk, remark="改为按原约定支付", now=LATER)
    [(who, body)] = _taken_back()
    assert who == firm.who.id and "改为按原约定支付" in body
    [seen] = api.my_contract(actor=firm.who.actor(), contract_id=row.contract_id, today=TODAY).supplements
    assert (seen.id, seen.state, seen.ended_at, seen.end_reason) == (
        row.pk,
        "dropped",
        LATER,
        "改为按原约定支付",
    )
    assert not seen.may and api.supplements_for_me(actor=firm.who.actor()) == ()
    # Who had approved it is named as before, beside who took it back.
    desk = api.contract(actor=clerk, contract_id=row.contract_id, now=LATER)
    names = {each.id: (each.decided_by_name, each.dropped_by_name) for each in desk.supplements}
    reviewer = unit().reviewer.user.name
    assert names == {row.pk: (reviewer, clerk.name), never_asked.pk: ("", clerk.name)}
    assert api.agreement(actor=clerk, supplement_id=row.pk, now=LATER).approved_by == reviewer
    # Nobody above had been asked yet.
    assert not Message.objects.filter(template="contracts.supplement_not_to_decide").exists()


@pytest.mark.django_db
def test_who_was_asked_to_decide_is_told_that_there_is_nothing_to_decide() -> None:
    people = unit()
    row = proposed(late_obligation(contract=signed_with(supplier())))
    with arranged():
        Contract.objects.filter(pk=row.contract_id).update(party=None)
        Obligation.objects.filter(contract=row.contract_id).update(party_id=None)
        approve(row)
    assert fresh(row).state == "to_agree"
    with one_contract_event("supplement_dropped"):
        api.decide_supplement(
            actor=people.reviewer.actor(), supplement_id=row.pk, approved=False, remark="未签订", now=LATER
        )
    row = fresh(row)
    assert (row.decided_by_name, row.dropped_by_name, row.drop_reason) == (
        people.reviewer.user.name,
        people.reviewer.user.name,
        "未签订",
    )
    told = Message.objects.filter(template="contracts.supplement_not_to_decide", channel="in_app")
    assert {each.recipient_id for each in told} == {people.supervisor.id}
    assert all("未签订" in each.body for each in told)


@pytest.mark.django_db
@pytest.mark.parametrize("event", ["terminated", "voided", "completed"])
def test_one_that_waits_ends_with_its_contract_in_the_same_event(event: str) -> None:
    firm, people = supplier(), unit()
    row = to_agree(firm)
    waits = proposed(Obligation.objects.get(contract=row.contract_id))
    if event != "terminated":
        with arranged():
            Obligation.objects.filter(contract=row.contract_id).update(
                state="performed" if event == "completed" else "waiting",
                due_on=None,
                done_fen=300_000 * YUAN if event == "completed" else 0,
                open_fen=0 if event == "completed" else 300_000 * YUAN,
            )
    about: dict[str, Any] = {"actor": people.reviewer.actor(), "contract_id": row.contract_id, "now": LATER}
    with one_contract_event(event) as events:
        if event == "terminated":
            api.terminate_contract(**about, reason="协商解除", terminated_on=TODAY)
        elif event == "voided":
            api.void_contract(**about, reason="误登记")
        else:
            api.complete_contract(**about, reason="全部履行")
    assert events[0]["after"]["supplements_dropped"] == [1, 2]
    assert [fresh(each).state for each in (row, waits)] == ["dropped"] * 2
    assert not get_deadline(row.deadline_id).open
    assert [who for who, _ in _taken_back()] == [firm.who.id]
    assert Message.objects.filter(
        template="contracts.supplement_decided", recipient=people.administrator.id
    ).exists()
    assert api.agreements(actor=people.supervisor.actor(), state="to_agree", now=LATER).total == 0
    assert api.supplements_for_me(actor=firm.who.actor()) == ()


@pytest.mark.django_db
def test_what_is_not_eased_takes_effect_at_once_and_what_is_eased_indirectly_waits() -> None:
    contract = signed_with(supplier())
    late = late_obligation(contract=contract)
    today, ahead = (
        obligation_row(contract, due_on=each, terms={"on": each.isoformat()})
        for each in (TODAY, date(2026, 12, 31))
    )
    theirs = obligation_row(contract, side="counterparty", due_on=DUE, terms={"on": DUE.isoformat()})
    for row, what, changes, state in (
        (late, "change", {"amount_fen": 310_000 * YUAN}, "effective"),
        (ahead, "drop", {}, "effective"),
        (theirs, "change", PUT_OFF, "effective"),
        (today, "change", {"terms": {"after": "settled"}}, "to_agree"),
        (late, "drop", {}, "to_agree"),
    ):
        supplement = proposed(row, changes, what=what)
        approve(supplement)
        assert fresh(supplement).state == state, (row.ordinal, what)
    assert fresh(today).due_on == TODAY and fresh(late).state == "running"


@pytest.mark.django_db
def test_a_supervisor_decides_where_nobody_can_be_asked_or_answers_but_not_against_an_appeal() -> None:
    people = unit()
    supervisor = people.supervisor.actor()
    row = to_agree()
    decide = _with(api.decide_agreement, agreed=True, reason="协议属实")
    with no_event(), pytest.raises(InvalidStep, match="until 2026-12-03"), transaction.atomic():
        decide(supervisor, row.pk)
    sweep(actor=SYSTEM, now=days_later(11))
    assert Message.objects.filter(recipient=people.supervisor.id, template="contracts.supplement_to_decide")
    assert api.agreements(actor=supervisor, decidable=True, now=days_later(11)).total == 1
    with arranged():
        Supplement.objects.filter(pk=row.pk).update(due_on=date(2026, 11, 20))
        late = Obligation.objects.get(contract=row.contract_id)
        block: dict[str, Any] = {"obligation_id": late.pk, "kind": "appeal", "reference": "7"}
        api.block_obligation(**block, label="诉求 SQ7", actor=SYSTEM, now=LATER)
    with no_event(), pytest.raises(Blocked), transaction.atomic():
        decide(supervisor, row.pk)
    assert api.agreement(actor=supervisor, supplement_id=row.pk, now=LATER).may == {"declined"}

    nobody = signed_with(supplier())
    with arranged():
        Contract.objects.filter(pk=nobody.pk).update(party=None)
    other = proposed(late_obligation(contract=fresh(nobody)))
    before = Message.objects.filter(template="contracts.supplement_to_decide").count()
    approve(other)
    assert Message.objects.filter(template="contracts.supplement_to_decide").count() > before
    assert api.agreement(actor=supervisor, supplement_id=other.pk, now=LATER).may == {"agreed", "declined"}
    with one_contract_event("supplemented"):
        decide(supervisor, other.pk)
    assert fresh(other).agreed_as == "supervisor"


@pytest.mark.django_db
def test_an_appeal_about_what_became_late_while_it_waited_stands_in_the_way_too() -> None:
    contract = signed_with(supplier())
    late = late_obligation(contract=contract)
    soon = date(2026, 11, 24)
    ahead = obligation_row(contract, due_on=soon, terms={"on": soon.isoformat()})
    row = proposed(late, also=[ahead])
    approve(row)
    assert [each["obligation"] for each in fresh(row).eased] == [late.pk]
    with arranged():
        api.block_obligation(
            obligation_id=ahead.pk, kind="appeal", reference="8", label="诉求 SQ8", actor=SYSTEM, now=LATER
        )
    with no_event(), pytest.raises(Blocked), transaction.atomic():
        api.decide_agreement(
            actor=unit().supervisor.actor(),
            supplement_id=row.pk,
            agreed=True,
            reason="协议属实",
            now=days_later(11),
        )
    assert fresh(ahead).due_on == soon


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["proposed_by", "decided_by"])
def test_nobody_agrees_to_their_own_supplement_for_the_enterprise(step: str) -> None:
    firm = supplier()
    row = to_agree(firm)
    with arranged():
        Supplement.objects.filter(pk=row.pk).update(**{step: firm.who.id})
    for act in (_with(api.agree_supplement), _with(api.decline_supplement, reason="没有签过")):
        with no_event(), pytest.raises(NotApart), transaction.atomic():
            act(firm.who.actor(), row.pk)


@pytest.mark.django_db
def test_who_registers_for_another_unit_and_reviews_for_this_one_drops_it() -> None:
    row, both = to_agree(), official("contract_administrator", DAOLI, "market-regulation")
    with arranged():
        appoint(
            actor=SYSTEM,
            user_id=both.id,
            role="contract_reviewer",
            agency_id=unit().agency.pk,
            valid_from=date(2020, 1, 1),
            now=LATER,
        )
    api.drop_supplement(actor=both.actor(), supplement_id=row.pk, remark="未签订", now=LATER)
    assert fresh(row).state == "dropped"


@pytest.mark.django_db
def test_what_the_unit_keeps_to_itself_is_not_read_by_others_nor_named_in_events() -> None:
    firm = supplier()
    contract = contract_row(of=firm.party, counterparty_code=firm.party.credit_code, secrecy="commercial")
    row = proposed(late_obligation(contract=contract), changes={"note": "财政未批"})
    with one_contract_event("supplement_referred") as events:
        approve(row)
    assert "支付进度款" not in str(events[0]) and contract.title not in str(events[0])
    with arranged():
        row = fresh(row)
        row.obligation_changes.append({"what": "add", "rule": {"title": "尾款", "budget_reserved": False}})
        row.save()
    [seen] = api.supplements_for_me(actor=firm.who.actor())
    assert "财政未批" not in repr(seen) and "budget" not in repr(seen) and "尾款" in repr(seen)
