"""What changes between the freeze of a list and its offers, quotas and pools on a list, and a list that is given up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.areas.claims.automatic.list_factories import approved_list, frozen_list, match
from tests.areas.claims.factories import YUAN, desk, due_enterprise, fund, fundable_item, terms
from tests.areas.policies.factories import hiring
from tests.kernel.access.factories import NOW, SYSTEM, arranged, no_event, one_event
from tests.kernel.parties.factories import told
from yingshang.areas.claims.automatic import offering, removing
from yingshang.areas.claims.automatic.actions.draw_up_list import discard_list, draw_up_list
from yingshang.areas.claims.automatic.drawing import digest_of_list, draw_up
from yingshang.areas.claims.automatic.offering import offer_list
from yingshang.areas.claims.automatic.parameters import list_rules
from yingshang.areas.claims.automatic.removing import empty_list
from yingshang.areas.claims.automatic.selectors import listed_claims, omitted_parties
from yingshang.areas.claims.errors import InvalidList, InvalidTerms, NotPossibleNow
from yingshang.areas.claims.lifecycle import LIST
from yingshang.areas.claims.models import Budget, Claim, EntitlementList, ItemTerms, ListOmission
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.models import Message
from yingshang.kernel.parties.api import merge_parties
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db

RANKED = "quota: {count: 2, rank_by: 参保人数}\n"


def now_has(party: Party, staff: int) -> None:
    told([{"subject": party.credit_code, "emp.insured_count": staff}])


def events(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


# --- between the freeze and the offer ---------------------------------------------------------------------------------


def test_whose_facts_changed_since_the_freeze_is_decided_anew_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = approved_list(staff=(12, 15, 20, 30, 11))
    now_has(found.parties[0], 3)
    now_has(found.parties[1], 14)
    now_has(found.parties[2], 25)
    told([{"subject": found.parties[3].credit_code, "ent.status": "注销"}], source="市场监管局")
    whole, asked = offering.entitled_in_bucket, list[int]()

    def watched(**arguments: Any) -> Any:
        asked.extend(arguments["only"])
        return whole(**arguments)

    monkeypatch.setattr(offering, "entitled_in_bucket", watched)
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)
    assert sorted(asked) == [each.pk for each in found.parties[:4]]
    claims = [found.claim(place) for place in range(5)]
    assert [each.state for each in claims] == ["refused", "offered", "offered", "refused", "offered"]
    # Less is due: less is awarded; more is due: no more than was approved.
    assert [each.award_fen for each in claims] == [None, 14_000 * YUAN, 20_000 * YUAN, None, 11_000 * YUAN]
    assert Budget.objects.get(year=2026).reserved_fen == 45_000 * YUAN
    assert "不再符合条件" in claims[0].reason and "注销" in claims[3].reason
    assert claims[0].grounds[0]["value"] == "参保人数 3 人" and claims[0].expected_fen == 12_000 * YUAN
    assert events("claims.struck") == 2 and events("claims.offered") == 1
    told_of = Message.objects.filter(template="claims.refused").values_list("party_id", flat=True)
    assert set(told_of) == {found.parties[0].pk, found.parties[3].pk}
    assert found.row.offered_count == 3 and found.row.waiting == 0


def test_all_of_a_part_struck_does_not_end_the_offering(monkeypatch: pytest.MonkeyPatch) -> None:
    found = approved_list(staff=(11, 12))
    now_has(found.parties[0], 3)
    monkeypatch.setattr(offering, "list_rules", lambda: replace(list_rules(), chunk=1))
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)
    assert [found.claim(place).state for place in range(2)] == ["refused", "offered"]


def test_two_on_the_list_that_are_one_since_are_paid_once() -> None:
    found = approved_list(staff=(12, 15))
    kept, duplicate = found.parties
    merge_parties(actor=SYSTEM, kept_id=kept.pk, duplicate_id=duplicate.pk, reason="重复", now=NOW)
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)
    assert [found.claim(place).state for place in range(2)] == ["offered", "refused"]
    assert found.claim(0).number in found.claim(1).reason


# --- quotas and pools -------------------------------------------------------------------------------------------------


def test_a_quota_is_given_by_rank_and_who_is_outside_reads_the_last_rank_inside() -> None:
    found = frozen_list(staff=(12, 30, 15, 30, 9), source=hiring() + RANKED)
    row = found.row
    assert (row.state, row.total, row.amount_fen) == ("frozen", 2, 40_000 * YUAN)
    assert [found.claim(place).state for place in range(4)] == ["unranked", "listed", "unranked", "listed"]
    assert row.digest == digest_of_list(row.pk) and row.left_out["outside"] == 2
    [event] = AuditEvent.objects.filter(action="claims.list_frozen")
    assert (
        event.after
        and event.after["before_places"] == [4, 67_000 * YUAN]
        and event.after["digest"] == row.digest
    )
    page = omitted_parties(actor=found.desk.reviewer.actor(), list_id=found.id, reason="outside")
    assert {each.detail for each in page.rows} == {
        f"排序值 {staff}；名额 2 个，入围最后一名的排序值为 30" for staff in (12, 15)
    }
    assert listed_claims(actor=found.desk.reviewer.actor(), list_id=found.id).total == 4


def test_places_taken_since_the_freeze_are_not_given_twice() -> None:
    found = approved_list(staff=(12, 30, 20), source=hiring() + RANKED)
    with arranged():
        Claim.objects.create(
            number="OTHER",
            party=due_enterprise(40)[0],
            **{
                name: getattr(found.claim(1), name)
                for name in ("item_id", "item_code", "item_name", "version_id", "version", "period")
            },
            mode="online",
            region_path="2301",
            agency=found.row.agency,
            state="paid",
            award_fen=1,
            created_at=NOW,
        )
    offer_list(actor=found.desk.approver.actor(), list_id=found.id, now=NOW)
    assert sorted(found.claim(place).state for place in range(3)) == ["offered", "refused", "unranked"]
    assert Claim.objects.get(state="refused").reason == "名单固定之后名额已满"


@pytest.mark.parametrize(
    ("more", "amounts"),
    [
        # 12,000 : 15,000 : 20,000 of 30,000, the largest remainders first.
        ("pool: {amount: 3, unit: 万元, sharing: pro rata}\n", [765_957, 957_447, 1_276_596]),
        ("pool: {amount: 9, unit: 万元, sharing: pro rata}\n", [1_200_000, 1_500_000, 2_000_000]),
        (RANKED + "pool: {amount: 3, unit: 万元, sharing: first come}\n", [None, 1_000_000, 2_000_000]),
    ],
)
def test_a_pool_is_shared_on_the_list_to_the_fen(more: str, amounts: list[int | None]) -> None:
    found = frozen_list(staff=(12, 15, 30), source=hiring() + more)
    claims = [found.claim(place) for place in range(3)]
    given = [each.expected_fen if each.state == "listed" else None for each in claims]
    assert given == amounts
    assert found.row.amount_fen == sum(each or 0 for each in given) <= 9_000_000
    assert found.row.digest == digest_of_list(found.id)


@pytest.mark.parametrize(
    "more", ["quota: {count: 2}\n", "pool: {amount: 3, unit: 万元, sharing: first come}\n"]
)
def test_what_goes_to_whoever_comes_first_is_not_given_by_list(more: str) -> None:
    people = desk()
    fundable_item(source=hiring() + more)
    fund_id = fund()
    with no_event(), pytest.raises(InvalidTerms, match="comes first") as refusal:
        terms(mode="automatic", fund_id=fund_id)
    assert "先到先得" in refusal.value.message_zh and "改为" in refusal.value.message_zh
    # Its terms are older than this version of the item: it is refused when the list is drawn up.
    terms(mode="online", fund_id=fund_id)
    match(due_enterprise(12)[0])
    with arranged():
        ItemTerms.objects.update(mode="automatic")
    with no_event(), pytest.raises(InvalidList, match="comes first"):
        draw_up_list(actor=people.reviewer.actor(), code="HIRING", now=NOW)


# --- a list that is given up ------------------------------------------------------------------------------------------


def test_a_discarded_list_is_emptied_in_parts_and_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = frozen_list(staff=(12, 15, 30, 20))
    actor = found.desk.reviewer.actor()
    monkeypatch.setattr(removing, "list_rules", lambda: replace(list_rules(), chunk=2))
    with one_event("claims.list_discarded"):
        discard_list(actor=actor, list_id=found.id, reason="数据有误", now=NOW)
    assert found.row.state == "discarding" and found.row.job_id
    seen: list[tuple[int, int]] = []

    def dies(done: int, total: int) -> None:
        seen.append((done, total))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        empty_list(actor=SYSTEM, list_id=found.id, reason="数据有误", now=NOW, progress=dies)
    assert seen == [(2, 4)] and Claim.objects.filter(state="listed").count() == 2
    empty_list(actor=SYSTEM, list_id=found.id, reason="数据有误", now=NOW)
    empty_list(actor=SYSTEM, list_id=found.id, reason="数据有误", now=NOW)
    assert found.row.state == "discarded" and events("claims.list_emptied") == 3
    assert set(Claim.objects.values_list("state", "reason")) == {("refused", "数据有误")}
    # Drawn up once more, the same enterprises stand on it.
    again = draw_up_list(actor=actor, code="HIRING", now=NOW)
    draw_up(actor=actor, list_id=again, now=NOW)
    assert EntitlementList.objects.get(pk=again).total == 4 and not ListOmission.objects.exists()


def test_in_every_state_a_list_is_given_up_or_not_as_the_table_says() -> None:
    found = frozen_list(staff=(12,))
    [row] = [each for each in LIST.transitions if each.event == "discarded"]
    for state in LIST.states:
        with arranged():
            EntitlementList.objects.update(state=state)
        if state not in row.sources:
            with no_event(), pytest.raises(NotPossibleNow):
                discard_list(actor=found.desk.reviewer.actor(), list_id=found.id, reason="误", now=NOW)
        if state != "discarding":
            with no_event():
                empty_list(actor=SYSTEM, list_id=found.id, reason="误", now=NOW)
    assert found.claim(0).state == "listed"
