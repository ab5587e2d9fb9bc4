"""Keys are drawn once, kept for their owner alone, and never against what was given."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from yingshang.operations.environment import embedded_database, prepare
from yingshang.operations.errors import KeysLost

KEYS = {"SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "LOOKUP_KEY", "METRICS_TOKEN", "LEDGER_SIGNING_KEY"}


def test_the_same_keys_come_back(tmp_path: Path) -> None:
    first = prepare(tmp_path / "platform", {})
    assert set(first) == KEYS | {"DJANGO_SETTINGS_MODULE", "DATA_DIRECTORY", "DATABASE_URL"}
    assert prepare(tmp_path / "platform", {}) == first
    assert stat.S_IMODE((tmp_path / "platform" / "environment").stat().st_mode) == 0o600
    Fernet(first["FIELD_ENCRYPTION_KEYS"])
    assert len(bytes.fromhex(first["LOOKUP_KEY"])) == 32
    assert prepare(tmp_path / "other", {})["SECRET_KEY"] != first["SECRET_KEY"]


def test_what_was_given_wins_and_is_not_written_down(tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": "postgresql://elsewhere/x",
        "SECRET_KEY": "mine",
        "LOOKUP_KEY_FILE": "/run/secrets/lookup",
    }
    found = prepare(tmp_path, given)
    assert not {"DATABASE_URL", "SECRET_KEY", "LOOKUP_KEY"} & set(found)
    assert embedded_database(tmp_path, given) is None
    written = (tmp_path / "environment").read_text()
    assert "mine" not in written
    assert "SECRET_KEY" not in written


def test_with_everything_given_nothing_is_written(tmp_path: Path) -> None:
    prepare(tmp_path, dict.fromkeys(KEYS | {"DATABASE_URL"}, "given"))
    assert list(tmp_path.iterdir()) == []


def test_a_key_of_a_later_release_is_added_and_nothing_else_changes(tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("# mine\nSECRET_KEY=old=with=signs\nOWN=kept\n")
    found = prepare(tmp_path, {})
    assert found["SECRET_KEY"] == "old=with=signs"
    assert "OWN" not in found
    assert (
        (tmp_path / "environment")
        .read_text()
        .startswith("# mine\nSECRET_KEY=old=with=signs\nOWN=kept\nFIELD_")
    )


def test_lost_keys_are_told_before_new_ones_hide_it(tmp_path: Path) -> None:
    prepare(tmp_path, {})
    (tmp_path / "database").mkdir()
    (tmp_path / "database" / "lock").touch()
    (tmp_path / "environment").unlink()
    with pytest.raises(KeysLost) as told:
        prepare(tmp_path, {})
    assert "密钥" in told.value.message_zh
    assert not (tmp_path / "environment").exists()
    prepare(tmp_path, {"FIELD_ENCRYPTION_KEYS": "given"})


def test_first_starts_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from yingshang.operations.environment import prepare; "
        "print(prepare(Path(sys.argv[1]), {})['SECRET_KEY'])"
    )
    several = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path / "p"], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    keys = {one.communicate()[0] for one in several}
    assert len(keys) == 1
    assert keys.pop().strip()
