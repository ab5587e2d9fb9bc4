"""A form as a Django form: its fields read what was sent, and the schema judges it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict

from .formats import tidy
from .problems import FieldProblem, check_data
from .schemas import MOST_ROWS
from .specification import FieldSpec, SectionSpec, SimpleCondition, simple_condition
from .values import FormVersionView, Prefilled

ADD_ROW = "_add_row"
"""A button of this name, with the code of a table for value, asks for one more row."""

_FULL_LENGTH = 20_000
"""No text is longer, whatever its schema allows."""


def _word(language: str, chinese: str, english: str) -> str:
    return english if language.startswith("en") else chinese


# --- fields -----------------------------------------------------------------------------------------------------------


class SchemaField(forms.Field):
    """Reads what was sent into plain data, None for nothing. It refuses nothing: the schema does."""

    def __init__(self, spec: FieldSpec, language: str, widget: forms.Widget) -> None:
        super().__init__(
            required=False,
            label=spec.label(language),
            help_text=spec.help(language),
            widget=widget,
        )
        self.spec = spec
        self.begun = False

    def clean(self, value: Any) -> Any:
        return read_value(self.spec, value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if self.begun else data


def read_value(spec: FieldSpec, value: Any) -> Any:
    """What is kept of what was sent for one field; None for nothing."""
    if spec.kind == "choices":
        return [str(each)[:200] for each in value or ()] or None
    if spec.kind == "rows":
        return list(value or ()) or None
    if spec.kind == "files":
        return value or None
    text = "" if value is None else str(value)[:_FULL_LENGTH]
    if spec.kind == "confirm":
        # A box that is not ticked says nothing; whether it must be is for the schema.
        return True if text.lower() in ("true", "on") else None
    if spec.kind == "boolean":
        return {"true": True, "false": False}.get(text.lower())
    if spec.kind == "integer":
        plain = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")
        if not plain:
            return None
        digits = plain.lstrip("+-")
        return int(plain) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else text
    if spec.kind == "long_text":
        kept = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    else:
        kept = tidy(spec.format, text) if spec.kind != "choice" else text.strip()
    return kept or None


def shown_value(spec: FieldSpec, value: Any) -> Any:
    """What a widget shows for kept data."""
    if value is None:
        return [] if spec.kind in ("choices", "rows", "files") else ""
    if spec.kind in ("boolean", "confirm"):
        return "true" if value is True else "false" if value is False else ""
    return value


# --- widgets ----------------------------------------------------------------------------------------------------------


class RowsWidget(forms.Widget):
    """A table whose rows are filled in, named `field-0-column`."""

    template_name = "design/forms/rows.html"

    def __init__(self, spec: FieldSpec, language: str, extra: int = 1) -> None:
        super().__init__()
        self.spec, self.language, self.extra = spec, language, extra
        self.wrong: dict[tuple[int, str], str] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        numbers = sorted(
            {
                int(key.split("-")[1])
                for key in data
                if key.startswith(f"{name}-")
                and key.count("-") == 2
                and key.split("-")[1].isdigit()
                and len(key.split("-")[1]) < 5
            }
        )[: MOST_ROWS + 1]
        rows = []
        for number in numbers:
            row = {}
            for column in self.spec.columns:
                kept = read_value(column, data.get(f"{name}-{number}-{column.code}"))
                if kept is not None:
                    row[column.code] = kept
            if row:
                rows.append(row)
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-0-{self.spec.columns[0].code}" if id_ else id_

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [row for row in value or () if isinstance(row, dict)]
        most = int(self.spec.schema.get("maxItems", 50))
        wanted = min(len(rows) + (self.extra if rows else max(self.extra, 1)), most)
        context["widget"] |= {
            "columns": [
                {
                    "name": column.label(self.language),
                    "hint": column.help(self.language),
                    "required": column.required,
                }
                for column in self.spec.columns
            ],
            "rows": [
                self._row(name, number, rows[number] if number < len(rows) else {}, attrs)
                for number in range(wanted)
            ],
            "pattern": self._row(name, "__row__", {}, attrs),
            "most": most,
            "add": ADD_ROW,
        }
        return context

    def _row(self, name: str, number: Any, row: Mapping[str, Any], attrs: Any) -> dict[str, Any]:
        cells = []
        for column in self.spec.columns:
            widget = _cell_widget(column, self.language)
            wrong = self.wrong.get((number, column.code), "") if isinstance(number, int) else ""
            own = {
                "id": f"{(attrs or {}).get('id', name)}-{number}-{column.code}",
                "aria-label": _word(
                    self.language,
                    f"第 {number + 1 if isinstance(number, int) else '__number__'} 行，{column.name}",
                    f"Row {number + 1 if isinstance(number, int) else '__number__'}, {column.name_en}",
                ),
                "class": "form-select" if isinstance(widget, forms.Select) else "form-control",
            }
            if wrong:
                own |= {"aria-invalid": "true"}
            shown = shown_value(column, row.get(column.code))
            cells.append(
                {
                    "name": column.label(self.language),
                    "html": widget.render(f"{name}-{number}-{column.code}", shown, own),
                    "wrong": wrong,
                }
            )
        return {
            "number": number,
            "shown_number": number + 1 if isinstance(number, int) else "",
            "cells": cells,
        }


class FilesWidget(forms.ClearableFileInput):
    """Files that are there already, each with a box to leave it out, and a place for more."""

    template_name = "design/forms/files.html"
    allow_multiple_selected = True

    def __init__(self, spec: FieldSpec, language: str) -> None:
        assert spec.files is not None
        super().__init__(
            attrs={
                "multiple": spec.files.max_files > 1,
                "accept": ",".join(f".{each}" for each in _endings(spec.files.types)),
            }
        )
        self.spec, self.language = spec, language

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Any]:
        many = getattr(data, "getlist", None)
        kept = many(f"{name}-kept") if many else data.get(f"{name}-kept", [])
        given = files.getlist(name) if hasattr(files, "getlist") else files.get(name, []) if files else []
        return [*(str(each) for each in kept), *given]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in (files or {}) and f"{name}-kept" not in data

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = forms.FileInput.get_context(self, name, None, attrs)
        rule = self.spec.files
        assert rule is not None
        context["widget"] |= {
            "kept": [each for each in value or () if isinstance(each, dict)],
            "types": "、".join(each.upper() for each in rule.types)
            if not self.language.startswith("en")
            else ", ".join(each.upper() for each in rule.types),
            "max_bytes": rule.max_bytes,
            "max_megabytes": f"{rule.max_bytes / 1024 / 1024:.3g}",
            "max_files": rule.max_files,
        }
        return context


def _endings(types: Sequence[str]) -> list[str]:
    return [*types, *(["jpeg"] if "jpg" in types else [])]


def _choices(spec: FieldSpec, language: str, *, empty: bool) -> list[tuple[str, str]]:
    listed = [(each.value, each.label(language)) for each in spec.options]
    return [("", _word(language, "请选择", "Please choose")), *listed] if empty else listed


def _widget(spec: FieldSpec, language: str) -> forms.Widget:
    attrs: dict[str, Any] = {}
    longest = spec.schema.get("maxLength")
    if spec.widget == "hidden":
        return forms.HiddenInput()
    match spec.kind:
        case "choice" if spec.widget == "radio" or (not spec.widget and len(spec.options) <= 5):
            return forms.RadioSelect(choices=_choices(spec, language, empty=False))
        case "choice":
            return forms.Select(choices=_choices(spec, language, empty=True))
        case "choices":
            return forms.CheckboxSelectMultiple(choices=_choices(spec, language, empty=False))
        case "boolean":
            answers = [("true", _word(language, "是", "Yes")), ("false", _word(language, "否", "No"))]
            return forms.RadioSelect(choices=answers)
        case "confirm":
            return forms.CheckboxInput(
                check_test=lambda value: value in ("true", True), attrs={"value": "true"}
            )
        case "rows":
            return RowsWidget(spec, language)
        case "files":
            return FilesWidget(spec, language)
        case "date":
            return forms.TextInput(attrs={"type": "date"})
        case "integer":
            attrs["inputmode"] = "numeric"
        case "money" | "decimal":
            attrs["inputmode"] = "decimal"
        case "long_text":
            return forms.Textarea(attrs={"rows": 4, **({"maxlength": longest} if longest else {})})
    if spec.format == "phone":
        attrs |= {"type": "tel", "autocomplete": "tel"}
    elif spec.format == "email":
        attrs |= {"type": "email", "autocomplete": "email"}
    if longest:
        attrs["maxlength"] = longest
    return forms.TextInput(attrs=attrs)


def _cell_widget(spec: FieldSpec, language: str) -> forms.Widget:
    """In a table a choice is always a list that opens, and a text one line."""
    if spec.kind == "choice":
        return forms.Select(choices=_choices(spec, language, empty=True))
    if spec.kind in ("boolean", "confirm"):
        answers = [("", "—"), ("true", _word(language, "是", "Yes")), ("false", _word(language, "否", "No"))]
        return forms.Select(choices=answers)
    if spec.kind == "long_text":
        return forms.TextInput(attrs={"maxlength": spec.schema.get("maxLength", 1000)})
    return _widget(spec, language)


# --- the form ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field as a page shows it: its place, its condition, and where its value came from."""

    spec: FieldSpec
    field: BoundField
    prefilled: Prefilled | None
    changed: bool
    condition: SimpleCondition | None
    shown: bool

    @property
    def optional(self) -> bool:
        return not self.spec.required and not self.spec.when


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section as a page shows it."""

    spec: SectionSpec
    fields: tuple[ShownField, ...]
    condition: SimpleCondition | None
    shown: bool


class FillableForm(forms.Form):
    """What `build_form` makes. After `is_valid()`, `values` is what was filled in, `problems` what is wrong with it."""

    use_required_attribute = False
    version: FormVersionView
    language: str
    prefilled: Mapping[str, Prefilled]
    today: date | None = None
    problems: tuple[FieldProblem, ...] = ()
    fixed: Mapping[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        """What was filled in, without what is not asked for. New files stand in it as they were uploaded."""
        data = self.everything
        shown = self.version.specification.visible(data)
        return {name: value for name, value in data.items() if name in shown}

    @property
    def everything(self) -> dict[str, Any]:
        """What was filled in, parts that are not asked for at the moment included: what a draft keeps."""
        found: dict[str, Any] = {}
        for name, field in self.version.fields.items():
            if field.read_only:
                value = self.fixed.get(name)
            elif self.is_bound and self.judged is None:
                value = self._read(name)
            else:
                value = self.initial_values.get(name)
            if value is not None:
                found[name] = value
        return found

    def _read(self, name: str) -> Any:
        field = self.fields[name]
        sent = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        return field.clean(sent)

    @property
    def initial_values(self) -> Mapping[str, Any]:
        return self._initial_values

    _initial_values: Mapping[str, Any]

    judged: tuple[FieldProblem, ...] | None = None

    def judge(self, problems: Sequence[FieldProblem]) -> None:
        """Show what was filled in before together with what somebody else found wrong with it."""
        self.judged = tuple(problems)
        # A form that says what is wrong counts as sent; its values are those it was begun with.
        self.is_bound = True
        self._errors = ErrorDict()
        self.cleaned_data = {}
        for field in self.fields.values():
            assert isinstance(field, SchemaField)
            field.begun = True
        self.show(self.judged)

    def clean(self) -> dict[str, Any]:
        values = self.values
        checked = {
            name: _as_files(value) if self.version.fields[name].kind == "files" else value
            for name, value in values.items()
        }
        self.problems = check_data(self.version.specification, checked, today=self.today)
        self.show(self.problems)
        return values

    def show(self, problems: Sequence[FieldProblem]) -> None:
        """Put problems at their fields."""
        for problem in problems:
            text = problem.text(self.language)
            field = self.version.fields.get(problem.field)
            if field is not None and problem.row is not None:
                widget = self.fields[problem.field].widget
                column = next((each for each in field.columns if each.code == problem.column), None)
                if isinstance(widget, RowsWidget):
                    widget.wrong[problem.row, problem.column] = text
                where = f"“{column.name}”" if column else ""
                where_en = f", {column.name_en}" if column else ""
                text = _word(
                    self.language,
                    f"第 {problem.row + 1} 行{where}：{text}",
                    f"Row {problem.row + 1}{where_en}: {text}",
                )
            shown_at = problem.field if problem.field in self.fields else None
            if shown_at and isinstance(self.fields[shown_at].widget, forms.HiddenInput):
                text, shown_at = f"{self.fields[shown_at].label}：{text}", None
            self.add_error(shown_at, text)

    @property
    def shown_sections(self) -> tuple[ShownSection, ...]:
        """The form for a page, in order."""
        return tuple(self._shown_sections())

    def _shown_sections(self) -> Iterator[ShownSection]:
        data = self.everything
        visible = self.version.specification.visible(data)
        for section in self.version.sections:
            fields = tuple(
                ShownField(
                    spec=field,
                    field=self[field.code],
                    prefilled=self.prefilled.get(field.code),
                    changed=field.code in self.prefilled
                    and data.get(field.code) != self.prefilled[field.code].value,
                    condition=simple_condition(field.when),
                    shown=field.code in visible,
                )
                for field in section.fields
                if field.widget != "hidden"
            )
            if fields:
                yield ShownSection(
                    spec=section,
                    fields=fields,
                    condition=simple_condition(section.when),
                    shown=any(each.shown for each in fields) or not section.when,
                )

    @property
    def hidden(self) -> tuple[BoundField, ...]:
        """Fields that nobody sees. Those a process fills in are not sent at all."""
        return tuple(
            self[field.code]
            for field in self.version.fields.values()
            if field.widget == "hidden" and not field.read_only
        )


def _as_files(value: Any) -> Any:
    """Files as data: those just uploaded, and those kept, as the schema would see them."""
    if not isinstance(value, list):
        return value
    return [
        {"document": 0, "name": each.name, "size": each.size}
        if isinstance(each, UploadedFile)
        else {"document": str(each), "name": "", "size": 0}
        if isinstance(each, str)
        else each
        for each in value
    ]


def build_form(
    version: FormVersionView,
    *,
    data: Any = None,
    files: Any = None,
    prefilled: Mapping[str, Prefilled] | None = None,
    language: str = "zh-hans",
    initial: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    today: date | None = None,
    prefix: str | None = None,
) -> FillableForm:
    """A version as a Django form in one language.

    `data` and `files` are what was sent, `initial` what was filled in before (a draft), `prefilled` what fields begin
    with and is marked with its source. Fields that are read only take their value from `fixed` and from nowhere else.
    """
    prefilled, fixed = dict(prefilled or {}), dict(fixed or {})
    begun: dict[str, Any] = {name: each.value for name, each in prefilled.items()}
    if initial is not None:
        begun = dict(initial)
    begun |= fixed
    fields: dict[str, forms.Field] = {}
    for name, spec in version.fields.items():
        widget = _widget(spec, language)
        if spec.read_only:
            widget.attrs |= {"readonly": True}
        field = SchemaField(spec, language, widget)
        field.initial = shown_value(spec, begun.get(name))
        fields[name] = field
    made = type(
        "Filled", (FillableForm,), {**fields, "version": version, "language": language, "today": today}
    )
    form: FillableForm = made(data, files, prefix=prefix)
    form.prefilled = {name: each for name, each in prefilled.items() if name in version.fields}
    form.fixed = fixed
    form._initial_values = begun
    return form


def show_value(spec: FieldSpec, value: Any, language: str, *, personal: bool = True) -> str:
    """A value as a person reads it."""
    from yingshang.kernel.access.api import mask

    if value is None or value == "" or value == []:
        return ""
    if spec.personal and not personal:
        return mask(str(value))
    labels = {each.value: each.label(language) for each in spec.options}
    between = _word(language, "、", ", ")
    match spec.kind:
        case "choice":
            return labels.get(str(value), str(value))
        case "choices":
            return between.join(labels.get(str(each), str(each)) for each in value)
        case "boolean" | "confirm":
            return _word(language, "是", "Yes") if value else _word(language, "否", "No")
        case "money":
            return _word(language, f"{_grouped(value)} 元", f"{_grouped(value)} yuan")
        case "files":
            return between.join(str(each.get("name", "")) for each in value if isinstance(each, dict))
        case "rows":
            return "\n".join(
                _word(language, "；", "; ").join(
                    f"{column.label(language)}{_word(language, '：', ': ')}{cell}"
                    for column in spec.columns
                    if (cell := show_value(column, row.get(column.code), language, personal=personal))
                )
                for row in value
                if isinstance(row, dict)
            )
        case _:
            return str(value)


def _grouped(value: Any) -> str:
    whole, point, fraction = str(value).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{point}{fraction}" if digits.isdigit() else str(value)
