"""Supervision notices: the agency answers its own, a supervisor lifts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yingshang.areas.appeals.api import (
    NoticeView,
    answer_notice,
    lift_notice,
    return_notice,
    supervision_notice,
    supervision_notices,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.columns import DayColumn, MomentColumn
from yingshang.web.filters import FilterForm, choices
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each

from ..handling.forms import AnswerForm, NeededRemarkForm, StepForm
from ..templatetags.appeals import state_tag
from ..words import state_choices, state_of

VIEW = "appeals.view"
STEPS: dict[str, tuple[str, Any, type[StepForm], Callable[..., None]]] = {
    "answer": ("answered", gettext_lazy("反馈"), AnswerForm, answer_notice),
    "return": ("returned", gettext_lazy("退回反馈"), NeededRemarkForm, return_notice),
    "lift": ("lifted", gettext_lazy("销号"), NeededRemarkForm, lift_notice),
}


class NoticeFilter(FilterForm):
    """Notices by words, state, and whose they are."""

    text = forms.CharField(label=gettext_lazy("搜索"), max_length=100)
    state = forms.ChoiceField(label=gettext_lazy("状态"))
    mine = forms.ChoiceField(label=gettext_lazy("范围"))

    def __init__(self, data: QueryDict, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].widget.attrs["placeholder"] = _("文号、编号或标题")
        self.fields["state"].choices = choices(state_choices("notice"), _("全部状态"))  # type: ignore[attr-defined]
        self.fields["mine"].choices = choices([("yes", _("发给本单位的"))], _("全部"))  # type: ignore[attr-defined]


class NoticeTable(tables.Table):
    """Each notice on a line."""

    class Meta:
        empty_text = gettext_lazy("没有督办单")
        orderable = False

    number = tables.Column(verbose_name=gettext_lazy("文号"), attrs={"td": {"class": "lead-cell nowrap"}})
    appeal_title = tables.Column(verbose_name=gettext_lazy("诉求"))
    agency_name = tables.Column(verbose_name=gettext_lazy("被督办单位"))
    state = tables.Column(verbose_name=gettext_lazy("状态"))
    due_on = DayColumn(verbose_name=gettext_lazy("反馈期限"), default="—")
    issued_at = MomentColumn(verbose_name=gettext_lazy("发出时间"))

    def render_number(self, record: NoticeView) -> SafeString:
        address = reverse("appeals_desk:notice", args=[record.id])
        return format_html('<a href="{}">{}</a>', address, record.number)

    def value_number(self, record: NoticeView) -> str:
        return record.number

    def render_state(self, value: str) -> SafeString:
        return state_tag("notice", value)

    def value_state(self, value: str) -> str:
        return state_of("notice", value)[0]


@needs(VIEW)
def notice_list(request: HttpRequest) -> HttpResponseBase:
    """The notices of one's reach, newest first."""
    actor = actor_from(request)
    filters = NoticeFilter(request.GET)
    chosen = filters.values

    def fetch(order: str, page: int, per_page: int) -> Any:
        return supervision_notices(
            actor=actor,
            text=chosen.get("text", ""),
            states=[chosen["state"]] if "state" in chosen else [],
            mine="mine" in chosen,
            offset=(page - 1) * per_page,
            limit=per_page,
        )

    listing = Listing(request, NoticeTable, fetch, name="notices", filters=filters)
    return listing.respond("appeals/notices/list.html")


@needs(VIEW)
def notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """One notice: what is demanded until when, the answer, and what may be done now."""
    return _page(request, actor_from(request), notice_id)


@needs(VIEW)
@require_POST
def notice_step(request: HttpRequest, notice_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Answer, return, lift. Whether the actor may, the action says."""
    if what not in STEPS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    supervision_notice(actor=actor, notice_id=notice_id, now=now)
    _event, name, form_class, act = STEPS[what]
    form = form_class(request.POST, auto_id=f"{what}-%s")
    if form.is_valid():
        try:
            act(actor=actor, notice_id=notice_id, now=now, **form.cleaned_data)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": name})
            return redirect("appeals_desk:notice", notice_id=notice_id)
    return _page(request, actor, notice_id, bound=(what, form))


def _page(
    request: HttpRequest, actor: Actor, notice_id: int, *, bound: tuple[str, StepForm] | None = None
) -> HttpResponse:
    found, clock = supervision_notice(actor=actor, notice_id=notice_id, now=timezone.now())
    steps = []
    for what, (event, name, form_class, _act) in STEPS.items():
        here = bound is not None and bound[0] == what
        if event in found.may or here:
            form = bound[1] if bound and here else form_class(auto_id=f"{what}-%s")
            steps.append(
                {
                    "what": what,
                    "name": name,
                    "icon": {"answer": "writing-sign", "return": "arrow-back-up", "lift": "check"}[what],
                    "form": form,
                    "url": reverse("appeals_desk:notice-step", args=[notice_id, what]),
                    "open": here or what == "answer",
                }
            )
    return render(
        request,
        "appeals/notices/notice.html",
        {"notice": found, "clock": clock, "steps": steps},
        status=422 if bound else 200,
    )
