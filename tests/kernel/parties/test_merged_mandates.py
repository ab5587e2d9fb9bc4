"""Who reaches which parties before a merge, after it, and after it was undone."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from tests.kernel.access.factories import (
    NOW,
    SYSTEM,
    Person,
    clerk_of,
    enterprise,
    legal_representative_of,
    one_event,
    person,
)
from yingshang.kernel.access.api import contacts_of_party, grant_mandate, revoke_mandate
from yingshang.kernel.access.models import Mandate
from yingshang.kernel.parties.api import get_party, merge_parties, record_contact, undo_merge
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db

LATER, LAST = NOW + timedelta(days=1), NOW + timedelta(days=2)
VIEW = "parties.view_own"


def merged(kept: Party, duplicate: Party) -> int:
    return merge_parties(
        actor=SYSTEM,
        kept_id=kept.pk,
        duplicate_id=duplicate.pk,
        reason="同一企业",
        now=NOW + timedelta(hours=1),
    )


def separated(merge_id: int) -> None:
    with one_event("parties.merge_undone"):
        undo_merge(actor=SYSTEM, merge_id=merge_id, now=LAST)


def reached(who: Person) -> frozenset[int]:
    return who.actor(LATER).scope(VIEW).parties


def held() -> list[object]:
    return list(Mandate.objects.order_by("pk").values())


def given(by: Person, to: Person, party: Party, powers: tuple[str, ...] = (VIEW,)) -> int:
    return grant_mandate(actor=by.actor(LATER), user_id=to.id, party_id=party.pk, powers=powers, now=LATER)


@pytest.mark.parametrize("seed", range(8))
def test_nobody_reaches_more_than_the_entries_of_what_they_reached(seed: int) -> None:
    chance = random.Random(seed)
    parties = [enterprise() for _ in range(5)]
    people = [person() for _ in range(6)]
    represented: set[int] = set()
    for who in people:
        for party in chance.sample(parties, chance.randint(0, 3)):
            legal = party.pk not in represented and chance.random() < 0.3
            represented |= {party.pk} if legal else set()
            ends = None if legal else chance.choice([None, date(2026, 11, 20), date(2027, 1, 1)])
            Mandate.objects.create(
                user=who.user,
                party=party,
                legal_representative=legal,
                powers=[VIEW],
                granted_at=NOW,
                valid_until=ends,
            )
    before, rows = [reached(who) for who in people], held()
    one, two, three, four, stranger = parties
    merges = [merged(two, three), merged(one, two), merged(one, four)]
    entries = {one.pk, two.pk, three.pk, four.pk}
    for who, earlier in zip(people, before, strict=True):
        now = reached(who)
        assert earlier <= now
        assert now <= (earlier | entries if earlier & entries else earlier)
        assert (stranger.pk in now) == (stranger.pk in earlier)
    for merge_id in reversed(merges):
        separated(merge_id)
    assert [reached(who) for who in people] == before
    # What had run out may have been closed; nothing else is different.
    for row, earlier_row in zip(held(), rows, strict=True):
        same = {**row, "revoked_at": None} if row["valid_until"] == date(2026, 11, 20) else row  # type: ignore[index,dict-item]
        assert same == earlier_row


def test_who_stays_behind_in_a_chain_keeps_what_was_merged_before() -> None:
    first, second, third = enterprise(), enterprise(), enterprise()
    left = legal_representative_of(third)
    merged(second, third)
    legal_representative_of(first)
    merged(first, second)
    assert reached(left) == {second.pk, third.pk}
    assert left.actor().kept_entry(third.pk, VIEW) == second.pk
    for party in (second, third):
        assert left.id in {each.user_id for each in contacts_of_party(party_id=party.pk, today=NOW.date())}
    assert left.id not in {each.user_id for each in contacts_of_party(party_id=first.pk, today=NOW.date())}


def test_a_mandate_that_has_run_out_is_in_nobodys_way() -> None:
    kept, duplicate = enterprise(), enterprise()
    who = clerk_of(duplicate)
    expired = Mandate.objects.create(
        user=who.user, party=kept, powers=[VIEW], granted_at=NOW, valid_until=date(2026, 11, 20)
    )
    merge_id = merged(kept, duplicate)
    assert reached(who) == {kept.pk, duplicate.pk}
    expired.refresh_from_db()
    assert expired.revoked_at is not None and expired.revoked_at.isoformat() == "2026-11-20T16:00:00+00:00"
    separated(merge_id)
    assert reached(who) == {duplicate.pk}


def test_a_mandate_that_has_run_out_does_not_move() -> None:
    kept, duplicate = enterprise(), enterprise()
    who = person()
    Mandate.objects.create(
        user=who.user, party=duplicate, powers=[VIEW], granted_at=NOW, valid_until=date(2026, 11, 20)
    )
    merged(kept, duplicate)
    assert reached(who) == frozenset() and Mandate.objects.get().party_id == duplicate.pk


def test_whom_those_who_came_along_have_authorised_goes_with_them() -> None:
    kept, duplicate = enterprise(), enterprise()
    boss, own = legal_representative_of(duplicate), clerk_of(kept)
    merge_id = merged(kept, duplicate)
    deputy, clerk = person(), person()
    given(boss, deputy, kept, (VIEW, "mandates.grant"))
    given(deputy, clerk, kept)
    assert reached(clerk) == {kept.pk, duplicate.pk}
    separated(merge_id)
    for who in (boss, deputy, clerk):
        assert reached(who) == {duplicate.pk}
    assert reached(own) == {kept.pk}


def test_what_the_other_side_changed_is_as_it_was() -> None:
    kept, duplicate = enterprise(), enterprise()
    boss, own = legal_representative_of(kept), clerk_of(kept)
    came = clerk_of(duplicate, (VIEW, "mandates.grant"))
    merge_id = merged(kept, duplicate)
    given(boss, came, kept, (VIEW, "forms.fill_own", "mandates.grant"))
    given(came, own, kept, (VIEW, "forms.fill_own"))
    separated(merge_id)
    (back,) = came.actor(LAST).mandates
    assert (back.party_id, back.powers) == (duplicate.pk, {VIEW, "mandates.grant"})
    (stayed,) = own.actor(LAST).mandates
    assert (stayed.party_id, stayed.powers) == (kept.pk, {VIEW})


def test_what_ones_own_side_changed_stays_changed() -> None:
    kept, duplicate = enterprise(), enterprise()
    boss, clerk = legal_representative_of(duplicate), clerk_of(duplicate)
    merge_id = merged(kept, duplicate)
    given(boss, clerk, kept, (VIEW, "forms.fill_own"))
    separated(merge_id)
    (back,) = clerk.actor(LAST).mandates
    assert (back.party_id, back.powers) == (duplicate.pk, {VIEW, "forms.fill_own"})


def test_who_was_revoked_stays_so() -> None:
    kept, duplicate = enterprise(), enterprise()
    clerk = clerk_of(duplicate)
    merge_id = merged(kept, duplicate)
    (mandate,) = Mandate.objects.filter(user=clerk.user)
    revoke_mandate(actor=clerk.actor(LATER), mandate_id=mandate.pk, now=LATER)
    separated(merge_id)
    assert reached(clerk) == frozenset()


def test_a_legal_representative_found_since_remains_that_of_the_party_that_was_kept() -> None:
    kept, duplicate = enterprise(), enterprise()
    clerk = clerk_of(duplicate)
    merge_id = merged(kept, duplicate)
    grant_mandate(actor=SYSTEM, user_id=clerk.id, party_id=kept.pk, legal_representative=True, now=LATER)
    separated(merge_id)
    found = {each.party_id: each.legal_representative for each in clerk.actor(LAST).mandates}
    assert found == {kept.pk: True, duplicate.pk: False}


def test_the_contact_told_of_a_duplicate_is_that_of_the_party_that_is_kept() -> None:
    kept, duplicate = enterprise(), enterprise(email="old@enterprise.example")
    merged(kept, duplicate)
    record_contact(actor=SYSTEM, party_id=duplicate.pk, email="new@enterprise.example", now=LATER)
    assert get_party(actor=SYSTEM, party_id=kept.pk).contact_email.endswith("@enterprise.example")
    assert Party.objects.get(pk=duplicate.pk).contact_email == "old@enterprise.example"
