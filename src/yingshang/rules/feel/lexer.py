"""From text to tokens.

FEEL names may hold spaces and signs ("string length", "time offset", 营业收入（万元）), so where a name ends depends on
which names are known. The longest known name wins; otherwise neighbouring words make one name, since two names
never stand side by side in FEEL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from lark import Token

from yingshang.rules.errors import ExpressionError

# DMN 1.5, grammar rules 27-30, without the full-width signs and Chinese punctuation: these are in the standard's
# ranges, but an official who types （ or ， means the sign. A known name may hold them all the same.
_NAME_START = (
    r"?_A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3005-\u3007\u3021-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE\uFF21-\uFF3A\uFF41-\uFF5A\uFF66-\uFFDC"
    r"\U00010000-\U000EFFFF"
)
_NAME_PART = _NAME_START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
_WORD = re.compile(f"[{_NAME_START}][{_NAME_PART}]*")
_PART = re.compile(f"[{_NAME_PART}]")
_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/|\uFEFF)+", re.DOTALL)
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_RAW_KEY = re.compile(r'([^\s"{}\[\](),:][^"{}\[\](),:]*?)\s*(?=:)')
_INSTANCE_OF = re.compile(r"instance\s+of\b")

_SIGNS = {
    "..": "DOTDOT", "**": "POWER", "!=": "UNEQUAL", "<=": "LESS_EQUAL", ">=": "MORE_EQUAL", "->": "ARROW",
    "(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB", "{": "LBRACE", "}": "RBRACE", ",": "COMMA", ".": "DOT",
    ":": "COLON", "@": "AT", "=": "EQUAL", "<": "LESS", ">": "MORE", "+": "PLUS", "-": "MINUS", "*": "TIMES",
    "/": "DIVIDE",
}  # fmt: skip
_KEYWORDS = {
    word: word.upper()
    for word in (
        "or",
        "and",
        "between",
        "in",
        "true",
        "false",
        "null",
        "if",
        "then",
        "else",
        "for",
        "return",
        "some",
        "every",
        "satisfies",
        "function",
        "external",
    )
}
# After these an operand has ended, so a bracket goes on with it (a filter) instead of starting a range.
_ENDS_OPERAND = frozenset(
    {"NAME", "NUMBER", "STRING", "TRUE", "FALSE", "NULL", "RPAR", "RSQB", "RBRACE", "OPEN_HIGH"}
)
_LOOK_ALIKES = {
    "“": '"', "”": '"', "‘": '"', "’": '"', "（": "(", "）": ")", "，": ",", "：": ":", "；": ",", "＝": "=", "＞": ">",
    "＜": "<", "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/", "【": "[", "】": "]", "、": ",", "。": ".",
    "％": "/ 100", "%": "/ 100", "&": "and", "|": "or", "!": "not(…)", "'": '"',
}  # fmt: skip
# Signs of other languages. `<>` is one here after `function`, `list` and the like.
_MISTAKEN = {"==": "=", "=>": ">=", "=<": "<=", "<>": "!=", "&&": "and", "||": "or"}
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}

# Names of more than one word that the standard itself defines: functions, properties and types.
STANDARD_NAMES = (
    "date and time", "years and months duration", "days and time duration", "day of year", "day of week",
    "month of year", "week of year", "last day of month", "string length", "upper case", "lower case",
    "substring before", "substring after", "starts with", "ends with", "string join", "list contains", "insert before",
    "list replace", "index of", "distinct values", "duplicate values", "round up", "round down", "round half up",
    "round half down", "get value", "get entries", "context put", "context merge", "met by", "overlaps before",
    "overlaps after", "finished by", "started by", "starts by", "time offset", "grouping separator",
    "decimal separator", "start position", "new item", "number from", "fraction digits",
)  # fmt: skip


class NameTable:
    """Known names that one word cannot spell, found by longest match.

    A catalogue knows thousands of names and each policy a few more, so a table is cheap to make and looks up by
    length: from the longest name that starts with the same character down.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._plain: dict[str, dict[int, set[str]]] = {}
        self._spaced: dict[str, list[re.Pattern[str]]] = {}
        for name in names:
            if " " in name:
                pattern = r"\s+".join(re.escape(part) for part in name.split())
                self._spaced.setdefault(name[0], []).append(re.compile(pattern))
            elif not _WORD.fullmatch(name):
                self._plain.setdefault(name[0], {}).setdefault(len(name), set()).add(name)
        for first, lengths in self._plain.items():
            self._plain[first] = dict(sorted(lengths.items(), reverse=True))

    def match(self, text: str, position: int) -> int | None:
        """The end of the longest known name at `position`, or None."""
        first = text[position]
        ends = [
            found.end()
            for found in (each.match(text, position) for each in self._spaced.get(first, ()))
            if found and not _goes_on(text, found.end())
        ]
        for length, names in self._plain.get(first, {}).items():
            end = position + length
            if text[position:end] in names and not _goes_on(text, end):
                ends.append(end)
                break
        return max(ends, default=None)


def _goes_on(text: str, end: int) -> bool:
    """Whether what ends here is the beginning of a longer word."""
    return bool(_PART.match(text[end - 1]) and _PART.match(text, end))


@lru_cache(maxsize=64)
def name_table(names: frozenset[str]) -> NameTable:
    """The table for `names` together with the standard's own."""
    return NameTable({*names, *STANDARD_NAMES})


def unescape(text: str) -> str:
    """The value of a string literal's inside: backslash escapes, `\\uXXXX`, `\\UXXXXXX`, surrogate pairs joined."""
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        code = match.group(1) or match.group(2)
        if code:
            number = int(code, 16)
            return chr(number) if number <= 0x10FFFF else match.group(0)
        return ESCAPES.get(match.group(3), match.group(0))

    plain = re.sub(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", replace, text, flags=re.DOTALL)
    try:
        return plain.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return plain


def tokenize(text: str, names: frozenset[str] = frozenset()) -> list[Token]:
    """The tokens of an expression.

    Raises ExpressionError at a character that cannot start anything, with what to write instead where known.
    """
    return _Lexer(text, name_table(names)).tokens()


class _Lexer:
    def __init__(self, text: str, known: NameTable) -> None:
        self.text = text
        self.known = known
        self.local: NameTable | None = None
        self.local_names: set[str] = set()
        self.position = 0
        self.output: list[Token] = []
        # One frame a bracket: its opening token, and whether `..` was seen inside, so that `[1..5[` can close.
        self.frames: list[list[str]] = []

    def tokens(self) -> list[Token]:
        text, length = self.text, len(self.text)
        while True:
            space = _SPACE.match(text, self.position)
            if space:
                self.position = space.end()
            if self.position >= length:
                return self.output
            character = text[self.position]
            if character == '"':
                self._string()
            elif character.isascii() and (
                character.isdigit()
                or (character == "." and text[self.position + 1 : self.position + 2].isdigit())
            ):
                match = _NUMBER.match(text, self.position)
                assert match is not None
                # A column may be called 2025年营业收入: a known name that goes on beyond the number.
                known = self._known(self.position)
                if known is not None and known > match.end():
                    self._emit("NAME", known, " ".join(text[self.position : known].split()))
                else:
                    self._emit("NUMBER", match.end())
            elif not self._raw_key() and not self._name():
                self._sign()

    def _emit(self, kind: str, end: int, value: str | None = None) -> None:
        start = self.position
        self.output.append(
            Token(kind, self.text[start:end] if value is None else value, start_pos=start, end_pos=end)
        )
        self.position = end

    def _last(self) -> str | None:
        return self.output[-1].type if self.output else None

    def _string(self) -> None:
        match = _STRING.match(self.text, self.position)
        if not match:
            raise ExpressionError(
                "this string is never closed",
                message_zh="字符串没有结束的引号",
                source=self.text,
                position=self.position,
                text=self.text[self.position : self.position + 20],
                expected=['"'],
            )
        self._emit("STRING", match.end(), unescape(match.group()[1:-1]))

    def _raw_key(self) -> bool:
        """A context key, which may hold signs: `{net worth + loans: 5}`."""
        if self.frames and self.frames[-1][0] == "LBRACE" and self._last() in ("LBRACE", "COMMA"):
            match = _RAW_KEY.match(self.text, self.position)
            if match:
                name = " ".join(match.group(1).split())
                self._emit("NAME", match.end(1), name)
                self._learn(name)
                return True
        return False

    def _learn(self, name: str) -> None:
        """Names bound inside the expression are known from there on."""
        if not _WORD.fullmatch(name) and name not in self.local_names:
            self.local_names.add(name)
            self.local = NameTable(self.local_names)

    def _known(self, position: int) -> int | None:
        ends = [table.match(self.text, position) for table in (self.known, self.local) if table]
        return max((end for end in ends if end is not None), default=None)

    def _name(self) -> bool:
        text = self.text
        known = self._known(self.position)
        word = _WORD.match(text, self.position)
        if known is not None and (word is None or known > word.end()):
            self._emit("NAME", known, " ".join(text[self.position : known].split()))
            return True
        if word is None:
            return False
        instance_of = _INSTANCE_OF.match(text, self.position)
        if instance_of:
            self._emit("INSTANCE_OF", instance_of.end())
            return True
        after_dot = self._last() == "DOT"
        if word.group() in _KEYWORDS and not after_dot:
            self._emit(_KEYWORDS[word.group()], word.end())
            return True
        end = word.end()
        while True:  # neighbouring words are one name
            space = _SPACE.match(text, end)
            following = _WORD.match(text, space.end()) if space else None
            if (
                following is None
                or following.group() in _KEYWORDS
                or _INSTANCE_OF.match(text, following.start())
            ):
                break
            end = following.end()
        name = " ".join(_SPACE.sub(" ", text[self.position : end]).split())
        self._emit("NAME", end, name)
        if " " in name:
            self._learn(name)
        return True

    def _sign(self) -> None:
        text, position = self.text, self.position
        sign = text[position : position + 2]
        of_a_type = self.output and str(self.output[-1]) in ("function", "list", "context", "range")
        if sign in _MISTAKEN and not (sign == "<>" and of_a_type):
            raise self._wrong_sign(sign, _MISTAKEN[sign])
        if sign not in _SIGNS:
            sign = text[position]
        kind = _SIGNS.get(sign)
        if kind is None:
            raise self._wrong_sign(sign, _LOOK_ALIKES.get(sign))
        operand_before = self._last() in _ENDS_OPERAND
        if kind == "DOTDOT" and self.frames:
            self.frames[-1][1] = "range"
        elif kind == "RSQB" and not operand_before and self._last() != "LSQB":
            kind = "OPEN_LOW"
        elif kind == "LSQB" and operand_before and self.frames and self.frames[-1][1] == "range":
            kind = "OPEN_HIGH"
        if kind in ("LPAR", "LSQB", "LBRACE", "OPEN_LOW"):
            self.frames.append([kind, ""])
        elif kind in ("RPAR", "RSQB", "RBRACE", "OPEN_HIGH") and self.frames:
            self.frames.pop()
        self._emit(kind, position + len(sign))

    def _wrong_sign(self, sign: str, instead: str | None) -> ExpressionError:
        return ExpressionError(
            f"{sign!r} is no part of an expression" + (f"; write {instead}" if instead else ""),
            message_zh=f"表达式中不能出现 {sign}" + (f"，请改用 {instead}" if instead else ""),
            source=self.text,
            position=self.position,
            text=sign,
            expected=[instead] if instead else [],
        )
