"""What every report is made of: notes, figures, tables and sections, and the one HTML file they become."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from yingshang.web.reports.words import Words, number, say

Language = Literal["zh", "en"]
Printable = str | Words
"""Text that is escaped when printed, markup that is trusted because it was made here, or words in two languages."""

CHART_ROWS = 40
"""A chart shows this many rows at most; a picture of more is read by nobody."""
TABLE_ROWS = 2000
"""A table holds this many rows at most; the whole is in the machine-readable results."""
PAGE_ROWS = 50
"""Rows of a long table shown at a time on a screen; all of them on paper, and where scripts do not run."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `kind` says how it looks: name, text, number or bar."""

    heading: Words
    kind: Literal["name", "text", "number", "bar"] = "number"
    axis: Markup | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that sorts by something else than what it shows."""

    shown: Printable
    sort: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the first cell names it. `marks` are words the filter buttons look for."""

    cells: Sequence[Printable | Cell]
    marks: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button that shows only the rows with its mark."""

    mark: str
    label: Words


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or a chart, which is a table with a column of bars."""

    id: str
    caption: Words
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: Words
    legend: Sequence[tuple[str, Words]] = ()
    note: Words | None = None
    searchable: bool = False
    sortable: bool = False
    choices: Sequence[Choice] = ()
    heading: Words | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the large figures at the top, with its picture and what it means."""

    label: Words
    figure: Words
    note: Words
    picture: Markup | None = None
    tone: Literal["", "gain", "lose", "money", "open"] = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader must know before the figures."""

    text: Words
    section: str
    tone: Literal["warn", "bad", "good"] = "warn"


@dataclass(frozen=True, slots=True)
class Section:
    """A section with its place in the list of contents."""

    id: str
    title: Words
    lead: Words | None = None
    tables: Sequence[Table] = ()
    passages: Sequence[tuple[Words, Words]] = ()
    records: Sequence[tuple[Words, Printable]] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says, ready to be printed."""

    kind: Words
    title: Words
    lead: Words
    headlines: Sequence[Headline]
    sections: Sequence[Section]
    notices: Sequence[Notice] = ()
    facts: Sequence[tuple[Words, Printable]] = field(default_factory=tuple)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("yingshang.web.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(say=say, number=number, page_rows=PAGE_ROWS)
    environment.tests["cell"] = lambda value: isinstance(value, Cell)
    return environment


def _style_sheet() -> str:
    return resources.files("yingshang.web.reports").joinpath("static/report.css").read_text(encoding="utf-8")


def _script() -> str:
    environment = _environment()
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, "script.html")
    return source.strip()


def _text_in_style(text: str) -> str:
    """Text as a string of a style sheet; no character in it can end the string or the style element."""
    return (
        '"' + "".join(sign if sign.isalnum() or sign == " " else f"\\{ord(sign):x} " for sign in text) + '"'
    )


def _column_labels(tables: Sequence[Table]) -> str:
    """On a narrow screen a row becomes a card, and each figure needs the heading of its column beside it."""
    rules = []
    for table in tables:
        for place, column in enumerate(table.columns, start=1):
            if column.kind == "name":
                continue
            heading = column.heading.plain()
            chosen = f"#{table.id} tbody>tr>:nth-child({place})::before"
            rules.append(f"{chosen}{{content:{_text_in_style(heading.chinese)}}}")
            rules.append(f"#language-en:checked~.page {chosen}{{content:{_text_in_style(heading.english)}}}")
    return "@media screen and (max-width:44rem){" + "".join(rules) + "}"


def _fingerprint(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def render_page(report: Report, *, language: Language = "zh") -> str:
    """The report as one HTML file. The same report always gives the same bytes."""
    if language not in ("zh", "en"):
        raise ValueError(f"language: {language!r} is not one of 'zh', 'en'")
    tables = [table for section in report.sections for table in section.tables]
    style, script = _style_sheet() + _column_labels(tables), _script()
    values: Mapping[str, Any] = {
        "report": report,
        "language": language,
        "document_title": (
            report.title.plain().english if language == "en" else report.title.plain().chinese
        ),
        "style": Markup(style),
        "script": Markup(script),
        "policy": "; ".join(
            (
                "default-src 'none'",
                f"style-src 'sha256-{_fingerprint(style)}'",
                f"script-src 'sha256-{_fingerprint(script)}'",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
    }
    return _environment().get_template("report.html").render(values)


def capped(shown: int, total: int, *, where: Words | None = None) -> Words | None:
    """The remark that a chart shows only the first rows, where it does."""
    if shown >= total:
        return None
    return say(
        "图中只列前 {shown} 项，共 {total} 项；全部见{where}。",
        "The chart shows the first {shown} of {total}; all of them are in {where}.",
        shown=number(shown),
        total=number(total),
        where=where or say("“全部事项”表", "the table of all items"),
    )


def linked(name: str, address: str | None) -> Markup:
    """A name, with a link to its source where there is one."""
    if address is None:
        return escape(name)
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(address, name)


def with_detail(main: Printable, *details: Printable | None) -> Markup:
    """A cell with smaller lines under the main one."""
    lines = [Markup("<small>{}</small>").format(detail) for detail in details if detail]
    return Markup("").join([escape(main), *lines])
