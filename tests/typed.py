"""A command as it is typed, carried out in this process by the program's own entry point.

A process of its own for each would load Python and the readers of every format anew, and say nothing more. That the
program starts by itself, and what it does with its streams, is for the tests of a few commands and for the guides.
"""

from __future__ import annotations

import contextlib
import gc
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from yingshang.cli.main import run


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def typed(*arguments: str | Path, cwd: Path) -> Done:
    """`yingshang arguments…` in a folder. What would be a traceback is one."""
    thresholds = gc.get_threshold()
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    try:
        with (
            contextlib.chdir(cwd),
            patch.object(sys, "argv", ["yingshang", *map(str, arguments)]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            run()
    except SystemExit as end:
        code = end.code
    finally:
        gc.set_threshold(*thresholds)
    assert code is None or isinstance(code, int), code
    return Done(code or 0, out.getvalue(), err.getvalue())
