"""The tutorials of both READMEs really run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guides.console import ROOT, run_page


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_tutorial_runs_as_written(readme: str, tmp_path: Path) -> None:
    assert run_page(ROOT / readme, tmp_path) >= 10


def test_both_tutorials_teach_the_same_commands() -> None:
    def commands(readme: str) -> list[str]:
        text = (ROOT / readme).read_text("utf-8")
        return [line for line in text.splitlines() if line.startswith("$ ")]

    assert commands("README.md") == commands("README.zh-CN.md")
