"""Public lists and objections on the desk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    decide_objection,
    get_publicity_objection,
    publicities_on_desk,
    publicity_objections,
    publish_awards,
    read_objector,
    unpublished,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing

from ..refusals import refuse_or_raise, tell_refusal
from .forms import DecisionForm, ObjectionFilter, PublicityFilter, PublishForm
from .tables import ObjectionTable, PublicityTable

VIEW, REVIEW = "claims.view", "claims.review"


@needs(VIEW)
def publicity_list(request: HttpRequest) -> HttpResponseBase:
    """The lists of one's reach; awards that wait are published here."""
    actor = actor_from(request)
    filters = PublicityFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return publicities_on_desk(
            actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    waiting = unpublished(actor=actor) if actor.may(REVIEW) else ()
    listing = Listing(request, PublicityTable, fetch, name="desk-publicities", filters=filters)
    return listing.respond(
        "claims/publicity/desk_publicities.html",
        {
            "form": PublishForm(waiting=waiting) if waiting else None,
            "open_objections": publicity_objections(actor=actor, state="open", limit=1).total
            if actor.may(REVIEW)
            else 0,
            "may_review": actor.may(REVIEW),
        },
    )


@needs(REVIEW)
@require_POST
def publish(request: HttpRequest) -> HttpResponseRedirect:
    """Put the approved awards of an item before the public."""
    try:
        publish_awards(
            actor=actor_from(request),
            code=request.POST.get("code", ""),
            contact=request.POST.get("contact", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("已开始公示。名单较长时需要几分钟准备，准备好后起算公示期。"))
    return redirect("claims_desk:publicities")


@needs(REVIEW)
def objections(request: HttpRequest) -> HttpResponseBase:
    """Objections, those that wait first."""
    actor = actor_from(request)
    filters = ObjectionFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return publicity_objections(
            actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    listing = Listing(request, ObjectionTable, fetch, name="publicity-objections", filters=filters)
    return listing.respond("claims/publicity/objections.html")


@needs(REVIEW)
def objection(request: HttpRequest, objection_id: int) -> HttpResponse | HttpResponseRedirect:
    """One objection; it is decided here."""
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decide_objection(
                actor=actor_from(request),
                objection_id=objection_id,
                upheld=form.cleaned_data["verdict"] == "upheld",
                decision=form.cleaned_data["decision"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse_or_raise(form, error)
        else:
            messages.success(request, _("异议已处理"))
            return redirect("claims_desk:publicity-objection", objection_id)
    return _page(request, objection_id, form)


@needs(REVIEW)
@require_POST
def objector(request: HttpRequest, objection_id: int) -> HttpResponse:
    """Who objected, in the clear; it is noted who read it."""
    name, contact = read_objector(
        actor=actor_from(request), objection_id=objection_id, purpose="核实异议", now=timezone.now()
    )
    return _page(request, objection_id, DecisionForm(), clear={"name": name, "contact": contact})


def _page(
    request: HttpRequest, objection_id: int, form: DecisionForm, *, clear: dict[str, str] | None = None
) -> HttpResponse:
    actor = actor_from(request)
    found = get_publicity_objection(actor=actor, objection_id=objection_id)
    return render(
        request,
        "claims/publicity/objection.html",
        {
            "objection": found,
            "form": form if found.state == "open" else None,
            "clear": clear,
            "may_read": actor.may("parties.view_personal") and clear is None,
        },
        status=status_of_form(form),
    )
