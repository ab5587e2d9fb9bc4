"""Portraits are published, opened, objected to and repaired; who may do what in which state."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.areas.contracts.factories import (
    SUPERVISION,
    UNIT,
    YUAN,
    contract_row,
    obligation_row,
    one_contract_event,
    performance_row,
    supplier,
    unit,
)
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    SYSTEM,
    agency,
    arranged,
    no_event,
    official,
)
from tests.kernel.documents.factories import pdf_of
from yingshang.areas.contracts.api import (
    OBJECTION,
    REPAIR,
    add_portrait_evidence,
    ask_repair,
    behind,
    decide_portrait_objection,
    decide_repair,
    object_to_portrait,
    portrait,
    portrait_request,
    portrait_requests,
    portraits,
    publish_due_portraits,
    publish_portraits,
    published_unit,
    published_units,
)
from yingshang.areas.contracts.errors import InvalidStep, NotPossibleNow, NotYours, StepNotFound
from yingshang.areas.contracts.models import (
    Obligation,
    PortraitObjection,
    PortraitRound,
    PublishedPortrait,
    Repair,
)
from yingshang.areas.contracts.portraits.reading import facts_of_subjects
from yingshang.areas.contracts.portraits.replay import portrait_of, read_fact, read_figures
from yingshang.areas.contracts.portraits.rules import portrait_rules
from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.clock.api import get_deadline, sweep
from yingshang.kernel.documents.api import DocumentNotFound, RefusedFile, get_document
from yingshang.kernel.notices.api import inbox
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.models import Agency

pytestmark = pytest.mark.django_db

UNTIL = date(2026, 10, 31)
SINCE = portrait_rules().since(UNTIL)


def _done(on: date | None, due: date = date(2026, 6, 30), contract=None, **more):  # type: ignore[no-untyped-def]
    """An obligation due on a day and done on another, as both tables say it; open without a day."""
    amount = more.get("amount_fen", 300_000 * YUAN)
    if on is None:
        return obligation_row(contract, due_on=due, **more)
    row = obligation_row(
        contract, due_on=due, state="performed", performed_on=on, done_fen=amount or 0, **more
    )
    performance_row(row, on)
    return row


def _year(contract=None):  # type: ignore[no-untyped-def]
    """Six obligations: three on time, one 40 days late, one open for four months, one disputed but on time."""
    contract = contract or contract_row()
    rows = [_done(date(2026, 6, 30), contract=contract) for _ in range(3)]
    rows.append(_done(date(2026, 8, 9), contract=contract))
    rows.append(_done(None, contract=contract))
    rows.append(_done(date(2026, 2, 1), date(2026, 2, 1), contract=contract))
    performance_row(rows[-1], date(2026, 2, 3), side="counterparty", what="disputed", amount_fen=None)
    return rows


def _publish(now=NOW, actor=None):  # type: ignore[no-untyped-def]
    return publish_portraits(
        actor=actor or unit().supervisor.actor(), region_path="230102", until=UNTIL, now=now
    )


def _of_unit() -> int:
    return PublishedPortrait.objects.get(agency=unit().agency, replaced_by=None).pk


def test_both_portraits_are_published_once_and_replayed_equal() -> None:
    people, firm = unit(), supplier()
    contract = contract_row(of=firm.party)
    _year(contract)
    _done(date(2026, 5, 2), date(2026, 5, 1), contract=contract, side="counterparty", amount_fen=None)
    _done(date(2026, 11, 2), date(2026, 11, 1), contract=contract)
    _done(None, contract=contract, state="dropped")
    _done(None, contract=contract_row(state="draft"))
    with one_contract_event("portraits_published") as events:
        assert _publish() == 2
    assert (events[0]["after"]["units"], events[0]["after"]["enterprises"]) == (1, 1)
    with one_contract_event("portraits_published"):
        assert _publish() == 0
    row = portrait(actor=people.head.actor(), portrait_id=_of_unit(), today=NOW.date()).row
    found = row.figures
    assert (row.since, row.until, row.level.code) == (date(2025, 11, 1), UNTIL, "d")
    assert (found.count, found.on_time, found.late_done, found.late_open, found.disputed) == (6, 4, 1, 1, 1)
    assert (found.rate, found.by_amount) == (Decimal("0.6666"), Decimal("0.6666"))
    assert (found.longest_late_days, found.open_fen) == (124, 300_000 * YUAN)
    assert dict(found.delays) == {"on_time": 4, "d30": 0, "d90": 1, "d180": 1, "more": 0}
    assert [(each.code, each.count, each.on_time) for each in found.quarters] == [
        ("2026Q1", 1, 1),
        ("2026Q2", 5, 3),
    ]
    # Replayed from what happened, and from what the portrait keeps, it is the same.
    for kind, subject, of in (
        ("unit", people.agency.pk, {"agency": people.agency}),
        ("enterprise", firm.party.pk, {"party": firm.party}),
    ):
        kept = PublishedPortrait.objects.get(**of)
        again = facts_of_subjects(kind, [subject], since=SINCE, until=UNTIL)[subject]
        assert [each.written() for each in again] == kept.facts
        for facts in (again, map(read_fact, kept.facts)):
            assert portrait_of(facts, portrait_rules(), since=SINCE, until=UNTIL) == read_figures(
                kept.figures
            )
    own = portraits(actor=firm.who.actor(), party_id=firm.party.pk).rows
    assert [(each.figures.late_done, each.level.code) for each in own] == [(1, "unknown")]
    assert inbox(actor=people.head.actor()).rows[0].subject.startswith("截至 2026-10-31")


def test_every_figure_opens_down_to_its_obligations(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    people = unit()
    rows = _year(contract_row(title="老旧小区改造"))
    _done(None, date(2026, 9, 30), contract=contract_row(secrecy="internal", title="涉密工程"))
    _publish()
    number = _of_unit()
    figures = portrait(actor=people.head.actor(), portrait_id=number, today=NOW.date()).row.figures
    opened = {
        "all": figures.count,
        "on_time": figures.on_time,
        "late_done": figures.late_done,
        "late_open": figures.late_open,
        "disputed": figures.disputed,
        "disagreed": figures.disagreed,
        **{f"delay:{code}": count for code, count in figures.delays},
        **{f"quarter:{each.code}": each.count for each in figures.quarters},
        "made-up": 0,
    }
    for figure, count in opened.items():
        page = behind(actor=people.head.actor(), portrait_id=number, figure=figure)
        assert page.total == len(page.rows) == count, figure
    leader = people.leader.actor()
    with django_assert_max_num_queries(2):
        late = behind(actor=leader, portrait_id=number, figure="late_open").rows
    # The latest first; who may not read the contract learns that there is one.
    assert [
        (each.obligation_id == rows[4].pk, each.late_days, each.contract_number != "") for each in late
    ] == [
        (True, 124, True),
        (False, 32, False),
    ]


def test_who_publishes_what() -> None:
    people = unit()
    _year()
    for who in (people.head, people.leader, people.administrator):
        with no_event(), pytest.raises(NotAllowed):
            _publish(actor=who.actor())
    with no_event(), pytest.raises(NotAllowed):
        publish_portraits(actor=people.supervisor.actor(), region_path="2301", until=UNTIL, now=NOW)
    with no_event(), pytest.raises(InvalidStep):
        publish_portraits(
            actor=people.supervisor.actor(), region_path="230102", until=date(2026, 11, 23), now=NOW
        )
    inside = official("supervisor", DAOLI, UNIT)
    assert _publish(actor=inside.actor()) == 0
    with pytest.raises(StepNotFound):
        published_unit(agency_id=people.agency.pk)
    assert _publish(actor=people.city_supervisor.actor()) == 1


def test_units_are_compared_with_those_like_them() -> None:
    unit()
    for code in ("230102", "230103", "230104", "230108", "230109"):
        _year(contract_row(in_agency=agency(code, UNIT)))
    publish_portraits(actor=SYSTEM, until=UNTIL, now=NOW)
    found = published_units(text=agency(NANGANG, UNIT).name).rows[0]
    assert found.place == "1/5" and found.figures.peers is not None
    assert found.figures.peers.median == Decimal("0.6666")
    assert published_units(levels=["a"]).total == 0 and published_units(region_path="2301").total == 5


def test_an_objection_is_decided_elsewhere_and_the_portrait_replaced() -> None:
    people = unit()
    rows = _year()
    _publish()
    number = _of_unit()
    for who, error in ((people.administrator, NotYours), (people.supervisor, NotYours)):
        with no_event(), pytest.raises(error):
            object_to_portrait(
                actor=who.actor(), portrait_id=number, obligation_id=rows[4].pk, grounds="有误", now=NOW
            )
    with one_contract_event("portrait_objected"):
        asked = object_to_portrait(
            actor=people.head.actor(),
            portrait_id=number,
            obligation_id=rows[4].pk,
            figure="late_open",
            grounds="验收条件没有成就",
            now=NOW,
        )
    for changes in ({"obligation_id": rows[4].pk}, {"obligation_id": 1}, {"grounds": " "}):
        values = {"obligation_id": rows[3].pk, "grounds": "有误", **changes}
        with no_event(), pytest.raises(InvalidStep):
            object_to_portrait(actor=people.head.actor(), portrait_id=number, now=NOW, **values)
    late = NOW + timedelta(days=31)
    with no_event(), pytest.raises(InvalidStep):
        object_to_portrait(
            actor=people.head.actor(), portrait_id=number, obligation_id=rows[3].pk, grounds="有误", now=late
        )
    waiting = portrait_requests(actor=people.supervisor.actor()).rows
    assert [(each.kind, each.id, each.may_decide) for each in waiting] == [("objection", asked, True)]
    with one_contract_event("portrait_objection_upheld") as events:
        decide_portrait_objection(
            actor=people.supervisor.actor(), objection_id=asked, upheld=True, reason="属实", now=NOW
        )
    newer = PublishedPortrait.objects.get(pk=events[0]["after"]["newer"])
    assert PublishedPortrait.objects.get(pk=number).replaced_by_id == newer.pk == _of_unit()
    assert (newer.left_out, read_figures(newer.figures).count) == ([rows[4].pk], 5)
    # What was published before stays as it was.
    assert portrait(actor=people.head.actor(), portrait_id=number, today=NOW.date()).row.figures.count == 6
    assert published_unit(agency_id=people.agency.pk)[0].figures.late_open == 0
    assert get_deadline(PortraitObjection.objects.get(pk=asked).deadline_id or 0).state == "met"
    shown = behind(actor=people.head.actor(), portrait_id=newer.pk).rows
    assert [each.obligation_id for each in shown if each.left_out] == [rows[4].pk]
    # The next one does not count it either.
    publish_portraits(
        actor=people.supervisor.actor(), region_path="230102", until=date(2026, 11, 22), now=NOW
    )
    following = PublishedPortrait.objects.get(agency=people.agency, until=date(2026, 11, 22))
    assert (following.left_out, read_figures(following.figures).count) == ([rows[4].pk], 5)


def test_where_nobody_may_decide_that_is_told_and_seen() -> None:
    people, administrator = unit(), official("administrator", HARBIN)
    rows = _year()
    _publish()
    number = _of_unit()
    with arranged():
        Agency.objects.filter(kind=SUPERVISION).update(is_active=False)
    head = people.head.actor()
    with one_contract_event("portrait_objected"):
        object_to_portrait(
            actor=head, portrait_id=number, obligation_id=rows[4].pk, grounds="验收条件没有成就", now=NOW
        )
    told = Message.objects.filter(template="contracts.nobody_supervises", channel="in_app")
    assert {people.leader.id, administrator.id} <= {each.recipient_id for each in told}
    assert not Message.objects.filter(template="contracts.portrait_objected").exists()
    [asked] = portrait(actor=head, portrait_id=number, today=NOW.date()).requests
    assert asked.nobody_decides and not asked.may_decide
    # Somebody who sits in the unit itself is nobody; once another is appointed it is as ever.
    inside = official("supervisor", DAOLI, UNIT).actor()
    assert portrait_request(actor=inside, kind="objection", number=asked.id, today=NOW.date()).nobody_decides
    sweep(actor=SYSTEM, now=NOW + timedelta(days=60))
    assert told.filter(recipient=administrator.id).count() == 2
    with arranged():
        Agency.objects.filter(kind=SUPERVISION).update(is_active=True)
    sits_there = {head.identifier, inside.identifier}
    for reader in (head, inside, people.supervisor.actor()):
        [again] = portrait(actor=reader, portrait_id=number, today=NOW.date()).requests
        assert not again.nobody_decides and again.may_decide == (reader.identifier not in sits_there)


def test_what_was_refused_is_not_asked_again_of_the_portrait_that_took_its_place() -> None:
    people = unit()
    rows = _year()
    _publish()
    number = _of_unit()
    for row, upheld in ((rows[3], False), (rows[4], True)):
        asked = object_to_portrait(
            actor=people.head.actor(), portrait_id=number, obligation_id=row.pk, grounds="有误", now=NOW
        )
        decide_portrait_objection(
            actor=people.supervisor.actor(), objection_id=asked, upheld=upheld, reason="核实", now=NOW
        )
    assert _of_unit() != number
    with no_event(), pytest.raises(InvalidStep):
        object_to_portrait(
            actor=people.head.actor(),
            portrait_id=_of_unit(),
            obligation_id=rows[3].pk,
            grounds="有误",
            now=NOW,
        )


def test_contracts_beyond_the_readers_reach_are_not_named() -> None:
    people, firm = unit(), supplier()
    for code in (DAOLI, NANGANG):
        _done(
            None,
            contract=contract_row(of=firm.party, in_agency=agency(code, UNIT)),
            side="counterparty",
            amount_fen=None,
        )
    _publish()
    number = PublishedPortrait.objects.get(party=firm.party).pk
    for who, named in ((people.leader, 1), (people.city_supervisor, 2), (firm.who, 2)):
        rows = behind(actor=who.actor(), portrait_id=number).rows
        assert (len(rows), sum(each.contract_number != "" for each in rows)) == (2, named)


def test_what_is_done_and_some_time_ago_is_repaired() -> None:
    people = unit()
    rows = _year()
    _publish()
    number = _of_unit()

    def ask(obligation: Obligation, now=NOW) -> int:  # type: ignore[no-untyped-def]
        return ask_repair(
            actor=people.head.actor(),
            portrait_id=number,
            obligation_id=obligation.pk,
            statement="已整改",
            now=now,
        )

    for row in (rows[4], rows[0]):
        with no_event(), pytest.raises(InvalidStep):
            ask(row)
    Obligation.objects.filter(pk=rows[3].pk).update(performed_on=date(2026, 11, 1))
    with no_event(), pytest.raises(InvalidStep):
        ask(rows[3])
    with one_contract_event("repair_asked"):
        first = ask(rows[3], NOW + timedelta(days=10))
    with one_contract_event("repair_refused"):
        decide_repair(
            actor=people.supervisor.actor(),
            repair_id=first,
            granted=False,
            reason="未公示",
            now=NOW + timedelta(days=11),
        )
    second = ask(rows[3], NOW + timedelta(days=20))
    # Taken back meanwhile: it is not done, whatever was asked.
    Obligation.objects.filter(pk=rows[3].pk).update(state="partial")
    with no_event(), pytest.raises(InvalidStep):
        decide_repair(
            actor=people.supervisor.actor(),
            repair_id=second,
            granted=True,
            reason="属实",
            now=NOW + timedelta(days=20),
        )
    Obligation.objects.filter(pk=rows[3].pk).update(state="performed")
    with one_contract_event("repair_granted"):
        decide_repair(
            actor=people.city_supervisor.actor(),
            repair_id=second,
            granted=True,
            reason="属实",
            now=NOW + timedelta(days=21),
        )
    assert published_unit(agency_id=people.agency.pk)[0].figures.late_done == 0


@pytest.mark.parametrize("table", ["objection", "repair"])
def test_every_state_action_and_role(table: str) -> None:
    people, firm = unit(), supplier()
    rows = _year()
    _publish()
    number = _of_unit()
    inside = official("supervisor", DAOLI, UNIT)
    elsewhere = official("supervisor", NANGANG, "business-environment")
    if table == "objection":
        asked = object_to_portrait(
            actor=people.head.actor(), portrait_id=number, obligation_id=rows[3].pk, grounds="有误", now=NOW
        )
    else:
        asked = ask_repair(
            actor=people.head.actor(),
            portrait_id=number,
            obligation_id=rows[3].pk,
            statement="已整改",
            now=NOW,
        )
    lifecycle, model = (OBJECTION, PortraitObjection) if table == "objection" else (REPAIR, Repair)

    def decide(who, good: bool) -> None:  # type: ignore[no-untyped-def]
        if table == "objection":
            decide_portrait_objection(
                actor=who.actor(), objection_id=asked, upheld=good, reason="理由", now=NOW
            )
        else:
            decide_repair(actor=who.actor(), repair_id=asked, granted=good, reason="理由", now=NOW)

    for state in lifecycle.states:
        for good in (False, True):
            event = ("upheld" if table == "objection" else "granted") if good else "refused"
            for who, error in (
                (people.supervisor, None),
                (people.city_supervisor, None),
                (people.head, NotAllowed),
                (people.leader, NotAllowed),
                (inside, NotYours),
                (elsewhere, StepNotFound),
                (firm.who, StepNotFound),
            ):
                model.objects.filter(pk=asked).update(state=state)
                PublishedPortrait.objects.filter(pk=number).update(replaced_by=None)
                if error is None and lifecycle.may(state, event):
                    decide(who, good)
                    assert model.objects.get(pk=asked).state == event
                else:
                    with no_event(), pytest.raises(error or NotPossibleNow):
                        decide(who, good)


def test_an_enterprise_objects_to_its_own_and_sees_nobody_elses() -> None:
    people, firm = unit(), supplier()
    contract = contract_row(of=firm.party)
    owed = _done(None, contract=contract, side="counterparty", amount_fen=None)
    _done(None, contract=contract)
    _publish()
    number = PublishedPortrait.objects.get(party=firm.party).pk
    with pytest.raises(StepNotFound):
        portrait(actor=firm.who.actor(), portrait_id=_of_unit(), today=NOW.date())
    about = {"portrait_id": number, "obligation_id": owed.pk, "now": NOW}
    for who in (people.head, people.supervisor):
        with no_event(), pytest.raises((NotYours, StepNotFound)):
            add_portrait_evidence(actor=who.actor(), content=pdf_of(), name="通知.pdf", **about)
    with no_event(), pytest.raises(RefusedFile):
        add_portrait_evidence(actor=firm.who.actor(), content=b"MZ", name="通知.exe", **about)
    shown, unused = (
        add_portrait_evidence(actor=firm.who.actor(), content=pdf_of(), name=name, **about)
        for name in ("通知.pdf", "无关.pdf")
    )
    with no_event(), pytest.raises(InvalidStep):
        object_to_portrait(
            actor=firm.who.actor(), grounds="场地未移交", document_ids=[shown, 999_999], **about
        )
    with one_contract_event("portrait_objected") as events:
        object_to_portrait(actor=firm.who.actor(), grounds="场地未移交", document_ids=[shown], **about)
    assert events[0]["after"]["documents"] == [shown]
    found = portrait(actor=firm.who.actor(), portrait_id=number, today=NOW.date())
    assert found.own and [each.text for each in found.requests] == ["场地未移交"]
    assert [each.name for each in found.requests[0].files] == ["通知.pdf"]
    # Who decides opens what was named; neither the unit, nor who supervises elsewhere, nor who only reads the portrait.
    elsewhere = official("supervisor", NANGANG, "business-environment")
    for who, opens in (
        (firm.who, (shown, unused)),
        (people.supervisor, (shown,)),
        (people.city_supervisor, (shown,)),
        (people.head, ()),
        (people.leader, ()),
        (elsewhere, ()),
    ):
        assert tuple(each for each in (shown, unused) if _opens(who.actor(), each)) == opens, who
    assert portrait(actor=people.leader.actor(), portrait_id=number, today=NOW.date()).requests[0].files == ()
    assert [each.id for each in portrait_requests(actor=people.supervisor.actor()).rows[0].files] == [shown]
    assert behind(actor=firm.who.actor(), portrait_id=number).rows[0].other_side == people.agency.name


def _opens(actor: Actor, document_id: int) -> bool:
    try:
        return get_document(actor=actor, document_id=document_id).id == document_id
    except DocumentNotFound:
        return False


def test_those_of_a_quarter_come_by_themselves_once() -> None:
    people = unit()
    at = NOW.replace(month=10, day=19)
    with no_event():
        assert publish_due_portraits(actor=SYSTEM, now=at) == 0
    _year()
    _done(None, date(2026, 6, 30), contract=contract_row(of=supplier().party), side="counterparty")
    # Of the quarter before, as none was there yet; then of the one that has ended since, twenty days after its end.
    for on, until, count in ((at, date(2026, 6, 30), 2), (NOW, date(2026, 9, 30), 3)):
        with one_contract_event("portraits_published"):
            assert publish_due_portraits(actor=SYSTEM, now=on) == count
        assert published_unit(agency_id=people.agency.pk)[0].until == until
        _done(None, until, contract=contract_row(in_agency=agency(NANGANG, UNIT)))
        for _again in range(2):
            with no_event():
                assert publish_due_portraits(actor=SYSTEM, now=on + timedelta(hours=1)) == 0
    assert PortraitRound.objects.get(until=date(2026, 9, 30)).portraits == 3


def test_who_decides_is_reminded() -> None:
    people = unit()
    rows = _year()
    _publish()
    object_to_portrait(
        actor=people.head.actor(), portrait_id=_of_unit(), obligation_id=rows[4].pk, grounds="有误", now=NOW
    )
    sweep(actor=SYSTEM, now=NOW + timedelta(days=30))
    subjects = [each.subject for each in inbox(actor=people.supervisor.actor()).rows]
    assert len(subjects) == 4 and any("逾期督办" in each for each in subjects)


def test_lists_cost_the_same_for_many(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    people = unit()
    for kind in (UNIT, "education", "transport"):
        _year(contract_row(in_agency=agency(DAOLI, kind)))
    _publish()
    actor = people.supervisor.actor()
    with django_assert_max_num_queries(2):
        assert portraits(actor=actor, kind="unit").total == 3
    with django_assert_max_num_queries(2):
        assert len(published_units().rows) == 3
