"""Files delivered through the API: taken on once, found again, and refused when they are no files of facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.web.api import api_factories as make
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import FactImport, ImportReject

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/imports"


def _csv(*codes: str | None) -> bytes:
    return (
        "统一社会信用代码,企业名称,从业人员数\n" + "".join(f"{code},演示企业,12\n" for code in codes)
    ).encode()


def _send(client: Client, content: bytes, *, key: str = "k1", name: str = "facts.csv", **fields: Any) -> Any:
    return client.post(
        ADDRESS,
        {"file": SimpleUploadedFile(name, content), "as_of": "2026-01-01", **fields},
        headers={"Idempotency-Key": key},
    )


@pytest.fixture
def content(client_of_system: Client) -> bytes:
    return _csv(make.enterprise().credit_code)


def test_taken_on_and_found_again(client_of_system: Client, content: bytes) -> None:
    response = _send(client_of_system, content)
    assert response.status_code == 202, response.content.decode()
    taken = response.json()
    found = client_of_system.get(response["Location"]).json()
    assert (found["id"], found["file_name"], found["as_of"]) == (
        taken["import_id"],
        "facts.csv",
        "2026-01-01",
    )
    job = client_of_system.get(f"/api/v1/jobs/{taken['job_id']}").json()
    assert (job["state"], job["name"]) == ("waiting", "parties.import_facts")
    assert client_of_system.get(f"{response['Location']}/rejects").json() == {"items": [], "next": None}


def test_sent_twice_with_one_key_is_taken_on_once(client_of_system: Client, content: bytes) -> None:
    first = _send(client_of_system, content)
    events = AuditEvent.objects.count()
    second = _send(client_of_system, content)
    assert second.json() == first.json()
    assert second["Location"] == first["Location"]
    assert second["Idempotency-Replayed"] == "true"
    assert ProcrastinateJob.objects.filter(task_name="parties.import_facts").count() == 1
    assert AuditEvent.objects.count() == events
    other = _send(client_of_system, content + b"\n")
    assert (other.status_code, other.json()["code"]) == (422, "api.idempotency_key_reused")


def test_rejects_page_by_page(client_of_system: Client, content: bytes) -> None:
    import_id = _send(client_of_system, content).json()["import_id"]
    with make.arranged():
        ImportReject.objects.bulk_create(
            ImportReject(fact_import_id=import_id, row=row, subject="X", reasons=[], values={"line": row + 1})
            for row in (3, 5, 8)
        )
    first = client_of_system.get(f"{ADDRESS}/{import_id}/rejects", {"limit": 2}).json()
    second = client_of_system.get(
        f"{ADDRESS}/{import_id}/rejects", {"limit": 2, "cursor": first["next"]}
    ).json()
    assert [[each["row"] for each in part["items"]] for part in (first, second)] == [[3, 5], [8]]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("facts.exe", b"MZ\x90", "kind"),
        ("facts", b"a,b", "kind"),
        ("facts.csv", b"", "empty"),
        ("facts.csv", b"PK\x03\x04zip", "content"),
        ("facts.parquet", b"a,b\n1,2", "content"),
        ("facts.xlsx", b"<html>", "content"),
        ("facts.csv.html", b"<script>", "kind"),
    ],
)
def test_what_is_no_file_of_facts(client_of_system: Client, name: str, content: bytes, code: str) -> None:
    response = _send(client_of_system, content, name=name)
    assert response.status_code == 422, response.content.decode()
    assert response.json()["errors"][0]["code"] == code, response.content.decode()
    assert not FactImport.objects.exists()


def test_a_file_about_nothing_we_know(client_of_system: Client) -> None:
    response = _send(client_of_system, b"a,b\n1,2\n")
    assert response.status_code == 422
    assert not FactImport.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["../../../../tmp/evil.csv", "/etc/cron.d/evil.csv", "..\\..\\evil.csv", "a/../../b.csv", "\x00.csv"],
)
def test_a_path_for_a_name_leads_nowhere(client_of_system: Client, content: bytes, name: str) -> None:
    boundary = "xyz"
    body = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="as_of"\r\n\r\n2026-01-01\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: text/csv\r\n\r\n"
        ).encode()
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )
    response = client_of_system.generic(
        "POST",
        ADDRESS,
        body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Idempotency-Key": "k"},
    )
    assert response.status_code in (202, 400, 422), response.content
    root = Path(configured.STORAGES["default"]["OPTIONS"]["location"]).resolve()
    for each in FactImport.objects.all():
        assert (root / each.stored_as).resolve().is_relative_to(root / "imports")
        assert "/" not in each.file_name and ".." not in each.file_name.replace("...", "")


def test_oversize(client_of_system: Client, content: bytes, settings: Any) -> None:
    settings.API_UPLOAD_LIMIT = 100
    response = _send(client_of_system, content * 100)
    assert (response.status_code, response.json()["code"]) == (413, "api.too_large")


def test_a_day_that_has_not_come(client_of_system: Client, content: bytes) -> None:
    response = _send(client_of_system, content, as_of="2999-01-01")
    assert (response.status_code, response.json()["code"]) == (422, "parties.invalid_import")


def test_fields_that_are_missing(client_of_system: Client) -> None:
    response = client_of_system.post(ADDRESS, {}, headers={"Idempotency-Key": "k"})
    assert response.status_code == 422
    assert {each["code"] for each in response.json()["errors"]} == {"missing"}


def test_of_another_region_do_not_exist(client_of_system: Client, content: bytes) -> None:
    import_id = _send(client_of_system, content).json()["import_id"]
    neighbour = make.bearer(make.a_system("department_official", make.OTHER))
    for tail in ("", "/rejects"):
        response = neighbour.get(f"{ADDRESS}/{import_id}{tail}")
        assert (response.status_code, response.json()["code"]) == (404, "parties.import_not_found")
    assert neighbour.get(ADDRESS).json()["items"] == []
    assert [each["id"] for each in client_of_system.get(ADDRESS).json()["items"]] == [import_id]


def test_not_for_everybody(content: bytes) -> None:
    client = make.bearer(make.a_system("leader"))
    assert _send(client, content).status_code == 403
    assert not FactImport.objects.exists()
