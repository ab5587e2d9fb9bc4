"""What is said of an obligation on the desk page of its contract."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from tests.areas.contracts.factories import contract_row, obligation_row, unit
from tests.kernel.access.factories import NOW
from tests.kernel.access.test_accounts import logged_in
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
