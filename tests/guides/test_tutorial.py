"""The tutorials of both READMEs really run."""

from __future__ import annotations

from pathlib import Path

from tests.guides.console import ROOT, blocks, run_page

README, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"


def test_the_tutorial_runs_as_written(tmp_path: Path) -> None:
    assert run_page(README, tmp_path) >= 10


def test_both_tutorials_are_the_same_to_the_last_line_that_is_printed() -> None:
    assert blocks(CHINESE) == blocks(README), "what runs of one then runs of the other"
    assert len(blocks(README)) >= 9
