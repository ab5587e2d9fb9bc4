"""Ratings on the desk: followed up, appealed against, and appeals decided."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.ratings.api import (
    appeal_rating,
    decide_appeal,
    end_follow_up,
    get_rating,
    may_follow_up,
    note_call,
    note_correction,
    ratings,
    read_words,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import tell_refusal
from yingshang.web.listing import Listing

from .forms import AppealForm, DecideForm, RatingFilter, StepForm
from .tables import RatingTable
from .words import (
    APPEAL_KINDS,
    APPEAL_STATES,
    answers_named,
    follow_up_name,
    kind_name,
    level_name,
    reason_names,
    step_name,
)

VIEW, REVIEW, DECIDE = "ratings.view", "ratings.review", "ratings.decide"


@needs(VIEW)
def rating_list(request: HttpRequest) -> HttpResponseBase:
    """The ratings of one's reach, those that wait first."""
    actor = actor_from(request)
    filters = RatingFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return ratings(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    listing = Listing(request, RatingTable, fetch, name="ratings", filters=filters)
    return listing.respond("ratings/list.html")


@needs(VIEW)
def rating(request: HttpRequest, rating_id: int) -> HttpResponse:
    """One rating: what is to be done next is done here."""
    return _page(request, rating_id)


@needs(REVIEW)
@require_POST
def step(request: HttpRequest, rating_id: int) -> HttpResponse | HttpResponseRedirect:
    """Call back, put right, end, or appeal."""
    what = request.POST.get("what", "")
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    get_rating(actor=actor, rating_id=rating_id)
    form: forms.Form = AppealForm(request.POST) if what == "appeal" else StepForm(request.POST)
    try:
        if what == "end":
            end_follow_up(actor=actor, rating_id=rating_id, now=now)
        elif not form.is_valid():
            messages.error(request, _("请填写办理情况"))
            return redirect("ratings_desk:rating", rating_id)
        elif what == "appeal":
            appeal_rating(actor=actor, rating_id=rating_id, now=now, **form.cleaned_data)
        else:
            act = note_call if what == "call" else note_correction
            act(actor=actor, rating_id=rating_id, text=form.cleaned_data["text"], now=now)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("已记录"))
    return redirect("ratings_desk:rating", rating_id)


@needs(REVIEW)
@require_POST
def words(request: HttpRequest, rating_id: int) -> HttpResponse:
    """What was written, in the clear; it is noted who read it."""
    said, call = read_words(
        actor=actor_from(request), rating_id=rating_id, purpose="核实评价", now=timezone.now()
    )
    return _page(request, rating_id, clear={"words": said, "call": call})


@needs(DECIDE)
@require_POST
def decide(request: HttpRequest, rating_id: int) -> HttpResponseRedirect:
    """Decide an appeal."""
    get_rating(actor=actor_from(request), rating_id=rating_id)
    form = DecideForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填写处理结果和处理意见"))
        return redirect("ratings_desk:rating", rating_id)
    try:
        decide_appeal(
            actor=actor_from(request),
            rating_id=rating_id,
            upheld=form.cleaned_data["verdict"] == "upheld",
            decision=form.cleaned_data["decision"],
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("申诉已处理"))
    return redirect("ratings_desk:rating", rating_id)


def _page(request: HttpRequest, rating_id: int, *, clear: dict[str, str] | None = None) -> HttpResponse:
    actor = actor_from(request)
    found = get_rating(actor=actor, rating_id=rating_id)
    may = may_follow_up(actor=actor, rating=found)
    elsewhere = all(grant.agency_id != found.appeal_agency_id for grant in actor.grants)
    return render(
        request,
        "ratings/rating.html",
        {
            "rating": found,
            "kind": kind_name(found.kind),
            "step": step_name(found.kind, found.step),
            "level": level_name(found.level),
            "first": level_name(found.first_level) if found.first_level != found.level else "",
            "reasons": reason_names(found.kind, found.reasons),
            "answers": answers_named(found.kind, found.answers),
            "follow_up": follow_up_name(found.follow_up) if found.follow_up else "",
            "appeal_kind": APPEAL_KINDS.get(found.appeal_kind, ""),
            "appeal_state": APPEAL_STATES.get(found.appeal, ""),
            "step_form": StepForm() if may and found.follow_up in {"open", "called"} else None,
            "may_end": may and found.follow_up == "corrected",
            "appeal_form": AppealForm() if may and found.appeal in {"", "over"} else None,
            "decide_form": DecideForm()
            if found.appeal == "open" and actor.may(DECIDE) and elsewhere
            else None,
            "may_read": (may or actor.may(DECIDE)) and actor.may("parties.view_personal") and clear is None,
            "clear": clear,
        },
    )
