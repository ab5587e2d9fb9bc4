"""Tables of figures, and of the appeals behind one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.appeals.api import AgencySpeed, HotTopic, RepeatCause
from yingshang.web.design import formats

from ..handling.tables import DeskTable
from ..templatetags.learning import growth, lasting
from ..words import topic_name
from .asked import NO_TOPIC, Asked

_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}


class DurationColumn(tables.Column):
    """A median, and what nine of ten stay below; in hours where it is exported."""

    def __init__(self, most: str, **extra: Any) -> None:
        super().__init__(attrs=_NUMBER, empty_values=(), **extra)
        self.most = most

    def render(self, value: timedelta | None, record: AgencySpeed) -> SafeString:
        return format_html(
            '{}<div class="small text-secondary">{}</div>',
            lasting(value),
            lasting(getattr(record, self.most)),
        )

    def value(self, value: timedelta | None) -> str:
        return "" if value is None else f"{value.total_seconds() / 3600:.2f}"


class ShareColumn(tables.Column):
    """A share; a dash where there is nothing to take it of."""

    def __init__(self, **extra: Any) -> None:
        super().__init__(attrs=_NUMBER, empty_values=(), **extra)

    def render(self, value: float | None) -> str:
        return "—" if value is None else formats.percent(value)

    def value(self, value: float | None) -> str:
        return "" if value is None else f"{value:.4f}"


class _LinkedTable(tables.Table):
    """Figures lead to the appeals they count."""

    @property
    def asked(self) -> Asked:
        return self.request.asked  # type: ignore[no-any-return]

    def linked(self, count: int, **more: Any) -> Any:
        """A count, and where it leads; nought leads nowhere."""
        if not count:
            return "0"
        return format_html('<a href="{}">{}</a>', self.asked.url("list", **more), formats.number(count))


class SpeedTable(_LinkedTable):
    """How fast each agency is."""

    class Meta:
        empty_text = _("这段时间没有单位办理诉求")
        order_by_field = "sort"

    agency_name = tables.Column(verbose_name=_("单位"), attrs={"td": {"class": "lead-cell"}})
    received = tables.Column(verbose_name=_("诉求"), attrs=_NUMBER)
    answered = tables.Column(verbose_name=_("已答复"), attrs=_NUMBER)
    late = tables.Column(verbose_name=_("超期"), attrs=_NUMBER)
    in_time = ShareColumn(verbose_name=_("按时率"))
    contacted_in_time = ShareColumn(verbose_name=_("按时联系率"))
    dispatch_median = DurationColumn("dispatch_most", verbose_name=_("派单用时"))
    contact_median = DurationColumn("contact_most", verbose_name=_("联系用时"))
    answer_median = DurationColumn("answer_most", verbose_name=_("答复用时"))

    def render_received(self, record: AgencySpeed) -> Any:
        return self.linked(record.received, agency=record.agency_id)

    def render_answered(self, record: AgencySpeed) -> Any:
        return self.linked(record.answered, agency=record.agency_id, what="answered")

    def render_late(self, record: AgencySpeed) -> Any:
        return self.linked(record.late, agency=record.agency_id, what="late")

    def value_received(self, value: int) -> int:
        return value

    value_answered = value_late = value_received


class TopicTable(_LinkedTable):
    """Topics of a period."""

    class Meta:
        empty_text = _("这段时间没有诉求")
        order_by_field = "sort"

    topic = tables.Column(verbose_name=_("主题"), attrs={"td": {"class": "lead-cell"}}, empty_values=())
    count = tables.Column(verbose_name=_("诉求"), attrs=_NUMBER)
    before = tables.Column(verbose_name=_("上期"), attrs=_NUMBER)
    change = tables.Column(verbose_name=_("变化"), attrs=_NUMBER, empty_values=())
    parties = tables.Column(verbose_name=_("企业"), attrs=_NUMBER)
    unsolved = tables.Column(verbose_name=_("不认可或重开"), attrs=_NUMBER)

    def render_topic(self, value: str, record: HotTopic) -> Any:
        name = topic_name(value) or _("还没有主题")
        sign = format_html(' <span class="tag warn">{}</span>', _("上升")) if record.rising else ""
        return format_html(
            '<a href="{}">{}</a>{}', self.asked.url("home", topic=value or NO_TOPIC), name, sign
        )

    def value_topic(self, value: str) -> Any:
        return topic_name(value) or _("还没有主题")

    def render_count(self, record: HotTopic) -> Any:
        return self.linked(record.count, topic=record.topic or NO_TOPIC)

    def render_unsolved(self, record: HotTopic) -> Any:
        return self.linked(record.unsolved, topic=record.topic or NO_TOPIC, what="unsolved")

    def render_change(self, value: Any, record: HotTopic) -> str:
        return growth(value) if record.count else "—"

    def value_count(self, value: int) -> int:
        return value

    def value_change(self, value: Any) -> str:
        return "" if value is None else f"{value:.3f}"

    value_unsolved = value_count


class RepeatTable(_LinkedTable):
    """What came back, by topic and agency."""

    class Meta:
        empty_text = _("这段时间没有反复出现的问题")
        order_by_field = "sort"

    topic = tables.Column(verbose_name=_("主题"), attrs={"td": {"class": "lead-cell"}}, empty_values=())
    agency_name = tables.Column(verbose_name=_("单位"), default="—")
    count = tables.Column(verbose_name=_("诉求"), attrs=_NUMBER)
    again = tables.Column(verbose_name=_("同一企业再次提出"), attrs=_NUMBER)
    reopened = tables.Column(verbose_name=_("重开"), attrs=_NUMBER)
    disputed = tables.Column(verbose_name=_("不认可"), attrs=_NUMBER)
    bounced = tables.Column(verbose_name=_("退回"), attrs=_NUMBER)

    def render_topic(self, value: str) -> Any:
        return topic_name(value) or _("还没有主题")

    def _figure(self, record: RepeatCause, what: str, count: int) -> Any:
        if record.agency_id is None:
            # Those without an agency are not told apart by the list.
            return formats.number(count)
        return self.linked(count, topic=record.topic or NO_TOPIC, agency=record.agency_id, what=what)

    def render_count(self, record: RepeatCause) -> Any:
        return self._figure(record, "", record.count)

    def render_again(self, record: RepeatCause) -> Any:
        return self._figure(record, "again", record.again)

    def render_reopened(self, record: RepeatCause) -> Any:
        return self._figure(record, "reopened", record.reopened)

    def render_disputed(self, record: RepeatCause) -> Any:
        return self._figure(record, "disputed", record.disputed)

    def render_bounced(self, record: RepeatCause) -> Any:
        return self._figure(record, "bounced", record.bounced)

    def value_count(self, value: int) -> int:
        return value

    value_again = value_reopened = value_disputed = value_bounced = value_count


class BehindTable(DeskTable):
    """The appeals behind a figure."""

    class Meta(DeskTable.Meta):
        orderable = False
