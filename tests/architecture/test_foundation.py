"""What a fresh machine meets first: the Makefile, the environment and the compiled requirements."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

TARGETS = (
    "install",
    "demo",
    "demo-reset",
    "report",
    "messages",
    "test",
    "check",
    "format",
    "bench",
    "conformance",
    "clean",
)


def _make(root: Path, *arguments: str, cwd: Path | None = None) -> str:
    ours = ("ARGS", "PYTEST_WORKERS")  # a `make test` that runs this test passes its own on
    env = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name not in ours
    }
    done = subprocess.run(
        ["make", *arguments], cwd=cwd or root, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_make_alone_says_what_each_target_does_from_any_directory(root: Path, tmp_path: Path) -> None:
    shown = _make(root, "--no-print-directory", "-C", str(root), cwd=tmp_path)
    for target in TARGETS:
        assert re.search(rf"(?m)^  make {target} +\w+", shown), target


def test_tests_can_be_chosen(root: Path) -> None:
    shown = _make(root, "-n", "test", 'ARGS=tests/rules -k "range or date"')
    assert 'pytest  tests/rules -k "range or date"' in shown
    assert "-n auto" in _make(root, "-n", "test")


def test_the_report_makes_a_city_once_for_each_size_and_again_when_it_is_gone(
    root: Path, tmp_path: Path
) -> None:
    shutil.copy(root / "Makefile", tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/bootstrap.py").touch()
    command = tmp_path / ".venv/bin/yingshang"
    command.parent.mkdir(parents=True)
    command.write_text(
        "#!/bin/sh\n"
        "echo called $*\n"
        "for last; do :; done\n"
        "case $last in *.parquet) touch $last;; *) mkdir -p $last; touch $last/report.html;; esac\n"
    )
    command.chmod(0o755)
    city = "called sample-city --enterprises 20000 --seed 1 --out var/report/city.parquet"
    match = "called match examples/policies --subjects var/report/city.parquet --as-of 2026-11-21 --out var/report"

    first = _make(tmp_path, "report")
    assert city in first and match in first
    assert f"Report: {tmp_path}/var/report/report.html" in first
    again = _make(tmp_path, "report")
    assert "sample-city" not in again and match in again
    assert "--enterprises 50" in _make(tmp_path, "report", "ENTERPRISES=50")
    assert city in _make(tmp_path, "report")
    (tmp_path / "var/report/city.parquet").unlink()
    assert city in _make(tmp_path, "report")


def test_the_gate_runs_check_and_test(root: Path) -> None:
    gate = root / ".ci" / "run"
    assert gate.stat().st_mode & stat.S_IXUSR
    assert re.findall(r"(?m)^make (?:--jobs=\d )?(\w+)", gate.read_text()) == ["check", "test"]


@pytest.fixture
def checkout(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\n\n[tool.ruff]\nline-length = 110\n')
    (tmp_path / "requirements-develop.txt").write_text("lark==1.3.1\n")
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "UNFINISHED": venv / ".unfinished",
    }.items():
        monkeypatch.setattr(bootstrap, name, str(value))
    Path(bootstrap.stamp("develop")).write_text(bootstrap.fingerprint("develop") + "\n")
    return tmp_path


def test_an_installed_environment_is_not_installed_again(bootstrap: ModuleType, checkout: Path) -> None:
    assert bootstrap.is_installed("develop")
    settings = checkout / "pyproject.toml"
    settings.write_text(settings.read_text().replace("110", "100"))
    assert bootstrap.is_installed("develop"), "a tool setting changes nothing about what is installed"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements-develop.txt", "lark==1.3.2\n"),
        ("pyproject.toml", '[project]\nname = "b"\n'),
        (".venv/.unfinished", ""),
        (".venv/.installed-develop", "half a stam"),
    ],
)
def test_a_changed_or_interrupted_environment_is(
    bootstrap: ModuleType, checkout: Path, name: str, text: str
) -> None:
    (checkout / name).write_text(text)
    assert not bootstrap.is_installed("develop")


def test_an_environment_that_was_moved_does_not_count(bootstrap: ModuleType, checkout: Path) -> None:
    (checkout / ".venv/bin/activate").write_text("VIRTUAL_ENV=/elsewhere/.venv\n")
    assert not bootstrap.works()


def test_an_old_python_is_refused_with_advice(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "WANTED", (9, 9))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit):
        bootstrap.check_python()
    assert "Python 9.9 or newer is needed" in capsys.readouterr().err


def test_packages_go_nowhere_but_the_environment(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example.org/simple")
    env = bootstrap.environment()
    assert "PIP_TARGET" not in env and env["PIP_USER"] == "0"
    assert env["PIP_INDEX_URL"] == "https://packages.example.org/simple", "the registry is the user's choice"
