"""The first page, and finding things from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import Actor, MandateView, actor_from, open_to_everybody, signed_in
from yingshang.kernel.parties.api import portrait
from yingshang.kernel.reference.api import check_credit_code
from yingshang.web.design.navigation import all_destinations, destinations

from ..enterprises import CHOSEN, mandates_of

MOST = 20


@open_to_everybody
def home(request: HttpRequest) -> HttpResponse:
    """What the platform does for whom, and the ways in."""
    actor = actor_from(request)
    mandates = mandates_of(actor)
    return render(
        request,
        "portal/home.html",
        {"mandates": mandates, "matched": _matched(request, mandates), "plans": _plans()},
    )


def _matched(request: HttpRequest, mandates: Sequence[MandateView]) -> MandateView | None:
    """The enterprise whose policies the first page counts: the only one, or the one looked at last."""
    own = [each for each in mandates if "policies.match_own" in each.powers]
    chosen = request.session.get(CHOSEN)
    return own[0] if len(own) == 1 else next((each for each in own if each.party_id == chosen), None)


@signed_in
def start(request: HttpRequest) -> HttpResponseRedirect:
    """Where one comes to after logging in: officials to what is due, everybody else to the first page."""
    return redirect("desk:home" if actor_from(request).is_official else "portal:home")


@open_to_everybody
def search(request: HttpRequest) -> HttpResponse:
    """Pages, one's own enterprises and the facts on them; a credit code leads to its check."""
    actor = actor_from(request)
    text = request.GET.get("text", "").strip()[:80]
    found = _found(actor, text) if text else []
    return render(
        request,
        "portal/search.html",
        {"text": text, "found": found, "crumbs": [(_("首页"), reverse("portal:home")), (_("搜索"), None)]},
    )


def _found(actor: Actor, text: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    code = check_credit_code(text)
    if code.is_valid:
        results.append(
            {
                "title": code.value,
                "text": _("查验这个统一社会信用代码"),
                "url": reverse("verify:result", args=[code.value]),
                "icon": "shield-check",
            }
        )
    lowered = text.lower()
    faces = dict.fromkeys(each.face for each in all_destinations())
    seen = set()
    for face in faces:
        for each in destinations(face, actor):
            if lowered in str(each.name).lower() and each.url not in seen:
                seen.add(each.url)
                results.append({"title": each.name, "text": each.group, "url": each.url, "icon": each.icon})
    for mandate in mandates_of(actor):
        address = reverse("portal:enterprise", args=[mandate.party_id])
        if lowered in mandate.party_name.lower():
            results.append(
                {
                    "title": mandate.party_name,
                    "text": _("我的企业"),
                    "url": address,
                    "icon": "building-skyscraper",
                }
            )
        for fact in portrait(actor=actor, party_id=mandate.party_id, now=timezone.now()).facts:
            if lowered in fact.label.lower():
                results.append(
                    {
                        "title": fact.label,
                        "text": f"{mandate.party_name} · {fact.source}",
                        "url": reverse("portal:fact", args=[mandate.party_id, fact.column]),
                        "icon": "database",
                    }
                )
    return results[:MOST]


def _plans() -> list[dict[str, str]]:
    """What is not there yet, and is said to be not there."""
    return [
        {"icon": "message-circle", "title": _("企业诉求"), "text": _("提一次，限时答复，超期自动升级")},
    ]
