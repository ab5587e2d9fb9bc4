"""Pages of hand-over lists: a change of head recorded, spoken to, handed over and signed for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.areas.contracts.factories import UNIT, contract_row, obligation_row, unit
from tests.kernel.access.factories import DAOLI, NOW, official
from tests.kernel.access.test_accounts import logged_in
from yingshang.areas.contracts.api import appoint_head
from yingshang.areas.contracts.models import HandOver, HandOverLine

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask what time it is; the situations are of one day."""
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))


def text_of(browser: Client, name: str, *arguments: object, **query: str) -> str:
    answer = browser.get(reverse(f"contracts_desk:{name}", args=arguments), query)
    assert answer.status_code == 200
    return b"".join(answer).decode("utf-8-sig")


def test_from_the_change_of_head_to_the_signature() -> None:
    people = unit()
    appoint_head(
        actor=people.supervisor.actor(),
        agency_id=people.agency.pk,
        user_id=people.head.id,
        since=date(2026, 1, 5),
        now=NOW,
    )
    successor = official("unit_head", DAOLI, UNIT)
    obligation_row(contract_row(title="老旧小区改造"), due_on=date(2026, 10, 24), daily_rate="0.0005")
    contract_row(secrecy="internal", title="涉密工程")
    supervisor, before, after = (logged_in(who) for who in (people.supervisor, people.head, successor))

    address = reverse("contracts_desk:appoint-head")
    assert successor.user.name in supervisor.get(address).content.decode()
    office = f"{people.agency.pk}:{successor.id}"
    refused = supervisor.post(address, {"office": office, "since": "2026-11-24"})
    assert refused.status_code == 422 and "还没有到" in refused.content.decode()
    made = supervisor.post(address, {"office": office, "since": "2026-11-23"})
    row = HandOver.objects.get(state="open")
    assert made.headers["Location"] == reverse("contracts_desk:hand-over", args=[row.pk])

    shown = text_of(supervisor, "hand-over", row.pk)
    assert "老旧小区改造" in shown and "涉密工程" not in shown and "另有 1 份非公开合同" in shown
    line = HandOverLine.objects.get(hand_over=row, contract__title="老旧小区改造")
    say = reverse("contracts_desk:hand-over-line", args=[line.pk])
    for browser, said in ((before, "拨款未到"), (after, "年底付清")):
        assert browser.post(say, {"text": ""}).status_code == 422
        assert browser.post(say, {"text": said}).status_code == 302
    step = reverse("contracts_desk:hand-over-step", args=[row.pk, "hand"])
    assert after.post(step, {"remark": ""}).status_code == 422
    assert before.post(step, {"remark": "账目已交清"}).status_code == 302
    assert after.post(reverse("contracts_desk:hand-over-step", args=[row.pk, "accept"])).status_code == 302
    row.refresh_from_db()
    assert row.state == "accepted"
    shown = text_of(after, "hand-over", row.pk)
    assert reverse("documents:document", args=[row.document_id]) in shown and "拨款未到" in shown
    mine = text_of(after, "inherited")
    assert "老旧小区改造" in mine and "涉密工程" in mine
    assert "150,000" not in mine and "300000" in text_of(after, "inherited", export="csv")
    assert people.agency.name in text_of(people_of(people.leader), "hand-overs", state="accepted")


def people_of(who) -> Client:  # type: ignore[no-untyped-def]
    return logged_in(who)


def test_without_anybody_to_choose_the_page_says_what_to_do() -> None:
    who = official("supervisor", "230103", "business-environment")
    assert "没有可以登记的人" in text_of(logged_in(who), "appoint-head")
