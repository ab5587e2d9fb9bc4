"""What machines read of the library: feeds, the YAML of an item, and what robots may visit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date
from django.utils.translation import gettext as _

from yingshang.areas.policies.api import (
    PublishedItem,
    library_changed,
    newest_items,
    plain_words,
    public_item,
)
from yingshang.kernel.access.api import open_to_everybody

MOST = 50


@open_to_everybody
def atom(request: HttpRequest) -> HttpResponseBase:
    """The items published last, as Atom (RFC 4287)."""

    def write() -> HttpResponse:
        here = request.build_absolute_uri
        feed = Atom1Feed(
            title=_title(),
            link=here(reverse("policies:library")),
            description="",
            language="zh-CN",
            feed_url=here(reverse("policies:atom")),
        )
        items = newest_items(day=timezone.localdate(), limit=MOST)
        plainly = plain_words(item_ids=[each.item_id for each in items])
        for item in items:
            feed.add_item(
                title=item.name,
                link=here(reverse("policies:item", args=[item.code])),
                description=_told(item, plainly),
                unique_id=f"{here(reverse('policies:item', args=[item.code]))}#{item.version}",
                pubdate=item.published_at,
                updateddate=item.published_at,
                author_name=item.issuer or _title(),
                categories=item.tags,
            )
        return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")

    return _feed(request, write)


@open_to_everybody
def json_feed(request: HttpRequest) -> HttpResponseBase:
    """The same as a JSON Feed 1.1."""

    def write() -> HttpResponse:
        here = request.build_absolute_uri
        items = newest_items(day=timezone.localdate(), limit=MOST)
        plainly = plain_words(item_ids=[each.item_id for each in items])
        body: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": _title(),
            "home_page_url": here(reverse("policies:library")),
            "feed_url": here(reverse("policies:json-feed")),
            "language": "zh-CN",
            "items": [
                {
                    "id": f"{here(reverse('policies:item', args=[item.code]))}#{item.version}",
                    "url": here(reverse("policies:item", args=[item.code])),
                    "title": item.name,
                    "summary": plainly.get(item.item_id, item.summary),
                    "content_text": _told(item, plainly),
                    "date_published": item.published_at.isoformat(),
                    "tags": list(item.tags),
                    "attachments": [
                        {
                            "url": here(reverse("policies:source", args=[item.code])),
                            "mime_type": "application/yaml",
                        }
                    ],
                }
                for item in items
            ],
        }
        return JsonResponse(
            body,
            json_dumps_params={"ensure_ascii": False},
            content_type="application/feed+json; charset=utf-8",
        )

    return _feed(request, write)


@open_to_everybody
def source(request: HttpRequest, code: str) -> HttpResponseBase:
    """The YAML of an item as it was published, to be checked and matched elsewhere with the same rules."""
    version = request.GET.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 6 else None
    item = public_item(code=code, day=timezone.localdate(), number=number).item
    response = HttpResponse(item.source, content_type="application/yaml; charset=utf-8")
    return _conditional(request, response, etag=item.digest[:32], changed=item.published_at)


@open_to_everybody
def robots(request: HttpRequest) -> HttpResponse:
    """The library is for everybody; the rest is for those whom it concerns."""
    lines = ["User-agent: *", "Allow: /policies/", "Disallow: /policies/mine/", "Disallow: /", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def _feed(request: HttpRequest, write: Callable[[], HttpResponse]) -> HttpResponseBase:
    """Nothing is read but the moment of the last change when the reader has it all."""
    changed, count = library_changed(day=timezone.localdate())
    told = f"{changed} {count} {timezone.localdate()} {request.path} {request.get_host()} {request.LANGUAGE_CODE}"
    etag = hashlib.sha256(told.encode()).hexdigest()[:32]
    known = get_conditional_response(request, etag=f'"{etag}"', last_modified=_seconds(changed))
    if known is not None and known.status_code == 304:
        return _marked(known, etag, changed)
    return _marked(write(), etag, changed)


def _conditional(
    request: HttpRequest, response: HttpResponse, *, etag: str, changed: datetime | None
) -> HttpResponseBase:
    _marked(response, etag, changed)
    found = get_conditional_response(
        request, etag=f'"{etag}"', last_modified=_seconds(changed), response=response
    )
    return response if found is None else found


def _marked(response: HttpResponseBase, etag: str, changed: datetime | None) -> HttpResponseBase:
    response["ETag"] = f'"{etag}"'
    response["Cache-Control"] = "public, max-age=300"
    if changed is not None:
        response["Last-Modified"] = http_date(changed.timestamp())
    return response


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _title() -> str:
    return _("政策库（演示数据）") if settings.DEMONSTRATION else _("政策库")


def _told(item: PublishedItem, plainly: Mapping[int, str]) -> str:
    """What is said of it in plain words first, where somebody has said it."""
    return "\n".join(filter(None, [plainly.get(item.item_id), item.summary, item.benefit_text]))
