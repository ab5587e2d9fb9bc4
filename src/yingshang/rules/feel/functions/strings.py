"""String functions (DMN 1.5, 10.3.4.3). Patterns are XPath's, translated by elementpath."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from yingshang.rules.feel.functions.backtracking import compiled_ways, is_quick
from yingshang.rules.feel.functions.registry import builtin, whole
from yingshang.rules.feel.values import Failure

_FLAGS = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE, "x": re.NOFLAG, "q": re.NOFLAG}


@builtin("substring(string: string, start position: number, length?: number|null)")
def substring(string: str, start: Decimal, length: Decimal | None = None) -> Any:
    first = whole(start)
    if first is None or first == 0:
        return Failure("a start position is a whole number other than 0", "起始位置应为非零整数")
    begin = first - 1 if first > 0 else len(string) + first
    if begin < 0 or begin > len(string):
        return Failure(f"the string has no position {start}", f"字符串没有第 {start} 个位置")
    if length is None:
        return string[begin:]
    count = int(length)
    if count < 1:
        return Failure("a length is at least 1", "长度至少为 1")
    return string[begin : begin + count]


@builtin("string length(string: string)")
def string_length(string: str) -> Decimal:
    return Decimal(len(string))


@builtin("upper case(string: string)")
def upper_case(string: str) -> str:
    return string.upper()


@builtin("lower case(string: string)")
def lower_case(string: str) -> str:
    return string.lower()


@builtin("substring before(string: string, match: string)")
def substring_before(string: str, match: str) -> str:
    return string.split(match, 1)[0] if match and match in string else ""


@builtin("substring after(string: string, match: string)")
def substring_after(string: str, match: str) -> str:
    if not match:
        return string
    return string.split(match, 1)[1] if match in string else ""


@builtin("contains(string: string, match: string)")
def contains(string: str, match: str) -> bool:
    return match in string


@builtin("starts with(string: string, match: string)")
def starts_with(string: str, match: str) -> bool:
    return string.startswith(match)


@builtin("ends with(string: string, match: string)")
def ends_with(string: str, match: str) -> bool:
    return string.endswith(match)


@lru_cache(maxsize=1024)
def _pattern(pattern: str, flags: str) -> re.Pattern[str] | Failure:
    if any(flag not in _FLAGS for flag in flags):
        return Failure("flags are of s, m, i, x, q", "标志只能是 s、m、i、x、q")
    options = re.NOFLAG
    for flag in flags:
        options |= _FLAGS[flag]
    if "q" in flags:
        return re.compile(re.escape(pattern), options & re.IGNORECASE)
    if "x" in flags:
        pattern = _without_space(pattern)
    if _refers_too_far(pattern):
        return Failure(f"{pattern!r} is no pattern", f"“{pattern}”不是有效的正则表达式")
    # Loaded for the first pattern: most expressions have none.
    from elementpath.regex import RegexError, translate_pattern

    try:
        return re.compile(translate_pattern(pattern, options), options)
    except (RegexError, re.error, ValueError, OverflowError):
        return Failure(f"{pattern!r} is no pattern", f"“{pattern}”不是有效的正则表达式")


def _without_space(pattern: str) -> str:
    """Flag x (XPath functions 3.1, 5.6.2): white space goes, but not inside a character class."""
    kept, depth, escaped = [], 0, False
    for character in pattern:
        if not escaped:
            depth += (character == "[") - (character == "]")
        if depth > 0 or not character.isspace():
            kept.append(character)
            escaped = character == "\\" and not escaped
        # white space between a backslash and its character goes as well
    return "".join(kept)


def _refers_too_far(pattern: str) -> bool:
    """A back-reference inside a character class, or to a group that is not there."""
    depth = groups = position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            following = pattern[position + 1 : position + 2]
            if following.isdigit() and (depth or following == "0" or int(following) > groups):
                return True
            position += 1
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == "(" and not depth and pattern[position + 1 : position + 3] != "?:":
            groups += 1
        position += 1
    return False


def _ready(text: str, pattern: str, flags: str) -> re.Pattern[str] | Failure:
    """The pattern, if a search in this text surely ends soon."""
    compiled = _pattern(pattern, flags)
    if isinstance(compiled, Failure) or is_quick(_ways(compiled), len(text)):
        return compiled
    return Failure(
        f"{pattern!r} could take too long on a text of {len(text)} characters; repeat nothing that repeats itself",
        f"正则表达式“{pattern}”处理 {len(text)} 个字符可能耗时过长，请不要嵌套重复",
    )


_ways = lru_cache(maxsize=1024)(compiled_ways)


@builtin("matches(input: string, pattern: string, flags?: string|null)")
def matches(text: str, pattern: str, flags: str | None = None) -> Any:
    compiled = _ready(text, pattern, flags or "")
    return compiled if isinstance(compiled, Failure) else compiled.search(text) is not None


@builtin("replace(input: string, pattern: string, replacement: string, flags?: string|null)")
def replace(text: str, pattern: str, replacement: str, flags: str | None = None) -> Any:
    compiled = _ready(text, pattern, flags or "")
    if isinstance(compiled, Failure):
        return compiled
    if "q" in (flags or ""):
        return compiled.sub(lambda _: replacement, text)
    if re.search(r"(?<!\\)(?:\\\\)*(?:\$(?!\d)|\\(?![$\\]))", replacement):
        return Failure(f"{replacement!r} is no replacement", f"“{replacement}”不是有效的替换内容")

    def fill(match: re.Match[str]) -> str:
        def part(reference: re.Match[str]) -> str:
            if reference.group(1) is None:
                return reference.group(0)[1:]
            digits = reference.group(1)
            # the longest run of digits that names a group; the rest is text
            while len(digits) > 1 and int(digits) > compiled.groups:
                digits = digits[:-1]
            rest = reference.group(1)[len(digits) :]
            value = match.group(int(digits)) if int(digits) <= compiled.groups else ""
            return (value or "") + rest

        return re.sub(r"\\[$\\]|\$(\d+)", part, replacement)

    return compiled.sub(fill, text)


@builtin("split(string: string, delimiter: string)")
def split(string: str, delimiter: str) -> Any:
    compiled = _ready(string, delimiter, "")
    if isinstance(compiled, Failure):
        return compiled
    parts, end = [], 0
    for match in compiled.finditer(string):
        if match.end() > match.start():
            parts.append(string[end : match.start()])
            end = match.end()
    return [*parts, string[end:]]


@builtin("string join(list: list, delimiter?: string|null)")
def string_join(items: list[Any], delimiter: str | None = None) -> Any:
    if any(each is not None and not isinstance(each, str) for each in items):
        return Failure("only strings can be joined", "只能连接文字")
    return (delimiter or "").join(each for each in items if each is not None)
