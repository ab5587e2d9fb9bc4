"""A contract is written down, found to be there already, seen by its other side, ended without anything being forgiven."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import transaction

from tests.areas.contracts.factories import YUAN, Unit, one_contract_event, supplier, unit
from tests.areas.contracts.registering import situations as make
from tests.areas.contracts.registering.situations import PAYMENT, RULES, fields
from tests.kernel.access.factories import NOW, SYSTEM, arranged, no_event
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import (
    DuplicateContract,
    InvalidContract,
    InvalidStep,
    NotPossibleNow,
    NotYours,
)
from yingshang.areas.contracts.models import Contract, EmptyQuarter, Performance
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.documents.api import DocumentNotFound, open_document
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.models import Agency
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db


def _write(people: Unit | None = None, **more: object) -> int:
    people, written = people or unit(), fields(**more)
    return api.write_contract(
        actor=people.administrator.actor(),
        agency_id=people.agency.pk,
        fields=written,
        rules=RULES,
        now=NOW,
    )


def test_what_is_written_down_is_linked_counted_found_and_masked() -> None:
    party = supplier().party
    actor = unit().administrator.actor()
    written = fields(counterparty_code=(party.credit_code or "").lower())
    with one_contract_event("written") as events:
        number = api.write_contract(
            actor=actor, agency_id=actor.grants[0].agency_id or 0, fields=written, rules=RULES, now=NOW
        )
    row = Contract.objects.get(pk=number)
    assert row.party_id == party.pk
    assert row.number.startswith("HT2026")
    assert row.obligation_count == 2
    assert events[0]["target_id"] == str(number)
    person = _write(
        counterparty_kind="person",
        counterparty_name="张三丰",
        counterparty_code="",
        counterparty_size="",
        reference="",
    )
    row = Contract.objects.get(pk=person)
    assert row.counterparty_name == "张＊＊"
    assert row.counterparty_person == "张三丰"
    reader = unit().leader.actor()
    assert api.contract(actor=reader, contract_id=person, now=NOW).counterparty_person == ""
    mine = unit().administrator.actor()
    assert api.contract(actor=mine, contract_id=person, now=NOW).counterparty_person == "张三丰"
    again = fields(
        counterparty_kind="person",
        counterparty_name="张＊＊",
        counterparty_code="",
        counterparty_size="",
        reference="",
        note="同一人",
    )
    api.change_contract(actor=mine, contract_id=person, fields=again, now=NOW)
    assert Contract.objects.get(pk=person).counterparty_person == "张三丰"


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written() -> None:
    supplier()
    people = unit()
    with no_event(), pytest.raises(InvalidContract) as refused:
        _write(people, amount_fen=-5, currency="USD", ends_on=None)
    assert [each["field"] for each in refused.value.details["problems"]] == [
        "currency",
        "amount_fen",
        "ends_on",
    ]
    with no_event(), pytest.raises(InvalidContract) as refused:
        _write(people, counterparty_name="别家公司")
    assert refused.value.details["field"] == "counterparty_name"
    assert not Contract.objects.exists()


def test_a_unit_that_no_longer_exists_and_another_unit_are_refused() -> None:
    supplier()
    people = unit()
    with no_event(), pytest.raises(NotYours):
        api.write_contract(
            actor=people.administrator.actor(),
            agency_id=people.supervisor.actor().grants[0].agency_id or 0,
            fields=fields(),
            now=NOW,
        )
    with arranged():
        Agency.objects.filter(pk=people.agency.pk).update(is_active=False)
    with no_event(), pytest.raises(NotAllowed):
        _write(people)
    with no_event(), pytest.raises(InvalidContract) as refused:
        api.write_contract(actor=SYSTEM, agency_id=people.agency.pk, fields=fields(), now=NOW)
    assert "承接其职能的单位" in refused.value.message_zh


def test_the_same_contract_is_registered_once_unless_somebody_has_looked() -> None:
    people = unit()
    first = _write(people)
    number = Contract.objects.get(pk=first).number
    for more in ({"title": "会议设备采购", "reference": "另一编号"}, {"amount_fen": 5 * YUAN}):
        with no_event(), pytest.raises(DuplicateContract) as refused, transaction.atomic():
            _write(people, **more)
        assert refused.value.details["numbers"] == [number]
    second = api.write_contract(
        actor=people.administrator.actor(),
        agency_id=people.agency.pk,
        fields=fields(),
        not_same_as=[number],
        now=NOW,
    )
    assert Contract.objects.get(pk=second).not_same_as == [number]
    near = fields(reference="", amount_fen=7 * YUAN, signed_on=fields().signed_on)
    [one, other] = api.look_alikes(agency_id=people.agency.pk, fields=near)
    assert {one.id, other.id} == {first, second}
    assert one.why == ("title",)
    assert not one.same
    price = replace(near, amount_fen=fields().amount_fen, signed_on=date(2026, 3, 12), title="投影设备采购")
    assert [each.why for each in api.look_alikes(agency_id=people.agency.pk, fields=price)] == [
        ("price",)
    ] * 2
    far = replace(price, signed_on=date(2026, 5, 12))
    assert api.look_alikes(agency_id=people.agency.pk, fields=far) == ()


def test_a_draft_changed_by_another_meanwhile_is_not_written_over() -> None:
    it = make.draft()
    actor = it.unit.second_administrator.actor()
    api.change_contract(
        actor=actor, contract_id=it.id, fields=fields(amount_fen=200 * YUAN), revision=1, now=NOW
    )
    # A share of the price goes with the price.
    assert [each.amount_fen for each in it.row.obligations.order_by("ordinal")] == [None, 200 * YUAN]
    with no_event(), pytest.raises(NotPossibleNow):
        api.change_contract(actor=actor, contract_id=it.id, fields=fields(), revision=1, now=NOW)


def test_one_without_obligations_needs_a_reason_and_the_other_side_sees_it_once_reviewed() -> None:
    who = supplier().who.actor()
    people = unit()
    number = api.write_contract(
        actor=people.administrator.actor(), agency_id=people.agency.pk, fields=fields(), now=NOW
    )
    api.submit_contract(actor=people.administrator.actor(), contract_id=number, now=NOW)
    with no_event(), pytest.raises(InvalidStep):
        api.register_contract(actor=people.reviewer.actor(), contract_id=number, now=NOW)
    assert api.my_contracts(actor=who, today=NOW.date()).total == 0
    api.register_contract(actor=people.reviewer.actor(), contract_id=number, reason="框架", now=NOW)
    assert api.my_contracts(actor=who, today=NOW.date()).total == 1
    assert Message.objects.filter(template__startswith="contracts.").exists()


def test_an_end_forgives_nothing_that_was_due() -> None:
    it = make.submitted()
    extra = [
        {"side": "unit", "kind": "pay", "title": "已到期", "amount_fen": 500, "terms": {"on": "2026-06-01"}},
        {
            "side": "unit",
            "kind": "pay",
            "title": "以后到期",
            "amount_fen": 700,
            "terms": {"on": "2027-06-01"},
        },
        {
            "side": "unit",
            "kind": "return_deposit",
            "title": "退保证金",
            "amount_fen": 900,
            "terms": {"on": "2027-07-01"},
        },
    ]
    api.plan_contract(actor=it.unit.administrator.actor(), contract_id=it.id, rules=extra, now=NOW)
    api.register_contract(actor=it.unit.reviewer.actor(), contract_id=it.id, now=NOW)
    actor = it.unit.reviewer.actor()
    with no_event(), pytest.raises(InvalidStep) as refused:
        api.void_contract(actor=actor, contract_id=it.id, reason="误登记", now=NOW)
    assert refused.value.details["field"] == "duplicate_of"
    kept = it.row.obligations.get(title="退保证金")
    with no_event(), pytest.raises(InvalidStep):
        api.terminate_contract(
            actor=actor, contract_id=it.id, reason="解除", terminated_on=date(2026, 1, 1), now=NOW
        )
    api.terminate_contract(
        actor=actor,
        contract_id=it.id,
        reason="解除",
        terminated_on=date(2026, 11, 1),
        keep=[kept.pk],
        now=NOW,
    )
    states = dict(it.row.obligations.values_list("title", "state"))
    assert states == {
        "交付设备": "dropped",
        "支付货款": "dropped",
        "已到期": "running",
        "以后到期": "dropped",
        "退保证金": "running",
    }
    assert it.row.open_count == 2


def test_a_registration_is_not_void_once_something_was_performed() -> None:
    it = make.in_force()
    delivery = it.row.obligations.get(ordinal=1)
    with arranged():
        Performance.objects.create(
            obligation=delivery, side="counterparty", what="done", happened_on=NOW.date(), recorded_at=NOW
        )
    with no_event(), pytest.raises(InvalidStep):
        api.void_contract(actor=it.unit.reviewer.actor(), contract_id=it.id, reason="误登记", now=NOW)


def test_none_this_quarter_is_said_once_and_gone_when_a_contract_comes() -> None:
    people = unit()
    actor, place = people.administrator.actor(), people.agency.pk
    with no_event(), pytest.raises(InvalidStep):
        api.declare_none(actor=actor, agency_id=place, year=2026, quarter=4, now=NOW)
    with one_contract_event("none_declared"):
        api.declare_none(actor=actor, agency_id=place, year=2026, quarter=1, note="未签订", now=NOW)
    with no_event(), pytest.raises(NotPossibleNow), transaction.atomic():
        api.declare_none(actor=actor, agency_id=place, year=2026, quarter=1, now=NOW)
    shown = {(each.year, each.quarter): each for each in api.quarters(actor=actor, agency=place, now=NOW)}
    assert shown[2026, 1].declared
    assert shown[2026, 1].may == {"withdrawn"}
    assert shown[2026, 3].may == {"declared"}
    assert shown[2026, 4].may == set()
    with no_event(), pytest.raises(DomainError):
        api.declare_none(actor=people.supervisor.actor(), agency_id=place, year=2026, quarter=2, now=NOW)
    make.in_force()  # signed in March
    assert EmptyQuarter.objects.get().withdrawn_at == NOW
    with no_event(), pytest.raises(NotPossibleNow):
        api.declare_none(actor=actor, agency_id=place, year=2026, quarter=1, now=NOW)
    api.declare_none(actor=actor, agency_id=place, year=2026, quarter=2, now=NOW)
    with one_contract_event("none_withdrawn"):
        api.withdraw_none(actor=actor, agency_id=place, year=2026, quarter=2, reason="误报", now=NOW)


def test_a_supplement_changes_the_contract_and_keeps_what_was() -> None:
    it = make.in_force()
    payment = it.row.obligations.get(ordinal=2)
    new = {**PAYMENT, "title": "支付尾款", "amount_fen": 20_000 * YUAN}
    new.pop("share")
    number = make.propose(
        it,
        changes={"amount_fen": 120_000 * YUAN, "ends_on": date(2027, 6, 30)},
        obligations=[
            make.ProposedChange("change", payment.pk, changes={"terms": {"on": "2027-01-15"}}),
            make.ProposedChange("add", rule=new),
            make.ProposedChange("drop", it.row.obligations.get(ordinal=1).pk),
        ],
    )
    assert it.row.amount_fen == 100_000 * YUAN
    api.decide_supplement(actor=it.unit.reviewer.actor(), supplement_id=number, approved=True, now=NOW)
    detail = api.contract(actor=it.unit.leader.actor(), contract_id=it.id, now=NOW)
    assert detail.amount_fen == 120_000 * YUAN
    assert detail.ends_on == date(2027, 6, 30)
    assert [(each.title, each.state, each.due_on) for each in detail.obligations] == [
        ("交付设备", "dropped", date(2026, 12, 10)),
        ("支付货款", "running", date(2027, 1, 15)),
        ("支付尾款", "waiting", None),
    ]
    assert [each.supplement_ordinal for each in detail.obligations] == [1, 1, 1]
    [supplement] = detail.supplements
    assert supplement.changes["amount_fen"] == (100_000 * YUAN, 120_000 * YUAN)
    changed = supplement.obligation_changes[0]
    assert changed["before"]["due_on"] is None
    assert changed["after"]["due_on"] == "2027-01-15"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"signed_on": date(2026, 3, 1)}, "signed_on"),
        ({"signed_on": date(2026, 11, 24)}, "signed_on"),
        ({"effective_on": date(2026, 1, 1)}, "effective_on"),
        ({"changes": {}}, "changes"),
        ({"changes": {"ends_on": date(2026, 12, 31)}}, "changes"),
        ({"changes": {"counterparty_size": "large"}}, "counterparty_size"),
        ({"changes": {"amount_fen": -1}}, "amount_fen"),
        ({"changes": {"ends_on": date(2026, 1, 1)}}, "ends_on"),
        ({"title": ""}, "title"),
        ({"reason": " "}, "reason"),
        ({"obligations": [make.ProposedChange("drop", 0)]}, "obligations"),
    ],
)
def test_a_supplement_with_a_mistake_is_told_where(more: dict[str, object], field: str) -> None:
    it = make.in_force()
    with no_event(), pytest.raises(DomainError) as refused:
        make.propose(it, **more)
    assert refused.value.details["field"] == field


def test_of_two_supplements_of_the_same_the_second_is_proposed_anew_and_none_before_its_day() -> None:
    it = make.in_force()
    first = make.propose(it)
    second = make.propose(it, changes={"ends_on": date(2028, 1, 1)})
    later = make.propose(it, changes={"note": "以后"}, effective_on=NOW.date() + timedelta(days=1))
    actor = it.unit.reviewer.actor()
    api.decide_supplement(actor=actor, supplement_id=first, approved=True, now=NOW)
    for number in (second, later):
        with no_event(), pytest.raises(NotPossibleNow), transaction.atomic():
            api.decide_supplement(actor=actor, supplement_id=number, approved=True, now=NOW)
    api.decide_supplement(actor=actor, supplement_id=later, approved=True, now=NOW + timedelta(days=2))
    assert it.row.note == "以后"


def test_files_are_for_those_who_may_read_and_the_signed_ones_for_the_other_side() -> None:
    own = supplier().who.actor()
    it = make.in_force()
    actor = it.unit.administrator.actor()
    png = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
        b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\r\xefF\xb8\x00\x00\x00\x00IEND\xaeB`\x82"
    )
    with one_contract_event("file_added"):
        text = api.add_contract_file(actor=actor, contract_id=it.id, content=png, name="合同.png", now=NOW)
    with no_event():
        same = api.add_contract_file(actor=actor, contract_id=it.id, content=png, name="again.png", now=NOW)
    assert same == text
    paper = api.add_contract_file(
        actor=actor, contract_id=it.id, content=png, name="内部.png", purpose="internal", now=NOW
    )
    stranger = it.unit.administrator.actor()
    for reader, document, may in (
        (it.unit.leader.actor(), text, True),
        (it.unit.leader.actor(), paper, True),
        (own, text, True),
        (own, paper, False),
        (stranger, paper, True),
    ):
        if may:
            open_document(actor=reader, document_id=document, now=NOW).file.close()
        else:
            with pytest.raises(DocumentNotFound):
                open_document(actor=reader, document_id=document, now=NOW)
    assert [each.document.id for each in api.own_files(actor=own, contract_id=it.id)] == [text]
    with pytest.raises(NotPossibleNow):
        api.remove_contract_file(actor=actor, contract_id=it.id, document_id=text, now=NOW)
    for who in (it.unit.reviewer, it.unit.supervisor):
        with no_event(), pytest.raises(DomainError):
            api.add_contract_file(actor=who.actor(), contract_id=it.id, content=png, name="x.png", now=NOW)
