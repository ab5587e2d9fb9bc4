"""Hand-over lists on the desk: who heads what, what they take over, and what both say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.contracts.api import (
    accept_hand_over,
    appoint_head,
    hand_over,
    hand_over_line,
    hand_over_lines,
    hand_over_list,
    hand_overs,
    heads,
    inherited,
    possible_heads,
    say_on_line,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.kernel.clock.api import get_deadline
from yingshang.rules.errors import DomainError
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each

from ..steps import EmptyForm, Offered, StepForm, text_field
from .tables import HandOverFilter, HandOverTable, LineFilter, LineTable

VIEW, HEAD, SUPERVISE = "contracts.view", "contracts.head", "contracts.supervise"


class RemarkForm(StepForm):
    """What the former head says of the whole."""

    remark = text_field(gettext_lazy("移交说明"), required=False)


class SaidForm(StepForm):
    """What a head says of one contract."""

    text = text_field(gettext_lazy("说明或意见"))


class HeadForm(StepForm):
    """Who heads which unit, since when."""

    office = forms.ChoiceField(label=gettext_lazy("单位和新任负责人"))
    since = forms.DateField(
        label=gettext_lazy("任职日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *arguments: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        found = possible_heads(actor=actor, today=timezone.localdate())
        self.fields["office"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            *((f"{each.agency_id}:{each.user_id}", f"{each.agency_name}　{each.name}") for each in found),
        ]
        self.empty = not found

    @property
    def office_chosen(self) -> dict[str, int]:
        """As the action's arguments."""
        agency, _colon, user = self.cleaned_data["office"].partition(":")
        return {"agency_id": int(agency), "user_id": int(user)}


STEPS: dict[str, tuple[str, Any, str, type[StepForm], Callable[..., None], Any]] = {
    "hand": (
        "handed",
        gettext_lazy("移交清单"),
        "arrow-up-right",
        RemarkForm,
        hand_over,
        gettext_lazy("移交后由新任负责人签收；双方在签收前都可以逐份说明。"),
    ),
    "accept": (
        "accepted",
        gettext_lazy("接收并签收"),
        "writing-sign",
        EmptyForm,
        accept_hand_over,
        "",
    ),
}


@needs(VIEW)
def hand_over_list_page(request: HttpRequest) -> HttpResponseBase:
    """The lists of one's reach, newest first."""
    actor = actor_from(request)
    filters = HandOverFilter(request.GET)
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Any:
        return hand_overs(
            actor=actor,
            text=chosen.get("text", ""),
            states=[chosen["state"]] if "state" in chosen else [],
            own="own" in chosen,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, HandOverTable, fetch, name="hand-overs", filters=filters)
    context = {"may_appoint": actor.may(SUPERVISE), "may_inherit": actor.may(HEAD)}
    return listing.respond("contracts/handing_over/list.html", context)


@needs(HEAD)
def inherited_page(request: HttpRequest) -> HttpResponseBase:
    """The contracts one took over as head, as they stood and as they stand."""
    actor, now = actor_from(request), timezone.now()
    filters = LineFilter(request.GET)
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Any:
        return inherited(
            actor=actor,
            text=chosen.get("text", ""),
            late="late" in chosen,
            now=now,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, LineTable, fetch, name="inherited", filters=filters)
    return listing.respond("contracts/handing_over/inherited.html")


@needs(SUPERVISE)
def new_head(request: HttpRequest) -> HttpResponse:
    """Record that a unit has another head; the list is made at once."""
    actor, now = actor_from(request), timezone.now()
    form = HeadForm(
        request.POST if request.method == "POST" else None,
        actor=actor,
        initial={"since": timezone.localdate(now)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            number = appoint_head(
                actor=actor, since=form.cleaned_data["since"], now=now, **form.office_chosen
            )
        except DomainError as error:
            refuse_each(form, error, otherwise="office")
        else:
            messages.success(request, _("已登记，移交清单已生成并通知双方。"))
            return redirect("contracts_desk:hand-over", hand_over_id=number)
    status = 422 if form.errors else 200
    return render(request, "contracts/handing_over/new.html", {"form": form}, status=status)


@needs(VIEW)
def one(request: HttpRequest, hand_over_id: int) -> HttpResponseBase:
    """One list: its lines, what has been done, and what one may do now."""
    return _page(request, actor_from(request), hand_over_id)


@needs(VIEW)
@require_POST
def step(request: HttpRequest, hand_over_id: int, what: str) -> HttpResponseBase:
    """Hand over, or sign. Whether the actor may, the action says."""
    if what not in STEPS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    hand_over_list(actor=actor, hand_over_id=hand_over_id)
    _event, name, _icon, form_class, act, _hint = STEPS[what]
    form = form_class(request.POST, auto_id=f"{what}-%s")
    if form.is_valid():
        try:
            act(actor=actor, hand_over_id=hand_over_id, now=now, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": name})
            return redirect("contracts_desk:hand-over", hand_over_id=hand_over_id)
    return _page(request, actor, hand_over_id, bound=(what, form))


@needs(VIEW)
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """One contract of a list, and what one says of it."""
    actor, now = actor_from(request), timezone.now()
    found, row = hand_over_line(actor=actor, line_id=line_id, now=now)
    own = row.said_after if found.as_after else row.said_before
    sent = request.method == "POST"
    form = SaidForm(request.POST if sent else None, initial={"text": own})
    if sent and form.is_valid():
        try:
            say_on_line(actor=actor, line_id=line_id, text=form.cleaned_data["text"], now=now)
        except DomainError as error:
            refuse_each(form, error, otherwise="text")
        else:
            messages.success(request, _("已保存。"))
            return redirect("contracts_desk:hand-over", hand_over_id=found.row.id)
    return render(
        request,
        "contracts/handing_over/line.html",
        {"found": found, "line": row, "form": form if "remarked" in found.may else None},
        status=422 if form.errors else 200,
    )


def _page(
    request: HttpRequest, actor: Actor, hand_over_id: int, *, bound: tuple[str, StepForm] | None = None
) -> HttpResponseBase:
    now = timezone.now()
    found = hand_over_list(actor=actor, hand_over_id=hand_over_id)
    filters = LineFilter(request.GET)
    chosen = filters.values
    hidden = 0

    def fetch(order: str, page: int, per_page: int) -> Any:
        nonlocal hidden
        lines = hand_over_lines(
            actor=actor,
            hand_over_id=hand_over_id,
            text=chosen.get("text", ""),
            late="late" in chosen,
            now=now,
            offset=(page - 1) * per_page,
            limit=per_page,
        )
        hidden = lines.hidden
        return lines

    listing = Listing(request, LineTable, fetch, name=f"hand-over-{hand_over_id}", filters=filters)
    steps = []
    for what, (event, name, icon, form_class, _act, hint) in STEPS.items():
        here = bound is not None and bound[0] == what
        if event in found.may or here:
            steps.append(
                Offered(
                    what=what,
                    name=name,
                    icon=icon,
                    form=bound[1] if bound and here else form_class(auto_id=f"{what}-%s"),
                    url=reverse("contracts_desk:hand-over-step", args=[hand_over_id, what]),
                    open=here or what == "accept",
                    danger=False,
                    hint=hint,
                )
            )
    context = {
        "found": found,
        "row": found.row,
        "heads": heads(actor=actor, agency_id=found.row.agency_id) if "export" not in request.GET else (),
        "clock": get_deadline(found.deadline_id) if found.deadline_id else None,
        "hidden": hidden,
        "steps": steps,
    }
    answer = listing.respond("contracts/handing_over/list_of_contracts.html", context)
    if bound is not None:
        answer.status_code = 422
    return answer
