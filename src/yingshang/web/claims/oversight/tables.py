"""Tables of what is stopped, and of money asked back."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from yingshang.areas.claims.api import RecoveryView, TripView, recovery_states, trip_states
from yingshang.web.columns import MomentColumn
from yingshang.web.words import in_language

from ..columns import LEAD, NUMBER, FenColumn, plain
from ..templatetags.claims import fen
from ..templatetags.oversight import recovery_state, trip_state


class TripTable(tables.Table):
    """What the circuit breaker stopped."""

    class Meta:
        empty_text = _("没有熔断记录")
        orderable = False

    of = tables.Column(verbose_name=_("停止的对象"), attrs=LEAD)
    rule_name = tables.Column(verbose_name=_("规则"))
    amount = FenColumn(verbose_name=_("金额"), accessor="amount_fen", empty_values=())
    tripped_at = MomentColumn(verbose_name=_("熔断时间"))
    state = tables.Column(verbose_name=_("状态"))

    def render_of(self, record: TripView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:trip", args=[record.id]),
            record.of,
            record.number,
        )

    def value_of(self, record: TripView) -> str:
        return record.of

    def render_rule_name(self, record: TripView) -> str:
        return in_language(record.rule_name, record.rule_name_en)

    def render_state(self, value: str) -> SafeString:
        return trip_state(value)

    def value_state(self, value: str) -> str:
        return in_language(*trip_states()[value][:2])


class RecoveryTable(tables.Table):
    """Money asked back."""

    class Meta:
        empty_text = _("没有追回事项")
        orderable = False

    party_name = tables.Column(verbose_name=_("企业"), attrs=LEAD)
    item_name = tables.Column(verbose_name=_("政策事项"))
    principal = FenColumn(verbose_name=_("追回金额"), accessor="principal_fen")
    owed = tables.Column(verbose_name=_("尚欠（含利息）"), accessor="open_principal_fen", attrs=NUMBER)
    demanded_at = MomentColumn(verbose_name=_("要求退回时间"))
    state = tables.Column(verbose_name=_("状态"))

    def render_party_name(self, record: RecoveryView) -> SafeString:
        return format_html(
            '<a href="{}">{}</a><small class="code">{}</small>',
            reverse("claims_desk:recovery", args=[record.id]),
            record.party_name,
            record.number,
        )

    def value_party_name(self, record: RecoveryView) -> str:
        return record.party_name

    def render_owed(self, record: RecoveryView) -> str:
        return fen(record.open_principal_fen + record.open_interest_fen)

    def value_owed(self, record: RecoveryView) -> str:
        return plain(record.open_principal_fen + record.open_interest_fen)

    def render_state(self, value: str) -> SafeString:
        return recovery_state(value)

    def value_state(self, value: str) -> str:
        return in_language(*recovery_states()[value][:2])
