"""An enterprise rates the steps of its claim in two taps."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.claims.api import get_claim, rate_claim, ratings_of_claim
from yingshang.kernel.access.api import actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.portal.enterprises import crumbs_of, enterprise_of, tabs
from yingshang.web.ratings.giving import RateForm, rate_context

from ..refusals import tell_refusal

OWN = "claims.apply_own"
KIND = "claim"


@needs(OWN)
def rate(request: HttpRequest, claim_id: int) -> HttpResponse | HttpResponseRedirect:
    """The steps that were reached, each with five buttons; what was said can be said more exactly."""
    actor = actor_from(request)
    found = get_claim(actor=actor, claim_id=claim_id)
    enterprise = enterprise_of(request, actor, found.summary.party_id)
    written: dict[str, str] = {}
    if request.method == "POST":
        form = RateForm(request.POST, kind=KIND)
        if not form.is_valid():
            messages.error(request, _("请选择一个等级"))
        else:
            try:
                rate_claim(actor=actor, claim_id=claim_id, now=timezone.now(), **form.told)
            except DomainError as error:
                tell_refusal(request, error)
                written[form.cleaned_data["step"]] = form.cleaned_data["words"]
            else:
                messages.success(request, _("谢谢，评价已收到。"))
        if not any(written.values()):
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
            "rate": rate_context(KIND, steps, to=reverse("claims:rate", args=[claim_id]), words=written),
        },
        status=422 if written else 200,
    )
