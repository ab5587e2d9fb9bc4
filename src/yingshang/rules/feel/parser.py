"""From text to syntax tree. Parse once, evaluate many times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, DecimalException
from functools import cache, lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken
from lark.lexer import Lexer

from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel import temporal
from yingshang.rules.feel.lexer import tokenize
from yingshang.rules.feel.syntax import (
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    ContextLiteral,
    Filter,
    For,
    FunctionDefinition,
    If,
    In,
    InstanceOf,
    Iterator_,
    ListLiteral,
    Literal,
    Name,
    Negate,
    Node,
    Or,
    Path,
    Quantified,
    RangeLiteral,
    TypeName,
    UnaryTest,
    UnaryTests,
    depth,
    walk,
)
from yingshang.rules.feel.values import Failure, number

DEEPEST = 200
"""How deep an expression may nest; Python's own stack ends at about a thousand calls."""

LONGEST = 30_000
"""Characters of an expression."""

_TOO_LARGE = object()


def parse_expression(text: str, names: Iterable[str] = ()) -> Node:
    """The syntax tree of an expression.

    `names` are the facts and variables that may occur; only those that hold spaces or signs need to be given.
    Raises ExpressionError with line, column, the offending text and what was expected.
    """
    return _parse(text, "expression", frozenset(names))


def parse_unary_tests(text: str, names: Iterable[str] = ()) -> UnaryTests:
    """The syntax tree of a decision table's input cell, such as `< 5, [10..20]` or `not("a")` or `-`."""
    tree = _parse(text, "unary_tests", frozenset(names))
    assert isinstance(tree, UnaryTests)
    return tree


class _Tokens(Lexer):
    """Hands the tokens of `tokenize` to lark."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any = None) -> Iterator[Token]:
        return iter(lexer_state)


class _Build(Transformer[Token, Any]):
    """Syntax nodes from grammar rules; each child is a node or a token, brackets and commas among them."""

    def disjunction(self, children: list[Any]) -> Node:
        operands = _nodes(children)
        return Or(tuple(operands), start=operands[0].start, end=operands[-1].end)

    def conjunction(self, children: list[Any]) -> Node:
        operands = _nodes(children)
        return And(tuple(operands), start=operands[0].start, end=operands[-1].end)

    def compare(self, children: list[Token]) -> Token:
        return children[0]

    def comparison(self, children: list[Any]) -> Node:
        left, operator, right = children
        return Comparison(str(operator), left, right, start=left.start, end=right.end)

    def between(self, children: list[Any]) -> Node:
        value, low, high = _nodes(children)
        return Between(value, low, high, start=value.start, end=high.end)

    def in_one(self, children: list[Any]) -> Node:
        value, test = _nodes(children)
        return In(value, (test,), start=value.start, end=test.end)

    def in_many(self, children: list[Any]) -> Node:
        value, *tests = _nodes(children)
        return In(value, tuple(tests), start=value.start, end=children[-1].end_pos)

    def instance_of(self, children: list[Any]) -> Node:
        value, _, type_name = children
        return InstanceOf(value, type_name, start=value.start, end=type_name.end)

    def arithmetic(self, children: list[Any]) -> Node:
        left, operator, right = children
        return Arithmetic(str(operator), left, right, start=left.start, end=right.end)

    def negate(self, children: list[Any]) -> Node:
        sign, operand = children
        if isinstance(operand, Literal) and isinstance(operand.value, Decimal) and operand.value > 0:
            return Literal(-operand.value, start=sign.start_pos, end=operand.end)
        return Negate(operand, start=sign.start_pos, end=operand.end)

    def path(self, children: list[Any]) -> Node:
        source, _, name = children
        return Path(source, str(name), start=source.start, end=name.end_pos)

    def filter(self, children: list[Any]) -> Node:
        source, _, condition, close = children
        return Filter(source, condition, start=source.start, end=close.end_pos)

    def positional(self, children: list[Any]) -> tuple[tuple[Node, ...], tuple[tuple[str, Node], ...]]:
        return tuple(_nodes(children)), ()

    def named(self, children: list[Any]) -> tuple[tuple[Node, ...], tuple[tuple[str, Node], ...]]:
        return (), tuple(each for each in children if not isinstance(each, Token))

    def argument(self, children: list[Any]) -> tuple[str, Node]:
        return str(children[0]), children[2]

    def call(self, children: list[Any]) -> Node:
        function, _, (arguments, named), close = children
        return Call(function, arguments, named, start=function.start, end=close.end_pos)

    def number(self, children: list[Token]) -> Node:
        try:
            return _literal(number(str(children[0])), children)
        except DecimalException:
            # No FEEL number; said so below, where the text is at hand to point at.
            return _literal(_TOO_LARGE, children)

    def string(self, children: list[Token]) -> Node:
        return _literal(str(children[0]), children)

    def at_literal(self, children: list[Token]) -> Node:
        value: Any = temporal.parse_at_literal(str(children[1]))
        if value is None:  # null in FEEL mode, an error in policy mode
            value = Failure(
                f'@"{children[1]}" is no date, time or duration', f"“{children[1]}”不是日期、时间或时长"
            )
        return _literal(value, children)

    def constant(self, children: list[Token]) -> Node:
        return _literal({"TRUE": True, "FALSE": False, "NULL": None}[children[0].type], children)

    def name(self, children: list[Token]) -> Node:
        return Name(str(children[0]), start=_start(children), end=_end(children))

    def parenthesis(self, children: list[Any]) -> Node:
        node: Node = children[1]
        return node

    def range(self, children: list[Any]) -> Node:
        opening, low, _, high, closing = children
        return RangeLiteral(
            low,
            high,
            opening.type == "LSQB",
            closing.type == "RSQB",
            start=opening.start_pos,
            end=closing.end_pos,
        )

    def list_(self, children: list[Any]) -> Node:
        return ListLiteral(tuple(_nodes(children)), start=_start(children), end=_end(children))

    def context(self, children: list[Any]) -> Node:
        entries = tuple(each for each in children if not isinstance(each, Token))
        return ContextLiteral(entries, start=_start(children), end=_end(children))

    def entry(self, children: list[Any]) -> tuple[str, Node]:
        return str(children[0]), children[2]

    def if_(self, children: list[Any]) -> Node:
        condition, then, otherwise = _nodes(children)
        return If(condition, then, otherwise, start=_start(children), end=otherwise.end)

    def iterator(self, children: list[Any]) -> Node:
        name = children[0]
        source, *upto = _nodes(children)
        return Iterator_(
            str(name), source, upto[0] if upto else None, start=name.start_pos, end=(upto or [source])[0].end
        )

    def for_(self, children: list[Any]) -> Node:
        *iterators, result = _nodes(children)
        return For(tuple(iterators), result, start=_start(children), end=result.end)

    def quantified(self, children: list[Any]) -> Node:
        *iterators, condition = _nodes(children)
        return Quantified(
            children[0].type == "SOME", tuple(iterators), condition, start=_start(children), end=condition.end
        )

    def parameter(self, children: list[Any]) -> tuple[str, TypeName | None]:
        return str(children[0]), children[2] if len(children) == 3 else None

    def function(self, children: list[Any]) -> Node:
        parameters = tuple(each for each in children if isinstance(each, tuple))
        body: Node = children[-1]
        if any(isinstance(each, Token) and each.type == "EXTERNAL" for each in children):
            # Java and PMML are outside of this implementation: such a function is null, as the standard allows.
            return Literal(None, start=_start(children), end=body.end)
        return FunctionDefinition(parameters, body, start=_start(children), end=body.end)

    def simple_type(self, children: list[Token]) -> TypeName:
        return TypeName(str(children[0]), start=_start(children), end=_end(children))

    def generic_type(self, children: list[Any]) -> TypeName:
        arguments = tuple(each for each in children if isinstance(each, TypeName))
        return TypeName(str(children[0]), arguments, start=_start(children), end=_end(children))

    def context_type(self, children: list[Any]) -> TypeName:
        entries = tuple(each for each in children if isinstance(each, tuple))
        return TypeName(str(children[0]), (), entries, start=_start(children), end=_end(children))

    def function_type(self, children: list[Any]) -> TypeName:
        *arguments, result = [each for each in children if isinstance(each, TypeName)]
        return TypeName("function", tuple(arguments), (), result, start=_start(children), end=result.end)

    def type_entry(self, children: list[Any]) -> tuple[str, TypeName]:
        return str(children[0]), children[2]

    def unary_test(self, children: list[Any]) -> Node:
        operator, operand = children
        return UnaryTest(str(operator), operand, start=operator.start_pos, end=operand.end)

    def any_test(self, children: list[Token]) -> Node:
        return UnaryTests((), start=_start(children), end=_end(children))

    def unary_tests(self, children: list[Any]) -> Node:
        tests = _nodes(children)
        negated = False
        if len(tests) == 1 and isinstance(tests[0], Call) and tests[0].function == Name("not"):
            tests, negated = list(tests[0].arguments), True
        return UnaryTests(tuple(tests), negated, start=_start(children), end=_end(children))


def _nodes(children: list[Any]) -> list[Any]:
    return [each for each in children if isinstance(each, Node)]


def _start(children: list[Any]) -> int:
    first = children[0]
    return int((first.start_pos or 0) if isinstance(first, Token) else first.start)


def _end(children: list[Any]) -> int:
    last = children[-1]
    return int((last.end_pos or 0) if isinstance(last, Token) else last.end)


def _literal(value: Any, tokens: list[Token]) -> Literal:
    return Literal(value, start=_start(tokens), end=_end(tokens))


@cache
def _parser() -> Lark:
    """Made when the first text is read: its tables take a sixth of a second, and many commands read none."""
    return Lark.open(
        "grammar.lark",
        rel_to=__file__,
        parser="lalr",
        lexer=_Tokens,
        start=["expression", "unary_tests"],
        transformer=_Build(),
        maybe_placeholders=False,
    )


# How tokens are called when telling somebody what could stand at a place.
_WRITTEN = {
    "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "LBRACE": "{", "RBRACE": "}", "COMMA": ",", "DOT": ".",
    "DOTDOT": "..", "COLON": ":", "EQUAL": "=", "UNEQUAL": "!=", "LESS": "<", "LESS_EQUAL": "<=", "MORE": ">",
    "MORE_EQUAL": ">=", "PLUS": "+", "MINUS": "-", "TIMES": "*", "DIVIDE": "/", "POWER": "**", "OPEN_LOW": "]",
    "OPEN_HIGH": "[", "ARROW": "->", "INSTANCE_OF": "instance of", "AT": '@"…"',
}  # fmt: skip
# Sets of tokens that are one thing to a reader; the first that fits whole is named instead of its tokens.
_COMPARISONS = frozenset({"EQUAL", "UNEQUAL", "LESS", "LESS_EQUAL", "MORE", "MORE_EQUAL"})
_GROUPS: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset(
            {
                "NAME", "NUMBER", "STRING", "LPAR", "LSQB", "LBRACE", "AT", "MINUS", "IF", "FOR", "TRUE", "FALSE",
                "NULL", "SOME", "EVERY", "FUNCTION", "OPEN_LOW",
            }
        ),
        "a value",
        "一个值",
    ),
    (
        _COMPARISONS
        | {
            "PLUS", "MINUS", "TIMES", "DIVIDE", "POWER", "AND", "OR", "IN", "BETWEEN", "INSTANCE_OF", "LPAR", "LSQB",
            "DOT",
        },
        "an operator",
        "运算符",
    ),
    (_COMPARISONS, "a comparison", "比较符"),
    (frozenset({"NAME", "FUNCTION", "NULL"}), "a type", "类型"),
    (frozenset({"NAME"}), "a name", "名称"),
    (frozenset({"STRING"}), "a string", "文字"),
    (frozenset({"NUMBER"}), "a number", "数字"),
    (frozenset({"$END"}), "the end", "结尾"),
)  # fmt: skip
_CLOSING = {")": "(", "]": "[", "}": "{"}
_UNITS = {"万": "10000", "亿": "100000000", "万元": "10000", "亿元": "100000000"}


def _named(kinds: set[str]) -> tuple[list[str], list[str]]:
    """What could stand at a place, in English and in Chinese."""
    english, chinese = [], []
    for group, name, name_zh in _GROUPS:
        if group <= kinds:
            kinds = kinds - group
            english.append(name)
            chinese.append(name_zh)
    signs = sorted(_WRITTEN.get(kind, kind.lower()) for kind in kinds)
    return english + signs, chinese + signs


@lru_cache(maxsize=65_536)
def _parse(text: str, start: str, names: frozenset[str]) -> Node:
    if len(text) > LONGEST:
        raise ExpressionError(
            f"an expression has at most {LONGEST} characters, this one {len(text)}; take it apart",
            message_zh=f"表达式最多 {LONGEST} 个字符，现有 {len(text)} 个，请拆分",
            source=text[:LONGEST],
            position=0,
        )
    tokens = tokenize(text, names)
    if not tokens:
        raise ExpressionError(
            "the expression is empty",
            message_zh="表达式为空",
            source=text,
            position=len(text),
            expected=["an expression"],
        )
    try:
        tree: Any = _parser().parse(tokens, start=start)
    except UnexpectedToken as error:
        raise _unexpected(text, error, tokens) from None
    except UnexpectedInput as error:  # pragma: no cover - lark names no other kind for a token list
        raise ExpressionError(str(error), source=text, position=error.pos_in_stream or 0) from None
    assert isinstance(tree, Node)
    if depth(tree) > DEEPEST:
        raise ExpressionError(
            f"this is nested more than {DEEPEST} levels deep; take it apart, or use sum([…]) for a long sum",
            message_zh=f"嵌套超过 {DEEPEST} 层，请拆分；很长的加法请用 sum([…])",
            source=text,
            position=tree.start,
        )
    for each in walk(tree):
        if isinstance(each, Literal) and each.value is _TOO_LARGE:
            raise ExpressionError(
                "this number is too large",
                message_zh="数字过大",
                source=text,
                position=each.start,
                text=text[each.start : each.end],
                expected=["a number below 1e6145"],
            )
    return tree


def _unexpected(text: str, error: UnexpectedToken, tokens: list[Token]) -> ExpressionError:
    token = error.token
    expected, expected_zh = _named(set(error.accepts or error.expected))
    at_end = token.type == "$END"
    position = len(text.rstrip()) if at_end else int(token.start_pos or 0)
    found = "" if at_end else text[position : token.end_pos]
    message, message_zh = f"{found!r} cannot stand here", f"此处不能出现“{found}”"
    before = next((each for each in reversed(tokens) if (each.end_pos or 0) <= position), None)
    if at_end:
        message, message_zh = "the expression stops too early", "表达式不完整"
        opening = _left_open(tokens)
        if opening is not None:
            place = ExpressionError("", source=text, position=int(opening.start_pos or 0))
            message += f": {opening} in line {place.line}, column {place.column} is not closed"
            message_zh += f"：第 {place.line} 行第 {place.column} 列的 {opening} 没有闭合"
    elif found in _CLOSING and not expected:
        message, message_zh = f"{found!r} closes nothing", f"“{found}”没有对应的“{_CLOSING[found]}”"
    elif before is not None and before.type == "NUMBER" and found in _UNITS:
        message += f"; write {before} * {_UNITS[found]}"
        message_zh += f"，请写作 {before} * {_UNITS[found]}"
    if expected:
        message += f"; expected {', '.join(expected)}"
        message_zh += f"，此处应为：{'、'.join(expected_zh)}"
    return ExpressionError(
        message, message_zh=message_zh, source=text, position=position, text=found, expected=expected
    )


def _left_open(tokens: list[Token]) -> Token | None:
    """The innermost bracket that is not closed."""
    waiting: list[Token] = []
    for token in tokens:
        if token.type in ("LPAR", "LSQB", "LBRACE", "OPEN_LOW"):
            waiting.append(token)
        elif token.type in ("RPAR", "RSQB", "RBRACE", "OPEN_HIGH") and waiting:
            waiting.pop()
    return waiting[-1] if waiting else None


__all__ = ["parse_expression", "parse_unary_tests"]
