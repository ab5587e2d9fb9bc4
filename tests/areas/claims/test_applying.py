"""What an enterprise does with a claim: every action in every state, by those who may and those who may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from tests.areas.claims.factories import (
    YUAN,
    Claimed,
    account_of,
    another_claim,
    approved_claim,
    bank_says,
    desk,
    done,
    draft_claim,
    due_enterprise,
    sent_batch,
    submitted_claim,
    task_of,
)
from tests.areas.claims.ranking.test_ranking import at_once
from tests.areas.claims.test_line_tables import HEADER, ROW, book
from tests.kernel.access.factories import NOW, QIQIHAR, arranged, clerk_of, no_event, official, one_event
from yingshang.areas.claims.actions.add_material import (
    add_file,
    promise_material,
    remove_material,
    reuse_file,
    save_lines,
)
from yingshang.areas.claims.actions.begin_claim import begin_claim, discard_claim
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.actions.withdraw_claim import (
    confirm_as_representative,
    correct_account,
    resubmit_claim,
    withdraw_claim,
)
from yingshang.areas.claims.errors import (
    AccountNotFound,
    ClaimNotFound,
    InvalidAccount,
    InvalidClaim,
    InvalidLines,
    NotEntitled,
    NotPossibleNow,
    WindowClosed,
)
from yingshang.areas.claims.lifecycle import CLAIM
from yingshang.areas.claims.models import Budget, Claim, ClaimLine, PaymentOrder
from yingshang.areas.claims.selectors import get_claim
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.flow import api as flow
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.api import PartyNotFound

pytestmark = pytest.mark.django_db

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d4944415478da63fcffff3f030005fe02fea7350181"
    "0000000049454e44ae426082"
)
MATERIALS = [
    {"code": "licence", "name": "营业执照", "required": True},
    {"code": "payroll", "name": "工资发放凭证", "required": True, "commitment": True},
]
LINES = {
    "name": "参保人员名单",
    "columns": [
        {"code": "name", "name": "姓名", "personal": True},
        {"code": "identity", "name": "身份证号", "type": "identity", "personal": True, "unique": True},
        {"code": "wage", "name": "月工资", "type": "money"},
        {"code": "since", "name": "参保日期", "type": "date"},
    ],
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Any, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


# --- every action in every state --------------------------------------------------------------------------------------

ACTIONS: dict[str, tuple[str, Callable[[Any, Claimed, datetime], Any]]] = {
    "discarded": (
        "discarded",
        lambda actor, claim, now: discard_claim(actor=actor, claim_id=claim.id, now=now),
    ),
    "saved": (
        "saved",
        lambda actor, claim, now: confirm_as_representative(actor=actor, claim_id=claim.id, now=now),
    ),
    "withdrawn": (
        "withdrawn",
        lambda actor, claim, now: withdraw_claim(actor=actor, claim_id=claim.id, reason="不需要了", now=now),
    ),
    "account_corrected": (
        "account_corrected",
        lambda actor, claim, now: correct_account(
            actor=actor, claim_id=claim.id, account_id=_others[claim.id], now=now
        ),
    ),
}


_others: dict[int, int] = {}
"""Claim → another account of its enterprise."""


@pytest.mark.parametrize("state", sorted(CLAIM.states))
def test_every_state_and_action(state: str) -> None:
    """What the table allows happens, with one event; what it does not leaves nothing behind. Others find nothing."""
    claim = draft_claim(mode="instant")
    account = account_of(claim.party, claim.who)
    _others[claim.id] = account_of(claim.party, claim.who, "6217000000000000018")
    with arranged():
        Claim.objects.filter(pk=claim.id).update(state=state, account_id=account)
    stranger = due_enterprise()[1].actor()
    elsewhere = official("department_official", QIQIHAR).actor()
    for event, (_, act) in ACTIONS.items():
        for who, refusal in ((stranger, ClaimNotFound), (elsewhere, NotAllowed)):
            with no_event(), pytest.raises(refusal):
                act(who, claim, NOW)
        mine = claim.who.actor()
        if CLAIM.may(state, event):
            sid = transaction.savepoint()
            with one_event(f"claims.{event}"):
                act(mine, claim, NOW)
            assert claim.row.state == CLAIM.after(state, event)
            transaction.savepoint_rollback(sid)
        else:
            with no_event(), pytest.raises(NotPossibleNow):
                act(mine, claim, NOW)


# --- what is needed before it is handed in ----------------------------------------------------------------------------


def test_materials_are_uploaded_promised_and_used_again() -> None:
    desk()
    claim = draft_claim(materials=MATERIALS)
    actor = claim.who.actor()
    account = account_of(claim.party, claim.who)

    def hand_in() -> str:
        return submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=NOW)

    with no_event(), pytest.raises(InvalidClaim) as refusal:
        hand_in()
    assert "营业执照、工资发放凭证" in (refusal.value.message_zh or "")
    with pytest.raises(InvalidClaim):
        promise_material(actor=actor, claim_id=claim.id, code="licence", now=NOW)
    add_file(actor=actor, claim_id=claim.id, code="licence", content=PNG, name="执照.png", now=NOW)
    with one_event("claims.saved"):
        promised = promise_material(actor=actor, claim_id=claim.id, code="payroll", now=NOW)
    remove_material(actor=actor, claim_id=claim.id, material_id=promised, now=NOW)
    promise_material(actor=actor, claim_id=claim.id, code="payroll", now=NOW)
    assert hand_in() == "accepting"
    shown = get_claim(actor=actor, claim_id=claim.id).materials
    assert [(each.origin, each.promised_until is not None) for each in shown] == [
        ("uploaded", False),
        ("promised", True),
    ]
    # Withdrawn and claimed again, the licence is not asked for twice.
    withdraw_claim(actor=actor, claim_id=claim.id, reason="重新申请", now=NOW)
    again = begin_claim(actor=actor, party_id=claim.party.pk, code="HIRING", now=NOW)
    reuse_file(actor=actor, claim_id=again, code="licence", material_id=shown[0].id, now=NOW)
    assert get_claim(actor=actor, claim_id=again).materials[0].document_id == shown[0].document_id
    stranger = another_claim(claim.fund_id)
    with pytest.raises(InvalidClaim):
        reuse_file(
            actor=stranger.who.actor(),
            claim_id=stranger.id,
            code="licence",
            material_id=shown[0].id,
            now=NOW,
        )


def test_a_table_with_one_mistake_is_not_taken_in() -> None:
    claim = draft_claim(lines=LINES)
    actor = claim.who.actor()
    wrong = book(HEADER[:4], [*ROW[:2], "很多", ROW[3]])
    with no_event(), pytest.raises(InvalidLines) as refusal:
        save_lines(actor=actor, claim_id=claim.id, content=wrong, name="名单.xlsx", now=NOW)
    assert [(each.row, each.column) for each in refusal.value.details["table"].errors] == [(2, "月工资")]
    assert not ClaimLine.objects.exists()
    with one_event("claims.saved"):
        save_lines(
            actor=actor, claim_id=claim.id, content=book(HEADER[:4], ROW[:4]), name="名单.xlsx", now=NOW
        )
    line = ClaimLine.objects.get()
    assert "identity" not in line.values and "230102199001010011" in line.personal


def test_a_clerk_needs_the_representative_where_the_terms_say_so() -> None:
    desk()
    claim = draft_claim(needs_representative=True)
    clerk = clerk_of(claim.party, ("claims.apply_own", "policies.match_own", "parties.view_own"))
    account = account_of(claim.party, clerk)
    with no_event(), pytest.raises(InvalidClaim):
        submit_claim(actor=clerk.actor(), claim_id=claim.id, account_id=account, now=NOW)
    with pytest.raises(NotAllowed):
        confirm_as_representative(actor=clerk.actor(), claim_id=claim.id, now=NOW)
    confirm_as_representative(actor=claim.who.actor(), claim_id=claim.id, now=NOW)
    assert submit_claim(actor=clerk.actor(), claim_id=claim.id, account_id=account, now=NOW) == "accepting"


def test_the_last_moment_of_a_window_is_midnight_on_the_server() -> None:
    claim = draft_claim(mode="instant")
    account = account_of(claim.party, claim.who)
    # 2026-12-31 is the last day; China is eight hours ahead.
    late = datetime.fromisoformat("2026-12-31T16:00:00+00:00")
    with no_event(), pytest.raises(WindowClosed) as refusal:
        submit_claim(actor=claim.who.actor(late), claim_id=claim.id, account_id=account, now=late)
    assert "2027-01-01 00:00" in (refusal.value.message_zh or "")
    in_time = late - timedelta(seconds=1)
    actor = claim.who.actor(in_time)
    assert submit_claim(actor=actor, claim_id=claim.id, account_id=account, now=in_time) == "payable"


def test_who_is_refused_by_what_is_known_cannot_begin() -> None:
    claim = draft_claim()
    party, who = due_enterprise(staff=9)
    with no_event(), pytest.raises(NotEntitled) as refusal:
        begin_claim(actor=who.actor(), party_id=party.pk, code="HIRING", now=NOW)
    assert "参保人数" in (refusal.value.message_zh or "")
    with no_event(), pytest.raises(PartyNotFound):
        begin_claim(actor=who.actor(), party_id=claim.party.pk, code="HIRING", now=NOW)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": "12"}, "number"),
        ({"number": "6217000000000000018", "name": "别人"}, "name"),
        ({"number": "6217000000000000018", "bank_code": "12"}, "bank_code"),
        ({"number": "a", "channel": "wallet"}, "number"),
        ({"number": "6217000000000000018", "channel": "cash"}, "channel"),
    ],
)
def test_accounts_that_cannot_be_paid_to(given: dict[str, Any], field: str) -> None:
    party, who = due_enterprise()
    with no_event(), pytest.raises(InvalidAccount) as refusal:
        account_of(party, who, **given)
    assert refusal.value.details["field"] == field


# --- after it was handed in -------------------------------------------------------------------------------------------


def test_a_claim_sent_back_is_corrected_and_goes_on() -> None:
    claim, people = submitted_claim()
    flow.return_case(
        actor=people.window.actor(),
        task_id=task_of(claim, "accept"),
        what=["请补充说明"],
        now=NOW,
    )
    assert (claim.row.state, claim.row.reason) == ("returned", "请补充说明")
    resubmit_claim(actor=claim.who.actor(), claim_id=claim.id, now=NOW)
    assert claim.row.state == "accepting"
    done(claim, people, "accept", "accepted")


def test_withdrawn_after_it_was_approved_its_budget_is_free_again() -> None:
    claim, _ = approved_claim()
    assert Budget.objects.get().reserved_fen == 12_000 * YUAN
    withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="不再需要", now=NOW)
    assert (claim.row.state, Budget.objects.get().reserved_fen) == ("withdrawn", 0)
    again = begin_claim(actor=claim.who.actor(), party_id=claim.party.pk, code="HIRING", now=NOW)
    assert again != claim.id


def test_withdrawn_during_the_review_the_case_ends_too() -> None:
    claim, _ = submitted_claim()
    withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="填错了", now=NOW)
    assert claim.row.state == "withdrawn"
    detail = flow.case_progress(kind="claim", identifier=str(claim.id), now=NOW)
    assert detail is not None and detail.case.state == "withdrawn"


def test_another_account_after_the_bank_refused_the_first() -> None:
    _, claim, _ = sent_batch()
    bank_says(PaymentOrder.objects.get(), "rejected", reason="户名不符")
    refused = claim.row.account_id or 0
    with no_event(), pytest.raises(AccountNotFound):
        correct_account(actor=claim.who.actor(), claim_id=claim.id, account_id=refused, now=NOW)
    other = account_of(claim.party, claim.who, "6217000000000000026")
    with one_event("claims.account_corrected"):
        correct_account(actor=claim.who.actor(), claim_id=claim.id, account_id=other, now=NOW)
    assert claim.row.state == "payable"


def test_what_is_ordered_is_not_withdrawn() -> None:
    _, claim, _ = sent_batch()
    with no_event(), pytest.raises(NotPossibleNow):
        withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="", now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_at_once_one_hands_it_in_and_the_other_is_told() -> None:
    desk()
    claim = draft_claim()
    powers = ("claims.apply_own", "policies.match_own", "parties.view_own")
    clerks = [clerk_of(claim.party, powers) for _ in range(2)]
    account = account_of(claim.party, claim.who)
    found = at_once(
        [
            lambda each=each: submit_claim(  # type: ignore[misc]
                actor=each.actor(), claim_id=claim.id, account_id=account, now=NOW
            )
            for each in clerks
        ],
        2,
    )
    refusals = [each for each in found if isinstance(each, NotPossibleNow)]
    assert found.count("accepting") == 1 and len(refusals) == 1
    assert "待受理" in (refusals[0].message_zh or "")
    assert AuditEvent.objects.filter(action="claims.submitted").count() == 1
    assert claim.row.case_id is not None
