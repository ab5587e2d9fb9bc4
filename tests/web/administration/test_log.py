"""The page of the log: how it stands, its cosigners, its audit, and receipts of events."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.test import Client

from tests.kernel.access.factories import DAOLI, HARBIN, no_event, official, one_event
from tests.kernel.ledger.factories import NOW, events, record, tamper
from tests.web.desk.factories import signed_in
from yingshang.kernel.ledger import keys
from yingshang.kernel.ledger.api import NewEvent, Target, sequence, verify_receipt
from yingshang.kernel.ledger.models import Cosigner
from yingshang.kernel.ledger.standalone.verify_receipt import SIGNATURE_TYPE_COSIGNER

KEY = keys.Signer("witness.example/one", keys.private_key("77" * 32), SIGNATURE_TYPE_COSIGNER).public.text

OTHER = keys.Signer("witness.example/two", keys.private_key("79" * 32), SIGNATURE_TYPE_COSIGNER).public.text


@pytest.fixture
def auditor(db: None) -> Client:
    return signed_in(official("auditor", HARBIN))


@pytest.fixture
def administrator(db: None) -> Client:
    return signed_in(official("administrator", HARBIN))


def test_the_page_says_how_the_log_stands(auditor: Client) -> None:
    page = auditor.get("/administration/log/").content.decode()
    assert "还没有签过名" in page and "还没有见证方" in page
    events(3)
    sequence(now=NOW)
    page = auditor.get("/administration/log/").content.decode()
    assert "现用公钥" in page and "一致" in page and "登记见证方" not in page
    tamper("UPDATE ledger_checkpoint SET root = '\\x" + "00" * 32 + "'")
    assert "日志与已签署的检查点矛盾" in auditor.get("/administration/log/").content.decode()


def test_cosigners_are_added_and_retired_with_an_event(administrator: Client) -> None:
    with one_event("ledger.cosigner_added"):
        answer = administrator.post(
            "/administration/log/cosigners/add/", {"key": KEY, "description": "演示市档案馆"}
        )
    assert answer.status_code == 302
    assert "演示市档案馆" in administrator.get("/administration/log/").content.decode()
    for wrong in (KEY, "nonsense", keys.Signer("a", keys.private_key("78" * 32)).public.text):
        with no_event():
            refused = administrator.post("/administration/log/cosigners/add/", {"key": wrong})
        assert refused.status_code == 422
    cosigner = Cosigner.objects.get()
    # The log is one for all: an administrator further down neither adds witnesses nor sends them away.
    below = signed_in(official("administrator", DAOLI))
    with no_event():
        assert below.post(f"/administration/log/cosigners/{cosigner.pk}/retire/").status_code == 403
        assert below.post("/administration/log/cosigners/add/", {"key": OTHER}).status_code in (403, 422)
    with one_event("ledger.cosigner_retired"):
        administrator.post(f"/administration/log/cosigners/{cosigner.pk}/retire/")
    assert "已停用" in administrator.get("/administration/log/").content.decode()
    assert administrator.post(f"/administration/log/cosigners/{cosigner.pk}/retire/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_an_audit_runs_as_a_job_and_tells_what_it_found() -> None:
    auditor = signed_in(official("auditor", HARBIN))
    numbers = events(5)
    sequence(now=NOW)

    def audit() -> str:
        address = auditor.post("/administration/log/audit/")["Location"]
        assert "正在审计" in auditor.get(address).content.decode()
        # A thread of its own, since a browser of another test may keep an event loop running in this one.
        with ThreadPoolExecutor(max_workers=1) as threads:
            threads.submit(call_command, "procrastinate", "worker", "--one-shot", verbosity=0).result()
        return auditor.get(address).content.decode()

    assert "没有发现问题" in audit()
    tamper(f"UPDATE ledger_auditevent SET reason = 'other' WHERE id = {numbers[1]}")
    page = audit()
    assert "审计没有通过" in page and f"记录 {numbers[1]} 与日志中的不符" in page


def test_an_event_has_its_receipt(auditor: Client) -> None:
    [number] = record([NewEvent("ledger.tried", Target("thing", "1", "演示对象", "2301"))])
    address = f"/administration/audit/{number}/"
    assert "还没有归档" in auditor.get(address).content.decode()
    assert auditor.get(f"{address}receipt.json").status_code == 302
    sequence(now=NOW)
    page = auditor.get(address).content.decode()
    assert "下载回执文件" in page and "/verify/" in page
    assert verify_receipt(json.loads(auditor.get(f"{address}receipt.json").content)).ok
    [elsewhere] = record([NewEvent("ledger.tried", Target("thing", "1", "演示对象", "3301"))])
    assert auditor.get(f"/administration/audit/{elsewhere}/receipt.json").status_code == 404
