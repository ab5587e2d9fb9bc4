"""At the window: who comes today, taken in, told what is missing, or noted as not come; and the windows themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    WindowView,
    accept_at_window,
    appointment_states,
    appointments_on,
    get_claim,
    get_service_window,
    get_visit,
    note_missed,
    save_window,
    service_windows,
    tell_missing,
    unnoted_appointments,
    window_agencies,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.words import in_language

from ..refusals import tell_refusal
from .forms import HoursRows, VisitFilter, WindowForm

REVIEW, SET = "claims.review", "claims.set_terms"


@needs(REVIEW)
def appointments(request: HttpRequest) -> HttpResponse:
    """Who comes to one's windows on a day, today unless another is asked for."""
    actor = actor_from(request)
    windows = service_windows(actor=actor)
    today = timezone.localdate()
    filters = VisitFilter(request.GET, windows=windows)
    chosen = filters.values
    day: date = chosen.get("day") or today
    window_id = int(chosen["window"]) if chosen.get("window") else None
    return render(
        request,
        "claims/applying/appointments.html",
        {
            "form": filters,
            "day": day,
            "is_today": day == today,
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1),
            "window_id": window_id or "",
            "windows": windows,
            "rows": _told(appointments_on(actor=actor, day=day, window_id=window_id)),
            "left": _told(unnoted_appointments(actor=actor, day=today, window_id=window_id)),
            "may_set": actor.may(SET),
        },
    )


@needs(REVIEW)
def visit(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """One appointment, and what is done when somebody comes."""
    return _visit(request, appointment_id)


@needs(REVIEW)
@require_POST
def visit_accept(request: HttpRequest, appointment_id: int) -> HttpResponse | HttpResponseRedirect:
    """Take the claim in, with the originals that were seen."""
    actor = actor_from(request)
    found = get_visit(actor=actor, appointment_id=appointment_id)
    try:
        accept_at_window(
            actor=actor,
            appointment_id=appointment_id,
            seen=request.POST.getlist("seen"),
            opinion=request.POST.get("opinion", "")[:400],
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _refused(request, appointment_id, refusal)
    following = next((each for each in found.others if each.state == "booked"), None)
    if following is not None:
        messages.success(request, _("已受理，转入实质审核。接着办理同一次到窗口的下一项。"))
        return redirect("claims_desk:visit", appointment_id=following.id)
    messages.success(request, _("已受理，转入实质审核。"))
    return redirect("claims_desk:claim", claim_id=found.appointment.claim_id)


@needs(REVIEW)
@require_POST
def visit_missing(request: HttpRequest, appointment_id: int) -> HttpResponse | HttpResponseRedirect:
    """Tell at once everything that is missing."""
    actor = actor_from(request)
    try:
        tell_missing(
            actor=actor,
            appointment_id=appointment_id,
            what=request.POST.get("what", "").splitlines()[:30],
            note=request.POST.get("note", ""),
            now=timezone.now(),
        )
    except DomainError as refusal:
        return _refused(request, appointment_id, refusal)
    messages.success(request, _("已一次性告知，企业在网上补齐，不用再跑。"))
    return redirect("claims_desk:visit", appointment_id=appointment_id)


@needs(REVIEW)
@require_POST
def visit_missed(request: HttpRequest, appointment_id: int) -> HttpResponseRedirect:
    """Nobody came."""
    try:
        note_missed(actor=actor_from(request), appointment_id=appointment_id, now=timezone.now())
    except DomainError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("已登记未到，企业可以重新预约。"))
    return redirect("claims_desk:visit", appointment_id=appointment_id)


@needs(SET)
def windows(request: HttpRequest) -> HttpResponse:
    """The windows within one's reach."""
    return render(
        request,
        "claims/applying/windows.html",
        {"windows": service_windows(actor=actor_from(request)), "weekdays": weekdays()},
    )


@needs(SET)
def window_new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """A new window."""
    return _window(request, None)


@needs(SET)
def window(request: HttpRequest, window_id: int) -> HttpResponse | HttpResponseRedirect:
    """A window, and what is said of it."""
    return _window(request, get_service_window(actor=actor_from(request), window_id=window_id))


def weekdays() -> list[str]:
    """Monday to Sunday."""
    return [_("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日")]


def _window(request: HttpRequest, found: WindowView | None) -> HttpResponse | HttpResponseRedirect:
    actor = actor_from(request)
    data = request.POST if request.method == "POST" else None
    form = WindowForm(data, agencies=window_agencies(actor=actor), initial=WindowForm.starting(found))
    hours: Any = HoursRows(data, prefix="hours", initial=HoursRows.starting(found))
    if data is not None and form.is_valid() and hours.is_valid():
        try:
            save_window(
                actor=actor,
                window_id=found.id if found else None,
                window=form.window(hours),
                now=timezone.now(),
            )
        except DomainError as refusal:
            field = str(refusal.details.get("field") or "")
            form.add_error(field if field in form.fields else None, message_of(refusal))
        else:
            messages.success(request, _("窗口已保存；已有的预约不受影响。"))
            return redirect("claims_desk:windows")
    return render(
        request,
        "claims/applying/window.html",
        {"window": found, "form": form, "hours": hours},
        status=422 if data is not None else 200,
    )


def _visit(
    request: HttpRequest, appointment_id: int, *, problem: str = "", status: int = 200
) -> HttpResponse:
    actor = actor_from(request)
    found = get_visit(actor=actor, appointment_id=appointment_id)
    [(_row, name, tone)] = _told((found.appointment,))
    return render(
        request,
        "claims/applying/visit.html",
        {
            "visit": found,
            "others": _told(found.others),
            "appointment": found.appointment,
            "claim": get_claim(actor=actor, claim_id=found.appointment.claim_id),
            "state": name,
            "tone": tone,
            "open": found.appointment.state == "booked" and found.appointment.claim_state == "appointed",
            "may_miss": found.appointment.starts_at <= timezone.now(),
            "problem": problem,
            "ticked": request.POST.getlist("seen"),
            "what": request.POST.get("what", ""),
        },
        status=status,
    )


def _refused(request: HttpRequest, appointment_id: int, refusal: DomainError) -> HttpResponse:
    if refusal.code != "claims.invalid_claim":
        raise refusal
    return _visit(request, appointment_id, problem=message_of(refusal), status=422)


def _told(rows: Any) -> list[tuple[Any, str, str]]:
    """Appointments with the words and the colour of their states."""
    words = appointment_states()
    return [(row, in_language(words[row.state][0], words[row.state][1]), words[row.state][2]) for row in rows]
