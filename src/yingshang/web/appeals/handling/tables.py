"""The table of appeals on the desk."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import APPEAL, DeskAppeal
from yingshang.web.columns import MomentColumn
from yingshang.web.design import formats
from yingshang.web.design.icons import icon

from ..templatetags.appeals import state_tag
from ..words import channel_name, difficulty_name, region_name, state_of, topic_name

_CLOCKLESS = frozenset({"joined", "answered", "paused"})
_IN_FILES = {"td": {"class": "d-none"}, "th": {"class": "d-none"}}


class DeskTable(tables.Table):
    """Each appeal on a line."""

    class Meta:
        empty_text = _("这里没有诉求")
        order_by_field = "sort"

    title = tables.Column(verbose_name=_("诉求"), orderable=False, attrs={"td": {"class": "lead-cell"}})
    # Shown with others in one cell, which leaves room for the words; a column of its own in files.
    number = tables.Column(verbose_name=_("编号"), orderable=False, attrs=_IN_FILES)
    state = tables.Column(verbose_name=_("状态"), orderable=False)
    due_on = tables.Column(verbose_name=_("办理期限"), empty_values=())
    agency_name = tables.Column(verbose_name=_("主办单位"), orderable=False, empty_values=())
    topic = tables.Column(verbose_name=_("主题"), orderable=False, empty_values=())
    region_path = tables.Column(verbose_name=_("地区"), orderable=False)
    channel = tables.Column(verbose_name=_("渠道"), orderable=False, attrs=_IN_FILES)
    difficulty = tables.Column(verbose_name=_("难度"), orderable=False, attrs=_IN_FILES)
    submitted_at = MomentColumn(verbose_name=_("提交时间"))

    def render_title(self, record: DeskAppeal) -> SafeString:
        who = record.party_name or (gettext("匿名") if record.anonymous else gettext("个人"))
        signs = [
            *(
                [format_html('<span class="tag bad">{}{}</span>', icon("bell"), gettext("紧急"))]
                * _urgent(record)
            ),
            *(
                [
                    format_html(
                        '<span class="tag note">{}</span>', gettext("%(count)s 件并入") % _count(record)
                    )
                ]
                * bool(record.voice_count)
            ),
            *(
                [format_html('<span class="tag warn">{}</span>', gettext("退回过"))]
                * bool(record.bounce_count)
            ),
        ]
        return format_html(
            '<a href="{}">{}</a><div class="small text-secondary">{} <span class="code nowrap">{}</span> {}</div>',
            reverse("appeals_desk:appeal", args=[record.id]),
            record.title,
            who,
            record.number,
            SafeString(" ".join(signs)),
        )

    def value_title(self, record: DeskAppeal) -> str:
        return record.title

    def render_state(self, value: str) -> SafeString:
        return state_tag("appeal", value)

    def value_state(self, value: str) -> str:
        return state_of("appeal", value)[0]

    def render_due_on(self, record: DeskAppeal) -> Any:
        shown = formats.day(record.due_on) if record.due_on else "—"
        if record.due_on is None or not APPEAL.states[record.state].open or record.state in _CLOCKLESS:
            return shown
        today: date = timezone.localdate()
        if record.due_on < today:
            return _clock("over", "clock-exclamation", shown, gettext("已超期"))
        if record.contact_due_at is not None and record.contact_due_at < timezone.now():
            return _clock("bad", "clock-exclamation", shown, gettext("还没有联系"))
        if record.due_on == today:
            return _clock("bad", "clock-exclamation", shown, gettext("今天到期"))
        return format_html('<span class="nowrap">{}</span>', shown)

    def value_due_on(self, record: DeskAppeal) -> str:
        return record.due_on.isoformat() if record.due_on else ""

    def render_agency_name(self, record: DeskAppeal) -> str:
        return record.agency_name or gettext("%(desk)s（派单）") % {"desk": record.desk_name}

    def render_topic(self, record: DeskAppeal) -> SafeString:
        return _two(topic_name(record.topic) if record.topic else "—", difficulty_name(record.difficulty))

    def value_topic(self, value: str) -> str:
        return topic_name(value)

    def render_region_path(self, record: DeskAppeal) -> SafeString:
        return _two(region_name(record.region_path), channel_name(record.channel))

    def value_region_path(self, value: str) -> str:
        return region_name(value)

    def render_channel(self, value: str) -> str:
        return channel_name(value)

    def render_difficulty(self, value: str) -> str:
        return difficulty_name(value)


def _two(first: str, second: str) -> SafeString:
    return format_html('{}<div class="small text-secondary">{}</div>', first, second)


def _urgent(record: DeskAppeal) -> bool:
    return record.urgency == "urgent"


def _count(record: DeskAppeal) -> dict[str, int]:
    return {"count": record.voice_count}


def _clock(tone: str, picture: str, shown: str, word: str) -> SafeString:
    return format_html(
        '<span class="nowrap">{}</span><div><span class="tag {}">{}{}</span></div>',
        shown,
        "bad" if tone == "over" else "warn",
        icon(picture),
        word,
    )
