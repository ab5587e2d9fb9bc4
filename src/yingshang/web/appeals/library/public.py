"""Answers for everybody: a list with a search, one, and what fits while somebody is writing an appeal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from yingshang.areas.appeals.api import public_answer, public_answers, served_regions, suggest
from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.reference.api import find_region
from yingshang.web.api.errors import TooManyRequests
from yingshang.web.api.limits import address_of, use

from .forms import PublicFilter

_PER_PAGE = 20
_LONGEST = 20_000
"""A text above this is refused by its appeal anyway; so much of it is looked at."""


@open_to_everybody
@require_safe
def answers(request: HttpRequest) -> HttpResponse:
    """What was asked before, and what was answered: by words, topic and place."""
    use("search", f"appeal-answers:{address_of(request)}", now=timezone.now())
    filters = PublicFilter(request.GET, regions=[(each.code, each.full_name) for each in served_regions()])
    chosen = filters.values
    place = find_region(chosen["region"]) if "region" in chosen else None
    asked = request.GET.get("page", "")
    number = int(asked) if asked.isdecimal() and 0 < len(asked) < 7 else 1
    number = max(1, number)
    found = public_answers(
        text=chosen.get("text", ""),
        topic=chosen.get("topic", ""),
        region_path=place.path if place else "",
        offset=(number - 1) * _PER_PAGE,
        limit=_PER_PAGE,
    )
    first = (number - 1) * _PER_PAGE + 1
    return render(
        request,
        "appeals/library/answers.html",
        {
            "filters": filters,
            "found": found,
            "narrowed": filters.narrowed,
            "number": number,
            "last": max(1, -(-found.total // _PER_PAGE)),
            "first": first,
            "last_row": first + len(found.rows) - 1,
        },
    )


@open_to_everybody
@require_safe
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """One answer, and others like it."""
    found = public_answer(answer_id=answer_id)
    return render(
        request,
        "appeals/library/answer.html",
        {"answer": found, "crumbs": [(_("诉求解答"), reverse("appeals:answers")), (found.question, None)]},
    )


@open_to_everybody
@require_POST
@never_cache
def suggestions(request: HttpRequest) -> HttpResponse:
    """Answers and policies that fit what is being written. It comes in the body, not in the address: no log has it.

    Whoever asks too often is shown nothing more for a while; nothing else happens to what they write.
    """
    now = timezone.now()
    try:
        use("search", f"appeal-suggestions:{address_of(request)}", now=now)
    except TooManyRequests as error:
        return HttpResponse(status=429, headers={"Retry-After": error.headers["Retry-After"]})
    text = f"{request.POST.get('title', '')[:200]}\n{request.POST.get('body', '')[:_LONGEST]}"
    region = find_region(request.POST.get("region", ""))
    found = suggest(text=text, region_path=region.path if region else "", day=timezone.localdate(now))
    return render(request, "appeals/library/suggestions.html", {"found": found})
