"""The report of `yingshang simulate`: who gains and who loses under a draft, and what it costs against the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from markupsafe import Markup, escape

from yingshang.web.reports.charts import (
    Scale,
    count_axis,
    diverging_bar,
    interval_bar,
    money_axis,
    stacked_bar,
    step_bar,
)
from yingshang.web.reports.match_report import (
    DIMENSIONS,
    UNKNOWN_PASSAGES,
    fact_name,
    group_name,
    no_facts,
    ordered_groups,
)
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
    render_page,
    with_detail,
)
from yingshang.web.reports.reading import (
    Record,
    amount_of,
    count_of,
    optional_amount_of,
    record_of,
    records_of,
    text_of,
)
from yingshang.web.reports.words import (
    NOTHING,
    Words,
    counted,
    day,
    exact,
    interval,
    number,
    say,
    sum_of_money,
)

CHANGES: Mapping[str, tuple[Words, str]] = {
    "added": (say("新增", "added"), "good"),
    "removed": (say("取消", "removed"), "bad"),
    "changed": (say("修改", "changed"), "warn"),
    "same": (say("不变", "unchanged"), ""),
}
OUTCOMES: Mapping[str, Words] = {
    "entitled": say("符合", "entitled"),
    "refused": say("不符合", "refused"),
    "undecided": say("待定", "undecided"),
    "error": say("出错", "error"),
}
WATERFALL_ROWS = 15
EXAMPLE_ROWS = 50


@dataclass(frozen=True, slots=True)
class State:
    """Counts and amounts under one of the two sets of policies."""

    entitled: int
    undecided: int
    refused: int
    certain: Decimal
    possible: Decimal

    @staticmethod
    def read(record: Record) -> State:
        """Reads a `base` or a `draft`."""
        certain = amount_of(record, "amount_certain")
        return State(
            count_of(record, "entitled"),
            count_of(record, "undecided"),
            count_of(record, "refused"),
            certain,
            max(certain, amount_of(record, "amount_possible")),
        )

    @property
    def decisions(self) -> int:
        """Every decision that came to an outcome."""
        return self.entitled + self.undecided + self.refused


@dataclass(frozen=True, slots=True)
class Change:
    """One policy item before and after."""

    id: str
    name: str
    kind: str
    base: State
    draft: State
    gain: int
    lose: int
    up: int
    down: int
    now_undecided: int
    budget: Decimal | None

    @staticmethod
    def read(record: Record) -> Change:
        """Reads an entry of `items`."""
        return Change(
            id=text_of(record, "id"),
            name=text_of(record, "name") or text_of(record, "id"),
            kind=text_of(record, "change"),
            base=State.read(record_of(record, "base")),
            draft=State.read(record_of(record, "draft")),
            gain=count_of(record, "gain"),
            lose=count_of(record, "lose"),
            up=count_of(record, "up"),
            down=count_of(record, "down"),
            now_undecided=count_of(record, "now_undecided"),
            budget=optional_amount_of(record, "budget"),
        )

    @property
    def difference(self) -> Decimal:
        """How much more is certainly owed under the draft."""
        return self.draft.certain - self.base.certain

    @property
    def touched(self) -> int:
        """Cases that come out otherwise than before."""
        return self.gain + self.lose + self.up + self.down


def render_simulation_report(data: Mapping[str, Any], *, language: Language = "zh") -> str:
    """The HTML report of a simulation, one file. `language` is the one shown first; the reader may switch."""
    changes = [Change.read(record) for record in records_of(data, "items")]
    totals = record_of(data, "totals")
    base = State.read(record_of(totals, "base")) if "base" in totals else _sum([c.base for c in changes])
    draft = State.read(record_of(totals, "draft")) if "draft" in totals else _sum([c.draft for c in changes])
    movement = {
        key: count_of(totals, key) if key in totals else sum(getattr(change, key) for change in changes)
        for key in ("gain", "lose", "up", "down")
    }
    budget = record_of(data, "budget")
    limit = optional_amount_of(budget, "amount")
    report = Report(
        kind=say("政策沙盘推演", "Policy simulation"),
        title=_title(data),
        lead=_lead(data, changes),
        facts=_facts(data),
        notices=_notices(budget, draft, limit),
        headlines=_headlines(base, draft, movement, budget, limit),
        sections=(
            _budget(base, draft, limit),
            _waterfall(changes, base, draft),
            _movement(changes),
            _costs(changes),
            _groups(data),
            _unknown(data, base.undecided + draft.undecided),
            _examples(data),
            _all_items(changes),
            _method(),
        ),
    )
    return render_page(report, language=language)


def _sum(states: Sequence[State]) -> State:
    return State(
        sum(state.entitled for state in states),
        sum(state.undecided for state in states),
        sum(state.refused for state in states),
        sum((state.certain for state in states), Decimal(0)),
        sum((state.possible for state in states), Decimal(0)),
    )


def _title(data: Record) -> Words:
    title = text_of(data, "title")
    if title:
        return Words(title, title)
    return say("草案让谁受益、谁受损，支出怎么变", "Who gains, who loses, and what it costs")


def _lead(data: Record, changes: Sequence[Change]) -> Words:
    differing = sum(change.kind != "same" for change in changes)
    return say(
        "以{day}为判定日，用 {subjects}的数据，把草案与现行政策逐户逐项比较：{items}中有 {changed}改动。",
        "As of {day}, draft and base were compared for each of {subjects}: of {items}, {changed}.",
        day=day(text_of(data, "as_of", NOTHING)),
        subjects=counted(count_of(data, "subjects"), "户主体", "subject"),
        items=counted(len(changes), "项政策事项", "policy item"),
        changed=say("{n} 项", "{n} differ" if differing != 1 else "{n} differs", n=number(differing)),
    )


def _facts(data: Record) -> list[tuple[Words, Printable]]:
    known = (
        (say("判定日", "As of"), day(text_of(data, "as_of"))),
        (say("现行", "Base"), text_of(data, "base")),
        (say("草案", "Draft"), text_of(data, "draft")),
    )
    return [(name, value) for name, value in known if (value.chinese if isinstance(value, Words) else value)]


def _notices(budget: Record, draft: State, limit: Decimal | None) -> list[Notice]:
    if limit is None:
        return []
    certain, possible = _against(budget, draft)
    if certain > limit:
        text = say(
            "草案的确定支出已超出预算 {more}。",
            "What the draft certainly costs is {more} over the budget.",
            more=sum_of_money(certain - limit),
        )
        return [Notice(text, "budget", "bad")]
    if possible > limit:
        text = say(
            "草案有可能超出预算：最多超 {more}，取决于尚缺的数据。",
            "The draft may exceed the budget, by {more} at most: it depends on facts that are missing.",
            more=sum_of_money(possible - limit),
        )
        return [Notice(text, "budget", "warn")]
    text = say(
        "按算得出的金额，即使待定的全部符合，草案也在预算之内，尚余 {left}。",
        "By the amounts that can be computed, even if everything undecided turns out entitled, the draft stays "
        "within the budget, with {left} to spare.",
        left=sum_of_money(limit - possible),
    )
    return [Notice(text, "budget", "good")]


def _against(budget: Record, draft: State) -> tuple[Decimal, Decimal]:
    """What counts against the budget: as the caller says, otherwise all of the draft."""
    certain = optional_amount_of(budget, "certain")
    possible = optional_amount_of(budget, "possible")
    return (
        draft.certain if certain is None else certain,
        draft.possible if possible is None else possible,
    )


def _headlines(
    base: State, draft: State, movement: Mapping[str, int], budget: Record, limit: Decimal | None
) -> list[Headline]:
    both = max(movement["gain"] + movement["lose"], 1)
    certain, possible = _against(budget, draft)
    return [
        Headline(
            say("新增受益", "Gain"),
            _cases(movement["gain"]),
            say("另有 {n}金额提高", "{n} more receive a larger amount", n=_cases_in_words(movement["up"])),
            stacked_bar((("gain", movement["gain"]),), both),
            "gain",
        ),
        Headline(
            say("不再享受", "Lose"),
            _cases(movement["lose"]),
            say("另有 {n}金额降低", "{n} more receive a smaller amount", n=_cases_in_words(movement["down"])),
            stacked_bar((("lose", movement["lose"]),), both),
            "lose",
        ),
        Headline(
            say("确定支出的变化", "Change in certain cost"),
            sum_of_money(draft.certain - base.certain, signed=True),
            say(
                "可能支出的变化 {more}",
                "possible cost changes by {more}",
                more=sum_of_money(draft.possible - base.possible, signed=True),
            ),
            None,
            "money",
        ),
        Headline(
            say("草案支出：确定 ～ 最多", "Cost of the draft: certain – possible"),
            interval(certain, possible),
            say("没有给出预算", "no budget was given")
            if limit is None
            else say("预算 {limit}", "budget {limit}", limit=sum_of_money(limit)),
            interval_bar(
                certain,
                possible,
                Scale(Decimal(0), max(possible, limit or Decimal(0), Decimal(1)), ()),
                budget=limit,
            ),
            "open",
        ),
    ]


def _cases(value: int) -> Words:
    figure = Markup('{} <span class="unit">{}</span>')
    return Words(
        figure.format(number(value), "户次"), figure.format(number(value), "case" if value == 1 else "cases")
    )


def _cases_in_words(value: int) -> Words:
    return counted(value, "户次", "case")


STATE_LEGEND = (
    ("before", say("现行·确定", "base, certain")),
    ("before open", say("现行·可能", "base, possible")),
    ("money", say("草案·确定", "draft, certain")),
    ("money open", say("草案·可能", "draft, possible")),
)
LIMIT_LEGEND = ("limit", say("预算", "budget"))


def _bars(axis: Markup | None = None) -> Column:
    return Column(say("图", "Chart"), "bar", axis)


def _budget(base: State, draft: State, limit: Decimal | None) -> Section:
    scale = Scale.over([base.possible, draft.possible, *([limit] if limit is not None else [])])
    rows = [
        Row(
            (
                name,
                interval_bar(state.certain, state.possible, scale, budget=limit, style=style),
                _state(state),
            )
        )
        for name, state, style in (
            (say("现行", "Base"), base, "before"),
            (say("草案", "Draft"), draft, "money"),
        )
    ]
    return Section(
        "budget",
        say("总账与预算", "Cost and budget"),
        say(
            "实色为确定支出，斜纹为待定者若都符合还要付的部分；金额本身算不出的不在其中。",
            "Solid is certain; hatched is what would come on top if everything undecided turned out entitled. Amounts "
            "that cannot be computed yet are in neither.",
        ),
        tables=(
            Table(
                "budget-chart",
                say("现行与草案的总支出", "Total cost of base and draft"),
                (
                    Column(say("政策", "Policies"), "name"),
                    _bars(money_axis(scale)),
                    Column(say("确定 ～ 可能", "Certain – possible"), "text"),
                ),
                rows,
                NO_ITEMS,
                legend=STATE_LEGEND if limit is None else (*STATE_LEGEND, LIMIT_LEGEND),
                note=None
                if limit is not None
                else say("没有给出预算，因此没有预算线。", "No budget was given."),
            ),
        ),
    )


NO_ITEMS = say("没有可比较的政策事项。", "There are no policy items to compare.")


def _state(state: State) -> Markup:
    return with_detail(
        interval(state.certain, state.possible),
        say(
            "符合 {e}，待定 {u}",
            "{e} entitled, {u} undecided",
            e=number(state.entitled),
            u=number(state.undecided),
        ),
    )


def _waterfall(changes: Sequence[Change], base: State, draft: State) -> Section:
    moving = sorted(
        (change for change in changes if change.difference),
        key=lambda change: (-abs(change.difference), change.id),
    )
    shown = moving[:WATERFALL_ROWS]
    steps: list[tuple[Printable, Decimal]] = [
        (Markup("{} {}").format(change.name, _change_tag(change.kind)), change.difference) for change in shown
    ]
    net = draft.certain - base.certain
    rest = net - sum((difference for _, difference in steps), Decimal(0))
    if rest:
        steps.append((_others(len(moving) - len(shown)), rest))
    ends, running = [], Decimal(0)
    for _, difference in steps:
        running += difference
        ends.append(running)
    scale = Scale.over([*ends, net])
    rows = [
        Row((name, step_bar(end - difference, end, scale), _signed(difference)))
        for (name, difference), end in zip(steps, ends, strict=True)
    ]
    if rows:
        total = Markup("<strong>{}</strong>").format(say("净变化", "Net change"))
        rows.append(Row((total, step_bar(Decimal(0), net, scale, total=True), _signed(net))))
    return Section(
        "difference",
        say("多花少花在哪里", "Where the difference comes from"),
        say(
            "自上而下累计各事项确定支出的增减，最后一行是净变化。",
            "The change in certain cost, item by item, added up from top to bottom; the last row is the net change.",
        ),
        tables=(
            Table(
                "difference-chart",
                say("确定支出的增减", "Change in certain cost"),
                (
                    Column(say("政策事项", "Policy item"), "name"),
                    _bars(money_axis(scale)),
                    Column(say("增减", "Change")),
                ),
                rows,
                say("确定支出没有变化。", "The certain cost does not change."),
                legend=(
                    ("money", say("增加支出", "costs more")),
                    ("before", say("减少支出", "costs less")),
                    ("net", say("净变化", "net change")),
                ),
            ),
        ),
    )


def _others(count: int) -> Words:
    if count <= 0:
        return say("未分摊到事项的部分", "Not attributed to an item")
    return say("其余 {n} 项", "{n} other item" if count == 1 else "{n} other items", n=number(count))


def _signed(value: Decimal) -> Markup:
    return Markup(escape(sum_of_money(value, signed=True)))


def _change_tag(kind: str) -> Markup:
    words, tone = CHANGES.get(kind, (Words(kind or NOTHING, kind or NOTHING), ""))
    return Markup('<span class="tag {}">{}</span>').format(tone, words)


def _movement(changes: Sequence[Change]) -> Section:
    touched = sorted(
        (change for change in changes if change.touched), key=lambda change: (-change.touched, change.id)
    )
    shown = touched[:CHART_ROWS]
    scale = _two_sided(shown)
    rows = [
        Row(
            (
                change.name,
                diverging_bar(
                    (("lose", change.lose), ("lose open", change.down)),
                    (("gain", change.gain), ("gain open", change.up)),
                    scale,
                ),
                _minus_and_plus(change.lose, change.gain),
                _minus_and_plus(change.down, change.up),
            )
        )
        for change in shown
    ]
    return Section(
        "movement",
        say("谁受益，谁受损", "Who gains, who loses"),
        say(
            "零线以右为受益，以左为受损。只计前后都有定论的；变为待定的见“全部事项”表。",
            "Right of zero gains, left of it loses. Only cases decided both before and after; those now undecided are "
            "in the table of all items.",
        ),
        tables=(
            Table(
                "movement-chart",
                say("各政策事项受益与受损的户数", "Subjects gaining and losing, by policy item"),
                (
                    Column(say("政策事项", "Policy item"), "name"),
                    _bars(count_axis(scale)),
                    Column(say("退出 / 新增", "Lose / gain")),
                    Column(say("降低 / 提高", "Less / more")),
                ),
                rows,
                say("没有主体的结果发生变化。", "No subject comes out differently."),
                legend=(
                    ("lose", say("不再享受", "lose it")),
                    ("lose open", say("金额降低", "receive less")),
                    ("gain open", say("金额提高", "receive more")),
                    ("gain", say("新增受益", "gain it")),
                ),
                note=capped(len(shown), len(touched)),
            ),
        ),
    )


def _two_sided(changes: Sequence[Change]) -> Scale:
    most = max((change.gain + change.up for change in changes), default=0)
    least = max((change.lose + change.down for change in changes), default=0)
    return Scale.over([Decimal(most), Decimal(-least)])


def _minus_and_plus(minus: int, plus: int) -> Markup:
    return Markup('<span class="{}">{}</span> / <span class="{}">{}</span>').format(
        "down" if minus else "level",
        f"−{number(minus)}" if minus else "0",
        "up" if plus else "level",
        f"+{number(plus)}" if plus else "0",
    )


def _costs(changes: Sequence[Change]) -> Section:
    paying = sorted(
        (change for change in changes if change.base.possible or change.draft.possible),
        key=lambda change: (-max(change.base.possible, change.draft.possible), change.id),
    )
    shown = paying[:CHART_ROWS]
    most = max((max(change.base.possible, change.draft.possible) for change in shown), default=Decimal(0))
    budgets = [change.budget for change in shown if change.budget is not None and change.budget <= most * 2]
    scale = Scale.over([most, *budgets])
    rows = [
        Row(
            (
                change.name,
                Markup('<div class="pair">{}{}</div>').format(
                    interval_bar(
                        change.base.certain, change.base.possible, scale, budget=change.budget, style="before"
                    ),
                    interval_bar(change.draft.certain, change.draft.possible, scale, budget=change.budget),
                ),
                interval(change.base.certain, change.base.possible),
                interval(change.draft.certain, change.draft.possible),
            )
        )
        for change in shown
    ]
    return Section(
        "costs",
        say("各事项前后的资金", "Cost before and after"),
        tables=(
            Table(
                "costs-chart",
                say(
                    "各政策事项的支出：上为现行，下为草案",
                    "Cost of each policy item: base above, draft below",
                ),
                (
                    Column(say("政策事项", "Policy item"), "name"),
                    _bars(money_axis(scale)),
                    Column(say("现行", "Base"), "text"),
                    Column(say("草案", "Draft"), "text"),
                ),
                rows,
                say("没有要支付金额的政策事项。", "No policy item has an amount to pay."),
                legend=(*STATE_LEGEND, LIMIT_LEGEND) if budgets else STATE_LEGEND,
                note=capped(len(shown), len(paying)),
            ),
        ),
    )


def _groups(data: Record) -> Section:
    groups = record_of(data, "by")
    order = [key for key in DIMENSIONS if key in groups] + sorted(
        key for key in groups if key not in DIMENSIONS
    )
    tables = [_group(place, key, records_of(groups, key)) for place, key in enumerate(order)]
    if not tables:
        empty = say(
            "本次没有按地区、行业或规模分组。", "This run was not grouped by region, industry or size."
        )
        tables = [Table("groups-none", say("分组", "Groups"), (), (), empty)]
    return Section("groups", say("落在哪些企业身上", "On whom it falls"), tables=tables)


def _group(place: int, key: str, records: Sequence[Record]) -> Table:
    ranked = ordered_groups(
        key, records, lambda group: abs(amount_of(group, "draft_certain") - amount_of(group, "base_certain"))
    )
    shown = ranked[:CHART_ROWS]
    scale = Scale.over(
        [
            max((Decimal(count_of(group, "gain")) for group in shown), default=Decimal(0)),
            -max((Decimal(count_of(group, "lose")) for group in shown), default=Decimal(0)),
        ]
    )
    rows = [
        Row(
            (
                group_name(group),
                diverging_bar(
                    (("lose", count_of(group, "lose")),), (("gain", count_of(group, "gain")),), scale
                ),
                _minus_and_plus(count_of(group, "lose"), count_of(group, "gain")),
                _signed(amount_of(group, "draft_certain") - amount_of(group, "base_certain")),
                _signed(amount_of(group, "draft_possible") - amount_of(group, "base_possible")),
            )
        )
        for group in shown
    ]
    return Table(
        f"group-{place}",
        say("受益、受损与支出变化", "Gains, losses and change in cost"),
        (
            Column(say("组别", "Group"), "name"),
            _bars(count_axis(scale)),
            Column(say("受损 / 受益", "Lose / gain")),
            Column(say("确定支出变化", "Certain cost")),
            Column(say("可能支出变化", "Possible cost")),
        ),
        rows,
        say("这一分组没有数据。", "This grouping has no data."),
        legend=(("lose", say("受损", "lose")), ("gain", say("受益", "gain"))),
        heading=DIMENSIONS.get(key, Words(key, key)),
        note=None
        if len(shown) == len(ranked)
        else say(
            "只列变化最大的前 {shown} 组，共 {total} 组。",
            "The {shown} groups that change most, of {total}.",
            shown=number(len(shown)),
            total=number(len(ranked)),
        ),
    )


def _unknown(data: Record, undecided: int) -> Section:
    facts = sorted(
        records_of(data, "missing"),
        key=lambda fact: (-max(count_of(fact, "draft"), count_of(fact, "base")), text_of(fact, "fact")),
    )
    shown = facts[:CHART_ROWS]
    most = max((max(count_of(fact, "draft"), count_of(fact, "base")) for fact in shown), default=0)
    rows = [
        Row(
            (
                fact_name(fact),
                Markup('<div class="pair">{}{}</div>').format(
                    stacked_bar((("before", count_of(fact, "base")),), max(1, most)),
                    stacked_bar((("undecided", count_of(fact, "draft")),), max(1, most)),
                ),
                number(count_of(fact, "base")),
                number(count_of(fact, "draft")),
                text_of(fact, "agency") or NOTHING,
            )
        )
        for fact in shown
    ]
    return Section(
        "unknown",
        say("还缺什么数据", "What we do not know"),
        say(
            "各项数据缺失造成的待定判定：上为现行，下为草案。草案用到手里没有的数据，待定就会变多。",
            "Undecided decisions for want of each fact: base above, draft below. A draft that asks for facts nobody "
            "holds leaves more undecided.",
        ),
        tables=(
            Table(
                "unknown-chart",
                say("缺失的事实与待定的判定", "Missing facts and undecided decisions"),
                (
                    Column(say("事实", "Fact"), "name"),
                    _bars(),
                    Column(say("现行（次）", "Base")),
                    Column(say("草案（次）", "Draft")),
                    Column(say("数据来源部门", "Source agency"), "text"),
                ),
                rows,
                no_facts(undecided),
                legend=(
                    ("before", say("现行", "base")),
                    ("undecided", say("草案", "draft")),
                ),
                note=capped(
                    len(shown), len(facts), where=say("机器可读结果", "the machine-readable results")
                ),
            ),
        ),
    )


def _examples(data: Record) -> Section:
    examples = record_of(data, "examples")
    return Section(
        "examples",
        say("举例", "Examples"),
        tables=(
            _example_table(
                "examples-gain",
                say("受益的", "Gaining"),
                records_of(examples, "gain"),
                "没有受益的例子。",
                "No one gains.",
            ),
            _example_table(
                "examples-lose",
                say("受损的", "Losing"),
                records_of(examples, "lose"),
                "没有受损的例子。",
                "No one loses.",
            ),
        ),
    )


def _example_table(
    name: str, heading: Words, examples: Sequence[Record], empty: str, empty_english: str
) -> Table:
    shown = examples[:EXAMPLE_ROWS]
    return Table(
        name,
        say("个例：前、后与原因", "Single cases: before, after and why"),
        (
            Column(say("主体", "Subject"), "name"),
            Column(say("事项", "Item"), "text"),
            Column(say("现行", "Base"), "text"),
            Column(say("草案", "Draft"), "text"),
            Column(say("原因", "Reason"), "text"),
        ),
        [
            Row(
                (
                    text_of(example, "subject", NOTHING),
                    text_of(example, "item", NOTHING),
                    _result(example.get("before")),
                    _result(example.get("after")),
                    text_of(example, "reason") or NOTHING,
                )
            )
            for example in shown
        ],
        say(empty, empty_english),
        heading=heading,
        note=None
        if len(shown) == len(examples)
        else say(
            "只列前 {shown} 例，共 {total} 例。",
            "The first {shown} of {total}.",
            shown=number(len(shown)),
            total=number(len(examples)),
        ),
    )


def _result(value: object) -> Printable:
    """An outcome, an amount, or both, as the caller has them."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Mapping):
        amount = value.get("amount")
        outcome = _result(value.get("outcome"))
        return outcome if amount is None else with_detail(outcome, _result(amount))
    text = str(value)
    if text in OUTCOMES:
        return OUTCOMES[text]
    outcome, _, rest = text.partition(" ")
    if outcome in OUTCOMES:
        return (
            OUTCOMES[outcome]
            if outcome == "refused" or rest in ("", "None")
            else with_detail(OUTCOMES[outcome], _result(rest))
        )
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return text
    return sum_of_money(amount) if amount.is_finite() else text


def _all_items(changes: Sequence[Change]) -> Section:
    shown = changes[:TABLE_ROWS]
    kinds = [kind for kind in CHANGES if any(change.kind == kind for change in changes)]
    note = say("金额为元，精确到分。", "Amounts in yuan, exact to the fen.")
    if len(shown) < len(changes):
        note = say(
            "金额为元，精确到分。只列前 {shown} 项，共 {total} 项；其余见机器可读结果。",
            "Amounts in yuan, exact to the fen. The first {shown} of {total} items; the others are in the "
            "machine-readable results.",
            shown=number(len(shown)),
            total=number(len(changes)),
        )
    return Section(
        "items",
        say("全部事项", "All items"),
        tables=(
            Table(
                "items-table",
                say("全部政策事项的前后比较：点表头排序", "All policy items before and after: headings sort"),
                (
                    Column(say("政策事项", "Policy item"), "name"),
                    Column(say("改动", "Change"), "text"),
                    Column(say("符合", "Entitled")),
                    Column(say("新增", "Gain")),
                    Column(say("退出", "Lose")),
                    Column(say("提高", "More")),
                    Column(say("降低", "Less")),
                    Column(say("变为待定", "Now undecided")),
                    Column(say("确定金额（元）", "Certain (CNY)")),
                    Column(say("可能金额（元）", "Possible (CNY)")),
                ),
                [_item_row(change) for change in shown],
                NO_ITEMS,
                searchable=True,
                sortable=True,
                choices=[Choice(kind, CHANGES[kind][0]) for kind in kinds] if len(kinds) > 1 else (),
                note=note,
            ),
        ),
    )


def _item_row(change: Change) -> Row:
    return Row(
        (
            change.name,
            _change_tag(change.kind),
            _before_and_after(
                number(change.base.entitled), number(change.draft.entitled), change.draft.entitled
            ),
            number(change.gain),
            number(change.lose),
            number(change.up),
            number(change.down),
            number(change.now_undecided),
            _before_and_after(exact(change.base.certain), exact(change.draft.certain), change.draft.certain),
            _before_and_after(
                exact(change.base.possible), exact(change.draft.possible), change.draft.possible
            ),
        ),
        change.kind if change.kind in CHANGES else "",
    )


def _before_and_after(before: str, after: str, sort: int | Decimal) -> Printable | Cell:
    if before == after:
        return after
    return Cell(with_detail(after, say("原 {n}", "was {n}", n=before)), str(sort))


def _method() -> Section:
    return Section(
        "method",
        say("怎么算的", "Method"),
        passages=(
            (
                say("前后用同一批数据", "The same data before and after"),
                say(
                    "现行与草案用同一判定日、同一批主体的同一份数据逐户逐项比较，差别只来自政策本身；不预测企业会因政策而改变行为。",
                    "Base and draft are compared case by case on the same subjects, data and as-of date; every "
                    "difference comes from the policies. No change of behaviour is forecast.",
                ),
            ),
            *UNKNOWN_PASSAGES,
        ),
    )
