"""A consultation on the desk: its thread, its minutes, and the steps its reader may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.appeals.api import (
    ConsultationDetail,
    agencies_for,
    cancel_consultation,
    consultation,
    end_consultation,
    give_statement,
    invite_agency,
    set_meeting,
    sign_minutes,
    task_as_part,
    write_minutes,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.refusals import refuse_each

from ..handling.forms import EmptyForm, ReasonForm, StepForm
from ..handling.views import Offered
from .forms import InviteForm, MeetingForm, MinutesForm, SignForm, StatementForm

VIEW, ANSWER = "appeals.view", "appeals.answer"


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what it is called, which step of the room allows it, what is asked, what it does."""

    name: str | Promise
    allowed_by: str
    form: type[StepForm]
    act: Callable[..., Any]
    icon: str
    arguments: Callable[[Any], dict[str, Any]] = lambda form: form.cleaned_data
    danger: bool = False


STEPS: dict[str, Step] = {
    "say": Step(gettext_lazy("发表意见"), "stated", StatementForm, give_statement, "message-circle"),
    "sign": Step(
        gettext_lazy("会签纪要"),
        "decided",
        SignForm,
        sign_minutes,
        "rubber-stamp",
        lambda form: {
            "agrees": form.cleaned_data["verdict"] == "agrees",
            "reason": form.cleaned_data["reason"],
            "read": form.cleaned_data["read"],
        },
    ),
    "minutes": Step(
        gettext_lazy("写会商纪要"), "minuted", MinutesForm, write_minutes, "edit", lambda form: form.told
    ),
    "end": Step(gettext_lazy("结束会商"), "ended", EmptyForm, end_consultation, "check"),
    "invite": Step(
        gettext_lazy("增邀单位"),
        "invited",
        InviteForm,
        invite_agency,
        "user-plus",
        lambda form: {"agency_id": form.cleaned_data["agency"]},
    ),
    "meeting": Step(gettext_lazy("定会议"), "meeting_set", MeetingForm, set_meeting, "calendar-event"),
    "cancel": Step(gettext_lazy("取消会商"), "cancelled", ReasonForm, cancel_consultation, "x", danger=True),
}


@needs(VIEW)
def consultation_page(request: HttpRequest, consultation_id: int) -> HttpResponse:
    """One consultation: what is asked, who was invited, what was said, the minutes."""
    return _page(request, actor_from(request), consultation_id)


@needs(VIEW)
@require_POST
def consultation_step(
    request: HttpRequest, consultation_id: int, what: str
) -> HttpResponse | HttpResponseRedirect:
    """Say something, sign, write the minutes, end it. Whether the actor may, the action says."""
    if what not in STEPS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    found = consultation(actor=actor, consultation_id=consultation_id, now=now)
    step = STEPS[what]
    form = _form(found, what, request)
    if form.is_valid():
        try:
            step.act(actor=actor, consultation_id=consultation_id, now=now, **step.arguments(form))
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": step.name})
            return redirect("appeals_desk:consultation", consultation_id=consultation_id)
    return _page(request, actor, consultation_id, bound=(what, form))


@needs(ANSWER)
@require_POST
def task(request: HttpRequest, consultation_id: int, number: int) -> HttpResponseRedirect:
    """What an agency took on becomes its part of the reply."""
    actor, now = actor_from(request), timezone.now()
    found = consultation(actor=actor, consultation_id=consultation_id, now=now)
    try:
        task_as_part(actor=actor, consultation_id=consultation_id, number=number, now=now)
    except DomainError as error:
        if error.code in {"appeals.step_not_found", "appeals.not_yours"}:
            raise
        messages.error(request, message_of(error))
        return redirect("appeals_desk:consultation", consultation_id=consultation_id)
    messages.success(request, _("已请该单位协办。"))
    return redirect("appeals_desk:appeal", appeal_id=found.appeal_id)


def _page(
    request: HttpRequest, actor: Actor, consultation_id: int, *, bound: tuple[str, StepForm] | None = None
) -> HttpResponse:
    found = consultation(actor=actor, consultation_id=consultation_id, now=timezone.now())
    steps: list[Offered] = []
    for what, step in STEPS.items():
        here = bound is not None and bound[0] == what
        if step.allowed_by not in found.may and not here:
            continue
        form = bound[1] if bound and here else _form(found, what)
        if here and what == "sign" and found.minuted_at is not None:
            # The page shows the minutes as they stand now: these are what is signed next.
            form.data = {**form.data, "read": found.minuted_at.isoformat()}
        url = reverse("appeals_desk:consultation-step", args=[consultation_id, what])
        is_open = here or (bound is None and not steps)
        steps.append(Offered(what, step.name, step.icon, form, url, is_open, step.danger))
    return render(
        request,
        "appeals/consulting/consultation.html",
        {"consultation": found, "steps": steps},
        status=422 if bound else 200,
    )


def _form(found: ConsultationDetail, what: str, request: HttpRequest | None = None) -> StepForm:
    more: dict[str, Any] = {"auto_id": f"{what}-%s"}
    if what == "say":
        more["with_reporter"] = found.with_reporter
    elif what == "sign":
        more["initial"] = {"read": found.minuted_at.isoformat() if found.minuted_at else ""}
    elif what == "invite":
        more["agencies"] = agencies_for(found.region_path)
    elif what == "minutes":
        taking_part = {found.caller_id: found.caller}
        taking_part |= {each.agency_id: each.agency_name for each in found.invitations}
        if found.holder_id is not None:
            taking_part[found.holder_id] = found.holder
        more["taking_part"] = list(taking_part.items())
        more["initial"] = {"conclusion": found.conclusion, "internal": found.internal}
        for each in found.tasks:
            more["initial"] |= {
                f"agency_{each.number}": each.agency_id,
                f"what_{each.number}": each.what,
                f"due_{each.number}": each.due_on,
            }
    form_class = STEPS[what].form
    return form_class(request.POST, **more) if request else form_class(**more)
