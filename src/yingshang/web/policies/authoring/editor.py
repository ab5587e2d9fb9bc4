"""An item as fields: what the page shows of a source, and what a sent page changes in it.

The source is the item. Every field is named by its path (`f/conditions/0/text`); what differs from the source is
changed in place, the rest of the text stays as it is. A condition is sent as a row (`r/…`) or as FEEL (`f/…/when`), as
`m/…` says; links to sentences are `l/<id of the condition>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.policies.api import (
    COMPARISONS_FOR,
    MANY_VALUED,
    READER_NOTE,
    CannotEdit,
    ConditionRow,
    InsertEntry,
    InvalidRow,
    MoveEntry,
    PlacedProblem,
    RemoveValue,
    SetValue,
    apply_changes,
    catalogue,
    completeness_of,
    disagreements,
    feel_of,
    placed_problems,
    read_source,
    rows_of,
    scenario_results,
    shown_value,
    typed_value,
)
from yingshang.kernel.reference.api import (
    ancestors_of,
    children_of,
    code_of_path,
    divisions,
    get_region,
    industries,
)
from yingshang.rules.errors import DomainError, PolicyError
from yingshang.web.design.formats import english
from yingshang.web.errors import message_of
from yingshang.web.words import in_language

Path = tuple[str | int, ...]
Change = SetValue | RemoveValue | InsertEntry | MoveEntry

COMPARISONS = {
    ">=": gettext_lazy("不少于（≥）"),
    ">": gettext_lazy("大于（>）"),
    "<=": gettext_lazy("不超过（≤）"),
    "<": gettext_lazy("小于（<）"),
    "=": gettext_lazy("等于"),
    "!=": gettext_lazy("不等于"),
    "between": gettext_lazy("介于（含两端）"),
    "in": gettext_lazy("是其中之一"),
    "not in": gettext_lazy("不是其中任何一个"),
    "yes": gettext_lazy("为“是”"),
    "no": gettext_lazy("为“否”"),
    "contains": gettext_lazy("包含任一"),
    "contains not": gettext_lazy("都不包含"),
    "within": gettext_lazy("属于（含下级）"),
    "not within": gettext_lazy("不属于（含下级）"),
}
GROUPS = {
    "all": gettext_lazy("以下全部满足"),
    "any": gettext_lazy("以下满足任一"),
    "of": gettext_lazy("以下至少满足若干项"),
    "not": gettext_lazy("以下不成立"),
    "some": gettext_lazy("清单中有一条满足"),
    "every": gettext_lazy("清单中每条都满足"),
}
DELIVERY = {
    "automatic": gettext_lazy("免申即享"),
    "instant": gettext_lazy("即申即享"),
    "online": gettext_lazy("零跑动"),
    "once": gettext_lazy("最多跑一次"),
}
WAYS = {
    "amount": gettext_lazy("公式"),
    "bands": gettext_lazy("分档"),
    "table": gettext_lazy("表格"),
    "grants": gettext_lazy("不是资金"),
}
_BLANK: dict[str, Any] = {
    "amount": Decimal(0),
    "bands": {"by": "参保人数", "rows": [{"within": "[0..10)", "amount": Decimal(0)}]},
    "table": {
        "inputs": ["参保人数"],
        "output": "金额",
        "rules": [{"when": [">= 0"], "then": Decimal(0)}],
    },
    "grants": "待补充",
}
_EXPRESSIONS = {"when", "amount", "by", "of", "cap", "value", "otherwise", "less", "rate", "then", "used"}
TO_WRITE = "待填写"
"""What a new condition says until somebody has written it; content of the policy, so never translated."""
LONGEST_ELEMENT = 1000
SUPERIOR = "superior"
"""Among the elements: the item of a higher level that this one carries out."""
_DAYS = {"from", "to", "issued"}
_FIGURE = re.compile(r"-?\d+(?:\.\d+)?")


def path_of(text: str) -> Path:
    """A path from the name of a field."""
    return tuple(int(step) if step.isdecimal() else step for step in text.split("/"))


def name_of(path: Path) -> str:
    """The name of a path in fields."""
    return "/".join(str(step) for step in path)


def slot_of(path: Path) -> str:
    """The id of the place beside a field where its problems are told."""
    return "p-" + "-".join(str(step) for step in path)


# --- what a sent page changes -----------------------------------------------------------------------------------------


@dataclass
class Sent:
    """A page that was sent: the source with its changes, and what could not be taken."""

    source: str
    errors: dict[Path, str] = field(default_factory=dict)
    rows: dict[Path, tuple[str, str, list[str]]] = field(default_factory=dict)
    """Rows as typed, where they say nothing yet."""
    modes: dict[Path, str] = field(default_factory=dict)
    links: dict[str, list[int]] = field(default_factory=dict)
    elements: dict[str, str] = field(default_factory=dict)
    """What is said of elements of standardisation that the YAML has no field for."""
    settled: set[str] = field(default_factory=set)
    """Remarks of the reader that the author has looked at, by their words: whoever saves meanwhile may move them."""


def read_sent(data: QueryDict) -> Sent:
    """The source of a page, with everything that was changed on it."""
    base = data.get("source", "").replace("\r\n", "\n")
    sent = Sent(base)
    for key in data:
        if key.startswith("l/"):
            sent.links[key[2:]] = [int(each) for each in re.findall(r"\d+", str(data[key]))]
        if key.startswith("e/"):
            sent.elements[key[2:]] = str(data[key]).replace("\r\n", "\n").strip()[:LONGEST_ELEMENT]
    sent.settled = {each.replace("\r\n", "\n") for each in data.getlist("settled")}
    if data.get("view") == "yaml":
        return sent
    try:
        said = read_source(base)
    except DomainError:
        return sent
    changes: list[Change] = []
    for key in data:
        if key.startswith("m/"):
            sent.modes[path_of(key[2:])] = str(data[key])
            if data[key] == "row":
                changes += _row_change(path_of(key[2:]), data, said, sent)
    for key in data:
        if key.startswith("f/"):
            path = path_of(key[2:])
            # A condition that is shown as a row is sent as one.
            if path[-1] != "when" or data.get(f"m/{name_of(path[:-1])}") != "row":
                changes += _field_change(path, str(data[key]), said, sent)
    # What is taken away last, from the end: every path is one of the source that was sent.
    removed = [each for each in changes if isinstance(each, RemoveValue)]
    for change in [each for each in changes if each not in removed] + removed[::-1]:
        _change(sent, change)
    operation = data.get("op", "")
    if ":" in operation:
        _operate(sent, operation)
    return sent


def _change(sent: Sent, *changes: Change) -> None:
    try:
        sent.source = apply_changes(sent.source, changes)
    except (CannotEdit, PolicyError) as error:
        sent.errors[changes[0].path] = message_of(error)


def _reach(data: Any, path: Path) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _field_change(path: Path, text: str, said: Any, sent: Sent) -> Iterator[Change]:
    before = _reach(said, path)
    text = text.replace("\r\n", "\n").strip()
    if text == field_text(before):
        return
    if path[-1] == "tags":
        words = [each for each in re.split(r"[、,，;；\s]+", text) if each]
        if words != (before or []):
            yield SetValue(path, words) if words else RemoveValue(path)
        return
    if not text and path[-1] not in ("when", "name", "text"):
        if before is not None:
            yield RemoveValue(path)
        return
    last = str(path[-1]) if not isinstance(path[-1], int) else str(path[-2])
    value: Any = text
    if last in _DAYS:
        try:
            value = date.fromisoformat(text)
        except ValueError:
            sent.errors[path] = _("请写成 2026-01-31 的形式")
            return
    elif last in _EXPRESSIONS and len(path) > 1:
        if text in ("true", "false"):
            value = text == "true"
        elif _FIGURE.fullmatch(text) and not isinstance(before, str):
            value = Decimal(text)
    yield SetValue(path, value)


def field_text(value: Any) -> str:
    """A value as its field shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return "、".join(field_text(each) for each in value)
    return str(value).strip()


def _row_change(path: Path, data: QueryDict, said: Any, sent: Sent) -> Iterator[Change]:
    name = name_of(path)
    fact = data.get(f"r/{name}/fact", "").strip()
    comparison = data.get(f"r/{name}/comparison", "")
    texts = [each.strip() for each in data.getlist(f"r/{name}/value") if each.strip()]
    before = _reach(said, (*path, "when"))
    if not fact and isinstance(before, bool):
        return
    kind = type_of(fact)
    if comparison not in COMPARISONS_FOR.get(kind, COMPARISONS_FOR["any"]):
        # Another fact was chosen: what is asked of it follows its type.
        comparison = COMPARISONS_FOR.get(kind, COMPARISONS_FOR["any"])[0]
    try:
        texts = texts if comparison in MANY_VALUED else texts[: 2 if comparison == "between" else 1]
        values = () if comparison in ("yes", "no") else tuple(typed_value(each, kind) for each in texts)
        row = ConditionRow(fact, comparison, values)
        feel = feel_of(row)
    except InvalidRow as error:
        sent.errors[(*path, "when")] = message_of(error)
        sent.rows[path] = (fact, comparison, texts)
        return
    if not isinstance(before, str) or rows_of(before, catalogue().names) != row:
        yield SetValue((*path, "when"), feel)


def _operate(sent: Sent, operation: str) -> None:
    """A button that changes the structure: what it does, and where."""
    what, _colon, where = operation.partition(":")
    path = path_of(where) if where else ()
    match what:
        case "remove":
            _change(sent, RemoveValue(path))
        case "up" | "down":
            _change(sent, MoveEntry(path, -1 if what == "up" else 1))
        case "feel" | "row":
            sent.modes[path] = what
        case "add":
            _change(sent, InsertEntry(path, _new_entry(path, sent.source)))
        case "any" | "all":
            condition = _reach(read_source(sent.source), path)
            new = {key: condition[key] for key in ("id", "text", "clause") if key in condition}
            part = {
                "id": _free_id(sent.source),
                "text": condition.get("text", ""),
                "when": condition.get("when"),
            }
            second = {"id": _free_id(sent.source, 1), "text": TO_WRITE, "when": False}
            _change(sent, SetValue(path, {**new, what: [part, second]}))
        case "way":
            way = str(path[-1])
            benefit = _reach(read_source(sent.source), ("benefit",)) or {}
            if way not in benefit and way in _BLANK:
                _change(sent, SetValue(("benefit", way), _BLANK[way]))
                for other in (*WAYS, "lines", "parts"):
                    if other != way and other in benefit:
                        _change(sent, RemoveValue(("benefit", other)))
        case "column":
            table = _reach(read_source(sent.source), path)
            for index in range(len(table["rules"])):
                _change(sent, InsertEntry((*path, "rules", index, "when"), "-"))
            _change(sent, InsertEntry((*path, "inputs"), "参保人数"))


def _new_entry(path: Path, source: str) -> Any:
    last = path[-1]
    if last == "parameters":
        return {
            "name": "新参数",
            "unit": "元",
            "values": [{"from": timezone.localdate().replace(month=1, day=1), "value": 0}],
        }
    if last == "values":
        return {"from": timezone.localdate().replace(month=1, day=1), "value": 0}
    if last == "windows":
        year = timezone.localdate().year
        return {"from": date(year, 1, 1), "to": date(year, 12, 31)}
    if last == "caps":
        return {"amount": 1, "unit": "万元"}
    if last == "rows":
        return {"within": ">= 0", "amount": 0}
    if last == "rules":
        table = _reach(read_source(source), path[:-1])
        return {"when": ["-"] * len(table["inputs"]), "then": 0}
    return {"id": _free_id(source), "text": TO_WRITE, "when": False}


def _free_id(source: str, after: int = 0) -> str:
    taken = set(re.findall(r"\bid:\s*[\"']?([\w.\-]+)", source))
    count = 1
    found: list[str] = []
    while len(found) <= after:
        if f"condition_{count}" not in taken:
            found.append(f"condition_{count}")
        count += 1
    return found[after]


# --- what a page shows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FieldView:
    """One field."""

    path: Path
    label: str
    value: str
    kind: str = "text"
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    listed: str = ""

    @property
    def name(self) -> str:
        return f"f/{name_of(self.path)}"

    @property
    def id(self) -> str:
        return "f-" + "-".join(str(step) for step in self.path)

    @property
    def slot(self) -> str:
        return slot_of(self.path)


@dataclass(frozen=True)
class RowView:
    """A condition as a row."""

    name: str
    id: str
    fact: str
    known: str
    unit: str
    comparison: str
    comparisons: Sequence[tuple[str, Any]]
    values: Sequence[str]
    options: Sequence[tuple[str, str]]
    listed: str
    means: str
    kind: str


@dataclass(frozen=True)
class ConditionView:
    """A condition, or a group of them."""

    path: Path
    code: str
    fields: Sequence[FieldView]
    group: str
    group_name: Any
    children: Sequence[ConditionView]
    holder: str
    feel: FieldView | None
    row: RowView | None
    rowable: bool
    links: str
    first: bool
    last: bool
    depth: int

    @property
    def name(self) -> str:
        return name_of(self.path)

    @property
    def id(self) -> str:
        return "c-" + "-".join(str(step) for step in self.path)

    @property
    def slot(self) -> str:
        return slot_of(self.path)


@dataclass(frozen=True)
class ElementField:
    """An element of standardisation that is written beside the YAML."""

    code: str
    label: str
    value: str
    hint: str
    read: str = ""
    """What the YAML says of it."""
    listed: str = ""

    @property
    def name(self) -> str:
        return f"e/{self.code}"

    @property
    def id(self) -> str:
        return f"e-{self.code}"


@dataclass
class EditorView:
    """Everything the page of an item shows of a source. `readable` is false for a source that is no item."""

    source: str
    view: str
    readable: bool = False
    basic: list[FieldView] = field(default_factory=list)
    document: list[FieldView] = field(default_factory=list)
    elements: list[ElementField] = field(default_factory=list)
    windows: list[list[FieldView]] = field(default_factory=list)
    conditions: list[ConditionView] = field(default_factory=list)
    exclusions: list[ConditionView] = field(default_factory=list)
    parameters: list[dict[str, Any]] = field(default_factory=list)
    way: str = ""
    ways: list[tuple[str, Any]] = field(default_factory=list)
    benefit: list[FieldView] = field(default_factory=list)
    bands: list[dict[str, Any]] = field(default_factory=list)
    table: dict[str, Any] | None = None
    caps: list[dict[str, Any]] = field(default_factory=list)
    benefit_links: str = ""
    slots: list[Path] = field(default_factory=list)


def view_of(sent: Sent, view: str) -> EditorView:
    """The source as fields; as YAML where it cannot be read as an item."""
    shown = EditorView(sent.source, view)
    try:
        data = read_source(sent.source)
    except DomainError:
        shown.view = "yaml"
        return shown
    if not isinstance(data, dict) or not isinstance(data.get("conditions"), list):
        shown.view = "yaml"
        return shown
    shown.readable = True
    if view == "yaml":
        return shown
    shown.basic = list(_basic(data))
    shown.document = list(_document(data.get("document") or {}))
    shown.elements = list(_elements(sent))
    shown.windows = [
        [
            FieldView(("windows", index, "from"), _("开始"), field_text(each.get("from")), "date"),
            FieldView(("windows", index, "to"), _("结束"), field_text(each.get("to")), "date"),
        ]
        for index, each in enumerate(data.get("windows") or ())
    ]
    place = str(data.get("region") or "")
    shown.conditions = _conditions(data, ("conditions",), sent, place)
    shown.exclusions = _conditions(data, ("exclusions",), sent, place)
    shown.parameters = [_parameter(index, each) for index, each in enumerate(data.get("parameters") or ())]
    _benefit(shown, data.get("benefit") or {})
    shown.benefit_links = _numbers(sent.links.get("benefit", []))
    shown.slots = list(_slots(shown))
    return shown


def _basic(data: Mapping[str, Any]) -> Iterator[FieldView]:
    period = data.get("effective") or {}
    delivery = [("", _("未定")), *((key, str(name)) for key, name in DELIVERY.items())]

    def text(key: str, label: str, kind: str = "text", hint: str = "") -> FieldView:
        return FieldView((key,), label, field_text(data.get(key)), kind, hint)

    yield text("name", _("事项名称"))
    yield text("summary", _("摘要"), "long", _("用企业看得懂的话，一两句说清楚给谁、给什么。"))
    yield text("issuer", _("发布机关"))
    yield text("kind", _("兑现方式"), hint=_("例如：奖励、补贴、贴息、返还、减免、资质认定"))
    yield FieldView(("delivery",), _("办理方式"), field_text(data.get("delivery")), "choice", "", delivery)
    yield FieldView(("effective", "from"), _("施行日期"), field_text(period.get("from")), "date")
    yield FieldView(("effective", "to"), _("截止日期"), field_text(period.get("to")), "date")
    yield text("tags", _("标签"), hint=_("多个标签用顿号隔开"))
    yield text("note", _("备注"), "long", _("发布后随事项公开。"))


def _document(said: Mapping[str, Any]) -> Iterator[FieldView]:
    def text(key: str, label: str, kind: str = "text", hint: str = "", listed: str = "") -> FieldView:
        return FieldView(("document", key), label, field_text(said.get(key)), kind, hint, (), listed)

    yield text(
        "title", _("文件标题"), hint=_("可以选择已录入的文件，其余各项随之填好。"), listed="document-titles"
    )
    yield text("number", _("文号"))
    yield text("issuer", _("发文机关"))
    yield text("issued", _("成文日期"), "date")
    yield text("url", _("出处网址"))


def _elements(sent: Sent) -> Iterator[ElementField]:
    yield ElementField(
        SUPERIOR,
        _("所落实的上级事项"),
        sent.elements.get(SUPERIOR, ""),
        _("上级政策事项的编号。填写后会核对本事项的条件和标准是否低于上级。"),
        listed="superior-items",
    )
    for each in completeness_of(sent.source, {}):
        # What is needed has a field of its own.
        if not each.needed:
            yield ElementField(
                each.code,
                in_language(each.name, each.name_en),
                sent.elements.get(each.code, ""),
                each.hint,
                each.text,
            )


def _numbers(numbers: Sequence[int]) -> str:
    return "、".join(str(each) for each in numbers)


def _conditions(data: Any, path: Path, sent: Sent, place: str) -> list[ConditionView]:
    return _children(data, (), path, sent, place, 0)


def _condition(
    entry: Mapping[str, Any], path: Path, sent: Sent, place: str, depth: int, *, first: bool, last: bool
) -> ConditionView:
    group = next((each for each in GROUPS if each in entry), "")
    holder: Path = (*path, "meets") if group in ("some", "every") else (*path, group)
    children = _children(entry, path, holder, sent, place, depth + 1) if group else []
    code = str(entry.get("id") or "")
    fields = [FieldView((*path, "text"), _("条件"), field_text(entry.get("text")))]
    if code:
        fields.append(FieldView((*path, "clause"), _("条款"), field_text(entry.get("clause"))))
    if group in ("some", "every"):
        fields.append(FieldView((*path, group), _("清单"), field_text(entry[group])))
    if group == "of":
        fields.append(FieldView((*path, "at_least"), _("至少几项"), field_text(entry.get("at_least"))))
    feel = None
    row = None
    rowable = False
    if not group:
        feel = FieldView((*path, "when"), _("FEEL 表达式"), field_text(entry.get("when")), "feel")
        row = _row_view(entry.get("when"), path, sent, place)
        rowable = row is not None
        if sent.modes.get(path) == "feel":
            row = None
    return ConditionView(
        path=path,
        code=code,
        fields=fields,
        group=group,
        group_name=GROUPS.get(group, ""),
        children=children,
        holder="" if group == "not" else name_of(holder),
        feel=feel,
        row=row,
        rowable=rowable,
        links=_numbers(sent.links.get(code, [])),
        first=first,
        last=last,
        depth=depth,
    )


def _children(
    entry: Mapping[str, Any], path: Path, holder: Path, sent: Sent, place: str, depth: int
) -> list[ConditionView]:
    inner = _reach(entry, holder[len(path) :])
    entries = [inner] if isinstance(inner, dict) else list(inner or ())
    return [
        _condition(
            each,
            holder if isinstance(inner, dict) else (*holder, index),
            sent,
            place,
            depth,
            first=index == 0,
            last=index + 1 == len(entries),
        )
        for index, each in enumerate(entries)
        if isinstance(each, dict)
    ]


def type_of(fact: str) -> str:
    """The type of a fact, or of a field of a line; "any" where the catalogue does not say."""
    known = catalogue()
    found = known.find(fact) or known.fields.get(fact.rpartition(".")[2])
    kind = found.type if found is not None else "any"
    return kind if kind in COMPARISONS_FOR else "any"


def _row_view(when: Any, path: Path, sent: Sent, place: str) -> RowView | None:
    if path in sent.rows:
        fact, comparison, values = sent.rows[path]
    elif isinstance(when, bool):
        fact, comparison, values = "", ">=", []
    else:
        row = rows_of(field_text(when), catalogue().names)
        if row is None:
            return None
        fact, comparison = row.fact, row.comparison
        values = [shown_value(each, type_of(fact)) for each in row.values]
    kind = type_of(fact)
    offered = COMPARISONS_FOR.get(kind, COMPARISONS_FOR["any"])
    if comparison not in offered:
        if path not in sent.rows and fact:
            # The type of the fact does not have it: FEEL says it, a row of this type cannot.
            return None
        comparison = offered[0]
    known = catalogue().find(fact)
    options, listed = _options(known, place, comparison)
    names = dict(options)
    wanted = 0 if comparison in ("yes", "no") else 2 if comparison == "between" else 1
    padded = [*values, *[""] * max(0, wanted - len(values))]
    if comparison in MANY_VALUED and padded[-1]:
        padded.append("")
    return RowView(
        name=f"r/{name_of(path)}",
        id="r-" + "-".join(str(step) for step in path),
        fact=fact,
        known=(known.code if known.name == fact else known.name) if known else "",
        unit=(known.unit or "") if known else "",
        comparison=comparison,
        comparisons=[(each, COMPARISONS[each]) for each in offered],
        values=padded if wanted else [],
        options=options if not listed else (),
        listed=listed,
        means="、".join(
            names.get(each, "") or _area_name(known, each)
            for each in values
            if each in names or _area_name(known, each)
        )
        if known is not None and known.code_list
        else "",
        kind="date" if kind == "date" and not any(each.startswith("=") for each in values) else "text",
    )


def said_by_row(feel: str) -> str:
    """A condition in words, as its row says it; nothing where no row can."""
    row = rows_of(feel, catalogue().names) if feel else None
    if row is None:
        return ""
    known = catalogue().find(row.fact)
    kind = type_of(row.fact)
    values = [shown_value(each, kind) for each in row.values]
    values = [_area_name(known, each) or each for each in values]
    unit = (known.unit or "") if known is not None and kind == "number" and values else ""
    joined = (" – " if row.comparison == "between" else "、").join(values)
    return " ".join(
        filter(None, (known.name if known else row.fact, str(COMPARISONS[row.comparison]), joined, unit))
    )


def _area_name(known: Any, value: str) -> str:
    if known is None or known.code_list != "regions":
        return ""
    found = divisions().get(code_of_path(value[:6]))
    return found.name if found else ""


def _options(known: Any, place: str, comparison: str) -> tuple[list[tuple[str, str]], str]:
    """Values to choose from, and the shared list they stand in, if it is one."""
    if known is None:
        return [], ""
    if known.code_list == "regions":
        return list(area_options(place)), "areas"
    if known.code_list == "industries":
        return list(trade_options()), "trades"
    return [(each, "") for each in known.values], ""


@cache
def area_options(place: str) -> tuple[tuple[str, str], ...]:
    """Divisions by the digits that all within begin with: what the place lies in, itself, and two levels below."""
    if not place.strip("0") or place not in divisions():
        return tuple(
            (each.path, each.name) for each in divisions().values() if each.path and len(each.path) <= 4
        )
    found = [*reversed(list(ancestors_of(place))), get_region(place)]
    for child in children_of(place):
        found += [child, *(children_of(child.code) if len(child.path) < 6 else ())]
    return tuple((each.path, each.name) for each in found if each.path)


@cache
def trade_options() -> tuple[tuple[str, str], ...]:
    """Sections, divisions and groups of the industries."""
    return tuple((each.code, each.name) for each in industries().values() if len(each.code) <= 3)


def fact_options() -> list[tuple[str, str]]:
    """Facts by name, with code and unit."""
    return [
        (fact.name, " · ".join(filter(None, (fact.code, fact.unit)))) for fact in catalogue().facts.values()
    ]


def _parameter(index: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    path: Path = ("parameters", index)
    return {
        "path": name_of(path),
        "slot": slot_of(path),
        "fields": [
            FieldView((*path, "name"), _("参数"), field_text(entry.get("name"))),
            FieldView((*path, "unit"), _("单位"), field_text(entry.get("unit"))),
        ],
        "values": [
            {
                "path": name_of((*path, "values", number)),
                "fields": [
                    FieldView(
                        (*path, "values", number, "from"),
                        _("自"),
                        field_text(each.get("from")),
                        "date",
                        ""
                        if each.get("from") or each.get("to")
                        else _("没有写起止日期，按一直有效计算。会调整的数字请写明。"),
                    ),
                    FieldView((*path, "values", number, "to"), _("至"), field_text(each.get("to")), "date"),
                    FieldView((*path, "values", number, "value"), _("值"), field_text(each.get("value"))),
                ],
            }
            for number, each in enumerate(entry.get("values") or ())
        ],
    }


def _benefit(shown: EditorView, benefit: Mapping[str, Any]) -> None:
    base: Path = ("benefit",)
    shown.way = next((each for each in (*WAYS, "lines", "parts") if each in benefit), "")
    shown.ways = list(WAYS.items())
    unit = [("", _("元")), ("元", _("元（写明）")), ("万元", _("万元"))]
    shown.benefit = [FieldView((*base, "text"), _("支持内容"), field_text(benefit.get("text")), "long")]
    if shown.way == "amount":
        shown.benefit += [
            FieldView((*base, "amount"), _("金额公式"), field_text(benefit["amount"]), "feel"),
            FieldView((*base, "unit"), _("单位"), field_text(benefit.get("unit")), "choice", "", unit),
        ]
    if shown.way == "grants":
        shown.benefit.append(FieldView((*base, "grants"), _("给予什么"), field_text(benefit["grants"])))
    if shown.way == "bands":
        bands = benefit["bands"]
        mode = [
            ("", _("整体适用所在档（默认）")),
            ("whole", _("整体适用所在档")),
            ("progressive", _("各档分别计算")),
        ]
        shown.benefit += [
            FieldView((*base, "bands", "by"), _("按什么分档"), field_text(bands.get("by")), "feel"),
            FieldView((*base, "bands", "of"), _("比例乘以什么"), field_text(bands.get("of")), "feel"),
            FieldView(
                (*base, "bands", "mode"), _("计算方式"), field_text(bands.get("mode")), "choice", "", mode
            ),
            FieldView((*base, "unit"), _("单位"), field_text(benefit.get("unit")), "choice", "", unit),
        ]
        names = {"within": _("范围"), "rate": _("比例"), "amount": _("金额"), "cap": _("上限")}
        shown.bands = [
            {
                "path": name_of((*base, "bands", "rows", index)),
                "fields": [
                    FieldView((*base, "bands", "rows", index, key), label, field_text(each.get(key)))
                    for key, label in names.items()
                ],
            }
            for index, each in enumerate(bands.get("rows") or ())
        ]
    if shown.way == "table" and isinstance(benefit["table"], dict):
        shown.table = _table(benefit["table"], (*base, "table"))
    per = [("", _("每个事项")), *((key, label) for key, label in _PER().items())]
    shown.caps = [
        {
            "path": name_of((*base, "caps", index)),
            "fields": [
                FieldView((*base, "caps", index, "amount"), _("上限"), field_text(each.get("amount"))),
                FieldView(
                    (*base, "caps", index, "unit"),
                    _("单位"),
                    field_text(each.get("unit")),
                    "choice",
                    "",
                    unit,
                ),
                FieldView(
                    (*base, "caps", index, "per"), _("按"), field_text(each.get("per")), "choice", "", per
                ),
            ],
        }
        for index, each in enumerate(benefit.get("caps") or ())
    ]


def _PER() -> dict[str, str]:
    return {
        "item": _("每个事项（写明）"),
        "line": _("每条"),
        "month": _("每月"),
        "quarter": _("每季"),
        "year": _("每年"),
        "cumulative": _("累计"),
        "project": _("每个项目"),
        "subject": _("每个对象"),
    }


def _table(table: Mapping[str, Any], path: Path) -> dict[str, Any] | None:
    """A decision table as cells; None for one that is written in a way cells cannot say."""
    inputs, rules = table.get("inputs") or [], table.get("rules") or []
    whole = all(isinstance(each, str) for each in inputs) and all(
        isinstance(each, dict) and isinstance(each.get("when"), list) and len(each["when"]) == len(inputs)
        for each in rules
    )
    if not whole:
        return None
    return {
        "path": name_of(path),
        "inputs": [
            FieldView((*path, "inputs", index), _("输入"), field_text(each))
            for index, each in enumerate(inputs)
        ],
        "rules": [
            {
                "path": name_of((*path, "rules", number)),
                "cells": [
                    FieldView((*path, "rules", number, "when", index), _("条件"), field_text(cell))
                    for index, cell in enumerate(rule["when"])
                ],
                "then": FieldView((*path, "rules", number, "then"), _("结果"), field_text(rule.get("then")))
                if not isinstance(rule.get("then"), list)
                else None,
            }
            for number, rule in enumerate(rules)
        ],
    }


def _slots(shown: EditorView) -> Iterator[Path]:
    """Every place beside which problems can be told."""
    yield from (each.path for each in (*shown.basic, *shown.document, *shown.benefit))
    yield from (each.path for pair in shown.windows for each in pair)
    yield from _condition_slots((*shown.conditions, *shown.exclusions))
    for parameter in shown.parameters:
        yield path_of(parameter["path"])
        yield from (each.path for each in parameter["fields"])
        yield from (each.path for value in parameter["values"] for each in value["fields"])
    for entry in (*shown.bands, *shown.caps):
        yield from (each.path for each in entry["fields"])
    if shown.table:
        yield from (each.path for each in shown.table["inputs"])
        for rule in shown.table["rules"]:
            yield from (each.path for each in rule["cells"])
            if rule["then"]:
                yield rule["then"].path


def _condition_slots(conditions: Sequence[ConditionView]) -> Iterator[Path]:
    for each in conditions:
        yield each.path
        yield from (one.path for one in each.fields)
        if each.feel:
            yield each.feel.path
        yield from _condition_slots(each.children)


# --- what is said of it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """One remark beside a field, or above all of them."""

    severity: str
    text: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Checked:
    """All remarks, at their fields and apart; and the scenarios."""

    slots: Sequence[tuple[str, Sequence[Told]]]
    general: Sequence[Told]
    errors: int
    warnings: int
    scenarios: Sequence[dict[str, Any]]
    elements: tuple[int, int]
    """How many elements are there, of how many."""
    lacking: Sequence[str]
    """Needed elements that are not."""


def check(sent: Sent, shown: EditorView, today: date) -> Checked:
    """Everything `yingshang policy check` says, each at its field; the scenarios, run."""
    at: dict[Path, list[Told]] = {path: [] for path in shown.slots}
    general: list[Told] = []
    found = placed_problems(sent.source, today)
    for each in found:
        told = _told(each)
        path = each.path
        while path and path not in at:
            path = path[:-1]
        (at[path] if path else general).append(told)
    differing = disagreements(sent.source, catalogue())
    for one in differing:
        path = (*one.path, "text")
        told = Told("warning", in_language(one.message_zh, one.message))
        at.get(path, general).append(told)
    note = _reader_note(sent.source)
    if note:
        at.get(("note",), general).append(note)
    for path, message in sent.errors.items():
        nearest = path
        while nearest and nearest not in at:
            nearest = nearest[:-1]
        (at[nearest] if nearest else general).append(Told("error", message))
    errors = sum(each.problem.severity == "error" for each in found) + len(sent.errors)
    states = completeness_of(sent.source, sent.elements)
    return Checked(
        slots=[(slot_of(path), told) for path, told in at.items()],
        general=general,
        errors=errors,
        warnings=len(found)
        - sum(each.problem.severity == "error" for each in found)
        + len(differing)
        + bool(note),
        scenarios=[_scenario(each) for each in scenario_results(sent.source, today)],
        elements=(sum(each.present for each in states), len(states)),
        lacking=[in_language(each.name, each.name_en) for each in states if each.lacking],
    )


def _reader_note(source: str) -> Told | None:
    """That the note is still the reader's own, which would be published."""
    try:
        data = read_source(source)
    except DomainError:
        return None
    note = str(data.get("note") or "") if isinstance(data, dict) else ""
    if not note.startswith(READER_NOTE):
        return None
    return Told("warning", _("这是阅读器起草时的说明，发布后会公开。请逐条核对后清空，否则不能提交审查。"))


def _told(placed: PlacedProblem) -> Told:
    problem = placed.problem
    return Told(
        problem.severity,
        problem.message if english() else problem.message_zh,
        problem.place.line,
        problem.place.column,
    )


def _scenario(result: Any) -> dict[str, Any]:
    decision = result.decision
    amount = decision.amount.value if decision is not None and decision.amount is not None else None
    return {
        "name": result.name,
        "passed": result.passed,
        "outcome": decision.outcome if decision is not None else "",
        "amount": amount,
        "differences": result.differences if english() else list(_in_words(result)),
    }


_OUTCOMES = {"entitled": "符合", "refused": "不符合", "undecided": "待定", "error": "出错"}
"""What a scenario may come to, for the words of its differences, which are Chinese here."""


def _in_words(result: Any) -> Iterator[str]:
    """The differences of a scenario in Chinese, as far as they are of outcome and amount."""
    decision = result.decision
    wanted = next(
        (
            each
            for each in result.item.data.get("scenarios") or ()
            if isinstance(each, dict) and str(each.get("name")) == result.name
        ),
        None,
    )
    for each in result.differences:
        head = each.partition(":")[0]
        if wanted is None or decision is None or head not in ("outcome", "amount"):
            yield each
        elif head == "outcome":
            failure = decision.reason.failure
            why = failure.message_zh if failure else _lacking(decision.missing)
            said = _OUTCOMES.get(str(wanted.get("outcome")), str(wanted.get("outcome")))
            got = _OUTCOMES.get(str(decision.outcome), str(decision.outcome))
            yield f"结论应为“{said}”，算得“{got}”" + (f"：{why}" if why else "")
        else:
            amount = decision.amount
            failure = amount.failure if amount is not None else None
            why = failure.message_zh if failure else _lacking(amount.missing if amount is not None else ())
            got = "没有金额" if amount is None or amount.value is None else f"{field_text(amount.value)} 元"
            yield f"金额应为 {field_text(wanted.get('amount'))} 元，算得{got}" + (f"：{why}" if why else "")


def _lacking(columns: Sequence[str]) -> str:
    names = [found.name if (found := catalogue().find(each)) else each for each in columns]
    return f"缺少{'、'.join(names)}" if names else ""
