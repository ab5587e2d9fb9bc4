"""What is said of an obligation on the desk page of its contract."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests.areas.contracts.factories import contract_row, obligation_row, supplier, unit
from tests.kernel.access.factories import NOW
from tests.kernel.access.test_accounts import logged_in
from tests.kernel.documents.factories import pdf_of
from yingshang.areas.contracts.models import Obligation
from yingshang.web.contracts.fields import YuanField

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("written", ["1E999999", "1E99999", "9" * 30])
def test_a_number_too_long_for_an_amount_is_none(written: str) -> None:
    with pytest.raises(ValidationError):
        YuanField(required=False).clean(written)


def test_whether_there_is_a_budget_is_told_where_the_payment_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))
    contract = contract_row()
    pay = obligation_row(contract)
    delivery = obligation_row(contract, side="counterparty", kind="deliver", amount_fen=None)
    browser = logged_in(unit().administrator)

    page = browser.get(reverse("contracts_desk:contract", args=[contract.pk])).content.decode()
    assert reverse("contracts_desk:row-step", args=[contract.pk, "budget", pay.pk]) in page
    assert reverse("contracts_desk:row-step", args=[contract.pk, "budget", delivery.pk]) not in page
    for told, kept in (("no", False), ("yes", True), ("", None)):
        browser.post(
            reverse("contracts_desk:row-step", args=[contract.pk, "budget", pay.pk]), {"reserved": told}
        )
        assert Obligation.objects.get(pk=pay.pk).budget_reserved is kept


def test_a_supervisor_corrects_what_it_is_counted_from_and_both_sides_read_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))
    firm, people = supplier(), unit()
    contract = contract_row(of=firm.party)
    obligation_row(contract, side="counterparty", kind="deliver", title="交付", amount_fen=None)
    pay = obligation_row(
        contract,
        terms={"after": "delivered", "term": {"days": 30}},
        event="delivered",
        event_on=date(2026, 10, 1),
        due_on=date(2026, 10, 31),
    )
    step = reverse("contracts_desk:row-step", args=[contract.pk, "correct", pay.pk])
    desk = reverse("contracts_desk:contract", args=[contract.pk])
    assert step not in logged_in(people.administrator).get(desk).content.decode()
    above = logged_in(people.supervisor)
    assert step in above.get(desk).content.decode()
    sent = {"event": "obligation", "of": "", "reason": "合同约定交付验收后付款"}
    page = above.post(
        step, {**sent, "evidence": SimpleUploadedFile("第七条.pdf", pdf_of(), "application/pdf")}
    )
    # What is missing is said where it is asked, and what was written stays.
    assert page.status_code == 422 and "请选择本合同中另一项未取消的义务" in page.content.decode()
    assert "合同约定交付验收后付款" in page.content.decode()
    page = above.post(
        step,
        {**sent, "of": "1", "evidence": SimpleUploadedFile("第七条.pdf", pdf_of(), "application/pdf")},
    )
    assert page.status_code == 302
    assert Obligation.objects.get(pk=pay.pk).state == "waiting"
    for browser, place in (
        (logged_in(people.head), desk),
        (logged_in(firm.who), reverse("contracts:contract", args=[contract.pk])),
    ):
        shown = browser.get(place).content.decode()
        for words in (
            "督办部门更正了起算依据",
            "第 1 项义务履行后 30 日",
            "2026年10月31日",
            "合同约定交付验收后付款",
            "因此减少或者推迟了已经到期的义务。",
        ):
            assert words in shown, words
