"""Files of subjects: three formats give one table, bad rows are rejected with reasons, and nothing is guessed."""

from __future__ import annotations

import csv
import datetime
import io
import json
import time
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from yingshang.kernel.reference.api import make_credit_code, open_subjects, write_sample_city
from yingshang.kernel.reference.reference_data import load_yaml
from yingshang.kernel.reference.subjects import rejects as rejects_module
from yingshang.kernel.reference.subjects.cells import UNKNOWN, any_number, decimal_places
from yingshang.rules.errors import SubjectsError
from yingshang.rules.policy.catalogue import Fact, FactCatalogue, catalogue_from_data

CITY = catalogue_from_data(load_yaml("facts.yaml"), "facts.yaml")
SMALL = catalogue_from_data(
    {
        "facts": [
            {"code": "headcount", "name": "人数", "type": "number", "unit": "人", "minimum": 0},
            {"code": "revenue", "name": "营业收入", "type": "number", "unit": "元", "series": "year"},
            {
                "code": "revenue.last",
                "name": "上年营业收入",
                "type": "number",
                "unit": "元",
                "series_of": "revenue",
                "year_offset": -1,
            },
            {"code": "paid", "name": "实缴", "type": "number", "unit": "元", "maximum": "1000000.005"},
            {
                "code": "growth",
                "name": "增速",
                "type": "number",
                "unit": "比值",
                "decimals": 4,
                "minimum": "-1",
            },
            {"code": "size", "name": "规模", "type": "string", "values": ["大型", "中型", "小型", "微型"]},
            {"code": "town", "name": "乡镇", "type": "string"},
            {"code": "listed", "name": "上市", "type": "boolean"},
            {"code": "founded", "name": "成立日期", "type": "date"},
            {
                "code": "tags",
                "name": "资质",
                "type": "list<string>",
                "values": ["高企", "专精特新", "绿色工厂"],
            },
            {"code": "scores", "name": "得分", "type": "list<number>", "decimals": 1},
            {"code": "place", "name": "区划", "type": "string", "code_list": "regions"},
            {"code": "trade", "name": "行业", "type": "string", "code_list": "industries"},
            {
                "code": "hires",
                "name": "新招",
                "type": "list<context>",
                "fields": [
                    {"code": "age", "name": "年龄", "type": "number", "unit": "人", "minimum": 16},
                    {"code": "kind", "name": "类别", "type": "string", "values": ["毕业生", "其他"]},
                    {"code": "since", "name": "入职", "type": "date"},
                    {"code": "wage", "name": "工资", "type": "number", "unit": "元"},
                ],
            },
        ]
    },
    "small.yaml",
)


def write_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def write_sheet(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def opened(tmp_path: Path, text: str, catalogue: FactCatalogue | None = SMALL, **more: Any) -> Any:
    return open_subjects(write_csv(tmp_path / "subjects.csv", text), catalogue=catalogue, **more)


def codes(file: Any, columns: Any = None) -> list[tuple[int, str | None, str]]:
    """Row, column and code of every reject after a reading."""
    file.read(columns)
    return [(each.row, each.column, each.code) for each in file.rejects]


# --- files that cannot be read at all ---------------------------------------------------------------------------------


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    write_csv(tmp_path / "firms.csv", "subject\na\n")
    with pytest.raises(SubjectsError, match=r"no such file; there is firms\.csv") as caught:
        open_subjects(tmp_path / "firm.csv")
    assert "文件不存在" in caught.value.message_zh


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xls", b"x", r"save it as \.xlsx"),
        ("a.json", b"{}", r"read from \.parquet"),
        ("a.parquet", b"PAR1 nonsense", "no Parquet file"),
        ("a.xlsx", b"nonsense", "no Excel workbook"),
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n", "nothing but empty lines"),
        ("a.csv", b"subject,n\n", "no row below the header"),
        ("a.csv", b"subject,n\n\n\n", "no row below the header"),
        ("a.csv", b"subject,n,n\na,1,2\n", r"columns 2 and 3 are the same: 'n'"),
        ("a.csv", b"subjet,n\na,1\n", r"no column 'subject'; did you mean --id subjet\?"),
        ("a.csv", "统一社会信用代码,n\na,1\n".encode(), "did you mean --id 统一社会信用代码"),
        ("a.csv", b"firm,n\na,1\n", "name the id column with --id COLUMN"),
        ("a.csv", b'subject,n\na,1\nb,"2\nc,3\nd,4\n', "line 3: a quotation mark"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SubjectsError, match=message) as caught:
        open_subjects(tmp_path / name)
    assert caught.value.details["file"].endswith(name)


def test_empty_sheets_and_missing_sheets_are_refused(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "a.xlsx", [["subject"], ["a"]])
    with pytest.raises(SubjectsError, match="there is no worksheet 'x'; there is Sheet"):
        open_subjects(path, sheet="x")
    assert open_subjects(path, sheet="Sheet").read().num_rows == 1
    with pytest.raises(SubjectsError, match="no row below"):
        open_subjects(write_sheet(tmp_path / "b.xlsx", [["subject"]]))
    with pytest.raises(SubjectsError, match="empty"):
        open_subjects(write_sheet(tmp_path / "c.xlsx", []))


def test_parquet_without_rows_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"subject": pa.array([], pa.string())}), tmp_path / "a.parquet")
    with pytest.raises(SubjectsError, match="no row"):
        open_subjects(tmp_path / "a.parquet")


def test_one_fact_under_two_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubjectsError, match="'headcount' and '人数'"):
        opened(tmp_path, "subject,headcount,人数\na,1,2\n")


# --- columns ----------------------------------------------------------------------------------------------------------


def test_columns_may_carry_codes_or_chinese_names(tmp_path: Path) -> None:
    file = opened(
        tmp_path, "统一代码,人数,营业收入2025年,联系人,revenue\nx,3,10.50,张,1\n", id_column="统一代码"
    )
    assert file.id_column == "统一代码"
    assert file.columns == ["统一代码", "headcount", "revenue.2025", "联系人", "revenue"]
    assert file.schema.field("revenue.2025").type == pa.decimal128(18, 2)
    assert file.schema.field("headcount").type == pa.int64()
    assert [each.name for each in file.ignored] == ["联系人", "revenue"]
    assert "revenue.2025" in file.ignored[1].message
    assert file.read().to_pylist() == [
        {"统一代码": "x", "headcount": 3, "revenue.2025": Decimal("10.50"), "联系人": "张", "revenue": "1"}
    ]


def test_a_column_counted_from_the_year_is_delivered_as_that_year(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,上年营业收入\na,5\n", year=2026)
    assert file.columns == ["subject", "revenue.2025"]
    both = opened(tmp_path, "subject,上年营业收入,revenue.2025\na,5,6\n", year=2026)
    assert both.read()["revenue.2025"].to_pylist() == [6]
    assert [each.name for each in both.ignored] == ["上年营业收入"]
    assert opened(tmp_path, "subject,上年营业收入\na,5\n").columns == ["subject", "revenue.last"]


def test_only_wanted_columns_are_read_and_checked(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,人数,上市\na,x,是\nb,1,否\n")
    assert file.read(["listed", "not there"]).column_names == ["subject", "listed"]
    assert file.rejected_rows == 0
    assert file.read(["headcount"]).to_pylist() == [{"subject": "b", "headcount": 1}]
    assert file.rejected_rows == 1


def test_unnamed_columns_are_reported(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,人数,,\na,1,,\n")
    assert [each.name for each in file.ignored] == ["#3", "#4"]
    assert file.read().num_rows == 1


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("headcount", "3", 3),
        ("headcount", "3.00", 3),
        ("headcount", " 12 ", 12),
        ("headcount", '"1,234"', 1234),
        ("headcount", "1.2E+3", 1200),
        ("headcount", "+7", 7),
        ("headcount", "007", 7),
        ("paid", "0.1", Decimal("0.10")),
        ("paid", "-1234567890123456.78", Decimal("-1234567890123456.78")),
        ("paid", "1000000", Decimal("1000000.00")),
        ("growth", "0.123456789012345678", Decimal("0.123456789012345678")),
        ("growth", "0.5", Decimal("0.5")),
        ("listed", "TRUE", True),
        ("listed", "否", False),
        ("listed", "1", True),
        ("founded", "2024-01-31", datetime.date(2024, 1, 31)),
        ("founded", "2024/1/31", datetime.date(2024, 1, 31)),
        ("founded", "20240131", datetime.date(2024, 1, 31)),
        ("founded", "2024年1月31日", datetime.date(2024, 1, 31)),
        ("founded", "2024-01-31 00:00:00", datetime.date(2024, 1, 31)),
        ("tags", "高企;专精特新", ["高企", "专精特新"]),
        ("tags", "高企、绿色工厂", ["高企", "绿色工厂"]),
        ("tags", "高企|绿色工厂", ["高企", "绿色工厂"]),
        ("tags", '"[""高企""]"', ["高企"]),
        ("tags", "[]", []),
        ("scores", "1.5;2", [Decimal("1.5"), Decimal("2.0")]),
        ("place", "440305", "440305"),
        ("trade", "0111", "0111"),
        ("town", " 南山 ", "南山"),
        ("hires", '"[{""年龄"": 22, ""wage"": 5000.10, ""since"": ""2025-07-01""}]"', None),
    ],
)
def test_a_cell_is_read_exactly(tmp_path: Path, column: str, cell: str, value: Any) -> None:
    file = opened(tmp_path, f"subject,{column}\na,{cell}\n")
    if column == "hires":
        value = [{"age": 22, "kind": None, "since": datetime.date(2025, 7, 1), "wage": Decimal("5000.10")}]
    assert file.read()[column].to_pylist() == [value]
    assert file.rejected_rows == 0


@pytest.mark.parametrize("cell", ["", "NULL", "null", "N/A", "  ", '""'])
@pytest.mark.parametrize(
    "column", ["headcount", "growth", "listed", "founded", "size", "town", "tags", "hires"]
)
def test_an_empty_cell_is_unknown(tmp_path: Path, column: str, cell: str) -> None:
    file = opened(tmp_path, f"subject,{column},人数2\na,{cell},\nb,,\n")
    assert file.read()[column].to_pylist() == [None, None]
    assert file.rejected_rows == 0


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("headcount", "abc", "not_a_number"),
        ("headcount", "0x1F", "not_a_number"),
        ("headcount", "１２", "not_a_number"),
        ("headcount", '"1,23"', "not_a_number"),
        ("headcount", "未知", "not_a_number"),
        ("headcount", "-1", "below_minimum"),
        ("headcount", "3.5", "not_whole"),
        ("headcount", "1" * 45, "number_too_large"),
        ("headcount", "1E+400", "number_too_large"),
        ("headcount", "#DIV/0!", "excel_error"),
        ("paid", "0.125", "too_many_decimals"),
        ("paid", "1000000.01", "above_maximum"),
        ("paid", "12345678901234567.00", "number_too_large"),
        ("growth", "-1.0001", "below_minimum"),
        ("growth", "12.5%", "not_a_number"),
        ("size", "特大型", "not_in_list"),
        ("town", "#REF!", "excel_error"),
        ("listed", "maybe", "not_a_boolean"),
        ("founded", "2023-02-30", "impossible_date"),
        ("founded", "45322", "not_a_date"),
        ("founded", "2024-01-31 10:22", "time_of_day"),
        ("tags", "高企;三好学生", "not_in_list"),
        ("tags", '"[{}]"', "not_a_list"),
        ("scores", "1.5;x", "not_a_number"),
        ("place", "440399", "unknown_regions"),
        ("place", "南山区", "unknown_regions"),
        ("place", "230102001", "unknown_regions"),
        ("trade", "9999", "unknown_industries"),
        ("hires", "[1", "not_a_list_of_contexts"),
        ("hires", '"[{""age"": 22, ""年龄"": 23}]"', "repeated_field"),
    ],
)
def test_a_bad_cell_rejects_its_row_and_no_other(tmp_path: Path, column: str, cell: str, code: str) -> None:
    file = opened(tmp_path, f"subject,{column},上市2\na,,\nb,{cell},\nc,,\n")
    assert file.read()["subject"].to_pylist() == ["a", "c"]
    (reject,) = file.rejects
    assert (reject.row, reject.line, reject.subject, reject.column, reject.code) == (2, 3, "b", column, code)
    assert file.rejected_rows == 1
    assert reject.message != reject.message_zh


def test_bad_fields_of_lines_are_named(tmp_path: Path) -> None:
    lines = [
        json.dumps([{"age": age, "kind": kind}], ensure_ascii=False)
        for age, kind in ((22, "毕业生"), (12, "谁"))
    ]
    rows = "".join(
        f'{name},"{text.replace(chr(34), chr(34) * 2)}"\n' for name, text in zip("ab", lines, strict=True)
    )
    file = opened(tmp_path, "subject,hires\n" + rows)
    assert codes(file) == [(2, "hires.age", "below_minimum"), (2, "hires.kind", "not_in_list")]
    assert file.rejected_rows == 1


def test_unknown_fields_of_lines_are_reported_once(tmp_path: Path) -> None:
    file = opened(tmp_path, 'subject,hires\na,"[{""shoe"": 42}]"\nb,"[{""shoe"": 43}]"\n')
    assert file.read().num_rows == 2
    file.read()
    assert [each.name for each in file.ignored] == ["hires.shoe"]


def test_messages_help(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,size,place\na,小形,440399\n")
    file.read()
    size, place = file.rejects
    assert "小型" in size.message and "可选值" in size.message_zh
    assert "广东省" in place.message


def test_a_township_belongs_in_a_column_of_townships(tmp_path: Path) -> None:
    """Conditions compare six digits: nine in their place would silently be equal to nothing."""
    file = opened(
        tmp_path, "subject,ent.region,ent.town_code\na,230102001,\nb,230102,230102001\nc,,230102\n", CITY
    )
    assert file.read().to_pylist() == [{"subject": "b", "ent.region": "230102", "ent.town_code": "230102001"}]
    first, last = file.rejects
    assert "兆麟街道" in first.message_zh and "230102 黑龙江省哈尔滨市道里区" in first.message_zh
    assert last.code == "unknown_townships" and "GB/T 10114" in last.message


def test_every_reason_of_a_row_is_told_and_the_row_counted_once(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,人数,规模,成立日期\na,x,y,z\n")
    assert [code for _, _, code in codes(file)] == ["not_a_number", "not_in_list", "not_a_date"]
    assert file.rejected_rows == 1
    assert file.rejects.by_code["not_a_date"] == 1


def test_one_bad_cell_among_many_is_found(tmp_path: Path) -> None:
    rows = [f"s{number},{'oops' if number == 70_000 else number}.50" for number in range(100_000)]
    file = opened(tmp_path, "subject,paid\n" + "\n".join(rows))
    table = file.read()
    assert table.num_rows == 99_999
    assert [(each.row, each.line, each.value) for each in file.rejects] == [(70_001, 70_002, "oops.50")]
    assert table["paid"][99_998].as_py() == Decimal("99999.50")


# --- ids --------------------------------------------------------------------------------------------------------------


def test_missing_and_repeated_ids(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,人数\na,1\n,2\nb,3\na,4\na,5\n")
    assert file.read()["subject"].to_pylist() == ["a", "b"]
    assert [(each.row, each.code) for each in file.rejects] == [
        (2, "missing_id"),
        (4, "duplicate_id"),
        (5, "duplicate_id"),
    ]
    assert "row 1" in list(file.rejects)[1].message


def test_a_repeated_id_is_found_in_a_later_batch(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,人数\n" + "".join(f"s{number % 7},1\n" for number in range(9)))
    assert sum(batch.num_rows for batch in file.batches(rows_per_batch=4)) == 7
    assert [(each.row, each.code) for each in file.rejects] == [(8, "duplicate_id"), (9, "duplicate_id")]


def test_credit_codes_are_checked(tmp_path: Path) -> None:
    good = make_credit_code("9", "1", "440305", "MA5G9X2K")
    wrong = good[:10] + ("1" if good[10] != "1" else "2") + good[11:]
    letter_o = good[:2] + "44O305" + good[8:]
    person = "11010519491231002X"
    others = ["ENTERPRISE00000001", "SUBJ-0000000000001", "a", "公司"]
    ids = [good, wrong, letter_o, person, good.lower()[:-1] + good[-1].lower() + "x", *others]
    file = opened(tmp_path, "subject\n" + "\n".join(ids) + "\n")
    assert [(each.row, each.code) for each in file.rejects] == []
    file.read()
    assert [(each.row, each.code) for each in file.rejects] == [
        (2, "invalid_credit_code"),
        (3, "invalid_credit_code"),
    ]
    first, second = file.rejects
    assert "check character" in first.message and "'O'" in second.message


# --- types found in the file ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2", ""], pa.int64()),
        (["1.50", "2", "-3.25"], pa.decimal128(18, 2)),
        (["1.00", "2.0"], pa.int64()),
        (["1", "x"], pa.string()),
        (["0111", "3911"], pa.string()),
        (["0", "0.5", "-0.25"], pa.decimal128(18, 2)),
        (["12345678901234567890", "1"], pa.decimal128(38, 0)),
        (["123456789012345678", "223456789012345678"], pa.string()),
        (["12345678901234567.123", "1"], pa.decimal128(38, 3)),
        (["true", "FALSE", ""], pa.bool_()),
        (["是", "否"], pa.bool_()),
        (["是", "否", "也许"], pa.string()),
        (["2024-01-31", "2024/2/1"], pa.date32()),
        (["2024-01-31", "soon"], pa.string()),
        (["", ""], pa.string()),
        (["1", "#DIV/0!"], pa.int64()),
        (["1" * 60, "2"], pa.string()),
    ],
)
def test_types_are_found_by_looking_at_all_cells(tmp_path: Path, cells: list[str], kind: pa.DataType) -> None:
    rows = "".join(f"s{number},{cell}\n" for number, cell in enumerate(cells))
    file = opened(tmp_path, "subject,x\n" + rows, None)
    assert file.schema.field("x").type == kind
    file.read()
    assert file.rejected_rows == sum(cell == "#DIV/0!" for cell in cells)


def test_a_name_that_says_code_makes_text(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,ent.region,行业代码,n\na,440305,3911,5\n", None)
    assert file.schema.types == [pa.string(), pa.string(), pa.string(), pa.int64()]


def test_an_impossible_date_in_a_column_of_dates_is_rejected(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,d\na,2024-02-28\nb,2024-02-30\n", None)
    assert codes(file) == [(2, "d", "impossible_date")]


def test_a_word_far_down_decides(tmp_path: Path) -> None:
    rows = "".join(f"s{number},{number}\n" for number in range(200_000))
    file = opened(tmp_path, "subject,x\n" + rows + "last,none\n", None)
    assert file.schema.field("x").type == pa.string()


def test_an_open_catalogue_types_what_it_names_and_the_rest_is_found(tmp_path: Path) -> None:
    known = FactCatalogue(
        {"code": Fact("code", "code", "string"), "n": Fact("n", "n", "number")}, closed=False
    )
    file = opened(tmp_path, "subject,x,code,n\na,1,2,3.25\nb,2,3,few\n", known)
    assert file.schema.types == [pa.string(), pa.int64(), pa.string(), pa.decimal128(18, 2)]
    assert file.ignored == []
    assert codes(file) == [(2, "n", "not_a_number")]


# --- CSV --------------------------------------------------------------------------------------------------------------

TEXT = 'subject,人数,乡镇\na,1,"南山, 西丽"\nb,2,"两\n行"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str, newline: str) -> None:
    text = "".join(
        delimiter.join(f'"{cell}"' for cell in row) + newline
        for row in csv.reader(io.StringIO(TEXT, newline=""))
    )
    file = open_subjects(write_csv(tmp_path / "a.csv", text, encoding), catalogue=SMALL)
    assert file.read().to_pydict() == {
        "subject": ["a", "b"],
        "headcount": [1, 2],
        "town": ["南山, 西丽", "两\n行"],
    }


def test_lines_with_missing_or_surplus_cells(tmp_path: Path) -> None:
    file = opened(tmp_path, 'subject,人数,乡镇\n\na,1,"x\ny"\nb,2\n\nc,3,z,4\nd,-1,w\ne,5,v\nf\n')
    assert file.read()["subject"].to_pylist() == ["a", "e"]
    assert [(each.row, each.line, each.code) for each in file.rejects] == [
        (2, 5, "wrong_cell_count"),
        (3, 7, "wrong_cell_count"),
        (4, 8, "below_minimum"),
        (6, 10, "wrong_cell_count"),
    ]
    assert file.rejected_rows == 4 and file.rows_read == 6


def test_row_numbers_hold_across_blocks(tmp_path: Path) -> None:
    rows = [f"s{number},{number}" if number % 1000 else f"s{number}" for number in range(1, 60_001)]
    rows[59_998] = "s59999,-1"
    file = opened(tmp_path, "subject,人数\n" + "\n".join(rows))
    assert sum(batch.num_rows for batch in file.batches(rows_per_batch=777)) == 60_000 - 61
    assert [each.row for each in file.rejects] == [*range(1000, 60_000, 1000), 59_999, 60_000]
    assert all(each.line == each.row + 1 for each in file.rejects)


def test_bytes_that_are_no_characters_reject_their_row(tmp_path: Path) -> None:
    content = "subject,乡镇,人数\na,南山区,1\nb,福田区,2\nc,罗湖区,3\n".encode().replace(
        "福".encode(), b"\xff\xfe"
    )
    (tmp_path / "a.csv").write_bytes(content)
    assert codes(open_subjects(tmp_path / "a.csv", catalogue=SMALL)) == [(2, "乡镇", "broken_encoding")]


# --- Excel ------------------------------------------------------------------------------------------------------------


def test_excel_errors_and_uncalculated_formulas_are_rejects(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["subject", "人数", "乡镇", "联系人"])
    for name in "abcd":
        sheet.append([name, 1, "x", "y"])
    sheet["B3"], sheet["B3"].data_type = "#DIV/0!", "e"
    sheet["C4"] = "=1+1"
    sheet["D5"], sheet["D5"].data_type = "#REF!", "e"
    book.save(tmp_path / "a.xlsx")
    file = open_subjects(tmp_path / "a.xlsx", catalogue=SMALL)
    assert file.read()["subject"].to_pylist() == ["a", "d"]
    assert [(each.row, each.line, each.column, each.code, each.value) for each in file.rejects] == [
        (2, 3, "人数", "excel_error", "#DIV/0!"),
        (3, 4, "乡镇", "uncalculated_formula", "=…"),
    ]


def test_excel_cells_of_every_kind(tmp_path: Path) -> None:
    path = write_sheet(
        tmp_path / "a.xlsx",
        [
            ["subject", "人数", "实缴", "成立日期", "上市", "区划"],
            [1001, 3, 0.1, datetime.date(2024, 1, 31), True, 440305],
            [],
            ["b", "4", 123456.78, "2024/1/31", "否", "440305"],
            ["c", 5, 1, datetime.datetime(2024, 1, 31, 9, 30), None, None],
        ],
    )
    file = open_subjects(path, catalogue=SMALL)
    day = datetime.date(2024, 1, 31)
    assert [tuple(row.values()) for row in file.read().to_pylist()] == [
        ("1001", 3, Decimal("0.10"), day, True, "440305"),
        ("b", 4, Decimal("123456.78"), day, False, "440305"),
    ]
    assert [(each.row, each.line, each.code) for each in file.rejects] == [(3, 5, "time_of_day")]


def test_a_table_that_begins_elsewhere_on_the_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for place, value in {"C4": "subject", "D4": "人数", "C5": "a", "D5": 1, "C7": "b", "D7": 2}.items():
        book.active[place] = value
    book.active["D7"].value, book.active["D7"].data_type = "#N/A", "e"
    book.save(tmp_path / "a.xlsx")
    file = open_subjects(tmp_path / "a.xlsx", catalogue=SMALL)
    assert file.read().to_pylist() == [{"subject": "a", "headcount": 1}]
    assert [(each.row, each.line, each.code) for each in file.rejects] == [(2, 7, "excel_error")]


def test_digits_lost_by_excel_matter_in_codes_only(tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "a.xlsx", [["subject", "growth"], [914403051234567890, 1], ["b", 2e15]])
    assert codes(open_subjects(path, catalogue=SMALL)) == [
        (1, "subject", "digits_lost"),
        *([(1, "subject", "invalid_credit_code")]),
    ]


# --- Parquet ----------------------------------------------------------------------------------------------------------


def test_parquet_columns_of_other_types(tmp_path: Path) -> None:
    moment = datetime.datetime
    table = pa.table(
        {
            "subject": pa.array([1, 2, 3], pa.int64()),
            "人数": pa.array([1.0, 2.5, float("nan")]),
            "实缴": pa.array([0.1, 0.30000000000000004, 2.0]),
            "growth": pa.array([0.1, 0.2, 0.3], pa.float32()),
            "上市": pa.array([1, 0, None], pa.int8()),
            "成立日期": pa.array([moment(2024, 1, 31), moment(2024, 1, 31, 5), None]),
            "规模": pa.array(["大型", "小型", None]).dictionary_encode(),
            "资质": pa.array([["高企"], [], None], pa.large_list(pa.large_string())),
            "区划": pa.array([440305, 440306, None], pa.int32()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    file = open_subjects(tmp_path / "a.parquet", catalogue=SMALL)
    first, third = file.read().to_pylist()
    assert first == {
        "subject": "1",
        "headcount": 1,
        "paid": Decimal("0.10"),
        "growth": Decimal("0.1"),
        "listed": True,
        "founded": datetime.date(2024, 1, 31),
        "size": "大型",
        "tags": ["高企"],
        "place": "440305",
    }
    assert third["headcount"] is None
    assert [(each.row, each.line, each.column, each.code) for each in file.rejects] == [
        (2, None, "人数", "not_whole"),
        (2, None, "实缴", "too_many_decimals"),
        (2, None, "成立日期", "time_of_day"),
    ]


def test_parquet_lists_of_contexts(tmp_path: Path) -> None:
    hires = [[{"年龄": 20, "shoe": 1}, {"年龄": 12, "shoe": 2}], [], None, [{"年龄": 30, "shoe": 3}]]
    pq.write_table(pa.table({"subject": list("abcd"), "hires": hires}), tmp_path / "a.parquet")
    file = open_subjects(tmp_path / "a.parquet", catalogue=SMALL)
    nothing = {"kind": None, "since": None, "wage": None}
    assert file.read()["hires"].to_pylist() == [[], None, [{"age": 30, **nothing}]]
    assert [(each.row, each.column, each.value) for each in file.rejects] == [(1, "hires.age", "12")]
    assert [each.name for each in file.ignored] == ["hires.shoe"]


def test_a_column_of_another_nature_rejects_its_rows(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"subject": ["a", "b"], "人数": [[1], None], "乡镇": [None, b"x"]}), tmp_path / "a.parquet"
    )
    assert codes(open_subjects(tmp_path / "a.parquet", catalogue=SMALL)) == [
        (1, "人数", "not_a_number"),
        (2, "乡镇", "not_text"),
    ]


def test_parquet_without_a_catalogue_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "subject": ["a", "b"],
            "double": [0.1, 2.5],
            "whole": pa.array([1, 2], pa.uint8()),
            "money": pa.array([Decimal("1.10"), None], pa.decimal128(12, 2)),
            "text": ["1", "2"],
            "lines": [[{"n": 1}], None],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    file = open_subjects(tmp_path / "a.parquet")
    assert file.schema.types[1:5] == [pa.decimal128(18, 1), pa.int64(), pa.decimal128(18, 2), pa.string()]
    assert file.read()["double"].to_pylist() == [Decimal("0.1"), Decimal("2.5")]


# --- rejects ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_rejected_rows_are_written_with_all_their_cells(tmp_path: Path, suffix: str) -> None:
    file = opened(tmp_path, "subject,人数,联系人\na,x,张\nb,1,李\nc\nb,-2,赵\n")
    file.read(["headcount"])
    path = file.write_rejects(tmp_path / f"rejects{suffix}")
    rows = (pq.read_table(path) if suffix == ".parquet" else pa_csv.read_csv(path)).to_pylist()
    assert [row["rejected_row"] for row in rows] == [1, 3, 4]
    assert [row["rejected_line"] for row in rows] == [2, 4, 5]
    assert rows[0]["人数"] == "x" and rows[0]["联系人"] == "张"
    assert rows[1]["rejected_text"] == "c"
    assert "人数: '-2' is less than the minimum 0" in rows[2]["rejected_because"]
    assert "已在第 2 行出现" in rows[2]["rejected_because_zh"]
    with pytest.raises(SubjectsError, match=r"written as \.csv"):
        file.write_rejects(tmp_path / "rejects.txt")


def test_no_cell_of_the_rejected_rows_begins_a_formula(tmp_path: Path) -> None:
    """Officials open the file in a spreadsheet; what stands in it was written by whoever sent the delivery."""
    attacks = ['=HYPERLINK("http://x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1", "=1"]
    honest = ["-5", "+8613800000000", "-1,200.50", "-3%", "-", "道里区=中心", "'quoted", ""]
    lines = [f'"s{n}",x,"{text.replace(chr(34), chr(34) * 2)}"' for n, text in enumerate(attacks + honest)]
    file = opened(tmp_path, "subject,人数,=联系人\n" + "\n".join(lines) + "\n")
    file.read(["headcount"])
    with file.write_rejects(tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as written:
        header, *rows = list(csv.reader(written))
    assert header[2] == "'=联系人"
    assert [row[2] for row in rows] == [f"'{text}" for text in attacks] + [
        "'-" if text == "-" else text for text in honest
    ]
    starts = ("=", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
    assert not [cell for row in [header, *rows] for cell in row if cell.startswith(starts)]


def test_reasons_beyond_the_limit_are_counted_only(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,人数\n" + "".join(f"s{number},x\n" for number in range(120_000)))
    assert file.read().num_rows == 0
    assert file.rejected_rows == 120_000 and file.rejects.reasons == 120_000
    assert len(file.rejects) == rejects_module.KEPT_REASONS and not file.rejects.complete


def test_every_reading_starts_anew(tmp_path: Path) -> None:
    file = opened(tmp_path, "subject,人数\na,x\nb,1\n")
    assert codes(file) == codes(file)
    assert file.rejected_rows == 1


# --- one table, whatever the format -----------------------------------------------------------------------------------

numbers = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "headcount": st.none() | st.integers(0, 10**9),
            "revenue.2025": st.none() | numbers,
            "growth": st.none() | st.decimals(min_value=-1, max_value=100, places=6),
            "size": st.none() | st.sampled_from(["大型", "小型"]),
            "town": st.none()
            # "NULL" is drawn now and then, and means unknown.
            | st.text(st.characters(codec="gb18030", categories=["L", "N"]), min_size=1, max_size=5).filter(
                lambda text: text not in UNKNOWN
            ),
            "listed": st.none() | st.booleans(),
            "founded": st.none() | st.dates(datetime.date(1950, 1, 1), datetime.date(2026, 1, 1)),
            "tags": st.none() | st.lists(st.sampled_from(["高企", "绿色工厂"]), max_size=3),
            "hires": st.none()
            | st.lists(
                st.fixed_dictionaries(
                    {
                        "age": st.none() | st.integers(16, 80),
                        "kind": st.none() | st.sampled_from(["毕业生", "其他"]),
                        "since": st.none() | st.dates(datetime.date(1950, 1, 1)),
                        "wage": st.none() | numbers,
                    }
                ),
                max_size=2,
            ),
        }
    ),
    min_size=1,
    max_size=8,
)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list) else value


@settings(
    deadline=None, max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_three_formats_give_one_table(tmp_path: Path, rows: list[dict[str, Any]], encoding: str) -> None:
    subjects = [{"subject": f"s{number}", **row} for number, row in enumerate(rows)]
    header = list(subjects[0])
    with (tmp_path / "a.csv").open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_cell(row[name]) for name in header] for row in subjects)
    write_sheet(tmp_path / "a.xlsx", [header, *([_cell(row[name]) for name in header] for row in subjects)])
    by_format = [
        open_subjects(tmp_path / name, catalogue=SMALL).read().to_pylist() for name in ("a.csv", "a.xlsx")
    ]
    expected = [{**row} for row in subjects]
    schema = open_subjects(tmp_path / "a.csv", catalogue=SMALL).schema
    pq.write_table(pa.Table.from_pylist(expected, schema=schema), tmp_path / "a.parquet")
    by_format.append(open_subjects(tmp_path / "a.parquet", catalogue=SMALL).read().to_pylist())
    assert by_format[0] == by_format[1] == by_format[2] == expected


def test_a_sample_city_is_the_same_in_three_formats(tmp_path: Path) -> None:
    tables = []
    for suffix in ("parquet", "csv", "xlsx"):
        path = write_sample_city(
            tmp_path / f"city.{suffix}", enterprises=300, seed=3, as_of=datetime.date(2026, 11, 21)
        )
        file = open_subjects(path, catalogue=CITY)
        tables.append(file.read())
        assert file.rejected_rows == 0, file.rejects.by_column
        assert [each.name for each in file.ignored] == ["name"]
    assert tables[0].to_pylist() == tables[1].to_pylist() == tables[2].to_pylist()
    assert tables[0].schema == tables[1].schema == tables[2].schema


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None))
def test_decimal_places_are_those_a_number_needs(value: Decimal) -> None:
    places = decimal_places(value)
    shortest = value.normalize(Context(prec=10_000))
    assert value == 0 or places == max(0, -int(shortest.as_tuple().exponent))
    assert any_number(str(value)) == value


def test_a_large_csv_is_quick(tmp_path: Path) -> None:
    rows = 100_000
    table = pa.table(
        {
            "subject": pa.array([f"s{number}" for number in range(rows)]),
            **{f"revenue.{year}": pa.array([Decimal("1234567.89")] * rows) for year in range(2000, 2020)},
            "规模": pa.array(["大型", "小型"] * (rows // 2)),
            "成立日期": pa.array([datetime.date(2020, 1, 1)] * rows),
        }
    )
    pa_csv.write_csv(table, tmp_path / "a.csv")
    started = time.perf_counter()
    file = open_subjects(tmp_path / "a.csv", catalogue=SMALL)
    assert sum(batch.num_rows for batch in file.batches()) == rows
    # A second or less on an idle machine; the limit leaves room for a busy one.
    assert time.perf_counter() - started < 15
