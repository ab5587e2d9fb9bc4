"""Receipts on the public page: by code, pasted, uploaded; in plain words."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.kernel.ledger.factories import NOW, events, tamper
from yingshang.kernel.ledger.api import receipt, receipt_code, sequence

pytestmark = pytest.mark.django_db


def made() -> tuple[int, dict[str, Any]]:
    [*_, number] = events(9)
    sequence(now=NOW)
    found = receipt(number)
    assert found is not None
    return number, found


def test_a_printed_code_shows_what_it_proves_and_what_it_does_not(client: Client) -> None:
    number, found = made()
    answer = client.get(f"/verify/{found['code']}")
    page = answer.content.decode()
    assert answer.status_code == 200
    for text in (
        "回执有效",
        "这证明什么",
        "这不证明什么",
        "演示“对象”\\8",
        "2026-03-02 09:30:00",
        str(number),
    ):
        assert text in page
    for secret in ("因为", "2301", "system", "rate"):
        assert secret not in page.split("<main")[1].split("</main")[0]
    assert client.get(f"/verify/{found['code'].lower().replace('-', '')}").status_code == 200
    typed = client.get("/verify/", {"code": found["code"]})
    assert client.get(typed["Location"]).status_code == 200


def test_a_code_before_and_without_its_event(client: Client) -> None:
    [number] = events(1)
    assert "正在归档" in client.get(f"/verify/{receipt_code(number)}").content.decode()
    assert client.get(f"/verify/{receipt_code(number)}/receipt.json").status_code == 404
    answer = client.get("/verify/" + "0" * 21)
    assert answer.status_code == 404
    assert "没有这张回执" in answer.content.decode()


def test_an_event_that_was_changed_is_told_to_whoever_asks(client: Client) -> None:
    number, found = made()
    tamper(f"UPDATE ledger_auditevent SET reason = 'other' WHERE id = {number}")
    page = client.get(f"/verify/{found['code']}").content.decode()
    assert "记录与存证不符" in page
    assert "回执有效" not in page


def test_pasted_and_uploaded(client: Client) -> None:
    _, found = made()
    text = json.dumps(found, ensure_ascii=False)
    assert "回执有效" in client.post("/verify/receipt", {"text": text}).content.decode()
    file = SimpleUploadedFile("receipt.json", text.encode())
    assert "回执有效" in client.post("/verify/receipt", {"file": file}).content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("ledger.tried", "ledger.other"), "不到签名的根哈希"),
        (lambda text: text[:-20], "不是完整的 JSON"),
        (lambda text: text.replace("演示", "某某"), "与当时记录的内容不符"),
        (lambda text: "<script>alert(1)</script>", "不是完整的 JSON"),
        (lambda text: "x" * 300_000, "不会超过"),
    ],
)
def test_a_forged_receipt_is_refused_in_plain_words(client: Client, change: Any, words: str) -> None:
    _, found = made()
    page = client.post(
        "/verify/receipt", {"text": change(json.dumps(found, ensure_ascii=False))}
    ).content.decode()
    assert "回执无效" in page
    assert words in re.sub(r"\s", "", page) or words in page
    assert "<script>alert" not in page


def test_nothing_given_is_said(client: Client) -> None:
    answer = client.post("/verify/receipt", {})
    assert answer.status_code == 422
    assert "请粘贴回执内容" in answer.content.decode()
    assert client.get("/verify/receipt").status_code == 200


def test_from_the_page_to_a_verdict_without_the_platform(client: Client, tmp_path: Path) -> None:
    _, found = made()
    page = client.get("/verify/").content.decode()
    verifier = client.get("/verify/verify_receipt.py").content
    assert hashlib.sha256(verifier).hexdigest() in page
    (tmp_path / "verify_receipt.py").write_bytes(verifier)
    (tmp_path / "receipt.json").write_bytes(client.get(f"/verify/{found['code']}/receipt.json").content)
    fingerprint = re.findall(r"\b[0-9a-f]{64}\b", page)[1]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify_receipt.py", "receipt.json", "--fingerprint", fingerprint],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "回执有效" in done.stdout


def test_one_address_cannot_try_codes_without_end(client: Client) -> None:
    answers = [client.get("/verify/" + "0" * 21).status_code for _ in range(32)]
    assert 429 in answers
    assert client.post("/verify/receipt", {"text": "x"}).status_code == 429
