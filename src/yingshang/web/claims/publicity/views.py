"""Public lists: everybody reads them, and may object to one award, without an account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from yingshang.areas.claims.api import (
    InvalidObjection,
    PublicityOver,
    TooManyObjections,
    get_public_award,
    get_publicity,
    object_to_award,
    public_awards,
    publicities,
)
from yingshang.kernel.access.api import actor_from, open_to_everybody
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing
from yingshang.web.words import in_language

from .forms import AwardFilter, ObjectionForm, PublicityFilter
from .tables import AwardTable, PublicityTable


@open_to_everybody
def publicity_list(request: HttpRequest) -> HttpResponseBase:
    """Public lists, those one can object to first."""
    filters = PublicityFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return publicities(offset=(page - 1) * per_page, limit=per_page, **filters.values)

    listing = Listing(request, PublicityTable, fetch, name="publicities", filters=filters)
    return listing.respond("claims/publicity/publicities.html")


@open_to_everybody
def publicity(request: HttpRequest, publicity_id: int) -> HttpResponseBase:
    """One list: who is awarded what, until when one can object, and how."""
    found = get_publicity(publicity_id=publicity_id)
    filters = AwardFilter(request.GET)

    def fetch(order: str, page: int, per_page: int) -> Any:
        return public_awards(
            publicity_id=publicity_id, offset=(page - 1) * per_page, limit=per_page, **filters.values
        )

    listing = Listing(request, AwardTable, fetch, name=found.number, filters=filters)
    return listing.respond(
        "claims/publicity/publicity.html",
        {"publicity": found, "derivation": in_language(found.derivation, found.derivation_en)},
    )


@open_to_everybody
def award(request: HttpRequest, entry_id: int) -> HttpResponse | HttpResponseRedirect:
    """One award; an objection is given here."""
    actor = actor_from(request)
    found = get_public_award(entry_id=entry_id)
    kept = get_publicity(publicity_id=found.publicity_id)
    open_still = (
        found.standing in {"open", "objected"}
        and kept.closes_on is not None
        and timezone.localdate() <= kept.closes_on
    )
    form = ObjectionForm(request.POST or None, initial={"name": actor.name if actor.kind == "user" else ""})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            number = object_to_award(
                actor=actor,
                entry_id=entry_id,
                address=str(get_adapter().get_client_ip(request)),
                now=timezone.now(),
                **form.cleaned_data,
            )
        except (InvalidObjection, PublicityOver) as error:
            refuse(form, error)
        except TooManyObjections as error:
            refuse(form, error)
            status = 429
        else:
            messages.success(
                request,
                _("异议已收到，编号 %(number)s。核查期间这一笔不会拨付。") % {"number": number},
            )
            return redirect("claims:award", entry_id)
    return render(
        request,
        "claims/publicity/award.html",
        {"award": found, "publicity": kept, "form": form if open_still else None},
        status=status if status == 429 else status_of_form(form),
    )
