"""Lists that are read page by page, and do not shift when rows are added meanwhile.

A cursor holds the key of the last row the caller has seen; the next page is what follows that key. It is signed, so
that nobody makes one up, and bound to the list and its filters, so that it cannot be taken elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.core import signing
from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from .errors import CursorUnusable

MOST = 200
USUAL = 50
Row = TypeVar("Row")


class PageQuery(Schema):
    """How much of a list, and from where."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="每页至多多少条 · rows a page at most")
    cursor: str = Field("", max_length=1000, description="上一页返回的 next · `next` of the page before")


class Page(Schema, Generic[Row]):
    """Some rows of a list. `next` is the cursor of the following page, null on the last one."""

    items: list[Row]
    next: str | None


def read_cursor(request: HttpRequest, cursor: str) -> list[Any] | None:
    """The key in a cursor, None for the first page. Raises CursorUnusable."""
    if not cursor:
        return None
    try:
        list_, key = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        list_, key = "", None
    if list_ != _list_of(request):
        raise CursorUnusable(
            "this cursor was not made for this list with these filters; begin without one",
            message_zh="这个游标不是为该列表及其筛选条件生成的，请不带游标重新开始",
        )
    return list(key)


def page(
    request: HttpRequest,
    response: HttpResponse,
    rows: Sequence[Row],
    *,
    limit: int,
    key: Callable[[Row], Sequence[Any]],
) -> dict[str, Any]:
    """A page of `rows`, of which one more than `limit` were read, with the links to the next and the first page."""
    more = len(rows) > limit
    shown = list(rows[:limit])
    following = signing.dumps((_list_of(request), list(key(shown[-1]))), salt=_SALT) if more else None
    links = [f'<{_address(request, None)}>; rel="first"']
    if following:
        links.insert(0, f'<{_address(request, following)}>; rel="next"')
    response["Link"] = ", ".join(links)
    return {"items": shown, "next": following}


def after(rows: Sequence[Row], place: list[Any] | None, key: Callable[[Row], Sequence[Any]]) -> list[Row]:
    """The rows of a sorted list in memory that follow a place."""
    return [row for row in rows if place is None or list(key(row)) > place]


_SALT = "yingshang.api.cursor"


def _list_of(request: HttpRequest) -> str:
    """The list and its filters in a few characters; not how much of it is asked for."""
    filters = sorted(
        (name, values) for name, values in request.GET.lists() if name not in ("cursor", "limit")
    )
    return hashlib.sha256(json.dumps([request.path, filters]).encode()).hexdigest()[:16]


def _address(request: HttpRequest, cursor: str | None) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    if cursor:
        query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}" if query else request.path)
