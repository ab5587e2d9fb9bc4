"""Bytes under their own digest, in whichever storage the settings name as the default.

On a file system they are written beside their place, flushed to the disk and renamed: a file with its final name is
whole, whenever the machine stops. Other storages (object stores) take an object whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

ROOT = "documents"
HALF_WRITTEN = ".half-written"
_CHUNK = 1024 * 1024


def storage() -> Storage:
    """The default storage of the settings."""
    return storages["default"]


def place(sha256: str) -> str:
    """Where the bytes with this digest lie."""
    return f"{ROOT}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def put(sha256: str, size: int, content: BinaryIO) -> None:
    """Keep the bytes, unless they are there already. Afterwards they are whole and on the disk."""
    where, name = storage(), place(sha256)
    if _size(where, name) == size:
        return
    content.seek(0)
    if not isinstance(where, FileSystemStorage):
        with suppress(FileNotFoundError):
            where.delete(name)
        saved = where.save(name, File(content, name=sha256))
        if saved != name:
            # Somebody else has put the same bytes there at the same moment.
            where.delete(saved)
        return
    final = Path(where.path(name))
    final.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=final.parent, suffix=HALF_WRITTEN, delete=False) as half:
        try:
            while piece := content.read(_CHUNK):
                half.write(piece)
            half.flush()
            os.fsync(half.fileno())
            Path(half.name).chmod(0o600)
            Path(half.name).replace(final)
        except BaseException:
            Path(half.name).unlink(missing_ok=True)
            raise
    _flush_folder(final.parent)


def open_bytes(sha256: str) -> BinaryIO:
    """A file object on the bytes. Raises FileNotFoundError."""
    return cast(BinaryIO, storage().open(place(sha256), "rb"))


def delete(name: str) -> None:
    """Take a file away; one that is gone already is as it should be."""
    with suppress(FileNotFoundError):
        storage().delete(name)


def everything() -> Iterator[tuple[str, str, datetime]]:
    """Every file of this room in the storage: its place, its last part, and when it was written."""
    where = storage()
    for first in _folders(where, ROOT):
        for second in _folders(where, f"{ROOT}/{first}"):
            folder = f"{ROOT}/{first}/{second}"
            for name in where.listdir(folder)[1]:
                with suppress(FileNotFoundError):
                    yield f"{folder}/{name}", name, where.get_modified_time(f"{folder}/{name}")


def _folders(where: Storage, folder: str) -> list[str]:
    try:
        return sorted(where.listdir(folder)[0])
    except FileNotFoundError:
        return []


def _size(where: Storage, name: str) -> int | None:
    try:
        return where.size(name) if where.exists(name) else None
    except FileNotFoundError:
        return None


def _flush_folder(folder: Path) -> None:
    """A rename is on the disk when its folder is. Not every system can open a folder."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
