"""Appeals: handed in by an enterprise or by a system of another channel, added to, and followed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, File, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import ConfigDict

from yingshang.areas.appeals.api import (
    AppealProgress,
    Reporter,
    add_by_number,
    add_file_by_number,
    appeal_progress,
    my_appeal,
    rate_appeal,
    register_appeal,
    submit_appeal,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.ratings.api import StepRating

router = Router(tags=["诉求 · Appeals"])

OWN, REGISTER = "appeals.file_own", "appeals.register"


class ReporterIn(Schema):
    """How to reach who said it. It is kept encrypted; who wants to stay unknown leaves it empty."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=60)
    phone: str = Field("", max_length=30)
    mail: str = Field("", max_length=120)


class AppealIn(Schema):
    """What is said. With `party_id` for one's own enterprise; otherwise on behalf of somebody who called or wrote."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=1000, description="可以不填 · may be left empty")
    body: str = Field(max_length=200_000, description="最多 5000 字 · at most 5,000 characters")
    region_code: str = Field("", max_length=12, description="六位区划代码 · six digits of the division")
    party_id: int | None = Field(None, description="本企业 · one's own enterprise")
    credit_code: str = Field(
        "", max_length=18, description="代为登记的企业 · the enterprise it is handed in for"
    )
    reporter: ReporterIn | None = None
    urgency: Literal["normal", "urgent"] = "normal"
    reference: str = Field(
        "",
        max_length=39,
        description="代为登记时贵系统的编号，同一编号只登记一次；本企业的诉求不填 · "
        "your own number of what is handed in for others, taken in once; not with party_id",
    )


class AdditionIn(Schema):
    """What is added."""

    model_config = ConfigDict(extra="forbid")

    body: str = Field(max_length=200_000)


class AppealFileOut(Schema):
    """A file that was taken in."""

    number: str
    document_id: int
    name: str


class AppealOut(Schema):
    """How far an appeal has come. Personal data in the title is masked; `reply` is there once it was answered."""

    number: str
    title: str
    channel: str
    reference: str
    state: str
    state_name: str
    state_name_en: str
    agency: str
    urgency: str
    difficulty: str
    submitted_at: datetime
    due_on: date | None
    answered_at: datetime | None
    closed_at: datetime | None
    reply: str


@router.post("/appeals", response={201: AppealOut}, summary="提出诉求 · Hand in an appeal")
@needs(OWN, REGISTER)
def hand_in_appeal(request: HttpRequest, body: AppealIn) -> Status[AppealProgress]:
    """Said again by the same sender while the first is open, or under the same reference, it is the first one."""
    actor, now = actor_from(request), timezone.now()
    reporter = Reporter(**body.reporter.dict()) if body.reporter else Reporter()
    if body.party_id is not None:
        done = submit_appeal(
            actor=actor,
            title=body.title,
            body=body.body,
            region_code=body.region_code,
            party_id=body.party_id,
            reporter=reporter,
            urgency=body.urgency,
            reference=body.reference,
            now=now,
        )
    else:
        done = register_appeal(
            actor=actor,
            title=body.title,
            body=body.body,
            region_code=body.region_code,
            credit_code=body.credit_code,
            reporter=reporter,
            urgency=body.urgency,
            reference=body.reference,
            now=now,
        )
    return Status(201, appeal_progress(actor=actor, number=done.number))


@router.get("/appeals/{number}", response=AppealOut, summary="诉求进度 · How far an appeal has come")
@needs(OWN, REGISTER)
def show_appeal(request: HttpRequest, number: str) -> AppealProgress:
    """One's own, or one of other channels within one's reach."""
    return appeal_progress(actor=actor_from(request), number=number)


@router.post("/appeals/{number}/additions", response={201: AppealOut}, summary="补充诉求 · Add to an appeal")
@needs(OWN, REGISTER)
def add_to_one_appeal(request: HttpRequest, number: str, body: AdditionIn) -> Status[AppealProgress]:
    """Whoever deals with it is told."""
    actor = actor_from(request)
    add_by_number(actor=actor, number=number, body=body.body, now=timezone.now())
    return Status(201, appeal_progress(actor=actor, number=number))


@router.post(
    "/appeals/{number}/files", response={201: AppealFileOut}, summary="添加附件 · Add a file to an appeal"
)
@needs(OWN, REGISTER)
def add_file_to_one_appeal(
    request: HttpRequest, number: str, file: File[UploadedFile]
) -> Status[dict[str, Any]]:
    """A picture, a document or a recording, by what is in it; programs, macros and what is two formats are refused."""
    actor, name = actor_from(request), file.name or ""
    found = add_file_by_number(actor=actor, number=number, content=file, name=name, now=timezone.now())
    return Status(201, {"number": number.upper(), "document_id": found, "name": name})


class OwnRatingOut(Schema):
    """How one's own appeal was dealt with. `level` is 5 (very content) to 1; 0: not rated yet."""

    step: str
    level: int
    reasons: list[str]
    answers: dict[str, bool]
    words: str
    may_rate: bool
    follow_up: str
    correction: str
    excluded: bool


class RateAppealIn(Schema):
    """Five levels of GB/T 39046; a no to `solved` is followed up as a bad level is. Given again it is changed."""

    model_config = ConfigDict(extra="forbid")

    level: int = Field(ge=1, le=5)
    answers: dict[str, bool] = Field({}, description="contacted, solved")
    reasons: list[str] | None = Field(None, max_length=20, description="Left out, those that were given stay")
    words: str | None = Field(None, max_length=1000, description="Likewise")


@router.get(
    "/appeals/{number}/ratings", response=list[OwnRatingOut], summary="本企业的评价 · One's own rating"
)
@needs(OWN)
def list_ratings_of_own_appeal(request: HttpRequest, number: str) -> tuple[StepRating, ...]:
    """Empty before it was answered."""
    actor = actor_from(request)
    found = appeal_progress(actor=actor, number=number)
    return my_appeal(actor=actor, appeal_id=found.id, now=timezone.now()).ratings


@router.post("/appeals/{number}/ratings", response=list[OwnRatingOut], summary="评价诉求办理 · Rate it")
@needs(OWN)
def rate_own_appeal(request: HttpRequest, number: str, body: RateAppealIn) -> tuple[StepRating, ...]:
    """A bad one opens a follow-up; one given anew after a correction ends it."""
    actor, now = actor_from(request), timezone.now()
    found = appeal_progress(actor=actor, number=number)
    rate_appeal(actor=actor, appeal_id=found.id, now=now, **body.dict())
    return my_appeal(actor=actor, appeal_id=found.id, now=now).ratings
