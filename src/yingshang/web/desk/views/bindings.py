"""Requests for binding that a desk has to decide: the evidence beside the decision."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import Actor, actor_from, mandates_of_party, needs
from yingshang.kernel.ledger.api import events_of
from yingshang.kernel.parties.api import PartyDetail, PartyNotFound, get_party
from yingshang.processes.enterprise_binding.api import decide_review, get_review, reviews
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page, page_of
from yingshang.web.words import ACTIONS

from ..due import colour_of, working_days_left
from ..forms import BindingFilter, DecisionForm
from ..tables import BindingTable


@needs("access.review_bindings")
def binding_list(request: HttpRequest) -> HttpResponseBase:
    """What waits for a decision, and what was decided."""
    actor = actor_from(request)
    filters = BindingFilter(request.GET)
    rows = reviews(actor=actor, **filters.values)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return page_of(rows, order, page, per_page)

    return Listing(request, BindingTable, fetch, name="bindings", filters=filters).respond(
        "desk/bindings.html"
    )


@needs("access.review_bindings")
def binding(request: HttpRequest, request_id: int) -> HttpResponse | HttpResponseRedirect:
    """One request, with what the register knows, and the decision."""
    actor, now = actor_from(request), timezone.now()
    found = get_review(actor=actor, request_id=request_id)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            decide_review(
                actor=actor,
                request_id=request_id,
                approve=values["decision"] == "approve",
                legal_representative=values["found_as"] == "legal_representative",
                reason=values["reason"],
                now=now,
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已决定，申请人会收到消息。"))
            return redirect("desk:bindings")
    today = timezone.localdate(now)
    left = None if found.due_on is None else working_days_left(found.due_on, today)
    party = _party(actor, found.party_id)
    return render(
        request,
        "desk/binding.html",
        {
            "review": found,
            "party": party,
            "mandates": mandates_of_party(actor=actor, party_id=party.id, today=today) if party else (),
            "events": [
                {"title": ACTIONS.get(each.action, each.action), "event": each}
                for each in events_of("binding", str(request_id))
            ],
            "colour": colour_of(found.due_on, today, left),
            "working_days": left,
            "days_over": max(1, -(left or 0)),
            "waiting": "approve" in found.actions,
            "form": form,
        },
        status=status_of_form(form),
    )


def _party(actor: Actor, party_id: int | None) -> PartyDetail | None:
    """The enterprise, where it is in the register and the reviewer sees its region."""
    if party_id is None or not actor.may("parties.view"):
        return None
    try:
        return get_party(actor=actor, party_id=party_id)
    except PartyNotFound:
        return None
