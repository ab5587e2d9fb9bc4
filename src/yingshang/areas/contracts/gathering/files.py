"""Where uploaded tables and packages lie, and the rows of them that were not taken."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from ..errors import InvalidImport
from ..models import ImportBatch
from .ocds import read_package
from .rules import gathering_rules
from .tables import KINDS, count_contracts, read_contracts
from .values import Incoming, RowProblem

TABLE, PACKAGE, SYSTEM = "table", "ocds", "api"
_FOLDER = "contracts"
_PIECE = 1 << 20


def kind_of(name: str) -> str:
    """Whether a file is a table or a package, by its name. Raises InvalidImport for others."""
    suffix = Path(name).suffix.lower()
    if suffix == ".json":
        return PACKAGE
    if suffix in KINDS:
        return TABLE
    raise InvalidImport(
        f"{name}: give an .xlsx or .csv table, or a .json package of OCDS releases",
        message_zh=f"{name}：请上传 .xlsx、.csv 表格，或者 .json 开放合同数据（OCDS）发布包",
        field="file",
    )


def keep_upload(batch: ImportBatch, file: File[Any]) -> None:
    """Keep the file of a batch under its number; what a request that was cut off left there goes."""
    forget_files(batch)
    default_storage.save(_upload(batch), file)


def digest_of(file: File[Any]) -> str:
    """SHA-256 of a file, which is left at its beginning."""
    digest = hashlib.sha256()
    for piece in file.chunks(_PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def contracts_of(batch: ImportBatch) -> Iterator[Incoming]:
    """What the kept file of a batch holds. Raises InvalidImport where it cannot be read, or is gone."""
    path = _path(batch)
    if batch.source == TABLE:
        yield from read_contracts(path, batch.name)
        return
    yield from read_package(_package(path))


def count_of(batch: ImportBatch) -> int:
    """How many contracts the file of a batch holds. Raises InvalidImport as `contracts_of` does."""
    if batch.source == TABLE:
        return count_contracts(_path(batch), batch.name)
    return sum(1 for _ in contracts_of(batch))


def _package(path: Path) -> Any:
    most = gathering_rules().largest_package_bytes
    if path.stat().st_size > most:
        raise InvalidImport(
            f"a package has at most {most // 1_000_000} MB; split it",
            message_zh=f"发布包最多 {most // 1_000_000} MB，请拆分",
            field="file",
        )
    try:
        return json.loads(path.read_bytes())
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InvalidImport(
            f"the file is no JSON: {error}", message_zh="文件不是有效的 JSON", field="file"
        ) from error


def _path(batch: ImportBatch) -> Path:
    path = Path(default_storage.path(_upload(batch)))
    if not path.exists():
        raise InvalidImport(
            f"the file {batch.name} is no longer kept; send it again",
            message_zh=f"文件 {batch.name} 已不再保存，请重新上传",
            field="file",
        )
    return path


def _upload(batch: ImportBatch) -> str:
    return f"{_FOLDER}/uploads/{batch.pk}{Path(batch.name).suffix.lower()}"


def _pieces(batch_id: int) -> str:
    return f"{_FOLDER}/rejects/{batch_id}"


def keep_rejects(batch_id: int, place: int, rejects: Sequence[tuple[Incoming, Sequence[RowProblem]]]) -> None:
    """The rows that were not taken of one piece of work, which began at `place`: written again, it is the same file."""
    name = f"{_pieces(batch_id)}/{place:09d}.csv"
    if default_storage.exists(name):
        default_storage.delete(name)
    if not rejects:
        return
    text = io.StringIO()
    writer = csv.writer(text)
    columns = len(gathering_rules().columns)
    for contract, problems in rejects:
        told = "；".join(_told(each) for each in problems)
        told_en = "; ".join(f"{each.column}: {each.message}" for each in problems)
        rows = contract.raw or ((contract.source_reference or contract.fields.title,),)
        for number, values in enumerate(rows):
            first = number == 0
            filled = [_safe(each) for each in values] + [""] * (columns - len(values))
            writer.writerow([contract.row + number, told if first else "", told_en if first else "", *filled])
    default_storage.save(name, ContentFile(text.getvalue().encode()))


def _told(problem: RowProblem) -> str:
    value = f"（{problem.value}）" if problem.value else ""
    return f"{problem.column}{value}：{problem.message_zh}"


def _safe(value: str) -> str:
    """What a spreadsheet would run as a formula is text."""
    return f"'{value}" if value[:1] in "=+-@\t\r" and not _number(value) else value


def _number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def has_rejects(batch_id: int) -> bool:
    """Whether rows of a batch were not taken and are still kept."""
    return bool(_reject_files(batch_id))


def rejects_of(batch: ImportBatch) -> Iterator[bytes]:
    """The rows that were not taken as one CSV, to be mended and uploaded again: every column as it was, and why."""
    columns = [each.name for each in gathering_rules().columns]
    text = io.StringIO()
    csv.writer(text).writerow(["行", "问题", "Problem", *columns])
    yield b"\xef\xbb\xbf" + text.getvalue().encode()
    for name in _reject_files(batch.pk):
        with default_storage.open(f"{_pieces(batch.pk)}/{name}", "rb") as file:
            yield file.read()


def _reject_files(batch_id: int) -> list[str]:
    try:
        return sorted(default_storage.listdir(_pieces(batch_id))[1])
    except FileNotFoundError:
        return []


def forget_files(batch: ImportBatch) -> bool:
    """Delete what is kept of a batch; whether there was something."""
    names = [f"{_pieces(batch.pk)}/{each}" for each in _reject_files(batch.pk)]
    if default_storage.exists(_upload(batch)):
        names.append(_upload(batch))
    for name in names:
        default_storage.delete(name)
    return bool(names)
