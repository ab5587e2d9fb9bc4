"""A steward's enterprises: those to be visited first, one with all that was done, and the record of a visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.appeals.api import (
    StewardshipDetail,
    add_visit_file,
    agree_on_services,
    end_stewardship,
    note_service,
    plan_visit,
    record_visit,
    stewardship,
    stewardships,
    tell_phone,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each
from yingshang.web.regions import reached_regions

from .forms import (
    ASKED_AT_ONCE,
    LEARNED_AT_ONCE,
    AskedForm,
    EndForm,
    LearnedForm,
    PhoneForm,
    PlanForm,
    ServiceForm,
    ServicesForm,
    StewardFilter,
    VisitForm,
)
from .tables import StewardshipTable

STEWARD, MANAGE, CORRECT = "appeals.steward", "appeals.manage_stewards", "parties.import"


@dataclass(frozen=True, slots=True)
class Step:
    """Something one does about an enterprise; `managing`: who manages stewards does it, not the steward."""

    name: str | Promise
    icon: str
    form: type[forms.Form]
    act: Callable[..., Any]
    managing: bool = False


STEPS: dict[str, Step] = {
    "plan": Step(gettext_lazy("安排走访"), "calendar-event", PlanForm, plan_visit),
    "service": Step(gettext_lazy("登记服务"), "list-check", ServiceForm, note_service),
    "services": Step(gettext_lazy("商定服务包"), "list-details", ServicesForm, agree_on_services),
    "phone": Step(gettext_lazy("登记工作电话"), "phone", PhoneForm, tell_phone),
    "end": Step(gettext_lazy("终止包联"), "user-off", EndForm, end_stewardship, managing=True),
}


@needs(STEWARD, MANAGE)
def steward_list(request: HttpRequest) -> HttpResponseBase:
    """The enterprises one is steward of; for who manages stewards, all of their reach. Those due first."""
    actor = actor_from(request)
    may, manages = actor.may(STEWARD), actor.may(MANAGE)
    tab = request.GET.get("tab") or ("mine" if may else "all")
    mine = tab == "mine" or not manages
    filters = StewardFilter(request.GET, regions=[] if mine else reached_regions(actor, MANAGE))
    chosen = filters.asked

    def fetch(order: str, page: int, per_page: int) -> Any:
        return stewardships(
            actor=actor,
            mine=mine,
            order=order,
            offset=(page - 1) * per_page,
            limit=per_page,
            now=timezone.now(),
            **chosen,
        )

    listing = Listing(
        request, StewardshipTable, fetch, name="stewards", order="visit_due_on", filters=filters
    )
    tabs = [
        {"name": _("我联系的企业"), "url": "?tab=mine", "here": mine},
        {"name": _("全部企业"), "url": "?tab=all", "here": not mine},
    ]
    return listing.respond(
        "appeals/stewards/list.html", {"tabs": tabs if may and manages else (), "manages": manages}
    )


@needs(STEWARD, MANAGE)
def one(request: HttpRequest, stewardship_id: int) -> HttpResponse:
    """One enterprise: visits, services, what it asked for, and what may be done now."""
    return _page(request, actor_from(request), stewardship_id)


@needs(STEWARD, MANAGE)
@require_POST
def step(request: HttpRequest, stewardship_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Plan, agree, note, end. Whether the actor may, the action says."""
    if what not in STEPS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    found = stewardship(actor=actor, stewardship_id=stewardship_id, now=now)
    form = _form(what, found, request)
    if form.is_valid():
        try:
            STEPS[what].act(actor=actor, stewardship_id=stewardship_id, now=now, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": STEPS[what].name})
            if what == "end":
                return redirect("appeals_desk:stewards")
            return redirect("appeals_desk:stewardship", stewardship_id=stewardship_id)
    return _page(request, actor, stewardship_id, bound=(what, form))


@needs(STEWARD)
def visit(request: HttpRequest, stewardship_id: int) -> HttpResponse | HttpResponseRedirect:
    """Write a visit down: what was said, what becomes of it; made for a phone."""
    actor, now = actor_from(request), timezone.now()
    found = stewardship(actor=actor, stewardship_id=stewardship_id, now=now)
    if not found.own:
        raise Http404
    sent = request.POST if request.method == "POST" else None
    form = VisitForm(
        sent,
        request.FILES if sent is not None else None,
        planned=found.summary.planned_on is not None,
        initial={"at": timezone.localtime(now)},
    )
    asked = [AskedForm(sent, prefix=f"asked-{number}") for number in range(ASKED_AT_ONCE)]
    may_correct = actor.may(CORRECT)
    learned = [
        LearnedForm(sent, prefix=f"learned-{number}")
        for number in range(LEARNED_AT_ONCE if may_correct else 0)
    ]
    # Each of them, so that every mistake is told at once.
    valid = [each.is_valid() for each in (form, *asked, *learned)]
    if sent is not None and all(valid):
        try:
            with transaction.atomic():
                done = _record(request, actor, stewardship_id, form, asked, learned)
        except DomainError as error:
            _refuse(form, asked, learned, error)
        else:
            if done.appeals:
                told = _("走访已登记，转为诉求 %(count)s 件：%(numbers)s")
                numbers = _("、").join(done.appeals)
                messages.success(request, told % {"count": len(done.appeals), "numbers": numbers})
            else:
                messages.success(request, _("走访已登记。"))
            return redirect("appeals_desk:stewardship", stewardship_id=stewardship_id)
    wrong = any(each.errors for each in (*asked, *learned))
    return render(
        request,
        "appeals/stewards/visit.html",
        {
            "found": found,
            "form": form,
            "asked": asked,
            "learned": learned,
            "crumbs": [
                (_("服务管家"), reverse("appeals_desk:stewards")),
                (found.summary.party_name, reverse("appeals_desk:stewardship", args=[stewardship_id])),
                (_("记录走访"), None),
            ],
        },
        status=422 if wrong else status_of_form(form),
    )


def _record(
    request: HttpRequest,
    actor: Actor,
    stewardship_id: int,
    form: VisitForm,
    asked: list[AskedForm],
    learned: list[LearnedForm],
) -> Any:
    told, now = form.cleaned_data, timezone.now()
    done = record_visit(
        actor=actor,
        stewardship_id=stewardship_id,
        way=told["way"],
        at=told["at"],
        met=told["met"],
        said=told["said"],
        level=told["level"],
        asked_for=[each.asked_for for each in asked if each.asked_for],
        learned=[each.learned for each in learned if each.learned],
        instead=told.get("instead", False),
        now=now,
    )
    for file in request.FILES.getlist("attached"):
        add_visit_file(actor=actor, visit_id=done.id, content=file, name=file.name or "", now=now)
    return done


def _refuse(form: VisitForm, asked: list[AskedForm], learned: list[LearnedForm], error: DomainError) -> None:
    """A refusal of what was said, or of a fact, beside the first that was written; which it is, its words say."""
    code = error.code.rpartition(".")[2]
    rows: list[forms.Form] = []
    if code in {"invalid_text", "invalid_appeal", "too_many"}:
        rows = [each for each in asked if each.asked_for]
    elif code == "invalid_fact":
        rows = [each for each in learned if each.learned]
    refuse_each(rows[0] if len(rows) == 1 else form, error)


def _form(what: str, found: StewardshipDetail, request: HttpRequest | None = None) -> forms.Form:
    more: dict[str, Any] = {"auto_id": f"{what}-%s"}
    if what == "service":
        more["agreed"] = found.summary.services
    if request is not None:
        return STEPS[what].form(request.POST, **more)
    if what == "services":
        more["initial"] = {"services": list(found.summary.services)}
    elif what == "phone":
        more["initial"] = {"phone": found.phone}
    elif what == "service":
        more["initial"] = {"on": timezone.localdate()}
    elif what == "plan" and found.summary.planned_on:
        more["initial"] = {
            "on": found.summary.planned_on,
            "way": found.planned_way,
            "purpose": found.planned_for,
        }
    return STEPS[what].form(**more)


def _page(
    request: HttpRequest, actor: Actor, stewardship_id: int, *, bound: tuple[str, forms.Form] | None = None
) -> HttpResponse:
    found = stewardship(actor=actor, stewardship_id=stewardship_id, now=timezone.now())
    steps = []
    for what, each in STEPS.items():
        here = bound is not None and bound[0] == what
        may = found.manages if each.managing else found.own
        if what == "service" and not found.summary.services:
            may = False
        if may or here:
            steps.append(
                {
                    "what": what,
                    "name": each.name,
                    "icon": each.icon,
                    "form": bound[1] if bound and here else _form(what, found),
                    "url": reverse("appeals_desk:stewardship-step", args=[stewardship_id, what]),
                    "open": here,
                    "danger": what == "end",
                }
            )
    return render(
        request,
        "appeals/stewards/one.html",
        {
            "found": found,
            "row": found.summary,
            "steps": steps,
            "late": found.summary.until is None and found.summary.visit_due_on < timezone.localdate(),
            "open_calls": [each for each in found.calls if each.state == "open"],
        },
        status=422 if bound else 200,
    )
