"""What a reader of filled-in tables does beside what tests of claims' line items show: hidden things, choices."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from yingshang.kernel.documents.api import Column, Table, TableLimits, read_table

COLUMNS = (Column("word", "内容", longest=5), Column("kind", "类别", "choice", choices={"普通": "normal"}))


def read(*, one_sheet: bool = True, hide: str = "", second: str = "") -> Table:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["内容", "类别"], ["停电", "普通"], ["停水", "普通"]):
        sheet.append(row)
    if hide == "row":
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[9].hidden = True
    if hide == "column":
        sheet.column_dimensions["B"].hidden = True
        sheet.column_dimensions["F"].hidden = True
    if second:
        other: Any = book.create_sheet("第二张", 0)
        other.append(["停气"])
        other.sheet_state = second
        book.active = 1
    file = BytesIO()
    book.save(file)
    limits = TableLimits(1_000_000, 10, 10_000_000, 100, 5, one_sheet=one_sheet)
    return read_table(file.getvalue(), "a.xlsx", COLUMNS, limits=limits)


def test_a_hidden_sheet_is_not_the_table() -> None:
    for state in ("hidden", "veryHidden"):
        table = read(second=state)
        assert not table.errors
        assert table.rows == [{"word": "停电", "kind": "normal"}, {"word": "停水", "kind": "normal"}]
        assert table.numbers == [2, 3]


@pytest.mark.parametrize(
    ("hide", "place", "told"), [("row", (3, ""), "该行被隐藏"), ("column", (1, "类别"), "B 列被隐藏")]
)
def test_what_nobody_sees_is_told(hide: str, place: tuple[int, str], told: str) -> None:
    [error] = read(hide=hide).errors
    assert (error.row, error.column) == place and told in error.message_zh


def test_a_second_sheet_with_something_in_it_is_told_where_one_is_wanted() -> None:
    assert "第二张" in read(second="visible").errors[0].message_zh
    assert "缺少" in read(second="visible", one_sheet=False).errors[0].message_zh


def test_a_choice_and_a_length_say_what_to_write() -> None:
    limits = TableLimits(1000, 10, 1000, 100, 5)
    table = read_table("内容,类别\n停电三天没人管,急\n".encode(), "a.csv", COLUMNS, limits=limits)
    assert [each.message_zh for each in table.errors] == [
        "超过 5 字，请删去 2 字",
        "“急”不在选项中，请填写：普通",
    ]


def test_a_formula_is_told_once() -> None:
    book = Workbook()
    for row in (["内容", "类别"], ["=1+1", "普通"]):
        book.worksheets[0].append(row)
    file = BytesIO()
    book.save(file)
    [error] = read_table(
        file.getvalue(), "a.xlsx", COLUMNS, limits=TableLimits(1_000_000, 10, 10_000_000, 100, 5)
    ).errors
    assert (error.row, error.column) == (2, "内容") and "公式" in error.message_zh


def test_of_hidden_columns_that_stand_together_each_with_a_name_is_told() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["", "内容", "类别"], ["", "停电", "普通"]):
        sheet.append(row)
    # As spreadsheets write it: one entry for all of them, and often to the last column there can be.
    sheet.column_dimensions["A"].hidden = True
    sheet.column_dimensions["A"].min, sheet.column_dimensions["A"].max = 1, 16384
    file = BytesIO()
    book.save(file)
    limits = TableLimits(1_000_000, 10, 10_000_000, 100, 5)
    table = read_table(file.getvalue(), "a.xlsx", COLUMNS, limits=limits)
    assert [(each.row, each.column, each.message_zh[:1]) for each in table.errors] == [
        (1, "内容", "B"),
        (1, "类别", "C"),
    ]
