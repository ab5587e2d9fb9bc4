"""The page on which appeals of other channels are uploaded in a table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests.areas.appeals.channels.test_channel_tables import ROW, filled
from tests.areas.appeals.factories import city
from tests.kernel.access.factories import DAOLI, NOW
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.appeals.models import Appeal

pytestmark = pytest.mark.django_db


def upload(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("诉求.xlsx", filled(*rows)), "region": DAOLI}


def test_a_table_is_downloaded_filled_in_mended_and_taken_in_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))
    people = city()
    browser = logged_in(people.dispatcher)
    address = reverse("appeals_desk:import")
    assert reverse("appeals_desk:import-table") in browser.get(address).content.decode()
    empty = browser.get(reverse("appeals_desk:import-table"))
    assert empty.content.startswith(b"PK") and "appeals.xlsx" in empty["Content-Disposition"]
    wrong = browser.post(address, upload(ROW, {**ROW, "渠道编号": "2", "诉求内容": "=1+1"}))
    page = wrong.content.decode()
    assert wrong.status_code == 422 and "<td>3</td><td>诉求内容</td>" in page and "是公式" in page
    assert not Appeal.objects.exists()
    large = {"file": SimpleUploadedFile("诉求.xlsx", b"x" * 6_000_001), "region": DAOLI}
    assert "文件 6 MB，超过 5 MB 的上限" in browser.post(address, large).content.decode()
    for again in (0, 1):
        done = browser.post(address, upload(ROW), follow=True)
        assert f"已登记 {1 - again} 件；另有 {again} 件以前登记过" in done.content.decode()
    assert Appeal.objects.count() == 1
    assert logged_in(people.handler).get(address).status_code == 403
