"""Work on tasks: what waits for the actor, one task with the case beside the decision, several at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.flow.api import (
    TaskView,
    claim_task,
    complete_task,
    complete_tasks,
    get_case,
    get_task,
    give_opinion,
    release_task,
    task_counts,
    tasks,
)
from yingshang.kernel.forms.api import FillableForm, InvalidSubmission
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page
from yingshang.web.words import in_language

from .. import flow_pages, step_forms, subjects, task_ways
from ..step_forms import DECISION
from ..task_forms import OpinionForm, OutcomeForm, ShelfFilter, outcomes_in_common
from ..task_tables import TaskTable

MOST_AT_ONCE = 100

SHELVES: dict[str, tuple[Any, dict[str, Any]]] = {
    "mine": (gettext_lazy("我办理的"), {"mine": True}),
    "claimable": (gettext_lazy("待认领"), {"claimable": True}),
    "open": (gettext_lazy("范围内未办"), {"state": "open"}),
    "closed": (gettext_lazy("已办"), {"state": "closed"}),
}


@needs("flow.work", "flow.assign")
def task_list(request: HttpRequest) -> HttpResponseBase:
    """The actor's own tasks, those they may take, and all that are open or done within their reach."""
    actor, now = actor_from(request), timezone.now()
    shelf = request.GET.get("shelf", "mine")
    if shelf not in SHELVES:
        raise Http404
    filters = ShelfFilter(request.GET, flows=flow_pages.flow_choices())
    wanted = {**SHELVES[shelf][1], **flow_pages.wanted(filters.values)}

    def fetch(order: str, page: int, per_page: int) -> Page:
        return tasks(actor=actor, now=now, order=order, page=page, per_page=per_page, **wanted)

    counts = task_counts(actor=actor, now=now)
    numbers = {"mine": counts.mine, "claimable": counts.claimable}
    order = "-ended" if shelf == "closed" else "due"
    listing = Listing(request, TaskTable, fetch, name="tasks", order=order, filters=filters)
    return listing.respond(
        "desk/tasks.html",
        {
            "shelf": shelf,
            "tabs": [
                {
                    "name": name,
                    "url": f"?shelf={code}",
                    "here": code == shelf,
                    "count": numbers.get(code),
                }
                for code, (name, _query) in SHELVES.items()
            ],
            "counts": counts,
        },
    )


@needs("flow.work", "flow.assign", "flow.view")
def task(request: HttpRequest, task_id: int) -> HttpResponse | HttpResponseRedirect:
    """One task: what the case is about, what happened in it, and the decision beside it."""
    actor, now = actor_from(request), timezone.now()
    found = get_task(actor=actor, task_id=task_id, now=now)
    form, extra, filled = _decision(request, actor, found)
    if request.method == "POST":
        if form is None:
            # Somebody else was quicker, or it was never this actor's to decide: the page says how it stands.
            messages.error(request, _("这件待办现在不能由您办理。"))
            return redirect("desk:task", task_id=task_id)
        # All of them are judged, so that everything wrong is told at once.
        sent = [each.is_valid() for each in (form, extra, filled) if each is not None and each.is_bound]
        if form.is_bound and all(sent):
            try:
                _decide(actor, found, form.cleaned_data, extra, filled, now)
            except InvalidSubmission as error:
                step_forms.judge(filled, error)
            except DomainError as error:
                refuse(form, error)
            else:
                messages.success(request, _("已办理"))
                return redirect("desk:tasks")
    case = get_case(actor=actor, case_id=found.case_id, now=now)
    return render(
        request,
        "desk/task.html",
        {
            "task": found,
            "form": form,
            "extra": extra,
            "filled": filled,
            "ways": task_ways.offered(actor, found),
            "step_name": in_language(found.name, found.name_en),
            "outcome_name": in_language(found.outcome_name, found.outcome_name_en),
            **flow_pages.case_context(request, actor, case, now, found),
        },
        status=max((status_of_form(each) for each in (form, extra, filled) if each is not None), default=200),
    )


def _decision(request: HttpRequest, actor: Actor, found: TaskView) -> tuple[Any, Any, FillableForm | None]:
    """The form of the decision, what its process adds and what the step has to be filled in, or nothing when the actor
    may not decide now."""
    data = request.POST if request.method == "POST" else None
    if "give_opinion" in found.actions:
        return OpinionForm(data), None, None
    if "complete" not in found.actions:
        return None, None, None
    if not found.form:
        return OutcomeForm(data, outcomes=found.outcomes), subjects.decision_form(actor, found, data), None
    # The fields of the form have names of their own, which may be those of the decision.
    if step_forms.asks_for_row(request):
        begun = OutcomeForm(initial=step_forms.begun(request), outcomes=found.outcomes, prefix=DECISION)
        return begun, subjects.decision_form(actor, found), step_forms.with_row(request, found)
    form = OutcomeForm(data, outcomes=found.outcomes, prefix=DECISION)
    return form, subjects.decision_form(actor, found, data), step_forms.step_form(request, found)


def _decide(
    actor: Actor,
    found: TaskView,
    values: dict[str, Any],
    extra: Any,
    filled: FillableForm | None,
    now: datetime,
) -> None:
    if "give_opinion" in found.actions:
        give_opinion(actor=actor, task_id=found.id, stance=values["stance"], text=values["text"], now=now)
    else:
        complete_task(
            actor=actor,
            task_id=found.id,
            outcome=values["outcome"],
            data=extra.cleaned_data if extra else None,
            answers=None if filled is None else filled.values,
            opinion=values["opinion"],
            now=now,
        )


@needs("flow.work")
@require_POST
def task_hold(request: HttpRequest, task_id: int, what: str) -> HttpResponseRedirect:
    """Take a task, or give it back."""
    act = claim_task if what == "claim" else release_task
    act(actor=actor_from(request), task_id=task_id, now=timezone.now())
    if what == "claim":
        messages.success(request, _("已认领，由您办理。"))
        return redirect("desk:task", task_id=task_id)
    messages.success(request, _("已放回，本机构的同事可以认领。"))
    return redirect("desk:tasks")


@needs("flow.work", "flow.assign")
def task_way(request: HttpRequest, task_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Something else than a decision, in the drawer or on a page of its own: return, consult, pass on …"""
    actor, now = actor_from(request), timezone.now()
    found = get_task(actor=actor, task_id=task_id, now=now)
    way = task_ways.way_of(actor, found, what.replace("-", "_"))
    if way is None:
        raise Http404
    case = get_case(actor=actor, case_id=found.case_id, now=now)
    form = way.form(actor, found, case, request.POST if request.method == "POST" else None)
    htmx = bool(request.htmx)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            way.act(actor, found, form.cleaned_data, now)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, str(way.done))
            address = reverse("desk:task", args=[task_id]) if way.stays else reverse("desk:tasks")
            if htmx:
                return HttpResponse(status=204, headers={"HX-Redirect": address})
            return HttpResponseRedirect(address)
    return render(
        request,
        "desk/task_way_form.html" if htmx else "desk/task_way.html",
        {"task": found, "way": way, "form": form, "url": request.path},
        status=status_of_form(form),
    )


@needs("flow.work")
@require_POST
def task_batch(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Several tasks at once: claimed at once, or completed with one outcome after a look at what they are."""
    actor, now = actor_from(request), timezone.now()
    ids = [int(each) for each in dict.fromkeys(request.POST.getlist("task")) if each.isdecimal()][
        :MOST_AT_ONCE
    ]
    if not ids:
        messages.warning(request, _("请先勾选待办。"))
        return redirect("desk:tasks")
    if request.POST.get("what") == "claim":
        return _claim_all(request, actor, ids, now)
    chosen = [get_task(actor=actor, task_id=each, now=now) for each in ids]
    # What has a form is filled in one by one.
    able = [each for each in chosen if "complete" in each.actions and not each.form]
    outcomes = outcomes_in_common(able)
    sent = request.POST if "outcome" in request.POST or "sent" in request.POST else None
    form = OutcomeForm(sent, outcomes=outcomes)
    if sent is not None and form.is_valid():
        values = form.cleaned_data
        result = complete_tasks(
            actor=actor,
            task_ids=[each.id for each in able],
            outcome=values["outcome"],
            opinion=values["opinion"],
            now=now,
        )
        done, refused = len(result.done), len(result.refused)
        if done:
            messages.success(request, ngettext("已办理 %(n)d 件", "已办理 %(n)d 件", done) % {"n": done})
        for reason in sorted({task_ways.told(each) for each in result.refused.values()}):
            messages.error(request, _("%(n)d 件没有办理：%(why)s") % {"n": refused, "why": reason})
        return redirect("desk:tasks")
    return render(
        request,
        "desk/tasks_batch.html",
        {
            "tasks": able,
            "left_out": [each for each in chosen if "complete" not in each.actions],
            "with_form": [each for each in chosen if "complete" in each.actions and each.form],
            "outcomes": outcomes,
            "form": form,
        },
        status=status_of_form(form),
    )


def _claim_all(request: HttpRequest, actor: Actor, ids: list[int], now: datetime) -> HttpResponseRedirect:
    done, refusals = 0, []
    for each in ids:
        try:
            claim_task(actor=actor, task_id=each, now=now)
            done += 1
        except DomainError as error:
            refusals.append(message_of(error))
    if done:
        messages.success(request, ngettext("已认领 %(n)d 件", "已认领 %(n)d 件", done) % {"n": done})
    for reason in sorted(set(refusals)):
        messages.error(request, _("%(n)d 件没有认领：%(why)s") % {"n": refusals.count(reason), "why": reason})
    return redirect("desk:tasks")
