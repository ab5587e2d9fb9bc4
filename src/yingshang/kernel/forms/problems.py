"""What is wrong with what was filled in, told field by field in both languages. Pure.

The schema is the judge: `jsonschema` checks the data, and every error it finds is turned into words at the field it is
about. What Django's fields make of the data beforehand decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry

from .formats import FORMATS, comparable
from .patterns import LONGEST_TEXT, matches
from .specification import FieldSpec, Specification

MOST_DATA_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One problem. `field` is the code of the field, empty for the form as a whole; `row` and `column` (from 0) say
    where in a table it is."""

    field: str
    code: str
    message: str
    message_zh: str
    row: int | None = None
    column: str = ""

    def text(self, language: str) -> str:
        return self.message if language.startswith("en") else self.message_zh

    def as_dict(self) -> dict[str, Any]:
        """For an API's answer."""
        place = {} if self.row is None else {"row": self.row + 1, "column": self.column}
        return {
            "field": self.field,
            "code": self.code,
            "message": self.message,
            "message_zh": self.message_zh,
            **place,
        }


def check_data(spec: Specification, data: Any, *, today: date | None = None) -> tuple[FieldProblem, ...]:
    """Everything wrong with the data of a form, in the order of its fields. `today` is for bounds that name it."""
    if not isinstance(data, Mapping):
        return (FieldProblem("", "type", "The data is an object of fields.", "数据应为按字段给出的对象。"),)
    try:
        size = len(json.dumps(data, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, RecursionError):
        return (FieldProblem("", "type", "The data is not plain JSON.", "数据不是普通的 JSON。"),)
    if size > MOST_DATA_BYTES:
        return (
            FieldProblem("", "size", "This is more than a form can hold.", "填写的内容超过了表单的容量。"),
        )
    found: dict[tuple[str, int | None, str], FieldProblem] = {}
    for name in data:
        if name not in spec.fields:
            found[name, None, ""] = FieldProblem(
                "", "unknown", f"There is no field {str(name)[:80]!r}.", f"没有字段“{str(name)[:80]}”。"
            )
    for name, value in data.items():
        if _unprintable(value):
            found[name, None, ""] = FieldProblem(
                name if name in spec.fields else "",
                "characters",
                "This holds characters that cannot be kept.",
                "含有无法保存的字符。",
            )
    visible = spec.visible(data)
    checked = {name: value for name, value in data.items() if name in spec.fields}
    for error in _validator(spec.schema, today).iter_errors(checked):
        for problem in _problems(error, spec):
            if problem.code == "required" and problem.field and problem.field not in visible:
                # What is not asked for is not missed.
                continue
            found.setdefault((problem.field, problem.row, problem.column), problem)
    order = {name: position for position, name in enumerate(spec.fields)}
    return tuple(
        sorted(found.values(), key=lambda each: (order.get(each.field, -1), each.row or 0, each.column))
    )


def fits(field: FieldSpec, value: Any) -> bool:
    """Whether a value keeps to the field's own rules, whatever the rest of the form says."""
    schema = {"type": "object", "properties": {field.code: field.schema}}
    return not _unprintable(value) and _validator(schema, None).is_valid({field.code: value})


def _unprintable(value: Any) -> bool:
    if isinstance(value, str):
        return any(
            (ord(each) < 32 and each not in "\t\n\r") or 0xD800 <= ord(each) <= 0xDFFF for each in value
        )
    if isinstance(value, list):
        return any(_unprintable(each) for each in value)
    if isinstance(value, dict):
        return any(_unprintable(each) for each in value.values())
    return False


# --- the validator ----------------------------------------------------------------------------------------------------


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError("pattern" if len(instance) <= LONGEST_TEXT else "too long for a pattern")


def _format(validator: Any, name: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and name in FORMATS and not FORMATS[name].check(instance):
        yield ValidationError("format")


def _bound(least: bool, today: str) -> Any:
    def check(
        validator: Any, bound: str, instance: Any, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        form = str(schema.get("format", ""))
        text = today if bound == "today" else bound
        limit = comparable(form, text) if text else None
        value = comparable(form, instance) if isinstance(instance, str) else None
        if limit is not None and value is not None and (value < limit if least else value > limit):  # type: ignore[operator]
            yield ValidationError(str(text))

    return check


def _file(validator: Any, rule: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, list):
        return
    if len(instance) > rule.get("max_files", 1):
        yield ValidationError("too many files")
    for each in instance:
        if not isinstance(each, dict) or not {"document", "name", "size"} <= set(each):
            yield ValidationError("not a file")
            return


@lru_cache(maxsize=64)
def _validator_of_day(today: str) -> Any:
    return validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {
            "pattern": _pattern,
            "format": _format,
            "x-minimum": _bound(True, today),
            "x-maximum": _bound(False, today),
            "x-file": _file,
        },
    )


def _validator(schema: Mapping[str, Any], today: date | None) -> Any:
    # An empty registry retrieves nothing, whatever a schema names.
    return _validator_of_day(today.isoformat() if today else "")(schema, registry=Registry())


# --- from errors to words ---------------------------------------------------------------------------------------------


def _problems(error: ValidationError, spec: Specification) -> Iterator[FieldProblem]:
    path = list(error.absolute_path)
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    for name in _missing(error):
        # `required` and the like are reported of the object; they are about what is not in it.
        yield _problem([*path, name], "required", schema, error, spec)
        path_of_missing = True
    else:
        path_of_missing = error.validator in ("required", "dependentRequired")
    if not path_of_missing:
        yield _problem(path, str(error.validator), schema, error, spec)


def _missing(error: ValidationError) -> Iterable[str]:
    instance: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "required":
        # One error for each missing name; the name stands first in the message, quoted.
        return [name for name in wanted if repr(name) == error.message.partition(" is a")[0]]
    if error.validator == "dependentRequired":
        needed = {each for name, names in wanted.items() if name in instance for each in names}
        return sorted(needed - set(instance))
    return []


def _problem(
    path: list[str | int], code: str, schema: Mapping[str, Any], error: ValidationError, spec: Specification
) -> FieldProblem:
    name = str(path[0]) if path else ""
    field = spec.fields.get(name)
    row = int(path[1]) if field and field.kind == "rows" and len(path) > 1 else None
    column = str(path[2]) if row is not None and len(path) > 2 else ""
    about = field
    if field and column:
        about = next((each for each in field.columns if each.code == column), field)
    message, message_zh = _words(code, about, schema, error)
    return FieldProblem(name if field else "", code, message, message_zh, row, column)


def _words(
    code: str, field: FieldSpec | None, schema: Mapping[str, Any], error: ValidationError
) -> tuple[str, str]:
    if code in ("pattern", "anyOf", "oneOf", "not", "const", "if", "then", "else") or not field:
        own = schema.get("x-message") or (field.schema.get("x-message") if field else None)
        if own:
            own_en = schema.get("x-message-en") or (field.schema.get("x-message-en") if field else None)
            return own_en or own, own
    value: Any = error.validator_value
    instance: Any = error.instance
    match code:
        case "required":
            return _required(field)
        case "type":
            return _type(value)
        case "enum":
            return "Choose one of the options.", "请从所列选项中选择。"
        case "const" if value is True:
            return "Please confirm this.", "请勾选确认。"
        case "const":
            return f"This must be {value}.", f"此项应为“{value}”。"
        case "minLength":
            return (
                f"Write at least {value} characters; there are {len(instance)}.",
                f"至少填写 {value} 个字，现在是 {len(instance)} 个。",
            )
        case "maxLength":
            return (
                f"Write at most {value} characters; there are {len(instance)}.",
                f"最多填写 {value} 个字，现在是 {len(instance)} 个。",
            )
        case "pattern":
            return "This does not have the form that is asked for.", "格式不符合要求，请按说明填写。"
        case "format":
            known = FORMATS[str(value)]
            return known.message, known.message_zh
        case "minimum" | "x-minimum":
            bound = value if code == "minimum" else error.message
            return f"This must be {bound} or more.", f"不能小于（早于）{bound}。"
        case "maximum" | "x-maximum":
            bound = value if code == "maximum" else error.message
            return f"This must be {bound} or less.", f"不能大于（晚于）{bound}。"
        case "exclusiveMinimum":
            return f"This must be more than {value}.", f"应大于 {value}。"
        case "exclusiveMaximum":
            return f"This must be less than {value}.", f"应小于 {value}。"
        case "multipleOf":
            return f"This must be a multiple of {value}.", f"应为 {value} 的倍数。"
        case "minItems":
            return f"At least {value} are needed.", f"至少需要 {value} 项。"
        case "maxItems":
            return f"At most {value} are possible.", f"最多 {value} 项。"
        case "uniqueItems":
            return "Something is there twice.", "有重复的内容。"
        case "x-file":
            return (
                f"At most {value.get('max_files', 1)} files.",
                f"最多上传 {value.get('max_files', 1)} 个文件。",
            )
        case "additionalProperties":
            return "There are columns that the form does not have.", "含有表单没有的列。"
        case _:
            return "This does not go together with the rest of the form.", "与表单的其他内容不一致，请核对。"


def _required(field: FieldSpec | None) -> tuple[str, str]:
    if field is None:
        return "Fill this in.", "请填写此项。"
    if field.kind in ("choice", "choices", "boolean"):
        return "Choose one of the options.", "请选择。"
    if field.kind == "confirm":
        return "Please confirm this.", "请勾选确认。"
    if field.kind == "files":
        return "Please upload a file.", "请上传文件。"
    return "Fill this in.", f"请填写{field.name}。"


def _type(kind: Any) -> tuple[str, str]:
    return {
        "integer": ("Write a whole number.", "请填写整数。"),
        "boolean": ("Answer yes or no.", "请回答是或否。"),
        "array": ("A list is needed here.", "此处应为列表。"),
        "object": ("A row of the table is needed here.", "此处应为表格的一行。"),
    }.get(str(kind), ("A text is needed here.", "此处应为文字。"))
