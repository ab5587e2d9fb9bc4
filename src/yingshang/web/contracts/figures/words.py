"""Words of figures."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ..words import Words

WHAT: Words = {
    "late": _("逾期未履行"),
    "open": _("全部未履行"),
    "next": _("即将到期"),
    "waiting": _("条件未成就"),
    "disagreed": _("双方说法不一"),
    "unreserved": _("预算未安排"),
    "unrated": _("逾期且利率不明"),
    "done_late": _("逾期后已履行"),
}
"""What lies behind a figure; the codes of the area's `obligations_behind`."""
