"""Every page of the accounts library that writes, walked with a client and real commits.

The guards of the database refuse a commit without an event, so a flow that ends well was recorded.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import timezone

from tests.kernel.access.factories import (
    NOW,
    PASSWORD,
    Person,
    administrator,
    arranged,
    no_event,
    official,
    one_event,
    person,
)
from yingshang.kernel.access.api import NotAllowed, contact_of_user, reset_second_factor
from yingshang.kernel.access.models import Role, User
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.notices.api import deliver_due

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.kernel.access.urls"),
]

REGISTRATION = {
    "username": "newcomer",
    "email": "newcomer@example.org",
    "password1": "blue-harbour-42",
    "password2": "blue-harbour-42",
    "name": "新演示",
    "phone": "13800138000",
}


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Limits are counted in the cache, which is a table that no test rolls back."""
    cache.clear()
    yield
    cache.clear()


def last_mail() -> str:
    """The text of the last message, after the outbox has been delivered."""
    deliver_due(clock=timezone.now)
    return str(mail.outbox[-1].body)


def actions() -> list[str]:
    """What was recorded about accounts, oldest first, without what the factories did."""
    rows = AuditEvent.objects.exclude(actor_kind="system").exclude(action="notices.sent").order_by("id")
    return [action.removeprefix("access.") for action in rows.values_list("action", flat=True)]


def log_in(login: str, password: str = PASSWORD, client: Client | None = None, **more: Any) -> Any:
    return (client or Client()).post("/account/login/", {"login": login, "password": password, **more})


def logged_in(who: Person) -> Client:
    client = Client()
    assert log_in(who.user.username, client=client).status_code == 302
    return client


def totp_code(secret: str) -> str:
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return code


def with_totp(client: Client) -> str:
    """Set up an authenticator app and return its secret. The password is asked for again before that."""
    assert "reauthenticate" in client.get("/account/2fa/totp/activate/").headers["location"]
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    page = client.get("/account/2fa/totp/activate/")
    assert page.status_code == 200
    secret: str = page.context["form"].secret
    answer = client.post("/account/2fa/totp/activate/", {"code": totp_code(secret)})
    if answer.status_code != 302:
        # The half minute of the code ended between making it and handing it in.
        answer = client.post("/account/2fa/totp/activate/", {"code": totp_code(secret)})
    assert answer.status_code == 302, answer.content.decode()
    return secret


def test_registration_login_and_logout() -> None:
    client = Client()
    assert client.post("/account/signup/", REGISTRATION).status_code == 302
    user = User.objects.get(username="newcomer")
    assert (user.name, user.phone) == ("新演示", "13800138000")
    assert actions() == ["signed_up", "logged_in"]
    assert client.post("/account/logout/").status_code == 302
    assert log_in("newcomer", REGISTRATION["password1"], client).status_code == 302
    assert log_in("newcomer@example.org", REGISTRATION["password1"]).status_code == 302
    assert actions() == ["signed_up", "logged_in", "logged_out", "logged_in", "logged_in"]
    # The address is confirmed by the link in the message.
    link = re.search(r"/account/confirm-email/\S+", last_mail())
    assert link is not None
    assert client.post(link.group()).status_code == 302
    assert EmailAddress.objects.get(user=user).verified
    assert actions()[-1] == "email_confirmed"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password1": "newcomer12", "password2": "newcomer12"}, "password1"),
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password1": "7418529630", "password2": "7418529630"}, "password1"),
        ({"password1": "password123", "password2": "password123"}, "password1"),
        ({"phone": "12345"}, "phone"),
        ({"name": ""}, "name"),
        ({"username": "a b"}, "username"),
    ],
)
def test_registrations_that_are_refused(change: dict[str, str], field: str) -> None:
    answer = Client().post("/account/signup/", {**REGISTRATION, **change})
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not User.objects.exists()
    assert actions() == []


def test_five_wrong_passwords_lock_out_for_a_while() -> None:
    who = person(email="someone@example.org")
    for _ in range(4):
        assert log_in(who.user.username, "wrong").status_code == 200
    # However the account is named.
    answer = log_in("someone@example.org", "wrong")
    assert answer.status_code == 429
    assert "account/lockout.html" in [template.name for template in answer.templates]
    assert log_in(who.user.username.upper()).status_code == 429, "not even with the right password"
    assert "locked_out" in actions()
    event = AuditEvent.objects.filter(action="access.locked_out").earliest("id")
    assert (event.actor_kind, event.target_id) == ("visitor", str(who.id))
    # Nobody else is locked out: neither others at this address, nor this person at another.
    assert log_in(person().user.username).status_code == 302
    assert log_in(who.user.username, client=Client(REMOTE_ADDR="10.1.2.3")).status_code == 302


def test_an_address_that_a_client_makes_up_does_not_get_around_the_lockout() -> None:
    who = person()
    for number in range(5):
        client = Client(headers={"x-forwarded-for": f"10.0.0.{number}"})
        answer = log_in(who.user.username, "wrong", client)
    assert answer.status_code == 429


def test_a_name_nobody_has_looks_the_same_as_one_with_a_wrong_password() -> None:
    who = person(email="known@example.org")

    def page(login: str, *, wrong: int = 1) -> tuple[int, str]:
        for _ in range(wrong):
            answer = log_in(login, "wrong")
        text = re.sub(r'csrf[a-z-]*" (value|content)="\w+"|nonce="[^"]*"', "", answer.content.decode())
        return answer.status_code, text.replace(login, "X")

    assert page(who.user.username) == page("user-unknown")
    assert page("known@example.org") == page("unknown@example.org")
    assert page(who.user.username, wrong=4)[0] == page("user-unknown", wrong=4)[0] == 429


def test_neither_reset_nor_registration_tells_whether_an_address_has_an_account() -> None:
    person(email="known@example.org")
    pages = []
    for email in ("known@example.org", "unknown@example.org"):
        answer = Client().post("/account/password/reset/", {"email": email}, follow=True)
        pages.append((answer.status_code, answer.redirect_chain))
    assert pages[0] == pages[1]
    answer = Client().post("/account/signup/", {**REGISTRATION, "email": "known@example.org"})
    assert answer.status_code == 302
    assert User.objects.filter(username="newcomer").exists()


def test_password_reset_by_mail() -> None:
    who = person(email="forgetful@example.org")
    client = Client()
    assert client.post("/account/password/reset/", {"email": "forgetful@example.org"}).status_code == 302
    link = re.search(r"/account/password/reset/key/\S+", last_mail())
    assert link is not None
    form = client.get(link.group(), follow=True).redirect_chain[-1][0]
    answer = client.post(form, {"password1": "green-window-77", "password2": "green-window-77"})
    assert answer.status_code == 302
    assert actions()[-1] == "password_changed"
    assert log_in(who.user.username).status_code == 200
    assert log_in(who.user.username, "green-window-77").status_code == 302
    assert client.get(link.group(), follow=True).context["token_fail"], "a link works once"


def test_a_new_password_ends_every_other_session() -> None:
    who = person()
    here, elsewhere = logged_in(who), logged_in(who)
    answer = here.post(
        "/account/password/change/",
        {"oldpassword": PASSWORD, "password1": "green-window-77", "password2": "green-window-77"},
    )
    assert answer.status_code == 302
    assert actions()[-1] == "password_changed"
    assert here.get("/try/mine/").status_code == 200
    assert elsewhere.get("/try/mine/").status_code == 302


def test_addresses_are_added_confirmed_made_primary_and_removed() -> None:
    who = person(email="one@example.org")
    client = logged_in(who)
    assert client.post("/account/email/", {"action_add": "", "email": "two@example.org"}).status_code == 302
    link = re.search(r"/account/confirm-email/\S+", last_mail())
    assert link is not None
    assert client.post(link.group()).status_code == 302
    for action in ("action_primary", "action_send"):
        assert client.post("/account/email/", {action: "", "email": "two@example.org"}).status_code == 302
    who.user.refresh_from_db()
    assert who.user.email == "two@example.org"
    assert (
        client.post("/account/email/", {"action_remove": "", "email": "one@example.org"}).status_code == 302
    )
    assert [row.email for row in EmailAddress.objects.filter(user=who.user)] == ["two@example.org"]
    assert {"email_changed", "email_confirmed"} <= set(actions())


def test_second_factor_from_setting_up_to_switching_off() -> None:
    who = person()
    client = logged_in(who)
    secret = with_totp(client)
    stored = str(Authenticator.objects.get(user=who.user, type="totp").data)
    assert secret not in stored, "encrypted at rest"
    assert actions()[-2:] == ["second_factor_added", "second_factor_added"], "the app, and recovery codes"
    codes = client.get("/account/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10

    # A password alone does not log in any more.
    cache.clear()
    other = Client()
    answer = log_in(who.user.username, client=other)
    assert answer.headers["location"].startswith("/account/2fa/authenticate/")
    assert other.get("/try/mine/").status_code == 302
    assert other.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert other.post("/account/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert other.get("/try/mine/").status_code == 200
    assert actions()[-1] == "logged_in"
    used = Client()
    log_in(who.user.username, client=used)
    assert used.post("/account/2fa/authenticate/", {"code": codes[0]}).status_code == 200, "codes work once"
    assert used.post("/account/2fa/authenticate/", {"code": codes[1]}).status_code == 302

    assert client.post("/account/2fa/recovery-codes/generate/").status_code == 302
    assert client.get("/account/2fa/recovery-codes/").context["unused_codes"] != codes
    assert client.get("/account/2fa/recovery-codes/download/").status_code == 200
    assert client.post("/account/2fa/totp/deactivate/").status_code == 302
    assert actions()[-2:] == ["second_factor_removed", "second_factor_removed"]
    assert not Authenticator.objects.exists()


def test_codes_of_a_second_factor_cannot_be_tried_without_end() -> None:
    who = person()
    secret = with_totp(logged_in(who))
    cache.clear()
    client = Client()
    log_in(who.user.username, client=client)
    for _ in range(5):
        assert client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    answer = client.post("/account/2fa/authenticate/", {"code": totp_code(secret)})
    assert answer.status_code == 200
    assert client.get("/try/mine/").status_code == 302


def test_a_long_session_asks_again_before_what_matters() -> None:
    who = person()
    client = logged_in(who)
    with_totp(client)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    answer = client.post("/account/2fa/totp/deactivate/")
    assert "reauthenticate" in answer.headers["location"]
    assert client.post("/account/reauthenticate/", {"password": "wrong"}).status_code == 200
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    code = client.get("/account/2fa/recovery-codes/").context["unused_codes"][0]
    assert client.post("/account/2fa/reauthenticate/", {"code": code}).status_code == 302
    assert actions()[-1] == "second_factor_used"


def test_sessions_are_listed_and_ended() -> None:
    who = person()
    here, elsewhere = logged_in(who), logged_in(who)
    assert len(here.get("/account/sessions/").context["sessions"]) == 2
    assert here.post("/account/sessions/").status_code == 302
    assert here.get("/try/mine/").status_code == 200
    assert elsewhere.get("/try/mine/").status_code == 302
    assert UserSession.objects.filter(user=who.user).count() == 1


def test_a_session_given_to_somebody_before_they_log_in_is_worth_nothing() -> None:
    victim, client = person(), Client()
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = client.cookies["sessionid"].value
    log_in(victim.user.username, client=client)
    after = client.cookies["sessionid"].value
    assert before != after
    attacker = Client()
    attacker.cookies["sessionid"] = before
    assert attacker.get("/try/mine/").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "https:evil.example",
    ],
)
def test_logging_in_leads_nowhere_else(target: str) -> None:
    who, client = person(), Client()
    answer = log_in(who.user.username, client=client, next=target)
    assert answer.headers["location"] == "/start"
    answer = client.post("/account/logout/", {"next": target})
    assert answer.headers["location"] == "/"
    assert log_in(who.user.username, next="/try/mine/").headers["location"] == "/try/mine/"


def test_a_closed_account_cannot_log_in_and_leaves_every_session() -> None:
    who = person()
    client = logged_in(who)
    with arranged():
        User.objects.filter(pk=who.id).update(is_active=False)
    assert client.get("/try/mine/").status_code == 302
    assert not log_in(who.user.username).wsgi_request.user.is_authenticated


def test_what_nobody_opened_is_closed() -> None:
    who = official("leader")
    client = logged_in(who)
    assert Client().get("/").status_code == 200
    assert Client().get("/try/mine/").headers["location"].startswith("/account/login/?next=/try/mine/")
    assert client.get("/try/mine/").status_code == 200
    assert client.get("/try/office/").status_code == 200
    assert logged_in(person()).get("/try/office/").status_code == 403
    for somebody in (Client(), client):
        assert somebody.get("/try/forgotten/").status_code == 403


def test_a_role_may_ask_for_a_second_factor_and_lets_its_holder_set_it_up() -> None:
    who = official("treasurer")
    with arranged():
        Role.objects.filter(code="treasurer").update(second_factor=True)
    client = logged_in(who)
    answer = client.get("/try/office/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/account/2fa/")
    assert client.get("/try/office/", headers={"accept": "application/json"}).status_code == 403
    assert client.get("/try/mine/").status_code == 200
    with_totp(client)
    assert client.get("/try/office/").status_code == 200
    cache.clear()
    assert client.post("/account/2fa/totp/deactivate/").status_code == 302
    assert client.get("/try/office/").status_code == 302
    # Roles that do not ask are not asked.
    assert logged_in(official("leader")).get("/try/office/").status_code == 200


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"])
def test_passwords_are_kept_by_a_slow_hash() -> None:
    who = person()
    algorithm, iterations, _ = who.user.password.split("$", 2)
    assert algorithm == "pbkdf2_sha256"
    assert int(iterations) >= 600_000
    assert log_in(who.user.username).status_code == 302
    assert log_in(who.user.username, "wrong").status_code == 200


def test_passkeys_are_renamed_and_removed() -> None:
    """Their cryptography is the library's; what is tried here is that each write is recorded."""
    who = person()
    client = logged_in(who)
    with arranged():
        key = Authenticator.objects.create(
            user=who.user, type="webauthn", data={"name": "旧名", "credential": {}}
        )
    assert actions()[-1] == "second_factor_added"
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.post(f"/account/2fa/webauthn/keys/{key.pk}/edit/", {"name": "新名"}).status_code == 302
    assert Authenticator.objects.get().data["name"] == "新名"
    assert actions()[-1] == "second_factor_changed"
    assert client.post(f"/account/2fa/webauthn/keys/{key.pk}/remove/").status_code == 302
    assert actions()[-1] == "second_factor_removed"


def test_an_administrator_helps_who_lost_their_second_factor() -> None:
    who = official("leader")
    with_totp(logged_in(who))
    with one_event("access.second_factor_reset"):
        reset_second_factor(actor=administrator().actor(), user_id=who.id, reason="手机遗失", now=NOW)
    assert not Authenticator.objects.exists()
    cache.clear()
    assert log_in(who.user.username).headers["location"] == "/start"
    with no_event(), pytest.raises(NotAllowed):
        reset_second_factor(actor=who.actor(), user_id=who.id, reason="", now=NOW)


def test_who_was_given_an_account_sets_their_own_password() -> None:
    who = person(email="new@agency.example", password=None)
    assert Client().post("/account/password/reset/", {"email": "new@agency.example"}).status_code == 302
    link = re.search(r"/account/password/reset/key/\S+", last_mail())
    assert link is not None
    client = Client()
    form = client.get(link.group(), follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "green-window-77", "password2": "green-window-77"})
    assert log_in(who.user.username, "green-window-77").status_code == 302


def test_an_address_that_was_only_typed_in_gets_no_messages() -> None:
    client = Client()
    client.post("/account/signup/", REGISTRATION)
    user_id = User.objects.get().pk
    contact = contact_of_user(user_id=user_id)
    assert contact is not None
    assert contact.email == ""
    link = re.search(r"/account/confirm-email/\S+", last_mail())
    assert link is not None
    client.post(link.group())
    contact = contact_of_user(user_id=user_id)
    assert contact is not None
    assert contact.email == "newcomer@example.org"
