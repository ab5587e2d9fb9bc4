"""What holds for every operation: formats, errors, ETags, pages, limits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from tests.web.api import api_factories as make
from yingshang.web.api import limits
from yingshang.web.api.errors import TooManyRequests
from yingshang.web.api.models import RateLimit

pytestmark = pytest.mark.django_db


def _problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    assert found["code"] == code
    assert found["type"] == f"/api/v1/problems/{code}"
    assert found["instance"] == response["X-Request-ID"]
    assert found["title"] and found["detail"]
    return found


class TestProblems:
    def test_unknown_address(self, visitor: Client) -> None:
        for address in ("/api/", "/api/v1/nothing", "/api/v2/regions", "/api/v1/regions/"):
            _problem(visitor.get(address), 404, "api.address_not_found")

    def test_unknown_thing(self, visitor: Client) -> None:
        found = _problem(visitor.get("/api/v1/regions/999999"), 404, "api.not_found")
        assert "999999" in found["detail"]

    def test_method_not_allowed(self, visitor: Client) -> None:
        response = visitor.post("/api/v1/regions", {}, content_type="application/json")
        _problem(response, 405, "api.method_not_allowed")
        assert response["Allow"] == "GET, HEAD, OPTIONS"

    def test_options_says_what_is_allowed(self, visitor: Client) -> None:
        response = visitor.options("/api/v1/regions")
        assert (response.status_code, response["Allow"]) == (204, "GET, HEAD, OPTIONS")

    def test_head_is_a_read_without_a_body(self, visitor: Client) -> None:
        read, head = visitor.get("/api/v1/regions"), visitor.head("/api/v1/regions")
        assert head.status_code == 200
        assert head.content == b""
        assert head["ETag"] == read["ETag"]

    def test_not_acceptable(self, visitor: Client) -> None:
        _problem(visitor.get("/api/v1/regions", headers={"Accept": "text/html"}), 406, "api.not_acceptable")
        for accepted in ("*/*", "application/*", "application/json;q=0.5", "application/problem+json"):
            assert visitor.get("/api/v1/regions", headers={"Accept": accepted}).status_code == 200

    def test_fields_that_do_not_fit_are_named(self, visitor: Client) -> None:
        response = visitor.get("/api/v1/calendars/due", {"from": "2026-13-01", "days": "many"})
        found = _problem(response, 422, "api.invalid")
        assert {each["field"]: each["code"] for each in found["errors"]} == {
            "query.from": "date_from_datetime_parsing",
            "query.days": "int_parsing",
        }

    def test_in_chinese_and_english(self, visitor: Client) -> None:
        chinese = visitor.get("/api/v1/regions", {"limit": 0}).json()
        assert chinese["errors"] == [
            {"field": "query.limit", "code": "greater_than_equal", "detail": "应不小于 1"}
        ]
        english = visitor.get("/api/v1/regions", {"limit": 0}, headers={"Accept-Language": "en"}).json()
        assert english["title"] == "Unprocessable Entity"
        assert english["errors"][0]["detail"] == "Input should be greater than or equal to 1"

    def test_a_misspelt_parameter_is_refused_rather_than_ignored(self, visitor: Client) -> None:
        found = _problem(visitor.get("/api/v1/regions", {"perent": "230000"}), 422, "api.invalid")
        assert found["errors"][0]["field"] == "query.perent"

    def test_a_refusal_of_the_kernel_keeps_its_code(self, visitor: Client) -> None:
        response = visitor.get("/api/v1/calendars/due", {"from": "1990-01-01", "days": 3})
        _problem(response, 422, "clock.outside_calendar")

    def test_what_nobody_foresaw_is_answered_without_details(
        self, visitor: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> None:
            raise ZeroDivisionError("secret of the house")

        monkeypatch.setattr("yingshang.web.api.operations.reference.get_region", broken)
        response = visitor.get("/api/v1/regions/230102")
        _problem(response, 500, "api.broken")
        assert b"secret" not in response.content

    def test_a_database_that_does_not_answer(self, visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(*_: Any, **__: Any) -> None:
            raise OperationalError("server closed the connection")

        monkeypatch.setattr("yingshang.web.api.limits.use", gone)
        response = visitor.get("/api/v1/regions")
        _problem(response, 503, "api.unavailable")
        assert response["Retry-After"] == "5"

    def test_every_kind_is_explained_where_its_type_leads(self, visitor: Client) -> None:
        kinds = visitor.get("/api/v1/problems").json()
        assert {"api.invalid", "access.not_allowed", "jobs.not_found"} <= {each["code"] for each in kinds}
        assert len({each["code"] for each in kinds}) == len(kinds)
        for each in kinds:
            assert each["description"].endswith("."), each
        one = visitor.get("/api/v1/problems/api.too_many").json()
        assert one["status"] == 429


class TestRequestNumber:
    def test_of_the_caller(self, visitor: Client) -> None:
        response = visitor.get("/api/v1/nothing", headers={"X-Request-ID": "caller-0001"})
        assert response["X-Request-ID"] == response.json()["instance"] == "caller-0001"

    @pytest.mark.parametrize("bad", ["x" * 65, "short", "two words 123", "line\u2028break", "<script>12345"])
    def test_unusable_is_replaced(self, visitor: Client, bad: str) -> None:
        response = visitor.get("/api/v1/regions", headers={"X-Request-ID": bad})
        assert response.status_code == 200
        assert len(response["X-Request-ID"]) == 36

    def test_on_pages_too(self, visitor: Client) -> None:
        assert visitor.get("/api/v1/docs")["X-Request-ID"]


class TestETags:
    def test_not_modified(self, visitor: Client) -> None:
        first = visitor.get("/api/v1/regions/230102")
        again = visitor.get("/api/v1/regions/230102", headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["X-Request-ID"]

    def test_another_content_has_another_etag(self, visitor: Client) -> None:
        first = visitor.get("/api/v1/regions/230102")
        other = visitor.get("/api/v1/regions/230103", headers={"If-None-Match": first["ETag"]})
        assert other.status_code == 200

    def test_varies_by_who_and_language(self, visitor: Client) -> None:
        response = visitor.get("/api/v1/regions")
        assert {"Accept-Language", "Authorization", "Cookie"} <= set(response["Vary"].split(", "))
        assert response["Cache-Control"] == "private, no-cache"


class TestPages:
    def test_every_row_once_and_in_order(self, visitor: Client) -> None:
        address = "/api/v1/regions?parent=230100&limit=4"
        codes: list[str] = []
        pages = 0
        while address:
            response = visitor.get(address)
            body = response.json()
            codes += [each["code"] for each in body["items"]]
            links = dict(
                reversed([part.strip() for part in link.split(";")]) for link in response["Link"].split(",")
            )
            assert ('rel="next"' in links) == bool(body["next"])
            assert 'rel="first"' in links
            address = links.get('rel="next"', "").strip("<>").removeprefix("http://testserver")
            pages += 1
        assert pages == 5
        assert codes == sorted(set(codes))
        assert len(codes) == 18

    def test_industries_in_the_order_of_the_standard(self, visitor: Client) -> None:
        first = visitor.get("/api/v1/industries", {"limit": 3}).json()
        assert [each["code"] for each in first["items"]] == ["A", "01", "011"]
        second = visitor.get("/api/v1/industries", {"limit": 2, "cursor": first["next"]}).json()
        assert [each["code"] for each in second["items"]] == ["0111", "0112"]

    @pytest.mark.parametrize("bad", ["x", "a.b.c", "WyJhIl0:1:2", "'; DROP TABLE--"])
    def test_a_cursor_made_up(self, visitor: Client, bad: str) -> None:
        _problem(visitor.get("/api/v1/regions", {"cursor": bad}), 422, "api.cursor_unusable")

    def test_a_cursor_taken_elsewhere(self, visitor: Client) -> None:
        cursor = visitor.get("/api/v1/regions", {"parent": "230100", "limit": 2}).json()["next"]
        for address, query in (("regions", {"parent": "230200"}), ("industries", {})):
            response = visitor.get(f"/api/v1/{address}", {**query, "cursor": cursor})
            _problem(response, 422, "api.cursor_unusable")


class TestAllowance:
    def test_used_up_and_back_again(self, settings: Any) -> None:
        settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "user": "3/minute"}
        now = timezone.now()
        for _ in range(3):
            limits.use("user", "user:1", now=now)
        with pytest.raises(TooManyRequests) as refused:
            limits.use("user", "user:1", now=now)
        wait = int(refused.value.headers["Retry-After"])
        assert wait == 20
        with pytest.raises(TooManyRequests):
            limits.use("user", "user:1", now=now + timedelta(seconds=wait - 1))
        limits.use("user", "user:1", now=now + timedelta(seconds=wait))
        limits.use("user", "user:2", now=now)

    def test_answered_with_429(self, visitor: Client, settings: Any) -> None:
        settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "address": "2/hour"}
        assert [visitor.get("/api/v1/regions").status_code for _ in range(2)] == [200, 200]
        response = visitor.get("/api/v1/regions")
        _problem(response, 429, "api.too_many")
        assert int(response["Retry-After"]) > 1000
        # Another address has its own; an address the caller made up does not count.
        assert visitor.get("/api/v1/regions", REMOTE_ADDR="192.0.2.7").status_code == 200
        forged = visitor.get("/api/v1/regions", headers={"X-Forwarded-For": "192.0.2.8"})
        assert forged.status_code == 429

    def test_behind_proxies_the_address_is_what_they_wrote(self, visitor: Client, settings: Any) -> None:
        settings.PROXIES = 1
        settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "address": "1/hour"}
        for forged in ("198.51.100.1", "198.51.100.2"):
            visitor.get("/api/v1/regions", headers={"X-Forwarded-For": f"{forged}, 192.0.2.9"})
        assert set(RateLimit.objects.values_list("subject", flat=True)) == {"address:192.0.2.9"}

    def test_wrong_tokens_use_up_the_address(self, settings: Any) -> None:
        settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "address": "2/hour"}
        guesser = Client(headers={"Authorization": "Bearer guessed"})
        assert [guesser.get("/api/v1/me").status_code for _ in range(3)] == [401, 401, 429]

    def test_systems_and_users_have_their_own(self, client_of_system: Client, settings: Any) -> None:
        settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "address": "1/hour", "client": "2/hour"}
        assert [client_of_system.get("/api/v1/me").status_code for _ in range(3)] == [200, 200, 429]

    def test_what_is_whole_again_is_forgotten(self) -> None:
        now = timezone.now()
        limits.use("user", "user:1", now=now - timedelta(hours=2))
        limits.use("user", "user:2", now=now)
        assert limits.forget_whole_allowances(now=now) == 1


class TestDescription:
    @pytest.mark.parametrize("address", ["/api/v1", "/api/v1/"])
    def test_the_root_leads_on(self, visitor: Client, address: str) -> None:
        links = visitor.get(address).json()
        assert visitor.get(links["openapi"]).status_code == visitor.get(links["docs"]).status_code == 200
        assert links["token"] == "/oauth/token/"
        assert visitor.get(links["operations"]["list_regions"]).status_code == 200
        assert visitor.post(address).status_code == 405

    def test_for_programs(self, visitor: Client) -> None:
        response = visitor.get("/api/v1/openapi.json")
        assert response.json()["openapi"].startswith("3.1")
        again = visitor.get("/api/v1/openapi.json", headers={"If-None-Match": response["ETag"]})
        assert again.status_code == 304

    def test_for_people(self, visitor: Client) -> None:
        response = visitor.get("/api/v1/docs")
        page = response.content.decode()
        assert "GET /api/v1/calendars/due" in page
        assert "<script" not in page or "nonce" in page or 'src="/static' in page


class TestMe:
    def test_a_system(self, system: make.System) -> None:
        body = make.bearer(system).get("/api/v1/me").json()
        assert (body["kind"], body["grants"][0]["role"]) == ("client", "department_official")
        assert "parties.view" in body["permissions"]

    def test_scopes_limit_further(self, system: make.System) -> None:
        body = make.bearer(system, scope="parties.view access.manage_users").get("/api/v1/me").json()
        assert body["permissions"] == ["parties.view"]

    def test_a_user(self) -> None:
        body = make.browser(make.a_clerk(make.enterprise())).get("/api/v1/me").json()
        assert body["permissions"] == [
            "appeals.file_own",
            "claims.apply_own",
            "contracts.state_own",
            "contracts.view_own",
            "forms.fill_own",
            "objections.file_own",
            "parties.declare_own",
            "parties.view_own",
            "policies.match_own",
        ]
        assert body["mandates"][0]["legal_representative"] is False

    def test_nobody(self, visitor: Client) -> None:
        response = visitor.get("/api/v1/me")
        _problem(response, 401, "api.unauthenticated")
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_read_costs_few_queries(client_of_system: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        assert client_of_system.get("/api/v1/me").status_code == 200
