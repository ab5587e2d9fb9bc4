"""Publishing the days of a year: handed in as a table, looked at, and published with the notice they rest on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.clock.api import (
    CalendarPreview,
    InvalidRevision,
    Mistake,
    Notice,
    calendar_revisions,
    calendars,
    preview_calendar,
    publish_calendar,
    refresh_calendars,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form

from ..forms import RevisionForm
from ..year_view import year_view
from .calendars import WEEKDAYS
from .ladders import words_of


@needs("clock.manage")
def revisions(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Hand in a year, see what it changes, publish it; and what was published before."""
    actor, now = actor_from(request), timezone.now()
    refresh_calendars()
    preview: CalendarPreview | None = None
    mistakes: list[tuple[str, str]] = []
    if request.method == "POST":
        form = RevisionForm(request.POST, request.FILES)
        if form.is_valid():
            values = form.cleaned_data
            what: dict[str, Any] = {
                "actor": actor,
                "code": values["calendar"],
                "year": values["year"],
                "document": values["document"],
            }
            try:
                preview = preview_calendar(**what)
                if request.POST.get("op") == "publish":
                    notice = Notice(
                        values["year"],
                        values["title"],
                        values["number"] or None,
                        values["issued"],
                        values["source"] or None,
                        "published",
                    )
                    publish_calendar(**what, notice=notice, now=now)
                    messages.success(
                        request,
                        _("%(year)d 年的安排已发布，受影响的时限正在调整") % {"year": values["year"]},
                    )
                    return redirect("administration:calendar-revisions")
            except InvalidRevision as error:
                mistakes = [(_where(each), words_of(each)) for each in error.mistakes]
                preview = None
                form.add_error("document", _("有 %(count)d 处需要改正") % {"count": len(mistakes)})
            except DomainError as error:
                refuse(form, error)
            else:
                # What was in a file goes on as text, so that it can be mended and published from here.
                form = RevisionForm(initial=values)
    else:
        form = RevisionForm(initial={"calendar": "cn", "year": _next_year()})
    return render(
        request,
        "administration/calendar_revisions.html",
        {
            "form": form,
            "preview": preview,
            "shown": preview and year_view(preview.calendar, preview.year, today=timezone.localdate(now)),
            "weekdays": WEEKDAYS,
            "mistakes": mistakes,
            "published": [
                (each, calendars()[each.calendar].name if each.calendar in calendars() else each.calendar)
                for each in calendar_revisions()
            ],
        },
        status=status_of_form(form) if request.method == "POST" else 200,
    )


def _next_year() -> int:
    """The first year of the national calendar that is still open."""
    national = calendars()["cn"]
    return min(
        (year for year, known in national.years.items() if known.provisional), default=max(national.years)
    )


def _where(mistake: Mistake) -> str:
    number = mistake.where.removeprefix("line ")
    if mistake.where.startswith("line ") and number.isdecimal():
        return _("第 %(number)s 行") % {"number": number}
    return {"document": _("日期"), "year": _("年份"), "notice": _("通知")}.get(mistake.where, mistake.where)
