"""Compiled items on disk: as good as compiling, and never trusted when anybody else could have written them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.areas.policies.factories import hiring
from yingshang.areas.policies.content import compile_item_of, program_of, read_item
from yingshang.areas.policies.errors import InvalidItem
from yingshang.areas.policies.matching import compiled
from yingshang.areas.policies.matching.compiled import WORTH_KEEPING, programs_of

DAY = date(2026, 11, 22)
SOURCES = [hiring(f"HIRING-{number}", staff=number + 1) for number in range(WORTH_KEEPING)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIRECTORY = tmp_path
    return tmp_path / "compiled"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What had to be compiled, as if by a process that has compiled nothing yet."""
    calls: list[str] = []

    def counted(source: str, day: date) -> Any:
        calls.append(source)
        return compile_item_of(read_item(source), day)

    monkeypatch.setattr(compiled, "program_of", counted)
    return calls


def test_what_was_kept_is_what_compiling_gives(made: list[str]) -> None:
    programs_of(SOURCES, DAY)
    assert len(made) == len(SOURCES)
    kept = programs_of(SOURCES, DAY)
    assert len(made) == len(SOURCES)
    for source, program in zip(SOURCES, kept, strict=True):
        fresh = program_of(source, DAY)
        assert not isinstance(program, InvalidItem)
        assert (program.id, program.requirement, program.benefit) == (
            fresh.id,
            fresh.requirement,
            fresh.benefit,
        )
        assert program.clauses == fresh.clauses
        assert program.item.place("conditions", 0) == fresh.item.place("conditions", 0)


def test_what_does_not_compile_is_a_refusal_every_time(made: list[str]) -> None:
    sources = [*SOURCES, "id: broken\n"]
    assert [isinstance(each, InvalidItem) for each in programs_of(sources, DAY)].count(True) == 1
    assert isinstance(programs_of(sources, DAY)[-1], InvalidItem)


def test_only_what_is_new_is_compiled(made: list[str]) -> None:
    programs_of(SOURCES, DAY)
    made.clear()
    more = hiring("HIRING-NEW", staff=99)
    programs_of([*SOURCES, more], DAY)
    assert made == [more]


def test_another_day_compiles_what_was_read_the_day_before(made: list[str], folder: Path) -> None:
    programs_of(SOURCES, DAY)
    made.clear()
    following = DAY + timedelta(days=1)
    programs_of(SOURCES, following)
    assert made == []
    assert len(list(folder.glob("*.pickle"))) == 2
    programs_of(SOURCES, following + timedelta(days=1))
    assert len(list(folder.glob("*.pickle"))) == 2


@pytest.mark.parametrize("spoil", ["changed", "renamed", "writable", "folder", "cut"])
def test_a_file_that_may_not_be_ours_is_not_read(spoil: str, made: list[str], folder: Path) -> None:
    programs_of(SOURCES, DAY)
    (file,) = folder.glob("*.pickle")
    day = DAY
    if spoil == "changed":
        data = file.read_bytes()
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif spoil == "renamed":
        day = DAY - timedelta(days=1)
        file.rename(file.with_name(file.name.replace(DAY.isoformat(), day.isoformat())))
    elif spoil == "writable":
        file.chmod(0o666)
    elif spoil == "folder":
        folder.chmod(0o777)
    else:
        file.write_bytes(b"")
    made.clear()
    assert len(programs_of(SOURCES, day)) == len(SOURCES)
    assert made == SOURCES


def test_another_key_reads_nothing(made: list[str], settings: Any) -> None:
    programs_of(SOURCES, DAY)
    settings.SECRET_KEY = "another key"
    made.clear()
    programs_of(SOURCES, DAY)
    assert made == SOURCES


def test_a_folder_nobody_can_write_does_no_harm(made: list[str], settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.DATA_DIRECTORY = tmp_path / "file"
    assert len(programs_of(SOURCES, DAY)) == len(SOURCES)
