"""The environment of a platform on one machine: what was not given is made once and kept.

Settings read nothing but environment variables. In production whoever runs the platform sets them; on a laptop nobody
wants to. `prepare` fills the gap: keys are drawn at the first start and kept in a file only its owner can read, and
without a DATABASE_URL the embedded database is used. What was given always wins.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import yingshang
from yingshang.operations.embedded_database import EmbeddedDatabase
from yingshang.operations.errors import KeysLost

SETTINGS = "yingshang.config.settings"

_HEADER = (
    "# The keys of this platform, drawn at its first start. Keep a copy apart from the data:\n"
    "# without FIELD_ENCRYPTION_KEYS what is encrypted can never be read again.\n"
)


def default_directory() -> Path:
    """Where a platform keeps its things: DATA_DIRECTORY, else `var/platform` of the checkout, else of this folder."""
    if given := os.environ.get("DATA_DIRECTORY"):
        return Path(given).absolute()
    checkout = Path(yingshang.__file__).resolve().parents[2]
    return (checkout if (checkout / "pyproject.toml").exists() else Path.cwd()) / "var" / "platform"


def embedded_database(directory: Path, given: Mapping[str, str] = os.environ) -> EmbeddedDatabase | None:
    """The embedded database of the platform in `directory`, or None when DATABASE_URL names another one."""
    return None if _is_given("DATABASE_URL", given) else EmbeddedDatabase(directory / "database")


def prepare(directory: Path, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables the platform in `directory` runs with, to be added to the environment of its processes.

    Keys that are neither given nor in `directory`/environment are drawn and written there, in one step and with mode
    0600; what stands there is never changed. The database need not run. A variable counts as given when it or its
    `…_FILE` form is set.

    Raises KeysLost when the embedded database holds data and the keys it was written with are nowhere.
    """
    directory = directory.absolute()
    directory.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in _draw() if not _is_given(name, given)]
    kept = _kept(directory, wanted) if wanted else {}
    found = {
        "DJANGO_SETTINGS_MODULE": given.get("DJANGO_SETTINGS_MODULE", SETTINGS),
        "DATA_DIRECTORY": str(directory),
        **kept,
    }
    if database := embedded_database(directory, given):
        found["DATABASE_URL"] = database.url()
    return found


def variable(name: str) -> str:
    """A variable of this process, from its `…_FILE` form if that is set; empty when there is neither."""
    if file := os.environ.get(f"{name}_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, "")


def known_migrations() -> set[str]:
    """`app.name` of every migration this release has. Needs the environment of `platform`."""
    import django
    from django.db.migrations.loader import MigrationLoader

    django.setup()
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def _is_given(name: str, given: Mapping[str, str]) -> bool:
    return bool(given.get(name) or given.get(f"{name}_FILE"))


def _draw() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        # A Fernet key: 32 bytes, base64 for addresses.
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"),
        # Of the keyed hashes by which an encrypted value is looked up.
        "LOOKUP_KEY": secrets.token_hex(32),
        "METRICS_TOKEN": secrets.token_urlsafe(32),
        # The seed of the Ed25519 key that signs the log.
        "LEDGER_SIGNING_KEY": secrets.token_hex(32),
    }


def _kept(directory: Path, wanted: list[str]) -> dict[str, str]:
    """The values of `wanted` from the file, with what is missing drawn and added."""
    file = directory / "environment"
    with _exclusively(directory):
        lines: list[str] = []
        with contextlib.suppress(FileNotFoundError):
            lines = file.read_text(encoding="utf-8").splitlines()
        kept = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        drawn = {name: value for name, value in _draw().items() if name in wanted and not kept.get(name)}
        if drawn:
            if "FIELD_ENCRYPTION_KEYS" in drawn and (directory / "database" / "lock").exists():
                raise KeysLost(
                    f"{file} is gone, and what is encrypted in the database cannot be read without it. "
                    f"Put the copy of the file back; or remove {directory} to begin anew",
                    message_zh=f"{file} 已丢失，没有其中的密钥无法读取数据库中的加密内容。"
                    f"请放回该文件的副本；如要重新开始，请删除 {directory}",
                    path=str(file),
                )
            text = "\n".join(lines) + "\n" if lines else _HEADER
            _write(file, text + "".join(f"{name}={value}\n" for name, value in drawn.items()))
    return {name: value for name, value in (kept | drawn).items() if name in wanted}


def _write(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".environment-")
    with os.fdopen(handle, "w", encoding="utf-8") as temporary:
        temporary.write(text)
        temporary.flush()
        os.fsync(handle)
    Path(name).replace(file)


@contextlib.contextmanager
def _exclusively(directory: Path) -> Iterator[None]:
    """One process at a time looks and draws; otherwise two first starts would each keep a key of their own."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def platform(directory: Path) -> Iterator[None]:
    """This process's own environment made ready for Django, and the embedded database running, while the block runs.

    Afterwards the environment is as it was. Raises as `prepare` and `EmbeddedDatabase.start` do.
    """
    database = embedded_database(directory)
    before = dict(os.environ)
    os.environ |= prepare(directory)
    try:
        with contextlib.ExitStack() as stack:
            if database:
                # Its place is chosen when it starts for the first time, and that may not be below `directory`.
                os.environ["DATABASE_URL"] = stack.enter_context(database.in_use())
            yield
    finally:
        os.environ.clear()
        os.environ |= before
