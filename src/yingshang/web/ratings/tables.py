"""The table of ratings on the desk."""

from __future__ import annotations

from datetime import datetime

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.ratings.api import RatingView, follow_up_states
from yingshang.web.columns import DayColumn, MomentColumn

from .words import APPEAL_STATES, follow_up_name, kind_name, level_name, step_name


class RatingTable(tables.Table):
    """Ratings, those that wait first."""

    class Meta:
        empty_text = _("没有评价")
        orderable = False

    label = tables.Column(
        verbose_name=_("办理事项"), attrs={"td": {"class": "lead-cell"}, "th": {"class": "wide"}}
    )
    step = tables.Column(verbose_name=_("环节"))
    agency_name = tables.Column(verbose_name=_("办理单位"))
    enterprise = tables.Column(verbose_name=_("企业"))
    level = tables.Column(verbose_name=_("评价"))
    given_at = MomentColumn(verbose_name=_("评价时间"))
    follow_up = tables.Column(verbose_name=_("整改"), empty_values=())
    due_on = DayColumn(verbose_name=_("期限"))

    def render_label(self, record: RatingView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("ratings_desk:rating", args=[record.id]),
            record.label,
            record.number,
        )

    def value_label(self, record: RatingView) -> str:
        return record.number

    def render_step(self, value: str, record: RatingView) -> SafeString:
        return format_html("{}<small>{}</small>", step_name(record.kind, value), kind_name(record.kind))

    def value_step(self, value: str, record: RatingView) -> str:
        return f"{kind_name(record.kind)} · {step_name(record.kind, value)}"

    def render_level(self, value: int, record: RatingView) -> SafeString:
        tone = "bad" if record.bad else "good"
        return format_html(
            '<span class="tag {}">{}</span>', "" if record.excluded else tone, level_name(value)
        )

    def value_level(self, value: int) -> str:
        return level_name(value)

    def render_given_at(self, value: datetime) -> SafeString:
        # The minute is on its page, and in what is exported.
        local = timezone.localtime(value)
        return format_html(
            '<time datetime="{}" class="nowrap">{}</time>', local.isoformat(), f"{local:%Y-%m-%d}"
        )

    def render_follow_up(self, record: RatingView) -> SafeString | str:
        if record.appeal == "open":
            return format_html('<span class="tag warn">{}</span>', _("申诉待处理"))
        if record.excluded:
            return str(APPEAL_STATES["upheld"])
        if not record.follow_up:
            return "—"
        tone = follow_up_states()[record.follow_up][2]
        return format_html('<span class="tag {}">{}</span>', tone, follow_up_name(record.follow_up))

    def value_follow_up(self, record: RatingView) -> str:
        return follow_up_name(record.follow_up) if record.follow_up else ""
