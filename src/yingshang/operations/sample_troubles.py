"""A file as it really arrives: typed by hand, some rows wrong, some enterprises there already under another code.

The sample city is too clean by itself. With this file the lists of rejects and of duplicates show what they are for.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from yingshang.kernel.reference.api import make_credit_code

_HEADER = ("subject", "name", "ent.region", "ent.established", "emp.insured_count")
_ROWS = 60
_DUPLICATES = 4


def write_troubled_file(city: Path, path: Path, *, as_of: date, region: str) -> Path:
    """Write the CSV file, from the first rows about the city with code `region`. The same city gives the same file."""
    table = pq.read_table(city, columns=list(_HEADER))
    table = table.filter(pc.fill_null(pc.starts_with(table["ent.region"], region[:4]), False)).slice(0, _ROWS)
    rows = [["" if value is None else value for value in row.values()] for row in table.to_pylist()]
    wrong: tuple[tuple[int, int, object], ...] = (
        (3, 4, -5),
        (8, 4, "十二"),
        (13, 2, "239999"),
        (21, 3, "2026-02-30"),
        (34, 4, "12.5"),
        (41, 0, "91230102MA1234567X"),
    )
    for row, column, value in wrong:
        if row < len(rows):
            rows[row][column] = value
    for number in range(min(_DUPLICATES, len(rows))):
        _, name, region, *_ = rows[number]
        code = make_credit_code("9", "1", str(region), f"MADUP{number:03}")
        # Typed with blanks, as the name over a shop door: the same enterprise, and yet another row.
        rows.append([code, f"{name[:2]} {name[2:]}", region, f"{as_of:%Y/%m/%d}", ""])
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows(rows)
    partial.replace(path)
    return path
