"""A unit gets a new head: who may say so, what is on the list, who signs it, and when it is reminded of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.areas.contracts.factories import (
    TODAY,
    UNIT,
    YUAN,
    contract_row,
    obligation_row,
    one_contract_event,
    unit,
)
from tests.kernel.access.factories import DAOLI, NANGANG, NOW, SYSTEM, agency, no_event, official
from yingshang.areas.contracts.api import (
    HAND_OVER,
    accept_hand_over,
    appoint_head,
    hand_over,
    hand_over_lines,
    hand_over_list,
    hand_overs,
    heads,
    inherited,
    possible_heads,
    say_on_line,
)
from yingshang.areas.contracts.errors import InvalidStep, NotPossibleNow, NotYours, StepNotFound
from yingshang.areas.contracts.handing_over.snapshot import standings
from yingshang.areas.contracts.models import HandOver, HandOverLine, Head, Obligation
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.clock.api import get_deadline, sweep
from yingshang.kernel.documents.api import extract_text, open_document
from yingshang.kernel.notices.api import inbox
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

LATE = date(2026, 10, 24)


def _late(contract=None, **more):  # type: ignore[no-untyped-def]
    """30 days late on the day of the tests, at 0.05 % a day."""
    return obligation_row(contract, due_on=LATE, daily_rate="0.0005", accrued_until=LATE, **more)


def _appointed(people, who=None, since=TODAY):  # type: ignore[no-untyped-def]
    return appoint_head(
        actor=people.supervisor.actor(),
        agency_id=people.agency.pk,
        user_id=(who or people.head).id,
        since=since,
        now=NOW,
    )


def test_the_list_holds_every_open_contract_as_it_stands() -> None:
    people = unit()
    first, second = contract_row(), contract_row(state="suspended")
    _late(first)
    obligation_row(first)
    obligation_row(second, side="counterparty", due_on=LATE)
    obligation_row(second, kind="accept", amount_fen=None, due_on=LATE)
    contract_row(state="completed"), obligation_row(contract_row(state="draft"))
    obligation_row(contract_row(state="void"), due_on=LATE)
    contract_row(in_agency=agency(NANGANG, UNIT))
    with one_contract_event("head_appointed") as events:
        number = _appointed(people)
    row = hand_over_list(actor=people.head.actor(), hand_over_id=number).row
    assert (row.contract_count, row.late_count) == (2, 2)
    # 300,000 yuan for 30 days at 0.05 % a day
    assert (row.open_fen, row.owed_fen, row.interest_fen) == (600_000 * YUAN, 300_000 * YUAN, 4_500 * YUAN)
    lines = hand_over_lines(actor=people.head.actor(), hand_over_id=number, now=NOW).rows
    assert [(each.contract_id, each.open_count, each.late_count) for each in lines] == [
        (first.pk, 2, 1),
        (second.pk, 1, 1),
    ]
    assert events[0]["after"]["owed_fen"] == 300_000 * YUAN
    assert row.due_on == date(2026, 12, 14)
    assert len(inbox(actor=people.head.actor()).rows) == 1


def test_what_a_terminated_contract_left_owed_is_taken_over_too() -> None:
    people, ended = unit(), contract_row(state="terminated")
    _late(ended)
    obligation_row(contract_row(state="terminated"), state="dropped")
    number = _appointed(people)
    row = hand_over_list(actor=people.head.actor(), hand_over_id=number).row
    assert (row.contract_count, row.owed_fen) == (1, 300_000 * YUAN)
    assert HandOverLine.objects.get(hand_over=number).contract_id == ended.pk


def test_a_unit_has_one_head_and_the_former_ones_time_ends() -> None:
    people, successor = unit(), official("unit_head", DAOLI, UNIT)
    contract = contract_row()
    first = _appointed(people, since=date(2026, 1, 5))
    with one_contract_event("head_appointed"):
        second = _appointed(people, successor)
    found = heads(actor=people.leader.actor(), agency_id=people.agency.pk)
    assert [(each.since, each.until) for each in found] == [
        (TODAY, None),
        (date(2026, 1, 5), TODAY - timedelta(days=1)),
    ]
    # Nobody has signed the first list, and nobody can any more: what was on it is on the second.
    assert HandOver.objects.get(pk=first).state == "lapsed"
    assert get_deadline(HandOver.objects.get(pk=first).deadline_id).state == "cancelled"
    assert HandOverLine.objects.filter(hand_over=second, contract=contract).exists()
    assert hand_over_list(actor=successor.actor(), hand_over_id=second).row.before_name


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"since": TODAY + timedelta(days=1)}, "since"),
        ({"since": date(2026, 11, 2)}, "since"),
        ({"user_id": "administrator"}, "user_id"),
        ({"user_id": "head"}, "user_id"),
        ({"agency_id": 0}, "agency_id"),
    ],
)
def test_what_cannot_be_a_change_of_head(change: dict[str, object], field: str) -> None:
    people, successor = unit(), official("unit_head", DAOLI, UNIT)
    _appointed(people, since=date(2026, 11, 2))
    values = {"agency_id": people.agency.pk, "user_id": successor.id, "since": TODAY, **change}
    if isinstance(values["user_id"], str):
        values["user_id"] = getattr(people, values["user_id"]).id
    with no_event(), pytest.raises(InvalidStep) as refused:
        appoint_head(actor=people.supervisor.actor(), now=NOW, **values)  # type: ignore[arg-type]
    assert refused.value.details["field"] == field
    assert Head.objects.filter(until__isnull=True).count() == 1


def test_no_unit_says_by_itself_who_answers_for_it() -> None:
    people = unit()
    for who in (people.head, people.administrator, people.reviewer, people.leader):
        with no_event(), pytest.raises(NotAllowed):
            appoint_head(
                actor=who.actor(), agency_id=people.agency.pk, user_id=people.head.id, since=TODAY, now=NOW
            )
    inside = official("supervisor", DAOLI, UNIT)
    with no_event(), pytest.raises(NotYours):
        appoint_head(
            actor=inside.actor(), agency_id=people.agency.pk, user_id=people.head.id, since=TODAY, now=NOW
        )
    offered = possible_heads(actor=people.supervisor.actor(), today=TODAY)
    assert [each.user_id for each in offered] == [people.head.id]


def test_both_say_what_they_have_to_and_the_new_head_signs() -> None:
    people, successor = unit(), official("unit_head", DAOLI, UNIT)
    _appointed(people, since=date(2026, 1, 5))
    contract = contract_row(title="老旧小区改造")
    owed = _late(contract)
    number = _appointed(people, successor)
    line = hand_over_lines(actor=successor.actor(), hand_over_id=number, now=NOW).rows[0]
    for who, said in ((people.head, "财政拨款未到位"), (successor, "年底前付清")):
        with one_contract_event("hand_over_remarked"):
            say_on_line(actor=who.actor(), line_id=line.id, text=said, now=NOW)
    with one_contract_event("handed_over"):
        hand_over(actor=people.head.actor(), hand_over_id=number, remark="账目已交清", now=NOW)
    with one_contract_event("hand_over_accepted"):
        accept_hand_over(actor=successor.actor(), hand_over_id=number, now=NOW)
    found = hand_over_list(actor=successor.actor(), hand_over_id=number)
    assert found.row.state == "accepted" and found.may == frozenset()
    assert found.receipt_event is not None and found.document_id is not None
    assert get_deadline(found.deadline_id or 0).state == "met"
    assert open_document(actor=people.head.actor(), document_id=found.document_id, now=NOW)
    text = extract_text(found.document_id).replace("\n", "")
    for words in ("老旧小区改造", "300,000.00", "财政拨款未到位", "年底前付清", "账目已交清"):
        assert words in text
    # What was signed stays; what became of it stands beside.
    Obligation.objects.filter(pk=owed.pk).update(state="performed", done_fen=owed.amount_fen, open_fen=0)
    mine = inherited(actor=successor.actor(), now=NOW).rows[0]
    assert (mine.owed_fen, mine.today.owed_fen) == (300_000 * YUAN, 0)
    assert inherited(actor=people.head.actor(), now=NOW).total == 0


def _do(action, actor, number, line):  # type: ignore[no-untyped-def]
    if action == "remarked":
        say_on_line(actor=actor, line_id=line, text="说明", now=NOW)
    else:
        {"handed": hand_over, "accepted": accept_hand_over}[action](actor=actor, hand_over_id=number, now=NOW)


STATES = tuple(HAND_OVER.states)
ACTIONS = ("handed", "remarked", "accepted")
ALLOWED = {
    "before": {"handed", "remarked"},
    "after": {"remarked", "accepted"},
    "supervisor": {"handed"},
    "administrator": set(),
    "leader": set(),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_action_and_role(state: str) -> None:
    people, successor = unit(), official("unit_head", DAOLI, UNIT)
    _appointed(people, since=date(2026, 1, 5))
    contract_row()
    number = _appointed(people, successor)
    line = HandOverLine.objects.get(hand_over=number)
    roles = {
        "before": people.head,
        "after": successor,
        "supervisor": people.supervisor,
        "administrator": people.administrator,
        "leader": people.leader,
    }
    for action in ACTIONS:
        for role, who in roles.items():
            HandOver.objects.filter(pk=number).update(state=state)
            actor = who.actor()
            may = action in hand_over_list(actor=actor, hand_over_id=number).may
            assert may == (action in ALLOWED[role] and HAND_OVER.may(state, action)), (state, action, role)
            if may and action == "accepted":
                continue  # sets a document: once, above
            if may:
                _do(action, actor, number, line.pk)
            else:
                with no_event(), pytest.raises((NotPossibleNow, NotYours)) as refused:
                    _do(action, actor, number, line.pk)
                assert isinstance(refused.value, NotPossibleNow if action in ALLOWED[role] else DomainError)


def test_nobody_elsewhere_sees_a_list_and_closed_contracts_are_hidden() -> None:
    people = unit()
    contract_row(), contract_row(secrecy="internal", title="涉密工程")
    number = _appointed(people)
    elsewhere = official("supervisor", NANGANG, "business-environment")
    with pytest.raises(StepNotFound):
        hand_over_list(actor=elsewhere.actor(), hand_over_id=number)
    assert hand_overs(actor=elsewhere.actor()).total == 0
    for who, seen in ((people.supervisor, 1), (people.leader, 1), (people.head, 2)):
        page = hand_over_lines(actor=who.actor(), hand_over_id=number, now=NOW)
        assert (page.total, len(page.rows), page.hidden) == (seen, seen, 2 - seen)


def test_the_clock_reminds_both_and_then_tells_who_supervises() -> None:
    people, successor = unit(), official("unit_head", DAOLI, UNIT)
    _appointed(people, since=date(2026, 1, 5))
    contract_row()
    number = _appointed(people, successor)
    for days, who, count in ((21, people.supervisor, 0), (22, people.supervisor, 1), (22, successor, 4)):
        sweep(actor=SYSTEM, now=NOW + timedelta(days=days))
        rows = [
            each for each in inbox(actor=who.actor()).rows if each.link.endswith(f"/hand-overs/{number}/")
        ]
        assert len(rows) == count, (days, who)


def test_what_is_read_costs_the_same_for_many(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    people = unit()
    for _each in range(4):
        _late(contract_row())
    number = _appointed(people)
    actor = people.head.actor()
    with django_assert_max_num_queries(2):
        assert hand_overs(actor=actor).total == 1
    with django_assert_max_num_queries(4):
        assert len(hand_over_lines(actor=actor, hand_over_id=number, now=NOW).rows) == 4
    with django_assert_max_num_queries(3):
        assert inherited(actor=actor, late=True, now=NOW).total == 4


def test_interest_is_counted_from_what_had_grown() -> None:
    owed = obligation_row(
        due_on=LATE,
        daily_rate="0.0005",
        accrued_fen=100,
        accrued_until=date(2026, 11, 13),
        done_fen=100_000 * YUAN,
    )
    found = standings([owed.contract_id], on=TODAY)[owed.contract_id]
    assert found.interest_fen == 100 + 1_000 * YUAN
    assert replace(found, interest_fen=0).owed_fen == 200_000 * YUAN
