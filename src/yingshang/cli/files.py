"""Reading what commands are given: policy files and folders, catalogues, days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import typer

from yingshang.kernel.reference.facts import policy_catalogue
from yingshang.kernel.reference.subjects import SubjectsFile
from yingshang.rules.errors import PolicyError
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.catalogue import Fact, FactCatalogue
from yingshang.rules.policy.document import PolicySet, Problem, load_policies
from yingshang.rules.policy.marked_yaml import Place

SUFFIXES = (".yaml", ".yml")
BESIDE = "facts.yaml"


def shipped_catalogues() -> Mapping[str, FactCatalogue]:
    """The catalogues that a policy file may refer to by name."""
    return {"parties": policy_catalogue()}


def read_policies(paths: Iterable[Path], catalogue: Path | None = None) -> PolicySet:
    """The items of files and folders (every .yaml and .yml below them). Raises PolicyError if there are no files.

    A single file is understood with the catalogue that lies beside it in facts.yaml, if none is given.
    """
    paths = list(paths)
    files = [*policy_files(paths), *([catalogue] if catalogue else [])]
    sources, unreadable = [], []
    for file in files:
        try:
            sources.append(_source(file))
        except PolicyError as error:
            # One file in a wrong encoding must not keep the others from being read.
            place = Place(str(file), 1, 1)
            unreadable.append(Problem("encoding", error.message, error.message_zh, place))
    found = load_policies(sources, shipped_catalogues())
    found.problems = [*unreadable, *found.problems]
    beside = [path.parent / BESIDE for path in paths if path.is_file() and (path.parent / BESIDE).is_file()]
    if found.catalogue is None and beside:
        found.catalogue = load_policies([_source(beside[0])], shipped_catalogues()).catalogue
    return found


def _source(file: Path) -> tuple[str, str]:
    try:
        return str(file), file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyError(
            f"{file}: this file is not UTF-8 (byte {error.start}); save it as UTF-8",
            message_zh=f"{file} 不是 UTF-8 编码，请另存为 UTF-8",
            file=str(file),
        ) from None


def policy_files(paths: Iterable[Path]) -> list[Path]:
    """Policy files in a stable order; a folder stands for every policy file below it."""
    files: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise PolicyError(f"{path} does not exist", message_zh=f"{path} 不存在", file=str(path))
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
            if not found:
                raise PolicyError(
                    f"there is no .yaml file in {path}",
                    message_zh=f"{path} 中没有 .yaml 文件",
                    file=str(path),
                )
            files.update(dict.fromkeys(found))
        else:
            files[path] = None
    return list(files)


def catalogue_of_columns(file: SubjectsFile) -> FactCatalogue:
    """Where no catalogue is given: the columns of the subjects file are the facts, and struct fields their fields."""
    # Only Parquet has struct columns, and only there the types are known without reading the file.
    types = file.schema if file.path.suffix.lower() == ".parquet" else None
    facts = {}
    for name in file.columns:
        fields: tuple[Fact, ...] = ()
        kind = types.field(name).type if types is not None else None
        if kind is not None and pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
            fields = tuple(Fact(each.name, each.name, "any") for each in kind.value_type)
        facts[name] = Fact(name, name, "any", fields=fields)
    return FactCatalogue(facts)


def parse_day(text: str | None) -> Date:
    """A day given on the command line; today if none is given."""
    if text is None:
        today = date.today()
        return Date(today.year, today.month, today.day)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it as 2026-11-21") from None
    return Date(day.year, day.month, day.day)
