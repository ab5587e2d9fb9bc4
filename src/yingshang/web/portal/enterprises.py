"""Which of their enterprises somebody is looking at, and how far they may look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import Actor, MandateView, actor_from, mandates_of_user
from yingshang.kernel.parties.api import PartyDetail, PartyNotFound, get_party

_VIEW = "parties.view_own"
CHOSEN = "enterprise"
"""The key of the session under which the enterprise last looked at is kept."""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """The enterprise a page is about, and those one could switch to."""

    party: PartyDetail
    mandate: MandateView
    others: tuple[MandateView, ...]


def mandates_of(actor: Actor) -> tuple[MandateView, ...]:
    """The enterprises the actor may look at, by name. An entry merged into one of them is not one beside it."""
    if actor.kind != "user":
        return ()
    found = mandates_of_user(actor=actor, user_id=int(actor.identifier), today=timezone.localdate())
    return tuple(
        sorted(
            (
                each
                for each in found
                if _VIEW in each.powers and actor.kept_entry(each.party_id, _VIEW) == each.party_id
            ),
            key=lambda each: each.party_name,
        )
    )


def enterprise_of(request: HttpRequest, actor: Actor, party_id: int) -> Enterprise:
    """The enterprise, if the actor acts for it; for an entry that was merged into theirs, the one that is kept.

    Raises PartyNotFound, for officials too: they have the workbench.
    """
    party_id = actor.kept_entry(party_id, _VIEW)
    mandates = mandates_of(actor)
    mandate = next((each for each in mandates if each.party_id == party_id), None)
    if mandate is None:
        raise PartyNotFound(
            f"no enterprise {party_id} of {actor.name}",
            message_zh="没有这家企业，或者您没有它的授权",
            value=party_id,
        )
    request.session[CHOSEN] = party_id
    party = get_party(actor=actor, party_id=party_id)
    return Enterprise(party, mandate, tuple(each for each in mandates if each is not mandate))


def to_enterprise(
    request: HttpRequest, power: str, *, to: str, subject: str, hint: str, without: str
) -> HttpResponse | HttpResponseRedirect:
    """On to the page `to` of the enterprise looked at last, or of the only one; else one is chosen.

    `power` is what one must be allowed to do for it. `subject` is what the page is about, `hint` what it shows of each,
    `without` what is said to somebody who acts for none.
    """
    mandates = [each for each in mandates_of(actor_from(request)) if power in each.powers]
    numbers = [each.party_id for each in mandates]
    chosen = request.session.get(CHOSEN)
    if len(numbers) == 1 or (chosen in numbers and "all" not in request.GET):
        return redirect(to, party_id=chosen if chosen in numbers else numbers[0])
    choices = [(each.party_name, reverse(to, args=[each.party_id])) for each in mandates]
    context = {"subject": subject, "choices": choices, "hint": hint, "without": without}
    return render(request, "portal/choose.html", context)


def tabs(actor: Actor, enterprise: Enterprise, here: str) -> list[dict[str, Any]]:
    """The pages of one enterprise."""
    pages = [
        ("portal:enterprise", _("画像")),
        *([("policies:mine-party", _("可享政策"))] if actor.may("policies.match_own") else []),
        *([("claims:mine-party", _("兑现申请"))] if actor.may("claims.apply_own") else []),
        *([("claims:offers", _("免申即享"))] if actor.may("claims.apply_own") else []),
        ("portal:missing", _("还缺的数据")),
        ("portal:objections", _("提出的异议")),
        ("portal:clerks", _("经办人")),
        ("portal:views", _("谁看过")),
    ]
    party_id = enterprise.party.id
    return [
        {"name": name, "url": reverse(view, args=[party_id]), "here": view == here} for view, name in pages
    ]


def crumbs_of(enterprise: Enterprise) -> list[tuple[str, str | None]]:
    """The way to the pages of an enterprise."""
    return [
        (_("首页"), reverse("portal:home")),
        (_("我的企业"), reverse("portal:enterprises") + "?all"),
        (enterprise.party.name, reverse("portal:enterprise", args=[enterprise.party.id])),
    ]
