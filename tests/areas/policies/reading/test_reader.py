"""What the reader proposes of sentences, where it says nothing, and that the page about it is true."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from yingshang.areas.policies.api import NothingToRead, Proposal, propose_item, read_document, split_sentences
from yingshang.areas.policies.reading.quantities import number, quantities
from yingshang.areas.policies.reading.reader import LONGEST_SENTENCE
from yingshang.areas.policies.reading.text import even
from yingshang.areas.policies.reading.words import bounds, known_facts
from yingshang.areas.policies.sentences import Sentence
from yingshang.kernel.reference.api import policy_catalogue
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.catalogue import FactCatalogue
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.decide import RowEvaluator
from yingshang.rules.policy.document import load_policies
from yingshang.rules.policy.lint import check

ROOT = Path(__file__).resolve().parents[4]
MARKS: dict[str, Any] = yaml.safe_load(
    (ROOT / "tests/areas/policies/data/marked_clauses.yaml").read_text("utf-8")
)
CATALOGUE = policy_catalogue()
DAY = Date(2026, 11, 22)

DOCUMENT = """哈尔滨市人民政府办公厅关于印发支持制造业高质量发展若干政策措施的通知
一、支持对象
在本市行政区域内依法登记注册、具有独立法人资格的制造业企业。
二、支持政策
（一）鼓励企业加大研发投入。对上年度研发费用不低于三百万元且占营业收入比重达到5%以上的高新技术企业，按照研发费用的10％给予补助，最高不超过200万元。
（二）支持技术改造。对固定资产投资1000万元（含）至5000万元的技术改造项目，按投资额的5%给予补助；5000万元（含）以上的，按投资额的8%给予补助，单个项目最高1000万元。
三、下列企业不予支持：
1.列入经营异常名录的；
2.房地产业、金融业企业。
四、申报时间为2026年3月1日至4月30日，逾期不予受理。
五、本措施自印发之日起施行，有效期三年。
"""


def read(text: str, **more: Any) -> tuple[Proposal, ...]:
    return read_document(split_sentences(text), CATALOGUE, **more)


def said(text: str, **more: Any) -> list[str]:
    return [f"{each.kind} {each.statement}" for each in read(text, **more)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3,000,000", "3000000"),
        ("1.5亿", "150000000"),
        ("三百万", "3000000"),
        ("二十", "20"),
        ("十五", "15"),
        ("两千零五十", "2050"),
        ("一亿二千万", "120000000"),
        ("二〇二六", "2026"),
        ("三点五", "3.5"),
    ],
)
def test_numerals(text: str, value: str) -> None:
    assert number(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("参保人数不少于10人", "condition emp.insured_count >= 10"),
        ("参保人数１０人以上", "condition emp.insured_count >= 10"),
        ("参保人数 10 人以上（不含）", "condition emp.insured_count > 10"),
        ("参保人数超过十人", "condition emp.insured_count > 10"),
        ("参保人数不足10人", "condition emp.insured_count < 10"),
        ("从业人员不超过300人", "condition emp.total <= 300"),
        ("从业人员至少达到20人", "condition emp.total >= 20"),
        ("上年度营业收入2000万元（含）至1亿元", "condition fin.revenue.prev_year in [20000000..100000000]"),
        ("上年末资产负债率不高于百分之七十五", "condition fin.debt_ratio.prev_year_end <= 0.75"),
        ("上年度进出口额达到500万美元", "condition trade.value.prev_year >= 5000000"),
        ("年综合能耗5000吨标准煤及以上", "condition energy.annual_tce >= 5000"),
        ("签订1年以上劳动合同", "condition hires.contract_months >= 12"),
        ("未列入严重违法失信名单", "condition ent.serious_violation = false"),
        ("小型或者微型企业", "condition ent.size in 小型, 微型"),
        ("个体工商户", "condition ent.type = 个体工商户"),
        ("国家高新技术企业", "tag ent.qualification contains 高新技术企业"),
        ("注册地在黑龙江省哈尔滨市道里区的企业", "region 230102"),
        ("住宿和餐饮业企业", "industry H"),
        ("国民经济行业大类13至43的企业", "industry " + ", ".join(f"{code}" for code in range(13, 44))),
        ("一次性奖励50万元", "amount 500000"),
        ("按实际支付利息的50%给予贴息", "amount 50% * loans.interest_paid"),
        ("按每人1000元给予补贴", "amount 1000/人"),
        ("给予20万元补助，每户每年最高5万元", "cap 50000/户"),
        ("2026年12月31日前提出申请", "date to 2026-12-31"),
        ("自二〇二六年一月一日起施行", "date from 2026-01-01"),
        ("自签订合同之日起6个月内提出申请", "date within P6M"),
    ],
)
def test_what_a_sentence_says(text: str, statement: str) -> None:
    assert statement in said(text)


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        (
            "对年销售收入首次突破1000万元、2000万元、1亿元的企业，分别给予一次性奖励10万元、20万元、100万元。",
            [
                "band [10000000..20000000): 100000",
                "band [20000000..100000000): 200000",
                "band >= 100000000: 1000000",
            ],
        ),
        (
            "一季度产值达到4000万元及以上且同比增长10%及以上的，给予20万元奖励。",
            ["condition output.q1 >= 40000000", "condition output.q1_yoy >= 0.1", "amount 200000"],
        ),
        (
            "对年零售额增速超过15%且增量达到500万元的，按增量的1%给予奖励，最高50万元。",
            ["condition sale.yoy > 0.15", "condition ? >= 5000000", "amount 1%", "cap 500000"],
        ),
        (
            "职工总数不少于50人，其中研发人员占比不低于10%；",
            ["condition emp.total >= 50", "condition ? >= 0.1"],
        ),
        (
            "固定资产投资500万元以上的企业，设备购置额达到300万元以上的",
            ["condition projects.invest >= 5000000", "condition ? >= 3000000"],
        ),
        ("产值每新增1000万元奖励2万元。", ["amount 20000/10000000元"]),
        ("再给予不高于30万元一次性奖励。", ["amount 300000"]),
        ("按每平方米每月10元给予租金补贴，每年最高100万元。", ["amount 10/平方米月", "cap 1000000/年"]),
        ("对购买的设备，按不超过实际支出30%的比例给予补助。", ["amount 30%"]),
        ("批发、零售企业每户奖励10万元；", ["industry 51, 52", "amount 100000/户"]),
        ("申请时间为每年3月1日至5月31日。", ["date every year 3月1日-5月31日"]),
        ("近三年未发生重大安全、环保事故。", ["condition ent.major_accident_3y = false"]),
        ("已在本省享受同类政策的不重复享受。", []),
        ("在本省注册的企业", ["region 230000"]),
        ("同一项目已享受市级其他财政资金支持的，不再重复支持。", []),
    ],
)
def test_all_that_a_sentence_says(text: str, statements: list[str]) -> None:
    assert said(text, region="230100") == statements


@pytest.mark.parametrize(
    "text",
    [
        "黑龙江省工业和信息化厅负责解释。",
        "按《广东省外商投资奖励办法》执行。",
        "（三）支持专精特新发展。",
        "关于支持高新技术企业的若干措施",
        "国统字〔2017〕213号",
        "近三年",
        "第二十条",
    ],
)
def test_what_sets_nothing_is_left_alone(text: str) -> None:
    assert said(text) == []


def test_a_bound_without_a_fact_is_shown_and_not_guessed() -> None:
    [one] = read("绿化面积达到300平方米以上")
    assert (one.statement, one.fact, one.expression, one.confidence) == ("? >= 300", "", "", "low")


def test_bands_share_no_edge() -> None:
    found = [
        each
        for each in read("增幅10%以下的奖励1万元，10%至20%的奖励2万元，20%以上的奖励3万元。")
        if each.kind == "band"
    ]
    assert [each.statement for each in found] == ["<= 0.1: 10000", "(0.1..0.2): 20000", ">= 0.2: 30000"]
    assert all("not say where an edge belongs" in each.reason for each in found)


def test_a_document() -> None:
    sentences = split_sentences(DOCUMENT)
    found = read_document(sentences, CATALOGUE, region="230100", issued_on=date(2026, 1, 10))
    by_statement = {each.statement: each for each in found}
    assert "230100" in by_statement, "本市 is the place the document is for"
    assert by_statement["fin.rd_ratio >= 0.05"].confidence == "high"
    assert by_statement["projects.invest >= 50000000"].confidence == "low", (
        "carried over from the sentence before"
    )
    assert by_statement["ent.abnormal_list = true"].excludes and by_statement["K, J"].excludes
    assert not by_statement["C"].excludes
    assert by_statement["from 2026-03-01"].fragment == {"windows": {"from": "2026-03-01", "to": "2026-04-30"}}
    assert by_statement["to 2029-01-09"].fragment == {"effective": {"to": "2029-01-09"}}
    # In order, and only of sentences that are there.
    assert [each.sentence for each in found] == sorted(each.sentence for each in found)
    assert json.dumps([each.as_dict() for each in found], ensure_ascii=False)


def test_places_of_one_name_are_told_apart_or_left() -> None:
    assert "region 350102" in said("在鼓楼区注册的企业", region="350100")
    assert "region 320106" in said("在江苏省南京市鼓楼区注册的企业")
    assert said("在鼓楼区注册的企业") == []


@pytest.mark.parametrize("text", ["", " \n　\n", "。。。\n——\n"])
def test_a_scan_is_told(text: str) -> None:
    with pytest.raises(NothingToRead) as refusal:
        read(text)
    assert "扫描件" in refusal.value.message_zh
    with pytest.raises(NothingToRead):
        propose_item(split_sentences(text), CATALOGUE)


PIECES = [
    *"，。；：（）、0139.%元年月日人以上含至不超过",
    "不少于",
    "万元",
    "奖励",
    "研发投入",
    "广东省",
    "工业企业",
    "每人",
    "最高",
    " ",
    "\n",
    "　",
    "１",
    "专精特新",
    "2026年",
    "自",
    "起",
    "百分之",
    "—",
]


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60))
def test_whatever_the_text_proposals_point_at_it(text: str) -> None:
    sentences = {each.number: each for each in split_sentences(text)}
    try:
        found = read_document(list(sentences.values()), CATALOGUE, region="440000")
    except NothingToRead:
        return
    for each in found:
        sentence = sentences[each.sentence]
        assert 0 <= each.start < each.end <= len(sentence.text)
        assert sentence.text[each.start : each.end] == each.quote != ""
        assert each.reason and each.reason_zh


def test_places_lead_back_to_the_text_as_written() -> None:
    text = "参保　人数 不少于 １ ０ 人。"
    [one] = read(text)
    assert one.statement == "emp.insured_count >= 10"
    assert one.quote == "参保　人数 不少于 １ ０ 人"


def test_time_grows_with_the_length() -> None:
    """Counted in calls, not seconds: four times the sentences are four times the work."""
    sentences = split_sentences(DOCUMENT)
    read_document(sentences, CATALOGUE)

    def calls(times: int) -> int:
        count = 0

        def note(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += event == "call"

        repeated = [
            Sentence(at + 1, each.clause, each.text, 0, 0) for at, each in enumerate(sentences * times)
        ]
        sys.setprofile(note)
        try:
            read_document(repeated, CATALOGUE)
        finally:
            sys.setprofile(None)
        return count

    small, large = calls(5), calls(20)
    assert large <= 4 * small * 1.02


def test_of_a_sentence_without_end_the_beginning_is_read() -> None:
    long = "参保人数不少于10人，" + "且如此，" * 20_000 + "研发人员不少于5人"
    assert said(long) == ["condition emp.insured_count >= 10"]
    assert len(long) > LONGEST_SENTENCE


def test_a_catalogue_without_facts_leaves_figures_open() -> None:
    found = read_document(split_sentences("参保人数不少于10人，奖励5万元。"), FactCatalogue())
    assert [each.statement for each in found] == ["? >= 10", "50000"]


# --- the marked clauses ----------------------------------------------------------------------------------------------

TEXTS = [(code, each["text"]) for code, item in MARKS["items"].items() for each in item["texts"]]
ITEMS = sorted(MARKS["items"])
# The item compares the figures these facts are made of; the catalogue holds them ready made.
EQUIVALENT = {"fin.revenue_cagr_2y", "fin.rd_ratio", "fin.rd_ratio.each_of_2y", "sale.yoy"}
# No fact, but an average the item computes of this list.
COMPUTED = {"tax.quarters"}


def test_the_marks_cover_the_reference_items() -> None:
    assert sorted(path.stem for path in (ROOT / "examples/policies").glob("P*.yaml")) == ITEMS
    parts = [item["part"] for item in MARKS["items"].values()]
    assert parts.count("development") == parts.count("held-out") == 24
    for code, item in MARKS["items"].items():
        source = (ROOT / "examples/policies" / f"{code}.yaml").read_text("utf-8")
        flat = re.sub(r"\s+", "", source)
        for each in item["texts"]:
            assert re.sub(r"\s+", "", each["text"]) in flat, f"{code}: {each['text']}"


@pytest.mark.parametrize("code", ITEMS)
def test_marks_name_facts_that_the_item_uses(code: str) -> None:
    known = known_facts(CATALOGUE)
    source = (ROOT / "examples/policies" / f"{code}.yaml").read_text("utf-8").partition("\nscenarios:")[0]
    for each in MARKS["items"][code]["texts"]:
        for mark in each["marks"]:
            for fact in re.findall(r"[a-z]\w*(?:\.[a-z]\w*)+", mark):
                if fact in COMPUTED | EQUIVALENT:
                    continue
                one = known[fact]
                holder = one.holder.name if one.holder else ""
                assert (one.name in source and holder in source) or fact in source, mark


def test_every_expression_compiles() -> None:
    conditions: dict[str, str] = {}
    for _, text in TEXTS:
        for each in read(text, region="230000"):
            if each.expression:
                conditions[each.expression] = each.statement
    items = [
        {
            "id": f"c{at}",
            "name": statement,
            "conditions": [{"id": "c", "text": statement, "when": expression}],
            "benefit": {"grants": "无"},
        }
        for at, (expression, statement) in enumerate(conditions.items())
    ]
    loaded = load_policies([("all.yaml", json.dumps(items, ensure_ascii=False))])
    assert not loaded.problems
    assert [str(each) for each in check(loaded, CATALOGUE, DAY) if each.severity == "error"] == []
    assert len(conditions) > 120


@pytest.mark.parametrize(
    ("text", "facts", "outcome"),
    [
        ("制造业企业", {"ent.industry": "3911"}, "entitled"),
        ("制造业企业", {"ent.industry": "5211"}, "refused"),
        ("国民经济行业中类657、大类64、大类86—90的企业", {"ent.industry": "6572"}, "entitled"),
        ("在深圳市注册的企业", {"ent.region": "440305"}, "entitled"),
        ("在深圳市注册的企业", {"ent.region": "440100"}, "refused"),
        ("在广州市、深圳市注册的企业", {"ent.region": "440305"}, "entitled"),
        ("专精特新企业", {"ent.qualification": ["重点“小巨人”"]}, "entitled"),
        ("不是劳务派遣单位", {"ent.is_labor_dispatch": True}, "refused"),
        ("签订1年以上劳动合同", {"hires": [{"contract_months": Decimal(12)}]}, "entitled"),
    ],
)
def test_expressions_decide_what_the_words_say(text: str, facts: dict[str, Any], outcome: str) -> None:
    source = propose_item(split_sentences(text), CATALOGUE).source
    compiled = compile_items(load_policies([("x.yaml", source)]).items, CATALOGUE, DAY)
    assert not compiled.problems
    [program] = compiled.programs
    assert RowEvaluator([program], CATALOGUE).decide(program, facts).outcome.value == outcome


# --- drafts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ITEMS)
def test_a_draft_of_every_reference_item_loads(code: str) -> None:
    text = "\n".join(each["text"] for each in MARKS["items"][code]["texts"])
    source = propose_item(split_sentences(text), CATALOGUE, code=f"{code}-DRAFT").source
    loaded = load_policies([("draft.yaml", source)])
    assert loaded.problems == []
    assert compile_items(loaded.items, CATALOGUE, DAY).problems == []


def test_what_is_not_recognised_stays_in_sight() -> None:
    text = "参保人数不少于10人的企业。\n经营状况良好、发展前景广阔。\n奖励5万元。"
    proposed = propose_item(split_sentences(text), CATALOGUE)
    draft = yaml.safe_load(proposed.source)
    assert draft["benefit"] == {"text": "奖励5万元。", "amount": 50000}
    assert "未写入 第2句：经营状况良好、发展前景广阔。" in proposed.remarks
    assert "note" not in draft, "what the reader has to say to the author is not published"


def test_a_draft_without_conditions_is_for_nobody() -> None:
    proposed = propose_item(split_sentences("经营状况良好。"), CATALOGUE)
    draft, told = yaml.safe_load(proposed.source), "\n".join(proposed.remarks)
    assert draft["conditions"][0]["when"] is False
    assert draft["benefit"] == {"grants": "待补充：没有认出金额"}
    assert "没有认出条件" in told and "没有认出可用的金额" in told


def test_several_amounts_apply_to_nobody_until_said() -> None:
    draft = yaml.safe_load(
        propose_item(split_sentences("特级奖励300万元，一级奖励50万元。"), CATALOGUE).source
    )
    assert [(each["amount"], each["when"]) for each in draft["benefit"]["parts"]] == [
        (3000000, False),
        (500000, False),
    ]


def test_conditions_on_lines_of_a_sentence_are_on_one_line() -> None:
    draft = yaml.safe_load(
        propose_item(split_sentences("招用毕业2年内的毕业生并签订1年以上劳动合同。"), CATALOGUE).source
    )
    [condition] = draft["conditions"]
    assert condition["some"] == "新招用人员"
    assert [each["when"] for each in condition["meets"]] == ["每项.毕业年数 <= 2", "每项.合同期限 >= 12"]


def test_contradicting_days_are_left_to_a_person() -> None:
    proposed = propose_item(
        split_sentences("自2026年1月1日起施行。\n有效期至2025年12月31日。\n参保人数不少于3人。"), CATALOGUE
    )
    assert "effective" not in yaml.safe_load(proposed.source)
    assert "起止日矛盾" in "".join(proposed.remarks)


def test_only_chosen_proposals_are_used() -> None:
    sentences = split_sentences("参保人数不少于10人，研发人员不少于3人。")
    first = read_document(sentences, CATALOGUE)[:1]
    draft = yaml.safe_load(propose_item(sentences, CATALOGUE, proposals=first).source)
    assert [each["when"] for each in draft["conditions"]] == ["参保人数 >= 10"]


# --- the page --------------------------------------------------------------------------------------------------------


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reading_tool", ROOT / "tools" / "reading.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["reading_tool"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_says_what_a_new_run_finds() -> None:
    tool = _tool()
    assert tool.page_figures((ROOT / "docs" / "reading.md").read_text("utf-8")) == tool.figures()


def test_figures_keep_their_places() -> None:
    line = even("对 固定资产投资 1000万元（含）至5000万元 的项目")
    [one] = quantities(line.text, bounds())
    assert (one.low, one.value, one.low_closed) == (10_000_000, 50_000_000, True)


def test_a_draft_says_which_document_it_is_from() -> None:
    document = {"title": "若干措施", "number": "", "issuer": "演示机关", "issued": "2026-01-05", "url": ""}
    source = propose_item(
        split_sentences("参保人数不少于10人。"), CATALOGUE, code="NEW", document=document
    ).source
    assert load_policies([("draft.yaml", source)]).problems == []
    draft = yaml.safe_load(source)
    assert draft["document"] == {"title": "若干措施", "issuer": "演示机关", "issued": "2026-01-05"}
    assert draft["issuer"] == "演示机关"
