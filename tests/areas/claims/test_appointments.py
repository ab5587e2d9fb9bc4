"""Once 最多跑一次: a time at a window, one visit, and what becomes of who does not come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from tests.areas.claims.factories import (
    Claimed,
    Desk,
    account_of,
    another_claim,
    desk,
    done,
    draft_claim,
    due_enterprise,
    service_window,
)
from tests.areas.claims.ranking.test_ranking import at_once
from tests.areas.claims.test_applying import MATERIALS
from tests.kernel.access.factories import (
    HARBIN,
    NOW,
    QIQIHAR,
    agency,
    arranged,
    no_event,
    official,
    one_event,
)
from yingshang.areas.claims.actions.begin_claim import begin_claim
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.actions.withdraw_claim import resubmit_claim, withdraw_claim
from yingshang.areas.claims.appointments.actions.change_appointment import book_again, cancel_appointment
from yingshang.areas.claims.appointments.actions.keep_windows import Window, save_window
from yingshang.areas.claims.appointments.actions.serve import accept_at_window, note_missed, tell_missing
from yingshang.areas.claims.appointments.jobs import end_unvisited, remind_of_visits
from yingshang.areas.claims.appointments.selectors import (
    appointment_of,
    appointments_on,
    get_visit,
    unnoted_appointments,
    windows_of_claim,
)
from yingshang.areas.claims.appointments.slots import Hours, open_days, stretches
from yingshang.areas.claims.errors import (
    AppointmentNotFound,
    ClaimNotFound,
    InvalidClaim,
    InvalidWindow,
    NotPossibleNow,
    SlotTaken,
    WindowNotFound,
)
from yingshang.areas.claims.lifecycle import CLAIM
from yingshang.areas.claims.models import Appointment, Claim, ClaimMaterial
from yingshang.areas.claims.way import way_of
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message

pytestmark = pytest.mark.django_db
CHINA = ZoneInfo("Asia/Shanghai")


@contextmanager
def just_one(action: str) -> Iterator[None]:
    """The block records this action once, whatever follows from it besides: messages, receipts, steps of the case."""
    rows = AuditEvent.objects.filter(action=action)
    before = rows.count()
    yield
    assert rows.count() == before + 1


def first_slot(claim: Claimed, *, now: datetime = NOW) -> tuple[int, datetime]:
    """The first window and time that is free."""
    window = windows_of_claim(actor=claim.who.actor(now), claim_id=claim.id, now=now)[0]
    return window.id, next(each.starts_at for each in window.slots if each.left)


def booked_claim(**more: Any) -> tuple[Claimed, Desk, Appointment]:
    """A claim handed in with an appointment."""
    people = desk()
    service_window()
    claim = draft_claim(mode="once", **more)
    window, start = first_slot(claim)
    submit_claim(
        actor=claim.who.actor(),
        claim_id=claim.id,
        account_id=account_of(claim.party, claim.who),
        window_id=window,
        starts_at=start,
        now=NOW,
    )
    return claim, people, Appointment.objects.get()


# --- which times there are --------------------------------------------------------------------------------------------


def test_stretches_are_whole_and_days_off_are_left_out() -> None:
    hours = [
        Hours(5, time(9), time(10, 20)),
        Hours(5, time(13, 30), time(14)),
        Hours(1, time(9), time(9, 20)),
    ]
    friday = date(2026, 9, 25)
    found = stretches(hours, minutes=30, day=friday, zone=CHINA)
    assert [f"{each[0]:%H:%M}" for each in found] == ["09:00", "09:30", "13:30"]
    assert stretches(hours, minutes=30, day=date(2026, 9, 28), zone=CHINA) == ()

    def working(day: date) -> bool:
        return day.isoweekday() < 6

    days = open_days(today=friday, count=2, working=working, closed_on={"2026-09-28"})
    assert days == (friday, date(2026, 9, 29))


def test_nothing_is_offered_on_days_off_by_the_calendar_or_too_soon() -> None:
    service_window(closed_on=["2026-11-24"])
    claim = draft_claim(mode="once")
    holiday = datetime(2026, 9, 30, 16, 31, tzinfo=CHINA)
    [choice] = windows_of_claim(actor=claim.who.actor(), claim_id=claim.id, now=holiday)
    # 1 to 7 October are days off; in less than an hour nobody can come any more.
    assert choice.slots[0].starts_at == datetime(2026, 10, 8, 9, tzinfo=CHINA)
    assert choice.slots[0].left == 2
    monday = datetime(2026, 11, 23, 8, 30, tzinfo=CHINA)
    [choice] = windows_of_claim(actor=claim.who.actor(), claim_id=claim.id, now=monday)
    assert choice.slots[0].starts_at == datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)
    assert "2026-11-24" not in {f"{each.starts_at:%Y-%m-%d}" for each in choice.slots}


def test_windows_are_kept_by_the_agency_and_nonsense_is_refused() -> None:
    number = service_window()
    good = {
        "agency_id": agency(HARBIN).pk,
        "name": "惠企政策窗口",
        "address": "道里区上游街 1 号",
        "hours": [Hours(1, time(9), time(12))],
    }
    keeper = official("department_official", HARBIN).actor()
    for wrong, field in (
        ({"name": " "}, "name"),
        ({"address": ""}, "address"),
        ({"places": 0}, "places"),
        ({"minutes": 5}, "minutes"),
        ({"hours": []}, "hours"),
        ({"hours": [Hours(1, time(12), time(9))]}, "hours"),
        ({"hours": [Hours(1, time(9), time(12)), Hours(1, time(11), time(13))]}, "hours"),
        ({"closed_on": ["明天"]}, "closed_on"),
    ):
        with no_event(), pytest.raises(InvalidWindow) as refusal:
            save_window(actor=keeper, window=Window(**{**good, **wrong}), now=NOW)  # type: ignore[arg-type]
        assert refusal.value.details["field"] == field
    # Another of the same name, somebody else's, and one of another region.
    with no_event(), pytest.raises(InvalidWindow):
        save_window(actor=keeper, window=Window(**good), now=NOW)  # type: ignore[arg-type]
    elsewhere = official("department_official", QIQIHAR).actor()
    with no_event(), pytest.raises(NotAllowed):
        save_window(actor=elsewhere, window_id=number, window=Window(**good), now=NOW)  # type: ignore[arg-type]
    with one_event("claims.window_set"):
        save_window(
            actor=keeper,
            window_id=number,
            window=Window(**{**good, "places": 5}),  # type: ignore[arg-type]
            now=NOW,
        )


# --- every action in every state --------------------------------------------------------------------------------------

Act = Callable[[Any, Claimed, Appointment], Any]
BY_ENTERPRISE: dict[str, Act] = {
    "rebooked": lambda actor, claim, row: book_again(
        actor=actor, claim_id=claim.id, window_id=row.window_id, starts_at=row.ends_at, now=NOW
    ),
    "unbooked": lambda actor, claim, row: cancel_appointment(actor=actor, claim_id=claim.id, now=NOW),
    "withdrawn": lambda actor, claim, row: withdraw_claim(
        actor=actor, claim_id=claim.id, reason="不申请了", now=NOW
    ),
}
BY_CLERK: dict[str, Act] = {
    "arrived": lambda actor, claim, row: accept_at_window(
        actor=actor, appointment_id=row.pk, seen=(), now=row.starts_at
    ),
    "returned": lambda actor, claim, row: tell_missing(
        actor=actor, appointment_id=row.pk, what=["发票"], now=row.starts_at
    ),
    "missed": lambda actor, claim, row: note_missed(actor=actor, appointment_id=row.pk, now=row.starts_at),
}
AFTER = {
    "rebooked": "appointed",
    "unbooked": "appointed",
    "withdrawn": "withdrawn",
    "arrived": "reviewing",
    "returned": "returned",
    "missed": "appointed",
}
"""Where the review that begins with the visit has got to by then."""


def test_every_state_and_action() -> None:
    """What the table allows happens, with one event of its name; what it does not leaves nothing behind."""
    claim, people, row = booked_claim()
    stranger, elsewhere = due_enterprise()[1].actor(), official("window_official", QIQIHAR).actor(NOW)
    for state in sorted(CLAIM.states):
        with arranged():
            Claim.objects.filter(pk=claim.id).update(state=state)
        for event, act in {**BY_ENTERPRISE, **BY_CLERK}.items():
            if event == "withdrawn" and state != "appointed":
                continue
            for who in (stranger, elsewhere):
                with no_event(), pytest.raises((ClaimNotFound, AppointmentNotFound, NotAllowed)):
                    act(who, claim, row)
            actor = claim.who.actor() if event in BY_ENTERPRISE else people.window.actor(row.starts_at)
            if state != "appointed":
                with no_event(), pytest.raises(NotPossibleNow):
                    act(actor, claim, row)
                continue
            sid = transaction.savepoint()
            with just_one(f"claims.{event}"):
                act(actor, claim, row)
            assert claim.row.state == AFTER[event], event
            assert Appointment.objects.filter(state="booked").exists() == (event == "rebooked")
            transaction.savepoint_rollback(sid)


# --- the way of one claim ---------------------------------------------------------------------------------------------


def test_from_the_appointment_over_the_window_to_the_review() -> None:
    claim, people, row = booked_claim(materials=MATERIALS)
    assert (claim.row.state, claim.row.case_id, claim.row.submitted_at) == ("appointed", None, NOW)
    assert Message.objects.filter(template="claims.booked").exists()
    assert "请于" in way_of(actor=claim.who.actor(), claim_id=claim.id, now=NOW)[-1].name
    clerk = people.window.actor(row.starts_at)
    [shown] = appointments_on(actor=clerk, day=row.starts_at.astimezone(CHINA).date())
    assert (shown.id, shown.claim_id) == (row.pk, claim.id)
    visit = get_visit(actor=clerk, appointment_id=row.pk)
    assert [(each.code, each.there) for each in visit.materials] == [("licence", False), ("payroll", False)]
    with no_event(), pytest.raises(InvalidClaim) as refusal:
        accept_at_window(actor=clerk, appointment_id=row.pk, seen=["licence"], now=row.starts_at)
    assert "工资发放凭证" in (refusal.value.message_zh or "")
    with no_event(), pytest.raises(InvalidClaim):
        accept_at_window(actor=clerk, appointment_id=row.pk, seen=["licence", "other"], now=row.starts_at)
    with just_one("claims.arrived"), just_one("claims.accepted"):
        accept_at_window(actor=clerk, appointment_id=row.pk, seen=["licence", "payroll"], now=row.starts_at)
    assert claim.row.state == "reviewing" and claim.row.accepted_by == f"user:{people.window.id}"
    assert set(ClaimMaterial.objects.values_list("origin", flat=True)) == {"window"}
    seen = appointment_of(actor=claim.who.actor(), claim_id=claim.id)
    assert seen is not None and seen.state == "came"
    done(claim, people, "review", "supported", now=row.ends_at)
    done(claim, people, "approve", "approved", now=row.ends_at)
    assert claim.row.state == "approved"


def test_what_is_missing_is_told_once_and_comes_without_a_second_visit() -> None:
    claim, people, row = booked_claim()
    clerk = people.window.actor(row.starts_at)
    with no_event(), pytest.raises(InvalidClaim):
        tell_missing(actor=clerk, appointment_id=row.pk, what=[" "], now=row.starts_at)
    tell_missing(actor=clerk, appointment_id=row.pk, what=["工资表", " 公章 "], now=row.starts_at)
    row.refresh_from_db()
    assert (row.state, row.missing, claim.row.reason) == ("incomplete", ["工资表", "公章"], "工资表\n公章")
    resubmit_claim(actor=claim.who.actor(row.ends_at), claim_id=claim.id, now=row.ends_at)
    assert claim.row.state == "accepting"
    done(claim, people, "accept", "accepted", now=row.ends_at)
    assert claim.row.state == "reviewing"


def test_missed_the_claim_stands_until_it_lapses() -> None:
    claim, people, row = booked_claim()
    clerk = people.window.actor(row.starts_at)
    with no_event(), pytest.raises(NotPossibleNow):
        note_missed(actor=clerk, appointment_id=row.pk, now=row.starts_at - timedelta(minutes=1))
    day_before = row.starts_at.astimezone(CHINA).replace(hour=9) - timedelta(days=1)
    assert (remind_of_visits(now=day_before), remind_of_visits(now=day_before)) == (1, 1)
    assert Message.objects.filter(template="claims.visit_near").count() == 1
    later = row.starts_at + timedelta(days=1)
    [left] = unnoted_appointments(actor=clerk, day=later.astimezone(CHINA).date())
    assert left.id == row.pk
    note_missed(actor=clerk, appointment_id=row.pk, now=later)
    assert claim.row.state == "appointed" and claim.row.submitted_at == NOW
    assert end_unvisited(now=later + timedelta(days=7)) == 0
    with just_one("claims.unvisited"):
        assert end_unvisited(now=later + timedelta(days=40)) == 1
    assert claim.row.state == "lapsed"
    assert begin_claim(actor=claim.who.actor(), party_id=claim.party.pk, code="HIRING", now=NOW) != claim.id


def test_a_claim_without_a_time_is_not_handed_in() -> None:
    desk()
    number = service_window(places=1)
    other = service_window(name="别的窗口", at=QIQIHAR)
    claim = draft_claim(mode="once")
    account = account_of(claim.party, claim.who)
    with no_event(), pytest.raises(InvalidClaim) as refusal:
        submit_claim(actor=claim.who.actor(), claim_id=claim.id, account_id=account, now=NOW)
    assert refusal.value.details["field"] == "appointment"
    window, start = first_slot(claim)
    assert window == number

    def book(window_id: int, starts_at: datetime, claimed: Claimed = claim) -> str:
        return submit_claim(
            actor=claimed.who.actor(),
            claim_id=claimed.id,
            account_id=account if claimed is claim else account_of(claimed.party, claimed.who),
            window_id=window_id,
            starts_at=starts_at,
            now=NOW,
        )

    with no_event(), pytest.raises(WindowNotFound):
        book(other, start)
    for wrong in (start + timedelta(minutes=7), NOW - timedelta(days=1), start + timedelta(days=300)):
        with no_event(), pytest.raises(SlotTaken):
            book(window, wrong)
    with just_one("claims.booked"):
        assert book(window, start) == "appointed"
    late = another_claim(claim.fund_id)
    with pytest.raises(SlotTaken) as full:
        book(window, start, late)
    assert "约满" in (full.value.message_zh or "")
    # Moved away, the place is free for the other; and the first cannot have it back.
    book_again(
        actor=claim.who.actor(),
        claim_id=claim.id,
        window_id=window,
        starts_at=start + timedelta(minutes=30),
        now=NOW,
    )
    book(window, start, late)
    with pytest.raises(SlotTaken):
        book_again(actor=claim.who.actor(), claim_id=claim.id, window_id=window, starts_at=start, now=NOW)
    assert Appointment.objects.filter(state="booked").count() == 2


@pytest.mark.django_db(transaction=True)
def test_five_at_once_for_the_last_two_places_are_two() -> None:
    desk()
    service_window(places=2)
    first = draft_claim(mode="once")
    claims = [first, *(another_claim(first.fund_id) for _ in range(4))]
    window, start = first_slot(first)
    accounts = [account_of(each.party, each.who) for each in claims]
    found = at_once(
        [
            lambda each=each, account=account: submit_claim(  # type: ignore[misc]
                actor=each.who.actor(),
                claim_id=each.id,
                account_id=account,
                window_id=window,
                starts_at=start,
                now=NOW,
            )
            for each, account in zip(claims, accounts, strict=True)
        ],
        5,
    )
    assert found.count("appointed") == 2 and sum(isinstance(each, SlotTaken) for each in found) == 3
    assert sorted(Appointment.objects.values_list("place", flat=True)) == [1, 2]
    assert Claim.objects.filter(state="draft").count() == 3
