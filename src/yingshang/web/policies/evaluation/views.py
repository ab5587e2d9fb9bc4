"""What an item has achieved, on the desk; what an enterprise says of it, in the portal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.policies.api import (
    Evaluation,
    InvalidEvaluation,
    InvalidOpinion,
    compare_effect,
    decide_one,
    evaluate,
    give_opinion,
    may_give_opinion,
    opinion_summary,
    opinions,
    own_opinion,
    record_evaluation,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.web.errors import message_of
from yingshang.web.listing import Listing, page_of
from yingshang.web.policies.outreach.desk import region_chart, stages
from yingshang.web.portal.enterprises import crumbs_of, enterprise_of, tabs

from . import figures
from .forms import DECISION_WORDS, DecisionForm, OpinionFilter, OpinionForm, level_choices
from .tables import FigureTable, OpinionTable

VIEW, OWN, PUBLISH = "policies.view_matches", "policies.match_own", "policies.publish"


@needs(VIEW)
def evaluation(request: HttpRequest, code: str) -> HttpResponseBase:
    """The whole evaluation; the effect when it is asked for."""
    return _page(request, code, DecisionForm())


@needs(PUBLISH)
@require_POST
def decide(request: HttpRequest, code: str) -> HttpResponseBase:
    """Record what is to become of the item."""
    actor = actor_from(request)
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            record_evaluation(actor=actor, code=code, now=timezone.now(), **form.cleaned_data)
        except InvalidEvaluation as error:
            form.add_error(error.details.get("field") or None, message_of(error))
        else:
            messages.success(request, _("已记录评价结论。"))
            return redirect(f"{reverse('policies_desk:evaluation', args=[code])}#decisions")
    return _page(request, code, form, status=400)


@needs(VIEW)
def opinion_list(request: HttpRequest, code: str) -> HttpResponseBase:
    """Opinions without whose they are."""
    actor = actor_from(request)
    filters = OpinionFilter(request.GET)
    opinion_summary(actor=actor, code=code)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return opinions(
            actor=actor, code=code, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    listing = Listing(request, OpinionTable, fetch, name=f"opinions-{code}", filters=filters)
    return listing.respond("policies/evaluation/opinions.html", {"code": code})


@needs(OWN)
def opinion(request: HttpRequest, party_id: int, code: str) -> HttpResponse:
    """How one's own enterprise finds an item."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    now = timezone.now()
    decided = decide_one(actor=actor, party_id=enterprise.party.id, code=code, day=timezone.localdate(now))
    earlier = own_opinion(actor=actor, party_id=enterprise.party.id, code=code)
    first = {"rating": earlier.rating, "comment": earlier.comment} if earlier else None
    form = OpinionForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            give_opinion(actor=actor, party_id=enterprise.party.id, code=code, now=now, **form.cleaned_data)
        except InvalidOpinion as error:
            form.add_error(error.details.get("field") or None, message_of(error))
        else:
            messages.success(request, _("谢谢，您的评价已记录。"))
            return redirect("policies:opinion", party_id=enterprise.party.id, code=code)
    return render(
        request,
        "policies/evaluation/opinion.html",
        {
            "enterprise": enterprise,
            "party": enterprise.party,
            "tabs": tabs(actor, enterprise, "policies:mine-party"),
            "decided": decided,
            "earlier": earlier,
            "may": may_give_opinion(actor=actor, party_id=enterprise.party.id, code=code, now=now),
            "form": form,
            "crumbs": [
                *crumbs_of(enterprise),
                (decided.name, reverse("policies:mine-item", args=[enterprise.party.id, code])),
                (_("评价"), None),
            ],
        },
        status=400 if form.errors else 200,
    )


def _page(request: HttpRequest, code: str, form: DecisionForm, status: int = 200) -> HttpResponseBase:
    actor = actor_from(request)
    found = evaluate(actor=actor, code=code, now=timezone.now())
    all_lines = list(figures.lines(found))

    def fetch(order: str, page: int, per_page: int) -> Any:
        return page_of(all_lines, "", page, per_page)

    listing = Listing(request, FigureTable, fetch, name=f"evaluation-{code}")
    report = None
    if "effect" in request.GET or "year" in request.GET:
        asked = request.GET.get("year", "")
        report = compare_effect(
            actor=actor, code=code, year=int(asked) if asked.isdecimal() and len(asked) == 4 else None
        )
    answer = listing.respond(
        "policies/evaluation/evaluation.html",
        {
            **_shown(found, code),
            "form": form,
            "may_decide": actor.may(PUBLISH),
            "report": report,
            "effect_lines": figures.effect_lines(report) if report else [],
        },
    )
    answer.status_code = status
    return answer


def _shown(found: Evaluation, code: str) -> dict[str, Any]:
    budget, certain = figures.yuan(found.budget_fen), figures.yuan(found.certain_fen)
    return {
        "found": found,
        "item": found.item,
        "code": code,
        "today": timezone.localdate(),
        "stages": stages(found.funnel),
        "budget": budget,
        "carried": found.carried_out,
        **(
            {
                "spent": figures.yuan(found.carried_out.spent_fen),
                "reserved": figures.yuan(found.carried_out.reserved_fen),
                "fund": figures.yuan(found.carried_out.fund_fen),
            }
            if found.carried_out
            else {}
        ),
        "certain": certain,
        "budget_share": int(found.certain_fen * 100 / found.budget_fen) if found.budget_fen else None,
        "regions": found.regions,
        "chart": region_chart(found.regions, code),
        "sizes": [
            (figures.size_name(each.size), each.funnel, figures.yuan(each.certain_fen))
            for each in found.sizes
        ],
        "days_chart": figures.days_chart(found),
        "opinions_chart": figures.opinions_chart(found),
        "levels": level_choices(),
        "decisions": [(DECISION_WORDS[each.decision], each) for each in found.decisions],
    }
