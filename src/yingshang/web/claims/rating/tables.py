"""The table of ratings on the desk."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import RatingView, follow_up_states, rating_rules
from yingshang.web.columns import DayColumn, MomentColumn

from .words import APPEAL_STATES, follow_up_name, level_name, step_name


class RatingTable(tables.Table):
    """Ratings, those that wait first."""

    class Meta:
        empty_text = _("没有评价")
        orderable = False

    item_name = tables.Column(
        verbose_name=_("申请"), attrs={"td": {"class": "lead-cell"}, "th": {"class": "wide"}}
    )
    enterprise = tables.Column(verbose_name=_("企业"))
    step = tables.Column(verbose_name=_("环节"))
    level = tables.Column(verbose_name=_("评价"))
    given_at = MomentColumn(verbose_name=_("评价时间"))
    follow_up = tables.Column(verbose_name=_("整改"), empty_values=())
    due_on = DayColumn(verbose_name=_("期限"))

    def render_item_name(self, record: RatingView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:rating", args=[record.id]),
            record.item_name,
            record.claim_number,
        )

    def value_item_name(self, record: RatingView) -> str:
        return record.claim_number

    def render_step(self, value: str) -> str:
        return step_name(value)

    def render_level(self, value: int, record: RatingView) -> SafeString:
        tone = "bad" if rating_rules().levels[value].bad else "good"
        return format_html(
            '<span class="tag {}">{}</span>', "" if record.excluded else tone, level_name(value)
        )

    def value_level(self, value: int) -> str:
        return level_name(value)

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
