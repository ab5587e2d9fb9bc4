"""The table of a unit's contracts."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import DayColumn
from yingshang.web.design import formats
from yingshang.web.design.icons import icon

from ..templatetags.contracts import state_tag
from ..words import ESCALATIONS, kind_name, region_name, state_of, yuan

PICK_FORM = "register-many"
"""The form that what is picked belongs to."""
_IN_FILES = {"td": {"class": "d-none"}, "th": {"class": "d-none"}}


class ContractTable(tables.Table):
    """Each contract on a line."""

    class Meta:
        empty_text = _("这里没有合同")
        order_by_field = "sort"

    title = tables.Column(verbose_name=_("合同"), orderable=False, attrs={"td": {"class": "lead-cell"}})
    # Shown with others in one cell, which leaves room for the words; columns of their own in files.
    number = tables.Column(verbose_name=_("登记编号"), orderable=False, attrs=_IN_FILES)
    reference = tables.Column(verbose_name=_("合同编号"), orderable=False, attrs=_IN_FILES)
    state = tables.Column(verbose_name=_("状态"), orderable=False)
    next_due_on = tables.Column(verbose_name=_("最近到期"), empty_values=())
    open_count = tables.Column(verbose_name=_("未履行义务"), orderable=False)
    counterparty_name = tables.Column(verbose_name=_("相对方"), orderable=False)
    amount_fen = tables.Column(
        verbose_name=_("合同金额"),
        empty_values=(),
        attrs={"td": {"class": "number"}, "th": {"class": "number"}},
    )
    agency_name = tables.Column(verbose_name=_("承办单位"), orderable=False)
    region_path = tables.Column(verbose_name=_("地区"), orderable=False, attrs=_IN_FILES)
    kind = tables.Column(verbose_name=_("类别"), orderable=False, attrs=_IN_FILES)
    signed_on = DayColumn(verbose_name=_("签订日期"))

    def render_title(self, record: Any) -> SafeString:
        signs = []
        if record.escalation:
            signs.append(_tag("warn", "bell", ESCALATIONS.get(record.escalation, record.escalation)))
        if record.disagreed:
            signs.append(_tag("bad", "arrows-diff", gettext("双方说法不一")))
        if record.disputed:
            signs.append(_tag("bad", "gavel", gettext("有争议")))
        return format_html(
            '<a href="{}">{}</a><div class="small text-secondary">{} <span class="code nowrap">{}</span> {}</div>',
            reverse("contracts_desk:contract", args=[record.id]),
            record.title,
            kind_name(record.kind),
            record.number,
            SafeString(" ".join(signs)),
        )

    def value_title(self, record: Any) -> str:
        return str(record.title)

    def render_state(self, value: str) -> SafeString:
        return state_tag("contract", value)

    def value_state(self, value: str) -> str:
        return state_of("contract", value)[0]

    def render_next_due_on(self, record: Any) -> Any:
        if record.next_due_on is None:
            return "—"
        shown = format_html('<span class="nowrap">{}</span>', formats.day(record.next_due_on))
        today = timezone.localdate()
        if record.next_due_on < today:
            days = (today - record.next_due_on).days
            late = ngettext("逾期 %(days)s 天", "逾期 %(days)s 天", days) % {"days": days}
            return format_html("{}<div>{}</div>", shown, _tag("bad", "clock-exclamation", late))
        if record.next_due_on == today:
            return format_html(
                "{}<div>{}</div>", shown, _tag("warn", "clock-exclamation", gettext("今天到期"))
            )
        return shown

    def value_next_due_on(self, record: Any) -> str:
        return record.next_due_on.isoformat() if record.next_due_on else ""

    def render_open_count(self, record: Any) -> Any:
        if not record.obligation_count:
            return _tag("warn", "alert-triangle", gettext("没有登记义务"))
        return f"{record.open_count} / {record.obligation_count}"

    def value_open_count(self, record: Any) -> str:
        return str(record.open_count)

    def render_amount_fen(self, record: Any) -> Any:
        if record.amount_fen is None:
            return format_html('<span class="unknown">{}</span>', gettext("未约定"))
        return formats.large_money(yuan(record.amount_fen))

    def value_amount_fen(self, record: Any) -> str:
        return "" if record.amount_fen is None else str(yuan(record.amount_fen))

    def render_agency_name(self, record: Any) -> SafeString:
        return format_html(
            '{}<div class="small text-secondary">{}</div>',
            record.agency_name,
            region_name(record.region_path),
        )

    def value_agency_name(self, record: Any) -> str:
        return str(record.agency_name)

    def value_region_path(self, value: str) -> str:
        return region_name(value)

    def render_kind(self, value: str) -> str:
        return kind_name(value)


class PickTable(ContractTable):
    """The same, to be picked: the form stands below the list."""

    class Meta(ContractTable.Meta):
        pass

    def render_title(self, record: Any) -> SafeString:
        return format_html(
            '<input type="hidden" name="listed" value="{}" form="{}"><label class="pick">'
            '<input type="checkbox" class="form-check-input" name="contract" value="{}" form="{}">'
            '<span class="unseen">{}</span></label> {}',
            record.id,
            PICK_FORM,
            record.id,
            PICK_FORM,
            gettext("选择 %(name)s") % {"name": record.title},
            super().render_title(record),
        )


def _tag(tone: str, picture: str, word: Any) -> SafeString:
    return format_html('<span class="tag {}">{}{}</span>', tone, icon(picture), word)
