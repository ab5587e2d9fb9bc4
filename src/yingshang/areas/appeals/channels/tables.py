"""Appeals of other channels in a filled-in table: rows to hand in, every mistake with its row and column. Pure."""

from __future__ import annotations

import io
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from yingshang.kernel.documents.api import RowError, Table, read_table
from yingshang.kernel.forms.api import FORMATS
from yingshang.kernel.reference.api import find_region

from ..text import InvalidText, checked
from .rules import TableRules, table_rules


@dataclass(frozen=True, slots=True)
class AppealRow:
    """One appeal of a table. `row` is its place in the file; a region or code that is empty was not given."""

    row: int
    source: str
    reference: str
    title: str
    body: str
    credit_code: str
    region_code: str
    name: str
    phone: str
    mail: str
    urgency: str


@dataclass(frozen=True, slots=True)
class AppealTable:
    """What a file holds: appeals, and everything that is wrong. `more` counts the errors that are not listed."""

    rows: tuple[AppealRow, ...]
    errors: tuple[RowError, ...]
    more: int = 0


def read_appeals(content: bytes, name: str) -> AppealTable:
    """The appeals of an .xlsx or .csv file. Nothing is to be handed in while there are errors."""
    rules = table_rules()
    table = read_table(content, name, rules.columns, limits=rules.limits)
    rows = tuple(
        AppealRow(
            row=number,
            source=values["source"] or "",
            reference=values["reference"] or "",
            title=values.get("title") or "",
            body=values["body"] or "",
            credit_code=values.get("credit_code") or "",
            region_code=values.get("region") or "",
            name=values.get("name") or "",
            phone=values.get("phone") or "",
            mail=values.get("mail") or "",
            urgency=values.get("urgency") or "normal",
        )
        for number, values in zip(table.numbers, table.rows, strict=True)
    )
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        _check(row, table)
        earlier = seen.setdefault((row.source, row.reference), row.row)
        if row.reference and earlier != row.row:
            table.wrong(
                row.row,
                column_name("reference"),
                f"the same as in row {earlier}; number each one differently",
                f"与第 {earlier} 行重复，每件请用不同的编号",
            )
    errors = tuple(sorted(table.errors, key=lambda error: (error.row, error.column)))
    return AppealTable(rows, errors, table.more)


def column_name(code: str) -> str:
    """How a column is called in the table."""
    return next(each.name for each in table_rules().columns if each.code == code)


def _check(row: AppealRow, table: Table) -> None:
    if row.body:
        try:
            checked(row.title, row.body)
        except InvalidText as error:
            for problem in error.problems:
                table.wrong(row.row, column_name(problem.field), problem.message, problem.message_zh)
    if row.region_code and find_region(row.region_code) is None:
        wrong = FORMATS["region"]
        table.wrong(row.row, column_name("region"), wrong.message, wrong.message_zh)
    for code, value, format_code in (("phone", row.phone, "phone"), ("mail", row.mail, "email")):
        if value and not FORMATS[format_code].check(value):
            wrong = FORMATS[format_code]
            table.wrong(row.row, column_name(code), wrong.message, wrong.message_zh)


def empty_table() -> bytes:
    """The workbook to fill in."""
    return workbook_of(table_rules(), "诉求")


def workbook_of(rules: TableRules, title: str) -> bytes:
    """An empty table: one sheet with the header, what belongs into each column as a comment of it."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    sheet.freeze_panes = "A2"
    for place, column in enumerate(rules.columns, 1):
        letter = get_column_letter(place)
        cell = sheet.cell(1, place, column.name)
        cell.font = Font(bold=True)
        told = rules.notes.get(column.code, "")
        needed = "必填。" if column.required else "选填。"
        cell.comment = Comment(f"{needed}{told}", "营商", width=260, height=80)
        sheet.column_dimensions[letter].width = rules.widths[column.code]
        # As text: a spreadsheet would turn numbers of eighteen digits and telephone numbers into others.
        sheet.column_dimensions[letter].number_format = "@"
        sheet.column_dimensions[letter].alignment = Alignment(vertical="top", wrap_text=column.code == "body")
        if column.choices:
            choice = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            choice.add(f"{letter}2:{letter}{rules.limits.most_rows + 1}")
            sheet.add_data_validation(choice)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
