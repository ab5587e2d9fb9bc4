"""How claims for items are dealt with: the list, and the page where it is set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.claims.api import item_terms, items_without_terms, set_terms, terms_of_item
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.listing import Listing, Page, page_of

from ..assessing.terms import AssessingTerms
from .forms import ColumnRows, MaterialRows, TermsForm
from .tables import TermsTable

VIEW, SET = "claims.view", "claims.set_terms"


@needs(VIEW)
def terms_list(request: HttpRequest) -> HttpResponseBase:
    """The terms of every item within one's reach, and the items that have none."""
    actor, today = actor_from(request), timezone.localdate()
    found = item_terms(actor=actor, day=today)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(found, order, page, per_page)

    listing = Listing(request, TermsTable, fetch, name="claim-terms")
    waiting = items_without_terms(actor=actor, day=today) if actor.may(SET) else ()
    return listing.respond("claims/reviewing/terms_list.html", {"waiting": waiting})


@needs(SET)
def terms_item(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Set or change the terms of one item."""
    actor = actor_from(request)
    found = terms_of_item(actor=actor, code=code, day=timezone.localdate())
    if found is None:
        raise Http404
    kept = found.terms
    data = request.POST if request.method == "POST" else None
    form = TermsForm(data, item=found, initial=TermsForm.starting(found))
    materials: Any = MaterialRows(
        data, prefix="materials", initial=[dict(each) for each in kept.materials] if kept else []
    )
    columns: Any = ColumnRows(
        data, prefix="columns", initial=[dict(each) for each in kept.lines.get("columns", ())] if kept else []
    )
    assessing = AssessingTerms(data, kept)
    problem = {"materials": ""}
    if (
        data is not None
        and assessing.is_valid()
        and form.is_valid()
        and materials.is_valid()
        and columns.is_valid()
    ):
        try:
            set_terms(
                actor=actor,
                code=code,
                terms=replace(form.terms(materials, columns, kept), **assessing.given),
                now=timezone.now(),
            )
        except DomainError as refusal:
            field = str(refusal.details.get("field") or "")
            if field == "materials":
                problem["materials"] = message_of(refusal)
            place = TermsForm.places.get(field, field)
            form.add_error(place if place in form.fields else None, message_of(refusal))
        else:
            messages.success(request, _("兑现办理规则已保存；已经开始的申请不受影响。"))
            return redirect("claims_desk:terms")
    return render(
        request,
        "claims/reviewing/terms_item.html",
        {
            "item": found,
            "form": form,
            "materials": materials,
            "columns": columns,
            "problem": problem,
            "assessing": assessing,
        },
        status=422 if data is not None else 200,
    )
