"""The order of the rooms, what `yingshang.rules` may not touch, and what every door owes its visitors."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"
# Reading the clock, the environment or the outside world: what makes the same question have two answers.
CLOCKS = {
    *((owner, name) for owner in ("datetime", "date") for name in ("now", "today", "utcnow")),
    *(("time", name) for name in ("time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime")),
}
OUTSIDE = {"os", "subprocess", "random", "secrets", "uuid", "locale", "sqlite3", "asyncio"}


def _lint(config: Path, source: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--no-cache", "--config", config],
        env={**os.environ, "PYTHONPATH": str(source)},
        cwd=config.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_hold(root: Path) -> None:
    done = _lint(root / "pyproject.toml", root / "src")
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("rules", "import yingshang.kernel"),
        ("kernel", "import yingshang.web"),
        ("web", "import yingshang.cli"),
        ("rules", "import urllib.request"),
        ("rules", "import django"),
        ("attic", ""),
    ],
)
def test_the_import_contracts_can_fail(root: Path, tmp_path: Path, room: str, line: str) -> None:
    shutil.copy(root / "pyproject.toml", tmp_path)
    package = tmp_path / "src" / "yingshang"
    for name in ("rules", "kernel", "web", "cli", room):
        (package / name).mkdir(parents=True, exist_ok=True)
        (package / name / "__init__.py").write_text(line if name == room else "")
    (package / "__init__.py").write_text("")
    done = _lint(tmp_path / "pyproject.toml", tmp_path / "src")
    assert done.returncode == 1, done.stdout


def _impurities(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.func.attr) in CLOCKS:
                found.append(f"{node.lineno}: {name}.{node.func.attr}() reads the clock")
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("print", "input", "exec")
        ):
            found.append(f"{node.lineno}: {node.func.id}()")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
            found += [f"{node.lineno}: imports {name}" for name in names if name.split(".")[0] in OUTSIDE]
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                found.append(f"{node.lineno}: imports from time")
    return found


def test_the_rules_library_reads_neither_clock_nor_environment(root: Path) -> None:
    library = root / "src" / "yingshang" / "rules"
    found = [
        f"{path.relative_to(root)}:{impurity}"
        for path in sorted(library.rglob("*.py"))
        for impurity in _impurities(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now()",
        "datetime.date.today()",
        "time.time()",
        "from time import monotonic",
        "import os.path",
        "print(1)",
    ],
)
def test_an_impure_line_is_found(line: str) -> None:
    assert _impurities(ast.parse(line))


@pytest.mark.parametrize(
    "line", ["value.time()", "datetime.time()", "datetime.date(2026, 1, 1)", "self.now()"]
)
def test_a_pure_line_is_left_alone(line: str) -> None:
    assert not _impurities(ast.parse(line))


def _doors(root: Path) -> list[str]:
    package = root / "src"
    modules = [package / "yingshang" / "rules" / "__init__.py", *sorted(package.rglob("api.py"))]
    return [
        ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        for path in modules
    ]


def test_every_public_name_says_what_it_is(root: Path) -> None:
    silent = [
        f"{door}.{name}"
        for door in _doors(root)
        for name in getattr(importlib.import_module(door), "__all__", ())
        if (
            inspect.isroutine(value := getattr(importlib.import_module(door), name)) or inspect.isclass(value)
        )
        and not (value.__doc__ or "").strip()
    ]
    assert silent == [], "write a docstring for each of these"


def _leaves_triggers_out(folder: Path) -> list[str]:
    """Files that name the setting by which PostgreSQL leaves out triggers, and foreign keys with them."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and "__pycache__" not in path.parts
        and b"session_replication_role" in path.read_bytes().lower()
    ]


def test_every_job_is_known_to_the_worker(root: Path) -> None:
    """The worker reads the `tasks.py` of each room and nothing else: a job of another file has to be named there."""
    source, left_out, found = root / "src" / "yingshang", [], 0
    for path in source.rglob("*.py"):
        text = path.read_text("utf-8")
        if path.name == "tasks.py" or not ("\n@job(" in text or "\n@app.task(" in text):
            continue
        found += 1
        tasks = next(each / "tasks.py" for each in path.parents if (each / "tasks.py").exists())
        name = ".".join(path.relative_to(tasks.parent).with_suffix("").parts)
        if f"from .{name} import" not in tasks.read_text("utf-8"):
            left_out.append(path.relative_to(source).as_posix())
    assert found and left_out == []


def test_the_platform_leaves_no_trigger_out(root: Path) -> None:
    # On the server of the tests its role has the right to (tests/databases.py), so that no test would notice.
    assert _leaves_triggers_out(root / "src") == []


@pytest.mark.parametrize("name", ["guards.py", "tables.sql"])
def test_a_trigger_left_out_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "kernel" / name).write_text("SET LOCAL Session_Replication_Role = replica")
    assert _leaves_triggers_out(tmp_path) == [f"kernel/{name}"]
