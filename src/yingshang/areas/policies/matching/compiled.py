"""Compiled items on disk: one process compiles, the others read. Derived; whatever is wrong with it is compiled anew.

It lies in DATA_DIRECTORY/compiled, a file a day, named after the code that compiles and the catalogue of facts. As
reading it runs what it says, it is read only where nobody but this account can write, and if it is signed with the
key of this platform.
"""

from __future__ import annotations

import gc
import hashlib
import hmac
import os
import pickle
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.utils.crypto import salted_hmac

from yingshang.rules.policy.compile import Program

from ..content import compile_item_of, program_of, read_item
from ..errors import InvalidItem

WORTH_KEEPING: Final = 20
"""Fewer new ones than this are compiled as quickly as a file is written."""

_SIGNATURE = 32
_OTHERS_WRITE = 0o022
_KEPT_DAYS = timedelta(days=1)

_lock = threading.Lock()
log = structlog.get_logger(__name__)


def programs_of(sources: Sequence[str], day: date) -> list[Program | InvalidItem]:
    """The program of each source as of a day, or why there is none."""
    if len(sources) < WORTH_KEEPING:
        return [_compiled(source, day) for source in sources]
    digests = [hashlib.sha256(source.encode()).hexdigest() for source in sources]
    # Whoever waits here finds what another thread has written meanwhile.
    with _lock:
        kept = dict(_read(_file(day)))
        earlier = {} if len(kept) >= len(sources) // 2 else _newest_before(day)
        found: list[Program | InvalidItem] = []
        fresh: dict[str, Program] = {}
        for digest, source in zip(digests, sources, strict=True):
            program: Program | InvalidItem | None = kept.get(digest)
            if program is None:
                program = _compiled(source, day, earlier.get(digest))
                if isinstance(program, Program):
                    fresh[digest] = program
            found.append(program)
        if len(fresh) >= WORTH_KEEPING:
            current = {digest: kept[digest] for digest in digests if digest in kept}
            _write(_file(day), {**current, **fresh})
    return found


def _compiled(source: str, day: date, earlier: Program | None = None) -> Program | InvalidItem:
    try:
        if earlier is not None:
            # What an item says is the same on every day; reading it takes longer than compiling it.
            return compile_item_of(earlier.item, day)
        return program_of(source, day)
    except InvalidItem as refusal:
        return refusal


def _folder() -> Path:
    return Path(settings.DATA_DIRECTORY) / "compiled"


def _file(day: date) -> Path:
    return _folder() / f"{day.isoformat()}-{_form()}.pickle"


@cache
def _form() -> str:
    """Changes with anything that a program follows from, besides its source and the day."""
    digest = hashlib.sha256()
    for package in ("yingshang.rules", "yingshang.kernel.reference"):
        root = Path(str(resources.files(package)))
        for file in sorted(root.rglob("*")):
            if file.suffix in (".py", ".yaml", ".json") and file.is_file():
                digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    digest.update(Path(read_item.__wrapped__.__code__.co_filename).read_bytes())
    return digest.hexdigest()[:16]


def _newest_before(day: date) -> Mapping[str, Program]:
    """What was kept for the latest day before this one, by the same code."""
    found = sorted(_folder().glob(f"*-{_form()}.pickle"))
    earlier = [file for file in found if file.name < _file(day).name]
    return _read(earlier[-1]) if earlier else {}


def _read(file: Path) -> Mapping[str, Program]:
    try:
        with file.open("rb") as opened:
            if not _is_ours(os.fstat(opened.fileno())) or not _is_ours(file.parent.stat()):
                log.warning("compiled_items_not_ours", file=str(file))
                return {}
            signature, data = opened.read(_SIGNATURE), opened.read()
    except OSError:
        return {}
    if not hmac.compare_digest(signature, _signature(file, data)):
        log.warning("compiled_items_not_signed", file=str(file))
        return {}
    collecting = gc.isenabled()
    gc.disable()
    try:
        # Signed with our key just above.
        programs: dict[str, Program] = pickle.loads(data)
    except Exception:
        log.warning("compiled_items_not_readable", file=str(file), exc_info=True)
        return {}
    finally:
        if collecting:
            gc.enable()
    return programs


def _write(file: Path, programs: Mapping[str, Program]) -> None:
    """In one step; what is older than yesterday, or of other code, is removed."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = pickle.dumps(dict(programs), pickle.HIGHEST_PROTOCOL)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".")
        with os.fdopen(handle, "wb") as temporary:
            temporary.write(_signature(file, data) + data)
        Path(name).replace(file)
        oldest = date.fromisoformat(file.name[:10]) - _KEPT_DAYS
        for other in file.parent.glob("*.pickle"):
            if other.name[:10] < oldest.isoformat() or not other.stem.endswith(_form()):
                with suppress(FileNotFoundError):
                    other.unlink()
    except OSError:
        log.warning("compiled_items_not_kept", file=str(file), exc_info=True)


def _signature(file: Path, data: bytes) -> bytes:
    """Of the name too: no day passes for another."""
    content = file.name.encode() + b"\0" + hashlib.sha256(data).digest()
    return salted_hmac("yingshang.compiled", content, algorithm="sha256").digest()


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_WRITE
