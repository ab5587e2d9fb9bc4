"""Lists on the desk: drawn up, looked at, approved by a second person, followed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.claims.api import (
    ListDetail,
    answer_remark,
    approve_list,
    claim_states,
    discard_list,
    draw_up_list,
    get_claim,
    get_list,
    items_to_list,
    listed_claims,
    lists,
    offer_waiting,
    omitted_parties,
    remarks_of_list,
    strike_claim,
)
from yingshang.kernel.access.api import actor_from, needs, reference_of
from yingshang.kernel.ledger.api import receipt_code
from yingshang.rules.errors import DomainError
from yingshang.web.listing import Listing
from yingshang.web.words import in_language

from ..refusals import tell_refusal
from .facts import fact_lines
from .forms import (
    DiscardForm,
    DrawUpForm,
    ListedFilter,
    ListFilter,
    OmittedFilter,
    ReasonForm,
    RemarkAnswerForm,
)
from .tables import ListedTable, ListTable, OmittedTable

VIEW, REVIEW, APPROVE = "claims.view", "claims.review", "claims.approve"


@needs(VIEW)
def list_of_lists(request: HttpRequest) -> HttpResponseBase:
    """Every list within one's reach; a new one is begun here."""
    actor = actor_from(request)
    filters = ListFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return lists(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    listing = Listing(request, ListTable, fetch, name="claim-lists", filters=filters)
    items = items_to_list(actor=actor, day=timezone.localdate()) if actor.may(REVIEW) else ()
    return listing.respond(
        "claims/automatic/lists.html",
        {"form": DrawUpForm(items=items) if items else None, "may_draw": actor.may(REVIEW)},
    )


@needs(REVIEW)
@require_POST
def draw_up(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Begin a list."""
    try:
        number = draw_up_list(
            actor=actor_from(request), code=request.POST.get("code", ""), now=timezone.now()
        )
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("claims_desk:lists")
    messages.success(request, _("已开始生成名单，完成后可以审核。"))
    return redirect("claims_desk:list", number)


@needs(VIEW)
def list_page(request: HttpRequest, list_id: int) -> HttpResponseBase:
    """One list: how far it is, who stands on it, who does not, what enterprises say is wrong."""
    actor = actor_from(request)
    detail = get_list(actor=actor, list_id=list_id)
    filters = ListedFilter(request.GET, states=list(detail.states))

    def fetch(order: str, page: int, per_page: int) -> Any:
        return listed_claims(
            actor=actor, list_id=list_id, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    listing = Listing(request, ListedTable, fetch, name=detail.summary.number, filters=filters)
    return listing.respond("claims/automatic/list.html", _page(request, detail))


@needs(VIEW)
def omitted(request: HttpRequest, list_id: int) -> HttpResponseBase:
    """Who was matched and is not on the list, with the reason."""
    actor = actor_from(request)
    detail = get_list(actor=actor, list_id=list_id)
    filters = OmittedFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return omitted_parties(
            actor=actor, list_id=list_id, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    listing = Listing(request, OmittedTable, fetch, name=f"{detail.summary.number}-omitted", filters=filters)
    return listing.respond("claims/automatic/omitted.html", {"list": detail.summary})


@needs(APPROVE)
@require_POST
def approve(request: HttpRequest, list_id: int) -> HttpResponseRedirect:
    """Approve the list that was looked at."""
    return _acted(
        request,
        list_id,
        lambda: approve_list(
            actor=actor_from(request),
            list_id=list_id,
            digest=request.POST.get("digest", ""),
            now=timezone.now(),
        ),
        _("名单已审核通过，正在预留预算并通知企业。"),
    )


@needs(APPROVE)
@require_POST
def resume(request: HttpRequest, list_id: int) -> HttpResponseRedirect:
    """Ask those who waited for the budget."""
    return _acted(
        request,
        list_id,
        lambda: offer_waiting(actor=actor_from(request), list_id=list_id, now=timezone.now()),
        _("正在通知等待预算的企业。"),
    )


@needs(REVIEW)
@require_POST
def discard(request: HttpRequest, list_id: int) -> HttpResponseRedirect:
    """Give a list up."""
    return _acted(
        request,
        list_id,
        lambda: discard_list(
            actor=actor_from(request),
            list_id=list_id,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        ),
        _("名单已作废，可以重新生成。"),
    )


@needs(VIEW)
def listed(request: HttpRequest, claim_id: int) -> HttpResponse:
    """One enterprise on a list with the facts it was decided on; it is taken off here."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    return render(
        request,
        "claims/automatic/listed.html",
        {
            "claim": found.summary,
            "detail": found,
            "facts": fact_lines((each.column, each.value, each.source, each.as_of) for each in found.facts),
            "form": ReasonForm()
            if actor.may(REVIEW) and found.summary.state in {"listed", "offered", "approved", "publicity"}
            else None,
        },
    )


@needs(REVIEW)
@require_POST
def strike(request: HttpRequest, claim_id: int) -> HttpResponseRedirect:
    """Take one enterprise off its list."""
    try:
        strike_claim(
            actor=actor_from(request),
            claim_id=claim_id,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("已从名单移出，预留的预算已释放。"))
    return redirect("claims_desk:listed", claim_id)


@needs(REVIEW)
@require_POST
def remark_answer(request: HttpRequest, list_id: int, remark_id: int) -> HttpResponseRedirect:
    """Answer what an enterprise says is wrong."""
    return _acted(
        request,
        list_id,
        lambda: answer_remark(
            actor=actor_from(request),
            remark_id=remark_id,
            answer=request.POST.get("answer", ""),
            strike=bool(request.POST.get("strike")),
            now=timezone.now(),
        ),
        _("已答复企业。"),
    )


def _acted(request: HttpRequest, list_id: int, work: Any, done: str) -> HttpResponseRedirect:
    try:
        work()
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, done)
    return redirect("claims_desk:list", list_id)


def _page(request: HttpRequest, detail: ListDetail) -> dict[str, Any]:
    actor, kept = actor_from(request), detail.summary
    states = claim_states()
    remarks = remarks_of_list(actor=actor, list_id=kept.id) if kept.state == "approved" else ()
    return {
        "list": kept,
        "detail": detail,
        "states": [
            (code, in_language(states[code][0], states[code][1]), count)
            for code in states
            if (count := detail.states.get(code))
        ],
        "left_out": sum(detail.left_out.values()),
        "remarks": [(each, RemarkAnswerForm(prefix="")) for each in remarks],
        "may_answer": actor.may(REVIEW),
        "receipt": receipt_code(detail.frozen_event) if detail.frozen_event else "",
        "own": detail.made_by == reference_of(actor),
        "may_approve": actor.may(APPROVE) and kept.state == "frozen" and kept.total,
        "may_resume": actor.may(APPROVE) and kept.state == "approved" and kept.waiting,
        "discard_form": DiscardForm()
        if actor.may(REVIEW) and kept.state in {"computing", "frozen"}
        else None,
        "working": kept.state in {"computing", "discarding"}
        or (kept.state == "approved" and not kept.waiting and detail.states.get("listed")),
    }
