"""Logging in by an OpenID Connect provider, such as a province's unified identity platform: a real one on a free port."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client, override_settings

from tests.kernel.access.factories import PASSWORD, person
from yingshang.kernel.access.models import User
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.kernel.access.urls")]

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """Answers what the protocol asks. `claims` is whom it says has logged in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.nonce = ""
        self.claims = {"sub": "42", "preferred_username": "zhang", "email": "zhang@gov.example"}

    def answer(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
            }
        if path == "/jwks":
            key = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            return {"keys": [{**key, "kid": "one", "alg": "RS256", "use": "sig"}]}
        if path == "/token":
            now = int(time.time())
            claims = {"iss": self.url, "aud": "yingshang", "iat": now, "exp": now + 60, **self.claims}
            token = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"})
            return {"access_token": "x", "token_type": "Bearer", "id_token": token}
        return dict(self.claims)


@pytest.fixture
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(found.answer(urlsplit(self.path).path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = {
        "provider_id": "province",
        "name": "省统一身份认证平台",
        "client_id": "yingshang",
        "secret": "shared",
        "settings": {"server_url": found.url},
    }
    cache.clear()
    with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [app]}}):
        yield found
    server.shutdown()
    server.server_close()


def come_back(client: Client, **start: str) -> Any:
    """Go to the provider and come back with what it gave."""
    answer = client.post("/account/oidc/province/login/", start)
    assert answer.status_code == 302
    state = parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]
    return client.get("/account/oidc/province/login/callback/", {"code": "x", "state": state})


def test_somebody_new_gets_an_account_that_allows_nothing(provider: Provider) -> None:
    client = Client()
    answer = come_back(client)
    if "signup" in answer.headers.get("location", ""):
        form = {"username": "zhang", "email": "zhang@gov.example", "name": "张演示", "phone": "13800138000"}
        answer = client.post(answer.headers["location"], form)
    assert answer.status_code == 302
    account = SocialAccount.objects.get()
    assert account.uid == "42"
    assert client.get("/try/mine/").status_code == 200
    assert client.get("/try/office/").status_code == 403
    # The second time it is the same account.
    assert come_back(Client()).status_code == 302
    assert SocialAccount.objects.count() == User.objects.count() == 1
    assert "access.logged_in" in AuditEvent.objects.values_list("action", flat=True)


def test_an_address_that_the_provider_names_does_not_open_somebody_elses_account(provider: Provider) -> None:
    victim = person(email="zhang@gov.example")
    client = Client()
    come_back(client)
    assert SocialAccount.objects.filter(user=victim.user).count() == 0
    assert client.session.get("_auth_user_id") != str(victim.id)


def test_an_account_is_linked_and_unlinked_by_its_owner(provider: Provider) -> None:
    who, client = person(), Client()
    client.post("/account/login/", {"login": who.user.username, "password": PASSWORD})
    answer = come_back(client, process="connect")
    assert answer.status_code == 302
    account = SocialAccount.objects.get(user=who.user)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.post("/account/3rdparty/", {"account": account.pk}).status_code == 302
    assert not SocialAccount.objects.exists()
    actions = AuditEvent.objects.values_list("action", flat=True)
    assert {"access.account_linked", "access.account_unlinked"} <= set(actions)


def test_an_answer_that_was_not_asked_for_is_refused(provider: Provider) -> None:
    answer = Client().get("/account/oidc/province/login/callback/", {"code": "x", "state": "forged"})
    assert answer.status_code in (200, 401, 403)
    assert not User.objects.exists()
