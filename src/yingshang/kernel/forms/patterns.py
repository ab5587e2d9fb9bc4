"""Regular expressions of forms: which are allowed, and how they are matched. Pure.

A pattern is written by somebody who edits forms and runs on what anybody types, so its cost is bounded before it is
ever used: the number of ways in which it could be tried on a text of `LONGEST_TEXT` characters must stay below
`MOST_WAYS`. What would run away, such as `(a+)+`, is refused with what to write instead.
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants as ops
from re import _parser
from typing import Any

LONGEST_TEXT = 1000
LONGEST_PATTERN = 300
MOST_WAYS = 2_000_000


class UnsafePattern(ValueError):
    """A pattern that is not allowed. Holds both messages."""

    def __init__(self, message: str, message_zh: str) -> None:
        super().__init__(message)
        self.message, self.message_zh = message, message_zh


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as JSON Schema means it (ECMA-262: `$` is the very end, digits are 0 to 9). Raises UnsafePattern."""
    if len(pattern) > LONGEST_PATTERN:
        raise UnsafePattern(
            f"the pattern has {len(pattern)} characters; {LONGEST_PATTERN} are allowed",
            f"正则表达式有 {len(pattern)} 个字符，最多 {LONGEST_PATTERN} 个",
        )
    if "\x00" in pattern:
        raise UnsafePattern("the pattern holds a NUL character", "正则表达式含有空字符")
    text = _end_of_text(pattern)
    try:
        parsed = _parser.parse(text, re.ASCII)
        ways = _ways(list(parsed))
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsafePattern(f"this is no regular expression: {error}", f"不是正则表达式：{error}") from None
    # Without ^ the search begins anew at every character.
    anchored = bool(parsed.data) and parsed.data[0] == (ops.AT, ops.AT_BEGINNING)
    if ways * (1 if anchored else LONGEST_TEXT) > MOST_WAYS:
        raise UnsafePattern(
            "the pattern could take very long on some texts: begin it with ^, repeat nothing that itself repeats "
            "or has alternatives, and give repetitions an end, such as {1,20}",
            "这个正则表达式在某些文字上会运行极久：请以 ^ 开头，不要重复本身带重复或多种写法的部分，"
            "并给重复次数一个上限，如 {1,20}",
        )
    return re.compile(text, re.ASCII)


def matches(pattern: str, text: str) -> bool:
    """Whether the text holds the pattern. A text longer than `LONGEST_TEXT` does not."""
    return len(text) <= LONGEST_TEXT and compiled(pattern).search(text) is not None


def _end_of_text(pattern: str) -> str:
    """`$` as the very end, where Python would also stop before a last line break."""
    written, inside, position = [], False, 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            written.append(pattern[position : position + 2])
            position += 2
            continue
        if character == "[":
            inside = True
        elif character == "]":
            inside = False
        written.append(r"\Z" if character == "$" and not inside else character)
        position += 1
    return "".join(written)


def _ways(parts: list[Any]) -> int:
    """How many ways there are of matching these parts one after the other: an upper bound."""
    ways = 1
    for part in parts:
        ways *= _ways_of(part)
        if ways > MOST_WAYS:
            return ways
    return ways


def _ways_of(part: Any) -> int:
    operation, argument = part
    if operation in (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN, ops.AT):
        return 1
    if operation is ops.SUBPATTERN:
        return _ways(list(argument[-1]))
    if operation is ops.BRANCH:
        return sum(_ways(list(branch)) for branch in argument[1])
    if operation in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        return _ways_repeated(*argument)
    raise UnsafePattern(
        "look-ahead, look-behind and references to earlier groups are not allowed",
        "不能使用前瞻、后顾和对前面分组的引用",
    )


def _ways_repeated(least: int, most: Any, inside: Any) -> int:
    once = _ways(list(inside))
    most = LONGEST_TEXT if most is ops.MAXREPEAT else min(int(most), LONGEST_TEXT)
    if once > 1:
        # Each turn can be taken in several ways: that multiplies.
        return MOST_WAYS + 1 if most > 20 else max(once**most, 1) * (most - least + 1)
    _shortest, longest = inside.getwidth()
    if longest == 0 and most > 1:
        raise UnsafePattern("something empty is repeated", "重复了空的内容")
    return max(int(most) - int(least) + 1, 1)
