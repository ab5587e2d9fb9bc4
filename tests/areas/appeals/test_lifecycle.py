"""Every state of an appeal × every action × everybody: what the table allows happens, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from tests.areas.appeals.factories import (
    Said,
    another_person,
    answered_appeal,
    closed_appeal,
    declined_appeal,
    dispatched_appeal,
    handled_appeal,
    joined_appeal,
    one_appeal_event,
    paused_appeal,
    proposed_reply,
    submitted_appeal,
    withdrawn_appeal,
)
from tests.kernel.access.factories import NOW, no_event
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, Reply, Request
from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

STATES: dict[str, Callable[[], Said]] = {
    "received": submitted_appeal,
    "joined": joined_appeal,
    "dispatched": dispatched_appeal,
    "handling": handled_appeal,
    "paused": paused_appeal,
    "answered": answered_appeal,
    "closed": closed_appeal,
    "declined": declined_appeal,
    "withdrawn": withdrawn_appeal,
}
LATER = NOW + timedelta(hours=1)


def _send(said: Said, actor: Actor, now: datetime) -> None:
    """The draft is there already where the state allows one: the approval is what is tried."""
    reply = Reply.objects.filter(appeal=said.id, state="proposed").first()
    api.send_reply(actor=actor, reply_id=reply.pk if reply else 0, now=now)


def _decide(said: Said, actor: Actor, now: datetime) -> None:
    row = Request.objects.filter(appeal=said.id, state="open").first()
    api.decide_on_time(actor=actor, request_id=row.pk if row else 0, granted=True, now=now)


ACTIONS: dict[str, tuple[str, Callable[[Said, Actor, datetime], object]]] = {
    "added": (
        "reporter",
        lambda s, a, n: api.add_to_appeal(actor=a, appeal_id=s.id, body="补充一点情况", now=n),
    ),
    "joined": (
        "dispatcher",
        lambda s, a, n: api.join_appeal(actor=a, appeal_id=s.id, main_id=_mains[s.id], now=n),
    ),
    "dispatched": (
        "dispatcher",
        lambda s, a, n: api.dispatch_appeal(actor=a, appeal_id=s.id, agency_id=s.people.market, now=n),
    ),
    "reassigned": (
        "dispatcher",
        lambda s, a, n: api.reassign_appeal(
            actor=a, appeal_id=s.id, agency_id=s.people.housing, reason="属住建职责", now=n
        ),
    ),
    "declined": (
        "dispatcher",
        lambda s, a, n: api.decline_appeal(actor=a, appeal_id=s.id, reason="已立案", instead="找法院", now=n),
    ),
    "parted": (
        "dispatcher",
        lambda s, a, n: api.part_appeal(actor=a, appeal_id=s.id, reason="不是同一件事", now=n),
    ),
    "bounced": (
        "handler",
        lambda s, a, n: api.bounce_appeal(actor=a, appeal_id=s.id, reason="不属本局", now=n),
    ),
    "raised": (
        "handler",
        lambda s, a, n: api.raise_appeal(actor=a, appeal_id=s.id, reason="需市级协调", now=n),
    ),
    "contacted": (
        "handler",
        lambda s, a, n: api.record_contact(actor=a, appeal_id=s.id, way="telephone", now=n),
    ),
    "assisted": (
        "handler",
        lambda s, a, n: api.ask_for_part(
            actor=a, appeal_id=s.id, agency_id=s.people.housing, question="请提供验收情况", now=n
        ),
    ),
    "consulted": (
        "handler",
        lambda s, a, n: api.call_consultation(
            actor=a, appeal_id=s.id, question="由谁办理", agency_ids=[s.people.housing], now=n
        ),
    ),
    "extended": ("approver", _decide),
    "paused": ("approver", _decide),
    "resumed": ("handler", lambda s, a, n: api.resume_appeal(actor=a, appeal_id=s.id, now=n)),
    "replied": ("approver", _send),
    "confirmed": ("reporter", lambda s, a, n: api.confirm_answer(actor=a, appeal_id=s.id, now=n)),
    "disputed": (
        "reporter",
        lambda s, a, n: api.dispute_answer(actor=a, appeal_id=s.id, reason="还是办不了", now=n),
    ),
    "settled": (
        "supervisor",
        lambda s, a, n: api.settle_appeal(actor=a, appeal_id=s.id, reason="已核实解决", now=n),
    ),
    "reopened": (
        "reporter",
        lambda s, a, n: api.reopen_appeal(actor=a, appeal_id=s.id, reason="又出现了", now=n),
    ),
    "withdrawn": ("reporter", lambda s, a, n: api.withdraw_appeal(actor=a, appeal_id=s.id, now=n)),
}
"""Event of the table → who may cause it, and how."""

ALSO = {
    "dispatched": {"city_dispatcher"},
    "reassigned": {"city_dispatcher"},
    "joined": {"city_dispatcher"},
    "declined": {"city_dispatcher"},
    "parted": {"city_dispatcher"},
    "raised": {"supervisor"},
    "consulted": {"dispatcher", "city_dispatcher", "supervisor"},
    "resumed": {"approver"},
}
"""Who else may: a desk above, who supervises, who approves."""
NOT_IN = {("received", "consulted"): {"handler"}}
"""Who may not in one of the states: no agency has it yet."""
PEOPLE = (
    "reporter",
    "dispatcher",
    "city_dispatcher",
    "handler",
    "approver",
    "helper",
    "supervisor",
    "leader",
    "stranger",
)


_mains: dict[int, int] = {}


def _actor(said: Said, name: str) -> Actor:
    if name == "reporter":
        return said.who.actor(LATER)
    if name == "stranger":
        return another_person().actor(LATER)
    person = getattr(said.people, name)
    return person.actor(LATER)  # type: ignore[no-any-return]


def _arrange(said: Said, event: str) -> None:
    """What has to lie ready for an approval, where the state allows that it does."""
    if event == "settled":
        # A supervisor decides where who said it was silent for a week, or has not agreed before.
        Appeal.objects.filter(pk=said.id).update(disputed_count=1)
    if event == "joined":
        _mains[said.id] = submitted_appeal(people=said.people, now=NOW - timedelta(hours=1)).id
    if event == "replied" and said.row.state == "handling":
        proposed_reply(said)
    if event in {"extended", "paused"} and said.row.state in {"dispatched", "handling"}:
        api.ask_for_time(
            actor=said.people.handler.actor(LATER),
            appeal_id=said.id,
            kind="extend" if event == "extended" else "pause",
            reason_code="petition_extension" if event == "extended" else "hearing",
            working_days=5 if event == "extended" else None,
            now=LATER,
        )


@pytest.mark.parametrize("state", list(STATES))
def test_what_the_table_allows_happens_and_nothing_else(state: str) -> None:
    said = STATES[state]()
    assert said.row.state == state
    actors = {name: _actor(said, name) for name in PEOPLE}
    for event, (who, act) in ACTIONS.items():
        before = transaction.savepoint()
        _arrange(said, event)
        for name, actor in actors.items():
            if event == "confirmed" and state == "joined":
                continue  # see test_joining.py: it depends on the main one
            point = transaction.savepoint()
            may = ({who} | ALSO.get(event, set())) - NOT_IN.get((state, event), set())
            if api.APPEAL.may(state, event) and name in may:
                with one_appeal_event(f"appeals.{event}"):
                    act(said, actor, LATER)
                assert said.row.state == api.APPEAL.after(state, event, before="handling"), (event, name)
            else:
                with no_event(), pytest.raises(DomainError):
                    act(said, actor, LATER)
                assert said.row.state == state, (event, name)
            transaction.savepoint_rollback(point)
        transaction.savepoint_rollback(before)


def test_every_event_of_the_table_is_tried() -> None:
    others = {"ended"}
    assert {row.event for row in api.APPEAL.transitions} == set(ACTIONS) | others
