"""Parties that may be one: found, compared side by side, merged, and separated again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import actor_from, needs
from yingshang.kernel.parties.api import (
    duplicate_candidates,
    get_party,
    merge_parties,
    merges,
    portrait,
    undo_merge,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page

from ..comparison import compare
from ..forms import MergeForm
from ..tables import DuplicateTable


@needs("parties.merge")
def duplicate_list(request: HttpRequest) -> HttpResponseBase:
    """Pairs that may be one, and the merges of late."""
    actor = actor_from(request)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return duplicate_candidates(actor=actor, page=page, per_page=per_page)

    listing = Listing(request, DuplicateTable, fetch, name="duplicates")
    return listing.respond("desk/duplicates.html", {"merges": merges(actor=actor, per_page=20).rows})


@needs("parties.merge")
def duplicate(request: HttpRequest, first_id: int, second_id: int) -> HttpResponse | HttpResponseRedirect:
    """Two parties side by side, and the decision."""
    actor, now = actor_from(request), timezone.now()
    if first_id == second_id:
        raise Http404
    one, other = (get_party(actor=actor, party_id=each) for each in (first_id, second_id))
    form = MergeForm(request.POST or None, parties=(one, other))
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data["kept"]
        try:
            merge_parties(
                actor=actor,
                kept_id=kept,
                duplicate_id=second_id if kept == first_id else first_id,
                reason=form.cleaned_data["reason"],
                now=now,
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已合并。在“重复主体”页可以撤销。"))
            return redirect("desk:party", party_id=kept)
    portraits = [portrait(actor=actor, party_id=each.id, now=now) for each in (one, other)]
    return render(
        request,
        "desk/duplicate.html",
        {"one": one, "other": other, "lines": compare(one, other, *portraits), "form": form},
        status=status_of_form(form),
    )


@needs("parties.merge")
@require_POST
def merge_undo(request: HttpRequest, merge_id: int) -> HttpResponseRedirect:
    """Separate two parties again."""
    undo_merge(actor=actor_from(request), merge_id=merge_id, now=timezone.now())
    messages.success(request, _("已撤销合并，两个主体恢复原样。"))
    return redirect("desk:duplicates")
