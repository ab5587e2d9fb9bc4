"""What an appeal says: tidied, held to its limits, and masked. Without a database."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from yingshang.areas.appeals.text import InvalidText, checked, clean, for_comparing, mask
from yingshang.areas.appeals.text.rules import text_rules

QUICK = settings(max_examples=60)
STAR = "＊"
HAN = st.text(st.sampled_from("我们反映的问题是窗口一直不给办理拖了半年了，。！\n"), max_size=12)
DIGITS = {
    "plain": "0123456789",
    "wide": "０１２３４５６７８９",
    "chinese": "零一二三四五六七八九",
    "circled": "⓪①②③④⑤⑥⑦⑧⑨",
    "capital": "零壹贰叁肆伍陆柒捌玖",
}


# -- tidying ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("停电\x00三天\x07了", "停电三天了"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("停\u200b电\ufeff了\u00ad", "停电了"),
        ("第一行\r\n第二行\u2028第三行", "第一行\n第二行\n第三行"),
        ("👩‍🔧在修 👨🏽‍💻 👨‍👩‍👧", "👩‍🔧在修 👨🏽‍💻 👨‍👩‍👧"),
        ("a\u200db", "ab"),
        ("e\u0301", "é"),
        ("坏\ud800字", "坏字"),
        ("\n\n\n\n段落\n\n\n", "段落"),
        ("a" + "\u0301\u0323" * 300, None),
    ],
)
def test_what_nobody_sees_is_taken_out_and_the_rest_stays(written: str, kept: str | None) -> None:
    cleaned = clean(written)
    if kept is None:
        assert len(cleaned) < 10
    else:
        assert cleaned == kept


@QUICK
@given(st.text(max_size=60))
@example("a\u200d\u200b\u200d👩")
def test_tidying_twice_changes_nothing_and_leaves_nothing_unseen(written: str) -> None:
    once = clean(written)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    unseen = {sign for sign in once if unicodedata.category(sign)[0] == "C"} - {"\n", "\u200d"}
    assert not unseen
    once.encode()


def test_runs_are_shortened_for_comparing_only() -> None:
    assert for_comparing("急急急急急急！！！！！\n\n\n\nＡ") == "急急急!!!\na"
    assert clean("急急急急急急！！！！！") == "急急急急急急！！！！！"


# -- limits -----------------------------------------------------------------------------------------------------


def test_a_text_within_the_limits_is_kept_and_names_itself() -> None:
    assert checked("", "停电三天了\n一直没人管").title == "停电三天了"
    assert checked(" 供 电 \n", "停电三天了").title == "供 电"
    assert len(checked("", "电" + "停" * 4999).title) == text_rules().limits.title_longest
    assert checked("", "停电了", title_needed=False).title == ""


@pytest.mark.parametrize(
    ("title", "body", "fields", "said"),
    [
        ("", "", ["body"], "请写明发生了什么事"),
        ("", " \u200b\n", ["body"], "请写明发生了什么事"),
        ("", "😡😡😡😡", ["body"], "请用文字写明"),
        ("", "啊" * 40, ["body"], "请用文字写明"),
        ("题" * 61, "停电三天了", ["title"], "请删去 1 字"),
        ("", "停电" * 25_000, ["body"], "请删去 45,000 字：写明要点，其余内容可作为附件上传"),
        ("题" * 70, "停电" * 3_000, ["title", "body"], "请删去 1,000 字"),
        ("", "停" * 1_000_000, ["body"], "请删去 995,000 字"),
    ],
)
def test_a_text_beyond_the_limits_is_told_what_to_do(
    title: str, body: str, fields: list[str], said: str
) -> None:
    with pytest.raises(InvalidText) as refused:
        checked(title, body)
    assert [each.field for each in refused.value.problems] == fields
    assert said in refused.value.message_zh
    assert refused.value.message != refused.value.message_zh


# -- masking ----------------------------------------------------------------------------------------------------


@st.composite
def identities(draw: st.DrawFn) -> str:
    place = draw(st.sampled_from(["230102", "440305", "110101", "659004"]))
    day = draw(st.dates(min_value=_day(1930), max_value=_day(2020)))
    body = f"{place}{day:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return body + ric.calc_check_digit(body)


def _day(year: int) -> date:
    return date(year, 1, 1)


def mobiles() -> st.SearchStrategy[str]:
    return st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@st.composite
def cards(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(["62220202", "45637012", "95588023", "52234567"]))
    body += draw(st.text("0123456789", min_size=7, max_size=10))
    return body + luhn.calc_check_digit(body)


@st.composite
def written(draw: st.DrawFn, number: str) -> str:
    """A number as people write it to be read by people only."""
    signs = DIGITS[draw(st.sampled_from(sorted(DIGITS)))]
    between = draw(
        st.lists(
            st.sampled_from(["", "", " ", "-", " - ", "·", "\u200b", "　", "/", "—", "."]),
            min_size=len(number),
            max_size=len(number),
        )
    )
    shown = [signs[int(each)] if each.isdigit() else draw(st.sampled_from("XxＸ")) for each in number]
    return "".join(sign + gap for sign, gap in zip(shown, [*between[1:], ""], strict=True))


@QUICK
@given(st.data(), st.one_of(identities(), mobiles(), cards()), HAN, HAN)
def test_no_number_of_a_person_survives_in_any_formatting(
    data: st.DataObject, number: str, before: str, after: str
) -> None:
    # A Chinese numeral in front would be a digit of the number itself: what stands beside it are other words.
    before, after = before.replace("一", ""), after.replace("一", "")
    hidden = data.draw(written(number))
    masked = mask(before + hidden + after)
    assert masked.text == before + STAR * len(hidden) + after
    assert [(each.start, each.end) for each in masked.findings] == [(len(before), len(before) + len(hidden))]


ALPHABET = "张王李三丰0123456789Xx１２一二三 -.,:：，。\n@abE京A*＊傻逼栋室单元号联系人电话微信身份证元\u200b"


@QUICK
@given(st.one_of(st.text(ALPHABET, max_size=80), st.text(max_size=80)))
@example("联系人张三 138 0013 8000 傻傻逼逼")
@example("138傻逼00138000")
def test_masking_is_done_once_and_changes_nothing_else(text: str) -> None:
    masked = mask(text)
    assert mask(masked.text).text == masked.text
    assert len(masked.text) == len(text)
    inside = {place for each in masked.findings for place in range(each.start, each.end)}
    for place, (shown, given_sign) in enumerate(zip(masked.text, text, strict=True)):
        assert shown in ({STAR, "\n"} if place in inside else {given_sign})


@pytest.mark.parametrize(
    ("text", "shown", "kinds"),
    [
        ("电话：８２３４５６７８转三", "电话：＊＊＊＊＊＊＊＊转三", ["phone"]),
        ("(0451) 8234-5678", "(" + STAR * 15, ["phone"]),
        ("+86 138 0013 8000", "+" + STAR * 16, ["mobile"]),
        ("1380013800013900139000", STAR * 22, ["mobile"]),
        ("联系电话：8613800138000123，请尽快", "联系电话：" + STAR * 16 + "，请尽快", ["mobile"]),
        ("手机号为０００1380013800012", "手机号为" + STAR * 16, ["mobile"]),
        ("20261380013800012，请回电", STAR * 17 + "，请回电", ["mobile"]),
        ("113800138000（微信同号）", STAR * 12 + "（微信同号）", ["mobile"]),
        ("5 套设备 13800138000", "5 套设备 " + STAR * 11, ["mobile"]),
        ("230102900101123", STAR * 15, ["identity"]),
        ("身份证号：230102199001011230", "身份证号：" + STAR * 18, ["identity"]),
        ("流水230102199001011234567", None, []),
        ("对公账号 0912 3456 7890 12", "对公账号 " + STAR * 17, ["bank_card"]),
        ("邮箱 zhang.san＠example.org。", "邮箱 " + STAR * 21 + "。", ["email"]),
        ("车牌黑A·D12345被扣", "车牌" + STAR * 9 + "被扣", ["plate"]),
        ("持护照E12345678办理", "持护照" + STAR * 9 + "办理", ["passport"]),
        ("加微信：lao_wang-88", "加微信：" + STAR * 11, ["social"]),
        ("QQ：12345678", "QQ：" + STAR * 8, ["social"]),
        ("住3号楼2单元1502室", "住" + STAR * 11, ["address"]),
        ("联系人：张三丰，男", "联系人：张＊＊，男", ["name"]),
        ("负责人 欧阳明 在", "负责人 欧阳＊ 在", ["name"]),
        ("我去找王建国科长问", "我去找王＊＊科长问", ["name"]),
        ("你们这些 傻-逼，滚 蛋", "你们这些 ＊＊＊，＊＊＊", ["insult", "insult"]),
        ("一群S.B", "一群＊＊＊", ["insult"]),
        ("傻Ｂ窗口", "＊＊窗口", ["insult"]),
        ("儍屄", "＊＊", ["insult"]),
    ],
)
def test_what_is_personal_or_abusive_is_masked(text: str, shown: str | None, kinds: list[str]) -> None:
    masked = mask(text)
    assert masked.text == (text if shown is None else shown)
    assert [each.kind for each in masked.findings] == kinds


@pytest.mark.parametrize(
    "text",
    [
        "合同金额13,800,138,000元，已付￥13,800,138,000",
        "2026-11-22 13:30 至 2026年12月1日，文号黑政发〔2026〕12号",
        "统一社会信用代码91230102MA1234567X，订单号 20261122000123456",
        "家畜生产、杂种优势、复杂种植、电脑残值、渣打银行个人渣打卡、USB接口、SB-200型电机、智障人士",
        "订单20261380013800012，电话打不通；电话系统编号2026112200012345，手机壳20261122000123456个",
        "负责人高度重视，工作人员何时上门？高级经理和项目经理，高新区主任",
        "王科长、张某某说3栋120户、28层5000平方米、第3会议室、12345热线、400-888-8888",
        "我们缺人，渣土车不让进",
        "占比0.35，面积12345678平方米",
        "他妈妈的公司、我妈的店",
    ],
)
def test_what_is_neither_stays_as_it_is(text: str) -> None:
    assert mask(text).text == text


def test_the_senders_own_name_and_contact_are_masked_wherever_they_stand() -> None:
    masked = mask("我是赵钱孙，赵钱孙的店，短号 6123", known=["赵钱孙", "6123", "", "一"])
    assert masked.text == "我是＊＊＊，＊＊＊的店，短号 ＊＊＊＊"
    assert {each.kind for each in masked.findings} == {"known"}


@pytest.mark.parametrize(
    "piece",
    [
        "傻逼",
        "1 ",
        "230102199001011234",
        "电话1380013800",
        "138001380001 ",
        "联系人张",
        "E12345678",
        "3栋1单元",
        "\u0301\u0323",
        "微信 a",
    ],
)
def test_a_hostile_text_of_any_length_is_gone_through(piece: str) -> None:
    """Were a step quadratic in the length, let alone exponential, this would not come back."""
    text = (piece * 10_000)[:20_000]
    masked = mask(text)
    assert len(masked.text) == len(text)
    assert set(masked.text) <= {STAR, *text}
    assert len(clean(text)) <= len(text)
