"""Every finding of the linter: its code, how grave it is, and what it is about in one line."""

from __future__ import annotations

from typing import Final, NamedTuple

ERROR: Final = "error"
WARNING: Final = "warning"
NOTE: Final = "note"


class Code(NamedTuple):
    """How grave findings of a code are, and what they are about."""

    severity: str
    title: str
    title_zh: str


CODES: Final[dict[str, Code]] = {
    # Bands, tables and ladders
    "bands-overlap": Code(ERROR, "a value lies in two bands that pay differently", "同一数值落入两档"),
    "bands-gap": Code(WARNING, "a value between the bands lies in none", "两档之间有空档"),
    "bands-never": Code(WARNING, "a band that no value can reach", "不可能落入的档"),
    "bands-end": Code(WARNING, "above the last band nothing is paid", "最高一档以上金额为零"),
    "bands-order": Code(NOTE, "the bands are not in order", "各档未按顺序排列"),
    "bands-drop": Code(WARNING, "the amount falls where the base grows", "基数增大而金额下降"),
    "table-overlap": Code(ERROR, "two rows match the same values", "两行取值重叠"),
    "table-gap": Code(WARNING, "values between the rows that no row covers", "各行之间有未覆盖的取值"),
    "table-uncovered": Code(
        WARNING, "values that no row covers, without a default", "有未覆盖的取值且无默认值"
    ),
    "table-unreachable": Code(WARNING, "a row that never counts", "永远轮不到的行"),
    "table-never-matches": Code(WARNING, "a row that no value can match", "不可能符合的行"),
    "ladder-unreachable": Code(
        WARNING, "a branch of if … else if … that is never taken", "永远不会走到的分支"
    ),
    "ladder-gap": Code(WARNING, "a value between the branches falls to the else", "分支之间有空档"),
    # Conditions
    "condition-never": Code(ERROR, "a condition that can never hold", "永远不成立的条件"),
    "condition-always": Code(WARNING, "a condition that always holds", "永远成立的条件"),
    "condition-constant": Code(NOTE, "a condition that looks at nothing", "与任何事实无关的条件"),
    "exclusion-never": Code(WARNING, "an exclusion that can never apply", "永远不适用的排除情形"),
    "exclusion-always": Code(ERROR, "an exclusion that always applies", "永远适用的排除情形"),
    "part-never": Code(WARNING, "a part of a condition that can never hold", "条件中永远不成立的部分"),
    "part-always": Code(WARNING, "a part of a condition that always holds", "条件中永远成立的部分"),
    "conditions-contradict": Code(ERROR, "conditions that can never hold together", "互相矛盾的条件"),
    "condition-implied": Code(NOTE, "a condition that another one implies", "已被另一条件包含的条件"),
    "condition-repeated": Code(NOTE, "a condition written twice", "重复的条件"),
    "exclusion-redundant": Code(
        NOTE, "an exclusion that a condition rules out already", "已被条件排除的排除情形"
    ),
    "alternative-implied": Code(NOTE, "an alternative that another one contains", "已被另一选项包含的选项"),
    "alternative-never": Code(
        WARNING, "an alternative that the other conditions rule out", "与其他条件矛盾的选项"
    ),
    # Kinds of values
    "type-mismatch": Code(ERROR, "values of different kinds are compared or combined", "类型不一致"),
    "value-unknown": Code(ERROR, "a value that is not in the closed list", "不在取值范围内的值"),
    "list-comparison": Code(ERROR, "a list is compared as if it were one value", "把列表当作单个值比较"),
    "text-order": Code(WARNING, "texts are compared by more or less", "文字按大小比较"),
    "not-boolean": Code(ERROR, "a condition that is neither true nor false", "条件的结果不是真假"),
    "not-number": Code(ERROR, "an amount that is no number", "金额不是数字"),
    "null-comparison": Code(WARNING, "a fact is compared with null", "把事实与 null 比较"),
    "unquoted-text": Code(ERROR, "a text without quotes", "文字未加引号"),
    # Units
    "unit-slip": Code(
        ERROR, "a figure and its text differ by a factor of the unit", "数值与文字的单位不一致"
    ),
    "ratio-percent": Code(ERROR, "a ratio is compared with per cent", "比值与百分数混用"),
    "amount-implausible": Code(WARNING, "an amount too large to be meant", "金额大得不合理"),
    "text-negation": Code(
        WARNING,
        "the text says no where the expression says yes, or the other way round",
        "文字与表达式一正一反",
    ),
    "text-number": Code(
        NOTE, "a figure of the text is nowhere in the expression", "文字中的数字未出现在表达式中"
    ),
    # Sources
    "source-missing": Code(WARNING, "the source document is not named", "缺少政策文件来源"),
    "source-incomplete": Code(NOTE, "the source document is named in part", "政策文件信息不完整"),
    "clause-missing": Code(NOTE, "conditions without the clause they come from", "条件未注明条款"),
    "text-missing": Code(NOTE, "conditions without the words of the document", "条件缺少原文"),
    "scenarios-missing": Code(WARNING, "there are no scenarios", "缺少情景"),
    "scenario-undated": Code(
        NOTE, "a scenario that another day may turn", "情景未写明日期，结果会随日期变化"
    ),
    "scenarios-incomplete": Code(NOTE, "outcomes without a scenario", "情景不完整"),
    # Dates
    "effective-missing": Code(NOTE, "no effective dates", "缺少生效期"),
    "dates-order": Code(ERROR, "a period ends before it begins", "起止日期颠倒"),
    "date-unreadable": Code(ERROR, "a day that does not exist", "不存在的日期"),
    "window-outside": Code(
        WARNING, "an application window outside of the effective dates", "申报期在生效期之外"
    ),
    "windows-overlap": Code(NOTE, "two application windows overlap", "申报期重叠"),
    "parameter-overlap": Code(WARNING, "a parameter has two values on one day", "参数取值期间重叠"),
    "parameter-gap": Code(WARNING, "a parameter has no value on some days", "参数取值期间有空档"),
    "parameter-missing": Code(WARNING, "a parameter has no value on the day", "参数当日无取值"),
    "retroactive": Code(NOTE, "issued after it takes effect", "发布晚于生效"),
    # Payment
    "cap-never-binds": Code(NOTE, "a cap above everything that can be paid", "不起作用的上限"),
    "cap-below-bands": Code(WARNING, "a cap below the smallest amount", "上限低于最低一档"),
    "caps-contradict": Code(WARNING, "two caps on the same thing", "同一对象有两个上限"),
    "instalments-sum": Code(WARNING, "the instalments do not add up to 1", "分期比例之和不为 1"),
    "quota-unranked": Code(WARNING, "a quota without a ranking", "名额未写明排序"),
    "budget-too-small": Code(WARNING, "the budget is below a single amount", "预算低于单笔金额"),
    "pool-too-small": Code(WARNING, "the pool is below a single amount", "资金池低于单笔金额"),
    # Items among each other
    "excludes-unknown": Code(ERROR, "excludes an item that is not there", "互斥的事项不存在"),
    "excludes-itself": Code(ERROR, "an item excludes itself", "事项与自身互斥"),
    "excludes-one-sided": Code(NOTE, "only one of two items excludes the other", "互斥只写在一方"),
    "excludes-cycle": Code(WARNING, "items exclude each other in a ring", "互斥成环"),
    "stacking-alone": Code(WARNING, "a stacking group of one", "叠加组只有一个事项"),
    "stacking-rules": Code(WARNING, "one stacking group with two rules", "同一叠加组规则不一致"),
    "item-duplicate": Code(
        WARNING, "two items with the same conditions and benefit", "条件与金额均相同的事项"
    ),
    "item-similar": Code(NOTE, "two items of the same name and conditions", "名称与条件相同的事项"),
    # Names
    "definition-unused": Code(WARNING, "a definition nobody uses", "未使用的定义"),
    "parameter-unused": Code(WARNING, "a parameter nobody uses", "未使用的参数"),
    "table-unused": Code(WARNING, "a table nobody uses", "未使用的决策表"),
    "name-shadows": Code(WARNING, "a name that hides a fact or a function", "名称与事实或函数重名"),
    "function-as-value": Code(ERROR, "a function where a value is meant", "把函数当作取值"),
    "name-repeated": Code(ERROR, "one name for two things", "同一名称定义了两次"),
    # Expressions
    "self-comparison": Code(ERROR, "a thing is compared with itself", "与自身比较"),
    "operand-repeated": Code(NOTE, "the same part is written twice", "同一部分写了两次"),
    "range-empty": Code(ERROR, "a range that ends before it begins", "区间起止颠倒"),
    "division-by-zero": Code(NOTE, "a divisor that may be zero", "除数可能为零"),
    # Findings the author accepts
    "accepted-unused": Code(NOTE, "an accepted finding that is not there", "已接受的问题并不存在"),
}

__all__ = ["CODES", "ERROR", "NOTE", "WARNING", "Code"]
