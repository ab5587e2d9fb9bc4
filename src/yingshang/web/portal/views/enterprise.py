"""What the government knows about one's own enterprise, where it comes from, and what it does not know."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone

from yingshang.kernel.access.api import actor_from, needs, note_personal_view, personal_views, signed_in
from yingshang.kernel.parties.api import FactValue, PortraitView, fact_history, portrait
from yingshang.processes.fact_objection.api import open_objections
from yingshang.web.listing import Listing, Page, fragment_or_page, page_of

from ..enterprises import CHOSEN, Enterprise, crumbs_of, enterprise_of, mandates_of, tabs
from ..tables import FactTable, ViewTable

FEW_SOURCES = 4
"""As many parts are short enough to stand open; of more, the first two do."""


@dataclass(frozen=True, slots=True)
class Group:
    """The facts of one source."""

    source: str
    facts: tuple[FactValue, ...]

    @property
    def latest(self) -> FactValue:
        return max(self.facts, key=lambda fact: (fact.as_of, fact.received_at))

    @property
    def stale(self) -> int:
        return sum(fact.stale for fact in self.facts)


@signed_in
def enterprises(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """The enterprises one acts for; straight to the one looked at last."""
    actor = actor_from(request)
    mandates = mandates_of(actor)
    numbers = [each.party_id for each in mandates]
    chosen = request.session.get(CHOSEN)
    if len(numbers) == 1 or (chosen in numbers and "all" not in request.GET):
        return redirect("portal:enterprise", party_id=chosen if chosen in numbers else numbers[0])
    return render(request, "portal/enterprises.html", {"mandates": mandates})


@needs("parties.view_own")
def portrait_page(request: HttpRequest, party_id: int) -> HttpResponseBase:
    """Every fact by source, or those that a text is in; as a file with `export`."""
    actor, now = actor_from(request), timezone.now()
    enterprise = enterprise_of(request, actor, party_id)
    party_id = enterprise.party.id
    may_show = "parties.view_own_personal" in enterprise.mandate.powers
    personal = may_show and "personal" in request.GET
    known = portrait(actor=actor, party_id=party_id, now=now, show_personal=personal)
    if personal and any(fact.sensitivity == "personal" for fact in known.facts):
        note_personal_view(actor=actor, party_id=party_id, fields=["facts"], purpose="portal", now=now)
    text = request.GET.get("text", "").strip()[:80]
    facts = tuple(fact for fact in known.facts if _matches(fact, text))
    if "export" in request.GET:
        return Listing(
            request, FactTable, lambda order, page, size: page_of(facts, order, page, size), name="facts"
        ).respond("portal/portrait.html")
    return render(
        request,
        "portal/portrait.html",
        {
            **_frame(request, enterprise, "portal:enterprise"),
            "groups": _groups(facts),
            "portrait": known,
            "text": text,
            "all_open": bool(text or "all" in request.GET) or len(known.by_source()) <= FEW_SOURCES,
            "found": len(facts),
            "stale": sum(fact.stale for fact in known.facts),
            "sources": len(known.by_source()),
            "may_show_personal": may_show and any(fact.sensitivity == "personal" for fact in known.facts),
            "personal": personal,
            "disputed": open_objections(party_id=party_id),
            "now": now,
        },
    )


@needs("parties.view_own")
def fact(request: HttpRequest, party_id: int, column: str) -> HttpResponse:
    """How one fact came to be what it is: in the drawer, or as a page."""
    actor, now = actor_from(request), timezone.now()
    enterprise = enterprise_of(request, actor, party_id)
    party_id = enterprise.party.id
    history = fact_history(actor=actor, party_id=party_id, column=column, now=now)
    context = {
        **_frame(request, enterprise, "portal:enterprise"),
        "history": history,
        "fact": history[0] if history else None,
        "may_object": actor.may("objections.file_own"),
        "disputed": open_objections(party_id=party_id).get(column),
        "crumbs": [*crumbs_of(enterprise), (history[0].label if history else column, None)],
    }
    return fragment_or_page(
        request, "portal/fact_history.html", "portal/fact.html", context, status=200 if history else 404
    )


@needs("parties.view_own")
def missing(request: HttpRequest, party_id: int) -> HttpResponse:
    """What nobody has told of, by the agency that would know. Unknown, which is neither nought nor no."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    party_id = enterprise.party.id
    known: PortraitView = portrait(actor=actor, party_id=party_id, now=timezone.now())
    groups: dict[str, list[object]] = {}
    for definition in known.missing:
        groups.setdefault(definition.agency, []).append(definition)
    return render(
        request,
        "portal/missing.html",
        {
            **_frame(request, enterprise, "portal:missing"),
            "groups": groups,
            "count": len(known.missing),
            "may_object": actor.may("objections.file_own"),
        },
    )


@needs("parties.view_own")
def views(request: HttpRequest, party_id: int) -> HttpResponseBase:
    """Who saw personal data of the enterprise's people."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    party_id = enterprise.party.id
    seen = personal_views(actor=actor, party_id=party_id)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(seen, order, page, per_page)

    listing = Listing(request, ViewTable, fetch, name="views")
    return listing.respond("portal/views.html", _frame(request, enterprise, "portal:views"))


def _frame(request: HttpRequest, enterprise: Enterprise, here: str) -> dict[str, object]:
    return {
        "enterprise": enterprise,
        "party": enterprise.party,
        "tabs": tabs(actor_from(request), enterprise, here),
        "crumbs": crumbs_of(enterprise),
    }


def _matches(fact: FactValue, text: str) -> bool:
    wanted = text.lower()
    return not wanted or any(
        wanted in part.lower() for part in (fact.label, fact.text, fact.source, fact.column)
    )


def _groups(facts: tuple[FactValue, ...]) -> list[Group]:
    by_source: dict[str, list[FactValue]] = {}
    for each in facts:
        by_source.setdefault(each.source, []).append(each)
    return [Group(source, tuple(those)) for source, those in by_source.items()]
