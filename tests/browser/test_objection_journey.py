"""One objection through every room of the kernel, in a browser: a form that knows what it can, a flow with two agencies,
two clocks that run out, a ladder, messages, a written reply, and a receipt that verifies without the platform."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, PageAt, assert_accessible, enter, screenshot
from tests.kernel.access.factories import SYSTEM, Person
from tests.processes.fact_objection.factories import COLUMN, City, a_city
from yingshang.kernel.clock.api import sweep
from yingshang.kernel.documents.api import extract_text
from yingshang.kernel.ledger.api import sequence
from yingshang.kernel.ledger.standalone import verify_receipt
from yingshang.kernel.parties.api import portrait
from yingshang.processes.fact_objection.models import Objection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city() -> City:
    return a_city()


def page_of(page_at: PageAt, who: Person, width: int = 1440) -> Page:
    page = page_at(width, accept_downloads=True)
    enter(page, who)
    return page


def decide(page: Page, outcome: str, opinion: str = "", **fields: str) -> None:
    """From the workbench's home to the task, and its decision."""
    page.goto("/desk/")
    page.locator("main table a[href*='/desk/tasks/']").first.click()
    assert_accessible(page)
    page.get_by_role("radio", name=outcome, exact=True).check()
    if opinion:
        page.fill("[name=opinion]", opinion)
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.click(".decide button.btn-primary")
    page.wait_for_load_state("networkidle")


def test_an_objection_from_the_form_to_the_verified_receipt(
    city: City, page_at: PageAt, tmp_path: Path
) -> None:
    # The enterprise, on a telephone: what is held stands above the form.
    clerk = page_of(page_at, city.clerk, NARROW)
    clerk.goto(f"/enterprise/{city.party.pk}/facts/{COLUMN}")
    clerk.get_by_role("link", name="提出异议").click()
    expect(clerk.get_by_text("12 人")).to_be_visible()
    assert_accessible(clerk)
    clerk.get_by_role("radio", name="数值有误").check()
    clerk.fill("[name=claimed_value]", "15")
    clerk.fill("[name=reason]", "十月新增三人已参保，缴费凭证可查。")
    clerk.set_input_files(
        "[name=evidence]",
        {"name": "凭证.png", "mimeType": "image/png", "buffer": PNG},
    )
    clerk.fill("[name=contact_name]", "演示经办")
    clerk.fill("[name=contact_phone]", "13800000000")
    clerk.get_by_role("button", name="提交异议").click()
    clerk.wait_for_url(re.compile(r"/objections/\d+/$"))
    row = Objection.objects.get()
    expect(clerk.get_by_text(row.number).first).to_be_visible()
    assert_accessible(clerk)
    screenshot(clerk, "objection-submitted-390")

    # Nobody does anything for a month: the clocks run out, the ladder is climbed, people are told.
    sweep(actor=SYSTEM, now=timezone.now() + timedelta(days=30))
    supervisor = page_of(page_at, city.supervisor)
    supervisor.goto("/messages/")
    expect(supervisor.get_by_text("逾期督办").first).to_be_visible()
    supervisor.goto("/desk/cases/")
    expect(supervisor.get_by_text(city.party.name).first).to_be_visible()

    # The desk, the source, the desk.
    window, source = page_of(page_at, city.window), page_of(page_at, city.source)
    window.goto("/messages/")
    expect(window.get_by_text(re.compile("到期")).first).to_be_visible()
    decide(window, "受理")
    decide(source, "异议成立", "经核对参保台账，实为十六人。", corrected_value="16")
    decide(window, "已答复")
    row.refresh_from_db()
    assert (row.state, row.corrected_value) == ("upheld", "16")
    held = portrait(actor=SYSTEM, party_id=city.party.pk, now=timezone.now()).facts
    assert next(each.value for each in held if each.column == COLUMN) == 16

    # The enterprise is told, and reads the reply.
    clerk.goto("/messages/")
    clerk.get_by_text("异议成立").first.click()
    clerk.goto(f"/objections/{row.pk}/")
    assert_accessible(clerk)
    screenshot(clerk, "objection-upheld-390")
    address = clerk.get_by_role("link", name="异议答复书").get_attribute("href")
    reply = clerk.request.get(str(address))
    assert reply.headers["content-type"] == "application/pdf"
    text = extract_text(reply.body(), "application/pdf").replace("\n", "")
    for word in (row.number, city.party.name, "异议成立", "实为十六人"):
        assert word in text
    stranger = page_at()
    assert stranger.request.get(str(address), max_redirects=0).status in (302, 403, 404)

    # The receipt: from the page anybody can open, checked by the one file that needs nothing of ours.
    sequence(now=timezone.now())
    code = clerk.get_by_role("link", name=re.compile("办结.*存证回执")).get_attribute("href")
    receipt = receipt_from(stranger, str(code))
    key = log_key(stranger)
    assert offline(tmp_path, receipt, key).returncode == 0
    forged = json.loads(json.dumps(receipt).replace("upheld", "rejected"))
    assert forged != receipt
    assert offline(tmp_path, forged, key).returncode == 1


def receipt_from(page: Page, address: str) -> dict[str, Any]:
    """What somebody without an account downloads behind the code on the reply."""
    page.goto(address)
    assert_accessible(page)
    screenshot(page, "receipt-1440")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("下载回执")).first.click()
    loaded: dict[str, Any] = json.loads(Path(download.value.path()).read_text("utf-8"))
    return loaded


def log_key(page: Page) -> str:
    """The public key of the log, as the API publishes it."""
    keys = page.request.get("/api/v1/log/keys").json()["log"]
    return str(keys[0]["key"])


def offline(folder: Path, receipt: dict[str, Any], key: str) -> subprocess.CompletedProcess[str]:
    """The standalone verifier in an empty folder, without site packages, without a network to ask."""
    verifier = folder / "verify_receipt.py"
    verifier.write_bytes(Path(str(verify_receipt.__file__)).read_bytes())
    (folder / "receipt.json").write_text(json.dumps(receipt), "utf-8")
    return subprocess.run(
        [sys.executable, "-I", "-S", str(verifier), "receipt.json", "--key", key],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00" + b"\xff\x00\x00" * 2 + b"\x00" + b"\x00\xff\x00" * 2))
    + _chunk(b"IEND", b"")
)
"""A picture of four points."""
