"""A program of the tests in a process of its own, to be killed in the middle of what it does.

It is forked from the test's process, which has the platform loaded: a new interpreter would take three seconds for that
each time. It has its own connection to the database, and nothing of it outlives a kill.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import time
import traceback
from typing import TextIO

from django.db import connections

SECONDS = 60


class Forked:
    """`python -m module arguments…`, with what it prints in `lines`. Of the settings it has those of the test."""

    def __init__(self, module: str, *arguments: str) -> None:
        reading, writing = os.pipe()
        # Neither of the two shares the other's connection.
        connections.close_all()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            _become(module, arguments, writing)
        os.close(writing)
        self.lines: TextIO = os.fdopen(reading, encoding="utf-8")
        self.returncode: int | None = None

    def kill(self) -> None:
        """Have it die where it stands. Nothing happens to one that has ended."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def wait(self) -> int:
        """How it has ended, as a subprocess tells it: 0, or what went wrong, or the signal as a negative number."""
        until = time.monotonic() + SECONDS
        while self.returncode is None:
            number, status = os.waitpid(self.pid, os.WNOHANG)
            if number:
                self.returncode = os.waitstatus_to_exitcode(status)
                self.lines.close()
            elif time.monotonic() > until:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError("it does not end")
            else:
                time.sleep(0.01)
        return self.returncode


_inherited: list[object] = []


def leave_connections() -> None:
    """In a forked process: the connections that came along are the other's. They are neither used nor closed, whichever
    they are: while a browser's loop runs in the test's thread Django keeps two sets of them, and this process sees the
    one that the test does not.
    """
    for each in connections.all(initialized_only=True):
        _inherited.append(each.connection)
        each.connection = None


def _become(module: str, arguments: tuple[str, ...], writing: int) -> None:
    """Be the program, and nothing after it: what the test's process would do at its end is the test's."""
    code = 1
    try:
        leave_connections()
        sys.stdout = os.fdopen(writing, "w", encoding="utf-8", buffering=1)
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__")
        sys.stdout.flush()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
