"""Enterprises: the list, and everything that is known about one."""

from __future__ import annotations

from datetime import date, datetime, time

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from yingshang.kernel.access.api import (
    Actor,
    actor_from,
    mandates_of_party,
    needs,
    note_personal_view,
    personal_views,
)
from yingshang.kernel.ledger.api import events_about_party
from yingshang.kernel.parties.api import (
    fact_history,
    get_party,
    personal_data,
    portrait,
    region_children,
    search_parties,
)
from yingshang.kernel.reference.api import COUNTRY, ancestors_of, get_region
from yingshang.web.changes import changes
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing, Page
from yingshang.web.regions import region_of_path
from yingshang.web.words import ACTIONS, actor_name

from ..forms import PartyFilter, PurposeForm
from ..tables import PartyTable

EVENTS_SHOWN = 50
FEW_SOURCES = 4
"""As many parts are short enough to stand open; of more, the first two do."""


@needs("parties.view")
def parties(request: HttpRequest) -> HttpResponseBase:
    """The enterprises of the scope."""
    actor = actor_from(request)
    filters = PartyFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return search_parties(actor=actor, order=order, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, PartyTable, fetch, name="parties", order="name", filters=filters)
    code = filters.values.get("region", "") or _top(actor)
    query = request.GET.copy()
    for name in ("page", "export", "region"):
        query.pop(name, None)
    return listing.respond(
        "desk/parties.html",
        {
            "region": get_region(code),
            "above": [
                each
                for each in reversed(list(ancestors_of(code)))
                if each.code != code and each.path.startswith(get_region(_top(actor)).path)
            ],
            "below": region_children(code),
            "region_chosen": bool(filters.values.get("region")),
            "query": query.urlencode(),
        },
    )


@needs("parties.view")
def party(request: HttpRequest, party_id: int) -> HttpResponse:
    """One enterprise as it is known today, or as it was known on a day."""
    return _party_page(request, party_id)


@needs("parties.view")
def fact(request: HttpRequest, party_id: int, column: str) -> HttpResponse:
    """How one fact came to be what it is, newest first."""
    actor, now = actor_from(request), timezone.now()
    found = get_party(actor=actor, party_id=party_id)
    history = fact_history(actor=actor, party_id=party_id, column=column, now=now)
    template = "desk/fact_history.html" if request.htmx else "desk/fact.html"  # type: ignore[attr-defined]
    return render(request, template, {"party": found, "history": history, "column": column})


@needs("parties.view_personal")
@never_cache
def personal(request: HttpRequest, party_id: int) -> HttpResponse:
    """Personal data in the clear, for a purpose, on the record."""
    actor = actor_from(request)
    form = PurposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        shown = personal_data(actor=actor, party_id=party_id, now=now)
        note_personal_view(
            actor=actor,
            party_id=party_id,
            fields=[each.name for each in shown],
            purpose=form.cleaned_data["purpose"],
            now=now,
        )
        return _party_page(request, party_id, shown=shown)
    return _party_page(request, party_id, form=form, status=status_of_form(form))


def _party_page(
    request: HttpRequest,
    party_id: int,
    *,
    shown: object = None,
    form: PurposeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, now = actor_from(request), timezone.now()
    today = timezone.localdate(now)
    found = get_party(actor=actor, party_id=party_id)
    known_on = _day(request.GET.get("known", ""), today)
    view = portrait(
        actor=actor,
        party_id=party_id,
        now=now,
        as_known_at=None if known_on is None else _end_of(known_on),
        show_personal=shown is not None,
    )
    events = events_about_party(party_id, limit=EVENTS_SHOWN)
    return render(
        request,
        "desk/party.html",
        {
            "party": found,
            "portrait": view,
            "sources": list(view.by_source().items()),
            "all_open": bool(request.GET.get("all")) or len(view.by_source()) <= FEW_SOURCES,
            "stale": sum(fact.stale for fact in view.facts),
            "known_on": known_on,
            "today": today,
            "mandates": mandates_of_party(actor=actor, party_id=party_id, include_ended=True, today=today),
            "events": [
                {
                    "title": ACTIONS.get(event.action, event.action),
                    "when": event.occurred_at,
                    "who": actor_name(event.actor_kind, event.actor_name),
                    "reason": event.reason,
                    "changes": [each for each in changes(event.before, event.after) if each.kind != "same"],
                }
                for event in events
            ],
            "views": personal_views(actor=actor, party_id=party_id, limit=20)
            if actor.may("access.view_audit")
            else None,
            "may_show": actor.may("parties.view_personal"),
            "may_merge": actor.may("parties.merge"),
            "shown": shown,
            "purpose_form": form or PurposeForm(),
        },
        status=status,
    )


def _day(text: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day < today else None


def _end_of(day: date) -> datetime:
    """The last moment of a day: what was received on it was known on it."""
    return timezone.make_aware(datetime.combine(day, time.max))


def _top(actor: Actor) -> str:
    """The region where an actor's view begins."""
    scope = actor.scope("parties.view")
    paths = scope.subtrees | scope.regions
    if scope.everywhere or len(paths) != 1:
        return COUNTRY
    (path,) = paths
    begin = region_of_path(path)
    return COUNTRY if begin is None else begin.code
