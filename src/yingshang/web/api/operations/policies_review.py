"""The review of versions, publishing and withdrawing, and what the public says of drafts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from pydantic import ConfigDict

from yingshang.areas.policies.api import (
    CommentView,
    ConsultationDetail,
    ConsultationSummary,
    answer_comment,
    conclude_consultation,
    consultation_on_desk,
    consultations,
    correct_version,
    enter_comment,
    funding_obstacle,
    get_consultation,
    get_item,
    judge_finding,
    publish_item,
    read_comment,
    review_on_desk,
    reviews_of,
    revoke_submission,
    submit_version,
    withdraw_item,
)
from yingshang.kernel.access.api import Actor, actor_from, needs, open_to_everybody
from yingshang.kernel.ledger.api import receipt_code

from .. import cursors

router = Router(tags=["政策审查 · Review of policies"])

VIEW, AUTHOR, PUBLISH = "policies.view_drafts", "policies.author", "policies.publish"
REVIEW, ANSWER = "policies.review", "policies.answer_comments"


class VersionOut(Schema):
    """A version of an item."""

    number: int
    state: str
    digest: str
    changed_at: datetime
    changed_by_name: str
    submitted_at: datetime | None
    published_at: datetime | None
    published_by_name: str
    ended_at: datetime | None
    end_reason: str


class ElementOut(Schema):
    """One of the elements of a standardised item, and what the version says."""

    code: str
    name: str
    name_en: str
    needed: bool
    lacking: bool
    text: str


class ReviewFindingOut(Schema):
    """Something found, and what a reviewer held of it; `verdict` is empty while nobody has said."""

    key: str
    group: str
    rule: str
    title: str
    title_en: str
    text: str
    text_en: str
    article: str
    excerpt: str
    other_code: str
    verdict: str
    reason: str
    judged_by_name: str


class ReviewOut(Schema):
    """One time a version was handed in."""

    id: int
    version: int
    case_id: int | None
    agency_name: str
    explanation: str
    departments: list[str]
    associations: list[str]
    state: str
    submitted_at: datetime
    submitted_by_name: str
    ended_at: datetime | None
    reason: str


class ReviewStandOut(Schema):
    """Where the version that matters now stands. `obstacle` says why nothing can be funded; empty: it can."""

    code: str
    version: VersionOut
    versions: list[VersionOut]
    elements: list[ElementOut]
    findings: list[ReviewFindingOut]
    reviews: list[ReviewOut]
    consultation_id: int | None
    may_judge: bool
    obstacle: str


class PublishedOut(Schema):
    """A publication and the code of its receipt."""

    code: str
    receipt: str


class ConsultationOut(Schema):
    """A draft before the public."""

    id: int
    title: str
    code: str
    name: str
    issuer: str
    region_path: str
    article: str
    state: Literal["open", "closed", "concluded", "cancelled"]
    opened_at: datetime
    closes_on: date
    days_left: int
    comments: int
    concluded_at: datetime | None
    demonstration: bool


class CommentOut(Schema):
    """A comment, masked."""

    number: int
    channel: str
    kind: str
    name: str
    text: str
    given_at: datetime
    verdict: str
    answer: str
    answered_at: datetime | None


class ConsultationDetailOut(ConsultationOut):
    """A draft with what became of its comments."""

    explanation: str
    outcome: str
    withheld: int
    elements: list[ElementOut]
    said: list[CommentOut]


class CommentInClearOut(Schema):
    """A comment as it was written."""

    number: int
    name: str
    contact: str
    text: str


class SubmissionIn(Schema):
    """What goes along with a version that is handed in."""

    model_config = ConfigDict(extra="forbid")

    explanation: str = Field("", max_length=4000)
    departments: list[str] = Field(default_factory=list, max_length=20)
    associations: list[str] = Field(default_factory=list, max_length=20)
    agency_id: int | None = None


class ReasonIn(Schema):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=400)


class JudgementIn(Schema):
    """What one holds of a finding."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["unfounded", "justified", "must_change"]
    reason: str = Field(max_length=1000)


class LetterIn(Schema):
    """A comment that came by letter or at a meeting."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=20)
    name: str = Field(max_length=60)
    contact: str = Field("", max_length=100)
    text: str = Field(max_length=2000)


class CommentAnswerIn(Schema):
    """What becomes of a comment. `public_text` hides words with *; it changes none."""

    model_config = ConfigDict(extra="forbid")

    verdict: str = Field(max_length=20)
    answer: str = Field("", max_length=2000)
    public_text: str | None = Field(None, max_length=2000)


class PurposeIn(Schema):
    """What for."""

    model_config = ConfigDict(extra="forbid")

    purpose: str = Field(min_length=1, max_length=200)


class SummaryIn(Schema):
    """What became of the comments on the whole."""

    model_config = ConfigDict(extra="forbid")

    summary: str = Field(max_length=4000)


class ConsultationQuery(cursors.PageQuery):
    """Which consultations."""

    text: str = Field("", max_length=60)
    state: Literal["", "open", "closed", "concluded"] = ""


@router.get(
    "/policy-items/{code}/review", response=ReviewStandOut, summary="审查情况 · Where the review stands"
)
@needs(VIEW)
def get_review(request: HttpRequest, code: str) -> dict[str, Any]:
    """The versions of an item, and of the one that matters now its elements and findings."""
    return _stand(actor_from(request), code)


@router.post("/policy-items/{code}/submit", response=ReviewStandOut, summary="提交审查 · Hand in")
@needs(AUTHOR)
def submit_one_version(request: HttpRequest, code: str, wanted: SubmissionIn) -> dict[str, Any]:
    """Hand the draft in for the standardisation review."""
    actor = actor_from(request)
    submit_version(
        actor=actor,
        code=code,
        explanation=wanted.explanation,
        departments=wanted.departments,
        associations=wanted.associations,
        agency_id=wanted.agency_id,
        now=timezone.now(),
    )
    return _stand(actor, code)


@router.post("/policy-items/{code}/correct", response=ReviewStandOut, summary="重新提交 · Hand in again")
@needs(AUTHOR)
def correct_one_version(request: HttpRequest, code: str) -> dict[str, Any]:
    """Hand in again what was sent back."""
    actor = actor_from(request)
    correct_version(actor=actor, code=code, now=timezone.now())
    return _stand(actor, code)


@router.post("/policy-items/{code}/revoke", response=ReviewStandOut, summary="撤回审查 · Take back")
@needs(AUTHOR)
def revoke_one_submission(request: HttpRequest, code: str, wanted: ReasonIn) -> dict[str, Any]:
    """Take a version back from its review, or back to a draft once it has passed."""
    actor = actor_from(request)
    revoke_submission(actor=actor, code=code, reason=wanted.reason, now=timezone.now())
    return _stand(actor, code)


@router.post("/policy-items/{code}/publish", response=PublishedOut, summary="发布 · Publish")
@needs(PUBLISH)
def publish_one_item(request: HttpRequest, code: str) -> dict[str, Any]:
    """Publish the version that has passed the review."""
    event = publish_item(actor=actor_from(request), code=code, now=timezone.now())
    return {"code": code, "receipt": receipt_code(event)}


@router.post("/policy-items/{code}/withdraw", response={204: None}, summary="撤回政策 · Withdraw")
@needs(PUBLISH)
def withdraw_one_item(request: HttpRequest, code: str, wanted: ReasonIn) -> Status[None]:
    """Take the published version out of force; everybody reads the reason."""
    withdraw_item(actor=actor_from(request), code=code, reason=wanted.reason, now=timezone.now())
    return Status(204, None)


@router.put("/policy-items/{code}/findings/{key}", response={204: None}, summary="判断提示 · Judge a finding")
@needs(REVIEW)
def judge_one_finding(request: HttpRequest, code: str, key: str, wanted: JudgementIn) -> Status[None]:
    """Say what one holds of a finding of a version under review that one did not write oneself."""
    judge_finding(
        actor=actor_from(request),
        code=code,
        key=key,
        verdict=wanted.verdict,
        reason=wanted.reason,
        now=timezone.now(),
    )
    return Status(204, None)


@router.get(
    "/policy-consultations",
    response=cursors.Page[ConsultationOut],
    summary="征求意见 · Drafts before the public",
)
@open_to_everybody
def list_consultations(
    request: HttpRequest, response: HttpResponse, query: Query[ConsultationQuery]
) -> dict[str, Any]:
    """Those that are open first. Comments of citizens are given on the page, not here."""
    place = cursors.read_cursor(request, query.cursor)
    begin = int(place[0]) if place else 0
    found = consultations(
        today=timezone.localdate(),
        state=query.state,
        text=query.text,
        offset=begin,
        limit=query.limit + 1,
    )
    rows = [{"place": begin + at, **_consultation(each)} for at, each in enumerate(found.rows, 1)]
    return cursors.page(request, response, rows, limit=query.limit, key=lambda each: [each["place"]])


@router.get(
    "/policy-consultations/{int:consultation_id}",
    response=ConsultationDetailOut,
    summary="一项征求意见 · One draft before the public",
)
@open_to_everybody
def get_one_consultation(request: HttpRequest, consultation_id: int) -> dict[str, Any]:
    """A draft, with the comments once it is concluded."""
    return _detail(get_consultation(consultation_id=consultation_id, today=timezone.localdate()))


@router.get(
    "/policy-consultations/{int:consultation_id}/comments",
    response=ConsultationDetailOut,
    summary="全部意见 · All comments",
)
@needs(ANSWER)
def list_comments(request: HttpRequest, consultation_id: int) -> dict[str, Any]:
    """The same with every comment, masked, for who answers them."""
    return _on_desk(request, consultation_id)


@router.post(
    "/policy-consultations/{int:consultation_id}/comments",
    response={201: ConsultationDetailOut},
    summary="录入来信意见 · Enter a letter",
)
@needs(ANSWER)
def enter_one_comment(request: HttpRequest, consultation_id: int, wanted: LetterIn) -> Status[dict[str, Any]]:
    """Write down a comment that came by letter or at a meeting."""
    enter_comment(
        actor=actor_from(request), consultation_id=consultation_id, now=timezone.now(), **wanted.dict()
    )
    return Status(201, _on_desk(request, consultation_id))


@router.put(
    "/policy-consultations/{int:consultation_id}/comments/{int:number}/answer",
    response=ConsultationDetailOut,
    summary="答复意见 · Answer a comment",
)
@needs(ANSWER)
def answer_one_comment(
    request: HttpRequest, consultation_id: int, number: int, wanted: CommentAnswerIn
) -> dict[str, Any]:
    """Say what becomes of a comment; said again it replaces the answer, until they are published."""
    answer_comment(
        actor=actor_from(request),
        consultation_id=consultation_id,
        number=number,
        now=timezone.now(),
        **wanted.dict(),
    )
    return _on_desk(request, consultation_id)


@router.post(
    "/policy-consultations/{int:consultation_id}/comments/{int:number}/clear",
    response=CommentInClearOut,
    summary="查看意见原文 · Read it in the clear",
)
@needs(ANSWER)
def read_one_comment(request: HttpRequest, consultation_id: int, number: int, wanted: PurposeIn) -> Any:
    """Name, contact and words; that one read them, and what for, is recorded. Needs parties.view_personal too."""
    return read_comment(
        actor=actor_from(request),
        consultation_id=consultation_id,
        number=number,
        purpose=wanted.purpose,
        now=timezone.now(),
    )


@router.post(
    "/policy-consultations/{int:consultation_id}/conclude",
    response=ConsultationDetailOut,
    summary="公布采纳情况 · Publish what became of them",
)
@needs(ANSWER)
def conclude_one_consultation(
    request: HttpRequest, consultation_id: int, wanted: SummaryIn
) -> dict[str, Any]:
    """Once the time is over and every comment has its answer."""
    conclude_consultation(
        actor=actor_from(request), consultation_id=consultation_id, summary=wanted.summary, now=timezone.now()
    )
    return _on_desk(request, consultation_id)


def _stand(actor: Actor, code: str) -> dict[str, Any]:
    now = timezone.now()
    item = get_item(actor=actor, code=code)
    looked_at = item.open or item.current or item.versions[0]
    found = review_on_desk(actor=actor, version_id=looked_at.id, now=now)
    obstacle = funding_obstacle(code=code, day=timezone.localdate(now))
    return {
        "code": code,
        "version": looked_at,
        "versions": list(item.versions),
        "elements": list(found.elements),
        "findings": [
            {
                **{name: getattr(each.finding, name) for name in _FINDING},
                "verdict": each.verdict,
                "reason": each.reason,
                "judged_by_name": each.judged_by_name,
            }
            for each in found.findings
        ],
        "reviews": list(reviews_of(actor=actor, code=code)),
        "consultation_id": found.consultation.id if found.consultation else None,
        "may_judge": found.may_judge,
        "obstacle": obstacle.message_zh if obstacle else "",
    }


_FINDING = (
    "key",
    "group",
    "rule",
    "title",
    "title_en",
    "text",
    "text_en",
    "article",
    "excerpt",
    "other_code",
)


def _on_desk(request: HttpRequest, consultation_id: int) -> dict[str, Any]:
    return _detail(
        consultation_on_desk(
            actor=actor_from(request), consultation_id=consultation_id, today=timezone.localdate()
        )
    )


def _consultation(found: ConsultationSummary) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ConsultationOut.model_fields}


def _detail(found: ConsultationDetail) -> dict[str, Any]:
    return {
        **_consultation(found.summary),
        "explanation": found.explanation,
        "outcome": found.outcome,
        "withheld": found.withheld,
        "elements": list(found.elements),
        "said": [_comment(each) for each in found.comments],
    }


def _comment(found: CommentView) -> dict[str, Any]:
    return {name: getattr(found, name) for name in CommentOut.model_fields}
