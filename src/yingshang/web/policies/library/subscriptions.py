"""Searches one wants to be told of, and the link that ends them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.policies.api import (
    InvalidSubscription,
    LibraryQuestion,
    subscribe,
    subscriptions,
    unsubscribe,
    unsubscribe_all,
)
from yingshang.kernel.access.api import actor_from, open_to_everybody, signed_in
from yingshang.web.errors import message_of

from .forms import LibraryFilter
from .places import region_name
from .words import GROUPS, REACHES, facet_name


@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """One's own searches, each with the way to its answers of today."""
    rows = [(each, address_of(each.question)) for each in subscriptions(actor=actor_from(request))]
    return render(
        request,
        "policies/library/subscriptions.html",
        {
            "rows": rows,
            "crumbs": [(_("政策库"), reverse("policies:library")), (_("订阅的检索"), None)],
        },
    )


@signed_in
@require_POST
def add(request: HttpRequest) -> HttpResponseRedirect:
    """Subscribe to the search that the form repeats."""
    question = LibraryFilter(request.POST).question()
    try:
        subscribe(actor=actor_from(request), name=name_of(question), question=question, now=timezone.now())
    except InvalidSubscription as refusal:
        messages.error(request, message_of(refusal))
        return redirect("policies:library")
    messages.success(request, _("已订阅。以后发布的、符合这个检索的政策，每天汇总通知一次。"))
    return redirect("policies:subscriptions")


@signed_in
@require_POST
def end(request: HttpRequest, subscription_id: int) -> HttpResponseRedirect:
    """End one."""
    name = unsubscribe(actor=actor_from(request), subscription_id=subscription_id, now=timezone.now())
    messages.success(request, _("已退订“%(name)s”。") % {"name": name})
    return redirect("policies:subscriptions")


@open_to_everybody
def end_all(request: HttpRequest, token: str) -> HttpResponse:
    """What the link of a message leads to: asked once more, then all are ended. No log-in: the link is signed."""
    done = None
    if request.method == "POST":
        done = unsubscribe_all(actor=actor_from(request), token=token, now=timezone.now())
    return render(request, "policies/library/unsubscribe.html", {"done": done})


def name_of(question: LibraryQuestion) -> str:
    """A search in a few words, as it was chosen."""
    parts = [question.text] if question.text else []
    if question.place:
        parts.append(f"{region_name(question.place)}（{REACHES[question.reach]}）")
    parts += [facet_name(facet, value) for facet in GROUPS if (value := getattr(question, facet))]
    return " · ".join(parts)[:120]


def address_of(question: LibraryQuestion) -> str:
    """The library's page with this search."""
    filters = LibraryFilter.of(question)
    return f"{reverse('policies:library')}?{filters.address()}"
