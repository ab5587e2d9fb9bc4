"""What the rungs bring about: one by one and many at once the same, in a bounded number of statements."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.areas.contracts.factories import SUPERVISION, contract_row, supplier, unit
from tests.areas.contracts.ladder.situations import (
    DUE,
    NOW,
    SYSTEM,
    days_later,
    fresh,
    late_obligation,
    open_case,
    owed_obligation,
)
from tests.kernel.access.factories import DAOLI, HARBIN, agency, arranged, official
from yingshang.areas.contracts import api
from yingshang.areas.contracts.figures.cells import recount
from yingshang.areas.contracts.ladder.clocks import OBLIGATION_OWNER
from yingshang.areas.contracts.ladder.gaps import tell_gaps
from yingshang.areas.contracts.ladder.rungs import (
    consequences,
    issue_missed,
    on_obligation_rung,
    on_obligation_rungs,
)
from yingshang.areas.contracts.models import Obligation, SupervisionNotice
from yingshang.kernel.clock.api import Rung, register_owner, sweep
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.models import Agency

RUNGS = {
    code: Rung(code, code, code, 0, "days", time(9), action, ("holder",))  # type: ignore[arg-type]
    for code, action in (
        ("remind", "remind"),
        ("warn", "warn"),
        ("escalate", "escalate"),
        ("supervise", "supervise"),
        ("case", "supervise"),
        ("transfer", "supervise"),
    )
}


@pytest.mark.parametrize(
    ("code", "side", "before", "level", "told", "supervisors", "counterparty", "notice"),
    [
        ("remind", "unit", "", "remind", 1, False, False, False),
        ("warn", "unit", "remind", "warn", 2, False, False, False),
        ("escalate", "unit", "warn", "escalate", 3, True, False, False),
        ("supervise", "unit", "escalate", "notice", 0, False, False, True),
        ("supervise", "unit", "case", "case", 0, False, False, True),
        ("warn", "unit", "notice", "notice", 2, False, False, False),
        ("case", "unit", "notice", "notice", 0, True, False, False),
        ("transfer", "unit", "case", "case", 0, True, False, False),
        ("remind", "counterparty", "", "", 1, False, True, False),
        ("escalate", "counterparty", "", "", 0, False, False, False),
        ("supervise", "counterparty", "", "", 0, False, False, False),
    ],
)
def test_consequences(
    code: str,
    side: str,
    before: str,
    level: str,
    told: int,
    supervisors: bool,
    counterparty: bool,
    notice: bool,
) -> None:
    found = consequences(RUNGS[code], side=side, escalation=before)
    assert (found.level, len(found.told), found.supervisors, found.counterparty, found.notice) == (
        level,
        told,
        supervisors,
        counterparty,
        notice,
    )


def _told() -> Counter[tuple[int, str]]:
    rows = Message.objects.filter(channel="in_app").values_list("recipient", "template")
    return Counter((user, template.removeprefix("contracts.")) for user, template in rows)


@pytest.mark.django_db(transaction=True)
def test_the_ladder_from_the_reminder_to_the_notice() -> None:
    people, firm = unit(), supplier()
    row = owed_obligation(due_on=date(2026, 12, 4), contract=contract_row(of=firm.party))
    theirs = owed_obligation(
        due_on=date(2026, 12, 4),
        contract=contract_row(of=firm.party),
        side="counterparty",
        kind="deliver",
        title="交货",
    )
    assert api.watch(actor=SYSTEM, now=NOW) == 2
    told = _told()
    expected = {
        1: (
            "remind",
            [(people.administrator, "obligations_due", 1), (firm.who, "own_obligation_due", 1)],
        ),
        6: ("warn", [(people.administrator, "obligations_due", 1), (people.reviewer, "obligation_due", 1)]),
        11: (
            "escalate",
            [
                (each, "obligation_due", 1)
                for each in (people.administrator, people.reviewer, people.head, people.supervisor)
            ],
        ),
        12: ("notice", [(people.head, "notice_issued", 1), (people.reviewer, "notice_issued", 1)]),
    }
    for days, (level, to) in expected.items():
        sweep(actor=SYSTEM, now=days_later(days))
        new = _told() - told
        told = _told()
        assert fresh(row).escalation == fresh(row).contract.escalation == level, days
        for who, template, times in to:
            assert new[(who.id, template)] == times, (days, template)
        assert not any(user == people.leader.id for user, _ in new)
    assert fresh(theirs).escalation == ""
    [notice] = SupervisionNotice.objects.all()
    assert notice.obligation_id == row.pk and notice.state == "sent" and notice.due_on == date(2026, 12, 11)
    assert notice.issued_by_agency_id == people.supervisor.actor().grants[0].agency_id
    assert notice.owed_fen == 300_000_00 and notice.interest_fen is None and notice.receipt_event
    assert notice.number.partition("-")[2] == "政合督〔2026〕1号"
    # One event of the area for each rung, and one for the notice.
    events = AuditEvent.objects.filter(action__startswith="contracts.", target_id=str(row.pk))
    assert Counter(events.values_list("action", flat=True)) == {
        "contracts.escalated": 4,
        "contracts.notice_issued": 1,
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("many", [True, False])
def test_one_by_one_and_together_they_come_to_the_same(many: bool) -> None:
    people, rows = unit(), [late_obligation() for _ in range(3)]
    register_owner(
        OBLIGATION_OWNER, on_rung=on_obligation_rung, on_rungs=on_obligation_rungs if many else None
    )
    try:
        result = sweep(actor=SYSTEM, now=NOW)
    finally:
        register_owner(OBLIGATION_OWNER, on_rung=on_obligation_rung, on_rungs=on_obligation_rungs)
    assert (result.fired, result.failed) == (6, 0)
    assert [fresh(row).escalation for row in rows] == ["notice"] * 3
    numbers = sorted(SupervisionNotice.objects.values_list("number", flat=True))
    assert [each.partition("〕")[2] for each in numbers] == ["1号", "2号", "3号"]
    told = _told()
    for who, of_one, of_many in (
        (people.head, "notice_issued", "notices_issued"),
        (people.supervisor, "obligation_due", "obligations_due"),
    ):
        assert (told[(who.id, of_one)], told[(who.id, of_many)]) == ((0, 1) if many else (3, 0))
    if many:
        # Each of them is named, and all of them are counted.
        for template in ("obligations_due", "notices_issued"):
            message = Message.objects.filter(template=f"contracts.{template}", channel="in_app").first()
            assert message is not None and "3" in message.subject
            assert message.link.startswith("/desk/contracts/") and all(
                row.contract.number in message.body for row in rows
            )
    # Nothing twice.
    assert sweep(actor=SYSTEM, now=NOW).fired == 0
    assert _told() == told


@pytest.mark.django_db(transaction=True)
def test_what_was_due_when_its_contract_was_ended_is_supervised_and_listed() -> None:
    supervisor = unit().supervisor.actor()
    ended = late_obligation(contract=contract_row(state="terminated", ended_at=NOW))
    later = owed_obligation(due_on=date(2026, 12, 1), contract=ended.contract)
    resting = owed_obligation(due_on=DUE, contract=contract_row(state="suspended"))
    stopped = late_obligation()
    api.suspend_contract(
        actor=unit().reviewer.actor(), contract_id=stopped.contract_id, reason="停工", now=NOW
    )
    assert api.watch(actor=SYSTEM, now=NOW) == 1 and fresh(later).deadline_id is not None
    with arranged():
        api.follow([fresh(ended)], now=NOW)
    sweep(actor=SYSTEM, now=NOW)
    # That its unit has suspended the contract stops nothing of what was late; what fell due meanwhile rests, which hides
    # nothing from who supervises.
    assert [fresh(row).escalation for row in (ended, stopped, resting)] == ["notice", "notice", ""]
    listed = api.late_obligations(actor=supervisor, now=NOW).rows
    assert {row.id for row in listed} == {ended.pk, stopped.pk, resting.pk}


@pytest.mark.django_db(transaction=True)
def test_what_is_owed_no_more_and_what_has_a_notice_get_none() -> None:
    done, has = late_obligation(), late_obligation()
    with arranged():
        api.issue_notice(actor=unit().supervisor.actor(), obligation_id=has.pk, demand="请付款。", now=NOW)
        Obligation.objects.filter(pk=done.pk).update(state="dropped")
    sweep(actor=SYSTEM, now=NOW)
    assert list(SupervisionNotice.objects.values_list("obligation_id", flat=True)) == [has.pk]
    assert fresh(done).escalation == "" and fresh(has).escalation == "notice"


@pytest.mark.django_db
def test_many_rungs_use_as_many_statements_as_few() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for times in (5, 60):
        contract = contract_row()
        rows = [owed_obligation(due_on=DUE, contract=contract) for _ in range(times)]
        with arranged():
            api.follow(rows, now=NOW)
        with CaptureQueriesContext(connection) as captured:
            sweep(actor=SYSTEM, now=datetime.combine(DUE, time(12), NOW.tzinfo))
            result = sweep(actor=SYSTEM, now=NOW)
        assert result.fired == times
        counts.append(len(captured))
    # Jobs are deferred for every fifty notices, and messages delivered in blocks.
    assert counts[1] <= counts[0] + 12, counts


@pytest.mark.django_db
def test_where_nobody_supervises_those_are_told_who_can_appoint_somebody() -> None:
    leader, administrator = unit().leader, official("administrator", HARBIN)
    case, rows = open_case(), [late_obligation(), late_obligation()]
    with arranged():
        Agency.objects.filter(kind=SUPERVISION).update(is_active=False)
    sweep(actor=SYSTEM, now=NOW)
    assert [fresh(row).escalation for row in rows] == ["escalate"] * 2
    assert not SupervisionNotice.objects.exclude(pk=case.notice_id).exists()
    events = AuditEvent.objects.filter(action="contracts.escalated", target_id=str(rows[0].pk)).order_by("id")
    assert [(each["level"], each.get("unsupervised")) for each in events.values_list("after", flat=True)] == [
        ("escalate", None),
        ("escalate", True),
    ]
    # Once a day, whatever it is about; later steps are not silent either.
    told = {user: times for (user, template), times in _told().items() if template == "nobody_supervises"}
    assert {leader.id, administrator.id} <= set(told) and set(told.values()) == {1}
    message = Message.objects.filter(template="contracts.nobody_supervises", recipient=leader.id).first()
    assert message is not None and message.subject == "哈尔滨市道里区：没有人督办合同履约"
    with arranged():
        type(leader.user).objects.filter(appointments__agency__kind=SUPERVISION).update(is_active=False)
    sweep(actor=SYSTEM, now=days_later(70))
    assert _told()[(administrator.id, "nobody_supervises")] == 2


@pytest.mark.django_db
def test_they_are_told_at_once_and_then_every_few_days_whether_a_rung_fires_or_not() -> None:
    leader = unit().leader
    late_obligation()
    # Told of by what is late, not by a rung: this one has no clock.
    row = owed_obligation(due_on=date(2026, 11, 1))
    with arranged():
        recount([row])
        Agency.objects.filter(kind=SUPERVISION).update(is_active=False)

    def told() -> int:
        return _told()[(leader.id, "nobody_supervises")]

    days = []
    for day in range(16):
        before = told()
        if day == 0:
            sweep(actor=SYSTEM, now=NOW)
        tell_gaps(now=days_later(day))
        days += [day] * (told() - before)
    assert days == [0, 7, 14]
    with arranged():
        Agency.objects.filter(kind=SUPERVISION).update(is_active=True)
    tell_gaps(now=days_later(30))
    assert told() == 3


@pytest.mark.django_db
def test_where_nobody_may_open_what_is_supervised_those_are_told_who_can_appoint_somebody(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people, administrator = unit(), official("administrator", HARBIN)
    contract = contract_row(secrecy="internal", title="涉密系统建设")
    late_obligation(contract=contract)
    late_obligation()
    sweep(actor=SYSTEM, now=NOW)
    assert SupervisionNotice.objects.count() == 2
    told = Message.objects.filter(template="contracts.nobody_opens", channel="in_app")
    assert {each.recipient_id for each in told} >= {people.leader.id, administrator.id}
    assert people.supervisor.id not in {each.recipient_id for each in told}
    # By its place alone.
    for each in told:
        assert not any(word in each.subject + each.body for word in (contract.title, contract.number))
    first = told.all().count()
    tell_gaps(now=days_later(6))
    assert told.all().count() == first
    with django_assert_max_num_queries(40):
        tell_gaps(now=days_later(7))
    assert told.all().count() == 2 * first
    assert not Message.objects.filter(template="contracts.nobody_supervises").exists()
    official("contract_confidential_supervisor", DAOLI, SUPERVISION)
    tell_gaps(now=days_later(14))
    assert told.all().count() == 2 * first


@pytest.mark.django_db(transaction=True)
def test_notices_that_nobody_could_issue_go_out_once_somebody_supervises() -> None:
    people = unit()
    later, first = late_obligation(), owed_obligation(due_on=date(2026, 11, 18))
    has, due_today = late_obligation(), owed_obligation(due_on=NOW.date())
    with arranged():
        api.follow([first, due_today], now=NOW)
        api.issue_notice(actor=people.supervisor.actor(), obligation_id=has.pk, demand="请付款。", now=NOW)
        Agency.objects.filter(kind=SUPERVISION).update(is_active=False)
    sweep(actor=SYSTEM, now=NOW)
    assert [fresh(row).escalation for row in (first, later, has, due_today)] == [
        "escalate",
        "escalate",
        "notice",
        "escalate",
    ]
    # Nobody is there yet.
    assert issue_missed(now=days_later(1)) == 0
    with arranged():
        Agency.objects.filter(kind=SUPERVISION).update(is_active=True)
    last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    told = _told()
    # The rung of what is due today has fired nothing that a notice follows from.
    assert issue_missed(now=NOW) == 2 and issue_missed(now=NOW) == 0
    events = AuditEvent.objects.filter(id__gt=last, action__startswith="contracts.").order_by("id")
    assert list(events.values_list("action", "target_id")) == [
        ("contracts.notice_issued", str(first.pk)),
        ("contracts.notice_issued", str(later.pk)),
    ]
    # The earliest due first, without a gap, as every other.
    numbers = SupervisionNotice.objects.order_by("pk").values_list("obligation", "number")
    assert [(owner, number.partition("〕")[2]) for owner, number in numbers] == [
        (has.pk, "1号"),
        (first.pk, "2号"),
        (later.pk, "3号"),
    ]
    for row in (first, later):
        assert fresh(row).escalation == fresh(row).contract.escalation == "notice"
    assert (_told() - told)[(people.head.id, "notices_issued")] == 1
    sweep(actor=SYSTEM, now=days_later(1))
    assert SupervisionNotice.objects.count() == 4 and issue_missed(now=days_later(1)) == 0


@pytest.mark.django_db
def test_the_late_unit_is_not_asked_to_find_who_supervises_it() -> None:
    people, administrator = unit(), official("administrator", HARBIN)
    late_obligation(contract=contract_row(in_agency=agency(DAOLI, SUPERVISION)))
    with arranged():
        Agency.objects.filter(pk=agency(HARBIN, SUPERVISION).pk).update(is_active=False)
    sweep(actor=SYSTEM, now=NOW)
    told = {user for user, template in _told() if template == "nobody_supervises"}
    assert {people.leader.id, administrator.id} <= told and people.supervisor.id not in told


@pytest.mark.django_db
def test_the_nearest_other_agency_supervises() -> None:
    from yingshang.areas.contracts.ladder import _steps

    row = late_obligation()
    assert _steps.supervisors_of([row], today=date(2026, 11, 23)) == {
        row.pk: unit().supervisor.actor().grants[0].agency_id
    }
