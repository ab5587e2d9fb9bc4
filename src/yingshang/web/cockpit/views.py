"""The one page of this face."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.parties.api import (
    PartyNotFound,
    freshness_by_source,
    get_region_row,
    import_figures,
    search_parties,
)
from yingshang.kernel.reference.api import COUNTRY, ancestors_of, find_region, get_region
from yingshang.web.desk.due import due_for
from yingshang.web.regions import region_of_path
from yingshang.web.words import SIZES, STATUSES

from .figures import bars, growth, list_url, map_of, places_below

INDUSTRIES_SHOWN = 9
IMPORTS_OF = timedelta(days=30)


@needs("cockpit.open")
def home(request: HttpRequest) -> HttpResponse:
    """One region of the leader's scope on one screen."""
    actor, now = actor_from(request), timezone.now()
    today = timezone.localdate(now)
    code = request.GET.get("region", "") or top_of(actor)
    if not _leads_to_scope(actor, code):
        raise PartyNotFound(
            f"no region {code!r} in this scope", message_zh="没有这个区划，或者它不在您的查看范围内"
        )
    shown = get_region_row(code)
    places = places_below(actor, shown, today=today)
    total = search_parties(actor=actor, region=code, per_page=1).total
    this_year = search_parties(
        actor=actor, region=code, established_since=today.replace(month=1, day=1), per_page=1
    ).total
    sources = freshness_by_source(actor=actor, region=code)
    due = due_for(actor, now=now)
    overdue = Counter(
        (row.item.agency_id, row.item.agency_name) for row in due.rows if row.colour == "overdue"
    )
    return render(
        request,
        "cockpit/home.html",
        {
            "region": shown,
            "above": [
                each
                for each in reversed(list(ancestors_of(code)))
                if each.code != code and _leads_to_scope(actor, each.code)
            ],
            "places": places,
            "places_total": sum(each.parties or 0 for each in places),
            "map": map_of(shown, places),
            "total": total,
            "total_url": list_url(code),
            "this_year": this_year,
            "this_year_url": list_url(code, established_since=today.replace(month=1, day=1)),
            "year": today.year,
            "sizes": bars(actor, code, "size", most=8, names=SIZES),
            "industries": bars(actor, code, "industry", most=INDUSTRIES_SHOWN),
            "statuses": bars(actor, code, "status", most=6, names=STATUSES),
            "growth": growth(actor, code, today=today),
            "sources": [
                {
                    "source": each.source,
                    "latest": each.latest,
                    "parties": each.parties,
                    "lapsed": sum(day < today for day in each.lapses),
                    "of": len(each.lapses),
                    "url": f"{reverse('administration:facts')}?{urlencode({'agency': each.source})}",
                }
                for each in sources
            ],
            "imports": import_figures(actor=actor, since=today - IMPORTS_OF),
            "may_see_imports": actor.may("parties.import"),
            "import_days": IMPORTS_OF.days,
            "due": due,
            "overdue_count": due.count("overdue"),
            "overdue": [
                {
                    "name": name,
                    "count": count,
                    "url": f"{reverse('desk:home')}?{urlencode({'colour': 'overdue', 'agency': agency or ''})}",
                }
                for (agency, name), count in overdue.most_common(8)
            ],
            "now": now,
        },
    )


def top_of(actor: Actor) -> str:
    """The region where an actor's view begins: the only one they reach, or the nearest above all of them."""
    scope = actor.scope("parties.view")
    paths = sorted(scope.subtrees | scope.regions)
    if scope.everywhere or not paths:
        return COUNTRY
    common = paths[0]
    while not all(path.startswith(common) for path in paths) or region_of_path(common) is None:
        common = common[:-1]
    found = region_of_path(common)
    assert found is not None
    return found.code


def _leads_to_scope(actor: Actor, code: str) -> bool:
    """Whether a region lies in the actor's scope, or the scope lies in it."""
    region = find_region(code) if code.isdigit() else None
    scope = actor.scope("parties.view")
    if region is None:
        return False
    if scope.everywhere:
        return True
    # Nothing above where the view begins: there would be nothing but gaps on the map.
    begin = get_region(top_of(actor)).path
    return region.path.startswith(begin) and any(
        region.path.startswith(path) or path.startswith(region.path)
        for path in scope.subtrees | scope.regions
    )
