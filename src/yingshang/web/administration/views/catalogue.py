"""The catalogue of facts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.parties.api import fact_coverage
from yingshang.kernel.reference.api import FactDefinition, facts, get_fact
from yingshang.web.listing import Listing, Page, page_of

from ..forms import CatalogueFilter
from ..tables import CatalogueTable


@needs("parties.view_catalogue", "parties.view")
def catalogue(request: HttpRequest) -> HttpResponseBase:
    """All facts, by words, agency, sensitivity and type."""
    filters = CatalogueFilter(request.GET)
    wanted = filters.values

    def fits(fact: FactDefinition) -> bool:
        text = str(wanted.get("text", "")).lower()
        return text in f"{fact.name} {fact.code} {fact.description}".lower() and all(
            getattr(fact, name) == wanted[name]
            for name in ("agency", "sensitivity", "type")
            if name in wanted
        )

    rows = [fact for fact in facts().values() if fits(fact)]

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(rows, order, page, per_page)

    listing = Listing(request, CatalogueTable, fetch, name="facts", filters=filters)
    return listing.respond("administration/catalogue.html")


@needs("parties.view_catalogue", "parties.view")
def fact(request: HttpRequest, code: str) -> HttpResponse:
    """One fact: what it is, how many have it, how fresh it is."""
    definition = get_fact(code)
    return render(
        request,
        "administration/fact.html",
        {
            "fact": definition,
            "coverage": fact_coverage(actor=actor_from(request), code=definition.code, now=timezone.now()),
        },
    )
