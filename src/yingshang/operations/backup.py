"""Backups: one file with the database as of one moment, the uploaded files, and a manifest with checksums.

The database is dumped within one snapshot while the platform works on: what was committed before it is in the backup,
whole; what was not is not. Files are copied after it, so that every file a dumped row speaks of is there. A restore
checks the whole file first and changes the database in one transaction: it is done, or nothing happened.

Keys are not in it. A stolen backup is then no stolen secret; the file `environment` has to be kept apart. The manifest
carries fingerprints, so that a restore under other keys is noticed before it is made.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, LiteralString
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import pq

import yingshang
from yingshang.operations.embedded_database import MAJOR, wheel_programs
from yingshang.operations.environment import variable
from yingshang.operations.errors import (
    BackupFailed,
    DatabaseError,
    RestoreFailed,
    RestoreRefused,
    UnusableBackup,
)

FORMAT = 1
DUMP = "database.dump"
FILES = "files/"
MANIFEST = "manifest.json"
CHUNK = 1 << 20
LOCK_SECONDS = 60
"""How long a restore waits for others to let go of the tables."""

KEYS = ("FIELD_ENCRYPTION_KEYS", "LOOKUP_KEY")
"""What the data cannot be read or found without."""


@dataclass(frozen=True)
class Summary:
    """What a backup holds: from its manifest."""

    made_at: str
    release: str
    server: str
    migrations: tuple[str, ...]
    database_bytes: int
    files: int
    file_bytes: int
    keys: Mapping[str, list[str]]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without the list of migrations and the fingerprints."""
        return {
            "made_at": self.made_at,
            "release": self.release,
            "server": self.server,
            "database_bytes": self.database_bytes,
            "files": self.files,
            "file_bytes": self.file_bytes,
        }


def make_backup(out: Path, *, url: str, files: Path, keys: Mapping[str, str], now: datetime) -> Summary:
    """Write a backup to `out`, which must not exist, and read it back once to be sure of it.

    `files` is the folder of uploaded files (it may be missing), `keys` the variables of `KEYS`. The file can be read
    by its owner only, and appears under its name when it is complete. Raises BackupFailed.
    """
    if out.exists():
        raise BackupFailed(
            f"{out} is there already; backups are not overwritten",
            message_zh=f"{out} 已存在；备份不会被覆盖",
            path=str(out),
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}-")
    partial = Path(name)
    try:
        with os.fdopen(handle, "w+b") as raw:
            with zipfile.ZipFile(raw, "w", allowZip64=True) as archive:
                _fill(archive, url=url, files=files, keys=keys, now=now)
            raw.flush()
            os.fsync(raw.fileno())
        summary = verify(partial)
        partial.rename(out)
    except (OSError, psycopg.Error, UnusableBackup) as error:
        raise BackupFailed(
            f"no backup was made: {_short(error)}", message_zh=f"备份失败：{_short(error)}", path=str(out)
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return summary


def verify(file: Path) -> Summary:
    """Read a whole backup and compare it with its manifest. Raises UnusableBackup."""
    with _opened(file) as (archive, manifest):
        expected = {
            DUMP: manifest["database"],
            **{FILES + name: told for name, told in manifest["files"].items()},
        }
        if set(archive.namelist()) != {*expected, MANIFEST}:
            raise _damaged(file, "its parts are not those of the manifest")
        for name, told in expected.items():
            with archive.open(name) as part:
                digest, size = _copy(part)
            if (digest, size) != (told["sha256"], told["bytes"]):
                raise _damaged(file, f"{name} is not what was written")
        with archive.open(DUMP) as part:
            listed = _feed([programs(_major(manifest["server"])) / "pg_restore", "--list"], part)
        if listed.returncode:
            raise _damaged(file, listed.stderr)
    return _summary(manifest)


def restore_backup(
    file: Path,
    *,
    url: str,
    files: Path | None,
    keys: Mapping[str, str],
    known_migrations: Collection[str],
    overwrite: bool = False,
) -> Summary:
    """Put a backup into the database at `url` and, unless None, the folder `files`.

    What stood in the folder is kept beside it as `files.before-…`. `known_migrations` are those of this release, as
    `app.name`; a backup that has others comes from a newer one. Raises UnusableBackup; RestoreRefused when the
    database is not empty or the keys are others than the backup's, unless `overwrite`; RestoreFailed.
    """
    summary = verify(file)
    if unknown := sorted(set(summary.migrations) - set(known_migrations)):
        raise UnusableBackup(
            f"the backup comes from a newer release ({summary.release}): this one does not know {unknown[0]}",
            message_zh=f"备份来自更新的版本（{summary.release}）：当前版本不认识 {unknown[0]}",
            migrations=unknown,
        )
    if not overwrite:
        _refuse_loss(summary, url, keys)
    with contextlib.ExitStack() as stack:
        fresh = _unpack(file, files, stack) if files is not None else None
        _restore_database(file, url)
        if files is not None and fresh is not None:
            if files.exists():
                files.rename(_unused(files))
            fresh.rename(files)
    return summary


def database_url() -> str:
    """The URL of the platform's database as libpq reads it: DATABASE_URL without what only Django knows."""
    parts = urlsplit(variable("DATABASE_URL"))
    known = {option.keyword.decode("ascii") for option in pq.Conninfo.get_defaults()}
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] in known])
    return urlunsplit(("postgresql", parts.netloc, parts.path, query, ""))


def programs(server_major: int) -> Path:
    """The folder of a `pg_dump`, `pg_restore` and `psql` not older than the server. Raises DatabaseError."""
    with contextlib.suppress(DatabaseError):
        if server_major <= int(MAJOR):
            return wheel_programs()
    if found := shutil.which("pg_dump"):
        return Path(found).parent
    raise DatabaseError(
        f"no pg_dump for PostgreSQL {server_major} was found; install its client programs",
        message_zh=f"找不到适用于 PostgreSQL {server_major} 的 pg_dump；请安装其客户端程序",
    )


# --- writing ---------------------------------------------------------------------------------------------------------


def _fill(archive: zipfile.ZipFile, *, url: str, files: Path, keys: Mapping[str, str], now: datetime) -> None:
    with psycopg.connect(url) as connection:
        server = connection.info.parameter_status("server_version") or ""
        migrations = _applied(connection)
    with archive.open(DUMP, "w", force_zip64=True) as part:
        digest, size = _dump(url, _major(server), part)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "release": yingshang.__version__,
        "server": server,
        "migrations": migrations,
        "keys": _fingerprints(keys),
        "database": {"sha256": digest, "bytes": size},
        "files": {},
    }
    for path in sorted(files.rglob("*")) if files.is_dir() else ():
        name = path.relative_to(files).as_posix()
        try:
            source = path.open("rb") if path.is_file() and not path.is_symlink() else None
        except FileNotFoundError:
            continue  # removed while we walked; no row of the snapshot's future speaks of it
        if source is None:
            continue
        entry = zipfile.ZipInfo(FILES + name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with source, archive.open(entry, "w", force_zip64=True) as part:
            digest, size = _copy(source, part)
        manifest["files"][name] = {"sha256": digest, "bytes": size}
    archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1), zipfile.ZIP_DEFLATED)


def _dump(url: str, server_major: int, target: IO[bytes]) -> tuple[str, int]:
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [
                programs(server_major) / "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                "--no-password",
            ],
            env=_connection_environment(url),
            stdout=subprocess.PIPE,
            stderr=told,
        )
        assert process.stdout is not None
        try:
            digest, size = _copy(process.stdout, target)
        finally:
            process.stdout.close()
            code = process.wait()
        if code:
            told.seek(0)
            raise OSError(told.read().decode("utf-8", "replace"))
    return digest, size


def _applied(connection: psycopg.Connection[Any]) -> list[str]:
    if not _one(connection, "SELECT to_regclass('django_migrations') IS NOT NULL"):
        return []
    return [
        row[0] for row in connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    ]


# --- restoring -------------------------------------------------------------------------------------------------------


def _refuse_loss(summary: Summary, url: str, keys: Mapping[str, str]) -> None:
    with _failing(), psycopg.connect(url) as connection:
        tables = _one(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    if tables:
        raise RestoreRefused(
            f"the database holds {tables} tables already; with --yes they are replaced by the backup",
            message_zh=f"数据库中已有 {tables} 张表；加上 --yes 将用备份替换它们",
            tables=tables,
        )
    ours = _fingerprints(keys)
    for name, theirs in summary.keys.items():
        # An encryption key that is older than the newest may be missing only if it is in the list still.
        if missing := set(theirs) - set(ours.get(name, [])):
            raise RestoreRefused(
                f"the backup was made with another {name}: what is encrypted in it could not be read. "
                "Put the file `environment` of that platform back; with --yes it is restored all the same",
                message_zh=f"备份使用了不同的 {name}，恢复后其中的加密内容将无法读取。"
                "请先放回原平台的 environment 文件；加上 --yes 则仍然恢复",
                key=name,
                fingerprints=sorted(missing),
            )


def _unpack(file: Path, files: Path, stack: contextlib.ExitStack) -> Path:
    """The backup's files in a folder beside `files`, still to be renamed; it is removed when that does not happen."""
    files.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=files.parent, prefix=f".{files.name}-"))
    stack.callback(shutil.rmtree, fresh, ignore_errors=True)
    with _opened(file) as (archive, manifest):
        for name in manifest["files"]:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                raise _damaged(file, f"{name} would lie outside its folder")
            target = fresh / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(FILES + name) as part, target.open("wb") as written:
                _copy(part, written)
    fresh.chmod(0o755)
    return fresh


def _restore_database(file: Path, url: str) -> None:
    """Everything in one transaction: the old tables go and the new ones come, or nothing happens.

    COMMIT is written only when the whole script has been. Whatever dies before that, psql included, leaves the server
    with an open transaction and nobody to end it, which it rolls back.
    """
    with _failing(), psycopg.connect(url) as connection:
        found = programs(_major(connection.info.parameter_status("server_version") or ""))
    with _opened(file) as (archive, _), archive.open(DUMP) as dump, tempfile.TemporaryFile() as told:
        psql = subprocess.Popen(
            [
                found / "psql",
                "--no-psqlrc",
                "--quiet",
                "--no-password",
                "--set=ON_ERROR_STOP=1",
                "--output=/dev/null",
                "--file=-",
            ],
            env=_connection_environment(url),
            stdin=subprocess.PIPE,
            stderr=told,
        )
        script = subprocess.Popen(
            [found / "pg_restore", "--no-owner", "--no-privileges", "--file=-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
        )
        assert psql.stdin is not None and script.stdin is not None and script.stdout is not None
        feeding = threading.Thread(target=_pour, args=(dump, script.stdin))
        feeding.start()
        try:
            psql.stdin.write(
                b"BEGIN;\n"
                + f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s';\n".encode("ascii")
                + b"SET LOCAL client_min_messages = warning;\n"
                + b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"
            )
            shutil.copyfileobj(script.stdout, psql.stdin, CHUNK)
            if script.wait() == 0:
                psql.stdin.write(b"COMMIT;\n")
        except BrokenPipeError:
            pass  # psql met an error and ended; its words are in `told`
        finally:
            with contextlib.suppress(BrokenPipeError):
                psql.stdin.close()
            script.stdout.close()
            codes = psql.wait(), script.wait()
            feeding.join()
        if any(codes):
            told.seek(0)
            reason = _short(told.read().decode("utf-8", "replace"))
            raise RestoreFailed(
                f"nothing was restored, the database is as it was: {reason}",
                message_zh=f"未作任何恢复，数据库保持原样：{reason}",
            )


def _pour(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy to a process that may end before it has read everything, and tell it that this was all."""
    with contextlib.suppress(BrokenPipeError):
        shutil.copyfileobj(source, target, CHUNK)
    with contextlib.suppress(BrokenPipeError):
        target.close()


# --- helpers ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """The archive and its manifest. Whatever is wrong with it while the block reads becomes an UnusableBackup."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if manifest["format"] > FORMAT:
                raise UnusableBackup(
                    f"{file} was written by a newer release; restore it with that",
                    message_zh=f"{file} 由更新的版本写入；请用该版本恢复",
                    path=str(file),
                )
            yield archive, manifest
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        TypeError,
        ValueError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise _damaged(file, _short(error)) from error
    except FileNotFoundError as error:
        raise UnusableBackup(
            f"there is no file {file}", message_zh=f"没有文件 {file}", path=str(file)
        ) from error


def _damaged(file: Path, reason: str) -> UnusableBackup:
    return UnusableBackup(
        f"{file} is no whole backup: {_short(reason)}",
        message_zh=f"{file} 不是完整的备份：{_short(reason)}",
        path=str(file),
    )


def _summary(manifest: Mapping[str, Any]) -> Summary:
    files = manifest["files"].values()
    return Summary(
        made_at=manifest["made_at"],
        release=manifest["release"],
        server=manifest["server"],
        migrations=tuple(manifest["migrations"]),
        database_bytes=manifest["database"]["bytes"],
        files=len(files),
        file_bytes=sum(told["bytes"] for told in files),
        keys=manifest["keys"],
    )


def _fingerprints(keys: Mapping[str, str]) -> dict[str, list[str]]:
    """For each variable the beginnings of hashes of its keys: enough to tell keys apart, and nothing to guess by."""
    return {
        name: [
            hashlib.sha256(f"{name}:{key.strip()}".encode()).hexdigest()[:16] for key in keys[name].split(",")
        ]
        for name in KEYS
        if keys.get(name)
    }


def _connection_environment(url: str) -> dict[str, str]:
    """What libpq's programs connect with. Not as arguments: those, a password among them, everybody can read."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    for option in pq.Conninfo.parse(url.encode()):
        if option.val is not None and option.envvar is not None:
            ours[option.envvar.decode("ascii")] = option.val.decode()
    return ours | {"PGAPPNAME": "yingshang backup"}


def _feed(command: list[Path | str], source: IO[bytes]) -> subprocess.CompletedProcess[str]:
    """Run a program on what a stream holds."""
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told)
        assert process.stdin is not None
        _pour(source, process.stdin)
        code = process.wait()
        told.seek(0)
        return subprocess.CompletedProcess(command, code, "", told.read().decode("utf-8", "replace"))


def _copy(source: IO[bytes], target: IO[bytes] | None = None) -> tuple[str, int]:
    """Read a stream to its end, into `target` if there is one; gives its SHA-256 and its length."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest(), size


def _one(connection: psycopg.Connection[Any], query: LiteralString) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _major(version: str) -> int:
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def _unused(folder: Path) -> Path:
    """A name beside a folder that nothing has yet."""
    names = (folder.with_name(f"{folder.name}.before-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise RestoreFailed(
            f"the database does not answer: {_short(error)}", message_zh=f"数据库没有应答：{_short(error)}"
        ) from error


def _short(reason: object) -> str:
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    return "; ".join(lines[:3])[:500] or type(reason).__name__
