"""Workbooks of a few kilobytes that would take all memory: refused before anything is made of them."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from yingshang.kernel.reference.api import open_subjects
from yingshang.rules.errors import SubjectsError


def _workbook(path: Path, cells: dict[str, str]) -> Path:
    book = Workbook()
    assert book.active is not None
    book.active.append(["subject", "name"])
    for place, value in {"A2": "91230102MA1DEMO00X", **cells}.items():
        book.active[place] = value
    book.save(path)
    return path


def _rewritten(path: Path, old: bytes, new: bytes) -> Path:
    """The same workbook with other words in its worksheet, as no program would write them."""
    with zipfile.ZipFile(path) as archive:
        parts = {each.filename: archive.read(each) for each in archive.infolist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert old in parts[sheet]
    parts[sheet] = parts[sheet].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_stray_cell_in_the_farthest_corner(tmp_path: Path) -> None:
    with pytest.raises(SubjectsError, match="16384 columns and 1048576 rows"):
        open_subjects(_workbook(tmp_path / "far.xlsx", {"XFD1048576": "x"}))


@pytest.mark.parametrize(
    ("place", "new"), [("C3", b'r="xfd1048576"'), ("C3", b"r = 'XFD1048576'"), ("C3", b'r="C4294967290"')]
)
def test_however_it_is_written(place: str, new: bytes, tmp_path: Path) -> None:
    path = _rewritten(_workbook(tmp_path / "far.xlsx", {place: "x"}), f'r="{place}"'.encode(), new)
    with pytest.raises(SubjectsError, match="stray cells"):
        open_subjects(path)


def test_a_tall_and_a_wide_part_far_from_each_other(tmp_path: Path) -> None:
    with pytest.raises(SubjectsError, match="stray cells"):
        open_subjects(_workbook(tmp_path / "far.xlsx", {"A900000": "x", "ZZ1": "x"}))


def test_a_wide_worksheet_of_some_rows_is_read(tmp_path: Path) -> None:
    assert open_subjects(_workbook(tmp_path / "wide.xlsx", {"CV1": "备注", "CV50": "x"})).row_count == 2


def test_a_workbook_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "bomb.xlsx", {})
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/blanks.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(260):
            part.write(bytes(1 << 22))
    began = time.perf_counter()
    with pytest.raises(SubjectsError, match="unpacks to more than 1024 MB"):
        open_subjects(path)
    assert time.perf_counter() - began < 1
