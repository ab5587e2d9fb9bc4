"""Find a Chromium for the browser journeys, and install Debian's where this may be done: part of `make test`.

Without one the journeys are skipped, and pytest says which; on a build server (CI=true) they fail instead.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"
"""Chromium without what is around a page: what journeys need, at two thirds of the processor's time."""
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = (
    "no Chromium on this machine: the journeys of tests/browser do not run "
    "(install chromium, or name one in CHROMIUM)"
)
JOURNEYS = Path(__file__).resolve().parent.parent / "tests" / "browser"
FONTS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk", "/System/Library/Fonts")


def find_chromium() -> str | None:
    """The program: what CHROMIUM names, otherwise the first that is on the path."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else shutil.which(named)
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def journeys() -> list[str]:
    """Every file of journeys with what it tells of itself, for saying which of them do not run."""
    found = []
    for file in sorted(JOURNEYS.glob("test_*.py")):
        told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        first = " ".join(told.partition("\n\n")[0].split())
        found.append(f"{file.name}: {first}")
    return found


def no_browser() -> str:
    """What is said where there is no Chromium: how to have the journeys run, and which they are."""
    return "\n".join([NO_BROWSER, *(f"  not run  {each}" for each in journeys())])


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(*packages: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            print(
                f"» {' '.join(command[:2])} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr
            )
            return False
    return True


def _offered(package: str) -> bool:
    """Whether the lists that lie here already know of it."""
    return not subprocess.run(["apt-cache", "show", package], capture_output=True).returncode


def main() -> int:
    found = find_chromium()
    named = bool(os.environ.get("CHROMIUM"))
    if _may_install():
        if not any(Path(folder).exists() for folder in FONTS):
            print("» installing fonts-noto-cjk for the browser journeys", flush=True)
            _install("fonts-noto-cjk")
        if found is None and not named:
            print("» installing Chromium for the browser journeys", flush=True)
            # Not every distribution has the first.
            _install(SHELL) or _install("chromium")
        elif found and not named and Path(found).name != SHELL and _offered(SHELL):
            print(f"» installing {SHELL} for the browser journeys", flush=True)
            _install(SHELL)
    if not find_chromium():
        print(f"» {no_browser()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
