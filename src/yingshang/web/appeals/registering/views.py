"""The screen of a hotline clerk, and the record of a visit: what another said, with what is open like it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.appeals.api import (
    Submitted,
    add_file_by_number,
    alike_open,
    prove_files,
    served_regions,
    submit_appeal,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.parties.api import PartyDetail, PartySummary, get_party, parties_by_code, search_parties
from yingshang.kernel.reference.api import get_region
from yingshang.rules.errors import DomainError
from yingshang.web.refusals import refuse_each, status_of_refused

from ..saying.forms import attaching
from .forms import FindForm, RegisterForm

REGISTER = "appeals.register"
_MOST_FOUND = 10


@needs(REGISTER)
def register(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Find the enterprise, write down what was said, look at what is open like it, hand it in."""
    actor = actor_from(request)
    party = _party(request, actor)
    asked = request.GET.get("enterprise", "").strip()
    found = _found(actor, asked) if asked and not party else ()
    form = RegisterForm(
        request.POST if request.method == "POST" else None,
        regions=_regions(actor),
        known=party is not None,
    )
    alike: Any = alike_open(actor=actor, party_id=party.id) if party else ()
    if form.is_bound and form.is_valid():
        body = form.cleaned_data["body"]
        alike = alike_open(actor=actor, body=body, party_id=party.id if party else None)
        # Told at once, before it is taken in a second time; who has looked says so.
        if not alike or request.POST.get("looked"):
            try:
                done = _submit(request, form, actor, party)
            except DomainError as error:
                refuse_each(form, error)
            else:
                if done.again:
                    messages.info(request, _("这件事已经登记过，没有重复登记。"))
                elif done.key:
                    told = _("已登记 %(number)s。请告诉诉求人编号和查询码：%(key)s")
                    messages.success(request, told % {"number": done.number, "key": done.key})
                else:
                    messages.success(request, _("已登记 %(number)s") % {"number": done.number})
                return redirect("appeals_desk:appeal", appeal_id=done.id)
    return render(
        request,
        "appeals/registering/register.html",
        {
            "form": form,
            **attaching(actor),
            "find": FindForm(initial={"enterprise": asked}),
            "asked": asked,
            "found": found,
            "party": party,
            "alike": alike,
            "looked": form.is_bound and bool(alike),
            "crumbs": [(_("诉求办理"), reverse("appeals_desk:appeals")), (_("登记诉求"), None)],
        },
        status=status_of_refused(form) if not (form.is_bound and alike) else 422,
    )


def _party(request: HttpRequest, actor: Actor) -> PartyDetail | None:
    number = request.GET.get("party", "")
    return get_party(actor=actor, party_id=int(number)) if number.isdecimal() and len(number) < 19 else None


def _found(actor: Actor, text: str) -> tuple[PartySummary, ...]:
    """By the whole credit code, else by name, initials or the beginning of the code."""
    by_code = parties_by_code(actor=actor, codes=[text.upper()])
    return tuple(by_code.values()) or tuple(search_parties(actor=actor, text=text, per_page=_MOST_FOUND).rows)


def _regions(actor: Actor) -> list[tuple[str, str]]:
    scope = actor.scope(REGISTER)
    return [
        (each.code, each.full_name)
        for each in served_regions()
        if scope.covers("subtree", agency_id=0, region_path=get_region(each.code).path)
    ]


def _submit(request: HttpRequest, form: RegisterForm, actor: Actor, party: PartyDetail | None) -> Submitted:
    """What was written down, with its files: all of it, or nothing."""
    told, now = form.cleaned_data, timezone.now()
    files = prove_files(request.FILES.getlist("files"))
    with transaction.atomic():
        done = submit_appeal(
            actor=actor,
            title=told["title"],
            body=told["body"],
            region_code=told["region"],
            channel=told["channel"],
            party_id=party.id if party else None,
            anonymous=told["anonymous"],
            reporter=form.reporter,
            urgency=told["urgency"],
            reference=told["reference"],
            now=now,
        )
        for each in () if done.again else files:
            add_file_by_number(actor=actor, number=done.number, content=each, name=each.name, now=now)
    return done
