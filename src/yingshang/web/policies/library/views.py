"""The library: search, an item, a document, a comparison, the calendar of windows and the map. Open to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import segno
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from yingshang.areas.policies.api import (
    LibraryAnswer,
    LibraryQuestion,
    PublicItem,
    containers,
    items_by_region,
    public_document,
    public_item,
    public_items,
    search_library,
    windows_between,
)
from yingshang.kernel.access.api import actor_from, open_to_everybody
from yingshang.kernel.reference.api import COUNTRY, ancestors_of, children_of, get_region
from yingshang.web.api import limits
from yingshang.web.design.charts import RegionMap, RegionValue
from yingshang.web.portal.enterprises import mandates_of
from yingshang.web.words import in_language

from ..interpretation.picture import picture_of
from ..interpretation.words import section_rows
from .forms import CalendarFilter, LibraryFilter
from .outline import outline_of
from .places import find_place, region_name
from .rows import facet_groups, hit_rows, most_words, window_tag
from .words import DELIVERIES, DELIVERY_NOTES, LEVELS, STATE_TONES, STATES

OWN = "policies.match_own"
PAGE_SIZE = 20
SENTENCES = 150
"""On one page of a document."""
MOST_COMPARED = 4
_LAST_PAGE = 500


@open_to_everybody
def library(request: HttpRequest) -> HttpResponse:
    """Search in all items and documents, narrowed by facets."""
    filters = LibraryFilter(request.GET)
    question, today = filters.question(), timezone.localdate()
    number = _number(request.GET.get("page"))
    if (filters.address() or number > 1) and actor_from(request).kind == "visitor":
        # Everything is searched and counted for each question: nobody without an account has that done without end.
        limits.use("search", f"search:{limits.address_of(request)}", now=timezone.now())
    answer = search_library(question, day=today, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    last = max(1, -(-answer.total // PAGE_SIZE))
    if number > last:
        number = last
        answer = search_library(question, day=today, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    home = not filters.address()
    return render(
        request,
        "policies/library/library.html",
        {
            "filters": filters,
            "text": filters.text,
            "answer": answer,
            "rows": hit_rows(answer.hits, today),
            "groups": facet_groups(answer.facets, filters),
            "hidden": [("text", filters.text), *filters.facets.items()],
            "repeated": parse_qsl(filters.address()),
            "containers": _containers(answer) if home else [],
            "home": home,
            "number": number,
            "last": last,
            "first": (number - 1) * PAGE_SIZE + 1,
            "last_row": min(number * PAGE_SIZE, answer.total),
        },
    )


@open_to_everybody
def item(request: HttpRequest, code: str) -> HttpResponse:
    """What an item gives, to whom, when, and where that is written; an older version when the address names one."""
    version = request.GET.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 6 else None
    now = timezone.now()
    today = timezone.localdate(now)
    shown = public_item(code=code, day=today, number=number)
    tone, icon = STATE_TONES[shown.state]
    address = request.build_absolute_uri(reverse("policies:item", args=[code]))
    return render(
        request,
        "policies/library/item.html",
        {
            "shown": shown,
            "item": shown.item,
            "state": STATES[shown.state],
            "tone": tone,
            "icon": icon,
            "most": most_words(shown),
            "place": region_name(shown.item.region_path),
            "delivery": DELIVERIES.get(shown.item.delivery, ""),
            "delivery_note": DELIVERY_NOTES.get(shown.item.delivery, ""),
            "window": window_tag(shown.window, today),
            "states": STATES,
            "sections": section_rows(shown.interpretation),
            "picture": picture_of(shown, today),
            "picture_address": f"{reverse('policies:picture', args=[code])}?version={shown.item.version}"
            f"&language={request.LANGUAGE_CODE}",
            "now": now,
            "older": shown.current is not None and shown.item.version != shown.current,
            "qr": _qr(address),
            "address": address,
            "ways": _ways(request, shown),
            "crumbs": [(_("政策库"), reverse("policies:library")), (shown.item.name, None)],
        },
    )


@open_to_everybody
def document(request: HttpRequest, document_id: int) -> HttpResponse:
    """A document with its text, the items made from it, and its relatives."""
    found = public_document(document_id=document_id, day=timezone.localdate())
    tone, icon = STATE_TONES.get(found.summary.status, ("", "info-circle"))
    address = request.build_absolute_uri(reverse("policies:document", args=[document_id]))
    pages = -(-len(found.sentences) // SENTENCES)
    sentence = _number(request.GET.get("sentence"))
    number = min(max(1, pages), -(-sentence // SENTENCES) if "sentence" in request.GET else _page(request))
    shown = found.sentences[(number - 1) * SENTENCES : number * SENTENCES]
    return render(
        request,
        "policies/library/document.html",
        {
            "document": found,
            "summary": found.summary,
            "sentences": shown,
            "outline": outline_of(found.sentences) if pages > 1 else (),
            "number": number,
            "last": pages,
            "first": (number - 1) * SENTENCES + 1,
            "last_row": min(number * SENTENCES, len(found.sentences)),
            "sections": section_rows(found.interpretation),
            "state": STATES.get(found.summary.status, found.summary.status),
            "tone": tone,
            "icon": icon,
            "place": region_name(found.summary.region_path),
            "level": LEVELS.get(found.summary.level, ""),
            "relatives": [
                (title, [(each, region_name(each.region_path)) for each in rows])
                for title, rows in (
                    (_("文中引用的文件"), found.named),
                    (_("上级的相关文件"), found.above),
                    (_("下级的相关文件"), found.below),
                )
                if rows
            ],
            "qr": _qr(address),
            "address": address,
            "crumbs": [(_("政策库"), reverse("policies:library")), (found.summary.title, None)],
        },
    )


@open_to_everybody
def compare(request: HttpRequest) -> HttpResponse:
    """Two to four items side by side."""
    codes = list(dict.fromkeys(code.strip()[:80] for code in request.GET.getlist("code") if code.strip()))
    today = timezone.localdate()
    found = public_items(codes=codes[:MOST_COMPARED], day=today)
    known = [each.code for each in found]
    columns = [
        {
            "shown": each,
            "state": STATES[each.state],
            "tone": STATE_TONES[each.state][0],
            "icon": STATE_TONES[each.state][1],
            "most": most_words(each),
            "place": region_name(each.item.region_path),
            "delivery": DELIVERIES.get(each.item.delivery, ""),
            "window": window_tag(each.window, today),
            "without": urlencode([("code", code) for code in known if code != each.code]),
        }
        for each in found
    ]
    return render(
        request,
        "policies/library/compare.html",
        {
            "columns": columns,
            "known": known,
            "unknown": [code for code in codes[:MOST_COMPARED] if code not in known],
            "too_many": len(codes) > MOST_COMPARED,
            "room": len(known) < MOST_COMPARED,
            "alike": _alike(found, today) if len(found) == 1 else [],
            "crumbs": [(_("政策库"), reverse("policies:library")), (_("对比"), None)],
        },
    )


@open_to_everybody
def calendar(request: HttpRequest) -> HttpResponse:
    """When one can apply for what, month by month."""
    filters = CalendarFilter(request.GET)
    today = timezone.localdate()
    first = _month(request.GET.get("month", ""), today)
    following = (first + timedelta(days=32)).replace(day=1)
    region = filters.values.get("place")
    lines = windows_between(
        first=first, last=following - timedelta(days=1), region_path=region.path if region else ""
    )
    rows = [
        {
            "line": line,
            "place": region_name(line.item.region_path),
            "tag": _span_tag(line.first, line.last, today),
        }
        for line in lines
    ]
    place = request.GET.get("place", "") if region else ""
    return render(
        request,
        "policies/library/calendar.html",
        {
            "filters": filters,
            "month": first,
            "rows": rows,
            "before": urlencode({"month": f"{first - timedelta(days=1):%Y-%m}", "place": place}),
            "after": urlencode({"month": f"{following:%Y-%m}", "place": place}),
            "crumbs": [(_("政策库"), reverse("policies:library")), (_("受理日历"), None)],
        },
    )


@open_to_everybody
def map_page(request: HttpRequest) -> HttpResponse:
    """Items in force by region, with the way to their list; a table beside the map."""
    region = find_place(request.GET.get("place", "")) or get_region(COUNTRY)
    counted = items_by_region(day=timezone.localdate())
    rows = []
    for child in children_of(region.code):
        count = sum(number for path, number in counted.items() if path.startswith(child.path))
        query = urlencode({"place": child.code, "reach": "within", "what": "item"})
        rows.append((child, count, f"{reverse('policies:library')}?{query}"))
    drill = region.level in ("country", "province")
    values = [
        RegionValue(
            child.code,
            child.name,
            count,
            f"{reverse('policies:map')}?place={child.code}" if drill else url,
        )
        for child, count, url in rows
    ]
    name = {"country": COUNTRY, "province": region.code}.get(region.level, region.path)
    shapes = f"cockpit/maps/{name if region.level != 'country' else '100000'}.json"
    above = [each for each in ancestors_of(region.code) if each.code != region.code] if region.path else []
    return render(
        request,
        "policies/library/map.html",
        {
            "region": region,
            "name": region_name(region.path),
            "map": RegionMap(shapes, values, unit=_("项")) if finders.find(shapes) else None,
            "rows": sorted(rows, key=lambda row: (-row[1], row[0].code)),
            "own": counted.get(region.path, 0),
            "drill": drill,
            "crumbs": [
                (_("政策库"), reverse("policies:library")),
                (_("政策地图"), reverse("policies:map") if region.path else None),
                *((each.name, f"{reverse('policies:map')}?place={each.code}") for each in above if each.path),
                *([(region.name, None)] if region.path else []),
            ],
        },
    )


def _containers(answer: LibraryAnswer) -> list[dict[str, Any]]:
    counted = answer.facets.get("container", {})
    return [
        {
            "name": in_language(each.name, each.name_en),
            "text": _("%(count)d 项") % {"count": counted.get(each.code, 0)},
            "icon": each.icon,
            "url": f"{reverse('policies:library')}?container={each.code}",
        }
        for each in containers()
    ]


def _ways(request: HttpRequest, shown: PublicItem) -> list[dict[str, str]]:
    """What one can do about an item: a way for each enterprise one acts for.

    It is decided anew there, whatever this page said when it was read.
    """
    if shown.state != "in_force":
        return []
    actor = actor_from(request)
    mandates = [each for each in mandates_of(actor) if OWN in each.powers] if actor.kind == "user" else []
    if mandates:
        return [
            {
                "name": each.party_name if len(mandates) > 1 else _("看本企业是否符合"),
                "url": reverse("policies:mine-item", args=[each.party_id, shown.code]),
            }
            for each in mandates
        ]
    return [{"name": _("算一算我能享受什么"), "url": reverse("policies:calculator")}]


def _alike(found: Sequence[PublicItem], today: date) -> list[Any]:
    first = found[0].item
    answer = search_library(
        LibraryQuestion(text=" ".join([*first.tags, first.kind]), what="item", some=True),
        day=today,
        limit=6,
        facets=False,
    )
    return [hit.item for hit in answer.hits if hit.item and hit.item.code != first.code]


def _span_tag(first: date | None, last: date | None, today: date) -> tuple[str, str, str]:
    if first is not None and first > today:
        return "note", "clock", _("未开始")
    if last is not None and last < today:
        return "", "calendar-off", _("已结束")
    return "good", "circle-check", _("受理中")


def _qr(address: str) -> str:
    """The address as a picture to be scanned; made of the address alone."""
    code = segno.make(address, error="m")
    return mark_safe(code.svg_inline(omitsize=True, border=2, dark="#000", light="#fff"))


def _month(text: str, today: date) -> date:
    try:
        year, month = (int(part) for part in text.split("-"))
        return date(year, month, 1) if 2000 <= year <= 2100 else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)


def _page(request: HttpRequest) -> int:
    return _number(request.GET.get("page"))


def _number(text: str | None) -> int:
    return min(_LAST_PAGE, max(1, int(text))) if text and text.isdecimal() and len(text) < 9 else 1
