"""The guide lists every variable the platform reads."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(
    r"""(?:\benv(?:\.\w+)?\(|environ\.get\(|environ\[|given\.get\(|environment\.get\(|envvar=)\s*"([A-Z][A-Z_]+)\""""
)
OWN = {
    "PATH",
    "PROMETHEUS_MULTIPROC_DIR",
    "DJANGO_SETTINGS_MODULE",
    "MAIL_CATCHER_SOCKET",
    "MAIL_CATCHER_DIRECTORY",
    "BANK_SIMULATOR_SOCKET",
    "BANK_SIMULATOR_DIRECTORY",
}
"""Set by the platform itself for its processes, or the system's."""


def test_every_variable_is_in_the_guide() -> None:
    sources = [*(ROOT / "src/yingshang").rglob("*.py")]
    read = {name for path in sources for name in READ.findall(path.read_text(encoding="utf-8"))}
    assert {"DATABASE_URL", "PORT", "WEB_WORKERS", "LOG_LEVEL"} <= read
    guide = (ROOT / "docs/guides/operations.md").read_text(encoding="utf-8")
    section = guide[guide.index("## Variables") : guide.index("## Keys")]
    described = set(re.findall(r"`([A-Z][A-Z_]+)`", section))
    # Each can be given by a file too; those that are the name of a file themselves are variables like others.
    by_file = {f"{name}_FILE" for name in read}
    missing = sorted(read - described - OWN - by_file)
    assert missing == [], "describe them in docs/guides/operations.md"
