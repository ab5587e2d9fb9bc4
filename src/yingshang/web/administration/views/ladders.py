"""Ladders of deadlines: what happens when around a due date, written, published, and with every version kept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.clock.api import (
    InvalidLadder,
    LadderView,
    Mistake,
    Rung,
    discard_ladder_draft,
    failing_deadlines,
    get_ladder,
    ladders,
    publish_ladder,
    save_ladder_draft,
)
from yingshang.kernel.ledger.api import events_of
from yingshang.rules.errors import DomainError
from yingshang.web.design.formats import english
from yingshang.web.forms import refuse
from yingshang.web.listing import Listing, Page, page_of
from yingshang.web.words import LADDER_ACTIONS, LADDER_AUDIENCES, in_language

from ..forms import LadderForm, RungForm, rung_forms
from ..tables import LadderTable

MOST_FAILING = 20


@needs("clock.manage")
def ladder_list(request: HttpRequest) -> HttpResponseBase:
    """The ladders the actor manages, and the deadlines whose rungs could not be carried out."""
    actor = actor_from(request)
    rows = ladders(actor=actor)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(rows, "", page, per_page)

    failing = failing_deadlines(actor=actor, now=timezone.now(), limit=MOST_FAILING)
    return Listing(request, LadderTable, fetch, name="ladders").respond(
        "administration/ladders.html",
        {
            "failing": [(each, in_language(each.name, each.name_en)) for each in failing.rows],
            "failing_total": failing.total,
        },
    )


@needs("clock.manage")
def ladder(request: HttpRequest, code: str) -> HttpResponse:
    """One ladder: what is published, the draft, the versions, and what was done to it."""
    found = get_ladder(actor=actor_from(request), code=code)
    return render(
        request,
        "administration/ladder.html",
        {
            "ladder": found,
            "title": _title(found),
            "published": found.published and _steps(found.published.rungs),
            "draft": found.draft and _steps(found.draft.rungs),
            "versions": [each for each in found.versions if each.state == "published"],
            "history": events_of("ladder", code, limit=20),
        },
    )


@needs("clock.manage")
def ladder_version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One published version."""
    found = get_ladder(actor=actor_from(request), code=code)
    version = next(
        (each for each in found.versions if each.number == number and each.state == "published"), None
    )
    if version is None:
        raise Http404
    return render(
        request,
        "administration/ladder_version.html",
        {
            "ladder": found,
            "title": _title(found),
            "version": version,
            "steps": _steps(version.rungs),
            "newest": found.published is not None and found.published.number == number,
        },
    )


@needs("clock.manage")
def ladder_edit(request: HttpRequest, code: str = "") -> HttpResponse | HttpResponseRedirect:
    """Write a new ladder, or the next version of one."""
    actor = actor_from(request)
    found = get_ladder(actor=actor, code=code) if code else None
    begin = None if found is None else found.draft or found.published
    initial: dict[str, Any] = {}
    rungs: tuple[Rung, ...] = ()
    if begin is not None:
        initial = {"name": begin.name, "name_en": begin.name_en, "source": begin.source}
        rungs = begin.rungs
    if request.method == "POST":
        form = LadderForm(request.POST, actor=actor, code=code)
        rows = rung_forms(request.POST)
        valid = [
            form.is_valid(),
            *(row.is_valid() for row in rows),
        ]  # all of them, so that all is said at once
        if all(valid) and request.POST.get("op") == "save":
            kept = [row for row in rows if row.has_content and not row.cleaned_data.get("remove")]
            try:
                save_ladder_draft(
                    actor=actor,
                    document=form.document([row.document() for row in kept]),
                    region_path=form.region_path,
                    now=timezone.now(),
                )
            except InvalidLadder as error:
                _place(form, kept, error)
            except DomainError as error:
                refuse(form, error)
            else:
                messages.success(request, _("草稿已保存，发布后生效"))
                return redirect("administration:ladder", code=code or form.cleaned_data["code"])
        if request.POST.get("op") == "add":
            rows = rung_forms(request.POST, more=1)
            for asked in (form, *rows):
                asked.errors.clear()  # another line was asked for, not a verdict
    else:
        form = LadderForm(initial=initial, actor=actor, code=code)
        rows = rung_forms(rungs=rungs)
    wrong = request.method == "POST" and (bool(form.errors) or any(row.errors for row in rows))
    return render(
        request,
        "administration/ladder_edit.html",
        {"form": form, "rows": rows, "ladder": found, "title": found and _title(found), "code": code},
        status=422 if wrong else 200,
    )


@needs("clock.manage")
@require_POST
def ladder_publish(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Have the draft hold for what begins from now on."""
    version = publish_ladder(actor=actor_from(request), code=code, now=timezone.now())
    messages.success(request, _("第 %(number)d 版已发布") % {"number": version.number})
    return redirect("administration:ladder", code=code)


@needs("clock.manage")
@require_POST
def ladder_discard(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Throw the draft away."""
    actor = actor_from(request)
    discard_ladder_draft(actor=actor, code=code, now=timezone.now())
    messages.success(request, _("草稿已丢弃"))
    still = any(each.code == code for each in ladders(actor=actor))
    return redirect("administration:ladder", code=code) if still else redirect("administration:ladders")


def _title(found: LadderView) -> str:
    return in_language(found.shown.name, found.shown.name_en)


def _steps(rungs: tuple[Rung, ...]) -> list[dict[str, Any]]:
    return [
        {
            "rung": rung,
            "name": in_language(rung.name, rung.name_en),
            "when": when(rung),
            "action": LADDER_ACTIONS[rung.action],
            "tone": {"remind": "note", "warn": "warn", "escalate": "warn", "supervise": "bad"}[rung.action],
            "to": [LADDER_AUDIENCES[each] for each in rung.to],
        }
        for rung in rungs
    ]


def when(rung: Rung) -> str:
    """Where a rung stands, in words."""
    words = {
        "working_days": (_("到期前 %(n)d 个工作日"), _("到期后 %(n)d 个工作日")),
        "days": (_("到期前 %(n)d 日"), _("到期后 %(n)d 日")),
        "hours": (_("到期前 %(n)d 小时"), _("到期后 %(n)d 小时")),
    }
    if rung.amount == 0:
        text = _("到期时刻") if rung.unit == "hours" else _("到期当日")
    else:
        text = words[rung.unit][rung.amount > 0] % {"n": abs(rung.amount)}
    return text if rung.unit == "hours" else f"{text} {rung.at:%H:%M}"


def _place(form: LadderForm, rows: list[RungForm], error: InvalidLadder) -> None:
    """Each mistake at the line it is about, the others at the top."""
    for mistake in error.mistakes:
        words = words_of(mistake)
        number = mistake.where.removeprefix("rung ").partition(" ")[0]
        if mistake.where.startswith("rung ") and number.isdecimal() and int(number) <= len(rows):
            rows[int(number) - 1].add_error(None, words)
        else:
            form.add_error(mistake.where if mistake.where in form.fields else None, words)


def words_of(mistake: Mistake) -> str:
    """A mistake in the page's language."""
    return mistake.message if english() else mistake.message_zh
