"""The library of policies: items in force, documents, and search, for everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from yingshang.areas.policies.api import (
    DocumentSummary,
    LibraryQuestion,
    PublicInterpretation,
    PublishedItem,
    documents_after,
    numbers_found,
    public_document,
    public_item,
    published_after,
)
from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.reference.api import get_region

from .. import cursors

router = Router(tags=["政策 · Policies"])


class PolicyWindowOut(Schema):
    """When one may apply; an absent day is open."""

    first: date | None
    last: date | None
    text: str


class PolicyItemOut(Schema):
    """An item in force, or to be."""

    id: int
    code: str
    version: int
    name: str
    summary: str
    issuer: str
    region_path: str
    kind: str
    delivery: str
    effective_from: date | None
    effective_to: date | None
    windows: list[PolicyWindowOut]
    benefit_text: str
    tags: list[str]
    document_id: int | None
    published_at: datetime
    digest: str
    demonstration: bool


class PolicyQuestionOut(Schema):
    """A question and its answer; `points` are ids of conditions or numbers of sentences it is founded on."""

    question: str
    answer: str
    points: list[str]


class PolicyInterpretationOut(Schema):
    """What an item or a document says in plain words."""

    number: int
    plain: str
    sections: dict[str, str] = Field(description="who, amount, when, how, bring")
    questions: list[PolicyQuestionOut]
    generated: bool = Field(description="自动生成后未改动 · as made from the item, unchanged")
    first_version: int | None
    last_version: int | None
    covers: bool = Field(description="依据的就是这一版 · written or affirmed for this version")
    outdated: list[str] = Field(description="这一版中已没有的数字 · figures this version no longer holds")
    published_at: datetime
    receipt: str


class PolicyItemDetailOut(PolicyItemOut):
    """An item with its YAML, whatever has become of it."""

    interpretation: PolicyInterpretationOut | None = None

    state: str = Field(description="in_force, upcoming, expired, superseded, withdrawn")
    source: str
    most_fen: int | None = Field(
        description="一次申请最多可得（分），没有上限为空 · most one application can come to"
    )
    receipt: str = Field(description="发布凭证 · receipt of the publication")


class PolicyDocumentOut(Schema):
    """A public document."""

    id: int
    title: str
    number: str
    issuer: str
    region_path: str
    level: str
    issued_on: date | None
    status: str
    url: str
    items: int
    demonstration: bool


class PolicyDocumentDetailOut(PolicyDocumentOut):
    """A document with its text."""

    text: str
    item_codes: list[str]
    interpretation: PolicyInterpretationOut | None = None


class PolicyQuery(cursors.PageQuery):
    """Which items or documents."""

    text: str = Field("", max_length=100, description="检索词 · words to be searched")
    region: str = Field("", max_length=9, description="区划代码，含上级政策 · a place, with what holds there")


@router.get("/policies/items", response=cursors.Page[PolicyItemOut], summary="政策事项 · Policy items")
@open_to_everybody
def list_policy_items(
    request: HttpRequest, response: HttpResponse, query: Query[PolicyQuery]
) -> dict[str, Any]:
    """Items in force or to be, in the order of their numbers; with words at most the 2,000 newest that have them."""
    place = cursors.read_cursor(request, query.cursor)
    path, day = _path(query.region), timezone.localdate()
    found = published_after(
        day=day,
        after_id=int(place[0]) if place else 0,
        limit=query.limit + 1,
        ids=_numbers(query.text, "item", path, day),
        region_path=path,
    )
    page = cursors.page(request, response, found, limit=query.limit, key=lambda each: [each.item_id])
    return {**page, "items": [_item(each) for each in page["items"]]}


@router.get("/policies/items/{code}", response=PolicyItemDetailOut, summary="一个政策事项 · One policy item")
@open_to_everybody
def get_policy_item(request: HttpRequest, response: HttpResponse, code: str) -> dict[str, Any]:
    """An item with the YAML of the version in force, or of the last one that was."""
    found = public_item(code=code, day=timezone.localdate())
    return {
        **_item(found.item),
        "state": found.state,
        "source": found.item.source,
        "most_fen": found.most_fen,
        "receipt": found.receipt,
        "interpretation": _interpretation(found.interpretation),
    }


@router.get(
    "/policies/documents", response=cursors.Page[PolicyDocumentOut], summary="政策文件 · Policy documents"
)
@open_to_everybody
def list_policy_documents(
    request: HttpRequest, response: HttpResponse, query: Query[PolicyQuery]
) -> dict[str, Any]:
    """Public documents, in the order of their numbers; with words at most the 2,000 newest that have them."""
    place = cursors.read_cursor(request, query.cursor)
    path, day = _path(query.region), timezone.localdate()
    found = documents_after(
        after_id=int(place[0]) if place else 0,
        limit=query.limit + 1,
        ids=_numbers(query.text, "document", path, day),
        region_path=path,
    )
    page = cursors.page(request, response, found, limit=query.limit, key=lambda each: [each.id])
    return {**page, "items": [_document(each) for each in page["items"]]}


@router.get(
    "/policies/documents/{int:document_id}",
    response=PolicyDocumentDetailOut,
    summary="一份政策文件 · One policy document",
)
@open_to_everybody
def get_policy_document(request: HttpRequest, response: HttpResponse, document_id: int) -> dict[str, Any]:
    """A document with its text and the codes of the items made from it."""
    found = public_document(document_id=document_id, day=timezone.localdate())
    return {
        **_document(found.summary),
        "text": found.text,
        "item_codes": [each.code for each in found.items],
        "interpretation": _interpretation(found.interpretation),
    }


def _interpretation(told: PublicInterpretation | None) -> dict[str, Any] | None:
    if told is None:
        return None
    same = (
        "number",
        "plain",
        "generated",
        "first_version",
        "last_version",
        "covers",
        "published_at",
        "receipt",
    )
    return {
        **{name: getattr(told, name) for name in same},
        "sections": dict(told.sections),
        "questions": [
            {"question": each.question, "answer": each.answer, "points": [point.id for point in each.points]}
            for each in told.questions
        ],
        "outdated": list(told.outdated),
    }


def _item(item: PublishedItem) -> dict[str, Any]:
    same = ("code", "version", "name", "summary", "issuer", "region_path", "kind", "delivery", "benefit_text")
    more = ("effective_from", "effective_to", "document_id", "published_at", "digest", "demonstration")
    return {
        "id": item.item_id,
        **{name: getattr(item, name) for name in (*same, *more)},
        "tags": list(item.tags),
        "windows": [
            {"first": each.get("from"), "last": each.get("to"), "text": each.get("text", "")}
            for each in item.windows
        ],
    }


def _document(document: DocumentSummary) -> dict[str, Any]:
    return {name: getattr(document, name) for name in PolicyDocumentOut.model_fields}


def _numbers(text: str, what: str, path: str, day: date) -> list[int] | None:
    if not text.strip():
        return None
    return numbers_found(LibraryQuestion(text=text, place=path, ended=what == "document"), day=day, what=what)


def _path(code: str) -> str:
    if not code:
        return ""
    return get_region(code).path
