"""Consultations: everybody reads a draft and comments on it; the drafting agency answers."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from yingshang.areas.policies.api import (
    CommentInClear,
    CommentView,
    ConsultationClosed,
    ConsultationDetail,
    ConsultationOpen,
    InvalidComment,
    InvalidReview,
    TooManyComments,
    answer_comment,
    conclude_consultation,
    consultation_on_desk,
    consultation_rules,
    consultations,
    consultations_on_desk,
    enter_comment,
    get_consultation,
    give_comment,
    read_comment,
)
from yingshang.kernel.access.api import actor_from, needs, open_to_everybody
from yingshang.web.forms import refuse, status_of_form
from yingshang.web.listing import Listing
from yingshang.web.words import in_language

from .forms import AnswerForm, CommentForm, ConcludeForm, ConsultationFilter, LetterForm
from .tables import STATES, ConsultationTable, DeskConsultationTable, title_of

ANSWER = "policies.answer_comments"


@open_to_everybody
def consultation_list(request: HttpRequest) -> HttpResponseBase:
    """Drafts before the public, those that are open first."""
    filters = ConsultationFilter(request.GET)
    today = timezone.localdate()

    def fetch(order: str, page: int, per_page: int) -> Any:
        return consultations(today=today, offset=(page - 1) * per_page, limit=per_page, **filters.values)

    listing = Listing(request, ConsultationTable, fetch, name="consultations", filters=filters)
    return listing.respond("policies/review/consultations.html")


@open_to_everybody
def consultation_page(request: HttpRequest, consultation_id: int) -> HttpResponse | HttpResponseRedirect:
    """A draft in plain words; a comment is given, and what became of the comments is read."""
    actor = actor_from(request)
    detail = get_consultation(consultation_id=consultation_id, today=timezone.localdate())
    form = CommentForm(request.POST or None, initial={"name": actor.name if actor.kind == "user" else ""})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            number = give_comment(
                actor=actor,
                consultation_id=consultation_id,
                address=str(get_adapter().get_client_ip(request)),
                now=timezone.now(),
                **form.cleaned_data,
            )
        except (InvalidComment, ConsultationClosed) as error:
            refuse(form, error)
        except TooManyComments as error:
            refuse(form, error)
            status = 429
        else:
            messages.success(
                request,
                _("意见已收到，序号 %(number)s。期满后会公布采纳情况和理由。") % {"number": number},
            )
            return redirect("policies:consultation", consultation_id)
    status = status if status == 429 else status_of_form(form)
    return render(
        request,
        "policies/review/consultation.html",
        {
            **_page(detail),
            "form": form if detail.summary.state == "open" else None,
            "longest": consultation_rules().longest_text,
        },
        status=status,
    )


@needs(ANSWER)
def desk_list(request: HttpRequest) -> HttpResponseBase:
    """Consultations whose comments the actor answers."""
    actor, today = actor_from(request), timezone.localdate()

    def fetch(order: str, page: int, per_page: int) -> Any:
        return consultations_on_desk(actor=actor, today=today, offset=(page - 1) * per_page, limit=per_page)

    listing = Listing(request, DeskConsultationTable, fetch, name="desk-consultations")
    return listing.respond("policies/review/desk_consultations.html")


@needs(ANSWER)
def desk_page(request: HttpRequest, consultation_id: int) -> HttpResponse:
    """Every comment with its answer."""
    return _desk(request, consultation_id)


@needs(ANSWER)
@require_POST
def comment_answer(
    request: HttpRequest, consultation_id: int, number: int
) -> HttpResponse | HttpResponseRedirect:
    """Say what becomes of a comment."""
    form = AnswerForm(request.POST, prefix=str(number))
    if form.is_valid():
        try:
            answer_comment(
                actor=actor_from(request),
                consultation_id=consultation_id,
                number=number,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except (InvalidComment, ConsultationClosed) as error:
            refuse(form, error)
        else:
            messages.success(request, _("已答复第 %(number)s 条意见") % {"number": number})
            return redirect("policies_desk:consultation", consultation_id)
    return _desk(request, consultation_id, answers={number: form})


@needs(ANSWER)
@require_POST
def comment_clear(request: HttpRequest, consultation_id: int, number: int) -> HttpResponse:
    """Read a comment as it was written; it is noted that one did."""
    clear = read_comment(
        actor=actor_from(request),
        consultation_id=consultation_id,
        number=number,
        purpose="答复意见",
        now=timezone.now(),
    )
    return _desk(request, consultation_id, clear=clear)


@needs(ANSWER)
@require_POST
def comment_enter(request: HttpRequest, consultation_id: int) -> HttpResponse | HttpResponseRedirect:
    """Write down what came by letter."""
    form = LetterForm(request.POST)
    if form.is_valid():
        try:
            enter_comment(
                actor=actor_from(request),
                consultation_id=consultation_id,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except (InvalidComment, ConsultationClosed) as error:
            refuse(form, error)
        else:
            messages.success(request, _("已录入意见"))
            return redirect("policies_desk:consultation", consultation_id)
    return _desk(request, consultation_id, letter=form)


@needs(ANSWER)
@require_POST
def conclude(request: HttpRequest, consultation_id: int) -> HttpResponse | HttpResponseRedirect:
    """Publish what became of the comments."""
    form = ConcludeForm(request.POST)
    if form.is_valid():
        try:
            conclude_consultation(
                actor=actor_from(request),
                consultation_id=consultation_id,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except (ConsultationOpen, InvalidReview) as error:
            refuse(form, error)
        else:
            messages.success(request, _("已公布意见采纳情况"))
            return redirect("policies_desk:consultation", consultation_id)
    return _desk(request, consultation_id, concluding=form)


def _desk(
    request: HttpRequest,
    consultation_id: int,
    *,
    answers: dict[int, AnswerForm] | None = None,
    letter: LetterForm | None = None,
    concluding: ConcludeForm | None = None,
    clear: CommentInClear | None = None,
) -> HttpResponse:
    actor = actor_from(request)
    detail = consultation_on_desk(actor=actor, consultation_id=consultation_id, today=timezone.localdate())
    open_still = detail.summary.state in ("open", "closed")
    forms = [each for each in (*(answers or {}).values(), letter, concluding) if each is not None]
    status = max((status_of_form(each) for each in forms), default=200)
    rows = [
        (
            each,
            (answers or {}).get(each.number) or _answer_form(each),
            clear if clear and clear.number == each.number else None,
        )
        for each in detail.comments
    ]
    return render(
        request,
        "policies/review/desk_consultation.html",
        {
            **_page(detail),
            "rows": rows,
            "waiting": sum(not each.verdict for each in detail.comments),
            "open_still": open_still,
            "over": detail.summary.state == "closed",
            "letter": letter or LetterForm(),
            "letter_open": letter is not None,
            "concluding": concluding or ConcludeForm(),
            "may_read": actor.may("parties.view_personal"),
        },
        status=status,
    )


def _answer_form(comment: CommentView) -> AnswerForm:
    initial = {"verdict": comment.verdict, "answer": comment.answer, "public_text": comment.text}
    return AnswerForm(initial=initial, prefix=str(comment.number))


def _page(detail: ConsultationDetail) -> dict[str, Any]:
    rules = consultation_rules()
    words, tone, sign = STATES[detail.summary.state]
    return {
        "detail": detail,
        "consultation": detail.summary,
        "title": title_of(detail.summary),
        "state": {"words": words, "tone": tone, "icon": sign},
        "elements": [
            (in_language(each.name, each.name_en), each.text) for each in detail.elements if each.text
        ],
        "changed": [each for each in detail.clauses if each.changed],
        "article": in_language(rules.article, rules.article_en)
        if detail.summary.article == rules.article
        else detail.summary.article,
        "days": rules.days,
        "kinds": {each.code: in_language(each.name, each.name_en) for each in rules.kinds},
        "verdicts": {each.code: (in_language(each.name, each.name_en), each.tone) for each in rules.verdicts},
    }
