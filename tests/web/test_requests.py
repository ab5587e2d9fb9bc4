"""What every request goes through: how large it may be, what the log tells of it, who may keep its answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.kernel.access.factories import enterprise, legal_representative_of, official, person
from tests.web.desk.factories import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/account/password/reset/key/5-abc123-SECRET/",
        "/account/confirm-email/SECRET/",
        "/account/login/?next=/search&text=SECRET",
        "/search?text=SECRET",
    ],
)
def test_no_key_and_no_word_of_an_address_is_in_the_log(address: str, caplog: Any) -> None:
    with caplog.at_level("INFO"):
        Client().get(address)
    lines = [record for record in caplog.records if "structlog" in record.name]
    assert lines
    assert "SECRET" not in str([record.msg for record in lines])
    assert "GET /" in str([record.msg for record in lines])


def _file(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("facts.csv", b"x" * size)


def test_only_those_who_import_send_large_bodies(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.API_UPLOAD_LIMIT = 10_000, 100_000
    address = "/desk/imports/new/"
    for browser in (Client(), signed_in(person()), signed_in(official("leader"))):
        assert browser.post(address, {"file": _file(20_000)}).status_code == 413
        assert browser.post("/account/login/", {"file": _file(20_000)}).status_code == 413
    importing = signed_in(official("department_official"))
    assert importing.post(address, {"file": _file(20_000)}).status_code == 422
    assert importing.post(address, {"file": _file(120_000)}).status_code == 413


def test_what_is_too_large_is_told_how_large_it_may_be(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.DOCUMENT_UPLOAD_LIMIT = 2 << 20, 1 << 20
    party = enterprise("230102")
    for browser, most in ((Client(), 1), (signed_in(legal_representative_of(party)), 8)):
        refused = browser.post("/appeals/say/", CONTENT_LENGTH=str(9 << 20))
        told = refused.content.decode()
        assert refused.status_code == 413 and f"加起来最多 {most} MB" in told, told
        hint = browser.get("/appeals/say/").content.decode()
        assert f"加起来不超过 {most} MB" in hint and f'data-together="{most}000000"' in hint


def test_pages_of_somebody_are_kept_by_nobody() -> None:
    browser = signed_in(official("leader"))
    for address in ("/", "/account/", "/desk/parties/", "/desk/parties/?export=csv", "/cockpit/"):
        assert "no-store" in browser.get(address)["Cache-Control"], address
