"""The tables of tasks and cases."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import DayColumn, MomentColumn, tone_tag
from yingshang.web.words import CASE_STATES, TASK_STATES, in_language

from .flow_pages import clock_shown


class ClockColumn(tables.Column):
    """The clock of a row: a colour, and words."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(orderable=False, empty_values=(), **kwargs)

    def render(self, record: Any) -> str:
        shown = clock_shown(_deadline(record), timezone.now())
        return "—" if shown is None else render_to_string("desk/flow_clock.html", {"clock": shown})

    def value(self, **kwargs: Any) -> str:
        shown = clock_shown(_deadline(kwargs["record"]), timezone.now())
        return "" if shown is None else shown.words


def _deadline(record: Any) -> Any:
    return record.case.deadline if hasattr(record, "case") else record.deadline


class TaskTable(tables.Table):
    """Tasks."""

    class Meta:
        empty_text = _("没有待办")

    subject = tables.TemplateColumn(
        template_name="desk/task_title.html", verbose_name=_("事项"), empty_values=()
    )
    name = tables.Column(verbose_name=_("环节"))
    clock = ClockColumn(verbose_name=_("时限"))
    due = DayColumn(verbose_name=_("到期日"), accessor="deadline__due_on")
    state = tables.Column(verbose_name=_("状态"), orderable=False)
    agency_name = tables.Column(verbose_name=_("机构"), orderable=False, attrs={"td": {"class": "agency"}})
    assignee_name = tables.Column(
        verbose_name=_("办理人"), orderable=False, attrs={"td": {"class": "nowrap"}}
    )
    ready = MomentColumn(verbose_name=_("到达"), accessor="ready_at")
    actions = tables.TemplateColumn(
        template_name="desk/task_check.html", verbose_name=_("选择"), orderable=False, empty_values=()
    )

    def render_name(self, record: Any) -> str:
        return in_language(record.name, record.name_en)

    def value_name(self, record: Any) -> str:
        return self.render_name(record)

    def value_subject(self, record: Any) -> str:
        return f"{record.case_number} {record.subject.title}"

    def render_state(self, value: str) -> str:
        return tone_tag("flow", value)

    def value_state(self, value: str) -> str:
        return str(TASK_STATES.get(value, value))


class CaseTable(tables.Table):
    """Cases."""

    class Meta:
        empty_text = _("您的范围内还没有办件")

    number = tables.Column(
        verbose_name=_("编号"),
        accessor="case__number",
        linkify=("desk:case", [tables.A("case__id")]),
        orderable=False,
    )
    subject = tables.Column(verbose_name=_("事项"), accessor="case__subject__title")
    name = tables.Column(verbose_name=_("所走流程"), orderable=False, empty_values=())
    steps = tables.Column(verbose_name=_("所在环节"), orderable=False, empty_values=())
    clock = ClockColumn(verbose_name=_("时限"))
    state = tables.Column(verbose_name=_("状态"), accessor="case__state", orderable=False)
    due = DayColumn(verbose_name=_("到期日"), accessor="case__deadline__due_on")
    started = MomentColumn(verbose_name=_("收件"), accessor="case__started_at")

    def render_number(self, value: str) -> str:
        return format_html('<span class="code nowrap">{}</span>', value)

    def value_number(self, value: str) -> str:
        return value

    def render_name(self, record: Any) -> str:
        return in_language(record.case.name, record.case.name_en)

    def value_name(self, record: Any) -> str:
        return self.render_name(record)

    def render_steps(self, record: Any) -> str:
        names = [
            in_language(name, english) for name, english in zip(record.steps, record.steps_en, strict=False)
        ]
        holders = "、".join(each for each in record.holders if each)
        words = "、".join(names)
        if not words:
            return "—"
        return format_html("{}<small>{}</small>", words, holders) if holders else words

    def value_steps(self, record: Any) -> str:
        return "、".join(record.steps)

    def render_state(self, value: str) -> str:
        return tone_tag("case", value)

    def value_state(self, value: str) -> str:
        return str(CASE_STATES.get(value, value))
