"""Every state of an obligation × every action × everybody: what the table allows happens, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import transaction

from tests.areas.contracts.factories import (
    NOW,
    TODAY,
    Supplier,
    Unit,
    contract_row,
    obligation_row,
    one_contract_event,
    supplier,
    unit,
)
from tests.areas.contracts.ladder.situations import evidence
from tests.kernel.access.factories import DAOLI, arranged, no_event, official
from yingshang.areas.contracts import api
from yingshang.areas.contracts.lifecycle import OBLIGATION
from yingshang.areas.contracts.models import Obligation, Performance
from yingshang.areas.contracts.performing.applying import apply
from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import Owner, documents_of
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

LATER = datetime(2026, 11, 23, 10, tzinfo=NOW.tzinfo)
STATES = ("waiting", "running", "partial", "performed", "released", "dropped")
Act = Callable[[Obligation, Actor], Any]


def _say(what: str, amount: int | None = None) -> Act:
    return lambda row, actor: api.record_performance(
        actor=actor,
        obligation_id=row.pk,
        what=what,
        happened_on=TODAY,
        amount_fen=amount,
        note="说明",
        now=LATER,
    )


def _own(what: str, amount: int | None = None) -> Act:
    return lambda row, actor: api.record_own(
        actor=actor,
        obligation_id=row.pk,
        what=what,
        happened_on=TODAY,
        amount_fen=amount,
        note="说明",
        now=LATER,
    )


def _entry(row: Obligation, side: str) -> int:
    found = Performance.objects.filter(obligation=row, side=side, what="disputed").first()
    return found.pk if found else 0


# An action: the event of the table it needs, whose audit event it leaves, who may do it, and how it is done.
ACTIONS: dict[str, tuple[str, str, frozenset[str], Act]] = {
    "pays a part": (
        "performed",
        "performance_recorded",
        frozenset({"clerk", "second"}),
        _say("partial", 100),
    ),
    "disputes": ("disputed", "obligation_disputed", frozenset({"clerk", "second"}), _say("disputed")),
    "says it has come": ("confirmed or performed", "performance_recorded", frozenset({"firm"}), _own("done")),
    "says nothing has come": ("denied", "performance_denied", frozenset({"firm"}), _own("not_received")),
    "disputes, too": ("disputed", "obligation_disputed", frozenset({"firm"}), _own("disputed")),
    "settles": (
        "settled",
        "dispute_settled",
        frozenset({"clerk", "second", "firm", "supervisor", "city_supervisor"}),
        lambda row, actor: api.settle_dispute(actor=actor, obligation_id=row.pk, note="已解决", now=LATER),
    ),
    "takes back": (
        "withdrawn",
        "performance_withdrawn",
        frozenset({"clerk", "second"}),
        lambda row, actor: api.withdraw_performance(
            actor=actor, performance_id=_entry(row, "unit"), reason="填错", now=LATER
        ),
    ),
    "tells the event": (
        "told",
        "event_recorded",
        frozenset({"clerk", "second"}),
        lambda row, actor: api.record_event(
            actor=actor, contract_id=row.contract_id, event="accepted", happened_on=TODAY, now=LATER
        ),
    ),
    "takes the event back": (
        "untold",
        "event_withdrawn",
        frozenset({"clerk", "second", "supervisor", "city_supervisor"}),
        lambda row, actor: api.withdraw_event(
            actor=actor, contract_id=row.contract_id, event="accepted", reason="填错", now=LATER
        ),
    ),
    "corrects what it is counted from": (
        "corrected",
        "obligation_corrected",
        frozenset({"supervisor", "city_supervisor"}),
        lambda row, actor: api.correct_start(
            actor=actor,
            obligation_id=row.pk,
            event="invoiced",
            reason="合同约定自开票起算",
            document_ids=[each.id for each in documents_of(Owner(api.EVIDENCE, str(row.pk)))],
            now=LATER,
        ),
    ),
}


def everybody(people: Unit, firm: Supplier) -> dict[str, Actor]:
    found = {
        "clerk": people.administrator,
        "second": people.second_administrator,
        "reviewer": people.reviewer,
        "head": people.head,
        "supervisor": people.supervisor,
        "city_supervisor": people.city_supervisor,
        "leader": people.leader,
        "firm": firm.who,
        "another firm": supplier().who,
        "another unit": official("contract_administrator", DAOLI, "market-regulation"),
    }
    return {name: each.actor() for name, each in found.items()}


def in_state(state: str, firm: Supplier) -> Obligation:
    """An obligation with a dispute of each side, in a state."""
    contract = contract_row(of=firm.party)
    waiting = state == "waiting"
    row = obligation_row(
        contract,
        terms={"after": "accepted", "term": {"days": 30}},
        event="accepted",
        event_on=None if waiting else date(2026, 10, 26),
        due_on=None if waiting else date(2026, 11, 25),
        state="waiting" if waiting else "running",
    )
    with arranged():
        for side in ("unit", "counterparty"):
            _said(row, side, "disputed")
        if state in ("partial", "performed"):
            _said(row, "unit", "partial", 100 if state == "partial" else row.amount_fen)
        apply(row, now=NOW)
        evidence(row)
        if state in ("released", "dropped"):
            Obligation.objects.filter(pk=row.pk).update(state=state)
    row.refresh_from_db()
    assert row.state == state
    return row


def _said(row: Obligation, side: str, what: str, amount: int | None = None) -> None:
    Performance.objects.create(
        obligation=row,
        side=side,
        what=what,
        happened_on=date(2026, 11, 2),
        amount_fen=amount,
        recorded_by_name=side,
        recorded_at=NOW,
    )


def allowed(state: str, name: str, needs: str) -> bool:
    if needs == "untold" and state == "waiting":
        return False  # Its event has not been told.
    if needs == "confirmed or performed":
        return OBLIGATION.may(state, "performed") or OBLIGATION.may(state, "confirmed")
    return OBLIGATION.may(state, needs)


@pytest.mark.parametrize("state", STATES)
def test_what_the_table_allows_happens_and_nothing_else(state: str) -> None:
    firm, people = supplier(), unit()
    row = in_state(state, firm)
    actors = everybody(people, firm)
    for name, (needs, event, who, act) in ACTIONS.items():
        for role, actor in actors.items():
            sid = transaction.savepoint()
            if role in who and allowed(state, name, needs):
                with one_contract_event(event):
                    act(row, actor)
            else:
                with no_event(), pytest.raises(DomainError):
                    act(row, actor)
                    pytest.fail(f"{role} {name} while {state}")
            transaction.savepoint_rollback(sid)


def test_every_state_and_event_of_the_table_was_tried() -> None:
    assert set(STATES) == set(OBLIGATION.states)
    tried = {needs for needs, *_ in ACTIONS.values()} | {"confirmed"}
    # Written by what was said, or by supplements and the end of a contract: see coming_to and applying.
    by_others = {"begun", "unbegun", "part_performed", "undone", "changed", "released", "dropped"}
    assert {each.event for each in OBLIGATION.transitions} == (tried - {"confirmed or performed"} | by_others)
