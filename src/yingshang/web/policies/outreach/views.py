"""Links of policy packages, the packages themselves, and who has not acted yet."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.policies.api import PackageNotFound, follow_link, get_package
from yingshang.kernel.access.api import actor_from, needs, open_to_everybody
from yingshang.web.portal.enterprises import crumbs_of, enterprise_of, tabs

OWN = "policies.match_own"
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
"""By these a browser, or a program that reads mail, says that nobody has asked for the page yet."""


@open_to_everybody
def go(request: HttpRequest, token: str) -> HttpResponse | HttpResponseRedirect:
    """On to the item. That somebody of the enterprise came is noted, not who; a mere look-ahead is not."""
    if request.method != "GET":
        return HttpResponse(status=405 if request.method != "HEAD" else 204, headers={"Allow": "GET, HEAD"})
    if any("prefetch" in request.headers.get(name, "").lower() for name in _AHEAD):
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    code = follow_link(token=token, now=timezone.now())
    return HttpResponseRedirect(reverse("policies:item", args=[code]), headers={"Cache-Control": "no-store"})


@needs(OWN)
def package(request: HttpRequest, party_id: int, day: str) -> HttpResponse:
    """What the enterprise was told on a day."""
    actor = actor_from(request)
    enterprise = enterprise_of(request, actor, party_id)
    found = get_package(actor=actor, party_id=enterprise.party.id, day=_day(day))
    return render(
        request,
        "policies/outreach/package.html",
        {
            "enterprise": enterprise,
            "party": enterprise.party,
            "tabs": tabs(actor, enterprise, "policies:mine-party"),
            "package": found,
            "sure": sum(each.certain_fen or 0 for each in found.items) / 100,
            "rows": [
                (each, None if each.certain_fen is None else each.certain_fen / 100) for each in found.items
            ],
            "crumbs": [*crumbs_of(enterprise), (_("政策包"), None)],
        },
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise PackageNotFound(f"no day {text!r}", message_zh="没有这一天的政策包", value=text) from None
