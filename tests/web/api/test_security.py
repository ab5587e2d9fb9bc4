"""What an attacker would try, with real requests."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from tests.examples import some
from tests.web.api import api_factories as make
from yingshang.kernel.access.api import disable_client, rotate_secret
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db

NASTY = (
    "' OR '1'='1",
    "'; DROP TABLE parties_party; --",
    "') UNION SELECT password FROM access_user --",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}${7*7}%(x)s {0.__class__}",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%",
    "_" * 100,
    "\\",
    "a & b | !c <-> (d):*",
    "\x00",
    "\u202e\ufeff\ud7ff",
    "-" * 100,
    "１２３４５６７８９",
    "9" * 400,
    "",
    "null",
)


def _ask_for_token(system: make.System, **more: Any) -> Any:
    return Client().post(
        "/oauth/token/",
        {
            "grant_type": "client_credentials",
            "client_id": system.client_id,
            "client_secret": system.secret,
            **more,
        },
    )


class TestTokens:
    def test_from_the_secret_to_an_answer(self, system: make.System) -> None:
        body = _ask_for_token(system, scope="parties.view").json()
        client = Client(headers={"Authorization": f"Bearer {body['access_token']}"})
        assert client.get("/api/v1/me").json()["permissions"] == ["parties.view"]
        assert client.get("/api/v1/parties").status_code == 200
        assert client.get("/api/v1/jobs").status_code == 403

    def test_a_scope_beyond_the_role_is_not_given(self, system: make.System) -> None:
        response = _ask_for_token(system, scope="parties.view access.manage_users")
        assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")

    def test_a_scope_beyond_the_role_written_into_the_token_counts_for_nothing(
        self, system: make.System
    ) -> None:
        client = make.bearer(system, scope="access.view_audit parties.view")
        assert client.get("/api/v1/events").status_code == 403

    @pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit"])
    def test_no_other_grant(self, system: make.System, grant: str) -> None:
        response = _ask_for_token(
            system, grant_type=grant, username="a", password="b", code="c", refresh_token="d"
        )
        assert response.status_code in (400, 401)

    def test_a_wrong_secret(self, system: make.System) -> None:
        response = _ask_for_token(make.System(system.id, system.client_id, "wrong"))
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")

    def test_secrets_cannot_be_tried_for_long(self, system: make.System, settings: Any) -> None:
        settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "token": "3/hour"}
        wrong = make.System(system.id, system.client_id, "wrong")
        assert [_ask_for_token(wrong).status_code for _ in range(4)] == [401, 401, 401, 429]

    def test_expired(self, system: make.System) -> None:
        response = make.bearer(system, seconds=-1).get("/api/v1/me")
        assert (response.status_code, response.json()["code"]) == (401, "api.unauthenticated")
        assert 'error="invalid_token"' in response["WWW-Authenticate"]

    def test_of_a_disabled_system(self, system: make.System) -> None:
        client = make.bearer(system)
        assert client.get("/api/v1/me").status_code == 200
        disable_client(actor=make.PLATFORM, client_id=system.id, reason="test", now=timezone.now())
        assert client.get("/api/v1/me").status_code == 401
        assert _ask_for_token(system).status_code == 401
        # Even a token that somebody kept in the database is no good.
        assert make.bearer(system).get("/api/v1/me").status_code == 401

    def test_of_a_secret_that_was_changed(self, system: make.System) -> None:
        client = make.bearer(system)
        rotate_secret(actor=make.PLATFORM, client_id=system.id, now=timezone.now())
        assert client.get("/api/v1/me").status_code == 401
        assert _ask_for_token(system).status_code == 401

    @pytest.mark.parametrize(
        "header",
        [
            "",
            "Bearer",
            "Bearer ",
            "Basic YTpi",
            "bearer x y",
            "Token x",
            "Bearer \u00ff",
            "Bearer " + "x" * 5000,
        ],
    )
    def test_a_header_that_is_none(self, header: str) -> None:
        response = Client(headers={"Authorization": header}).get("/api/v1/me")
        assert response.status_code == 401

    def test_a_token_is_not_topped_up_by_a_session(self, system: make.System) -> None:
        client = make.browser(make.an_official("auditor"))
        token = make.a_token(system, scope="")
        response = client.get("/api/v1/events", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 403

    def test_a_token_is_no_session(self, system: make.System) -> None:
        response = make.bearer(system).get("/desk/")
        assert response.status_code == 302

    def test_is_not_kept_in_the_address(self, system: make.System) -> None:
        token = make.a_token(system)
        assert Client().get("/api/v1/me", {"access_token": token}).status_code == 401

    def test_a_token_made_for_a_person_is_refused(self, system: make.System) -> None:
        token = make.a_token(system)
        get_access_token_model().objects.filter(token=token).update(user=make.a_user())
        assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/me").status_code == 401


class TestSessions:
    def test_a_write_needs_the_csrf_token(self) -> None:
        client = make.browser(make.an_official("operator"), csrf=True)
        headers = {"Idempotency-Key": "1"}
        response = client.post("/api/v1/jobs/1/retry", headers=headers)
        assert (response.status_code, response.json()["code"]) == (403, "api.csrf_failed")
        client.get("/account/login/")
        client.cookies["csrftoken"] = "a" * 32
        response = client.post("/api/v1/jobs/1/retry", headers={**headers, "X-CSRFToken": "a" * 32})
        assert (response.status_code, response.json()["code"]) == (404, "jobs.not_found")

    def test_another_site_cannot_write(self) -> None:
        client = make.browser(make.an_official("operator"), csrf=True)
        client.cookies["csrftoken"] = "a" * 32
        response = client.post(
            "/api/v1/jobs/1/retry",
            headers={"Idempotency-Key": "1", "X-CSRFToken": "a" * 32, "Origin": "https://elsewhere.example"},
        )
        assert response.json()["code"] == "api.csrf_failed"

    def test_a_look_up_by_post_is_checked_too(self) -> None:
        client = make.browser(make.an_official("leader"), csrf=True)
        response = client.post("/api/v1/parties/lookup", {"codes": ["X"]}, content_type="application/json")
        assert response.json()["code"] == "api.csrf_failed"

    def test_of_a_disabled_user(self) -> None:
        user = make.an_official("leader")
        client = make.browser(user)
        assert client.get("/api/v1/me").status_code == 200
        with make.arranged():
            type(user).objects.filter(pk=user.pk).update(is_active=False)
        assert client.get("/api/v1/me").status_code == 401

    def test_no_answer_may_be_read_by_another_site(self) -> None:
        response = make.browser(make.an_official("leader")).get(
            "/api/v1/me", headers={"Origin": "https://elsewhere.example"}
        )
        assert "Access-Control-Allow-Origin" not in response
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "X-Frame-Options" in response


class TestNastyTexts:
    """Every text parameter of every list, with every nasty text: an answer of 200, 404 or 422, and nothing leaks."""

    @pytest.mark.parametrize("text", NASTY)
    def test_in_every_parameter(self, text: str, settings: Any) -> None:
        settings.API_RATE_LIMITS = dict.fromkeys(settings.API_RATE_LIMITS, "10000/second")
        own, other = make.enterprise(make.OWN), make.enterprise(make.OTHER)
        schema = Client().get("/api/v1/openapi.json").json()
        supervisor, administrator = (
            make.browser(make.an_official(role)) for role in ("supervisor", "administrator")
        )
        for address, methods in schema["paths"].items():
            if "get" not in methods:
                continue
            client = administrator if "view_agencies" in str(methods["get"]["x-access"]) else supervisor
            parameters = [each for each in methods["get"]["parameters"] if "$ref" not in each]
            for parameter in parameters:
                if text not in some(NASTY, 6, of=f"{address} {parameter['name']}"):
                    continue
                values = {each["name"]: "1" for each in parameters if each["in"] == "path"}
                query = {}
                if parameter["in"] == "path":
                    values[parameter["name"]] = text.replace("/", "%2F") or "0"
                elif parameter["schema"].get("type") == "integer" and not text.isdigit():
                    continue
                else:
                    query[parameter["name"]] = text
                response = client.get(address.format(**values), query)
                assert response.status_code in (200, 403, 404, 422), (address, parameter, response.content)
                assert str(other.credit_code) not in response.content.decode()
                assert response["Content-Type"] in (
                    "application/json; charset=utf-8",
                    "application/problem+json",
                )
        assert Party.objects.filter(pk__in=[own.pk, other.pk]).count() == 2

    def test_html_comes_back_as_text_never_as_a_page(self, client_of_system: Client) -> None:
        party = make.enterprise(name="<script>alert(1)</script>")
        response = client_of_system.get(f"/api/v1/parties/{party.credit_code}")
        assert response["Content-Type"].startswith("application/json")
        assert response["X-Content-Type-Options"] == "nosniff"


class TestBodies:
    ADDRESS = "/api/v1/parties/lookup"

    def test_oversize_is_refused_before_it_is_read(self, client_of_system: Client, settings: Any) -> None:
        settings.API_BODY_LIMIT = 1000
        response = client_of_system.post(
            self.ADDRESS, {"codes": ["X" * 1000]}, content_type="application/json"
        )
        assert (response.status_code, response.json()["code"]) == (413, "api.too_large")

    def test_oversize_without_saying_so(self, client_of_system: Client) -> None:
        # The gateway reads no more than was announced, so a body that is longer is cut off and unreadable.
        response = client_of_system.post(
            self.ADDRESS, '{"codes": ["X"]}', content_type="application/json", CONTENT_LENGTH="5"
        )
        assert (response.status_code, response.json()["code"]) == (400, "api.malformed")

    @pytest.mark.parametrize(
        "type_",
        [
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
        ],
    )
    def test_of_another_type(self, client_of_system: Client, type_: str) -> None:
        response = client_of_system.generic("POST", self.ADDRESS, '{"codes": ["X"]}', content_type=type_)
        assert (response.status_code, response.json()["code"]) == (415, "api.unsupported_content")

    @pytest.mark.parametrize(
        "body",
        [
            "{",
            "[]",
            "null",
            '"x"',
            "[" * 5000,
            '{"codes": "X"}',
            '{"codes": [1]}',
            '{"codes": [null]}',
            '{"codes": []}',
            b"\xff\xfe",
            '{"codes": ["\\u0000"]}',
            '{"codes":["\\ud800"]}',
        ],
    )
    def test_that_is_none(self, client_of_system: Client, body: str | bytes) -> None:
        response = client_of_system.generic("POST", self.ADDRESS, body, content_type="application/json")
        assert response.status_code in (200, 400, 422), response.content
        if response.status_code == 200:
            assert response.json()[0]["outcome"] == "invalid"

    def test_a_field_that_is_not_ours_is_refused(self, client_of_system: Client) -> None:
        response = client_of_system.post(
            self.ADDRESS,
            {"codes": ["X"], "actor": "system", "permissions": ["*"]},
            content_type="application/json",
        )
        assert [each["code"] for each in response.json()["errors"]] == ["extra_forbidden", "extra_forbidden"]

    @pytest.mark.parametrize("override", ["X-HTTP-Method-Override", "X-Method-Override"])
    def test_the_method_is_what_it_is(self, client_of_system: Client, override: str) -> None:
        response = client_of_system.get("/api/v1/regions", headers={override: "DELETE"})
        assert response.status_code == 200


class TestIds:
    def test_guessing_between_regions(self) -> None:
        """Every number near one's own leads to a thing of one's own or to nothing."""
        mine = [make.enterprise(make.OWN).credit_code for _ in range(3)]
        theirs = [make.enterprise(make.OTHER).credit_code for _ in range(3)]
        client = make.browser(make.an_official("department_official"))
        assert [client.get(f"/api/v1/parties/{code}").status_code for code in mine] == [200] * 3
        assert [client.get(f"/api/v1/parties/{code}").status_code for code in theirs] == [404] * 3

    @pytest.mark.parametrize(
        "number", ["0", "99999999999999999999", "9223372036854775808", "-1", "1e3", "１"]
    )
    def test_numbers_that_are_none(self, number: str) -> None:
        auditor, operator = (make.browser(make.an_official(role)) for role in ("auditor", "operator"))
        assert auditor.get(f"/api/v1/events/{number}").status_code == 404
        assert operator.get(f"/api/v1/jobs/{number}").status_code == 404


def test_the_time_of_a_token_is_short() -> None:
    assert configured.OAUTH2_PROVIDER["ACCESS_TOKEN_EXPIRE_SECONDS"] <= timedelta(hours=2).total_seconds()


def test_a_problem_never_echoes_html_unescaped_as_html() -> None:
    response = Client().get("/api/v1/<script>alert(1)</script>")
    assert response["Content-Type"] == "application/problem+json"
    json.loads(response.content)
