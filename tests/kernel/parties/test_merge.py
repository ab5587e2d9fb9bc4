"""Duplicates: found, merged, separated again; in every state, by every role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.kernel.access.factories import (
    DAOLI,
    NANGANG,
    NOW,
    SYSTEM,
    clerk_of,
    legal_representative_of,
    no_event,
    official,
    one_event,
)
from tests.kernel.parties.factories import AS_OF, a_party, told
from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.access.models import Mandate
from yingshang.kernel.parties.api import (
    CannotMerge,
    MergeNotFound,
    PartyNotFound,
    duplicate_candidates,
    get_merge,
    get_party,
    merge_parties,
    merges,
    portrait,
    public_entry,
    registered_contact,
    search_parties,
    undo_merge,
)
from yingshang.kernel.parties.models import FactRecord, Party, Portrait

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


def a_pair(**facts: Any) -> tuple[Party, Party]:
    kept = a_party("演示冰城科技有限公司", facts={"emp.total": 10, "fin.assets": 100})
    return kept, a_party("演示冰城科技（哈尔滨）", facts={"emp.total": 12, "emp.rd_staff": 3, **facts})


def merged(kept: Party, duplicate: Party, actor: Actor = SYSTEM) -> int:
    return merge_parties(
        actor=actor, kept_id=kept.pk, duplicate_id=duplicate.pk, reason="同一企业重复登记", now=NOW
    )


def snapshot_of(*parties: Party) -> list[Any]:
    return [
        Portrait.objects.filter(party__in=parties).order_by("pk").values_list("pk", "values", "as_of"),
        list(
            Party.objects.filter(pk__in=[each.pk for each in parties])
            .order_by("pk")
            .values_list("pk", "name", "size", "region", "status", "merged_into")
        ),
        list(FactRecord.objects.order_by("pk").values()),
    ]


def test_candidates_share_a_name_or_a_contact_in_one_region() -> None:
    one = a_party("演示（北方）科技", facts={"contact_phone": "13800000001"})
    two = a_party("演示(北方) 科技", facts={"contact_phone": "13800000001"})
    other = a_party("演示南方", facts={"contact_email": "a@example.org"})
    like_other = a_party("演示东方", facts={"contact_email": "A@example.org"})
    a_party("演示（北方）科技", region_code=NANGANG)
    page = duplicate_candidates(actor=SYSTEM)
    assert [(each.kept.id, each.duplicate.id, each.reasons) for each in page.rows] == [
        (one.pk, two.pk, ("name", "phone")),
        (other.pk, like_other.pk, ("email",)),
    ]
    assert duplicate_candidates(actor=official("department_official", NANGANG).actor()).total == 0
    assert duplicate_candidates(actor=official("department_official", DAOLI).actor()).total == 2
    merged(one, two)
    assert duplicate_candidates(actor=SYSTEM).total == 1


def test_merging_brings_facts_together_and_undoing_takes_them_apart() -> None:
    kept, duplicate = a_pair()
    before = [list(each) for each in snapshot_of(kept, duplicate)]
    with one_event("parties.merged") as events:
        merge_id = merged(kept, duplicate, official("department_official", DAOLI).actor())
    assert events[0]["party_id"] == kept.pk and events[0]["reason"] == "同一企业重复登记"
    assert events[0]["after"]["duplicate"]["id"] == duplicate.pk
    facts = {each.column: each.text for each in portrait(actor=SYSTEM, party_id=kept.pk, now=NOW).facts}
    assert (
        facts["emp.total"] == "12 人"
        and facts["emp.rd_staff"] == "3 人"
        and facts["fin.assets"] == "100.00 元"
    )
    assert get_party(actor=SYSTEM, party_id=kept.pk).name == "演示冰城科技有限公司"
    assert get_party(actor=SYSTEM, party_id=duplicate.pk).merged_into == kept.pk
    with one_event("parties.merge_undone"):
        undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    assert [list(each) for each in snapshot_of(kept, duplicate)] == before


def test_search_finds_the_kept_one_by_either_name_and_either_code() -> None:
    kept, duplicate = a_pair()
    merge_id = merged(kept, duplicate)
    for text in (kept.name, duplicate.name, kept.credit_code, duplicate.credit_code, "bckj", "（哈尔滨）"):
        assert [each.id for each in search_parties(actor=SYSTEM, text=text or "").rows] == [kept.pk], text
    assert registered_contact(credit_code=duplicate.credit_code or "").party_id == kept.pk  # type: ignore[union-attr]
    assert public_entry(credit_code=duplicate.credit_code or "").name == kept.name  # type: ignore[union-attr]
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    assert [each.id for each in search_parties(actor=SYSTEM, text=duplicate.name).rows] == [duplicate.pk]


def test_what_is_told_of_a_duplicate_goes_to_the_kept_one_and_comes_back() -> None:
    kept, duplicate = a_pair()
    merge_id = merged(kept, duplicate)
    summary = told(
        [
            {"subject": duplicate.credit_code, "name": "演示又一名称", "emp.total": 30},
            {"subject": kept.credit_code, "name": "演示冰城科技股份", "fin.assets": 200},
        ],
        as_of=AS_OF + timedelta(days=1),
        now=LATER,
    )
    assert (summary.created, summary.changed) == (0, 2)
    values = Portrait.objects.get(pk=kept.pk).values
    assert (values["emp.total"], values["fin.assets"], values["name"]) == ("30", "200.00", "演示冰城科技股份")
    kept.refresh_from_db()
    assert kept.name == "演示冰城科技股份"
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    assert Portrait.objects.get(pk=kept.pk).values["emp.total"] == "10"
    assert Portrait.objects.get(pk=duplicate.pk).values["emp.total"] == "30"
    duplicate.refresh_from_db()
    assert (duplicate.name, duplicate.merged_into_id) == ("演示又一名称", None)


def test_mandates_follow_and_return() -> None:
    kept, duplicate = a_pair()
    clerk, boss = clerk_of(duplicate), legal_representative_of(duplicate)
    merge_id = merged(kept, duplicate)
    assert portrait(actor=clerk.actor(), party_id=kept.pk, now=NOW).facts
    assert get_party(actor=clerk.actor(), party_id=duplicate.pk).merged_into == kept.pk
    assert Mandate.objects.get(user=boss.user).party_id == kept.pk
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    with pytest.raises(PartyNotFound):
        get_party(actor=clerk.actor(), party_id=kept.pk)
    assert get_party(actor=clerk.actor(), party_id=duplicate.pk).mandates_count == 2


def test_a_second_legal_representative_and_a_second_mandate_stay_behind() -> None:
    kept, duplicate = a_pair()
    boss, other_boss, clerk = (
        legal_representative_of(kept),
        legal_representative_of(duplicate),
        clerk_of(duplicate),
    )
    merged(kept, duplicate)
    parties = dict(Mandate.objects.values_list("user_id", "party_id"))
    assert parties == {boss.id: kept.pk, other_boss.id: duplicate.pk, clerk.id: kept.pk}


def test_a_chain_of_merges_ends_in_one_party_and_comes_apart_in_order() -> None:
    first, second, third = a_party("演示甲"), a_party("演示乙"), a_party("演示丙")
    inner = merged(second, third)
    outer = merged(first, second)
    assert set(Party.objects.filter(merged_into=first).values_list("pk", flat=True)) == {second.pk, third.pk}
    with no_event(), pytest.raises(CannotMerge):
        undo_merge(actor=SYSTEM, merge_id=inner, now=LATER)
    undo_merge(actor=SYSTEM, merge_id=outer, now=LATER)
    third.refresh_from_db()
    assert third.merged_into_id == second.pk
    undo_merge(actor=SYSTEM, merge_id=inner, now=LATER)
    assert not Party.objects.filter(merged_into__isnull=False).exists()


# state of the pair × action → whether it can be done
LIFECYCLE = {
    ("separate", "merge"): True,
    ("separate", "undo"): False,
    ("merged", "merge"): False,
    ("merged", "merge the other way"): False,
    ("merged", "undo"): True,
    ("undone", "merge"): True,
    ("undone", "undo"): False,
}
ROLES = {
    "system": True,
    "department_official": True,
    "department_official elsewhere": None,
    "window_official": False,
    "leader": False,
    "supervisor": False,
    "administrator": False,
    "auditor": False,
    "clerk": False,
}


def actor_for(role: str, kept: Party) -> Actor:
    if role == "system":
        return SYSTEM
    if role == "clerk":
        return clerk_of(kept).actor()
    name, _, elsewhere = role.partition(" ")
    return official(name, NANGANG if elsewhere else DAOLI).actor()


@pytest.mark.parametrize(("state", "action"), LIFECYCLE)
def test_every_state_action_and_role(state: str, action: str) -> None:
    kept, duplicate = a_pair()
    merge_id = merged(kept, duplicate) if state != "separate" else 0
    if state == "undone":
        undo_merge(actor=SYSTEM, merge_id=merge_id, now=NOW)

    def act(actor: Actor) -> None:
        if action == "undo":
            undo_merge(actor=actor, merge_id=merge_id, now=LATER)
        elif action == "merge":
            merged(kept, duplicate, actor)
        else:
            merged(duplicate, kept, actor)

    for role, allowed in ROLES.items():
        actor = actor_for(role, kept)
        if allowed is False:
            expected: type[Exception] | None = NotAllowed
        elif allowed is None:
            expected = MergeNotFound if action == "undo" else PartyNotFound
        elif LIFECYCLE[state, action]:
            expected = None
        else:
            expected = MergeNotFound if (state, action) == ("separate", "undo") else CannotMerge
        point = transaction.savepoint()
        if expected is None:
            with one_event("parties.merge_undone" if action == "undo" else "parties.merged"):
                act(actor)
        else:
            with no_event(), pytest.raises(expected):
                act(actor)
        transaction.savepoint_rollback(point)


def test_what_cannot_be_merged() -> None:
    kept, duplicate = a_pair()
    with no_event():
        with pytest.raises(CannotMerge, match="itself"):
            merged(kept, kept)
        with pytest.raises(CannotMerge, match="reason"):
            merge_parties(actor=SYSTEM, kept_id=kept.pk, duplicate_id=duplicate.pk, reason=" ", now=NOW)
        with pytest.raises(PartyNotFound):
            merge_parties(actor=SYSTEM, kept_id=kept.pk, duplicate_id=0, reason="x", now=NOW)


def test_merges_are_listed() -> None:
    kept, duplicate = a_pair()
    merge_id = merged(kept, duplicate)
    assert get_merge(actor=SYSTEM, merge_id=merge_id).duplicate.id == duplicate.pk
    assert [each.id for each in merges(actor=SYSTEM, party_id=duplicate.pk, in_force=True).rows] == [merge_id]
    undo_merge(actor=SYSTEM, merge_id=merge_id, now=LATER)
    assert merges(actor=SYSTEM, in_force=True).total == 0
    with pytest.raises(MergeNotFound):
        get_merge(actor=official("department_official", NANGANG).actor(), merge_id=merge_id)
