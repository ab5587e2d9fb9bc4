"""YAML that remembers where everything stands.

Differences from YAML 1.1 that matter for law: numbers are exact (Decimal, never binary floats), `yes`/`no`/`on` are
words, and a key written twice is an error instead of a silent loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import count, islice
from typing import Any

import yaml

from yingshang.rules.errors import PolicyError
from yingshang.rules.feel.temporal import parse_date

Path = tuple[str | int, ...]
DEEPEST = 100
"""How deep a document may nest; Python's own stack ends at about a thousand calls."""
MOST_DIGITS = 100
"""What is written out digit by digit has so many; 1e999999999 would fill any memory."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in its file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Source:
    """The text of a file, shared by all its documents; cut into lines when somebody asks."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)


class Marked:
    """A YAML document as plain data, with the place of every value by its path."""

    def __init__(
        self, data: Any, places: dict[Path, Place], file: str, source: Source, number: int = 0
    ) -> None:
        self.data = data
        self.file = file
        self._places: dict[Path, Place] | None = places
        self._source = source
        self._number = number

    @property
    def places(self) -> dict[Path, Place]:
        """The place of every value by its path."""
        if self._places is None:
            self._places = next(islice(load_all(self._source.text, self.file), self._number, None)).places
        return self._places

    def __getstate__(self) -> dict[str, Any]:
        # The places are most of it, hardly ever asked for, and can be found again in the text.
        return {**self.__dict__, "_places": None}

    def place(self, *path: str | int) -> Place:
        """The place of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file, 1, 1))

    def place_within(self, path: Path, value: str, position: int) -> Place:
        """The place of one character of a text value, also where YAML folded its lines or put it in quotes.

        YAML changes white space only, so the character is found by counting the others.
        """
        start = self.place(*path)
        lines = self._source.lines
        if path not in self.places:
            return start
        before = sum(not character.isspace() for character in value[:position])
        line, column = start.line, start.column - 1
        first = lines[line - 1]
        if first[column : column + 1] in ("|", ">"):
            line, column = line + 1, 0
        elif first[column : column + 1] in ("'", '"'):
            column += 1
        for number in range(line, len(lines) + 1):
            text = lines[number - 1]
            for index in range(column if number == line else 0, len(text)):
                if text[index].isspace():
                    continue
                if before == 0:
                    return Place(self.file, number, index + 1)
                before -= 1
        return start


# The C parser is ten times faster and says the same; a build of PyYAML without it does too.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Parser):  # type: ignore[misc]
    """YAML 1.2's core scalars, with dates."""


_Loader.yaml_implicit_resolvers = {}
# A number with a leading zero is a code: 001 is not 1.
_NUMBER = re.compile(r"^[-+]?(?:(?:0|[1-9][0-9_]*)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$")
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|false|False)$"), list("tTfF")
)
_Loader.add_implicit_resolver("!number", _NUMBER, list("-+.0123456789"))
_Loader.add_implicit_resolver("!date", re.compile(r"^\d{4}-\d{2}-\d{2}$"), list("0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])


def load_all(text: str, file: str) -> Iterator[Marked]:
    """Each YAML document of a text. Raises PolicyError naming file, line, column and what was expected."""
    source = Source(text)
    try:
        loader = _Loader(text)
        for number in count():
            if not loader.check_node():
                return
            node = loader.get_node()
            assert node is not None
            places: dict[Path, Place] = _Places(len(text))
            yield Marked(_build(node, (), places, file), places, file, source, number)
    except RecursionError:
        raise _too_deep(file, 1) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        lines = text.splitlines()
        offending = lines[line - 1].strip() if line <= len(lines) else ""
        problem = " ".join(filter(None, (error.context, error.problem)))
        hint, hint_zh = _advice(problem, offending)
        raise PolicyError(
            f"this is no valid YAML: {problem}{hint}",
            message_zh=f"YAML 格式错误{hint_zh}（{problem}）",
            file=file,
            line=line,
            column=column,
            text=offending,
        ) from None
    except yaml.YAMLError as error:
        raise PolicyError(str(error), message_zh=f"YAML 格式错误（{error}）", file=file, line=1) from None


class _Places(dict[Path, Place]):
    """The places of a document. Written out it has fewer values than its text has characters: more come from anchors
    that refer to one another, and could be more than any memory holds."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, path: Path, place: Place) -> None:
        if len(path) > DEEPEST:
            raise _too_deep(place.file, place.line)
        if len(self) > self.most:
            raise PolicyError(
                "the anchors (&, *) unfold to more than the text itself; write it out",
                message_zh="锚点引用（& 和 *）展开后过大，请直接写出内容",
                file=place.file,
                line=place.line,
            )
        super().__setitem__(path, place)


def _too_deep(file: str, line: int) -> PolicyError:
    return PolicyError(
        f"this is nested more than {DEEPEST} levels deep; take it apart",
        message_zh=f"嵌套超过 {DEEPEST} 层，请拆分",
        file=file,
        line=line,
    )


def _advice(problem: str, line: str) -> tuple[str, str]:
    """What to do about the commonest mistakes, in both languages."""
    if "tab" in problem or line.startswith("\t") or "'\\t'" in problem:
        return "; indent with spaces, not with tabs", "，缩进请用空格，不要用制表符"
    if "mapping values are not allowed" in problem:
        return "; put a text that holds ': ' in quotation marks", "，含有“: ”的文字请加引号"
    if "flow mapping" in problem or "flow sequence" in problem or "flow node" in problem:
        return (
            "; put a text that holds a comma or a bracket in quotation marks, or write one field a line",
            "，花括号内含有逗号或括号的文字请加引号，或改为每行一个字段",
        )
    return "", ""


def _build(node: yaml.Node, path: Path, places: dict[Path, Place], file: str) -> Any:
    place = Place(file, node.start_mark.line + 1, node.start_mark.column + 1)
    places[path] = place
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        own: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key_node.tag == "tag:yaml.org,2002:merge":
                _merge(result, value_node, path, places, file)
                continue
            if key in own:
                line = key_node.start_mark.line + 1
                raise PolicyError(
                    f"{key!r} is written twice here; keep one",
                    message_zh=f"“{key}”重复，请只保留一个",
                    file=file,
                    line=line,
                    column=key_node.start_mark.column + 1,
                    text=key,
                )
            own.add(key)
            result[key] = _build(value_node, (*path, key), places, file)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(each, (*path, index), places, file) for index, each in enumerate(node.value)]
    return _scalar(node, file)


def _merge(result: dict[str, Any], node: yaml.Node, path: Path, places: dict[Path, Place], file: str) -> None:
    """`<<: *other`: what stands there, except what is written here."""
    others = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for other in others:
        if not isinstance(other, yaml.MappingNode):
            place = Place(file, node.start_mark.line + 1, node.start_mark.column + 1)
            raise PolicyError(
                f"{place}: << takes the mapping of an anchor, such as <<: *base",
                message_zh=f"{place}：<< 后应为映射的引用，如 <<: *base",
                file=file,
                line=place.line,
                column=place.column,
            )
        taken = {**places}
        for key, value in _build(other, path, places, file).items():
            result.setdefault(key, value)
        # What is written here keeps its own place.
        places.update(taken)


def _scalar(node: yaml.Node, file: str) -> Any:
    value = str(node.value)
    match node.tag:
        case "tag:yaml.org,2002:null":
            return None
        case "tag:yaml.org,2002:bool":
            return value.lower() == "true"
        case "!number":
            number = Decimal(value.replace("_", ""))
            exponent = int(number.as_tuple().exponent)
            if number.adjusted() > MOST_DIGITS or exponent < -MOST_DIGITS:
                raise PolicyError(
                    f"a number has at most {MOST_DIGITS} digits before or after its point",
                    message_zh=f"数字的整数或小数部分最多 {MOST_DIGITS} 位",
                    file=file,
                    line=node.start_mark.line + 1,
                    column=node.start_mark.column + 1,
                    text=value[:40],
                )
            return number
        case "!date":
            return parse_date(value) or value
    return value
