"""The example of the rules room runs as it stands and prints what the page says."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.guides.console import ROOT


def test_the_rules_are_used_as_their_readme_says() -> None:
    page = (ROOT / "src" / "yingshang" / "rules" / "README.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    printed = re.search(r"```text\n(.*?)```", page, re.DOTALL)
    assert code is not None and printed is not None
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code[1]],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.stdout, done.stderr) == (printed[1], "")
