"""Tables of line items: what is wrong is said with its row and column, and nothing is guessed."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from yingshang.areas.claims.line_tables import Column, LineTable, read_line_table
from yingshang.kernel.reference.api import make_credit_code

COLUMNS = (
    Column("name", "姓名", personal=True),
    Column("identity", "身份证号", "identity", personal=True, unique=True),
    Column("wage", "月工资", "money"),
    Column("since", "参保日期", "date"),
    Column("note", "备注", required=False),
)
HEADER = ["姓名", "身份证号", "月工资", "参保日期", "备注"]
ROW: list[Any] = ["演示甲", "230102199001010011", 5000.5, date(2026, 3, 1), None]


def book(*rows: list[Any], merge: str = "") -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def read(*rows: list[Any], **more: Any) -> LineTable:
    return read_line_table(book(HEADER, *rows, **more), "名单.xlsx", COLUMNS)


def said(table: LineTable) -> list[tuple[int, str]]:
    return [(each.row, each.column) for each in table.errors]


def test_a_right_table_is_read() -> None:
    table = read(ROW, [None] * 5)
    assert not table.errors
    assert table.rows == [
        {
            "name": "演示甲",
            "identity": "230102199001010011",
            "wage": "5000.50",
            "since": "2026-03-01",
            "note": None,
        }
    ]


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (0, None, "不能为空"),
        (1, "123", "18 位"),
        (2, "=1+1", "公式"),
        (2, "五千", "不是数字"),
        (2, -1, "负数"),
        (2, 1.005, "两位小数"),
        (3, "去年", "不是日期"),
        (3, "2026-02-30", "不是日期"),
        (4, "长" * 201, "200 字"),
    ],
)
def test_each_mistake_has_its_place(place: int, value: Any, words: str) -> None:
    row = [*ROW]
    row[place] = value
    table = read([*ROW[:1], "230102199001010038", *ROW[2:]], row)
    assert (3, HEADER[place]) in said(table)
    assert any(words in each.message_zh for each in table.errors)


def test_merged_cells_wrong_headers_and_repeated_people() -> None:
    assert "取消合并" in read(ROW, ROW, merge="A2:A3").errors[0].message_zh
    wrong = read_line_table(book(["名字", *HEADER[1:]], ROW), "a.xlsx", COLUMNS)
    assert "缺少：姓名" in wrong.errors[0].message_zh and "名字" in wrong.errors[0].message_zh
    assert said(read(ROW, ROW)) == [(3, "身份证号")]


def test_other_files_and_files_too_large() -> None:
    for content, name, words in (
        (b"", "a.xls", "另存为"),
        (b"nothing", "a.xlsx", "有效的 .xlsx"),
        (b"\xff\xfe\xff", "a.csv", "编码"),
        (b"", "a.csv", "空的"),
        (b"x" * 100_000_000, "a.xlsx", "100 MB"),
        (",".join(HEADER).encode(), "a.csv", "没有数据"),
    ):
        table = read_line_table(content, name, COLUMNS)
        assert words in table.errors[0].message_zh and not table.rows


def test_csv_as_banks_and_offices_write_it() -> None:
    text = ",".join(HEADER) + "\n演示甲,230102199001010011,5000.5,2026年3月1日,\n"
    for encoding in ("utf-8-sig", "gb18030"):
        table = read_line_table(text.encode(encoding), "a.csv", COLUMNS)
        assert not table.errors and table.rows[0]["since"] == "2026-03-01"


def test_nobody_claims_for_another_enterprise() -> None:
    columns = (Column("code", "信用代码", "credit_code"),)
    own, other = (make_credit_code("9", "1", "230102", f"{number:08d}") for number in (1, 2))
    text = f"信用代码\n{own}\n{other}\n91230102\n".encode()
    table = read_line_table(text, "a.csv", columns, own_code=own)
    assert said(table) == [(3, "信用代码"), (4, "信用代码")]
    assert "其他企业" in table.errors[0].message_zh
