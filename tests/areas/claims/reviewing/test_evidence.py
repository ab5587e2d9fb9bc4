"""Evidence beside the decision, grounds of a refusal, line items in the clear, and terms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.areas.claims.factories import desk, done, draft_claim, handed_in, submitted_claim, task_of, terms
from tests.areas.claims.test_applying import LINES, MATERIALS
from tests.areas.claims.test_line_tables import HEADER, ROW, book
from tests.kernel.access.factories import (
    NOW,
    QIQIHAR,
    SYSTEM,
    no_event,
    official,
    one_event,
)
from tests.kernel.parties.factories import told
from yingshang.areas.claims.actions.add_material import save_lines
from yingshang.areas.claims.actions.set_terms import Terms, set_terms
from yingshang.areas.claims.errors import ClaimNotFound, InvalidTerms
from yingshang.areas.claims.models import ItemTerms
from yingshang.areas.claims.reviewing.actions.read_lines import read_lines
from yingshang.areas.claims.reviewing.evidence import evidence_of
from yingshang.areas.claims.reviewing.lines import lines_of
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.access.models import PersonalDataView
from yingshang.kernel.flow import api as flow
from yingshang.kernel.parties.models import Party

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


def staff_becomes(party: Party, number: int) -> None:
    told(
        [
            {
                "subject": party.credit_code,
                "name": party.name,
                "ent.region": party.region_id,
                "emp.insured_count": number,
            }
        ],
        as_of=LATER.date(),
        now=LATER,
    )


def test_evidence_is_what_was_frozen_and_says_what_has_changed_since() -> None:
    claim, people = submitted_claim()
    found = evidence_of(actor=people.approver.actor(), claim_id=claim.id, now=NOW)
    [row] = found.rows
    assert (row.outcome, row.text, row.changed) == ("true", "参保人数不少于10人", False)
    assert row.facts[0].source and row.facts[0].as_of and not found.changed and found.as_it_was
    staff_becomes(claim.party, 7)
    found = evidence_of(actor=people.approver.actor(LATER), claim_id=claim.id, now=LATER)
    [row] = found.rows
    # The condition still says what it said; beside it stands what the register says now.
    assert (row.outcome, row.facts[0].changed, found.changed) == ("true", True, 1)
    assert row.facts[0].text.startswith("12") and row.facts[0].text_now.startswith("7")
    assert found.outcome_now == "refused" and not found.as_it_was
    # Who may not see matches is not told what today would come to, and sees the change all the same.
    assert evidence_of(actor=people.window.actor(), claim_id=claim.id, now=LATER).outcome_now == ""
    with pytest.raises(ClaimNotFound):
        evidence_of(actor=official("approver", QIQIHAR).actor(), claim_id=claim.id, now=NOW)


def test_a_refusal_names_the_conditions_that_fail() -> None:
    claim, people = submitted_claim()
    done(claim, people, "accept", "accepted")
    done(claim, people, "review", "supported")
    staff_becomes(claim.party, 7)
    done(claim, people, "approve", "refused", now=LATER, opinion="参保人数已不足")
    row = claim.row
    [ground] = row.grounds
    assert (row.state, ground["condition"], ground["text"]) == ("refused", "insured", "参保人数不少于10人")
    assert "7" in ground["value"] and ground["source"] and ground["as_of"] == LATER.date().isoformat()


def test_a_refusal_for_another_reason_names_none() -> None:
    claim, people = submitted_claim()
    flow.reject_case(
        actor=people.window.actor(), task_id=task_of(claim, "accept"), reason="材料不实", now=NOW
    )
    assert (claim.row.state, claim.row.grounds, claim.row.reason) == ("refused", [], "材料不实")


def test_names_of_people_are_stars_until_somebody_reads_them_and_that_is_kept() -> None:
    people = desk()
    claim = draft_claim(lines=LINES)
    save_lines(
        actor=claim.who.actor(), claim_id=claim.id, content=book(HEADER[:4], ROW[:4]), name="a.xlsx", now=NOW
    )
    handed_in(claim)
    reviewer = people.reviewer.actor()
    masked = lines_of(actor=reviewer, claim_id=claim.id)
    assert masked.personal == ("姓名", "身份证号") and masked.rows[0][0] == "＊＊＊"
    with one_event("claims.lines_read"):
        clear = read_lines(actor=reviewer, claim_id=claim.id, purpose="核对参保人员", now=NOW)
    assert clear.rows[0][0] == ROW[0]
    [view] = PersonalDataView.objects.filter(party_id=claim.party.pk)
    assert view.purpose == "核对参保人员" and "姓名" in view.fields
    for stranger, refusal in (
        (people.approver, NotAllowed),
        (official("department_official", QIQIHAR), ClaimNotFound),
    ):
        with no_event(), pytest.raises(refusal):
            read_lines(actor=stranger.actor(), claim_id=claim.id, purpose="", now=NOW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"period": "decade"}, "period"),
        ({"materials": [{"code": "a", "name": "甲"}, {"code": "a", "name": "乙"}]}, "materials"),
        ({"materials": [{"code": "a", "name": ""}]}, "materials"),
        ({"lines": {"name": "", "columns": [{"code": "a", "name": "甲"}]}}, "lines"),
        ({"lines": {"name": "表", "columns": []}}, "lines"),
        ({"lines": {"name": "表", "columns": [{"code": "a", "name": "甲", "type": "colour"}]}}, "lines"),
        ({"lines": {"name": "表", "columns": [{"colour": 1}]}}, "lines"),
        ({"sample_percent": 101}, "sample_percent"),
        ({"mode": "instant", "publicity_working_days": 5}, "mode"),
    ],
)
def test_terms_that_contradict_themselves_are_refused_at_their_field(
    wrong: dict[str, Any], field: str
) -> None:
    claim = draft_claim(materials=MATERIALS)
    kept = ItemTerms.objects.get()
    values: dict[str, Any] = {
        "agency_id": kept.agency_id,
        "mode": "online",
        "fund_id": claim.fund_id,
        **wrong,
    }
    with no_event(), pytest.raises(InvalidTerms) as refusal:
        set_terms(actor=SYSTEM, code="HIRING", terms=Terms(**values), now=NOW)
    assert refusal.value.details["field"] == field
    terms(fund_id=claim.fund_id)
    assert ItemTerms.objects.get().revision == 2
