"""What a filled-in table says: contracts with their obligations, and every mistake with its row and column."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.areas.contracts.gathering.tables import CODE, NAME, PAYS, RETURNS, ROW, csv_of, many, xlsx_of
from yingshang.areas.contracts.errors import InvalidImport
from yingshang.areas.contracts.gathering.tables import count_contracts, empty_table, read_contracts
from yingshang.areas.contracts.gathering.values import Incoming


def read(tmp_path: Path, content: bytes, name: str = "合同.csv") -> list[Incoming]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(read_contracts(path))


@pytest.mark.parametrize("kind", ["utf-8", "gb18030", "xlsx"])
def test_rows_without_a_title_add_obligations(tmp_path: Path, kind: str) -> None:
    rows = [
        ROW,
        PAYS,
        RETURNS,
        {**ROW, "reference": "2", "source_reference": "2", "what": "", "due_on": "", "side": ""},
    ]
    rows[-1]["obligation"] = ""
    if kind == "xlsx":
        cells: list[dict[str, Any]] = [dict(each) for each in rows]
        cells[0] |= {"signed_on": datetime(2026, 3, 2), "amount": 1_000_000.0}
        found = read(tmp_path, xlsx_of(cells), "合同.xlsx")
    else:
        found = read(tmp_path, csv_of(rows, encoding="utf-8-sig" if kind == "utf-8" else kind))
    first, second = found
    assert [each.problems for each in found] == [(), ()]
    fields = first.fields
    assert (fields.title, fields.kind, fields.counterparty_name, fields.counterparty_code) == (
        ROW["title"],
        "procurement",
        NAME,
        CODE,
    )
    assert (fields.amount_fen, fields.signed_on, fields.counterparty_size) == (
        1_000_000_00,
        date(2026, 3, 2),
        "small",
    )
    assert (fields.direction, fields.secrecy, fields.currency) == ("pays", "open", "CNY")
    assert [(each["side"], each["kind"], each["terms"]) for each in first.rules] == [
        ("counterparty", "deliver", {"on": "2026-10-31"}),
        ("unit", "pay", {"after": "accepted", "term": {"days": 30}}),
        ("unit", "return_deposit", {"on": "2027-12-31"}),
    ]
    assert (first.rules[1]["share"], first.rules[2]["amount_fen"]) == ("0.97", 30_000_00)
    assert (first.row, second.row, second.rules) == (2, 5, ())


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"amount": "一百万"}, "合同金额（元）"),
        ({"amount": "1.005"}, "合同金额（元）"),
        ({"amount": "=A1*2"}, "合同金额（元）"),
        ({"signed_on": "2026-02-30"}, "签订日期"),
        ({"kind": "不知道"}, "合同类别"),
        ({"side": "丙方"}, "义务方"),
        ({"due_on": ""}, "履行日期"),
        ({"event": "验收合格"}, "履行日期"),
        ({"what": ""}, "义务内容"),
        ({"due_on": "", "event": "没有这个事件"}, "起算事件"),
        ({"due_on": "", "event": "验收合格", "days": "三十"}, "起算后天数"),
        ({"share": "120%"}, "占价款比例"),
        ({"due_amount": "5", "share": "3%"}, "占价款比例"),
        ({"due_on": "", "every": "3", "ends_on": "", "open_ended": "长期"}, "每几个月"),
    ],
)
def test_a_mistake_is_told_with_row_and_column(tmp_path: Path, change: dict[str, str], column: str) -> None:
    good, bad = {**ROW, "reference": "1"}, {**ROW, **change}
    found = read(tmp_path, csv_of([good, bad]))
    assert found[0].problems == ()
    assert (3, column) in {(each.row, each.column) for each in found[1].problems}
    assert all(each.message and each.message_zh for each in found[1].problems)


def test_recurring_obligations_run_from_the_first_day_to_the_end(tmp_path: Path) -> None:
    rent = {**PAYS, "share": "", "event": "", "days": "", "every": "3", "due_amount": "100"}
    (found,) = read(tmp_path, csv_of([ROW, rent]))
    assert found.rules[1]["terms"] == {"every": {"months": 3}, "from": "2026-03-02", "until": "2026-12-31"}


def test_negative_and_foreign_amounts_are_read_to_be_refused_where_all_sources_are(tmp_path: Path) -> None:
    (found,) = read(tmp_path, csv_of([{**ROW, "amount": "-5", "currency": "USD"}]))
    assert (found.fields.amount_fen, found.fields.currency, found.problems) == (-500, "USD", ())


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.csv"),
        ("甲,乙\n1,2\n".encode(), "a.csv"),
        (csv_of([ROW]).replace("签订日期".encode(), "签约日".encode()), "a.csv"),
        (csv_of([ROW]).replace("起始日期".encode(), "签订日期".encode()), "a.csv"),
        (b"\xff\xfe\x00\x81\xff\xff", "a.csv"),
        (b"PK\x03\x04broken", "a.xlsx"),
        (csv_of([ROW]), "a.xls"),
        (csv_of([ROW]) + '"没有结束的引号'.encode(), "a.csv"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    with pytest.raises(InvalidImport) as refused:
        read(tmp_path, content, name)
    assert refused.value.message_zh


def test_the_empty_table_is_read_and_a_title_above_the_header_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, empty_table(), "模板.xlsx") == []
    found = read(tmp_path, "二〇二六年合同,,\n\n".encode() + csv_of(many(3), encoding="utf-8"))
    assert len(found) == 3
    path = tmp_path / "合同.csv"
    assert count_contracts(path) == 3
