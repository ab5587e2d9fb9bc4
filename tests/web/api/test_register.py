"""Reading parties, facts, agencies and events through the API: pages that do not shift, scope, history."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.api import api_factories as make
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db


def _codes(client: Client, address: str, **query: Any) -> list[str]:
    """Every code of a list, page by page."""
    found: list[str] = []
    cursor = ""
    while True:
        body = client.get(address, {**query, **({"cursor": cursor} if cursor else {})}).json()
        found += [each["credit_code"] for each in body["items"]]
        cursor = body["next"]
        if not cursor:
            return found


class TestParties:
    def test_pages_do_not_shift_when_rows_are_added(self, client_of_system: Client) -> None:
        before = [make.enterprise().credit_code for _ in range(5)]
        first = client_of_system.get("/api/v1/parties", {"limit": 2}).json()
        added = make.enterprise().credit_code
        rest = []
        cursor = first["next"]
        while cursor:
            body = client_of_system.get("/api/v1/parties", {"limit": 2, "cursor": cursor}).json()
            rest += [each["credit_code"] for each in body["items"]]
            cursor = body["next"]
        assert [each["credit_code"] for each in first["items"]] + rest == [*before, added]

    def test_only_those_in_scope(self, client_of_system: Client) -> None:
        own, other = make.enterprise(make.OWN), make.enterprise(make.OTHER)
        assert _codes(client_of_system, "/api/v1/parties") == [own.credit_code]
        assert _codes(client_of_system, "/api/v1/parties", region=make.OTHER) == []
        assert client_of_system.get(f"/api/v1/parties/{own.credit_code}").status_code == 200
        for tail in ("", "/facts", "/facts/name/history"):
            response = client_of_system.get(f"/api/v1/parties/{other.credit_code}{tail}")
            assert (response.status_code, response.json()["code"]) == (404, "parties.not_found")

    def test_what_is_out_of_scope_reads_like_what_does_not_exist(self, client_of_system: Client) -> None:
        other = make.enterprise(make.OTHER).credit_code
        missing = "91230102MA00000000"
        answers = []
        for code in (other, missing):
            body = client_of_system.get(f"/api/v1/parties/{code}").json()
            body.pop("instance")
            answers.append(str(body).replace(str(code), "…"))
        assert answers[0] == answers[1]

    def test_a_clerk_sees_their_own(self) -> None:
        own, other = make.enterprise(), make.enterprise()
        client = make.browser(make.a_clerk(own))
        assert _codes(client, "/api/v1/parties") == [own.credit_code]
        assert client.get(f"/api/v1/parties/{other.credit_code}").status_code == 404

    def test_look_up_many_in_the_order_asked(self, client_of_system: Client) -> None:
        own, other = make.enterprise(make.OWN), make.enterprise(make.OTHER)
        codes = [str(other.credit_code), str(own.credit_code).lower(), "nonsense", str(own.credit_code)]
        response = client_of_system.post(
            "/api/v1/parties/lookup", {"codes": codes}, content_type="application/json"
        )
        assert [each["outcome"] for each in response.json()] == ["not_found", "found", "invalid", "found"]
        assert response.json()[1]["party"]["id"] == own.pk

    def test_look_up_too_many(self, client_of_system: Client) -> None:
        response = client_of_system.post(
            "/api/v1/parties/lookup", {"codes": ["X"] * 1001}, content_type="application/json"
        )
        assert response.status_code == 422
        assert response.json()["errors"] == [
            {"field": "body.codes", "code": "too_long", "detail": "至多 1000 项"}
        ]

    def test_a_thousand_codes_cost_one_query(
        self, client_of_system: Client, django_assert_max_num_queries: Any
    ) -> None:
        codes = [str(make.enterprise().credit_code) for _ in range(20)] + ["X"] * 980
        with django_assert_max_num_queries(6):
            response = client_of_system.post(
                "/api/v1/parties/lookup", {"codes": codes}, content_type="application/json"
            )
        assert sum(each["outcome"] == "found" for each in response.json()) == 20

    def test_the_portrait_says_what_is_missing(self, client_of_system: Client) -> None:
        party = make.enterprise()
        body = client_of_system.get(f"/api/v1/parties/{party.credit_code}/facts").json()
        assert body["facts"] == []
        assert len(body["missing"]) > 20

    def test_a_moment_needs_its_time_zone(self, client_of_system: Client) -> None:
        party = make.enterprise()
        address = f"/api/v1/parties/{party.credit_code}/facts"
        response = client_of_system.get(address, {"as_known_at": "2026-01-01T00:00:00"})
        assert response.json()["errors"][0]["code"] == "timezone_aware"
        assert client_of_system.get(address, {"as_known_at": "2026-01-01T00:00:00+08:00"}).status_code == 200

    def test_history_of_a_fact_that_is_not_in_the_catalogue(self, client_of_system: Client) -> None:
        party = make.enterprise()
        response = client_of_system.get(f"/api/v1/parties/{party.credit_code}/facts/no.such/history")
        assert response.status_code == 422


class TestAgencies:
    def test_in_scope(self) -> None:
        own, other = make.agency(make.OWN), make.agency(make.OTHER)
        client = make.bearer(make.a_system("administrator"))
        body = client.get("/api/v1/agencies").json()
        assert [each["id"] for each in body["items"]] == [own.pk]
        assert client.get(f"/api/v1/agencies/{own.pk}").json()["region_code"] == make.OWN
        response = client.get(f"/api/v1/agencies/{other.pk}")
        assert (response.status_code, response.json()["code"]) == (404, "parties.agency_not_found")

    def test_from_set_up_to_closed(self) -> None:
        client = make.bearer(make.a_system("administrator"))

        def send(method: str, address: str, wanted: dict[str, Any], key: str, **headers: str) -> Any:
            return client.generic(
                method,
                address,
                json.dumps(wanted),
                content_type="application/json",
                headers={"Idempotency-Key": key, **headers},
            )

        wanted = {"code": "t-1", "name": "演示统计局", "kind": "statistics", "region_code": make.OWN}
        made = send("POST", "/api/v1/agencies", wanted, "1")
        assert made.status_code == 201, made.content.decode()
        address, etag = made["Location"], made["ETag"]
        assert client.get(address)["ETag"] == etag
        taken = send("POST", "/api/v1/agencies", wanted, "2")
        assert taken.status_code == 422
        assert taken.json()["errors"][0]["field"] in ("body.code", "body.name")
        renamed = send("PATCH", address, {"name": "演示经信局"}, "3", **{"If-Match": etag})
        assert renamed.json()["name"] == "演示经信局"
        late = send("PATCH", address, {"name": "演示商务局"}, "4", **{"If-Match": etag})
        assert (late.status_code, late.json()["code"]) == (412, "api.changed")
        coded = send("PATCH", address, {"document_code": "演经信"}, "7")
        assert coded.json()["document_code"] == "演经信"
        wrong = send("PATCH", address, {"document_code": "演 1"}, "8")
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "body.document_code")
        assert send("PATCH", address, {"document_code": ""}, "9").json()["document_code"] == ""
        closed = send("PATCH", address, {"is_active": False, "reason": "机构改革"}, "5")
        assert closed.json()["is_active"] is False
        both = send("PATCH", address, {"is_active": True, "name": "x"}, "6")
        assert (both.status_code, both.json()["code"]) == (422, "api.invalid")

    def test_one_event_for_each_change_and_none_for_a_refusal(self) -> None:
        client = make.bearer(make.a_system("administrator"))
        own, other = make.agency(make.OWN), make.agency(make.OTHER)
        events = AuditEvent.objects.count()
        for agency, key, status in ((own, "1", 200), (other, "2", 404)):
            response = client.patch(
                f"/api/v1/agencies/{agency.pk}",
                {"name": "另一个名称"},
                content_type="application/json",
                headers={"Idempotency-Key": key},
            )
            assert response.status_code == status
        assert AuditEvent.objects.count() == events + 1

    def test_into_another_region_it_cannot_be_moved(self) -> None:
        client = make.bearer(make.a_system("administrator"))
        response = client.patch(
            f"/api/v1/agencies/{make.agency(make.OWN).pk}",
            {"region_code": make.OTHER},
            content_type="application/json",
            headers={"Idempotency-Key": "1"},
        )
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == "body.region"


class TestEvents:
    def _happened(self, region_path: str, number: int) -> int:
        return record(
            actor=make.PLATFORM,
            action="tests.happened",
            target=Target("test", str(number), region_path=region_path),
            now=timezone.now(),
        )

    def test_newest_first_and_not_shifting(self) -> None:
        client = make.bearer(make.a_system("auditor"))
        numbers = [self._happened(make.OWN, number) for number in range(5)]
        first = client.get("/api/v1/events", {"limit": 2, "action": "tests.happened"}).json()
        assert [each["id"] for each in first["items"]] == numbers[:-3:-1]
        self._happened(make.OWN, 9)
        second = client.get(
            "/api/v1/events", {"limit": 2, "action": "tests.happened", "cursor": first["next"]}
        ).json()
        assert [each["id"] for each in second["items"]] == numbers[2:0:-1]

    def test_in_scope(self) -> None:
        client = make.bearer(make.a_system("auditor"))
        own, other = self._happened(make.OWN, 1), self._happened(make.OTHER, 2)
        assert client.get(f"/api/v1/events/{own}").status_code == 200
        response = client.get(f"/api/v1/events/{other}")
        assert response.status_code == 404
        assert other not in [each["id"] for each in client.get("/api/v1/events").json()["items"]]


class TestCalendars:
    def test_a_due_date_explains_itself(self, visitor: Client) -> None:
        query = {"from": "2026-09-28", "days": 7}
        english = visitor.get("/api/v1/calendars/due", query, headers={"Accept-Language": "en"}).json()
        assert english["due"] == "2026-10-13"
        assert english["derivation"] == (
            "accepted 2026-09-28, 7 working days, 10-01…10-07 holiday, 10-10 make-up day, due 2026-10-13"
        )
        assert "受理" in visitor.get("/api/v1/calendars/due", query).json()["derivation"]

    def test_a_year(self, visitor: Client) -> None:
        body = visitor.get("/api/v1/calendars/2026").json()
        assert {"day": "2026-10-10", "name": "国庆节"} in body["makeup_days"]
        assert body["notices"]
        assert visitor.get("/api/v1/calendars/1900").json()["code"] == "api.not_found"


class TestCreditCodes:
    def test_a_good_one(self, visitor: Client) -> None:
        code = make.enterprise().credit_code
        body = visitor.get(f"/api/v1/credit-codes/{code}").json()
        assert body["valid"] is True
        assert body["parts"]["division"] == make.OWN

    def test_a_bad_one_says_why(self, visitor: Client) -> None:
        body = visitor.get("/api/v1/credit-codes/91230102MA0000000I").json()
        assert (body["valid"], body["parts"]) == (False, None)
        assert body["findings"][0]["position"] == 18
