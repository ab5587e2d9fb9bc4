"""How far those reach who manage accounts: never to people who answer to somebody further up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import RequestFactory
from django.utils import timezone

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    HEILONGJIANG,
    NANGANG,
    NOW,
    SYSTEM,
    administrator,
    agency,
    arranged,
    clerk_of,
    enterprise,
    no_event,
    official,
    person,
)
from yingshang.kernel.access.accounts import login_name
from yingshang.kernel.access.api import (
    InvalidPeriod,
    NotAllowed,
    activate_user,
    actor_of_client,
    appoint,
    audit_events,
    deactivate_user,
    end_appointment,
    grant_mandate,
    register_client,
    reset_second_factor,
    unlock_user,
)
from yingshang.kernel.access.models import Appointment, SystemClient
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import deactivate_agency

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("action", [deactivate_user, activate_user, unlock_user, reset_second_factor])
def test_who_also_holds_a_role_further_up_is_managed_from_there(action: Any) -> None:
    """The leader of a province who also holds a role in a county is not closed by the county's administrator."""
    leader = official("leader", HEILONGJIANG)
    with arranged():
        Appointment.objects.create(
            user=leader.user,
            role=Appointment.objects.get(user=leader.user).role,
            agency=agency(DAOLI),
            valid_from=date(2020, 1, 1),
        )
    with no_event(), pytest.raises(NotAllowed):
        action(actor=administrator(DAOLI).actor(), user_id=leader.id, reason="检验", now=NOW)
    leader.user.refresh_from_db()
    assert leader.user.is_active
    action(actor=administrator(HEILONGJIANG).actor(), user_id=leader.id, reason="检验", now=NOW)


def test_who_left_for_another_place_is_managed_there() -> None:
    moved = official("window_official", NANGANG)
    former = appoint(
        actor=SYSTEM, user_id=moved.id, role="window_official", agency_id=agency(DAOLI).pk, now=NOW
    )
    end_appointment(actor=SYSTEM, appointment_id=former, reason="调离", now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        deactivate_user(actor=administrator(DAOLI).actor(), user_id=moved.id, reason="检验", now=NOW)


def test_the_record_shows_what_people_did_while_they_were_in_office_here() -> None:
    moved = official("window_official", DAOLI)
    here = Appointment.objects.get(user=moved.user)
    _did(moved, "here", NOW)
    end_appointment(actor=SYSTEM, appointment_id=here.pk, reason="调离", now=NOW + timedelta(hours=1))
    _did(moved, "elsewhere", NOW + timedelta(days=2))
    auditor = official("auditor", DAOLI).actor()
    seen = {each.target_name for each in audit_events(actor=auditor, who=str(moved.id)).rows}
    assert seen == {"here"}


def _did(who: Any, what: str, when: Any) -> None:
    record(actor=who.actor(), action="tests.done", target=Target("thing", "1", what), now=when)


def test_a_closed_agencys_system_is_shut_out() -> None:
    admin = administrator(HARBIN)
    place = agency(DAOLI, "health")
    made = register_client(actor=admin.actor(), name="系统", role="leader", agency_id=place.pk, now=NOW)
    client = SystemClient.objects.get(pk=made.id)
    assert actor_of_client(client.application).kind == "client"
    deactivate_agency(actor=admin.actor(), agency_id=place.pk, reason="撤销", now=NOW)
    assert actor_of_client(client.application).kind == "visitor"


def test_an_agency_whose_people_have_left_can_be_closed() -> None:
    admin = administrator(HARBIN)
    gone = official("window_official", DAOLI, "health")
    held = Appointment.objects.get(user=gone.user)
    end_appointment(actor=admin.actor(), appointment_id=held.pk, reason="调离", now=NOW)
    deactivate_agency(actor=admin.actor(), agency_id=held.agency_id, reason="撤销", now=NOW)
    held.agency.refresh_from_db()
    assert not held.agency.is_active


def test_a_clerk_authorises_nobody_for_longer_than_themself() -> None:
    party = enterprise()
    clerk = clerk_of(party, ("parties.view_own", "mandates.grant"))
    today = timezone.localdate(NOW)
    with arranged():
        clerk.user.mandates.update(valid_until=today + timedelta(days=10))
    other = person()
    wanted = {"actor": clerk.actor(), "user_id": other.id, "party_id": party.pk, "now": NOW}
    for until in (None, today + timedelta(days=11)):
        with no_event(), pytest.raises(InvalidPeriod):
            grant_mandate(**wanted, powers=["parties.view_own"], valid_until=until)
    grant_mandate(**wanted, powers=["parties.view_own"], valid_until=today + timedelta(days=10))


def test_wrong_passwords_are_counted_for_the_account_that_the_address_opens() -> None:
    """An account registered with somebody else's address takes no wrong passwords away from theirs."""
    victim = person(email="victim@example.org")
    strangers = [person() for _ in range(8)]
    with arranged():
        for each in strangers:
            each.user.email = "victim@example.org"
            each.user.save()
            EmailAddress.objects.create(user=each.user, email="victim@example.org", verified=False)
    request = RequestFactory().post("/account/login/")
    assert login_name(request, {"email": "victim@example.org"}) == victim.user.username


def test_an_address_nobody_has_confirmed_is_counted_as_it_is_written() -> None:
    """Whose account is meant is not certain; a right password for one must not wipe out wrong ones for another."""
    with arranged():
        for each in [person() for _ in range(2)]:
            each.user.email = "shared@example.org"
            each.user.save()
            EmailAddress.objects.create(user=each.user, email="shared@example.org", verified=False)
    request = RequestFactory().post("/account/login/")
    assert login_name(request, {"email": "Shared@example.org"}) == "shared@example.org"
