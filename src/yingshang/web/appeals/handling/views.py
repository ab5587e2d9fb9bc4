"""Appeals on the desk: lists by what is to be done, and one with its evidence beside every step one may take."""

from __future__ import annotations

from dataclasses import dataclass
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
    TABS,
    DeskAppealDetail,
    ReporterSeen,
    Tab,
    agencies_for,
    agencies_of_region,
    desk_appeal,
    desk_appeals,
    fitting,
    likes_of,
    nameable,
    put_in,
    ratings_of_appeal,
    see_reporter,
    tabs_of,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of
from yingshang.web.listing import Listing
from yingshang.web.ratings.words import answers_named, level_name
from yingshang.web.refusals import refuse_each
from yingshang.web.regions import reached_regions

from .forms import ARGUMENTS, STEPS, DeskFilter, EmptyForm, ReplyForm, StepForm
from .tables import DeskTable

RATED = "appeal"
VIEW, REGISTER, SEE = "appeals.view", "appeals.register", "appeals.view_reporter"
KEEP = "appeals.keep_answers"
TAB_NAMES: dict[Tab, str | Promise] = {
    "dispatch": gettext_lazy("待派单"),
    "mine": gettext_lazy("本单位承办"),
    "parts": gettext_lazy("请我们协办、会商"),
    "approve": gettext_lazy("待审签"),
    "late": gettext_lazy("超期和将到期"),
    "all": gettext_lazy("全部"),
}
# The first of these is open on the page: what is to be done next.
_FIRST = ("dispatch", "contact", "reply", "resume")
_WITH_AGENCIES = frozenset({"dispatch", "reassign", "part", "consult"})


@dataclass(frozen=True, slots=True)
class Offered:
    """A step as the page offers it."""

    what: str
    name: str | Promise
    icon: str
    form: StepForm
    url: str
    open: bool
    danger: bool

    @property
    def empty(self) -> bool:
        return isinstance(self.form, EmptyForm)

    @property
    def multipart(self) -> bool:
        return self.form.is_multipart()


@needs(VIEW)
def appeal_list(request: HttpRequest) -> HttpResponseBase:
    """The appeals of one's reach, by what is to be done about them; those due first."""
    actor, now = actor_from(request), timezone.now()
    offered = tabs_of(actor)
    asked = request.GET.get("tab", "")
    tab = next((each for each in offered if each == asked), offered[0])
    regions = reached_regions(actor, VIEW)
    own = request.GET.get("region_path") or (regions[0][0] if regions else "")
    filters = DeskFilter(request.GET, agencies=agencies_of_region(own), regions=regions)
    chosen = filters.asked

    def fetch(order: str, page: int, per_page: int) -> Any:
        return desk_appeals(
            actor=actor,
            tab=tab,
            order=order,
            offset=(page - 1) * per_page,
            limit=per_page,
            now=now,
            **chosen,
        )

    listing = Listing(request, DeskTable, fetch, name="appeals", filters=filters)
    return listing.respond(
        "appeals/handling/list.html",
        {
            "tabs": [
                {"name": TAB_NAMES[each], "url": f"?tab={each}", "here": each == tab}
                for each in TABS
                if each in offered
            ],
            "may_register": actor.may(REGISTER),
        },
    )


@needs(VIEW)
def appeal(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """One appeal with everything that was done about it, and what may be done now."""
    actor = actor_from(request)
    found = desk_appeal(actor=actor, appeal_id=appeal_id, now=timezone.now())
    return render(request, "appeals/handling/appeal.html", _shown(actor, found))


@needs(SEE)
@require_POST
def reporter(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """Who said it, in the clear; it is noted who looked and why."""
    actor, now = actor_from(request), timezone.now()
    try:
        seen: ReporterSeen | None = see_reporter(
            actor=actor, appeal_id=appeal_id, purpose=request.POST.get("purpose", ""), now=now
        )
    except DomainError as error:
        if error.code != "appeals.invalid_step":
            raise
        messages.error(request, _("请写明为什么要查看"))
        seen = None
    else:
        messages.info(request, _("已记录本次查看。"))
    found = desk_appeal(actor=actor, appeal_id=appeal_id, now=now)
    return render(
        request,
        "appeals/handling/appeal.html",
        {**_shown(actor, found), "seen": seen},
        status=200 if seen else 422,
    )


@needs(VIEW)
@require_POST
def step(request: HttpRequest, appeal_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """A step of the appeal itself. Whether the actor may, the action says."""
    if what not in STEPS or STEPS[what].about != "appeal":
        raise Http404
    return _take(request, appeal_id, what, None)


@needs(VIEW)
@require_POST
def row_step(
    request: HttpRequest, appeal_id: int, what: str, row_id: int
) -> HttpResponse | HttpResponseRedirect:
    """A step of a part, a request or a reply of the appeal."""
    if what not in STEPS or STEPS[what].about == "appeal":
        raise Http404
    return _take(request, appeal_id, what, row_id)


def _take(
    request: HttpRequest, appeal_id: int, what: str, row_id: int | None
) -> HttpResponse | HttpResponseRedirect:
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    found = desk_appeal(actor=actor, appeal_id=appeal_id, now=now)
    about = STEPS[what].about
    if row_id is not None and row_id not in {each.id for each in _rows(found, about)}:
        raise Http404
    if what == "reply" and "put" in request.POST:
        context = _shown(actor, found, bound=(what, None, _put_in(request, actor, found)))
        return render(request, "appeals/handling/appeal.html", context)
    form = _form(actor, found, what, row_id, request)
    if form.is_valid():
        shape = ARGUMENTS.get(what)
        arguments = shape(form.cleaned_data) if shape else form.cleaned_data
        target = {"appeal_id": appeal_id} if row_id is None else {f"{about}_id": row_id}
        try:
            if what == "file":
                for each in request.FILES.getlist("attached"):
                    STEPS[what].act(
                        actor=actor, appeal_id=appeal_id, content=each, name=each.name or "", now=now
                    )
            else:
                STEPS[what].act(actor=actor, now=now, **target, **arguments)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": STEPS[what].name})
            # What was done may have taken it out of the reader's reach.
            try:
                desk_appeal(actor=actor, appeal_id=appeal_id, now=now)
            except DomainError:
                return redirect("appeals_desk:appeals")
            return redirect("appeals_desk:appeal", appeal_id=appeal_id)
    context = _shown(actor, found, bound=(what, row_id, form))
    return render(request, "appeals/handling/appeal.html", context, status=422)


def _put_in(request: HttpRequest, actor: Actor, found: DeskAppealDetail) -> ReplyForm:
    """The form of the reply with an answer of the library, or a template, behind what is written; not kept yet."""
    typed, used = request.POST.get("text", "").rstrip(), request.POST.get("used", "")
    try:
        put = put_in(actor=actor, appeal_id=found.summary.id, what=request.POST["put"], now=timezone.now())
    except DomainError as error:
        messages.error(request, message_of(error))
    else:
        typed = f"{typed}\n\n{put.text}" if typed else put.text
        used = ",".join(filter(None, (used, str(put.answer_id or ""))))
    initial = {"text": typed, "outcome": request.POST.get("outcome", ""), "used": used}
    return ReplyForm(initial=initial, auto_id="reply-0-%s")


def _rows(found: DeskAppealDetail, about: str) -> Any:
    return {"part": found.parts, "request": found.requests, "reply": found.replies}[about]


def _shown(
    actor: Actor, found: DeskAppealDetail, *, bound: tuple[str, int | None, StepForm] | None = None
) -> dict[str, Any]:
    """An appeal as its page on the desk shows it."""
    names = [what for what, each in STEPS.items() if each.about == "appeal" and each.event in found.may]
    if bound and bound[1] is None and bound[0] not in names:
        names.append(bound[0])
    first = bound[0] if bound and bound[1] is None else next((each for each in _FIRST if each in names), "")
    offered = []
    for what in names:
        form = bound[2] if bound and (bound[0], bound[1]) == (what, None) else _form(actor, found, what)
        offered.append(_offered(what, form, found.summary.id, None, what == first))
    return {
        "appeal": found,
        "steps": offered,
        "parts": _with_steps(actor, found, "part", bound),
        "requests": _with_steps(actor, found, "request", bound),
        "replies": _with_steps(actor, found, "reply", bound),
        "fitting": fitting(actor=actor, appeal_id=found.summary.id) if "reply_written" in found.may else None,
        "may_keep_answers": actor.may(KEEP),
        "may_see_reporter": "reporter_seen" in found.may and found.reporter_known,
        "seen": None,
        "ratings": _ratings(actor, found.summary.id) if found.answered_at is not None else {},
        "may_see_ratings": actor.may("ratings.view"),
    }


def _ratings(actor: Actor, appeal_id: int) -> dict[str, Any]:
    """The rating of who said it, then those of voices, the worst first; of voices how many gave each level, too."""
    given = ratings_of_appeal(actor=actor, appeal_id=appeal_id)
    return {
        "rows": [
            (each, level_name(each.level), answers_named(RATED, each.answers))
            for each in (*given.own, *given.voices.rows)
        ],
        "counts": [(level_name(level), times) for level, times in given.voices.counts],
    }


def _with_steps(
    actor: Actor, found: DeskAppealDetail, about: str, bound: tuple[str, int | None, StepForm] | None
) -> list[tuple[Any, list[Offered]]]:
    result = []
    for row in _rows(found, about):
        names = [what for what, each in STEPS.items() if each.about == about and each.event in row.may]
        if bound and bound[1] == row.id and STEPS[bound[0]].about == about and bound[0] not in names:
            names.append(bound[0])
        offered = []
        for what in names:
            here = bound is not None and (bound[0], bound[1]) == (what, row.id)
            form = bound[2] if bound and here else _form(actor, found, what, row.id)
            offered.append(_offered(what, form, found.summary.id, row.id, here))
        result.append((row, offered))
    return result


def _offered(what: str, form: StepForm, appeal_id: int, row_id: int | None, is_open: bool) -> Offered:
    each = STEPS[what]
    url = (
        reverse("appeals_desk:step", args=[appeal_id, what])
        if row_id is None
        else reverse("appeals_desk:row-step", args=[appeal_id, what, row_id])
    )
    return Offered(what, each.name, each.icon, form, url, is_open, each.danger)


def _form(
    actor: Actor,
    found: DeskAppealDetail,
    what: str,
    row_id: int | None = None,
    request: HttpRequest | None = None,
) -> StepForm:
    """The form of a step, filled in by the request where there is one."""
    more: dict[str, Any] = {}
    if what in _WITH_AGENCIES:
        more["agencies"] = agencies_for(found.summary.region_path)
    if what == "link" and found.party_id is not None:
        more["offered"] = nameable(actor=actor, party_ids=[found.party_id])
    if what == "join":
        more |= {"actor": actor, "likes": likes_of(actor=actor, appeal_id=found.summary.id)}
    if what == "dispatch":
        proposed = found.proposal
        more["initial"] = {
            "agency": proposed.get("agency"),
            "topic": found.summary.topic or proposed.get("topic", ""),
            "difficulty": proposed.get("difficulty") or found.summary.difficulty,
            "urgency": found.summary.urgency,
        }
    if what == "reply":
        draft = next((each for each in found.replies if each.state == "draft"), None)
        agreed = [each.conclusion for each in found.consultations if each.state == "ended"]
        given = [f"{each.agency_name}：{each.answer}" for each in found.parts if each.answer]
        parts = "\n\n".join((*agreed, *given))
        more["initial"] = (
            {"text": draft.text, "outcome": draft.outcome} if draft else {"text": parts, "outcome": ""}
        )
    # Several forms stand on one page: each with names of fields of its own for those who listen.
    more["auto_id"] = f"{what}-{row_id or 0}-%s"
    form_class = STEPS[what].form
    return form_class(request.POST, request.FILES, **more) if request else form_class(**more)
