"""Backups of a live database, written to by another process meanwhile; restored, damaged, refused."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from yingshang.operations import backup
from yingshang.operations.backup import database_url, make_backup, restore_backup, verify
from yingshang.operations.embedded_database import EmbeddedDatabase
from yingshang.operations.errors import BackupFailed, RestoreFailed, RestoreRefused, UnusableBackup

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
KEYS = {"FIELD_ENCRYPTION_KEYS": "one,two", "LOOKUP_KEY": "three"}

# Each transaction writes the two sides of one entry; its number is told when it is committed.
WRITER = """
import itertools, psycopg, sys
with psycopg.connect(sys.argv[1]) as connection:
    for number in itertools.count():
        for side in ("debit", "credit"):
            connection.execute("INSERT INTO entry VALUES (%s, %s, %s)", [number, side, "说明" * 100])
        connection.commit()
        print(number, flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedDatabase]:
    folder = Path(tempfile.mkdtemp(prefix="ys-", dir="/tmp"))
    folder.chmod(0o711)
    database = EmbeddedDatabase(folder / "db", durable=False)
    database.start()
    yield database
    database.destroy()
    shutil.rmtree(folder)


@pytest.fixture
def source(server: EmbeddedDatabase) -> str:
    server.drop_database("source")
    url = server.create_database("source")
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE entry (number integer, side text, told text, PRIMARY KEY (number, side))"
        )
        connection.execute("CREATE TABLE django_migrations (app text, name text)")
        connection.execute("INSERT INTO django_migrations VALUES ('parties', '0001_initial')")
    return url


@pytest.fixture
def target(server: EmbeddedDatabase) -> str:
    server.drop_database("target")
    return server.create_database("target")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "营业执照").mkdir(parents=True)
    (folder / "营业执照" / "扫描 1.pdf").write_bytes(bytes(range(256)) * 5000)
    (folder / "empty").touch()
    return folder


@pytest.fixture
def saved(source: str, files: Path, tmp_path: Path) -> Path:
    out = tmp_path / "one.backup"
    with psycopg.connect(source) as connection:
        connection.execute("INSERT INTO entry VALUES (1, 'debit', 'x'), (1, 'credit', 'x')")
    make_backup(out, url=source, files=files, keys=KEYS, now=NOW)
    return out


def _restore(file: Path, url: str, **changes: object) -> backup.Summary:
    arguments = {"files": None, "keys": KEYS, "known_migrations": {"parties.0001_initial"}} | changes
    return restore_backup(file, url=url, **arguments)  # type: ignore[arg-type]


def _entries(url: str) -> dict[int, int]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT number, count(*) FROM entry GROUP BY number").fetchall())


def test_every_row_committed_before_is_there_and_none_is_half_there(
    source: str, target: str, files: Path, tmp_path: Path
) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, source], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    try:
        committed = [int(writer.stdout.readline()) for _ in range(500)]
        summary = make_backup(tmp_path / "live.backup", url=source, files=files, keys=KEYS, now=NOW)
        assert writer.poll() is None
        time.sleep(0.5)
    finally:
        writer.kill()
        # What it said last, not what lay in the pipe when the backup was done.
        last = int(writer.communicate()[0].split("\n")[-2])
    _restore(tmp_path / "live.backup", target)
    restored = _entries(target)
    assert set(committed) <= set(restored)
    assert set(restored.values()) == {2}
    # One moment: no gap, and less than what was there at the end.
    assert sorted(restored) == list(range(len(restored)))
    assert len(restored) < last + 1
    assert summary.files == 2
    with psycopg.connect(target) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("INSERT INTO entry VALUES (0, 'debit', '')")


def test_files_come_back_and_what_stood_there_is_kept(saved: Path, target: str, files: Path) -> None:
    before = {path.relative_to(files): path.read_bytes() for path in files.rglob("*") if path.is_file()}
    (files / "later").write_text("x")
    _restore(saved, target, files=files)
    assert {
        path.relative_to(files): path.read_bytes() for path in files.rglob("*") if path.is_file()
    } == before
    assert (files.with_name("files.before-1") / "later").exists()


def test_a_backup_is_for_its_owner_and_holds_no_key(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    with zipfile.ZipFile(saved) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["made_at"] == "2026-11-22T08:00:00+00:00"
    assert manifest["migrations"] == ["parties.0001_initial"]
    assert not {"one", "two", "three"} & set(str(manifest["keys"]).split("'"))
    assert [path.name for path in saved.parent.iterdir() if path.name.startswith(".")] == []


def test_a_backup_is_not_overwritten_and_a_failed_one_leaves_nothing(
    saved: Path, source: str, files: Path
) -> None:
    content = saved.read_bytes()
    with pytest.raises(BackupFailed, match="not overwritten"):
        make_backup(saved, url=source, files=files, keys=KEYS, now=NOW)
    assert saved.read_bytes() == content
    with pytest.raises(BackupFailed) as told:
        make_backup(saved.with_name("other"), url=source + "x", files=files, keys=KEYS, now=NOW)
    assert "备份失败" in told.value.message_zh
    assert {path.name for path in saved.parent.iterdir()} == {saved.name, "files"}


def test_a_database_with_tables_is_replaced_only_when_told(saved: Path, source: str) -> None:
    with psycopg.connect(source) as connection:
        connection.execute("INSERT INTO entry VALUES (2, 'debit', 'x'), (2, 'credit', 'x')")
        connection.execute("CREATE TABLE left_over (x integer)")
    with pytest.raises(RestoreRefused, match="--yes"):
        _restore(saved, source)
    assert set(_entries(source)) == {1, 2}
    _restore(saved, source, overwrite=True)
    assert set(_entries(source)) == {1}
    with psycopg.connect(source) as connection:
        assert connection.execute("SELECT to_regclass('left_over')").fetchone() == (None,)


def test_a_restore_that_fails_leaves_everything_as_it_was(
    saved: Path, source: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "LOCK_SECONDS", 0.2)
    (files / "later").write_text("x")
    with psycopg.connect(source) as other:
        other.execute("INSERT INTO entry VALUES (3, 'debit', 'x')")
        with pytest.raises(RestoreFailed, match="lock"):
            _restore(saved, source, overwrite=True, files=files)
    assert set(_entries(source)) == {1, 3}
    assert (files / "later").exists()
    assert not list(files.parent.glob("files.before-*"))


def test_other_keys_are_noticed_before_anything_happens(saved: Path, target: str) -> None:
    for keys in ({}, KEYS | {"FIELD_ENCRYPTION_KEYS": "two"}, KEYS | {"LOOKUP_KEY": "four"}):
        with pytest.raises(RestoreRefused, match="another"):
            _restore(saved, target, keys=keys)
    _restore(saved, target, keys=KEYS | {"FIELD_ENCRYPTION_KEYS": "new, one, two"})


def test_a_backup_of_a_newer_release_is_refused(saved: Path, target: str) -> None:
    with pytest.raises(UnusableBackup, match=r"parties\.0001_initial"):
        _restore(saved, target, known_migrations=set(), overwrite=True)


def _flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.98])
def test_a_damaged_backup_is_found_out_before_anything_happens(
    saved: Path, target: str, share: float
) -> None:
    _flip(saved, int(saved.stat().st_size * share))
    with pytest.raises(UnusableBackup):
        _restore(saved, target, overwrite=True)


@pytest.mark.parametrize("kept", [0, 0.5, 0.999])
def test_a_backup_cut_off_is_found_out(saved: Path, kept: float) -> None:
    os.truncate(saved, int(saved.stat().st_size * kept))
    with pytest.raises(UnusableBackup):
        verify(saved)


def test_what_is_no_backup_and_what_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableBackup, match="there is no file"):
        verify(tmp_path / "nowhere")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(UnusableBackup, match="no whole backup"):
        verify(tmp_path / "other.zip")


def _rewritten(saved: Path, change: Callable[[dict[str, object]], None], name: str, content: bytes) -> Path:
    out = saved.with_name("changed")
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(out, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        change(manifest)
        for each in old.namelist():
            new.writestr(each, json.dumps(manifest) if each == "manifest.json" else old.read(each))
        if name:
            new.writestr(name, content)
    return out


def test_a_file_that_would_lie_elsewhere_is_refused(saved: Path, target: str, files: Path) -> None:
    import hashlib

    told = {"sha256": hashlib.sha256(b"x").hexdigest(), "bytes": 1}
    evil = _rewritten(saved, lambda m: m["files"].update({"../evil": told}), "files/../evil", b"x")  # type: ignore[attr-defined]
    with pytest.raises(UnusableBackup, match="outside its folder"):
        _restore(evil, target, files=files)
    assert not (files.parent / "evil").exists()
    newer = _rewritten(saved, lambda m: m.update(format=2), "", b"")
    with pytest.raises(UnusableBackup, match="newer release"):
        verify(newer)


def test_the_url_is_made_fit_for_other_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p%40s@h:5433/d?sslmode=require&conn_max_age=60")
    assert database_url() == "postgresql://u:p%40s@h:5433/d?sslmode=require"
    monkeypatch.delenv("DATABASE_URL")
    (tmp_path / "url").write_text("psql://h/d\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert database_url() == "postgresql://h/d"
