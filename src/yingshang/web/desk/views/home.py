"""The workbench's first page: what is due, and for whom."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from yingshang.kernel.access.api import actor_from, needs
from yingshang.web.listing import Listing, Page, page_of

from ..due import COLOURS, LIMIT, DueRow, due_for, providers_for
from ..forms import DueFilter
from ..tables import DueTable


@needs("desk.open")
def home(request: HttpRequest) -> HttpResponseBase:
    """Everything due for the actor, most urgent first."""
    actor, now = actor_from(request), timezone.now()
    due, providers = due_for(actor, now=now), providers_for(actor)
    filters = DueFilter(request.GET, due=due, providers=providers)
    wanted = filters.values

    def fits(row: DueRow, *, but_colour: bool = False) -> bool:
        return (
            wanted.get("kind") in (None, row.item.kind)
            and (but_colour or wanted.get("colour") in (None, row.colour))
            and wanted.get("agency") in (None, str(row.item.agency_id))
            and wanted.get("region") in (None, row.item.region_code)
        )

    rows = [row for row in due.rows if fits(row)]
    counted = [row for row in due.rows if fits(row, but_colour=True)]

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(rows, order, page, per_page)

    listing = Listing(request, DueTable, fetch, name="due", filters=filters)
    query = request.GET.copy()
    for name in ("page", "export", "colour"):
        query.pop(name, None)
    tiles = [
        {
            "colour": each,
            "count": sum(row.colour == each.code for row in counted),
            "query": f"{query.urlencode()}&colour={each.code}".lstrip("&"),
            "chosen": wanted.get("colour") == each.code,
        }
        for each in COLOURS
    ]
    return listing.respond(
        "desk/home.html",
        {
            "tiles": tiles,
            "due": due,
            "providers": providers,
            "limit": LIMIT,
            "today": timezone.localdate(now),
        },
    )
