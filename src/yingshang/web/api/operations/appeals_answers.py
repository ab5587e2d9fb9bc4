"""Answers made of replies to appeals, for everybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from yingshang.areas.appeals.api import answers_before, public_answer
from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.reference.api import get_region

from .. import cursors

router = Router(tags=["诉求解答 · Answers"])

_NEWEST = 2**62


class AnswerOut(Schema):
    """A question and its answer. `region_path` is where it holds, with everything below."""

    id: int
    question: str
    text: str
    law: str
    contact: str
    topic: str
    region_path: str
    agency_name: str
    version: int
    published_at: datetime


class AnswerQuery(cursors.PageQuery):
    """Which answers."""

    topic: str = Field("", max_length=60)
    region_code: str = Field("", max_length=12, description="六位区划代码 · what holds in this division")


@router.get("/answers", response=cursors.Page[AnswerOut], summary="诉求解答 · Answers")
@open_to_everybody
def list_answers(request: HttpRequest, response: HttpResponse, query: Query[AnswerQuery]) -> dict[str, Any]:
    """Newest first."""
    place = cursors.read_cursor(request, query.cursor)
    found = answers_before(
        before=int(place[0]) if place else _NEWEST,
        topic=query.topic,
        region_path=get_region(query.region_code).path if query.region_code else "",
        limit=query.limit + 1,
    )
    return cursors.page(request, response, found, limit=query.limit, key=lambda each: [each.id])


@router.get("/answers/{answer_id}", response=AnswerOut, summary="一条解答 · An answer")
@open_to_everybody
def show_answer(request: HttpRequest, answer_id: int) -> Any:
    """One published answer."""
    return public_answer(answer_id=answer_id)
