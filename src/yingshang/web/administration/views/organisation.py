"""Regions and agencies."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.parties.api import (
    activate_agency,
    add_agency,
    agencies,
    deactivate_agency,
    get_agency,
    get_region_row,
    move_agency,
    parties_by_region,
    region_children,
    rename_agency,
    set_document_code,
)
from yingshang.kernel.reference.api import COUNTRY, ancestors_of, suggest_regions
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page

from ..forms import (
    AgencyFilter,
    AgencyForm,
    DocumentCodeForm,
    MoveForm,
    ReasonForm,
    RegionSearch,
    RenameForm,
)
from ..tables import AgencyTable


@needs("parties.view_agencies", "parties.view")
def regions(request: HttpRequest, code: str = COUNTRY) -> HttpResponseBase:
    """One region with what lies in it; or, when words are given, the regions they fit."""
    actor = actor_from(request)
    search = RegionSearch(request.GET)
    text = search.values.get("text", "")
    shown = get_region_row(code)
    counts = {}
    levels = {"country": "province", "province": "prefecture", "prefecture": "county"}
    if actor.may("parties.view") and shown.level in levels:
        found = parties_by_region(actor=actor, level=levels[shown.level], region=code)  # type: ignore[arg-type]
        counts = {row.region_code: row.parties for row in found}
    children = region_children(code)
    return render(
        request,
        "administration/regions.html",
        {
            "region": shown,
            "above": [each for each in reversed(list(ancestors_of(code))) if each.code != code],
            "children": [(each, counts.get(each.code)) for each in children],
            "show_counts": bool(counts),
            "search": search,
            "text": text,
            "found": suggest_regions(text, limit=30) if text else [],
            "agencies": agencies(actor=actor, region=code, per_page=20)
            if actor.may("parties.view_agencies") and shown.level != "country"
            else None,
        },
    )


@needs("parties.view_agencies")
def agency_list(request: HttpRequest) -> HttpResponseBase:
    """All agencies of the scope."""
    actor = actor_from(request)
    filters = AgencyFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return agencies(actor=actor, order=order, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, AgencyTable, fetch, name="agencies", order="region", filters=filters)
    return listing.respond(
        "administration/agencies.html", {"may_manage": actor.may("parties.manage_agencies")}
    )


@needs("parties.view_agencies")
def agency(request: HttpRequest, agency_id: int) -> HttpResponse:
    """One agency, with what may be done to it."""
    return _agency_page(request, agency_id, {})


@needs("parties.manage_agencies")
def agency_add(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """A new agency."""
    form = AgencyForm(request.POST or None, initial={"region": request.GET.get("region", "")})
    if request.method == "POST" and form.is_valid():
        try:
            agency_id = add_agency(actor=actor_from(request), now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("机构已新增"))
            return redirect("administration:agency", agency_id=agency_id)
    return render(request, "administration/agency_add.html", {"form": form}, status=status_of_form(form))


@needs("parties.manage_agencies")
def agency_change(request: HttpRequest, agency_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Rename, give a document code, move, close or open an agency."""
    actor, now = actor_from(request), timezone.now()
    forms: dict[str, Any] = {
        "rename": RenameForm,
        "document-code": DocumentCodeForm,
        "move": MoveForm,
        "deactivate": ReasonForm,
        "activate": ReasonForm,
    }
    form = forms[what](request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            if what == "rename":
                rename_agency(actor=actor, agency_id=agency_id, name=values["name"], now=now)
            elif what == "document-code":
                set_document_code(
                    actor=actor, agency_id=agency_id, document_code=values["document_code"], now=now
                )
            elif what == "move":
                move_agency(actor=actor, agency_id=agency_id, region=values["region"], now=now)
            elif what == "activate":
                activate_agency(actor=actor, agency_id=agency_id, reason=values["reason"], now=now)
            else:
                deactivate_agency(actor=actor, agency_id=agency_id, reason=values["reason"], now=now)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已保存"))
            return redirect("administration:agency", agency_id=agency_id)
    return _agency_page(request, agency_id, {what: form}, status=status_of_form(form))


def _agency_page(
    request: HttpRequest, agency_id: int, forms: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    actor = actor_from(request)
    found = get_agency(actor=actor, agency_id=agency_id)
    return render(
        request,
        "administration/agency.html",
        {
            "agency": found,
            "may_manage": actor.may("parties.manage_agencies"),
            "may_view_users": actor.may("access.view_users"),
            "rename": forms.get("rename") or RenameForm(initial={"name": found.name}),
            "document_code": forms.get("document-code")
            or DocumentCodeForm(initial={"document_code": found.document_code}),
            "move": forms.get("move") or MoveForm(initial={"region": found.region_code}),
            "deactivate": forms.get("deactivate") or ReasonForm(),
            "activate": forms.get("activate") or ReasonForm(),
        },
        status=status,
    )
