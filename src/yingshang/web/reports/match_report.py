"""The report of `yingshang match`: who is entitled to what, what it costs, and what is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from yingshang.kernel.reference.api import UnknownRegion, region_path
from yingshang.web.reports.charts import Scale, interval_bar, money_axis, stacked_bar
from yingshang.web.reports.page import (
    CHART_ROWS,
    TABLE_ROWS,
    Cell,
    Choice,
    Column,
    Headline,
    Language,
    Notice,
    Printable,
    Report,
    Row,
    Section,
    Table,
    capped,
    linked,
    render_page,
    with_detail,
)
from yingshang.web.reports.reading import (
    Record,
    amount_of,
    count_of,
    optional_amount_of,
    optional_count_of,
    record_of,
    records_of,
    text_of,
)
from yingshang.web.reports.words import (
    NOTHING,
    Words,
    counted,
    day,
    enumerate_words,
    exact,
    interval,
    number,
    percent,
    rate,
    safe_address,
    say,
    sum_of_money,
)

DELIVERIES: Mapping[str, tuple[Words, Words]] = {
    "automatic": (say("免申即享", "Automatic"), say("不用申请，直接兑现", "paid without an application")),
    "instant": (
        say("即申即享", "Instant"),
        say("提出申请即判定并兑现", "decided and paid when applied for"),
    ),
    "online": (say("零跑动", "Online"), say("全程网办，不用到场", "done without a visit")),
    "once": (say("最多跑一次", "Once"), say("最多到场一次", "one visit at most")),
}
STATUSES: Mapping[str, Words] = {
    "in force": say("现行有效", "in force"),
    "draft": say("草案", "draft"),
    "expired": say("已失效", "expired"),
    "repealed": say("已废止", "repealed"),
    "unknown": say("时效不详", "status unknown"),
}
DIMENSIONS: Mapping[str, Words] = {
    "region": say("按地区", "By region"),
    "industry": say("按行业", "By industry"),
    "size": say("按企业规模", "By enterprise size"),
    "ownership": say("按所有制", "By ownership"),
}
SIZES: Mapping[str, Words] = {
    key: say(chinese, english)
    for chinese, english in (("大型", "large"), ("中型", "medium"), ("小型", "small"), ("微型", "micro"))
    for key in (english, chinese)
}
SEVERITIES: Mapping[str, tuple[Words, str]] = {
    "error": (say("错误", "error"), "bad"),
    "warning": (say("警告", "warning"), "warn"),
    "info": (say("提示", "note"), ""),
}
MANY_ITEMS = 300
"""From here on the table of items is kept short of details, so that the file stays small."""
PROBLEM_ROWS = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One policy item and what came of it."""

    id: str
    name: str
    kind: str
    delivery: str
    issuer: str
    region: str
    in_force: bool | None
    status: str
    address: str | None
    entitled: int
    undecided: int
    refused: int
    errors: int
    certain: Decimal
    possible: Decimal
    amounts_unknown: int
    amounts_failed: int
    beyond_quota: int
    covered: int
    quota: int | None
    budget: Decimal | None
    missing: Sequence[Record]
    grants: str

    @staticmethod
    def read(record: Record) -> Item:
        """Reads an entry of `results`."""
        certain = amount_of(record, "amount_certain")
        in_force = record.get("in_force")
        return Item(
            id=text_of(record, "id"),
            name=text_of(record, "name") or text_of(record, "id"),
            kind=text_of(record, "kind"),
            delivery=text_of(record, "delivery"),
            issuer=text_of(record, "issuer"),
            region=region_name(text_of(record, "region")),
            in_force=None if in_force is None else bool(in_force),
            status=text_of(record, "status"),
            address=safe_address(text_of(record, "url")),
            entitled=count_of(record, "entitled"),
            undecided=count_of(record, "undecided"),
            refused=count_of(record, "refused"),
            errors=count_of(record, "errors"),
            certain=certain,
            possible=max(certain, amount_of(record, "amount_possible")),
            amounts_unknown=count_of(record, "amount_unknown"),
            amounts_failed=count_of(record, "amount_errors"),
            beyond_quota=count_of(record, "beyond_quota"),
            covered=count_of(record, "covered_by_another"),
            quota=optional_count_of(record, "quota"),
            budget=optional_amount_of(record, "budget"),
            missing=records_of(record, "missing"),
            grants=text_of(record, "grants"),
        )

    @property
    def decisions(self) -> int:
        """Every subject this item was decided for."""
        return self.entitled + self.undecided + self.refused + self.errors


def render_match_report(summary: Mapping[str, Any], *, language: Language = "zh") -> str:
    """The HTML report of a matching run, one file. `language` is the one shown first; the reader may switch."""
    items = [Item.read(record) for record in records_of(summary, "results")]
    report = Report(
        kind=say("政策匹配报告", "Policy matching report"),
        title=_title(summary),
        lead=_lead(summary, items),
        facts=_facts(summary),
        notices=_notices(summary, items),
        headlines=_headlines(summary, items),
        sections=(
            _outcomes(items),
            _cost(summary, items),
            _delivery(items),
            _groups(summary),
            _unknown(summary, items),
            _all_items(items),
            _problems(summary),
            _method(summary),
        ),
    )
    return render_page(report, language=language)


def _title(summary: Record) -> Words:
    title = text_of(summary, "title")
    if title:
        return Words(title, title)
    return say("谁符合哪些政策，需要多少资金", "Who is entitled to what, and what it costs")


def _lead(summary: Record, items: Sequence[Item]) -> Words:
    return say(
        "以{day}为判定日，对 {subjects}逐一判定 {items}，共 {decisions}。",
        "As of {day}, {items} were decided for {subjects}: {decisions} in all.",
        day=day(text_of(summary, "as_of", NOTHING)),
        subjects=counted(count_of(summary, "subjects"), "户主体", "subject"),
        items=counted(count_of(summary, "items") or len(items), "项政策事项", "policy item"),
        decisions=counted(count_of(summary, "decisions"), "次判定", "decision"),
    )


def _facts(summary: Record) -> list[tuple[Words, Printable]]:
    files = record_of(summary, "files")
    known = (
        (say("判定日", "As of"), day(text_of(summary, "as_of"))),
        (say("主体数据", "Subjects"), text_of(files, "subjects")),
        (say("政策文件", "Policies"), text_of(files, "policies")),
    )
    return [(name, value) for name, value in known if (value.chinese if isinstance(value, Words) else value)]


def _notices(summary: Record, items: Sequence[Item]) -> list[Notice]:
    notices = []
    errors = sum(item.errors for item in items)
    failed = sum(text_of(problem, "severity") == "error" for problem in records_of(summary, "problems"))
    rejected = count_of(summary, "rejected_rows")
    outside = sum(item.in_force is False for item in items)
    if failed:
        notices.append(
            Notice(
                say(
                    "政策文件中有 {n}，相关事项可能未参加判定。",
                    "The policy documents have {n}; the items concerned may not have been decided.",
                    n=counted(failed, "处错误", "error"),
                ),
                "problems",
                "bad",
            )
        )
    if errors:
        notices.append(
            Notice(
                say(
                    "有 {n}出错，既不算符合，也不算不符合。",
                    "{n} failed; they count neither as entitled nor as refused.",
                    n=counted(errors, "次判定", "decision"),
                ),
                "outcomes",
                "bad",
            )
        )
    if rejected:
        notices.append(
            Notice(
                say(
                    "主体数据中剔除 {n}，其余照常判定。",
                    "{n} of the subjects file could not be used; all others were.",
                    n=counted(rejected, "行", "row"),
                ),
                "problems",
            )
        )
    if outside:
        notices.append(
            Notice(
                say(
                    "{n}在判定日不在有效期内，表中已标明。",
                    "{n} not in force on the as-of date; the table marks them.",
                    n=say(
                        "有 {n} 项政策",
                        "{n} item is" if outside == 1 else "{n} items are",
                        n=number(outside),
                    ),
                ),
                "items",
            )
        )
    return notices


def _headlines(summary: Record, items: Sequence[Item]) -> list[Headline]:
    subjects = count_of(summary, "subjects")
    entitled = count_of(summary, "entitled_subjects")
    automatic = [item for item in items if item.delivery == "automatic"]
    automatic_cases = sum(item.entitled for item in automatic)
    certain, possible = _totals(summary, items)
    undecided = sum(item.undecided for item in items)
    decisions = sum(item.decisions for item in items)
    unknown_amounts = sum(item.amounts_unknown for item in items)
    return [
        Headline(
            say("至少符合一项政策的主体", "Subjects entitled to at least one item"),
            _large(entitled, "户", "subject"),
            say("占全部主体的 {share}", "{share} of all subjects", share=percent(entitled, subjects)),
            stacked_bar((("entitled", entitled),), max(subjects, entitled)),
            "gain",
        ),
        Headline(
            say("不用申请就能兑现（免申即享）", "Paid without asking (automatic)"),
            _large(automatic_cases, "户次", "case"),
            say(
                "{items}，确定金额 {amount}",
                "{items}, {amount} certain",
                items=counted(len(automatic), "项政策", "item"),
                amount=sum_of_money(sum((item.certain for item in automatic), Decimal(0))),
            ),
            stacked_bar((("entitled", automatic_cases),), max(1, sum(item.entitled for item in items))),
            "gain",
        ),
        Headline(
            say("所需资金：确定 ～ 最多", "Cost: certain – possible"),
            interval(certain, possible),
            say(
                "另有 {n}的金额还算不出，未计入",
                "the amount of {n} is not known yet and not included",
                n=counted(unknown_amounts, "户次", "case"),
            )
            if unknown_amounts
            else say("各事项分别计算后相加", "summed over the items, each on its own"),
            interval_bar(certain, possible, Scale(Decimal(0), possible or Decimal(1), ())),
            "money",
        ),
        Headline(
            say("缺数据，还不能下结论", "Cannot be said yet"),
            _large(undecided, "次判定", "decision"),
            say(
                "占全部判定的 {share}，涉及 {n}",
                "{share} of all decisions, concerning {n}",
                share=percent(undecided, decisions),
                n=counted(count_of(summary, "undecided_subjects"), "户主体", "subject"),
            ),
            stacked_bar((("undecided", undecided),), max(1, decisions)),
            "open",
        ),
    ]


def _large(value: int, measure: str, singular: str) -> Words:
    noun = singular if value == 1 else singular + "s"
    figure = Markup('{} <span class="unit">{}</span>')
    return Words(figure.format(number(value), measure), figure.format(number(value), noun))


def _totals(summary: Record, items: Sequence[Item]) -> tuple[Decimal, Decimal]:
    certain = optional_amount_of(summary, "total_certain")
    possible = optional_amount_of(summary, "total_possible")
    if certain is None:
        certain = sum((item.certain for item in items), Decimal(0))
    if possible is None:
        possible = sum((item.possible for item in items), Decimal(0))
    return certain, max(certain, possible)


OUTCOME_LEGEND = (
    ("entitled", say("符合", "entitled")),
    ("undecided", say("待定（缺数据）", "undecided (facts missing)")),
    ("refused", say("不符合", "refused")),
)


def _outcome_row(name: Printable, entitled: int, undecided: int, refused: int, errors: int) -> Row:
    total = entitled + undecided + refused + errors
    parts = (("entitled", entitled), ("undecided", undecided), ("refused", refused), ("errors", errors))
    return Row(
        (
            name,
            stacked_bar(parts),
            _share(entitled, total),
            _share(undecided, total),
            _share(refused, total),
        )
    )


def _share(part: int, whole: int) -> Markup:
    if not whole:
        return Markup(NOTHING)
    return Markup("{} <small>{}</small>").format(percent(part, whole), number(part))


OUTCOME_COLUMNS = (
    Column(say("符合", "Entitled")),
    Column(say("待定", "Undecided")),
    Column(say("不符合", "Refused")),
)


def _outcomes(items: Sequence[Item]) -> Section:
    ranked = sorted(items, key=lambda item: (-item.entitled, -item.undecided, item.id))
    shown = ranked[:CHART_ROWS]
    failed = any(item.errors for item in items)
    legend = (*OUTCOME_LEGEND, ("errors", say("出错", "error"))) if failed else OUTCOME_LEGEND
    rows = [
        _outcome_row(item.name, item.entitled, item.undecided, item.refused, item.errors) for item in shown
    ]
    if items:
        overall = say("全部事项合计", "All items together")
        rows.insert(
            0,
            _outcome_row(
                Markup("<strong>{}</strong>").format(overall),
                sum(item.entitled for item in items),
                sum(item.undecided for item in items),
                sum(item.refused for item in items),
                sum(item.errors for item in items),
            ),
        )
    return Section(
        "outcomes",
        say("谁符合", "Outcomes"),
        say(
            "每条为一项政策事项，全长为全部主体；按符合的户数排列。再细的一段也画得出来，长短以数字为准。",
            "Each bar is one policy item over all subjects, ordered by how many are entitled. Even the smallest part "
            "is drawn; the figures are exact.",
        ),
        tables=(
            Table(
                "outcomes-chart",
                say("各政策事项的判定结果", "Outcomes of each policy item"),
                (Column(say("政策事项", "Policy item"), "name"), _bars(), *OUTCOME_COLUMNS),
                rows,
                say("没有参加判定的政策事项。", "No policy item was decided."),
                legend=legend,
                note=capped(len(shown), len(items)),
            ),
        ),
    )


def _bars(axis: Markup | None = None) -> Column:
    return Column(say("图", "Chart"), "bar", axis)


COST_LEGEND = (
    ("money", say("确定金额：数据怎么补都要付", "certain: owed whatever is missing")),
    ("money open", say("可能金额：补齐后最多再付", "possible: at most this much more")),
)
LIMIT_LEGEND = ("limit", say("预算", "budget"))


def _cost(summary: Record, items: Sequence[Item]) -> Section:
    certain, possible = _totals(summary, items)
    paying = [
        item
        for item in items
        if item.possible or item.amounts_unknown or (item.budget is not None and item.entitled)
    ]
    paying.sort(key=lambda item: (-item.possible, -item.certain, item.id))
    shown = paying[:CHART_ROWS]
    most = max((item.possible for item in shown), default=Decimal(0))
    budgets = [item.budget for item in shown if item.budget is not None and item.budget <= most * 2]
    scale = Scale.over([item.possible for item in shown] + budgets)
    rows = [
        Row(
            (
                item.name,
                interval_bar(item.certain, item.possible, scale, budget=item.budget),
                with_detail(interval(item.certain, item.possible), *_cost_remarks(item)),
            )
        )
        for item in shown
    ]
    legend = COST_LEGEND
    lead = say(
        "合计 {total}。待定的主体是否符合、能拿多少，取决于尚缺的数据，所以是区间，不是一个数。",
        "{total} in total. What undecided subjects will receive depends on facts that are missing: hence a range, "
        "not a figure.",
        total=interval(certain, possible),
    )
    return Section(
        "cost",
        say("要花多少钱", "Cost"),
        lead,
        tables=(
            Table(
                "cost-chart",
                say("各政策事项所需资金", "Cost of each policy item"),
                (
                    Column(say("政策事项", "Policy item"), "name"),
                    _bars(money_axis(scale)),
                    Column(say("确定 ～ 可能", "Certain – possible"), "text"),
                ),
                rows,
                say("没有要支付金额的政策事项。", "No policy item has an amount to pay."),
                legend=(*legend, LIMIT_LEGEND) if budgets else legend,
                note=capped(len(shown), len(paying)),
            ),
        ),
    )


def _cost_remarks(item: Item) -> list[Words]:
    remarks = []
    if item.amounts_unknown:
        remarks.append(
            say(
                "另有 {n}金额未知",
                "amount unknown for {n} more",
                n=counted(item.amounts_unknown, "户", "subject"),
            )
        )
    for count, chinese, english in (
        (item.amounts_failed, "{n}金额出错，未计入", "amount failed for {n}, not included"),
        (item.beyond_quota, "{n}超出名额", "{n} beyond the quota"),
        (item.covered, "{n}已由其他政策覆盖", "{n} covered by another item"),
    ):
        if count:
            remarks.append(say(chinese, english, n=counted(count, "户", "subject")))
    if item.budget is not None:
        remarks.append(_against_budget(item.certain, item.possible, item.budget))
    if item.quota is not None:
        remarks.append(say("名额 {n} 个", "quota {n}", n=number(item.quota)))
    return remarks


def _against_budget(certain: Decimal, possible: Decimal, budget: Decimal) -> Words:
    limit = sum_of_money(budget)
    if certain > budget:
        return say("预算 {b}，必超", "over its budget of {b}", b=limit)
    if possible > budget:
        return say("预算 {b}，可能超", "may exceed its budget of {b}", b=limit)
    return say("预算 {b} 内", "within its budget of {b}", b=limit)


def _delivery(items: Sequence[Item]) -> Section:
    by_mode: dict[str, list[Item]] = {mode: [] for mode in DELIVERIES}
    for item in items:
        by_mode.setdefault(item.delivery if item.delivery in DELIVERIES else "", []).append(item)
    most = max((sum(item.entitled for item in group) for group in by_mode.values()), default=0)
    rows = []
    for mode, group in by_mode.items():
        name, meaning = DELIVERIES.get(mode, (say("未写明", "Not stated"), None))
        entitled = sum(item.entitled for item in group)
        certain = sum((item.certain for item in group), Decimal(0))
        possible = sum((item.possible for item in group), Decimal(0))
        rows.append(
            Row(
                (
                    with_detail(name, meaning),
                    stacked_bar((("entitled", entitled),), max(1, most)),
                    number(len(group)),
                    number(entitled),
                    interval(certain, possible),
                )
            )
        )
    return Section(
        "delivery",
        say("怎么兑现", "Delivery"),
        say(
            "一户主体符合一项政策，记一户次。",
            "One subject entitled to one item is one case.",
        ),
        tables=(
            Table(
                "delivery-chart",
                say("各办理方式的事项、户次与资金", "Items, cases and cost by delivery mode"),
                (
                    Column(say("办理方式", "Delivery mode"), "name"),
                    _bars(),
                    Column(say("事项", "Items")),
                    Column(say("符合（户次）", "Entitled (cases)")),
                    Column(say("确定 ～ 可能", "Certain – possible"), "text"),
                ),
                rows if items else (),
                say("没有政策事项。", "There are no policy items."),
                legend=(("entitled", say("符合的户次", "entitled cases")),),
            ),
        ),
    )


def _groups(summary: Record) -> Section:
    groups = record_of(summary, "by_group")
    order = [key for key in DIMENSIONS if key in groups] + sorted(
        key for key in groups if key not in DIMENSIONS
    )
    tables = [_group(place, key, records_of(groups, key)) for place, key in enumerate(order)]
    if not tables:
        tables = [
            Table(
                "groups-none",
                say("分组", "Groups"),
                (),
                (),
                say(
                    "本次没有按地区、行业或规模分组。",
                    "This run was not grouped by region, industry or size.",
                ),
            )
        ]
    return Section(
        "groups",
        say("惠及哪些企业", "Who benefits"),
        say(
            "每组两条：上为至少符合一项的主体占比，下为尚有待定事项的主体占比；同一主体可能两者兼有。",
            "Two bars each: subjects entitled to at least one item, and below it subjects with something undecided; "
            "a subject may be in both.",
        )
        if order
        else None,
        tables=tables,
    )


def _group(place: int, key: str, records: Sequence[Record]) -> Table:
    ranked = ordered_groups(key, records, lambda group: amount_of(group, "amount_certain"))
    shown = ranked[:CHART_ROWS]
    rows = []
    for group in shown:
        subjects, entitled = count_of(group, "subjects"), count_of(group, "entitled")
        undecided = count_of(group, "undecided")
        whole = max(subjects, 1)
        rows.append(
            Row(
                (
                    group_name(group),
                    _pair(
                        stacked_bar((("entitled", min(entitled, whole)),), whole),
                        stacked_bar((("undecided", min(undecided, whole)),), whole),
                    ),
                    number(subjects),
                    _share_of_subjects(entitled, subjects),
                    _share_of_subjects(undecided, subjects),
                    interval(
                        amount_of(group, "amount_certain"),
                        max(amount_of(group, "amount_certain"), amount_of(group, "amount_possible")),
                    ),
                )
            )
        )
    heading = DIMENSIONS.get(key, Words(key, key))
    return Table(
        f"group-{place}",
        say("主体数、符合与待定的主体及所需资金", "Subjects, those entitled, those undecided, and cost"),
        (
            Column(say("组别", "Group"), "name"),
            _bars(),
            Column(say("主体", "Subjects")),
            Column(say("符合", "Entitled")),
            Column(say("待定", "Undecided")),
            Column(say("确定 ～ 可能", "Certain – possible"), "text"),
        ),
        rows,
        say("这一分组没有数据。", "This grouping has no data."),
        legend=(
            ("entitled", say("至少符合一项", "entitled to at least one item")),
            ("undecided", say("有待定事项", "something undecided")),
        ),
        heading=heading,
        note=None
        if len(shown) == len(ranked)
        else say(
            "只列确定金额最多的前 {shown} 组，共 {total} 组。",
            "The {shown} groups with the largest certain amount, of {total}.",
            shown=number(len(shown)),
            total=number(len(ranked)),
        ),
    )


def _pair(above: Markup, below: Markup) -> Markup:
    return Markup('<div class="pair">{}{}</div>').format(above, below)


def _share_of_subjects(part: int, whole: int) -> Printable:
    if not 0 < part <= whole:
        return number(part)
    return Markup("{} <small>{}</small>").format(percent(part, whole), number(part))


def _unknown(summary: Record, items: Sequence[Item]) -> Section:
    facts = sorted(
        records_of(summary, "missing"), key=lambda fact: (-count_of(fact, "decisions"), text_of(fact, "fact"))
    )
    shown = facts[:CHART_ROWS]
    most = max((count_of(fact, "decisions") for fact in shown), default=0)
    rows = [
        Row(
            (
                fact_name(fact),
                stacked_bar((("undecided", count_of(fact, "decisions")),), max(1, most)),
                number(count_of(fact, "decisions")),
                text_of(fact, "agency") or NOTHING,
            )
        )
        for fact in shown
    ]
    return Section(
        "unknown",
        say("还缺什么数据", "What we do not know"),
        say(
            "缺哪项数据，卡住的判定最多。一次判定可能同时缺几项数据，各行不能相加。",
            "Which missing facts hold up the most decisions. One decision may lack several facts, so the rows do not "
            "add up.",
        ),
        tables=(
            Table(
                "unknown-chart",
                say("缺失的事实与因此待定的判定", "Missing facts and the decisions they hold up"),
                (
                    Column(say("事实", "Fact"), "name"),
                    _bars(),
                    Column(say("待定判定（次）", "Decisions held up")),
                    Column(say("数据来源部门", "Source agency"), "text"),
                ),
                rows,
                no_facts(sum(item.undecided for item in items)),
                legend=(("undecided", say("因缺它而待定的判定", "undecided decisions that lack it")),),
                note=capped(
                    len(shown),
                    len(facts),
                    where=say("机器可读结果", "the machine-readable results"),
                ),
            ),
        ),
    )


def no_facts(undecided: int) -> Words:
    """What to say where no missing fact is listed: whether none is missing, or none was named."""
    if undecided:
        return say(
            "有 {n}待定，但没有列出缺哪些数据。",
            "{n} undecided, but the facts they lack were not listed.",
            n=say(
                "{n} 次判定", "{n} decisions are" if undecided > 1 else "{n} decision is", n=number(undecided)
            ),
        )
    return say("没有待定的判定：数据齐全。", "Nothing is undecided: no fact is missing.")


def region_name(text: str) -> str:
    """A region code as its name; anything else stays as it is."""
    if not (len(text) == 6 and text.isdecimal()):
        return text
    try:
        return region_path(text)
    except UnknownRegion:
        return text


def fact_title(fact: Record) -> str:
    """The Chinese name of a fact, without its code; the code where it has no name."""
    code, name = text_of(fact, "fact"), text_of(fact, "name")
    return name.removesuffix(f"({code})").strip() or code


def group_name(group: Record) -> Printable:
    """The name of a group; sizes and the group of those not known have one in both languages."""
    key = text_of(group, "key")
    if not key:
        return say("未知", "unknown")
    return SIZES.get(key) or text_of(group, "name") or key


def ordered_groups(key: str, groups: Sequence[Record], weight: Callable[[Record], Decimal]) -> list[Record]:
    """Groups by weight, sizes from large to micro; those of whom the group is not known come last."""

    def place(group: Record) -> tuple[bool, int, Decimal, str]:
        name = text_of(group, "key")
        rank = list(SIZES).index(name) if key == "size" and name in SIZES else len(SIZES)
        return not name, rank, -weight(group), name

    return sorted(groups, key=place)


def fact_name(fact: Record) -> Markup:
    """A fact by its Chinese name, with its code below."""
    code, name = text_of(fact, "fact"), fact_title(fact)
    if name == code:
        return Markup("<code>{}</code>").format(code)
    return with_detail(name, Markup("<code>{}</code>").format(code))


def status_tag(item: Item) -> Markup:
    """Whether an item is in force, as a small label."""
    if item.in_force is True:
        words, tone = STATUSES["in force"], "good"
    elif item.status in STATUSES and item.status != "in force":
        words, tone = STATUSES[item.status], "warn" if item.status == "draft" else ""
    elif item.in_force is False:
        words, tone = say("不在有效期", "not in force"), ""
    elif item.status and item.status != "in force":
        words, tone = Words(item.status, item.status), ""
    else:
        words, tone = STATUSES["in force"] if item.status else STATUSES["unknown"], ""
    return Markup('<span class="tag {}">{}</span>').format(tone, words) if tone else _tag(words)


def _tag(words: Printable) -> Markup:
    return Markup('<span class="tag">{}</span>').format(words)


def _all_items(items: Sequence[Item]) -> Section:
    brief = len(items) > MANY_ITEMS
    shown = items[:TABLE_ROWS]
    modes = [mode for mode in DELIVERIES if any(item.delivery == mode for item in items)]
    choices = [Choice(mode, DELIVERIES[mode][0]) for mode in modes] if len(modes) > 1 else []
    if 0 < sum(item.in_force is True for item in items) < len(items):
        choices.append(Choice("force", STATUSES["in force"]))
    if any(item.undecided for item in items):
        choices.append(Choice("open", say("有待定", "Undecided")))
    note = say(
        "金额为元，精确到分；“可能”包含“确定”。",
        "Amounts in yuan, exact to the fen; possible includes certain.",
    )
    if len(shown) < len(items):
        note = say(
            "金额为元，精确到分。只列前 {shown} 项，共 {total} 项；其余见机器可读结果。",
            "Amounts in yuan, exact to the fen. The first {shown} of {total} items; the others are in the "
            "machine-readable results.",
            shown=number(len(shown)),
            total=number(len(items)),
        )
    return Section(
        "items",
        say("全部事项", "All items"),
        tables=(
            Table(
                "items-table",
                say(
                    "全部政策事项：点表头排序，点名称看原文",
                    "All policy items: headings sort, names lead to the source",
                ),
                (
                    Column(say("政策事项", "Policy item"), "name"),
                    Column(say("办理", "Delivery"), "text"),
                    Column(say("符合", "Entitled")),
                    Column(say("待定", "Undecided")),
                    Column(say("不符合", "Refused")),
                    Column(say("确定金额（元）", "Certain (CNY)")),
                    Column(say("可能金额（元）", "Possible (CNY)")),
                    Column(say("还缺的数据", "Facts missing"), "text"),
                ),
                [_item_row(item, brief) for item in shown],
                say("没有政策事项。", "There are no policy items."),
                searchable=True,
                sortable=True,
                choices=choices,
                note=note,
            ),
        ),
    )


def _item_row(item: Item, brief: bool) -> Row:
    place = " · ".join(part for part in (item.kind, item.issuer, item.region) if part)
    mode = DELIVERIES[item.delivery][0] if item.delivery in DELIVERIES else None
    marks = [item.delivery] if item.delivery in DELIVERIES else []
    marks += ["force"] if item.in_force is True else []
    marks += ["open"] if item.undecided else []
    facts = [fact_title(fact) for fact in item.missing[: 2 if brief else 3]]
    left = len(item.missing) - len(facts)
    lacking: Printable = enumerate_words(facts) if facts else NOTHING
    if left > 0 and isinstance(lacking, Words):
        lacking = say(
            "{facts}等 {n} 项", "{facts} and {left} more", facts=lacking, n=len(item.missing), left=left
        )
    possible: Printable = exact(item.possible)
    if item.amounts_unknown:
        possible = with_detail(
            possible,
            say("+ {n} 户未知", "+ {n} unknown", n=number(item.amounts_unknown)),
        )
    limits = [] if brief else _limits(item)
    status = None if item.in_force is True else status_tag(item)
    refused: Printable = number(item.refused)
    if item.errors:
        refused = with_detail(refused, say("+ {n} 出错", "+ {n} failed", n=number(item.errors)))
    return Row(
        (
            with_detail(
                linked(item.name, item.address),
                place,
                None if brief else item.grants,
                enumerate_words(limits) if limits else None,
            ),
            with_detail(Markup('<span class="range">{}</span>').format(mode or NOTHING), status),
            number(item.entitled),
            number(item.undecided),
            Cell(refused, str(item.refused)) if item.errors else refused,
            exact(item.certain),
            Cell(possible, str(item.possible)) if item.amounts_unknown else possible,
            Markup("<small>{}</small>").format(lacking) if facts else lacking,
        ),
        " ".join(marks),
    )


def _limits(item: Item) -> list[Words]:
    limits = []
    if item.quota is not None:
        limits.append(say("名额 {n} 个", "quota {n}", n=number(item.quota)))
    if item.budget is not None:
        limits.append(say("预算 {b}", "budget {b}", b=sum_of_money(item.budget)))
    return limits


def _problems(summary: Record) -> Section:
    problems = records_of(summary, "problems")
    rank = {"error": 0, "warning": 1}
    ranked = sorted(
        problems,
        key=lambda problem: (
            rank.get(text_of(problem, "severity"), 2),
            text_of(problem, "file"),
            count_of(problem, "line"),
            text_of(problem, "code"),
        ),
    )
    rejects = records_of(summary, "rejects")
    rejected = count_of(summary, "rejected_rows") or len(rejects)
    return Section(
        "problems",
        say("问题与剔除", "Problems and rejects"),
        tables=(
            Table(
                "problems-table",
                say("政策文件中发现的问题", "Problems found in the policy documents"),
                (
                    Column(say("事项", "Item"), "name"),
                    Column(say("程度", "Severity"), "text"),
                    Column(say("说明", "What is wrong"), "text"),
                    Column(say("位置", "Place"), "text"),
                ),
                [_problem_row(problem) for problem in ranked[:PROBLEM_ROWS]],
                say("政策文件没有发现问题。", "No problems were found in the policy documents."),
                heading=say("政策文件", "Policy documents"),
                note=_first(PROBLEM_ROWS, len(ranked)),
            ),
            Table(
                "rejects-table",
                say("未能使用的数据行", "Rows that could not be used"),
                (
                    Column(say("主体", "Subject"), "name"),
                    Column(say("行", "Row")),
                    Column(say("列", "Column"), "text"),
                    Column(say("值", "Value"), "text"),
                    Column(say("原因", "Reason"), "text"),
                ),
                [_reject_row(reject) for reject in rejects],
                say("剔除的行没有列出，见剔除文件。", "The rows are not listed here; see the rejects file.")
                if rejected
                else say("没有剔除任何一行。", "No row was rejected."),
                heading=say("剔除的数据行", "Rejected rows"),
                note=_first(len(rejects), rejected),
            ),
        ),
    )


def _first(shown: int, total: int) -> Words | None:
    if total <= shown:
        return None
    return say(
        "只列前 {shown} 条，共 {total} 条；全部在剔除文件或命令输出中。",
        "The first {shown} of {total}; all are in the rejects file or the output of the command.",
        shown=number(shown),
        total=number(total),
    )


def _message(record: Record) -> Words:
    english, chinese = text_of(record, "message"), text_of(record, "message_zh")
    return Words(chinese or english, english or chinese)


def _problem_row(problem: Record) -> Row:
    severity = text_of(problem, "severity")
    words, tone = SEVERITIES.get(severity, (Words(severity or NOTHING, severity or NOTHING), ""))
    code, file, line = text_of(problem, "code"), text_of(problem, "file"), text_of(problem, "line")
    place = f"{file}:{line}" if file and line else file
    tag = Markup('<span class="tag {}">{}</span>').format(tone, words) if tone else _tag(words)
    return Row(
        (
            text_of(problem, "item") or NOTHING,
            tag,
            with_detail(_message(problem), Markup("<code>{}</code>").format(code) if code else None),
            Markup("<code>{}</code>").format(place) if place else NOTHING,
        )
    )


def _reject_row(reject: Record) -> Row:
    value = reject.get("value")
    return Row(
        (
            text_of(reject, "subject") or NOTHING,
            text_of(reject, "row", NOTHING),
            Markup("<code>{}</code>").format(text_of(reject, "column", NOTHING)),
            say("（空）", "(empty)") if value is None or value == "" else str(value)[:200],
            _message(reject),
        )
    )


UNKNOWN_PASSAGES: tuple[tuple[Words, Words], ...] = (
    (
        say("未知不是零，也不是否", "Unknown is neither zero nor no"),
        say(
            "数据里没有的，一律按“未知”参加判定，不填默认值。结果只有三种：符合、不符合、待定；待定必列出缺什么。",
            "What is not in the data enters as unknown; no default takes its place. An outcome is entitled, refused or "
            "undecided, and an undecided one names what is missing.",
        ),
    ),
    (
        say("判定一经作出，补什么数据都成立", "A decided answer holds for every completion"),
        say(
            "“符合”与“不符合”对缺失数据的每一种可能都成立；只要有一种可能会改变结论，就是待定。",
            "Entitled and refused hold for every way of filling in what is missing. Where one way would change the "
            "answer, it is undecided.",
        ),
    ),
    (
        say("金额是区间", "Amounts are ranges"),
        say(
            "确定金额是已符合者应得之和；可能金额再加上待定者若符合可得之和。金额本身算不出的，另列户数，不按零计。",
            "Certain sums what entitled subjects are owed; possible adds what undecided ones would be owed. Where the "
            "amount itself cannot be computed, the cases are counted apart, not as zero.",
        ),
    ),
)


def _method(summary: Record) -> Section:
    seconds = [
        (say("读取数据", "Loading"), optional_amount_of(summary, "load_seconds")),
        (say("判定", "Evaluation"), optional_amount_of(summary, "evaluate_seconds")),
    ]
    records: list[tuple[Words, Printable]] = [
        (name, say("{n} 秒", "{n} s", n=f"{value:.2f}")) for name, value in seconds if value is not None
    ]
    speed = optional_amount_of(summary, "decisions_per_second")
    if speed is not None:
        records.append((say("速度", "Speed"), rate(speed)))
    return Section(
        "method",
        say("怎么算的", "Method"),
        passages=(
            *UNKNOWN_PASSAGES,
            (
                say("本报告不是行政决定", "This report is no administrative decision"),
                say(
                    "判定依据政策原文建模的条件与判定日的数据快照，供核对与测算之用；最终以主管部门的决定为准。",
                    "Outcomes follow conditions modelled on the policy texts and a snapshot of data on the as-of date, "
                    "for checking and costing; the decision rests with the agency in charge.",
                ),
            ),
        ),
        records=records,
    )
