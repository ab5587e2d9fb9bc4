"""Changing something only if nobody else has changed it meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.web.api import api_factories as make
from yingshang.kernel.ledger.models import AuditEvent

ADDRESS = "/api/v1/me/preferences"


def _change(client: Client, wanted: dict[str, Any], key: str = "1", **headers: str) -> Any:
    return client.patch(
        ADDRESS, wanted, content_type="application/json", headers={"Idempotency-Key": key, **headers}
    )


@pytest.mark.django_db
class TestPreferences:
    def test_read_changed_and_read_again(self) -> None:
        client = make.browser(make.a_user())
        first = client.get(ADDRESS)
        assert first.json() == {"language": "zh-hans", "large_text": False}
        before = AuditEvent.objects.count()
        changed = _change(client, {"large_text": True}, **{"If-Match": first["ETag"]})
        assert changed.json() == {"language": "zh-hans", "large_text": True}
        assert AuditEvent.objects.count() == before + 1
        assert client.get(ADDRESS)["ETag"] == changed["ETag"] != first["ETag"]

    def test_somebody_was_quicker(self) -> None:
        client = make.browser(make.a_user())
        etag = client.get(ADDRESS)["ETag"]
        _change(client, {"large_text": True}, "1", **{"If-Match": etag})
        response = _change(client, {"language": "en"}, "2", **{"If-Match": etag})
        assert (response.status_code, response.json()["code"]) == (412, "api.changed")
        assert client.get(ADDRESS).json()["language"] == "zh-hans"
        assert _change(client, {"language": "en"}, "3", **{"If-Match": response["ETag"]}).status_code == 200

    def test_any_state_will_do(self) -> None:
        client = make.browser(make.a_user())
        assert _change(client, {"language": "en"}, "1", **{"If-Match": "*"}).status_code == 200
        assert _change(client, {"language": "zh-hans"}, "2").status_code == 200

    def test_what_is_not_ours_to_set(self) -> None:
        user = make.a_user()
        response = _change(
            make.browser(user), {"is_active": False, "username": "root", "name": "x", "large_text": True}
        )
        assert response.status_code == 422
        assert {each["field"] for each in response.json()["errors"]} == {
            "body.is_active",
            "body.username",
            "body.name",
        }
        user.refresh_from_db()
        assert user.is_active
        assert not user.large_text

    def test_a_system_has_none(self, client_of_system: Client) -> None:
        assert client_of_system.get(ADDRESS).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_wins() -> None:
    client = make.browser(make.a_user())
    etag = client.get(ADDRESS)["ETag"]
    barrier = threading.Barrier(4)

    def change(number: int) -> int:
        own = Client()
        own.cookies = client.cookies
        barrier.wait(10)
        try:
            wanted = {"large_text": True} if number % 2 else {"language": "en"}
            return int(_change(own, wanted, f"key-{number}", **{"If-Match": etag}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(change, range(4))) == [200, 412, 412, 412]
