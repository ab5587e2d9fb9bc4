"""Quotas and pools: who is in, in which order, with how much; also when everybody comes at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.claims.factories import (
    YUAN,
    Claimed,
    account_of,
    desk,
    done,
    due_enterprise,
    fund,
    fundable_item,
    submitted_claim,
    terms,
)
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import HARBIN, NOW, QIQIHAR, arranged, no_event, official
from yingshang.areas.claims.actions.begin_claim import begin_claim
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.errors import (
    InvalidTerms,
    NeedsRanking,
    NothingToRank,
    NotPossibleNow,
    OverBudget,
    QuotaFull,
)
from yingshang.areas.claims.lifecycle import CLAIM
from yingshang.areas.claims.models import Budget, Claim
from yingshang.areas.claims.ranking.actions.close_ranking import close_ranking
from yingshang.areas.claims.ranking.jobs import close_due_rankings
from yingshang.areas.claims.ranking.places import shares_of
from yingshang.areas.claims.ranking.selectors import get_ranking, rankings
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.rules.errors import DomainError

PERIOD = "2026"
OVER = "windows:\n  - {from: 2026-03-01, to: 2026-10-31}\n"


def shared_item(more: str, *, mode: str = "online", amount_fen: int = 1_000_000 * YUAN) -> int:
    """An item without windows, with a quota or a pool."""
    source = re.sub(r"windows:\n.*\n", "", hiring()).replace("delivery: automatic", "delivery: online")
    fundable_item(source=source + more)
    number = fund(amount_fen=amount_fen)
    terms(mode=mode, fund_id=number)
    return number


def in_line(staff: int, fund_id: int, *, minutes: int = 0) -> Claimed:
    """A claim that waits to be ranked, handed in so many minutes later."""
    claim = drafted(staff, fund_id)
    submit_claim(
        actor=claim.who.actor(),
        claim_id=claim.id,
        account_id=account_of(claim.party, claim.who),
        now=NOW + timedelta(minutes=minutes),
    )
    with arranged():
        Claim.objects.filter(pk=claim.id).update(state="ranking", state_before="reviewing")
    return claim


def drafted(staff: int, fund_id: int) -> Claimed:
    party, who = due_enterprise(staff)
    return Claimed(
        begin_claim(actor=who.actor(), party_id=party.pk, code="HIRING", now=NOW), party, who, fund_id
    )


def closed(people: Any) -> Any:
    return close_ranking(actor=people.approver.actor(), code="HIRING", period=PERIOD, now=NOW)


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**8), max_size=20))
def test_shares_never_exceed_the_pool_nor_ones_own(pool: int, own: list[int]) -> None:
    shares = shares_of(pool, own)
    assert all(0 <= share <= wanted for share, wanted in zip(shares, own, strict=True))
    assert sum(shares) == min(pool, sum(own))


@pytest.mark.django_db
def test_the_first_by_rank_are_in_and_the_others_are_told_their_place_and_the_cut_off() -> None:
    people = desk()
    number = shared_item("quota: {count: 2, rank_by: 参保人数}\n")
    claims = [in_line(staff, number, minutes=-at) for at, staff in enumerate((15, 12, 15, 18))]
    found = get_ranking(actor=people.approver.actor(), code="HIRING", period=PERIOD, day=NOW.date())
    # Of the two with 15 the one that was handed in earlier stands ahead.
    assert [each.claim_id for each in found.places] == [claims[n].id for n in (3, 2, 0, 1)]
    assert [each.within for each in found.places] == [True, True, False, False]
    [summary] = rankings(actor=people.approver.actor(), day=NOW.date())
    assert (summary.waiting, summary.count, summary.ready) == (4, 2, True)
    result = closed(people)
    assert set(result.approved) == {claims[3].id, claims[2].id} and not result.refused
    states = [each.row.state for each in claims]
    assert states == ["unranked", "unranked", "approved", "approved"]
    last = claims[1].row
    assert "第 4 名" in last.reason and "15" in last.reason and "名额 2 个" in last.reason
    assert last.grounds[0]["condition"] == "quota" and last.decided_event
    assert Budget.objects.get(year=2026).reserved_fen == 33_000 * YUAN
    with no_event(), pytest.raises(NotPossibleNow):
        closed(people)
    for stranger, refusal in ((people.reviewer, NotAllowed), (official("approver", QIQIHAR), NotAllowed)):
        with no_event(), pytest.raises(refusal):
            close_ranking(actor=stranger.actor(), code="HIRING", period=PERIOD, now=NOW)
    with pytest.raises(NothingToRank):
        get_ranking(actor=official("approver", QIQIHAR).actor(), code="HIRING", period=PERIOD, day=NOW.date())


@pytest.mark.django_db
def test_only_who_waits_in_line_is_ranked() -> None:
    people = desk()
    claim = in_line(12, shared_item("quota: {count: 2, rank_by: 参保人数}\n"))
    for state in sorted(set(CLAIM.states) - {"ranking"}):
        with arranged():
            Claim.objects.filter(pk=claim.id).update(state=state)
        with no_event(), pytest.raises(NotPossibleNow):
            closed(people)
        assert claim.row.state == state
    with arranged():
        Claim.objects.filter(pk=claim.id).update(state="ranking")
    assert closed(people).approved == (claim.id,) and claim.row.state == "approved"


@pytest.mark.django_db
def test_nothing_is_ranked_before_the_window_is_over_and_everybody_is_reviewed() -> None:
    people = desk()
    number = shared_item(
        "quota: {count: 1, rank_by: 参保人数}\nwindows:\n  - {from: 2026-03-01, to: 2026-12-31}\n"
    )
    in_line(12, number)
    with no_event(), pytest.raises(NotPossibleNow) as refusal:
        closed(people)
    assert "申报期还没有结束" in (refusal.value.message_zh or "")


@pytest.mark.django_db
def test_a_line_whose_window_is_over_is_told_or_closed_by_the_platform_as_the_terms_say() -> None:
    desk()
    number = shared_item("quota: {count: 2, rank_by: 参保人数}\n")
    claims = [in_line(staff, number) for staff in (12, 18, 15)]
    told = Message.objects.filter(template="claims.ranking_ready")
    with arranged():
        Claim.objects.filter(pk=claims[0].id).update(state="reviewing")
    assert close_due_rankings(now=NOW) == 0 and not told.exists()
    with arranged():
        Claim.objects.filter(pk=claims[0].id).update(state="ranking")
    # Told once, however often it is looked at; nothing is decided.
    for _ in range(2):
        assert close_due_rankings(now=NOW) == 0
    assert told.values("recipient").distinct().count() == told.count() == 1
    assert {claim.row.state for claim in claims} == {"ranking"}
    with pytest.raises(InvalidTerms):
        terms(fund_id=number, ranking_by="nobody")
    terms(fund_id=number, ranking_by="platform")
    # What the budget does not hold waits for people, who are told why.
    with arranged():
        Budget.objects.update(amount_fen=1)
    assert close_due_rankings(now=NOW) == 0 and "预算余额不足" in told.latest("pk").body
    with arranged():
        Budget.objects.update(amount_fen=1_000_000 * YUAN)
    assert close_due_rankings(now=NOW) == 1
    assert [claim.row.state for claim in claims] == ["unranked", "approved", "approved"]
    event = AuditEvent.objects.get(action="claims.ranking_closed")
    assert event.actor_kind == "system" and close_due_rankings(now=NOW) == 0


@pytest.mark.django_db
def test_a_pool_is_shared_in_proportion_to_the_fen() -> None:
    people = desk()
    number = shared_item("pool: {amount: 3, unit: 万元, sharing: pro rata}\n")
    claims = [in_line(staff, number, minutes=at) for at, staff in enumerate((10, 20, 15))]
    closed(people)
    awards = [each.row.award_fen or 0 for each in claims]
    assert sum(awards) == 30_000 * YUAN
    # 10, 20 and 15 thousand were due: two thirds of each, to the fen.
    assert awards == [666_667, 1_333_333, 1_000_000]


@pytest.mark.django_db
def test_beyond_the_budget_nobody_is_awarded() -> None:
    people = desk()
    number = shared_item("quota: {count: 2, rank_by: 参保人数}\n", amount_fen=20_000 * YUAN)
    claims = [in_line(staff, number) for staff in (12, 18)]
    with no_event(), pytest.raises(OverBudget):
        closed(people)
    assert {each.row.state for each in claims} == {"ranking"}


@pytest.mark.django_db
def test_what_is_ranked_is_not_approved_alone_and_what_is_not_is_not_put_in_line() -> None:
    claim, people = submitted_claim()
    for step, outcome in (("accept", "accepted"), ("review", "supported")):
        done(claim, people, step, outcome)
    with pytest.raises(NotPossibleNow) as unranked, no_event():
        done(claim, people, "approve", "queued")
    assert "直接核准" in (unranked.value.message_zh or "")


@pytest.mark.django_db
def test_what_is_ranked_is_not_granted_alone() -> None:
    people = desk()
    number = shared_item("quota: {count: 2, rank_by: 参保人数}\n")
    claim = drafted(12, number)
    submit_claim(
        actor=claim.who.actor(), claim_id=claim.id, account_id=account_of(claim.party, claim.who), now=NOW
    )
    for step, outcome in (("accept", "accepted"), ("review", "supported")):
        done(claim, people, step, outcome)
    with no_event(), pytest.raises(NeedsRanking):
        done(claim, people, "approve", "approved")
    done(claim, people, "approve", "queued")
    assert claim.row.state == "ranking"
    with no_event(), pytest.raises(InvalidTerms):
        terms(mode="instant", fund_id=number)


# --- everybody at once ------------------------------------------------------------------------------------------------


def at_once(work: list[Callable[[], Any]], threads: int) -> list[Any]:
    """What each came to, or was refused with, in threads with connections of their own."""

    def run(each: Callable[[], Any]) -> Any:
        try:
            return each()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, work))


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_for_ten_places_are_exactly_ten_the_right_ones() -> None:
    people = desk()
    number = shared_item("quota: {count: 10, rank_by: 参保人数}\n")
    claims = [drafted(10 + place, number) for place in range(50)]
    accounts = [account_of(each.party, each.who) for each in claims]
    found = at_once(
        [
            lambda each=each, account=account: submit_claim(  # type: ignore[misc]
                actor=each.who.actor(), claim_id=each.id, account_id=account, now=NOW
            )
            for each, account in zip(claims, accounts, strict=True)
        ],
        10,
    )
    assert found == ["accepting"] * 50
    with arranged():
        Claim.objects.update(state="ranking", state_before="reviewing")
    second = official("approver", HARBIN)
    results = at_once(
        [
            lambda who=who: close_ranking(  # type: ignore[misc]
                actor=who.actor(), code="HIRING", period=PERIOD, now=NOW
            )
            for who in (people.approver, second)
        ],
        2,
    )
    # Two approvers at the same moment: one ranks, the other finds nobody in line.
    assert sorted(isinstance(each, NotPossibleNow) for each in results) == [False, True]
    approved = set(Claim.objects.filter(state="approved").values_list("pk", flat=True))
    assert approved == {each.id for each in claims[-10:]}
    assert Claim.objects.filter(state="unranked").count() == 40


@pytest.mark.django_db(transaction=True)
def test_first_come_of_eight_at_once_exactly_three_are_granted() -> None:
    desk()
    number = shared_item("quota: {count: 3}\n", mode="instant")
    claims = [drafted(12, number) for _ in range(8)]
    accounts = [account_of(each.party, each.who) for each in claims]
    found = at_once(
        [
            lambda each=each, account=account: submit_claim(  # type: ignore[misc]
                actor=each.who.actor(), claim_id=each.id, account_id=account, now=NOW
            )
            for each, account in zip(claims, accounts, strict=True)
        ],
        8,
    )
    assert found.count("payable") == 3 and sum(isinstance(each, QuotaFull) for each in found) == 5
    assert Claim.objects.filter(state="payable").count() == 3
    assert Claim.objects.filter(state="draft").count() == 5
    assert Budget.objects.get(year=2026).reserved_fen == 36_000 * YUAN
