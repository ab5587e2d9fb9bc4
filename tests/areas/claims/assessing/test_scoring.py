"""Scoring by experts: who is drawn, what each sees, what comes of it, and what it stands before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.claims.assessing.assessing_factories import (
    SCORING,
    accepted,
    an_expert,
    experts,
    reviewed_claim,
)
from tests.areas.claims.factories import Claimed, Desk, account_of, desk, done, draft_claim, terms
from tests.areas.claims.ranking.test_ranking import closed, drafted, shared_item
from tests.kernel.access.factories import (
    HARBIN,
    NOW,
    QIQIHAR,
    SYSTEM,
    Person,
    agency,
    arranged,
    clerk_of,
    no_event,
    official,
)
from tests.kernel.parties.factories import a_party
from yingshang.areas.claims.actions.submit_claim import submit_claim
from yingshang.areas.claims.actions.withdraw_claim import withdraw_claim
from yingshang.areas.claims.assessing.actions.draw_experts import draw_experts, drop_scoring, replace_expert
from yingshang.areas.claims.assessing.actions.keep_experts import add_expert, change_expert
from yingshang.areas.claims.assessing.actions.score import declare_conflict, submit_scores
from yingshang.areas.claims.assessing.drawing import first_of, seed_with
from yingshang.areas.claims.assessing.rules import Criterion, result_of, total_of
from yingshang.areas.claims.assessing.selectors import (
    assessments_of,
    get_own_scoring,
    get_scoring,
    own_scorings,
)
from yingshang.areas.claims.errors import (
    ClaimNotFound,
    InvalidExpert,
    InvalidScores,
    InvalidScoring,
    InvalidTerms,
    NotAssessed,
    NotPossibleNow,
    ScoringNotFound,
)
from yingshang.areas.claims.lifecycle import SCORING as LIFE
from yingshang.areas.claims.lifecycle import SEAT
from yingshang.areas.claims.models import Claim, Expert, ScoreSheet, ScoringPanel, ScoringSeat
from yingshang.areas.claims.reviewing.drawing import draw_order
from yingshang.areas.claims.selectors import may_read_material
from yingshang.kernel.access.api import NotAllowed, grant_mandate
from yingshang.kernel.access.models import Mandate, User
from yingshang.kernel.ledger.models import AuditEvent

LATER = NOW + timedelta(days=20)
GIVEN = {"novel": "8", "sound": "4.5"}


def drawn(claim: Claimed, people: Desk, *, more: tuple[Claimed, ...] = ()) -> ScoringPanel:
    number = draw_experts(
        actor=people.reviewer.actor(), claim_ids=[each.id for each in (claim, *more)], now=NOW
    )
    return ScoringPanel.objects.get(pk=number)


def seated(panel: ScoringPanel, state: str = "invited") -> list[Person]:
    users = panel.seats.filter(state=state).order_by("pk").values_list("expert__user", flat=True)
    return [Person(User.objects.get(pk=each)) for each in users]


def scored(panel: ScoringPanel, who: Person, claim: Claimed, *, now: datetime = NOW, **points: str) -> str:
    return submit_scores(
        actor=who.actor(now),
        panel_id=panel.pk,
        claim_id=claim.id,
        points={**GIVEN, **points},
        remark="思路清楚。",
        now=now,
    )


def events(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


# --- pure -------------------------------------------------------------------------------------------------------------


@given(
    st.dictionaries(st.text("0123456789", min_size=1, max_size=4), st.booleans(), max_size=40),
    st.text("0123456789abcdef", min_size=8, max_size=8),
    st.integers(1, 8),
    st.sets(st.text("0123456789", min_size=1, max_size=4), max_size=5),
)
def test_whoever_has_an_interest_is_never_drawn_and_the_draw_can_be_done_again(
    register: dict[str, bool], secret: str, wanted: int, taken: set[str]
) -> None:
    def why_not(number: str) -> str:
        return "employer" if register[number] else ""

    order = draw_order(register, seed_with(["DX1", "DX2"], "00", secret))
    chosen, passed = first_of(order, wanted, taken=taken, why_not=why_not)
    free = {number for number, tied in register.items() if not tied} - taken
    assert set(chosen) <= free and len(chosen) == len(set(chosen)) == min(wanted, len(free))
    assert all(register[number] for number in passed) and not set(passed) & set(chosen)
    again = draw_order(reversed(list(register)), seed_with(["DX2", "DX1"], "00", secret))
    assert again == order and set(order) == set(register)
    # Who is drawn for a seat later is who would have been the next then.
    longer, _ = first_of(order, wanted + 1, taken=taken, why_not=why_not)
    assert longer[:wanted] == chosen
    following, _ = first_of(order, 1, taken=taken | set(chosen), why_not=why_not)
    assert following == longer[wanted:]


@given(
    st.lists(st.integers(1, 99), min_size=1, max_size=6),
    st.lists(st.decimals(0, 100, places=2), min_size=3, max_size=9),
    st.data(),
)
def test_results_lie_between_the_lowest_and_the_highest(
    parts: list[int], totals: list[Decimal], data: st.DataObject
) -> None:
    for rule in ("mean", "trimmed_mean"):
        assert min(totals) <= result_of(rule, totals) <= max(totals)
    assert result_of("trimmed_mean", [*totals, Decimal(-1000), Decimal(1000)]) == result_of("mean", totals)
    rules = [Criterion(str(at), str(at), Decimal(part), Decimal(10)) for at, part in enumerate(parts)]
    given_points = {each.code: data.draw(st.decimals(0, 10, places=2)) for each in rules}
    assert 0 <= total_of(rules, given_points) <= sum(parts)
    assert total_of(rules, {each.code: each.maximum for each in rules}) == sum(parts)


# --- drawn ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_experts_are_drawn_blind_and_everybody_can_draw_them_again_once_all_have_scored() -> None:
    claim, people = reviewed_claim()
    register = experts(6)
    before = events("claims.experts_drawn")
    panel = drawn(claim, people)
    assert events("claims.experts_drawn") == before + 1
    official_sees = get_scoring(actor=people.reviewer.actor(), panel_id=panel.pk, now=NOW)
    assert [each.expert for each in official_sees.seats] == ["", "", ""] and not official_sees.secret
    assert not (official_sees.order or official_sees.pool or official_sees.passed)
    told = AuditEvent.objects.get(action="claims.experts_drawn").after
    assert told["commitment"] == official_sees.commitment
    assert not any(number in str(told) for number in register)
    people_drawn = seated(panel)
    first, second, third = people_drawn
    assert scored(panel, first, claim) == "open"
    # Neither the official nor another expert sees a score that is in, nor how many points it has.
    sees = get_scoring(actor=people.reviewer.actor(), panel_id=panel.pk, now=NOW)
    assert all(not each.sheets for each in sees.seats) and sees.summary.done == 1
    assert set(AuditEvent.objects.get(action="claims.score_submitted").after or ()) == {"state", "claim"}
    own = get_own_scoring(actor=second.actor(), panel_id=panel.pk, now=NOW)
    assert own.may_score and own.claims[0].sheet is None
    mine = get_own_scoring(actor=first.actor(), panel_id=panel.pk, now=NOW).claims[0].sheet
    assert mine is not None and mine.total == Decimal("84.00")
    with pytest.raises(NotAssessed), no_event():
        done(claim, people, "experts", "scored")
    scored(panel, second, claim, novel="10", sound="5")
    assert scored(panel, third, claim, novel="5", sound="2.5") == "completed"
    assert claim.row.score == Decimal("78.00")
    assert claim.row.facts["apply.expert_score"] == {
        "value": "78.00",
        "source": "专家评审",
        "as_of": "2026-11-23",
    }
    # Anybody draws again: from the claims, the checkpoint, the secret that was committed to, and the pool.
    open_now = get_scoring(actor=people.reviewer.actor(), panel_id=panel.pk, now=NOW)
    assert hashlib.sha256(open_now.secret.encode()).hexdigest() == told["commitment"]
    order = draw_order(
        open_now.pool, seed_with([claim.row.number], open_now.checkpoint_root, open_now.secret)
    )
    assert {register[number].id for number in order[:3]} == {each.id for each in people_drawn}
    assert set(open_now.pool) == set(register) and all(each.sheets for each in open_now.seats)
    assert AuditEvent.objects.filter(action="claims.score_submitted").latest("pk").after["secret"]
    # It stands with the evidence, and the review goes on; nobody who scored approves.
    beside = assessments_of(actor=people.approver.actor(), claim_id=claim.id, now=NOW)
    assert beside.scored is not None and beside.scored.claims[0].result == Decimal("78.00")
    done(claim, people, "experts", "scored")
    done(claim, people, "approve", "approved")
    assert claim.row.state == "approved"


@pytest.mark.django_db
def test_who_has_an_interest_is_passed_over_and_it_is_told_why() -> None:
    claim, people = reviewed_claim()
    employer = a_party("演示申报企业的关联公司")
    twin = a_party("演示同一法定代表人的公司")
    representative = claim.who
    grant_mandate(
        actor=SYSTEM, user_id=representative.id, party_id=twin.pk, legal_representative=True, now=NOW
    )
    tied = {
        "employer": an_expert(employer_code=claim.party.credit_code or ""),
        "representative": an_expert(employer_code=twin.credit_code or ""),
        "acts_for": an_expert(),
        "no_role": an_expert(),
    }
    with arranged():
        clerk = clerk_of(claim.party)
        Mandate.objects.filter(user=clerk.user).update(user=tied["acts_for"].user)
        User.objects.filter(pk=tied["no_role"].id).update(is_active=False)
        Claim.objects.filter(pk=claim.id).update(accepted_by="")
    free = [an_expert(employer_code=employer.credit_code or "") for _ in range(3)]
    inactive = an_expert()
    row = Expert.objects.get(user=inactive.user)
    change_expert(actor=SYSTEM, expert_id=row.pk, fields=["软件"], active=False, now=NOW)
    panel = drawn(claim, people)
    assert {each.id for each in seated(panel)} == {each.id for each in free}
    numbers = dict(Expert.objects.values_list("number", "user_id"))
    reasons = {why: who.id for why, who in tied.items()}
    for number, why in panel.excluded.items():
        assert numbers[number] == reasons[why]
    assert row.number not in panel.pool
    # Whoever is left over is tied: the seat of one who steps aside finds nobody, and the official may not draw anew.
    with no_event(), pytest.raises(InvalidScoring) as refusal:
        declare_conflict(actor=free[0].actor(), panel_id=panel.pk, reason="近亲属在该企业任职", now=NOW)
    assert refusal.value.details["found"] == 0
    with no_event(), pytest.raises(NotPossibleNow):
        drop_scoring(actor=people.reviewer.actor(), panel_id=panel.pk, reason="补充专家", now=NOW)
    # Late, with nobody to follow, it ends; then one draws anew.
    drop_scoring(actor=people.reviewer.actor(LATER), panel_id=panel.pk, reason="补充专家", now=LATER)
    an_expert()
    again = draw_experts(actor=people.reviewer.actor(), claim_ids=[claim.id], now=LATER)
    assert again != panel.pk and ScoringSeat.objects.filter(panel=again, state="invited").count() == 3


@pytest.mark.django_db
def test_the_next_of_the_draw_takes_the_seat_of_who_steps_aside_or_is_late() -> None:
    claim, people = reviewed_claim()
    experts(7)
    panel = drawn(claim, people)
    first, second, third = seated(panel)
    with no_event(), pytest.raises(InvalidScoring):
        declare_conflict(actor=first.actor(), panel_id=panel.pk, reason=" ", now=NOW)
    before = events("claims.conflict_declared")
    declare_conflict(actor=first.actor(), panel_id=panel.pk, reason="曾任该企业顾问", now=NOW)
    assert events("claims.conflict_declared") == before + 1
    order = [*panel.seats.order_by("pk").values_list("place", flat=True)]
    assert order == [1, 2, 3, 4]
    # Who stepped aside reads nothing any more.
    assert get_own_scoring(actor=first.actor(), panel_id=panel.pk, now=NOW).claims == ()
    assert not may_read_material(first.actor(), str(claim.id))
    assert may_read_material(second.actor(), str(claim.id))
    scored(panel, second, claim)
    late = panel.seats.get(expert__user=third.user)
    ask: dict[str, Any] = {"panel_id": panel.pk, "seat_id": late.pk, "reason": "逾期未评分"}
    with no_event(), pytest.raises(NotPossibleNow) as refusal:
        replace_expert(actor=people.reviewer.actor(), now=NOW, **ask)
    assert "逾期后" in (refusal.value.message_zh or "")
    with no_event(), pytest.raises(InvalidScoring):
        replace_expert(actor=people.reviewer.actor(LATER), now=LATER, **{**ask, "reason": ""})
    replace_expert(actor=people.reviewer.actor(LATER), now=LATER, **ask)
    with no_event(), pytest.raises(NotPossibleNow):
        scored(panel, third, claim, now=LATER)
    newest = panel.seats.latest("pk")
    assert (newest.place, newest.state) == (5, "invited") and newest.due_at > LATER
    for who in seated(panel):
        scored(panel, who, claim, now=LATER)
    panel.refresh_from_db()
    assert panel.state == "completed" and ScoreSheet.objects.count() == 3


# --- scored -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_sheet_is_handed_in_once_and_nobody_changes_it() -> None:
    claim, people = reviewed_claim()
    experts(3)
    panel = drawn(claim, people)
    who = seated(panel)[0]
    for wrong, field in (
        ({"novel": "11"}, "novel"),
        ({"novel": "-1"}, "novel"),
        ({"sound": "nan"}, "sound"),
        ({"sound": ""}, "sound"),
        ({"novel": "1.005"}, "novel"),
        ({"colour": "1"}, "colour"),
    ):
        with no_event(), pytest.raises(InvalidScores) as refusal:
            scored(panel, who, claim, **wrong)
        assert refusal.value.details["field"] == field and refusal.value.message_zh
    with no_event(), pytest.raises(InvalidScores):
        submit_scores(
            actor=who.actor(), panel_id=panel.pk, claim_id=claim.id, points=GIVEN, remark=" ", now=NOW
        )
    scored(panel, who, claim)
    with no_event(), pytest.raises(NotPossibleNow):
        scored(panel, who, claim)
    sheet = ScoreSheet.objects.get()
    for change in (lambda: ScoreSheet.objects.update(total=100), sheet.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    # A seat, a panel: scored, it takes nothing more.
    with no_event(), pytest.raises(NotPossibleNow):
        declare_conflict(actor=who.actor(), panel_id=panel.pk, reason="迟来的回避", now=NOW)


@pytest.mark.django_db
def test_states_by_actions_and_roles() -> None:
    claim, people = reviewed_claim()
    experts(5)
    panel = drawn(claim, people)
    who = seated(panel)[0]
    seat = panel.seats.get(expert__user=who.user)

    def attempts(actor: Any) -> dict[str, Callable[[], object]]:
        return {
            "draw": lambda: draw_experts(actor=actor, claim_ids=[claim.id], now=LATER),
            "replace": lambda: replace_expert(
                actor=actor, panel_id=panel.pk, seat_id=seat.pk, reason="逾期", now=LATER
            ),
            "drop": lambda: drop_scoring(actor=actor, panel_id=panel.pk, reason="终止", now=LATER),
            "score": lambda: submit_scores(
                actor=actor, panel_id=panel.pk, claim_id=claim.id, points=GIVEN, remark="好", now=LATER
            ),
            "conflict": lambda: declare_conflict(actor=actor, panel_id=panel.pk, reason="有关系", now=LATER),
        }

    def tried(person: Person) -> dict[str, type[BaseException] | None]:
        found: dict[str, type[BaseException] | None] = {}
        for name, attempt in attempts(person.actor(LATER)).items():
            point = transaction.savepoint()
            try:
                attempt()
                found[name] = None
            except Exception as error:
                found[name] = type(error)
            transaction.savepoint_rollback(point)
        return found

    by_role = {
        "window_official": {"draw": InvalidScoring, "replace": None, "drop": NotPossibleNow},
        "department_official": {"draw": InvalidScoring, "replace": None, "drop": NotPossibleNow},
        "expert": {"score": ScoringNotFound, "conflict": ScoringNotFound},
        "approver": {},
        "treasurer": {},
        "supervisor": {},
    }
    for role, expected in by_role.items():
        found = tried(official(role, HARBIN))
        assert found == {**dict.fromkeys(found, NotAllowed), **expected}, role
    elsewhere = tried(official("department_official", QIQIHAR))
    assert (
        elsewhere["draw"] is InvalidScoring and elsewhere["replace"] is elsewhere["drop"] is ScoringNotFound
    )
    assert tried(who) == {
        "draw": NotAllowed,
        "replace": NotAllowed,
        "drop": NotAllowed,
        "score": None,
        "conflict": None,
    }
    with pytest.raises(NotAllowed):
        get_scoring(actor=who.actor(), panel_id=panel.pk, now=NOW)
    with pytest.raises(ScoringNotFound):
        get_scoring(actor=official("department_official", QIQIHAR).actor(), panel_id=panel.pk, now=NOW)
    # In every state of seat and panel but the first, nothing more can be done.
    for table, row in ((SEAT, seat), (LIFE, panel)):
        beginning = row.state
        for state in sorted(set(table.states) - {beginning}):
            with arranged():
                type(row).objects.filter(pk=row.pk).update(state=state)
            assert tried(who)["score"] is tried(who)["conflict"] is NotPossibleNow, state
            reseat = tried(people.reviewer)
            assert reseat["replace"] is NotPossibleNow, state
        with arranged():
            type(row).objects.filter(pk=row.pk).update(state=beginning)
    # And a claim that is in any other state than under review is not drawn for.
    with arranged():
        ScoringPanel.objects.filter(pk=panel.pk).update(state="dropped")
        panel.claims.update(active=False)
    assert tried(people.reviewer)["draw"] is None
    for state in ("draft", "accepting", "returned", "approved", "paid", "refused"):
        with arranged():
            Claim.objects.filter(pk=claim.id).update(state=state)
        assert tried(people.reviewer)["draw"] is InvalidScoring, state


@pytest.mark.django_db
def test_what_ends_with_the_claim() -> None:
    claim, people = reviewed_claim()
    experts(4)
    panel = drawn(claim, people)
    with pytest.raises(NotAssessed), no_event():
        done(claim, people, "experts", "scored")
    withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="不再申请", now=NOW)
    panel.refresh_from_db()
    assert panel.state == "dropped" and not seated(panel) and len(seated(panel, "dropped")) == 3
    assert events("claims.scoring_dropped") == 1
    assert own_scorings(actor=seated(panel, "dropped")[0].actor(), now=NOW)[0].state == "dropped"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"experts": 2},
        {"experts": "3"},
        {"result": "median"},
        {"result": "trimmed_mean"},
        {"working_days": 0},
        {"criteria": []},
        {"criteria": [{"code": "a", "name": "甲", "weight": 60, "maximum": 10}]},
        {"criteria": [{"code": "a", "name": "甲", "weight": 100, "maximum": "many"}]},
        {"criteria": [{"code": "a", "name": "", "weight": 100, "maximum": 10}]},
        None,
    ],
)
def test_terms_of_scoring_that_cannot_be_are_refused_at_their_field(wrong: dict[str, Any] | None) -> None:
    claim = draft_claim()
    given = {} if wrong is None else {**SCORING, **wrong}
    with no_event(), pytest.raises(InvalidTerms) as refusal:
        terms(fund_id=claim.fund_id, reviews=["experts"], scoring=given)
    assert refusal.value.details["field"] == "scoring" and refusal.value.message_zh


@pytest.mark.django_db
def test_the_register_takes_who_holds_the_role_once_and_encrypts_how_to_reach_them() -> None:
    keeper, who = official("department_official", HARBIN), official("expert", HARBIN)
    given: dict[str, Any] = {"agency_id": agency(HARBIN).pk, "fields": ["软件"], "now": NOW}
    for user, more, field in (
        (keeper.id, {}, "user_id"),
        (who.id, {"fields": [" "]}, "fields"),
        (who.id, {"employer_code": "123"}, "employer_code"),
    ):
        with no_event(), pytest.raises(InvalidExpert) as refusal:
            add_expert(actor=keeper.actor(), user_id=user, **{**given, **more})
        assert refusal.value.details["field"] == field
    number = add_expert(actor=keeper.actor(), user_id=who.id, contact="13912345678", **given)
    assert events("claims.expert_added") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact FROM claims_expert")
        assert "139123" not in cursor.fetchone()[0]
    with no_event(), pytest.raises(InvalidExpert):
        add_expert(actor=keeper.actor(), user_id=who.id, **given)
    for stranger in ("approver", "expert", "window_official"):
        with no_event(), pytest.raises(NotAllowed):
            change_expert(
                actor=official(stranger, HARBIN).actor(), expert_id=number, fields=["软件"], now=NOW
            )
    with no_event(), pytest.raises(NotAllowed):
        add_expert(
            actor=official("department_official", QIQIHAR).actor(),
            user_id=official("expert", HARBIN).id,
            **given,
        )


# --- to the end -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_quota_is_ranked_by_the_scores_of_experts() -> None:
    people = desk()
    fund_id = shared_item("quota: {count: 1, rank_by: 专家评审得分}\n")
    terms(mode="online", fund_id=fund_id, reviews=["experts"], scoring=SCORING)
    claims = [drafted(staff, fund_id) for staff in (18, 12)]
    for each in claims:
        account = account_of(each.party, each.who)
        submit_claim(actor=each.who.actor(), claim_id=each.id, account_id=account, now=NOW)
        accepted(each, people)
    first, second = claims
    # A score belongs to the platform: nothing the enterprise said stands in its place before.
    assert all("apply.expert_score" not in each.row.facts for each in claims)
    experts(4)
    panel = drawn(first, people, more=(second,))
    with no_event(), pytest.raises(InvalidScoring):
        drawn(second, people)
    for who in seated(panel):
        scored(panel, who, first, novel="6")
        assert ScoringSeat.objects.get(panel=panel, expert__user=who.user).state == "invited"
        with no_event(), pytest.raises(InvalidScores):
            scored(panel, who, first)
        scored(panel, who, second, novel="9")
    assert (first.row.score, second.row.score) == (Decimal("72.00"), Decimal("90.00"))
    for each in claims:
        done(each, people, "experts", "scored")
        done(each, people, "approve", "queued")
    assert closed(people).approved == (second.id,)
    assert first.row.state == "unranked" and "72" in first.row.reason
    with pytest.raises(ClaimNotFound):
        assessments_of(actor=official("approver", QIQIHAR).actor(), claim_id=first.id, now=NOW)
