"""What a form consists of: its schema and its layout, read into sections and fields. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.names import free_names, refuse_patterns, unknown_functions
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.syntax import Node
from yingshang.rules.feel.temporal import parse_date

from .formats import FORMATS, comparable
from .schemas import CODE, FILE_TYPES, Finding, Path, check_schema, inlined

Kind = Literal[
    "text",
    "long_text",
    "choice",
    "choices",
    "boolean",
    "confirm",
    "integer",
    "money",
    "decimal",
    "date",
    "rows",
    "files",
]
WIDGETS = ("", "radio", "select", "textarea", "hidden", "checkbox")
WIDTHS = ("full", "half", "third")
MOST_SECTIONS = 40
LONGEST_CONDITION = 300


@dataclass(frozen=True, slots=True)
class Option:
    """One choice."""

    value: str
    name: str
    name_en: str

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name


@dataclass(frozen=True, slots=True)
class FileRule:
    """What files a field takes."""

    types: tuple[str, ...]
    max_bytes: int
    max_files: int

    @property
    def content_types(self) -> tuple[str, ...]:
        return tuple(FILE_TYPES[each] for each in self.types)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field, with both its names. `required` is what always holds; conditions can ask for more."""

    code: str
    kind: Kind
    name: str
    name_en: str
    hint: str
    hint_en: str
    required: bool
    schema: Mapping[str, Any]
    widget: str = ""
    width: str = "full"
    when: str = ""
    options: tuple[Option, ...] = ()
    columns: tuple[FieldSpec, ...] = ()
    files: FileRule | None = None
    fact: str = ""
    last: bool = False
    read_only: bool = False
    personal: bool = False

    @property
    def format(self) -> str:
        return str(self.schema.get("format", ""))

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name

    def help(self, language: str) -> str:
        return self.hint_en if language.startswith("en") else self.hint


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """A part of the form with a heading."""

    code: str
    name: str
    name_en: str
    note: str
    note_en: str
    when: str
    fields: tuple[FieldSpec, ...]

    def label(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name

    def help(self, language: str) -> str:
        return self.note_en if language.startswith("en") else self.note


@dataclass(frozen=True, slots=True)
class Specification:
    """A form read: sections in order, fields by code, and the schema without references."""

    sections: tuple[SectionSpec, ...]
    fields: Mapping[str, FieldSpec]
    schema: Mapping[str, Any]
    digest: str

    def visible(self, data: Mapping[str, Any]) -> frozenset[str]:
        """The fields that are asked for, given what was filled in so far.

        A condition sees only fields before it, so one pass settles all. A condition that is not known to hold yet
        leaves its field out; one that makes no sense for what was filled in asks for it.
        """
        shown: set[str] = set()
        known: dict[str, Any] = {}
        for section in self.sections:
            section_shown = _holds(section.when, known)
            for field in section.fields:
                if section_shown and _holds(field.when, known):
                    shown.add(field.code)
                    if field.code in data:
                        known[field.code] = feel_value(field, data[field.code])
        return frozenset(shown)


def document_digest(schema: Any, layout: Any) -> str:
    """SHA-256 of a form's JSON, in the order in which it is written: that of a table's columns counts."""
    text = json.dumps([schema, layout], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_read: dict[str, Specification] = {}


def specification(schema: Mapping[str, Any], layout: Mapping[str, Any], digest: str = "") -> Specification:
    """A checked form, read. What was read before is kept by its digest."""
    digest = digest or document_digest(schema, layout)
    found = _read.get(digest)
    if found is None:
        if len(_read) > 500:
            _read.clear()
        found = _read[digest] = _specification(schema, layout, digest)
    return found


def _specification(schema: Mapping[str, Any], layout: Mapping[str, Any], digest: str) -> Specification:
    plain = inlined(schema)
    required = set(plain.get("required", ()))
    sections = tuple(
        SectionSpec(
            code=str(section["code"]),
            name=section.get("name", ""),
            name_en=section.get("name_en", "") or section.get("name", ""),
            note=section.get("note", ""),
            note_en=section.get("note_en", "") or section.get("note", ""),
            when=section.get("when", ""),
            fields=tuple(
                _field(
                    placed["field"],
                    plain["properties"][placed["field"]],
                    placed["field"] in required,
                    placed,
                )
                for placed in section["fields"]
            ),
        )
        for section in layout["sections"]
    )
    fields = {field.code: field for section in sections for field in section.fields}
    return Specification(sections, fields, plain, digest)


def _field(
    code: str, schema: Mapping[str, Any], required: bool, placed: Mapping[str, Any] | None = None
) -> FieldSpec:
    placed = placed or {}
    title, hint = schema["title"], schema.get("description", "")
    listed = schema.get("items", {}) if schema["type"] == "array" else schema
    rule = schema.get("x-file")
    return FieldSpec(
        code=code,
        kind=_kind(schema, placed.get("widget", "")),
        name=title,
        name_en=schema.get("x-title-en") or title,
        hint=hint,
        hint_en=schema.get("x-description-en") or hint,
        required=required,
        schema=schema,
        widget=placed.get("widget", ""),
        width=placed.get("width", "full"),
        when=placed.get("when", ""),
        options=tuple(
            Option(
                value,
                listed.get("x-labels", {}).get(value, value),
                listed.get("x-labels-en", {}).get(value, value),
            )
            for value in listed.get("enum", ())
        ),
        columns=tuple(
            _field(name, column, name in listed.get("required", ()))
            for name, column in listed.get("properties", {}).items()
        ),
        files=FileRule(
            tuple(rule["types"]), rule.get("max_bytes", 10 * 1024 * 1024), rule.get("max_files", 1)
        )
        if rule
        else None,
        fact=schema.get("x-fact", ""),
        last=schema.get("x-last", False),
        read_only=schema.get("readOnly", False),
        personal=schema.get(
            "x-personal", schema.get("format") in FORMATS and FORMATS[schema["format"]].personal
        ),
    )


def _kind(schema: Mapping[str, Any], widget: str) -> Kind:
    match schema["type"]:
        case "integer":
            return "integer"
        case "boolean":
            return "confirm" if schema.get("const") is True else "boolean"
        case "array":
            if "x-file" in schema:
                return "files"
            return "choices" if "enum" in schema["items"] else "rows"
    if "enum" in schema:
        return "choice"
    form = schema.get("format", "")
    if form == "money":
        return "money"
    if form == "decimal":
        return "decimal"
    if form == "date":
        return "date"
    long = widget == "textarea" or (not form and schema.get("maxLength", 0) > 120)
    return "long_text" if long else "text"


# --- layout -----------------------------------------------------------------------------------------------------------


def check_form(schema: Any, layout: Any) -> tuple[Finding, ...]:
    """Everything that is wrong with a form; nothing when it may be published."""
    found = check_schema(schema)
    if found:
        return found
    return tuple(_layout_findings(inlined(schema), layout))


def _layout_findings(schema: Mapping[str, Any], layout: Any) -> list[Finding]:
    findings: list[Finding] = []
    path: Path = ("layout", "sections")
    sections = layout.get("sections") if isinstance(layout, dict) else None
    if not isinstance(sections, list) or not 0 < len(sections) <= MOST_SECTIONS:
        return [
            Finding(
                path,
                f"a layout has 1 to {MOST_SECTIONS} sections",
                f"版面要有 1 到 {MOST_SECTIONS} 个部分（sections）",
            )
        ]
    placed: set[str] = set()
    codes: set[str] = set()
    for number, section in enumerate(sections):
        here: Path = (*path, number)
        if not isinstance(section, dict) or not isinstance(section.get("fields"), list):
            findings.append(Finding(here, "a section has a list of fields", "每个部分要有 fields 列表"))
            continue
        code = section.get("code")
        if not isinstance(code, str) or not CODE.fullmatch(code) or code in codes:
            findings.append(
                Finding(
                    (*here, "code"),
                    "a section has a code of its own: lower-case letters, digits, _",
                    "每个部分要有不重复的代码（小写字母、数字、下划线）",
                )
            )
        codes.add(str(code))
        findings += _texts(section, ("name", "name_en", "note", "note_en"), {"code", "fields", "when"}, here)
        findings += _condition(section.get("when", ""), placed, (*here, "when"))
        for position, item in enumerate(section["fields"]):
            findings += _placed(item, schema, placed, (*here, "fields", position))
    for name in schema["properties"]:
        if name not in placed:
            findings.append(
                Finding(path, f"the field {name!r} is in no section", f"字段“{name}”不在任何部分之中")
            )
    return findings


def _texts(item: Mapping[str, Any], texts: tuple[str, ...], others: set[str], here: Path) -> list[Finding]:
    findings = [
        Finding((*here, name), "this is a text", "此处应为文字")
        for name in texts
        if not isinstance(item.get(name, ""), str)
    ]
    findings += [
        Finding((*here, name), f"unknown entry {name!r}", f"不认识的项“{name}”")
        for name in item
        if name not in texts and name not in others
    ]
    return findings


def _placed(item: Any, schema: Mapping[str, Any], placed: set[str], here: Path) -> list[Finding]:
    if not isinstance(item, dict) or not isinstance(item.get("field"), str):
        return [Finding(here, "this names a field", "此处应写明字段（field）")]
    name = item["field"]
    if name not in schema["properties"]:
        return [Finding((*here, "field"), f"there is no field {name!r}", f"没有字段“{name}”")]
    if name in placed:
        return [Finding((*here, "field"), f"{name!r} is placed twice", f"字段“{name}”放了两次")]
    findings = _texts(item, (), {"field", "widget", "width", "when"}, here)
    if item.get("widget", "") not in WIDGETS:
        findings.append(
            Finding((*here, "widget"), f"widget is one of {', '.join(WIDGETS[1:])}", "没有这种控件")
        )
    if item.get("width", "full") not in WIDTHS:
        findings.append(
            Finding((*here, "width"), f"width is one of {', '.join(WIDTHS)}", "宽度应为 full、half 或 third")
        )
    findings += _condition(item.get("when", ""), placed, (*here, "when"))
    placed.add(name)
    return findings


def _condition(text: Any, before: set[str], here: Path) -> list[Finding]:
    if text == "":
        return []
    if not isinstance(text, str) or len(text) > LONGEST_CONDITION:
        return [
            Finding(
                here,
                f"a condition is a FEEL expression of at most {LONGEST_CONDITION} characters",
                f"条件应为不超过 {LONGEST_CONDITION} 个字符的 FEEL 表达式",
            )
        ]
    try:
        tree = condition_tree(text)
    except ExpressionError as error:
        return [Finding(here, error.message, error.message_zh)]
    except RecursionError:
        return [Finding(here, "the condition is nested too deeply", "条件嵌套过深")]
    findings = [
        Finding(
            here,
            f"{name!r} is no field that stands before this one",
            f"“{name}”不是排在前面的字段",
        )
        for name in sorted(free_names(tree))
        if name not in before
    ]
    findings += [Finding(here, each.message(), each.message_zh()) for each in unknown_functions(tree)]
    return findings


# --- conditions -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2048)
def condition_tree(text: str) -> Node:
    """A condition, parsed. Raises ExpressionError."""
    return refuse_patterns(parse_expression(text), text)


@dataclass(frozen=True, slots=True)
class SimpleCondition:
    """A condition that says that one field has one of some values; a page can follow it by itself."""

    field: str
    values: tuple[str, ...]


def simple_condition(text: str) -> SimpleCondition | None:
    """The condition as a field and the values it may have; None when it says anything else."""
    if not text:
        return None
    tree = condition_tree(text)
    if isinstance(tree, syntax.In) and isinstance(tree.value, syntax.Name):
        tests = tree.tests
        field = tree.value.name
    elif isinstance(tree, syntax.Comparison) and tree.operator == "=" and isinstance(tree.left, syntax.Name):
        tests, field = (tree.right,), tree.left.name
    else:
        return None
    values = []
    for test in tests:
        if not isinstance(test, syntax.Literal) or not isinstance(test.value, str | bool):
            return None
        values.append(str(test.value).lower() if isinstance(test.value, bool) else test.value)
    return SimpleCondition(field, tuple(values))


def condition_text(field: str, values: tuple[str, ...], *, boolean: bool = False) -> str:
    """The FEEL of a simple condition."""
    written = [value if boolean else json.dumps(value, ensure_ascii=False) for value in values]
    return f"{field} = {written[0]}" if len(written) == 1 else f"{field} in ({', '.join(written)})"


def feel_value(field: FieldSpec, value: Any) -> Any:
    """What was filled in, as FEEL knows it: amounts are numbers, days are dates."""
    if isinstance(value, str) and field.kind in ("money", "decimal"):
        number = comparable(field.format, value)
        return value if number is None else number
    if isinstance(value, str) and field.kind == "date":
        return value if comparable("date", value) is None else parse_date(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return _decimal(value)
    if field.kind == "rows" and isinstance(value, list):
        columns = {column.code: column for column in field.columns}
        return [
            {name: feel_value(columns[name], cell) for name, cell in row.items() if name in columns}
            for row in value
            if isinstance(row, dict)
        ]
    return value


def _decimal(value: int) -> Any:
    from decimal import Decimal

    return Decimal(value)


def _holds(condition: str, known: Mapping[str, Any]) -> bool:
    if not condition:
        return True
    answer = evaluate(condition_tree(condition), known, Mode.POLICY)
    if answer.__class__.__name__ == "Failure":
        return True
    return answer is True
