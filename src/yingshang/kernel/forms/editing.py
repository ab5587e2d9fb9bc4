"""Changing a form piece by piece, as somebody does who is no programmer. Pure: a document in, a document out.

A piece of the schema that no setting here stands for is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from .errors import InvalidForm
from .formats import FORMATS
from .schemas import CODE, FILE_TYPES
from .specification import condition_text, simple_condition
from .values import Difference, FormVersionView

TEXTS = ("text", "long_text", *(code for code in FORMATS if code not in ("date", "money", "decimal")))
KINDS = (
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
    "credit-code",
    "identity-number",
    "phone",
    "email",
    "region",
    "industry",
    "uri",
    "rows",
    "files",
)
"""What a field can be, in the order in which they are offered."""

_KIND_NAMES = {
    "text": ("单行文字", "Text"),
    "long_text": ("多行文字", "Long text"),
    "choice": ("单选", "One choice"),
    "choices": ("多选", "Several choices"),
    "boolean": ("是或否", "Yes or no"),
    "confirm": ("勾选确认", "Box to tick"),
    "integer": ("整数", "Whole number"),
    "rows": ("表格", "Table"),
    "files": ("文件", "Files"),
}


def kind_names(kind: str) -> tuple[str, str]:
    """What a kind of field is called, in Chinese and English."""
    return _KIND_NAMES.get(kind) or (FORMATS[kind].name, FORMATS[kind].name_en)


_MANAGED = (
    "type",
    "title",
    "x-title-en",
    "description",
    "x-description-en",
    "enum",
    "x-labels",
    "x-labels-en",
    "format",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "x-message",
    "x-message-en",
    "minimum",
    "maximum",
    "x-minimum",
    "x-maximum",
    "maxItems",
    "items",
    "x-file",
    "x-fact",
    "x-last",
    "x-personal",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    code: str
    name: str
    name_en: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class FieldSettings:
    """Everything that can be set of a field. `required` is always, never or when; the condition goes with the last."""

    code: str
    kind: str
    name: str
    name_en: str
    hint: str = ""
    hint_en: str = ""
    required: str = "never"
    required_field: str = ""
    required_values: tuple[str, ...] = ()
    when_field: str = ""
    when_values: tuple[str, ...] = ()
    when: str = ""
    width: str = "full"
    options: tuple[tuple[str, str, str], ...] = ()
    columns: tuple[Column, ...] = ()
    least: str = ""
    most: str = ""
    pattern: str = ""
    message: str = ""
    message_en: str = ""
    file_types: tuple[str, ...] = ()
    max_files: int = 1
    max_megabytes: int = 10
    fact: str = ""
    last: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """Schema and layout of a form that is being changed."""

    schema: dict[str, Any]
    layout: dict[str, Any]

    @classmethod
    def of(cls, version: FormVersionView) -> Document:
        return cls(deepcopy(dict(version.schema)), deepcopy(dict(version.layout)))


# --- sections ---------------------------------------------------------------------------------------------------------


def add_section(document: Document, *, name: str, name_en: str) -> Document:
    """One more section at the end."""
    changed = deepcopy(document)
    codes = {section["code"] for section in changed.layout["sections"]}
    number = next(each for each in range(1, 1000) if f"section_{each}" not in codes)
    changed.layout["sections"].append(
        {"code": f"section_{number}", "name": name, "name_en": name_en, "fields": []}
    )
    return changed


def set_section(
    document: Document, code: str, *, name: str, name_en: str, note: str = "", note_en: str = ""
) -> Document:
    """Other words for a section."""
    changed = deepcopy(document)
    section = _section(changed, code)
    section |= {"name": name, "name_en": name_en, "note": note, "note_en": note_en}
    for each in ("note", "note_en"):
        if not section[each]:
            del section[each]
    return changed


def move_section(document: Document, code: str, by: int) -> Document:
    """A section one place up (-1) or down (1)."""
    changed = deepcopy(document)
    _move(changed.layout["sections"], changed.layout["sections"].index(_section(changed, code)), by)
    return changed


def remove_section(document: Document, code: str) -> Document:
    """A section less. Raises InvalidForm while there are fields in it."""
    changed = deepcopy(document)
    section = _section(changed, code)
    if section["fields"]:
        raise _refused("there are fields in this section", "这个部分里还有字段，请先移走或删除")
    changed.layout["sections"].remove(section)
    return changed


# --- fields -----------------------------------------------------------------------------------------------------------


def add_field(document: Document, section: str, settings: FieldSettings) -> Document:
    """A new field at the end of a section. Raises InvalidForm for a code that is taken or will not do."""
    if not CODE.fullmatch(settings.code):
        raise _refused(
            "a code is lower-case letters, digits and _, beginning with a letter, at most 40",
            "代码应为小写字母、数字和下划线，以字母开头，最多 40 个字符",
            "code",
        )
    if settings.code in document.schema["properties"]:
        raise _refused(f"there is a field {settings.code}", f"已有字段“{settings.code}”", "code")
    changed = deepcopy(document)
    changed.schema["properties"][settings.code] = {}
    _section(changed, section)["fields"].append({"field": settings.code})
    return _write(changed, settings)


def set_field(document: Document, settings: FieldSettings) -> Document:
    """Other settings for a field. Raises InvalidForm when there is no such field."""
    changed = deepcopy(document)
    _placed(changed, settings.code)
    return _write(changed, settings)


def move_field(document: Document, code: str, by: int) -> Document:
    """A field one place up (-1) or down (1), across the border of sections too."""
    changed = deepcopy(document)
    sections = changed.layout["sections"]
    number, position = _place(changed, code)
    fields = sections[number]["fields"]
    if 0 <= position + by < len(fields):
        _move(fields, position, by)
    elif 0 <= number + by < len(sections):
        field = fields.pop(position)
        others = sections[number + by]["fields"]
        others.insert(len(others) if by < 0 else 0, field)
    return changed


def remove_field(document: Document, code: str) -> Document:
    """A field less, with what was said of it alone. Raises InvalidForm while others depend on it."""
    changed = deepcopy(document)
    number, position = _place(changed, code)
    needed = [
        each["field"]
        for section in changed.layout["sections"]
        for each in section["fields"]
        if each["field"] != code
        and (
            code in _names_in(each.get("when", ""))
            or (
                (condition := _required_condition(changed, each["field"])) is not None
                and condition[0] == code
            )
        )
    ]
    if needed:
        raise _refused(
            f"{', '.join(needed)} depend on this field", f"字段 {'、'.join(needed)} 的条件用到它，请先修改"
        )
    _drop_required(changed, code)
    del changed.layout["sections"][number]["fields"][position]
    del changed.schema["properties"][code]
    return changed


def field_settings(document: Document, code: str) -> FieldSettings:
    """The settings of a field as they are. Raises InvalidForm when there is no such field."""
    placed = _placed(document, code)
    schema = document.schema["properties"][code]
    listed = schema.get("items", {}) if schema.get("type") == "array" else schema
    when = placed.get("when", "")
    shown = simple_condition(when)
    condition = _required_condition(document, code)
    rule = schema.get("x-file", {})
    kind = kind_of(schema)
    least, most = _bounds_of(schema, kind)
    return FieldSettings(
        code=code,
        kind=kind,
        name=schema.get("title", ""),
        name_en=schema.get("x-title-en", ""),
        hint=schema.get("description", ""),
        hint_en=schema.get("x-description-en", ""),
        required="always"
        if code in document.schema.get("required", ())
        else "when"
        if condition
        else "never",
        required_field=condition[0] if condition else "",
        required_values=condition[1] if condition else (),
        when_field=shown.field if shown else "",
        when_values=shown.values if shown else (),
        when="" if shown else when,
        width=placed.get("width", "full"),
        options=tuple(
            (
                value,
                listed.get("x-labels", {}).get(value, value),
                listed.get("x-labels-en", {}).get(value, ""),
            )
            for value in listed.get("enum", ())
        ),
        columns=tuple(
            Column(
                name,
                column.get("title", ""),
                column.get("x-title-en", ""),
                kind_of(column),
                name in listed.get("required", ()),
            )
            for name, column in listed.get("properties", {}).items()
        ),
        least=least,
        most=most,
        pattern=schema.get("pattern", ""),
        message=schema.get("x-message", ""),
        message_en=schema.get("x-message-en", ""),
        file_types=tuple(rule.get("types", ())),
        max_files=rule.get("max_files", 1),
        max_megabytes=max(1, rule.get("max_bytes", 10 * 1024 * 1024) // (1024 * 1024)),
        fact=schema.get("x-fact", ""),
        last=schema.get("x-last", False),
        personal=schema.get("x-personal", False),
    )


def kind_of(schema: Mapping[str, Any]) -> str:
    """Which of `KINDS` a piece of a schema is."""
    match schema.get("type"):
        case "integer":
            return "integer"
        case "boolean":
            return "confirm" if schema.get("const") is True else "boolean"
        case "array":
            if "x-file" in schema:
                return "files"
            return "choices" if "enum" in schema.get("items", {}) else "rows"
    if "enum" in schema:
        return "choice"
    return str(schema.get("format") or ("long_text" if schema.get("maxLength", 0) > 120 else "text"))


def _write(document: Document, settings: FieldSettings) -> Document:
    code = settings.code
    before = document.schema["properties"][code]
    schema = {name: value for name, value in before.items() if name not in _MANAGED}
    schema = {**_described(settings), **_of_kind(settings, before), **schema}
    for keyword, value in (
        ("x-fact", settings.fact),
        ("x-last", settings.last),
        ("x-personal", settings.personal),
    ):
        if value and settings.kind not in ("files", "rows"):
            schema[keyword] = value
    document.schema["properties"][code] = schema
    placed = _placed(document, code)
    when = settings.when
    if settings.when_field and settings.when_values:
        boolean = document.schema["properties"].get(settings.when_field, {}).get("type") == "boolean"
        when = condition_text(settings.when_field, settings.when_values, boolean=boolean)
    for name, text in (("when", when), ("width", settings.width if settings.width != "full" else "")):
        if text:
            placed[name] = text
        else:
            placed.pop(name, None)
    if settings.kind == "long_text":
        placed["widget"] = "textarea"
    elif placed.get("widget") != "hidden":
        placed.pop("widget", None)
    _drop_required(document, code)
    if settings.required == "always":
        document.schema.setdefault("required", []).append(code)
    elif settings.required == "when" and settings.required_field and settings.required_values:
        document.schema.setdefault("allOf", []).append(
            {
                "if": {
                    "required": [settings.required_field],
                    "properties": {
                        settings.required_field: {"enum": list(settings.required_values)},
                    },
                },
                "then": {"required": [code]},
            }
        )
    return document


def _described(settings: FieldSettings) -> dict[str, Any]:
    described = {
        "title": settings.name,
        "x-title-en": settings.name_en,
        "description": settings.hint,
        "x-description-en": settings.hint_en,
    }
    return {name: text for name, text in described.items() if text}


def _of_kind(settings: FieldSettings, before: Mapping[str, Any]) -> dict[str, Any]:
    kind = settings.kind
    listed = {
        "type": "string",
        "enum": [value for value, _, _ in settings.options],
        "x-labels": {value: name for value, name, _ in settings.options},
        "x-labels-en": {value: name_en for value, _, name_en in settings.options},
    }
    match kind:
        case "choice":
            return listed
        case "choices":
            return {"type": "array", "items": listed, "uniqueItems": True}
        case "boolean":
            return {"type": "boolean"}
        case "confirm":
            return {"type": "boolean", "const": True}
        case "integer":
            return {"type": "integer", **_numbers(settings, "minimum", "maximum")}
        case "money" | "decimal" | "date":
            bounds = {"x-minimum": settings.least, "x-maximum": settings.most}
            return {"type": "string", "format": kind, **{name: each for name, each in bounds.items() if each}}
        case "files":
            return {
                "type": "array",
                "x-file": {
                    "types": [each for each in FILE_TYPES if each in settings.file_types],
                    "max_bytes": settings.max_megabytes * 1024 * 1024,
                    "max_files": settings.max_files,
                },
            }
        case "rows":
            there = before.get("items", {}).get("properties", {})
            return {
                "type": "array",
                **_numbers(settings, "", "maxItems"),
                "items": {
                    "type": "object",
                    "required": [each.code for each in settings.columns if each.required],
                    "properties": {
                        each.code: _column(each, there.get(each.code, {})) for each in settings.columns
                    },
                },
            }
    text: dict[str, Any] = {"type": "string", **_numbers(settings, "minLength", "maxLength")}
    if kind == "long_text":
        text.setdefault("maxLength", 500)
    if kind in FORMATS:
        text["format"] = kind
    if settings.pattern and kind in ("text", "long_text"):
        told = {"x-message": settings.message, "x-message-en": settings.message_en}
        text |= {"pattern": settings.pattern, **{name: each for name, each in told.items() if each}}
    return text


def _column(column: Column, before: Mapping[str, Any]) -> dict[str, Any]:
    if before and kind_of(before) == column.kind:
        return {**before, "title": column.name, "x-title-en": column.name_en}
    made = _of_kind(FieldSettings(column.code, column.kind, column.name, column.name_en), {})
    return {"title": column.name, "x-title-en": column.name_en, **made}


def _numbers(settings: FieldSettings, least: str, most: str) -> dict[str, int]:
    found = {}
    for keyword, text, field in ((least, settings.least, "least"), (most, settings.most, "most")):
        if not keyword or not text:
            continue
        try:
            found[keyword] = int(text)
        except ValueError:
            raise _refused("this is a whole number", "此处应为整数", field) from None
    return found


def _bounds_of(schema: Mapping[str, Any], kind: str) -> tuple[str, str]:
    names = {
        "integer": ("minimum", "maximum"),
        "money": ("x-minimum", "x-maximum"),
        "decimal": ("x-minimum", "x-maximum"),
        "date": ("x-minimum", "x-maximum"),
        "rows": ("", "maxItems"),
    }.get(kind, ("minLength", "maxLength"))
    least, most = (str(schema[name]) if name in schema else "" for name in names)
    return least, most


# --- finding things ---------------------------------------------------------------------------------------------------


def _section(document: Document, code: str) -> dict[str, Any]:
    for section in document.layout["sections"]:
        if section["code"] == code:
            return section  # type: ignore[no-any-return]
    raise _refused(f"there is no section {code!r}", f"没有部分“{code}”")


def _place(document: Document, code: str) -> tuple[int, int]:
    for number, section in enumerate(document.layout["sections"]):
        for position, placed in enumerate(section["fields"]):
            if placed["field"] == code:
                return number, position
    raise _refused(f"there is no field {code!r}", f"没有字段“{code}”")


def _placed(document: Document, code: str) -> dict[str, Any]:
    number, position = _place(document, code)
    return document.layout["sections"][number]["fields"][position]  # type: ignore[no-any-return]


def _move(items: list[Any], position: int, by: int) -> None:
    if 0 <= position + by < len(items):
        items.insert(position + by, items.pop(position))


def _required_condition(document: Document, code: str) -> tuple[str, tuple[str, ...]] | None:
    """The condition under which a field is required, when it is of the shape that is written here."""
    for rule in document.schema.get("allOf", ()):
        if rule.get("then") == {"required": [code]} and set(rule) == {"if", "then"}:
            asked = rule["if"].get("properties", {})
            if len(asked) == 1:
                [(field, values)] = asked.items()
                listed = values.get("enum") or ([values["const"]] if "const" in values else [])
                if listed and set(values) <= {"enum", "const"}:
                    return field, tuple(str(each) for each in listed)
    return None


def _drop_required(document: Document, code: str) -> None:
    document.schema["required"] = [each for each in document.schema.get("required", ()) if each != code]
    if _required_condition(document, code) is not None:
        document.schema["allOf"] = [
            rule for rule in document.schema["allOf"] if rule.get("then") != {"required": [code]}
        ]
        if not document.schema["allOf"]:
            del document.schema["allOf"]


def _names_in(condition: str) -> frozenset[str]:
    from yingshang.rules.feel.names import free_names

    from .specification import condition_tree

    return free_names(condition_tree(condition)) if condition else frozenset()


def _refused(message: str, message_zh: str, field: str = "") -> InvalidForm:
    return InvalidForm(message, message_zh=message_zh, findings=[], **({"field": field} if field else {}))


# --- what is different ------------------------------------------------------------------------------------------------

_ASPECTS: tuple[tuple[str, Callable[[FieldSettings], Any]], ...] = (
    ("name", lambda field: (field.name, field.name_en)),
    ("kind", lambda field: field.kind),
    ("hint", lambda field: (field.hint, field.hint_en)),
    ("required", lambda field: (field.required, field.required_field, *field.required_values)),
    ("condition", lambda field: (field.when_field, *field.when_values, field.when)),
    ("options", lambda field: tuple(" ".join(each) for each in field.options)),
    ("columns", lambda field: tuple(f"{each.code} {each.name} {each.kind}" for each in field.columns)),
    ("bounds", lambda field: (field.least, field.most)),
    ("pattern", lambda field: (field.pattern, field.message, field.message_en)),
    ("files", lambda field: (*field.file_types, field.max_files, field.max_megabytes)),
    ("prefilled", lambda field: (field.fact, field.last)),
    ("personal", lambda field: field.personal),
    ("width", lambda field: field.width),
)


def differences(first: FormVersionView, second: FormVersionView) -> tuple[Difference, ...]:
    """What the second version has otherwise than the first, in the order of the second."""
    before, after = Document.of(first), Document.of(second)
    found = []
    if (first.name, first.name_en) != (second.name, second.name_en):
        found.append(
            Difference(
                "changed",
                "form",
                "",
                f"{first.name} / {first.name_en}",
                f"{second.name} / {second.name_en}",
            )
        )
    old = {code: field_settings(before, code) for code in first.fields}
    new = {code: field_settings(after, code) for code in second.fields}
    for code, field in new.items():
        if code not in old:
            found.append(Difference("added", "field", code, "", field.name))
            continue
        for aspect, of in _ASPECTS:
            was, is_now = of(old[code]), of(field)
            if was != is_now:
                found.append(Difference("changed", aspect, code, _told(was), _told(is_now)))
        was_at, is_at = _place(before, code), _place(after, code)
        section_before = before.layout["sections"][was_at[0]]["code"]
        section_after = after.layout["sections"][is_at[0]]["code"]
        if section_before != section_after:
            found.append(Difference("moved", "section", code, section_before, section_after))
    found += [
        Difference("removed", "field", code, field.name) for code, field in old.items() if code not in new
    ]
    common = [code for code in new if code in old]
    order = [code for code in old if code in new]
    if common != order:
        found.append(Difference("moved", "order", "", "、".join(order), "、".join(common)))
    if not found and first.digest != second.digest:
        found.append(Difference("changed", "source", ""))
    return tuple(found)


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return " / ".join(str(each) for each in value if each not in ("", False))
    return "" if value is False else str(value)
