"""Pages of portraits: lists, figures with what is behind them, asking and deciding, and what everybody reads."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.areas.contracts.factories import (
    SUPERVISION,
    UNIT,
    YUAN,
    contract_row,
    obligation_row,
    performance_row,
    supplier,
    unit,
)
from tests.kernel.access.factories import DAOLI, NOW, SYSTEM, Person, arranged, official
from tests.kernel.access.test_accounts import logged_in
from tests.kernel.documents.factories import pdf_of
from yingshang.areas.contracts.api import publish_portraits
from yingshang.areas.contracts.models import Obligation, PortraitObjection, PublishedPortrait, Repair
from yingshang.kernel.parties.models import Agency

pytestmark = pytest.mark.django_db

DUE = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))


def _published() -> tuple[PublishedPortrait, PublishedPortrait, Obligation, Person]:
    """A unit and an enterprise with portraits; what the unit has paid 40 days late."""
    people, firm = unit(), supplier()
    contract = contract_row(of=firm.party, title="老旧小区改造")
    late = obligation_row(
        contract,
        due_on=DUE,
        state="performed",
        performed_on=date(2026, 8, 9),
        done_fen=300_000 * YUAN,
        title="支付竣工结算款",
    )
    performance_row(late, date(2026, 8, 9))
    for _each in range(5):
        obligation_row(contract, due_on=DUE)
    obligation_row(
        contract, side="counterparty", kind="deliver", amount_fen=None, due_on=DUE, title="交付资料"
    )
    obligation_row(contract_row(of=firm.party, secrecy="internal", title="涉密工程"), due_on=DUE)
    publish_portraits(actor=SYSTEM, until=date(2026, 10, 31), now=NOW)
    rows = PublishedPortrait.objects
    return rows.get(agency=people.agency), rows.get(party=firm.party), late, firm.who


def text_of(browser: Client, name: str, *arguments: object, status: int = 200, **query: str) -> str:
    answer = browser.get(reverse(name, args=arguments), query)
    assert answer.status_code == status
    return b"".join(answer).decode("utf-8-sig")


def test_a_figure_opens_down_to_its_obligations() -> None:
    row, _, _, _ = _published()
    browser = logged_in(unit().leader)
    listed = text_of(browser, "contracts_desk:portraits")
    assert reverse("contracts_desk:portrait", args=[row.pk]) in listed and "守约较差" in listed
    shown = text_of(browser, "contracts_desk:portrait", row.pk, figure="late_done")
    assert "支付竣工结算款" in shown and "300,000.00" in shown and "提异议" not in shown
    assert "非公开合同的义务" in text_of(browser, "contracts_desk:portrait", row.pk, figure="late_open")
    assert "支付竣工结算款" in text_of(
        browser, "contracts_desk:portrait", row.pk, figure="delay:d90", export="csv"
    )
    assert "支付竣工结算款" in text_of(browser, "contracts_desk:portrait", row.pk, figure="quarter:2026Q2")
    assert "演示企业" in text_of(browser, "contracts_desk:portraits", kind="enterprise")
    assert "守约较差" in text_of(browser, "contracts_cockpit:portraits", export="csv")


def test_everybody_reads_levels_and_no_contract() -> None:
    row, _, _, _ = _published()
    browser = Client()
    listed = text_of(browser, "contracts:units", text=unit().agency.name)
    address = reverse("contracts:unit", args=[row.agency_id])
    assert address in listed and "守约较差" in listed
    shown = text_of(browser, "contracts:unit", row.agency_id)
    assert "到期未付" in shown and "支付竣工结算款" not in shown and "老旧小区改造" not in shown
    text_of(browser, "contracts:unit", 999_999, status=404)
    assert "没有" in text_of(browser, "contracts:units", level="a")


def test_the_head_objects_a_supervisor_decides_and_it_is_published_anew() -> None:
    row, _, late, _ = _published()
    head, supervisor = logged_in(unit().head), logged_in(unit().supervisor)
    ask = reverse("contracts_desk:portrait-ask", args=[row.pk, "object", late.pk])
    assert ask in text_of(head, "contracts_desk:portrait", row.pk, figure="late_done")
    refused = head.post(ask, {"text": " "})
    assert refused.status_code == 422
    program = {"text": "已按补充协议延期", "evidence": [SimpleUploadedFile("协议.exe", b"MZ")]}
    kept = head.post(ask, program)
    assert kept.status_code == 422 and "已按补充协议延期" in kept.content.decode()
    assert not PortraitObjection.objects.exists()
    files = [SimpleUploadedFile(name, pdf_of()) for name in ("补充协议.pdf", "审批单.pdf")]
    assert head.post(ask, {"text": "已按补充协议延期", "evidence": files}).status_code == 302
    made = PortraitObjection.objects.get()
    assert "补充协议.pdf" in text_of(head, "contracts_desk:portrait", row.pk)
    one = reverse("documents:document", args=[made.document_ids[0]])
    shown = text_of(supervisor, "contracts_desk:portrait-request", "objection", made.pk)
    assert one in shown and "审批单.pdf" in shown and supervisor.get(one).status_code == 200
    assert logged_in(unit().leader).get(one).status_code == 404
    decide = reverse("contracts_desk:portrait-request", args=["objection", made.pk])
    assert decide in text_of(supervisor, "contracts_desk:portrait-requests")
    assert "已按补充协议延期" in text_of(supervisor, "contracts_desk:portrait-request", "objection", made.pk)
    assert supervisor.post(decide, {"good": "yes", "reason": ""}).status_code == 422
    assert supervisor.post(decide, {"good": "yes", "reason": "属实"}).status_code == 302
    newer = PublishedPortrait.objects.get(agency=row.agency_id, replaced_by=None)
    assert "已有更新版本" in text_of(head, "contracts_desk:portrait", row.pk)
    shown = text_of(head, "contracts_desk:portrait", newer.pk, figure="all")
    assert "已剔除" in shown and "异议成立" in shown


def test_where_nobody_may_decide_the_pages_say_so() -> None:
    row, _, late, _ = _published()
    head = logged_in(unit().head)
    with arranged():
        Agency.objects.filter(kind=SUPERVISION).update(is_active=False)
    ask = reverse("contracts_desk:portrait-ask", args=[row.pk, "object", late.pk])
    assert head.post(ask, {"text": "已按补充协议延期"}).status_code == 302
    said = "目前没有在岗人员可以决定"
    assert said in text_of(head, "contracts_desk:portrait", row.pk)
    inside, made = logged_in(official("supervisor", DAOLI, UNIT)), PortraitObjection.objects.get()
    assert said in text_of(inside, "contracts_desk:portrait-request", "objection", made.pk)
    with arranged():
        Agency.objects.filter(kind=SUPERVISION).update(is_active=True)
    assert said not in text_of(head, "contracts_desk:portrait", row.pk)
    shown = text_of(inside, "contracts_desk:portrait-request", "objection", made.pk)
    assert said not in shown and "由其他单位的督查人员决定" in shown


def test_repair_is_refused_with_what_is_missing_and_asked_for_when_it_is_due() -> None:
    row, _, late, _ = _published()
    head = logged_in(unit().head)
    other = Obligation.objects.filter(state="running", side="unit").first()
    assert other is not None
    refused = head.post(
        reverse("contracts_desk:portrait-ask", args=[row.pk, "repair", other.pk]), {"text": "已整改"}
    )
    assert refused.status_code == 422 and "须先履行完毕" in refused.content.decode()
    ask = reverse("contracts_desk:portrait-ask", args=[row.pk, "repair", late.pk])
    assert head.post(ask, {"text": "已整改"}).status_code == 302
    supervisor = logged_in(unit().supervisor)
    decide = reverse("contracts_desk:portrait-request", args=["repair", Repair.objects.get().pk])
    assert supervisor.post(decide, {"good": "no", "reason": "未满公示期"}).status_code == 302
    assert "未予修复" in text_of(supervisor, "contracts_desk:portrait-requests", all="yes")


def test_an_enterprise_reads_its_own_and_objects() -> None:
    _, own, _, who = _published()
    browser = logged_in(who)
    address = reverse("contracts:portrait", args=[own.pk])
    assert address in text_of(browser, "contracts:portraits")
    shown = text_of(browser, "contracts:portrait", own.pk)
    obligation = own.facts[0][0]
    ask = reverse("contracts:portrait-ask", args=[own.pk, "object", obligation])
    assert "交付资料" in shown and ask in shown
    file = SimpleUploadedFile("现场照片.pdf", pdf_of())
    assert browser.post(ask, {"text": "场地未移交", "evidence": [file]}).status_code == 302
    shown = text_of(browser, "contracts:portrait", own.pk)
    assert "场地未移交" in shown and "现场照片.pdf" in shown
    assert (
        browser.get(reverse("contracts:portrait-ask", args=[own.pk, "praise", obligation])).status_code == 404
    )


def test_publishing_is_queued_for_a_day_that_is_over() -> None:
    browser = logged_in(unit().supervisor)
    address = reverse("contracts_desk:publish-portraits")
    shown = browser.get(address).content.decode()
    assert "2026-10-31" in shown and "每季度结束 20 日后" in shown
    refused = browser.post(address, {"region_path": "230102", "until": "2026-11-23"})
    assert refused.status_code == 422 and "尚未结束" in refused.content.decode()
    assert browser.post(address, {"region_path": "230102", "until": "2026-10-31"}).status_code == 302
    job = ProcrastinateJob.objects.get(task_name="contracts.publish_portraits")
    assert job.args["until"] == "2026-10-31"
