"""Texts with {{ variables }}: checked when they are saved, filled in when a document is made.

The form of a text is read before anything is filled in, so no value can become a heading, a table or a variable.
A line is a paragraph. One that begins with 一、 or （一） (or with "# ", "## ") is a heading; one that begins with | is
a row of a table. A line all of whose variables are empty is left out. A value may be rows of cells: `| {{ rows }} |`,
the variable alone in its line, becomes as many rows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from .errors import CannotTypeset, MissingValue
from .glyphs import clean
from .values import TextProblem, Variable

LANGUAGES = ("zh-hans", "en")
FIELDS = ("heading", "number", "title", "addressee", "body", "signature", "date", "note")
REQUIRED = ("title", "body")
LONGEST_FIELD = {"body": 20_000}
LONGEST_LINE_FIELD = 300
LONGEST_DOCUMENT = 100_000

_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_FIRST_LEVEL = re.compile(r"(?:# |[一二三四五六七八九十百]+、)")
_SECOND_LEVEL = re.compile(r"(?:## |（[一二三四五六七八九十百]+）)")


def check(texts: Mapping[str, Mapping[str, str]], variables: Collection[Variable]) -> list[TextProblem]:
    """Everything wrong with the texts of a template. Empty when they can be published."""
    known = [variable.name for variable in variables]
    problems: list[TextProblem] = []
    for language in LANGUAGES:
        fields = texts.get(language, {})
        for field in FIELDS:
            text = fields.get(field, "")
            if field in REQUIRED and not text.strip():
                problems.append(TextProblem(language, field, 1, 1, "must not be empty", "不能为空"))
            most = LONGEST_FIELD.get(field, LONGEST_LINE_FIELD)
            if len(text) > most:
                problems.append(
                    TextProblem(
                        language,
                        field,
                        1,
                        1,
                        f"is {len(text)} characters long, at most {most}",
                        f"有 {len(text)} 个字，最多 {most} 个",
                    )
                )
            if field != "body" and "\n" in text.strip():
                problems.append(TextProblem(language, field, 1, 1, "must be one line", "只能有一行"))
            problems += _check_braces(language, field, text, known)
    return problems


def variables_in(texts: Mapping[str, str]) -> set[str]:
    """The names that the texts of one language use."""
    return {match[1].strip() for text in texts.values() for match in _BRACES.finditer(text)}


def fill(texts: Mapping[str, str], values: Mapping[str, Any], language: str) -> dict[str, Any]:
    """One part of a document for the layout. Raises MissingValue and CannotTypeset."""
    missing = sorted(variables_in(texts) - set(values))
    if missing:
        raise MissingValue(
            f"the template needs {', '.join(missing)}",
            message_zh=f"模板需要以下内容：{'、'.join(missing)}",
            missing=missing,
        )
    shown = {name: clean(words(value, language)) for name, value in values.items()}
    tables = {
        name: [[clean(words(cell, language)) for cell in row] for row in value]
        for name, value in values.items()
        if isinstance(value, list | tuple)
    }
    part: dict[str, Any] = {"language": language, "code": None}
    for field in FIELDS:
        if field != "body":
            part[field] = " ".join(_filled(texts.get(field, ""), shown).split())
    part["body"] = _body(texts.get("body", ""), shown, tables)
    length = len(str(part))
    if length > LONGEST_DOCUMENT:
        raise CannotTypeset(
            f"the document would have {length} characters, at most {LONGEST_DOCUMENT}",
            message_zh=f"文书内容有 {length} 个字，最多 {LONGEST_DOCUMENT} 个",
            length=length,
        )
    return part


def words(value: Any, language: str) -> str:
    """A value as a document says it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return {"en": ("no", "yes")}.get(language, ("否", "是"))[value]
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return f"{words(local.date(), language)} {local:%H:%M}"
    if isinstance(value, date):
        if language == "en":
            return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, list | tuple):
        return "；".join(" ".join(words(cell, language) for cell in row) for row in value)
    return str(value)


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _check_braces(language: str, field: str, text: str, known: list[str]) -> list[TextProblem]:
    problems = []
    for match in _BRACES.finditer(text):
        name = match[1].strip()
        if name in known:
            continue
        if not _NAME.match(name):
            message, message_zh = (
                f"{match[0]!r} is no variable: only a name may stand between the braces",
                f"“{match[0]}”不是变量：花括号内只能写变量名",
            )
        else:
            message, message_zh = f"unknown variable {name!r}", f"没有变量“{name}”"
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        suggestion = near[0] if near else ""
        if suggestion:
            message += f"; did you mean {suggestion}?"
            message_zh += f"，是否应为“{suggestion}”？"
        else:
            message += f"; there are {', '.join(known)}"
            message_zh += f"；可用的有：{'、'.join(known)}"
        problems.append(_problem(language, field, text, match.start(), message, message_zh, suggestion))
    rest = _BRACES.sub(lambda match: " " * len(match[0]), text)
    for match in re.finditer(r"\{\{|\}\}", rest):
        problems.append(
            _problem(
                language,
                field,
                text,
                match.start(),
                f"{match[0]} has no partner: write {{{{ name }}}}",
                f"“{match[0]}”没有配对：请写成 {{{{ 变量名 }}}}",
                "",
            )
        )
    return problems


def _problem(
    language: str, field: str, text: str, position: int, message: str, message_zh: str, suggestion: str
) -> TextProblem:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return TextProblem(language, field, line, column, message, message_zh, suggestion)


def _filled(text: str, shown: Mapping[str, str]) -> str:
    # One pass: what a value brings along is not looked at again.
    return _BRACES.sub(lambda match: shown[match[1].strip()], text)


def _left_out(line: str, shown: Mapping[str, str]) -> bool:
    names = [match[1].strip() for match in _BRACES.finditer(line)]
    return bool(names) and not any(shown[name].strip() for name in names)


def _rows(line: str, shown: Mapping[str, str], tables: Mapping[str, list[list[str]]]) -> list[list[str]]:
    """One line of a table, or the rows that its one variable stands for."""
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    if len(cells) == 1 and (alone := _BRACES.fullmatch(cells[0])) and alone[1].strip() in tables:
        return tables[alone[1].strip()]
    return [[_filled(cell, shown) for cell in cells]]


def _body(text: str, shown: Mapping[str, str], tables: Mapping[str, list[list[str]]]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    for raw in text.splitlines():
        line = raw.strip()
        if not line or _left_out(line, shown):
            continue
        if line.startswith("|"):
            rows = _rows(line, shown, tables)
            if blocks and blocks[-1]["kind"] == "rows":
                blocks[-1]["rows"] += rows
            else:
                blocks.append({"kind": "rows", "rows": rows})
            continue
        level = 1 if _FIRST_LEVEL.match(line) else 2 if _SECOND_LEVEL.match(line) else 0
        if level:
            blocks.append(
                {
                    "kind": "heading",
                    "level": level,
                    "text": _filled(line.lstrip("# "), shown).replace("\n", " "),
                }
            )
            continue
        # Line breaks that a value brings along part paragraphs.
        for piece in _filled(line, shown).split("\n"):
            if piece.strip():
                blocks.append({"kind": "text", "text": piece.strip()})
    return blocks
