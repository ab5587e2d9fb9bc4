"""Pages whose examples run: files are written, commands are typed, and what they promise is printed.

In a `console` block a line `$ …` is a command; each line after it must stand somewhere in what it prints.
A fenced block after `<!-- file: NAME -->` is written to that file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)```\n", re.DOTALL)


def blocks(page: Path) -> list[tuple[str | None, str]]:
    """What of a page takes part when it is run: files with what is written to them, and what is typed and printed."""
    found = _BLOCK.finditer(page.read_text("utf-8"))
    return [(each["file"], each["text"]) for each in found if each["file"] or each["kind"] == "console"]


def run_page(page: Path, folder: Path) -> int:
    """Run every command of a page in `folder`, and say how many there were."""
    (folder / "examples").symlink_to(ROOT / "examples")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
        "PYTHONUTF8": "1",
    }
    commands = 0
    for file, text in blocks(page):
        if file is not None:
            (folder / file).write_text(text, "utf-8")
        else:
            for command, expected in _steps(text):
                done = subprocess.run(
                    ["bash", "-c", command],
                    cwd=folder,
                    env=environment,
                    capture_output=True,
                    text=True,
                    encoding="utf-8",
                    timeout=300,
                    check=False,
                )
                printed = done.stdout + done.stderr
                assert done.returncode == 0, f"{command}\n{printed}"
                for line in expected:
                    assert line in printed, f"{command}\nlacks: {line}\n{printed}"
                commands += 1
    return commands


def _steps(text: str) -> list[tuple[str, list[str]]]:
    steps: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        elif line.strip():
            steps[-1][1].append(line)
    return steps
