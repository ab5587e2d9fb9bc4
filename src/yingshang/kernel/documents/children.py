"""Work on what strangers wrote, in a process of its own with a bound on time and memory.

A library that hangs, swells or crashes on a hostile file takes only this process with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress


class TookTooMuch(Exception):
    """The child used up its time or its memory, or fell over."""


def run(module: str, content: bytes, *arguments: str, seconds: float) -> bytes:
    """What `python -m module arguments` answers to `content`. Raises TookTooMuch."""
    try:
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-m", module, *arguments],
            input=content,
            capture_output=True,
            timeout=seconds,
            check=False,
            # Nothing of ours that a file could find: no keys, no database.
            env={
                name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ
            },
        )
    except subprocess.TimeoutExpired:
        raise TookTooMuch(f"more than {seconds:g} s") from None
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise TookTooMuch(last[-1] if last else f"ended with {done.returncode}")
    return done.stdout


def limit_this_process(*, seconds: int, megabytes: int) -> None:
    """Called by the child first of all. Where the system knows no such limits, the parent's clock remains."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
