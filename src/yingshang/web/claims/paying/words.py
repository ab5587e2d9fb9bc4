"""Words of money: levels, accounts of the journal, kinds of entries, and what keeps a claim from being ordered."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LEVELS: dict[str, Promise] = {
    "national": _("中央"),
    "province": _("省级"),
    "city": _("市级"),
    "county": _("县区级"),
}
ACCOUNTS: dict[str, Promise] = {
    "appropriated": _("预算安排"),
    "free": _("可用余额"),
    "reserved": _("已预留"),
    "in_transit": _("在途资金"),
    "paid": _("已支付"),
    "receivable": _("应收追回款"),
    "returned": _("已退回资金"),
    "interest": _("追回利息"),
    "written_off": _("核销损失"),
}
ENTRY_KINDS: dict[str, Promise] = {
    "appropriated": _("安排预算"),
    "reserved": _("核准预留"),
    "released": _("释放预留"),
    "ordered": _("编制拨付"),
    "unordered": _("撤销拨付"),
    "answered": _("银行回执"),
    "not_executed": _("银行未执行"),
    "demanded": _("要求退回"),
    "demand_cancelled": _("撤销追回"),
    "repaid": _("退回本金"),
    "interest": _("退回利息"),
    "written_off": _("追回款核销"),
}
PROBLEMS: dict[str, Promise] = {
    "account": _("缺少可用的收款账户"),
    "stopped": _("被监督熔断"),
    "difference": _("有未处理的对账差异"),
}
