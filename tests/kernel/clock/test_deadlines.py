"""Clocks that run, stand still, are lengthened and end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.kernel.access.factories import (
    DAOLI,
    NANGANG,
    SYSTEM,
    agency,
    arranged,
    no_event,
    official,
    one_event,
)
from tests.kernel.clock.factories import KIND, at, deadline, ensure_ladders, heard
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.clock import api
from yingshang.kernel.clock.models import Deadline, LadderVersion, Pause
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hearing() -> Any:
    with heard() as hearing:
        yield hearing


def test_a_deadline_begins_with_its_date_its_ladder_and_one_event():
    ensure_ladders()
    with one_event("clock.started") as events:
        view = deadline({"working_days": 7}, start="2026-09-28", agency_id=agency().pk)
    assert (view.due_on, view.state, view.late, view.provisional) == (
        date(2026, 10, 13),
        "running",
        False,
        False,
    )
    assert view.derivation() == "2026-09-28受理，7个工作日，10-01至10-07放假，10-10调休上班，2026-10-13到期"
    assert view.derivation("en") == (
        "accepted 2026-09-28, 7 working days, 10-01…10-07 holiday, 10-10 make-up day, due 2026-10-13"
    )
    assert (view.ladder, view.ladder_version) == ("standard", 1)
    assert view.next_rung_at == at("2026-10-12 09:00")
    [event] = events
    assert event["after"]["owner"] == f"{KIND} {view.owner.identifier}"
    assert event["region_path"] == "230102"
    assert api.deadlines_of(view.owner, now=at("2026-09-28")) == (view,)


def test_only_a_registered_kind_of_owner_has_deadlines():
    with no_event(), pytest.raises(api.UnknownOwner) as refused:
        api.start_deadline(
            actor=SYSTEM,
            owner=api.Owner("nobody.knows", "1"),
            kind="step",
            name="无",
            name_en="none",
            term=api.Term(1, "days"),
            started_at=at("2026-11-23"),
            region_code=DAOLI,
            agency_id=None,
            party_id=None,
            ladder=None,
            now=at("2026-11-23"),
        )
    assert KIND in refused.value.details["known"]


def test_nothing_resets_the_clock_of_a_case():
    first = deadline(kind="case", owner="c")
    with no_event(), pytest.raises(api.CaseClockRuns):
        deadline(kind="case", owner="c")
    api.meet_deadline(actor=SYSTEM, deadline_id=first.id, now=at("2026-11-24"))
    with pytest.raises(api.CaseClockRuns):
        deadline(kind="case", owner="c")
    # A step of the same case has a clock of its own.
    deadline(kind="step", owner="c")
    assert len(api.deadlines_of(first.owner)) == 2


def _new(owner: str, term: dict[str, int], **more: Any) -> Any:
    values: dict[str, Any] = {
        "owner": api.Owner(KIND, owner),
        "kind": "step",
        "name": f"演示环节{owner}",
        "name_en": "",
        "term": api.Term.from_dict(term),
        "started_at": at("2026-09-28"),
        "region_code": DAOLI,
        "agency_id": None,
        "party_id": None,
        "ladder": "standard",
        **more,
    }
    return api.NewDeadline(**values)


def test_many_clocks_start_as_each_would_by_itself_in_as_many_statements_as_one(
    django_assert_max_num_queries,
):
    ensure_ladders()
    terms = [{"working_days": 7}, {"hours": 5}, {"days": 30}, {"months": 2}, {"working_days": 7}]
    wanted = [
        _new(f"many-{number}", term, ladder=ladder, region_code=region, kind=kind)
        for number, (term, ladder, region, kind) in enumerate(
            (term, ladder, region, kind)
            for term in terms
            for ladder in ("standard", "case", None)
            for region in (DAOLI, NANGANG)
            for kind in ("case", "step")
        )
    ]
    now = at("2026-09-29")
    # Two ladders, the calendars, the clocks and the events, and what opens and closes a transaction.
    with django_assert_max_num_queries(10):
        together = api.start_deadlines(actor=SYSTEM, deadlines=wanted, now=now)
    assert [view.owner for view in together] == [each.owner for each in wanted]
    events = AuditEvent.objects.filter(action="clock.started", target_id__in=[view.id for view in together])
    assert list(events.order_by("id").values_list("target_id", flat=True)) == [
        str(view.id) for view in together
    ]
    Deadline.objects.filter(owner_kind=KIND).update(owner_kind="tests.before")
    for new, view in zip(wanted, together, strict=True):
        fields = {name: getattr(new, name) for name in api.NewDeadline.__dataclass_fields__}
        alone = api.start_deadline(actor=SYSTEM, now=now, **fields)
        assert replace(alone, id=view.id) == view
    assert api.start_deadlines(actor=SYSTEM, deadlines=[], now=now) == ()


def test_of_many_clocks_all_start_or_none():
    deadline(kind="case", owner="taken")
    for second, refusal in (
        (_new("taken", {"days": 3}, kind="case"), api.CaseClockRuns),
        (_new("free", {"days": 3}, kind="case"), api.CaseClockRuns),
        (_new("other", {"days": 3}, ladder="nobody"), api.LadderNotFound),
        (_new("other", {"months": 120}), api.OutsideCalendar),
        (_new("other", {"days": 3}, started_at=at("2026-10-01")), api.NotAMoment),
    ):
        if refusal is api.OutsideCalendar:
            second = replace(second, started_at=at("2003-01-02"), term=api.Term(1, "days"))
        with no_event(), pytest.raises(refusal) as refused:
            api.start_deadlines(
                actor=SYSTEM, deadlines=[_new("free", {"days": 3}, kind="case"), second], now=at("2026-09-29")
            )
        if refusal is api.CaseClockRuns:
            assert refused.value.details["value"] == second.owner.identifier
    assert not api.deadlines_of(api.Owner(KIND, "free"))


def test_a_pause_moves_the_date_by_the_days_it_took():
    view = deadline({"working_days": 5}, start="2026-11-23")
    assert view.due_on == date(2026, 11, 30)
    with one_event("clock.paused") as [*_]:
        paused = api.pause_deadline(
            actor=SYSTEM, deadline_id=view.id, reason_code="correction", note="缺公章", now=at("2026-11-25")
        )
    assert (paused.state, paused.next_rung_at, paused.late) == ("paused", None, False)
    assert paused.derivation() == (
        "2026-11-23受理，5个工作日，11-25起中止计时（申请人补正材料，"
        "《中华人民共和国行政许可法》第三十二条第一款第四项），尚余3个工作日"
    )
    # However long it stands still, it is not late.
    assert not api.get_deadline(view.id, now=at("2027-05-01")).late
    with one_event("clock.resumed") as events:
        resumed = api.resume_deadline(actor=SYSTEM, deadline_id=view.id, now=at("2026-12-02"))
    assert (resumed.due_on, resumed.state, resumed.round) == (date(2026, 12, 7), "running", 2)
    assert resumed.derivation("en") == (
        "accepted 2026-11-23, 5 working days, stopped 11-25 to 12-02 (the applicant completes the documents; "
        "Administrative Licensing Law, article 32(1)(4)), due 2026-12-07"
    )
    [event] = events
    assert (event["before"]["due_on"], event["after"]["due_on"]) == ("2026-11-30", "2026-12-07")
    assert resumed.pauses[0].reason.basis and resumed.pauses[0].note == "缺公章"


def test_a_stop_within_a_day_takes_nothing():
    view = deadline()
    api.pause_deadline(actor=SYSTEM, deadline_id=view.id, reason_code="hearing", now=at("2026-11-25 09:00"))
    again = api.resume_deadline(actor=SYSTEM, deadline_id=view.id, now=at("2026-11-25 17:00"))
    assert (again.due_at, again.round, again.next_rung_at) == (view.due_at, 1, view.next_rung_at)


def test_a_pause_needs_a_reason_in_law():
    view = deadline()
    with no_event(), pytest.raises(api.UnknownReason) as refused:
        api.pause_deadline(actor=SYSTEM, deadline_id=view.id, reason_code="busy", now=at("2026-11-25"))
    assert "申请人补正材料" in refused.value.message_zh
    with pytest.raises(IntegrityError, match="clock_pause_reason"), transaction.atomic(), arranged():
        Pause.objects.create(deadline_id=view.id, reason="", since=at("2026-11-25"), paused_by="x")
    assert all(reason.basis and reason.basis_en and reason.quote for reason in api.pause_reasons())
    assert all(reason.basis and reason.basis_en and reason.quote for reason in api.extension_reasons())


def test_what_was_late_when_it_was_stopped_stays_late():
    view = deadline()
    paused = api.pause_deadline(
        actor=SYSTEM, deadline_id=view.id, reason_code="correction", now=at("2026-12-03")
    )
    assert paused.late and paused.colour(at("2026-12-03")) == "overdue"
    resumed = api.resume_deadline(actor=SYSTEM, deadline_id=view.id, now=at("2026-12-20"))
    assert resumed.late is True and resumed.due_on == view.due_on
    assert resumed.colour(at("2026-12-20")) == "overdue"


def test_an_extension_in_the_same_unit_is_counted_in_one_go():
    view = deadline({"working_days": 20}, start="2026-08-31")
    with one_event("clock.extended"):
        longer = api.extend_deadline(
            actor=SYSTEM,
            deadline_id=view.id,
            term=api.Term(10, "working_days"),
            reason_code="licensing_extension",
            now=at("2026-09-20"),
        )
    assert longer.due_on == api.national().add_working_days(date(2026, 8, 31), 30)
    assert "，延长10个工作日，" in longer.derivation()
    assert longer.round == 2


def test_a_term_that_has_run_out_is_not_lengthened():
    view = deadline()
    with no_event(), pytest.raises(api.AlreadyLate):
        api.extend_deadline(
            actor=SYSTEM,
            deadline_id=view.id,
            term=api.Term(10, "working_days"),
            reason_code="licensing_extension",
            now=at("2026-12-01"),
        )


def test_another_agency_gets_the_clock_as_it_is():
    view = deadline(agency_id=agency(DAOLI).pk)
    with one_event("clock.handed_over") as events:
        handed = api.hand_over_deadline(
            actor=SYSTEM,
            deadline_id=view.id,
            agency_id=agency(NANGANG).pk,
            region_code=NANGANG,
            now=at("2026-11-24"),
        )
    assert (handed.agency_id, handed.region_path) == (agency(NANGANG).pk, "230103")
    assert (handed.due_at, handed.started_at, handed.round) == (view.due_at, view.started_at, 1)
    assert events[0]["before"]["region"] == DAOLI


def test_a_deadline_met_in_time_or_late_says_so():
    early, over = deadline(), deadline()
    met = api.meet_deadline(actor=SYSTEM, deadline_id=early.id, now=at("2026-11-30 23:00"))
    assert (met.state, met.late, met.colour(at("2027-01-01")), met.next_rung_at) == (
        "met",
        False,
        "met",
        None,
    )
    met = api.meet_deadline(actor=SYSTEM, deadline_id=over.id, now=at("2026-12-01 00:00"))
    assert (met.state, met.late, met.colour(at("2027-01-01"))) == ("met", True, "met_late")


def test_what_ends_while_it_stands_still_is_not_late():
    view = deadline()
    api.pause_deadline(actor=SYSTEM, deadline_id=view.id, reason_code="correction", now=at("2026-11-25"))
    met = api.meet_deadline(actor=SYSTEM, deadline_id=view.id, now=at("2026-12-25"))
    assert (met.state, met.late, met.due_on) == ("met", False, date(2026, 12, 30))
    assert met.pauses[0].until == at("2026-12-25")


def test_a_clock_by_the_hour_counts_the_night():
    view = deadline({"hours": 24}, start="2026-09-30 16:00")
    assert view.due_at == at("2026-10-01 16:00")
    api.pause_deadline(actor=SYSTEM, deadline_id=view.id, reason_code="hearing", now=at("2026-09-30 18:00"))
    resumed = api.resume_deadline(actor=SYSTEM, deadline_id=view.id, now=at("2026-10-01 08:30"))
    assert resumed.due_at == at("2026-10-02 06:30")
    assert not resumed.provisional


STATES = ("running", "paused", "met", "cancelled")
ACTIONS: dict[str, tuple[set[str], Callable[[int], object]]] = {
    "pause": (
        {"running"},
        lambda number: api.pause_deadline(
            actor=SYSTEM, deadline_id=number, reason_code="correction", now=at("2026-11-26")
        ),
    ),
    "resume": (
        {"paused"},
        lambda number: api.resume_deadline(actor=SYSTEM, deadline_id=number, now=at("2026-11-26")),
    ),
    "extend": (
        {"running", "paused"},
        lambda number: api.extend_deadline(
            actor=SYSTEM,
            deadline_id=number,
            term=api.Term(2, "working_days"),
            reason_code="licensing_extension",
            now=at("2026-11-26"),
        ),
    ),
    "hand_over": (
        {"running", "paused"},
        lambda number: api.hand_over_deadline(
            actor=SYSTEM, deadline_id=number, agency_id=None, region_code=NANGANG, now=at("2026-11-26")
        ),
    ),
    "meet": (
        {"running", "paused"},
        lambda number: api.meet_deadline(actor=SYSTEM, deadline_id=number, now=at("2026-11-26")),
    ),
    "cancel": (
        {"running", "paused"},
        lambda number: api.cancel_deadline(
            actor=SYSTEM, deadline_id=number, reason="撤回", now=at("2026-11-26")
        ),
    ),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_in_every_state(state: str, action: str):
    view = deadline()
    if state == "paused":
        api.pause_deadline(actor=SYSTEM, deadline_id=view.id, reason_code="hearing", now=at("2026-11-25"))
    elif state == "met":
        api.meet_deadline(actor=SYSTEM, deadline_id=view.id, now=at("2026-11-25"))
    elif state == "cancelled":
        api.cancel_deadline(actor=SYSTEM, deadline_id=view.id, reason="撤回", now=at("2026-11-25"))
    possible, act = ACTIONS[action]
    if state in possible:
        act(view.id)
    else:
        with no_event(), pytest.raises(api.DeadlineNotOpen) as refused:
            act(view.id)
        assert refused.value.details["state"] == state


@pytest.mark.parametrize("action", ACTIONS)
def test_a_deadline_that_is_not_there(action: str):
    with no_event(), pytest.raises(api.DeadlineNotFound):
        ACTIONS[action][1](0)


@pytest.mark.parametrize(
    ("role", "region", "may_pause", "may_extend", "sees"),
    [
        ("window_official", DAOLI, True, False, True),
        ("department_official", DAOLI, True, False, True),
        ("supervisor", DAOLI, False, True, True),
        ("leader", DAOLI, False, False, True),
        ("window_official", NANGANG, False, False, False),
        ("supervisor", NANGANG, False, False, False),
        ("administrator", DAOLI, False, False, False),
        ("auditor", DAOLI, False, False, False),
    ],
)
def test_who_acts_on_a_deadline_directly(
    role: str, region: str, may_pause: bool, may_extend: bool, sees: bool
):
    actor = official(role, region).actor()
    view = deadline()
    refusals = (NotAllowed, api.DeadlineNotFound)

    def tried(act: Callable[[], object]) -> bool:
        try:
            with transaction.atomic():
                act()
        except refusals:
            return False
        return True

    assert tried(lambda: api.get_deadline(view.id, actor=actor)) is sees
    if sees:
        assert api.due_deadlines(actor=actor, now=at("2026-11-24")).total == 1
    extended = tried(
        lambda: api.extend_deadline(
            actor=actor,
            deadline_id=view.id,
            term=api.Term(1, "days"),
            reason_code="licensing_extension",
            now=at("2026-11-24"),
            permission_required=True,
        )
    )
    paused = tried(
        lambda: api.pause_deadline(
            actor=actor,
            deadline_id=view.id,
            reason_code="hearing",
            now=at("2026-11-24"),
            permission_required=True,
        )
    )
    assert (paused, extended) == (may_pause, may_extend)


def test_what_is_due_is_listed_with_the_earliest_first(django_assert_max_num_queries: Any):
    later = deadline({"working_days": 5})
    sooner = deadline({"working_days": 1}, kind="case")
    paused = deadline({"working_days": 2})
    api.pause_deadline(actor=SYSTEM, deadline_id=paused.id, reason_code="hearing", now=at("2026-11-23 11:00"))
    done = deadline({"working_days": 1})
    api.meet_deadline(actor=SYSTEM, deadline_id=done.id, now=at("2026-11-23 11:00"))
    with django_assert_max_num_queries(5):
        page = api.due_deadlines(actor=SYSTEM, now=at("2026-11-26"))
    assert [row.id for row in page.rows] == [sooner.id, paused.id, later.id] and page.total == 3
    assert [row.colour(at("2026-11-26")) for row in page.rows] == ["overdue", "paused", "soon"]
    late = api.due_deadlines(actor=SYSTEM, now=at("2026-11-26"), late=True)
    assert [row.id for row in late.rows] == [sooner.id]
    assert api.due_deadlines(actor=SYSTEM, now=at("2026-11-26"), kind="case").total == 1
    assert api.due_deadlines(actor=SYSTEM, now=at("2026-11-26"), until=at("2026-11-24 23:00")).total == 0
    second = api.due_deadlines(actor=SYSTEM, now=at("2026-11-26"), page=2, page_size=2)
    assert [row.id for row in second.rows] == [later.id]


def test_a_deadline_keeps_the_ladder_it_began_with():
    view = deadline()
    document = {
        "code": "standard",
        "name": "环节时限",
        "name_en": "Step",
        "rungs": [
            {
                "code": "only",
                "name": "仅此",
                "name_en": "only",
                "offset": {"hours": 0},
                "action": "warn",
                "to": ["leader"],
            }
        ],
    }
    api.save_ladder_draft(actor=SYSTEM, document=document, now=at("2026-11-24"))
    api.publish_ladder(actor=SYSTEM, code="standard", now=at("2026-11-24"))
    assert api.get_deadline(view.id).ladder_version == 1
    assert deadline().ladder_version == 2
    assert api.get_deadline(view.id).next_rung_at == view.next_rung_at


def test_the_tables_refuse_what_the_actions_do():
    view = deadline()
    with pytest.raises(IntegrityError), transaction.atomic(), arranged():
        Deadline.objects.filter(pk=view.id).update(state="met")
    with pytest.raises(IntegrityError), transaction.atomic(), arranged():
        LadderVersion.objects.filter(number=1).update(state="draft")
