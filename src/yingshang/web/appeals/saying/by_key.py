"""Who has no account says it on a phone, behind a code on the wall, and follows it by its number and a key."""

from __future__ import annotations

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from yingshang.areas.appeals.api import (
    AppealNotFound,
    my_appeal,
    open_by_key,
    opened_by_key,
    served_regions,
)
from yingshang.kernel.access.api import actor_from, open_to_everybody
from yingshang.kernel.reference.api import find_region
from yingshang.rules.errors import DomainError
from yingshang.web.api.limits import address_of, use
from yingshang.web.documents.views import hand_over
from yingshang.web.errors import message_of
from yingshang.web.forms import status_of_form
from yingshang.web.refusals import refuse_each, status_of_refused

from .forms import FollowForm, SayForm, attaching
from .steps import DONE, take
from .views import about_from, shown, submit

OPENED, _SAID = "appeal_opened", "appeal_said"
"""Keys of the session: the appeal that is followed with its key; what was just said, shown once."""


@open_to_everybody
def say(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Say it without an account. The region may stand in the address, as the code on a wall has it."""
    region = find_region(request.GET.get("region", ""))
    about, asked = about_from(request, actor_from(request), [])
    form = SayForm(
        request.POST if request.method == "POST" else None,
        regions=[(each.code, each.full_name) for each in served_regions()],
        about=about,
        initial={
            "region": region.code if region else "",
            "about": f"{asked[0].kind}:{asked[0].id}" if asked else "",
        },
    )
    if form.is_bound and form.is_valid():
        try:
            use("appeals", f"appeals:{address_of(request)}", now=timezone.now())
            opened = request.session.get(OPENED) or {}
            done = submit(
                request,
                form,
                actor_from(request),
                channel="phone_page",
                party_id=None,
                held_key=opened.get("key", ""),
            )
        except DomainError as error:
            refuse_each(form, error)
        else:
            if done.again and opened.get("id") == done.id:
                messages.info(request, _("这件事您已经说过，正在办理，没有重复登记。"))
                return redirect("appeals:followed")
            if done.again and not done.key:
                messages.info(
                    request, _("这件事您已经说过，正在办理，没有重复登记。请用原来的编号和查询码查询。")
                )
                return redirect("appeals:follow")
            request.session[_SAID] = {"number": done.number, "key": done.key}
            request.session[OPENED] = {"id": done.id, "key": done.key}
            return redirect("appeals:said")
    return render(
        request,
        "appeals/saying/say.html",
        {"form": form, "region": region, **attaching(actor_from(request))},
        status=status_of_refused(form),
    )


@open_to_everybody
@never_cache
def said(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """The number and the key, shown once."""
    told = request.session.pop(_SAID, None)
    if told is None:
        return redirect("appeals:followed")
    return render(request, "appeals/saying/said.html", {"said": told})


@open_to_everybody
def code(request: HttpRequest) -> HttpResponse:
    """The code to print and put on a wall, for a region or for all."""
    region = find_region(request.GET.get("region", ""))
    address = request.build_absolute_uri(reverse("appeals:say"))
    if region is not None:
        address = f"{address}?region={region.code}"
    drawn = segno.make(address, error="m").svg_inline(omitsize=True, border=2, dark="#000", light="#fff")
    return render(
        request,
        "appeals/saying/code.html",
        # Made of the address alone, whose region is a known one.
        {"region": region, "address": address, "drawn": mark_safe(drawn), "regions": served_regions()},
    )


@open_to_everybody
@never_cache
def follow(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Ask by number and key."""
    form = FollowForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        use("verify", f"appeal-key:{address_of(request)}", now=timezone.now())
        try:
            found = opened_by_key(**form.cleaned_data)
        except AppealNotFound as error:
            form.add_error(None, message_of(error))
        else:
            request.session[OPENED] = {"id": found, "key": form.cleaned_data["key"]}
            return redirect("appeals:followed")
    return render(request, "appeals/saying/follow.html", {"form": form}, status=status_of_form(form))


@open_to_everybody
@never_cache
def followed(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """The appeal that was opened in this session."""
    opened = request.session.get(OPENED)
    if opened is None:
        return redirect("appeals:follow")
    actor = actor_from(request)
    found = my_appeal(actor=actor, appeal_id=opened["id"], key=opened["key"], now=timezone.now())
    context = shown(found, actor, back=reverse("appeals:follow"), by_key=True)
    return render(request, "appeals/saying/appeal.html", context)


@open_to_everybody
@require_safe
@never_cache
def followed_file(request: HttpRequest, document_id: int) -> HttpResponseBase:
    """A file of the appeal that was opened in this session."""
    opened = request.session.get(OPENED)
    if opened is None:
        return redirect("appeals:follow")
    found = open_by_key(
        appeal_id=opened["id"], key=opened["key"], document_id=document_id, now=timezone.now()
    )
    return hand_over(request, found)


@open_to_everybody
@require_POST
def followed_step(request: HttpRequest, what: str) -> HttpResponse | HttpResponseRedirect:
    """Add, have the word, take it back; with the key of the session."""
    opened = request.session.get(OPENED)
    if opened is None:
        return redirect("appeals:follow")
    actor, now = actor_from(request), timezone.now()
    refused = take(
        request,
        what,
        actor=actor,
        appeal_id=opened["id"],
        key=opened["key"],
        subject=by_key(opened["id"]),
        now=now,
    )
    if refused is None:
        messages.success(request, str(DONE[what]))
        return redirect("appeals:followed")
    found = my_appeal(actor=actor, appeal_id=opened["id"], key=opened["key"], now=now)
    context = shown(found, actor, back=reverse("appeals:follow"), refused=refused, by_key=True)
    return render(request, "appeals/saying/appeal.html", context, status=refused.status)


def by_key(appeal_id: int) -> str:
    """Whose allowance a step with a key uses: that of the appeal, and not of everybody behind the same address."""
    return f"appeals:key:{appeal_id}"
