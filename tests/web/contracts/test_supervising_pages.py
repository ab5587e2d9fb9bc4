"""Pages of supervision: from what is late to the notice, its answer, the case, the transfer and the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.areas.contracts.factories import unit
from tests.areas.contracts.ladder.situations import (
    answered_notice,
    asked_cancellation,
    audit_supervisor,
    found_case,
    fresh,
    late_obligation,
    paid,
    sent_transfer,
)
from tests.areas.contracts.registering.situations import to_agree
from tests.kernel.access.factories import NOW, agency, arranged
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.contracts.models import (
    Cancellation,
    Obligation,
    SupervisionCase,
    SupervisionNotice,
    Transfer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=2))


def text_of(browser: Client, name: str, *arguments: object, **query: str) -> str:
    answer = browser.get(reverse(f"contracts_desk:{name}", args=arguments), query)
    assert answer.status_code == 200
    return b"".join(answer).decode("utf-8-sig")


def step(browser: Client, name: str, *arguments: object, **sent: str) -> int:
    return browser.post(reverse(f"contracts_desk:{name}", args=arguments), sent).status_code


def test_a_promise_waits_for_its_day_with_the_head_and_is_shown_as_broken_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people, notice = unit(), answered_notice()
    supervisor, head = logged_in(people.supervisor), logged_in(people.head)
    home = reverse("desk:home")
    assert "待兑现的履行承诺：政合督〔2026〕1号" in head.get(home).content.decode()
    assert "承诺已过期" not in text_of(supervisor, "notice", notice.pk)
    # Whoever supervises is to look at the answer by the day that it promises.
    assert "2026-11-30" in supervisor.get(home).content.decode()

    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=8))
    supervisor, head = logged_in(people.supervisor), logged_in(people.head)
    assert "至今没有履行" in text_of(supervisor, "notice", notice.pk)
    assert "政合督〔2026〕1号" in text_of(supervisor, "notices", state="broken")
    assert "承诺已过期" in text_of(supervisor, "notices", state="answered", export="csv")
    with arranged():
        paid(notice.obligation)
    assert "待兑现的履行承诺：" not in head.get(home).content.decode()
    assert "政合督〔2026〕1号" not in text_of(supervisor, "notices", state="broken")


def test_from_what_is_late_to_the_case() -> None:
    people, row = unit(), late_obligation()
    supervisor, head = logged_in(people.supervisor), logged_in(people.head)
    begin = reverse("contracts_desk:supervise", args=[row.pk, "notice"])
    listed = text_of(supervisor, "late")
    assert begin in listed and "支付进度款" in listed and "300,000.00" in listed and "450.00" in listed
    assert begin not in text_of(head, "late")
    assert "支付进度款" in text_of(supervisor, "late", export="csv")
    assert "支付进度款" not in text_of(supervisor, "late", level="case")
    # One click: the form is filled in.
    assert "请立即履行" in text_of(supervisor, "supervise", row.pk, "notice")
    assert head.get(begin).status_code == 403
    assert supervisor.post(begin, {"demand": ""}).status_code == 422
    assert supervisor.post(begin, {"demand": "请付款。"}).status_code == 302
    notice = SupervisionNotice.objects.get()
    assert "政合督〔2026〕1号" in text_of(supervisor, "notices", state="sent")

    kept = head.post(
        reverse("contracts_desk:notice-step", args=[notice.pk, "answer"]),
        {"answer": "已申请资金", "promised_on": "2026-11-01"},
    )
    assert kept.status_code == 422 and "已申请资金" in kept.content.decode()
    assert step(head, "notice-step", notice.pk, "answer", answer="已申请", promised_on="2026-12-01") == 302
    assert "已申请" in text_of(supervisor, "notice", notice.pk)
    assert step(supervisor, "notice-step", notice.pk, "return", remark="写明原因") == 302
    assert step(supervisor, "notice-step", notice.pk, "dance") == 404

    assert "经督办仍未履行" in text_of(supervisor, "supervise", row.pk, "case")
    assert step(supervisor, "supervise", row.pk, "case", grounds="仍未履行") == 302
    case = SupervisionCase.objects.get()
    assert step(supervisor, "case-step", case.pk, "step", what="talk", text="约谈负责人") == 302
    assert step(supervisor, "case-step", case.pk, "finding", finding="资金到位未付") == 302
    assert step(supervisor, "case-step", case.pk, "close", reason="算了") == 422
    shown = text_of(supervisor, "case", case.pk)
    assert "约谈负责人" in shown and "资金到位未付" in shown
    assert reverse("contracts_desk:transfer-case", args=[case.pk, "audit"]) in shown
    assert "政合立" in text_of(head, "cases")


def test_a_transfer_goes_on_after_its_case_was_closed_and_the_pages_say_so() -> None:
    row = sent_transfer()
    paid(row.case.obligation)
    supervisor, receiver = logged_in(unit().supervisor), logged_in(audit_supervisor())
    words = "案件已结，移送仍在办理"
    assert words not in text_of(supervisor, "cases") + text_of(receiver, "transfers")
    assert step(supervisor, "case-step", row.case_id, "close", reason="已支付") == 302
    assert fresh(row).state == "sent"
    contract = row.case.obligation.contract_id
    for browser, name, arguments in (
        (supervisor, "cases", ()),
        (supervisor, "case", (row.case_id,)),
        (supervisor, "contract", (contract,)),
        (receiver, "transfers", ()),
        (receiver, "transfer", (row.pk,)),
    ):
        assert words in text_of(browser, name, *arguments), name
    assert words in text_of(supervisor, "cases", export="csv")
    # The body's word is taken as before, and then nothing goes on.
    assert step(receiver, "transfer-step", row.pk, "receive") == 302
    assert step(receiver, "transfer-step", row.pk, "end", outcome="已核查，无需审计") == 302
    assert "已核查，无需审计" in text_of(supervisor, "transfer", row.pk)
    assert words not in text_of(supervisor, "cases") + text_of(receiver, "transfers")


def test_what_is_taken_away_is_whole() -> None:
    row = late_obligation()
    with arranged():
        Obligation.objects.bulk_create(
            Obligation(
                contract=row.contract,
                agency=row.agency,
                region_path=row.region_path,
                ordinal=number,
                side="unit",
                kind="pay",
                title=f"第{number}期",
                terms=row.terms,
                due_on=row.due_on,
                state="running",
            )
            for number in range(2, 222)
        )
    assert text_of(logged_in(unit().supervisor), "late", export="csv").count("第") >= 220


def test_from_the_case_to_the_outcome_of_its_transfer() -> None:
    people, case = unit(), found_case()
    office = agency(case.agency.region_id, "audit")
    supervisor, audit = logged_in(people.supervisor), logged_in(audit_supervisor())
    address = reverse("contracts_desk:transfer-case", args=[case.pk, "audit"])
    assert "尚欠300,000.00元" in supervisor.get(address).content.decode()
    assert supervisor.post(address, {"to_agency_id": office.pk, "evaluation": ""}).status_code == 422
    sent = {"to_agency_id": office.pk, "evaluation": "严重", "proposal": "建议审计"}
    assert supervisor.post(address, sent).status_code == 302
    row = Transfer.objects.get()
    assert (row.to_agency_id, row.document_id is None) == (office.pk, False)
    assert "政合移" in text_of(audit, "transfers")
    # The page of the contract leads to each step.
    shown = supervisor.get(
        reverse("contracts_desk:contract", args=[case.obligation.contract_id])
    ).content.decode()
    for name, number in (("notice", case.notice_id), ("case", case.pk), ("transfer", row.pk)):
        assert reverse(f"contracts_desk:{name}", args=[number]) in shown
    assert "建议审计" in text_of(audit, "transfer", row.pk)
    assert step(supervisor, "transfer-step", row.pk, "receive") != 302
    assert step(audit, "transfer-step", row.pk, "receive") == 302
    assert step(audit, "transfer-step", row.pk, "end", outcome="已处理") == 302
    assert fresh(row).state == "ended" and "已处理" in text_of(supervisor, "transfer", row.pk)


def test_a_cancellation_is_decided_when_the_other_side_is_silent() -> None:
    people, row = unit(), asked_cancellation()
    supervisor = logged_in(people.supervisor)
    assert "已于今日支付" in text_of(supervisor, "cancellation", row.pk)
    assert step(supervisor, "cancellation-step", row.pk, "confirm", reason="属实") == 422
    Cancellation.objects.filter(pk=row.pk).update(due_on="2026-11-22")
    assert "支付进度款" in text_of(supervisor, "cancellations", state="asked")
    assert step(supervisor, "cancellation-step", row.pk, "confirm", reason="属实") == 302
    assert fresh(row).state == "confirmed"
    assert "属实" in text_of(supervisor, "cancellation", row.pk)
    assert step(logged_in(people.administrator), "cancellation-step", row.pk, "withdraw") == 422


def test_a_supplement_that_puts_off_what_is_late_waits_where_cancellations_do() -> None:
    people, row = unit(), to_agree()
    supervisor = logged_in(people.supervisor)
    assert reverse("contracts_desk:agreements") in text_of(supervisor, "cancellations")
    assert "付款延期补充协议" in text_of(supervisor, "agreements", state="to_agree")
    shown = text_of(supervisor, "agreement", row.pk)
    assert "2026年11月20日" in shown and "2027年1月15日" in shown
    assert reverse("contracts_desk:agreement-step", args=[row.pk, "agree"]) not in shown
    assert step(supervisor, "agreement-step", row.pk, "agree", reason="属实") == 422
    # The unit sees that it waits, and until when.
    page = text_of(logged_in(people.administrator), "contract", row.contract_id)
    assert "待相对方同意" in page and reverse("contracts_desk:agreement", args=[row.pk]) in page
    type(row).objects.filter(pk=row.pk).update(due_on="2026-11-22")
    assert step(supervisor, "agreement-step", row.pk, "agree", reason="") == 422
    assert step(supervisor, "agreement-step", row.pk, "agree", reason="协议属实") == 302
    assert fresh(row).state == "effective" and "协议属实" in text_of(supervisor, "agreement", row.pk)
