"""Tasks and cases through the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.kernel.flow import factories as flow
from tests.kernel.flow.factories import heard  # noqa: F401  (a fixture)
from tests.web.api import api_factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]


@pytest.fixture(autouse=True)
def later_that_morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the factories arrange happens on a day that may be ahead of this machine's."""
    monkeypatch.setattr(timezone, "now", lambda: flow.LATER)


def send(client: Any, address: str, body: dict[str, Any] | None = None) -> Any:
    key = {"Idempotency-Key": uuid4().hex}
    return client.post(address, body or {}, content_type="application/json", headers=key)


def test_a_task_is_found_claimed_and_completed() -> None:
    case = flow.open_case()
    client = make.browser(flow.window().user)
    (row,) = client.get("/api/v1/tasks", {"claimable": "true"}).json()["items"]
    assert row["subject"]["title"] == case.subject.title and row["clock"]["derivation"]
    assert "claim" in row["actions"] and [each["code"] for each in row["outcomes"]] == ["accepted", "refused"]
    address = f"/api/v1/tasks/{row['id']}"
    assert send(client, f"{address}/claim").json()["state"] == "claimed"
    assert send(client, f"{address}/release").json()["state"] == "ready"
    wrong = send(client, f"{address}/complete", {"outcome": "no_such"})
    assert wrong.status_code == 422 and wrong.json()["code"].startswith("flow.")
    done = send(client, f"{address}/complete", {"outcome": "accepted", "opinion": "材料齐全"})
    assert done.status_code == 200 and done.json()["state"] == "done", done.json()
    detail = client.get(f"/api/v1/cases/{case.id}").json()
    assert detail["here"]["accept"] == "done" and len(detail["tasks"]) == 3
    again = send(client, f"{address}/complete", {"outcome": "accepted"})
    assert again.status_code == 422, "what is done is not done again"


def test_others_see_nothing_of_it() -> None:
    case = flow.open_case()
    elsewhere = make.browser(flow.window(flow.NANGANG).user)
    assert elsewhere.get("/api/v1/tasks").json()["items"] == []
    assert elsewhere.get(f"/api/v1/cases/{case.id}").status_code == 404
    task = flow.task_at(case, "accept").pk
    assert elsewhere.get(f"/api/v1/tasks/{task}").status_code == 404
    assert send(elsewhere, f"/api/v1/tasks/{task}/claim").status_code == 404
    officer = make.browser(flow.officer().user)
    assert send(officer, f"/api/v1/tasks/{task}/claim").json()["code"] == "flow.not_yours"


def test_lists_are_read_page_by_page() -> None:
    numbers = [flow.open_case().id for _ in range(5)]
    client = make.browser(flow.window().user)
    seen: list[int] = []
    address = "/api/v1/cases?limit=2"
    while address:
        page = client.get(address).json()
        seen += [each["id"] for each in page["items"]]
        address = f"/api/v1/cases?limit=2&cursor={page['next']}" if page["next"] else ""
    assert seen == numbers
    assert client.get("/api/v1/tasks", {"limit": 2}).json()["next"]
    assert client.get("/api/v1/tasks", {"late": "true"}).json()["items"] == []
