"""Reads of reviews and consultations, within what the reader may see."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Count, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import CaseNotFound, case_progress, get_case

from ..models import Consultation, ConsultationComment, ItemVersion, Review
from ..selectors import VIEW, item_not_found, version_view
from ._steps import ANSWER, REVIEW, SUBJECT
from .actions.consultations import consultation_not_found
from .conflicts import Finding, conflicts
from .consulted import consulted
from .elements import completeness, completeness_of
from .redline import redline_clauses
from .values import (
    CommentView,
    ConsultationDetail,
    ConsultationPage,
    ConsultationSummary,
    JudgedFinding,
    ReviewOnDesk,
    ReviewSummary,
)


def findings_of(*, actor: Actor, code: str, number: int, today: date) -> tuple[Finding, ...]:
    """Everything found about a version, handed in or not. Needs policies.view_drafts; raises ItemNotFound."""
    return conflicts(_version(actor, code, number), today=today)


def reviews_of(*, actor: Actor, code: str) -> tuple[ReviewSummary, ...]:
    """Every time a version of the item was handed in, the last first. Needs policies.view_drafts."""
    scope = actor.require(VIEW)
    rows = scope.filter(
        Review.objects.select_related("agency", "version"),
        region="version__item__region_path",
        agency="version__item__agency",
    )
    return tuple(_review(row) for row in rows.filter(version__item__code=code))


def review_on_desk(*, actor: Actor, version_id: int, now: datetime) -> ReviewOnDesk:
    """The version with everything its review needs, for officials it is within reach of or who work in its case.

    Raises ItemNotFound.
    """
    row = ItemVersion.objects.select_related("item").filter(pk=version_id).first()
    if row is None or not may_see(actor, row, now):
        raise item_not_found(str(version_id))
    review = row.reviews.select_related("agency", "version").first()
    said = {each.key: each for each in row.judgements.all()}
    findings = []
    for each in conflicts(row, today=timezone.localdate(now)):
        judged = said.get(each.key)
        findings.append(
            JudgedFinding(
                each,
                judged.verdict if judged else "",
                judged.reason if judged else "",
                judged.judged_by_name if judged else "",
                judged.judged_at if judged else None,
            )
        )
    case = case_progress(kind=SUBJECT, identifier=str(row.pk), now=now)
    consultation = _summaries(Consultation.objects.filter(version=row).exclude(state="cancelled")).first()
    return ReviewOnDesk(
        version=version_view(row),
        review=_review(review) if review else None,
        elements=completeness(row),
        findings=tuple(findings),
        consultation=_summary(consultation, timezone.localdate(now)) if consultation else None,
        consulted=consulted(review, case) if review else (),
        case=case,
        may_judge=row.state == "reviewing" and _reaches(actor, REVIEW, row),
    )


# --- consultations ----------------------------------------------------------------------------------------------------


def consultations(
    *, today: date, state: str = "", text: str = "", offset: int = 0, limit: int = 20
) -> ConsultationPage:
    """Consultations for everybody: those open first, by their last day; then those that are over, the last first."""
    rows = Consultation.objects.exclude(state="cancelled")
    if state:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(title__icontains=text)
    total = rows.count()
    ordered = _summaries(rows).order_by("-state", "-closes_on", "-id")[offset : offset + limit]
    return ConsultationPage(tuple(_summary(row, today) for row in ordered), total)


def get_consultation(*, consultation_id: int, today: date) -> ConsultationDetail:
    """One consultation for everybody, with the comments once it is concluded. Raises ConsultationNotFound."""
    row = _summaries(Consultation.objects.exclude(state="cancelled")).filter(pk=consultation_id).first()
    if row is None:
        raise consultation_not_found(consultation_id)
    comments: tuple[CommentView, ...] = ()
    withheld = 0
    if row.state == "concluded":
        found = [each for each in row.comments.all() if each.verdict]
        comments = tuple(_comment(each) for each in found if each.verdict != "withheld")
        withheld = len(found) - len(comments)
    return _detail(row, comments, withheld, today)


def consultation_on_desk(*, actor: Actor, consultation_id: int, today: date) -> ConsultationDetail:
    """One consultation with every comment, masked, for who answers them. Raises ConsultationNotFound."""
    scope = actor.require(ANSWER)
    rows = scope.filter(_summaries(Consultation.objects.all()), region="region_path", agency="review__agency")
    row = rows.filter(pk=consultation_id).first()
    if row is None:
        raise consultation_not_found(consultation_id)
    found = list(row.comments.all())
    return _detail(
        row,
        tuple(_comment(each) for each in found),
        sum(each.verdict == "withheld" for each in found),
        today,
    )


def consultations_on_desk(*, actor: Actor, today: date, offset: int = 0, limit: int = 25) -> ConsultationPage:
    """Consultations whose comments the actor answers, the last first. Needs policies.answer_comments."""
    scope = actor.require(ANSWER)
    rows = scope.filter(
        Consultation.objects.exclude(state="cancelled"), region="region_path", agency="review__agency"
    )
    total = rows.count()
    found = _summaries(rows).order_by("-id")[offset : offset + limit]
    return ConsultationPage(tuple(_summary(row, today) for row in found), total)


def _summaries(rows: QuerySet[Consultation]) -> QuerySet[Consultation]:
    return rows.select_related("version__item", "review").annotate(count=Count("comments"))


def _summary(row: Consultation, today: date) -> ConsultationSummary:
    # What is over by its last day is no longer open, even before the job has come round.
    over = row.state == "open" and row.closes_on < today
    return ConsultationSummary(
        id=row.pk,
        title=row.title,
        code=row.version.item.code,
        name=row.version.name,
        issuer=row.version.issuer,
        region_path=row.region_path,
        article=row.article,
        state="closed" if over else row.state,
        opened_at=row.opened_at,
        closes_on=row.closes_on,
        days_left=max(0, (row.closes_on - today).days + 1) if row.state == "open" else 0,
        comments=getattr(row, "count", 0),
        concluded_at=row.concluded_at,
        demonstration=row.demonstration,
    )


def _detail(
    row: Consultation, comments: tuple[CommentView, ...], withheld: int, today: date
) -> ConsultationDetail:
    earlier = (
        row.version.item.versions.filter(published_at__isnull=False, number__lt=row.version.number)
        .order_by("-number")
        .values_list("source", flat=True)
        .first()
    )
    return ConsultationDetail(
        summary=_summary(row, today),
        explanation=row.explanation,
        elements=completeness_of(row.source, row.elements),
        clauses=redline_clauses(earlier, row.source) if earlier else (),
        outcome=row.summary,
        comments=comments,
        withheld=withheld,
        case_id=row.review.case_id,
        named=(*row.review.departments, *row.review.associations),
    )


def _comment(row: ConsultationComment) -> CommentView:
    return CommentView(
        number=row.number,
        channel=row.channel,
        kind=row.kind,
        name=row.public_name,
        text=row.public_text,
        given_at=row.given_at,
        verdict=row.verdict,
        answer=row.answer,
        answered_at=row.answered_at,
        answered_by_name=row.answered_by_name,
    )


def _review(row: Review) -> ReviewSummary:
    return ReviewSummary(
        id=row.pk,
        version=row.version.number,
        case_id=row.case_id,
        agency_name=row.agency.name,
        explanation=row.explanation,
        departments=tuple(row.departments),
        associations=tuple(row.associations),
        state=row.state,
        submitted_at=row.submitted_at,
        submitted_by_name=row.submitted_by_name,
        ended_at=row.ended_at,
        reason=row.reason,
        document_id=row.document_id,
    )


def _version(actor: Actor, code: str, number: int) -> ItemVersion:
    scope = actor.require(VIEW)
    rows = scope.filter(
        ItemVersion.objects.select_related("item"), region="item__region_path", agency="item__agency"
    )
    found = rows.filter(item__code=code, number=number).first()
    if found is None:
        raise item_not_found(f"{code} v{number}")
    return found


def may_see(actor: Actor, row: ItemVersion, now: datetime) -> bool:
    """Whether a version is within the actor's reach, or in a case they work in."""
    if actor.may(VIEW) and _reaches(actor, VIEW, row):
        return True
    if row.case_id is None or actor.kind == "visitor":
        return False
    try:
        get_case(actor=actor, case_id=row.case_id, now=now)
    except CaseNotFound:
        return False
    return True


def _reaches(actor: Actor, permission: str, row: ItemVersion) -> bool:
    if not actor.may(permission):
        return False
    scope = actor.scope(permission)
    rows = scope.filter(
        ItemVersion.objects.filter(pk=row.pk), region="item__region_path", agency="item__agency"
    )
    return rows.exists()
