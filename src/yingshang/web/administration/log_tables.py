"""The tables of the log."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yingshang.web.columns import CountColumn, MomentColumn


class CheckpointTable(tables.Table):
    """Signed checkpoints, newest first."""

    class Meta:
        empty_text = _("还没有签署过检查点")

    size = CountColumn(verbose_name=_("条数"), orderable=False)
    issued_at = MomentColumn(verbose_name=_("签名时间"), orderable=False)
    root = tables.Column(verbose_name=_("根哈希"), orderable=False)
    cosigners = tables.Column(verbose_name=_("见证方"), orderable=False, empty_values=())

    def render_root(self, value: Any) -> str:
        return f"{bytes(value).hex()[:16]}…"

    def value_root(self, value: Any) -> str:
        return bytes(value).hex()

    def render_cosigners(self, value: Any) -> str:
        return "、".join(value) if value else gettext("尚无")
