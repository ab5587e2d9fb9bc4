"""docs/guides/command.md is true: its examples run, and every command, option and field is on the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.guides.console import ROOT, run_page
from tests.typed import typed
from yingshang.cli.main import app

GUIDE = ROOT / "docs" / "guides" / "command.md"
TEXT = GUIDE.read_text("utf-8")


def test_the_examples_run_as_written(tmp_path: Path) -> None:
    assert run_page(GUIDE, tmp_path) >= 10


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name, each in command.commands.items():
            yield from _commands(each, f"{path} {name}".strip())
    else:
        yield path, command


@pytest.mark.parametrize("name", [name for name, _ in _commands(typer.main.get_command(app), "")])
def test_every_option_is_on_the_page(name: str) -> None:
    command = dict(_commands(typer.main.get_command(app), ""))[name]
    common, sections = TEXT.partition("\n## Common to all")[2].partition("\n## ")[::2]
    section = re.search(rf"(?ms)^## {re.escape(name)}\n(.*?)(?=^## |\Z)", "## " + sections)
    assert section is not None, f"no section on {name}"
    options = {each for param in command.params for each in param.opts if each.startswith("--")}
    known = set(re.findall(r"--[a-z][a-z-]+", common + section[1]))
    assert options - {"--help"} <= known


def _keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, each in data.items():
            yield key
            yield from _keys(each)
    elif isinstance(data, list):
        for each in data:
            yield from _keys(each)


@pytest.mark.parametrize(
    "arguments",
    [
        "match hiring.yaml --subjects firms.csv --id 统一社会信用代码 --as-of 2026-11-21 --out report --json",
        "explain HIRING --policies hiring.yaml --subjects firms.csv --id 统一社会信用代码 --subject B --as-of 2026-11-21 --json",
        "simulate hiring.yaml --against hiring.yaml --subjects firms.csv --id 统一社会信用代码 --by 地区 --as-of 2026-11-21 --json",
        "policy check hiring.yaml --json",
        "policy test hiring.yaml --as-of 2026-11-21 --json",
    ],
)
def test_every_field_of_the_json_is_on_the_page(arguments: str, tmp_path: Path) -> None:
    for name in ("hiring.yaml", "firms.csv"):
        block = re.search(rf"<!-- file: {name} -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)
        assert block is not None
        (tmp_path / name).write_text(block[1], "utf-8")
    done = typed(*arguments.split(), cwd=tmp_path)
    written = set(re.findall(r"`([a-z_]+)`", TEXT))
    # Fields of the policy itself.
    unsaid = {"title", "number", "地区"}
    assert set(_keys(json.loads(done.stdout))) - unsaid <= written
