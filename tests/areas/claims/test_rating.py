"""Ratings: once a step, changed in time, followed up, appealed, published only where enough have rated."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache

from tests.areas.claims.factories import (
    Claimed,
    Desk,
    another_claim,
    bank_says,
    handed_in,
    payable_claim,
    sent_batch,
)
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, agency, arranged, no_event, official, one_event
from yingshang.areas.claims.api import ClaimNotFound, rate_claim, ratings_of_claim
from yingshang.areas.claims.models import PaymentOrder
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.clock.api import get_deadline
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.ratings.api import (
    InvalidRating,
    NotPossibleNow,
    NotYourRating,
    RatingNotFound,
    appeal_rating,
    decide_appeal,
    end_follow_up,
    get_rating,
    note_call,
    note_correction,
    public_ratings,
    ratings,
    ratings_of_group,
    read_words,
)
from yingshang.kernel.ratings.models import Rating, RatingAppeal

pytestmark = pytest.mark.django_db


def paid_claim() -> tuple[Claimed, Desk]:
    _, claim, people = sent_batch()
    bank_says(PaymentOrder.objects.get(), "paid")
    return claim, people


def rates(claim: Claimed, step: str = "pay", level: int = 5, **more: object) -> int:
    return rate_claim(
        actor=claim.who.actor(),
        claim_id=claim.id,
        step=step,
        level=level,
        **{"now": NOW, **more},  # type: ignore[arg-type]
    )


def badly_rated(**more: object) -> tuple[int, Claimed, Desk]:
    claim, people = paid_claim()
    return rates(claim, level=1, reasons=["late"], words="张三说下周", **more), claim, people


def test_steps_that_were_reached_are_rated_once_and_changed_in_time() -> None:
    claim, _ = payable_claim()
    assert [each.step for each in ratings_of_claim(actor=claim.who.actor(), claim_id=claim.id, now=NOW)] == [
        "accept",
        "review",
    ]
    with no_event():
        for wrong in (
            {"step": "pay"},
            {"step": "review", "level": 6},
            {"step": "review", "reasons": ["late"]},
        ):
            with pytest.raises(InvalidRating):
                rates(claim, **wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidRating):
            rates(claim, "review", words="长" * 501)
    with one_event("ratings.rated"):
        number = rates(claim, "review", 4, reasons=["clear"])
    with one_event("ratings.changed"):
        assert rates(claim, "review", 3, now=NOW + timedelta(days=6)) == number
    with pytest.raises(NotPossibleNow):
        rates(claim, "review", 5, now=NOW + timedelta(days=8))
    row = Rating.objects.get()
    assert (row.level, row.first_level) == (3, 4)


def test_nobody_rates_for_others() -> None:
    claim, people = payable_claim()
    other = another_claim(claim.fund_id)
    with no_event(), pytest.raises(ClaimNotFound):
        rate_claim(actor=other.who.actor(), claim_id=claim.id, step="review", level=5, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        rate_claim(actor=people.reviewer.actor(), claim_id=claim.id, step="review", level=5, now=NOW)


def test_a_bad_rating_is_called_back_put_right_and_given_anew() -> None:
    number, claim, people = badly_rated()
    desk = people.reviewer.actor()
    found = get_rating(actor=desk, rating_id=number)
    assert found.follow_up == "open" and found.due_on and found.has_words
    assert "张三" not in repr(found) and not AuditEvent.objects.filter(after__icontains="张三").exists()
    row = Rating.objects.get()
    with pytest.raises(NotPossibleNow):
        note_correction(actor=desk, rating_id=number, text="已改", now=NOW)
    with one_event("ratings.called"):
        note_call(actor=desk, rating_id=number, text="企业反映拨付慢", now=NOW)
    with pytest.raises(InvalidRating):
        note_correction(actor=desk, rating_id=number, text=" ", now=NOW)
    note_correction(actor=desk, rating_id=number, text="已缩短拨付时限", now=NOW)
    clock = get_deadline(actor=desk, deadline_id=row.follow_up.deadline_id)
    assert clock.state == "met"
    [own] = [
        each
        for each in ratings_of_claim(actor=claim.who.actor(), claim_id=claim.id, now=NOW)
        if each.step == "pay"
    ]
    assert own.correction == "已缩短拨付时限" and own.may_rate
    # Long after the days in which a rating may be changed.
    rates(claim, level=4, now=NOW + timedelta(days=60))
    assert get_rating(actor=desk, rating_id=number).follow_up == "closed"
    with pytest.raises(NotPossibleNow):
        end_follow_up(actor=desk, rating_id=number, now=NOW)


def test_an_appeal_is_decided_by_another_agency_and_what_is_excluded_is_kept() -> None:
    number, claim, people = badly_rated()
    with one_event("ratings.appealed"):
        appeal_rating(
            actor=people.reviewer.actor(), rating_id=number, kind="mistaken", reason="评的是别的事项", now=NOW
        )
    with pytest.raises(NotPossibleNow):
        appeal_rating(
            actor=people.reviewer.actor(), rating_id=number, kind="mistaken", reason="再次", now=NOW
        )
    # Who decides belongs to the agency that was rated.
    with no_event(), pytest.raises(NotYourRating):
        decide_appeal(
            actor=people.supervisor.actor(), rating_id=number, upheld=True, decision="属实", now=NOW
        )
    with arranged():
        RatingAppeal.objects.update(agency=agency(DAOLI))
    decide_appeal(actor=people.supervisor.actor(), rating_id=number, upheld=True, decision="属实", now=NOW)
    found = get_rating(actor=people.supervisor.actor(), rating_id=number)
    assert (found.excluded, found.follow_up, found.appeal) == (True, "dropped", "upheld")
    assert ratings_of_group(kind="claim", group="HIRING") == (0, None)
    with pytest.raises(NotPossibleNow):
        rates(claim, level=5)


def test_officials_of_elsewhere_do_not_see_it_and_reading_the_words_is_noted() -> None:
    number, _, people = badly_rated()
    far = official("department_official", DAOLI)
    assert ratings(actor=people.reviewer.actor(), state="open").total == 1
    words, _call = read_words(actor=people.reviewer.actor(), rating_id=number, purpose="核实差评", now=NOW)
    assert words == "张三说下周"
    from tests.kernel.access.factories import QIQIHAR

    with pytest.raises(RatingNotFound):
        get_rating(actor=official("department_official", QIQIHAR).actor(), rating_id=number)
    assert far.id


def test_results_are_public_once_enough_enterprises_have_rated() -> None:
    claim, _ = payable_claim()
    rates(claim, "review", 1)
    for level in (5, 5, 4):
        other = another_claim(claim.fund_id)
        handed_in(other)
        rates(other, "review", level)
    assert public_ratings() == ()
    other = another_claim(claim.fund_id)
    handed_in(other)
    rates(other, "review", 3)
    cache.clear()
    [found] = public_ratings()
    assert (found.agency_name, found.step, found.total) == (agency(HARBIN).name, "review", 5)
    assert dict(found.counts) == {5: 2, 4: 1, 3: 1, 2: 0, 1: 1} and found.satisfied == 0.8
    assert ratings_of_group(kind="claim", group="HIRING") == (5, 0.8)
