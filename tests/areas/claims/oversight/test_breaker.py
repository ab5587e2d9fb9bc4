"""The circuit breaker: what its rules find, what a trip stops, and who lets it go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.areas.claims.factories import (
    Claimed,
    Desk,
    account_of,
    another_claim,
    bank_says,
    checked_batch,
    done,
    handed_in,
    payable_claim,
    sent_batch,
    submitted_claim,
    task_of,
)
from tests.areas.claims.test_appointments import booked_claim
from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, arranged, no_event, official
from tests.kernel.parties.factories import told
from yingshang.areas.claims.actions.prepare_batch import ensure_not_stopped, prepare_batch
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.errors import InvalidDecision, NothingToPay, NotPossibleNow, Stopped, TripNotFound
from yingshang.areas.claims.models import Appointment, Budget, Claim, PaymentBatch, PaymentOrder, Trip
from yingshang.areas.claims.oversight.actions import decide_trip
from yingshang.areas.claims.oversight.actions.decide_trip import (
    confirm_trip,
    end_upheld,
    release_trip,
    stop_by_hand,
)
from yingshang.areas.claims.oversight.evaluator import MOMENTS, breaker, breaker_of, evaluate
from yingshang.areas.claims.oversight.screening import screen, stop_claim
from yingshang.areas.claims.oversight.selectors import get_trip
from yingshang.areas.claims.oversight.selectors import trips as trips_of
from yingshang.areas.claims.paying.books import check_books
from yingshang.kernel.access.api import ConflictingDuties, NotAllowed, grant_mandate
from yingshang.kernel.flow import api as flow
from yingshang.kernel.ledger.api import receipt_code
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message

SCENARIOS = yaml.safe_load((Path(__file__).parent / "scenarios.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[each["what"] for each in SCENARIOS])
def test_a_scenario(scenario: dict[str, Any]) -> None:
    hits = evaluate(breaker().at(scenario["at"]), scenario["facts"])
    assert sorted(hit.rule.code for hit in hits) == sorted(scenario["trips"])
    assert all(hit.ground["text"] and hit.ground["text_en"] and "{" not in hit.ground["text"] for hit in hits)
    if "says" in scenario:
        assert [hit.ground["text"] for hit in hits] == [scenario["says"]]


def test_every_rule_trips_in_a_scenario_and_has_words_and_a_moment() -> None:
    assert {rule.code for rule in breaker().rules} == {code for each in SCENARIOS for code in each["trips"]}
    assert all(set(rule.at) <= set(MOMENTS) and rule.name and rule.name_en for rule in breaker().rules)


def test_a_rule_of_no_known_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        breaker_of(
            {
                "metadata": {"version": "1"},
                "compare_at_most": 1,
                "rules": [
                    {"code": "x", "name": "x", "name_en": "x", "target": "claim", "at": ["submitted"]}
                    | {"kind": "guess", "fact": "x", "text": "x", "text_en": "x"}
                ],
            }
        )


@contextmanager
def events_of_claims() -> Iterator[list[str]]:
    """The events of this area that the block records; messages have their own."""
    found: list[str] = []
    rows = AuditEvent.objects.filter(action__startswith="claims.").order_by("id")
    last = rows.values_list("id", flat=True).last() or 0
    yield found
    found += list(rows.filter(id__gt=last).values_list("action", flat=True))


def trips() -> list[str]:
    return sorted(Trip.objects.values_list("rule", flat=True))


@pytest.mark.django_db
def test_an_ordinary_claim_trips_nothing() -> None:
    payable_claim()
    assert trips() == []


@pytest.mark.django_db
def test_one_account_for_two_enterprises_stops_both_before_payment() -> None:
    first, people = payable_claim()
    other = another_claim(first.fund_id)
    number = f"6225{first.party.pk:015d}"
    account = account_of(other.party, other.who, number)
    state = submit_claim(actor=other.who.actor(), claim_id=other.id, account_id=account, now=NOW)
    # It stays where the decision has put it, and is only not paid.
    assert state == "payable" and trips() == ["same_account"]
    trip = Trip.objects.get()
    assert first.party.name in trip.grounds[0]["text"] and trip.event_id
    assert trip.claim_id == other.id
    with pytest.raises(NothingToPay):
        prepare_batch(actor=people.treasurer.actor(), fund_id=first.fund_id, now=NOW)
    # What was found while the batch was made up stays, though there was no batch.
    assert {each.claim_id for each in Trip.objects.all()} == {first.id, other.id}
    assert screen([first.id, other.id], "ordering", now=NOW) == 0
    Trip.objects.update(state="released")
    assert screen([first.id, other.id], "ordering", now=NOW) == 0
    batch = prepare_batch(actor=people.treasurer.actor(), fund_id=first.fund_id, now=NOW)
    assert PaymentBatch.objects.get(pk=batch).orders_count == 2


@pytest.mark.django_db
def test_a_licence_revoked_after_the_check_stops_the_batch_with_the_number_of_the_trip() -> None:
    batch, claim, _ = checked_batch()
    told([{"subject": claim.party.credit_code, "ent.status": "吊销"}], as_of=NOW.date(), now=NOW)
    with events_of_claims() as events:
        assert screen([claim.id], "ordering", now=NOW) == 1
    assert events == ["claims.tripped"]
    with pytest.raises(Stopped) as refusal:
        ensure_not_stopped(batch)
    assert Trip.objects.get().number in (refusal.value.message_zh or "")


@pytest.mark.django_db
def test_a_reviewer_with_a_mandate_of_the_enterprise_and_one_representative_of_two_claimants() -> None:
    claim, people = submitted_claim()
    reviewer = people.of("review")
    grant_mandate(
        actor=claim.who.actor(),
        user_id=reviewer.id,
        party_id=claim.party.pk,
        powers=["claims.apply_own"],
        now=NOW,
    )
    done(claim, people, "accept", "accepted")
    done(claim, people, "review", "supported")
    done(claim, people, "approve", "approved")
    assert trips() == ["connected"]
    assert "获企业授权" in Trip.objects.get().grounds[0]["text"]


@pytest.mark.django_db
def test_a_fact_the_enterprise_has_just_said_anew() -> None:
    claim, _ = payable_claim()
    column, code = "emp.insured_count", claim.party.credit_code
    row = claim.row
    row.facts[column]["source"] = "企业申报"
    with arranged():
        row.save(update_fields=["facts"])
    assert screen([claim.id], "submitted", now=NOW) == 0, "nothing else was ever said of it"
    told([{"subject": code, column: 40}], as_of=NOW.date(), now=NOW)
    assert screen([claim.id], "submitted", now=NOW) == 1
    text = Trip.objects.get().grounds[0]["text"]
    assert "12" in text and "40" in text


@pytest.mark.django_db
def test_a_thousand_claims_are_looked_at_in_a_few_queries(django_assert_max_num_queries: Any) -> None:
    claim, _ = payable_claim()
    another = another_claim(claim.fund_id)
    handed_in(another)
    with django_assert_max_num_queries(12):
        screen([claim.id, another.id], "ordering", now=NOW)


# --- the supervisor ---------------------------------------------------------------------------------------------------


def tripped() -> tuple[Trip, Claimed, Desk]:
    """A payable claim whose enterprise has lost its licence."""
    claim, people = payable_claim()
    told([{"subject": claim.party.credit_code, "ent.status": "吊销"}], as_of=NOW.date(), now=NOW)
    screen([claim.id], "ordering", now=NOW)
    return Trip.objects.get(), claim, people


@pytest.mark.django_db
def test_a_supervisor_releases_it_with_a_receipt_and_it_is_paid() -> None:
    trip, claim, people = tripped()
    watch = people.supervisor.actor()
    with events_of_claims() as events:
        event = release_trip(actor=watch, trip_id=trip.pk, reason="登记信息有误，已更正", now=NOW)
    assert events == ["claims.trip_released"]
    found = get_trip(actor=watch, trip_id=trip.pk)
    assert (found.state, found.decided_event) == ("released", event) and receipt_code(event)
    assert claim.row.state == "payable"
    assert prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    with pytest.raises(NotPossibleNow):
        release_trip(actor=watch, trip_id=trip.pk, reason="再次", now=NOW)


@pytest.mark.django_db
def test_confirmed_the_claim_is_refused_and_its_budget_given_back() -> None:
    trip, claim, people = tripped()
    with events_of_claims() as events:
        confirm_trip(actor=people.supervisor.actor(), trip_id=trip.pk, reason="营业执照已吊销", now=NOW)
    assert events == ["claims.refused"]
    assert claim.row.state == "refused" and "吊销" in claim.row.grounds[0]["text"]
    assert Budget.objects.get().reserved_fen == 0
    assert Trip.objects.get().state == "confirmed"


# State of a claim that is stopped → the state in which a confirmation leaves it, and the events that say so.
ENDS: dict[str, tuple[str, list[str]]] = {
    "appointed": ("refused", ["claims.refused"]),
    **{state: ("refused", ["claims.refused"]) for state in ("accepting", "returned", "reviewing", "ranking")},
    **{state: ("refused", ["claims.refused"]) for state in ("approved", "publicity", "objected")},
    **{state: ("refused", ["claims.refused"]) for state in ("payable", "account_wrong")},
    "partly_paid": ("paid", ["claims.instalments_ended"]),
    "paying": ("refused", ["claims.batch_taken_back", "claims.refused"]),
    # The bank has it: it stays stopped until the bank has answered.
    "sent": ("paying", ["claims.trip_upheld"]),
    "paid": ("paid", ["claims.trip_confirmed"]),
    "withdrawn": ("withdrawn", ["claims.trip_confirmed"]),
}


def claim_in(state: str) -> tuple[Claimed, Desk]:
    """A claim in a state, by the ways claims go as far as that is cheap."""
    if state in {"accepting", "returned", "reviewing", "ranking"}:
        claim, people = submitted_claim()
        if state == "reviewing":
            done(claim, people, "accept", "accepted")
        if state == "returned":
            flow.return_case(
                actor=people.window.actor(), task_id=task_of(claim, "accept"), what=["章程"], now=NOW
            )
        if state == "ranking":
            done(claim, people, "accept", "accepted")
            done(claim, people, "review", "supported")
            with arranged():
                Claim.objects.update(state="ranking")
    elif state == "appointed":
        claim, people, _ = booked_claim()
    elif state == "paying":
        _, claim, people = checked_batch()
    elif state == "sent":
        _, claim, people = sent_batch()
    else:
        claim, people = payable_claim()
        with arranged():
            Claim.objects.update(state=state, paid_fen=100 if state == "partly_paid" else 0)
    assert state in {claim.row.state, "sent"}
    return claim, people


@pytest.mark.django_db
@pytest.mark.parametrize("state", ENDS)
def test_confirmed_a_claim_ends_wherever_it_is(state: str) -> None:
    claim, people = claim_in(state)
    told([{"subject": claim.party.credit_code, "ent.status": "吊销"}], as_of=NOW.date(), now=NOW)
    screen([claim.id], "ordering", now=NOW)
    trip = Trip.objects.get()
    for person in (people.window, people.reviewer, people.approver, people.treasurer, claim.who):
        with events_of_claims() as events, pytest.raises(NotAllowed):
            confirm_trip(actor=person.actor(), trip_id=trip.pk, reason="已吊销", now=NOW)
        assert events == []
    ends, said = ENDS[state]
    before = claim.row.state
    with events_of_claims() as events:
        confirm_trip(actor=people.supervisor.actor(), trip_id=trip.pk, reason="营业执照已吊销", now=NOW)
    row = claim.row
    assert (row.state, events) == (ends, said)
    trip.refresh_from_db()
    assert trip.state == ("open" if state == "sent" else "confirmed")
    if ends != before:
        assert row.reason == "营业执照已吊销" and "吊销" in row.grounds[0]["text"]
        assert trip.number in row.grounds[0]["source"] and row.ended_at == NOW
        assert Budget.objects.get().reserved_fen == 0
        assert Message.objects.filter(template="claims.refused", party=claim.party).exists()
        assert "claims.trip_decided" in {each.template for each in Message.objects.all()}
    if state == "appointed":
        assert [each.state for each in Appointment.objects.all()] == ["cancelled"]
    case = flow.case_progress(kind="claim", identifier=str(claim.id), now=NOW)
    if state in {"accepting", "returned", "reviewing"}:
        assert case is not None and not case.case.open and not [task for task in case.tasks if task.open]
    # What was paid of this one is arranged, without an order.
    assert state == "partly_paid" or check_books() == ()
    if state != "sent":
        # What is confirmed is decided: nobody releases it afterwards.
        with pytest.raises(NotPossibleNow):
            release_trip(actor=people.supervisor.actor(), trip_id=trip.pk, reason="再看", now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "ends", "said"),
    [("rejected", "refused", "claims.refused"), ("paid", "paid", "claims.trip_confirmed")],
)
def test_what_was_found_to_be_so_while_the_bank_had_it_ends_by_itself(
    answer: str, ends: str, said: str
) -> None:
    claim, people = claim_in("sent")
    told([{"subject": claim.party.credit_code, "ent.status": "吊销"}], as_of=NOW.date(), now=NOW)
    screen([claim.id], "ordering", now=NOW)
    watch = people.supervisor.actor()
    confirm_trip(actor=watch, trip_id=Trip.objects.get().pk, reason="营业执照已吊销", now=NOW)
    # The bank has it still.
    with no_event():
        assert end_upheld(actor=SYSTEM, now=NOW) == 0
    bank_says(PaymentOrder.objects.select_related("batch").get(), answer)
    with events_of_claims() as events:
        assert end_upheld(actor=SYSTEM, now=NOW) == 1
    assert events == [said]
    trip = Trip.objects.get()
    assert (claim.row.state, trip.state, trip.reason) == (ends, "confirmed", "营业执照已吊销")
    # Who decided is the supervisor, and not who carried it out.
    assert trip.decided_by == f"user:{people.supervisor.id}" and trip.decided_event
    assert Budget.objects.get().reserved_fen == 0 and check_books() == ()
    with no_event():
        assert end_upheld(actor=SYSTEM, now=NOW) == 0


@pytest.mark.django_db
def test_one_that_cannot_be_ended_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    claim, people = claim_in("sent")
    first, second = (
        stop_claim(claim.row, rule="manual", key=key, text="演示", text_en="x", actor=SYSTEM, now=NOW)
        for key in (1, 2)
    )
    for trip in (first, second):
        confirm_trip(actor=people.supervisor.actor(), trip_id=trip.pk, reason="情况属实", now=NOW)
    bank_says(PaymentOrder.objects.select_related("batch").get(), "paid")
    carry_out = decide_trip._carry_out

    def fails(trip: Trip, *arguments: Any, **more: Any) -> int:
        if trip.pk == first.pk:
            raise RuntimeError
        return carry_out(trip, *arguments, **more)

    monkeypatch.setattr(decide_trip, "_carry_out", fails)
    assert end_upheld(actor=SYSTEM, now=NOW) == 1
    second.refresh_from_db()
    assert second.state == "confirmed"


@pytest.mark.django_db
def test_only_a_supervisor_of_the_place_and_nobody_with_a_hand_in_it() -> None:
    trip, claim, people = tripped()
    for person in (people.window, people.reviewer, people.approver, people.treasurer, claim.who):
        with pytest.raises(NotAllowed):
            release_trip(actor=person.actor(), trip_id=trip.pk, reason="没问题", now=NOW)
    elsewhere = official("supervisor", "230200")
    with pytest.raises(TripNotFound):
        release_trip(actor=elsewhere.actor(), trip_id=trip.pk, reason="没问题", now=NOW)
    assert trips_of(actor=elsewhere.actor()).total == 0
    assert trips_of(actor=people.supervisor.actor(), text=claim.party.name, state="open").total == 1
    with arranged():
        Claim.objects.update(approved_by=f"user:{people.supervisor.id}")
    with pytest.raises(ConflictingDuties):
        release_trip(actor=people.supervisor.actor(), trip_id=trip.pk, reason="没问题", now=NOW)
    with pytest.raises(InvalidDecision):
        confirm_trip(actor=official("supervisor", HARBIN).actor(), trip_id=trip.pk, reason=" ", now=NOW)


@pytest.mark.django_db
def test_a_fund_and_an_item_stopped_by_hand_pay_nothing_until_released() -> None:
    claim, people = payable_claim()
    watch = people.supervisor.actor()
    for target in ({"fund_id": claim.fund_id}, {"item_code": "HIRING"}):
        with events_of_claims() as events:
            number = stop_by_hand(actor=watch, reason="专项检查期间暂停", now=NOW, **target)  # type: ignore[arg-type]
        assert events == ["claims.stopped_by_hand"]
        with pytest.raises(NothingToPay):
            prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
        with pytest.raises(NotPossibleNow):
            stop_by_hand(actor=watch, reason="再停一次", now=NOW, **target)  # type: ignore[arg-type]
        confirm_trip(actor=watch, trip_id=number, reason="问题属实", now=NOW)
        assert get_trip(actor=watch, trip_id=number).state == "upheld"
        with pytest.raises(NothingToPay):
            prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
        release_trip(actor=watch, trip_id=number, reason="整改完毕", now=NOW)
    assert prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
