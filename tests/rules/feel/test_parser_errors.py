"""Bad input is answered with its place, the offending text and what to write instead, in both languages."""

from __future__ import annotations

import pytest

from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel.parser import DEEPEST, parse_expression, parse_unary_tests


def error_of(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "offending", "expected", "message", "message_zh"),
    [
        ("", 1, 1, "", "an expression", "empty", "为空"),
        ("  // only a comment", 1, 20, "", "an expression", "empty", "为空"),
        # full-width and look-alike signs
        ("营业收入 ＞ 100", 1, 6, "＞", ">", "write >", "请改用 >"),
        ("sum（甲)", 1, 4, "（", "(", "write (", "请改用 ("),
        ("max(甲，乙)", 1, 6, "，", ",", "write ,", "请改用 ,"),
        ("行业 = “制造业”", 1, 6, "“", '"', 'write "', '请改用 "'),
        ("甲 ≥ 5", 1, 3, "≥", ">=", "write >=", "请改用 >="),
        ("行业 = '制造业'", 1, 6, "'", '"', 'write "', '请改用 "'),
        ("甲 > 10%", 1, 7, "%", "/ 100", "write / 100", "请改用 / 100"),
        # signs of other languages
        ("a == b", 1, 3, "==", "=", "write =", "请改用 ="),
        ("a => b", 1, 3, "=>", ">=", "write >=", "请改用 >="),
        ("a <> b", 1, 3, "<>", "!=", "write !=", "请改用 !="),
        ("a && b", 1, 3, "&&", "and", "write and", "请改用 and"),
        ("!a", 1, 1, "!", "not(…)", "write not(…)", "请改用 not(…)"),
        # something is missing
        ('甲 = "制造业', 1, 5, '"制造业', '"', "never closed", "没有结束的引号"),
        ("if a then b", 1, 12, "", "else", "stops too early; expected else", "应为：else"),
        ("if a b else c", 1, 8, "else", "then", "'else' cannot stand here", "“else”"),
        ("a +", 1, 4, "", "a value", "expected a value", "一个值"),
        ("some x in a", 1, 12, "", "satisfies", "satisfies", "satisfies"),
        ("a between 1", 1, 12, "", "and", "expected and", "and"),
        ("a.b.", 1, 5, "", "a name", "expected a name", "名称"),
        ("x instance of 5", 1, 15, "5", "a type", "expected a type", "类型"),
        # brackets
        ("(a + b", 1, 7, "", ")", "( in line 1, column 1 is not closed", "第 1 行第 1 列的 ( 没有闭合"),
        ("a\n  + (b[1", 2, 9, "", "]", "[ in line 2, column 7 is not closed", "第 2 行第 7 列的 [ 没有闭合"),
        ("a + b)", 1, 6, ")", None, "closes nothing", "没有对应的“(”"),
        ("{a: 1", 1, 6, "", "}", "{ in line 1, column 1", "第 1 行第 1 列的 {"),
        # something is too much
        ("* b", 1, 1, "*", "a value", "'*' cannot stand here", "不能出现“*”"),
        ("1 2", 1, 3, "2", "an operator", "expected an operator, the end", "运算符、结尾"),
        ("营业收入 > 100万", 1, 11, "万", "an operator", "write 100 * 10000", "请写作 100 * 10000"),
        ("a\nand\n  or b", 3, 3, "or", "a value", "'or' cannot stand here", "不能出现“or”"),
        ("1e7000", 1, 1, "1e7000", "a number below 1e6145", "too large", "过大"),
        ("#x", 1, 1, "#", None, "no part of an expression", "不能出现 #"),
    ],
)  # fmt: skip
def test_bad_input(
    text: str, line: int, column: int, offending: str, expected: str | None, message: str, message_zh: str
) -> None:
    error = error_of(text)
    assert (error.line, error.column, error.text) == (line, column, offending)
    assert expected in error.expected if expected else not error.expected
    assert message in error.message
    assert message_zh in error.message_zh
    assert error.as_dict()["line"] == line


def test_the_pointer_shows_the_place() -> None:
    assert error_of("a\n+ * b").pointer() == "+ * b\n  ^"


def test_deep_nesting_is_refused_not_a_crash() -> None:
    assert str(DEEPEST) in error_of("[" * 5000 + "]" * 5000).message
    assert "sum" in error_of("1" + " + 1" * 5000).message
    assert parse_expression("(" * 5000 + "1" + ")" * 5000) is not None  # parentheses add no level
    with pytest.raises(ExpressionError):
        parse_unary_tests("not(" * 500)


def test_a_known_name_may_hold_what_is_refused_elsewhere() -> None:
    name = "营业收入（万元）"
    assert parse_expression(f"{name} > 5", [name]) is not None
    assert error_of(f"{name} > 5").text == "（"
