"""The life of an item's versions on the desk: handed in, compared, published, withdrawn."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.policies.api import (
    FINDING_VERDICTS,
    FindingNotFound,
    InvalidItem,
    InvalidReview,
    ItemDetail,
    ItemNotFound,
    NobodyToReview,
    NotPossibleNow,
    ReviewOnDesk,
    correct_version,
    funding_obstacle,
    get_item,
    issue_opinion,
    judge_finding,
    publish_item,
    redline_clauses,
    redline_lines,
    review_on_desk,
    reviews_of,
    revoke_submission,
    states,
    submit_version,
    withdraw_item,
)
from yingshang.kernel.access.api import actor_from, needs
from yingshang.web.errors import message_of
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.words import in_language

from .forms import ReasonForm, SubmitForm
from .panel import consulted_rows, finding_rows

VIEW, AUTHOR, PUBLISH, REVIEW = (
    "policies.view_drafts",
    "policies.author",
    "policies.publish",
    "policies.review",
)
REVIEW_STATES = {"open": "note", "passed": "good", "failed": "bad", "revoked": ""}


@needs(VIEW)
def version_list(request: HttpRequest, code: str) -> HttpResponse:
    """Every version, what is to be done with the newest, its elements and findings."""
    return _versions(request, code)


@needs(AUTHOR)
@require_POST
def submit(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Hand the draft in for review."""
    form = SubmitForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            submit_version(
                actor=actor_from(request),
                code=code,
                explanation=given["explanation"],
                departments=given["departments"].splitlines(),
                associations=given["associations"].splitlines(),
                now=timezone.now(),
            )
        except (InvalidReview, InvalidItem, NobodyToReview, NotPossibleNow) as error:
            refuse(form, error)
        else:
            messages.success(request, _("已提交审查"))
            return redirect("policies_desk:versions", code)
    return _versions(request, code, submitting=form)


@needs(AUTHOR)
@require_POST
def correct(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Hand in again what was sent back."""
    return _act(request, code, _("已重新提交审查"), correct_version)


@needs(AUTHOR)
@require_POST
def revoke(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Take it back from the review."""
    form = ReasonForm(request.POST, prefix="revoke")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        return _act(request, code, _("已撤回审查，可以继续修改"), revoke_submission, reason=reason)
    return _versions(request, code, revoking=form)


@needs(PUBLISH)
@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Publish what has passed."""
    return _act(request, code, _("已发布"), publish_item)


@needs(PUBLISH)
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse | HttpResponseRedirect:
    """Take it out of force; the reason is public."""
    form = ReasonForm(request.POST, prefix="withdraw")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        return _act(request, code, _("已撤回，理由已向社会公开"), withdraw_item, reason=reason)
    return _versions(request, code, withdrawing=form)


@needs(REVIEW)
@require_POST
def judge(request: HttpRequest, code: str) -> HttpResponseRedirect:
    """Say what one holds of a finding."""
    try:
        judge_finding(
            actor=actor_from(request),
            code=code,
            key=request.POST.get("key", ""),
            verdict=request.POST.get("verdict", ""),
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except (InvalidReview, FindingNotFound, NotPossibleNow) as error:
        messages.error(request, message_of(error))
    else:
        messages.success(request, _("已记录判断"))
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("policies_desk:versions", args=[code])
    return redirect(f"{back}#findings")


@needs(VIEW)
@require_POST
def review_opinion(request: HttpRequest, code: str, review_id: int) -> HttpResponseRedirect:
    """Make the opinion of a review, or open the one that was made."""
    actor, now = actor_from(request), timezone.now()
    if all(each.id != review_id for each in reviews_of(actor=actor, code=code)):
        raise ItemNotFound(f"{code} has no such review", message_zh=f"“{code}”没有这次审查", value=review_id)
    try:
        document = issue_opinion(actor=actor, review_id=review_id, now=now)
    except NotPossibleNow as error:
        messages.error(request, message_of(error))
        return redirect("policies_desk:versions", code)
    return redirect("documents:document", document_id=document)


@needs(VIEW)
def compare(request: HttpRequest, code: str, before: int, after: int) -> HttpResponse:
    """What was changed between two versions, part by part and line by line."""
    item = get_item(actor=actor_from(request), code=code)
    numbers = {each.number: each for each in item.versions}
    if before not in numbers or after not in numbers:
        raise ItemNotFound(f"{code} has no such version", message_zh=f"“{code}”没有这个版本", value=code)
    old, new = numbers[before], numbers[after]
    clauses = redline_clauses(old.source, new.source, english=get_language() == "en")
    lines = redline_lines(old.source, new.source)
    return render(
        request,
        "policies/review/compare.html",
        {
            "item": item,
            "code": code,
            "old": old,
            "new": new,
            "changed": [each for each in clauses if each.changed],
            "same": sum(not each.changed for each in clauses),
            "lines": _near(lines),
            "crumbs": _crumbs(item, _("对照")),
            "others": sorted(numbers, reverse=True),
        },
    )


def _near(lines: Any, around: int = 3) -> list[Any]:
    """The lines that changed with some around them; None stands for those left out."""
    wanted = set()
    for index, each in enumerate(lines):
        if each.kind != "same":
            wanted |= set(range(index - around, index + around + 1))
    shown: list[Any] = []
    for index, each in enumerate(lines):
        if index in wanted:
            shown.append(each)
        elif shown and shown[-1] is not None:
            shown.append(None)
    return shown


def _act(request: HttpRequest, code: str, said: str, action: Any, **arguments: Any) -> HttpResponseRedirect:
    """Carry an action out and go back to the versions, with what it said."""
    try:
        action(actor=actor_from(request), code=code, now=timezone.now(), **arguments)
    except (InvalidReview, InvalidItem, NotPossibleNow) as error:
        messages.error(request, message_of(error))
    else:
        messages.success(request, said)
    return redirect("policies_desk:versions", code)


def _versions(
    request: HttpRequest,
    code: str,
    *,
    submitting: SubmitForm | None = None,
    revoking: ReasonForm | None = None,
    withdrawing: ReasonForm | None = None,
) -> HttpResponse:
    actor, now = actor_from(request), timezone.now()
    item = get_item(actor=actor, code=code)
    looked_at = item.open or item.current or item.versions[0]
    found = review_on_desk(actor=actor, version_id=looked_at.id, now=now)
    numbers = [each.number for each in item.versions]
    obstacle = funding_obstacle(code=code, day=timezone.localdate(now)) if item.current else None
    context = {
        "item": item,
        "code": code,
        "looked_at": looked_at,
        "state": _state(looked_at.state),
        "rows": [
            (each, _state(each.state), next((n for n in numbers if n < each.number), None))
            for each in item.versions
        ],
        "numbers": numbers,
        "reviews": [
            (each, _REVIEW_WORDS[each.state](), REVIEW_STATES[each.state])
            for each in reviews_of(actor=actor, code=code)
        ],
        "desk": found,
        "consulted": consulted_rows(found),
        "elements": found.elements,
        "lacking": sum(each.lacking for each in found.elements),
        "present": sum(each.present for each in found.elements),
        "findings": finding_rows(found),
        "verdicts": _verdicts(),
        "returned": _returned_for(found),
        "steps": _open_steps(found),
        "obstacle": in_language(obstacle.message_zh, obstacle.message) if obstacle else "",
        "may_author": actor.may(AUTHOR),
        "may_publish": actor.may(PUBLISH),
        "submitting": submitting or SubmitForm(),
        "revoking": revoking or ReasonForm(prefix="revoke"),
        "revoke_open": revoking is not None,
        "withdrawing": withdrawing or ReasonForm(prefix="withdraw"),
        "withdraw_open": withdrawing is not None,
        "crumbs": _crumbs(item, ""),
    }
    forms = [each for each in (submitting, revoking, withdrawing) if each is not None]
    status = max((status_of_form(each) for each in forms), default=200)
    return render(request, "policies/review/versions.html", context, status=status)


_REVIEW_WORDS = {
    "open": lambda: _("审查中"),
    "passed": lambda: _("已通过"),
    "failed": lambda: _("未通过"),
    "revoked": lambda: _("已撤回"),
}


def _verdicts() -> list[tuple[str, str]]:
    return [(code, in_language(*words)) for code, words in FINDING_VERDICTS.items()]


def _state(code: str) -> dict[str, str]:
    state = states()[code]
    return {"words": in_language(state.name, state.name_en), "tone": state.tone}


def _returned_for(found: ReviewOnDesk) -> list[str]:
    """What was to be corrected, said last."""
    if found.case is None or found.version.state != "returned":
        return []
    asked = [each for each in found.case.corrections if each.state == "asked"]
    return [line for each in asked for line in (*each.what, each.note) if line]


def _open_steps(found: ReviewOnDesk) -> list[tuple[str, str, Any]]:
    if found.case is None or found.version.state not in ("reviewing", "returned"):
        return []
    return [
        (in_language(each.name, each.name_en), each.agency_name, each.deadline)
        for each in found.case.tasks
        if each.open
    ]


def _crumbs(item: ItemDetail, here: str) -> list[tuple[str, str | None]]:
    name = item.summary.name
    if not here:
        return [(_("政策"), None), (name, None)]
    return [
        (_("政策"), None),
        (name, reverse("policies_desk:versions", args=[item.summary.code])),
        (here, None),
    ]
