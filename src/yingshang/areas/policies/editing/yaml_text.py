"""Changes made in place in the YAML text of an item: everything they do not touch stays byte for byte. Pure.

Each change finds its place by the marks of the parser, replaces just that, and the result is read again: it must say
exactly what it said before and the change. Where that cannot be done (an anchor that stands for several places), the
change is refused, and the author edits the YAML itself.
"""

from __future__ import annotations

import copy
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import yaml

from yingshang.rules.errors import DomainError, PolicyError
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.document import policy_schema
from yingshang.rules.policy.marked_yaml import Marked, Path, load_all

WIDTH = 100
_FIGURES = re.compile(r"[-+.\d][-+.:_\deExXo]*")


class CannotEdit(DomainError):
    """A change that cannot be made in place; `path` says where."""

    code = "policies.cannot_edit"


@dataclass(frozen=True, slots=True)
class Set:
    """Say `value` at `path`, whether something stood there or not."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    """Take away what stands at `path`; the last entry of a list takes the list with it."""

    path: Path


@dataclass(frozen=True, slots=True)
class Insert:
    """Put `value` into the list at `path`, before the entry at `index` or at its end; it may begin there."""

    path: Path
    value: Any
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Move an entry of a list up (-1) or down (1)."""

    path: Path
    by: int


Change = Set | Remove | Insert | Move


def apply(source: str, changes: Sequence[Change]) -> str:
    """The source with the changes made, one after the other. Raises CannotEdit, and PolicyError for what is no YAML."""
    for change in changes:
        source = _apply(source, change)
    return source


def read_data(source: str) -> Any:
    """The plain data of the one document of a source. Raises PolicyError, CannotEdit."""
    return _only(source).data


def path_at(source: str, line: int, column: int) -> Path:
    """The path of what stands at a place, counted from 1: of the innermost value that begins there or before."""
    return paths_of(source)(line, column)


def paths_of(source: str) -> Callable[[int, int], Path]:
    """`path_at` for many places of one source."""
    try:
        places = _only(source).places
    except (PolicyError, CannotEdit):
        return lambda line, column: ()
    # A mapping begins where its first key does: what is said of that place is said of the mapping, unless a value
    # begins later on the way.
    starts = sorted(
        (place.line, place.column, -len(path), number) for number, (path, place) in enumerate(places.items())
    )
    paths = list(places)

    def found(line: int, column: int) -> Path:
        index = bisect_right(starts, (line, column, 1, 0))
        return paths[starts[index - 1][3]] if index else ()

    return found


def _only(source: str) -> Marked:
    found = [each for each in load_all(source, "item.yaml") if each.data is not None]
    if len(found) != 1:
        raise CannotEdit(
            "only a source of one item is edited field by field; edit the YAML",
            message_zh="YAML 中应恰好有一个事项，才能逐项编辑；请直接编辑 YAML",
            path=[],
        )
    return found[0]


def _apply(source: str, change: Change) -> str:
    before = read_data(source)
    expected, change = _expected(before, change)
    if expected == before and not isinstance(change, Move):
        return source
    text = _Text(source).changed(change)
    try:
        after = read_data(text)
    except PolicyError:
        after = None
    if after != expected:
        raise CannotEdit(
            f"{_label(change.path)} cannot be changed by itself here; edit the YAML",
            message_zh=f"“{_label(change.path)}”的写法不能单独修改，请直接编辑 YAML",
            path=list(change.path),
        )
    return text


def _label(path: Path) -> str:
    return ".".join(str(each) for each in path)


# --- what it should say afterwards ------------------------------------------------------------------------------------


def _expected(data: Any, change: Change) -> tuple[Any, Change]:
    data = copy.deepcopy(data)
    if isinstance(change, Remove):
        holder = _holder(data, change.path)
        if holder is None:
            return data, change
        # An empty list or mapping is no way to say nothing.
        while len(holder) == 1 and len(change.path) > 1:
            change = Remove(change.path[:-1])
            holder = _holder(data, change.path)
        del holder[change.path[-1]]
        return data, change
    if isinstance(change, Set):
        value = _plain(change.value)
        at = _reach(data, change.path[:-1])
        if at is None:
            # What is around it does not exist either: say it all at once.
            return _expected(data, Set(change.path[:-1], {change.path[-1]: change.value}))
        at[change.path[-1]] = value
        return data, Set(change.path, value)
    if isinstance(change, Insert):
        found = _reach(data, change.path)
        if not found:
            return _expected(data, Set(change.path, [change.value]))
        index = len(found) if change.index is None else change.index
        found.insert(index, _plain(change.value))
        return data, Insert(change.path, _plain(change.value), index)
    found, index = _reach(data, change.path[:-1]), int(change.path[-1])
    if not isinstance(found, list) or not 0 <= index + change.by < len(found):
        return data, Move(change.path, 0)
    found[index], found[index + change.by] = found[index + change.by], found[index]
    return data, change


def _reach(data: Any, path: Path) -> Any:
    for step in path:
        if isinstance(data, dict):
            data = data.get(str(step))
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def _holder(data: Any, path: Path) -> Any:
    holder = _reach(data, path[:-1])
    try:
        holder[path[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    return holder


def _plain(value: Any) -> Any:
    """As reading the YAML gives it."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, date):
        return Date(value.year, value.month, value.day)
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    return value


# --- the text ---------------------------------------------------------------------------------------------------------


class _Text:
    def __init__(self, source: str) -> None:
        self.source = source
        self.root: Any = yaml.compose(source, Loader=yaml.SafeLoader)

    def changed(self, change: Change) -> str:
        if isinstance(change, Set):
            return self._set(change.path, change.value)
        if isinstance(change, Remove):
            return self._remove(change.path)
        if isinstance(change, Insert):
            return self._insert(change.path, change.value, change.index or 0)
        return self._move(change.path, change.by) if change.by else self.source

    def _put(self, start: int, end: int, text: str) -> str:
        return self.source[:start] + text + self.source[end:]

    def _node(self, path: Path) -> Any:
        node = self.root
        for step in path:
            node = self._entry(node, step)[1]
        return node

    def _entry(self, node: Any, step: str | int) -> tuple[Any, Any]:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if str(key.value) == str(step):
                    return key, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            return None, node.value[step]
        raise _lost(step)

    def _end(self, node: Any) -> int:
        """Where a value really ends: a block ends with its last entry, whatever comments follow."""
        if isinstance(node, yaml.ScalarNode) or node.flow_style:
            end = int(node.end_mark.index)
            if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
                return int(node.start_mark.index) + len(self.source[node.start_mark.index : end].rstrip())
            return end
        if isinstance(node, yaml.MappingNode):
            return max(self._end(each) for pair in node.value for each in pair)
        return max(self._end(each) for each in node.value)

    def _line_start(self, at: int) -> int:
        return self.source.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        """Behind the end of the line."""
        end = self.source.find("\n", at)
        return len(self.source) if end < 0 else end + 1

    # --- set

    def _set(self, path: Path, value: Any) -> str:
        holder = self._node(path[:-1])
        flow = bool(holder.flow_style)
        try:
            key, node = self._entry(holder, path[-1])
        except CannotEdit:
            return self._add_key(path, holder, value)
        start, end = int(node.start_mark.index), self._end(node)
        indent = int(holder.start_mark.column)
        if flow:
            return self._put(start, end, _flow(value))
        scalar = isinstance(node, yaml.ScalarNode) and not isinstance(value, dict | list)
        if key is None:
            return self._put(start, end, _block(value, indent + 2).lstrip())
        colon = self.source.index(":", int(key.end_mark.index)) + 1
        if scalar and end > start:
            return self._put(start, end, _block(value, indent).lstrip(" "))
        if isinstance(node, yaml.ScalarNode) or node.flow_style:
            # What stands behind it on the line stays there.
            return self._put(colon, max(colon, end), _block(value, indent))
        return self._put(colon, end, _block(value, indent))

    def _add_key(self, path: Path, holder: Any, value: Any) -> str:
        key = str(path[-1])
        if not isinstance(holder, yaml.MappingNode) or not holder.value:
            raise _lost(key)
        before = self._before(path, holder)
        if holder.flow_style:
            entry = f"{_scalar(key, flow=True)}: {_flow(value)}"
            at = (
                self._end(holder.value[before][1])
                if before >= 0
                else int(holder.value[0][0].start_mark.index)
            )
            return self._put(at, at, f", {entry}" if before >= 0 else f"{entry}, ")
        indent = int(holder.start_mark.column)
        entry = f"{_scalar(key)}:{_block(value, indent)}"
        if before < 0:
            at = int(holder.value[0][0].start_mark.index)
            return self._put(at, at, f"{entry}\n{' ' * indent}")
        return self._put_line(self._end(holder.value[before][1]), f"{' ' * indent}{entry}")

    def _put_line(self, behind: int, line: str) -> str:
        """A line of its own behind the one at `behind`."""
        at = self._line_end(behind)
        glue = "" if self.source[:at].endswith("\n") else "\n"
        return self._put(at, at, f"{glue}{line}\n")

    def _before(self, path: Path, holder: Any) -> int:
        """Behind which entry a new key belongs, by the order of the schema; -1: before all."""
        order = _order(path[:-1])
        keys = [str(key.value) for key, _ in holder.value]
        if path[-1] not in order:
            return len(keys) - 1
        rank = order.index(path[-1])
        earlier = [index for index, key in enumerate(keys) if key in order and order.index(key) < rank]
        return max(earlier, default=-1)

    # --- remove

    def _remove(self, path: Path) -> str:
        holder = self._node(path[:-1])
        step = path[-1]
        if isinstance(holder, yaml.MappingNode):
            spans = [(int(key.start_mark.index), self._end(value)) for key, value in holder.value]
            index = [str(key.value) for key, _ in holder.value].index(str(step))
        else:
            index = int(step)
            spans = [(int(each.start_mark.index), self._end(each)) for each in holder.value]
        if holder.flow_style:
            if index + 1 < len(spans):
                return self._put(spans[index][0], spans[index + 1][0], "")
            return self._put(spans[index - 1][1] if index else spans[index][0], spans[index][1], "")
        start, end = spans[index]
        if isinstance(holder, yaml.SequenceNode):
            return self._put(self._line_start(self._dash(start)), self._line_end(end), "")
        line = self._line_start(start)
        if self.source[line:start].strip():
            # The first key of an entry stands behind its dash: the next one moves there.
            return self._put(start, spans[index + 1][0], "")
        return self._put(line, self._line_end(end), "")

    def _dash(self, start: int) -> int:
        return self.source.rindex("-", 0, start)

    # --- lists

    def _insert(self, path: Path, value: Any, index: int) -> str:
        holder: Any = self._node(path)
        entries = holder.value
        if holder.flow_style:
            text = _flow(value)
            if index:
                at = self._end(entries[index - 1])
                return self._put(at, at, f", {text}")
            at = int(entries[0].start_mark.index)
            return self._put(at, at, f"{text}, ")
        column = int(holder.start_mark.column)
        entry = f"{' ' * column}-{_block(value, column, entry=True)}"
        if index:
            return self._put_line(self._end(entries[index - 1]), entry)
        at = self._line_start(self._dash(int(entries[0].start_mark.index)))
        return self._put(at, at, f"{entry}\n")

    def _move(self, path: Path, by: int) -> str:
        holder: Any = self._node(path[:-1])
        index = int(path[-1])
        first, second = sorted((index, index + by))
        spans = []
        for each in (holder.value[first], holder.value[second]):
            start, end = int(each.start_mark.index), self._end(each)
            if not holder.flow_style:
                start, end = self._dash(start), max(self._line_end(end) - 1, end)
                end -= self.source[:end].endswith("\n")
            spans.append((start, end))
        (a, b), (c, d) = spans
        s = self.source
        return s[:a] + s[c:d] + s[b:c] + s[a:b] + s[d:]


def _lost(step: object) -> CannotEdit:
    return CannotEdit(
        f"{step} has no place here; edit the YAML",
        message_zh=f"“{step}”在这里没有位置，请直接编辑 YAML",
        path=[],
    )


def _order(path: Path) -> list[str]:
    """The fields of the thing at a path, in the order of the schema."""
    kinds: dict[Path, str] = {
        (): "item",
        ("document",): "document",
        ("benefit",): "benefit",
        ("effective",): "period",
    }
    name = kinds.get(path)
    if name is None and len(path) >= 2 and path[0] in ("conditions", "exclusions"):
        name = "condition"
    return list(policy_schema()["$defs"][name]["properties"]) if name else []


# --- writing values ---------------------------------------------------------------------------------------------------


def _block(value: Any, indent: int, *, entry: bool = False) -> str:
    """What stands behind `key:` (or behind the dash of an entry) at an indentation; begins with a blank or a line."""
    if isinstance(value, dict | list) and value:
        flow = _flow(value)
        if len(flow) + indent < WIDTH and not _nested(value):
            return f" {flow}"
        inner = indent + 2
        if isinstance(value, dict):
            lines = [f"{' ' * inner}{_scalar(key)}:{_block(each, inner)}" for key, each in value.items()]
        else:
            lines = [f"{' ' * inner}-{_block(each, inner, entry=True)}" for each in value]
        text = "\n".join(lines)
        return f" {text.lstrip()}" if entry else f"\n{text}"
    if isinstance(value, str) and "\n" in value.strip("\n") and not _odd(value):
        chomp = (
            ""
            if value.endswith("\n") and not value.endswith("\n\n")
            else "-"
            if not value.endswith("\n")
            else "+"
        )
        lines = [f"{' ' * (indent + 2)}{line}" if line else "" for line in value.rstrip("\n").split("\n")]
        if chomp != "+":
            return f" |{chomp}\n" + "\n".join(lines)
    return f" {_flow(value) if isinstance(value, dict | list) else _scalar(value)}"


def _odd(value: str) -> bool:
    """Whether a text cannot stand as a block: its first line is indented, or blanks would be lost."""
    return value[0] in " \n\t" or any(
        line != line.rstrip() or not line.isprintable() for line in value.split("\n")
    )


def _nested(value: Any) -> bool:
    """Whether a list or mapping holds others: those are easier to read line by line."""
    entries = value.values() if isinstance(value, dict) else value
    return any(isinstance(each, dict | list) for each in entries)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_scalar(key, flow=True)}: {_flow(each)}" for key, each in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return _scalar(value, flow=True)


def _scalar(value: Any, *, flow: bool = False) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if not isinstance(value, str):
        return str(value)
    if _plain_is_enough(value, flow):
        return value
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7f").replace("\x85", "\\x85")


def _plain_is_enough(value: str, flow: bool) -> bool:
    if not value or value != value.strip() or not value.isprintable():
        return False
    try:
        read = read_data(f"[{value}]" if flow else f"- {value}\n")
        again = read_data(f"{{k: {value}}}" if flow else f"k: {value}\n")
    except (PolicyError, CannotEdit):
        return False
    # YAML 1.1 programs read some words and codes otherwise; they are quoted for their sake.
    other = value.lower() in ("yes", "no", "on", "off", "y", "n") or _FIGURES.fullmatch(value)
    return bool(read == [value] and again == {"k": value} and not other)
