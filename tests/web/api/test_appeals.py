"""Appeals through the API: systems of other channels and enterprises hand in, add and follow, each within reach."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.areas.appeals.factories import city
from tests.kernel.access.factories import DAOLI, NANGANG, enterprise
from tests.kernel.documents.sound_files import amr
from tests.web.api.api_factories import a_system, a_user, an_official, bearer, browser
from yingshang.areas.appeals.models import Appeal
from yingshang.kernel.access.api import grant_mandate, system_actor
from yingshang.kernel.documents.api import Owner, documents_of

pytestmark = pytest.mark.django_db
CALL = {
    "body": "厂区停电三天了，电话 13800138000，没有人来修。",
    "region_code": DAOLI,
    "reporter": {"name": "王师傅", "phone": "13800138000"},
    "reference": "HL-1",
}


def hotline(region_code: str = DAOLI) -> Client:
    return bearer(a_system("window_official", region_code))


def send(client: Client, address: str, body: dict[str, Any], key: str = "") -> Any:
    return client.post(
        f"/api/v1/{address}",
        body,
        content_type="application/json",
        headers={"Idempotency-Key": key or uuid4().hex},
    )


def test_a_hotline_hands_in_once_adds_and_follows() -> None:
    city()
    client, other = hotline(), hotline()
    key = uuid4().hex
    first = send(client, "appeals", CALL, key)
    assert first.status_code == 201, first.content
    said = first.json()
    assert said["channel"] == "api" and said["reference"] == "HL-1" and said["state"] == "received"
    assert "13800138000" not in first.content.decode()
    assert send(client, "appeals", CALL, key).json() == said
    assert (
        send(client, "appeals", {**CALL, "body": "换一种说法：停电了。"}).json()["number"] == said["number"]
    )
    # Another system counts from one, too.
    theirs = send(other, "appeals", {**CALL, "body": "停水三天了，没有人来修。"}).json()
    assert theirs["number"] != said["number"]
    address = f"appeals/{said['number']}"
    added = send(client, f"{address}/additions", {"body": "又停了一次。"})
    assert added.status_code == 201 and added.json()["number"] == said["number"]
    assert client.get(f"/api/v1/{address}").json()["reference"] == "HL-1"
    assert Appeal.objects.get(number=said["number"]).additions.count() == 1


def test_nobody_hands_in_follows_or_adds_beyond_their_reach() -> None:
    city()
    client = hotline()
    said = send(client, "appeals", CALL).json()
    elsewhere = hotline(NANGANG)
    refused = send(elsewhere, "appeals", {**CALL, "reference": "2", "body": "别处的事情，停水了。"})
    assert refused.status_code == 422 and refused.json()["code"] == "appeals.invalid_appeal"
    code = enterprise(NANGANG).credit_code
    assert send(client, "appeals", {**CALL, "reference": "3", "credit_code": code}).status_code == 422
    address = f"/api/v1/appeals/{said['number']}"
    assert elsewhere.get(address).status_code == 404
    assert send(elsewhere, f"appeals/{said['number']}/additions", {"body": "再说一句话。"}).status_code == 404
    for client in (browser(a_user()), browser(an_official("supervisor"))):
        assert client.get(address).status_code == 403
        assert send(client, "appeals", CALL).status_code == 403


def test_an_enterprise_hands_in_for_itself_alone() -> None:
    city()
    party, other = enterprise(DAOLI), enterprise(DAOLI)
    user = a_user()
    grant_mandate(
        actor=system_actor("test"),
        user_id=user.pk,
        party_id=party.pk,
        legal_representative=True,
        now=timezone.now(),
    )
    client = browser(user)
    said = send(client, "appeals", {"body": CALL["body"], "party_id": party.pk})
    assert said.status_code == 201 and said.json()["channel"] == "portal"
    assert client.get(f"/api/v1/appeals/{said.json()['number']}").status_code == 200
    assert send(client, "appeals", {"body": CALL["body"], "party_id": other.pk}).status_code == 404
    # A number of its own would be another's, too: it is refused, not dropped.
    refused = send(client, "appeals", {"body": CALL["body"], "party_id": party.pk, "reference": "1"})
    assert refused.status_code == 422 and "不用填写编号" in refused.content.decode()
    assert send(client, "appeals", CALL).status_code == 403


def test_files_come_with_it_by_what_is_in_them() -> None:
    city()
    client, elsewhere = hotline(), hotline(NANGANG)
    number = send(client, "appeals", CALL).json()["number"]

    def give(caller: Client, name: str, content: bytes, key: str = "") -> Any:
        return caller.post(
            f"/api/v1/appeals/{number}/files",
            {"file": SimpleUploadedFile(name, content)},
            headers={"Idempotency-Key": key or uuid4().hex},
        )

    key = uuid4().hex
    done = give(client, "来电录音.amr", amr(), key)
    assert done.status_code == 201 and done.json()["number"] == number
    assert give(client, "来电录音.amr", amr(), key).json() == done.json()
    owner = Owner("appeal_file", str(Appeal.objects.get().pk))
    [kept] = documents_of(owner)
    assert (kept.id, kept.name, kept.content_type) == (
        done.json()["document_id"],
        "来电录音.amr",
        "audio/amr",
    )
    refused = give(client, "来电录音.amr", b"MZ\x90\x00")
    assert refused.status_code == 422 and refused.json()["code"] == "documents.refused_file"
    assert give(elsewhere, "a.txt", b"words").status_code == 404
    assert give(browser(a_user()), "a.txt", b"words").status_code == 403
    assert len(documents_of(owner)) == 1


def test_what_is_too_long_is_told_in_both_languages() -> None:
    city()
    answer = send(hotline(), "appeals", {**CALL, "body": "停电" * 25_000})
    assert answer.status_code == 422
    told = answer.json()
    assert told["code"] == "appeals.invalid_text" and "45,000" in answer.content.decode()
    assert not Appeal.objects.exists()
