"""Tables of batches, orders, differences, what waits, and the journal."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import (
    BatchView,
    DifferenceView,
    JournalRow,
    OrderView,
    WaitingClaim,
    batch_states,
    difference_name,
    order_states,
)
from yingshang.web.columns import CountColumn, DayColumn, MomentColumn
from yingshang.web.design.icons import icon
from yingshang.web.words import in_language

from ..columns import LEAD, NUMBER, FenColumn
from ..templatetags.claims import fen
from ..templatetags.paying import account_word, batch_state, entry_word, level_word, order_state
from .words import PROBLEMS


class BatchTable(tables.Table):
    """Batches, newest first."""

    class Meta:
        empty_text = _("还没有拨付批次")
        orderable = False

    name = tables.Column(verbose_name=_("批次"), accessor="message_id", attrs=LEAD)
    state = tables.Column(verbose_name=_("状态"))
    orders_count = CountColumn(verbose_name=_("笔数"))
    amount_fen = FenColumn(verbose_name=_("金额"))
    execute_on = DayColumn(verbose_name=_("执行日期"))
    made_by_name = tables.Column(verbose_name=_("编制"))
    checked_by_name = tables.Column(verbose_name=_("复核"))
    made_at = MomentColumn(verbose_name=_("编制时间"))

    def render_name(self, record: BatchView) -> SafeString:
        mark = (
            format_html(' <span class="tag warn">{}{}</span>', icon("alert-triangle"), _("有问题"))
            if record.problem
            else ""
        )
        return format_html(
            '<a href="{}" class="code">{}</a><small>{}</small>{}',
            reverse("claims_desk:batch", args=[record.id]),
            record.message_id,
            record.fund_name,
            mark,
        )

    def value_name(self, record: BatchView) -> str:
        return record.message_id

    def render_state(self, value: str) -> SafeString:
        return batch_state(value)

    def value_state(self, value: str) -> str:
        return in_language(*batch_states()[value][:2])

    def render_checked_by_name(self, value: str) -> str:
        return value or "—"


class OrderTable(tables.Table):
    """Orders of a batch."""

    class Meta:
        empty_text = _("没有支付指令")
        orderable = False

    party = tables.Column(verbose_name=_("收款企业"), accessor="party_name", attrs=LEAD)
    claim = tables.Column(verbose_name=_("申请编号"), accessor="claim_number")
    account = tables.Column(verbose_name=_("收款账户"), accessor="account_tail")
    amount_fen = FenColumn(verbose_name=_("金额"))
    state = tables.Column(verbose_name=_("状态"))
    end_to_end_id = tables.Column(verbose_name=_("指令编号"))
    bank_reference = tables.Column(verbose_name=_("银行流水号"))

    def render_party(self, record: OrderView) -> SafeString:
        differs = record.account_name != record.party_name
        return format_html(
            "{}<small>{}</small>", record.party_name, f"{_('户名')} {record.account_name}" if differs else ""
        )

    def render_claim(self, record: OrderView) -> SafeString:
        return format_html('<span class="code">{}</span>', record.claim_number)

    def render_account(self, record: OrderView) -> SafeString:
        return format_html(
            '<span class="nowrap">＊{}</span><small>{}</small>', record.account_tail, record.bank_name
        )

    def render_state(self, record: OrderView) -> SafeString:
        told = f"{record.reason_code} {record.reason}".strip() or (
            record.paid_on.isoformat() if record.paid_on else ""
        )
        return format_html("{}<small>{}</small>", order_state(record.state), told)

    def value_state(self, record: OrderView) -> str:
        return (
            f"{in_language(*order_states()[record.state][:2])} {record.reason_code} {record.reason}".strip()
        )

    def render_end_to_end_id(self, value: str) -> SafeString:
        return format_html('<span class="code">{}</span>', value)


class WaitingTable(tables.Table):
    """What waits for payment."""

    class Meta:
        empty_text = _("没有等待拨付的申请")
        orderable = False

    party = tables.Column(verbose_name=_("企业"), accessor="party_name", attrs=LEAD)
    item_name = tables.Column(verbose_name=_("政策事项"))
    amount_fen = FenColumn(verbose_name=_("金额"))
    account = tables.Column(verbose_name=_("收款账户"))
    since = MomentColumn(verbose_name=_("核准时间"))
    problem = tables.Column(verbose_name=_("能否拨付"), empty_values=())

    def render_party(self, record: WaitingClaim) -> SafeString:
        return format_html('{}<small class="code">{}</small>', record.party_name, record.number)

    def render_account(self, value: str) -> str:
        return value or "—"

    def render_problem(self, record: WaitingClaim) -> SafeString:
        if record.problem:
            return format_html(
                '<span class="tag warn">{}{}</span>', icon("alert-triangle"), PROBLEMS[record.problem]
            )
        return format_html('<span class="tag good">{}{}</span>', icon("check"), _("可以拨付"))

    def value_problem(self, record: WaitingClaim) -> str:
        return str(PROBLEMS.get(record.problem, ""))


class DifferenceTable(tables.Table):
    """Differences, those that are open first."""

    class Meta:
        empty_text = _("没有对账差异")
        orderable = False

    kind = tables.Column(verbose_name=_("差异"), attrs=LEAD)
    day = DayColumn(verbose_name=_("日期"))
    ours_fen = FenColumn(verbose_name=_("账面"))
    theirs_fen = FenColumn(verbose_name=_("银行"))
    told = tables.Column(verbose_name=_("说明"))
    state = tables.Column(verbose_name=_("处理情况"), accessor="id")

    def render_kind(self, record: DifferenceView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:difference", args=[record.id]),
            in_language(*difference_name(record.kind)),
            record.key,
        )

    def value_kind(self, record: DifferenceView) -> str:
        return f"{in_language(*difference_name(record.kind))} {record.key}"

    def render_state(self, record: DifferenceView) -> SafeString:
        if record.explained_at is None:
            return format_html('<span class="tag warn">{}{}</span>', icon("hourglass"), _("待处理"))
        return format_html(
            '<span class="tag good">{}{}</span><small>{}</small>',
            icon("check"),
            _("已核销"),
            record.explained_by_name,
        )

    def value_state(self, record: DifferenceView) -> str:
        return str(_("待处理")) if record.explained_at is None else f"{_('已核销')} {record.explanation}"


class JournalTable(tables.Table):
    """Lines of the journal."""

    class Meta:
        empty_text = _("没有分录")
        orderable = False

    entry_id = tables.Column(verbose_name=_("分录"), attrs=NUMBER)
    day = DayColumn(verbose_name=_("日期"))
    kind = tables.Column(verbose_name=_("业务"), attrs=LEAD)
    fund = tables.Column(verbose_name=_("资金"))
    account = tables.Column(verbose_name=_("科目"))
    debit = FenColumn(verbose_name=_("借"), accessor="amount_fen")
    credit = FenColumn(verbose_name=_("贷"), accessor="amount_fen")

    def render_kind(self, record: JournalRow) -> SafeString:
        return format_html("{}<small>{}</small>", entry_word(record.kind), record.told)

    def value_kind(self, record: JournalRow) -> str:
        return f"{entry_word(record.kind)} {record.told}"

    def render_fund(self, record: JournalRow) -> SafeString:
        return format_html("{}<small>{} {}</small>", record.fund, record.year, level_word(record.level))

    def value_fund(self, record: JournalRow) -> str:
        return f"{record.fund} {record.year} {level_word(record.level)}"

    def render_account(self, value: str) -> str:
        return account_word(value)

    def value_account(self, value: str) -> str:
        return account_word(value)

    def render_debit(self, value: int) -> str:
        return fen(value) if value > 0 else ""

    def value_debit(self, value: int) -> str:
        return f"{value // 100}.{value % 100:02d}" if value > 0 else ""

    def render_credit(self, value: int) -> str:
        return fen(-value) if value < 0 else ""

    def value_credit(self, value: int) -> str:
        return f"{-value // 100}.{-value % 100:02d}" if value < 0 else ""
