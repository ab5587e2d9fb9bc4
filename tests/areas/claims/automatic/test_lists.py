"""Lists of the automatic mode: drawn up once whatever dies, approved by a second person, offered within the budget,
answered or lapsed; and what may happen in which state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import Sum

from tests.areas.claims.automatic.list_factories import (
    Listed,
    approved_list,
    begun_list,
    frozen_list,
    match,
    offered_list,
)
from tests.areas.claims.factories import YUAN, account_of, due_enterprise
from tests.kernel.access.factories import NOW, QIQIHAR, SYSTEM, arranged, no_event, official, one_event
from tests.kernel.parties.factories import told
from yingshang.areas.claims.actions.keep_funds import set_budget
from yingshang.areas.claims.automatic import drawing
from yingshang.areas.claims.automatic.actions.answer_offer import confirm_offer, decline_offer, say_wrong
from yingshang.areas.claims.automatic.actions.approve_list import approve_list, offer_waiting
from yingshang.areas.claims.automatic.actions.draw_up_list import discard_list, draw_up_list
from yingshang.areas.claims.automatic.actions.strike import answer_remark, strike_claim
from yingshang.areas.claims.automatic.drawing import digest_of_list, draw_up
from yingshang.areas.claims.automatic.ending import end_offers
from yingshang.areas.claims.automatic.offering import offer_list, tell_offered
from yingshang.areas.claims.automatic.removing import empty_list
from yingshang.areas.claims.automatic.selectors import (
    get_list,
    get_offer,
    items_to_list,
    listed_claims,
    lists,
    offers_of,
    omitted_parties,
)
from yingshang.areas.claims.errors import (
    AccountNotFound,
    InvalidList,
    ListExists,
    ListNotFound,
    NotPossibleNow,
    OfferEnded,
)
from yingshang.areas.claims.lifecycle import CLAIM
from yingshang.areas.claims.models import Budget, Claim, JournalLine, ListOmission, OfferRemark
from yingshang.kernel.access.api import Actor, ConflictingDuties, NotAllowed
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.api import merge_parties
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=40)


def reserved() -> int:
    return int(Budget.objects.aggregate(all=Sum("reserved_fen"))["all"] or 0)


@contextmanager
def one_event_of_claims(action: str) -> Iterator[None]:
    """The block records one event of this area; that somebody was told is one of notices."""
    before = AuditEvent.objects.filter(action__startswith="claims.").count()
    yield
    events = AuditEvent.objects.filter(action__startswith="claims.").order_by("pk")
    assert [each.action for each in events[before:]] == [action]


def journal_is_zero() -> bool:
    return (JournalLine.objects.aggregate(all=Sum("amount_fen"))["all"] or 0) == 0


# --- drawing up -------------------------------------------------------------------------------------------------------


def test_everybody_who_is_entitled_stands_on_it_with_the_facts_that_say_so() -> None:
    found = frozen_list(staff=(12, 30, 9))
    row = found.row
    assert (row.state, row.total, row.amount_fen) == ("frozen", 2, 32_000 * YUAN)
    claim = found.claim(0)
    assert (claim.state, claim.expected_fen, claim.award_fen) == ("listed", 12_000 * YUAN, None)
    assert claim.facts["emp.insured_count"] == {
        "value": "12",
        "source": "社会保险局",
        "as_of": "2026-11-01",
    } or (claim.facts["emp.insured_count"]["value"] == "12" and claim.facts["emp.insured_count"]["as_of"])
    assert row.digest == digest_of_list(row.pk)
    with arranged():
        Claim.objects.filter(pk=claim.pk).update(expected_fen=1)
    assert row.digest != digest_of_list(row.pk)


def test_freezing_is_one_event_that_holds_the_digest() -> None:
    found = frozen_list()
    [event] = AuditEvent.objects.filter(action="claims.list_frozen")
    assert event.after["digest"] == found.row.digest and found.row.frozen_event == event.pk


def test_a_run_that_dies_between_two_buckets_goes_on_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Buckets of one enterprise each, as far as drawing up can tell.
    found = begun_list()
    whole = drawing.entitled_in_bucket
    seen: list[int] = []

    def three(**arguments: Any) -> Any:
        answer = whole(**{**arguments, "bucket": found.parties[0].pk // 16_384})
        place = arguments["bucket"]
        seen.append(place)
        if place == 1 and len(seen) == 2:
            raise KeyboardInterrupt
        mine = [each for each in answer.entitled if each.party_id == found.parties[place].pk]
        return type(answer)(tuple(mine))

    class Three:
        buckets = (0, 1, 2)

    monkeypatch.setattr(drawing, "entitled_in_bucket", three)
    monkeypatch.setattr(drawing, "listable", lambda **_: Three)
    actor = found.desk.reviewer.actor()
    with pytest.raises(KeyboardInterrupt):
        draw_up(actor=actor, list_id=found.id, now=NOW)
    assert (found.row.state, found.row.total, found.row.reached) == ("computing", 1, 1)
    draw_up(actor=actor, list_id=found.id, now=NOW)
    assert seen == [0, 1, 1, 2]
    assert (found.row.state, found.row.total) == ("frozen", 3)
    draw_up(actor=actor, list_id=found.id, now=NOW)
    assert found.row.total == Claim.objects.filter(entitlement_list=found.id).count() == 3
    assert AuditEvent.objects.filter(action="claims.list_frozen").count() == 1


def test_who_is_left_out_is_shown_with_the_reason() -> None:
    found = begun_list(staff=(12, 15, 30, 40))
    gone, changed, claims_itself = found.parties[1], found.parties[2], found.parties[3]
    told([{"subject": gone.credit_code, "ent.status": "注销"}], source="市场监管局")
    told([{"subject": changed.credit_code, "emp.insured_count": 3}])
    from yingshang.areas.claims.actions.begin_claim import begin_claim

    begin_claim(actor=found.people[3].actor(), party_id=claims_itself.pk, code="HIRING", now=NOW)
    draw_up(actor=found.desk.reviewer.actor(), list_id=found.id, now=NOW)
    row = found.row
    assert row.total == 1 and row.left_out == {"dissolved": 1, "changed": 1, "claimed": 1}
    page = omitted_parties(actor=found.desk.reviewer.actor(), list_id=found.id)
    assert {each.party_id: each.reason for each in page.rows} == {
        gone.pk: "dissolved",
        changed.pk: "changed",
        claims_itself.pk: "claimed",
    }
    assert page.total == 3


def test_a_merged_entry_is_left_out_and_the_one_that_is_kept_is_listed() -> None:
    found = begun_list(staff=(12, 15))
    kept, duplicate = found.parties
    merge_parties(actor=SYSTEM, kept_id=kept.pk, duplicate_id=duplicate.pk, reason="重复", now=NOW)
    draw_up(actor=found.desk.reviewer.actor(), list_id=found.id, now=NOW)
    assert found.row.total == 1 and ListOmission.objects.get().reason == "merged"


def test_one_list_for_an_item_and_period_and_another_after_it_was_discarded() -> None:
    found = frozen_list()
    actor = found.desk.reviewer.actor()
    with no_event(), pytest.raises(ListExists):
        draw_up_list(actor=actor, code="HIRING", now=NOW)
    with one_event("claims.list_discarded"):
        discard_list(actor=actor, list_id=found.id, reason="数据有误", now=NOW)
    with no_event(), pytest.raises(ListExists):
        draw_up_list(actor=actor, code="HIRING", now=NOW)
    empty_list(actor=actor, list_id=found.id, reason="数据有误", now=NOW)
    assert set(Claim.objects.values_list("state", flat=True)) == {"refused"}
    again = draw_up_list(actor=actor, code="HIRING", now=NOW)
    draw_up(actor=actor, list_id=again, now=NOW)
    assert Claim.objects.filter(entitlement_list=again, state="listed").count() == 3


def test_what_cannot_be_listed_is_refused() -> None:
    found = begun_list()
    elsewhere = official("department_official", QIQIHAR)
    with no_event(), pytest.raises(NotAllowed):
        draw_up_list(actor=elsewhere.actor(), code="HIRING", now=NOW)
    with pytest.raises(ListNotFound):
        get_list(actor=elsewhere.actor(), list_id=found.id)
    assert items_to_list(actor=found.desk.reviewer.actor(), day=NOW.date()) == ()


# --- approval and budget ----------------------------------------------------------------------------------------------


def test_a_list_is_approved_by_somebody_else_as_it_was_looked_at() -> None:
    found = frozen_list()
    approver = found.desk.approver.actor()
    with no_event(), pytest.raises(InvalidList):
        approve_list(actor=approver, list_id=found.id, digest="", now=NOW)
    with arranged():
        row = found.row
        row.made_by = f"user:{found.desk.approver.id}"
        row.save()
    with no_event(), pytest.raises(ConflictingDuties):
        approve_list(actor=approver, list_id=found.id, digest=found.row.digest, now=NOW)


def test_budget_is_kept_for_each_and_the_claims_know_who_decided() -> None:
    found = offered_list(standing=(1,))
    assert reserved() == (12_000 + 15_000 + 20_000) * YUAN and journal_is_zero()
    claim = found.claim(1)
    assert (claim.state, claim.award_fen) == ("offered", 15_000 * YUAN)
    assert claim.account is not None and found.claim(0).account is None
    assert claim.approved_by == f"user:{found.desk.approver.id}"
    assert claim.reviewed_by == f"user:{found.desk.reviewer.id}"
    assert found.row.confirm_by is not None and found.row.offered_count == 3


def test_the_budget_serves_the_smallest_amounts_first_and_the_rest_waits() -> None:
    found = approved_list(staff=(12, 30, 15, 11), amount_fen=40_000 * YUAN)
    actor = found.desk.approver.actor()
    offer_list(actor=actor, list_id=found.id, now=NOW)
    assert [found.claim(place).state for place in range(4)] == ["offered", "listed", "offered", "offered"]
    assert reserved() == 38_000 * YUAN and found.row.waiting == 1 and journal_is_zero()
    set_budget(
        actor=SYSTEM,
        fund_id=found.fund_id,
        year=2026,
        level="city",
        amount_fen=100_000 * YUAN,
        reason="追加",
        now=NOW,
    )
    with one_event("claims.list_resumed"):
        offer_waiting(actor=actor, list_id=found.id, now=NOW)
    offer_list(actor=actor, list_id=found.id, now=NOW)
    assert found.claim(1).state == "offered" and found.row.waiting == 0
    assert reserved() == 58_000 * YUAN
    with no_event(), pytest.raises(NotPossibleNow):
        offer_waiting(actor=actor, list_id=found.id, now=NOW)


def test_enterprises_are_told_once() -> None:
    found = offered_list(standing=(0,))
    for _ in range(2):
        tell_offered(list_id=found.id, now=NOW)
    messages = Message.objects.filter(template="claims.offered")
    assert messages.count() == 3
    texts = {each.party_id: each.body for each in messages}
    assert "不需要操作" in texts[found.parties[0].pk] and "请在" in texts[found.parties[1].pk]


# --- answers ----------------------------------------------------------------------------------------------------------


def test_confirmed_with_one_account_that_may_stay_for_the_next_time() -> None:
    found = offered_list()
    who, party = found.people[0], found.parties[0]
    account = account_of(party, who)
    other = account_of(found.parties[1], found.people[1], number="6217000000000000026")
    with no_event(), pytest.raises(AccountNotFound):
        confirm_offer(actor=who.actor(), claim_id=found.claim(0).pk, account_id=other, now=NOW)
    state = confirm_offer(
        actor=who.actor(), claim_id=found.claim(0).pk, account_id=account, standing=True, now=NOW
    )
    claim = found.claim(0)
    # No publicity in the terms: it can be paid at once.
    assert state == claim.state == "payable" and claim.account_id == account
    assert claim.account is not None and claim.account.standing


def test_with_publicity_it_waits_to_be_published() -> None:
    found = offered_list(publicity_working_days=5)
    account = account_of(found.parties[0], found.people[0])
    with one_event("claims.confirmed"):
        confirm_offer(actor=found.people[0].actor(), claim_id=found.claim(0).pk, account_id=account, now=NOW)
    assert found.claim(0).state == "approved"


def test_what_is_declined_serves_others() -> None:
    found = offered_list()
    with one_event("claims.declined"):
        decline_offer(actor=found.people[2].actor(), claim_id=found.claim(2).pk, reason="不需要", now=NOW)
    assert found.claim(2).state == "declined" and reserved() == 27_000 * YUAN and journal_is_zero()


def test_after_the_last_day_standing_accounts_count_and_the_rest_lapses() -> None:
    found = offered_list(standing=(0, 1))
    say_wrong(actor=found.people[1].actor(), claim_id=found.claim(1).pk, text="参保人数不对", now=NOW)
    assert end_offers(actor=SYSTEM, now=NOW) == (0, 0)
    assert end_offers(actor=SYSTEM, now=LATER) == (1, 1)
    assert [found.claim(place).state for place in range(3)] == ["approved", "offered", "lapsed"]
    assert reserved() == 27_000 * YUAN and journal_is_zero()
    assert end_offers(actor=SYSTEM, now=LATER) == (0, 0)
    with no_event(), pytest.raises(NotPossibleNow):
        decline_offer(actor=found.people[2].actor(), claim_id=found.claim(2).pk, now=LATER)
    # The doubt is answered: as many days are left as there were when it was said. Then it is taken for granted.
    answer_remark(
        actor=found.desk.reviewer.actor(),
        remark_id=OfferRemark.objects.get().pk,
        answer="以社保缴费记录为准",
        now=LATER,
    )
    assert end_offers(actor=SYSTEM, now=LATER) == (0, 0)
    over = LATER + (LATER - NOW)
    account = account_of(found.parties[1], found.people[1], number="6217000000000000034")
    with no_event(), pytest.raises(OfferEnded):
        confirm_offer(
            actor=found.people[1].actor(over), claim_id=found.claim(1).pk, account_id=account, now=over
        )
    assert end_offers(actor=SYSTEM, now=over) == (1, 0)


def test_this_is_wrong_and_it_is_struck() -> None:
    found = offered_list()
    with one_event("claims.offer_doubted"):
        say_wrong(actor=found.people[0].actor(), claim_id=found.claim(0).pk, text="已注销部门", now=NOW)
    with no_event(), pytest.raises(NotPossibleNow):
        say_wrong(actor=found.people[0].actor(), claim_id=found.claim(0).pk, text="再说一次", now=NOW)
    with one_event_of_claims("claims.struck"):
        answer_remark(
            actor=found.desk.reviewer.actor(),
            remark_id=OfferRemark.objects.get().pk,
            answer="确有误，移出名单",
            strike=True,
            now=NOW,
        )
    assert found.claim(0).state == "refused" and reserved() == 35_000 * YUAN
    assert OfferRemark.objects.get().state == "struck"


def test_another_award_that_excludes_this_one_takes_it_off_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    from yingshang.areas.claims.automatic import offering
    from yingshang.areas.claims.errors import NotEntitled

    found = approved_list()
    first = found.parties[0].pk
    monkeypatch.setattr(offering, "_having_others", lambda claims: {first})

    def excluded(award: Any, **_: Any) -> Any:
        raise NotEntitled("excluded", message_zh="不能同时享受", value="DX1")

    monkeypatch.setattr(offering, "limited_by", excluded)
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)
    assert found.claim(0).state == "refused" and found.claim(0).grounds[0]["value"] == "DX1"
    assert found.claim(1).state == "offered" and reserved() == 35_000 * YUAN


# --- reads ------------------------------------------------------------------------------------------------------------


def test_a_list_is_read_with_few_queries(django_assert_max_num_queries: Any) -> None:
    found = offered_list()
    actor = found.desk.reviewer.actor()
    with django_assert_max_num_queries(8):
        assert lists(actor=actor).total == 1
        detail = get_list(actor=actor, list_id=found.id)
    assert detail.states == {"offered": 3} and detail.remarks == 0
    with django_assert_max_num_queries(5):
        page = listed_claims(actor=actor, list_id=found.id, text=found.parties[1].name)
    assert [each.party_id for each in page.rows] == [found.parties[1].pk] and page.total == 1


def test_an_enterprise_sees_its_own_offers_and_nobody_elses() -> None:
    found = offered_list()
    today = NOW.date()
    [offer] = offers_of(actor=found.people[0].actor(), party_id=found.parties[0].pk, today=today)
    assert offer.answerable and offer.amount_fen == 12_000 * YUAN
    assert ("emp.insured_count", "12") in {(column, value) for column, value, *_ in offer.facts}
    with pytest.raises(DomainError):
        get_offer(actor=found.people[1].actor(), claim_id=offer.claim_id, today=today)


# --- every state, every event -----------------------------------------------------------------------------------------


def _confirm(found: Listed, claim: Claim, actor: Actor, now: datetime) -> None:
    account = account_of(found.parties[0], found.people[0])
    confirm_offer(actor=actor, claim_id=claim.pk, account_id=account, now=now)


EVENTS: dict[str, tuple[str, Callable[[Listed, Claim, Actor, datetime], None]]] = {
    "confirmed": ("enterprise", _confirm),
    "declined": (
        "enterprise",
        lambda found, claim, actor, now: decline_offer(actor=actor, claim_id=claim.pk, now=now),
    ),
    "struck": (
        "official",
        lambda found, claim, actor, now: strike_claim(actor=actor, claim_id=claim.pk, reason="有误", now=now),
    ),
}


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_in_every_state_an_event_does_what_the_table_says_and_nobody_else_may(event: str) -> None:
    found = offered_list(publicity_working_days=5)
    claim = found.claim(0)
    who, act = EVENTS[event]
    people = {"enterprise": found.people[0], "official": found.desk.reviewer}
    strangers = [
        found.people[1],
        found.desk.treasurer,
        people["official" if who == "enterprise" else "enterprise"],
    ]
    account_of(found.parties[0], found.people[0])
    [row] = [each for each in CLAIM.transitions if each.event == event]
    for state in CLAIM.states:
        with arranged():
            Claim.objects.filter(pk=claim.pk).update(state=state)
        for stranger in strangers:
            with no_event(), pytest.raises(DomainError):
                act(found, claim, stranger.actor(), NOW)
        if state not in row.sources:
            with no_event(), pytest.raises(NotPossibleNow):
                act(found, claim, people[who].actor(), NOW)
    for state in row.sources:
        if state not in {"listed", "offered"}:
            continue
        with arranged():
            Claim.objects.filter(pk=claim.pk).update(state=state)
        assert CLAIM.after(state, event) == row.target
    with arranged():
        Claim.objects.filter(pk=claim.pk).update(state="offered")
    with one_event_of_claims(f"claims.{event}"):
        act(found, claim, people[who].actor(), NOW)
    assert found.claim(0).state == row.target


def test_other_enterprises_can_still_be_matched_and_listed_next_time() -> None:
    found = frozen_list()
    late, _ = due_enterprise(20)
    match(late)
    assert not Claim.objects.filter(party=late).exists() and found.row.total == 3


def test_a_long_list_is_paged_from_both_ends_and_searched_by_the_register(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    from yingshang.areas.claims.automatic import selectors

    found = frozen_list()
    monkeypatch.setattr(selectors, "LARGE", 1)
    actor = found.desk.reviewer.actor()
    # Whichever end a page is counted from, it is the same one.
    pages = [listed_claims(actor=actor, list_id=found.id, offset=place, limit=2).rows for place in range(4)]
    everybody = [each.id for each in listed_claims(actor=actor, list_id=found.id).rows]
    assert [[each.id for each in rows] for rows in pages] == [everybody[n : n + 2] for n in range(4)]
    with django_assert_max_num_queries(4):
        assert len(listed_claims(actor=actor, list_id=found.id, offset=2, limit=1).rows) == 1
    for text in (found.parties[1].name, found.parties[1].credit_code or "", found.claim(1).number):
        page = listed_claims(actor=actor, list_id=found.id, text=text)
        assert [each.party_id for each in page.rows] == [found.parties[1].pk]
    assert listed_claims(actor=actor, list_id=found.id, state="listed").total == 3
