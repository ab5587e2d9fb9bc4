"""Ways around the other side and around the second pair of eyes, and texts that would keep a reader busy for hours."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.areas.contracts.factories import (
    SYSTEM,
    contract_row,
    obligation_row,
    one_contract_event,
    supplier,
    unit,
)
from tests.areas.contracts.registering import situations as make
from tests.kernel.access.factories import NOW, no_event
from yingshang.areas.contracts import api
from yingshang.areas.contracts.errors import Blocked, InvalidStep, NotApart
from yingshang.areas.contracts.registering.values import ProposedChange
from yingshang.kernel.access.api import appoint

LATE = {"side": "unit", "kind": "pay", "title": "已到期", "amount_fen": 500, "terms": {"on": "2026-06-01"}}


@pytest.mark.django_db
def test_who_wrote_the_draft_of_another_anew_does_not_review_it_either() -> None:
    it = make.draft()
    both = it.unit.second_administrator
    appoint(
        actor=SYSTEM,
        user_id=both.id,
        role="contract_reviewer",
        agency_id=it.unit.agency.pk,
        valid_from=date(2020, 1, 1),
        now=NOW,
    )
    api.change_contract(
        actor=both.actor(),
        contract_id=it.id,
        fields=make.fields(amount_fen=900_000_00),
        rules=(LATE,),
        now=NOW,
    )
    api.submit_contract(actor=it.unit.administrator.actor(), contract_id=it.id, now=NOW)
    with no_event(), pytest.raises(NotApart):
        api.register_contract(actor=both.actor(), contract_id=it.id, now=NOW)
    api.register_contract(actor=it.unit.reviewer.actor(), contract_id=it.id, now=NOW)


@pytest.mark.django_db
def test_a_day_in_the_past_strikes_nothing_off_that_is_late_nor_what_the_other_side_contests() -> None:
    it = make.in_force()
    api.plan_contract(actor=it.unit.administrator.actor(), contract_id=it.id, rules=(LATE,), now=NOW)
    contested = it.row.obligations.get(title="支付货款")
    api.block_obligation(
        obligation_id=contested.pk, kind="appeal", reference="1", label="诉求", actor=SYSTEM, now=NOW
    )
    reviewer = it.unit.reviewer.actor()
    with no_event(), pytest.raises(Blocked):
        make.propose(it, changes={}, obligations=(ProposedChange("drop", obligation_id=contested.pk),))
    api.terminate_contract(
        actor=reviewer,
        contract_id=it.id,
        reason="解除",
        terminated_on=make.SIGNED + timedelta(days=1),
        now=NOW,
    )
    states = dict(it.row.obligations.values_list("title", "state"))
    assert states == {"交付设备": "dropped", "支付货款": "waiting", "已到期": "running"}


@pytest.mark.django_db
def test_a_contract_is_not_void_while_the_other_side_contests_it() -> None:
    it = make.in_force()
    one = it.row.obligations.get(title="支付货款")
    api.block_obligation(
        obligation_id=one.pk, kind="appeal", reference="1", label="诉求", actor=SYSTEM, now=NOW
    )
    with no_event(), pytest.raises(Blocked):
        api.void_contract(actor=it.unit.reviewer.actor(), contract_id=it.id, reason="误登记", now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("other", "state", "lost"),
    [
        ([{}, {"due_on": date(2026, 10, 1)}], "in_force", 0),
        ([{}, {}], "in_force", 0),
        ([{"amount_fen": 400_000_00}, {"due_on": date(2026, 11, 1)}], "completed", 0),
        ([{}], "in_force", 1),
        ([{}, {"due_on": date(2027, 3, 1)}], "in_force", 1),
        ([{}, {"amount_fen": 299_999_99}], "in_force", 1),
        ([{}, {"amount_fen": None}], "in_force", 1),
        ([{}, {"kind": "return_deposit"}], "in_force", 1),
        ([{}, {"daily_rate": None}], "in_force", 1),
        ([{"state": "dropped"}, {"state": "dropped"}], "in_force", 2),
        ([{}, {}], "suspended", 2),
    ],
)
def test_a_duplicate_wipes_out_nothing_that_is_late(
    other: list[dict[str, Any]], state: str, lost: int
) -> None:
    firm, reviewer = supplier().party, unit().reviewer.actor()
    wrong, right = contract_row(of=firm), contract_row(of=firm, state=state)
    owed: dict[str, Any] = {"due_on": date(2026, 11, 20), "daily_rate": Decimal("0.0005")}
    for _ in range(2):
        obligation_row(wrong, **owed)
    for each in other:
        obligation_row(right, **{**owed, **each})
    about: dict[str, Any] = {
        "actor": reviewer,
        "contract_id": wrong.pk,
        "reason": "重复登记",
        "duplicate_of": right.number,
        "now": NOW,
    }
    if not lost:
        with one_contract_event("voided"):
            api.void_contract(**about)
        return
    with no_event(), pytest.raises(InvalidStep, match="would be lost") as refused:
        api.void_contract(**about)
    assert (
        refused.value.details["field"] == "duplicate_of" and len(refused.value.details["obligations"]) == lost
    )


@pytest.mark.parametrize(
    "text",
    [
        "甲方" + " " * 20_000 + "（盖章）",
        "签订后支付30%，验收合格后支付65%，" + "另" * 150_000,
    ],
)
def test_a_text_of_blanks_or_without_an_end_is_read_at_once(text: str) -> None:
    assert len(api.read_contract_text(text).found) < 5
