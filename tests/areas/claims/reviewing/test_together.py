"""Identical claims approved together: what fits, the sample anybody can draw again, and what stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.claims.factories import Claimed, Desk, another_claim, done, handed_in, submitted_claim
from tests.areas.claims.reviewing.test_evidence import staff_becomes
from tests.kernel.access.factories import HARBIN, NOW, QIQIHAR, arranged, no_event, official, one_event
from yingshang.areas.claims.errors import ApprovalNotFound, InvalidApproval, NotPossibleNow
from yingshang.areas.claims.lifecycle import APPROVAL
from yingshang.areas.claims.models import ApprovalBatch, ApprovalEntry
from yingshang.areas.claims.reviewing.actions.approve_together import (
    approve_together,
    draw_sample,
    look_at_sampled,
)
from yingshang.areas.claims.reviewing.drawing import sample_of, seed_of
from yingshang.areas.claims.reviewing.together import approvable, get_approval
from yingshang.kernel.access.api import NotAllowed
from yingshang.rules.errors import DomainError

LATER = NOW + timedelta(days=1)


@given(st.sets(st.text(min_size=1, max_size=6), min_size=1, max_size=40), st.integers(0, 100))
def test_a_sample_is_the_same_whoever_draws_it_and_never_empty(numbers: set[str], percent: int) -> None:
    seed = seed_of(numbers, "ab")
    drawn = sample_of(numbers, seed, percent)
    assert drawn == sample_of(sorted(numbers, reverse=True), seed_of(sorted(numbers), "ab"), percent)
    assert drawn <= numbers and len(drawn) == max(1, -(-len(numbers) * percent // 100))
    assert seed != seed_of(numbers, "ac")


def three_supported() -> tuple[list[Claimed], Desk]:
    """Three claims of one item that wait to be approved."""
    first, people = submitted_claim(sample_percent=10)
    claims = [first]
    for staff in (13, 14):
        claims.append(another_claim(first.fund_id, staff=staff))
        handed_in(claims[-1])
    for claim in claims:
        done(claim, people, "accept", "accepted")
        done(claim, people, "review", "supported")
    return claims, people


@pytest.mark.django_db
def test_a_batch_is_approved_after_its_sample_was_looked_at() -> None:
    claims, people = three_supported()
    approver = people.approver.actor()
    ids = [each.id for each in claims]
    assert [each.claim_id for each in approvable(actor=approver, item_code="HIRING", now=NOW)] == ids
    with one_event("claims.sample_drawn"):
        number = draw_sample(actor=approver, claim_ids=ids, now=NOW)
    found = get_approval(actor=approver, batch_id=number)
    [drawn] = [each for each in found.rows if each.sampled]
    assert drawn.number in sample_of([each.row.number for each in claims], found.seed, found.percent)
    with no_event(), pytest.raises(InvalidApproval):
        draw_sample(actor=approver, claim_ids=ids[:2], now=NOW)
    with no_event(), pytest.raises(NotPossibleNow):
        approve_together(actor=approver, batch_id=number, now=NOW)
    for stranger, refusal in (
        (people.reviewer, NotAllowed),
        (official("approver", QIQIHAR), ApprovalNotFound),
    ):
        with no_event(), pytest.raises(refusal):
            approve_together(actor=stranger.actor(), batch_id=number, now=NOW)
    with no_event(), pytest.raises(InvalidApproval):
        look_at_sampled(actor=approver, batch_id=number, claim_id=drawn.claim_id, sound=False, now=NOW)
    with one_event("claims.sample_looked_at"):
        look_at_sampled(actor=approver, batch_id=number, claim_id=drawn.claim_id, sound=True, now=NOW)
    # Sent once more it is noted already; somebody else of the same name looks for themselves.
    again = {"batch_id": number, "claim_id": drawn.claim_id, "sound": True, "now": NOW}
    namesake = replace(official("approver", HARBIN).actor(), name=approver.name)
    with no_event():
        look_at_sampled(actor=approver, **again)  # type: ignore[arg-type]
    with one_event("claims.sample_looked_at"):
        look_at_sampled(actor=namesake, **again)  # type: ignore[arg-type]
    # One changes after the draw: it is left to be dealt with by itself.
    changed = next(each for each in claims if each.id != drawn.claim_id)
    staff_becomes(changed.party, 30)
    result = approve_together(actor=people.approver.actor(LATER), batch_id=number, now=LATER)
    assert set(result.approved) == set(ids) - {changed.id} and [each for each, _ in result.refused] == [
        changed.id
    ]
    assert {each.row.state for each in claims if each.id != changed.id} == {"approved"}
    assert changed.row.state == "reviewing"
    for state in APPROVAL.states:
        with arranged():
            ApprovalBatch.objects.update(state=state)
        if APPROVAL.states[state].open:
            continue
        with no_event(), pytest.raises(NotPossibleNow):
            approve_together(actor=approver, batch_id=number, now=NOW)
        with no_event(), pytest.raises(NotPossibleNow):
            look_at_sampled(actor=approver, batch_id=number, claim_id=drawn.claim_id, sound=True, now=NOW)


@pytest.mark.django_db
def test_a_drawn_claim_that_is_not_sound_stops_the_batch_and_what_is_not_alike_is_not_taken() -> None:
    claims, people = three_supported()
    approver = people.approver.actor()
    staff_becomes(claims[2].party, 30)
    with no_event(), pytest.raises(InvalidApproval) as refusal:
        draw_sample(actor=people.approver.actor(LATER), claim_ids=[each.id for each in claims], now=LATER)
    assert refusal.value.details["claims"] == [claims[2].row.number]
    number = draw_sample(actor=approver, claim_ids=[each.id for each in claims[:2]], now=NOW)
    drawn = ApprovalEntry.objects.get(batch=number, sampled=True)
    state = look_at_sampled(
        actor=approver, batch_id=number, claim_id=drawn.claim_id, sound=False, note="材料不清", now=NOW
    )
    assert state == "stopped" and not ApprovalEntry.objects.filter(waiting=True).exists()
    # Each is still there to be dealt with. The one that is not sound goes into no other batch: nobody draws until the
    # sample is another one.
    with no_event(), pytest.raises(InvalidApproval) as refusal:
        draw_sample(actor=approver, claim_ids=[each.id for each in claims[:2]], now=NOW)
    assert refusal.value.details["claims"] == [drawn.claim.number]
    with no_event(), pytest.raises(DomainError):
        draw_sample(actor=approver, claim_ids=[claims[0].id], now=NOW)
