"""Row decisions: the four outcomes, the reason, what is missing and what would have to change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.rules.policy.policy_factories import (
    AS_OF,
    amount_of,
    catalogue,
    decided,
    facts,
    loaded,
    program_of,
    small_enterprise_item,
    unconditional,
)
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.change import Change, least_changes
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.decide import Entitlement, Outcome, RowEvaluator, combine, split_exactly
from yingshang.rules.policy.explain import explain_data, explain_text

ELIGIBLE = facts(企业规模="小型", 参保人数=12, 企业资质=[], 经营异常=False)


def without(*names: str) -> dict[str, object]:
    columns = {catalogue().column(name, 2026) for name in names}
    return {column: value for column, value in ELIGIBLE.items() if column not in columns}


def test_entitled_with_the_amount() -> None:
    decision = decided(small_enterprise_item(), ELIGIBLE)
    assert decision.outcome is Entitlement.ENTITLED
    assert decision.amount is not None and decision.amount.value == Decimal("20000.00")


def test_refused_by_one_condition_whatever_else_is_missing() -> None:
    decision = decided(small_enterprise_item(), facts(企业规模="大型"))
    assert decision.outcome is Entitlement.REFUSED


def test_undecided_names_the_facts_that_would_settle_it() -> None:
    decision = decided(small_enterprise_item(), without("经营异常", "参保人数"))
    assert decision.outcome is Entitlement.UNDECIDED
    assert decision.missing == ("emp.insured", "ent.abnormal")


def test_a_missing_fact_that_does_not_matter_is_not_asked_for() -> None:
    decision = decided(small_enterprise_item(), without("企业资质"))
    assert decision.outcome is Entitlement.ENTITLED


def test_an_operation_without_meaning_is_an_error_not_a_no() -> None:
    text = unconditional("  amount: 1").replace("when: true", "when: 研发费用 / 参保人数 > 1")
    decision = decided(text, facts(研发费用=5, 参保人数=0))
    assert decision.outcome is Entitlement.ERROR
    assert decision.reason.failure is not None
    assert "除数为零" in decision.reason.failure.message_zh


def test_a_known_null_is_no_answer() -> None:
    text = unconditional("  amount: 1").replace("when: true", "when: 研发费用 > 1")
    assert decided(text, {"fin.rd": None}).outcome is Entitlement.ERROR


def test_parameters_are_those_in_force_on_the_day() -> None:
    with_six = {**ELIGIBLE, "emp.insured": Decimal(6)}
    assert decided(small_enterprise_item(), with_six).outcome is Entitlement.REFUSED
    assert decided(small_enterprise_item(), with_six, Date(2025, 6, 1)).outcome is Entitlement.ENTITLED


def test_a_parameter_without_a_value_on_the_day_is_unknown() -> None:
    decision = decided(small_enterprise_item(), ELIGIBLE, Date(2019, 6, 1))
    assert decision.outcome is Entitlement.UNDECIDED
    assert decision.missing == ("最低参保人数",)


def test_a_field_of_a_line_that_nobody_told_is_not_taken_from_around_the_list() -> None:
    known = {"loans": [{"principal": Decimal(5)}], "annual_rate": Decimal(9), "received": Decimal(3)}
    text = unconditional("  amount: 1").replace("when: true", "when: 'count(loans[annual_rate > 4]) > 0'")
    decision = decided(text, known)
    assert decision.outcome is Entitlement.UNDECIDED
    assert decision.missing == ("loans[1].annual_rate",)
    # The catalogue declares no such field of a loan: this is the fact of the enterprise.
    text = unconditional("  amount: 1").replace(
        "when: true", "when: 'count(loans[principal > received]) > 0'"
    )
    assert decided(text, known).outcome is Entitlement.ENTITLED
    # Without a catalogue nobody knows which fields a loan may have.
    decision = RowEvaluator([program_of(text)]).decide(program_of(text), known)
    assert decision.outcome is Entitlement.UNDECIDED
    assert decision.missing == ("loans[1].received",)


def test_nobody_is_entitled_outside_of_the_effective_days() -> None:
    text = small_enterprise_item() + "effective: {from: 2024-01-01, to: 2024-12-31}\n"
    assert decided(text, ELIGIBLE).outcome is Entitlement.REFUSED
    assert decided(text.replace("5,", "12,"), ELIGIBLE, Date(2024, 12, 31)).outcome is Entitlement.ENTITLED


def test_a_year_of_a_series_is_counted_from_the_day() -> None:
    text = unconditional("  amount: 1").replace("when: true", "when: 上年度营业收入 > 100")
    assert decided(text, facts(营业收入2025年=200)).outcome is Entitlement.ENTITLED
    assert decided(text, facts(营业收入2025年=200), Date(2025, 1, 1)).missing == ("fin.revenue.2024",)


@pytest.mark.parametrize("states", [(a, b, c) for a in Outcome for b in Outcome for c in Outcome])
@pytest.mark.parametrize("needed", [1, 2, 3])
def test_combining_keeps_the_promise(states: tuple[Outcome, ...], needed: int) -> None:
    """A decided outcome is the outcome of every completion of the unknown ones."""
    completions = [()]
    for state in states:
        options = (Outcome.TRUE, Outcome.FALSE) if state is Outcome.UNKNOWN else (state,)
        completions = [(*each, option) for each in completions for option in options]
    found = combine(list(states), needed)
    every = {combine(list(each), needed) for each in completions}
    if found is not Outcome.UNKNOWN:
        assert every == {found}
    else:
        # Among errors an unknown stays unknown: somebody has to look at it anyway.
        assert len(every) > 1 or every == {Outcome.ERROR}


def test_the_least_changes_say_how_much_is_lacking() -> None:
    known = {**ELIGIBLE, "emp.insured": Decimal(7), "ent.abnormal": True}
    program = program_of(small_enterprise_item())
    decision = RowEvaluator([program], catalogue()).decide(program, known)
    changes = least_changes(decision, known, catalogue())
    assert [(each.fact, each.gap) for each in changes] == [
        ("emp.insured", Decimal(3)),
        ("ent.abnormal", None),
    ]
    assert changes[0].text_zh() == "参保人数还差 3 人（现为 7，须 ≥ 10）"
    assert changes[1].needed == "否"


def test_after_the_least_changes_the_answer_is_yes() -> None:
    text = unconditional("  amount: 1").replace("when: true", "when: 研发费用 / 上年度营业收入 >= 0.03")
    known = facts(研发费用=200, 营业收入2025年=10_000)
    program = program_of(text)
    evaluator = RowEvaluator([program], catalogue())
    changes = least_changes(evaluator.decide(program, known), known, catalogue())
    assert [(each.fact, each.gap) for each in changes] == [("fin.rd", Decimal(100))]
    known["fin.rd"] += changes[0].gap
    assert evaluator.decide(program, known).outcome is Entitlement.ENTITLED


def test_a_condition_that_comes_true_by_itself_names_the_day() -> None:
    text = unconditional("  amount: 1").replace("when: true", "when: '成立日期 + @\"P3Y\" <= today()'")
    known = {"ent.established": Date(2024, 2, 29)}
    program = program_of(text)
    decision = RowEvaluator([program], catalogue()).decide(program, known)
    assert decision.outcome is Entitlement.REFUSED
    assert [each.on for each in least_changes(decision, known, catalogue())] == [Date(2027, 2, 28)]


def test_the_explanation_shows_value_source_and_change() -> None:
    known = {**ELIGIBLE, "emp.insured": Decimal(7)}
    program = program_of(small_enterprise_item())
    decision = RowEvaluator([program], catalogue()).decide(program, known)
    chinese, english = (
        explain_text(decision, known, catalogue()),
        explain_text(decision, known, catalogue(), "en"),
    )
    assert "✗ 参保人数不少于规定人数" in chinese and "参保人数 = 7 人" in chinese and "还差 3 人" in chinese
    assert "not entitled" in english and "short by 3" in english
    data = explain_data(decision, known, catalogue())
    assert data["outcome"] == "refused"
    assert data["conditions"][1]["parts"][0]["facts"][0] == {
        "fact": "emp.insured",
        "name": "参保人数",
        "value": "7",
        "known": True,
        "unit": "人",
        "source": None,
    }


# --- amounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("0.029", "0.00"), ("0.03", "6.00"), ("0.0399", "6.00"), ("0.04", "8.00"), ("0.5", "10.00")],
)
def test_bands_are_closed_where_they_say(rate: str, expected: str) -> None:
    benefit = """
  bands:
    by: 研发费用 / 营业收入2025年
    of: 100
    rows:
      - {within: "[0.03..0.04)", rate: 6%}
      - {within: "[0.04..0.05)", rate: 8%}
      - {within: ">= 0.05", rate: 10%}
"""
    known = {"fin.rd": Decimal(rate) * 10_000, "fin.revenue.2025": Decimal(10_000)}
    assert amount_of(benefit, known) == Decimal(expected)


@pytest.mark.parametrize(
    ("base", "expected"), [(0, "0"), (500_000, "5000"), (3_000_000, "50000"), (9_000_000, "140000")]
)
def test_progressive_bands_take_each_slice_at_its_rate(base: int, expected: str) -> None:
    benefit = """
  bands:
    by: 研发费用
    mode: progressive
    rows:
      - {within: "<= 1000000", rate: 0.01}
      - {within: "(1000000..5000000]", rate: 0.02}
      - {within: "> 5000000", rate: 0.0125}
"""
    assert amount_of(benefit, {"fin.rd": Decimal(base)}) == Decimal(expected)


def test_lines_are_summed_capped_and_limited() -> None:
    lines = {"贷款明细": [
        {"kind": "流动", "principal": Decimal(1_000_000), "annual_rate": Decimal("0.04")},
        {"kind": "固定", "principal": Decimal(9_000_000), "annual_rate": Decimal("0.04")},
        {"kind": "固定", "principal": Decimal(2_000_000), "annual_rate": Decimal("0.05")},
    ]}  # fmt: skip
    known = facts(**lines)
    benefit = '\n  lines: {of: loans, where: 贷款种类 = "固定", amount: "贷款本金 * 年利率", cap: 150000}\n'
    assert amount_of(benefit, known) == Decimal(250_000)
    assert amount_of(benefit.replace("cap: 150000", "cap: 150000, most: 1"), known) == Decimal(150_000)
    assert amount_of(benefit, facts(贷款明细=[])) == 0


def test_a_line_without_its_amount_leaves_the_total_open() -> None:
    decision = decided(
        unconditional("  lines: {of: loans, amount: principal}\n  caps: [{amount: 30, unit: 万元}]"),
        facts(贷款明细=[{"kind": "流动"}]),
    )
    assert decision.outcome is Entitlement.ENTITLED
    assert decision.amount is not None
    assert (decision.amount.value, decision.amount.at_most) == (None, Decimal(300_000))
    assert decision.amount.missing == ("loans[1].principal",)


def test_parts_differences_caps_and_rounding() -> None:
    benefit = """
  parts:
    - {id: base, amount: 30, unit: 万元}
    - {id: extra, when: 上年度营业收入 > 50000000, amount: 20, unit: 万元}
  less: 已获金额
  caps: [{amount: 45, unit: 万元}]
"""
    assert amount_of(benefit, facts(营业收入2025年=60_000_000, 已获金额=0)) == 450_000
    assert amount_of(benefit, facts(营业收入2025年=60_000_000, 已获金额=100_000)) == 400_000
    assert amount_of(benefit, facts(营业收入2025年=1, 已获金额=900_000)) == 0
    assert amount_of("  amount: 研发费用 / 3", facts(研发费用=200)) == Decimal("66.67")
    assert amount_of("  amount: 研发费用 / 3\n  rounding: {scale: 0, mode: down}", facts(研发费用=200)) == 66


def test_a_cap_takes_off_what_is_used_up() -> None:
    benefit = "  amount: 500\n  caps: [{amount: 800, per: year, used: 已获金额}]"
    assert amount_of(benefit, facts(已获金额=600)) == 200
    decision = decided(unconditional(benefit), {})
    assert decision.amount is not None and decision.amount.value is None
    # Nothing is known of what is used up, but more than the amount itself is never paid.
    assert decision.amount.at_most == 500


def test_instalments_with_a_later_condition_are_an_interval_until_it_is_known() -> None:
    benefit = """
  instalments:
    - {id: first, text: 首年, amount: 300000}
    - {id: second, text: 次年未退规, amount: 200000, when: 参保人数 > 0}
"""
    assert amount_of(benefit, facts(参保人数=1)) == 500_000
    assert amount_of(benefit, facts(参保人数=0)) == 300_000
    decision = decided(unconditional(benefit), {})
    assert decision.amount is not None
    assert (decision.amount.value, decision.amount.at_least) == (None, 300_000)
    assert [payment.due for payment in decision.payments] == [Outcome.TRUE, Outcome.UNKNOWN]


def test_recipients_and_payers_add_up_to_the_fen() -> None:
    benefit = """
  amount: 100.01
  recipients: [{who: 研制单位, ratio: 30%}, {who: 用户单位, ratio: 70%}]
  shares: [{payer: 省, ratio: 1/3}, {payer: 市, ratio: 1/3}, {payer: 县, ratio: 1/3}]
"""
    decision = decided(unconditional(benefit), {})
    assert decision.recipients == (("研制单位", Decimal("30.00")), ("用户单位", Decimal("70.01")))
    assert sum(amount for _, amount in decision.shares) == Decimal("100.01")


def test_splitting_never_loses_a_fen() -> None:
    assert split_exactly(Decimal("0.01"), [Decimal("0.5"), Decimal("0.5")]) == [
        Decimal("0.01"),
        Decimal("0.00"),
    ]


def test_a_negative_amount_is_an_error() -> None:
    decision = decided(unconditional("  amount: 研发费用 - 100"), facts(研发费用=1))
    assert decision.amount is not None and decision.amount.failure is not None


def test_a_title_has_no_amount() -> None:
    decision = decided(unconditional("  grants: 专精特新企业称号"), {})
    assert decision.outcome is Entitlement.ENTITLED and decision.amount is None


def test_scenarios_may_use_another_day() -> None:
    assert program_of(small_enterprise_item()).as_of == AS_OF


@pytest.mark.parametrize(
    ("amount", "low", "high"),
    [
        ("if 参保人数 > 5 then 100 else 300", 100, 300),
        ("min(研发费用 * 0.1, 5000)", None, 5000),
        ("max(2000, 研发费用)", 2000, None),
        ("sum([1000, if 参保人数 > 5 then 100 else 0])", 1000, 1100),
        ("研发费用", None, None),
        ("-(if 参保人数 > 5 then 1 else 3) + 10", 7, 9),
        ("(if 参保人数 > 5 then 1 else 3) * 0.335", "0.34", "1.01"),
    ],
)
def test_the_amount_is_bounded_by_what_can_be_seen(amount: str, low: object, high: object) -> None:
    decision = decided(unconditional(f"  amount: {amount}"), {})
    assert decision.amount is not None and decision.amount.value is None
    assert decision.amount.at_least == Decimal(str(low or 0))
    assert decision.amount.at_most == (None if high is None else Decimal(str(high)))


def test_conditions_on_one_and_the_same_line() -> None:
    text = """
id: LINES
name: 明细
conditions:
  - id: loan
    text: 同一笔贷款
    some: 贷款明细
    as: 贷款
    meets:
      - {text: 固定资产贷款, when: '贷款种类 = "固定"'}
      - any:
          - {text: 本金, when: 贷款本金 >= 100}
          - {text: 利率, when: 贷款.年利率 > 0.05}
benefit: {amount: 1}
"""

    def outcome(*lines: dict[str, object]) -> Entitlement:
        return decided(text, facts(贷款明细=list(lines))).outcome

    fixed, large = {"kind": "固定"}, {"principal": Decimal(100)}
    low = {"annual_rate": Decimal("0.01")}
    assert outcome({**fixed, **large}) is Entitlement.ENTITLED
    # One line is fixed and another one is large: no line is both.
    assert (
        outcome({**fixed, **low, "principal": Decimal(1)}, {"kind": "流动", **large}) is Entitlement.REFUSED
    )
    assert outcome({**fixed, **low}) is Entitlement.UNDECIDED
    assert outcome() is Entitlement.REFUSED


def test_instalments_by_ratio_share_what_is_left_after_caps() -> None:
    benefit = """
  amount: 研发费用
  caps: [{amount: 1000}]
  instalments:
    - {id: first, ratio: 60%}
    - {id: second, ratio: 40%, when: 参保人数 > 0}
"""
    assert amount_of(benefit, facts(研发费用=5000, 参保人数=1)) == 1000
    assert amount_of(benefit, facts(研发费用=5000, 参保人数=0)) == 600
    decision = decided(unconditional(benefit), facts(研发费用=5000))
    assert decision.amount is not None
    assert (decision.amount.at_least, decision.amount.at_most) == (600, 1000)
    assert [payment.amount for payment in decision.payments] == [600, 400]


def test_a_unit_is_that_of_amounts_and_the_default_of_parts_but_not_of_rates() -> None:
    parts = "\n  unit: 万元\n  parts:\n    - {id: a, amount: 3}\n    - {id: b, amount: 500, unit: 元}\n"
    assert amount_of(parts, {}) == 30_500
    bands = "\n  unit: 万元\n  bands: {by: 研发费用, rows: [{within: '< 100', rate: 10%}, {within: '>= 100', amount: 2}]}\n"
    assert amount_of(bands, facts(研发费用=50)) == 5
    assert amount_of(bands, facts(研发费用=100)) == 20_000


def test_payments_add_up_to_what_the_cap_and_rounding_leave() -> None:
    capped = """
  instalments: [{id: a, amount: 100}, {id: b, amount: 200}]
  caps: [{amount: 150}]
"""
    decision = decided(unconditional(capped), {})
    assert [payment.amount for payment in decision.payments] == [100, 50]
    halves = "\n  amount: 100.01\n  instalments: [{id: a, ratio: 50%}, {id: b, ratio: 50%}]\n"
    decision = decided(unconditional(halves), {})
    assert [payment.amount for payment in decision.payments] == [Decimal("50.00"), Decimal("50.01")]


@pytest.mark.parametrize(
    ("benefit", "part"),
    [
        ("  bands: {by: 研发费用, mode: progressive, rows: [{within: '> 1', amount: 7}]}", "has a rate"),
        ("  amount: 1\n  caps: [{amount: 5, per: line}]", "stands in lines"),
        ("  amount: 1\n  instalments: [{id: a, amount: 5}]", "by ratio"),
    ],
)
def test_what_would_pay_the_wrong_amount_is_refused(benefit: str, part: str) -> None:
    policies = loaded(unconditional(benefit))
    compiled = compile_items(policies.items, policies.catalogue, AS_OF)
    assert part in compiled.problems[0].message


def test_a_line_may_be_called_by_its_name_where_lines_are_chosen() -> None:
    benefit = "\n  lines: {of: loans, as: 笔, where: 笔.principal > 100, amount: 笔.principal}\n"
    assert (
        amount_of(benefit, facts(贷款明细=[{"principal": Decimal(50)}, {"principal": Decimal(500)}])) == 500
    )


def test_a_huge_amount_is_exact() -> None:
    assert amount_of("  amount: 123456789012345678901234567890.125", {}) == Decimal(
        "123456789012345678901234567890.13"
    )


def test_what_is_unknown_is_no_change_while_something_known_stands_in_the_way() -> None:
    text = unconditional("  amount: 1").replace(
        "when: true", 'when: \'starts with(主体类型, "企") and 企业规模 = "小型"\''
    )
    program = program_of(text)
    known = facts(主体类型="个体")
    decision = RowEvaluator([program], catalogue()).decide(program, known)
    changes = least_changes(decision, known, catalogue())
    assert [change.text_zh() for change in changes] == ["须满足：不限"]
    told = explain_text(decision, known, catalogue())
    assert "须满足：不限" in told and "现为 空" not in told


def test_people_come_whole_and_shares_in_points() -> None:
    text = unconditional("  amount: 1").replace("when: true", "when: 参保人数 >= 营业收入2025年 * 0.01")
    program = program_of(text)
    known = facts(参保人数=2, 营业收入2025年=1_230)
    changes = least_changes(RowEvaluator([program], catalogue()).decide(program, known), known, catalogue())
    assert [change.gap for change in changes] == [Decimal(11)]


def test_nothing_brings_an_expired_policy_back() -> None:
    text = small_enterprise_item() + "effective: {to: 2020-01-01}\n"
    program = program_of(text)
    decision = RowEvaluator([program], catalogue()).decide(program, ELIGIBLE)
    assert least_changes(decision, ELIGIBLE, catalogue()) == []
    assert "不在政策有效期内" in explain_text(decision, ELIGIBLE, catalogue())


@pytest.mark.parametrize(
    ("needed", "chinese", "english"),
    [
        ("包含 绿色工厂", "资质须包含 绿色工厂（现为 无）", "资质 must include 绿色工厂 (is 无)"),
        ("不为 外资", "资质须不为 外资（现为 无）", "资质 must not be 外资 (is 无)"),
        ("≠ 1", "资质须 ≠ 1（现为 无）", "资质 must be ≠ 1 (is 无)"),
        ("小型、微型", "资质须为 小型、微型（现为 无）", "资质 must be 小型、微型 (is 无)"),
    ],
)
def test_what_is_needed_is_said_as_one_says_it(needed: str, chinese: str, english: str) -> None:
    change = Change("one", "tag", "资质", "无", needed)
    assert (change.text_zh(), change.text()) == (chinese, english)
