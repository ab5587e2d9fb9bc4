"""The pages on which contracts are imported: template, upload, progress, what is wrong, and once more."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.areas.contracts.factories import contract_row, unit
from tests.areas.contracts.gathering.tables import PAYS, csv_of
from tests.areas.contracts.gathering.test_importing import NOW, ROW, own, run_import
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.contracts.models import Contract, ImportBatch

pytestmark = pytest.mark.django_db


def test_a_table_is_downloaded_uploaded_taken_in_and_mended() -> None:
    people = unit()
    browser = logged_in(people.administrator)
    assert browser.get(reverse("contracts_desk:import-table")).content.startswith(b"PK")
    address = reverse("contracts_desk:import-new")
    assert reverse("contracts_desk:import-table") in browser.get(address).content.decode()
    wrong = browser.post(address, {"file": SimpleUploadedFile("合同.doc", b"x")})
    assert wrong.status_code == 422
    rows = [own(ROW), PAYS, own(ROW, reference="2", source_reference="2", amount="-3")]
    sent = browser.post(address, {"file": SimpleUploadedFile("合同.csv", csv_of(rows))})
    batch = ImportBatch.objects.get()
    assert sent["Location"] == reverse("contracts_desk:import", args=[batch.pk])
    waiting = browser.get(sent["Location"]).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    run_import(actor=people.administrator.actor(), batch_id=batch.pk, now=NOW)
    state = browser.get(sent["Location"], headers={"HX-Request": "true", "HX-Target": "import-state"})
    assert state["HX-Refresh"] == "true"
    page = browser.get(sent["Location"]).content.decode()
    assert "金额不能为负数" in page and reverse("contracts_desk:import-rejects", args=[batch.pk]) in page
    rejects = b"".join(
        browser.get(reverse("contracts_desk:import-rejects", args=[batch.pk])).streaming_content
    )  # type: ignore[attr-defined]
    assert "金额不能为负数" in rejects.decode()
    # A name without a break does not make the page wider than a telephone.
    assert '<span class="text-break">合同.csv' in page
    listed = browser.get(reverse("contracts_desk:imports")).content.decode()
    assert "合同.csv" in listed
    # The unit's reviewer registers what came together, or some of what waits; what is refused is told with why.
    row, bare = Contract.objects.get(), contract_row(state="submitted", number="HT2026A")
    reviewer, register = logged_in(people.reviewer), reverse("contracts_desk:register-many")
    assert "合同.csv" in reviewer.get(reverse("contracts_desk:imports")).content.decode()
    page = reviewer.get(sent["Location"]).content.decode()
    assert register in page and reverse("contracts_desk:import-rejects", args=[batch.pk]) not in page
    waiting = reviewer.get(reverse("contracts_desk:contracts"), {"tab": "review", "batch": batch.pk})
    shown = waiting.content.decode()
    assert f'name="contract" value="{row.pk}"' in shown and f'name="contract" value="{bare.pk}"' not in shown
    assert browser.post(register, {"batch": batch.pk}).status_code == 403
    assert reviewer.post(register, {"batch": batch.pk}).status_code == 302
    assert Contract.objects.get(pk=row.pk).state == "in_force"
    for picked in ({}, {"batch": batch.pk}, {"contract": [row.pk, "x"]}):
        assert reviewer.post(register, picked).status_code == 302
    refused = reviewer.post(register, {"all": "1", "listed": [bare.pk]}).content.decode()
    assert "登记 0 份，没有登记 1 份" in refused and "没有登记任何履约义务" in refused


def test_a_batch_that_failed_says_why_and_is_tried_again() -> None:
    people = unit()
    browser = logged_in(people.administrator)
    sent = browser.post(
        reverse("contracts_desk:import-new"), {"file": SimpleUploadedFile("坏.csv", "甲,乙\n".encode())}
    )
    batch = ImportBatch.objects.get()
    with pytest.raises(Exception, match="header"):
        run_import(actor=people.administrator.actor(), batch_id=batch.pk, now=NOW)
    assert "表头" in browser.get(sent["Location"]).content.decode()
    browser.post(reverse("contracts_desk:import-retry", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == "waiting"


def test_contracts_are_given_out_as_releases() -> None:
    people = unit()
    row = contract_row()
    answer = logged_in(people.supervisor).get(reverse("contracts_desk:export-ocds"))
    (release,) = json.loads(answer.content)["releases"]
    assert release["contracts"][0]["yingshang"]["number"] == row.number
