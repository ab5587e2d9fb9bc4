"""What is read from the text of contracts: made-up texts in the wording of procurement, construction, lease and expropriation."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingshang.areas.contracts.obligations.planning import read_rule
from yingshang.areas.contracts.registering.amounts import fen_of_words, whole_number
from yingshang.areas.contracts.registering.reading import Proposals, read_contract_text
from yingshang.kernel.reference.api import make_credit_code

OWN, OTHER = (
    make_credit_code("1", "1", "230102", "00000017"),
    make_credit_code("9", "1", "230102", "12345678"),
)

PROCUREMENT = f"""会议设备采购合同
合同编号：示范采〔2026〕12号
甲方（采购人）：示范区机关事务管理局
统一社会信用代码：{OWN}
乙方（供应商）：示例（集团）科技有限公司
统一社会信用代码：{OTHER}
一、合同总价款：人民币（大写）壹佰贰拾叁万肆仟伍佰元整（¥1,234,500.00元）。
二、合同期限自2026年3月2日起至2026年12月31日止。
三、付款方式：合同签订后10个工作日内支付合同总价的30%；验收合格之日起30日内支付合同总价的65%；
质保期满后14日内返还质保金5%。
签订日期：2026年3月2日
"""
CONSTRUCTION = """老旧小区改造工程施工合同
发包人：示范区住房和城乡建设局
承包人：示例建设工程有限公司
签约合同价为：人民币叁佰万元整（小写：3000000元）。
计划开工日期：2026-04-01，计划竣工日期：2026-10-30。
发包人应在合同签订后支付预付款10%，竣工验收合格后28天内支付至合同价的80%。
结算审计完成后三十日内付清至97%，缺陷责任期满后返还质量保证金3%。
二〇二六年三月十五日
"""
LEASE = """房屋租赁合同
出租方：示例资产经营有限公司
承租方：示范街道办事处
租赁期限：2026年1月1日至2028年12月31日。
租金总额（元）：360000
"""
CONTRADICTS = """物业服务合同
甲方：示范区第一小学
乙方：示例物业服务有限公司
合同金额：人民币大写拾万元整（¥120,000.00）。
"""


def _texts(found: Proposals, field: str) -> list[object]:
    return [each.value for each in found.of(field)]


def test_a_procurement_contract() -> None:
    found = read_contract_text(PROCUREMENT)
    assert found.first("title") == "会议设备采购合同"
    assert found.first("reference") == "示范采〔2026〕12号"
    assert found.first("unit_name") == "示范区机关事务管理局"
    assert found.first("unit_code") == OWN
    assert found.first("counterparty_name") == "示例（集团）科技有限公司"
    assert found.first("counterparty_code") == OTHER
    assert _texts(found, "amount_fen") == [123_450_000, 123_450_000]
    assert not found.disagreements
    assert found.first("signed_on") == found.first("starts_on") == date(2026, 3, 2)
    assert found.first("ends_on") == date(2026, 12, 31)
    rules = [(each["kind"], each["terms"], each["share"]) for each in _texts(found, "obligation")]  # type: ignore[index]
    assert rules == [
        ("pay", {"after": "signed", "term": {"working_days": 10}}, "0.3"),
        ("pay", {"after": "accepted", "term": {"days": 30}}, "0.65"),
        ("return_deposit", {"after": "warranty_ended", "term": {"days": 14}}, "0.05"),
    ]


def test_a_construction_contract_and_days_in_words() -> None:
    found = read_contract_text(CONSTRUCTION)
    assert found.first("unit_name") == "示范区住房和城乡建设局"
    assert found.first("counterparty_name") == "示例建设工程有限公司"
    assert _texts(found, "amount_fen") == [300_000_000, 300_000_000]
    assert (found.first("starts_on"), found.first("ends_on")) == (date(2026, 4, 1), date(2026, 10, 30))
    assert found.first("signed_on") == date(2026, 3, 15)
    events = [each["terms"]["after"] for each in _texts(found, "obligation")]  # type: ignore[index]
    assert events == ["signed", "accepted", "settled", "warranty_ended"]


def test_a_lease_in_which_the_unit_is_the_second_party() -> None:
    found = read_contract_text(LEASE)
    assert found.first("counterparty_name") == "示例资产经营有限公司"
    assert found.first("unit_name") == "示范街道办事处"
    assert found.first("amount_fen") == 36_000_000
    assert (found.first("starts_on"), found.first("ends_on")) == (date(2026, 1, 1), date(2028, 12, 31))


def test_where_words_and_figures_differ_both_are_proposed_and_it_is_said() -> None:
    found = read_contract_text(CONTRADICTS)
    assert _texts(found, "amount_fen") == [10_000_000, 12_000_000]
    assert found.disagreements == ("amount_fen",)


def _wrapped(text: str, width: int) -> str:
    """As a PDF gives it: lines of the width of the page, broken within sentences."""
    lines = []
    for paragraph in text.replace("；\n", "；").split("\n"):
        lines += [paragraph[at : at + width] for at in range(0, max(len(paragraph), 1), width)]
    return "\n".join(lines)


@pytest.mark.parametrize("width", [26, 28, 33, 41])
def test_lines_broken_within_sentences_say_the_same(width: int) -> None:
    text = _wrapped(PROCUREMENT + CONSTRUCTION.split("\n", 5)[5], width)
    whole, found = read_contract_text(PROCUREMENT + CONSTRUCTION.split("\n", 5)[5]), read_contract_text(text)
    for field in (
        "title",
        "reference",
        "unit_name",
        "counterparty_name",
        "amount_fen",
        "ends_on",
        "obligation",
    ):
        assert _texts(found, field) == _texts(whole, field), field
    for each in found.found:
        assert each.quoted == " ".join(text[each.start : each.end].split()) != ""


@pytest.mark.parametrize("text", [PROCUREMENT, CONSTRUCTION, LEASE, CONTRADICTS])
def test_each_proposal_stands_where_it_says_and_each_rule_can_be_taken(text: str) -> None:
    for each in read_contract_text(text).found:
        assert each.quoted == " ".join(text[each.start : each.end].split()) != ""
        if each.field == "obligation":
            assert read_rule({**each.value, "amount_fen": None})


@pytest.mark.parametrize(
    "text", ["", "\0" * 50, "支付" * 5000, "9" * 5000, "（" * 3000, "2026年99月99日" * 200, "甲方：" * 999]
)
def test_what_is_no_contract_proposes_nothing_that_breaks(text: str) -> None:
    assert not read_contract_text(text).of("amount_fen")


@given(
    st.text(
        "甲乙方：:公司局合同编号总价金额人民币大写元万整壹拾零1234567890.,年月日支付验收合格后内%自至（）\n，。； A",
        max_size=300,
    )
)
def test_whatever_is_read_each_proposal_stands_where_it_says(text: str) -> None:
    for each in read_contract_text(text).found:
        assert 0 <= each.start < each.end <= len(text)
        assert each.quoted == " ".join(text[each.start : each.end].split())


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("壹元整", 100),
        ("拾万元整", 10_000_000),
        ("叁亿零伍拾元", 30_000_005_000),
        ("壹仟零壹拾万零贰佰元零伍分", 1_010_020_005),
        ("壹万贰仟叁佰肆拾伍亿元", 123_450_000_000_000),
        ("人民币玖角", None),
        ("一百二十元五角", 12_050),
    ],
)
def test_amounts_in_words(written: str, fen: int | None) -> None:
    assert fen_of_words(written) == fen


def test_numbers_in_words() -> None:
    assert [whole_number(each) for each in ("十", "二十八", "一百零五", "〇", "")] == [10, 28, 105, 0, None]
