"""Calendars of working days, with the notices they rest on."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.clock.api import NATIONAL, calendars, english_holiday_name, get_calendar
from yingshang.web.words import in_language

from ..year_view import year_view

WEEKDAYS = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))

WARN_BEFORE = timedelta(days=60)
"""A due date of a long procedure reaches this far; a calendar settled for less is worth a warning."""


@needs("desk.open")
def calendar(request: HttpRequest, code: str = NATIONAL) -> HttpResponse:
    """One year of one calendar."""
    today = timezone.localdate()
    shown = get_calendar(code)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and len(asked) == 4 and int(asked) in shown.years else today.year
    if year not in shown.years:
        year = max(shown.years)
    coverage = shown.coverage()
    view = year_view(shown, year, today=today)
    return render(
        request,
        "administration/calendar.html",
        {
            "calendar": shown,
            "calendars": tuple(calendars().values()),
            "coverage": coverage,
            "years": sorted(shown.years, reverse=True),
            "view": view,
            "stretches": [
                {
                    "name": in_language(each.name, english_holiday_name(each.name)),
                    "first": each.first,
                    "last": each.last,
                    "makeup": [
                        day for day, name in sorted(view.year.makeup_days.items()) if name == each.name
                    ],
                }
                for each in view.stretches
            ],
            "weekdays": WEEKDAYS,
            "notices": [(each, str(each.source or "").startswith("http")) for each in view.year.notices],
            "previous": year - 1 if year - 1 in shown.years else None,
            "next": year + 1 if year + 1 in shown.years else None,
            "may_publish": actor_from(request).may("clock.manage"),
            "ends_soon": coverage.settled_until - today < WARN_BEFORE,
        },
    )
