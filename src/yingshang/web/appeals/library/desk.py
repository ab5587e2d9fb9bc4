"""The library on the desk: what waits, what everybody reads, who used it; a reply becomes an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.appeals.api import (
    ANSWER_TABS,
    AnswerDetail,
    AnswerTab,
    drop_answer,
    kept_answer,
    kept_answers,
    propose_answer,
    publish_answer,
    reply_to_keep,
    retire_answer,
    return_answer,
    write_answer,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.forms import status_of_form
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each
from yingshang.web.regions import reached_regions

from ..handling.forms import ReasonForm, StepForm
from .forms import AnswerForm, KeptFilter, ReadNeededRemarkForm, ReadRemarkForm
from .tables import KeptTable

KEEP = "appeals.keep_answers"
TAB_NAMES: dict[AnswerTab, str | Promise] = {
    "waiting": gettext_lazy("待发布"),
    "published": gettext_lazy("已发布"),
    "retired": gettext_lazy("已停用"),
    "all": gettext_lazy("全部"),
}
STEPS: dict[str, tuple[str, Any, type[StepForm], Callable[..., Any], str]] = {
    "publish": ("published", gettext_lazy("发布"), ReadRemarkForm, publish_answer, "rubber-stamp"),
    "return": ("returned", gettext_lazy("退回修改"), ReadNeededRemarkForm, return_answer, "arrow-back-up"),
    "write": ("written", gettext_lazy("修改"), AnswerForm, write_answer, "edit"),
    "drop": ("dropped", gettext_lazy("不采用"), ReasonForm, drop_answer, "x"),
    "retire": ("retired", gettext_lazy("停用"), ReasonForm, retire_answer, "circle-x"),
}
_FIRST = ("publish", "write")
_SAID = ("question", "text", "law", "contact", "topic", "region_path")


@needs(KEEP)
def answer_list(request: HttpRequest) -> HttpResponseBase:
    """The answers of one's reach, by what is to be done about them."""
    actor = actor_from(request)
    asked = request.GET.get("tab", "")
    tab: AnswerTab = next((each for each in ANSWER_TABS if each == asked), ANSWER_TABS[0])
    filters = KeptFilter(request.GET, regions=reached_regions(actor, KEEP))
    chosen = filters.asked

    def fetch(order: str, page: int, per_page: int) -> Any:
        return kept_answers(actor=actor, tab=tab, offset=(page - 1) * per_page, limit=per_page, **chosen)

    listing = Listing(request, KeptTable, fetch, name="answers", filters=filters)
    tabs = [{"name": TAB_NAMES[each], "url": f"?tab={each}", "here": each == tab} for each in ANSWER_TABS]
    return listing.respond("appeals/library/list.html", {"tabs": tabs})


@needs(KEEP)
def new_answer(request: HttpRequest, reply_id: int) -> HttpResponse | HttpResponseRedirect:
    """Make an answer of a sent reply: beside what was replied, masked, the words for everybody."""
    actor = actor_from(request)
    begins = reply_to_keep(actor=actor, reply_id=reply_id)
    if begins.kept is not None:
        return redirect("appeals_desk:answer", answer_id=begins.kept)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        regions=reached_regions(actor, KEEP),
        initial={name: getattr(begins, name, "") for name in _SAID},
    )
    if form.is_bound and form.is_valid():
        try:
            number = propose_answer(actor=actor, reply_id=reply_id, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已提交，等其他人员发布。"))
            return redirect("appeals_desk:answer", answer_id=number)
    return render(
        request,
        "appeals/library/new.html",
        {
            "form": form,
            "begins": begins,
            "crumbs": [(_("答复知识库"), reverse("appeals_desk:answers")), (_("收入知识库"), None)],
        },
        status=status_of_form(form),
    )


@needs(KEEP)
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """One answer with its versions, who used it, and what may be done now."""
    return _page(request, actor_from(request), answer_id)


@needs(KEEP)
@require_POST
def answer_step(request: HttpRequest, answer_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Write, publish, return, drop, retire. Whether the actor may, the action says."""
    if what not in STEPS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    found = kept_answer(actor=actor, answer_id=answer_id)
    _event, name, _form_class, act, _icon = STEPS[what]
    form = _form(actor, found, what, request)
    if form.is_valid():
        try:
            act(actor=actor, answer_id=answer_id, now=now, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": name})
            return redirect("appeals_desk:answer", answer_id=answer_id)
    return _page(request, actor, answer_id, bound=(what, form))


def _form(actor: Actor, found: AnswerDetail, what: str, request: HttpRequest | None = None) -> StepForm:
    more: dict[str, Any] = {"auto_id": f"{what}-%s"}
    if what == "write":
        more["regions"] = reached_regions(actor, KEEP)
        more["initial"] = {name: getattr(found.newest, name) for name in _SAID}
    elif what in ("publish", "return") and found.open is not None:
        more["initial"] = {"read": found.open.mark}
    form_class = STEPS[what][2]
    return form_class(request.POST, **more) if request else form_class(**more)


def _page(
    request: HttpRequest, actor: Actor, answer_id: int, *, bound: tuple[str, StepForm] | None = None
) -> HttpResponse:
    found = kept_answer(actor=actor, answer_id=answer_id)
    names = [what for what, each in STEPS.items() if each[0] in found.may or (bound and bound[0] == what)]
    first = bound[0] if bound else next((each for each in _FIRST if each in names), "")
    steps = []
    for what in names:
        form = bound[1] if bound and bound[0] == what else _form(actor, found, what)
        steps.append(
            {
                "what": what,
                "name": STEPS[what][1],
                "icon": STEPS[what][4],
                "form": form,
                "url": reverse("appeals_desk:answer-step", args=[answer_id, what]),
                "open": what == first,
                "danger": what in ("drop", "retire"),
            }
        )
    return render(
        request,
        "appeals/library/kept.html",
        {
            "answer": found,
            "shown": found.open or found.newest,
            "steps": steps,
            "crumbs": [
                (_("答复知识库"), reverse("appeals_desk:answers")),
                (found.summary.question, None),
            ],
        },
        status=422 if bound else 200,
    )
