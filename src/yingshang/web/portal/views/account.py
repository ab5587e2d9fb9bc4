"""One's own account, and who looked at one's personal data."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import actor_from, personal_views, signed_in

from ..enterprises import mandates_of
from ..tables import names_of_fields


@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """What there is to set, and where."""
    actor = actor_from(request)
    return render(request, "portal/account.html", {"mandates": mandates_of(actor), "account": request.user})


@signed_in
def personal_views_page(request: HttpRequest) -> HttpResponse:
    """Over all enterprises one acts for, who saw personal data, newest first."""
    actor = actor_from(request)
    seen = [
        (mandate, each, names_of_fields(each.fields))
        for mandate in mandates_of(actor)
        for each in personal_views(actor=actor, party_id=mandate.party_id, limit=100)
    ]
    seen.sort(key=lambda row: row[1].seen_at, reverse=True)
    return render(
        request,
        "portal/personal_views.html",
        {"seen": seen, "now": timezone.now(), "crumbs": [(_("首页"), "/"), (_("谁看过我的信息"), None)]},
    )
