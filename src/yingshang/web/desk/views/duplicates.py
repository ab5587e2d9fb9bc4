"""Parties that may be one: found, compared side by side, merged and separated again, or found not to be one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.parties.api import (
    PartyDetail,
    distinct_mark,
    distinct_pairs,
    duplicate_candidates,
    get_party,
    mark_distinct,
    merge_parties,
    merges,
    portrait,
    take_back_distinct,
    undo_merge,
)
from yingshang.rules.errors import DomainError
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing, Page

from ..comparison import compare
from ..forms import DistinctForm, MergeForm
from ..tables import DuplicateTable

_APART = "apart"
"""Both decisions ask for a reason, each in a field of its own."""


@needs("parties.merge")
def duplicate_list(request: HttpRequest) -> HttpResponseBase:
    """Pairs that may be one, the merges of late, and the pairs that were found not to be one."""
    actor = actor_from(request)

    def fetch(order: str, page: int, per_page: int) -> Page:
        return duplicate_candidates(actor=actor, page=page, per_page=per_page)

    listing = Listing(request, DuplicateTable, fetch, name="duplicates")
    return listing.respond(
        "desk/duplicates.html",
        {
            "merges": merges(actor=actor, per_page=20).rows,
            "marks": distinct_pairs(actor=actor, per_page=20).rows,
        },
    )


@needs("parties.merge")
def duplicate(request: HttpRequest, first_id: int, second_id: int) -> HttpResponse | HttpResponseRedirect:
    """Two parties side by side, and the decision."""
    actor = actor_from(request)
    pair = _pair(actor, first_id, second_id)
    form = MergeForm(request.POST or None, parties=pair)
    if request.method == "POST" and form.is_valid():
        kept = form.cleaned_data["kept"]
        try:
            merge_parties(
                actor=actor,
                kept_id=kept,
                duplicate_id=second_id if kept == first_id else first_id,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已合并。在“重复主体”页可以撤销。"))
            return redirect("desk:party", party_id=kept)
    return _compared(request, actor, pair, form, DistinctForm(prefix=_APART))


@needs("parties.merge")
@require_POST
def distinct(request: HttpRequest, first_id: int, second_id: int) -> HttpResponse | HttpResponseRedirect:
    """The other decision: they are not one."""
    actor = actor_from(request)
    pair = _pair(actor, first_id, second_id)
    form = DistinctForm(request.POST, prefix=_APART)
    if form.is_valid():
        try:
            mark_distinct(
                actor=actor,
                first_id=first_id,
                second_id=second_id,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("已记为不是同一主体，不再提示。在“重复主体”页可以撤销。"))
            return redirect("desk:duplicates")
    return _compared(request, actor, pair, MergeForm(parties=pair), form)


@needs("parties.merge")
@require_POST
def distinct_undo(request: HttpRequest, mark_id: int) -> HttpResponseRedirect:
    """The two may be one after all."""
    take_back_distinct(actor=actor_from(request), mark_id=mark_id, now=timezone.now())
    messages.success(request, _("已撤销判断，看起来相同的主体会再次提示。"))
    return redirect("desk:duplicates")


@needs("parties.merge")
@require_POST
def merge_undo(request: HttpRequest, merge_id: int) -> HttpResponseRedirect:
    """Separate two parties again."""
    undo_merge(actor=actor_from(request), merge_id=merge_id, now=timezone.now())
    messages.success(request, _("已撤销合并，两个主体恢复原样。"))
    return redirect("desk:duplicates")


def _pair(actor: Actor, first_id: int, second_id: int) -> tuple[PartyDetail, PartyDetail]:
    if first_id == second_id:
        raise Http404
    return get_party(actor=actor, party_id=first_id), get_party(actor=actor, party_id=second_id)


def _compared(
    request: HttpRequest,
    actor: Actor,
    pair: tuple[PartyDetail, PartyDetail],
    form: MergeForm,
    apart: DistinctForm,
) -> HttpResponse:
    one, other = pair
    now = timezone.now()
    portraits = [portrait(actor=actor, party_id=each.id, now=now) for each in pair]
    return render(
        request,
        "desk/duplicate.html",
        {
            "one": one,
            "other": other,
            "lines": compare(one, other, *portraits),
            "form": form,
            "apart": apart,
            "mark": distinct_mark(actor=actor, first_id=one.id, second_id=other.id),
        },
        status=max(status_of_form(form), status_of_form(apart)),
    )
