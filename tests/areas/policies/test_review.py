"""The standardisation review: what a version goes through, who may take it there, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.areas.policies.factories import approved_item, author, hiring, published_item, written_item
from tests.areas.policies.review_factories import (
    LATER,
    Reviewers,
    commented,
    consulted_item,
    done,
    item_before_decision,
    passed_item,
    public_item,
    returned_item,
    reviewers,
    submitted_item,
    task_of,
    version,
)
from tests.kernel.access.factories import HARBIN, NOW, QIQIHAR, SYSTEM, Person, arranged, no_event, official
from tests.kernel.parties.factories import give_document_code
from yingshang.areas.policies.api import (
    ConsultationOpen,
    ElementsMissing,
    FindingNotFound,
    FindingsOpen,
    InvalidItem,
    InvalidReview,
    ItemNotFound,
    NobodyToReview,
    NotPossibleNow,
    OwnSubmission,
    completeness,
    completeness_of,
    correct_version,
    discard_version,
    enter_comment,
    funding_obstacle,
    is_fundable,
    issue_opinion,
    judge_finding,
    publish_item,
    remind_of_expiry,
    review_on_desk,
    reviews_of,
    revoke_submission,
    save_version,
    submit_version,
    withdraw_item,
)
from yingshang.areas.policies.lifecycle import VERSION
from yingshang.areas.policies.models import Consultation, ExpiryReminder
from yingshang.areas.policies.review.data import elements
from yingshang.kernel.access.api import VISITOR, NotAllowed
from yingshang.kernel.documents.api import load_defaults
from yingshang.kernel.flow import api as flow
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Agency
from yingshang.rules.errors import DomainError

pytestmark = pytest.mark.django_db
DAY = LATER.date()


def events(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


# --- elements ---------------------------------------------------------------------------------------------------------


def test_there_are_twenty_elements_and_each_says_where_it_is_read_from() -> None:
    found = completeness_of(hiring(), {"contact": "12345"})
    assert len(found) == 20 == len({each.code for each in found})
    states = {each.code: each for each in found}
    assert states["name"].text == "吸纳就业补贴" and states["name"].from_source
    assert states["conditions"].text == "参保人数不少于10人"
    assert states["contact"].text == "12345" and not states["contact"].from_source
    assert [each.code for each in found if each.lacking] == ["basis"]
    budgeted = completeness_of(hiring() + "budget: {amount: 60000000}\n", {})
    assert next(each.text for each in budgeted if each.code == "funds") == "6000 万元"
    # Six are named by the report, three of these by a second page too; what is of the standard says which field it is.
    named = [each for each in elements() if each.origin == "source"]
    assert [len(named), sum(each.status == "corroborated" for each in named)] == [6, 3]
    assert all(each.standard for each in elements() if each.origin == "standard")
    assert {each.status for each in elements()} == {"named", "corroborated", "verified", "authored"}


def test_what_cannot_be_read_says_nothing_and_is_no_error() -> None:
    assert not any(each.present for each in completeness_of("id: [", {}))


# --- the way through --------------------------------------------------------------------------------------------------


def test_a_version_goes_through_the_review_and_can_be_published_and_funded() -> None:
    people = passed_item()
    row = version()
    assert row.state == "approved" and row.approved_at == LATER
    assert not is_fundable(code="HIRING", day=DAY)
    publish_item(actor=people.author.actor(), code="HIRING", now=LATER)
    assert is_fundable(code="HIRING", day=DAY)
    assert not is_fundable(code="HIRING", day=DAY.replace(year=2029))
    [review] = reviews_of(actor=people.author.actor(), code="HIRING")
    assert (review.state, review.associations) == ("passed", ("演示行业协会",))
    for action in (
        "item_submitted",
        "item_passed",
        "consultation_opened",
        "consultation_closed",
        "comment_answered",
    ):
        assert events(f"policies.{action}") == 1, action


def test_what_was_never_reviewed_cannot_be_funded() -> None:
    published_item()
    found = funding_obstacle(code="HIRING", day=DAY)
    assert found is not None and found.code == "not_reviewed"
    missing = funding_obstacle(code="NONE", day=DAY)
    assert missing is not None and missing.code == "not_published"


def test_a_version_that_does_not_compile_is_not_handed_in() -> None:
    people = reviewers()
    written_item(source=hiring().replace("参保人数 >=", "没有这项 >="))
    who = people.author.actor()
    with no_event(), pytest.raises(InvalidItem):
        submit_version(actor=who, code="HIRING", now=NOW)


def test_without_an_agency_for_a_lane_nothing_is_handed_in() -> None:
    from yingshang.kernel.clock import api as clock

    for room in (clock, flow):
        room.load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    written_item()
    who = author().actor()
    with no_event(), pytest.raises(NobodyToReview):
        submit_version(actor=who, code="HIRING", now=NOW)
    with no_event(), pytest.raises(NobodyToReview):
        submit_version(actor=SYSTEM, code="HIRING", now=NOW)


def test_too_much_is_refused_at_its_field() -> None:
    people = reviewers()
    written_item()
    who = people.author.actor()
    for more, field in (
        ({"explanation": "字" * 4001}, "explanation"),
        ({"departments": ["部门"] * 1 + ["长" * 101]}, "departments"),
    ):
        with no_event(), pytest.raises(InvalidReview) as refusal:
            submit_version(actor=who, code="HIRING", now=NOW, **more)  # type: ignore[arg-type]
        assert refusal.value.details["field"] == field


def test_incomplete_elements_stop_the_first_step() -> None:
    people = submitted_item(source=hiring())
    with no_event(), pytest.raises(ElementsMissing) as refusal:
        done(people, "HIRING", "completeness", "complete")
    assert refusal.value.details["elements"] == ["basis"]
    assert [each.code for each in completeness(version()) if each.lacking] == ["basis"]


def test_who_handed_it_in_does_not_review_it() -> None:
    people = reviewers()
    written_item()
    from tests.kernel.access.factories import agency
    from yingshang.kernel.access.api import appoint, system_actor

    appoint(
        actor=system_actor("arrangement"),
        user_id=people.author.id,
        role="department_official",
        agency_id=agency(HARBIN).pk,
        now=NOW,
    )
    submit_version(actor=people.author.actor(), code="HIRING", now=NOW)
    who = people.author.actor()
    with no_event(), pytest.raises(OwnSubmission):
        flow.complete_task(actor=who, task_id=task_of("HIRING", "completeness"), outcome="complete", now=NOW)


def test_the_public_step_waits_for_the_consultation() -> None:
    people, _ = public_item()
    with no_event(), pytest.raises(ConsultationOpen):
        done(people, "HIRING", "publicise", "concluded")


def test_who_was_named_is_asked_or_it_is_said_why_not() -> None:
    people, consultation = public_item()
    with no_event(), pytest.raises(ConsultationOpen) as refusal:
        done(people, "HIRING", "consult", "consulted")
    assert refusal.value.details["waiting"] == ["哈尔滨市财政局", "演示行业协会"]
    drafting = people.drafting.actor()
    for kind, name in (("department", "哈尔滨市财政局"), ("association", "演示行业协会")):
        enter_comment(
            actor=drafting,
            consultation_id=consultation.pk,
            kind=kind,
            name=name,
            text="同意。",
            contact="",
            now=NOW,
        )
    done(people, "HIRING", "consult", "consulted")
    others = public_item("OTHER")[0]
    done(others, "OTHER", "consult", "consulted", opinion="与财政局当面会商，协会未成立。")


def test_failing_ends_the_version() -> None:
    people = item_before_decision()
    done(people, "HIRING", "decide", "failed", now=LATER, opinion="资金没有落实")
    row = version()
    assert (row.state, row.end_reason) == ("rejected", "资金没有落实")
    assert events("policies.item_failed") == 1
    assert reviews_of(actor=people.author.actor(), code="HIRING")[0].state == "failed"


@pytest.mark.parametrize("code", ["哈数", ""])
def test_the_number_of_an_opinion_has_the_code_of_who_decided(code: str) -> None:
    with arranged():
        load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    people = item_before_decision()
    done(people, "HIRING", "decide", "failed", now=LATER, opinion="资金没有落实")
    decided = Agency.objects.get(pk=people.of("decide").actor().grants[0].agency_id)
    if code:
        give_document_code(decided, code)
    [review] = reviews_of(actor=people.author.actor(LATER), code="HIRING")
    issue_opinion(actor=people.author.actor(LATER), review_id=review.id, now=LATER)
    event = AuditEvent.objects.get(action="policies.item_opinion_issued")
    year = LATER.year
    assert event.after["number"] == (f"{code}审〔{year}〕1号" if code else f"审查意见〔{year}〕{review.id}号")


@pytest.mark.parametrize(("step", "outcome"), [("fairness", "unfair"), ("legality", "unlawful")])
def test_an_unfair_or_unlawful_version_fails(step: str, outcome: str) -> None:
    people = consulted_item()
    if step == "legality":
        done(people, "HIRING", "fairness", "fair", now=LATER)
    done(people, "HIRING", step, outcome, now=LATER)
    assert version().state == "rejected"


def test_a_version_is_sent_back_corrected_and_goes_on_where_it_was() -> None:
    people = returned_item()
    row = version()
    assert row.state == "returned" and events("policies.item_sent_back") == 1
    save_version(
        actor=people.author.actor(),
        code="HIRING",
        source=row.source.replace("1000元", "1200元"),
        revision=1,
        now=NOW,
    )
    before = events("policies.item_corrected")
    correct_version(actor=people.author.actor(), code="HIRING", now=NOW)
    assert events("policies.item_corrected") == before + 1
    event = AuditEvent.objects.filter(action="policies.item_corrected").latest("id")
    assert event.actor_id == str(people.author.id), "the author, not the platform"
    assert version().state == "reviewing"
    done(people, "HIRING", "completeness", "complete")


def test_a_revoked_version_is_a_draft_again_and_its_consultation_is_over() -> None:
    people, consultation = public_item()
    revoke_submission(actor=people.author.actor(), code="HIRING", reason="补充测算", now=NOW)
    assert version().state == "draft"
    consultation.refresh_from_db()
    assert consultation.state == "cancelled"
    assert events("policies.item_revoked") == 1
    submit_version(actor=people.author.actor(), code="HIRING", now=NOW)
    assert version().state == "reviewing"


def test_one_that_has_passed_and_is_taken_back_has_to_pass_again() -> None:
    people = passed_item()
    revoke_submission(actor=people.author.actor(), code="HIRING", reason="调整标准", now=LATER)
    row = version()
    assert (row.state, row.approved_at) == ("draft", None)
    assert reviews_of(actor=people.author.actor(), code="HIRING")[0].state == "revoked"


def test_sent_back_to_the_public_with_the_same_words_it_is_not_asked_again() -> None:
    people = consulted_item()
    flow.send_back(
        actor=people.market.actor(LATER),
        task_id=task_of("HIRING", "fairness"),
        to_step="completeness",
        reason="要素有误",
        now=LATER,
    )
    done(people, "HIRING", "completeness", "complete", now=LATER)
    assert Consultation.objects.count() == 1
    done(people, "HIRING", "publicise", "concluded", now=LATER)


# --- every state × event × role ---------------------------------------------------------------------------------------

ARRANGED: dict[str, Callable[[], object]] = {
    "draft": lambda: (reviewers(), written_item())[0],
    "reviewing": submitted_item,
    "returned": returned_item,
    "approved": passed_item,
    "published": lambda: _published(),
    "superseded": lambda: None,
    "withdrawn": lambda: _withdrawn(),
    "rejected": lambda: _rejected(),
    "discarded": lambda: _discarded(),
}


def _published() -> Reviewers:
    people = passed_item()
    publish_item(actor=people.author.actor(), code="HIRING", now=LATER)
    return people


def _withdrawn() -> Reviewers:
    people = _published()
    withdraw_item(actor=people.author.actor(), code="HIRING", reason="文件废止", now=LATER)
    return people


def _rejected() -> Reviewers:
    people = consulted_item()
    done(people, "HIRING", "fairness", "unfair", now=LATER)
    return people


def _discarded() -> Reviewers:
    people = reviewers()
    written_item()
    discard_version(actor=people.author.actor(), code="HIRING", now=NOW)
    return people


ACTIONS: dict[str, Callable[[Person], object]] = {
    "submitted": lambda who: submit_version(actor=who.actor(LATER), code="HIRING", now=LATER),
    "corrected": lambda who: correct_version(actor=who.actor(LATER), code="HIRING", now=LATER),
    "revoked": lambda who: revoke_submission(actor=who.actor(LATER), code="HIRING", reason="理由", now=LATER),
    "published": lambda who: publish_item(actor=who.actor(LATER), code="HIRING", now=LATER),
    "withdrawn": lambda who: withdraw_item(actor=who.actor(LATER), code="HIRING", reason="理由", now=LATER),
}


@pytest.mark.parametrize("state", [each for each in ARRANGED if each != "superseded"])
def test_every_state_and_event_by_everybody(state: str) -> None:
    """One situation a state: first all that must be refused, then all that is possible, one after the other."""
    people = ARRANGED[state]()
    assert isinstance(people, Reviewers)
    assert version().state == state
    strangers = {
        "elsewhere": author(QIQIHAR),
        "reviewer": people.market,
        "window": official("window_official", HARBIN),
    }
    for event, act in ACTIONS.items():
        for role, who in strangers.items():
            who.actor(LATER)
            with no_event(), pytest.raises((NotAllowed, ItemNotFound)):
                act(who)
            assert version().state == state, (role, event)
        if not VERSION.may(state, event):
            people.author.actor(LATER)
            with no_event(), pytest.raises((NotPossibleNow, ItemNotFound)):
                act(people.author)
            assert version().state == state, event
    from django.db import transaction

    for event, act in ACTIONS.items():
        if VERSION.may(state, event):
            before = events(f"policies.item_{event}")
            sid = transaction.savepoint()
            act(people.author)
            assert version().state == VERSION.after(state, event)
            assert events(f"policies.item_{event}") == before + 1
            transaction.savepoint_rollback(sid)


def test_a_reason_is_asked_for() -> None:
    people = submitted_item()
    who = people.author.actor()
    with no_event(), pytest.raises(InvalidReview):
        revoke_submission(actor=who, code="HIRING", reason=" ", now=NOW)


# --- findings are judged by people ------------------------------------------------------------------------------------

LOCAL = "在本市登记注册且参保人数不少于10人"


def _with_hint() -> Reviewers:
    from tests.areas.policies.review_factories import COMPLETE

    return consulted_item(source=COMPLETE.replace("text: 参保人数不少于10人", f"text: {LOCAL}"))


def test_the_fairness_review_does_not_pass_before_every_finding_was_judged() -> None:
    people = _with_hint()
    who = people.market.actor(LATER)
    with no_event(), pytest.raises(FindingsOpen) as refusal:
        done(people, "HIRING", "fairness", "fair", now=LATER)
    [key] = refusal.value.details["keys"]
    for verdict, reason, field in (("maybe", "理由", "verdict"), ("justified", " ", "reason")):
        with no_event(), pytest.raises(InvalidReview) as wrong:
            judge_finding(actor=who, code="HIRING", key=key, verdict=verdict, reason=reason, now=LATER)
        assert wrong.value.details["field"] == field
    with no_event(), pytest.raises(FindingNotFound):
        judge_finding(actor=who, code="HIRING", key="0" * 64, verdict="justified", reason="理由", now=LATER)
    judge_finding(actor=who, code="HIRING", key=key, verdict="must_change", reason="应删除", now=LATER)
    with no_event(), pytest.raises(FindingsOpen):
        done(people, "HIRING", "fairness", "fair", now=LATER)
    judge_finding(
        actor=who, code="HIRING", key=key, verdict="justified", reason="失业保险属地征缴", now=LATER
    )
    assert events("policies.item_finding_judged") == 2
    done(people, "HIRING", "fairness", "fair", now=LATER)


def test_an_author_judges_no_finding() -> None:
    people = _with_hint()
    desk = review_on_desk(actor=people.author.actor(LATER), version_id=version().pk, now=LATER)
    assert not desk.may_judge
    [found] = desk.findings
    who = people.author.actor(LATER)
    with no_event(), pytest.raises(NotAllowed):
        judge_finding(
            actor=who, code="HIRING", key=found.finding.key, verdict="justified", reason="理由", now=LATER
        )


def test_what_a_reviewer_sees_takes_a_settled_number_of_queries(
    django_assert_max_num_queries: object,
) -> None:
    people = _with_hint()
    actor = people.market.actor(LATER)
    with django_assert_max_num_queries(26):  # type: ignore[operator]
        desk = review_on_desk(actor=actor, version_id=version().pk, now=LATER)
    assert desk.may_judge and desk.consultation is not None and desk.case is not None
    with pytest.raises(DomainError):
        review_on_desk(actor=author(QIQIHAR).actor(), version_id=version().pk, now=LATER)
    with pytest.raises(ItemNotFound):
        review_on_desk(actor=VISITOR, version_id=version().pk, now=LATER)


# --- running out ------------------------------------------------------------------------------------------------------


def test_authors_are_reminded_once_for_each_rung() -> None:
    who = author()
    published_item(source=hiring().replace("to: 2027-12-31", "to: 2027-01-31"))
    approved_item("LONG", source=hiring("LONG"))
    assert remind_of_expiry(now=NOW) == 1
    assert remind_of_expiry(now=NOW) == 0
    assert list(ExpiryReminder.objects.values_list("days", flat=True)) == [90]
    assert remind_of_expiry(now=NOW + timedelta(days=45)) == 1
    assert remind_of_expiry(now=NOW + timedelta(days=65)) == 1
    assert remind_of_expiry(now=NOW + timedelta(days=90)) == 0
    assert events("policies.item_expiry_reminded") == 3
    from yingshang.kernel.notices.models import Message

    assert Message.objects.filter(template="policies.expiry", recipient_id=who.id).count() == 3


def test_comments_are_given_only_while_the_draft_is_open() -> None:
    _, consultation = public_item()
    assert commented(consultation) == 1
