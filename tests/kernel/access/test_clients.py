"""Systems with access to the API, from registration to the end of their tokens; and who saw what."""

from __future__ import annotations

import base64

import pytest
from django.test import Client
from oauth2_provider.models import AccessToken, Application

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    QIQIHAR,
    SYSTEM,
    administrator,
    agency,
    clerk_of,
    ensure_roles,
    enterprise,
    no_event,
    official,
    one_event,
    person,
)
from yingshang.kernel.access.api import (
    AgencyNotFound,
    ClientNotFound,
    NotAllowed,
    actor_of_client,
    clients,
    disable_client,
    note_personal_view,
    personal_views,
    register_client,
    rotate_secret,
    set_preferences,
)


def token(client_id: str, secret: str) -> tuple[int, str]:
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    answer = Client().post(
        "/oauth/token/",
        {"grant_type": "client_credentials"},
        headers={"authorization": f"Basic {basic}"},
    )
    return answer.status_code, answer.json().get("scope", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls("tests.kernel.access.urls")
def test_a_system_gets_tokens_until_it_is_disabled() -> None:
    boss = administrator(HARBIN).actor()
    with one_event("access.client_registered") as events:
        system = register_client(
            actor=boss, name="政务数据平台", role="department_official", agency_id=agency(DAOLI).pk, now=NOW
        )
    assert system.secret not in str(events[0])
    assert system.secret not in Application.objects.get(client_id=system.client_id).client_secret
    status, scope = token(system.client_id, system.secret)
    assert status == 200
    assert "parties.import" in scope.split()
    assert "access.manage_users" not in scope.split()
    assert token(system.client_id, "wrong")[0] == 401

    with one_event("access.secret_rotated"):
        renewed = rotate_secret(actor=boss, client_id=system.id, now=NOW)
    assert AccessToken.objects.count() == 0
    assert token(system.client_id, system.secret)[0] == 401
    assert token(system.client_id, renewed.secret)[0] == 200

    application = Application.objects.get(client_id=system.client_id)
    assert actor_of_client(application).may("parties.import")
    with one_event("access.client_disabled"):
        disable_client(actor=boss, client_id=system.id, reason="停止合作", now=NOW)
    assert token(system.client_id, renewed.secret)[0] == 401
    assert AccessToken.objects.count() == 0
    assert actor_of_client(application).kind == "visitor"
    with no_event(), pytest.raises(ClientNotFound):
        rotate_secret(actor=boss, client_id=system.id, now=NOW)


@pytest.mark.django_db
def test_systems_are_registered_within_the_scope_and_under_roles_that_may_be_given() -> None:
    boss = administrator(HARBIN).actor()
    with no_event(), pytest.raises(AgencyNotFound):
        register_client(actor=boss, name="x", role="leader", agency_id=agency(QIQIHAR).pk, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        register_client(actor=boss, name="x", role="operator", agency_id=agency(DAOLI).pk, now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        register_client(
            actor=official("leader").actor(), name="x", role="leader", agency_id=agency(DAOLI).pk, now=NOW
        )
    other = register_client(actor=SYSTEM, name="x", role="leader", agency_id=agency(QIQIHAR).pk, now=NOW)
    assert clients(actor=boss) == ()
    with no_event(), pytest.raises(ClientNotFound):
        disable_client(actor=boss, client_id=other.id, reason="", now=NOW)
    assert [row.name for row in clients(actor=administrator(QIQIHAR).actor())] == ["x"]


@pytest.mark.django_db
def test_a_party_and_its_auditors_see_who_saw_its_data() -> None:
    ensure_roles()
    party, other = enterprise(DAOLI), enterprise(DAOLI)
    viewer, clerk = official("department_official", DAOLI), clerk_of(party)
    with no_event():
        note_personal_view(
            actor=viewer.actor(), party_id=party.pk, fields=["phone", "email"], purpose="核对", now=NOW
        )
    seen = personal_views(actor=clerk.actor(), party_id=party.pk)
    assert [(row.actor_name, row.fields, row.purpose) for row in seen] == [
        (str(viewer.user), ("email", "phone"), "核对")
    ]
    assert len(personal_views(actor=official("auditor", HARBIN).actor(), party_id=party.pk)) == 1
    assert personal_views(actor=official("auditor", NANGANG).actor(), party_id=party.pk) == ()
    assert personal_views(actor=clerk.actor(), party_id=other.pk) == ()
    with pytest.raises(NotAllowed):
        personal_views(actor=viewer.actor(), party_id=party.pk)


@pytest.mark.django_db
def test_preferences_are_ones_own() -> None:
    who = person()
    with one_event("access.preferences_set"):
        set_preferences(actor=who.actor(), language="en", large_text=True, now=NOW)
    who.user.refresh_from_db()
    assert (who.user.language, who.user.large_text) == ("en", True)
    with no_event():
        set_preferences(actor=who.actor(), language="en", now=NOW)
    with no_event(), pytest.raises(NotAllowed):
        set_preferences(actor=SYSTEM, language="en", now=NOW)
