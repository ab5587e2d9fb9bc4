"""An enterprise rates its claim in two taps; everybody reads how agencies are found."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.claims.api import (
    StepRating,
    get_claim,
    public_ratings,
    rate_claim,
    rating_rules,
    ratings_of_claim,
)
from yingshang.kernel.access.api import actor_from, needs, open_to_everybody
from yingshang.rules.errors import DomainError
from yingshang.web.portal.enterprises import crumbs_of, enterprise_of, tabs
from yingshang.web.words import in_language

from ..refusals import tell_refusal
from .forms import RateForm
from .words import follow_up_name, level_name, step_name

OWN = "claims.apply_own"


@needs(OWN)
def rate(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """The steps that were reached, each with five buttons; what was said can be said more exactly."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    enterprise = enterprise_of(request, actor, found.summary.party_id)
    if request.method == "POST":
        form = RateForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("请选择一个等级"))
        else:
            try:
                rate_claim(actor=actor, claim_id=claim_id, now=timezone.now(), **form.cleaned_data)
            except DomainError as error:
                tell_refusal(request, error)
            else:
                messages.success(request, _("谢谢，评价已收到。"))
        return redirect("claims:rate", claim_id=claim_id)
    steps = ratings_of_claim(actor=actor, claim_id=claim_id, now=timezone.now())
    return render(
        request,
        "claims/rating/rate.html",
        {
            "claim": found,
            "party": enterprise.party,
            "enterprise": enterprise,
            "tabs": tabs(actor, enterprise, "claims:mine-party"),
            "crumbs": [
                *crumbs_of(enterprise),
                (_("兑现申请"), reverse("claims:mine-party", args=[enterprise.party.id])),
                (_("评价"), None),
            ],
            "levels": [(code, level_name(code)) for code in rating_rules().levels],
            "steps": [_shown(each) for each in steps],
            "days": rating_rules().change_days,
        },
    )


@open_to_everybody
def results(request: HttpRequest) -> HttpResponse:
    """How agencies are found."""
    rows = public_ratings()
    return render(
        request,
        "claims/rating/results.html",
        {
            "rows": [(each, step_name(each.step), [count for _code, count in each.counts]) for each in rows],
            "levels": [level_name(code) for code in rating_rules().levels],
            "fewest": rating_rules().publish_from,
        },
    )


@open_to_everybody
def results_csv(request: HttpRequest) -> HttpResponse:
    """The same as open data, in columns that stay as they are."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="ratings.csv"'
    writer = csv.writer(answer)
    levels = list(rating_rules().levels)
    writer.writerow(["agency", "step", "ratings", *(f"level_{code}" for code in levels), "satisfied"])
    for each in public_ratings():
        counts = dict(each.counts)
        writer.writerow(
            [
                each.agency_name,
                each.step,
                each.total,
                *(counts[code] for code in levels),
                f"{each.satisfied:.4f}",
            ]
        )
    return answer


@open_to_everybody
def results_json(request: HttpRequest) -> JsonResponse:
    """The same for programs."""
    rules = rating_rules()
    return JsonResponse(
        {
            "published_from": rules.publish_from,
            "levels": {
                str(each.code): {"zh": each.name, "en": each.name_en} for each in rules.levels.values()
            },
            "steps": {each.code: {"zh": each.name, "en": each.name_en} for each in rules.steps.values()},
            "agencies": [
                {
                    "agency": each.agency_name,
                    "step": each.step,
                    "ratings": each.total,
                    "levels": {str(code): count for code, count in each.counts},
                    "satisfied": round(each.satisfied, 4),
                }
                for each in public_ratings()
            ],
        },
        json_dumps_params={"ensure_ascii": False},
    )


def _shown(each: StepRating) -> dict[str, Any]:
    rules = rating_rules()
    bad = bool(each.level) and rules.levels[each.level].bad
    return {
        "rating": each,
        "name": step_name(each.step),
        "level": level_name(each.level) if each.level else "",
        "bad": bad,
        "follow_up": follow_up_name(each.follow_up) if each.follow_up else "",
        "reasons": [
            (code, in_language(word.name, word.name_en), code in each.reasons)
            for code, word in rules.reasons.items()
            if word.bad == bad
        ],
    }
