"""The record of actions: who did what, when, and what changed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from yingshang.kernel.access.api import actor_from, audit_actions, audit_events, get_audit_event, needs
from yingshang.kernel.ledger.api import event_state, receipt_code
from yingshang.web.changes import changes
from yingshang.web.listing import Listing, Page

from ..forms import AuditFilter
from ..tables import AuditTable


@needs("access.view_audit")
def events(request: HttpRequest) -> HttpResponseBase:
    """Events by who, what, on what and when."""
    actor = actor_from(request)
    filters = AuditFilter(request.GET, actions=audit_actions(actor=actor))

    def fetch(order: str, page: int, per_page: int) -> Page:
        return audit_events(actor=actor, order=order, page=page, per_page=per_page, **filters.values)

    listing = Listing(request, AuditTable, fetch, name="audit-events", order="-occurred_at", filters=filters)
    return listing.respond("administration/audit.html")


@needs("access.view_audit")
def event(request: HttpRequest, event_id: int) -> HttpResponse:
    """One event, before beside after."""
    found = get_audit_event(actor=actor_from(request), event_id=event_id)
    return render(
        request,
        "administration/audit_event.html",
        {
            "detail": found,
            "event": found.event,
            "changes": changes(found.event.before, found.event.after),
            "state": event_state(event_id),
            "receipt_code": receipt_code(event_id),
        },
    )
