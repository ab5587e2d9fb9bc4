"""The performance record: by month and agency; a figure with its appeals; one line with what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
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
    RecordAppeal,
    RecordLineView,
    RecordView,
    correct_record,
    decide_objection,
    learning_rules,
    object_to_record,
    performance_record,
    performance_records,
    record_appeals,
    record_line,
    record_months,
)
from yingshang.kernel.access.api import Actor, actor_from, needs
from yingshang.rules.errors import DomainError
from yingshang.web.columns import MomentColumn
from yingshang.web.filters import FilterForm, choices
from yingshang.web.listing import Listing
from yingshang.web.refusals import refuse_each
from yingshang.web.regions import reached_regions
from yingshang.web.words import in_language

from ..handling.forms import StepForm
from ..learning.tables import ShareColumn
from ..templatetags.appeals import state_tag
from ..templatetags.learning import figure_name
from ..words import state_of, topic_name

VIEW = "appeals.view"
_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}


class RecordFilter(FilterForm):
    """Records by month and region, and those with objections that wait."""

    month = forms.ChoiceField(label=gettext_lazy("月份"))
    region_path = forms.ChoiceField(label=gettext_lazy("地区"))
    objected = forms.ChoiceField(label=gettext_lazy("异议"))

    def __init__(self, data: QueryDict, *, regions: list[tuple[str, str]]) -> None:
        super().__init__(data)
        for name, pairs, every in (
            ("month", [(f"{each:%Y-%m}", f"{each:%Y-%m}") for each in record_months()], _("全部月份")),
            ("region_path", regions, _("全部地区")),
            ("objected", [("yes", _("有异议待决定"))], _("不限")),
        ):
            self.fields[name].choices = choices(pairs, every)  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, Any]:
        """As the room's arguments."""
        found = dict(self.values)
        if "month" in found:
            found["month"] = date.fromisoformat(f"{found['month']}-01")
        if "objected" in found:
            found["objected"] = True
        return found


class FigureColumn(tables.Column):
    """A figure of the record, which opens its appeals; what was corrected says so."""

    def __init__(self, figure: str, **extra: Any) -> None:
        super().__init__(attrs=_NUMBER, empty_values=(), orderable=False, **extra)
        self.figure = figure

    def _count(self, record: RecordView) -> int:
        return record.figures.get(self.figure, getattr(record, self.figure, 0))

    def render(self, record: RecordView) -> Any:
        count = self._count(record)
        was = record.counted.get(self.figure, count)
        if not count and count == was:
            return "0"
        address = f"{reverse('appeals_desk:record', args=[record.id])}?figure={self.figure}"
        if count == was:
            return format_html('<a href="{}">{}</a>', address, count)
        return format_html('<a href="{}">{}</a> <s class="text-secondary">{}</s>', address, count, was)

    def value(self, record: RecordView) -> int:
        return self._count(record)


class RecordTable(tables.Table):
    """Each agency and month on a line."""

    class Meta:
        empty_text = gettext_lazy("还没有固化的月份")
        orderable = False

    agency_name = tables.Column(verbose_name=gettext_lazy("单位"), attrs={"td": {"class": "lead-cell"}})
    month = tables.Column(verbose_name=gettext_lazy("月份"), attrs={"td": {"class": "nowrap"}})
    in_time = ShareColumn(verbose_name=gettext_lazy("按时率"))

    def render_agency_name(self, record: RecordView) -> SafeString:
        sign = format_html(' <span class="tag warn">{}</span>', _("有异议")) if record.open_objections else ""
        return format_html(
            '<a href="{}">{}</a>{}',
            reverse("appeals_desk:record", args=[record.id]),
            record.agency_name,
            sign,
        )

    def value_agency_name(self, record: RecordView) -> str:
        return record.agency_name

    def render_month(self, value: date) -> str:
        return f"{value:%Y-%m}"


def _table_of_figures() -> type[RecordTable]:
    """A column for each figure of the data."""
    columns = {
        code: FigureColumn(code, verbose_name=in_language(each.name, each.name_en))
        for code, each in learning_rules().figures.items()
    }
    return type("RecordFigureTable", (RecordTable,), {"Meta": RecordTable.Meta, **columns})


class LineTable(tables.Table):
    """The appeals behind a figure."""

    class Meta:
        empty_text = gettext_lazy("这一项没有诉求")
        orderable = False

    title = tables.Column(verbose_name=gettext_lazy("诉求"), attrs={"td": {"class": "lead-cell"}})
    number = tables.Column(verbose_name=gettext_lazy("编号"), attrs={"td": {"class": "code nowrap"}})
    topic = tables.Column(verbose_name=gettext_lazy("主题"), default="—")
    at = MomentColumn(verbose_name=gettext_lazy("时间"))
    counts = tables.Column(verbose_name=gettext_lazy("计入"), empty_values=())

    def render_title(self, record: RecordAppeal) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("appeals_desk:appeal", args=[record.appeal_id]), record.title
        )

    def value_title(self, record: RecordAppeal) -> str:
        return record.title

    def render_topic(self, value: str) -> str:
        return topic_name(value)

    def render_counts(self, record: RecordAppeal) -> Any:
        if record.line_id is None:
            return "—"
        return format_html(
            '<span><a href="{}">{}</a> {}</span>',
            reverse("appeals_desk:record-line", args=[record.line_id]),
            _("计入") if record.counts else _("不计入"),
            state_tag("objection", record.objection) if record.objection else "",
        )

    def value_counts(self, record: RecordAppeal) -> str:
        if record.line_id is None:
            return ""
        counts = _("计入") if record.counts else _("不计入")
        return f"{counts} {state_of('objection', record.objection)[0]}" if record.objection else counts


class ReasonForm(StepForm):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


@needs(VIEW)
def record_list(request: HttpRequest) -> HttpResponseBase:
    """The records of one's reach: a line an agency and month, every figure leads to its appeals."""
    actor = actor_from(request)
    filters = RecordFilter(request.GET, regions=reached_regions(actor, VIEW))

    def fetch(order: str, page: int, per_page: int) -> Any:
        return performance_records(actor=actor, offset=(page - 1) * per_page, limit=per_page, **filters.asked)

    listing = Listing(request, _table_of_figures(), fetch, name="records", filters=filters)
    return listing.respond("appeals/records/list.html", {"days": learning_rules().objection_days})


@needs(VIEW)
def one(request: HttpRequest, record_id: int) -> HttpResponseBase:
    """An agency's month, one figure at a time."""
    actor = actor_from(request)
    found = performance_record(actor=actor, record_id=record_id)
    figures = learning_rules().figures
    counts = {"received": found.received, "answered": found.answered, **found.figures}
    asked = request.GET.get("figure", "")
    first = next((code for code in learning_rules().against if counts[code]), "received")
    figure = asked if asked in figures else first

    def fetch(order: str, page: int, per_page: int) -> Any:
        return record_appeals(
            actor=actor, record_id=record_id, figure=figure, offset=(page - 1) * per_page, limit=per_page
        )

    listing = Listing(request, LineTable, fetch, name=f"record-{record_id}-{figure}")
    return listing.respond(
        "appeals/records/record.html",
        {
            "record": found,
            "figure": figures[figure],
            "tabs": [
                {
                    "name": in_language(each.name, each.name_en),
                    "url": f"?figure={code}",
                    "here": code == figure,
                    "count": counts[code],
                }
                for code, each in figures.items()
            ],
        },
    )


@needs(VIEW)
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """One line, its objection, and what became of it."""
    return _page(request, actor_from(request), line_id)


@needs(VIEW)
@require_POST
def line_step(request: HttpRequest, line_id: int, what: str) -> HttpResponse | HttpResponseRedirect:
    """Object, decide, take out or put back. Whether the actor may, the action says."""
    if what not in STEPS:
        raise Http404
    actor, now = actor_from(request), timezone.now()
    # Of elsewhere it does not exist, whatever is sent.
    found = record_line(actor=actor, line_id=line_id, now=now)
    _event, name, _icon, act = STEPS[what]
    form = ReasonForm(request.POST, auto_id=f"{what}-%s")
    if form.is_valid():
        try:
            act(found, actor=actor, reason=form.cleaned_data["reason"], now=now)
        except DomainError as error:
            refuse_each(form, error)
        else:
            messages.success(request, _("已办理：%(step)s") % {"step": name})
            return redirect("appeals_desk:record-line", line_id=line_id)
    return _page(request, actor, line_id, bound=(what, form))


def _decide(upheld: bool) -> Callable[..., None]:
    def decide(found: RecordLineView, **given: Any) -> None:
        if found.objection is None:
            raise Http404
        decide_objection(objection_id=found.objection.id, upheld=upheld, **given)

    return decide


def _correct(counts: bool) -> Callable[..., None]:
    def correct(found: RecordLineView, **given: Any) -> None:
        assert found.line.line_id is not None
        correct_record(line_id=found.line.line_id, counts=counts, **given)

    return correct


def _object(found: RecordLineView, **given: Any) -> None:
    assert found.line.line_id is not None
    object_to_record(line_id=found.line.line_id, **given)


STEPS: dict[str, tuple[str, Any, str, Callable[..., None]]] = {
    "object": ("objected", gettext_lazy("提出异议"), "message-circle", _object),
    "uphold": ("upheld", gettext_lazy("异议成立"), "check", _decide(True)),
    "refuse": ("refused", gettext_lazy("异议不成立"), "x", _decide(False)),
    "take-out": ("taken_out", gettext_lazy("改为不计入"), "minus", _correct(False)),
    "put-back": ("put_back", gettext_lazy("恢复计入"), "plus", _correct(True)),
}


def _page(
    request: HttpRequest, actor: Actor, line_id: int, *, bound: tuple[str, StepForm] | None = None
) -> HttpResponse:
    found = record_line(actor=actor, line_id=line_id, now=timezone.now())
    steps = []
    for what, (event, name, icon, _act) in STEPS.items():
        here = bound is not None and bound[0] == what
        if event in found.may or here:
            steps.append(
                {
                    "what": what,
                    "name": name,
                    "icon": icon,
                    "form": bound[1] if bound and here else ReasonForm(auto_id=f"{what}-%s"),
                    "url": reverse("appeals_desk:record-line-step", args=[line_id, what]),
                    "open": here,
                }
            )
    context = {
        "found": found,
        "name": figure_name(found.line.figure),
        "figure": learning_rules().figures[found.line.figure],
        "steps": steps,
    }
    return render(request, "appeals/records/line.html", context, status=422 if bound else 200)
