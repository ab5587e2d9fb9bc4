"""What the library's pages show of answers and items, put into words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from yingshang.areas.policies.api import LibraryHit, PublicItem, Window
from yingshang.web.design.formats import day as written_day
from yingshang.web.design.formats import large_money

from .forms import LibraryFilter
from .places import region_name
from .words import DELIVERIES, GROUPS, LEVELS, STATE_TONES, STATES, facet_name

_CLOSING_DAYS = 30
_LIMIT = re.compile("最高|不超过|上限|封顶|限额|最多")
_MOST_VALUES = 8


@dataclass(frozen=True, slots=True)
class FacetLink:
    """One value of a facet: its name, how many answers have it, and where choosing it (or taking it back) leads."""

    name: str
    count: int
    query: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """A facet with its commonest values."""

    name: str
    values: tuple[FacetLink, ...]
    rest: tuple[FacetLink, ...]


@dataclass(frozen=True, slots=True)
class WindowTag:
    """When one can apply, as a coloured word."""

    tone: str
    icon: str
    text: str


def facet_groups(counted: Mapping[str, Mapping[str, int]], filters: LibraryFilter) -> list[FacetGroup]:
    """The facets that could narrow the answers, in the order of the page."""
    groups = []
    for facet, name in GROUPS.items():
        chosen = filters.facets.get(facet, "")
        values = dict(counted.get(facet, {}))
        if chosen:
            values.setdefault(chosen, 0)
        if len(values) < 2 and not chosen:
            continue
        ordered = sorted(values.items(), key=lambda pair: (pair[0] != chosen, -pair[1], pair[0]))
        if facet in ("level", "amount"):
            ordered = sorted(values.items(), key=lambda pair: _order(facet, pair[0]))
        links = tuple(
            FacetLink(
                facet_name(facet, code),
                count,
                filters.address(**{facet: "" if code == chosen else code}),
                code == chosen,
            )
            for code, count in ordered
        )
        groups.append(FacetGroup(str(name), links[:_MOST_VALUES], links[_MOST_VALUES:]))
    return groups


def _order(facet: str, code: str) -> int:
    from yingshang.areas.policies.api import amount_bands

    codes = list(LEVELS) if facet == "level" else [each.code for each in amount_bands()]
    return codes.index(code) if code in codes else len(codes)


@dataclass(frozen=True, slots=True)
class HitRow:
    """One answer as the list shows it."""

    hit: LibraryHit
    state: str
    tone: str
    icon: str
    place: str
    delivery: str
    window: WindowTag | None


def hit_rows(hits: tuple[LibraryHit, ...], today: date) -> list[HitRow]:
    """Answers with their words."""
    rows = []
    for hit in hits:
        tone, icon = STATE_TONES.get(hit.state, ("", "info-circle"))
        path = hit.item.region_path if hit.item else hit.document.region_path if hit.document else ""
        rows.append(
            HitRow(
                hit,
                str(STATES.get(hit.state, hit.state)),
                tone,
                icon,
                region_name(path),
                str(DELIVERIES.get(hit.item.delivery, "")) if hit.item else "",
                window_tag(hit.window, today) if hit.window and hit.state == "in_force" else None,
            )
        )
    return rows


def window_tag(window: Window, today: date) -> WindowTag:
    """When one can apply, on the day of the server."""
    if window.open is None:
        return WindowTag("good", "calendar-event", _("随时可以申请"))
    if window.open:
        if window.closes_on is None:
            return WindowTag("good", "calendar-event", _("正在受理"))
        left = (window.closes_on - today).days
        if left == 0:
            return WindowTag("bad", "hourglass", _("今天截止"))
        if left <= _CLOSING_DAYS:
            return WindowTag("warn", "hourglass", _("还剩 %(days)d 天截止") % {"days": left})
        return WindowTag("good", "calendar-event", _("%(day)s 截止") % {"day": written_day(window.closes_on)})
    if window.opens_on is not None:
        return WindowTag("note", "calendar-event", _("%(day)s 开放") % {"day": written_day(window.opens_on)})
    return WindowTag("", "calendar-off", _("受理已结束"))


def most_words(item: PublicItem) -> str:
    """The largest sum one application can come to, in words."""
    if item.grants and item.most_fen is None:
        return item.grants
    if item.most_fen is None:
        if any(each.caps or _LIMIT.search(each.text) for each in item.benefits):
            return _("按公式计算，限额见文件原文")
        return _("按公式计算，没有统一上限")
    return _("最高 %(amount)s") % {"amount": large_money(Decimal(item.most_fen) / 100)}
