"""Acting for an enterprise: legal representatives and the clerks they authorise."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.kernel.access.factories import (
    DAOLI,
    NANGANG,
    NOW,
    SYSTEM,
    arranged,
    clerk_of,
    ensure_roles,
    enterprise,
    legal_representative_of,
    no_event,
    official,
    one_event,
    person,
)
from yingshang.kernel.access.api import (
    AlreadyHeld,
    InvalidPeriod,
    InvalidPowers,
    MandateNotFound,
    NotAllowed,
    PartyNotFound,
    UnknownPermission,
    UserNotFound,
    deactivate_user,
    find_account,
    grant_mandate,
    grantable_powers,
    mandates_of_party,
    mandates_of_user,
    revoke_mandate,
    roles,
)
from yingshang.kernel.access.models import Mandate

TODAY = date(2026, 11, 23)


@pytest.mark.django_db
def test_a_legal_representative_authorises_several_clerks_with_chosen_powers() -> None:
    party = enterprise()
    boss = legal_representative_of(party)
    one, two = person(), person()
    with one_event("access.mandate_granted") as events:
        grant_mandate(actor=boss.actor(), user_id=one.id, party_id=party.pk, now=NOW)
    assert events[0]["party_id"] == party.pk
    grant_mandate(
        actor=boss.actor(),
        user_id=two.id,
        party_id=party.pk,
        powers=["parties.view_own", "mandates.grant"],
        valid_until=TODAY,
        now=NOW,
    )
    assert one.actor().scope("parties.view_own").parties == {party.pk}
    assert not one.actor().may("mandates.grant")
    assert two.actor().may("mandates.grant")
    assert not two.actor(NOW + timedelta(days=1)).may("mandates.grant"), "it ended with its last day"
    seen = mandates_of_party(actor=boss.actor(), party_id=party.pk, today=TODAY)
    assert [row.user_id for row in seen] == [boss.id, one.id, two.id]
    assert [row.legal_representative for row in seen] == [True, False, False]
    assert seen[1].granted_by_name == str(boss.user)
    assert len(mandates_of_party(actor=boss.actor(), party_id=party.pk, today=TODAY + timedelta(1))) == 2


@pytest.mark.django_db
def test_a_clerk_passes_on_no_more_than_they_hold() -> None:
    party = enterprise()
    legal_representative_of(party)
    clerk = clerk_of(party, ("mandates.grant",))
    with no_event(), pytest.raises(NotAllowed, match=r"does not hold parties\.view_own"):
        grant_mandate(actor=clerk.actor(), user_id=person().id, party_id=party.pk, now=NOW)
    with one_event("access.mandate_granted"):
        grant_mandate(
            actor=clerk.actor(), user_id=person().id, party_id=party.pk, powers=["mandates.grant"], now=NOW
        )


@pytest.mark.django_db
def test_a_mandate_lost_in_the_meantime_grants_nothing() -> None:
    """The actor of a request was read when the request began."""
    party = enterprise()
    clerk = clerk_of(party, ("parties.view_own", "mandates.grant"))
    stale = clerk.actor()
    revoke_mandate(actor=SYSTEM, mandate_id=Mandate.objects.get(user=clerk.user).pk, now=NOW)
    with no_event(), pytest.raises(PartyNotFound):
        grant_mandate(actor=stale, user_id=person().id, party_id=party.pk, now=NOW)


@pytest.mark.django_db
def test_who_may_not_authorise() -> None:
    party, other = enterprise(), enterprise(NANGANG)
    boss, clerk, stranger = legal_representative_of(party), clerk_of(party), person()
    new = person()
    for who in (clerk, stranger):
        with no_event(), pytest.raises(NotAllowed):
            grant_mandate(actor=who.actor(), user_id=new.id, party_id=party.pk, now=NOW)
    ensure_roles()
    for role in roles():
        with no_event(), pytest.raises(NotAllowed):
            grant_mandate(actor=official(role.code).actor(), user_id=new.id, party_id=party.pk, now=NOW)
    with no_event(), pytest.raises(PartyNotFound):
        grant_mandate(actor=boss.actor(), user_id=new.id, party_id=other.pk, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        grant_mandate(actor=boss.actor(), user_id=boss.id, party_id=party.pk, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        grant_mandate(
            actor=boss.actor(), user_id=new.id, party_id=party.pk, legal_representative=True, now=NOW
        )


@pytest.mark.django_db
def test_mandates_that_cannot_be_granted() -> None:
    party = enterprise()
    boss, closed = legal_representative_of(party), person()
    deactivate_user(actor=SYSTEM, user_id=closed.id, reason="", now=NOW)
    usual = {"actor": boss.actor(), "user_id": person().id, "party_id": party.pk, "now": NOW}
    for change, error in (
        ({"powers": ["desk.open"]}, InvalidPowers),
        ({"powers": []}, InvalidPowers),
        ({"powers": ["desk.opened"]}, UnknownPermission),
        ({"valid_until": TODAY - timedelta(days=1)}, InvalidPeriod),
        ({"user_id": 10**9}, UserNotFound),
        ({"user_id": closed.id}, UserNotFound),
    ):
        with no_event(), pytest.raises(error):
            grant_mandate(**{**usual, **change})  # type: ignore[arg-type]
    assert {power.code for power in grantable_powers()} >= {"parties.view_own", "mandates.grant"}


@pytest.mark.django_db
def test_granting_again_changes_what_was_granted() -> None:
    party = enterprise()
    boss, clerk = legal_representative_of(party), clerk_of(party)
    with one_event("access.mandate_granted") as events:
        grant_mandate(
            actor=boss.actor(), user_id=clerk.id, party_id=party.pk, powers=["mandates.grant"], now=NOW
        )
    assert events[0]["before"]["powers"] == ["parties.view_own"]
    assert Mandate.objects.filter(user=clerk.user, revoked_at__isnull=True).get().powers == ["mandates.grant"]
    rows = mandates_of_party(actor=boss.actor(), party_id=party.pk, include_ended=True, today=TODAY)
    assert len(rows) == 3


@pytest.mark.django_db
def test_revoking() -> None:
    party = enterprise()
    boss, clerk = legal_representative_of(party), clerk_of(party)
    deputy = clerk_of(party, ("parties.view_own", "mandates.grant"))
    top = Mandate.objects.get(user=boss.user).pk
    one, two = (Mandate.objects.get(user=who.user).pk for who in (clerk, deputy))
    with no_event(), pytest.raises(NotAllowed):
        revoke_mandate(actor=deputy.actor(), mandate_id=top, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        revoke_mandate(actor=boss.actor(), mandate_id=top, now=NOW)
    with no_event(), pytest.raises(MandateNotFound):
        revoke_mandate(actor=clerk.actor(), mandate_id=two, now=NOW)
    with no_event(), pytest.raises(MandateNotFound):
        revoke_mandate(actor=legal_representative_of(enterprise()).actor(), mandate_id=one, now=NOW)
    with one_event("access.mandate_revoked"):
        revoke_mandate(actor=deputy.actor(), mandate_id=one, reason="离职", now=NOW)
    assert not clerk.actor().may("parties.view_own")
    with one_event("access.mandate_revoked"):
        revoke_mandate(actor=deputy.actor(), mandate_id=two, now=NOW)
    with no_event(), pytest.raises(MandateNotFound):
        revoke_mandate(actor=boss.actor(), mandate_id=two, now=NOW)


@pytest.mark.django_db
def test_an_enterprise_has_one_legal_representative() -> None:
    party = enterprise()
    boss = legal_representative_of(party)
    with no_event(), pytest.raises(AlreadyHeld):
        grant_mandate(
            actor=SYSTEM, user_id=person().id, party_id=party.pk, legal_representative=True, now=NOW
        )
    with no_event(), pytest.raises(AlreadyHeld):
        grant_mandate(actor=SYSTEM, user_id=boss.id, party_id=party.pk, powers=["parties.view_own"], now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.create(
            user=person().user, party=party, legal_representative=True, powers=[], granted_at=NOW
        )


@pytest.mark.django_db
def test_a_merged_enterprise_gives_no_mandates() -> None:
    party, kept = enterprise(), enterprise()
    boss = legal_representative_of(party)
    with arranged():
        party.merged_into = kept
        party.save()
    with no_event(), pytest.raises(PartyNotFound):
        grant_mandate(actor=boss.actor(), user_id=person().id, party_id=party.pk, now=NOW)


@pytest.mark.django_db
def test_mandates_are_seen_by_the_enterprise_and_officials_of_its_region() -> None:
    party = enterprise(DAOLI)
    boss, clerk, other = (
        legal_representative_of(party),
        clerk_of(party),
        legal_representative_of(enterprise(DAOLI)),
    )
    assert len(mandates_of_party(actor=clerk.actor(), party_id=party.pk, today=TODAY)) == 2
    assert mandates_of_party(actor=other.actor(), party_id=party.pk, today=TODAY) == ()
    here, there = official("department_official", DAOLI), official("department_official", NANGANG)
    assert len(mandates_of_party(actor=here.actor(), party_id=party.pk, today=TODAY)) == 2
    assert mandates_of_party(actor=there.actor(), party_id=party.pk, today=TODAY) == ()
    with pytest.raises(NotAllowed):
        mandates_of_party(actor=person().actor(), party_id=party.pk, today=TODAY)
    assert mandates_of_user(actor=boss.actor(), user_id=boss.id, today=TODAY)[0].party_id == party.pk
    with pytest.raises(NotAllowed):
        mandates_of_user(actor=boss.actor(), user_id=clerk.id, today=TODAY)
    assert find_account(actor=boss.actor(), username=clerk.user.username)[0] == clerk.id
    with pytest.raises(NotAllowed):
        find_account(actor=clerk.actor(), username=boss.user.username)
