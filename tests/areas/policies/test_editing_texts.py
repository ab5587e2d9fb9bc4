"""What a first page says of a document, and what two authors wrote put together."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from yingshang.areas.policies.editing.first_page import FirstPage, read_first_page
from yingshang.areas.policies.editing.merging import merge

TODAY = date(2026, 11, 22)

NOTICE = """哈尔滨市人民政府文件

哈政规〔2026〕3 号

哈尔滨市人民政府关于印发支持企业吸纳
就业若干措施的通知

各区、县（市）人民政府，市政府有关部门：
现将《支持企业吸纳就业若干措施》印发给你们，请遵照执行。

                    哈尔滨市人民政府
                    2026年3月5日
（此件公开发布）
"""


def test_a_notice_in_the_usual_layout() -> None:
    assert read_first_page(NOTICE, TODAY) == FirstPage(
        title="哈尔滨市人民政府关于印发支持企业吸纳就业若干措施的通知",
        number="哈政规〔2026〕3号",
        issuer="哈尔滨市人民政府",
        issued_on=date(2026, 3, 5),
    )


def test_a_day_in_chinese_numerals_and_other_brackets() -> None:
    text = "关于支持企业技术改造的实施细则\n\n长工信发[2025]12号\n第一条 为了支持。\n\n长春市工业和信息化局\n二〇二五年十二月二十一日\n"
    found = read_first_page(text, TODAY)
    assert (found.number, found.issuer, found.issued_on) == (
        "长工信发〔2025〕12号",
        "长春市工业和信息化局",
        date(2025, 12, 21),
    )
    assert found.title == "关于支持企业技术改造的实施细则"


def test_what_is_not_there_stays_empty() -> None:
    assert read_first_page("", TODAY) == FirstPage()
    assert read_first_page("参保人数不少于10人的，可以申请。", TODAY) == FirstPage()
    assert read_first_page("关于征求意见的公告\n2027年1月1日\n", TODAY).issued_on is None
    assert read_first_page("关于征求意见的公告\n2026年2月31日\n", TODAY).issued_on is None


def test_changes_in_different_places_are_both_kept() -> None:
    began = "a\nb\nc\nd\ne\n"
    merged = merge(began, "a\nB\nc\nd\ne\n", "a\nb\nc\nd\nE\nf\n")
    assert merged.text == "a\nB\nc\nd\nE\nf\n"
    assert merged.conflicts == ()


def test_where_both_changed_one_line_mine_stands_and_theirs_is_told() -> None:
    merged = merge("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc\n")
    assert merged.text == "a\nmine\nc\n"
    assert merged.conflicts == (("mine\n", "theirs\n"),)


TEXTS = st.lists(st.sampled_from("abcde"), max_size=8).map(
    lambda lines: "".join(f"{each}\n" for each in lines)
)


@given(began=TEXTS, mine=TEXTS)
def test_one_author_alone_is_merged_as_written(began: str, mine: str) -> None:
    assert merge(began, mine, began).text == mine
    assert merge(began, began, mine).text == mine
    assert merge(began, mine, mine).text == mine


@given(began=TEXTS, mine=TEXTS, theirs=TEXTS)
def test_nothing_of_mine_is_lost(began: str, mine: str, theirs: str) -> None:
    """Every line that was mine alone is in the merged text."""
    merged = merge(began, mine, theirs)
    for line in set(mine.splitlines()) - set(began.splitlines()):
        assert line in merged.text.splitlines()
