"""What waits for its desk gets one proposal; only a sure one is carried out by the platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.areas.appeals.factories import City, city, submitted_appeal
from tests.kernel.access.factories import NOW, SYSTEM
from yingshang.areas.appeals import api
from yingshang.areas.appeals.dispatching.actions import propose_waiting as module
from yingshang.areas.appeals.dispatching.actions.propose_waiting import Proposed, propose_waiting
from yingshang.areas.appeals.dispatching.proposing import DispatchProposal, propose_for
from yingshang.areas.appeals.models import Appeal, Holding
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)
LICENCE = {"title": "营业执照变更", "body": "股权变更登记材料交了一个月，营业执照还没有换发。"}


@pytest.fixture
def people() -> City:
    return city()


@pytest.fixture
def sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if closed cases had proved it."""

    def proved(appeal: Appeal, **more: object) -> DispatchProposal:
        return replace(propose_for(appeal, **more), sure=True, model_number=7)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "propose_for", proved)


def events(since: int) -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))[since:]


def test_each_gets_one_proposal_and_waits_for_a_person(people: City) -> None:
    one, other = (submitted_appeal(people=people, **LICENCE) for _ in range(2))
    before = AuditEvent.objects.count()
    assert propose_waiting(actor=SYSTEM, now=LATER) == Proposed(2, 0)
    assert events(before) == ["appeals.proposed"] * 2
    for said in (one, other):
        assert (said.row.state, said.row.topic) == ("received", "")
        assert (said.row.proposal["topic"], said.row.proposal["agency"]) == ("registration", people.market)
    assert propose_waiting(actor=SYSTEM, now=LATER) == Proposed(0, 0)
    assert events(before) == ["appeals.proposed"] * 2


@pytest.mark.usefixtures("sure")
def test_a_sure_one_is_dispatched_by_the_platform_and_says_why(people: City) -> None:
    said = submitted_appeal(people=people, **LICENCE)
    before, due = AuditEvent.objects.count(), said.row.due_on
    assert propose_waiting(actor=SYSTEM, now=LATER) == Proposed(1, 1)
    row = said.row
    assert (row.state, row.agency_id, row.topic) == ("dispatched", people.market, "registration")
    assert row.proposal["sure"] and row.due_on == due
    assert Holding.objects.get(appeal=said.id).began_by == "automatic"
    assert events(before).count("appeals.dispatched") == 1 and "appeals.proposed" not in events(before)
    event = AuditEvent.objects.filter(action="appeals.dispatched").latest("pk")
    assert event.actor_kind == "system" and "模型 7" in event.reason
    # Sent back, it is a person's: the platform does not say the same again.
    api.bounce_appeal(
        actor=people.handler.actor(LATER), appeal_id=said.id, reason="不属于本单位职责", now=LATER
    )
    assert propose_waiting(actor=SYSTEM, now=LATER) == Proposed(0, 0)
    assert said.row.state == "received"


@pytest.mark.usefixtures("sure")
def test_what_the_rules_refuse_is_left_to_the_desk(people: City, monkeypatch: pytest.MonkeyPatch) -> None:
    said = submitted_appeal(people=people, **LICENCE)

    def refuses(**_: object) -> None:
        raise api.NotPossibleNow("not now", message_zh="现在不行")

    monkeypatch.setattr(module, "dispatch_appeal", refuses)
    before = AuditEvent.objects.count()
    assert propose_waiting(actor=SYSTEM, now=LATER) == Proposed(1, 0)
    assert said.row.state == "received" and said.row.proposal["topic"] == "registration"
    assert events(before) == ["appeals.proposed"]


@pytest.mark.usefixtures("sure")
def test_one_that_fails_stops_no_other_and_is_not_tried_for_ever(
    people: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisonous, unsent, good = (submitted_appeal(people=people, **LICENCE) for _ in range(3))
    propose, dispatch = module.propose_for, module.dispatch_appeal
    tried: list[int] = []

    def proposes(appeal: Appeal, **more: object) -> DispatchProposal:
        tried.append(appeal.pk)
        if appeal.pk == poisonous.id:
            raise ZeroDivisionError
        return propose(appeal, **more)  # type: ignore[arg-type]

    def dispatches(**more: object) -> None:
        if more["appeal_id"] == unsent.id:
            raise KeyError("no clock")
        dispatch(**more)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "propose_for", proposes)
    monkeypatch.setattr(module, "dispatch_appeal", dispatches)
    before = AuditEvent.objects.count()
    assert propose_waiting(actor=SYSTEM, now=LATER) == Proposed(2, 1)
    assert propose_waiting(actor=SYSTEM, now=LATER) == Proposed(0, 0)
    assert tried == [poisonous.id, unsent.id, good.id]
    assert poisonous.row.proposal == {"failed": "ZeroDivisionError"} and good.row.state == "dispatched"
    assert unsent.row.state == "received" and unsent.row.proposal["topic"] == "registration"
    assert events(before).count("appeals.proposed") == 2
    # The desk has it before it, without a proposal.
    shown = api.desk_appeal(actor=people.dispatcher.actor(LATER), appeal_id=poisonous.id, now=LATER)
    assert "dispatched" in shown.may


@pytest.mark.usefixtures("sure")
def test_without_an_event_nothing_is_kept(people: City, monkeypatch: pytest.MonkeyPatch) -> None:
    said = submitted_appeal(people=people, title="你好", body="您好，请尽快解决，谢谢")

    def fails(**_: object) -> None:
        raise RuntimeError("no ledger")

    monkeypatch.setattr(module, "propose_for", propose_for)
    monkeypatch.setattr(module, "record", fails)
    with pytest.raises(RuntimeError):
        propose_waiting(actor=SYSTEM, now=LATER)
    assert said.row.proposal == {}


def test_it_is_the_platforms(people: City) -> None:
    submitted_appeal(people=people, **LICENCE)
    with pytest.raises(NotAllowed):
        propose_waiting(actor=people.handler.actor(NOW), now=LATER)
