"""The table other channels fill in: what is wrong is said with row and column. Pure."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from yingshang.areas.appeals.channels.tables import AppealTable, empty_table, read_appeals

ROW: dict[str, Any] = {"来源渠道": "12345热线", "渠道编号": "1", "诉求内容": "厂区停电三天，没有人来修。"}


def filled(*rows: dict[str, Any], sheet_name: str = "") -> bytes:
    """The platform's own empty table, filled in."""
    book = load_workbook(BytesIO(empty_table()))
    sheet = book.worksheets[0]
    names = [cell.value for cell in sheet[1]]
    for number, row in enumerate(rows, 2):
        for name, value in row.items():
            sheet.cell(number, names.index(name) + 1, value)
    if sheet_name:
        book.create_sheet(sheet_name).append(["x"])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def said(table: AppealTable) -> list[tuple[int, str]]:
    return [(each.row, each.column) for each in table.errors]


def test_the_empty_table_filled_in_is_read() -> None:
    full = {**ROW, "渠道编号": "A-1", "地区代码": "230102", "联系电话": "13800138000", "紧急程度": "紧急"}
    table = read_appeals(filled(ROW, full), "诉求.xlsx")
    assert not table.errors
    first, second = table.rows
    assert (first.row, first.body, first.urgency, first.region_code) == (2, ROW["诉求内容"], "normal", "")
    assert (second.reference, second.region_code, second.phone) == ("A-1", "230102", "13800138000")
    assert second.urgency == "urgent"


@pytest.mark.parametrize(
    ("wrong", "column", "told"),
    [
        ({"诉求内容": None}, "诉求内容", "不能为空"),
        ({"渠道编号": None}, "渠道编号", "不能为空"),
        ({"渠道编号": "1"}, "渠道编号", "与第 2 行重复"),
        ({"诉求内容": "？"}, "诉求内容", "请用文字写明"),
        ({"诉求内容": "停电" * 3000}, "诉求内容", "请删去 1,000 字"),
        ({"标题": "题" * 61}, "标题", "请删去 1 字"),
        ({"诉求内容": "=1+1"}, "诉求内容", "公式"),
        ({"统一社会信用代码": "91230102"}, "统一社会信用代码", "不是有效的"),
        ({"地区代码": "999999"}, "地区代码", "GB/T 2260"),
        ({"联系电话": "1380013"}, "联系电话", "11 位"),
        ({"电子邮箱": "a@b"}, "电子邮箱", "name@example.org"),
        ({"紧急程度": "特急"}, "紧急程度", "普通、紧急"),
    ],
)
def test_each_mistake_has_its_place(wrong: dict[str, Any], column: str, told: str) -> None:
    table = read_appeals(filled(ROW, {**ROW, "渠道编号": "2", **wrong}), "a.xlsx")
    assert (3, column) in said(table)
    assert any(told in each.message_zh for each in table.errors)


def test_numbers_of_two_channels_second_sheets_other_files_and_files_too_large() -> None:
    other = {**ROW, "来源渠道": "商会"}
    assert not read_appeals(filled(ROW, other), "a.xlsx").errors
    assert "第二张" in read_appeals(filled(ROW, sheet_name="第二张"), "a.xlsx").errors[0].message_zh
    assert "另存为" in read_appeals(b"", "a.xls").errors[0].message_zh
    assert "100 MB" in read_appeals(b"x" * 100_000_000, "a.xlsx").errors[0].message_zh
    assert "缺少：来源渠道、渠道编号" in read_appeals("内容\n停电\n".encode(), "a.csv").errors[0].message_zh
    many = read_appeals(
        ("来源渠道,渠道编号,诉求内容\n" + "".join(f"热线,{n},停电三天\n" for n in range(301))).encode(),
        "a.csv",
    )
    assert "超过 300 行" in many.errors[-1].message_zh
