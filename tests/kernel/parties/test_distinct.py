"""Pairs that look like duplicates and are not: marked, no longer proposed nor merged, and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from tests.kernel.access.factories import (
    DAOLI,
    NANGANG,
    NOW,
    SYSTEM,
    clerk_of,
    enterprise,
    no_event,
    official,
    one_event,
)
from yingshang.kernel.access.api import Actor, NotAllowed
from yingshang.kernel.parties.api import (
    CannotMark,
    CannotMerge,
    MarkNotFound,
    PartyNotFound,
    distinct_mark,
    distinct_pairs,
    duplicate_candidates,
    mark_distinct,
    merge_parties,
    take_back_distinct,
    undo_merge,
)
from yingshang.kernel.parties.models import DistinctPair, Party

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
WHY = "法定代表人和住所都不同"


def a_pair(region: str = DAOLI) -> tuple[Party, Party]:
    """Two with one phone; the look-up of names is filled in by imports."""
    one, other = enterprise(region, name="演示同名"), enterprise(region, name="演示同名")
    Party.objects.filter(pk__in=[one.pk, other.pk]).update(phone_hash="same")
    return one, other


def marked(one: Party, other: Party, actor: Actor = SYSTEM, reason: str = WHY) -> int:
    return mark_distinct(actor=actor, first_id=one.pk, second_id=other.pk, reason=reason, now=NOW)


def merged(kept: Party, duplicate: Party) -> int:
    return merge_parties(actor=SYSTEM, kept_id=kept.pk, duplicate_id=duplicate.pk, reason="同一企业", now=NOW)


def test_a_marked_pair_is_not_proposed_until_the_mark_is_taken_back() -> None:
    one, other = a_pair()
    assert duplicate_candidates(actor=SYSTEM).total == 1
    with one_event("parties.marked_distinct") as events:
        mark_id = marked(other, one, official("department_official", DAOLI).actor())
    assert events[0]["reason"] == WHY and events[0]["after"]["parties"] == [one.pk, other.pk]
    assert duplicate_candidates(actor=SYSTEM).total == 0
    (row,) = distinct_pairs(actor=SYSTEM, in_force=True).rows
    assert (row.id, row.first.id, row.second.id, row.reason) == (mark_id, one.pk, other.pk, WHY)
    assert distinct_mark(actor=SYSTEM, first_id=other.pk, second_id=one.pk) == row
    with one_event("parties.distinct_taken_back"):
        take_back_distinct(actor=SYSTEM, mark_id=mark_id, now=LATER)
    assert duplicate_candidates(actor=SYSTEM).total == 1
    assert distinct_mark(actor=SYSTEM, first_id=one.pk, second_id=other.pk) is None
    assert distinct_pairs(actor=SYSTEM).rows[0].taken_back_at == LATER
    assert marked(one, other) != mark_id


def test_a_marked_pair_is_not_merged_by_mistake_nor_by_a_detour() -> None:
    one, other = a_pair()
    between = enterprise()
    mark_id = marked(one, other)
    with no_event(), pytest.raises(CannotMerge, match=WHY):
        merged(one, other)
    detour = merged(between, other)
    for kept, duplicate in ((one, between), (between, one)):
        with no_event(), pytest.raises(CannotMerge, match=WHY):
            merged(kept, duplicate)
    undo_merge(actor=SYSTEM, merge_id=detour, now=LATER)
    take_back_distinct(actor=SYSTEM, mark_id=mark_id, now=LATER)
    merged(one, other)


def test_proposals_cost_the_same_queries_whatever_is_marked(django_assert_max_num_queries: object) -> None:
    for _ in range(3):
        marked(*a_pair())
        Party.objects.filter(phone_hash="same").update(phone_hash=None)
    a_pair()
    with django_assert_max_num_queries(5):  # type: ignore[operator]
        assert duplicate_candidates(actor=SYSTEM).total == 1
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        assert distinct_pairs(actor=SYSTEM).total == 3


def test_what_cannot_be_marked() -> None:
    one, other = a_pair()
    with no_event():
        with pytest.raises(CannotMark, match="itself"):
            marked(one, one)
        with pytest.raises(CannotMark, match="why"):
            marked(one, other, reason=" ")
        with pytest.raises(PartyNotFound):
            mark_distinct(actor=SYSTEM, first_id=one.pk, second_id=0, reason="x", now=NOW)
    mark_id = marked(one, other)
    with no_event(), pytest.raises(CannotMark, match="already"):
        marked(other, one)
    take_back_distinct(actor=SYSTEM, mark_id=mark_id, now=LATER)
    with no_event(), pytest.raises(CannotMark, match="before"):
        take_back_distinct(actor=SYSTEM, mark_id=mark_id, now=LATER)
    merged(one, other)
    with no_event(), pytest.raises(CannotMark, match="merged"):
        marked(one, other)


ROLES = {
    "department_official": True,
    "department_official elsewhere": None,
    "window_official": False,
    "leader": False,
    "supervisor": False,
    "administrator": False,
    "auditor": False,
    "clerk": False,
}


@pytest.mark.parametrize("role", ROLES)
def test_who_may(role: str) -> None:
    one, other = a_pair()
    mark_id = marked(*a_pair())
    name, _, elsewhere = role.partition(" ")
    who = clerk_of(one) if role == "clerk" else official(name, NANGANG if elsewhere else DAOLI)
    actor, allowed = who.actor(), ROLES[role]
    if allowed:
        with one_event("parties.marked_distinct"):
            marked(one, other, actor)
        with one_event("parties.distinct_taken_back"):
            take_back_distinct(actor=actor, mark_id=mark_id, now=LATER)
        return
    point = transaction.savepoint()
    with no_event(), pytest.raises(PartyNotFound if allowed is None else NotAllowed):
        marked(one, other, actor)
    with no_event(), pytest.raises(MarkNotFound if allowed is None else NotAllowed):
        take_back_distinct(actor=actor, mark_id=mark_id, now=LATER)
    transaction.savepoint_rollback(point)
    assert DistinctPair.objects.count() == 1
    if allowed is None:
        assert distinct_pairs(actor=actor).total == 0
