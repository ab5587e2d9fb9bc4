"""The lists as tables."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts.api import LateRow, StepRow
from yingshang.web.columns import DayColumn, MomentColumn
from yingshang.web.design import formats
from yingshang.web.design.icons import icon

from ..templatetags.contracts import state_tag
from ..words import BROKEN, ESCALATIONS, GOES_ON, state_of, yuan

_NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}
LEADS = {
    "issue_notice": ("notice", _("发督办通知书"), "gavel"),
    "open_case": ("case", _("立案督办"), "briefcase"),
}


class LateTable(tables.Table):
    """Each late obligation on a line, with what may be done next."""

    class Meta:
        empty_text = _("没有逾期未履行的义务")
        orderable = False

    title = tables.Column(verbose_name=_("义务"), attrs={"td": {"class": "lead-cell"}})
    agency = tables.Column(verbose_name=_("承办单位"))
    due_on = DayColumn(verbose_name=_("到期日"))
    late_days = tables.Column(verbose_name=_("逾期（天）"), attrs=_NUMBER)
    open_fen = tables.Column(verbose_name=_("尚欠"), empty_values=(), attrs=_NUMBER)
    interest_fen = tables.Column(verbose_name=_("逾期利息"), empty_values=(), attrs=_NUMBER)
    escalation = tables.Column(verbose_name=_("督办进展"), empty_values=())
    may = tables.Column(verbose_name=_("下一步"), empty_values=(), exclude_from_export=True)

    def render_title(self, record: LateRow) -> SafeString:
        signs = SafeString("")
        if record.disagreed:
            signs = format_html(
                ' <span class="tag bad">{}{}</span>', icon("arrows-diff"), gettext("双方说法不一")
            )
        return format_html(
            '<a href="{}#obligation-{}">{}</a>{}<div class="small text-secondary">{} '
            '<span class="code nowrap">{}</span></div>',
            reverse("contracts_desk:contract", args=[record.contract_id]),
            record.id,
            record.title,
            signs,
            record.counterparty,
            record.contract,
        )

    def value_title(self, record: LateRow) -> str:
        return f"{record.contract} {record.title}"

    def render_open_fen(self, record: LateRow) -> Any:
        return _money(record.open_fen)

    def value_open_fen(self, record: LateRow) -> str:
        return "" if record.open_fen is None else str(yuan(record.open_fen))

    def render_interest_fen(self, record: LateRow) -> Any:
        return _money(record.interest_fen)

    def value_interest_fen(self, record: LateRow) -> str:
        return "" if record.interest_fen is None else str(yuan(record.interest_fen))

    def render_escalation(self, record: LateRow) -> Any:
        if not record.escalation:
            return "—"
        word = ESCALATIONS.get(record.escalation, record.escalation)
        return format_html('<span class="tag warn">{}{}</span>', icon("bell"), word)

    def value_escalation(self, record: LateRow) -> str:
        return str(ESCALATIONS.get(record.escalation, ""))

    def render_may(self, record: LateRow) -> Any:
        if "transfer" in record.may and record.case_id is not None:
            address = reverse("contracts_desk:case", args=[record.case_id])
            return _button(address, "external-link", gettext("移送"))
        for event, (what, name, sign) in LEADS.items():
            if event in record.may:
                return _button(reverse("contracts_desk:supervise", args=[record.id, what]), sign, str(name))
        return "—"


class StepTable(tables.Table):
    """Notices, cases, transfers or cancellations; `kind` is whose states they have, `shown_at` the name of the page."""

    kind = "notice"
    shown_at = "contracts_desk:notice"

    class Meta:
        orderable = False

    number = tables.Column(verbose_name=_("文号"), empty_values=(), attrs={"td": {"class": "lead-cell"}})
    agency = tables.Column(verbose_name=_("被督办单位"))
    by = tables.Column(verbose_name=_("发出"))
    state = tables.Column(verbose_name=_("状态"))
    due_on = DayColumn(verbose_name=_("期限"), default="—")
    since = MomentColumn(verbose_name=_("时间"))

    def render_number(self, record: StepRow) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><div class="small text-secondary">{} <span class="code nowrap">{}</span></div>',
            reverse(self.shown_at, args=[record.id]),
            record.number or record.title,
            record.title if record.number else "",
            record.contract,
        )

    def value_number(self, record: StepRow) -> str:
        return record.number or f"{record.contract} {record.title}"

    def render_state(self, record: StepRow) -> SafeString:
        marks = [(tone, icon(sign), word) for tone, sign, word in _marks(record)]
        more = format_html_join("", '<span class="tag {}">{}{}</span>', marks)
        return format_html('<span class="tags">{}{}</span>', state_tag(self.kind, record.state), more)

    def value_state(self, record: StepRow) -> str:
        return " ".join([str(state_of(self.kind, record.state)[0]), *(mark[-1] for mark in _marks(record))])


def _marks(record: StepRow) -> list[tuple[str, str, str]]:
    """What is to be known beside the state: tone, icon and word of each."""
    marks = (
        (record.goes_on, "outline", "external-link", GOES_ON),
        (record.broken, "bad", "clock-exclamation", BROKEN),
        (record.late, "bad", "clock-exclamation", gettext("已超期")),
    )
    return [(tone, sign, str(word)) for holds, tone, sign, word in marks if holds]


class NoticeTable(StepTable):
    """Supervision notices."""

    class Meta(StepTable.Meta):
        empty_text = _("没有督办通知书")


class CaseTable(StepTable):
    """Cases."""

    kind, shown_at = "case", "contracts_desk:case"

    class Meta(StepTable.Meta):
        empty_text = _("没有督办案件")


class TransferTable(StepTable):
    """Transfers."""

    kind, shown_at = "transfer", "contracts_desk:transfer"
    by = tables.Column(verbose_name=_("接收机关"))

    class Meta(StepTable.Meta):
        empty_text = _("没有移送")


class CancellationTable(StepTable):
    """Cancellations."""

    kind, shown_at = "cancellation", "contracts_desk:cancellation"
    number = tables.Column(verbose_name=_("义务"), empty_values=(), attrs={"td": {"class": "lead-cell"}})
    agency = tables.Column(verbose_name=_("承办单位"))
    by = tables.Column(verbose_name=_("申请人"))

    class Meta(StepTable.Meta):
        empty_text = _("没有销号申请")


class AgreementTable(StepTable):
    """Supplements that ease what is late."""

    kind, shown_at = "supplement", "contracts_desk:agreement"
    number = tables.Column(verbose_name=_("补充协议"), empty_values=(), attrs={"td": {"class": "lead-cell"}})
    agency = tables.Column(verbose_name=_("承办单位"))
    by = tables.Column(verbose_name=_("提出人"))

    class Meta(StepTable.Meta):
        empty_text = _("没有待同意的补充协议")


def _money(fen: int | None) -> Any:
    if fen is None:
        return format_html('<span class="unknown">{}</span>', gettext("未知"))
    return formats.money(yuan(fen))


def _button(address: str, sign: str, name: str) -> SafeString:
    return format_html('<a class="btn btn-sm no-print" href="{}">{}{}</a>', address, icon(sign), name)
