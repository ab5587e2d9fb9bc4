"""Tables of contracts as somebody fills them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

from yingshang.areas.contracts.gathering.rules import gathering_rules

CODE, NAME = "91230102MA0000001M", "冰城示例建设有限公司"
ROW: dict[str, str] = {
    "reference": "住建合〔2026〕101号",
    "title": "道路养护服务合同（示例）",
    "kind": "政府采购及其他财政资金合同",
    "counterparty_name": NAME,
    "counterparty_code": CODE,
    "counterparty_size": "小型",
    "amount": "1,000,000.00",
    "signed_on": "2026-03-02",
    "starts_on": "2026-03-02",
    "ends_on": "2026-12-31",
    "source_reference": "OA-101",
    "side": "相对方",
    "obligation": "交付",
    "what": "完成养护",
    "due_on": "2026-10-31",
}
PAYS: dict[str, str] = {
    "side": "单位",
    "obligation": "pay",
    "what": "支付服务费",
    "share": "97%",
    "event": "验收合格",
    "days": "30",
}
RETURNS: dict[str, str] = {
    "side": "单位",
    "obligation": "返还保证金",
    "what": "返还质保金",
    "due_amount": "30000",
    "due_on": "2027/12/31",
}


def csv_of(rows: Sequence[Mapping[str, str]], *, encoding: str = "utf-8-sig") -> bytes:
    """These rows, by the codes of their columns, under the header of the template."""
    text = io.StringIO()
    writer = csv.writer(text)
    columns = gathering_rules().columns
    writer.writerow([each.name for each in columns])
    for row in rows:
        writer.writerow([row.get(each.code, "") for each in columns])
    return text.getvalue().encode(encoding)


def xlsx_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The same as a workbook; days and numbers may be cells of their kind."""
    book = Workbook()
    sheet = book.worksheets[0]
    columns = gathering_rules().columns
    sheet.append([each.name for each in columns])
    for row in rows:
        sheet.append([row.get(each.code) for each in columns])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def many(count: int, **more: str) -> list[dict[str, str]]:
    """So many contracts, each with numbers of its own and two obligations."""
    rows: list[dict[str, str]] = []
    for number in range(count):
        own = {
            "reference": f"合〔2026〕{number}号",
            "source_reference": f"S-{number}",
            "amount": str(1000 + number),
        }
        rows += [{**ROW, **own, **more}, PAYS]
    return rows
