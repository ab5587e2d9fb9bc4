"""Who has an account says what hurts, and follows it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.appeals.api import (
    AppealNotFound,
    Link,
    OwnAppealDetail,
    Submitted,
    add_file,
    my_appeal,
    my_appeals,
    nameable,
    named_link,
    opened_by_key,
    prove_files,
    served_regions,
    submit_appeal,
)
from yingshang.kernel.access.api import Actor, actor_from, signed_in
from yingshang.rules.errors import DomainError
from yingshang.web.api.limits import subject_of, use
from yingshang.web.listing import Listing
from yingshang.web.portal.enterprises import CHOSEN, mandates_of
from yingshang.web.ratings.giving import rate_context
from yingshang.web.refusals import refuse_each, status_of_refused

from .forms import OwnFilter, SayForm, attaching
from .steps import DONE, RATED, Refused, take
from .tables import OwnTable

OWN = "appeals.file_own"


@signed_in
def mine(request: HttpRequest) -> HttpResponseBase:
    """What one said, for one's enterprises or oneself, newest first."""
    filters = OwnFilter(request.GET)
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Any:
        return my_appeals(
            actor=actor_from(request),
            text=chosen.get("text", ""),
            states=[chosen["state"]] if "state" in chosen else [],
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, OwnTable, fetch, name="appeals", filters=filters)
    return listing.respond("appeals/saying/list.html", {"with_steward": actor_from(request).may(OWN)})


@signed_in
def new(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """Say it."""
    actor = actor_from(request)
    parties = [(each.party_id, each.party_name) for each in mandates_of(actor) if OWN in each.powers]
    numbers = [number for number, _name in parties]
    about, asked = about_from(request, actor, numbers)
    chosen = (asked and asked[1]) or request.session.get(CHOSEN)
    form = SayForm(
        request.POST if request.method == "POST" else None,
        regions=[(each.code, each.full_name) for each in served_regions()],
        parties=parties,
        about=about,
        initial={
            "party": chosen if chosen in numbers else next(iter(numbers), None),
            "about": f"{asked[0].kind}:{asked[0].id}" if asked else "",
        },
    )
    if form.is_bound and form.is_valid():
        try:
            # What is said or added is told to a whole agency: so often and no more.
            use("appeals", f"appeals:{subject_of(request, actor)[1]}", now=timezone.now())
            done = submit(request, form, actor, channel="portal", party_id=form.cleaned_data.get("party"))
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(
                request,
                _("这件事您已经说过，正在办理，没有重复登记。")
                if done.again
                else _("已收到，马上有人办理。"),
            )
            return redirect("appeals:appeal", appeal_id=done.id)
    return render(
        request,
        "appeals/saying/new.html",
        {
            "form": form,
            **attaching(actor),
            "crumbs": [(_("我的诉求"), reverse("appeals:mine")), (_("说诉求"), None)],
        },
        status=status_of_refused(form),
    )


def about_from(
    request: HttpRequest, actor: Actor, party_ids: list[int]
) -> tuple[list[Link], tuple[Link, int | None] | None]:
    """What an appeal may be about: what the address names (`?about=claim:12`), and what is the enterprise's own; and
    which of these the address names.
    """
    kind, _colon, number = request.GET.get("about", "").partition(":")
    named = named_link(
        actor=actor, kind=kind, identifier=number, party_ids=party_ids, today=timezone.localdate()
    )
    found = [Link(*each) for each in nameable(actor=actor, party_ids=party_ids)] if party_ids else []
    if named is not None and named[0] not in found:
        found.insert(0, named[0])
    return found, named


def submit(
    request: HttpRequest,
    form: SayForm,
    actor: Actor,
    *,
    channel: str,
    party_id: int | None,
    held_key: str = "",
) -> Submitted:
    """What the form says with its files: all of it, or nothing."""
    told, now = form.cleaned_data, timezone.now()
    files = prove_files(request.FILES.getlist("files"))
    with transaction.atomic():
        done = submit_appeal(
            actor=actor,
            title=told["title"],
            body=told["body"],
            region_code=told["region"],
            channel=channel,
            party_id=party_id,
            anonymous=told["anonymous"],
            reporter=form.reporter,
            links=form.links,
            held_key=held_key,
            now=now,
        )
        key = done.key or (held_key if _opens(done, held_key) else "")
        # What came with it this time, too, where they may add to what they said before.
        adds = not done.again or key or actor.kind == "user"
        for each in files if adds else ():
            add_file(actor=actor, appeal_id=done.id, content=each, name=each.name, key=key, now=now)
    return done


def _opens(done: Submitted, key: str) -> bool:
    try:
        return bool(key) and opened_by_key(number=done.number, key=key) == done.id
    except AppealNotFound:
        return False


@signed_in
def appeal(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """One of one's own: who has it and until when, what was done, the reply, and what one can do now."""
    actor = actor_from(request)
    found = my_appeal(actor=actor, appeal_id=appeal_id, now=timezone.now())
    return render(request, "appeals/saying/appeal.html", shown(found, actor, back=reverse("appeals:mine")))


@signed_in
@require_POST
def step(request: HttpRequest, appeal_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Add, have the word, take it back."""
    actor, now = actor_from(request), timezone.now()
    subject = f"appeals:{subject_of(request, actor)[1]}"
    refused = take(request, what, actor=actor, appeal_id=appeal_id, subject=subject, now=now)
    if refused is None:
        messages.success(request, str(DONE[what]))
        return redirect("appeals:appeal", appeal_id=appeal_id)
    found = my_appeal(actor=actor, appeal_id=appeal_id, now=now)
    context = shown(found, actor, back=reverse("appeals:mine"), refused=refused)
    return render(request, "appeals/saying/appeal.html", context, status=refused.status)


def shown(
    found: OwnAppealDetail, actor: Actor, *, back: str, refused: Refused | None = None, by_key: bool = False
) -> dict[str, Any]:
    """An appeal as its page shows it to who said it."""
    name = "appeals:followed-step" if by_key else "appeals:step"
    arguments: list[Any] = [] if by_key else [found.summary.id]
    return {
        "appeal": found,
        "refused": refused,
        "by_key": by_key,
        **attaching(actor),
        "to": {what: reverse(name, args=[*arguments, what]) for what in DONE},
        "rate": rate_context(
            RATED,
            found.ratings,
            to=reverse(name, args=[*arguments, "rate"]),
            # An appeal has one step; what was written of it and refused is not lost.
            words={each.step: refused.text for each in found.ratings if refused.text}
            if refused is not None and refused.what == "rate"
            else None,
        ),
        "crumbs": [(_("查询诉求") if by_key else _("我的诉求"), back), (found.summary.number, None)],
    }
