"""What of claims stands on the first page of the workbench, for whom it is and for nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.areas.claims.assessing.assessing_factories import experts, reviewed_claim
from tests.areas.claims.assessing.test_scoring import drawn, seated
from tests.areas.claims.factories import prepared_batch
from tests.areas.claims.test_appointments import booked_claim
from tests.kernel.access.factories import HARBIN, NOW, QIQIHAR, official
from yingshang.areas.claims.api import stop_by_hand
from yingshang.web.claims import due
from yingshang.web.desk.due import due_for

pytestmark = pytest.mark.django_db


def kinds(role: str, region: str = HARBIN) -> set[str]:
    """The kinds of work of claims that somebody of a role finds there."""
    rows = due_for(official(role, region).actor(), now=NOW).rows
    return {row.item.kind for row in rows if row.item.kind.startswith("claim_")}


def test_a_batch_and_a_stop_wait_for_those_who_decide_on_them() -> None:
    _batch, claim, _people = prepared_batch()
    stop_by_hand(
        actor=official("supervisor", HARBIN).actor(), item_code="HIRING", reason="专项检查期间暂停", now=NOW
    )
    assert "claim_batch" in kinds("treasurer")
    assert "claim_trip" in kinds("supervisor")
    [item] = due.stopped(official("supervisor", HARBIN).actor(), NOW).items
    assert claim.row.item_name in item.title, "called by its name, not by its code"
    for role in ("treasurer", "supervisor", "department_official", "window_official", "approver", "expert"):
        assert kinds(role, QIQIHAR) == set(), role
    assert kinds("window_official") == set()


def test_a_visit_is_due_on_its_day_and_until_it_is_noted_what_became_of_it() -> None:
    claim, people, row = booked_claim()
    clerk = people.window.actor(row.starts_at)
    before, later = row.starts_at - timedelta(days=1), row.starts_at + timedelta(days=3)
    assert [len(due.visits(clerk, at).items) for at in (before, row.starts_at, later)] == [0, 1, 1]
    [item] = due.visits(clerk, row.starts_at).items
    assert claim.party.name in item.title and item.due_on is not None
    assert due.visits(official("window_official", QIQIHAR).actor(), row.starts_at).total == 0


def test_an_expert_finds_the_sheets_that_were_given_to_them() -> None:
    register = experts(4)
    claim, people = reviewed_claim()
    panel = drawn(claim, people)
    asked = {each.id for each in seated(panel)}
    assert 0 < len(asked) < len(register)
    for expert in register.values():
        addresses = [each.url for each in due.scores(expert.actor(), NOW).items]
        assert addresses == ([f"/desk/claims/my-scorings/{panel.pk}/"] if expert.id in asked else [])
