"""Which JSON Schemas a form may have. Pure.

A form speaks a part of JSON Schema 2020-12: an object whose properties are texts, whole numbers, yes-or-no, lists of
choices, rows of a table, and files. Everything else is refused when the form is saved, with the place of it: other
keywords, references to anywhere but the schema's own `$defs`, references in a circle, what is too deep or too large,
patterns that could run away. Nothing is ever fetched from anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from yingshang.kernel.reference.api import UnknownFact, get_fact

from .formats import FORMATS, comparable
from .patterns import UnsafePattern, compiled

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_BYTES = 200_000
MOST_DEPTH = 12
MOST_NODES = 4_000
MOST_FIELDS = 200
MOST_OPTIONS = 500
MOST_ROWS = 200
MOST_FILES = 20
MOST_FILE_BYTES = 50 * 1024 * 1024
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
PARTY_FACTS = {
    "party.name": ("企业名称", "Name of the enterprise"),
    "party.credit_code": ("统一社会信用代码", "Unified social credit code"),
    "party.region": ("所在区划代码", "Division code"),
}
"""What is known of every enterprise beside the catalogue."""
FILE_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
    "csv": "text/csv",
}
"""Kinds of files a file field may ask for."""

Path = tuple[str | int, ...]

_TYPES = ("string", "integer", "boolean", "array", "object")
_SUBSCHEMA = ("if", "then", "else", "not", "items")
_SUBSCHEMAS = ("allOf", "anyOf", "oneOf")
_NAMED_SUBSCHEMAS = ("properties", "$defs", "dependentSchemas")
_PLAIN: dict[str, type | tuple[type, ...]] = {
    "$schema": str,
    "$comment": str,
    "type": str,
    "title": str,
    "description": str,
    "enum": list,
    "const": (str, int, bool),
    "default": (str, int, bool, list),
    "examples": list,
    "readOnly": bool,
    "required": list,
    "dependentRequired": dict,
    "minLength": int,
    "maxLength": int,
    "pattern": str,
    "format": str,
    "minimum": int,
    "maximum": int,
    "exclusiveMinimum": int,
    "exclusiveMaximum": int,
    "multipleOf": int,
    "minItems": int,
    "maxItems": int,
    "uniqueItems": bool,
    "additionalProperties": bool,
    "$ref": str,
    "x-title-en": str,
    "x-description-en": str,
    "x-message": str,
    "x-message-en": str,
    "x-labels": dict,
    "x-labels-en": dict,
    "x-fact": str,
    "x-last": bool,
    "x-file": dict,
    "x-personal": bool,
    "x-minimum": str,
    "x-maximum": str,
}
_NEVER = {
    "$id": ("a form's schema has no address of its own", "表单的 schema 不另设地址"),
    "$anchor": ("name it in $defs instead", "请改用 $defs"),
    "$dynamicRef": ("it can come back to itself; write the part out", "可能指回自身，请直接写出内容"),
    "$dynamicAnchor": ("it can come back to itself; write the part out", "可能指回自身，请直接写出内容"),
    "$recursiveRef": ("it comes back to itself; write the part out", "会指回自身，请直接写出内容"),
    "patternProperties": ("name every field under properties", "请在 properties 中逐一列出字段"),
    "contentMediaType": ("use a file field (x-file)", "请使用文件字段（x-file）"),
    "contentEncoding": ("use a file field (x-file)", "请使用文件字段（x-file）"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a form, and where: `place` is a JSON pointer into `{"schema": …, "layout": …}`."""

    path: Path
    message: str
    message_zh: str

    @property
    def place(self) -> str:
        return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in self.path)

    def text(self, language: str) -> str:
        """The finding in one language, with its place."""
        return f"{self.place}: {self.message if language.startswith('en') else self.message_zh}"


class _Stop(Exception):
    """Nothing more can be said: what is wrong is the size or the shape as a whole."""


def check_schema(schema: Any) -> tuple[Finding, ...]:
    """Everything that is wrong with a schema; nothing when it may be used."""
    if not isinstance(schema, dict):
        return (Finding(("schema",), "the schema is an object", "schema 应为对象"),)
    try:
        size = _size(schema)
    except (TypeError, ValueError, RecursionError):
        return (
            Finding(
                ("schema",),
                "the schema is not plain JSON, or is nested far too deeply",
                "schema 不是普通的 JSON，或嵌套过深",
            ),
        )
    if size > MOST_BYTES:
        return (
            Finding(
                ("schema",),
                f"the schema has {size} bytes; {MOST_BYTES} are allowed",
                f"schema 有 {size} 字节，最多 {MOST_BYTES} 字节",
            ),
        )
    check = _Check(schema)
    try:
        check.schema(schema, ("schema",), 0)
        if not check.findings:
            check.references()
        if not check.findings:
            check.fields()
    except _Stop:
        pass
    if not check.findings:
        check.standard()
    return tuple(check.findings)


def _size(schema: Any) -> int:
    return len(json.dumps(schema, ensure_ascii=False, allow_nan=False).encode())


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A checked schema with every reference replaced by what it refers to."""

    def put_in(value: Any) -> Any:
        if isinstance(value, list):
            return [put_in(each) for each in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str):
            beside = {name: put_in(each) for name, each in value.items() if name != "$ref"}
            return {**put_in(_definition(schema, value["$ref"])), **beside}
        return {name: put_in(each) for name, each in value.items() if name != "$defs"}

    result: dict[str, Any] = put_in(dict(schema))
    return result


def _definition(schema: Mapping[str, Any], reference: str) -> Any:
    return schema.get("$defs", {}).get(reference.removeprefix("#/$defs/"))


class _Check:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.nodes = 0

    def say(self, path: Path, message: str, message_zh: str) -> None:
        if len(self.findings) < 100:
            self.findings.append(Finding(path, message, message_zh))

    def schema(self, schema: Any, path: Path, depth: int) -> None:
        """Keywords and their shapes, all the way down."""
        self.nodes += 1
        if depth > MOST_DEPTH:
            self.say(
                path,
                f"nested more than {MOST_DEPTH} levels deep",
                f"嵌套超过 {MOST_DEPTH} 层，请拆成多个字段",
            )
            raise _Stop
        if self.nodes > MOST_NODES:
            self.say(
                path,
                f"the schema has more than {MOST_NODES} parts",
                f"schema 的组成部分超过 {MOST_NODES} 个，请拆成多个表单",
            )
            raise _Stop
        if not isinstance(schema, dict):
            self.say(path, "a schema is an object here", "此处应为对象形式的 schema")
            return
        for keyword, value in schema.items():
            self._keyword(schema, keyword, value, (*path, keyword), depth)

    def _keyword(self, schema: Mapping[str, Any], keyword: str, value: Any, path: Path, depth: int) -> None:
        if keyword in _SUBSCHEMA:
            self.schema(value, path, depth + 1)
        elif keyword in _SUBSCHEMAS:
            if not isinstance(value, list) or not value:
                self.say(path, f"{keyword} is a list of schemas", f"{keyword} 应为 schema 列表")
                return
            for position, each in enumerate(value):
                self.schema(each, (*path, position), depth + 1)
        elif keyword in _NAMED_SUBSCHEMAS:
            if not isinstance(value, dict):
                self.say(path, f"{keyword} is an object of schemas", f"{keyword} 应为对象")
                return
            for name, each in value.items():
                if not isinstance(name, str) or not CODE.fullmatch(name):
                    self.say(
                        (*path, name),
                        "names are lower-case letters, digits and _, beginning with a letter, at most 40",
                        "名称应为小写字母、数字和下划线，以字母开头，最多 40 个字符",
                    )
                self.schema(each, (*path, name), depth + 1)
        elif keyword in _PLAIN:
            self._plain(schema, keyword, value, path)
        elif keyword in _NEVER:
            message, message_zh = _NEVER[keyword]
            self.say(
                path, f"{keyword} is not used in forms: {message}", f"表单不使用 {keyword}：{message_zh}"
            )
        else:
            self.say(
                path,
                f"unknown keyword {keyword!r}; a form would not heed it",
                f"不认识的关键字“{keyword}”，表单不会理会它",
            )

    def _plain(self, schema: Mapping[str, Any], keyword: str, value: Any, path: Path) -> None:
        kind = _PLAIN[keyword]
        wrong = not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        if wrong:
            exact = keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
            hint = "; for amounts use x-minimum and x-maximum with a text" if exact else ""
            hint_zh = "；金额请用文本形式的 x-minimum、x-maximum" if exact else ""
            self.say(
                path, f"{keyword} has a value of the wrong kind{hint}", f"{keyword} 的值类型不对{hint_zh}"
            )
            return
        match keyword:
            case "$schema" if value != DIALECT:
                self.say(
                    path,
                    f"only JSON Schema 2020-12 is used: {DIALECT}",
                    f"只使用 JSON Schema 2020-12：{DIALECT}",
                )
            case "type" if value == "number":
                self.say(
                    path,
                    'numbers with decimals are exact texts: {"type": "string", "format": "money"} or "decimal"',
                    '带小数的数值以精确文本保存：{"type": "string", "format": "money"} 或 "decimal"',
                )
            case "type" if value not in _TYPES:
                self.say(path, f"type is one of {', '.join(_TYPES)}", f"type 应为 {'、'.join(_TYPES)} 之一")
            case "format" if value not in FORMATS:
                known = ", ".join(FORMATS)
                self.say(path, f"no format {value!r}; there are {known}", f"没有格式“{value}”，可用：{known}")
            case "pattern":
                try:
                    compiled(value)
                except UnsafePattern as error:
                    self.say(path, error.message, error.message_zh)
            case "$ref":
                self._reference(value, path)
            case "enum":
                self._options(value, path)
            case "multipleOf" if value < 1:
                self.say(path, "multipleOf is a positive number", "multipleOf 应为正数")
            case "x-file":
                self._file(value, path)
            case "x-fact":
                self._fact(value, path)
            case "x-minimum" | "x-maximum":
                self._bound(schema, value, path)
            case "x-labels" | "x-labels-en":
                for name, label in value.items():
                    if not isinstance(label, str) or not label.strip():
                        self.say((*path, name), "a label is a text", "标签应为文字")
            case "required":
                self._names(value, path)
            case "dependentRequired":
                for name, names in value.items():
                    self._names(names, (*path, name))

    def _names(self, names: Any, path: Path) -> None:
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            self.say(path, "this is a list of field names", "此处应为字段名的列表")

    def _reference(self, value: str, path: Path) -> None:
        if not value.startswith("#"):
            self.say(
                path,
                f"{value!r} points outside the schema; nothing is ever fetched: put it into $defs",
                f"“{value}”指向 schema 之外；平台从不联网取用，请写入 $defs",
            )
        elif not re.fullmatch(r"#/\$defs/[a-z][a-z0-9_]{0,39}", value):
            self.say(
                path,
                f"{value!r}: references are of the form #/$defs/name",
                f"“{value}”：引用只能写成 #/$defs/名称",
            )
        elif _definition(self.root, value) is None:
            self.say(path, f"there is no {value}", f"没有 {value}")

    def _options(self, value: list[Any], path: Path) -> None:
        if not 0 < len(value) <= MOST_OPTIONS:
            self.say(path, f"1 to {MOST_OPTIONS} options", f"选项应为 1 到 {MOST_OPTIONS} 个")
        elif not all(isinstance(each, str) and each and each == each.strip() for each in value):
            self.say(path, "options are texts that are not empty", "选项应为非空文字")
        elif len(set(value)) < len(value):
            self.say(path, "an option is there twice", "选项重复")

    def _file(self, value: Mapping[str, Any], path: Path) -> None:
        for name in value:
            if name not in ("types", "max_bytes", "max_files"):
                self.say(
                    (*path, name),
                    "x-file has types, max_bytes, max_files",
                    "x-file 只有 types、max_bytes、max_files",
                )
        types = value.get("types")
        if not isinstance(types, list) or not types or any(each not in FILE_TYPES for each in types):
            known = ", ".join(FILE_TYPES)
            self.say((*path, "types"), f"types is a list of {known}", f"types 应为以下类型的列表：{known}")
        for name, most in (("max_bytes", MOST_FILE_BYTES), ("max_files", MOST_FILES)):
            number = value.get(name, 1)
            if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
                self.say((*path, name), f"{name} is 1 to {most}", f"{name} 应为 1 到 {most}")

    def _fact(self, value: str, path: Path) -> None:
        if value in PARTY_FACTS:
            return
        try:
            fact = get_fact(value)
        except UnknownFact as error:
            self.say(path, error.message, error.message_zh)
            return
        if fact.about != "party" or fact.type == "list<context>":
            self.say(
                path,
                f"{fact.name} cannot fill in a field: take a single value of an enterprise",
                f"“{fact.name}”不能用来预填：请选用关于企业的单个值",
            )

    def _bound(self, schema: Mapping[str, Any], value: str, path: Path) -> None:
        form = str(schema.get("format", ""))
        today = form == "date" and value == "today"
        if form not in ("money", "decimal", "date") or not (today or comparable(form, value) is not None):
            self.say(
                path,
                "a bound of a money or decimal text (such as 0.01) or of a date (a day, or today)",
                "用于金额、小数（如 0.01）或日期（某一天，或 today）的界限",
            )

    def references(self) -> None:
        """No reference leads back to itself, and written out the schema is not too large."""
        definitions: Mapping[str, Any] = self.root.get("$defs", {})
        sizes: dict[str, int] = {}

        def size_of(name: str, above: tuple[str, ...]) -> int:
            if name in above:
                circle = " → ".join((*above[above.index(name) :], name))
                self.say(
                    ("schema", "$defs", name),
                    f"it refers to itself ({circle}); write the part out as often as it is needed",
                    f"引用了自身（{circle}），请按需要的次数直接写出",
                )
                raise _Stop
            if name not in sizes:
                if len(above) > MOST_DEPTH:
                    self.say(
                        ("schema", "$defs", name), "references nested too deeply", "引用嵌套过深，请直接写出"
                    )
                    raise _Stop
                sizes[name] = measured(definitions[name], (*above, name))
            return sizes[name]

        def measured(value: Any, above: tuple[str, ...]) -> int:
            parts = 0
            for node in _nodes(value):
                parts += 1
                if isinstance(node.get("$ref"), str):
                    parts += size_of(node["$ref"].removeprefix("#/$defs/"), above)
                if parts > MOST_NODES:
                    self.say(
                        ("schema",),
                        f"with its references written out the schema has more than {MOST_NODES} parts",
                        f"展开引用后 schema 的组成部分超过 {MOST_NODES} 个",
                    )
                    raise _Stop
            return parts

        for name in definitions:
            size_of(name, ())
        measured({key: each for key, each in self.root.items() if key != "$defs"}, ())

    def fields(self) -> None:
        """The shape of a form: an object of fields, each of a kind that can be filled in."""
        schema = inlined(self.root)
        path: Path = ("schema",)
        if schema.get("type") != "object":
            self.say((*path, "type"), "a form is an object", "表单的 type 应为 object")
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            self.say((*path, "properties"), "a form has at least one field", "表单至少要有一个字段")
            return
        if len(properties) > MOST_FIELDS:
            self.say(
                (*path, "properties"),
                f"at most {MOST_FIELDS} fields",
                f"字段最多 {MOST_FIELDS} 个，请拆成多个表单",
            )
            return
        for name, each in properties.items():
            self._field(each, (*path, "properties", name), top=True)
        self._known(schema, set(properties), path)

    def _field(self, field: Mapping[str, Any], path: Path, *, top: bool) -> None:
        kind = field.get("type")
        if not field.get("title", "").strip():
            self.say(path, "a field has a title", "字段要有名称（title）")
        if kind is None:
            self.say(path, f"a field has a type: {', '.join(_TYPES)}", "字段要有类型（type）")
        elif kind == "object" or (kind == "array" and not top):
            self.say(
                path,
                "fields are not nested: write them side by side, or as rows of a table (an array of objects)",
                "字段不能嵌套：请并列写出，或写成表格（对象的数组）",
            )
        elif kind == "array":
            self._array(field, path)
        elif "x-file" in field:
            self.say((*path, "x-file"), "a file field has the type array", "文件字段的类型应为 array")
        if kind != "string" and ("pattern" in field or "format" in field):
            self.say(path, "pattern and format are for texts", "pattern、format 只用于文字")
        labelled = field if kind != "array" else field.get("items", {})
        options = set(labelled.get("enum", ()))
        for keyword in ("x-labels", "x-labels-en"):
            for option in set(labelled.get(keyword, ())) - options:
                self.say((*path, keyword, option), "it is none of the options", "不在选项之中")
        if options and set(labelled.get("x-labels-en", ())) != options:
            self.say(
                path,
                "every option has an English label (x-labels-en)",
                "每个选项都要有英文名称（x-labels-en）",
            )

    def _array(self, field: Mapping[str, Any], path: Path) -> None:
        items = field.get("items")
        if "x-file" in field:
            if items is not None:
                self.say((*path, "items"), "a file field has no items", "文件字段不写 items")
            return
        if not isinstance(items, dict):
            self.say(path, "an array says what its items are", "array 要写明 items")
        elif items.get("type") == "string" and "enum" in items:
            return
        elif (
            items.get("type") == "object"
            and isinstance(items.get("properties"), dict)
            and items["properties"]
        ):
            if len(items["properties"]) > 20:
                self.say((*path, "items"), "at most 20 columns", "表格最多 20 列")
            for name, each in items["properties"].items():
                self._field(each, (*path, "items", "properties", name), top=False)
            self._known(items, set(items["properties"]), (*path, "items"))
            if not 0 < field.get("maxItems", 50) <= MOST_ROWS:
                self.say((*path, "maxItems"), f"1 to {MOST_ROWS} rows", f"行数应为 1 到 {MOST_ROWS}")
        else:
            self.say(
                (*path, "items"),
                "items are texts with an enum (several choices) or objects (rows of a table)",
                "items 应为带 enum 的文字（多选）或对象（表格的行）",
            )

    def _known(self, schema: Mapping[str, Any], names: set[str], path: Path) -> None:
        """Fields that are spoken of exist."""
        told = [((*path, "required"), schema.get("required", []))]
        for name, needed in schema.get("dependentRequired", {}).items():
            told.append(((*path, "dependentRequired", name), [name, *needed]))
        for branch in _SUBSCHEMAS:
            for position, each in enumerate(schema.get(branch, [])):
                self._known_in(each, names, (*path, branch, position))
        for branch in ("if", "then", "else", "not"):
            if branch in schema:
                self._known_in(schema[branch], names, (*path, branch))
        for name, each in schema.get("dependentSchemas", {}).items():
            told.append(((*path, "dependentSchemas", name), [name]))
            self._known_in(each, names, (*path, "dependentSchemas", name))
        for where, spoken_of in told:
            for name in spoken_of:
                if name not in names:
                    self.say(where, f"there is no field {name!r}", f"没有字段“{name}”")

    def _known_in(self, schema: Mapping[str, Any], names: set[str], path: Path) -> None:
        for name in schema.get("properties", {}):
            if name not in names:
                self.say((*path, "properties", name), f"there is no field {name!r}", f"没有字段“{name}”")
        self._known(schema, names, path)

    def standard(self) -> None:
        """What the standard's own schema of schemas finds beyond all this."""
        try:
            Draft202012Validator.check_schema(self.root)
        except SchemaError as error:
            self.say(
                ("schema", *error.absolute_path),
                error.message,
                f"不符合 JSON Schema 2020-12：{error.message}",
            )


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a value, the value itself included."""
    waiting: list[Any] = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, Sequence) and not isinstance(found, str):
            waiting.extend(found)
