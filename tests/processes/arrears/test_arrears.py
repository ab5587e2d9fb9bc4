"""An enterprise was not paid: an appeal tied to the obligation, which nobody strikes off until that has ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.areas.appeals import factories as appealing
from tests.areas.contracts.factories import (
    SUPERVISION,
    Supplier,
    contract_row,
    obligation_row,
    supplier,
    unit,
)
from tests.kernel.access.factories import DAOLI, NOW, enterprise, legal_representative_of, no_event, official
from yingshang.areas.appeals import api as appeals
from yingshang.areas.contracts import api as contracts
from yingshang.areas.contracts.errors import Blocked, ObligationNotFound
from yingshang.areas.contracts.models import Block, Contract, Obligation, Performance
from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.operations.sample_pictures import picture
from yingshang.processes.arrears.api import CONTRACT, OBLIGATION, NotOwed, report_not_paid

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


@dataclass(frozen=True)
class Waiting:
    """An enterprise that waits for money of a unit, and everybody who has to do with it."""

    own: Supplier
    people: appealing.City
    contract: Contract
    obligation: Obligation


def waiting(**more: object) -> Waiting:
    """300,000 yuan late since 14 October, at 0.05 % a day."""
    people, own = appealing.city(), supplier()
    contract = contract_row(of=own.party)
    # The desk of the district, now that there is such an agency.
    people = replace(people, dispatcher=official("window_official", DAOLI, SUPERVISION))
    values: dict[str, Any] = {"due_on": date(2026, 10, 14), "daily_rate": Decimal("0.0005"), **more}
    return Waiting(own, people, contract, obligation_row(contract, **values))


def blocked(row: Obligation) -> list[str]:
    return list(Block.objects.filter(obligation=row, until__isnull=True).values_list("reference", flat=True))


def test_not_paid_becomes_an_appeal_tied_to_the_obligation_with_the_figures_of_today() -> None:
    here = waiting()
    before = AuditEvent.objects.count()
    done = report_not_paid(
        actor=here.own.who.actor(), obligation_id=here.obligation.pk, note="多次催要未果", now=NOW
    )
    found = appeals.my_appeal(actor=here.own.who.actor(), appeal_id=done.appeal_id, now=NOW)
    assert found.summary.title == "未收到合同款：支付进度款"
    for words in ("300,000.00元", "2026-10-14", "已逾期40天", "6,000.00元", "多次催要未果", "道里"):
        assert words in found.body
    assert [(each.kind, each.address) for each in found.links] == [
        (OBLIGATION, f"/contracts/obligations/{here.obligation.pk}/"),
        (CONTRACT, f"/contracts/{here.contract.pk}/"),
    ]
    said = Performance.objects.get(obligation=here.obligation)
    assert (said.side, said.what, said.note) == ("counterparty", "not_received", f"诉求 {done.number}")
    assert blocked(here.obligation) == [str(done.appeal_id)]
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))[before:]
    areas = [each for each in actions if each.startswith(("appeals.", "contracts."))]
    assert areas.count("appeals.submitted") == areas.count("contracts.blocked") == 1 and len(areas) == 3
    told = Message.objects.get(template="contracts.blocked", recipient=_administrator(here.obligation))
    assert done.number in told.body and told.link == f"/desk/contracts/{here.contract.pk}/"
    shown = appeals.desk_appeals(
        actor=here.people.supervisor.actor(), linked_to=(OBLIGATION, str(here.obligation.pk)), now=NOW
    )
    assert [each.id for each in shown.rows] == [done.appeal_id]


def _administrator(row: Obligation) -> int:
    from yingshang.kernel.access.api import officials_who_may

    [found, *_] = officials_who_may("contracts.register", agency_id=row.agency_id, today=date(2026, 11, 23))
    return found


def test_two_payments_alike_are_two_appeals() -> None:
    here = waiting()
    same = {"due_on": date(2026, 10, 14), "daily_rate": Decimal("0.0005")}
    other = obligation_row(here.contract, **same)
    actor = here.own.who.actor()
    numbers = {
        report_not_paid(actor=actor, obligation_id=each.pk, now=NOW).appeal_id
        for each in (here.obligation, other)
    }
    assert len(numbers) == 2 and blocked(here.obligation) and blocked(other)


def test_said_again_it_is_the_same_appeal_and_once_it_has_ended_a_new_one() -> None:
    here = waiting()
    actor = here.own.who.actor()
    first = report_not_paid(actor=actor, obligation_id=here.obligation.pk, now=NOW)
    again = report_not_paid(actor=actor, obligation_id=here.obligation.pk, note="再说一次", now=LATER)
    assert (again.appeal_id, again.again) == (first.appeal_id, True)
    appeals.withdraw_appeal(actor=actor, appeal_id=first.appeal_id, reason="已收到", now=LATER)
    assert blocked(here.obligation) == []
    anew = report_not_paid(actor=actor, obligation_id=here.obligation.pk, now=LATER)
    assert anew.appeal_id != first.appeal_id and blocked(here.obligation) == [str(anew.appeal_id)]


def test_the_block_follows_the_appeal_through_its_end_and_its_being_opened_again() -> None:
    here = waiting()
    own, people = here.own.who.actor(), here.people
    number = report_not_paid(actor=own, obligation_id=here.obligation.pk, now=NOW).appeal_id
    appeals.dispatch_appeal(
        actor=people.dispatcher.actor(), appeal_id=number, agency_id=people.market, now=LATER
    )
    appeals.record_contact(
        actor=people.handler.actor(), appeal_id=number, way="telephone", said="已了解情况", now=LATER
    )
    reply = appeals.write_reply(
        actor=people.handler.actor(), appeal_id=number, text="款项已安排支付。", outcome="solved", now=LATER
    )
    appeals.propose_reply(actor=people.handler.actor(), reply_id=reply, now=LATER)
    appeals.send_reply(actor=people.approver.actor(), reply_id=reply, now=LATER)
    assert blocked(here.obligation), "an answer is no end: who appealed has the word"
    appeals.confirm_answer(actor=own, appeal_id=number, now=LATER)
    assert not blocked(here.obligation)
    appeals.reopen_appeal(actor=own, appeal_id=number, reason="仍未到账", now=LATER)
    assert blocked(here.obligation) == [str(number)]
    one = contracts.my_obligation(actor=own, obligation_id=here.obligation.pk, today=date(2026, 11, 23))
    [stands] = one.obligation.blocks
    assert (stands.kind, stands.reference) == ("appeal", str(number))


def test_a_declined_one_and_a_link_taken_away_block_no_more() -> None:
    here = waiting()
    own, people = here.own.who.actor(), here.people
    number = report_not_paid(actor=own, obligation_id=here.obligation.pk, now=NOW).appeal_id
    appeals.unlink_appeal(
        actor=people.dispatcher.actor(),
        appeal_id=number,
        kind=OBLIGATION,
        identifier=str(here.obligation.pk),
        now=LATER,
    )
    assert not blocked(here.obligation)
    appeals.decline_appeal(
        actor=people.dispatcher.actor(),
        appeal_id=number,
        reason="案件正在法院审理",
        instead="向审理法院提出",
        now=LATER,
    )
    assert not blocked(here.obligation)


def test_an_ordinary_appeal_about_it_blocks_and_an_anonymous_one_does_not() -> None:
    here = waiting()
    own = here.own.who.actor()
    named: dict[str, Any] = {
        "actor": own,
        "title": "",
        "region_code": DAOLI,
        "party_id": here.own.party.pk,
        "now": NOW,
    }
    links = [appeals.Link(OBLIGATION, str(here.obligation.pk))]
    appeals.submit_appeal(body="验收已经通过，款项一直没有支付。", anonymous=True, links=links, **named)
    assert not blocked(here.obligation)
    done = appeals.submit_appeal(body="验收材料交了三次，没有人签字。", links=links, **named)
    assert blocked(here.obligation) == [str(done.id)]
    offered = appeals.nameable(actor=own, party_ids=[here.own.party.pk])
    assert {kind for kind, _number, _name in offered} >= {CONTRACT, OBLIGATION}


def test_what_is_not_late_not_anybodys_or_too_long_is_refused_and_nothing_is_written() -> None:
    here = waiting(due_on=date(2026, 12, 31))
    own = here.own.who.actor()
    stranger = legal_representative_of(enterprise(DAOLI)).actor()
    with no_event():
        with pytest.raises(NotOwed, match="due on 2026-12-31"):
            report_not_paid(actor=own, obligation_id=here.obligation.pk, now=NOW)
        with pytest.raises(ObligationNotFound):
            report_not_paid(actor=stranger, obligation_id=here.obligation.pk, now=NOW)
        with pytest.raises(NotAllowed):
            report_not_paid(actor=unit().administrator.actor(), obligation_id=here.obligation.pk, now=NOW)
    late = obligation_row(here.contract, due_on=date(2026, 10, 1))
    with no_event(), pytest.raises(NotOwed, match="at most 500"):
        report_not_paid(actor=own, obligation_id=late.pk, note="长" * 501, now=NOW)
    with pytest.raises(appeals.InvalidAppeal):
        appeals.submit_appeal(
            actor=stranger,
            title="",
            body="别人的合同款项没有支付。",
            region_code=DAOLI,
            links=[appeals.Link(OBLIGATION, str(late.pk))],
            now=NOW,
        )
    assert not Block.objects.exists()


def test_while_the_appeal_is_open_the_unit_cannot_have_it_struck_off() -> None:
    here = waiting()
    own, clerk = here.own.who.actor(), _administrator_of(here)
    number = report_not_paid(actor=own, obligation_id=here.obligation.pk, now=NOW).appeal_id
    paid: dict[str, Any] = {
        "what": "done",
        "happened_on": date(2026, 11, 20),
        "amount_fen": 30_555_000,
        "now": LATER,
    }
    contracts.record_performance(actor=clerk, obligation_id=here.obligation.pk, **paid)
    evidence = contracts.add_evidence(
        actor=clerk, obligation_id=here.obligation.pk, content=picture(1), name="回单.png", now=LATER
    )
    asked: dict[str, Any] = {
        "obligation_id": here.obligation.pk,
        "statement": "已支付",
        "document_ids": [evidence],
        "now": LATER,
    }
    with no_event(), pytest.raises(Blocked) as refused:
        contracts.ask_cancellation(actor=clerk, **asked)
    assert refused.value.details["blocks"] == [
        f"诉求 {appeals.my_appeal(actor=own, appeal_id=number, now=LATER).summary.number}"
    ]
    appeals.withdraw_appeal(actor=own, appeal_id=number, reason="已到账", now=LATER)
    cancellation = contracts.ask_cancellation(actor=clerk, **asked)
    # Said once more, it stands in the way of who has to confirm, too.
    report_not_paid(actor=own, obligation_id=here.obligation.pk, note="仍未到账", now=LATER)
    with pytest.raises(Blocked):
        contracts.confirm_cancellation(actor=own, cancellation_id=cancellation, now=LATER)


def _administrator_of(here: Waiting) -> Actor:
    return official("contract_administrator", DAOLI, "housing-construction").actor()
